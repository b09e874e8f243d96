"""Queries on conversations handed over to a person, and on who is on duty when; it decides no permission."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from db import outbox
from db.models import DutyHours, Handover
from db.people import running_person

OPEN = ("waiting", "taken")


@dataclass(frozen=True)
class Talk:
    """A conversation that waits for a person, or that one has.

    Attributes:
        person_id: The citizen; None once they are erased.
        question: What was asked last, masked.
        answer: What the bot said to it.
        state: waiting, taken or ended.
        last_at: When somebody wrote last.
    """

    id: int
    person_id: int | None
    area_id: int | None
    question: str | None
    answer: str | None
    state: str
    asked_at: datetime
    taken_by: int | None
    last_at: datetime


@dataclass(frozen=True)
class Duty:
    """A range of a weekday (1 is Monday) in which a person answers, in Vietnam's time."""

    person_id: int
    weekday: int
    begins: time
    ends: time


def batch(talk_id: int) -> str:
    """Return the batch of all messages of a conversation, by which they are forgotten together."""
    return f"handover:{talk_id}"


def add(
    session: Session,
    *,
    person_id: int,
    channel: str,
    chat: str,
    area_id: int | None,
    question: str | None,
    answer: str | None,
    now: datetime,
) -> int:
    """Add a conversation that waits for a person, and return its id."""
    row = Handover(
        channel=channel,
        chat=chat,
        person_id=person_id,
        area_id=area_id,
        question=question,
        answer=answer,
        state="waiting",
        asked_at=now,
        last_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def find(session: Session, talk_id: int) -> Talk | None:
    """Return the conversation with an id that came from outside, None if there is none."""
    return next(iter(_read(session, Handover.id == talk_id)), None)


_TALKS = select(*(getattr(Handover, field.name) for field in fields(Talk))).order_by(Handover.asked_at, Handover.id)
_OF_CHAT = _TALKS.where(  # asked for every message
    Handover.channel == bindparam("of_channel"), Handover.chat == bindparam("of_chat"), Handover.state.in_(OPEN)
)


def of_chat(session: Session, channel: str, chat: str) -> Talk | None:
    """Return the conversation of a chat that waits for a person or that one has."""
    rows = session.execute(_OF_CHAT, {"of_channel": channel, "of_chat": chat})
    return next((Talk(*row) for row in rows), None)


def of_person(session: Session, person_id: int) -> list[Talk]:
    """Return a citizen's own conversations that have not ended."""
    return _read(session, Handover.person_id == person_id, Handover.state.in_(OPEN))


def asked_since(session: Session, person_id: int, since: datetime) -> int:
    """Return how often a citizen has asked for a person since a moment."""
    query = select(func.count()).where(Handover.person_id == person_id, Handover.asked_at >= since)
    return session.scalar(query) or 0


def held_by(session: Session, person_id: int) -> Talk | None:
    """Return the conversation that somebody has taken over, None if they have none."""
    return next(iter(_read(session, Handover.taken_by == person_id, Handover.state == "taken")), None)


def open_ones(session: Session) -> list[Talk]:
    """Return all conversations that wait for a person or that one has, oldest first."""
    return _read(session, Handover.state.in_(OPEN))


def take(session: Session, talk_id: int, person_id: int, now: datetime) -> bool:
    """Give a waiting conversation to somebody; False if it waits no more: of two at the same moment one gets it."""
    return _change(
        session, talk_id, ("waiting",), {"state": "taken", "taken_by": person_id, "taken_at": now, "last_at": now}
    )


def touch(session: Session, talk_id: int, now: datetime) -> None:
    """Note that somebody has written."""
    _change(session, talk_id, ("taken",), {"last_at": now})


def end(session: Session, talk_id: int, now: datetime) -> bool:
    """End a conversation; False if it had ended."""
    return _change(session, talk_id, OPEN, {"state": "ended", "ended_at": now})


def forget_words(session: Session, before: datetime) -> None:
    """Delete what was said in conversations that ended before a moment."""
    said = or_(Handover.question.is_not(None), Handover.answer.is_not(None), Handover.chat != "")
    old = (Handover.state == "ended", Handover.ended_at < before, said)
    ids = list(session.scalars(select(Handover.id).where(*old)))
    if ids:
        values = {"question": None, "answer": None, "chat": ""}
        session.execute(update(Handover).where(Handover.id.in_(ids)).values(values))
        outbox.forget_batches(session, [batch(talk_id) for talk_id in ids])


def set_duty(session: Session, area_id: int, person_id: int, hours: Iterable[tuple[int, time, time]]) -> None:
    """Write when a person answers for an area, in the place of what was written before; nothing takes them out."""
    session.execute(delete(DutyHours).where(DutyHours.area_id == area_id, DutyHours.person_id == person_id))
    for weekday, begins, ends in hours:
        session.add(DutyHours(area_id=area_id, person_id=person_id, weekday=weekday, begins=begins, ends=ends))
    session.flush()


def duties(session: Session, area_id: int, now: datetime) -> list[Duty]:
    """Return who answers for an area and when, by weekday and hour; whoever has no role any more is left out."""
    query = select(DutyHours).where(DutyHours.area_id == area_id, running_person(DutyHours.person_id, now))
    rows = session.scalars(query.order_by(DutyHours.weekday, DutyHours.begins, DutyHours.id))
    return [Duty(row.person_id, row.weekday, row.begins, row.ends) for row in rows]


def _change(session: Session, talk_id: int, states: Collection[str], values: dict[str, Any]) -> bool:
    changed = session.execute(
        update(Handover)
        .where(Handover.id == talk_id, Handover.state.in_(states))
        .values(**values)
        .returning(Handover.id)
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None


def _read(session: Session, *conditions: ColumnElement[bool]) -> list[Talk]:
    return [Talk(*row) for row in session.execute(_TALKS.where(*conditions))]
