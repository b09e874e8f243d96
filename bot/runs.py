"""Lets each scheduled run leave a record, and notices those that did not take place; it knows nothing of their work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from db import runs
from db.engine import Database, Transaction
from handlers.alarms import telling
from handlers.reminders.planning import has_begun
from handlers.rendering import ZONE
from handlers.turn import Rules, Turn

LATE = timedelta(minutes=60)
"""A run that has not taken place so long after it was due raises an alarm."""
_MOST_MISSED = 31
"""Further back nobody asks any more."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Schedule:
    """Work that is due at the reminder time every so many days.

    Attributes:
        every: 1 day, or 7 days counted from a Monday.
        work: Queues what is due and returns how many messages; it is called at every tick, and repeats nothing.
    """

    kind: str
    every: timedelta
    work: Callable[[Turn], int]

    def due_last(self, now: datetime, rules: Rules) -> datetime:
        """Return when it was due last, in Vietnam's zone."""
        local = now.astimezone(ZONE)
        due = datetime.combine(local.date(), rules.reminder_time, tzinfo=ZONE)
        if due > local:
            due -= timedelta(days=1)
        return due - timedelta(days=due.weekday() % self.every.days)

    def between(self, earlier: datetime, later: datetime) -> Iterator[datetime]:
        """Yield when it was due between two moments, both left out, the latest first."""
        due = later - self.every
        while due > earlier:
            yield due
            due -= self.every


def keep(database: Database, schedule: Schedule, new_turn: Callable[[Transaction], Turn], now: datetime) -> int:
    """Do what is due, in one transaction with its record; return how many messages were queued.

    Raises:
        Exception: whatever the work raises; then the record says so.
    """
    try:
        with database.transaction(bulk=True) as db:
            turn = new_turn(db)
            if not has_begun(turn.now, turn.rules):
                return 0
            return _run(db, schedule, new_turn, turn)
    except Exception as error:
        with database.transaction() as db:
            turn = new_turn(db)
            due = schedule.due_last(now, turn.rules)
            if runs.fail(db, schedule.kind, due, now, type(error).__name__) and now - due > LATE:
                telling.missed_runs(turn, schedule.kind, [due.date()], made_now=False)
        raise


def _run(db: Transaction, schedule: Schedule, new_turn: Callable[[Transaction], Turn], turn: Turn) -> int:
    due = schedule.due_last(turn.now, turn.rules)
    known = runs.find(db, schedule.kind, due)
    is_new = known is None or known.finished_at is None
    if is_new:
        _notice_missed(new_turn(db), schedule, due, failed=known is not None)
    run = known or runs.begin(db, schedule.kind, due, turn.now)
    turn.batch = run.batch
    queued = schedule.work(turn)
    if is_new or queued:
        # Who is left out is left out at every tick: counted once.
        runs.note(db, run.id, turn.now, queued=queued, left_out=turn.left_out if is_new else {})
    return queued


def _notice_missed(turn: Turn, schedule: Schedule, due: datetime, *, failed: bool) -> None:
    """Record the runs that were due before this one and did not take place; tell of them, and of a late one."""
    before = runs.last_before(turn.db, schedule.kind, due)
    if before is None and not failed:  # nothing has ever run here, so nothing was missed
        return
    missed = [] if before is None else list(schedule.between(before.due_at.astimezone(ZONE), due))[:_MOST_MISSED]
    for moment in missed:
        runs.miss(turn.db, schedule.kind, moment, turn.now)
    is_late = turn.now - due > LATE
    days = [moment.date() for moment in reversed(missed)] + ([due.date()] if is_late else [])
    if days:
        _log.warning("run_missed", kind=schedule.kind, days=len(days), late=is_late)
        telling.missed_runs(turn, schedule.kind, days, made_now=is_late)
