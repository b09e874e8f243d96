"""Queries on unanswered questions and on whether answers helped; the text it is given is already masked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.orm import Session

from db.models import Feedback, Question

_LONGEST = 1000
_LONGEST_KEY = 200


@dataclass(frozen=True)
class Asked:
    """A question that waits for the coordinator; `key` is None where it was kept without one."""

    id: int
    text: str
    key: str | None
    area_id: int | None
    person_id: int | None
    asked_at: datetime


@dataclass(frozen=True)
class Seen:
    """Whose questions somebody sees.

    Attributes:
        area_ids: Of people of these areas; None for all areas.
        without_area: Also of people of whom no area is known.
    """

    area_ids: Collection[int] | None
    without_area: bool = True

    @property
    def condition(self) -> ColumnElement[bool]:
        """The same as a condition on questions."""
        if self.area_ids is None:
            return true() if self.without_area else Question.area_id.is_not(None)
        inside = Question.area_id.in_(self.area_ids)
        return or_(inside, Question.area_id.is_(None)) if self.without_area else inside


def keep_unanswered(
    session: Session,
    text: str,
    *,
    key: str | None = None,
    area_id: int | None,
    person_id: int | None,
    now: datetime,
) -> None:
    """Keep a masked question for the coordinator; `key` is what makes another one the same."""
    key = None if key is None else key[:_LONGEST_KEY]
    session.add(Question(text=text[:_LONGEST], key=key, area_id=area_id, person_id=person_id, asked_at=now))


def unsettled(
    session: Session, seen: Seen, *, start: datetime | None = None, end: datetime | None = None, limit: int = 400
) -> list[Asked]:
    """Return the questions that wait, newest first, asked from `start` up to, not including, `end`."""
    query = select(Question).where(Question.settled_at.is_(None), seen.condition)
    if start is not None:
        query = query.where(Question.asked_at >= start)
    if end is not None:
        query = query.where(Question.asked_at < end)
    newest_first = query.order_by(Question.asked_at.desc(), Question.id.desc()).limit(limit)
    return [
        Asked(row.id, row.text, row.key, row.area_id, row.person_id, row.asked_at)
        for row in session.scalars(newest_first)
    ]


def settle(session: Session, question_ids: Collection[int], *, by: int, now: datetime) -> None:
    """Note that somebody has dealt with these questions."""
    session.execute(
        update(Question)
        .where(Question.id.in_(question_ids), Question.settled_at.is_(None))
        .values(settled_at=now, settled_by=by)
    )


def keep_feedback(session: Session, entry: str, *, helpful: bool, now: datetime) -> None:
    """Note whether an answer helped."""
    session.add(Feedback(entry=entry, helpful=helpful, at=now))
