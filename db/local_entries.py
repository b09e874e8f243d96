"""Queries on what coordinators have taught the bot; it decides neither who may nor where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db.models import Area, LocalEntry


@dataclass(frozen=True)
class Lesson:
    """What was taught: phrasings of an entry of the base, or (`entry` None) an entry of its own.

    Attributes:
        area_id: Where it holds; None for everywhere.
        title: Like `answer`, `source` and `topic` given for an entry of its own, None otherwise.
    """

    id: int
    area_id: int | None
    entry: str | None
    phrasings: tuple[str, ...]
    topic: str | None
    title: str | None
    answer: str | None
    source: str | None
    approved_at: datetime
    withdrawn: bool


Version = tuple[int, int, str, int]
"""Differs whenever something was taught, withdrawn or given back since."""


_VERSION = select(
    func.count(LocalEntry.id),
    func.count(LocalEntry.withdrawn_at),
    func.max(LocalEntry.changed_at),
    select(func.count(Area.merged_into_id)).scalar_subquery(),  # what was taught there moves with an area
)


def version(session: Session) -> Version:
    """Return what tells whether a process has read the newest: one small query, made before every message."""
    rows, withdrawn, changed, areas = session.execute(_VERSION).one()
    return rows, withdrawn, str(changed), areas


def teach_alias(
    session: Session, *, entry: str, phrasings: Sequence[str], area_id: int | None, by: int, now: datetime
) -> int:
    """Keep further phrasings of an entry of the base; return the lesson's id."""
    return _add(session, LocalEntry(entry=entry, phrasings=[*phrasings], area_id=area_id), by, now)


def teach_entry(
    session: Session,
    *,
    topic: str,
    title: str,
    answer: str,
    source: str,
    phrasings: Sequence[str],
    area_id: int | None,
    by: int,
    now: datetime,
) -> int:
    """Keep an entry of an area's own; return the lesson's id."""
    row = LocalEntry(topic=topic, title=title, answer=answer, source=source, phrasings=[*phrasings], area_id=area_id)
    return _add(session, row, by, now)


def in_force(session: Session) -> list[Lesson]:
    """Return everything that was taught and not withdrawn, the newest last."""
    query = select(LocalEntry).where(LocalEntry.withdrawn_at.is_(None)).order_by(LocalEntry.id)
    return [_lesson(row) for row in session.scalars(query)]


def lesson(session: Session, lesson_id: int) -> Lesson | None:
    """Return a lesson by an id that came from outside, withdrawn or not; None if there is none."""
    row = session.get(LocalEntry, lesson_id)
    return None if row is None else _lesson(row)


def withdraw(session: Session, lesson_id: int, *, by: int, now: datetime) -> None:
    """Make a lesson stop at once; the row stays, so that it can be given back."""
    _change(session, lesson_id, withdrawn_by=by, withdrawn_at=now, changed_at=now)


def give_back(session: Session, lesson_id: int, *, now: datetime) -> None:
    """Let a withdrawn lesson hold again."""
    _change(session, lesson_id, withdrawn_by=None, withdrawn_at=None, changed_at=now)


def _add(session: Session, row: LocalEntry, by: int, now: datetime) -> int:
    row.created_by = row.approved_by = by
    row.created_at = row.approved_at = row.changed_at = now
    session.add(row)
    session.flush()
    return row.id


def _change(session: Session, lesson_id: int, **values: object) -> None:
    session.execute(update(LocalEntry).where(LocalEntry.id == lesson_id).values(**values))


def _lesson(row: LocalEntry) -> Lesson:
    return Lesson(
        id=row.id,
        area_id=row.area_id,
        entry=row.entry,
        phrasings=tuple(row.phrasings),
        topic=row.topic,
        title=row.title,
        answer=row.answer,
        source=row.source,
        approved_at=row.approved_at or row.created_at,
        withdrawn=row.withdrawn_at is not None,
    )
