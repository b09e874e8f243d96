"""Tells which days a period's label covers; it computes no deadline."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_PART = re.compile(r"(?P<year>\d{4})(?:-(?P<kind>[QHW]?)(?P<number>\d{1,2}))?")
_MONTHS = {None: 12, "H": 6, "Q": 3, "": 1}
"""How long a period of each kind is."""


def days_of(period: str) -> tuple[date, date] | None:
    """Return the first and last day of "2026", "2026-H2", "2026-Q4", "2026-11" or "2026-W47"; None for other labels."""
    found = _PART.fullmatch(period)
    if found is None:
        return None
    year, kind, number = int(found["year"]), found["kind"], int(found["number"] or 1)
    try:
        if kind == "W":
            monday = date.fromisocalendar(year, number, 1)
            return monday, monday + timedelta(days=6)
        length = _MONTHS[kind]
        last = number * length
        return date(year, last - length + 1, 1), date(year, last, monthrange(year, last)[1])
    except ValueError:  # a thirteenth month, a fifth quarter, a year 0
        return None
