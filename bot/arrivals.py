"""Keeps the events of a platform that hands each out only once from their arrival until they are handled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channels.base import Receive
from bot.inbox import storable, utc_now
from db import inbox
from db.engine import Database
from handlers.message import ChatRef, Incoming, Kind
from knowledge.masking import mask

AT_ONCE = 16
"""Events being handled; while there are more, none is fetched."""
LEFT_OVER = timedelta(minutes=1)
"""An event that is kept for longer than this was left by a process that died, or by a database that was away."""

_GRACE = 3.0
_log = structlog.get_logger(__name__)


class Arrivals:
    """Commits each event of one channel, then lets `handle` take it; the events of a chat stay in order."""

    def __init__(
        self, database: Database, channel: str, handle: Receive, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._channel = channel
        self._handle = handle
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, incoming: Incoming) -> None:
        """Return once the event is kept; it is handled in the background.

        Raises:
            Exception: only if it could not be kept.
        """
        await asyncio.to_thread(self._keep, incoming)
        await self._room.acquire()
        task = asyncio.create_task(self._handle_kept(incoming))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def take_up(self, older_than: timedelta = timedelta(0)) -> None:
        """Handle, in the order of their arrival, the events that were kept and left behind."""

        def load() -> list[tuple[str, dict[str, Any]]]:
            with self._database.reading() as db:
                return inbox.arrivals(db, self._channel, self._clock() - older_than)

        for key, kept in await asyncio.to_thread(load):
            try:
                incoming = _restored(kept)
            except (KeyError, TypeError, ValueError) as error:  # kept by another version of the program
                _log.error("arrival_unreadable", channel=self._channel, event_key=key, error=type(error).__name__)
                await asyncio.to_thread(self._forget, key)
            else:
                await self._handle_kept(incoming)

    async def drain(self) -> None:
        """Let what is under way come to an end, but not for long; what does not is kept for the next start."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_GRACE)
            for task in late:
                task.cancel()

    def _keep(self, incoming: Incoming) -> None:
        with self._database.transaction() as db:
            inbox.keep_arrival(
                db, self._channel, incoming.event_key, incoming=_masked(storable(incoming)), now=self._clock()
            )

    def _forget(self, key: str) -> None:
        with self._database.transaction() as db:
            inbox.forget_arrival(db, self._channel, key)

    async def _handle_kept(self, incoming: Incoming) -> None:
        """Handle one event and forget it; one that cannot be handled now stays for `take_up`."""
        try:
            await self._handle(incoming)
            await asyncio.to_thread(self._forget, incoming.event_key)
        except Exception as error:
            _log.warning(
                "arrival_waits", channel=self._channel, event_key=incoming.event_key, error=type(error).__name__
            )

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()


def _masked(incoming: Incoming) -> dict[str, Any]:
    """Return what may be written down: no personal numbers, and no name of somebody who has not agreed to it."""
    kept = asdict(replace(incoming, text=mask(incoming.text).text, sender_name=""))
    return {**kept, "received_at": incoming.received_at.isoformat()}


def _restored(kept: dict[str, Any]) -> Incoming:
    chat, received_at, kind = kept["chat"], kept["received_at"], kept["kind"]
    frame = {"chat": ChatRef(**chat), "received_at": datetime.fromisoformat(received_at), "kind": Kind(kind)}
    return Incoming(**{**kept, **frame})
