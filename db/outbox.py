"""Queries on messages to be sent and on the attempts at sending them; it sends nothing and words nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from db import leases
from db.chunks import chunks
from db.models import Account, Attempt, Base, Dialogue, Handover, HelpRequest, Outbox, Reminder, Submission

REPLY = 0
"""Priority of an answer that somebody waits for."""
BULK = 5
"""Priority of what the bot sends on its own."""
ANSWER = "reply"
"""Kind of what somebody asked for; everything else comes unasked."""
ALARM = "alarm"
"""Kind of what tells the administrators that something is wrong."""

_LARGEST_ID = 2**31 - 1
"""PostgreSQL refuses to compare an id with anything larger, and a page may send what it likes."""


@dataclass(frozen=True)
class Offer:
    """What a message lets its reader choose: (label, action) pairs, none under most messages."""

    message_id: int
    buttons: list[tuple[str, str]]
    came_at: datetime

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands among the chat's messages."""
        return self.came_at, self.message_id


@dataclass(frozen=True)
class Message:
    """One outbox row as delivery sees it; `rows` is [[[label, action], …], …], `attachment` the token of a file.

    Attributes:
        first_number: Of its choices, where they are written out; None where they are chosen by their words.
    """

    id: int
    channel: str
    chat: str
    person_id: int | None
    kind: str
    text: str
    rows: list[list[list[str]]]
    first_number: int | None
    edits: str | None
    attachment: str | None
    priority: int
    batch: str | None
    key: str | None
    created_at: datetime
    useful_until: datetime | None
    claimed_until: datetime | None
    attempts: int


_FIELDS = tuple(field.name for field in fields(Message))
# Statements that every answer runs are built once, of tables and not of models: the session has nothing to add.
_OUTBOX = Base.metadata.tables["outbox"]
_QUEUE = insert(_OUTBOX).returning(_OUTBOX.c.id)
_REPLY_WAITS = select(
    exists().where(
        Outbox.channel == bindparam("to_channel"),
        Outbox.chat == bindparam("to_chat"),
        Outbox.priority == REPLY,
        or_(Outbox.state == "queued", and_(Outbox.state == "claimed", Outbox.claimed_by != bindparam("holder"))),
    )
)
_NOTE_ATTEMPT = insert(Base.metadata.tables["attempt"])


def queue(
    session: Session,
    *,
    channel: str,
    chat: str,
    text: str,
    rows: list[Any],
    now: datetime,
    kind: str = ANSWER,
    priority: int = REPLY,
    person_id: int | None = None,
    first_number: int | None = None,
    edits: str | None = None,
    attachment: str | None = None,
    batch: str | None = None,
    key: str | None = None,
    not_before: datetime | None = None,
    useful_until: datetime | None = None,
    claim: tuple[str, datetime] | None = None,
) -> Message | None:
    """Queue a message and return it; None if one with this key exists.

    Args:
        claim: (holder, until) to claim it at once; ignored while an earlier reply to the chat is still waiting,
            so that answers never overtake each other. `claimed_until` of what is returned tells.
    """
    if key is not None and session.scalar(select(exists().where(Outbox.key == key))):
        return None
    row: dict[str, Any] = {
        "channel": channel,
        "chat": chat,
        "person_id": person_id,
        "kind": kind,
        "priority": priority,
        "text": text,
        "rows": rows,
        "first_number": first_number,
        "edits": edits,
        "attachment": attachment,
        "batch": batch,
        "key": key,
        "state": "queued",
        "created_at": now,
        "not_before": not_before or now,
        "useful_until": useful_until,
        "claimed_by": None,
        "claimed_until": None,
        "attempts": 0,
    }
    if claim is not None and not _reply_waits(session, channel, chat, claim[0]):
        row |= {"state": "claimed", "claimed_by": claim[0], "claimed_until": claim[1], "attempts": 1}
    row["id"] = session.scalar(_QUEUE, row)
    return Message(**{name: row[name] for name in _FIELDS})


def queue_many(session: Session, messages: Sequence[dict[str, Any]], now: datetime) -> list[int]:
    """Queue many messages that the bot sends on its own at once; return their ids, in order.

    Args:
        messages: Of each what `queue` takes: channel, chat, text, rows, attachment, kind, person_id, batch, key,
            not_before, useful_until. A key that exists is an error.
    """
    if not messages:
        return []
    rows = [
        {**message, "priority": BULK, "state": "queued", "created_at": now, "not_before": message["not_before"] or now}
        for message in messages
    ]
    statement = insert(Outbox).returning(Outbox.id, sort_by_parameter_order=True)
    return list(session.scalars(statement, rows))


