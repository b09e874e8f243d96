"""Asks after requests that somebody has taken and not closed: the taker, then who leads them; it closes none itself.

Each is asked once; whatever the taker does for it begins the time anew.
"""

from __future__ import annotations

from datetime import timedelta

from db import people, requests
from db.requests import Request
from handlers.message import Button, Reply
from handlers.rendering import ZONE, render
from handlers.requests import telling
from handlers.turn import Turn
from knowledge.working_hours import worked

PATIENCE = {"taker": timedelta(hours=15), "leader": timedelta(hours=7.5), "coordinator": timedelta(hours=15)}
"""Working hours (a day has 7.5) without a word until each is asked: from the taking, then from who was asked before."""
LAPSES = timedelta(days=30)
"""After so long without a word, when everybody has been asked, nobody will close it any more."""


def keep_up(turn: Turn, request: Request) -> int:
    """Do what is due for a taken request; return how many people were told something."""
    if request.quiet_since is None:
        return 0
    whom = list(PATIENCE)
    following = whom[0 if request.asked_after is None else whom.index(request.asked_after) + 1 :]
    if not following:
        return _lapse(turn, request) if turn.now - request.quiet_since >= LAPSES else 0
    waited = worked(request.quiet_since.astimezone(ZONE), turn.now.astimezone(ZONE), turn.calendar)
    return _ask(turn, request, following) if waited >= PATIENCE[following[0]] else 0


def _ask(turn: Turn, request: Request, following: list[str]) -> int:
    """Ask the first of those whose turn it is of whom anybody can be reached."""
    told = 0
    for level in following:
        told = _tell(turn, request, level)
        if told:
            break
    requests.note_asked_after(turn.db, request.id, level, turn.now)
    if level == "taker":
        return told
    word = Reply(
        render("requests/unfinished_citizen", **telling.values(turn, request), level=level),
        telling.citizen_buttons(request),
    )
    return told + telling.tell_citizen(turn, request, word, key=f"{requests.batch(request.id)}:unfinished")


def _tell(turn: Turn, request: Request, level: str) -> int:
    values = telling.values(turn, request)
    taker = request.taken_by
    if taker is None:
        return 0
    if level == "taker":
        buttons = (
            (Button("Xong", f"req.done:{request.id}"), Button("Còn làm", f"req.still:{request.id}")),
            (Button("Trả lại", f"req.back:{request.id}"), Button("Chuyển cho…", f"req.pass:{request.id}")),
        )
        return telling.notify(turn, [taker], Reply(render("requests/still", **values), buttons), request)
    others = [person for person in telling.people_at(turn, request, level) if person != taker]
    text = render("requests/unfinished", **values, taker=people.label(turn.db, taker))
    return telling.notify(turn, others, Reply(text, ((Button("Tìm người khác", f"req.again:{request.id}"),),)), request)


def _lapse(turn: Turn, request: Request) -> int:
    if not requests.end(turn.db, request.id, "lapsed", turn.now):
        return 0
    values = telling.values(turn, request)
    told = telling.tell_citizen(turn, request, Reply(render("requests/lapsed", **values)))
    if request.taken_by is None:
        return int(told)
    return told + telling.notify(turn, [request.taken_by], Reply(render("requests/lapsed_taker", **values)), request)
