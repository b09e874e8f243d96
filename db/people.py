"""Queries on areas, teams, people, their roles and the codes that give them; it decides no permission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from db.models import (
    Account,
    AdoptedRule,
    Area,
    AssistanceSession,
    Dialogue,
    Invite,
    Membership,
    Outbox,
    Person,
    Question,
    Reminder,
    SessionTopic,
    Submission,
    Team,
)


@dataclass(frozen=True)
class AreaInfo:
    """An area; `plan` is the id of the plan that was made for it, if one is known."""

    id: int
    name: str
    kind: str
    plan: str | None


@dataclass(frozen=True)
class TeamInfo:
    """A team with its commune."""

    id: int
    name: str
    area_id: int
    village: str | None


@dataclass(frozen=True)
class Role:
    """A role and what it is for: a team, an area, or (both None) everything."""

    role: str
    area_id: int | None
    team_id: int | None


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


@dataclass(frozen=True)
class InviteInfo:
    """A valid, unused code."""

    id: int
    role: str
    area_id: int | None
    team_id: int | None


def recognise(session: Session, channel: str, address: str, now: datetime) -> PersonInfo:
    """Return the person behind an account; a new one is a citizen without a name."""
    account = session.scalar(select(Account).where(Account.channel == channel, Account.address == address))
    if account is None:
        person = Person(created_at=now)
        session.add(person)
        session.flush()
        account = Account(person_id=person.id, channel=channel, address=address, last_seen_at=now)
        session.add(account)
        session.flush()
    account.last_seen_at = now
    account.unreachable_at = None
    return person_info(session, account.person_id)


def role_of_account(session: Session, channel: str, address: str) -> Role | None:
    """Return the first role of whoever is behind an account; reads only."""
    membership = session.scalar(
        select(Membership)
        .join(Account, Account.person_id == Membership.person_id)
        .where(Account.channel == channel, Account.address == address)
        .order_by(Membership.id)
        .limit(1)
    )
    return None if membership is None else Role(membership.role, membership.area_id, membership.team_id)


def person_info(session: Session, person_id: int) -> PersonInfo:
    """Return a person by id."""
    person = session.get_one(Person, person_id)
    memberships = session.scalars(select(Membership).where(Membership.person_id == person_id).order_by(Membership.id))
    return PersonInfo(
        id=person.id,
        name=person.name,
        noticed=person.noticed_at is not None,
        consented=person.consented_at is not None,
        muted=person.muted_at is not None,
        demo=person.demo,
        roles=tuple(Role(item.role, item.area_id, item.team_id) for item in memberships),
    )


def note_notice(session: Session, person_id: int, now: datetime) -> None:
    """Remember that the notice on personal data was shown."""
    session.get_one(Person, person_id).noticed_at = now


def note_consent(session: Session, person_id: int, name: str, now: datetime) -> None:
    """Remember the person's consent, and from now on their name."""
    person = session.get_one(Person, person_id)
    person.consented_at = now
    person.name = name or person.name


def set_muted(session: Session, person_id: int, muted_at: datetime | None) -> None:
    """Stop (a moment) or allow again (None) what the bot sends on its own."""
    session.get_one(Person, person_id).muted_at = muted_at


def erase(session: Session, person_id: int, now: datetime) -> None:
    """Erase a person: name, accounts, roles, dialogues, messages, questions, notes; the figures of their log stay."""
    person = session.get_one(Person, person_id)
    accounts = session.execute(select(Account.channel, Account.address).where(Account.person_id == person_id))
    addresses = [(channel, address) for channel, address in accounts]
    for account in session.scalars(select(Account).where(Account.person_id == person_id)):
        session.execute(delete(Dialogue).where(Dialogue.channel == account.channel, Dialogue.chat == account.address))
        session.delete(account)
    session.execute(delete(Membership).where(Membership.person_id == person_id))
    session.execute(delete(Question).where(Question.person_id == person_id))
    session.execute(
        update(AssistanceSession).where(AssistanceSession.person_id == person_id).values(note=None, place=None)
    )
    theirs = or_(Outbox.person_id == person_id, tuple_(Outbox.channel, Outbox.chat).in_(addresses))
    session.execute(update(Outbox).where(theirs, Outbox.state == "queued").values(state="dropped", finished_at=now))
    session.execute(
        update(Outbox)
        .where(theirs, Outbox.state != "claimed")
        .values(chat="", person_id=None, text="", rows=[], edits=None, key=None, provider_ref=None)
    )
    session.execute(update(Invite).where(Invite.used_by == person_id).values(used_by=None))
    person.name = person.noticed_at = person.consented_at = None


