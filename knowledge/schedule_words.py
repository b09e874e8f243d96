"""Finds the words of a coordinator's sentence that say when and for whom; what they come to is `schedules`' matter."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from knowledge.deadlines import MONTHS, Every
from knowledge.numbers import read_number
from knowledge.schema import Wording
from knowledge.vietnamese import canon, fold, has_marks

Span = tuple[int, int]

_UNITS = {
    "to dan pho": "village",  # before the other "tổ"
    "to": "team",
    "truong": "village",
    "thon": "village",
    "khu pho": "village",
    "ban": "village",
    "ap": "village",
    "xom": "village",
    "co quan": "office",
    "don vi": "office",
}
_VILLAGES = "thon|khu pho|to dan pho|ban|ap|xom"
_NAMED_UNITS = (
    r"(?P<unit>to cong nghe so(?: cong dong)?|to truong(?: to dan pho)?"
    rf"|truong (?:{_VILLAGES})|{_VILLAGES}|to|co quan|don vi)"
)
_ALL = r"(?:(?:cac|moi|tat ca|nhung|toan the)(?: cac)? )?"
_EVERYBODY = r"(?:(?:anh chi em|anh chi|anh em|nguoi|thanh vien|(?:ca|toan) (?:xa|phuong|dac khu|to))\b[ :,]*)?"
_REQUEST = r"(?:(?:hay|nho|xin|vui long|giup(?: toi| minh)?|(?:bot|em|ban|tro ly)(?: oi)?)[ ,]+)*"
_OPENING = re.compile(
    rf"(?:^/?|(?<= )){_REQUEST}(?:(?:dat|len|tao|cai|them|hen) )?(?:lich )?nhac(?: nho)?(?:@\w+)?\b(?! lai)[ :,]*"
    rf"(?:giup (?:toi |minh )?|cho )?{_ALL}(?:{_NAMED_UNITS}\b[ :,]*)?{_EVERYBODY}(?:phai |hay |can )?"
)
"""What asks for a reminder, with whom it is for."""
_DEMAND = re.compile(
    rf"(?:^|(?<= ))(?P<asks>(?:yeu cau|de nghi|(?:dat|tao|them) han)[ :,]*)?{_ALL}(?:{_NAMED_UNITS}\b[ :,]*)?"
    r"(?P<must>(?:phai|can) )?(?=(?:nop|gui|bao cao)\b)"
)
"""The same without the word for it: "yêu cầu các tổ nộp …", or "15/12 nộp …"."""
_DUTY = re.compile(r"(?:nop|gui|bao cao)\b")
_REPORT = re.compile(r"(?<!\w)(?:bao cao|bc|so lieu|danh sach|bang tong hop|bieu mau|phu luc)(?!\w)")
_QUESTION = re.compile(r"\?|(?<!\w)(?:gi|nao|may|chua|sao|bao gio|phai khong|dung khong)(?!\w)")
_ONE_UNIT = re.compile(r"(?:(?:to|thon|khu pho|ban|ap|xom) )?(?:so )?\d{1,3}(?![\w/.-])(?! (?:hang|moi|thang|tuan))")
_ONE_PERSON = re.compile(r"(?:toi|minh|tui)(?!\w)")

_UNTIL = "cham nhat|han chot|han|muon nhat|khong (?:muon|qua|tre)(?: hon)?|den het|den|toi|vao|het"
_BEFORE = "truoc|trc"
_AT = rf"(?:(?<!\w)(?:(?:(?P<before>{_BEFORE})|(?P<until>(?:{_UNTIL})(?: la)?)) )*)?"
_EACH = r"(?:hang|hag|moi|tung|dinh ky(?: hang)?)"
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
        re.compile(
            rf"(?<!\w)(?:(?:cua )?{_EACH} (?:{unit})|(?:(?:1|mot) )?(?:{unit}) (?:1|mot) lan|(?:{unit}) nao cung)(?!\w)"
        ),
    )
    for every, unit in _ONCE_IN
)
_ONE_TIME = re.compile(r"(?<!\w)(?:1|mot) lan(?!\w)")
_SOME = r"(?:[2-9]|hai|ba|bon) (?:ngay|tuan|nam)|(?:[245789]|hai|bon) thang"
_OTHER_RHYTHM = re.compile(
    rf"(?<!\w)(?:{_EACH} (?:ngay|buoi)(?! \d)|cach (?:ngay|tuan|thang)"
    rf"|(?:{_EACH} )?(?:{_SOME}) (?:1|mot) lan|{_EACH} (?:{_SOME})|ngay lam viec (?:thu|dau)"
    r"|(?:tuan|thang|quy) (?:[2-9]|hai|ba|bon) lan|(?:[2-9]|hai|ba|bon) lan (?:(?:1|mot|moi|trong) )?(?:tuan|thang|quy)"
    rf"|(?:{_EACH} )?(?:thu ?(?:hai|ba|tu|nam|sau|bay|[2-7])|chu nhat) (?:cua )?(?:tuan )?"
    rf"(?:dau|cuoi|thu \w+)(?: tien| cung)?(?: cua)?(?: {_EACH})? thang(?! \d))(?!\w)"
)
"""Rhythms that are asked for and that no rule can have: every two weeks, the first Monday of each month."""

_MONTH_OF_QUARTER = re.compile(
    r"(?<!\w)(?:vao |cua |trong )?thang "
    r"(?:(?P<last>cuoi)|(?P<first>dau)|(?P<middle>giua)|thu (?P<number>hai|2|ba|3|nhat|1))"
    r"(?: tien)?(?: cung)?(?: cua| trong)?(?P<each> (?:hang|moi|tung))? quy"
    r"(?P<which> (?:nay|sau|toi|ke tiep|tiep theo))?(?!\w)"
)
_MONTH_OF_PERIOD = re.compile(
    r"(?<!\w)(?:vao |cua |trong )?thang (?:(?P<last>cuoi)|(?P<first>dau)|(?P<middle>giua))(?!\w)"
)
"""Where the period is named elsewhere: "hằng quý, ngày 10 tháng cuối"."""
_QUARTER = re.compile(r"(?<!\w)(?P<word>quy)(?!\w)(?! (?:che|dinh|trinh|tac))")
_MONTHS = re.compile(
    r"(?<!\w)(?:(?:cua|trong|vao) )?(?:cac )?thang "
    r"(?P<months>\d{1,2}(?:(?: ?, ?(?:va )?| va )(?:thang )?\d{1,2})+)(?![\w/]| thang)"
)
_NEAR = r"(?: nam (?P<of>nay|sau|toi)|(?P<near> (?:nay|sap toi|toi day)))?(?!\w)"
_FROM = r"(?:(?<!\w)tu (?:ngay |mung )?\d{1,2}(?:[/.-]\d{1,2})? (?=den |toi ))?"
"""The beginning of a span, of which the end counts: "từ 20 đến 25"."""
_WRITTEN = re.compile(
    rf"{_FROM}{_AT}(?:ngay )?(?:le )?(?<![\d/.-])(?P<day>\d{{1,2}})[/.-](?P<month>\d{{1,2}})"
    rf"(?:[/.-](?P<year>\d{{4}}|\d{{2}}))?(?![\d/.-]*\d){_NEAR}"
)
_SPOKEN = re.compile(
    rf"{_AT}(?:ngay |mung |mong )?(?<!\d)(?P<day>\d{{1,2}}) thang (?P<month>\d{{1,2}})(?!\d)"
    rf"(?: nam (?P<year>\d{{4}}))?{_NEAR}"
)
_MONTH_SAID = r"(?:(?P<when> (?:cua )?thang (?:nay|sau|toi))| cua thang(?!\w)(?! (?:cuoi|dau|giua|thu|\d)))?"
_OF_MONTH = re.compile(rf"{_FROM}{_AT}(?:ngay|mung|mong) (?:mung |mong )?(?P<day>\d{{1,2}})(?![\d/]|\.\d){_MONTH_SAID}")
_BARE = re.compile(
    rf"{_FROM}(?<!\w)(?:(?P<before>{_BEFORE})|(?P<until>(?:{_UNTIL})(?: la)?)) (?P<day>\d{{1,2}})(?![\d/.-])"
    rf"(?= ?(?:[,.;]|$)|(?: cua)? (?:{_EACH} |thang (?:nay|sau|toi|dau|cuoi|giua|thu))){_MONTH_SAID}"
)
"""A day whose "ngày" was left out: "trước 25 hằng tháng"."""
_FURTHER_DAY = re.compile(
    r"(?:ngay|mung|mong) \d{1,2}(?: ?, ?\d{1,2})*(?: ?,| va| hoac| hay)(?: ngay| mung)? \d{1,2}(?![\w/.-])(?! thang \d)"
)
"""Several days of one month: "ngày 1 và 15"."""
_END_OF_MONTH = re.compile(
    rf"{_AT}(?:ngay )?(?:lam viec )?cuoi (?:cung )?(?:cua )?(?:{_EACH} )?thang"
    r"(?: (?P<number>\d{1,2})(?![\d/])|(?P<when> (?:nay|sau|toi)))?(?!\w| quy)"
)
_END_OF_PERIOD = re.compile(
    rf"{_AT}(?:ngay )?(?:lam viec )?(?:cuoi|het) (?:cung )?(?:cua )?(?:{_EACH} )?(?P<period>quy|nam)"
    r"(?P<when> (?:nay|sau|toi))?(?!\w)"
)
_PART_OF_DAY = r"(?:(?:sang|trua|chieu) )?"
_WEEKDAY = re.compile(
    rf"{_AT}{_PART_OF_DAY}(?<!\w)(?:(?P<word>thu) ?(?P<day>hai|ba|tu|nam|sau|bay|[2-7])|(?P<sunday>chu nhat|cn))"
    r"(?P<when> tuan (?:nay|sau|toi|truoc))?(?!\w)"
)
_SHORT_WEEKDAY = re.compile(
    rf"{_AT}{_PART_OF_DAY}(?<!\w)t\.?(?P<day>[2-7])(?P<sunday>)?(?P<when> tuan (?:nay|sau|toi|truoc))?(?!\w)"
)
_TOMORROW = re.compile(rf"{_AT}{_PART_OF_DAY}(?<!\w)(?:ngay )?(?P<word>mai|kia|mot)(?!\w)(?! (?:lan|bao|buoi|ban))")
_TODAY = re.compile(rf"{_AT}(?:trong )?(?<!\w)(?P<word>hom) nay(?!\w)")
_IN_DAYS = re.compile(
    rf"{_AT}(?<!\w)(?:(?:trong (?:vong )?|sau )?(?P<count>\d{{1,3}}) (?P<unit>ngay|tuan) (?:nua|toi)"
    r"|trong (?:vong )?(?P<within>\d{1,3}) ngay)(?!\w)"
)
_LUNAR = re.compile(r"(?<!\w)(?:am(?: lich)?|ram|thang (?:chap|gieng))(?!\w)")
_TET = re.compile(r"(?<!\w)tet(?!\w)(?! duong)")
_WEEKDAYS = {"hai": 1, "ba": 2, "tu": 3, "nam": 4, "sau": 5, "bay": 6} | {str(day + 1): day for day in range(1, 7)}
_GLUED = re.compile(r"(\d)(h[àằa]ng|m[ỗo]i|th[áa]ng|ng[àa]y)\b", re.I)
_LONG = {"ng": "ngay", "hg": "hang", "thg": "thang"}
_SHORT = re.compile(r"\b(?:ng(?= \d)|hg|thg)\b", re.I)
_COMMON_YEAR = 2025
_SPELLED = frozenset(("thứ", "mai", "kia", "mốt", "hôm", "quý"))
_LOOSE_ENDS = re.compile(r"^[\s,.;:–-]+|[\s,.;:–-]+$")
_DANGLING = re.compile(rf"(?:^|(?<=\s))(?:{_BEFORE}|vao|cua|la|han|cham nhat|va|khoang|tam)\s*$")
_CLOSING = re.compile(r"(?:(?:^|\s)(?:nhe|(?:giup|gium|ho)(?: (?:toi|minh|em|anh|chi|co|chu|bac|voi))?))+[\s.!]*$")

_NHA = re.compile(r"\s*nha[\s.!]*$")
"""A closing word too, but "nhà" as well where it stands behind others."""


@dataclass(frozen=True)
class Part:
    """Words that name a day, from `start` to `end` of the sentence.

    Attributes:
        on: The day itself, where it follows from today.
        is_near: Whether only the next such day can be meant: "15/12 này".
        ends: The period whose last day is meant.
    """

    start: int
    end: int
    wording: Wording
    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    on: date | None = None
    is_near: bool = False
    ends: Every | None = None


@dataclass(frozen=True)
class Heard:
    """What a sentence says.

    Attributes:
        what: What is left without the words that say when and for whom.
        unit_kind: Who was named: team, village or office; None if nobody was.
        every: The rhythm, if one is said.
        month: Of the period, "tháng cuối quý"; `quarter` says how many quarters from now, if it is a certain one.
        months: Those of "các tháng 3, 6, 9, 12".
        names_quarter: Whether a quarter is spoken of, at least in the report's name.
        asks: Whether it asks for a reminder.
        is_of_one: Whether it is for one unit among several, or for one person.
    """

    what: str
    plain: str
    unit_kind: str | None
    parts: tuple[Part, ...]
    every: Every | None
    month: int | None
    quarter: int | None
    months: tuple[int, ...]
    names_quarter: bool
    asks: bool
    is_of_one_unit: bool
    is_personal: bool

    @property
    def is_lunar(self) -> bool:
        """Tell whether the days are those of the lunar calendar; "Tết" beside a day belongs to the report's name."""
        return bool(_LUNAR.search(self.plain)) or (not self.parts and bool(_TET.search(self.plain)))

    @property
    def has_other_rhythm(self) -> bool:
        """Tell whether a rhythm is asked for that no rule can have."""
        return bool(_OTHER_RHYTHM.search(self.plain))

    @property
    def names_further_days(self) -> bool:
        """Tell whether several days of one month are named."""
        return bool(_FURTHER_DAY.search(self.plain))


