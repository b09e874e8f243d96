"""Owns GET /metrics, which only who has the token may read; must not know what is counted."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def routes(token: str | None, content_type: str, read: Callable[[], bytes]) -> list[Route]:
    """Return the way to the numbers; none without a token, since an address says nothing behind a proxy.

    Args:
        read: May block.
    """
    if token is None:
        return []
    expected = f"Bearer {token}".encode()

    async def answer(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        return Response(await asyncio.to_thread(read), headers={"Content-Type": content_type})

    return [Route("/metrics", answer)]
