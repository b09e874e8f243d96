"""Handles "lịch trực": a coordinator sees the week of an area and writes who is on duty when; it tells nobody."""

from __future__ import annotations

from db import areas, handovers, people, roster
from handlers.message import Button, Incoming, Reply
from handlers.people.naming import Choice, matching, number_in, rows_of
from handlers.rendering import render
from handlers.turn import COORDINATING, Turn
from knowledge.duty_times import Range, read
from knowledge.vietnamese import fold

STATE = "rota"
_NONE = frozenset(("khong truc", "nghi", "nghi truc", "xoa", "bo", "khong"))


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the week, and ask whose hours are to be written."""
    if not turn.has_role(*COORDINATING):
        return [Reply(render("people/not_allowed"))]
    mine = turn.coordinated_areas()
    if len(mine) == 1:
        return _choose_person(turn, mine[0].id)
    rows = rows_of([(area.name, area.id) for area in mine], "rota.area")
    return [Reply(render("handover/rota_area", any=bool(mine)), rows)]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `area:<area>`, `who:<area>:<person>`, `none:<area>:<person>`."""
    what, _, arguments = rest.partition(":")
    number, _, chosen = arguments.partition(":")
    area_id = number_in(number)
    if not turn.has_role(*COORDINATING) or area_id not in {area.id for area in turn.coordinated_areas()}:
        return [Reply(render("people/not_allowed"))]
    if what == "area":
        return _choose_person(turn, area_id)
    person = next((choice for choice in _candidates(turn, area_id) if choice[1] == number_in(chosen)), None)
    if person is None or what not in {"who", "none"}:
        return [Reply(render("common/old_button"))]
    return _write(turn, area_id, person, ()) if what == "none" else _ask_hours(turn, area_id, person)


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed name while a person is to be chosen, else their hours."""
    area_id, chosen = int(turn.standing.data["area"]), turn.standing.data.get("person")
    if not turn.has_role(*COORDINATING) or area_id not in {area.id for area in turn.coordinated_areas()}:
        turn.leave()
        return [Reply(render("people/not_allowed"))]
    person = next((choice for choice in _candidates(turn, area_id) if choice[1] == chosen), None)
    if person is None:
        return _choose_person(turn, area_id, incoming.text)
    ranges = () if fold(incoming.text).strip(" .!") in _NONE else read(incoming.text)
    if ranges is None:
        return _ask_hours(turn, area_id, person, again=True)
    return _write(turn, area_id, person, ranges)


def _choose_person(turn: Turn, area_id: int, typed: str = "") -> list[Reply]:
    turn.wait_for(STATE, area=area_id)
    everybody = _candidates(turn, area_id)
    found = matching(everybody, typed)
    rows = rows_of(found or everybody, f"rota.who:{area_id}")
    text = render("handover/rota", **_week(turn, area_id), found=bool(found))
    return [Reply(text, (*rows, (Button("Thôi", "me.cancel"),)))]


def _ask_hours(turn: Turn, area_id: int, person: Choice, *, again: bool = False) -> list[Reply]:
    turn.wait_for(STATE, area=area_id, person=person[1])
    buttons = (Button("Không trực nữa", f"rota.none:{area_id}:{person[1]}"), Button("Thôi", "me.cancel"))
    return [Reply(render("handover/rota_hours", name=person[0], again=again), (buttons,))]


def _write(turn: Turn, area_id: int, person: Choice, ranges: tuple[Range, ...]) -> list[Reply]:
    handovers.set_duty(turn.db, area_id, person[1], ranges)
    turn.leave()
    text = render("handover/rota_written", **_week(turn, area_id), name=person[0], cleared=not ranges)
    return [Reply(text, ((Button("Đặt cho người khác", f"rota.area:{area_id}"),),))]


def _candidates(turn: Turn, area_id: int) -> list[Choice]:
    """Return who may be on duty for an area: who coordinates it, the person themselves, and its teams."""
    teams = [team.id for team in areas.teams(turn.db, area_id)]
    members = roster.of_areas(turn.db, [area_id], turn.now) + roster.of_teams(turn.db, teams, turn.now)
    named = {member.person_id: member.name for member in members if member.joined}
    named.setdefault(turn.person.id, people.label(turn.db, turn.person.id))
    return [(name, person_id) for person_id, name in named.items()]


def _week(turn: Turn, area_id: int) -> dict[str, object]:
    duties = handovers.duties(turn.db, area_id, turn.now)
    days = {day: [duty for duty in duties if duty.weekday == day] for day in range(1, 8)}
    names = {duty.person_id: people.label(turn.db, duty.person_id) for duty in duties}
    return {"area": areas.area(turn.db, area_id).name, "days": days, "names": names, "written": bool(duties)}
