"""Reads when something is due from a coordinator's sentence ("ngày 25 hằng tháng"); it keeps and computes no day."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from knowledge.deadlines import MONTHS, Every, Rhythm
from knowledge.numbers import read_number
from knowledge.schema import Wording
from knowledge.vietnamese import canon, fold, has_marks

FARTHEST = timedelta(days=3 * 366)
"""A single day further away is more likely a slip than a deadline."""
_DUTY = re.compile(r"(?:nop|gui|bao cao)\b")
_ANY_DAY = date(2000, 1, 1)
_LEAP_YEAR, _COMMON_YEAR = 2024, 2025
_LONGEST_WITHOUT_LEAP_YEAR = 8


class Problem(StrEnum):
    """Why a sentence gives no rule."""

    NO_DAY = "no_day"
    NO_WHAT = "no_what"
    IMPOSSIBLE = "impossible"  # 30/2, ngày 32
    PAST = "past"
    FAR = "far"
    SEVERAL = "several"  # days that do not belong to one rhythm
    LUNAR = "lunar"


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


def moves(rhythm: Rhythm) -> bool:
    """Tell whether some period has no such day, so that the last day of its month takes its place."""
    if rhythm.every in (Every.ONCE, Every.WEEK) or rhythm.day is None:
        return False
    length = MONTHS[rhythm.every]
    months = range(rhythm.month or length, 13, length)
    return any(monthrange(_COMMON_YEAR, month)[1] < rhythm.day for month in months)


_UNITS = {
    "to": "team",
    "thon": "village",
    "khu pho": "village",
    "ban": "village",
    "co quan": "office",
    "don vi": "office",
}
_NAMED_UNITS = r"to cong nghe so(?: cong dong)?|to truong|to|thon|khu pho|ban|co quan|don vi"
_OPENING = re.compile(
    r"^/?(?:hay |dat lich |dat |tao )?nhac(?: nho)?(?:@\w+)?\b(?! lai)[ :,]*(?:giup |cho )?"
    rf"(?:(?:cac|moi|tat ca|nhung)(?: cac)? )?(?:({_NAMED_UNITS})\b[ :,]*)?(?:phai |hay )?"
)
_UNTIL = "cham nhat|han chot|han|muon nhat|khong (?:muon|qua|tre)(?: hon)?|den het|den|toi|vao|het"
_AT = rf"(?:(?<!\w)(?:(?:(?P<before>truoc)|(?P<until>(?:{_UNTIL})(?: la)?)) )*)?"
_EACH = r"(?:hang|moi|tung|dinh ky(?: hang)?)"
_ONCE_IN = (
    (Every.WEEK, "tuan"),
    (Every.HALF, "(?:6|sau) thang|nua nam"),
    (Every.QUARTER, "quy|(?:3|ba) thang"),
    (Every.MONTH, "thang"),  # behind the others, which have "tháng" in them
    (Every.YEAR, "nam"),
)
_EVERY = tuple(
    (
        every,
        re.compile(rf"(?<!\w)(?:(?:cua )?{_EACH} (?:{unit})|(?:(?:1|mot) )?(?:{unit}) (?:1|mot) lan)(?!\w)"),
    )
    for every, unit in _ONCE_IN
)
_MONTH_OF_QUARTER = re.compile(
    r"(?<!\w)(?:vao |cua |trong )?thang "
    r"(?:(?P<last>cuoi)|(?P<first>dau)|(?P<middle>giua)|thu (?P<number>hai|2|ba|3|nhat|1))"
    r"(?: tien)?(?: cung)?(?: cua| trong)?(?: (?:hang|moi|tung))? quy(?!\w)"
)
_WRITTEN = re.compile(
    rf"{_AT}(?:ngay )?(?<![\d/.-])(?P<day>\d{{1,2}})[/.-](?P<month>\d{{1,2}})"
    r"(?:[/.-](?P<year>\d{4}|\d{2}))?(?![\d/.-]*\d)"
)
_SPOKEN = re.compile(
    rf"{_AT}(?:ngay |mung |mong )?(?<!\d)(?P<day>\d{{1,2}}) thang (?P<month>\d{{1,2}})(?!\d)(?: nam (?P<year>\d{{4}}))?"
)
_MONTH_SAID = r"(?P<when> (?:cua )?thang (?:nay|sau|toi))?"
_OF_MONTH = re.compile(rf"{_AT}(?:ngay|mung|mong) (?:mung |mong )?(?P<day>\d{{1,2}})(?![\d/]|\.\d){_MONTH_SAID}")
_END_OF_MONTH = re.compile(
    rf"{_AT}(?:ngay )?cuoi (?:cung )?(?:cua )?(?:(?:{_EACH} )?thang(?P<when> (?:nay|sau|toi))?)(?!\w| quy)"
)
_WEEKDAY = re.compile(
    rf"{_AT}(?<!\w)(?:(?P<word>thu) ?(?P<day>hai|ba|tu|nam|sau|bay|[2-7])|(?P<sunday>chu nhat|cn))"
    r"(?P<when> tuan (?:nay|sau|toi))?(?!\w)"
)
_TOMORROW = re.compile(rf"{_AT}(?<!\w)(?:ngay )?(?P<word>mai|kia|mot)(?!\w)(?! (?:lan|bao|buoi|ban))")
_LUNAR = re.compile(r"(?<!\w)(?:am lich|ram)(?!\w)")
_WEEKDAYS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6} | {str(day + 1): day for day in range(1, 7)}
_LOOSE_ENDS = re.compile(r"^[\s,.;:–-]+|[\s,.;:–-]+$")
_DANGLING = re.compile(r"(?:^|(?<=\s))(?:truoc|vao|cua|la|han|cham nhat|va)\s*$")
_VERBS = frozenset(("nop", "gui", "phai nop", "phai gui", "bao cao len"))
"""Verbs that alone do not say what is to be handed in."""


@dataclass(frozen=True)
class _Part:
    """Words that say something of when, from `start` to `end` of the sentence."""

    start: int
    end: int
    wording: Wording
    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    on: date | None = None


def read(text: str, today: date) -> Schedule:
    """Return what a sentence says of what is due when, as seen from `today`."""
    tidy = _with_digits(" ".join(unicodedata.normalize("NFC", text).split()))
    plain = "".join(_plain(letter) for letter in tidy)
    opening = _OPENING.match(plain)
    begin, unit = (opening.end(), opening.group(1)) if opening else (0, None)
    every, spans = _rhythm(plain, begin)
    quarter = _MONTH_OF_QUARTER.search(plain, begin)
    if quarter is not None:
        every, spans = Every.QUARTER, [*spans, quarter.span()]
    parts = list(_parts(tidy, plain, begin, spans, today))
    taken = [*spans, *((part.start, part.end) for part in parts)]
    what = _rest(tidy, plain, begin, taken)
    found = Schedule(what, _unit_kind(unit))
    if _LUNAR.search(plain, begin):
        return replace(found, problem=Problem.LUNAR)
    options = _options(parts, every, None if quarter is None else _month_of_quarter(quarter), today)
    if isinstance(options, Problem):
        return replace(found, problem=options)
    is_empty = not what or fold(what) in _VERBS
    return replace(found, options=options, problem=Problem.NO_WHAT if is_empty else None)


def is_meant(text: str) -> bool:
    """Tell whether a sentence asks for a reminder: "nhắc tổ nộp…", "nhắc gửi…", or "nhắc" with a day."""
    plain = fold(text)
    opening = _OPENING.match(plain)
    if opening is None:
        return False
    names_duty = opening.group(1) is not None or _DUTY.match(plain, opening.end()) is not None
    return names_duty or read(text, _ANY_DAY).problem is not Problem.NO_DAY


def _plain(letter: str) -> str:
    """Return a letter without marks; every letter stays one, so that places in both texts agree."""
    folded = fold(letter) if letter.isalnum() else letter
    return folded if len(folded) == 1 else letter


def _with_digits(text: str) -> str:
    """Write the numbers behind "ngày", "mùng" and "tháng" in digits: "ngày mười lăm" is "ngày 15"."""
    words = text.split(" ")
    done: list[str] = []
    while words:
        word = words.pop(0)
        done.append(word)
        if fold(word) not in {"ngay", "mung", "mong", "thang"}:
            continue
        if words and words[0].lower() == "sau":  # "tháng sau" is the next one
            continue
        for length in (3, 2, 1):
            number = read_number(" ".join(words[:length])) if len(words) >= length else None
            if number is not None and not words[0][0].isdigit():
                del words[:length]
                done.append(str(number))
                break
    return " ".join(done)


def _rhythm(plain: str, begin: int) -> tuple[Every | None, list[tuple[int, int]]]:
    for every, pattern in _EVERY:
        hit = pattern.search(plain, begin)
        if hit is not None:
            return every, [hit.span()]
    return None, []


def _month_of_quarter(hit: re.Match[str]) -> int:
    if hit["last"] or hit["number"] in {"ba", "3"}:
        return 3
    return 2 if hit["middle"] or hit["number"] in {"hai", "2"} else 1


def _unit_kind(named: str | None) -> str | None:
    if named is None:
        return None
    return next(kind for word, kind in _UNITS.items() if named.startswith(word))


def _parts(tidy: str, plain: str, begin: int, spans: list[tuple[int, int]], today: date) -> Iterator[_Part]:
    """Yield the days that a sentence names, none of them twice."""
    taken = list(spans)
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], _Part]], ...] = (
        (_WRITTEN, _dated),
        (_SPOKEN, _dated),
        (_END_OF_MONTH, _end_of_month),
        (_OF_MONTH, _of_month),
        (_WEEKDAY, _weekday),
        (_TOMORROW, _tomorrow),
    )
    for pattern, reader in readers:
        for hit in pattern.finditer(plain, begin):
            inside = {span for span in spans if hit.start() <= span[0] and span[1] <= hit.end()}  # "cuối hằng tháng"
            others = (span for span in taken if span not in inside)
            if any(hit.start() < end and start < hit.end() for start, end in others) or not _is_spelled(tidy, hit):
                continue
            taken.append(hit.span())
            yield reader(hit, today)


def _is_spelled(tidy: str, hit: re.Match[str]) -> bool:
    """Tell whether a short word without marks is also the right word with them: "thứ", not "thu" or "mốt"."""
    if "word" not in hit.re.groupindex or hit["word"] is None:
        return True
    written = tidy[hit.start("word") : hit.end("word")]
    return not has_marks(tidy) or canon(written) in {"thứ", "mai", "kia", "mốt"}


def _dated(hit: re.Match[str], today: date) -> _Part:
    year = None if hit["year"] is None else int(hit["year"]) + (2000 if len(hit["year"]) == 2 else 0)
    return _Part(*hit.span(), _wording(hit), day=int(hit["day"]), month=int(hit["month"]), year=year)


def _of_month(hit: re.Match[str], today: date) -> _Part:
    part = _Part(*hit.span(), _wording(hit), day=int(hit["day"]))
    if hit["when"] is None:
        return part
    first = _first_of(today, hit["when"])
    return replace(part, month=first.month, year=first.year)


def _end_of_month(hit: re.Match[str], today: date) -> _Part:
    part = _Part(*hit.span(), _wording(hit), day=31)
    if hit["when"] is None:
        return part
    first = _first_of(today, hit["when"])
    return replace(part, day=monthrange(first.year, first.month)[1], month=first.month, year=first.year)


def _weekday(hit: re.Match[str], today: date) -> _Part:
    number = 7 if hit["sunday"] else _WEEKDAYS[hit["day"]]
    part = _Part(*hit.span(), _wording(hit), weekday=number)
    if hit["when"] is None:
        return part
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=not hit["when"].endswith("nay"))
    return replace(part, on=monday + timedelta(days=number - 1))


def _tomorrow(hit: re.Match[str], today: date) -> _Part:
    return _Part(*hit.span(), _wording(hit), on=today + timedelta(days=1 if hit["word"] == "mai" else 2))


def _first_of(today: date, said: str) -> date:
    """Return the first day of this month or, for "tháng sau", of the next."""
    first = today.replace(day=1)
    return first if said.endswith("nay") else (first + timedelta(days=31)).replace(day=1)


def _wording(hit: re.Match[str]) -> Wording:
    return Wording.BEFORE if hit["before"] is not None and hit["until"] is None else Wording.UNTIL


def _options(
    parts: list[_Part], every: Every | None, month_of_quarter: int | None, today: date
) -> tuple[Rhythm, ...] | Problem:
    """Return what the named days may mean together with the rhythm that was said."""
    if not parts:
        return Problem.NO_DAY
    part = parts[0]
    if len(parts) > 1:
        if every is Every.HALF and _are_half_a_year_apart(parts):
            return _checked(part, every, None, today)
        return Problem.SEVERAL
    return _checked(part, every, month_of_quarter, today)


def _are_half_a_year_apart(parts: list[_Part]) -> bool:
    first, *others = parts
    return len(others) == 1 and first.day == others[0].day and abs((first.month or 0) - (others[0].month or 0)) == 6


def _checked(
    part: _Part, every: Every | None, month_of_quarter: int | None, today: date
) -> tuple[Rhythm, ...] | Problem:
    if not _exists(part):
        return Problem.IMPOSSIBLE
    if every is None:
        return _once(part, today)
    if part.on is not None or part.year is not None:
        return Problem.SEVERAL  # a single day, and yet again and again
    if (every is Every.WEEK) != (part.weekday is not None):
        return Problem.SEVERAL
    if every is Every.WEEK:
        return (Rhythm(every, part.wording, day=part.weekday),)
    if every is Every.MONTH:
        return (Rhythm(every, part.wording, day=part.day),) if part.month is None else Problem.SEVERAL
    length = MONTHS[every]
    month = month_of_quarter
    if part.month is not None:
        month = (part.month - 1) % length + 1
    if month is None and every is Every.YEAR:
        return Problem.NO_DAY
    # "hằng quý, ngày 10": of the last month, as most plans have it, or of the first.
    months = (length, 1) if month is None else (month,)
    return tuple(Rhythm(every, part.wording, day=part.day, month=each) for each in months)


def _once(part: _Part, today: date) -> tuple[Rhythm, ...] | Problem:
    """Return the single day that is named; where nothing says which year or week, also what would come again."""
    wording = part.wording
    if part.weekday is not None and part.on is None:
        coming = today + timedelta(days=(part.weekday - 1 - today.weekday()) % 7)
        if _last(coming, wording) < today:
            coming += timedelta(weeks=1)
        return (_single(coming, wording), Rhythm(Every.WEEK, wording, day=part.weekday))
    if part.on is not None or part.year is not None:
        day = part.on or date(part.year or 0, part.month or 0, part.day or 0)
        if _last(day, wording) < today:
            return Problem.PAST
        return Problem.FAR if day - today > FARTHEST else (_single(day, wording),)
    if part.month is None:
        coming = _coming(today, lambda first: _day_in(first, part.day or 1), wording)
        return (Rhythm(Every.MONTH, wording, day=part.day), _single(coming, wording))
    coming = _next_dated(part, today)
    if coming.year == today.year:
        return (_single(coming, wording),)
    return (_single(coming, wording), Rhythm(Every.YEAR, wording, day=part.day, month=part.month))


def _next_dated(part: _Part, today: date) -> date:
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


def _exists(part: _Part) -> bool:
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


def _rest(tidy: str, plain: str, begin: int, taken: list[tuple[int, int]]) -> str:
    """Return what is left of the sentence without some of its stretches."""
    kept, position = [], begin
    for start, end in sorted(taken):
        kept.append(_piece(tidy, plain, position, start))
        position = max(position, end)
    kept.append(_piece(tidy, plain, position, len(tidy)))
    return " ".join(piece for piece in kept if piece)


def _piece(tidy: str, plain: str, start: int, end: int) -> str:
    """Return one stretch without the commas and little words that led to what was taken out."""
    piece = tidy[start:end]
    dangling = _DANGLING.search(plain[start:end].rstrip())
    if dangling is not None:
        piece = piece[: dangling.start()]
    return _LOOSE_ENDS.sub("", piece)
