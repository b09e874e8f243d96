"""Queries on messages to be sent: queue, claim, finish; it sends nothing and words nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from db.models import Outbox, Reminder, Submission

REPLY = 0
"""Priority of an answer that somebody waits for."""
BULK = 5
"""Priority of what the bot sends on its own."""

_LARGEST_ID = 2**31 - 1
"""PostgreSQL refuses to compare an id with anything larger, and a page may send what it likes."""


@dataclass(frozen=True)
class Message:
    """One outbox row as delivery sees it; `rows` is [[[label, action], …], …]."""

    id: int
    channel: str
    chat: str
    person_id: int | None
    text: str
    rows: list[list[list[str]]]
    edits: str | None
    priority: int
    created_at: datetime
    useful_until: datetime | None
    claimed_until: datetime | None
    attempts: int


def queue(
    session: Session,
    *,
    channel: str,
    chat: str,
    text: str,
    rows: list[Any],
    now: datetime,
    kind: str = "reply",
    priority: int = REPLY,
    person_id: int | None = None,
    edits: str | None = None,
    key: str | None = None,
    not_before: datetime | None = None,
    useful_until: datetime | None = None,
    claim: tuple[str, datetime] | None = None,
) -> int | None:
    """Queue a message and return its id; None if one with this key exists.

    Args:
        claim: (holder, until) to claim it at once; ignored while an earlier reply to the chat is still waiting,
            so that answers never overtake each other.
    """
    if key is not None and session.scalar(select(exists().where(Outbox.key == key))):
        return None
    message = Outbox(
        channel=channel,
        chat=chat,
        person_id=person_id,
        kind=kind,
        priority=priority,
        text=text,
        rows=rows,
        edits=edits,
        key=key,
        state="queued",
        created_at=now,
        not_before=not_before or now,
        useful_until=useful_until,
    )
    # Asked before it is added: the query would find the message itself.
    if claim is not None and not _reply_waits(session, channel, chat, claim[0]):
        message.state, (message.claimed_by, message.claimed_until), message.attempts = "claimed", claim, 1
    session.add(message)
    session.flush()
    return message.id


def _reply_waits(session: Session, channel: str, chat: str, holder: str) -> bool:
    """Tell whether a reply to the chat is queued, or under way in another process."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Outbox.channel == channel,
                    Outbox.chat == chat,
                    Outbox.priority == REPLY,
                    or_(Outbox.state == "queued", and_(Outbox.state == "claimed", Outbox.claimed_by != holder)),
                )
            )
        )
    )


