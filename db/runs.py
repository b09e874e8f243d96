"""Queries on scheduled runs: what each was to send, and what was left out; it decides when nothing is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import outbox
from db.inbox import insert_new
from db.models import Run

MISSED = "missed"
"""Error of a run that did not take place."""
CLOCK = "clock"
"""Kind of the record that the machine's clock was set to another time; its error says by how much."""


@dataclass(frozen=True)
class RunInfo:
    """One scheduled run; `left_out` by reason, `finished_at` None if it did not come to its end."""

    id: int
    kind: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime | None
    expected: int
    queued: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None

    @property
    def batch(self) -> str:
        """Name of the messages that it queued."""
        return f"run:{self.id}"


def begin(session: Session, kind: str, due_at: datetime, now: datetime) -> RunInfo:
    """Return the run of a kind that is due at a moment; it begins now unless it has begun before."""
    insert_new(session, Run, kind=kind, due_at=due_at, started_at=now, expected=0, queued=0, left_out={})
    return _info(session.scalars(select(Run).where(Run.kind == kind, Run.due_at == due_at).with_for_update()).one())


def note(session: Session, run_id: int, now: datetime, *, queued: int, left_out: Mapping[str, int]) -> None:
    """Note that a run has come to its end, or that it has found more to do later."""
    run = session.get_one(Run, run_id)
    run.queued += queued
    run.left_out = dict(sorted((Counter(run.left_out) + Counter(left_out)).items()))
    run.expected = run.queued + sum(run.left_out.values())
    run.finished_at = run.finished_at or now
    run.error = None


def fail(session: Session, kind: str, due_at: datetime, now: datetime, error: str) -> bool:
    """Note why a run has not come to its end; False if it has, by an earlier attempt."""
    begin(session, kind, due_at, now)
    run = session.scalars(select(Run).where(Run.kind == kind, Run.due_at == due_at)).one()
    if run.finished_at is None:
        run.error = error
    return run.finished_at is None


def miss(session: Session, kind: str, due_at: datetime, now: datetime) -> None:
    """Note that a run did not take place."""
    insert_new(
        session, Run, kind=kind, due_at=due_at, started_at=now, finished_at=now, expected=0, queued=0, left_out={},
        error=MISSED,
    )  # fmt: skip


def note_clock(session: Session, now: datetime, jump: timedelta) -> None:
    """Note that the machine's clock was set to another time."""
    insert_new(
        session, Run, kind=CLOCK, due_at=now, started_at=now, finished_at=now, expected=0, queued=0, left_out={},
        error=f"{jump.total_seconds():+.0f} s",
    )  # fmt: skip


def find(session: Session, kind: str, due_at: datetime) -> RunInfo | None:
    """Return the run of a kind that was due at a moment."""
    row = session.scalar(select(Run).where(Run.kind == kind, Run.due_at == due_at))
    return None if row is None else _info(row)


def last_before(session: Session, kind: str, due_at: datetime) -> RunInfo | None:
    """Return the latest run of a kind that was due before a moment."""
    query = select(Run).where(Run.kind == kind, Run.due_at < due_at).order_by(Run.due_at.desc()).limit(1)
    row = session.scalar(query)
    return None if row is None else _info(row)


def last(session: Session, limit: int) -> list[RunInfo]:
    """Return the runs that were due last, the latest first."""
    return [_info(row) for row in session.scalars(select(Run).order_by(Run.due_at.desc(), Run.id.desc()).limit(limit))]


def outcome(session: Session, run: RunInfo) -> dict[str, int]:
    """Return how many of the messages that a run has queued are in each state."""
    return outbox.tally(session, run.batch)


def forget(session: Session, before: datetime) -> None:
    """Delete runs that were due before a moment."""
    session.execute(delete(Run).where(Run.due_at < before))


def _info(row: Run) -> RunInfo:
    return RunInfo(
        row.id, row.kind, row.due_at, row.started_at, row.finished_at, row.expected, row.queued, row.left_out, row.error
    )
