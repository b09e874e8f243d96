"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
"""Saturday, 09:00 in Vietnam."""


class Clock:
    """Callable like the process's own clock; every reading is aware and in UTC."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Move on by `timedelta(**span)`."""
        self.now += timedelta(**span)

    def set(self, moment: datetime) -> None:
        """Stand at an aware moment."""
        self.now = moment.astimezone(UTC)
