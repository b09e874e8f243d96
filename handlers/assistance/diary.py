"""Shows the log: one's own entries, the team's or the area's, by week and month with totals; it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from db import areas, assistance, people
from db.assistance import Logged, Tally, Whose
from handlers.assistance import rights
from handlers.assistance.answers import number_in
from handlers.message import Button, Reply, Rows
from handlers.rendering import render
from handlers.turn import Turn
from knowledge.vietnamese import fold

_A_PAGE = 8
_A_ROW = 4
_RECENT = timedelta(weeks=3)
"""Before this week's Monday; so much is shown where nothing else is asked for."""
_SPANS = (("week", "Tuần này"), ("month", "Tháng này"), ("last", "Tháng trước"))
_EDIT = re.compile(r"sua (?:buoi )?(?:so )?(\d{1,3})")


@dataclass(frozen=True)
class Week:
    """The shown entries of one week, and its totals within the span."""

    monday: date
    tally: Tally
    entries: tuple[tuple[int, Logged, str], ...]
    """Number in the list, entry, and the name of who helped."""


def show(turn: Turn, arguments: str = "") -> list[Reply]:
    """Show a page of the log.

    Args:
        arguments: `<span>:<whose>:<page>`: recent, week, month or last; own, team or area; from 0.
    """
    if not rights.may_log(turn):
        return [Reply(render("assistance/members_only"))]
    span, _, rest = (arguments or "recent:own:0").partition(":")
    scope, _, page = rest.partition(":")
    whose, number = _whose(turn).get(scope), number_in(page)
    if whose is None or span not in {"recent", *dict(_SPANS)} or not 0 <= number < 1000:
        return [Reply(render("common/old_button"))]
    return [_page(turn, span, scope, whose, number)]


def number_to_edit(text: str) -> int | None:
    """Return the number in "sửa 2", None for other texts."""
    said = _EDIT.fullmatch(fold(text).strip(" .!"))
    return None if said is None else int(said[1])


def numbered(turn: Turn, number: int) -> Logged | None:
    """Return an entry by its number in one's own diary as it is shown first, None if there are not so many."""
    start, end = _days("recent", turn.today)
    whose = Whose(person_id=turn.person.id)
    found = assistance.entries(turn.db, whose, start, end, limit=1, offset=number - 1) if number > 0 else []
    return found[0] if found else None


def _page(turn: Turn, span: str, scope: str, whose: Whose, page: int) -> Reply:
    start, end = _days(span, turn.today)
    entries = assistance.entries(turn.db, whose, start, end, limit=_A_PAGE, offset=page * _A_PAGE)
    days = assistance.by_day(turn.db, whose, min(start, _monday(turn.today), turn.today.replace(day=1)), turn.today)
    total = _sum(days, start, end)
    text = render(
        "assistance/diary",
        scope=scope,
        span=span,
        start=start,
        end=end,
        total=total,
        this_week=_sum(days, _monday(turn.today), turn.today),
        this_month=_sum(days, turn.today.replace(day=1), turn.today),
        weeks=_weeks(turn, entries, days, start, end, first=page * _A_PAGE + 1),
        own_id=turn.person.id,
        page=page + 1,
        pages=-(-total.sessions // _A_PAGE),
        topics=turn.answerer.knowledge.topics,
    )
    mine = [
        Button(f"Sửa {number}", f"log.open:{entry.id}")
        for number, entry in enumerate(entries, start=page * _A_PAGE + 1)
        if rights.may_change(turn, entry)
    ]
    edits: Rows = tuple(tuple(mine[first : first + _A_ROW]) for first in range(0, len(mine), _A_ROW))
    more = total.sessions > (page + 1) * _A_PAGE
    return Reply(text, (*edits, *_navigation(turn, span, scope, page, more=more)))


def _navigation(turn: Turn, span: str, scope: str, page: int, *, more: bool) -> Rows:
    """Return the buttons that lead to other pages, spans and persons."""
    turning = (
        *([Button("Trang trước", f"log.diary:{span}:{scope}:{page - 1}")] if page else []),
        *([Button("Trang sau", f"log.diary:{span}:{scope}:{page + 1}")] if more else []),
    )
    labels = {"own": "Của tôi", "team": "Cả tổ", "area": "Cả địa bàn"}
    others = tuple(Button(labels[other], f"log.diary:{span}:{other}:0") for other in _whose(turn) if other != scope)
    spans = tuple(Button(label, f"log.diary:{other}:{scope}:0") for other, label in _SPANS if other != span)
    begin = (Button("Ghi buổi hỗ trợ", "log.begin"),)
    return tuple(row for row in (turning, spans, others, begin) if row)


def _whose(turn: Turn) -> dict[str, Whose]:
    """Return whose entries the person may see: everybody their own, leaders the team's, coordinators the area's."""
    found = {"own": Whose(person_id=turn.person.id)}
    if teams := rights.led_teams(turn):
        found["team"] = Whose(team_ids=teams)
    if coordinated := [area.id for area in turn.coordinated_areas()]:
        # What was written in an area that was merged into one of these since is theirs too.
        found["area"] = Whose(area_ids=tuple(areas.descendants(turn.db, coordinated)))
    return found


def _weeks(
    turn: Turn, entries: list[Logged], days: Mapping[date, Tally], start: date, end: date, *, first: int
) -> list[Week]:
    found: dict[date, list[tuple[int, Logged, str]]] = {}
    for number, entry in enumerate(entries, start=first):
        helper = people.label(turn.db, entry.person_id)
        found.setdefault(_monday(entry.held_on), []).append((number, entry, helper))
    return [
        Week(monday, _sum(days, max(monday, start), min(monday + timedelta(days=6), end)), tuple(listed))
        for monday, listed in found.items()
    ]


def _days(span: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a span."""
    if span == "week":
        return _monday(today), today
    if span == "month":
        return today.replace(day=1), today
    if span == "last":
        end = today.replace(day=1) - timedelta(days=1)
        return end.replace(day=1), end
    return _monday(today) - _RECENT, today


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _sum(days: Mapping[date, Tally], start: date, end: date) -> Tally:
    return sum((tally for day, tally in days.items() if start <= day <= end), Tally())
