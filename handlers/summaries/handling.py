"""Handles summaries: on demand in chat, and each Monday morning to every coordinator."""

from __future__ import annotations

from datetime import date, time, timedelta

from db import areas, people
from handlers.message import Button, Incoming, Reply
from handlers.reminders.planning import in_quiet_hours
from handlers.rendering import render
from handlers.summaries.week import Summary, gather, last_week, quarter, this_week
from handlers.turn import COORDINATING, Turn

_MONDAY, _WEDNESDAY = 0, 2
_SHOWN_QUESTIONS = 10
_UNANSWERED = Button("Câu chưa trả lời", "kb.list")


def weekly(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the running week."""
    return _show(turn, *this_week(turn.today), title="Tuần này, tính đến hôm nay")


def period(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the running quarter: the figures that a periodic report asks for."""
    start, end = quarter(turn.today)
    return _show(turn, start, end, title=f"Số liệu quý {(start.month + 2) // 3}/{start.year}, tính đến hôm nay")


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `week`, `last`, `quarter`."""
    if rest == "last":
        return _show(turn, *last_week(turn.today), title="Tuần trước")
    if rest == "quarter":
        return period(incoming, turn)
    return weekly(incoming, turn) if rest == "week" else [Reply(render("common/old_button"))]


def send_weekly(turn: Turn) -> list[int]:
    """Queue last week's summary for each coordinator and area, once; return the queued messages' ids.

    Sent from Monday at the reminder time until Wednesday evening; later it is no longer useful.
    """
    local = turn.now.astimezone(turn.local(turn.today, time()).tzinfo)
    monday = turn.today - timedelta(days=turn.today.weekday())
    until = turn.local(monday + timedelta(days=_WEDNESDAY), turn.rules.quiet_from)
    if local < turn.local(monday, turn.rules.reminder_time) or local >= until or in_quiet_hours(turn.now, turn.rules):
        return []
    start, end = last_week(turn.today)
    queued = []
    for area in areas.areas(turn.db):
        if area.kind != "commune":
            continue
        recipients = people.people_with(turn.db, "coordinator", turn.now, area_id=area.id)
        listeners = [person for person in recipients if not people.person_info(turn.db, person, turn.now).muted]
        if not listeners:
            continue
        text = text_of(gather(turn, area, start, end), turn, "Bản tin tuần")
        for person_id in listeners:
            key = f"summary:{start.isoformat()}:{area.id}:{person_id}"
            buttons = ((Button("Số liệu quý", "sum.quarter"), Button("Hạn báo cáo", "due.list")), (_UNANSWERED,))
            outbox_id = turn.send(person_id, Reply(text, buttons), kind="summary", key=key, useful_until=until)
            if outbox_id is not None:
                queued.append(outbox_id)
    return queued


def text_of(summary: Summary, turn: Turn, title: str) -> str:
    """Word a summary."""
    return render(
        "summaries/week",
        title=title,
        summary=summary,
        topics=turn.answerer.knowledge.topics,
        today=turn.today,
        shown=_SHOWN_QUESTIONS,
        demo=people.has_demo_data(turn.db),
    )


def _show(turn: Turn, start: date, end: date, *, title: str) -> list[Reply]:
    if not turn.has_role(*COORDINATING):
        return [Reply(render("summaries/coordinators_only"))]
    chosen: list[areas.AreaInfo | None] = [*turn.coordinated_areas()]
    buttons = ((Button("Tuần trước", "sum.last"), Button("Số liệu quý", "sum.quarter")), (_UNANSWERED,))
    replies = [Reply(text_of(gather(turn, area, start, end), turn, title)) for area in chosen or [None]]
    return [*replies[:-1], Reply(replies[-1].text, buttons)]
