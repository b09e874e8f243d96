"""Owns reading and judging what a page posts; must not act on it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

BODY_LIMIT = 64 * 1024
BUTTON_LIMIT = 64

TOO_LARGE = "Tin nhắn dài quá, xin chia thành nhiều tin ngắn hơn."
UNREADABLE = "Yêu cầu gửi lên không đúng định dạng, xin tải lại trang rồi thử lại."
EMPTY = "Tin nhắn trống hoặc có ký tự không đọc được, xin nhập lại."

_LARGEST_ID = 10**18
_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_ACTION = re.compile(rf"[!-~]{{1,{BUTTON_LIMIT}}}")


@dataclass(frozen=True)
class Posted:
    """One message of a page: either a text or a button, then with the id of the message that it stands under."""

    client_id: str
    text: str
    button: str | None
    under: str | None = None


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        HTTPException: 413 as soon as the body grows too large, 400 if it is no JSON object.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(400, UNREADABLE)
    body = await read_limited(request)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, UNREADABLE) from None
    if not isinstance(value, dict):
        raise HTTPException(400, UNREADABLE)
    return value


async def read_limited(request: Request) -> bytes:
    """The body.

    Raises:
        HTTPException: 413 as soon as it grows too large, 400 if the other side goes away in the middle.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise HTTPException(413, TOO_LARGE)
    except ClientDisconnect:
        raise HTTPException(400, UNREADABLE) from None
    return bytes(body)


def parse_posted(value: dict[str, Any]) -> Posted:
    """The message in a posted object.

    Raises:
        HTTPException: 400 with a line for the person.
    """
    client_id, text, button = value.get("id"), value.get("text"), value.get("button")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id) or (text is None) == (button is None):
        raise HTTPException(400, UNREADABLE)
    if button is not None:
        if not isinstance(button, str) or not _ACTION.fullmatch(button):
            raise HTTPException(400, UNREADABLE)
        return Posted(client_id, "", button, _message_id(value.get("under")))
    if not isinstance(text, str) or not text.strip() or not _storable(text):
        raise HTTPException(400, EMPTY)
    return Posted(client_id, text, None)


def _message_id(value: Any) -> str | None:
    """Return a message's id as text; pages that were opened before an update send none."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _LARGEST_ID:
        raise HTTPException(400, UNREADABLE)
    return str(value)


def _storable(text: str) -> bool:
    """Half a surrogate pair and NUL pass as JSON, but no database takes them and the page would resend for ever."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
