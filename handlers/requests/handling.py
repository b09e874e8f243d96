"""Handles requests for help: says which message and which button goes to which part of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from db import areas, people, requests
from db.requests import Request
from handlers.message import Button, Incoming, Reply, Rows
from handlers.people.naming import number_in
from handlers.questions.wording import short
from handlers.rendering import render
from handlers.requests import asking, closing, serving, telling
from handlers.turn import LOGGING, Turn

_SHOWN = 8

OnRequest = Callable[[Turn, Request, str], list[Reply] | None]


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Begin a request of one's own."""
    return asking.begin(turn)


def show(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the requests that the person has taken or may take, and their own."""
    own = requests.of_person(turn.db, turn.person.id)
    waiting = _to_serve(turn) if turn.has_role(*LOGGING) else []
    text = render(
        "requests/list",
        own=[telling.values(turn, request) for request in own],
        waiting=[telling.values(turn, request) for request in waiting[:_SHOWN]],
        more=max(len(waiting) - _SHOWN, 0),
        serves=turn.has_role(*LOGGING),
        me=turn.person.id,
        names={request.taken_by: people.label(turn.db, request.taken_by) for request in waiting if request.taken_by},
        topics=turn.answerer.knowledge.topics,
    )
    rows: Rows = tuple((Button(_label(turn, request), f"req.open:{request.id}"),) for request in waiting[:_SHOWN])
    rows += tuple((Button(short(f"Thôi: {_title(turn, request)}"), f"req.cancel:{request.id}"),) for request in own)
    return [Reply(text, rows if own else (*rows, (Button("Nhờ tổ hỗ trợ", "req.begin"),)))]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `begin`, `last`, `list`, those of the dialogue, or `<what>:<request>` as in the tables below."""
    what, _, argument = rest.partition(":")
    if what in {"begin", "last"}:
        return asking.begin(turn, about_last=what == "last")
    if what == "list":
        return show(incoming, turn)
    number, _, value = argument.partition(":")
    request = requests.find(turn.db, number_in(number)) if what in _ON_REQUEST else None
    replies = asking.press(what, argument, turn) if request is None else _ON_REQUEST[what](turn, request, value)
    return [Reply(render("common/old_button"))] if replies is None else replies


def _to_serve(turn: Turn) -> list[Request]:
    """Return what the person has taken, what is theirs to take, then what others have taken in their charge."""
    every = requests.running(turn.db)
    mine = [request for request in every if request.state == "taken" and request.taken_by == turn.person.id]
    waiting = [request for request in every if request.state == "open" and telling.may_serve(turn, request)]
    return [*mine, *waiting, *(request for request in every if telling.may_reassign(turn, request))]


def _serve(turn: Turn, request: Request, value: str) -> list[Reply]:
    """Show or take a request that the person may take."""
    if not telling.may_serve(turn, request) and request.taken_by != turn.person.id:
        return [Reply(render("requests/not_yours"))]
    turn.batch = requests.batch(request.id)
    return serving.take(turn, request) if value == "take" else [telling.card(turn, request)]


def _held(act: OnRequest) -> OnRequest:
    """Do something only for whoever has taken the request."""

    def guarded(turn: Turn, request: Request, value: str) -> list[Reply] | None:
        if request.state != "taken" or request.taken_by != turn.person.id or not turn.has_role(*LOGGING):
            return [Reply(render("requests/not_yours"))]
        turn.batch = requests.batch(request.id)
        return act(turn, request, value)

    return guarded


def _write(turn: Turn, request: Request, value: str) -> list[Reply]:
    """Begin a message to the other side, of the citizen or of whoever has taken the request."""
    if request.state != "taken":
        return [Reply(render("requests/ended" if not request.running else "requests/not_taken_yet"))]
    if turn.person.id not in {request.person_id, request.taken_by}:
        return [Reply(render("requests/not_yours"))]
    return serving.begin_writing(turn, request)


def _title(turn: Turn, request: Request) -> str:
    return turn.answerer.knowledge.topics[request.topic].title


def _label(turn: Turn, request: Request) -> str:
    place = request.village or ("" if request.area_id is None else areas.area(turn.db, request.area_id).name)
    return short(", ".join(part for part in (_title(turn, request), place) if part))


_ON_REQUEST: Mapping[str, OnRequest] = {
    "open": lambda turn, request, _: _serve(turn, request, "open"),
    "take": lambda turn, request, _: _serve(turn, request, "take"),
    "write": _write,
    "done": _held(lambda turn, request, _: serving.finish(turn, request)),
    "back": _held(lambda turn, request, _: serving.give_back(turn, request)),
    "pass": _held(lambda turn, request, _: serving.choose_successor(turn, request)),
    "to": _held(serving.pass_on),
    "still": _held(lambda turn, request, _: serving.go_on(turn, request)),
    "again": lambda turn, request, _: serving.reassign(turn, request),
    "cancel": lambda turn, request, _: closing.cancel(turn, request),
    "good": lambda turn, request, _: closing.judge(turn, request, helped=True),
    "bad": lambda turn, request, _: closing.judge(turn, request, helped=False),
}
