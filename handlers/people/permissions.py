"""Who may decide over whom: a higher role over a lower one, within its own team or area; it changes nothing."""

from __future__ import annotations

from db import areas
from db.areas import TeamInfo
from db.people import Role
from db.roster import Member
from handlers.turn import COORDINATING, Turn

RANK = {"citizen": 0, "member": 1, "leader": 2, "coordinator": 3, "admin": 4}
UNIT_KINDS = ("team", "village", "office")


def outranks(turn: Turn, role: Role | Member) -> bool:
    """Tell whether the person has a higher role that covers another role's team or area."""
    return any(RANK[mine.role] > RANK[role.role] and covers(turn, mine, role) for mine in turn.person.roles)


def covers(turn: Turn, mine: Role, role: Role | Member) -> bool:
    """Tell whether what a role is for lies within what another one is for."""
    if mine.team_id is not None:
        return mine.team_id == role.team_id
    if mine.role not in COORDINATING:
        return False
    if mine.area_id is None:
        return True
    inner = areas.team(turn.db, role.team_id).area_id if role.team_id is not None else role.area_id
    return inner is not None and areas.area(turn.db, mine.area_id).id in areas.ancestors(turn.db, inner)


def may_lead(turn: Turn, team_id: int) -> bool:
    """Tell whether the person decides over a team's members: as its leader, or coordinating its area."""
    return outranks(turn, Role("member", None, team_id))


def led_teams(turn: Turn) -> list[TeamInfo]:
    """Return the units that the person leads, and those of the areas that they coordinate."""
    led = [role.team_id for role in turn.person.roles if role.role == "leader" and role.team_id is not None]
    found = [areas.find_team(turn.db, team_id) for team_id in led]
    for role in turn.person.roles:
        if role.role in COORDINATING:
            found += areas.teams(turn.db, role.area_id, UNIT_KINDS)
    return list({team.id: team for team in found if team is not None}.values())
