"""Ends requests for help: closed by the entry of the log, judged, cancelled, given back; it takes none."""

from __future__ import annotations

from db import people, requests
from db.requests import Request
from handlers.message import Button, Reply
from handlers.rendering import render
from handlers.requests import telling
from handlers.turn import Turn


def close(turn: Turn, request_id: int, session_id: int) -> None:
    """Close a request whose entry in the log has been saved, and ask the citizen once whether it helped."""
    request = requests.find(turn.db, request_id)
    if request is None or request.state != "taken" or request.taken_by != turn.person.id:
        return
    turn.batch = requests.batch(request.id)
    requests.end(turn.db, request.id, "closed", turn.now, session_id=session_id)
    buttons = (Button("Có ích", f"req.good:{request.id}"), Button("Chưa đúng", f"req.bad:{request.id}"))
    asked = Reply(render("requests/did_it_help", **telling.values(turn, request)), (buttons,))
    telling.tell_citizen(turn, request, asked, key=f"{requests.batch(request.id)}:helped")


def judge(turn: Turn, request: Request, *, helped: bool) -> list[Reply]:
    """Take what the citizen says afterwards; who helped hears of it, and where it did not help the leader too."""
    if request.person_id != turn.person.id or not requests.judge(turn.db, request.id, helped=helped):
        return [Reply(render("common/old_button"))]
    turn.batch = requests.batch(request.id)
    concerned = [] if request.taken_by is None else [request.taken_by]
    if not helped and request.team_id is not None:
        concerned += people.people_with(turn.db, "leader", turn.now, team_id=request.team_id)
    told = Reply(render("requests/judged", **telling.values(turn, request), helped=helped))
    telling.notify(turn, concerned, told, request)
    return [Reply(render("requests/thanks", helped=helped), replaces=True)]


def cancel(turn: Turn, request: Request) -> list[Reply]:
    """Cancel the citizen's own request; whoever has taken it is told."""
    if request.person_id != turn.person.id or not requests.end(turn.db, request.id, "cancelled", turn.now):
        return [Reply(render("common/old_button"))]
    _tell_taker(turn, request)
    turn.batch = requests.batch(request.id)
    return [Reply(render("requests/cancelled", **telling.values(turn, request)), replaces=True)]


def let_go(turn: Turn) -> None:
    """Cancel what somebody who is about to be erased has asked for, and give back what they have taken."""
    for request in requests.of_person(turn.db, turn.person.id):
        requests.end(turn.db, request.id, "cancelled", turn.now)
        _tell_taker(turn, request)
    for request in requests.taken_by(turn.db, turn.person.id):
        reopen(turn, request)


def reopen(turn: Turn, request: Request) -> int:
    """Open a taken request again, before its team from the start; return how many are told."""
    level = telling.first_level(turn, request.team_id)
    if not requests.give_back(turn.db, request.id, level, turn.now):
        return 0
    return telling.put_before(turn, request, level, "requests/offered_again")[1]


def _tell_taker(turn: Turn, request: Request) -> None:
    if request.taken_by is not None:
        told = Reply(render("requests/citizen_cancelled", **telling.values(turn, request)))
        telling.notify(turn, [request.taken_by], told, request, outlasts=True)
