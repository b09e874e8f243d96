"""Which days offices work in Vietnam, for advising a day; it never moves a deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Literal

import holidays
from pydantic import TypeAdapter

from knowledge.schema import Line, Record
from knowledge.shipped import read_yaml

WEEKEND = "cuối tuần"
"""Why no office works on a day that is no holiday."""
_ONE_DAY = timedelta(days=1)


class SpecialDay(Record):
    """A day that differs from what the `holidays` package says of it."""

    day: date
    kind: Literal["holiday", "working", "doubtful"]
    name: Line


class WorkingDays:
    """The working calendar of Vietnam, with local overrides on top."""

    def __init__(self, special: Iterable[SpecialDay] = (), official: holidays.HolidayBase | None = None) -> None:
        self._special = {item.day: item for item in special}
        self._holidays = official if official is not None else holidays.country_holidays("VN", language="vi")

    def with_overrides(self, days: Iterable[SpecialDay]) -> WorkingDays:
        """Return the same calendar with further days on top; the later of two for one day counts."""
        return WorkingDays((*self._special.values(), *days), self._holidays)

    def is_working(self, day: date) -> bool:
        """Tell whether offices certainly work on `day`: a doubtful day is none."""
        special = self._special.get(day)
        if special is not None:
            return special.kind == "working"
        return bool(self._holidays.is_working_day(day))

    def why_not(self, day: date) -> str | None:
        """Return the name of the holiday, `WEEKEND`, or None for a working day."""
        if self.is_working(day):
            return None
        special = self._special.get(day)
        if special is not None:
            return special.name
        return self._holidays.get(day) or WEEKEND

    def on_or_before(self, day: date) -> date:
        """Return the last working day that is not after `day`."""
        while not self.is_working(day):
            day -= _ONE_DAY
        return day


@cache
def working_days() -> WorkingDays:
    """Return the calendar with the overrides that ship with the program."""
    return WorkingDays(TypeAdapter(tuple[SpecialDay, ...]).validate_python(read_yaml("days.yaml")))
