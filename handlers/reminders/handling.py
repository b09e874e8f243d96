"""Handles deadlines in conversation: the list, *Nhắc lại sau*, *Xem căn cứ*, and which button goes where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from db import reminders
from db.reminders import NotedStep
from handlers.message import Incoming, Reply
from handlers.questions.wording import document_title
from handlers.reminders import adopting, board, calendar, submissions
from handlers.reminders.items import Due, concerns, dues, find, near
from handlers.reminders.planning import postponed_to
from handlers.reminders.tick import buttons_for
from handlers.rendering import render
from handlers.turn import COORDINATING, LOGGING, Turn

_SHOWN_BUTTONS = 3


def show(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the deadlines that concern the person."""
    if turn.has_role(*COORDINATING):
        return board.show(turn)
    if turn.has_role(*LOGGING):
        return _own(turn)
    return [Reply(render("reminders/not_for_citizens"))]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: what it does, then what it is about behind a colon."""
    what, _, arguments = rest.partition(":")
    if what == "list":
        return show(incoming, turn)
    if what == "file":
        return calendar.show(incoming, turn)
    if what in _OF_ITEMS:
        due = find(turn, arguments)
        return [Reply(render("common/old_button"))] if due is None else _OF_ITEMS[what](turn, due)
    handler = _OTHERS.get(what)
    return [Reply(render("common/old_button"))] if handler is None else handler(turn, arguments)


def _own(turn: Turn) -> list[Reply]:
    units = turn.team_ids()
    areas = {unit.area_id for unit in reminders.units_by_id(turn.db, units).values()}
    start, end = turn.today - board.BEHIND, turn.today + board.AHEAD
    found = dues(turn, start, end, area_ids=sorted(areas), team_ids=units)
    mine = [due for group in near(found, turn.today) for due in group]
    open_dues = [due for due in mine if due.entered is None]
    text = render("reminders/own", dues=mine, today=turn.today)
    as_file = ((board.AS_FILE,),) if mine else ()
    return [Reply(text, (*buttons_for(open_dues[:_SHOWN_BUTTONS], named=len(open_dues) > 1), *as_file))]


def _later(turn: Turn, due: Due) -> list[Reply]:
    """Remind again on the next day at the usual hour, unless it is handed in by then."""
    if not concerns(turn, due):
        return [Reply(render("reminders/not_allowed"))]
    if due.entered is not None:
        return [submissions.already(due)]
    tomorrow = turn.today + timedelta(days=1)
    reminders.note_steps(turn.db, [NotedStep(due.item, turn.person.id, postponed_to(tomorrow))], turn.now)
    return [Reply(render("reminders/later", at=turn.local(tomorrow, turn.rules.reminder_time)))]


def _basis(turn: Turn, due: Due) -> list[Reply]:
    basis = due.occurrence.rule.basis
    title = None
    if basis is not None:
        document = basis.plan.document
        title = document_title(document.title, document.issuer, document.year)
    return [Reply(render("reminders/basis", due=due, basis=basis, title=title))]


_OF_ITEMS: Mapping[str, Callable[[Turn, Due], list[Reply]]] = {
    "submitted": submissions.submit,
    "later": _later,
    "basis": _basis,
    "confirm": submissions.confirm,
    "deny": submissions.deny,
    "waive": submissions.waive,
    "unwaive": submissions.unwaive,
    "unit": board.show_unit,
}
"""Buttons about one unit's item, named as `adopted:period:team`."""

_OTHERS: Mapping[str, Callable[[Turn, str], list[Reply]]] = {
    "area": board.show_area,
    "item": board.show_item,
    "nudge": board.nudge,
    "adopt": adopting.adopt,
    "rules": adopting.show_rules,
    "rule": adopting.show_rule,
    "flip": adopting.flip,
    "units": adopting.choose_units,
    "to": adopting.choose_addressee,
    "end": adopting.ask_to_end,
    "ended": adopting.end,
}