@dataclass(frozen=True)
class _When:
    """The stretches of a sentence that say when."""

    every: Every | None
    month: re.Match[str] | None
    months: tuple[int, ...]
    parts: tuple[Part, ...]
    spans: tuple[Span, ...]


def hear(text: str, today: date) -> Heard:
    """Return what a sentence says, as heard on `today`."""
    tidy = _with_digits(_unabbreviated(" ".join(unicodedata.normalize("NFC", text).split())))
    plain = "".join(_plain(letter) for letter in tidy)
    opening = _opening(tidy, plain, today)
    taken = [] if opening is None else [opening.span()]
    when = _when(tidy, plain, taken, today)
    rest = _rest(tidy, plain, [*taken, *when.spans])
    unit = None if opening is None else opening["unit"]
    behind = len(plain) if opening is None else opening.end()
    which = None if when.month is None else when.month.groupdict().get("which")
    return Heard(
        what=rest,
        plain=plain,
        unit_kind=None if unit is None else next(kind for word, kind in _UNITS.items() if unit.startswith(word)),
        parts=when.parts,
        every=when.every,
        month=None if when.month is None else _month_within(when.month, when.every or Every.QUARTER),
        quarter=None if which is None or when.every is not None else int(not which.endswith("nay")),
        months=when.months,
        names_quarter=_names_quarter(tidy, plain),
        asks=opening is not None and _asks(opening, plain, when),
        is_of_one_unit=unit is not None and _ONE_UNIT.match(plain, behind) is not None,
        is_personal=unit is None and _ONE_PERSON.match(plain, behind) is not None,
    )


