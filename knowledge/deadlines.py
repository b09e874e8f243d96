"""From a deadline rule to its days in a span: named, last and advised; pure calendar, it knows nobody who reports."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from knowledge.schema import Deadline, Plan, Wording
from knowledge.working_days import WorkingDays

_ONE_DAY = timedelta(days=1)
_ONE_WEEK = timedelta(days=7)


class Every(StrEnum):
    """How often a rule falls due."""

    ONCE = "once"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


MONTHS: Mapping[str, int] = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF: 6, Every.YEAR: 12}
"""How long the period of each rhythm is that is made of months."""


@dataclass(frozen=True)
class Rhythm:
    """When a rule falls due.

    Attributes:
        day: Of the month, the last one where a month has fewer; of the week (1 is Monday) for a weekly rule.
        month: Within the period, from 1; None where the period is a month, a week or a single day.
        on: The named day of what happens once.
    """

    every: Every
    wording: Wording
    day: int | None = None
    month: int | None = None
    on: date | None = None


@dataclass(frozen=True)
class Basis:
    """The record of a plan that a rule rests on."""

    plan: Plan
    deadline: Deadline


@dataclass(frozen=True)
class Rule:
    """What has to be handed in, and when, whoever laid it down.

    Attributes:
        id: `<plan>/<record>`, or `own/<number>` for one that a coordinator has made.
        basis: None for a coordinator's own.
    """

    id: str
    what: str
    rhythm: Rhythm
    basis: Basis | None = None


@dataclass(frozen=True)
class Occurrence:
    """A rule in one period.

    Attributes:
        period: "2026-11", "2026-Q4", "2026-H2", "2026", "2026-W50" (from Monday on), or the day of what happens once.
        named_day: The day that the document, or the coordinator, names.
        last_day: The last day on which handing in is on time; "trước ngày 15" makes it the 14th.
        advised_day: The last working day on or before the last day.
        extrapolated: True after the time the document was made for.
    """

    rule: Rule
    period: str
    named_day: date
    last_day: date
    advised_day: date
    extrapolated: bool


def plan_rule(plan: Plan, deadline: Deadline) -> Rule | None:
    """Return a plan's record as a rule; None if it has no rhythm or no day, because a day is never invented."""
    if deadline.every is None or deadline.day is None:
        return None
    every = Every(deadline.every)
    rhythm = Rhythm(every, deadline.wording, day=deadline.day, month=deadline.month or MONTHS[every])
    return Rule(f"{plan.document.id}/{deadline.id}", deadline.what, rhythm, Basis(plan, deadline))


def rules_of(plans: Iterable[Plan]) -> list[Rule]:
    """Return all rules of some plans that make occurrences."""
    return [rule for plan in plans for deadline in plan.deadlines if (rule := plan_rule(plan, deadline)) is not None]


def occurrences(rules: Iterable[Rule], start: date, end: date, calendar: WorkingDays) -> list[Occurrence]:
    """Return the occurrences of rules whose last day lies in the span, both ends included, by last day."""
    found = [occurrence for rule in rules for occurrence in of_rule(rule, start, end, calendar)]
    return sorted(found, key=lambda item: (item.last_day, item.rule.id))


def of_rule(rule: Rule, start: date, end: date, calendar: WorkingDays) -> Iterator[Occurrence]:
    """Yield the occurrences of one rule whose last day lies in the span, both ends included, by last day."""
    document = rule.basis.plan.document if rule.basis is not None else None
    for period, named in _named_days(rule.rhythm, start, end):
        last = named - _ONE_DAY if rule.rhythm.wording is Wording.BEFORE else named
        if start <= last <= end and (document is None or named.year >= document.year):
            yield Occurrence(
                rule=rule,
                period=period,
                named_day=named,
                last_day=last,
                advised_day=calendar.on_or_before(last),
                extrapolated=document is not None and named > document.period_end,
            )


def in_period(rule: Rule, period: str, calendar: WorkingDays) -> Occurrence | None:
    """Return the occurrence of one period, None if the rule has no such period."""
    year = period[:4]
    if not (year.isascii() and year.isdecimal() and date.min.year + 1 < int(year) < date.max.year - 1):
        return None
    span = date(int(year) - 1, 12, 1), date(int(year) + 1, 1, 31)
    return next((item for item in of_rule(rule, *span, calendar) if item.period == period), None)


def next_occurrence(rule: Rule, today: date, calendar: WorkingDays) -> Occurrence | None:
    """Return the first occurrence whose last day is not before `today`; None for what happened once and is over."""
    return next(iter(upcoming(rule, today, calendar, 1)), None)


def upcoming(rule: Rule, today: date, calendar: WorkingDays, count: int) -> list[Occurrence]:
    """Return the first `count` occurrences whose last day is not before `today`."""
    horizon = today + timedelta(days=366 * (count + 1))
    if rule.rhythm.on is not None:
        horizon = max(horizon, rule.rhythm.on)
    return sorted(of_rule(rule, today, horizon, calendar), key=lambda item: item.last_day)[:count]


def _named_days(rhythm: Rhythm, start: date, end: date) -> Iterator[tuple[str, date]]:
    """Yield each period with its named day; a little more than the span holds, for a last day is earlier."""
    if rhythm.every is Every.ONCE:
        if rhythm.on is not None:
            yield rhythm.on.isoformat(), rhythm.on
        return
    if rhythm.day is None:
        return
    if rhythm.every is Every.WEEK:
        monday = start - timedelta(days=start.weekday())
        while monday <= end + _ONE_WEEK:
            year, week, _ = monday.isocalendar()
            yield f"{year}-W{week:02d}", monday + timedelta(days=rhythm.day - 1)
            monday += _ONE_WEEK
        return
    length = MONTHS[rhythm.every]
    # A year more at each end: a last day may lie in another month than the named day.
    for year in range(start.year - 1, end.year + 2):
        for number in range(12 // length):
            month = number * length + (rhythm.month or length)
            yield _label(rhythm.every, year, number), date(year, month, min(rhythm.day, monthrange(year, month)[1]))


def _label(every: Every, year: int, number: int) -> str:
    if every is Every.YEAR:
        return str(year)
    if every is Every.MONTH:
        return f"{year}-{number + 1:02d}"
    return f"{year}-{'Q' if every is Every.QUARTER else 'H'}{number + 1}"
