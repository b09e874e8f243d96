"""Finds the days named in a sentence, as seen from a given today; it looks back, and questions nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import TypeVar

from knowledge.numbers import number_at
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words, nfc, tokenize

V = TypeVar("V")

# A day and month without a year lies in the past, unless it is near enough to be a slip or a plan.
_SURE_PARTS = frozenset(["chieu", "trua"])
"""Parts of the day that are mistaken for nothing else without marks."""
_LEAD_REACH = 3
_FAR_AHEAD = timedelta(days=180)


class _DayWords(WordList):
    relative: Mapping[int, tuple[str, ...]]
    after_part: Mapping[int, tuple[str, ...]]
    parts: Mapping[str, tuple[str, ...]]
    links: tuple[str, ...]
    vague: tuple[str, ...]
    weekdays: Mapping[int, tuple[str, ...]]
    in_week: tuple[str, ...]
    unsure: tuple[str, ...]
    occasions: tuple[str, ...]
    destinations: tuple[str, ...]
    ordinal_heads: tuple[str, ...]
    weeks: Mapping[int, tuple[str, ...]]
    just_past: tuple[str, ...]
    units: Mapping[int, tuple[str, ...]]
    ago: tuple[str, ...]
    counted: tuple[str, ...]
    reached: tuple[str, ...]
    span: tuple[str, ...]
    during: tuple[str, ...]
    about: tuple[str, ...]
    born: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day named at tokens `start` up to `end`; `date` is None when the words tell no single day.

    `part` is the part of the day, if said; `bare` means that only the part was said ("chiều giúp…").
    """

    start: int
    end: int
    date: date | None
    part: str | None = None
    bare: bool = False


def read_day(text: str, today: date) -> date | None:
    """Return the one day named in `text`, or None when there is none, several, or a vague one."""
    days = find_days(tokenize(nfc(text)), today)
    named = {day.date for day in days}
    return named.pop() if len(named) == 1 else None


def find_days(tokens: Sequence[Token], today: date) -> list[Day]:
    """Return the days named in `tokens`, from left to right."""
    days: list[Day] = []
    position = 0
    while position < len(tokens):
        day = (
            _unsure(tokens, position, today)
            or _day_with_part(tokens, position, today)
            or _occasion(tokens, position, today)
        )
        if day is None:
            position += 1
        else:
            day = _either(tokens, day, today)
            days.append(day)
            position = day.end
    return [day for at, day in enumerate(days) if not _leads_to(tokens, day, days[at + 1 :])]


def _leads_to(tokens: Sequence[Token], day: Day, later: Sequence[Day]) -> bool:
    """Tell whether a word like "đợt" only leads to a day told behind it: "đợt chiến dịch ngày 8/11"."""
    leads = day.date is None and day.end == day.start + 1 and tokens[day.start].means(_tables().words.occasions)
    return leads and bool(later) and later[0].date is not None and later[0].start - day.end <= _LEAD_REACH


