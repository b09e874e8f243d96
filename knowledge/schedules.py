"""Reads when something is due from a coordinator's sentence ("ngày 25 hằng tháng"); it keeps and computes no day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from knowledge.deadlines import MONTHS, Every, Rhythm
from knowledge.schedule_words import Heard, Part, first_of_quarter, hear, last_of
from knowledge.schema import Wording
from knowledge.vietnamese import fold

FARTHEST = timedelta(days=3 * 366)
"""A single day further away is more likely a slip than a deadline."""
_ANY_DAY = date(2000, 1, 1)
_LEAP_YEAR, _COMMON_YEAR = 2024, 2025
_LONGEST_WITHOUT_LEAP_YEAR = 8
_VERBS = frozenset(("nop", "gui", "phai nop", "phai gui", "bao cao len"))
"""Verbs that alone do not say what is to be handed in."""


class Problem(StrEnum):
    """Why a sentence gives no rule."""

    NO_DAY = "no_day"
    NO_WHAT = "no_what"
    IMPOSSIBLE = "impossible"  # 30/2, ngày 32
    PAST = "past"
    FAR = "far"
    SEVERAL = "several"  # days that do not belong to one rhythm
    RHYTHM = "rhythm"  # every two weeks, the first Monday of a month
    LUNAR = "lunar"
    ONE_UNIT = "one_unit"  # "tổ 2": a rule is for all units of a kind
    PERSONAL = "personal"  # "nhắc tôi"


@dataclass(frozen=True)
class Schedule:
    """What was understood.

    Attributes:
        what: What has to be handed in, as typed, without the words that say when and who.
        unit_kind: Who was named: team, village or office; None if nobody was.
        options: The rhythms that it may mean: one if it is clear, several if it has to be asked.
    """

    what: str
    unit_kind: str | None
    options: tuple[Rhythm, ...] = ()
    problem: Problem | None = None


def read(text: str, today: date) -> Schedule:
    """Return what a sentence says of what is due when, as seen from `today`."""
    heard = hear(text, today)
    found = Schedule(heard.what, heard.unit_kind)
    options = _refused(heard) or _options(heard, today)
    if isinstance(options, Problem):
        return replace(found, problem=options)
    is_empty = not heard.what or fold(heard.what) in _VERBS
    return replace(found, options=options, problem=Problem.NO_WHAT if is_empty else None)


def is_meant(text: str) -> bool:
    """Tell whether a sentence asks for a reminder: "nhắc tổ nộp…", "nhắc gửi…", "nhắc" with a day, "15/12 nộp…"."""
    return hear(text, _ANY_DAY).asks


def moves(rhythm: Rhythm) -> bool:
    """Tell whether some period has no such day, so that the last day of its month takes its place."""
    if rhythm.every in (Every.ONCE, Every.WEEK) or rhythm.day is None:
        return False
    length = MONTHS[rhythm.every]
    months = range(rhythm.month or length, 13, length)
    return any(monthrange(_COMMON_YEAR, month)[1] < rhythm.day for month in months)


def _refused(heard: Heard) -> Problem | None:
    """Return why no day helps: what is asked for is none of the things that a rule can be."""
    refused = (
        (heard.is_of_one_unit, Problem.ONE_UNIT),
        (heard.is_personal, Problem.PERSONAL),
        (heard.is_lunar, Problem.LUNAR),
        (heard.has_other_rhythm, Problem.RHYTHM),
        (heard.names_further_days, Problem.SEVERAL),
    )
    return next((problem for applies, problem in refused if applies), None)


def _options(heard: Heard, today: date) -> tuple[Rhythm, ...] | Problem:
    """Return what the named days may mean together with the rhythm that was said."""
    if not heard.parts:
        return Problem.NO_DAY
    part, every = heard.parts[0], heard.every
    if not all(_exists(one) for one in heard.parts):
        return Problem.IMPOSSIBLE
    if len(heard.parts) > 1 or heard.months:
        months = heard.months or tuple(one.month or 0 for one in heard.parts)
        is_one = len({one.day for one in heard.parts}) == 1 and not any(one.year for one in heard.parts)
        return _of_months(part, every, months) if is_one and part.day is not None else Problem.SEVERAL
    if part.ends is not None:
        return _end_of(part, every, today)
    if heard.month is not None and every in (None, Every.QUARTER, Every.HALF):
        return _of_month_within(part, every or Every.QUARTER, heard.month, heard.quarter, today)
    if every is None:
        found = _once(part, today)
        of_quarter = heard.names_quarter and part.day is not None and part.month is None and part.on is None
        if of_quarter and not isinstance(found, Problem):  # "báo cáo quý trước ngày 25": hardly one each month
            again = tuple(Rhythm(Every.QUARTER, part.wording, day=part.day, month=month) for month in (3, 1))
            return (*again, *(rhythm for rhythm in found if rhythm.every is Every.ONCE))
        return found
    return _again(part, every)


def _again(part: Part, every: Every) -> tuple[Rhythm, ...] | Problem:
    if part.on is not None or part.year is not None or part.is_near:
        return Problem.SEVERAL  # a single day, and yet again and again
    if (every is Every.WEEK) != (part.weekday is not None):
        return Problem.SEVERAL
    if every is Every.WEEK:
        return (Rhythm(every, part.wording, day=part.weekday),)
    if every is Every.MONTH:
        return (Rhythm(every, part.wording, day=part.day),) if part.month is None else Problem.SEVERAL
    length = MONTHS[every]
    if part.month is None and every is Every.YEAR:
        return Problem.NO_DAY
    # "hằng quý, ngày 10": of the last month, as most plans have it, or of the first.
    months = (length, 1) if part.month is None else ((part.month - 1) % length + 1,)
    return tuple(Rhythm(every, part.wording, day=part.day, month=month) for month in months)


def _of_months(part: Part, every: Every | None, months: Sequence[int]) -> tuple[Rhythm, ...] | Problem:
    """Return the rhythm whose months are listed ("15/6 và 15/12"), if they are evenly spaced over the year."""
    for rhythm in (Every.HALF, Every.QUARTER, Every.MONTH):
        length = MONTHS[rhythm]
        first = (min(months) - 1) % length + 1
        if sorted(months) == list(range(first, 13, length)) and every in (None, Every.YEAR, rhythm):
            return (Rhythm(rhythm, part.wording, day=part.day, month=None if length == 1 else first),)
    return Problem.SEVERAL


def _of_month_within(
    part: Part, every: Every, month: int, later: int | None, today: date
) -> tuple[Rhythm, ...] | Problem:
    """Return a day of a month of each period; of a certain quarter, "quý này", or of what may be either, "quý sau"."""
    if part.day is None or part.month is not None or part.year is not None:
        return Problem.SEVERAL
    again = Rhythm(every, part.wording, day=part.day, month=month)
    if later is None:
        return (again,)
    first = first_of_quarter(today, later=later)
    day = _day_in(first.replace(month=first.month + month - 1), part.day)
    if later:
        return (again, _single(day, part.wording))
    return Problem.PAST if _last(day, part.wording) < today else (_single(day, part.wording),)


def _end_of(part: Part, every: Every | None, today: date) -> tuple[Rhythm, ...] | Problem:
    """Return the last day of a quarter or of a year: of each, of a certain one, or either."""
    period = part.ends or Every.YEAR
    if part.on is not None:
        return _single_or_problem(part.on, part.wording, today)
    again = Rhythm(period, part.wording, day=31, month=MONTHS[period])
    if every is not None:
        return (again,) if every is period else Problem.SEVERAL
    coming = next(day for later in (0, 1) if _last(day := last_of(period, today, later=later), part.wording) >= today)
    return (again, _single(coming, part.wording))


def _once(part: Part, today: date) -> tuple[Rhythm, ...] | Problem:
    """Return the single day that is named; where nothing says which year or week, also what would come again."""
    wording = part.wording
    if part.weekday is not None and part.on is None:
        coming = today + timedelta(days=(part.weekday - 1 - today.weekday()) % 7)
        if _last(coming, wording) < today:
            coming += timedelta(weeks=1)
        return (_single(coming, wording), Rhythm(Every.WEEK, wording, day=part.weekday))
    if part.on is not None or part.year is not None:
        day = part.on or date(part.year or 0, part.month or 0, part.day or 0)
        return _single_or_problem(day, wording, today)
    if part.month is None:
        coming = _coming(today, lambda first: _day_in(first, part.day or 1), wording)
        return (Rhythm(Every.MONTH, wording, day=part.day), _single(coming, wording))
    coming = _next_dated(part, today)
    if coming.year == today.year or part.is_near:
        return (_single(coming, wording),)
    return (_single(coming, wording), Rhythm(Every.YEAR, wording, day=part.day, month=part.month))


def _single_or_problem(day: date, wording: Wording, today: date) -> tuple[Rhythm, ...] | Problem:
    if _last(day, wording) < today:
        return Problem.PAST
    return Problem.FAR if day - today > FARTHEST else (_single(day, wording),)


def _next_dated(part: Part, today: date) -> date:
    """Return the next day of that name that is not over; 29/2 may be years away."""
    days = (replace(part, year=today.year + later) for later in range(_LONGEST_WITHOUT_LEAP_YEAR + 1))
    found = (date(day.year or 0, day.month or 0, day.day or 0) for day in days if _exists(day))
    return next(day for day in found if _last(day, part.wording) >= today)


def _single(day: date, wording: Wording) -> Rhythm:
    return Rhythm(Every.ONCE, wording, on=day)


def _last(named: date, wording: Wording) -> date:
    return named - timedelta(days=wording is Wording.BEFORE)


def _coming(today: date, day_in: Callable[[date], date], wording: Wording) -> date:
    """Return the first day of this month or the next whose last day is not over."""
    this = day_in(today.replace(day=1))
    return this if _last(this, wording) >= today else day_in((today.replace(day=1) + timedelta(days=31)).replace(day=1))


def _day_in(first: date, day: int) -> date:
    return first.replace(day=min(day, monthrange(first.year, first.month)[1]))


def _exists(part: Part) -> bool:
    """Tell whether there is such a day: in its year if one is said, in a leap year otherwise."""
    if part.day is None:
        return True
    if part.month is None:
        return 1 <= part.day <= 31
    try:
        date(_LEAP_YEAR if part.year is None else part.year, part.month, part.day)
    except ValueError:
        return False
    return True
