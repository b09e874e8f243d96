"""Queries on the log of assistance sessions and its revisions; it understands no sentence, names no person helped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from db.models import AdoptedRule, AssistanceSession, SessionMember, SessionRevision, SessionTopic, Submission


@dataclass(frozen=True)
class Logged:
    """One entry of the log.

    Attributes:
        person_id: Who helped.
        logged_by: Who wrote it down, None where it was the same.
        members: Who went along, in the order of their ids.
        corrected_at: When it was changed after its period had been handed in.
        undone: Whether it was taken back.
    """

    id: int
    person_id: int
    logged_by: int | None
    team_id: int | None
    area_id: int | None
    held_on: date
    people: int
    topics: tuple[str, ...]
    place: str | None
    outcome: str
    note: str | None
    minutes: int | None
    members: tuple[int, ...]
    created_at: datetime
    corrected_at: datetime | None
    undone: bool


@dataclass(frozen=True)
class Whose:
    """Whose entries: those that a person helped in, those of teams, or those of areas; one of the three is given."""

    person_id: int | None = None
    team_ids: tuple[int, ...] = ()
    area_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tally:
    """How many sessions there were, and people helped (lượt người) in them."""

    sessions: int = 0
    people: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(self.sessions + other.sessions, self.people + other.people)


@dataclass(frozen=True)
class Revision:
    """One change of an entry: the fields that changed, before and after."""

    changed_by: int
    changed_at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    correction: bool


@dataclass(frozen=True)
class Correction:
    """A change made after the entry's period had been handed in."""

    team_id: int | None
    held_on: date
    revision: Revision


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
    minutes: int | None = None,
    members: Collection[int] = (),
    logged_by: int | None = None,
    origin: str | None = None,
    late: bool = False,
    demo: bool = False,
) -> int:
    """Add an entry and return its id.

    Args:
        logged_by: Who writes it down, None if it is the person themselves.
        origin: `<channel>:<chat>:<message>` that it came from.
        late: Whether its period has been handed in already, so that it is a correction.
    """
    entry = AssistanceSession(
        person_id=person_id,
        logged_by=logged_by,
        team_id=team_id,
        area_id=area_id,
        held_on=held_on,
        people=people,
        place=place,
        outcome=outcome,
        note=note,
        minutes=minutes,
        origin=origin,
        created_at=now,
        corrected_at=now if late else None,
        demo=demo,
    )
    session.add(entry)
    session.flush()
    _set_topics(session, entry.id, topics)
    _set_members(session, entry.id, members)
    if late:
        written_by = person_id if logged_by is None else logged_by
        _note(session, entry.id, {}, {"people": people}, by=written_by, now=now, correction=True)
    session.flush()
    return entry.id


def entry(session: Session, entry_id: int) -> Logged | None:
    """Return an entry, also one that was taken back; None if there is none."""
    return next(iter(_logged(session, select(AssistanceSession).where(AssistanceSession.id == entry_id))), None)


def of_message(session: Session, origin: str) -> list[Logged]:
    """Return the entries that came from a message and still count, in the order in which they stood there."""
    query = select(AssistanceSession).where(AssistanceSession.origin == origin, AssistanceSession.undone_at.is_(None))
    return _logged(session, query.order_by(AssistanceSession.id))


def written(session: Session, person_id: int, first: int, last: int) -> list[Logged]:
    """Return what a person wrote down, for themselves or others, from one id to another, as far as it still counts."""
    query = _written_by(person_id).where(AssistanceSession.id.between(first, last))
    return _logged(session, query.order_by(AssistanceSession.id))


def last_written(session: Session, person_id: int) -> Logged | None:
    """Return the entry that a person wrote down last, for themselves or for somebody else."""
    return next(iter(_logged(session, _written_by(person_id).order_by(AssistanceSession.id.desc()).limit(1))), None)


def last(session: Session, person_id: int) -> Logged | None:
    """Return the newest of a person's own entries."""
    query = (
        select(AssistanceSession)
        .where(AssistanceSession.person_id == person_id, AssistanceSession.undone_at.is_(None))
        .order_by(AssistanceSession.id.desc())
        .limit(1)
    )
    return next(iter(_logged(session, query)), None)


