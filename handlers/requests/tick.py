"""Watches over requests for help as time passes: raises, gives back, lets lapse, forgets; asks nobody who has one."""

from __future__ import annotations

from datetime import timedelta

from db import areas, people, requests
from db.requests import Request
from handlers.message import Reply
from handlers.rendering import ZONE, render
from handlers.requests import asking_after, closing, telling
from handlers.turn import LOGGING, Turn
from knowledge.working_hours import worked

PATIENCE = {"members": timedelta(hours=2), "leader": timedelta(hours=4)}
"""Working hours after which a request that nobody takes is raised from a level to the next."""
LAPSES = timedelta(days=14)
"""After so long nobody will take it any more."""
WORDS_KEPT = timedelta(days=30)


def keep_up(turn: Turn) -> int:
    """Do what is due for all requests; return how many people were told something."""
    told = sum(_keep_up(turn, request) for request in requests.running(turn.db))
    requests.forget_words(turn.db, turn.now - WORDS_KEPT)
    return told


def _keep_up(turn: Turn, request: Request) -> int:
    if request.state == "taken":
        return _give_back(turn, request) if _is_abandoned(turn, request) else asking_after.keep_up(turn, request)
    if turn.now - request.asked_at >= LAPSES:
        return _lapse(turn, request)
    patience = PATIENCE.get(request.level)
    if patience is None:
        return 0
    gone = request.team_id is None or areas.find_team(turn.db, request.team_id) is None
    waited = worked(request.raised_at.astimezone(ZONE), turn.now.astimezone(ZONE), turn.calendar)
    return _raise(turn, request) if gone or waited >= patience else 0


def _raise(turn: Turn, request: Request) -> int:
    following = telling.LEVELS[telling.LEVELS.index(request.level) + 1]
    if not requests.raise_to(turn.db, request.id, following, turn.now):
        return 0
    level, told = telling.put_before(turn, request, following, "requests/raised")
    word = Reply(render("requests/raised_citizen", **telling.values(turn, request), level=level))
    return told + telling.tell_citizen(turn, request, word, key=f"{requests.batch(request.id)}:raised")


def _give_back(turn: Turn, request: Request) -> int:
    word = Reply(render("requests/given_back_citizen", **telling.values(turn, request)))
    return closing.reopen(turn, request) + telling.tell_citizen(turn, request, word)


def _lapse(turn: Turn, request: Request) -> int:
    if not requests.end(turn.db, request.id, "lapsed", turn.now):
        return 0
    return telling.tell_citizen(turn, request, Reply(render("requests/lapsed", **telling.values(turn, request))))


def _is_abandoned(turn: Turn, request: Request) -> bool:
    """Tell whether whoever has taken a request has no role any more."""
    if request.taken_by is None:
        return True
    return not any(role.role in LOGGING for role in people.person_info(turn.db, request.taken_by, turn.now).roles)
