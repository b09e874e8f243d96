"""Waits for what happens in another task, thread or process, and says so when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Let other tasks run until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what it looks at knows of no event
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for another thread or process until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