def known_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of some keys that a message has."""
    return {
        key
        for some in chunks(keys)
        for key in session.scalars(select(Outbox.key).where(Outbox.key.in_(some)))
        if key is not None
    }


def _reply_waits(session: Session, channel: str, chat: str, holder: str) -> bool:
    """Tell whether a reply to the chat is queued, or under way in another process."""
    return bool(session.scalar(_REPLY_WAITS, {"to_channel": channel, "to_chat": chat, "holder": holder}))


def claim_due(
    session: Session,
    channels: Collection[str],
    holder: str,
    *,
    now: datetime,
    until: datetime,
    limit: int,
    up_to: int = BULK,
    resting: Collection[tuple[str, str]] = (),
    replies_only: Collection[str] = (),
) -> list[Message]:
    """Claim what is due, replies first, and of each chat only the first open reply and the first of the rest.

    What a dead process had claimed comes first: the outcome of its attempt is noted as uncertain, and it is due again.

    Args:
        up_to: The least urgent priority to claim.
        resting: (channel, chat) pairs that can take nothing at the moment.
        replies_only: Channels on which nothing goes out but replies and alarms.
    """
    wanted = (
        Outbox.channel.in_(channels),
        Outbox.priority <= up_to,
        Outbox.not_before <= now,
        ~_is_blocked(),
        *(~and_(Outbox.channel == channel, Outbox.chat == chat) for channel, chat in resting),
    )
    if replies_only:
        wanted += (or_(Outbox.priority == REPLY, Outbox.kind == ALARM, Outbox.channel.not_in(replies_only)),)
    claimed: list[Message] = []
    # One query each: of tens of thousands that are queued, the index then yields the first without a look at the rest.
    for state in (_lapsed(session, now), Outbox.state == "queued"):
        query = (
            select(Outbox)
            .where(state, *wanted)
            .order_by(Outbox.priority, Outbox.not_before, Outbox.id)
            .limit(limit - len(claimed))
            .with_for_update(skip_locked=True)
        )
        for row in session.scalars(query).all():
            if row.state == "claimed":
                _note_uncertain(session, row, now)
            row.state = "claimed"
            row.claimed_by = holder
            row.claimed_until = until
            row.attempts += 1
            claimed.append(_message(row))
    return claimed


def _is_blocked() -> ColumnElement[bool]:
    """Tell whether an earlier message to the chat has to go first."""
    earlier = aliased(Outbox)
    found = select(earlier.id).where(
        earlier.channel == Outbox.channel,
        earlier.chat == Outbox.chat,
        earlier.id < Outbox.id,
        earlier.priority <= Outbox.priority,
        or_(earlier.state == "claimed", and_(earlier.state == "queued", earlier.priority == Outbox.priority)),
    )
    # The offset keeps PostgreSQL from joining all that is queued with all that is queued for the sake of the first few.
    return found.correlate(Outbox).limit(1).offset(0).exists()


def _lapsed(session: Session, now: datetime) -> ColumnElement[bool]:
    """Tell whether a claim's holder is dead: by its heartbeat, or by the claim's end where it has none.

    The claim of a living holder stands whatever the clocks say, since its request may be under way.
    """
    alive, dead = leases.heartbeats(session)
    over = and_(Outbox.claimed_until < now, Outbox.claimed_by.not_in(alive))
    return and_(Outbox.state == "claimed", or_(over, Outbox.claimed_by.in_(dead)))


def may_go(session: Session, message: Message, holder: str) -> bool:
    """Tell whether a reply is still claimed by `holder`, and every earlier one to its chat has come to an end."""
    mine = exists().where(Outbox.id == message.id, Outbox.state == "claimed", Outbox.claimed_by == holder)
    earlier = exists().where(
        Outbox.channel == message.channel,
        Outbox.chat == message.chat,
        Outbox.priority == REPLY,
        Outbox.id < message.id,
        Outbox.state.in_(("queued", "claimed")),
    )
    return bool(session.scalar(select(and_(mine, ~earlier))))


def finish(
    session: Session,
    message_id: int,
    state: str,
    *,
    now: datetime,
    provider_ref: str | None = None,
    error: str | None = None,
) -> bool:
    """End a message as sent, failed or dropped.

    Returns:
        False if it has ended already: then it stays as it is, and its attempt is on record. So what is written again
        because the answer to its commit was lost counts once.
    """
    ended = {"message_id": message_id, "ends_as": state, "ended_at": now, "ref": provider_ref, "why": error}
    return session.execute(_FINISH, ended).first() is not None


def _to_the_erased() -> ColumnElement[bool]:
    """Return the condition that a message goes to somebody who has no account left: their farewell."""
    return and_(Outbox.person_id.is_not(None), ~exists().where(Account.person_id == Outbox.person_id))


def _without_a_trace() -> dict[str, ColumnElement[str]]:
    """Return what becomes of a message's chat and text once it has ended: nothing stays of who has been erased."""
    return {name: case((_to_the_erased(), ""), else_=getattr(Outbox, name)) for name in ("chat", "text")}


