"""Handles what is noted of an item: handed in, confirmed or denied by the coordinator, waived."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from db import outbox, people, reminders
from db.reminders import Item
from handlers.message import Button, Reply
from handlers.reminders.items import Due, concerns, coordinates, in_one_period, key_of, local_day
from handlers.reminders.planning import after_quiet_hours
from handlers.rendering import render
from handlers.turn import Turn

_USEFUL = timedelta(days=14)


def submit(turn: Turn, due: Due) -> list[Reply]:
    """Note that a unit has handed in; where the rule asks for it, only once the coordinator has confirmed it."""
    if not concerns(turn, due):
        return [Reply(render("reminders/not_allowed"))]
    is_coordinator = coordinates(turn, due.adopted.area_id)
    if due.entered is not None:
        claimed = due.entered.kind == "claimed" and is_coordinator
        return confirm(turn, due) if claimed else [already(due)]
    kind = "claimed" if due.adopted.needs_confirmation and not is_coordinator else "submitted"
    if not _enter(turn, due, kind):
        return [already(due)]
    if kind == "claimed":
        told = _ask_coordinators(turn, due)
        return [Reply(render("reminders/claimed", due=due, told=told))]
    return [Reply(render("reminders/submitted", due=due, late=turn.today > due.occurrence.last_day))]


def already(due: Due) -> Reply:
    """Tell that an item is settled already, or waits for the coordinator."""
    return Reply(render("reminders/already", due=due, state=due.state(due.occurrence.last_day)))


def confirm(turn: Turn, due: Due) -> list[Reply]:
    """Let a claim count, and tell the unit."""
    if not coordinates(turn, due.adopted.area_id):
        return [Reply(render("reminders/not_allowed"))]
    if not reminders.confirm(turn.db, _items(turn, due), person_id=turn.person.id, now=turn.now):
        return [already(due)] if due.entered is not None else [Reply(render("reminders/nothing_claimed", due=due))]
    _tell(turn, due, "reminders/confirmed")
    return [Reply(render("reminders/confirmed", due=due))]


def deny(turn: Turn, due: Due) -> list[Reply]:
    """Take a claim back, so that reminders go on, and tell the unit."""
    if not coordinates(turn, due.adopted.area_id):
        return [Reply(render("reminders/not_allowed"))]
    if not reminders.withdraw(turn.db, _items(turn, due), "claimed"):
        return [already(due)] if due.entered is not None else [Reply(render("reminders/nothing_claimed", due=due))]
    _tell(turn, due, "reminders/denied")
    return [Reply(render("reminders/denied_coordinator", due=due))]


def waive(turn: Turn, due: Due) -> list[Reply]:
    """Let a unit off for one period."""
    if not coordinates(turn, due.adopted.area_id):
        return [Reply(render("reminders/not_allowed"))]
    if due.entered is not None or not _enter(turn, due, "waived"):
        return [already(due)]
    back = ((Button("Bỏ miễn", f"due.unwaive:{key_of(due)}"),),)
    return [Reply(render("reminders/waived", due=due), back)]


def unwaive(turn: Turn, due: Due) -> list[Reply]:
    """Make a unit owe a period again."""
    if not coordinates(turn, due.adopted.area_id):
        return [Reply(render("reminders/not_allowed"))]
    if not reminders.withdraw(turn.db, _items(turn, due), "waived"):
        return [Reply(render("common/old_button"))]
    return [Reply(render("reminders/unwaived", due=due))]


def _enter(turn: Turn, due: Due, kind: str) -> bool:
    """Note an item as settled and drop the reminders of it that wait; False if somebody was faster."""
    units = [item.team_id for item in _items(turn, due)]
    new = reminders.enter(turn.db, due.item, units, kind=kind, person_id=turn.person.id, now=turn.now)
    if new:
        outbox.drop_submitted(turn.db, due.item.adopted_id, due.item.period, units, turn.now)
    return new


def _items(turn: Turn, due: Due) -> list[Item]:
    """Return the item, or where one report stands for all those of every unit."""
    if not due.adopted.one_for_all:
        return [due.item]
    return [other.item for other in in_one_period(turn, due.adopted, due.occurrence.period)]


def _ask_coordinators(turn: Turn, due: Due) -> int:
    """Ask the area's coordinators whether they have got the report; return how many could be asked."""
    key = key_of(due)
    rows = ((Button("Xác nhận", f"due.confirm:{key}"), Button("Chưa nhận được", f"due.deny:{key}")),)
    who = people.label(turn.db, turn.person.id)
    reply = Reply(render("reminders/ask_coordinator", due=due, who=who, day=local_day(turn.now)), rows)
    return _send(turn, people.people_with(turn.db, "coordinator", turn.now, area_id=due.adopted.area_id), reply)


def _tell(turn: Turn, due: Due, template: str) -> None:
    """Tell the unit's leaders, and whoever made the claim, what the coordinator has said."""
    leaders = people.people_with(turn.db, "leader", turn.now, team_id=due.team.id)
    claimant = [] if due.entered is None or due.entered.person_id is None else [due.entered.person_id]
    _send(turn, dict.fromkeys([*claimant, *leaders]), Reply(render(template, due=due)))


def _send(turn: Turn, person_ids: Iterable[int], reply: Reply) -> int:
    sent = [
        turn.send(
            person_id,
            reply,
            kind="reminder",
            not_before=after_quiet_hours(turn.now, turn.rules),
            useful_until=turn.now + _USEFUL,
        )
        for person_id in person_ids
        if person_id != turn.person.id
    ]
    return sum(message is not None for message in sent)
