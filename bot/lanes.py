"""One lock a key, taken in the order of asking; it knows nothing of what is done under it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Lanes:
    """Lets the work of one chat go in single file and that of different chats side by side."""

    def __init__(self) -> None:
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._users: defaultdict[tuple[str, str], int] = defaultdict(int)

    def __len__(self) -> int:
        """Return how many lanes are in use."""
        return len(self._locks)

    @asynccontextmanager
    async def enter(self, channel: str, chat: str) -> AsyncIterator[None]:
        """Hold a chat's lane; it is forgotten when nobody holds it or waits for it any more."""
        key = (channel, chat)
        # Counted here: a lock that was just let go looks free although somebody is about to take it.
        self._users[key] += 1
        try:
            async with self._locks[key]:
                yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]
