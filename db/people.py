"""Queries on people, their accounts and their roles today; it decides no permission."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.areas import paths
from db.models import Account, Area, Base, Dialogue, Invite, Membership, Person, Team


@dataclass(frozen=True)
class Role:
    """A role and what it is for: a team, an area, or (both None) everything.

    Attributes:
        until: When it ends by itself, None where it does not.
        stands_in_for: Whose deputy has it, None for one's own role.
    """

    role: str
    area_id: int | None
    team_id: int | None
    until: datetime | None = None
    stands_in_for: int | None = None


@dataclass(frozen=True)
class PersonInfo:
    """A person as the handlers see them."""

    id: int
    name: str | None
    noticed: bool
    consented: bool
    muted: bool
    demo: bool
    roles: tuple[Role, ...]
    pronoun: str | None = None


# Statements that every message runs are built once.
_NOW: BindParameter[datetime] = bindparam("now")
_ACCOUNT = Base.metadata.tables["account"]
_SEEN = (
    update(_ACCOUNT)
    .where(_ACCOUNT.c.channel == bindparam("at_channel"), _ACCOUNT.c.address == bindparam("at_address"))
    .values(last_seen_at=_NOW, unreachable_at=None)
    .returning(_ACCOUNT.c.person_id)
)


def recognise(session: Session, channel: str, address: str, now: datetime) -> PersonInfo:
    """Return the person behind an account; a new one is a citizen without a name."""
    seen = {"at_channel": channel, "at_address": address, "now": now}
    person_id: int | None = session.scalar(_SEEN, seen)
    if person_id is None:
        person = Person(created_at=now)
        session.add(person)
        session.flush()
        session.add(Account(person_id=person.id, channel=channel, address=address, last_seen_at=now))
        session.flush()
        person_id = person.id
    return person_info(session, person_id, now)


def running(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition under which a membership counts: neither ended nor past its end, of somebody active."""
    active = exists().where(Person.id == Membership.person_id, Person.deactivated_at.is_(None)).correlate(Membership)
    return and_(Membership.ended_at.is_(None), or_(Membership.until.is_(None), Membership.until > now), active)


_ROLE = (Membership.role, Membership.area_id, Membership.team_id, Membership.until, Membership.stands_in_for)
_ROLE_OF_ACCOUNT = (
    select(*_ROLE)
    .join(Account, Account.person_id == Membership.person_id)
    .where(Account.channel == bindparam("at_channel"), Account.address == bindparam("at_address"), running(_NOW))
    .order_by(Membership.id)
    .limit(1)
)
_PERSON = (
    select(*_ROLE, Person.name, Person.noticed_at, Person.consented_at, Person.muted_at, Person.demo, Person.pronoun)
    .outerjoin(Membership, and_(Membership.person_id == Person.id, running(_NOW)))
    .where(Person.id == bindparam("wanted"))
    .order_by(Membership.id)
)


def running_person(person_id: InstrumentedAttribute[int], now: datetime) -> ColumnElement[bool]:
    """Return the condition under which somebody has a role at all."""
    return person_id.in_(select(Membership.person_id).where(running(now)))


def role_of_account(session: Session, channel: str, address: str, now: datetime) -> Role | None:
    """Return the first role of whoever is behind an account; reads only."""
    found = session.execute(_ROLE_OF_ACCOUNT, {"at_channel": channel, "at_address": address, "now": now}).first()
    return None if found is None else _role(found)


def person_info(session: Session, person_id: int, now: datetime) -> PersonInfo:
    """Return a person by id, with the roles that count now."""
    rows = session.execute(_PERSON, {"wanted": person_id, "now": now}).all()
    person = rows[0]
    return PersonInfo(
        id=person_id,
        name=person.name,
        noticed=person.noticed_at is not None,
        consented=person.consented_at is not None,
        muted=person.muted_at is not None,
        demo=person.demo,
        roles=tuple(_role(row) for row in rows if row.role is not None),
        pronoun=person.pronoun,
    )


def note_notice(session: Session, person_id: int, now: datetime) -> None:
    """Remember that the notice on personal data was shown."""
    session.get_one(Person, person_id).noticed_at = now


def note_consent(session: Session, person_id: int, name: str, now: datetime) -> None:
    """Remember the person's consent, and from now on their name; one that their unit has given stays."""
    person = session.get_one(Person, person_id)
    person.consented_at = now
    person.name = person.name or name or None


def set_name(session: Session, person_id: int, name: str) -> None:
    """Remember what a person says they are called."""
    session.get_one(Person, person_id).name = name


