"""Owns the routes of the web chat and who a visitor is; must not know how messages are handled or stored."""

from __future__ import annotations

import asyncio
import math
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.web.body import UNREADABLE, Posted, parse_posted, read_object
from bot.web.gateway import Gateway, WebMessage
from bot.web.rate import RateLimit
from bot.web.security import SecurityHeaders, from_same_site, security_headers
from handlers.message import ChatRef, Incoming, Kind

CHANNEL = "web"
STATIC = Path(__file__).parent / "static"
COOKIE_SECONDS = 180 * 24 * 60 * 60
POLL_SECONDS = 25.0
POLL_LIMIT = 50
RECENT_LIMIT = 30
MOST_MESSAGES, RATE_SECONDS = 20, 30.0
MOST_OF_ADDRESS = 100
"""Messages in that time of all visitors behind one address: a cookie is thrown away more easily than a connection."""

NOT_STORED = "Máy chủ chưa nhận được tin, đang gửi lại…"
TOO_FAST = "Tin gửi nhanh quá, xin chờ một chút."
FOREIGN = "Yêu cầu đến từ trang khác nên không được nhận."
OTHER_MODE = "Trang này đã cũ, xin tải lại trang."
BROKEN = "Máy chủ gặp lỗi, xin thử lại sau ít phút."

_AFTER = re.compile(r"[0-9]{1,18}")
_log = structlog.get_logger()


