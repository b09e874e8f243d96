"""Queries on requests for help: asked, taken, given back, closed; it decides no permission and tells nobody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from db import outbox
from db.models import HelpRequest

RUNNING = ("open", "taken")
ENDED = ("closed", "cancelled", "lapsed")


@dataclass(frozen=True)
class Request:
    """A citizen's request for help.

    Attributes:
        person_id: The citizen; None once they are erased.
        wanted: When it would suit them, in their own words, masked.
        state: open, taken, closed, cancelled or lapsed.
        level: Who has been asked so far: members, leader or coordinator.
        raised_at: When it was put before that level.
        quiet_since: While it is taken, when its taker did something for it last, or somebody was asked after it.
        asked_after: Who has been asked since why it is not closed: taker, leader or coordinator.
        helped: What the citizen said afterwards.
    """

    id: int
    person_id: int | None
    area_id: int | None
    team_id: int | None
    village: str | None
    topic: str
    wanted: str | None
    note: str | None
    state: str
    level: str
    asked_at: datetime
    raised_at: datetime
    taken_by: int | None
    taken_at: datetime | None
    first_taken_at: datetime | None
    quiet_since: datetime | None
    asked_after: str | None
    closed_at: datetime | None
    helped: bool | None

    @property
    def running(self) -> bool:
        """Whether somebody still waits for help."""
        return self.state in RUNNING


def add(
    session: Session,
    *,
    person_id: int,
    channel: str,
    chat: str,
    area_id: int | None,
    team_id: int | None,
    village: str | None,
    topic: str,
    wanted: str | None,
    note: str | None,
    level: str,
    now: datetime,
) -> int:
    """Add an open request and return its id."""
    row = HelpRequest(
        person_id=person_id,
        channel=channel,
        chat=chat,
        area_id=area_id,
        team_id=team_id,
        village=village,
        topic=topic,
        wanted=wanted,
        note=note,
        state="open",
        level=level,
        asked_at=now,
        raised_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def batch(request_id: int) -> str:
    """Return the batch of all messages about a request, by which they are forgotten together."""
    return f"request:{request_id}"


def find(session: Session, request_id: int) -> Request | None:
    """Return the request with an id that came from outside, None if there is none."""
    return next(iter(_read(session, HelpRequest.id == request_id)), None)


def of_person(session: Session, person_id: int) -> list[Request]:
    """Return a citizen's own requests that run, oldest first."""
    return _read(session, HelpRequest.person_id == person_id, HelpRequest.state.in_(RUNNING))


def taken_by(session: Session, person_id: int) -> list[Request]:
    """Return the requests that somebody has taken and not closed, oldest first."""
    return _read(session, HelpRequest.taken_by == person_id, HelpRequest.state == "taken")


def running(session: Session, area_ids: Collection[int] | None = None) -> list[Request]:
    """Return the requests that run, of some areas or of everywhere, oldest first."""
    return _read(session, HelpRequest.state.in_(RUNNING), *_within(area_ids))


def asked_or_ended(session: Session, area_ids: Collection[int] | None, start: datetime, end: datetime) -> list[Request]:
    """Return the requests asked or ended in a span, of some areas or of everywhere, oldest first."""

    asked = and_(HelpRequest.asked_at >= start, HelpRequest.asked_at < end)
    ended = and_(HelpRequest.closed_at >= start, HelpRequest.closed_at < end)
    return _read(session, or_(asked, ended), *_within(area_ids))


def asked_since(session: Session, person_id: int, since: datetime) -> int:
    """Return how many requests a citizen has made since a moment, cancelled ones too."""
    query = select(func.count()).where(HelpRequest.person_id == person_id, HelpRequest.asked_at >= since)
    return session.scalar(query) or 0


def count_of(session: Session, person_id: int) -> int:
    """Return how many requests are kept of a citizen."""
    return session.scalar(select(func.count()).where(HelpRequest.person_id == person_id)) or 0


def take(session: Session, request_id: int, person_id: int, now: datetime) -> bool:
    """Give an open request to somebody; False if it is open no more: of two at the same moment one gets it."""
    first = func.coalesce(HelpRequest.first_taken_at, now)
    values = {"state": "taken", "taken_by": person_id, "taken_at": now, "first_taken_at": first, "quiet_since": now}
    return _change(session, request_id, ("open",), values)