def _opening(tidy: str, plain: str, today: date) -> re.Match[str] | None:
    """Return the words that ask for a reminder: at the beginning, or behind nothing but words that say when."""
    for pattern in (_OPENING, _DEMAND):
        hit = pattern.search(plain)
        if hit is None or (hit.start() and not _says_only_when(tidy[: hit.start()], plain[: hit.start()], today)):
            continue
        if pattern is _OPENING or _is_demand(hit, plain):
            return hit
    return None


def _is_demand(hit: re.Match[str], plain: str) -> bool:
    """Tell whether a sentence without "nhắc" lays down a duty: it must not ask for one, or tell of help."""
    if _QUESTION.search(plain) or not _REPORT.search(plain):
        return any(pattern.search(plain) for _, pattern in _EVERY) and not _QUESTION.search(plain)
    return bool(hit.start() or hit["asks"] or hit["must"])


def _asks(opening: re.Match[str], plain: str, when: _When) -> bool:
    """Tell whether a reminder is asked for: of a unit, of a duty, or with a day."""
    names_day = bool(when.parts) or (when.every is not None and opening.re is _OPENING)
    if opening.re is _DEMAND:
        return bool(when.parts)
    return opening["unit"] is not None or _DUTY.match(plain, opening.end()) is not None or names_day