def mark_unreachable(session: Session, channel: str, address: str, now: datetime) -> None:
    """Remember that nothing can be delivered to an account until it writes again."""
    session.execute(
        update(Account).where(Account.channel == channel, Account.address == address).values(unreachable_at=now)
    )


def add_area(session: Session, name: str, *, kind: str = "commune", plan: str | None = None, demo: bool = False) -> int:
    """Add an area and return its id."""
    area = Area(name=name, kind=kind, plan=plan, demo=demo)
    session.add(area)
    session.flush()
    return area.id


def add_team(session: Session, area_id: int, name: str, *, village: str | None = None, demo: bool = False) -> int:
    """Add a team and return its id."""
    team = Team(area_id=area_id, name=name, village=village, demo=demo)
    session.add(team)
    session.flush()
    return team.id


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
    session: Session, person_id: int, role: str, now: datetime, *, area_id: int | None, team_id: int | None
) -> None:
    """Give a person a role, unless they have exactly this one."""
    same = exists().where(
        Membership.person_id == person_id,
        Membership.role == role,
        Membership.area_id.is_(area_id) if area_id is None else Membership.area_id == area_id,
        Membership.team_id.is_(team_id) if team_id is None else Membership.team_id == team_id,
    )
    if not session.scalar(select(same)):
        session.add(Membership(person_id=person_id, role=role, area_id=area_id, team_id=team_id, since=now))


