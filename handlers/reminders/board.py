"""The coordinator's board: who has handed in and who has not, each unit's state, and nudging those who have not."""

from __future__ import annotations

from datetime import time, timedelta

from db import areas, people, reminders
from handlers.message import Button, Reply, Rows
from handlers.reminders import adopting, tick
from handlers.reminders.items import (
    Due,
    coordinates,
    dues,
    find_adopted,
    in_one_period,
    key_of,
    local_day,
    near,
    number,
)
from handlers.reminders.planning import nudge_step
from handlers.rendering import period_name, render
from handlers.turn import Turn

AHEAD = timedelta(days=90)
BEHIND = timedelta(days=30)
AS_FILE = Button("Tệp lịch", "due.file")
"""The button under a list of deadlines that gives them as a calendar file."""
_SHOWN_AREAS = 3
"""With more areas than this the board begins with a list of them."""
_LISTED_AREAS = 20
_SHOWN_ITEMS = 4
_SHOWN_NAMES = 15
_PAGE = 10
_LABEL = 60


def show(turn: Turn) -> list[Reply]:
    """Show the board of each area that the person coordinates, or the list of areas if there are many."""
    coordinated = turn.coordinated_areas()
    if not coordinated:
        return [Reply(render("reminders/no_area"))]
    if len(coordinated) <= _SHOWN_AREAS:
        return [_board(turn, area) for area in coordinated]
    found = dues(turn, turn.today - BEHIND, turn.today + AHEAD, area_ids=[area.id for area in coordinated])
    overdue = {area.id: 0 for area in coordinated}
    for due in found:
        overdue[due.adopted.area_id] += due.state(turn.today) == "overdue"
    listed = sorted(coordinated, key=lambda area: (-overdue[area.id], area.name))
    text = render("reminders/areas", areas=listed, overdue=overdue, shown=_LISTED_AREAS)
    rows = tuple((Button(area.name[:_LABEL], f"due.area:{area.id}"),) for area in listed[:_LISTED_AREAS])
    return [Reply(text, rows)]


def show_area(turn: Turn, arguments: str) -> list[Reply]:
    """Show the board of one area."""
    area = next((area for area in turn.coordinated_areas() if area.id == number(arguments)), None)
    return [Reply(render("reminders/not_allowed"))] if area is None else [_board(turn, area)]


def _board(turn: Turn, area: areas.AreaInfo) -> Reply:
    found = dues(turn, turn.today - BEHIND, turn.today + AHEAD, area_ids=[area.id])
    groups = near(found, turn.today)
    proposals = adopting.proposals(turn, area)
    adopted = reminders.adopted(turn.db, [area.id])
    text = render(
        "reminders/board",
        area=area,
        groups=groups,
        today=turn.today,
        shown=_SHOWN_NAMES,
        proposals=proposals,
        adopted=len(adopted),
        has_units=any(areas.teams(turn.db, area.id, (rule.unit_kind,)) for rule in adopted),
    )
    open_groups = [group for group in groups if any(due.entered is None for due in group)]
    rows: list[tuple[Button, ...]] = []
    for group in open_groups[:_SHOWN_ITEMS]:
        item = f"{group[0].adopted.id}:{group[0].occurrence.period}"
        name = _named(group, open_groups)
        rows.append(
            (Button(f"Nhắc chưa nộp{name}", f"due.nudge:{item}"), Button(f"Chi tiết{name}", f"due.item:{item}"))
        )
    rows += [(Button(f"Áp dụng: {adopting.label(rule)}"[:_LABEL], adopting.action(area, rule)),) for rule in proposals]
    changing = (Button("Sửa hạn", f"due.rules:{area.id}"), AS_FILE) if adopted else ()
    rows.append((Button("Đặt hạn riêng", "own.new"), *changing))
    return Reply(text, tuple(rows))


def _named(group: list[Due], groups: list[list[Due]]) -> str:
    """Return what tells one item's buttons from the others': nothing, its period, or its report as well."""
    if len(groups) == 1:
        return ""
    first = group[0]
    same = sum(other[0].occurrence.period == first.occurrence.period for other in groups)
    what = f" {first.occurrence.rule.what[:20].strip()}" if same > 1 else ""
    return f" {period_name(first.occurrence.period)}{what}"


