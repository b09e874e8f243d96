"""What every channel that makes requests needs: pauses, an end at any time, and which failures left nothing behind."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
TOKEN_PAUSE = 60.0
"""Seconds to wait after a refused token: only a person can change that."""

NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
"""The request cannot have left when one of these is the cause; everything else may have arrived."""

_FIRST_FLOOD_PAUSE, _LONGEST_FLOOD_PAUSE = 5.0, 600.0

T = TypeVar("T")


class ApiError(Exception):
    """The platform's own "no", whatever the HTTP status says."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description


class NotUnderstood(Exception):
    """An answer that is none of the platform's: some machine on the way gave it."""


class Pauses:
    """Doubling pauses; the upper half of each is drawn, so that processes do not come back in step."""

    def __init__(self, first: float | None = None, longest: float | None = None) -> None:
        self._first = FIRST_PAUSE if first is None else first
        self._longest = LONGEST_PAUSE if longest is None else longest
        self._length = self._first

    def next(self) -> float:
        """Return how many seconds to wait now."""
        length, self._length = self._length, min(self._length * 2, self._longest)
        return length * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew with the shortest."""
        self._length = self._first


def flood_pauses() -> Pauses:
    """Return the pauses after "too many requests" that do not say for how long."""
    return Pauses(_FIRST_FLOOD_PAUSE, _LONGEST_FLOOD_PAUSE)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until `stop`."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def unless(stop: asyncio.Event, call: Coroutine[Any, Any, T]) -> T | None:
    """Return the call's result; None if `stop` came first, which cuts the call off."""
    calling = asyncio.create_task(call)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({calling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return calling.result() if calling.done() else None
    finally:
        calling.cancel()
        stopping.cancel()
        await asyncio.wait({calling, stopping})


def name_of(error: BaseException) -> str:
    """Return what went wrong by class names only: messages may hold the token or an answer."""
    cause = error.__cause__
    return type(error).__name__ if cause is None else f"{type(error).__name__} from {type(cause).__name__}"


def keep_addresses_out_of_the_log() -> None:
    """Let httpx log no request: the addresses of both platforms hold the token."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
