"""Handles deadlines as a file for the calendar of a phone: whose they are, and what it tells of each; it draws none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from db import reminders
from db.reminders import Adopted
from handlers.message import Attachment, CalendarDay, Incoming, Reply
from handlers.reminders.items import occurrences_of, rules_by_name
from handlers.rendering import render
from handlers.turn import COORDINATING, LOGGING, Turn
from knowledge.deadlines import Occurrence

_AHEAD = timedelta(days=366)
_MOST = 400
"""Events in a file: a year of some weekly rules; calendars of phones take no end of them."""


def show(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Give the coming deadlines that concern the person, of a year, as a file."""
    if not turn.has_role(*LOGGING):
        return [Reply(render("reminders/not_for_citizens"))]
    days = _days(turn)[:_MOST]
    draw = turn.rules.draw_calendar
    if not days or draw is None:
        return [Reply(render("reminders/no_calendar"))]
    file = Attachment("han-bao-cao.ics", "text/calendar", draw(days, turn.now))
    return [Reply(render("reminders/calendar_file", days=days), attachment=file)]


def day_of(occurrence: Occurrence, who: str, to: str | None) -> CalendarDay:
    """Return what a calendar tells of an occurrence: on its last day, the same every time it is asked."""
    return CalendarDay(
        uid=f"{occurrence.rule.id.replace('/', '-')}-{occurrence.period}@cnscd-bot",
        day=occurrence.last_day,
        title=render("reminders/calendar_title", occurrence=occurrence, what=occurrence.rule.what),
        text=render("reminders/calendar", occurrence=occurrence, what=occurrence.rule.what, who=who, to=to),
    )


def _days(turn: Turn) -> list[CalendarDay]:
    """Return the coming days, each rule and period once however many areas have adopted it."""
    found: dict[tuple[str, str], tuple[Occurrence, list[Adopted]]] = {}
    adopted = _adopted(turn)
    rules = rules_by_name(turn, [each.rule for each in adopted])
    for each in adopted:
        if each.rule in rules:
            for occurrence in occurrences_of(turn, each, rules[each.rule], turn.today, turn.today + _AHEAD):
                found.setdefault((each.rule, occurrence.period), (occurrence, []))[1].append(each)
    days = [day_of(occurrence, _who(areas), _to(occurrence, areas)) for occurrence, areas in found.values()]
    return sorted(days, key=lambda day: (day.day, day.uid))


def _adopted(turn: Turn) -> list[Adopted]:
    """Return the rules that concern the person: of the communes they coordinate, and of their units."""
    coordinated = {area.id for area in turn.coordinated_areas()} if turn.has_role(*COORDINATING) else set()
    units = {(unit.area_id, unit.kind) for unit in reminders.units_by_id(turn.db, turn.team_ids()).values()}
    concerned = reminders.adopted(turn.db, sorted(coordinated | {area_id for area_id, _ in units}))
    return [each for each in concerned if each.area_id in coordinated or (each.area_id, each.unit_kind) in units]


def _who(areas: Iterable[Adopted]) -> str:
    return "; ".join(render("reminders/units", kind=each.unit_kind, area=each.area_name) for each in areas)


def _to(occurrence: Occurrence, areas: Iterable[Adopted]) -> str | None:
    named = dict.fromkeys(each.addressee for each in areas if each.addressee is not None)
    basis = occurrence.rule.basis
    return "; ".join(named) or (None if basis is None else basis.deadline.to_today or basis.deadline.to)
