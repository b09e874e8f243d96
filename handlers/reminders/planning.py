"""When which step of a reminder goes to whom: pure calendar arithmetic; it sends nothing and knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.deadlines import Occurrence

LATE_TO_TEAM = 1
"""Days after the last day on which the team is told that it is late."""
LATE_TO_COORDINATOR = 2
"""Days after the last day on which the coordinator is told."""
LAST_STEP_USEFUL = timedelta(days=14)


POSTPONED = "again "
"""How the name of a step begins that somebody asked to have on another day."""


@dataclass(frozen=True)
class Step:
    """One step of an occurrence for one kind of recipient.

    Attributes:
        name: "d7" for seven days before the advised day, "d0" for the day itself, "late1", "late2".
        at: When it is sent at the earliest, aware.
        useful_until: When it is no longer worth sending, aware.
    """

    name: str
    at: datetime
    useful_until: datetime


def team_steps(occurrence: Occurrence, rules: Rules) -> list[Step]:
    """Return the steps to those who must submit, in order of time (design, section 4)."""
    days = [
        (f"d{before}", occurrence.advised_day - timedelta(days=before))
        for before in sorted(rules.steps_before, reverse=True)
    ]
    days.append((f"late{LATE_TO_TEAM}", occurrence.last_day + timedelta(days=LATE_TO_TEAM)))
    return _steps(days, occurrence, rules)


def coordinator_steps(occurrence: Occurrence, rules: Rules) -> list[Step]:
    """Return the steps to the coordinator."""
    days = [(f"late{LATE_TO_COORDINATOR}", occurrence.last_day + timedelta(days=LATE_TO_COORDINATOR))]
    return _steps(days, occurrence, rules)


def _steps(days: list[tuple[str, date]], occurrence: Occurrence, rules: Rules) -> list[Step]:
    steps = []
    for (name, day), following in zip(days, [*days[1:], None], strict=True):
        if name == "d0":
            until = _local(day, rules.quiet_from)
        elif following is not None:
            until = _local(following[1], rules.reminder_time)
        else:
            until = _local(day, rules.reminder_time) + LAST_STEP_USEFUL
        steps.append(Step(name, _local(day, rules.reminder_time), until))
    return steps


def postponed_to(day: date) -> str:
    """Return the name of a step put off to a day."""
    return f"{POSTPONED}{day.isoformat()}"


def postponed_step(name: str, rules: Rules) -> Step:
    """Return the step with that name: from the reminder time of its day until quiet hours."""
    day = date.fromisoformat(name.removeprefix(POSTPONED))
    return Step(name, _local(day, rules.reminder_time), _local(day, rules.quiet_from))


def newest_due(steps: Iterable[Step], now: datetime) -> tuple[Step | None, list[Step]]:
    """Return the newest step that is due and still useful, and the earlier ones that are not sent any more."""
    begun = [step for step in steps if step.at <= now]
    if not begun:
        return None, []
    newest = begun[-1]
    if now < newest.useful_until:
        return newest, begun[:-1]
    return None, begun


def in_quiet_hours(now: datetime, rules: Rules) -> bool:
    """Tell whether nothing may be sent unasked at this time of the day."""
    at = now.astimezone(ZONE).time()
    if rules.quiet_from <= rules.quiet_to:
        return rules.quiet_from <= at < rules.quiet_to
    return at >= rules.quiet_from or at < rules.quiet_to


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=ZONE)
