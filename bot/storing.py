"""Gets work with the database done although it may be away, writes that come together in one commit; no SQL here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from db.engine import Database, Transaction, is_unavailable

T = TypeVar("T")
Write = Callable[[Transaction], None]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0

_log = structlog.get_logger(__name__)


async def until_done(work: Callable[[], T]) -> T:
    """Do something with the database in a worker thread, again and again while the database is away."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await asyncio.to_thread(work)
        except Exception as failure:
            if not is_unavailable(failure):
                raise
            _log.warning("database_out_of_reach", error=type(failure).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


class GroupCommit:
    """Writes in the order of asking; those that come while a commit is under way share the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Write, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def write(self, write: Write) -> None:
        """Return once something is stored, for as long as that takes; it is stored also where the caller is cut off.

        Raises:
            Exception: what `write` raised; then nothing of it is stored, and what shared its commit is.
        """
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((write, stored))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        await asyncio.shield(stored)

    async def drain(self, seconds: float) -> None:
        """Let everything be stored, but not for long."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=seconds)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                await self._store(group)
        finally:
            self._task = None

    async def _store(self, group: list[tuple[Write, asyncio.Future[None]]]) -> None:
        def commit() -> None:
            with self._database.transaction() as db:
                for write, _ in group:
                    write(db)

        try:
            await until_done(commit)
        except Exception as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for one in group:  # each by itself, so that the wrong one takes no other with it
                await self._store([one])
        else:
            for _, stored in group:
                stored.set_result(None)
