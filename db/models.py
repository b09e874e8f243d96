"""Every table, with its constraints and indexes; no queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
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
    code: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Its id in the tables that it is imported from."""
    former_names: Mapped[list[Any]] = mapped_column(default=list)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    """The area that it became part of; what happened in it before stays where it was."""
    plan: Mapped[str | None]
    demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (CheckConstraint("kind in ('province', 'commune', 'village')", name="kind"),)


class Team(Base):
    """A unit that reports: a community digital-technology team, or a village or an office that hands in like one."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    """Its commune."""
    village: Mapped[str | None]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(String(20), default="team")
    code: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Its id in the tables that it is imported from."""
    closed_at: Mapped[datetime | None]
    demo: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("area_id", "name"),
        CheckConstraint("kind in ('team', 'village', 'office')", name="kind"),
    )


class Person(Base):
    """Somebody who has talked to the bot or stands in a list of their unit; others have a name only after consent."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    created_at: Mapped[datetime]
    noticed_at: Mapped[datetime | None]
    """When the one-line notice on personal data was shown."""
    consented_at: Mapped[datetime | None]
    muted_at: Mapped[datetime | None]
    pronoun: Mapped[str | None] = mapped_column(String(10))
    """How they wish to be addressed: bác, cô, chú, anh or chị."""
    code: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Their id in the tables that they are imported from."""
    deactivated_at: Mapped[datetime | None]
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
    until: Mapped[datetime | None]
    """When it ends by itself: a deputy's role."""
    ended_at: Mapped[datetime | None]
    stands_in_for: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (CheckConstraint("role in ('member', 'leader', 'coordinator', 'admin')", name="role"),)


class Invite(Base):
    """A code for a role, for one person or several; only its hash is kept."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    most_uses: Mapped[int] = mapped_column(default=1)
    uses: Mapped[int] = mapped_column(default=0)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    """When it was used last."""
    used_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who used it last."""


class JoinRequest(Base):
    """Somebody with a code waits for a leader or coordinator to let them in."""

    __tablename__ = "join_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    invite_id: Mapped[int] = mapped_column(ForeignKey("invite.id"))
    role: Mapped[str] = mapped_column(String(20))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    accepted: Mapped[bool | None]


class LinkCode(Base):
    """A one-time code that joins a further account to a person; only its hash is kept."""

    __tablename__ = "link_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    replaces: Mapped[bool] = mapped_column(default=False)
    """Whether the person's earlier accounts are gone: a new phone, or nobody had joined yet."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RoleOffer(Base):
    """A role that its holder hands over to somebody, who has to accept it."""

    __tablename__ = "role_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """To whom."""
    stays: Mapped[bool] = mapped_column(default=True)
    """Whether a leader stays in the team as a member."""
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    """When it was accepted, refused or taken back."""
    accepted: Mapped[bool | None]


class CodeAttempt(Base):
    """A wrong code from an account; too many close the door for a while."""

    __tablename__ = "code_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_code_attempt_account", "channel", "address"),)


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


class Arrival(Base):
    """An event of a platform that hands each out only once, masked, kept from its arrival until it is handled."""

    __tablename__ = "arrival"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    incoming: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(index=True)


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
    first_number: Mapped[int | None]
    """Of the choices, where they are written out; None where they are chosen by their words."""
    edits: Mapped[str | None]
    batch: Mapped[str | None] = mapped_column(String(60), index=True)
    """What it was queued for together with others: `broadcast:7`, `run:12`."""
    attachment: Mapped[str | None] = mapped_column(String(64))
    """Token of the file that goes with it."""
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
        # With the id: a run queues thousands for the same moment, and only the first are wanted.
        Index("ix_outbox_due", "state", "priority", "not_before", "id"),
        Index("ix_outbox_chat", "channel", "chat", "id"),
        {"sqlite_autoincrement": True},  # the web client's cursor needs ids that are never used again
    )


class Attempt(Base):
    """One attempt to send a message, and what became of it."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    number: Mapped[int]
    holder: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(12))
    error: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(
            "outcome in ('sent', 'retry', 'uncertain', 'refused', 'unreachable', 'moved', 'dropped')", name="outcome"
        ),
    )


