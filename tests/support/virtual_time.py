"""An event loop whose clock jumps instead of waiting; only for code without threads and sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        select = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None) -> Any:
            if timeout:
                self._now += timeout
            return select(0)

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        return self._now


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end without waiting for any timer; `now` tells the time inside."""
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        return runner.run(work)


def now() -> float:
    """Return the running loop's time."""
    return asyncio.get_running_loop().time()
