"""Owns GET /files/<token>/<name>, where a file made for somebody is fetched; must not know what is in it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from db.files import File
from handlers.message import PICTURES

GONE = "Đường dẫn này không còn dùng được. Bác nhắn lại cho trợ lý để lấy tệp mới."

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


Find = Callable[[str], File | None]
"""Finds the file of a token; None if there is none, or its time is over. May block."""


def routes(find: Find) -> list[Route]:
    """Return the way to the files; there is no list of them."""

    async def fetch(request: Request) -> Response:
        token, name = request.path_params["token"], request.path_params["name"]
        file = await asyncio.to_thread(find, token) if _TOKEN.fullmatch(token) else None
        if file is None or file.name != name:
            return PlainTextResponse(GONE, status_code=404)
        # Shown in the browser only what cannot carry a script.
        shown = "inline" if file.media_type in PICTURES else "attachment"
        headers = {
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(file.name, safe='')}",
            "Cache-Control": "private, no-store",
            "X-Robots-Tag": "noindex",
        }
        return Response(file.content, media_type=file.media_type, headers=headers)

    return [Route("/files/{token}/{name:path}", fetch)]