def show_item(turn: Turn, arguments: str) -> list[Reply]:
    """Show the units of one period, those first that have not handed in: `adopted:period[:page]`."""
    item, page = _item(turn, arguments)
    if not item:
        return [Reply(render("reminders/not_allowed"))]
    order = {"overdue": 0, "due": 1, "not_due": 1, "claimed": 2}
    units = sorted(item, key=lambda due: (order.get(due.state(turn.today), 3), due.team.id))
    pages = (len(units) + _PAGE - 1) // _PAGE
    page = min(page, pages - 1)
    shown = units[page * _PAGE : (page + 1) * _PAGE]
    key = f"{item[0].adopted.id}:{item[0].occurrence.period}"
    rows: list[tuple[Button, ...]] = [(Button(due.team.name[:_LABEL], f"due.unit:{key_of(due)}"),) for due in shown]
    turning = [
        *((Button("Trang trước", f"due.item:{key}:{page - 1}"),) if page > 0 else ()),
        *((Button("Trang sau", f"due.item:{key}:{page + 1}"),) if page + 1 < pages else ()),
    ]
    rows += [tuple(turning)] if turning else []
    if any(due.entered is None for due in item):
        rows.append((Button("Nhắc những nơi chưa nộp", f"due.nudge:{key}"),))
    text = render("reminders/item", first=item[0], dues=shown, today=turn.today, page=page + 1, pages=pages)
    return [Reply(text, tuple(rows))]


def show_unit(turn: Turn, due: Due) -> list[Reply]:
    """Show one unit's item: its state, who said so and when, and what the coordinator can do."""
    if not coordinates(turn, due.adopted.area_id):
        return [Reply(render("reminders/not_allowed"))]
    entered = due.entered
    who = None if entered is None or entered.person_id is None else people.label(turn.db, entered.person_id)
    day = None if entered is None else local_day(entered.at)
    text = render("reminders/unit", due=due, state=due.state(turn.today), today=turn.today, who=who, day=day)
    back = Button("Quay lại", f"due.item:{due.adopted.id}:{due.occurrence.period}")
    return [Reply(text, (*_what_can_be_done(due), (back,)))]


def _what_can_be_done(due: Due) -> Rows:
    key = key_of(due)
    if due.entered is None:
        return ((Button("Đã nộp", f"due.submitted:{key}"), Button("Miễn kỳ này", f"due.waive:{key}")),)
    if due.entered.kind == "claimed":
        return ((Button("Xác nhận", f"due.confirm:{key}"), Button("Chưa nhận được", f"due.deny:{key}")),)
    if due.entered.kind == "waived":
        return ((Button("Bỏ miễn", f"due.unwaive:{key}"),),)
    return ()


def nudge(turn: Turn, arguments: str) -> list[Reply]:
    """Remind the members of the units that have not handed in, once a day and never at night: `adopted:period`."""
    item, _ = _item(turn, arguments)
    if not item:
        return [Reply(render("reminders/not_allowed"))]
    open_dues = {due.item: due for due in item if due.entered is None}
    if not open_dues:
        return [
            Reply(render("reminders/nudged", first=item[0], open=0, units=0, people=0, told=0, at=None, again=False))
        ]
    step = nudge_step(turn.now, turn.rules)
    adopted, period = item[0].adopted, item[0].occurrence.period
    left = reminders.members_without(turn.db, [adopted.id], period, step.name, turn.now)
    planned = [tick.Planned(open_dues[one.item], one, "team", step) for one in left if one.item in open_dues]
    again = bool(reminders.steps_done(turn.db, [adopted.id], period, [step.name]))
    midnight = turn.local(turn.day_of(step.at), time())
    told = reminders.told_since(turn.db, adopted.id, period, midnight, but=step.name)
    sent = tick.send(turn, planned, template="reminders/nudge", told=told, not_before=step.at)
    text = render(
        "reminders/nudged",
        first=item[0],
        open=len(open_dues),
        units=len({due.team.id for one in sent for due in one.dues}),
        people=len(sent),
        told=sum(one.person_id in told for one in sent),
        at=None if step.at == turn.now else step.at,
        again=again,
    )
    return [Reply(text)]


def _item(turn: Turn, arguments: str) -> tuple[list[Due], int]:
    """Return the units' items of `adopted:period[:page]` and the page; none if the person does not coordinate it."""
    written, _, rest = arguments.partition(":")
    period, _, page = rest.partition(":")
    adopted = find_adopted(turn, written)
    if adopted is None or not coordinates(turn, adopted.area_id):
        return [], 0
    return in_one_period(turn, adopted, period), number(page) or 0
