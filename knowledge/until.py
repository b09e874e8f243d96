"""Reads until when something shall last ("7 ngày", "đến 25/12"); days in the past are read in `dates`."""

from __future__ import annotations

import re
from datetime import date, timedelta

from knowledge.numbers import read_number
from knowledge.vietnamese import fold

_BEFORE = re.compile(r"^(?:(?:den|toi|het|trong|khoang|them|ngay|vong)\s+)+(?=\S)")
_SPAN = re.compile(r"^(?P<number>.+?)\s*(?P<unit>ngay|tuan|thang)(?: nua| toi)?$")
_WRITTEN = re.compile(r"^(?P<day>\d{1,2})\s*[/.-]\s*(?P<month>\d{1,2})(?:\s*[/.-]\s*(?P<year>\d{4}))?$")
_DAYS = {"ngay": 1, "tuan": 7, "thang": 30}
_LONGEST = 10_000
"""Days; more is no answer to any question asked here."""


def read_until(text: str, today: date) -> date | None:
    """Return the last day of the time that a text names, counted from today; None if it names none.

    A date without a year is the next one, today included.
    """
    plain = _BEFORE.sub("", fold(text).strip(" .!?"))
    written = _WRITTEN.match(plain)
    if written is not None:
        return _next(int(written["day"]), int(written["month"]), written["year"], today)
    if plain in {"tuan", "tuan nay"}:
        return today + timedelta(days=6 - today.weekday())
    if plain in {"thang", "thang nay"}:
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    span = _SPAN.match(plain)
    number = None if span is None else read_number(span["number"])
    if span is None or number is None or not 0 < number * _DAYS[span["unit"]] <= _LONGEST:
        return None
    return today + timedelta(days=number * _DAYS[span["unit"]])


def _next(day: int, month: int, year: str | None, today: date) -> date | None:
    years = [int(year)] if year is not None else range(today.year, today.year + 9)  # the 29th of February may be far
    for candidate in years:
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year is not None or found >= today:
            return found
    return None