def add_invite(
    session: Session,
    code_hash: str,
    role: str,
    *,
    area_id: int | None,
    team_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a new code."""
    session.add(
        Invite(code_hash=code_hash, role=role, area_id=area_id, team_id=team_id, created_at=now, expires_at=expires_at)
    )


def open_invite(session: Session, code_hash: str, now: datetime) -> InviteInfo | None:
    """Return the code if it can still be used."""
    invite = session.scalar(
        select(Invite).where(Invite.code_hash == code_hash, Invite.used_at.is_(None), Invite.expires_at > now)
    )
    return None if invite is None else InviteInfo(invite.id, invite.role, invite.area_id, invite.team_id)


def use_invite(session: Session, invite_id: int, person_id: int, now: datetime) -> bool:
    """Use up a code; False if somebody else was faster or it has expired."""
    used = session.execute(
        update(Invite)
        .where(Invite.id == invite_id, Invite.used_at.is_(None), Invite.expires_at > now)
        .values(used_at=now, used_by=person_id)
        .returning(Invite.id)
    )
    return used.first() is not None


def areas(session: Session) -> list[AreaInfo]:
    """Return all areas."""
    return [_area_info(area) for area in session.scalars(select(Area).order_by(Area.id))]


def area(session: Session, area_id: int) -> AreaInfo:
    """Return an area by id."""
    return _area_info(session.get_one(Area, area_id))


def team(session: Session, team_id: int) -> TeamInfo:
    """Return a team by id."""
    return _team_info(session.get_one(Team, team_id))


def teams(session: Session, area_id: int | None) -> list[TeamInfo]:
    """Return the teams of an area, or all teams."""
    query = select(Team).order_by(Team.id)
    if area_id is not None:
        query = query.where(Team.area_id == area_id)
    return [_team_info(item) for item in session.scalars(query)]


def villages(session: Session, area_id: int | None) -> list[str]:
    """Return the village names that the teams of an area (or all teams) go by."""
    return sorted({item.village for item in teams(session, area_id) if item.village})


def people_with(session: Session, role: str, *, area_id: int | None = None, team_id: int | None = None) -> list[int]:
    """Return who has a role for a team, or for an area or everything; oldest first."""
    query = select(Membership.person_id).where(Membership.role == role).order_by(Membership.id)
    if team_id is not None:
        query = query.where(Membership.team_id == team_id)
    if area_id is not None:
        query = query.where(or_(Membership.area_id == area_id, Membership.area_id.is_(None)))
    return list(dict.fromkeys(session.scalars(query)))


def label(session: Session, person_id: int) -> str:
    """Return a person's name, or their number where none is kept."""
    return session.get_one(Person, person_id).name or f"#{person_id}"


def main_role(session: Session, person_id: int) -> str:
    """Return a person's first role, "citizen" if they have none."""
    roles = person_info(session, person_id).roles
    return roles[0].role if roles else "citizen"


def address_of(session: Session, person_id: int) -> tuple[str, str] | None:
    """Return (channel, address) of the account used last that can be reached, None if there is none."""
    account = session.scalar(
        select(Account)
        .where(Account.person_id == person_id, Account.unreachable_at.is_(None))
        .order_by(Account.last_seen_at.desc(), Account.id.desc())
        .limit(1)
    )
    return None if account is None else (account.channel, account.address)


def has_real_data(session: Session) -> bool:
    """Tell whether anything but the demonstration exists: an area, a role, or a code for one."""
    real_area = exists().where(Area.demo.is_(False))
    real_role = exists().where(Membership.person_id == Person.id, Person.demo.is_(False))
    return bool(session.scalar(select(or_(real_area, real_role, exists().where(Invite.id.is_not(None))))))


def has_demo_data(session: Session) -> bool:
    """Tell whether the demonstration commune exists."""
    return bool(session.scalar(select(exists().where(Area.demo.is_(True)))))


def demo_since(session: Session) -> datetime:
    """Return when the demonstration was made; only call where it exists."""
    return session.scalars(select(Person.created_at).where(Person.demo.is_(True)).order_by(Person.id).limit(1)).one()


def remove_demo_data(session: Session) -> None:
    """Delete the demonstration with everything that hangs on it."""
    people = select(Person.id).where(Person.demo.is_(True))
    area_ids = select(Area.id).where(Area.demo.is_(True))
    adopted = select(AdoptedRule.id).where(AdoptedRule.area_id.in_(area_ids))
    sessions = select(AssistanceSession.id).where(AssistanceSession.demo.is_(True))
    for account in session.scalars(select(Account).where(Account.person_id.in_(people))):
        session.execute(delete(Dialogue).where(Dialogue.channel == account.channel, Dialogue.chat == account.address))
    for table, condition in (
        (Reminder, Reminder.adopted_id.in_(adopted)),
        (Submission, Submission.adopted_id.in_(adopted)),
        (AdoptedRule, AdoptedRule.area_id.in_(area_ids)),
        (SessionTopic, SessionTopic.session_id.in_(sessions)),
        (AssistanceSession, AssistanceSession.demo.is_(True)),
        (Question, or_(Question.person_id.in_(people), Question.area_id.in_(area_ids))),
        (Outbox, Outbox.person_id.in_(people)),
        (Membership, Membership.person_id.in_(people)),
        (Account, Account.person_id.in_(people)),
        (Person, Person.demo.is_(True)),
        (Team, Team.demo.is_(True)),
        (Area, Area.demo.is_(True)),
    ):
        session.execute(delete(table).where(condition))


def counts(session: Session) -> dict[str, int]:
    """Return how many areas, teams and people with a role there are."""
    roles: ColumnElement[int] = func.count(Membership.person_id.distinct())
    return {
        "areas": session.scalar(select(func.count(Area.id))) or 0,
        "teams": session.scalar(select(func.count(Team.id))) or 0,
        "people": session.scalar(select(roles)) or 0,
    }


def team_members(session: Session, team_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the members and leaders of each team, by team id."""
    found: dict[int, list[int]] = {team_id: [] for team_id in team_ids}
    query = select(Membership.team_id, Membership.person_id).where(Membership.team_id.in_(team_ids))
    for team_id, person_id in session.execute(query.order_by(Membership.id)):
        if team_id is not None and person_id not in found[team_id]:
            found[team_id].append(person_id)
    return found


def _area_info(row: Area) -> AreaInfo:
    return AreaInfo(row.id, row.name, row.kind, row.plan)


def _team_info(row: Team) -> TeamInfo:
    return TeamInfo(row.id, row.name, row.area_id, row.village)
