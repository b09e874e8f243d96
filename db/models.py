"""Every table, with its constraints and indexes; no queries."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Instant(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both sides; SQLite keeps no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment; write UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; constraints are named, so that migrations can change them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, str: String(200), dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


class Area(Base):
    """A province, commune or village."""

    __tablename__ = "area"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str]
    plan: Mapped[str | None]
    demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (CheckConstraint("kind in ('province', 'commune', 'village')", name="kind"),)


class Team(Base):
    """A community digital-technology team."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    """Its commune."""
    village: Mapped[str | None]
    name: Mapped[str]
    demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (UniqueConstraint("area_id", "name"),)


class Person(Base):
    """Somebody who has talked to the bot; a name only after consent."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    created_at: Mapped[datetime]
    noticed_at: Mapped[datetime | None]
    """When the one-line notice on personal data was shown."""
    consented_at: Mapped[datetime | None]
    muted_at: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(default=False)


class Account(Base):
    """A person's identity on one channel."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str]
    """The platform's id of the person; in a private chat also the id of the chat."""
    last_seen_at: Mapped[datetime]
    unreachable_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("channel", "address"),)


class Membership(Base):
    """A role of a person, for an area (coordinator), a team (leader, member) or everything (admin)."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    since: Mapped[datetime]

    __table_args__ = (CheckConstraint("role in ('member', 'leader', 'coordinator', 'admin')", name="role"),)


class Invite(Base):
    """A one-time code for a role; only its hash is kept."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Event(Base):
    """An event that was handled; its key is what makes a repeat harmless."""

    __tablename__ = "event"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    received_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(12))
    error: Mapped[str | None]
    """The error's type, never the message's content."""

    __table_args__ = (CheckConstraint("outcome in ('done', 'failed', 'unreadable')", name="outcome"),)


class Dialogue(Base):
    """Where a chat stands: what the bot waits for, and the choices it offered last."""

    __tablename__ = "dialogue"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    chat: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str | None] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]
    choices: Mapped[list[Any]]
    """Of the last message with buttons: [[label, action], …]."""
    expires_at: Mapped[datetime | None]


class Outbox(Base):
    """A message to be sent.

    States: queued (waits for its time or its turn), claimed (a process is sending it, until `claimed_until`),
    sent, failed (the platform or the person will never take it), dropped (no longer useful).
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    chat: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """reply, reminder, summary or alarm."""
    priority: Mapped[int]
    """0 for a reply somebody waits for, 5 for what the bot sends on its own."""
    text: Mapped[str] = mapped_column(Text)
    rows: Mapped[list[Any]]
    edits: Mapped[str | None]
    key: Mapped[str | None] = mapped_column(unique=True)
    """Makes a scheduled message unique; None for replies, which their event makes unique."""
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    useful_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    uncertain: Mapped[int] = mapped_column(default=0)
    """Attempts whose outcome nobody knows."""
    claimed_by: Mapped[str | None] = mapped_column(String(60))
    claimed_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    provider_ref: Mapped[str | None]
    error: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("state in ('queued', 'claimed', 'sent', 'failed', 'dropped')", name="state"),
        Index("ix_outbox_due", "state", "priority", "not_before"),
        Index("ix_outbox_chat", "channel", "chat", "id"),
        {"sqlite_autoincrement": True},  # the web client's cursor needs ids that are never used again
    )


class AssistanceSession(Base):
    """One entry of the log; counts people helped, names nobody."""

    __tablename__ = "assistance_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    held_on: Mapped[date] = mapped_column(index=True)
    people: Mapped[int]
    place: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(String(10))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        CheckConstraint("people > 0", name="people"),
        CheckConstraint("outcome in ('done', 'partial', 'failed')", name="outcome"),
    )


class SessionTopic(Base):
    """A topic of an assistance session."""

    __tablename__ = "session_topic"

    session_id: Mapped[int] = mapped_column(ForeignKey("assistance_session.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(40), primary_key=True)


class AdoptedRule(Base):
    """A deadline rule that a coordinator has adopted for an area; only these fire."""

    __tablename__ = "adopted_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    rule: Mapped[str]
    """`<plan>/<record>` of the plan's rule that it follows."""
    adopted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    adopted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("area_id", "rule"),)


class Submission(Base):
    """A unit has handed in a report for one period."""

    __tablename__ = "submission"

    id: Mapped[int] = mapped_column(primary_key=True)
    adopted_id: Mapped[int] = mapped_column(ForeignKey("adopted_rule.id"))
    period: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    submitted_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (UniqueConstraint("adopted_id", "period", "team_id"),)


class Reminder(Base):
    """One step of one occurrence for one unit to one recipient; its uniqueness is what prevents repeats."""

    __tablename__ = "reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    adopted_id: Mapped[int] = mapped_column(ForeignKey("adopted_rule.id"))
    period: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    step: Mapped[str] = mapped_column(String(20))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"), index=True)
    dropped: Mapped[str | None]
    """Why it was not sent, None if it was queued."""
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("adopted_id", "period", "team_id", "person_id", "step"),)


class Question(Base):
    """A question that the bot could not answer, or whose answer did not help; masked."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)


class Feedback(Base):
    """Whether an answer helped, without who said so."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str]
    helpful: Mapped[bool]
    at: Mapped[datetime]


class Lease(Base):
    """Who holds a task that only one process may do; the database's clock decides when it ends."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(60))
    expires_at: Mapped[datetime]