def claim_due(
    session: Session, channels: Collection[str], holder: str, *, now: datetime, until: datetime, limit: int
) -> list[Message]:
    """Claim what is due, replies first, and of each chat only the first open reply and the first of the rest.

    A claim that has run out belongs to a process that died: its outcome is counted as uncertain, and it is due again.
    """
    lapsed = and_(Outbox.state == "claimed", Outbox.claimed_until < now)
    earlier = aliased(Outbox)
    blocked = exists().where(
        earlier.channel == Outbox.channel,
        earlier.chat == Outbox.chat,
        earlier.id < Outbox.id,
        earlier.priority <= Outbox.priority,
        or_(earlier.state == "claimed", and_(earlier.state == "queued", earlier.priority == Outbox.priority)),
    )
    query: Select[Outbox] = (
        select(Outbox)
        .where(
            Outbox.channel.in_(channels),
            Outbox.not_before <= now,
            or_(Outbox.state == "queued", lapsed),
            ~blocked,
        )
        .order_by(Outbox.priority, Outbox.not_before, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = []
    for row in session.scalars(query):
        if row.state == "claimed":
            row.uncertain += 1
        row.state = "claimed"
        row.claimed_by = holder
        row.claimed_until = until
        row.attempts += 1
        claimed.append(_message(row))
    return claimed


def reply_is_open(session: Session, message: Message) -> bool:
    """Tell whether an earlier reply to the message's chat has not come to an end yet."""
    earlier = exists().where(
        Outbox.channel == message.channel,
        Outbox.chat == message.chat,
        Outbox.priority == REPLY,
        Outbox.id < message.id,
        Outbox.state.in_(("queued", "claimed")),
    )
    return bool(session.scalar(select(earlier)))


def get(session: Session, ids: Sequence[int], holder: str) -> list[Message]:
    """Return those of the given messages that `holder` has claimed, in order."""
    query = select(Outbox).where(Outbox.id.in_(ids), Outbox.state == "claimed", Outbox.claimed_by == holder)
    return [_message(row) for row in session.scalars(query.order_by(Outbox.id))]


def finish(
    session: Session,
    message_id: int,
    state: str,
    *,
    now: datetime,
    provider_ref: str | None = None,
    error: str | None = None,
) -> None:
    """End a message as sent, failed or dropped; one that has ended stays as it is."""
    session.execute(
        update(Outbox)
        .where(Outbox.id == message_id, Outbox.state.in_(("queued", "claimed")))
        .values(state=state, finished_at=now, provider_ref=provider_ref, error=error, claimed_until=None)
    )


def put_back(
    session: Session,
    message_id: int,
    holder: str,
    *,
    not_before: datetime,
    error: str,
    uncertain: bool,
    chat: str | None = None,
) -> None:
    """Queue a message that `holder` has claimed again for later, under a new chat id if the chat has moved.

    A message that another process has taken over in the meantime is left to it.
    """
    row = session.scalar(_claimed_by(holder).where(Outbox.id == message_id).with_for_update())
    if row is None:
        return
    row.state = "queued"
    row.not_before = not_before
    row.error = error
    row.uncertain += uncertain
    row.claimed_by = row.claimed_until = None
    if chat is not None:
        row.chat = chat


def release(session: Session, holder: str) -> None:
    """Give back what `holder` has claimed and not begun to send."""
    for row in session.scalars(_claimed_by(holder).with_for_update()):
        row.state = "queued"
        row.claimed_by = row.claimed_until = None


def _claimed_by(holder: str) -> Select[Outbox]:
    return select(Outbox).where(Outbox.state == "claimed", Outbox.claimed_by == holder)


def release_all(session: Session) -> None:
    """Take back every claim; only right where no other process can be alive (a locked SQLite file)."""
    session.execute(
        update(Outbox)
        .where(Outbox.state == "claimed")
        .values(state="queued", uncertain=Outbox.uncertain + 1, claimed_by=None, claimed_until=None)
    )


def drop_useless(session: Session, now: datetime) -> int:
    """Drop queued messages that are no longer useful; return how many."""
    dropped = session.execute(
        update(Outbox)
        .where(Outbox.state == "queued", Outbox.useful_until <= now)
        .values(state="dropped", finished_at=now, error="no longer useful")
        .returning(Outbox.id)
    )
    return len(dropped.all())


def drop_for_person(session: Session, person_id: int, now: datetime, why: str) -> None:
    """Drop what waits to be sent to a person on the bot's own account (they muted it)."""
    session.execute(
        update(Outbox)
        .where(Outbox.person_id == person_id, Outbox.state == "queued", Outbox.priority != REPLY)
        .values(state="dropped", finished_at=now, error=why)
    )


def drop_submitted(session: Session, adopted_id: int, period: str, team_id: int, now: datetime) -> None:
    """Drop waiting reminders of an item that has just been handed in, unless they tell of others that are still due."""
    told = select(Reminder.outbox_id).where(
        Reminder.adopted_id == adopted_id, Reminder.period == period, Reminder.team_id == team_id
    )
    handed_in = exists().where(
        Submission.adopted_id == Reminder.adopted_id,
        Submission.period == Reminder.period,
        Submission.team_id == Reminder.team_id,
    )
    others = exists().where(Reminder.outbox_id == Outbox.id, ~handed_in)
    session.execute(
        update(Outbox)
        .where(Outbox.id.in_(told), Outbox.state == "queued", ~others)
        .values(state="dropped", finished_at=now, error="submitted")
    )


def of_chat(session: Session, channel: str, chat: str, *, after: int, limit: int, now: datetime) -> list[Message]:
    """Return the chat's messages after an id whose time has come, oldest first."""
    query = (
        select(Outbox)
        .where(*_shown(channel, chat, now), Outbox.id > min(after, _LARGEST_ID))
        .order_by(Outbox.id)
        .limit(limit)
    )
    return [_message(row) for row in session.scalars(query)]


def last_of_chat(session: Session, channel: str, chat: str, limit: int, *, now: datetime) -> list[Message]:
    """Return the chat's last messages whose time has come, oldest first."""
    query = select(Outbox).where(*_shown(channel, chat, now)).order_by(Outbox.id.desc()).limit(limit)
    return [_message(row) for row in reversed(session.scalars(query).all())]


def _shown(channel: str, chat: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Outbox.channel == channel,
        Outbox.chat == chat,
        Outbox.not_before <= now,
        Outbox.state.in_(("queued", "claimed", "sent")),
    )


def waits(session: Session, channel: str, chat: str, *, up_to: int) -> bool:
    """Tell whether a message up to an id is not marked as sent yet."""
    waiting = exists().where(
        Outbox.channel == channel,
        Outbox.chat == chat,
        Outbox.id <= min(up_to, _LARGEST_ID),
        Outbox.state.in_(("queued", "claimed")),
    )
    return bool(session.scalar(select(waiting)))


def acknowledge(session: Session, channel: str, chat: str, *, up_to: int, now: datetime) -> None:
    """Mark what a pulling client has shown, up to an id, as sent."""
    session.execute(
        update(Outbox)
        .where(
            Outbox.channel == channel,
            Outbox.chat == chat,
            Outbox.id <= min(up_to, _LARGEST_ID),
            Outbox.not_before <= now,
            Outbox.state.in_(("queued", "claimed")),
        )
        .values(state="sent", finished_at=now, attempts=Outbox.attempts + 1)
    )


def one(session: Session, message_id: int) -> Message:
    """Return a message by id."""
    return _message(session.get_one(Outbox, message_id))


def tally(session: Session) -> dict[str, int]:
    """Return how many messages are in each state."""
    query = select(Outbox.state, func.count()).group_by(Outbox.state)
    return dict(session.execute(query).all())


def _message(row: Outbox) -> Message:
    return Message(
        id=row.id,
        channel=row.channel,
        chat=row.chat,
        person_id=row.person_id,
        text=row.text,
        rows=row.rows,
        edits=row.edits,
        priority=row.priority,
        created_at=row.created_at,
        useful_until=row.useful_until,
        claimed_until=row.claimed_until,
        attempts=row.attempts,
    )
