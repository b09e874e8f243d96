"""Handles what helpers do with a request: take it, write, pass it on, give it back, finish it; it ends none."""

from __future__ import annotations

from db import areas, people, requests, roster
from db.requests import Request
from handlers.assistance import asking as log_asking
from handlers.assistance.draft import Draft, Writing
from handlers.message import Button, Incoming, Reply
from handlers.people import consent
from handlers.people.naming import Choice, matching, number_in, rows_of
from handlers.rendering import render
from handlers.requests import closing, telling
from handlers.turn import Turn

WRITING = "request_write"
PASSING = "request_pass"
_MESSAGE_LENGTH = 600


def take(turn: Turn, request: Request) -> list[Reply]:
    """Take an open request: the first one gets it, who comes later is told who that was."""
    if not requests.take(turn.db, request.id, turn.person.id, turn.now):
        now = requests.find(turn.db, request.id) or request
        taker = None if now.taken_by is None else people.label(turn.db, now.taken_by)
        mine = now.taken_by == turn.person.id
        return [Reply(render("requests/too_late", request=now, taker=taker, mine=mine))]
    taken = requests.find(turn.db, request.id) or request
    text = render("requests/taken", **telling.values(turn, taken), helper=people.label(turn.db, turn.person.id))
    telling.tell_citizen(turn, taken, Reply(text, telling.citizen_buttons(taken)))
    return [telling.card(turn, taken, taken=True)]


def give_back(turn: Turn, request: Request) -> list[Reply]:
    """Give a request back to the team; the citizen hears of it."""
    told = closing.reopen(turn, request)
    telling.tell_citizen(turn, request, Reply(render("requests/given_back_citizen", **telling.values(turn, request))))
    return [Reply(render("requests/given_back", told=told), replaces=True)]


def go_on(turn: Turn, request: Request) -> list[Reply]:
    """Take the word of whoever has a request that they are still at it."""
    requests.note_heard(turn.db, request.id, turn.now)
    return [Reply(render("requests/going_on"), replaces=True)]


def reassign(turn: Turn, request: Request) -> list[Reply]:
    """Let others do what somebody has taken and not closed: the leader's or the coordinator's word."""
    if not telling.may_reassign(turn, request):
        return [Reply(render("requests/not_yours"))]
    turn.batch = requests.batch(request.id)
    values = telling.values(turn, request)
    if request.taken_by is not None:
        word = render("requests/taken_away", **values, who=people.label(turn.db, turn.person.id))
        telling.notify(turn, [request.taken_by], Reply(word), request)
    told = closing.reopen(turn, request)
    telling.tell_citizen(turn, request, Reply(render("requests/given_back_citizen", **values)))
    take_it = ((Button("Tôi nhận", f"req.take:{request.id}"),),) if telling.may_serve(turn, request) else ()
    return [Reply(render("requests/reassigned", told=told), take_it, replaces=True)]


def choose_successor(turn: Turn, request: Request, typed: str = "") -> list[Reply]:
    """Ask to whom a request is passed on."""
    turn.wait_for(PASSING, request=request.id)
    everybody = _successors(turn, request)
    if not everybody:
        turn.leave()
        return [Reply(render("requests/nobody_else"))]
    found = matching(everybody, typed)
    rows = rows_of(found or everybody, f"req.to:{request.id}")
    return [Reply(render("requests/pass_to", found=bool(found)), (*rows, (Button("Huỷ", "me.cancel"),)))]


def pass_on(turn: Turn, request: Request, person: str) -> list[Reply] | None:
    """Pass a request on to somebody; None if they are none of those it may go to."""
    chosen = next((choice for choice in _successors(turn, request) if choice[1] == number_in(person)), None)
    if chosen is None:
        return None
    person_id = chosen[1]
    name = people.label(turn.db, person_id)
    team_id = _team_of(turn, request, person_id)
    requests.pass_on(turn.db, request.id, person_id, team_id, turn.now)
    passed = requests.find(turn.db, request.id) or request
    if turn.standing.state == PASSING:
        turn.leave()
    values = telling.values(turn, passed)
    see = ((Button("Xem việc này", f"req.open:{request.id}"),),)
    told = telling.notify(turn, [person_id], Reply(render("requests/passed_to_you", **values), see), passed)
    text = render("requests/taken", **values, helper=name)
    telling.tell_citizen(turn, passed, Reply(text, telling.citizen_buttons(passed)))
    return [Reply(render("requests/passed_on", name=name, told=bool(told)), replaces=True)]