class StoredFile(Base):
    """A file or picture made for somebody; served under an unguessable address until it expires."""

    __tablename__ = "stored_file"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class QuotaUse(Base):
    """How many messages a channel with a monthly quota has sent in a month ("2026-11", Vietnam's time)."""

    __tablename__ = "quota_use"

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    used: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    """Percentage at which the administrator was warned last."""


class ZaloToken(Base):
    """The pair of tokens of a Zalo Official Account; the refresh token works once."""

    __tablename__ = "zalo_token"

    app_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    access_token: Mapped[str] = mapped_column(Text)
    refresh_token: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]
    """When a refresh was refused: a person must consent again."""


class Run(Base):
    """One scheduled run: what it expected to send, what it queued and what it left out, and why."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    due_at: Mapped[datetime]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expected: Mapped[int] = mapped_column(default=0)
    queued: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Reason → how many."""
    error: Mapped[str | None]

    __table_args__ = (UniqueConstraint("kind", "due_at"),)


class Broadcast(Base):
    """A message of a coordinator to everybody with a role in an area."""

    __tablename__ = "broadcast"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    recipients: Mapped[int]
    unreachable: Mapped[int] = mapped_column(default=0)
    reported_at: Mapped[datetime | None]
    """When its author was told what was delivered."""


class AssistanceSession(Base):
    """One entry of the log; counts people helped, names nobody."""

    __tablename__ = "assistance_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    """Who helped."""
    logged_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """Who wrote it down, where that was somebody else."""
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    held_on: Mapped[date] = mapped_column(index=True)
    minutes: Mapped[int | None]
    origin: Mapped[str | None] = mapped_column(index=True)
    """`<channel>:<chat>:<message>` that it came from, so that an edit of that message finds it."""
    people: Mapped[int]
    place: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(String(10))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
    """When it was changed after its period had been handed in."""
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


class SessionMember(Base):
    """A member who went along, beside the one whose entry it is."""

    __tablename__ = "session_member"

    session_id: Mapped[int] = mapped_column(ForeignKey("assistance_session.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)


class SessionRevision(Base):
    """One change of an entry of the log: the fields that changed, before and after."""

    __tablename__ = "session_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("assistance_session.id"), index=True)
    changed_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    correction: Mapped[bool] = mapped_column(default=False)
    """Whether the period had been handed in already."""


class OwnRule(Base):
    """A deadline that a coordinator has made in chat; its days are computed like those of a plan's rule."""

    __tablename__ = "own_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    what: Mapped[str]
    every: Mapped[str] = mapped_column(String(10))
    """once, week, month, quarter, half or year."""
    wording: Mapped[str] = mapped_column(String(10))
    """before (the day itself is late) or until."""
    day: Mapped[int | None]
    """Of the month, or of the week (1 is Monday)."""
    month: Mapped[int | None]
    """Within the period, from 1."""
    on: Mapped[date | None]
    """The day of a rule that fires once."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("every in ('once', 'week', 'month', 'quarter', 'half', 'year')", name="every"),
        CheckConstraint("wording in ('before', 'until')", name="wording"),
    )


class DayOverride(Base):
    """A day that an administrator has declared a working day or a day off, over the calendar."""

    __tablename__ = "day_override"

    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    note: Mapped[str | None]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime]


class AdoptedRule(Base):
    """A deadline rule in force for an area: a plan's that a coordinator has adopted, or their own; only these fire."""

    __tablename__ = "adopted_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"))
    rule: Mapped[str]
    """`<plan>/<record>` of the plan's rule that it follows, or `own/<id>` of an own one."""
    unit_kind: Mapped[str] = mapped_column(String(20), default="team")
    """Which units of the area hand in: team, village or office."""
    addressee: Mapped[str | None]
    """Who gets the report today, where the plan names a body that is gone."""
    needs_confirmation: Mapped[bool] = mapped_column(default=False)
    """Whether *Đã nộp* counts only once the coordinator has confirmed it."""
    one_for_all: Mapped[bool] = mapped_column(default=False)
    """Whether one report stands for every unit of the area."""
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
    kind: Mapped[str] = mapped_column(String(12), default="submitted")
    """submitted, claimed (said to be, not confirmed yet) or waived (nobody has to this time)."""
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("adopted_id", "period", "team_id"),
        CheckConstraint("kind in ('submitted', 'claimed', 'waived')", name="kind"),
    )


