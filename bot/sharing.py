"""Which part of a channel's pace is this process's, by who else lives; it paces nothing itself.

Several processes may answer over one token, and the platform counts them together. Each knows the others by their
heartbeats, and none starts a request on a view that is older than a heartbeat lasts. So whoever has lived for as long
as that is known to all, and the parts below never add up to more than the whole.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.leases import TTL, LeaseHolder, awake_or_not
from db import leases
from db.engine import Database

FOR_NEWCOMERS = 1 / 30
"""What nobody uses but a process that the others may not know of yet."""
FOR_THE_REST = 0.2
"""What those share that answer only; what is too much for them is sent by the one that also sends everything else."""


def part(others: int, *, leads: bool, is_known: bool) -> float:
    """Return the part of one among `others`, from 0 to 1.

    Args:
        leads: Whether it is the one that sends what nobody waits for.
        is_known: Whether all the others know of it.
    """
    if not others:
        return 1 - FOR_NEWCOMERS
    if not is_known:
        return FOR_NEWCOMERS
    return 1 - FOR_NEWCOMERS - FOR_THE_REST if leads else FOR_THE_REST / others


class Company:
    """This process's heartbeat, and how many others beat."""

    def __init__(self, database: Database, holder: str, clock: Callable[[], float] = awake_or_not) -> None:
        self._database = database
        self.name = leases.heartbeat(holder)
        self.heartbeat = LeaseHolder(database, self.name, holder, clock)
        self._holder = holder
        self._clock = clock
        self._since = 0.0
        self._others = 0

    def renew(self) -> bool:
        """Let the heart beat, and look for the others."""
        was_alive, now = self.heartbeat.held(), self._clock()
        beats = self.heartbeat.renew()
        if not was_alive:  # the others may have taken it for dead in between
            self._since = now
        if not self._database.is_sqlite:  # of which there is only ever one process
            with self._database.reading() as db:
                alive, _ = leases.heartbeats(db)
            self._others = sum(holder != self._holder for holder in alive)
        return beats

    def part(self, *, leads: bool) -> float:
        """Return this process's part of every channel's pace."""
        if self._database.is_sqlite:
            return 1.0
        return part(self._others, leads=leads, is_known=self._clock() - self._since > TTL.total_seconds())
