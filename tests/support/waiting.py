"""Waits for what happens in another task, thread or process, and says so when it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE = 180.0
"""Seconds after which a test gives up. It goes on as soon as what it waits for is there, however slow the machine."""
SHORT_OF_A_HANG = PATIENCE * 10
"""Seconds for what must not be waited for: a test that does wait for it fails by its patience."""


async def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let other tasks run until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what it looks at knows of no event
            await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for another thread or process until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
