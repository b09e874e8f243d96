"""Queries on the log of assistance sessions; it understands no sentence and names no person helped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from db.models import AssistanceSession, SessionTopic


@dataclass(frozen=True)
class Logged:
    """One entry of the log."""

    id: int
    held_on: date
    people: int
    topics: tuple[str, ...]
    place: str | None
    outcome: str
    note: str | None
    created_at: datetime


@dataclass(frozen=True)
class Totals:
    """Sums over a span: sessions, people (lượt người), and sessions by topic, by outcome and by team."""

    sessions: int
    people: int
    topics: dict[str, int]
    outcomes: dict[str, int]
    by_team: dict[int, int]


def add(
    session: Session,
    *,
    person_id: int,
    team_id: int | None,
    area_id: int | None,
    held_on: date,
    people: int,
    topics: Sequence[str],
    place: str | None,
    outcome: str,
    note: str | None,
    now: datetime,
    demo: bool = False,
) -> int:
    """Add an entry and return its id."""
    entry = AssistanceSession(
        person_id=person_id,
        team_id=team_id,
        area_id=area_id,
        held_on=held_on,
        people=people,
        place=place,
        outcome=outcome,
        note=note,
        created_at=now,
        demo=demo,
    )
    session.add(entry)
    session.flush()
    session.add_all(SessionTopic(session_id=entry.id, topic=topic) for topic in dict.fromkeys(topics))
    session.flush()
    return entry.id


def undo(session: Session, first: int, last: int, person_id: int, now: datetime) -> list[int]:
    """Take back one's own entries from the first id to the last that still count; return those that were."""
    rows = session.scalars(
        select(AssistanceSession).where(
            AssistanceSession.id.between(first, last),
            AssistanceSession.person_id == person_id,
            AssistanceSession.undone_at.is_(None),
        )
    )
    undone = []
    for row in rows:
        row.undone_at = now
        undone.append(row.id)
    return undone


def own(session: Session, person_id: int, *, start: date, limit: int = 100) -> list[Logged]:
    """Return a person's own entries from a day on, newest first, without those taken back."""
    query = (
        select(AssistanceSession)
        .where(
            AssistanceSession.person_id == person_id,
            AssistanceSession.held_on >= start,
            AssistanceSession.undone_at.is_(None),
        )
        .order_by(AssistanceSession.held_on.desc(), AssistanceSession.id.desc())
        .limit(limit)
    )
    return _logged(session, query)


def last(session: Session, person_id: int) -> Logged | None:
    """Return the entry a person wrote last."""
    query = (
        select(AssistanceSession)
        .where(AssistanceSession.person_id == person_id, AssistanceSession.undone_at.is_(None))
        .order_by(AssistanceSession.id.desc())
        .limit(1)
    )
    return next(iter(_logged(session, query)), None)


def totals(session: Session, area_id: int | None, start: date, end: date) -> Totals:
    """Sum the log of an area (None for all) over a span of days, both ends included."""
    kept: list[ColumnElement[bool]] = [
        AssistanceSession.held_on.between(start, end),
        AssistanceSession.undone_at.is_(None),
    ]
    if area_id is not None:
        kept.append(AssistanceSession.area_id == area_id)
    count, people = session.execute(
        select(func.count(), func.coalesce(func.sum(AssistanceSession.people), 0)).where(*kept)
    ).one()
    topics = session.execute(
        select(SessionTopic.topic, func.count())
        .join(AssistanceSession, AssistanceSession.id == SessionTopic.session_id)
        .where(*kept)
        .group_by(SessionTopic.topic)
        .order_by(func.count().desc(), SessionTopic.topic)
    )
    outcomes = session.execute(
        select(AssistanceSession.outcome, func.count()).where(*kept).group_by(AssistanceSession.outcome)
    )
    teams = session.execute(
        select(AssistanceSession.team_id, func.count())
        .where(*kept, AssistanceSession.team_id.is_not(None))
        .group_by(AssistanceSession.team_id)
    )
    return Totals(
        sessions=count,
        people=int(people),
        topics=dict(topics.all()),
        outcomes=dict(outcomes.all()),
        by_team={team: number for team, number in teams if team is not None},
    )


def _logged(session: Session, query: Select[AssistanceSession]) -> list[Logged]:
    rows = session.scalars(query).all()
    topics: dict[int, list[str]] = defaultdict(list)
    found = session.execute(
        select(SessionTopic.session_id, SessionTopic.topic)
        .where(SessionTopic.session_id.in_([row.id for row in rows]))
        .order_by(SessionTopic.topic)
    )
    for session_id, topic in found:
        topics[session_id].append(topic)
    return [
        Logged(
            id=row.id,
            held_on=row.held_on,
            people=row.people,
            topics=tuple(topics[row.id]),
            place=row.place,
            outcome=row.outcome,
            note=row.note,
            created_at=row.created_at,
        )
        for row in rows
    ]


def count_of(session: Session, person_id: int) -> int:
    """Return how many entries a person has in the log."""
    query = select(func.count()).where(AssistanceSession.person_id == person_id, AssistanceSession.undone_at.is_(None))
    return session.scalar(query) or 0