def entries(session: Session, whose: Whose, start: date, end: date, *, limit: int, offset: int = 0) -> list[Logged]:
    """Return a page of the entries of a span of days (both ends included) that count, newest first."""
    query = (
        select(AssistanceSession)
        .where(*_counting(whose, start, end))
        .order_by(AssistanceSession.held_on.desc(), AssistanceSession.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return _logged(session, query)


def by_day(session: Session, whose: Whose, start: date, end: date) -> dict[date, Tally]:
    """Sum the entries of each day of a span, both ends included; days without any are left out."""
    query = (
        select(AssistanceSession.held_on, func.count(), func.sum(AssistanceSession.people))
        .where(*_counting(whose, start, end))
        .group_by(AssistanceSession.held_on)
    )
    return {day: Tally(sessions, int(people)) for day, sessions, people in session.execute(query)}


def alike(
    session: Session, *, team_id: int | None, person_id: int, held_on: date, people: int, topics: Collection[str]
) -> list[Logged]:
    """Return the entries of a team (of a person without one) on a day with the same topics and number of people."""
    same_unit = AssistanceSession.person_id == person_id if team_id is None else AssistanceSession.team_id == team_id
    query = select(AssistanceSession).where(
        same_unit,
        AssistanceSession.held_on == held_on,
        AssistanceSession.people == people,
        AssistanceSession.undone_at.is_(None),
    )
    found = _logged(session, query.order_by(AssistanceSession.id))
    return [entry for entry in found if set(entry.topics) == set(topics)]


def revise(
    session: Session, entry_id: int, values: Mapping[str, Any], *, by: int, now: datetime, correction: bool
) -> bool:
    """Change an entry and keep what changed; False if nothing does.

    Args:
        values: The new topics, people, place, held_on, outcome, note, minutes, members, as far as they are to change.
    """
    row = session.get_one(AssistanceSession, entry_id)
    (old,) = _logged(session, select(AssistanceSession).where(AssistanceSession.id == entry_id))
    changed = {name: value for name, value in values.items() if _plain(getattr(old, name)) != _plain(value)}
    if not changed:
        return False
    before = {name: _plain(getattr(old, name)) for name in changed}
    for name, value in changed.items():
        if name == "topics":
            _set_topics(session, entry_id, value)
        elif name == "members":
            _set_members(session, entry_id, value)
        else:
            setattr(row, name, value)
    if correction:
        row.corrected_at = now
    after = {name: _plain(value) for name, value in changed.items()}
    _note(session, entry_id, before, after, by=by, now=now, correction=correction)
    session.flush()
    return True


def take_back(session: Session, entry_id: int, *, by: int, now: datetime, correction: bool) -> bool:
    """Let an entry count no longer; False if it already did not."""
    row = session.get_one(AssistanceSession, entry_id)
    if row.undone_at is not None:
        return False
    row.undone_at = now
    if correction:
        row.corrected_at = now
    _note(session, entry_id, {"people": row.people}, {"undone": True}, by=by, now=now, correction=correction)
    session.flush()
    return True


def history(session: Session, entry_id: int) -> list[Revision]:
    """Return the changes of an entry, oldest first."""
    query = select(SessionRevision).where(SessionRevision.session_id == entry_id).order_by(SessionRevision.id)
    return [_revision(row) for row in session.scalars(query)]


def last_revision(session: Session, entry_ids: Collection[int]) -> int:
    """Return the id of the newest change of some entries, 0 if there is none; it tells whether they changed since."""
    newest = select(func.max(SessionRevision.id)).where(SessionRevision.session_id.in_(entry_ids))
    return session.scalar(newest) or 0


def corrections(session: Session, area_id: int | None, start: datetime, end: datetime) -> list[Correction]:
    """Return the corrections that were made in an area (None for all) from a moment to before another, oldest first."""
    query = (
        select(SessionRevision, AssistanceSession.team_id, AssistanceSession.held_on)
        .join(AssistanceSession, AssistanceSession.id == SessionRevision.session_id)
        .where(
            SessionRevision.correction.is_(True),
            SessionRevision.changed_at >= start,
            SessionRevision.changed_at < end,
        )
        .order_by(SessionRevision.id)
    )
    if area_id is not None:
        query = query.where(AssistanceSession.area_id == area_id)
    return [Correction(team_id, held_on, _revision(row)) for row, team_id, held_on in session.execute(query)]


def handed_in(session: Session, team_id: int, area_id: int | None) -> list[tuple[str, datetime]]:
    """Return the periods whose report a team has handed in, or one unit for the whole area, and when."""
    query = (
        select(Submission.period, Submission.submitted_at)
        .join(AdoptedRule, AdoptedRule.id == Submission.adopted_id)
        .where(
            Submission.kind != "waived",
            or_(
                Submission.team_id == team_id,
                AdoptedRule.one_for_all.is_(True) & (AdoptedRule.area_id == area_id),
            ),
        )
        .order_by(Submission.id)
    )
    return [(period, submitted_at) for period, submitted_at in session.execute(query)]


def forget_words(session: Session, person_id: int) -> None:
    """Erase what a person's entries say in words, and where they came from; the figures stay."""
    own = or_(AssistanceSession.person_id == person_id, AssistanceSession.logged_by == person_id)
    ids = list(session.scalars(select(AssistanceSession.id).where(own)))
    session.execute(
        update(AssistanceSession).where(AssistanceSession.id.in_(ids)).values(note=None, place=None, origin=None)
    )
    for row in session.scalars(select(SessionRevision).where(SessionRevision.session_id.in_(ids))):
        row.before, row.after = _without_words(row.before), _without_words(row.after)
    session.execute(delete(SessionMember).where(SessionMember.person_id == person_id))


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


def count_of(session: Session, person_id: int) -> int:
    """Return how many entries a person has in the log."""
    query = select(func.count()).where(AssistanceSession.person_id == person_id, AssistanceSession.undone_at.is_(None))
    return session.scalar(query) or 0


def _written_by(person_id: int) -> Select[AssistanceSession]:
    writer = func.coalesce(AssistanceSession.logged_by, AssistanceSession.person_id)
    return select(AssistanceSession).where(writer == person_id, AssistanceSession.undone_at.is_(None))


def _counting(whose: Whose, start: date, end: date) -> list[ColumnElement[bool]]:
    if whose.person_id is not None:
        along = select(SessionMember.session_id).where(SessionMember.person_id == whose.person_id)
        theirs = or_(AssistanceSession.person_id == whose.person_id, AssistanceSession.id.in_(along))
    elif whose.team_ids:
        theirs = AssistanceSession.team_id.in_(whose.team_ids)
    else:
        theirs = AssistanceSession.area_id.in_(whose.area_ids)
    return [theirs, AssistanceSession.held_on.between(start, end), AssistanceSession.undone_at.is_(None)]


def _logged(session: Session, query: Select[AssistanceSession]) -> list[Logged]:
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    topics: dict[int, list[str]] = defaultdict(list)
    members: dict[int, list[int]] = defaultdict(list)
    for topic in session.scalars(
        select(SessionTopic).where(SessionTopic.session_id.in_(ids)).order_by(SessionTopic.topic)
    ):
        topics[topic.session_id].append(topic.topic)
    along = select(SessionMember).where(SessionMember.session_id.in_(ids)).order_by(SessionMember.person_id)
    for member in session.scalars(along):
        members[member.session_id].append(member.person_id)
    return [
        Logged(
            id=row.id,
            person_id=row.person_id,
            logged_by=row.logged_by,
            team_id=row.team_id,
            area_id=row.area_id,
            held_on=row.held_on,
            people=row.people,
            topics=tuple(topics[row.id]),
            place=row.place,
            outcome=row.outcome,
            note=row.note,
            minutes=row.minutes,
            members=tuple(members[row.id]),
            created_at=row.created_at,
            corrected_at=row.corrected_at,
            undone=row.undone_at is not None,
        )
        for row in rows
    ]


def _set_topics(session: Session, entry_id: int, topics: Collection[str]) -> None:
    session.execute(delete(SessionTopic).where(SessionTopic.session_id == entry_id))
    session.add_all(SessionTopic(session_id=entry_id, topic=topic) for topic in dict.fromkeys(topics))


def _set_members(session: Session, entry_id: int, members: Collection[int]) -> None:
    session.execute(delete(SessionMember).where(SessionMember.session_id == entry_id))
    session.add_all(SessionMember(session_id=entry_id, person_id=person) for person in dict.fromkeys(members))


def _note(
    session: Session,
    entry_id: int,
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    by: int,
    now: datetime,
    correction: bool,
) -> None:
    session.add(
        SessionRevision(
            session_id=entry_id, changed_by=by, changed_at=now, before=before, after=after, correction=correction
        )
    )


def _revision(row: SessionRevision) -> Revision:
    return Revision(row.changed_by, row.changed_at, row.before, row.after, row.correction)


def _plain(value: Any) -> Any:
    """Return a value as JSON keeps it; the order of topics and members means nothing."""
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, tuple | list) else value


def _without_words(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in {"note", "place"}}
