"""Gathers the numbers of a span for an area: what a weekly summary and a period report say; it words nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from db import areas, assistance
from db.assistance import Totals
from db.questions import Seen
from handlers.assistance.changes import Corrected, corrections
from handlers.questions.lessons import Waiting, seen_in, waiting
from handlers.reminders.items import Due, dues
from handlers.rendering import ZONE
from handlers.requests.figures import RequestFigures, count
from handlers.turn import Turn

_DEADLINES_AHEAD = timedelta(days=14)


@dataclass(frozen=True)
class Summary:
    """The numbers of a span.

    Attributes:
        area: None for everything.
        before: The same for the span before, from `before_start` to `before_end`.
        silent: Teams without a session, by name.
        unanswered: Questions of the span that still wait for an answer, those asked most first.
        ahead: Items whose last day lies in the 14 days after `today`, grouped by rule and period.
        overdue: Items past their last day and not handed in.
        requests: What became of citizens' requests for help.
        corrections: What was changed in the span after its report had been handed in, oldest first.
        outdated: Titles of the entries that are past their time or were not checked for too long.
    """

    area: areas.AreaInfo | None
    start: date
    end: date
    totals: Totals
    before_start: date
    before_end: date
    before: Totals
    teams: tuple[areas.TeamInfo, ...]
    silent: tuple[str, ...]
    unanswered: tuple[Waiting, ...]
    ahead: tuple[tuple[Due, ...], ...]
    overdue: tuple[Due, ...]
    outdated: tuple[str, ...]
    corrections: tuple[Corrected, ...]
    requests: RequestFigures


def gather(turn: Turn, area: areas.AreaInfo | None, start: date, end: date) -> Summary:
    """Gather the numbers of a span of days, both ends included."""
    area_id = None if area is None else area.id
    teams = areas.teams(turn.db, area_id)
    # A week or part of one is set beside the same days of the week before, a longer span beside the span just before.
    back = max((end - start) + timedelta(days=1), timedelta(weeks=1))
    totals = assistance.totals(turn.db, area_id, start, end)
    area_ids = None if area_id is None else [area_id]
    ahead: dict[tuple[int, str], list[Due]] = {}
    for due in dues(turn, turn.today, turn.today + _DEADLINES_AHEAD, area_ids=area_ids):
        ahead.setdefault((due.adopted.id, due.occurrence.period), []).append(due)
    past = dues(turn, turn.today - timedelta(days=60), turn.today - timedelta(days=1), area_ids=area_ids)
    seen = Seen(None) if area_id is None else seen_in(turn, [area_id])
    return Summary(
        area=area,
        start=start,
        end=end,
        totals=totals,
        before_start=start - back,
        before_end=end - back,
        before=assistance.totals(turn.db, area_id, start - back, end - back),
        teams=tuple(teams),
        silent=tuple(team.name for team in teams if team.id not in totals.by_team),
        unanswered=tuple(waiting(turn.db, seen, start=_midnight(start), end=_midnight(end + timedelta(days=1)))),
        requests=count(turn, area_id, _midnight(start), _midnight(end + timedelta(days=1))),
        corrections=corrections(turn, area_id, _midnight(start), _midnight(end + timedelta(days=1))),
        ahead=tuple(tuple(group) for group in ahead.values()),
        overdue=tuple(due for due in past if due.entered is None),
        outdated=tuple(
            entry.title
            for entry in turn.answerer.knowledge.entries.values()
            if entry.is_expired(turn.today) or entry.is_stale(turn.today)
        ),
    )


def last_week(today: date) -> tuple[date, date]:
    """Return Monday and Sunday of the last complete week."""
    monday = today - timedelta(days=today.weekday() + 7)
    return monday, monday + timedelta(days=6)


def this_week(today: date) -> tuple[date, date]:
    """Return Monday of the running week, and today."""
    return today - timedelta(days=today.weekday()), today


def quarter(today: date) -> tuple[date, date]:
    """Return the first day of the running quarter, and today."""
    return date(today.year, 3 * ((today.month - 1) // 3) + 1, 1), today


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZONE)