def begin_writing(turn: Turn, request: Request) -> list[Reply]:
    """Ask for the message to the other side: of the team to the citizen, or of the citizen to who has taken it."""
    turn.wait_for(WRITING, request=request.id)
    text = render("requests/write", citizen=request.person_id == turn.person.id)
    return [Reply(text, ((Button("Huỷ", "me.cancel"),),))]


def take_message(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Bring a typed message to the other side, masked; the team's goes out under its name."""
    request = requests.find(turn.db, int(turn.standing.data["request"]))
    turn.leave()
    from_citizen = request is not None and request.person_id == turn.person.id
    if request is None or request.state != "taken" or not (from_citizen or request.taken_by == turn.person.id):
        return [Reply(render("requests/ended"))]
    turn.batch = requests.batch(request.id)
    said = turn.reading.masked.text.strip()[:_MESSAGE_LENGTH] if turn.reading is not None else ""
    if not said:
        return [Reply(render("common/nothing_to_read"))]
    text = render("requests/message", **telling.values(turn, request), said=said, from_citizen=from_citizen)
    if not from_citizen:
        requests.note_heard(turn.db, request.id, turn.now)
        reached = telling.tell_citizen(turn, request, Reply(text, telling.citizen_buttons(request)))
    elif request.taken_by is not None:
        answer = ((Button("Nhắn bà con", f"req.write:{request.id}"), Button("Xem việc này", f"req.open:{request.id}")),)
        reached = telling.notify(turn, [request.taken_by], Reply(text, answer), request) > 0
    return [Reply(render("requests/message_sent", from_citizen=from_citizen, reached=reached))]


def take_name(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed name while a request is being passed on."""
    request = requests.find(turn.db, int(turn.standing.data["request"]))
    if request is None or request.state != "taken" or request.taken_by != turn.person.id:
        turn.leave()
        return [Reply(render("requests/ended"))]
    return choose_successor(turn, request, turn.reading.masked.text if turn.reading is not None else "")


def finish(turn: Turn, request: Request) -> list[Reply]:
    """Show the entry of the log that closes a request, filled in; saving it closes."""
    if not turn.person.consented:
        return consent.ask(turn)
    draft = Draft(topics=(request.topic,), people=1, place=request.village, held_on=turn.today, accepted=("place",))
    return [
        Reply(render("requests/finish")),
        *log_asking.go_on(turn, Writing.begun(draft, request_id=request.id)),
    ]


def _successors(turn: Turn, request: Request) -> list[Choice]:
    """Return who else of the team may take a request, or of all teams of the commune where no team has it."""
    team_ids = [request.team_id] if request.team_id is not None else []
    if request.team_id is None and request.area_id is not None:
        team_ids = [team.id for team in areas.teams(turn.db, request.area_id)]
    members = roster.of_teams(turn.db, team_ids, turn.now)
    not_these = {turn.person.id, request.person_id}
    named = {
        member.person_id: member.name
        if request.team_id is not None or member.team_id is None
        else f"{member.name}, {areas.team(turn.db, member.team_id).name}"
        for member in members
        if member.joined and member.person_id not in not_these
    }
    return [(name, person_id) for person_id, name in named.items()]


def _team_of(turn: Turn, request: Request, person_id: int) -> int | None:
    """Return the team in whose name somebody takes a request on."""
    if request.team_id is not None:
        return request.team_id
    mine = people.person_info(turn.db, person_id, turn.now).roles
    return next((role.team_id for role in mine if role.team_id is not None), None)
