"""Owns how platforms bring events: POST /hooks/<name>, checked, limited, acknowledged; must not know what they mean."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.body import read_limited

AT_ONCE = 32
"""Events under way; one more is refused, and the platform brings it again."""
ANSWERS_WITHIN = 1.5
"""Seconds: Zalo OA allows two. What takes longer goes on, and the platform's repeat finds it done."""
BRINGS_WITHIN = 5.0
"""Seconds for a body to arrive; who is slower holds up others."""

_REFUSALS_NOTED_EVERY = 60.0
"""Seconds: a flood of forged events must not become one of log lines."""

_log = structlog.get_logger(__name__)


class Hook(Protocol):
    """What one platform brings."""

    name: str
    """In the address."""

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell, in constant time and before anything is parsed, whether the platform itself sent this.

        Args:
            headers: Found under names in lower case.
        """

    async def receive(self, event: dict[str, Any]) -> None:
        """Handle one event up to its commit; raises only if nothing could be stored."""

    async def unreadable(self, *, event_key: str, kind: str, error: str) -> None:
        """Record an event that cannot be read."""


def routes(hooks: Sequence[Hook]) -> list[Route]:
    """Return the ways in."""
    room = asyncio.Semaphore(AT_ONCE)
    return [Route(f"/hooks/{hook.name}", _Entrance(hook, room).answer, methods=["POST"]) for hook in hooks]


class _Entrance:
    """The endpoint of one hook.

    It says nothing of why it refuses: only somebody who guesses would want to know.
    """

    def __init__(self, hook: Hook, room: asyncio.Semaphore) -> None:
        self._hook = hook
        self._room = room
        self._under_way: set[asyncio.Task[None]] = set()
        self._refusal_noted = -_REFUSALS_NOTED_EVERY

    async def answer(self, request: Request) -> Response:
        if self._room.locked():
            return _said(503)
        async with self._room:
            try:
                async with asyncio.timeout(BRINGS_WITHIN):
                    body = await read_limited(request)
            except TimeoutError:
                return _said(408)
            except HTTPException as error:
                return _said(error.status_code)
            if not self._hook.is_genuine(request.headers, body):
                self._note_refusal()
                return _said(403)
            return await self._take(body)

    def _note_refusal(self) -> None:
        now = time.monotonic()
        if now - self._refusal_noted >= _REFUSALS_NOTED_EVERY:
            self._refusal_noted = now
            _log.warning("hook_refused", hook=self._hook.name)

    async def _take(self, body: bytes) -> Response:
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict):
            return _said(200 if await self._is_stored(self._hook.receive(event)) else 503)
        key = "sha256:" + hashlib.sha256(body).hexdigest()
        noted = self._hook.unreadable(event_key=key, kind="malformed", error="no JSON object")
        return _said(400 if await self._is_stored(noted) else 503)

    async def _is_stored(self, work: Coroutine[Any, Any, None]) -> bool:
        """Wait for the commit, but not beyond the platform's time; the work itself is never cut off."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        done, _ = await asyncio.wait({task}, timeout=ANSWERS_WITHIN)
        if not done:
            task.add_done_callback(_note_failure)
            _log.warning("hook_slow", hook=self._hook.name)
            return False
        _note_failure(task)
        return task.exception() is None


def _note_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("hook_not_stored", error=type(task.exception()).__name__)


def _said(status: int) -> Response:
    return JSONResponse({}, status_code=status, headers={"Retry-After": "1"} if status == 503 else None)