def build_app(
    gateway: Gateway,
    *,
    secret_key: str,
    https_only: bool = False,
    embed_origins: Sequence[str] = (),
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The one application, the web chat first.

    Args:
        secret_key: Signs the visitors' cookies.
        https_only: Send the cookie over TLS only.
        embed_origins: The sites that may show the chat in a frame; over TLS the cookie then goes along into theirs.
        more: Routes beside the web chat's.

    Raises:
        ValueError: if the secret key is empty, since anybody could then sign a cookie.
    """
    if not secret_key:
        raise ValueError("secret_key is empty")
    chat = _WebChat(gateway)
    session = Middleware(
        SessionMiddleware,
        secret_key=secret_key,
        session_cookie="cnscd_chat",
        max_age=COOKIE_SECONDS,
        # A post from elsewhere is refused by its headers all the same, see `from_same_site`.
        same_site="none" if embed_origins and https_only else "lax",
        https_only=https_only,
    )
    return Starlette(
        routes=[
            Route("/", chat.page),
            Route("/api/messages", chat.post_message, methods=["POST"]),
            Route("/api/messages", chat.get_messages),
            Route("/api/me", chat.me),
            Route("/api/role", chat.post_role, methods=["POST"]),
            Route("/healthz", _alive),
            Route("/readyz", chat.ready),
            Route("/embed.js", _embed),
            Mount("/static", _Static(directory=STATIC)),
            *more,
        ],
        middleware=[Middleware(SecurityHeaders, embed_origins=embed_origins), session],
        exception_handlers={HTTPException: _say_error, Exception: _say_broken},
    )


class _WebChat:
    """The endpoints; holds nothing about a visitor but how fast they write."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._rate = RateLimit(MOST_MESSAGES, RATE_SECONDS)
        self._rate_of_address = RateLimit(MOST_OF_ADDRESS, RATE_SECONDS)

    async def page(self, request: Request) -> Response:
        # Written anew on every visit, so that the 180 days count from the last one.
        request.session["visitor"] = _visitor(request)
        return FileResponse(STATIC / "chat.html", headers={"Cache-Control": "no-cache"})

    async def me(self, request: Request) -> Response:
        # A page that was not opened through "/" gets its cookie before its requests run side by side.
        _visitor(request)
        persons = await self._gateway.persons()
        roles = [{"id": role, "label": label} for role, label in persons.items()]
        return JSONResponse({"roles": roles, "role": _remembered_role(request, persons)})

    async def post_role(self, request: Request) -> Response:
        persons = await self._gateway.persons()
        if not persons:
            raise HTTPException(404)
        _refuse_foreign(request)
        role = (await read_object(request)).get("role")
        if not isinstance(role, str) or role not in persons:
            raise HTTPException(400, UNREADABLE)
        request.session["role"] = role
        return JSONResponse({"role": role})

    async def post_message(self, request: Request) -> Response:
        _refuse_foreign(request)
        self._refuse_flood(request)
        value = await read_object(request)
        posted = parse_posted(value)
        try:
            chat = await self._chat(request, value.get("role"))
            await self._gateway.receive(_incoming(chat, posted))
        except HTTPException:
            raise
        except Exception as error:
            # Whatever went wrong, nothing is stored: the page must keep the message and send it again.
            _log.error("web_receive_failed", error=type(error).__name__)
            raise HTTPException(503, NOT_STORED) from None
        return JSONResponse({}, status_code=202)

    async def get_messages(self, request: Request) -> Response:
        query = request.query_params
        chat = await self._chat(request, query.get("role"))
        if query.get("recent") == "1":
            return _messages(await self._gateway.recent(chat, RECENT_LIMIT))
        after = query.get("after", "0")
        if not _AFTER.fullmatch(after):
            raise HTTPException(400, UNREADABLE)
        if int(after):
            await self._gateway.acknowledge(chat, int(after))
        return _messages(await self._poll(request, chat, int(after)))

    async def ready(self, request: Request) -> Response:
        problems = await self._gateway.healthy()
        return JSONResponse({"problems": sorted(problems)}, status_code=503 if problems else 200)

    async def _poll(self, request: Request, chat: str, after: int) -> list[WebMessage]:
        """What is there, or what comes within the poll's time; ends early when the page has gone."""
        news = asyncio.create_task(self._gateway.wait(chat, POLL_SECONDS))
        gone = asyncio.create_task(_disconnected(request))
        try:
            await asyncio.sleep(0)  # It must listen before we look, or what comes in between is told 25 s late.
            messages = await self._gateway.messages(chat, after, POLL_LIMIT)
            if messages:
                return messages
            done, _ = await asyncio.wait({news, gone}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if gone in done:
                return []
            return await self._gateway.messages(chat, after, POLL_LIMIT)
        finally:
            news.cancel()
            gone.cancel()
            await asyncio.gather(news, gone, return_exceptions=True)

    async def _chat(self, request: Request, role: object) -> str:
        """The chat a request belongs to.

        In the demonstration a page names its person itself, so that two windows can play two persons.
        """
        visitor = _visitor(request)
        persons = await self._gateway.persons()
        if role is not None and (not isinstance(role, str) or role not in persons):
            raise HTTPException(409, OTHER_MODE)
        role = role or _remembered_role(request, persons)
        return f"demo-{role}" if role else visitor

    def _refuse_flood(self, request: Request) -> None:
        address = "" if request.client is None else request.client.host
        now = time.monotonic()
        wait = self._rate.take(_visitor(request), now) or self._rate_of_address.take(address, now)
        if wait:
            raise HTTPException(429, TOO_FAST, headers={"Retry-After": str(math.ceil(wait))})


class _Static(StaticFiles):
    """Files that a browser keeps and asks about each time, so that an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _remembered_role(request: Request, persons: Mapping[str, str]) -> str | None:
    role = request.session.get("role")
    return role if role in persons else next(iter(persons), None)


def _visitor(request: Request) -> str:
    """The random id in the signed cookie, made on first sight."""
    visitor = request.session.get("visitor")
    if not isinstance(visitor, str):
        visitor = request.session["visitor"] = secrets.token_urlsafe(24)
    return visitor


def _incoming(chat: str, posted: Posted) -> Incoming:
    return Incoming(
        event_key=f"{chat}:{posted.client_id}",
        chat=ChatRef(CHANNEL, chat),
        sender=chat,
        sender_name="",
        received_at=datetime.now(UTC),
        kind=Kind.TEXT if posted.button is None else Kind.BUTTON,
        text=posted.text,
        button=posted.button,
        message_ref=posted.under,
    )


def _messages(messages: Sequence[WebMessage]) -> Response:
    return JSONResponse({"messages": [_as_json(message) for message in messages]})


def _as_json(message: WebMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "text": message.text,
        "buttons": [[{"label": button.label, "action": button.action} for button in row] for row in message.rows],
        # Old browsers read no other form of a date without a slip.
        "at": message.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **({} if message.file is None else {"file": asdict(message.file)}),
        **({} if message.replaces is None else {"replaces": message.replaces}),
    }


def _refuse_foreign(request: Request) -> None:
    if not from_same_site(request):
        raise HTTPException(403, FOREIGN)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _embed(request: Request) -> Response:
    return FileResponse(STATIC / "embed.js", headers={"Cache-Control": "no-cache"})


async def _alive(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _say_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for nothing else)
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


async def _say_broken(request: Request, error: Exception) -> Response:
    # Starlette answers this one outside of every middleware.
    return JSONResponse({"error": BROKEN}, status_code=500, headers=security_headers())
