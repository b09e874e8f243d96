"""The roles that somebody may hand over or have a deputy for, and who may take them; it changes nothing."""

from __future__ import annotations

from db import areas, roster
from db.roster import Member
from handlers.message import Reply, Rows
from handlers.people.naming import Choice, matching, number_in, role_name, rows_of
from handlers.people.permissions import UNIT_KINDS
from handlers.rendering import render
from handlers.turn import Turn

_POSTS = ("leader", "coordinator")


def own_posts(turn: Turn) -> list[Member]:
    """Return the person's own roles of this kind; what they hold as a deputy is not theirs to pass on."""
    mine = roster.of_person(turn.db, turn.person.id, turn.now)
    return [held for held in mine if held.role in _POSTS and held.stands_in_for is None]


def own_post(turn: Turn, number: str) -> Member | None:
    """Return the one of them that a button names, None if it is none of them."""
    return next((held for held in own_posts(turn) if held.id == number_in(number)), None)


def candidates(turn: Turn, post: Member) -> list[Choice]:
    """Return who has joined the team or area and may take a role there, without its holder."""
    if post.team_id is not None:
        found = roster.of_teams(turn.db, [post.team_id], turn.now)
    else:
        units = areas.teams(turn.db, post.area_id, UNIT_KINDS)
        inside = [] if post.area_id is None else areas.descendants(turn.db, [post.area_id])
        found = roster.of_areas(turn.db, inside, turn.now)
        found += roster.of_teams(turn.db, [unit.id for unit in units], turn.now)
    named = {
        member.person_id: member.name if post.team_id is not None else f"{member.name} ({role_name(turn, member)})"
        for member in reversed(found)
        if member.joined and member.person_id != post.person_id
    }
    return [(name, person_id) for person_id, name in reversed(named.items())]


def candidate(turn: Turn, post: Member, number: str) -> Choice | None:
    """Return the one of them that a button names, None if it is none of them."""
    return next((choice for choice in candidates(turn, post) if choice[1] == number_in(number)), None)


def choose_post(turn: Turn, posts: list[Member], action: str) -> list[Reply]:
    """Ask which role is meant."""
    rows = rows_of([(role_name(turn, post), post.id) for post in posts], action)
    return [Reply(render("people/choose_post"), rows)]


def choose_person(turn: Turn, post: Member, template: str, action: str, typed: str = "") -> list[Reply]:
    """Ask who shall take a role, among those whose name has the typed words in it."""
    everybody = candidates(turn, post)
    found = matching(everybody, typed)
    rows: Rows = rows_of(found or everybody, f"{action}:{post.id}")
    shown = len(rows) < len(found or everybody)
    text = render(template, role=role_name(turn, post), found=bool(found), anybody=bool(everybody), more=shown)
    return [Reply(text, rows)]
