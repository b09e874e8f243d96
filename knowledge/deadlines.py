"""From a deadline rule to its days in a span: named, last and advised; pure calendar, it knows nobody who reports."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.schema import Deadline, Plan, Wording
from knowledge.working_days import WorkingDays

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
"""How long the period of each rhythm is."""


@dataclass(frozen=True)
class Occurrence:
    """A rule in one period.

    Attributes:
        rule: `<plan>/<record>`.
        period: "2026-11", "2026-Q4", "2026-H2" or "2026".
        named_day: The day that the document names.
        last_day: The last day on which handing in is on time; "trước ngày 15" makes it the 14th.
        advised_day: The last working day on or before the last day.
        extrapolated: True after the time the document was made for.
    """

    rule: str
    plan: Plan
    deadline: Deadline
    period: str
    named_day: date
    last_day: date
    advised_day: date
    extrapolated: bool


def occurrences(plans: Iterable[Plan], start: date, end: date, calendar: WorkingDays) -> list[Occurrence]:
    """Return the occurrences of all periodic rules whose last day lies in the span, both ends included, by last day."""
    found = [
        occurrence
        for plan in plans
        for deadline in plan.deadlines
        for occurrence in of_rule(plan, deadline, start, end, calendar)
    ]
    return sorted(found, key=lambda item: (item.last_day, item.rule))


def of_rule(plan: Plan, deadline: Deadline, start: date, end: date, calendar: WorkingDays) -> Iterator[Occurrence]:
    """Yield the occurrences of one rule; none if it has no rhythm or no day."""
    if deadline.every is None or deadline.day is None:
        return
    length = MONTHS[deadline.every]
    # One period more at each end: a last day may lie in another month than the named day.
    for year in range(max(start.year - 1, plan.document.year), end.year + 2):
        for number in range(12 // length):
            month = number * length + (deadline.month or length)
            named = date(year, month, min(deadline.day, monthrange(year, month)[1]))
            last = named - timedelta(days=deadline.wording is Wording.BEFORE)
            if start <= last <= end:
                yield Occurrence(
                    rule=f"{plan.document.id}/{deadline.id}",
                    plan=plan,
                    deadline=deadline,
                    period=_label(deadline.every, year, number),
                    named_day=named,
                    last_day=last,
                    advised_day=calendar.on_or_before(last),
                    extrapolated=named > plan.document.period_end,
                )


def next_occurrence(plan: Plan, deadline: Deadline, today: date, calendar: WorkingDays) -> Occurrence | None:
    """Return the first occurrence whose last day is not before `today`, None for a rule without days."""
    horizon = today + timedelta(days=2 * 366)
    return min(of_rule(plan, deadline, today, horizon, calendar), key=lambda item: item.last_day, default=None)


def _label(every: str, year: int, number: int) -> str:
    if every == "year":
        return str(year)
    if every == "month":
        return f"{year}-{number + 1:02d}"
    return f"{year}-{'Q' if every == 'quarter' else 'H'}{number + 1}"
