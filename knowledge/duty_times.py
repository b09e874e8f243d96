"""Reads when somebody is on duty ("thứ hai đến thứ sáu 7h30-11h30 và 13h30-17h"); it knows no calendar."""

from __future__ import annotations

import re
from datetime import time

from knowledge.vietnamese import fold
from knowledge.working_hours import HOURS

MOST_RANGES = 2
"""A day."""

Range = tuple[int, time, time]
"""A weekday (1 is Monday), and when duty begins and ends."""

_EVERY_DAY = re.compile(r"\b(?:moi|hang|ca) (?:ngay trong tuan|ngay|tuan)\b")
_WORK_DAYS = re.compile(r"\b(?:ngay thuong|ngay lam viec|trong tuan)\b")
_DAY = r"(?:(?:thu|t) ?(?P<{0}>hai|ba|tu|nam|sau|bay|[2-7])|(?P<{0}sunday>chu nhat|cn))(?!\d|\w)"
_DAYS = re.compile(rf"\b{_DAY.format('first')}(?:\s*(?:-|–|den|toi)\s*{_DAY.format('last')})?")
_NAMED = "(?:hai|ba|tu|nam|sau|bay|[2-7])"
_FURTHER = re.compile(rf"(?P<before>\b(?:thu|t) ?{_NAMED})\s*(?:,|va)\s*(?={_NAMED}\b(?! ?[hg:]))")
_HOUR = r"(?P<{0}>\d{{1,2}})\s*(?:(?:gio|h|g|:)\s*(?P<{0}minute>\d{{2}}|ruoi)?)(?:\s*(?P<{0}half>sang|trua|chieu))?"
_SPAN = re.compile(
    rf"(?:(?<!\bthu )(?<!\bt )(?<!\bva )tu )?\b{_HOUR.format('a')}\s*(?:-|–|den|toi)\s*{_HOUR.format('b')}"
)
_HALVES = (("sang", HOURS[0]), ("chieu", HOURS[1]))
_NUMBERS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6} | {str(day + 1): day for day in range(1, 7)}
_FROM = re.compile(r"\btừ\b", re.IGNORECASE)
_ALL_DAY = re.compile(r"\bca ngay\b|\bgio hanh chinh\b")
_LAST_MORNING_HOUR = 6


def read(text: str) -> tuple[Range, ...] | None:
    """Return the ranges that a text names, by day and hour; None where it cannot be understood or is impossible.

    Several lines, or parts divided by semicolons, name different days each with its own hours.
    """
    found: set[Range] = set()
    # Without marks "from" and "Wednesday" are one word.
    for part in re.split(r"[;\n]", fold(_FROM.sub(" ", text))):
        if part.strip():
            read_part = _part(" ".join(part.split()))
            if read_part is None:
                return None
            found |= read_part
    ranges = tuple(sorted(found))
    return ranges if ranges and _fit(ranges) else None


def _part(text: str) -> set[Range] | None:
    spans, rest = _spans(text)
    days = _days(rest)
    if spans is None or not spans or not days:
        return None
    return {(day, begins, ends) for day in days for begins, ends in spans}


def _spans(text: str) -> tuple[list[tuple[time, time]] | None, str]:
    """Return the hours that a text names, None if one of them is impossible, and what is left of the text."""
    hits = list(_SPAN.finditer(text))
    if hits:
        spans = [_span(hit) for hit in hits]
        possible = [span for span in spans if span is not None]
        return (possible if len(possible) == len(spans) else None), _SPAN.sub(" ; ", text)
    rest = _ALL_DAY.sub(" ", text)
    if rest != text:
        return list(HOURS), rest
    named = [hours for word, hours in _HALVES if re.search(rf"\b{word}\b", text)]
    return named, re.sub(r"\b(?:sang|chieu)\b", " ", text)


def _span(hit: re.Match[str]) -> tuple[time, time] | None:
    begins = _time(hit["a"], hit["aminute"], hit["ahalf"] or (hit["bhalf"] if int(hit["a"]) < int(hit["b"]) else None))
    ends = _time(hit["b"], hit["bminute"], hit["bhalf"])
    return (begins, ends) if begins is not None and ends is not None and begins < ends else None


def _time(hour: str, minute: str | None, half: str | None) -> time | None:
    number = int(hour) + (12 if half == "chieu" and int(hour) <= _LAST_MORNING_HOUR else 0)
    minutes = 30 if minute == "ruoi" else int(minute or 0)
    return time(number, minutes) if number < 24 and minutes < 60 else None


def _days(text: str) -> set[int]:
    if _EVERY_DAY.search(text):
        return set(range(1, 8))
    if _WORK_DAYS.search(text):
        return set(range(1, 6))
    spelled = text
    while (further := _FURTHER.search(spelled)) is not None:  # "thứ hai, ba và tư"
        spelled = f"{spelled[: further.end('before')]}, thu {spelled[further.end() :]}"
    days: set[int] = set()
    for hit in _DAYS.finditer(spelled):
        first = _number(hit["first"])
        last = first if hit["last"] is None and hit["lastsunday"] is None else _number(hit["last"])
        days |= set(range(first, last + 1))
    return days


def _number(word: str | None) -> int:
    return 7 if word is None else _NUMBERS[word]


def _fit(ranges: tuple[Range, ...]) -> bool:
    """Tell whether no day has too many ranges, or two that overlap."""
    for day in range(1, 8):
        mine = [(begins, ends) for weekday, begins, ends in ranges if weekday == day]
        if len(mine) > MOST_RANGES or any(mine[n][1] > mine[n + 1][0] for n in range(len(mine) - 1)):
            return False
    return True