def _unsure(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read "hình như hôm qua" and "khoảng thứ năm": nobody is sure of the day."""
    words = _at(_tables().unsure, tokens, start)
    day = _day_with_part(tokens, words.end, today) if words is not None and words.end < len(tokens) else None
    return None if day is None or day.bare else replace(day, start=start, date=None)


def _either(tokens: Sequence[Token], day: Day, today: date) -> Day:
    """Make a day with another day or number behind "hay" one that nobody can tell: "hôm 12 hay 13"."""
    if day.end + 1 >= len(tokens) or not tokens[day.end].means(("hay", "hoặc")):
        return day
    other = _day_with_part(tokens, day.end + 1, today)
    number = number_at(tokens, day.end + 1)
    if other is None and number is None:
        return day
    end = other.end if other is not None else day.end + 1 + (number.length if number else 0)
    return replace(day, end=end, date=None, bare=False)


def _occasion(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read "hôm mưa to" and "bữa họp thôn": some day, told by what happened."""
    counted = start > 0 and (tokens[start - 1].is_number or number_at(tokens, start - 1) is not None)
    named = tokens[start].means(_tables().words.occasions) and not counted
    named = named and not (start and tokens[start].is_capital and not tokens[start - 1].is_break)
    named = named and not (start and tokens[start - 1].means(("hẹn",)))  # "hẹn bữa khác"
    if not named or start + 1 >= len(tokens) or not tokens[start + 1].raw.isalpha():
        return None
    return Day(start, start + 1, None) if _day_with_part(tokens, start + 1, today) is None else None


@dataclass(frozen=True)
class _Tables:
    words: _DayWords
    relative: PhraseTable[int]
    after_part: PhraseTable[int]
    parts: PhraseTable[str]
    vague: PhraseTable[None]
    weekdays: PhraseTable[int]
    weeks: PhraseTable[int]
    in_week: PhraseTable[None]
    unsure: PhraseTable[None]
    just_past: PhraseTable[None]
    units: PhraseTable[int]


@cache
def _tables() -> _Tables:
    words = load_words(_DayWords, "days")
    return _Tables(
        words=words,
        relative=_numbered(words.relative),
        after_part=_numbered(words.after_part),
        parts=PhraseTable((phrase, part) for part, phrases in words.parts.items() for phrase in phrases),
        vague=PhraseTable((phrase, None) for phrase in words.vague),
        weekdays=_numbered(words.weekdays),
        weeks=_numbered(words.weeks),
        in_week=PhraseTable((phrase, None) for phrase in words.in_week),
        unsure=PhraseTable((phrase, None) for phrase in words.unsure),
        just_past=PhraseTable((phrase, None) for phrase in words.just_past),
        units=_numbered(words.units),
    )


def _numbered(phrases: Mapping[int, tuple[str, ...]]) -> PhraseTable[int]:
    return PhraseTable((phrase, number) for number, listed in phrases.items() for phrase in listed)


def _day_with_part(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    tables = _tables()
    part = tables.parts.at(tokens, start)
    if part is None:
        return _day_at(tokens, start, today)
    short = _at(tables.after_part, tokens, part.end)
    goes = short is not None and short.value == -1 and _word(tokens, short.end, tables.words.destinations)
    if goes and tokens[start].plain and tokens[start].fold == "toi":
        return None  # "toi qua nha ba Muoi" without marks: tôi
    if short is not None and goes:
        return _gone_or_yesterday(tokens, start, part, today)
    if short is not None:
        return Day(start, short.end, today + timedelta(days=short.value), part.value)
    linked = part.end + (part.end < len(tokens) and tokens[part.end].means(tables.words.links))
    for following in dict.fromkeys((part.end, linked)):
        day = _day_at(tokens, following, today) if following < len(tokens) else None
        if day is not None:
            return Day(start, day.end, day.date, part.value)
    # A bare part alone is a day only where a clause begins; without marks "toi" and "sang" are mostly other words.
    begins = start == 0 or tokens[start - 1].is_break or part.end - start > 1
    if (begins and tokens[start].fold != "toi") or (not tokens[start].plain and tokens[start].canon != "đêm"):
        return Day(start, part.end, today, part.value, bare=True)
    return Day(start, part.end, today, part.value, bare=True) if tokens[start].fold in _SURE_PARTS else None


def _gone_or_yesterday(tokens: Sequence[Token], start: int, part: Hit[str], today: date) -> Day:
    """Read "chiều qua thôn 2": behind another part of the day it is "went to", alone nobody can tell."""
    parts = _tables().parts
    if any(parts.at(tokens, at) is not None for at in range(start)):
        return Day(start, part.end, today, part.value, bare=True)
    return Day(start, part.end + 1, None, part.value)


def _day_at(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    for reading in (_some_days_ago, _day_of_week, _vague, _relative, _weekday, _written, _day_of_month, _year):
        day = reading(tokens, start, today)
        if day is not None:
            return _in_calendar(tokens, day)
    return None


def _in_calendar(tokens: Sequence[Token], day: Day) -> Day:
    """Take in which calendar is meant: "mùng 9 tháng 2 dương lịch" is that day, "mùng 5 âm lịch" is not reckoned."""
    if not _word(tokens, day.end + 1, ("lịch",)) or not _word(tokens, day.end, ("dương", "âm")):
        return day
    return replace(day, end=day.end + 2, date=day.date if _word(tokens, day.end, ("dương",)) else None)


def _some_days_ago(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read "cách đây 3 ngày" and "2 hôm trước"."""
    tables = _tables()
    since = tokens[start].fold == "cach" and start + 1 < len(tokens) and tokens[start + 1].fold == "day"
    number_start = start + 2 if since else start
    about = since and _word(tokens, number_start, tables.words.about)
    number_start += about
    number = number_at(tokens, number_start)
    if number is None:
        return None
    unit = _at(tables.units, tokens, number_start + number.length)
    if unit is None:
        return None
    ago = unit.end < len(tokens) and tokens[unit.end].means(tables.words.ago)
    led = start > 0 and tokens[start - 1].means(tables.words.during)
    spans = _word(tokens, unit.end, tables.words.span)
    if not since and not ago and (led or spans):
        return Day(start, unit.end + spans, None)
    if not since and not ago:
        return None
    days = None if number.value is None or number.value > 1000 or about else number.value * unit.value
    return Day(start, unit.end + ago, None if days is None else today - timedelta(days=days))


def _day_of_week(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read "tuần này thứ hai": the week in front of its day."""
    week = _at(_tables().weeks, tokens, start)
    hit = _at(_tables().weekdays, tokens, week.end) if week is not None else None
    if week is None or hit is None:
        return None
    monday = today - timedelta(days=today.weekday())
    return Day(start, hit.end, monday + timedelta(days=hit.value + 7 * week.value))


def _vague(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    hit = _at(_tables().vague, tokens, start)
    begins = start == 0 or tokens[start - 1].is_break
    if hit is not None and tokens[start].plain and tokens[start].fold == "co" and not begins:
        return None  # "quan co Lan" without marks is no "có lần"
    return Day(start, hit.end, None) if hit else None


def _relative(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    hit = _at(_tables().relative, tokens, start)
    if hit is not None and hit.end == start + 1 and tokens[start].plain and tokens[start].fold == "nay":
        begins = start == 0 or tokens[start - 1].is_break
        return Day(start, start + 1, today) if begins else None  # "nay" without marks is nay rather than nãy
    if hit is not None and tokens[hit.end - 1].fold == "mot" and _word(tokens, hit.end, ("tháng",)):
        return None  # "ngay mot thang muoi hai" without marks
    if hit is not None and tokens[start].plain and tokens[start].fold == "mot":
        return None  # without marks "mot" is one
    return Day(start, hit.end, today + timedelta(days=hit.value)) if hit else None


def _weekday(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    tables = _tables()
    hit = _at(tables.weekdays, tokens, start)
    if hit is not None and start > 0 and tokens[start - 1].means(("hẹn",)):
        ahead = (hit.value - today.weekday()) % 7 or 7
        return Day(start, hit.end, today + timedelta(days=ahead))
    if hit is None or (start > 0 and tokens[start - 1].means(tables.words.ordinal_heads)):
        return None
    back = (today.weekday() - hit.value) % 7
    in_week = _at(tables.in_week, tokens, hit.end)
    if in_week is not None:
        hit = Hit(hit.start, in_week.end, hit.value)
    week = _at(tables.weeks, tokens, hit.end)
    if week is not None:
        monday = today - timedelta(days=today.weekday())
        return Day(start, week.end, monday + timedelta(days=hit.value + 7 * week.value))
    if _word(tokens, hit.end, ("này", "ni")) and not _word(tokens, hit.end + 1, ("giờ",)):
        return Day(start, hit.end + 1, today - timedelta(days=today.weekday() - hit.value))
    if _word(tokens, hit.end, ("tới", "sau")) and not tokens[hit.end].plain:
        return Day(start, hit.end + 1, today + timedelta(days=7 - back))
    written = _date_behind(tokens, hit.end, today)
    if written is not None:
        agrees = written.date is not None and written.date.weekday() == hit.value
        return Day(start, written.end, written.date if agrees else None)  # "thứ hai 28/11" on a Saturday
    past = _at(tables.just_past, tokens, hit.end)
    if past is not None and not (past.end - past.start == 1 and _continues(tokens, past.end, past)):
        return Day(start, past.end, today - timedelta(days=back or 7))
    return Day(start, hit.end, today - timedelta(days=back))


def _continues(tokens: Sequence[Token], end: int, past: Hit[None]) -> bool:
    """Tell whether a lone "qua" or "trước" leads on to something else: "thứ bảy qua nhà bà Tư"."""
    return tokens[past.start].fold in {"qua", "truoc"} and end < len(tokens) and not tokens[end].is_break


def _date_behind(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read the date of "thứ bảy 14/11" and "thứ bảy, ngày 14"."""
    position = start
    while position < len(tokens) and (tokens[position].raw == "," or tokens[position].raw == "("):
        position += 1
    if position >= len(tokens):
        return None
    return _written(tokens, position, today) or _day_of_month(tokens, position, today)


def _written(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read 15/11, 15-11-2026 and "ngày 15/11"; a date that does not exist is a vague day."""
    lead = start + 1 < len(tokens) and tokens[start].fold in {"ngay", "hom", "mung", "mong"}
    position = start + lead
    raw = tokens[position].raw
    mark = next((mark for mark in "/-." if mark in raw), None)
    if mark is None or not tokens[position].is_number or _is_born(tokens, start):
        return None
    numbers = raw.split(mark)
    if not all(number.isdecimal() for number in numbers):
        return None
    if len(numbers) == 3 and len(numbers[2]) in (2, 4) and len(numbers[0]) <= 2 and len(numbers[1]) <= 2:
        year = int(numbers[2]) + (2000 if len(numbers[2]) == 2 else 0)
        return Day(start, position + 1, _date_or_none(year, int(numbers[1]), int(numbers[0])))
    if len(numbers) != 2 or mark == "." or max(map(len, numbers)) > 2:
        return None
    day, month = map(int, numbers)
    exists = _date_or_none(2024, month, day) is not None
    # "2-3 bà" is a range and "2/3 bà" a share; a month of two digits or a leading word makes it a date all the same.
    if not lead and not exists:
        return Day(start, position + 1, None) if mark == "/" and (month > 9 or 12 < day < 32) else None  # "31/9"
    if not lead and day == month and _word(tokens, position + 1, _tables().words.reached):
        return None  # "12/12 đều được"
    if not lead and day == month and any(token.raw == numbers[0] for token in tokens[:position]):
        return None  # "kích hoạt cho 9 anh, 9/9"
    if not lead and len(numbers[1]) < 2 and (mark == "-" or _word(tokens, position + 1, _tables().words.counted)):
        return None
    return Day(start, position + 1, _in_nearest_year(today, month, day))


def _is_born(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a date tells when somebody was born: "bác Hoàng sinh 12/03/1951"."""
    return any(token.means(_tables().words.born) for token in tokens[max(0, at - 2) : at])


def _day_of_month(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read "ngày 15", "mùng 5", "ngày 15 tháng 11 năm 2026" and "15 tháng 11"."""
    position = start
    lead = _word(tokens, position, ("ngày", "hôm"))
    position += lead
    new_moon = _word(tokens, position, ("mùng", "mồng"))
    position += new_moon
    number = number_at(tokens, position)
    if number is None or number.value is None or not 1 <= number.value <= 31:
        return None
    if tokens[position].plain and tokens[position].fold == "sau":
        return None  # "3 ngay sau" without marks
    end = position + number.length
    month = number_at(tokens, end + 1) if _word(tokens, end, ("tháng",)) else None
    if month is not None and month.value is not None and 1 <= month.value <= 12:
        end += 1 + month.length
        if _word(tokens, end, ("năm",)) and end + 1 < len(tokens) and tokens[end + 1].raw.isdecimal():
            year = int(tokens[end + 1].raw) if len(tokens[end + 1].raw) == 4 else 0
            return Day(start, end + 2, _date_or_none(year, month.value, number.value))
        return Day(start, end, _in_nearest_year(today, month.value, number.value))
    if not (lead or new_moon) or not tokens[start].means(("ngày", "hôm", "mùng", "mồng")):
        return None
    if _word(tokens, end, ("tháng",)) and end + 1 < len(tokens) and tokens[end + 1].means(("trước", "rồi", "này")):
        before = not tokens[end + 1].means(("này",))
        return Day(start, end + 2, _latest(today.replace(day=1) - timedelta(days=1) if before else today, number.value))
    return Day(start, end, _latest(today, number.value))


def _year(tokens: Sequence[Token], start: int, today: date) -> Day | None:
    """Read "năm 2024" and "tháng 10": a day in them is not told."""
    following = tokens[start + 1] if start + 1 < len(tokens) else None
    if following is None or not following.raw.isdecimal() or (start > 0 and tokens[start - 1].means(("sinh",))):
        return None
    is_year = tokens[start].means(("năm",)) and len(following.raw) == 4
    is_month = tokens[start].means(("tháng",)) and 1 <= int(following.raw[:3]) <= 12
    return Day(start, start + 2, None) if is_year or is_month else None


def _latest(last: date, day: int) -> date | None:
    """Return the latest date not after `last` that is a `day` of its month."""
    month_end = last
    for _ in range(3):
        found = _date_or_none(month_end.year, month_end.month, day)
        if found is not None and found <= last:
            return found
        if month_end.year == date.min.year and month_end.month == 1:
            return None
        month_end = month_end.replace(day=1) - timedelta(days=1)
    return None


def _in_nearest_year(today: date, month: int, day: int) -> date | None:
    this_year = _date_or_none(today.year, month, day)
    if this_year is not None and this_year - today > _FAR_AHEAD:
        return _date_or_none(today.year - 1, month, day)
    return this_year


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _word(tokens: Sequence[Token], at: int, words: tuple[str, ...]) -> bool:
    return at < len(tokens) and tokens[at].means(words)


def _at(table: PhraseTable[V], tokens: Sequence[Token], start: int) -> Hit[V] | None:
    return table.at(tokens, start) if start < len(tokens) else None