_FINISH = (
    update(_OUTBOX)
    .where(_OUTBOX.c.id == bindparam("message_id"), _OUTBOX.c.state.in_(("queued", "claimed")))
    .values(
        state=bindparam("ends_as"),
        finished_at=bindparam("ended_at"),
        provider_ref=case((_to_the_erased(), None), else_=bindparam("ref", type_=String)),
        error=bindparam("why"),
        claimed_until=None,
        **_without_a_trace(),
    )
    .returning(_OUTBOX.c.id)
)


def put_back(
    session: Session, message_id: int, holder: str, *, not_before: datetime, error: str, uncertain: bool
) -> bool:
    """Queue a message that `holder` has claimed again for later.

    Returns:
        False if another process has taken it over in the meantime; then it is left to that.
    """
    row = session.scalar(_claimed_by(holder).where(Outbox.id == message_id).with_for_update())
    if row is None:
        return False
    row.state = "queued"
    row.not_before = not_before
    row.error = error
    row.uncertain += uncertain
    row.claimed_by = row.claimed_until = None
    return True


def give_back(session: Session, holder: str, message_id: int | None = None) -> None:
    """Queue what `holder` has claimed and not begun to send again, as if it had not been claimed; one or all."""
    claimed = update(Outbox).where(Outbox.state == "claimed", Outbox.claimed_by == holder)
    if message_id is not None:
        claimed = claimed.where(Outbox.id == message_id)
    session.execute(claimed.values(state="queued", claimed_by=None, claimed_until=None, attempts=Outbox.attempts - 1))


def claimed_by(session: Session, holder: str) -> list[int]:
    """Return the ids of the messages that `holder` has claimed."""
    return list(session.scalars(select(Outbox.id).where(Outbox.state == "claimed", Outbox.claimed_by == holder)))


def _claimed_by(holder: str) -> Select[Outbox]:
    return select(Outbox).where(Outbox.state == "claimed", Outbox.claimed_by == holder)


def take_back_all(session: Session, now: datetime) -> None:
    """Take back every claim; only right where no other process can be alive (a locked SQLite file)."""
    for row in session.scalars(select(Outbox).where(Outbox.state == "claimed")):
        _note_uncertain(session, row, now)
        row.state = "queued"
        row.claimed_by = row.claimed_until = None


def _note_uncertain(session: Session, row: Outbox, now: datetime) -> None:
    """Note that nobody knows what became of the attempt of a dead holder: its claim is the only trace."""
    row.uncertain += 1
    note_attempt(session, row.id, row.attempts, row.claimed_by or "", "uncertain", now=now, error="holder died")


def note_attempt(
    session: Session,
    message_id: int,
    number: int,
    holder: str,
    outcome: str,
    *,
    now: datetime,
    error: str | None = None,
) -> None:
    """Note what became of an attempt."""
    attempt = {"outbox_id": message_id, "number": number, "holder": holder, "at": now, "outcome": outcome}
    session.execute(_NOTE_ATTEMPT, {**attempt, "error": error and error[:200]})


def move_chat(session: Session, channel: str, old: str, new: str) -> None:
    """Point everything that knows a chat by its old id to its new one."""
    session.execute(
        update(Outbox)
        .where(Outbox.channel == channel, Outbox.chat == old, Outbox.state.in_(("queued", "claimed")))
        .values(chat=new)
    )
    there = exists().where(Dialogue.channel == channel, Dialogue.chat == new)
    if session.scalar(select(there)):
        session.execute(delete(Dialogue).where(Dialogue.channel == channel, Dialogue.chat == old))
    for table in (Dialogue, HelpRequest, Handover):
        session.execute(update(table).where(table.channel == channel, table.chat == old).values(chat=new))


def replace(session: Session, message_id: int, successor: int) -> None:
    """Point what points to a message to the one that goes out in its place."""
    session.execute(update(Reminder).where(Reminder.outbox_id == message_id).values(outbox_id=successor))


def forget(session: Session, before: datetime, limit: int) -> int:
    """Of the `limit` oldest messages delete those that ended before a moment, with their attempts; return how many.

    One of that age that is still queued waits on a page that nobody opens any more: it is dropped.
    """
    oldest = select(Outbox.id, Outbox.state, Outbox.created_at, Outbox.not_before, Outbox.finished_at)
    rows = session.execute(oldest.order_by(Outbox.id).limit(limit)).all()
    unfetched = [row.id for row in rows if row.state == "queued" and max(row.created_at, row.not_before) < before]
    ended = [row.id for row in rows if row.finished_at is not None and row.finished_at < before]
    if unfetched:
        session.execute(
            update(Outbox)
            .where(Outbox.id.in_(unfetched), Outbox.state == "queued")
            .values(state="dropped", finished_at=before, error="never fetched")
        )
    if ended:
        session.execute(
            update(Reminder)
            .where(Reminder.outbox_id.in_(ended))
            .values(outbox_id=None, dropped=func.coalesce(Reminder.dropped, "forgotten"))
        )
        session.execute(delete(Attempt).where(Attempt.outbox_id.in_(ended)))
        session.execute(delete(Outbox).where(Outbox.id.in_(ended)))
    return len(ended)