def _says_only_when(tidy: str, plain: str, today: date) -> bool:
    when = _when(tidy, plain, [], today, with_today=False)
    return bool(when.spans) and not _rest(tidy, plain, when.spans)


def _when(tidy: str, plain: str, taken: list[Span], today: date, *, with_today: bool = True) -> _When:
    spans = list[Span]()
    every = None
    for rhythm, pattern in _EVERY:
        hit = pattern.search(plain)
        if hit is not None:
            every, spans = rhythm, [hit.span()]
            spans += [one.span() for one in _ONE_TIME.finditer(plain) if not _overlaps(one.span(), spans)]
            break
    month = _MONTH_OF_QUARTER.search(plain)
    if month is not None:
        spans.append(month.span())
        every = Every.QUARTER if every is None and month["each"] else every
    elif every in (Every.QUARTER, Every.HALF) or (every is None and _names_quarter(tidy, plain)):
        month = _MONTH_OF_PERIOD.search(plain)
        spans += [] if month is None else [month.span()]
    listed = _MONTHS.search(plain)
    months = () if listed is None else tuple(int(month) for month in re.findall(r"\d+", listed["months"]))
    if listed is not None:
        spans.append(listed.span())
    spans += [one.span() for one in _OTHER_RHYTHM.finditer(plain)]
    parts = tuple(_parts(tidy, plain, taken, spans, every, today, with_today=with_today))
    return _When(every, month, months, parts, (*spans, *((part.start, part.end) for part in parts)))


