"""When which step of a reminder goes to whom: pure calendar arithmetic; it sends nothing and knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.deadlines import Every, Occurrence, Rhythm

LATE_TO_TEAM = 1
"""Days after the last day on which the team is told that it is late."""
LATE_TO_COORDINATOR = 2
"""Days after the last day on which the coordinator is told."""
LAST_STEP_USEFUL = timedelta(days=14)
_BEFORE_WEEKLY = 1
"""Earlier steps of a weekly deadline would fall into the week before, and nobody reads four messages a week."""


_POSTPONED = "again "
"""How the name of a step begins that somebody asked to have on another day."""
_NUDGE = "nudge "
"""How the name of a step begins that a coordinator has asked for."""


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


def steps_before(rhythm: Rhythm, rules: Rules) -> list[int]:
    """Return how many days before the advised day those who must submit are reminded, the earliest first."""
    most = _BEFORE_WEEKLY if rhythm.every is Every.WEEK else max(rules.steps_before, default=0)
    return sorted({before for before in rules.steps_before if before <= most}, reverse=True)


def team_steps(occurrence: Occurrence, rules: Rules) -> list[Step]:
    """Return the steps to those who must submit, in order of time (design, section 4)."""
    days = [
        (f"d{before}", occurrence.advised_day - timedelta(days=before))
        for before in steps_before(occurrence.rule.rhythm, rules)
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
            until = _next_quiet_hours(_local(day, rules.reminder_time), rules)
        elif following is not None:
            until = _local(following[1], rules.reminder_time)
        else:
            until = _local(day, rules.reminder_time) + LAST_STEP_USEFUL
        steps.append(Step(name, _local(day, rules.reminder_time), until))
    return steps


def postponed_to(day: date) -> str:
    """Return the name of a step put off to a day."""
    return f"{_POSTPONED}{day.isoformat()}"


def nudge_name(day: date) -> str:
    """Return the name of the step of a nudge that is sent on a day."""
    return f"{_NUDGE}{day.isoformat()}"


def nudge_step(now: datetime, rules: Rules) -> Step:
    """Return the step of a coordinator's nudge, at once or after the quiet hours: there is one a day."""
    at = after_quiet_hours(now, rules)
    return Step(nudge_name(at.astimezone(ZONE).date()), at, _next_quiet_hours(at, rules))


def postponed_step(name: str, rules: Rules) -> Step:
    """Return the step with that name: from the reminder time of its day until quiet hours."""
    day = date.fromisoformat(name.removeprefix(_POSTPONED))
    at = _local(day, rules.reminder_time)
    return Step(name, at, _next_quiet_hours(at, rules))


def newest_due(steps: Iterable[Step], now: datetime) -> tuple[Step | None, list[Step]]:
    """Return the newest step that is due and still useful, and the earlier ones that are not sent any more."""
    begun = [step for step in steps if step.at <= now]
    if not begun:
        return None, []
    newest = begun[-1]
    if now < newest.useful_until:
        return newest, begun[:-1]
    return None, begun


def can_wait(steps: Iterable[Step], occurrence: Occurrence, today: date, rules: Rules) -> bool:
    """Tell whether nothing is lost if what is due now is told tomorrow: by itself, or by the step that follows it."""
    tomorrow = today + timedelta(days=1)
    newest, _ = newest_due(steps, _local(tomorrow, rules.reminder_time))
    is_last_chance = today <= occurrence.last_day < tomorrow
    return newest is not None and not is_last_chance


def in_quiet_hours(now: datetime, rules: Rules) -> bool:
    """Tell whether nothing may be sent unasked at this time of the day."""
    return is_within(now.astimezone(ZONE).time(), rules.quiet_from, rules.quiet_to)


def has_begun(now: datetime, rules: Rules) -> bool:
    """Tell whether the day's time for what is sent at the reminder time has come, and not gone into the night."""
    return now.astimezone(ZONE).time() >= rules.reminder_time and not in_quiet_hours(now, rules)


def is_within(at: time, begin: time, end: time) -> bool:
    """Tell whether a time of the day lies in a span, which may go over midnight."""
    if begin <= end:
        return begin <= at < end
    return at >= begin or at < end


def after_quiet_hours(now: datetime, rules: Rules) -> datetime:
    """Return `now`, or the end of the quiet hours it lies in."""
    if not in_quiet_hours(now, rules):
        return now
    today = now.astimezone(ZONE).date()
    ends = _local(today, rules.quiet_to)
    return ends if ends > now else _local(today + timedelta(days=1), rules.quiet_to)


def _next_quiet_hours(moment: datetime, rules: Rules) -> datetime:
    """Return when the next quiet hours after a moment begin."""
    day = moment.astimezone(ZONE).date()
    begin = _local(day, rules.quiet_from)
    return begin if begin > moment else _local(day + timedelta(days=1), rules.quiet_from)


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=ZONE)
