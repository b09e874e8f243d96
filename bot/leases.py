"""Keeps a lease of this process alive and tells whether it is held; the rows are in `db.leases`."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from db import leases
from db.engine import Database

TTL = timedelta(seconds=45)
"""A dead holder is replaced within a minute."""
RENEW_EVERY = 10.0


def awake_or_not() -> float:
    """Return seconds that also pass while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class LeaseHolder:
    """One named lease; `held` never says yes after its end, even in a process that was paused."""

    def __init__(self, database: Database, name: str, holder: str, clock: Callable[[], float] = awake_or_not) -> None:
        self._database = database
        self.name = name
        self._holder = holder
        self._clock = clock
        self._until = 0.0

    def renew(self) -> bool:
        """Take or prolong the lease; False while another process holds it."""
        asked = self._clock()  # before asking: the lease may end a little early here, never late
        with self._database.transaction() as db:
            got = leases.acquire(db, self.name, self._holder, TTL)
        self._until = asked + TTL.total_seconds() if got else 0.0
        return got

    def held(self) -> bool:
        """Tell whether the lease is held now."""
        return self._clock() < self._until

    def release(self) -> None:
        """Give the lease back."""
        self._until = 0.0
        with self._database.transaction() as db:
            leases.release(db, self.name, self._holder)
