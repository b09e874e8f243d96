"""The web chat's transport: hands its messages on, and its outbox rows to the page, which pulls; it knows no HTTP."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.channels.base import file_path
from bot.inbox import Inbox, utc_now
from bot.web.gateway import WebFile, WebMessage
from db import files, outbox, people
from db.engine import Database, Transaction
from db.outbox import Message
from handlers.message import PICTURES, Button, Incoming

CHANNEL = "web"
_LOOK_EVERY = 2.0
"""Seconds after which a waiting page looks anyway: reminders are queued by another thread or process."""


class WebGateway:
    """Implements `bot.web.gateway.Gateway`."""

    def __init__(
        self,
        database: Database,
        inbox: Callable[[], Inbox],
        problems: Callable[[], dict[str, str]],
        *,
        persons: Sequence[tuple[str, str]] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._problems = problems
        self._persons = dict(persons)
        self._clock = clock
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def stored(self, channel: str, chat: str) -> None:
        """Wake the pages that wait for this chat."""
        if channel == CHANNEL:
            for event in self._waiting.get(chat, ()):
                event.set()

    def wake_all(self) -> None:
        """Wake every waiting page, so that a shutdown need not wait for them."""
        for events in self._waiting.values():
            for event in events:
                event.set()

    async def receive(self, incoming: Incoming) -> None:
        """See `Gateway.receive`."""
        await self._inbox().receive(incoming)

    async def messages(self, chat: str, after: int, limit: int) -> list[WebMessage]:
        """See `Gateway.messages`."""

        def load() -> list[WebMessage]:
            with self._database.reading() as db:
                now = self._clock()
                return _web_messages(db, outbox.of_chat(db, CHANNEL, chat, after=after, limit=limit, now=now), now)

        return await asyncio.to_thread(load)

    async def recent(self, chat: str, limit: int) -> list[WebMessage]:
        """See `Gateway.recent`."""

        def load() -> list[WebMessage]:
            with self._database.reading() as db:
                now = self._clock()
                return _web_messages(db, outbox.last_of_chat(db, CHANNEL, chat, limit, now=now), now)

        return await asyncio.to_thread(load)

    async def acknowledge(self, chat: str, up_to: int) -> None:
        """See `Gateway.acknowledge`."""

        def mark() -> None:
            with self._database.reading() as db:
                if not outbox.waits(db, CHANNEL, chat, up_to=up_to):
                    return
            with self._database.transaction() as db:
                outbox.acknowledge(db, CHANNEL, chat, up_to=up_to, now=self._clock())

        await asyncio.to_thread(mark)

    async def wait(self, chat: str, seconds: float) -> None:
        """See `Gateway.wait`."""
        event = asyncio.Event()
        self._waiting[chat].add(event)
        try:
            await asyncio.wait_for(event.wait(), min(seconds, _LOOK_EVERY))
        except TimeoutError:
            pass
        finally:
            self._waiting[chat].discard(event)
            if not self._waiting[chat]:
                del self._waiting[chat]

    async def persons(self) -> dict[str, str]:
        """See `Gateway.persons`; the first invitation ends the demonstration in the middle of a run."""

        def load() -> dict[str, str]:
            with self._database.reading() as db:
                return self._persons if people.has_demo_data(db) else {}

        return await asyncio.to_thread(load) if self._persons else {}

    async def healthy(self) -> dict[str, str]:
        """See `Gateway.healthy`."""
        return await asyncio.to_thread(self._problems)


def _web_messages(db: Transaction, messages: Sequence[Message], now: datetime) -> list[WebMessage]:
    """Return the messages as the page shows them; of files only those that can still be fetched."""
    kept = files.names(db, [message.attachment for message in messages if message.attachment is not None], now)
    shown = []
    for message in messages:
        rows = tuple(tuple(Button(label, action) for label, action in row) for row in message.rows)
        token = message.attachment or ""
        file = None
        if token in kept:
            name, media_type = kept[token]
            file = WebFile(name, file_path(token, name), media_type in PICTURES)
        replaces = None if message.edits is None else int(message.edits)
        shown.append(WebMessage(message.id, message.text, rows, message.created_at, file, replaces))
    return shown
