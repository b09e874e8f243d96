"""Queries on events, handled or kept until they are, and on where each chat stands; it interprets neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, func, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import Arrival, Base, Dialogue, Event


@dataclass(frozen=True)
class Standing:
    """Where a chat stands: the dialogue it is in (None if none) and the choices offered last."""

    state: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[tuple[str, str], ...] = ()


def insert_new(session: Session, table: type[Base], **values: Any) -> bool:
    """Insert a row unless its key exists already; tell whether it was new."""
    return session.execute(_insert_new(session.get_bind().dialect.name, table), values).first() is not None


def insert_new_rows(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], returning: Sequence[Any] = ()
) -> list[Any]:
    """Insert many rows, leaving out those whose key exists already; return some columns of the new ones."""
    if not rows:
        return []
    statement = _insert(session.get_bind().dialect.name, table).on_conflict_do_nothing()
    return list(session.execute(statement.returning(*(returning or inspect(table).primary_key)), rows))


# Statements that every message runs are built once for each database, and of tables rather than models: the session
# has nothing to add to them.
@cache
def _insert_new(dialect: str, table: type[Base]) -> Any:
    return _insert(dialect, table.__table__).on_conflict_do_nothing().returning(*inspect(table).primary_key)


def _insert(dialect: str, table: Any) -> Any:
    """Return the database's own insert, which can do with a row that is there already."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def lock_chat(session: Session, channel: str, chat: str) -> None:
    """Hold the chat until the transaction ends, so that two processes handle its messages one after the other."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:chat, 0))"), {"chat": f"{channel}:{chat}"})


def record_event(
    session: Session,
    channel: str,
    key: str,
    *,
    kind: str,
    now: datetime,
    outcome: str = "done",
    error: str | None = None,
) -> bool:
    """Note that an event is handled; False if it was already."""
    return insert_new(
        session, Event, channel=channel, key=key[:200], kind=kind, received_at=now, outcome=outcome, error=error
    )


_STANDING = select(Dialogue.state, Dialogue.data, Dialogue.choices, Dialogue.expires_at).where(
    Dialogue.channel == bindparam("of_channel"), Dialogue.chat == bindparam("of_chat")
)


def standing(session: Session, channel: str, chat: str, now: datetime) -> Standing:
    """Return where the chat stands; an expired dialogue is over."""
    row = session.execute(_STANDING, {"of_channel": channel, "of_chat": chat}).first()
    if row is None:
        return Standing()
    choices = tuple((label, action) for label, action in row.choices)
    if row.expires_at is not None and row.expires_at <= now:
        return Standing(choices=choices)
    return Standing(row.state, row.data, choices)


def keep_standing(
    session: Session,
    channel: str,
    chat: str,
    *,
    state: str | None,
    data: Mapping[str, Any],
    choices: Sequence[tuple[str, str]],
    expires_at: datetime | None,
) -> None:
    """Write where the chat stands now; of a chat that stands nowhere nothing is kept."""
    if state is None and not data and not choices:
        session.execute(delete(Dialogue).where(Dialogue.channel == channel, Dialogue.chat == chat))
        return
    stands = {"state": state, "data": dict(data), "choices": [list(choice) for choice in choices]}
    row = {"channel": channel, "chat": chat, **stands, "expires_at": expires_at}
    session.execute(_keep_standing(session.get_bind().dialect.name), row)


@cache
def _keep_standing(dialect: str) -> Any:
    statement = _insert(dialect, Dialogue.__table__)
    written = {name: statement.excluded[name] for name in ("state", "data", "choices", "expires_at")}
    return statement.on_conflict_do_update(index_elements=["channel", "chat"], set_=written)


def keep_arrival(session: Session, channel: str, key: str, *, incoming: Mapping[str, Any], now: datetime) -> None:
    """Keep an event, already masked, until it is handled; one that is kept already stays as it is."""
    insert_new(session, Arrival, channel=channel, key=key[:200], incoming=dict(incoming), received_at=now)


def arrivals(session: Session, channel: str, before: datetime) -> list[tuple[str, dict[str, Any]]]:
    """Return the kept events of a channel that arrived before a moment, by key, oldest first."""
    query = select(Arrival.key, Arrival.incoming).where(Arrival.channel == channel, Arrival.received_at < before)
    return [(key, incoming) for key, incoming in session.execute(query.order_by(Arrival.received_at, Arrival.key))]


def forget_arrival(session: Session, channel: str, key: str) -> None:
    """Delete a kept event: it is handled."""
    session.execute(delete(Arrival).where(Arrival.channel == channel, Arrival.key == key[:200]))


def forget_events(session: Session, before: datetime) -> int:
    """Delete events handled before a moment; a repeat that old is not expected any more."""
    gone = session.scalar(select(func.count()).select_from(Event).where(Event.received_at < before)) or 0
    session.execute(delete(Event).where(Event.received_at < before))
    return gone
