"""Knows who answers for an area now, and when somebody will: by its rota, else in office hours; it sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from db import areas, handovers, people
from db.handovers import Duty
from handlers.rendering import ZONE
from handlers.turn import Turn
from knowledge.working_days import WEEKEND
from knowledge.working_hours import spans

_LOOKED_AHEAD = timedelta(days=30)


def on_duty(turn: Turn, area_id: int | None) -> list[int]:
    """Return who answers for an area now; nobody out of hours."""
    now = turn.now.astimezone(ZONE)
    rota = rota_of(turn, area_id)
    if rota:
        here = [duty for begins, ends, duty in _ranges(turn, rota, now.date(), now.date()) if begins <= now < ends]
        return list(dict.fromkeys(duty.person_id for duty in here))
    is_open = any(begins <= now < ends for begins, ends in spans(now.date(), now.date(), now, turn.calendar))
    return in_charge(turn, area_id) if is_open else []


def next_time(turn: Turn, area_id: int | None) -> datetime | None:
    """Return when somebody answers for an area next, after now; None if nobody does for a month."""
    now = turn.now.astimezone(ZONE)
    last = now.date() + _LOOKED_AHEAD
    rota = rota_of(turn, area_id)
    if rota:
        return next((begins for begins, _, _ in _ranges(turn, rota, now.date(), last) if begins > now), None)
    return next((begins for begins, _ in spans(now.date(), last, now, turn.calendar) if begins > now), None)


def in_charge(turn: Turn, area_id: int | None) -> list[int]:
    """Return the coordinators of an area, the administrators where none can be reached."""
    if area_id is not None:
        found = people.people_with(turn.db, "coordinator", turn.now, area_id=area_id)
        if any(people.address_of(turn.db, person_id) is not None for person_id in found):
            return found
    return people.people_with(turn.db, "admin", turn.now)


def may_answer(turn: Turn, area_id: int | None) -> bool:
    """Tell whether the person may take over a conversation of an area: in charge of it, or in its rota."""
    if any(duty.person_id == turn.person.id for duty in rota_of(turn, area_id)):
        return True
    if any(role.role == "admin" for role in turn.person.roles):
        return True
    return area_id is not None and areas.area(turn.db, area_id).id in {area.id for area in turn.coordinated_areas()}


def rota_of(turn: Turn, area_id: int | None) -> list[Duty]:
    """Return the rota of an area, or of the nearest one around it that has any."""
    for level in [] if area_id is None else areas.ancestors(turn.db, area_id):
        found = handovers.duties(turn.db, level, turn.now)
        if found:
            return found
    return []


def unit_name(turn: Turn, area_id: int | None) -> str:
    """Return in whose name a person answers."""
    return "Cán bộ phụ trách" if area_id is None else f"Cán bộ {areas.area(turn.db, area_id).name}"


def _ranges(turn: Turn, rota: list[Duty], first: date, last: date) -> Iterator[tuple[datetime, datetime, Duty]]:
    """Yield the hours of a rota on some days, in order; on a holiday nobody is on duty."""
    day = first
    while day <= last:
        if turn.calendar.why_not(day) in {None, WEEKEND}:
            for duty in rota:
                if duty.weekday == day.isoweekday():
                    yield turn.local(day, duty.begins), turn.local(day, duty.ends), duty
        day += timedelta(days=1)
