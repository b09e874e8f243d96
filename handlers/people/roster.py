"""Handles the list of a team, removing somebody from it, and leaving it oneself; it gives no role."""

from __future__ import annotations

from db import areas, outbox, people, roster
from db.areas import TeamInfo
from db.roster import Member
from handlers.message import Button, Incoming, Reply, Rows
from handlers.people.between import answered
from handlers.people.naming import matching, number_in, role_name, rows_of
from handlers.people.permissions import led_teams, may_lead, outranks
from handlers.people.telling import tell_coordinators, tell_leaders
from handlers.rendering import render
from handlers.turn import COORDINATING, Turn

STATE = "roster"
_SHOWN_NAMES = 20


def show(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show a leader their team, a coordinator their teams to choose from."""
    if not turn.has_role("leader", *COORDINATING):
        return [Reply(render("people/not_allowed"))]
    teams = led_teams(turn)
    return [_team(turn, teams[0])] if len(teams) == 1 else _choose(turn, teams)


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed name of a team."""
    if not turn.has_role("leader", *COORDINATING):
        return show(incoming, turn)
    answer, typed = answered(incoming, turn)
    return [*answer, *_choose(turn, led_teams(turn), typed)]


def leave(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Ask before somebody leaves their team; with several teams, which one."""
    mine = [held for held in roster.of_person(turn.db, turn.person.id, turn.now) if held.team_id is not None]
    if not mine:
        return [Reply(render("people/in_no_team"))]
    if len(mine) > 1:
        rows = rows_of([(role_name(turn, held), held.id) for held in mine], "team.leave")
        return [Reply(render("people/choose_post"), rows)]
    return _confirm_leaving(turn, mine[0])


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `show:<team>`, and `person|remove|removed|leave|left:<membership>`."""
    what, _, number = rest.partition(":")
    if what == "show":
        team = areas.find_team(turn.db, number_in(number))
        if team is None:
            return [Reply(render("common/old_button"))]
        return [_team(turn, team) if may_lead(turn, team.id) else Reply(render("people/not_allowed"))]
    member = roster.find(turn.db, number_in(number), turn.now)
    if member is None or member.team_id is None:
        return [Reply(render("common/old_button"))]
    if what in {"leave", "left"}:
        if member.person_id != turn.person.id:
            return [Reply(render("people/not_allowed"))]
        return _confirm_leaving(turn, member) if what == "leave" else _left(turn, member, member.team_id)
    if what not in {"person", "remove", "removed"}:
        return [Reply(render("common/old_button"))]
    if not outranks(turn, member):
        return [Reply(render("people/not_allowed"))]
    if what == "person":
        return [_person(turn, member)]
    return [_confirm_removing(turn, member) if what == "remove" else _removed(turn, member, member.team_id)]


def _choose(turn: Turn, teams: list[TeamInfo], typed: str = "") -> list[Reply]:
    """Ask which team, and tell who in any of them cannot be written to."""
    choices = [(team.name, team.id) for team in teams]
    found = matching(choices, typed)
    if typed and len(found) == 1:
        turn.leave()
        return [_team(turn, areas.team(turn.db, found[0][1]))]
    turn.wait_for(STATE)
    members = roster.of_teams(turn.db, [team.id for team in teams], turn.now)
    people_once = list({member.person_id: member for member in members}.values())
    unreachable = [member for member in people_once if member.joined and not member.reachable]
    rows = rows_of(found or choices, "team.show")
    text = render(
        "people/teams",
        teams=len(teams),
        people=len(people_once),
        not_joined=sum(not member.joined for member in people_once),
        unreachable=[f"{member.name} ({role_name(turn, member)})" for member in unreachable[:_SHOWN_NAMES]],
        left=max(len(unreachable) - _SHOWN_NAMES, 0),
        found=bool(found),
        more=len(found or choices) > len(rows),
    )
    return [Reply(text, rows)]


def _team(turn: Turn, team: TeamInfo) -> Reply:
    members = roster.of_teams(turn.db, [team.id], turn.now)
    lines = [(member, turn.day_of(member.until) if member.until is not None else None) for member in members]
    managed = [(member.name, member.id) for member in members if outranks(turn, member)]
    rows = rows_of(managed, "team.person")
    invite: Rows = ((Button("Mời thành viên", f"inv.for:member:{team.id}"),),)
    return Reply(render("people/team", team=team, members=lines), (*rows, *invite))


def _person(turn: Turn, member: Member) -> Reply:
    device = "Đổi máy" if member.joined else "Lấy mã vào tổ"
    buttons = (Button(device, f"link.device:{member.id}"), Button("Cho rời tổ", f"team.remove:{member.id}"))
    return Reply(render("people/member", member=member, role=role_name(turn, member)), (buttons,))


def _confirm_removing(turn: Turn, member: Member) -> Reply:
    buttons = (Button("Cho rời tổ", f"team.removed:{member.id}"), Button("Huỷ", "me.cancel"))
    return Reply(render("people/confirm_removing", name=member.name, role=role_name(turn, member)), (buttons,))


def _removed(turn: Turn, member: Member, team_id: int) -> Reply:
    _end(turn, member)
    role = role_name(turn, member)
    again = Button("Danh sách tổ", f"team.show:{team_id}")
    return Reply(render("people/removed", name=member.name, role=role), ((again,),), replaces=True)


def _confirm_leaving(turn: Turn, member: Member) -> list[Reply]:
    leaders = people.people_with(turn.db, "leader", turn.now, team_id=member.team_id)
    alone = member.role == "leader" and leaders == [member.person_id]
    buttons = (Button("Đúng, rời tổ", f"team.left:{member.id}"), Button("Huỷ", "me.cancel"))
    return [Reply(render("people/confirm_leaving", role=role_name(turn, member), alone=alone), (buttons,))]


def _left(turn: Turn, member: Member, team_id: int) -> list[Reply]:
    """End one's own role; whoever looks after the team is told."""
    role, name = role_name(turn, member), people.label(turn.db, turn.person.id)
    _end(turn, member)
    turn.who = people.person_info(turn.db, turn.person.id, turn.now)
    told = Reply(render("people/has_left", name=name, role=role))
    if member.role == "leader":
        tell_coordinators(turn, areas.team(turn.db, team_id).area_id, told)
    else:
        tell_leaders(turn, team_id, told)
    return [Reply(render("people/left", role=role), replaces=True)]


def _end(turn: Turn, member: Member) -> None:
    """End a role; whoever has no other one gets nothing any more, not even what is queued."""
    roster.end(turn.db, member.id, turn.now)
    if not people.person_info(turn.db, member.person_id, turn.now).roles:
        outbox.drop_for_person(turn.db, member.person_id, turn.now, "left")