def forget_batches(session: Session, batches: Collection[str]) -> None:
    """Delete the messages of some batches, with their attempts; what is being sent this moment stays."""
    ids = select(Outbox.id).where(Outbox.batch.in_(batches), Outbox.state != "claimed")
    session.execute(delete(Attempt).where(Attempt.outbox_id.in_(ids)))
    session.execute(delete(Outbox).where(Outbox.batch.in_(batches), Outbox.state != "claimed"))


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


def drop_submitted(session: Session, adopted_id: int, period: str, team_ids: Collection[int], now: datetime) -> None:
    """Drop waiting reminders of what some units have just handed in, unless they tell of others that are still due."""
    told = select(Reminder.outbox_id).where(
        Reminder.adopted_id == adopted_id, Reminder.period == period, Reminder.team_id.in_(team_ids)
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


def _shown(channel: Any, chat: Any, now: Any) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which the person sees a message; the values or their parameters."""
    return (
        Outbox.channel == channel,
        Outbox.chat == chat,
        Outbox.not_before <= now,
        Outbox.state.in_(("queued", "claimed", "sent")),
    )


_LATEST = (
    select(Outbox.id, Outbox.kind, Outbox.rows, Outbox.created_at, Outbox.not_before)
    .where(*_shown(bindparam("of_channel"), bindparam("of_chat"), bindparam("now")))
    .order_by(Outbox.id.desc())
    .limit(bindparam("looked_back", type_=Integer))
    .subquery()
)
_UNASKED = select(_LATEST).where(_LATEST.c.kind != ANSWER).order_by(_LATEST.c.id.desc())  # asked for nearly every text
_ANSWERS = select(_LATEST).where(_LATEST.c.kind == ANSWER)


def unasked(session: Session, channel: str, chat: str, looked_back: int, *, now: datetime) -> list[Offer]:
    """Return what came unasked among the chat's last messages whose time has come, newest first."""
    latest = {"of_channel": channel, "of_chat": chat, "looked_back": looked_back, "now": now}
    return [_offer(row) for row in session.execute(_UNASKED, latest)]


def answers(session: Session, channel: str, chat: str, looked_back: int, *, now: datetime) -> list[Offer]:
    """Return the answers among the same messages."""
    latest = {"of_channel": channel, "of_chat": chat, "looked_back": looked_back, "now": now}
    return [_offer(row) for row in session.execute(_ANSWERS, latest)]


def _offer(row: Any) -> Offer:
    buttons = [(label, action) for buttons in row.rows for label, action in buttons]
    return Offer(row.id, buttons, max(row.created_at, row.not_before))


def texts(session: Session, message_ids: Collection[int]) -> dict[int, str]:
    """Return the texts of some messages, by id."""
    query = select(Outbox.id, Outbox.text).where(Outbox.id.in_(message_ids))
    return {row.id: row.text for row in session.execute(query)}


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
        .values(state="sent", finished_at=now, attempts=Outbox.attempts + 1, **_without_a_trace())
    )


def last_id(session: Session) -> int:
    """Return the id of the newest message, 0 if there is none."""
    return session.scalar(select(func.max(Outbox.id))) or 0


def queued_after(session: Session, message_id: int) -> list[Message]:
    """Return the messages that are newer than one, by id."""
    return [_message(row) for row in session.scalars(select(Outbox).where(Outbox.id > message_id).order_by(Outbox.id))]


def one(session: Session, message_id: int) -> Message:
    """Return a message by id."""
    return _message(session.get_one(Outbox, message_id))


def tally(session: Session, batch: str | None = None) -> dict[str, int]:
    """Return how many messages are in each state, of one batch or in all."""
    query = select(Outbox.state, func.count()).group_by(Outbox.state)
    if batch is not None:
        query = query.where(Outbox.batch == batch)
    return dict(session.execute(query).all())


def waiting(session: Session, channel: str) -> int:
    """Return how many of the messages that the bot sends on its own wait for a channel."""
    query = select(func.count()).where(
        Outbox.channel == channel, Outbox.priority != REPLY, Outbox.state.in_(("queued", "claimed"))
    )
    return session.scalar(query) or 0


def _message(row: Outbox) -> Message:
    return Message(**{name: getattr(row, name) for name in _FIELDS})
