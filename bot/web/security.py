"""Owns the security headers of every answer and the check against cross-site posts; must not know the chat."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors"
)


def security_headers(embed_origins: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers of every answer.

    Args:
        embed_origins: The sites that may show our pages in a frame, beside our own.
    """
    return {
        "Content-Security-Policy": " ".join([_POLICY, "'self'", *embed_origins]),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }


class SecurityHeaders:
    """Adds the headers to whatever the application answers; an answer stays uncached unless it says otherwise."""

    def __init__(self, app: ASGIApp, embed_origins: Sequence[str] = ()) -> None:
        self._app = app
        self._headers = security_headers(embed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def from_same_site(request: Request) -> bool:
    """Whether a post comes from our own page.

    Newer browsers say so themselves, which also holds behind a proxy that rewrites Host. Very old ones send neither
    header; for them the required JSON content type stands in, which no foreign form can send.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