def set_pronoun(session: Session, person_id: int, pronoun: str) -> None:
    """Remember how the person wishes to be addressed."""
    session.get_one(Person, person_id).pronoun = pronoun


def set_muted(session: Session, person_id: int, muted_at: datetime | None) -> None:
    """Stop (a moment) or allow again (None) what the bot sends on its own."""
    session.get_one(Person, person_id).muted_at = muted_at


def mark_unreachable(session: Session, channel: str, address: str, now: datetime) -> None:
    """Remember that nothing can be delivered to an account until it writes again."""
    session.execute(
        update(Account).where(Account.channel == channel, Account.address == address).values(unreachable_at=now)
    )


def close_windows(session: Session, windows: Mapping[str, timedelta], now: datetime) -> None:
    """Note of whom the channel lets nobody write to them any more, because they wrote too long ago.

    Args:
        windows: How long after the last message of theirs, by channel.
    """
    for channel, lasts in windows.items():
        session.execute(
            update(Account)
            .where(Account.channel == channel, Account.unreachable_at.is_(None), Account.last_seen_at < now - lasts)
            .values(unreachable_at=now)
        )


def out_of_window(
    session: Session, person_ids: Collection[int], windows: Mapping[str, timedelta], now: datetime
) -> set[int]:
    """Return who, of people that nothing can reach, only has to write once to be reached again."""
    too_long_ago = [
        and_(Account.channel == channel, Account.last_seen_at < now - lasts) for channel, lasts in windows.items()
    ]
    if not too_long_ago:
        return set()
    return set(session.scalars(select(Account.person_id).where(Account.person_id.in_(person_ids), or_(*too_long_ago))))


def add_person(session: Session, name: str, now: datetime, *, demo: bool = False) -> int:
    """Add a person who has consented, and return the id."""
    person = Person(name=name, created_at=now, consented_at=now, noticed_at=now, demo=demo)
    session.add(person)
    session.flush()
    return person.id


def add_account(session: Session, person_id: int, channel: str, address: str, now: datetime) -> None:
    """Give a person an account on a channel."""
    session.add(Account(person_id=person_id, channel=channel, address=address, last_seen_at=now))


def add_role(
    session: Session,
    person_id: int,
    role: str,
    now: datetime,
    *,
    area_id: int | None,
    team_id: int | None,
    until: datetime | None = None,
    stands_in_for: int | None = None,
) -> None:
    """Give a person a role, unless they have exactly this one; who gets one is active again."""
    session.execute(update(Person).where(Person.id == person_id).values(deactivated_at=None))
    same = exists().where(
        Membership.person_id == person_id,
        Membership.role == role,
        Membership.area_id.is_(area_id) if area_id is None else Membership.area_id == area_id,
        Membership.team_id.is_(team_id) if team_id is None else Membership.team_id == team_id,
        Membership.stands_in_for.is_(None),
        running(now),
    )
    if not session.scalar(select(same)):
        session.add(
            Membership(
                person_id=person_id,
                role=role,
                area_id=area_id,
                team_id=team_id,
                since=now,
                until=until,
                stands_in_for=stands_in_for,
            )
        )
        session.flush()


def people_with(
    session: Session, role: str, now: datetime, *, area_id: int | None = None, team_id: int | None = None
) -> list[int]:
    """Return who has a role for a team, or answers with it for an area (see `answering_for`); oldest first."""
    if area_id is not None:
        return answering_for(session, role, [area_id], now)[area_id]
    query = select(Membership.person_id).where(Membership.role == role, running(now)).order_by(Membership.id)
    if team_id is not None:
        query = query.where(Membership.team_id == team_id)
    return list(dict.fromkeys(session.scalars(query)))


def answering_for(session: Session, role: str, area_ids: Collection[int], now: datetime) -> dict[int, list[int]]:
    """Return who answers with a role for each of some areas; oldest first.

    These are the people with the role for everything and those of the nearest level that has anybody: the commune's
    own, else those of its province, who would otherwise hear of each of their communes.
    """
    held: dict[int | None, dict[int, int]] = {}
    query = select(Membership.id, Membership.area_id, Membership.person_id).where(
        Membership.role == role, Membership.team_id.is_(None), running(now)
    )
    for membership_id, held_for, person_id in session.execute(query.order_by(Membership.id)):
        held.setdefault(held_for, {})[membership_id] = person_id
    everything = held.pop(None, {})
    found = {}
    for area_id, path in paths(session, area_ids).items():
        nearest = next((held[level] for level in path if level in held), {})
        found[area_id] = list(dict.fromkeys(person for _, person in sorted({**everything, **nearest}.items())))
    return found