def _parts(
    tidy: str,
    plain: str,
    taken: list[Span],
    spans: list[Span],
    every: Every | None,
    today: date,
    *,
    with_today: bool,
) -> Iterator[Part]:
    """Yield the days that a sentence names, none of them twice."""
    taken = [*taken, *spans]
    found = 0
    for pattern, reader in _READERS:
        left_out = (
            (pattern is _SHORT_WEEKDAY and every is not Every.WEEK)  # "t6" may be June as well
            or (pattern is _TODAY and not with_today)
            or (pattern is _END_OF_PERIOD and found)  # then a part of the report's name: "báo cáo cuối năm"
        )
        for hit in () if left_out else pattern.finditer(plain):
            inside = {span for span in spans if hit.start() <= span[0] and span[1] <= hit.end()}  # "cuối hằng tháng"
            if _overlaps(hit.span(), [span for span in taken if span not in inside]) or not _is_spelled(tidy, hit):
                continue
            taken.append(hit.span())
            found += 1
            yield reader(hit, today)


def _names_quarter(tidy: str, plain: str) -> bool:
    """Tell whether a sentence speaks of a quarter, and not of a fund or a regulation."""
    return any(_is_spelled(tidy, hit) for hit in _QUARTER.finditer(plain))


def _overlaps(one: Span, others: list[Span]) -> bool:
    return any(one[0] < end and start < one[1] for start, end in others)


def _is_spelled(tidy: str, hit: re.Match[str]) -> bool:
    """Tell whether a short word without marks is also the right word with them: "thứ", not "thu" or "mốt"."""
    if "word" not in hit.re.groupindex or hit["word"] is None:
        return True
    written = tidy[hit.start("word") : hit.end("word")]
    return not has_marks(tidy) or canon(written) in _SPELLED


def _dated(hit: re.Match[str], today: date) -> Part:
    year = None if hit["year"] is None else int(hit["year"]) + (2000 if len(hit["year"]) == 2 else 0)
    if hit["of"] is not None:
        year = today.year + (hit["of"] != "nay")
    day, month = int(hit["day"]), int(hit["month"])
    return Part(*hit.span(), _wording(hit), day=day, month=month, year=year, is_near=hit["near"] is not None)


def _of_month(hit: re.Match[str], today: date) -> Part:
    part = Part(*hit.span(), _wording(hit), day=int(hit["day"]))
    if hit["when"] is None:
        return part
    first = _first_of(today, hit["when"])
    return replace(part, month=first.month, year=first.year)


def _end_of_month(hit: re.Match[str], today: date) -> Part:
    part = Part(*hit.span(), _wording(hit), day=31)
    if hit["number"] is not None:
        month = int(hit["number"])
        return replace(part, month=month, day=monthrange(_COMMON_YEAR, month)[1] if 1 <= month <= 12 else 31)
    if hit["when"] is None:
        return part
    first = _first_of(today, hit["when"])
    return replace(part, day=monthrange(first.year, first.month)[1], month=first.month, year=first.year)


def _end_of_period(hit: re.Match[str], today: date) -> Part:
    every = Every.QUARTER if hit["period"] == "quy" else Every.YEAR
    part = Part(*hit.span(), _wording(hit), ends=every)
    if hit["when"] is None:
        return part
    return replace(part, on=last_of(every, today, later=int(not hit["when"].endswith("nay"))))


