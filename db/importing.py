"""Queries that take in and give out whole tables of areas, units and people; it reads no file and checks no row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import areas
from db.models import Account, Area, Membership, Person, Team
from db.people import running


@dataclass(frozen=True)
class AreaRow:
    """An area as a table has it; `parent` and `merged_into` are codes. A code is its own, or "#" and the id."""

    code: str
    name: str
    kind: str
    parent: str | None = None
    former_names: tuple[str, ...] = ()
    merged_into: str | None = None


@dataclass(frozen=True)
class TeamRow:
    """A unit as a table has it; `area` is the code of its commune."""

    code: str
    name: str
    area: str
    village: str | None = None
    kind: str = "team"
    closed: bool = False


@dataclass(frozen=True)
class RoleRow:
    """A role of a person as a table has it, for a unit or an area by its code."""

    role: str
    team: str | None = None
    area: str | None = None


@dataclass(frozen=True)
class PersonRow:
    """A person as a table has them; not active are those who have left for good."""

    code: str
    name: str
    roles: tuple[RoleRow, ...]
    pronoun: str | None = None
    active: bool = True


@dataclass(frozen=True)
class Reach:
    """How a person can be reached: whether they have an account, one that works, and want reminders."""

    joined: bool
    reachable: bool
    muted: bool


@dataclass
class Tally:
    """How many rows were new, different and the same."""

    added: int = 0
    changed: int = 0
    same: int = 0

    def count(self, *, new: bool, changed: bool) -> None:
        """Count one row."""
        self.added += new
        self.changed += changed and not new
        self.same += not (new or changed)


@dataclass
class Known:
    """What exists already, by code.

    Attributes:
        areas: Every area, those merged into others included.
        teams: Every unit, by code and by (commune, name).
    """

    areas: dict[str, Area] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    teams_by_name: dict[tuple[int, str], Team] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def todays_id(self, code: str) -> int:
        """Return today's id of an area: of one that was merged, that of the one it is part of."""
        by_id = {area.id: area for area in self.areas.values()}
        area = self.areas[code]
        while area.merged_into_id is not None:
            area = by_id[area.merged_into_id]
        return area.id


def known(session: Session) -> Known:
    """Read everything that rows may refer to."""
    found = Known()
    for area in session.scalars(select(Area).where(Area.demo.is_(False))):
        found.areas[_code(area)] = area
    for team in session.scalars(select(Team).where(Team.demo.is_(False))):
        found.teams[_code(team)] = team
        found.teams_by_name[team.area_id, team.name] = team
    for person in session.scalars(select(Person).where(Person.demo.is_(False))):
        found.people[_code(person)] = person
    return found


def put_areas(
    session: Session, rows: Sequence[AreaRow], have: Known, plan_of: Callable[[str], str | None], now: datetime
) -> Tally:
    """Take in areas; parents come before their children in any order of rows."""
    tally = Tally()
    touched = {row.code: False for row in rows}
    new = [row for row in rows if row.code not in have.areas]
    for row in new:
        plan = plan_of(row.name) if row.kind == "commune" else None
        have.areas[row.code] = Area(code=row.code, name=row.name, kind=row.kind, former_names=[], plan=plan)
    session.add_all(have.areas[row.code] for row in new)
    session.flush()
    for row in rows:
        area = have.areas[row.code]
        parent = have.todays_id(row.parent) if row.parent is not None else None
        names = list(dict.fromkeys([*area.former_names, *row.former_names]))
        touched[row.code] = _set(area, name=row.name, parent_id=parent, former_names=names)
    session.flush()
    for row in rows:
        if row.merged_into is not None and have.areas[row.code].merged_into_id != have.areas[row.merged_into].id:
            areas.merge(session, have.areas[row.code].id, have.areas[row.merged_into].id, now)
            touched[row.code] = True
    added = {row.code for row in new}
    for code, changed in touched.items():
        tally.count(new=code in added, changed=changed)
    return tally


def put_teams(session: Session, rows: Sequence[TeamRow], have: Known, now: datetime) -> Tally:
    """Take in units; one without a code takes that of the row with its commune and name."""
    tally = Tally()
    for row in rows:
        area_id = have.todays_id(row.area)
        team = have.teams.get(row.code) or have.teams_by_name.get((area_id, row.name))
        new = team is None
        if team is None:
            team = Team(area_id=area_id, name=row.name, kind=row.kind)
            session.add(team)
        closed_at = (team.closed_at or now) if row.closed else None
        code = team.code if row.code.startswith("#") else row.code
        changed = _set(
            team,
            area_id=area_id,
            name=row.name,
            village=row.village,
            kind=row.kind,
            code=code,
            closed_at=closed_at,
        )
        tally.count(new=new, changed=changed)
        have.teams[row.code] = team
    session.flush()
    closed = [have.teams[row.code].id for row in rows if row.closed]
    for membership in session.scalars(select(Membership).where(Membership.team_id.in_(closed), running(now))):
        membership.ended_at = now
    session.flush()
    return tally