class Reminder(Base):
    """One step of one occurrence for one unit to one recipient; its uniqueness is what prevents repeats."""

    __tablename__ = "reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    adopted_id: Mapped[int] = mapped_column(ForeignKey("adopted_rule.id"))
    period: Mapped[str] = mapped_column(String(10))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    step: Mapped[str] = mapped_column(String(20), index=True)
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
    key: Mapped[str | None] = mapped_column(index=True)
    """The text's folded words: what is asked in the same words is one question, asked several times."""
    settled_at: Mapped[datetime | None]
    """When a coordinator linked it to an entry, or set it aside."""
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class LocalEntry(Base):
    """What a coordinator has taught the bot: a further phrasing of an entry, or an entry of their own."""

    __tablename__ = "local_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    """Where it holds; None for everywhere."""
    entry: Mapped[str | None]
    """The entry that the phrasings mean; None for an entry of its own, which is `local/<id>`."""
    phrasings: Mapped[list[Any]]
    topic: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[str | None]
    answer: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    """When a process that has read it before must read it again."""


class HelpRequest(Base):
    """A citizen asks for a member of the team to come or write; reached within the chat only."""

    __tablename__ = "help_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """The citizen; None once they are erased."""
    channel: Mapped[str] = mapped_column(String(20))
    chat: Mapped[str]
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    village: Mapped[str | None]
    topic: Mapped[str] = mapped_column(String(40))
    wanted: Mapped[str | None]
    """When it would suit them, in their own words, masked."""
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), index=True)
    level: Mapped[str] = mapped_column(String(12))
    """Who has been asked so far: members, leader or coordinator."""
    asked_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    """When it was put before the present level."""
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]
    first_taken_at: Mapped[datetime | None]
    quiet_since: Mapped[datetime | None]
    """While it is taken: when its taker did something for it last, or somebody was asked after it."""
    asked_after: Mapped[str | None] = mapped_column(String(12))
    """Who has been asked since why it is not closed: taker, leader or coordinator."""
    closed_at: Mapped[datetime | None]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("assistance_session.id"))
    helped: Mapped[bool | None]
    """What the citizen said afterwards."""

    __table_args__ = (
        CheckConstraint("state in ('open', 'taken', 'closed', 'cancelled', 'lapsed')", name="state"),
        CheckConstraint("level in ('members', 'leader', 'coordinator')", name="level"),
    )


class Handover(Base):
    """A conversation that a person is asked to take over from the bot, or has taken over."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    chat: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """The citizen; None once they are erased."""
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    question: Mapped[str | None] = mapped_column(Text)
    """What was asked last, masked."""
    answer: Mapped[str | None] = mapped_column(Text)
    """What the bot said to it."""
    state: Mapped[str] = mapped_column(String(12), index=True)
    asked_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]
    last_at: Mapped[datetime]
    """When somebody wrote last."""
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting', 'taken', 'ended')", name="state"),
        Index("ix_handover_chat", "channel", "chat"),
    )


class DutyHours(Base):
    """When a person answers for an area: one of at most two ranges of a weekday, in Vietnam's time."""

    __tablename__ = "duty_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    weekday: Mapped[int]
    """1 is Monday."""
    begins: Mapped[time]
    ends: Mapped[time]


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
