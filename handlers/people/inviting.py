"""Handles making, listing and revoking invitation codes in conversation; it redeems none."""

from __future__ import annotations

from dataclasses import dataclass

from db import joining
from db.joining import InviteInfo
from db.people import Role
from handlers.message import Button, Incoming, Reply, Rows
from handlers.people.between import answered
from handlers.people.codes import INVITE_LASTS, code_hash, new_code
from handlers.people.joining import asks_to_join
from handlers.people.naming import Choice, matching, number_in, role_name, rows_of
from handlers.people.permissions import RANK, led_teams, outranks
from handlers.rendering import render
from handlers.turn import COORDINATING, Turn

STATE = "invite"
MANY_USES = 50
"""A team is five to eight people; a code for a whole village's worth of helpers is still one code."""
_SHOWN_CODES = 8
_TEAM_ROLES = ("member", "leader")
_LIST: Rows = ((Button("Các mã đang mở", "inv.list"),),)
_LABELS = {"member": "Thành viên", "leader": "Tổ trưởng", "coordinator": "Điều phối"}


@dataclass(frozen=True)
class _Target:
    """What a code is to be for."""

    role: str
    choice: Choice

    @property
    def as_role(self) -> Role:
        in_team = self.role in _TEAM_ROLES
        return Role(self.role, None if in_team else self.choice[1], self.choice[1] if in_team else None)


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Begin an invitation: for which role."""
    roles = _givable(turn)
    if not roles:
        return [Reply(render("people/not_allowed"))]
    if len(roles) == 1:
        return _choose_target(turn, roles[0])
    rows: Rows = tuple((Button(_LABELS[role], f"inv.role:{role}"),) for role in roles)
    return [Reply(render("people/invite_as"), (*rows, *_LIST))]


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed name of a team or area in the middle of inviting."""
    role = str(turn.standing.data.get("role"))
    if role not in _givable(turn):
        return begin(incoming, turn)
    answer, typed = answered(incoming, turn)
    return [*answer, *_choose_target(turn, role, typed)]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `begin`, `list`, `revoke:<code>`, `role:<role>`, `for:<role>:<id>`, `make:<role>:<how>:<id>`."""
    what, _, arguments = rest.partition(":")
    if what == "begin":
        return begin(incoming, turn)
    if what == "list":
        return _list(turn)
    if what == "revoke":
        return _revoke(turn, arguments)
    role, _, chosen = arguments.partition(":")
    if role not in _LABELS or what not in {"role", "for", "make"}:
        return [Reply(render("common/old_button"))]
    if role not in _givable(turn):
        return [Reply(render("people/not_allowed"))]
    if what == "role":
        return _choose_target(turn, role)
    uses, _, number = chosen.rpartition(":")
    target = _find_target(turn, role, number)
    if target is None or not outranks(turn, target.as_role):
        return [Reply(render("people/not_allowed"))]
    if what == "for" and role == "member":
        return _choose_uses(turn, target)
    return _make(turn, target, many=role == "member" and uses == "many")


def _givable(turn: Turn) -> list[str]:
    """Return the roles below the person's highest, which are those that they may give."""
    if not turn.has_role("leader", *COORDINATING):
        return []
    highest = max(RANK[role.role] for role in turn.person.roles)
    return [role for role in _LABELS if RANK[role] < highest]


def _targets(turn: Turn, role: str) -> list[Choice]:
    if role in _TEAM_ROLES:
        return [(team.name, team.id) for team in led_teams(turn)]
    return [(area.name, area.id) for area in turn.coordinated_areas()]


def _find_target(turn: Turn, role: str, number: str) -> _Target | None:
    choice = next((choice for choice in _targets(turn, role) if choice[1] == number_in(number)), None)
    return None if choice is None else _Target(role, choice)


def _choose_target(turn: Turn, role: str, typed: str = "") -> list[Reply]:
    """Ask for which team or area, unless there is only one."""
    everything = _targets(turn, role)
    if len(everything) == 1:
        target = _Target(role, everything[0])
        return _choose_uses(turn, target) if role == "member" else _make(turn, target, many=False)
    found = matching(everything, typed)
    turn.wait_for(STATE, role=role)
    rows = rows_of(found or everything, f"inv.for:{role}")
    text = render(
        "people/invite_into",
        in_team=role in _TEAM_ROLES,
        found=bool(found),
        anything=bool(everything),
        more=len(found or everything) > len(rows),
    )
    return [Reply(text, (*rows, *_LIST))]


def _choose_uses(turn: Turn, target: _Target) -> list[Reply]:
    turn.leave()
    number = target.choice[1]
    one = Button("Một người", f"inv.make:{target.role}:one:{number}")
    many = Button("Nhiều người", f"inv.make:{target.role}:many:{number}")
    text = render("people/invite_uses", role=role_name(turn, target.as_role))
    return [Reply(text, ((one, many), *_LIST))]


def _make(turn: Turn, target: _Target, *, many: bool) -> list[Reply]:
    """Make a code and word the message to hand on."""
    turn.leave()
    code, expires = new_code(), turn.now + INVITE_LASTS
    role = target.as_role
    joining.add_invite(
        turn.db,
        code_hash(code),
        role.role,
        area_id=role.area_id,
        team_id=role.team_id,
        now=turn.now,
        expires_at=expires,
        created_by=turn.person.id,
        most_uses=MANY_USES if many else 1,
        needs_approval=many,
    )
    last_day = turn.day_of(expires)
    name = role_name(turn, role)
    text = render("people/invited", role=name, many=many, most=MANY_USES, last_day=last_day)
    link = turn.rules.join_link
    forward = render("people/invitation", role=name, code=code, last_day=last_day, link=link and f"{link}{code}")
    return [Reply(text), Reply(forward, _LIST)]


def _open(turn: Turn) -> list[InviteInfo]:
    """Return the open codes that the person may revoke."""
    teams, communes = led_teams(turn), turn.coordinated_areas()
    found = joining.open_invites(turn.db, turn.now, [team.id for team in teams], [area.id for area in communes])
    return [invite for invite in found if outranks(turn, Role(invite.role, invite.area_id, invite.team_id))]


def _list(turn: Turn) -> list[Reply]:
    """Show the open codes and who waits to be let in."""
    if not _givable(turn):
        return [Reply(render("people/not_allowed"))]
    invites = _open(turn)
    waiting = joining.open_requests(turn.db, [team.id for team in led_teams(turn)])[:_SHOWN_CODES]
    shown = [
        (role_name(turn, Role(invite.role, invite.area_id, invite.team_id)), invite, turn.day_of(invite.expires_at))
        for invite in invites[:_SHOWN_CODES]
    ]
    rows: Rows = tuple(
        (Button(f"Thu hồi mã {number}", f"inv.revoke:{invite.id}"),)
        for number, (_, invite, _) in enumerate(shown, start=1)
    )
    text = render("people/codes", codes=shown, left=len(invites) - len(shown), waiting=len(waiting))
    asked = [asks_to_join(turn, request) for request in waiting]
    return [Reply(text, (*rows, (Button("Mời thêm", "inv.begin"),))), *asked]


def _revoke(turn: Turn, number: str) -> list[Reply]:
    invite = joining.find_invite(turn.db, number_in(number), turn.now)
    if invite is None:
        return [Reply(render("common/old_button"))]
    role = Role(invite.role, invite.area_id, invite.team_id)
    if not outranks(turn, role):
        return [Reply(render("people/not_allowed"))]
    joining.revoke_invite(turn.db, invite.id, turn.now)
    return [Reply(render("people/revoked", role=role_name(turn, role)), _LIST)]
