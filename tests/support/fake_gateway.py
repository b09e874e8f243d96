"""A bot behind the web chat that lives in memory; must stay free of HTTP."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from bot.web.gateway import WebFile, WebMessage
from handlers.message import Incoming, Reply

Answer = Callable[[Incoming], list[Reply]]


def echo(incoming: Incoming) -> list[Reply]:
    """The answer of a fake that was given no other."""
    return [Reply(f"Đã nhận: {incoming.text or incoming.button}")]


class FakeGateway:
    """Keeps what comes in and what goes out, and can be told to fail."""

    def __init__(self, answer: Answer = echo) -> None:
        self.received: list[Incoming] = []
        self.acknowledged: list[tuple[str, int]] = []
        self.problems: dict[str, str] = {}
        self.roles: dict[str, str] = {}
        self.failing = False
        self.listening = asyncio.Event()
        """Set when somebody begins to wait for news."""
        self._answer = answer
        self._messages: defaultdict[str, list[WebMessage]] = defaultdict(list)
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._next_id = 1

    def push(self, chat: str, reply: Reply) -> None:
        """Let the bot say something."""
        file = None if reply.attachment is None else WebFile(reply.attachment.name, "/files/t/n", is_picture=False)
        self._messages[chat].append(WebMessage(self._next_id, reply.text, reply.rows, datetime.now(UTC), file))
        self._next_id += 1
        self._news.pop(chat, asyncio.Event()).set()

    async def receive(self, incoming: Incoming) -> None:
        """Take the event and answer it at once."""
        if self.failing:
            raise RuntimeError("0912345678 must never reach a log")
        if any(incoming.event_key == earlier.event_key for earlier in self.received):
            return
        self.received.append(incoming)
        for reply in self._answer(incoming):
            self.push(incoming.chat.chat, reply)

    async def messages(self, chat: str, after: int, limit: int) -> list[WebMessage]:
        """What is newer than `after`."""
        return [message for message in self._messages[chat] if message.id > after][:limit]

    async def recent(self, chat: str, limit: int) -> list[WebMessage]:
        """The last ones."""
        return self._messages[chat][-limit:]

    async def acknowledge(self, chat: str, up_to: int) -> None:
        """Remember what was shown."""
        self.acknowledged.append((chat, up_to))

    async def wait(self, chat: str, seconds: float) -> None:
        """Until the next push."""
        self.listening.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news[chat].wait(), seconds)

    async def persons(self) -> dict[str, str]:
        """What the test has set."""
        return self.roles

    async def healthy(self) -> dict[str, str]:
        """What the test has set."""
        return self.problems
