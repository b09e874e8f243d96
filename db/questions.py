"""Queries on unanswered questions and on whether answers helped; the text it is given is already masked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.models import Feedback, Question


def keep_unanswered(session: Session, text: str, *, area_id: int | None, person_id: int | None, now: datetime) -> None:
    """Keep a masked question for the coordinator."""
    session.add(Question(text=text[:1000], area_id=area_id, person_id=person_id, asked_at=now))


def unanswered(session: Session, area_id: int | None, *, start: datetime, end: datetime) -> list[str]:
    """Return the questions left unanswered in a span, newest first, without repeats.

    A question from somebody without an area belongs to every area.
    """
    query = select(Question.text).where(Question.asked_at >= start, Question.asked_at < end)
    if area_id is not None:
        query = query.where(or_(Question.area_id == area_id, Question.area_id.is_(None)))
    newest_first = query.group_by(Question.text).order_by(
        func.max(Question.asked_at).desc(), func.max(Question.id).desc()
    )
    return list(session.scalars(newest_first))


def keep_feedback(session: Session, entry: str, *, helpful: bool, now: datetime) -> None:
    """Note whether an answer helped."""
    session.add(Feedback(entry=entry, helpful=helpful, at=now))
