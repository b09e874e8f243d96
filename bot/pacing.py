"""When the next request of a channel may begin, so that its limits are never passed; it sends nothing.

A limit of `most` requests in some seconds is kept for certain, whatever the network does: a request counts from its
start until so many seconds after its answer, and the platform counts it at some moment in between.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

TO_ONE_CHAT = (1, 1.0)
TO_ONE_GROUP = (20, 60.0)
"""Requests, and the seconds in which no more of them may count."""


class _Window:
    """At most so many requests that count at a time."""

    def __init__(self, most: int, seconds: float) -> None:
        self.limit(most, seconds)
        self._under_way = 0
        self._answered: deque[float] = deque()

    def limit(self, most: int, seconds: float) -> None:
        """Take another limit from now on."""
        self._most, self._seconds = most, seconds

    def delay(self, now: float) -> float | None:
        """Return the seconds until one more fits; None if that is only known once one is answered."""
        while self._answered and self._answered[0] + self._seconds <= now:
            self._answered.popleft()
        if self._under_way + len(self._answered) < self._most:
            return 0.0
        return self._answered[0] + self._seconds - now if self._answered else None

    def begin(self) -> None:
        self._under_way += 1

    def end(self, now: float) -> None:
        self._under_way -= 1
        self._answered.append(now)

    def is_idle(self, now: float) -> bool:
        """Tell whether nothing counts any more."""
        self.delay(now)
        return not self._under_way and not self._answered


class Pacer:
    """Spaces the requests of one channel evenly; bulk takes the places that replies leave.

    Args:
        per_second: In all; 0 lifts every limit, those of the single chats too.
        is_group: Whether a chat is a group.
        part: What part of that is this process's at the moment, from 0 to 1.
    """

    def __init__(
        self,
        per_second: float,
        is_group: Callable[[str], bool] = lambda _chat: False,
        clock: Callable[[], float] = time.monotonic,
        part: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._per_second = per_second
        self._part = part
        self._pace = self._every = 0.0
        self._all = _Window(1, 0.0)
        self._is_group = is_group
        self._clock = clock
        self._chats: dict[str, tuple[_Window, ...]] = {}
        self._next = self._held = 0.0
        self._line = {bulk: asyncio.Lock() for bulk in (False, True)}
        self._replies_waiting = 0
        self._answer = asyncio.Event()

    def expected_wait(self) -> float:
        """Return about how many seconds a reply would wait that comes now."""
        if self._is_lifted:
            return 0.0
        return (self._delay(bulk=False) or 0.0) + self._replies_waiting * self._every

    async def rest(self, chat: str) -> None:
        """Wait until the chat itself can take one more; its messages must come one at a time."""
        delay = self._rest_of(chat)
        if delay > 0:
            await asyncio.sleep(delay)

    def resting(self) -> list[str]:
        """Return the chats that can take nothing at the moment."""
        now = self._clock()
        self._chats = {
            chat: windows for chat, windows in self._chats.items() if not all(one.is_idle(now) for one in windows)
        }
        return [chat for chat in self._chats if self._rest_of(chat) > 0]

    @asynccontextmanager
    async def request(self, chat: str, *, bulk: bool) -> AsyncIterator[None]:
        """Wait for this request's turn, and let it count while it is under way."""
        if self._is_lifted:
            yield
            return
        await self._take_place(bulk)
        windows = (self._all, *self._windows(chat))
        for window in windows:
            window.begin()
        try:
            yield
        finally:
            for window in windows:
                window.end(self._clock())
            self._answer.set()

    def hold(self, seconds: float) -> None:
        """Send nothing for a time: the platform asked for it."""
        self._held = max(self._held, self._clock() + seconds)

    async def _take_place(self, bulk: bool) -> None:
        self._replies_waiting += not bulk
        try:
            async with self._line[bulk]:
                while (delay := self._delay(bulk)) != 0:
                    await self._pause(delay)
                # A place that was missed by a little is made up for: the window keeps the limit.
                self._next = max(self._next, self._clock() - self._every) + self._every
        finally:
            self._replies_waiting -= not bulk

    @property
    def _is_lifted(self) -> bool:
        return not self._per_second

    def _adapt(self) -> None:
        """Take up the pace that is this process's now."""
        pace = self._per_second * self._part()
        if pace != self._pace:
            most = max(1, int(pace))
            self._pace, self._every = pace, 1 / pace
            self._all.limit(most, most * self._every)

    def _delay(self, bulk: bool) -> float | None:
        self._adapt()
        now = self._clock()
        fits = self._all.delay(now)
        if fits is None:
            return None
        delay = max(0.0, fits, self._next - now, self._held - now)
        return self._every if bulk and delay == 0 and self._replies_waiting else delay

    async def _pause(self, delay: float | None) -> None:
        if delay is not None:
            await asyncio.sleep(delay)
            return
        self._answer.clear()
        await self._answer.wait()

    def _windows(self, chat: str) -> tuple[_Window, ...]:
        if chat not in self._chats:
            limits = (TO_ONE_CHAT, TO_ONE_GROUP) if self._is_group(chat) else (TO_ONE_CHAT,)
            self._chats[chat] = tuple(_Window(*limit) for limit in limits)
        return self._chats[chat]

    def _rest_of(self, chat: str) -> float:
        now = self._clock()
        return max((window.delay(now) or 0.0 for window in self._chats.get(chat, ())), default=0.0)
