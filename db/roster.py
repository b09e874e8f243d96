"""Queries on who holds which role: lists of members, endings, deputies and hand-overs; it decides no permission."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from db.models import Account, Membership, Person, Reminder, RoleOffer
from db.people import add_role, running


@dataclass(frozen=True)
class Member:
    """A role of a person, and how they can be reached.

    Attributes:
        id: Of the membership.
        until: When it ends by itself; None where it does not.
        stands_in_for: Whose deputy they are.
        joined: Whether they have an account at all.
        reachable: Whether a message can get to them.
    """

    id: int
    person_id: int
    name: str
    role: str
    area_id: int | None
    team_id: int | None
    until: datetime | None
    stands_in_for: int | None
    joined: bool
    reachable: bool
    muted: bool


@dataclass(frozen=True)
class Offer:
    """A role offered to a person; `stays` tells whether its holder stays in the team as a member."""

    id: int
    membership: Member
    person_id: int
    stays: bool


def of_teams(session: Session, team_ids: Collection[int], now: datetime) -> list[Member]:
    """Return the members of some teams, by team, leaders first."""
    query = _members(now).where(Membership.team_id.in_(team_ids))
    leaders_first = (Membership.team_id, Membership.role != "leader", Membership.id)
    return _read(session, query.order_by(*leaders_first))


def of_areas(session: Session, area_ids: Collection[int], now: datetime) -> list[Member]:
    """Return who has a role for one of some areas themselves, oldest first."""
    return _read(session, _members(now).where(Membership.area_id.in_(area_ids)).order_by(Membership.id))


def of_person(session: Session, person_id: int, now: datetime) -> list[Member]:
    """Return a person's roles, oldest first."""
    return _read(session, _members(now).where(Membership.person_id == person_id).order_by(Membership.id))


def find(session: Session, membership_id: int, now: datetime) -> Member | None:
    """Return the role with an id that came from outside; None if there is none, or it has ended."""
    return next(iter(_read(session, _members(now).where(Membership.id == membership_id))), None)


def deputies_of(session: Session, person_id: int, now: datetime) -> list[Member]:
    """Return who stands in for a person."""
    return _read(session, _members(now).where(Membership.stands_in_for == person_id).order_by(Membership.id))


def end(session: Session, membership_id: int, now: datetime) -> None:
    """End a role, what its deputies hold of it, and what is offered of it; what was done in it stays."""
    row = session.get_one(Membership, membership_id)
    row.ended_at = now
    stand_ins = update(Membership).where(
        Membership.stands_in_for == row.person_id, Membership.role == row.role, Membership.ended_at.is_(None)
    )
    same_unit = (
        Membership.team_id.is_(None) if row.team_id is None else Membership.team_id == row.team_id,
        Membership.area_id.is_(None) if row.area_id is None else Membership.area_id == row.area_id,
    )
    session.execute(stand_ins.where(*same_unit).values(ended_at=now))
    withdraw(session, membership_id, now)
    # What they wanted to be reminded of again is their unit's affair, not theirs any more.
    session.execute(
        update(Reminder)
        .where(
            Reminder.person_id == row.person_id,
            Reminder.team_id == row.team_id,
            Reminder.outbox_id.is_(None),
            Reminder.dropped.is_(None),
        )
        .values(dropped="left")
    )
    session.flush()


def offer(
    session: Session, membership_id: int, person_id: int, *, stays: bool, now: datetime, expires_at: datetime
) -> int:
    """Offer a role to a person and return the offer's id; an earlier offer of the same role is taken back."""
    withdraw(session, membership_id, now)
    row = RoleOffer(
        membership_id=membership_id, person_id=person_id, stays=stays, offered_at=now, expires_at=expires_at
    )
    session.add(row)
    session.flush()
    return row.id


def withdraw(session: Session, membership_id: int, now: datetime) -> None:
    """Take back what is offered of a role."""
    session.execute(
        update(RoleOffer)
        .where(RoleOffer.membership_id == membership_id, RoleOffer.answered_at.is_(None))
        .values(answered_at=now, accepted=False)
    )


def offers_to(session: Session, person_id: int, now: datetime) -> list[Offer]:
    """Return the roles that a person has been offered and has not answered."""
    query = select(RoleOffer).where(
        RoleOffer.person_id == person_id, RoleOffer.answered_at.is_(None), RoleOffer.expires_at > now
    )
    found = []
    for row in session.scalars(query.order_by(RoleOffer.id)).all():
        held = find(session, row.membership_id, now)
        if held is not None:
            found.append(Offer(row.id, held, row.person_id, row.stays))
    return found


def answer(session: Session, offer_id: int, *, accepted: bool, now: datetime) -> bool:
    """Note the answer to an offer; False if it had one already, or has expired."""
    answered = session.execute(
        update(RoleOffer)
        .where(RoleOffer.id == offer_id, RoleOffer.answered_at.is_(None), RoleOffer.expires_at > now)
        .values(answered_at=now, accepted=accepted)
        .returning(RoleOffer.id)
    )
    return answered.first() is not None


def hand_over(session: Session, given: Offer, now: datetime) -> None:
    """Give a role to whom it was offered, and only then take it from its holder."""
    held = given.membership
    if held.team_id is not None:
        lower = select(Membership).where(
            Membership.person_id == given.person_id,
            Membership.team_id == held.team_id,
            Membership.ended_at.is_(None),
        )
        for row in session.scalars(lower).all():
            row.ended_at = now
    session.flush()
    add_role(session, given.person_id, held.role, now, area_id=held.area_id, team_id=held.team_id)
    end(session, held.id, now)
    if given.stays and held.team_id is not None:
        add_role(session, held.person_id, "member", now, area_id=None, team_id=held.team_id)


def _members(now: datetime) -> Select[Membership, Person, Any, Any]:
    accounts = (
        select(
            Account.person_id,
            func.count().label("all"),
            func.count().filter(Account.unreachable_at.is_(None)).label("open"),
        )
        .group_by(Account.person_id)
        .subquery()
    )
    return (
        select(Membership, Person, func.coalesce(accounts.c.all, 0), func.coalesce(accounts.c.open, 0))
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(accounts, accounts.c.person_id == Person.id)
        .where(running(now))
    )


def _read(session: Session, query: Select[Membership, Person, Any, Any]) -> list[Member]:
    return [
        Member(
            id=row.id,
            person_id=person.id,
            name=person.name or f"#{person.id}",
            role=row.role,
            area_id=row.area_id,
            team_id=row.team_id,
            until=row.until,
            stands_in_for=row.stands_in_for,
            joined=every > 0,
            reachable=reachable > 0,
            muted=person.muted_at is not None,
        )
        for row, person, every, reachable in session.execute(query)
    ]
