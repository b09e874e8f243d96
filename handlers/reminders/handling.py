"""Handles deadlines in conversation: the list, adopting a plan's rule, *Đã nộp*, *Nhắc lại sau*, *Xem căn cứ*."""

from __future__ import annotations

from datetime import timedelta

from db import outbox, people, reminders
from db.reminders import Item
from handlers.message import Button, Incoming, Reply, Rows
from handlers.questions.wording import document_title
from handlers.reminders.items import Due, dues, rule_of
from handlers.reminders.planning import postponed_to
from handlers.reminders.tick import buttons_for
from handlers.rendering import render
from handlers.turn import COORDINATING, LOGGING, Turn
from knowledge.schema import Plan

_AHEAD = timedelta(days=90)
_BEHIND = timedelta(days=30)
_SHOWN_PROPOSALS = 6


def show(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the deadlines that concern the person."""
    if turn.has_role(*COORDINATING):
        return _board(turn)
    if turn.has_role(*LOGGING):
        return _own(turn)
    return [Reply(render("reminders/not_for_citizens"))]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `list`, `adopt:rule:area`, and `submitted|later|basis:adopted:period:team`."""
    what, _, arguments = rest.partition(":")
    if what == "list":
        return show(incoming, turn)
    if what == "adopt":
        return _adopt(turn, arguments)
    due = _find(turn, arguments)
    if due is None:
        return [Reply(render("common/old_button"))]
    if what == "submitted":
        return _submitted(turn, due)
    if what == "later":
        return _later(turn, due)
    if what == "basis":
        return [_basis(due)]
    return [Reply(render("common/old_button"))]


def _own(turn: Turn) -> list[Reply]:
    mine = [due for due in _span(turn) if due.team.id in turn.team_ids()]
    open_dues = [due for due in mine if due.submitted_at is None]
    text = render("reminders/own", dues=mine, today=turn.today)
    return [Reply(text, buttons_for(open_dues[:3], named=len(open_dues) > 1))]


def _board(turn: Turn) -> list[Reply]:
    """Show a coordinator who has handed in and who has not, and the rules that could be adopted."""
    areas = turn.coordinated_areas()
    by_item: dict[tuple[int, str], list[Due]] = {}
    for due in _span(turn, [area.id for area in areas]):
        by_item.setdefault((due.adopted.id, due.occurrence.period), []).append(due)
    proposals = [(area, rule) for area in areas for rule in _proposals(turn, area)]
    text = render(
        "reminders/board",
        groups=list(by_item.values()),
        today=turn.today,
        proposals=proposals,
        areas=areas,
        adopted=len(reminders.adopted(turn.db, [area.id for area in areas])),
    )
    rows: Rows = tuple(
        (Button(f"Áp dụng: {_rule_label(turn, rule)}"[:60], f"due.adopt:{area.id}:{rule}"),)
        for area, rule in proposals[:_SHOWN_PROPOSALS]
    )
    return [Reply(text, rows)]


def _proposals(turn: Turn, area: people.AreaInfo) -> list[str]:
    """Return the rules that an area could adopt: its own plan's, else those of every plan that reach the teams."""
    taken = {rule.rule for rule in reminders.adopted(turn.db, [area.id])}
    plans = turn.answerer.knowledge.plans
    own = [plans[area.plan]] if area.plan is not None and area.plan in plans else list(plans.values())
    return [
        f"{plan.document.id}/{rule.id}"
        for plan in own
        for rule in plan.deadlines
        if rule.every is not None and rule.day is not None and rule.for_teams
        if f"{plan.document.id}/{rule.id}" not in taken
    ]


def _adopt(turn: Turn, arguments: str) -> list[Reply]:
    """Put a rule in force for an area that the person coordinates."""
    number, _, rule = arguments.partition(":")
    area = next((area for area in turn.coordinated_areas() if str(area.id) == number), None)
    known = rule_of(turn, rule)
    if area is None or known is None:
        return [Reply(render("reminders/not_allowed"))]
    reminders.adopt(turn.db, area.id, rule, person_id=turn.person.id, now=turn.now)
    text = render(
        "reminders/adopted",
        area=area,
        rule=known[1],
        plan=known[0].document,
        teams=people.teams(turn.db, area.id),
    )
    return [Reply(text, ((Button("Hạn báo cáo", "due.list"),),))]


def _submitted(turn: Turn, due: Due) -> list[Reply]:
    if not _concerns(turn, due):
        return [Reply(render("reminders/not_allowed"))]
    new = reminders.submit(turn.db, due.item, person_id=turn.person.id, now=turn.now)
    outbox.drop_submitted(turn.db, due.item.adopted_id, due.item.period, due.item.team_id, turn.now)
    late = turn.today > due.occurrence.last_day
    return [Reply(render("reminders/submitted", due=due, new=new, late=late))]


def _later(turn: Turn, due: Due) -> list[Reply]:
    """Remind again on the next day at the usual hour, unless it is handed in by then."""
    if not _concerns(turn, due):
        return [Reply(render("reminders/not_allowed"))]
    if due.submitted_at is not None:
        return [Reply(render("reminders/submitted", due=due, new=False, late=False))]
    tomorrow = turn.today + timedelta(days=1)
    reminders.claim_step(turn.db, due.item, turn.person.id, postponed_to(tomorrow), now=turn.now)
    return [Reply(render("reminders/later", at=turn.local(tomorrow, turn.rules.reminder_time)))]


def _basis(due: Due) -> Reply:
    document = due.occurrence.plan.document
    title = document_title(document.title, document.issuer, document.year)
    return Reply(render("reminders/basis", due=due, plan=document, title=title, rule=due.occurrence.deadline))


def _find(turn: Turn, arguments: str) -> Due | None:
    """Return the item that a button names, if it exists and belongs to today's world."""
    parts = arguments.split(":")
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[2].isdecimal()):
        return None
    wanted = Item(int(parts[0]), parts[1], int(parts[2]))
    span = dues(turn, turn.today - timedelta(days=400), turn.today + timedelta(days=400))
    return next((due for due in span if due.item == wanted), None)


def _concerns(turn: Turn, due: Due) -> bool:
    """Tell whether the person may speak for the item: of the team, or coordinating its area."""
    return due.team.id in turn.team_ids() or any(area.id == due.adopted.area_id for area in turn.coordinated_areas())


def _span(turn: Turn, area_ids: list[int] | None = None) -> list[Due]:
    return dues(turn, turn.today - _BEHIND, turn.today + _AHEAD, area_ids=area_ids)


def _rule_label(turn: Turn, rule: str) -> str:
    known = rule_of(turn, rule)
    if known is None:
        return rule
    plan: Plan = known[0]
    return f"{known[1].when} ({plan.document.place})"
