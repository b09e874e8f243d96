"""Owns how many messages one visitor may send in a while; must not know HTTP."""

from __future__ import annotations

from collections import deque


class RateLimit:
    """A sliding window per key, kept in memory."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._taken: dict[str, deque[float]] = {}
        self._swept_at = float("-inf")

    def take(self, key: str, now: float) -> float:
        """Count one message and return 0, or return the seconds to wait and count nothing."""
        self._sweep(now)
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - self._seconds:
            taken.popleft()
        if len(taken) >= self._most:
            return taken[0] + self._seconds - now
        taken.append(now)
        return 0.0

    def _sweep(self, now: float) -> None:
        """Forget quiet keys once a window, otherwise every visitor ever seen would stay in memory."""
        if now - self._swept_at < self._seconds:
            return
        self._swept_at = now
        self._taken = {key: taken for key, taken in self._taken.items() if taken[-1] > now - self._seconds}