def put_people(session: Session, rows: Sequence[PersonRow], have: Known, now: datetime) -> Tally:
    """Take in people with their roles; roles that their rows no longer name end, deputies' and admins' stay."""
    tally = Tally()
    new = [row for row in rows if row.code not in have.people]
    for row in new:
        have.people[row.code] = Person(code=row.code, name=row.name, created_at=now)
    session.add_all(have.people[row.code] for row in new)
    session.flush()
    held = _own_roles(session, now)
    added = {row.code for row in new}
    for row in rows:
        person = have.people[row.code]
        gone = None if row.active else person.deactivated_at or now
        changed = _set(person, name=row.name, pronoun=row.pronoun or person.pronoun, deactivated_at=gone)
        wanted = {_unit(role, have) for role in row.roles} if row.active else set()
        present = held[person.id]
        for unit in present.keys() - wanted:
            present[unit].ended_at = now
        for role, area_id, team_id in sorted(wanted - present.keys(), key=str):
            session.add(Membership(person_id=person.id, role=role, area_id=area_id, team_id=team_id, since=now))
        tally.count(new=row.code in added, changed=changed or wanted != present.keys())
    session.flush()
    return tally


def area_rows(session: Session) -> list[AreaRow]:
    """Return all areas as rows, those merged into others included."""
    rows = session.scalars(select(Area).where(Area.demo.is_(False)).order_by(Area.id)).all()
    codes = {row.id: _code(row) for row in rows}
    return [
        AreaRow(
            code=codes[row.id],
            name=row.name,
            kind=row.kind,
            parent=codes.get(row.parent_id or 0),
            former_names=tuple(row.former_names),
            merged_into=codes.get(row.merged_into_id or 0),
        )
        for row in rows
    ]


def team_rows(session: Session) -> list[TeamRow]:
    """Return all units as rows, closed ones included."""
    query = select(Team, Area).join(Area, Area.id == Team.area_id).where(Team.demo.is_(False)).order_by(Team.id)
    return [
        TeamRow(_code(team), team.name, _code(area), team.village, team.kind, team.closed_at is not None)
        for team, area in session.execute(query)
    ]


def people_rows(session: Session, now: datetime) -> list[tuple[PersonRow, Reach]]:
    """Return everybody with a role, or who had one and was deactivated, with how they can be reached."""
    codes: Mapping[int, str] = {area.id: _code(area) for area in session.scalars(select(Area))}
    teams = {team.id: _code(team) for team in session.scalars(select(Team))}
    accounts = (
        select(Account.person_id, func.count(), func.count().filter(Account.unreachable_at.is_(None)))
    ).group_by(Account.person_id)
    counted = {person_id: (every, reachable) for person_id, every, reachable in session.execute(accounts)}
    held = _own_roles(session, now)
    found = []
    for person in session.scalars(select(Person).where(Person.demo.is_(False)).order_by(Person.id)):
        if not held.get(person.id) and (person.code is None or person.deactivated_at is None):
            continue
        roles = tuple(
            RoleRow(role, teams.get(team_id or 0), codes.get(area_id or 0))
            for role, area_id, team_id in held[person.id]
        )
        every, reachable = counted.get(person.id, (0, 0))
        row = PersonRow(_code(person), person.name or "", roles, person.pronoun, person.deactivated_at is None)
        found.append((row, Reach(every > 0, reachable > 0, person.muted_at is not None)))
    return found


_Unit = tuple[str, int | None, int | None]
"""Role, area id, team id."""


def _own_roles(session: Session, now: datetime) -> defaultdict[int, dict[_Unit, Membership]]:
    """Return the roles that tables know about, by person: neither deputies' nor admins'."""
    query = select(Membership).where(running(now), Membership.stands_in_for.is_(None), Membership.role != "admin")
    held: defaultdict[int, dict[_Unit, Membership]] = defaultdict(dict)
    for row in session.scalars(query.order_by(Membership.id)):
        held[row.person_id][row.role, row.area_id, row.team_id] = row
    return held


def _unit(row: RoleRow, have: Known) -> _Unit:
    if row.team is not None:
        return row.role, None, have.teams[row.team].id
    return row.role, have.todays_id(row.area) if row.area is not None else None, None


def _set(row: Area | Team | Person, **values: object) -> bool:
    """Set what is different; tell whether anything was."""
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def _code(row: Area | Team | Person) -> str:
    return row.code if row.code is not None else f"#{row.id}"
