"""Finds what a log sentence measures: times of day, how long it took, money, things; it counts no people or days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from knowledge.numbers import Number, number_at
from knowledge.phrases import PhraseTable, Token, WordList, load_words

_CLOCK = re.compile(r"([0-9]{1,2})(?:h|g)([0-9]{2})?")
_MINUTES = re.compile(r"([0-9]{1,3})(?:p|ph|phut)")
_GLUED = re.compile(r"[0-9]+(?:k|kg|km|m|tr|trieu|tuoi|t|x|gb|g|h[0-9]*|p|ph)")
_DOCUMENT = re.compile(
    r"[0-9]+(?:/[0-9]{4})?/[A-ZĐ][A-ZĐa-zđ]+(?:-[A-ZĐ][A-ZĐa-zđ0-9]*)*|[0-9]+(?:/[0-9]{4})?/[a-zđ]+(?:-[a-zđ0-9]+)+"
)
_MOST_MINUTES = 24 * 60


class MeasureWords(WordList):
    """`things` are counted without being people; `hours`, `minutes` and `halves` tell a length of time."""

    things: tuple[str, ...]
    no_things: tuple[str, ...]
    hours: tuple[str, ...]
    clock: tuple[str, ...]
    minutes: tuple[str, ...]
    halves: tuple[str, ...]
    half_hours: tuple[str, ...]
    took: tuple[str, ...]
    from_: tuple[str, ...]
    until: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something measured at tokens `start` up to `end`; `minutes` is set where it tells how long the help took."""

    start: int
    end: int
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class _Time:
    end: int
    minutes: int
    is_clock: bool


@cache
def measure_words() -> MeasureWords:
    """Return the word list."""
    return load_words(MeasureWords, "help_measures")


@cache
def _table(name: str) -> PhraseTable[None]:
    return PhraseTable((phrase, None) for phrase in getattr(measure_words(), name))


def find_measures(tokens: Sequence[Token]) -> list[Measure]:
    """Return the measures in `tokens` from left to right."""
    measures: list[Measure] = []
    position = 0
    while position < len(tokens):
        measure = _between(tokens, position) or _length(tokens, position) or _things(tokens, position)
        if measure is not None:
            measures.append(measure)
        position = measure.end if measure else position + 1
    return measures


def find_documents(tokens: Sequence[Token], text: str) -> list[Measure]:
    """Return the numbers of documents ("78/KH-UBND") in the `tokens` of `text`: nothing in them is a day or place."""
    spans = [match.span() for match in _DOCUMENT.finditer(text)]
    inside = [[at for at, token in enumerate(tokens) if first <= token.start < last] for first, last in spans]
    return [Measure(found[0], found[-1] + 1) for found in inside if found]


def _between(tokens: Sequence[Token], start: int) -> Measure | None:
    """Read "từ 7h đến 9h30" and "8h-10h" as the time between them."""
    led = _is(tokens, start, "from_")
    first = _time(tokens, start + led)
    if first is None or not first.is_clock:
        return None
    joined = _is(tokens, first.end, "until")
    second = _time(tokens, first.end + joined)
    glued = first.end == start + 1 and second is not None and second.end == first.end + 1  # "8h-10h"
    if second is None or not second.is_clock or not (joined or led or glued):
        return None
    minutes = second.minutes - first.minutes
    return Measure(start, second.end, minutes if 0 < minutes < _MOST_MINUTES else None)


def _length(tokens: Sequence[Token], start: int) -> Measure | None:
    """Read "2 tiếng rưỡi" and "30 phút" as lengths, "8 giờ" as the time of day unless it says what was spent."""
    took = _is(tokens, start, "took")
    half = _table("half_hours").at(tokens, start + took) if start + took < len(tokens) else None
    if half is not None:
        return Measure(start, half.end, 30)
    time = _time(tokens, start + took)
    if time is None:
        return None
    is_length = took or not time.is_clock
    return Measure(start, time.end, time.minutes if is_length and 0 < time.minutes < _MOST_MINUTES else None)


def _time(tokens: Sequence[Token], start: int) -> _Time | None:
    if start >= len(tokens):
        return None
    written = tokens[start].fold
    clock = _CLOCK.fullmatch(written)
    if clock is not None:
        return _Time(start + 1, int(clock[1]) * 60 + int(clock[2] or 0), is_clock=True)
    minutes = _MINUTES.fullmatch(written)
    if minutes is not None:
        return _Time(start + 1, int(minutes[1]), is_clock=False)
    number = number_at(tokens, start)
    if number is None or number.value is None:
        return None
    return _spelled(tokens, start, number, number.value)


def _spelled(tokens: Sequence[Token], start: int, number: Number, value: int) -> _Time | None:
    """Read a number with its unit: "2 tiếng rưỡi", "1 giờ 15 phút", "30 phút"."""
    at = start + number.length
    if _is(tokens, at, "minutes"):
        return _Time(at + 1, value, is_clock=False)
    is_clock = _is(tokens, at, "clock")
    hours = _table("hours").at(tokens, at) if at < len(tokens) else None
    if hours is None and not is_clock:
        return None
    end = at + 1 if hours is None else hours.end
    if _is(tokens, end, "halves"):
        return _Time(end + 1, value * 60 + 30, is_clock)
    more = number_at(tokens, end)
    if more is not None and more.value is not None and _is(tokens, end + more.length, "minutes"):
        return _Time(end + more.length + 1, value * 60 + more.value, is_clock)
    return _Time(end, value * 60, is_clock)


def _things(tokens: Sequence[Token], start: int) -> Measure | None:
    """Read "2 máy", "3 bộ hồ sơ", "500 nghìn" and "72 tuổi"."""
    if _GLUED.fullmatch(tokens[start].fold):
        return Measure(start, start + 1)
    number = number_at(tokens, start)
    if number is None or start + number.length >= len(tokens):
        return None
    if tokens[start].plain and not tokens[start].is_number:
        return None  # "giup ba cai" without marks is no three things
    if _table("no_things").at(tokens, start + number.length):
        return None
    thing = _table("things").at(tokens, start + number.length)
    some = number.value == 1 and thing is not None and tokens[thing.end - 1].fold == "so"  # "1 số bác" are some
    return Measure(start, thing.end) if thing and not some else None


def _is(tokens: Sequence[Token], at: int, name: str) -> bool:
    return at < len(tokens) and tokens[at].means(getattr(measure_words(), name))