def label(session: Session, person_id: int) -> str:
    """Return a person's name, or their number where none is kept."""
    return session.get_one(Person, person_id).name or f"#{person_id}"


def main_role(session: Session, person_id: int, now: datetime) -> str:
    """Return a person's first role, "citizen" if they have none."""
    roles = person_info(session, person_id, now).roles
    return roles[0].role if roles else "citizen"


def address_of(session: Session, person_id: int) -> tuple[str, str] | None:
    """Return (channel, address) of the account used last that can be reached.

    None if there is none, or the person was deactivated.
    """
    account = session.scalar(
        select(Account)
        .join(Person, Person.id == Account.person_id)
        .where(Account.person_id == person_id, Account.unreachable_at.is_(None), Person.deactivated_at.is_(None))
        .order_by(Account.last_seen_at.desc(), Account.id.desc())
        .limit(1)
    )
    return None if account is None else (account.channel, account.address)


def channels_of(session: Session, person_id: int) -> list[str]:
    """Return the channel of each of a person's accounts, in the order of joining."""
    return list(session.scalars(select(Account.channel).where(Account.person_id == person_id).order_by(Account.id)))


def has_real_data(session: Session) -> bool:
    """Tell whether anything but the demonstration exists: an area, a role, or a code for one."""
    real_area = exists().where(Area.demo.is_(False))
    real_role = exists().where(Membership.person_id == Person.id, Person.demo.is_(False))
    invented = select(Person.id).where(Person.demo.is_(True))
    real_code = exists().where(or_(Invite.created_by.is_(None), Invite.created_by.not_in(invented)))
    return bool(session.scalar(select(or_(real_area, real_role, real_code))))


def has_demo_data(session: Session) -> bool:
    """Tell whether the demonstration commune exists."""
    return bool(session.scalar(select(exists().where(Area.demo.is_(True)))))


def demo_since(session: Session) -> datetime:
    """Return when the demonstration was made; only call where it exists."""
    return session.scalars(select(Person.created_at).where(Person.demo.is_(True)).order_by(Person.id).limit(1)).one()


def remove_demo_data(session: Session) -> None:
    """Delete the demonstration with everything that hangs on it: whatever refers to one of its rows, in any table."""
    accounts = select(Account).join(Person, Person.id == Account.person_id).where(Person.demo.is_(True))
    for account in session.scalars(accounts):
        session.execute(delete(Dialogue).where(Dialogue.channel == account.channel, Dialogue.chat == account.address))
    invented: dict[FromClause, ColumnElement[bool]] = {}
    for table in Base.metadata.sorted_tables:
        marks = [table.c.demo.is_(True)] if "demo" in table.c else []
        for key in table.foreign_keys:
            parent = key.column.table
            if parent in invented:
                marks.append(key.parent.in_(select(key.column).where(invented[parent])))
        if marks:
            invented[table] = or_(*marks)
    for table in reversed(Base.metadata.sorted_tables):
        if table in invented:
            session.execute(delete(table).where(invented[table]))
    session.expire_all()


def counts(session: Session, now: datetime) -> dict[str, int]:
    """Return how many communes, teams and people with a role there are."""
    roles: ColumnElement[int] = func.count(Membership.person_id.distinct())
    return {
        "areas": session.scalar(
            select(func.count(Area.id)).where(Area.kind == "commune", Area.merged_into_id.is_(None))
        )
        or 0,
        "teams": session.scalar(select(func.count(Team.id)).where(Team.closed_at.is_(None))) or 0,
        "people": session.scalar(select(roles).where(running(now))) or 0,
    }


def team_members(session: Session, team_ids: Sequence[int], now: datetime) -> dict[int, list[int]]:
    """Return the members and leaders of each team, by team id."""
    found: dict[int, list[int]] = {team_id: [] for team_id in team_ids}
    query = select(Membership.team_id, Membership.person_id).where(Membership.team_id.in_(team_ids), running(now))
    for team_id, person_id in session.execute(query.order_by(Membership.id)):
        if team_id is not None and person_id not in found[team_id]:
            found[team_id].append(person_id)
    return found


def names_in(session: Session, team_ids: Sequence[int], now: datetime) -> dict[int, str]:
    """Return the names of the members and leaders of some teams, by their ids; see `label`."""
    inside = select(Membership.person_id).where(Membership.team_id.in_(team_ids), running(now))
    query = select(Person.id, Person.name).where(Person.id.in_(inside)).order_by(Person.name, Person.id)
    return {person_id: name or f"#{person_id}" for person_id, name in session.execute(query)}


def _role(row: Any) -> Role:
    return Role(row.role, row.area_id, row.team_id, row.until, row.stands_in_for)
