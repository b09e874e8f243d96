"""Takes a person, or one of two that are the same, out of every table; it decides nothing and keeps all figures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, inspect, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from db import assistance, handovers, outbox, requests
from db.models import (
    Account,
    Base,
    CodeAttempt,
    Dialogue,
    DutyHours,
    Event,
    Handover,
    HelpRequest,
    Invite,
    JoinRequest,
    LinkCode,
    Membership,
    Outbox,
    Person,
    Question,
    Reminder,
    RoleOffer,
    SessionMember,
    StoredFile,
)


def erase(session: Session, person_id: int, now: datetime) -> None:
    """Erase a person: name, accounts, roles, codes, dialogues, messages, files, questions, notes.

    The figures of their log stay. A farewell queued afterwards is made anonymous once it is sent (`outbox.finish`).
    """
    person = session.get_one(Person, person_id)
    accounts = session.execute(select(Account.channel, Account.address).where(Account.person_id == person_id))
    addresses = [(channel, address) for channel, address in accounts]
    for channel, address in addresses:
        session.execute(delete(Dialogue).where(Dialogue.channel == channel, Dialogue.chat == address))
        # The web client's events are named after their chat.
        mine = Event.key.startswith(f"{address}:", autoescape=True)
        session.execute(delete(Event).where(Event.channel == channel, mine))
    _erase_codes(session, person_id, addresses)
    _end_deputies(session, person_id, now)
    for column in (Account.person_id, Membership.person_id, Question.person_id, StoredFile.person_id):
        session.execute(delete(column.class_).where(column == person_id))
    assistance.forget_words(session, person_id)
    session.execute(delete(DutyHours).where(DutyHours.person_id == person_id))
    spoken = [
        name(row_id)
        for column, name in ((HelpRequest.person_id, requests.batch), (Handover.person_id, handovers.batch))
        for row_id in session.scalars(select(column.class_.id).where(column == person_id))
    ]
    session.execute(
        update(HelpRequest).where(HelpRequest.person_id == person_id).values(person_id=None, wanted=None, note=None)
    )
    session.execute(
        update(Handover).where(Handover.person_id == person_id).values(person_id=None, question=None, answer=None)
    )
    outbox.forget_batches(session, spoken)
    for table in (HelpRequest, Handover):
        session.execute(update(table).where(tuple_(table.channel, table.chat).in_(addresses)).values(chat=""))
    theirs = or_(Outbox.person_id == person_id, tuple_(Outbox.channel, Outbox.chat).in_(addresses))
    session.execute(update(Outbox).where(theirs, Outbox.state == "queued").values(state="dropped", finished_at=now))
    session.execute(
        update(Outbox)
        .where(theirs, Outbox.state != "claimed")
        .values(chat="", person_id=None, text="", rows=[], edits=None, key=None, provider_ref=None)
    )
    person.name = person.noticed_at = person.consented_at = person.pronoun = person.code = None
    session.flush()


def _erase_codes(session: Session, person_id: int, addresses: list[tuple[str, str]]) -> None:
    """Delete a person's codes, requests and offers, and their traces in those of others."""
    held = select(Membership.id).where(Membership.person_id == person_id)
    session.execute(delete(RoleOffer).where(or_(RoleOffer.person_id == person_id, RoleOffer.membership_id.in_(held))))
    session.execute(delete(JoinRequest).where(JoinRequest.person_id == person_id))
    session.execute(delete(LinkCode).where(LinkCode.person_id == person_id))
    session.execute(delete(CodeAttempt).where(tuple_(CodeAttempt.channel, CodeAttempt.address).in_(addresses)))
    session.execute(update(JoinRequest).where(JoinRequest.decided_by == person_id).values(decided_by=None))
    session.execute(update(Invite).where(Invite.used_by == person_id).values(used_by=None))
    session.execute(update(Invite).where(Invite.created_by == person_id).values(created_by=None))


def _end_deputies(session: Session, person_id: int, now: datetime) -> None:
    """End what others hold in the place of somebody who is gone."""
    deputies = update(Membership).where(Membership.stands_in_for == person_id)
    session.execute(deputies.where(Membership.ended_at.is_(None)).values(ended_at=now))
    session.execute(deputies.values(stands_in_for=None))


def absorb(session: Session, person_id: int, into: int) -> None:
    """Make everything of one person another one's: they have turned out to be the same."""
    target, source = session.get_one(Person, into), session.get_one(Person, person_id)
    for kept in ("name", "noticed_at", "consented_at", "pronoun"):
        setattr(target, kept, getattr(target, kept) or getattr(source, kept))
    session.flush()
    _drop_doubles(session, person_id, into)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column is inspect(Person).local_table.c.id for key in column.foreign_keys):
                session.execute(update(table).where(column == person_id).values({column: into}))
    session.execute(delete(Person).where(Person.id == person_id))
    session.expire_all()


def _drop_doubles(session: Session, person_id: int, into: int) -> None:
    """Delete what both persons have and one person can have only once."""
    theirs = aliased(Reminder)
    session.execute(
        delete(Reminder).where(
            Reminder.person_id == person_id,
            select(theirs.id)
            .where(
                theirs.person_id == into,
                theirs.adopted_id == Reminder.adopted_id,
                theirs.period == Reminder.period,
                theirs.team_id == Reminder.team_id,
                theirs.step == Reminder.step,
            )
            .exists(),
        )
    )
    went_along = select(SessionMember.session_id).where(SessionMember.person_id == into)
    session.execute(
        delete(SessionMember).where(SessionMember.person_id == person_id, SessionMember.session_id.in_(went_along))
    )


def move_account(session: Session, channel: str, address: str, person_id: int) -> None:
    """Give an account to a person; whoever had it keeps everything else."""
    session.execute(
        update(Account).where(Account.channel == channel, Account.address == address).values(person_id=person_id)
    )


def part_with_accounts(session: Session, person_id: int, now: datetime) -> None:
    """Take a person's accounts away, which are lost or somebody else's now: a stranger's, to whom nothing is sent."""
    for account in session.scalars(select(Account).where(Account.person_id == person_id)).all():
        stranger = Person(created_at=now)
        session.add(stranger)
        session.flush()
        account.person_id, account.unreachable_at = stranger.id, now
        session.execute(delete(Dialogue).where(Dialogue.channel == account.channel, Dialogue.chat == account.address))
    session.execute(
        update(Outbox)
        .where(Outbox.person_id == person_id, Outbox.state == "queued")
        .values(state="dropped", finished_at=now, error="account replaced")
    )
    session.flush()
