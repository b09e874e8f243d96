"""A channel without a network, which does with each message what the test has said."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque

from bot.channels.base import Outgoing, SendError


class FakeChannel:
    """Implements `bot.channels.base.Channel`."""

    name = "test"
    text_limit = 4096

    def __init__(self) -> None:
        self.attempts: list[Outgoing] = []
        self.sent: list[Outgoing] = []
        self.times: list[float] = []
        """When each of `attempts` began, by the monotonic clock."""
        self.under_way = 0
        self.most_under_way: defaultdict[str, int] = defaultdict(int)
        """By chat, and in all under ""."""
        self._errors: defaultdict[str, deque[SendError]] = defaultdict(deque)
        self._hanging: dict[str, asyncio.Event] = {}
        self._in_chat: defaultdict[str, int] = defaultdict(int)

    @property
    def texts(self) -> list[str]:
        """What arrived, in order."""
        return [message.text for message in self.sent]

    def fails(self, text: str, *errors: SendError) -> None:
        """Let the next attempts at a text end so."""
        self._errors[text].extend(errors)

    def recovers(self, text: str) -> None:
        """Let all further attempts at a text pass."""
        self._errors[text].clear()

    def hangs(self, text: str) -> asyncio.Event:
        """Let attempts at a text wait until the event is set."""
        return self._hanging.setdefault(text, asyncio.Event())

    def is_group(self, chat: str) -> bool:
        """See `Channel.is_group`."""
        return chat.startswith("-")

    async def send(self, message: Outgoing) -> str:
        """See `Channel.send`."""
        self.attempts.append(message)
        self.times.append(time.monotonic())
        self._in_chat[message.chat] += 1
        self.under_way += 1
        for key, number in ((message.chat, self._in_chat[message.chat]), ("", self.under_way)):
            self.most_under_way[key] = max(self.most_under_way[key], number)
        try:
            await asyncio.sleep(0)
            if message.text in self._hanging:
                await self._hanging[message.text].wait()
            if self._errors[message.text]:
                raise self._errors[message.text].popleft()
        finally:
            self._in_chat[message.chat] -= 1
            self.under_way -= 1
        self.sent.append(message)
        return f"ref-{len(self.sent)}"
