"""The hours at which offices work: how many of them lie between two moments, and which ones a day has; no deadlines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from knowledge.working_days import WorkingDays

HOURS = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 0)))
"""Of a working day, in Vietnam's time."""

_ONE_DAY = timedelta(days=1)


def worked(start: datetime, end: datetime, calendar: WorkingDays) -> timedelta:
    """Return how much working time lies between two moments, both given in Vietnam's time."""
    total = timedelta()
    for begins, ends in spans(start.date(), end.date(), start, calendar):
        total += max(min(ends, end) - max(begins, start), timedelta())
    return total


def spans(first: date, last: date, like: datetime, calendar: WorkingDays) -> Iterator[tuple[datetime, datetime]]:
    """Yield the working hours of some days, both ends included, in the zone of a moment."""
    day = first
    while day <= last:
        if calendar.is_working(day):
            for begins, ends in HOURS:
                yield (
                    datetime.combine(day, begins, tzinfo=like.tzinfo),
                    datetime.combine(day, ends, tzinfo=like.tzinfo),
                )
        day += _ONE_DAY
