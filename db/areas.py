"""Queries on the tree of areas and on the units that belong to it; it decides no permission."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from db.models import AdoptedRule, Area, DutyHours, Handover, HelpRequest, Invite, JoinRequest, Membership, Team


@dataclass(frozen=True)
class AreaInfo:
    """An area; `plan` is the id of the plan that was made for it, if one is known."""

    id: int
    name: str
    kind: str
    plan: str | None
    parent_id: int | None = None
    code: str | None = None
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class TeamInfo:
    """A unit with its commune."""

    id: int
    name: str
    area_id: int
    village: str | None
    kind: str = "team"
    code: str | None = None


def areas(session: Session) -> list[AreaInfo]:
    """Return all areas that exist today: those merged into another one are left out."""
    query = select(Area).where(Area.merged_into_id.is_(None)).order_by(Area.id)
    return [_area_info(area) for area in session.scalars(query)]


def area(session: Session, area_id: int) -> AreaInfo:
    """Return an area by id; of one that was merged into another, that other one."""
    row = session.get_one(Area, area_id)
    while row.merged_into_id is not None:
        row = session.get_one(Area, row.merged_into_id)
    return _area_info(row)


def communes_within(session: Session, area_id: int | None) -> list[AreaInfo]:
    """Return today's communes of an area (itself, if it is one), or all communes."""
    inside = None if area_id is None else set(descendants(session, [area_id]))
    return [item for item in areas(session) if item.kind == "commune" and (inside is None or item.id in inside)]


_SOME_COMMUNES = select(Area.id).where(Area.kind == "commune", Area.merged_into_id.is_(None)).limit(2)


def only_commune(session: Session) -> int | None:
    """Return the one commune that an installation serves; None if there is none, or several."""
    found = list(session.scalars(_SOME_COMMUNES))
    return found[0] if len(found) == 1 else None


def commune_of(session: Session, area_id: int) -> AreaInfo:
    """Return the commune that an area is or lies in; a province, which lies in none, is returned itself."""
    found = area(session, area_id)
    while found.kind == "village" and found.parent_id is not None:
        found = area(session, found.parent_id)
    return found


def ancestors(session: Session, area_id: int) -> list[int]:
    """Return the ids of an area and of those it lies in, from the inside out."""
    found = area(session, area_id)
    path = [found.id]
    while found.parent_id is not None and found.parent_id not in path:
        found = area(session, found.parent_id)
        path.append(found.id)
    return path


def paths(session: Session, area_ids: Collection[int]) -> dict[int, list[int]]:
    """Return, for each of some areas, it and those it lies in, from the inside out; with a query a level."""
    above: dict[int, int | None] = {}
    level = set(area_ids)
    while level:
        query = select(Area.id, Area.parent_id, Area.merged_into_id).where(Area.id.in_(level))
        rows = session.execute(query).all()
        above |= {
            area_id: parent_id if merged_into is None else merged_into for area_id, parent_id, merged_into in rows
        }
        level = {outer for area_id, *_ in rows if (outer := above[area_id]) is not None and outer not in above}
    found = {}
    for area_id in area_ids:
        path: dict[int, None] = {}
        step: int | None = area_id
        while step is not None and step not in path:
            path[step] = None
            step = above.get(step)
        found[area_id] = list(path)
    return found


def descendants(session: Session, area_ids: Iterable[int]) -> list[int]:
    """Return the ids of some areas and of everything that lies in them, what was merged into them included."""
    found: dict[int, None] = {}
    level = list(area_ids)
    while level:
        found |= dict.fromkeys(level)
        below = select(Area.id).where(or_(Area.parent_id.in_(level), Area.merged_into_id.in_(level)))
        level = [area_id for area_id in session.scalars(below.order_by(Area.id)) if area_id not in found]
    return list(found)


def team(session: Session, team_id: int) -> TeamInfo:
    """Return a unit by id, closed or not."""
    return _team_info(session.get_one(Team, team_id))


def find_team(session: Session, team_id: int) -> TeamInfo | None:
    """Return the unit with an id that came from outside; None if there is none, or it is closed."""
    row = session.get(Team, team_id)
    return None if row is None or row.closed_at is not None else _team_info(row)