def _weekday(hit: re.Match[str], today: date) -> Part:
    number = 7 if hit["sunday"] else _WEEKDAYS[hit["day"]]
    part = Part(*hit.span(), _wording(hit), weekday=number)
    if hit["when"] is None:
        return part
    weeks = {"nay": 0, "truoc": -1}.get(hit["when"].split()[-1], 1)
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return replace(part, on=monday + timedelta(days=number - 1))


def _tomorrow(hit: re.Match[str], today: date) -> Part:
    return Part(*hit.span(), _wording(hit), on=today + timedelta(days=1 if hit["word"] == "mai" else 2))


def _today(hit: re.Match[str], today: date) -> Part:
    return Part(*hit.span(), _wording(hit), on=today)


def _in_days(hit: re.Match[str], today: date) -> Part:
    days = int(hit["within"] or hit["count"]) * (7 if hit["unit"] == "tuan" else 1)
    return Part(*hit.span(), Wording.UNTIL, on=today + timedelta(days=days))


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Part]], ...] = (
    (_WRITTEN, _dated),
    (_SPOKEN, _dated),
    (_IN_DAYS, _in_days),
    (_END_OF_MONTH, _end_of_month),
    (_OF_MONTH, _of_month),
    (_BARE, _of_month),
    (_WEEKDAY, _weekday),
    (_SHORT_WEEKDAY, _weekday),
    (_TOMORROW, _tomorrow),
    (_TODAY, _today),
    (_END_OF_PERIOD, _end_of_period),
)
"""What names a day, the surest first; the last counts where nothing else does."""


def last_of(every: Every, today: date, *, later: int = 0) -> date:
    """Return the last day of the quarter or year of a day, or of a later one."""
    if every is Every.YEAR:
        return date(today.year + later, 12, 31)
    first = first_of_quarter(today, later=later)
    return (first.replace(day=1) + timedelta(days=95)).replace(day=1) - timedelta(days=1)


def first_of_quarter(today: date, *, later: int = 0) -> date:
    """Return the first day of the quarter of a day, or of a later one."""
    quarters = today.year * 4 + (today.month - 1) // 3 + later
    return date(quarters // 4, quarters % 4 * 3 + 1, 1)


def _first_of(today: date, said: str) -> date:
    """Return the first day of this month or, for "tháng sau", of the next."""
    first = today.replace(day=1)
    return first if said.endswith("nay") else (first + timedelta(days=31)).replace(day=1)


def _wording(hit: re.Match[str]) -> Wording:
    return Wording.BEFORE if hit["before"] is not None and hit["until"] is None else Wording.UNTIL


def _month_within(hit: re.Match[str], every: Every) -> int:
    """Return which month of the period is meant."""
    number = hit.groupdict().get("number")
    if hit["last"] or number in {"ba", "3"}:
        return MONTHS[every]
    return 2 if hit["middle"] or number in {"hai", "2"} else 1


def _plain(letter: str) -> str:
    """Return a letter without marks; every letter stays one, so that places in both texts agree."""
    folded = fold(letter) if letter.isalnum() else letter
    return folded if len(folded) == 1 else letter


def _unabbreviated(text: str) -> str:
    """Write "ng 25", "hg thg" and "25hằng tháng" out; without marks, which would say that all words have theirs."""
    text = _GLUED.sub(r"\1 \2", text)
    return _SHORT.sub(lambda hit: _LONG[hit.group().lower()], text)


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


def _rest(tidy: str, plain: str, taken: list[Span] | tuple[Span, ...]) -> str:
    """Return what is left of the sentence without some of its stretches."""
    kept, position = [], 0
    for start, end in sorted(taken):
        kept.append(_piece(tidy, plain, position, start))
        position = max(position, end)
    closing = _CLOSING.search(plain, position) or (_NHA.match(plain, position) if taken else None)
    kept.append(_piece(tidy, plain, position, len(tidy) if closing is None else closing.start()))
    return " ".join(piece for piece in kept if piece)


def _piece(tidy: str, plain: str, start: int, end: int) -> str:
    """Return one stretch without the commas and little words that led to what was taken out."""
    piece = tidy[start:end]
    dangling = _DANGLING.search(plain[start:end].rstrip())
    if dangling is not None:
        piece = piece[: dangling.start()]
    return _LOOSE_ENDS.sub("", piece)