def give_back(session: Session, request_id: int, level: str, now: datetime) -> bool:
    """Open a taken request again before a level."""
    values = {"state": "open", "taken_by": None, "taken_at": None, "level": level, "raised_at": now}
    return _change(session, request_id, ("taken",), {**values, "quiet_since": None, "asked_after": None})


def pass_on(session: Session, request_id: int, person_id: int, team_id: int | None, now: datetime) -> bool:
    """Give a taken request to somebody else, and to their team."""
    values = {"taken_by": person_id, "taken_at": now, "team_id": team_id, "quiet_since": now, "asked_after": None}
    return _change(session, request_id, ("taken",), values)


def note_heard(session: Session, request_id: int, now: datetime) -> bool:
    """Note that whoever has taken a request did something for it; False if nobody has."""
    return _change(session, request_id, ("taken",), {"quiet_since": now, "asked_after": None})


def note_asked_after(session: Session, request_id: int, whom: str, now: datetime) -> bool:
    """Note who is asked why a taken request is not closed; False if nobody has it."""
    return _change(session, request_id, ("taken",), {"quiet_since": now, "asked_after": whom})


def raise_to(session: Session, request_id: int, level: str, now: datetime) -> bool:
    """Put an open request before a level."""
    return _change(session, request_id, ("open",), {"level": level, "raised_at": now})


def end(session: Session, request_id: int, state: str, now: datetime, *, session_id: int | None = None) -> bool:
    """End a request that runs; False if it has ended.

    Args:
        session_id: The entry of the log that it became.
    """
    return _change(session, request_id, RUNNING, {"state": state, "closed_at": now, "session_id": session_id})


def judge(session: Session, request_id: int, *, helped: bool) -> bool:
    """Note what the citizen says of a closed request; False if they have said it."""
    judged = session.execute(
        update(HelpRequest)
        .where(HelpRequest.id == request_id, HelpRequest.state == "closed", HelpRequest.helped.is_(None))
        .values(helped=helped)
        .returning(HelpRequest.id)
        .execution_options(synchronize_session=False)
    )
    return judged.first() is not None


def forget_words(session: Session, before: datetime) -> None:
    """Delete what was said in requests that ended before a moment, and the messages about them."""
    said = or_(HelpRequest.wanted.is_not(None), HelpRequest.note.is_not(None), HelpRequest.chat != "")
    old = (HelpRequest.state.in_(ENDED), HelpRequest.closed_at < before, said)
    ids = list(session.scalars(select(HelpRequest.id).where(*old)))
    if ids:
        values = {"wanted": None, "note": None, "chat": ""}
        session.execute(update(HelpRequest).where(HelpRequest.id.in_(ids)).values(values))
        outbox.forget_batches(session, [batch(request_id) for request_id in ids])


def _change(session: Session, request_id: int, states: Collection[str], values: dict[str, Any]) -> bool:
    changed = session.execute(
        update(HelpRequest)
        .where(HelpRequest.id == request_id, HelpRequest.state.in_(states))
        .values(**values)
        .returning(HelpRequest.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None


def _within(area_ids: Collection[int] | None) -> list[ColumnElement[bool]]:
    return [] if area_ids is None else [HelpRequest.area_id.in_(area_ids)]


def _read(session: Session, *conditions: ColumnElement[bool]) -> list[Request]:
    query = select(HelpRequest).where(*conditions).order_by(HelpRequest.asked_at, HelpRequest.id)
    # Read anew: what was changed past the session is not known to it.
    rows = session.scalars(query.execution_options(populate_existing=True))
    return [
        Request(
            id=row.id,
            person_id=row.person_id,
            area_id=row.area_id,
            team_id=row.team_id,
            village=row.village,
            topic=row.topic,
            wanted=row.wanted,
            note=row.note,
            state=row.state,
            level=row.level,
            asked_at=row.asked_at,
            raised_at=row.raised_at,
            taken_by=row.taken_by,
            taken_at=row.taken_at,
            first_taken_at=row.first_taken_at,
            quiet_since=row.quiet_since,
            asked_after=row.asked_after,
            closed_at=row.closed_at,
            helped=row.helped,
        )
        for row in rows
    ]