def teams(session: Session, area_id: int | None, kinds: Collection[str] = ("team",)) -> list[TeamInfo]:
    """Return the open units of an area (a commune, or all communes of a province) or of everywhere."""
    query = select(Team).where(Team.closed_at.is_(None), Team.kind.in_(kinds)).order_by(Team.id)
    if area_id is not None:
        query = query.where(Team.area_id.in_(descendants(session, [area_id])))
    return [_team_info(item) for item in session.scalars(query)]


def villages_in_tree(session: Session, area_id: int) -> list[str]:
    """Return the names of the villages that lie in an area; unlike those that teams go by they are all it has."""
    inside = Area.id.in_(descendants(session, [area_id]))
    return list(session.scalars(select(Area.name).where(Area.kind == "village", inside).order_by(Area.name)))


def villages(session: Session, area_id: int | None) -> list[str]:
    """Return the village names of an area or of everywhere: those in the tree, and those that teams go by."""
    query = select(Area.name).where(Area.kind == "village", Area.merged_into_id.is_(None))
    if area_id is not None:
        query = query.where(Area.id.in_(descendants(session, [area_id])))
    of_teams = (item.village for item in teams(session, area_id, ("team", "village")) if item.village)
    return sorted({*session.scalars(query), *of_teams})


def add_area(
    session: Session,
    name: str,
    *,
    kind: str = "commune",
    parent_id: int | None = None,
    plan: str | None = None,
    demo: bool = False,
) -> int:
    """Add an area and return its id."""
    row = Area(name=name, kind=kind, parent_id=parent_id, plan=plan, former_names=[], demo=demo)
    session.add(row)
    session.flush()
    return row.id


def add_team(
    session: Session, area_id: int, name: str, *, village: str | None = None, kind: str = "team", demo: bool = False
) -> int:
    """Add a unit and return its id."""
    row = Team(area_id=area_id, name=name, village=village, kind=kind, demo=demo)
    session.add(row)
    session.flush()
    return row.id


def merge(session: Session, old_id: int, new_id: int, now: datetime) -> None:
    """Make an area part of another one: its units, people, villages and deadlines answer to that from now on.

    What happened before keeps the old area's id, so that past figures stay. Where the new area has a unit of the
    same name, or the same deadline, the old one's keeps its name with the old area's behind it, or ends.
    """
    old, new = session.get_one(Area, old_id), session.get_one(Area, new_id)
    if old.merged_into_id == new_id:
        return
    taken = set(session.scalars(select(Team.name).where(Team.area_id == new_id)))
    for unit in session.scalars(select(Team).where(Team.area_id == old_id)):
        unit.name = unit.name if unit.name not in taken else f"{unit.name[:120]} ({old.name[:70]})"
        unit.area_id = new_id
    session.execute(update(Area).where(Area.parent_id == old_id).values(parent_id=new_id))
    _move_roles(session, old_id, new_id, now)
    rules = set(session.scalars(select(AdoptedRule.rule).where(AdoptedRule.area_id == new_id)))
    for rule in session.scalars(select(AdoptedRule).where(AdoptedRule.area_id == old_id)):
        if rule.rule in rules:
            rule.ended_at = rule.ended_at or now
        else:
            rule.area_id = new_id
    for table in (Invite, JoinRequest, DutyHours):
        session.execute(update(table).where(table.area_id == old_id).values(area_id=new_id))
    for waiting, ended in ((HelpRequest, ("closed", "cancelled", "lapsed")), (Handover, ("ended",))):
        session.execute(
            update(waiting).where(waiting.area_id == old_id, waiting.state.not_in(ended)).values(area_id=new_id)
        )
    old.merged_into_id = new_id
    new.former_names = list(dict.fromkeys([*new.former_names, old.name, *old.former_names]))
    session.flush()


def _move_roles(session: Session, old_id: int, new_id: int, now: datetime) -> None:
    """End the roles for an area and begin the same for another one."""
    running = select(Membership).where(Membership.area_id == old_id, Membership.ended_at.is_(None))
    for row in session.scalars(running).all():
        row.ended_at = now
        session.add(
            Membership(
                person_id=row.person_id,
                role=row.role,
                area_id=new_id,
                since=now,
                until=row.until,
                stands_in_for=row.stands_in_for,
            )
        )


def _area_info(row: Area) -> AreaInfo:
    return AreaInfo(row.id, row.name, row.kind, row.plan, row.parent_id, row.code, tuple(row.former_names))


def _team_info(row: Team) -> TeamInfo:
    return TeamInfo(row.id, row.name, row.area_id, row.village, row.kind, row.code)
