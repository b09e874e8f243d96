"""The program's parts put together around one channel, at a time that the test sets; it has no logic of its own."""

from __future__ import annotations

import asyncio
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import func, or_, select

from bot.arrivals import Arrivals
from bot.channels.web import WebGateway
from bot.delivery import Delivery
from bot.documents.calendar import calendar_file
from bot.inbox import Inbox
from bot.web import hooks
from bot.web.app import build_app
from db.engine import Database
from db.models import Arrival, Event, Outbox
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import answerer
from tests.support.doors import Door
from tests.support.waiting import until


class Stage:
    """One process that serves one door between `async with` and its end; a second one is the same after a restart."""

    def __init__(self, database: Database, clock: Clock, door: Door) -> None:
        self._database = database
        self._clock = clock
        self._door = door
        self._channel = door.connect(database, clock)
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        pushed = {} if self._channel is None else {door.name: self._channel}
        self._delivery = Delivery(
            database, pushed, holder="stage", per_second={}, may_send_bulk=lambda: True, clock=clock
        )
        self._web = WebGateway(database, lambda: self._inbox, dict, clock=clock)
        self._inbox = Inbox(
            database,
            answerer(),
            working_days(),
            self.rules,
            holder="stage",
            pushed=frozenset(pushed),
            deliver=self._delivery.submit,
            unsure=self._delivery.be_unsure,
            stored=self._web.stored,
            clock=clock,
        )

    @property
    def rules(self) -> Rules:
        """What handlers need to know of this channel."""
        limits = {self._door.name: self._door.text_limit} if self._door.text_limit else {}
        rooms = {} if self._door.room is None else {self._door.name: self._door.room}
        return Rules(text_limits=limits, rooms=rooms, draw_calendar=calendar_file)

    async def __aenter__(self) -> Self:
        arrivals = Arrivals(self._database, self._door.name, self._inbox.receive, self._clock)
        receive = arrivals.receive if self._door.hands_out_once else self._inbox.receive
        unreadable = partial(self._inbox.unreadable, self._door.name)
        hook = self._door.hook(receive, unreadable)
        self._door.serve(build_app(self._web, secret_key="test", more=hooks.routes([] if hook is None else [hook])))
        if self._channel is not None:
            await self._channel.start()
            self._tasks = [asyncio.create_task(self._delivery.run(self._stop))]
            polling = self._door.poll(receive, unreadable, self._stop)
            if polling is not None:
                self._tasks.append(asyncio.create_task(polling))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)
        await self._delivery.drain()
        if self._channel is not None:
            await self._channel.close()

    async def says(self, person: str, text: str, *, times: int = 1) -> None:
        """Let somebody write, and wait until all that follows from it is done."""
        handled = self._handled()
        await self._door.says(person, text, times=times)
        await until(lambda: self._handled() > handled)
        await self.settled()

    async def chooses(self, person: str, label: str) -> None:
        """Let somebody choose, and wait until all that follows from it is done."""
        handled = self._handled()
        await self._door.chooses(person, label)
        await until(lambda: self._handled() > handled)
        await self.settled()

    async def is_blocked_by(self, person: str) -> None:
        """Let somebody block the bot, and wait until it has heard of it, where it does."""
        handled = self._handled()
        self._door.blocks(person)
        if self._door.tells_of_blocks:
            await until(lambda: self._handled() > handled)

    async def settled(self) -> None:
        """Wait until nothing is under way and nothing that is due waits."""
        if self._door.is_pushed:
            await until(lambda: not self._is_busy())

    def _handled(self) -> int:
        with self._database.reading() as db:
            return db.scalar(select(func.count()).select_from(Event)) or 0

    def _is_busy(self) -> bool:
        due = or_(Outbox.state == "claimed", (Outbox.state == "queued") & (Outbox.not_before <= self._clock()))
        with self._database.reading() as db:
            return db.scalar(select(Outbox.id).where(due).limit(1)) is not None or bool(
                db.scalar(select(func.count()).select_from(Arrival))
            )
