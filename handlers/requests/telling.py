"""Tells people of a request for help: whom it concerns at which level, and what of it; it changes no request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from db import areas, people, requests
from db.people import Role
from db.requests import Request
from handlers.message import Button, Reply, Rows
from handlers.people.permissions import covers, outranks
from handlers.reminders.planning import after_quiet_hours
from handlers.rendering import render
from handlers.turn import LOGGING, Turn

LEVELS = ("members", "leader", "coordinator")
_USEFUL = timedelta(days=7)


def notify(turn: Turn, person_ids: Iterable[int], reply: Reply, request: Request, *, outlasts: bool = False) -> int:
    """Tell some people but the one who is talking, not at night; return how many will get it.

    Args:
        outlasts: Whether the message stays when what was said about the request is forgotten.
    """
    told = 0
    for person_id in dict.fromkeys(person_ids):
        if turn.who is not None and person_id == turn.who.id:
            continue
        if not people.person_info(turn.db, person_id, turn.now).muted:
            told += _send(turn, person_id, reply, request, outlasts=outlasts) is not None
    return told


def tell_citizen(turn: Turn, request: Request, reply: Reply, *, key: str | None = None) -> bool:
    """Tell the citizen what becomes of their request, also if they get no reminders; False if nothing reaches them."""
    return request.person_id is not None and _send(turn, request.person_id, reply, request, key=key) is not None


def put_before(turn: Turn, request: Request, level: str, template: str = "requests/offered") -> tuple[str, int]:
    """Put an open request before a level, or the next one that has anybody; return that level and how many are told."""
    first = LEVELS.index(level)
    for tried in LEVELS[first:]:
        told = notify(turn, people_at(turn, request, tried), offer(turn, request, template), request)
        if told or tried == LEVELS[-1]:
            break
    requests.raise_to(turn.db, request.id, tried, turn.now)
    return tried, told


def offer(turn: Turn, request: Request, template: str = "requests/offered") -> Reply:
    """Return what somebody who may take a request is told."""
    return Reply(render(template, **values(turn, request)), ((Button("Tôi nhận", f"req.take:{request.id}"),),))


def card(turn: Turn, request: Request, *, taken: bool = False) -> Reply:
    """Return a request as the one who has it, or may have it, sees it.

    Args:
        taken: Whether they have just taken it.
    """
    mine = request.state == "taken" and request.taken_by == turn.person.id
    citizen = request.person_id
    text = render(
        "requests/card",
        **values(turn, request),
        mine=mine,
        just_taken=taken,
        # A name is for the one who goes there, not for all who could.
        citizen=people.person_info(turn.db, citizen, turn.now).name if mine and citizen is not None else None,
        reachable=citizen is not None and people.address_of(turn.db, citizen) is not None,
        taker=None if request.taken_by is None else people.label(turn.db, request.taken_by),
    )
    return Reply(text, _buttons(request, mine=mine, may_reassign=may_reassign(turn, request)))


def citizen_buttons(request: Request) -> Rows:
    """Return what the citizen may do while somebody has taken their request."""
    write, cancel = f"req.write:{request.id}", f"req.cancel:{request.id}"
    return ((Button("Nhắn lại tổ", write), Button("Thôi, không cần nữa", cancel)),)


def values(turn: Turn, request: Request) -> dict[str, object]:
    """Return what templates need of a request."""
    commune = None if request.area_id is None else areas.area(turn.db, request.area_id).name
    place = ", ".join(part for part in (request.village, commune) if part)
    return {
        "request": request,
        "place": place or "chưa rõ địa bàn",
        "topics": turn.answerer.knowledge.topics,
        "team": team_name(turn, request),
    }


def team_name(turn: Turn, request: Request) -> str:
    """Return in whose name the citizen is written to."""
    if request.team_id is not None:
        return areas.team(turn.db, request.team_id).name
    return "Cán bộ phụ trách" if request.area_id is None else f"Cán bộ {areas.area(turn.db, request.area_id).name}"


def may_serve(turn: Turn, request: Request) -> bool:
    """Tell whether the person may take a request: of its team, or coordinating its area; nobody takes their own."""
    if request.person_id == turn.person.id:
        return False
    wanted = Role("member", request.area_id if request.team_id is None else None, request.team_id)
    return any(role.role in LOGGING and covers(turn, role, wanted) for role in turn.person.roles)


def may_reassign(turn: Turn, request: Request) -> bool:
    """Tell whether the person may let others do what somebody has taken: leading its team or coordinating its area."""
    if request.state != "taken" or turn.person.id in {request.taken_by, request.person_id}:
        return False
    return outranks(turn, Role("member", request.area_id if request.team_id is None else None, request.team_id))


def first_level(turn: Turn, team_id: int | None) -> str:
    """Return whom a request is put before first: the team that still works there, else the coordinator."""
    return "coordinator" if team_id is None or areas.find_team(turn.db, team_id) is None else "members"


def people_at(turn: Turn, request: Request, level: str) -> list[int]:
    """Return who is asked at a level."""
    if level != "coordinator":
        if request.team_id is None or areas.find_team(turn.db, request.team_id) is None:
            return []
        return people.people_with(turn.db, level.removesuffix("s"), turn.now, team_id=request.team_id)
    found: list[int] = []
    if request.area_id is not None:
        found = people.people_with(turn.db, "coordinator", turn.now, area_id=request.area_id)
    reached = any(people.address_of(turn.db, person) is not None for person in found)
    return found if reached else people.people_with(turn.db, "admin", turn.now)


def _send(
    turn: Turn, person_id: int, reply: Reply, request: Request, *, key: str | None = None, outlasts: bool = False
) -> int | None:
    return turn.send(
        person_id,
        reply,
        kind="request",
        key=key,
        batch=None if outlasts else requests.batch(request.id),
        not_before=after_quiet_hours(turn.now, turn.rules),
        useful_until=turn.now + _USEFUL,
    )


def _buttons(request: Request, *, mine: bool, may_reassign: bool) -> Rows:
    if mine:
        return (
            (Button("Nhắn bà con", f"req.write:{request.id}"), Button("Xong", f"req.done:{request.id}")),
            (Button("Trả lại", f"req.back:{request.id}"), Button("Chuyển cho…", f"req.pass:{request.id}")),
        )
    if may_reassign:
        return ((Button("Tìm người khác", f"req.again:{request.id}"),),)
    return ((Button("Tôi nhận", f"req.take:{request.id}"),),) if request.state == "open" else ()
