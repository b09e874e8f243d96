"""Reads whole numbers written in digits or Vietnamese words; it does not judge what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.phrases import Token, nfc, tokenize
from knowledge.vietnamese import fold


class _Units:
    """Words for units and what they stand for, found with their marks or, for a bare token, without."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._marked = words
        self._bare = {fold(word): value for word, value in words.items()}

    def of(self, token: Token) -> int | None:
        return self._bare.get(token.fold) if token.plain else self._marked.get(token.canon)


_WORDS = {"một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9}
_UNITS = _Units(_WORDS)
# Forms that a unit takes only behind a ten: hai mươi mốt, mười lăm, ba mươi tư.
_UNITS_AFTER_TEN = _Units(_WORDS | {"mốt": 1, "tư": 4, "lăm": 5, "nhăm": 5})
_UNITS_AFTER_DIGIT = _Units({"mốt": 1, "tư": 4, "lăm": 5})
_BEGINNINGS = frozenset(map(fold, (*_WORDS, "chục", "mươi", "mười")))
_YEAR_COMPANIONS = ("nay", "ngoái", "ngoài", "trước", "sau", "học", "mới", "rồi")
_COUNTED = ("người", "bà", "ông", "bác", "hộ", "cụ", "chị", "anh")
_SOME = ("mấy", "rưỡi")
_RANGES = ((5, 7), (3, 7), (5, 3))
"""Numbers said together for "some": "năm bảy", "dăm ba"."""
_LARGEST = 999_999


@dataclass(frozen=True, slots=True)
class Number:
    """A number that takes `length` tokens; `value` is None when the words name no exact number."""

    value: int | None
    length: int


def read_number(text: str) -> int | None:
    """Return the number that the whole of `text` is, or None."""
    tokens = tokenize(nfc(text))
    number = number_at(tokens, 0)
    return number.value if number and number.length == len(tokens) else None


def number_at(tokens: Sequence[Token], start: int, stop: int | None = None) -> Number | None:
    """Return the number that begins at token `start`, reading no further than `stop`."""
    end = len(tokens) if stop is None else min(stop, len(tokens))
    if start >= end:
        return None
    if tokens[start].is_number:
        return _digits(tokens, start, end)
    return _words(tokens, start, end) if tokens[start].fold in _BEGINNINGS else None


def _digits(tokens: Sequence[Token], start: int, end: int) -> Number | None:
    raw = tokens[start].raw
    value = _digit_value(raw)
    if value is None:  # too many digits, and "30+", are no exact number
        return Number(None, 1) if _is_range(raw) or raw.isdecimal() or raw.endswith("+") else None
    position = start + 1
    if position < end and tokens[position].means(("chục",)):
        value, position = value * 10, position + 1
    return _closed(tokens, start, position, end, value)


def _digit_value(raw: str) -> int | None:
    """Read "12" and "1.200"; nothing else written with digits is a whole number."""
    groups = raw.split(".") if "." in raw else raw.split(",")
    if not all(group.isascii() and group.isdecimal() for group in groups):
        return None
    if len(groups) > 1 and not (0 < int(groups[0]) < 1000 and all(len(group) == 3 for group in groups[1:])):
        return None
    joined = "".join(groups)
    return int(joined) if len(joined) <= len(str(_LARGEST)) else None


def _is_range(raw: str) -> bool:
    ends = raw.replace("/", "-").split("-")
    if len(raw) == 3 and raw[1] == ",":
        return int(raw[2]) == int(raw[0]) + 1  # "5,6 ông"
    return len(ends) == 2 and all(len(end) <= 3 and end.isdecimal() for end in ends) and int(ends[0]) < int(ends[1])


def _words(tokens: Sequence[Token], start: int, end: int) -> Number | None:
    total, position = 0, start
    while True:
        part = _below_thousand(tokens, position, end, nested=position > start)
        if part is None:
            return _closed(tokens, start, position, end, total) if position > start else None
        if part.value is None:
            return Number(None, position + part.length - start)
        value, position = part.value, position + part.length
        if position < end and tokens[position].means(("nghìn", "ngàn")) and total == 0 and value < 1000:
            total, position = value * 1000, position + 1
            continue
        return _closed(tokens, start, position, end, total + value)


def _below_thousand(tokens: Sequence[Token], start: int, end: int, *, nested: bool) -> Number | None:
    hundreds = _unit(tokens, start, end, _UNITS)
    if hundreds is not None and _word_at(tokens, start + 1, end, ("trăm",)):
        rest_at = start + 2
        if _word_at(tokens, rest_at, end, ("linh", "lẻ")):
            unit = _unit(tokens, rest_at + 1, end, _UNITS_AFTER_TEN)
            return Number(hundreds * 100 + unit, rest_at + 2 - start) if unit else Number(hundreds * 100, 2)
        rest = _below_hundred(tokens, rest_at, end)
        if rest is None or rest.value is None:
            return Number(hundreds * 100, 2)
        return Number(hundreds * 100 + rest.value, 2 + rest.length)
    return _below_hundred(tokens, start, end) if not nested or hundreds is not None else None


def _below_hundred(tokens: Sequence[Token], start: int, end: int) -> Number | None:
    if _word_at(tokens, start, end, ("chục", "mươi")) and not tokens[start].plain:
        return Number(None, 1)
    if _word_at(tokens, start, end, ("mười",)):
        unit = _unit(tokens, start + 1, end, _UNITS_AFTER_TEN)
        return Number(10 + unit, 2) if unit else Number(10, 1)
    first = _unit(tokens, start, end, _UNITS)
    if first is None:
        return Number(None, 1) if _word_at(tokens, start, end, ("chục",)) else None
    if _word_at(tokens, start + 1, end, ("mươi", "chục")):
        unit = _unit(tokens, start + 2, end, _UNITS_AFTER_TEN)
        return Number(first * 10 + unit, 3) if unit else Number(first * 10, 2)
    bare_unit = _unit(tokens, start + 1, end, _UNITS_AFTER_DIGIT)
    if bare_unit is not None and first > 1 and not tokens[start + 1].plain:
        return Number(first * 10 + bare_unit, 2)
    following = _unit(tokens, start + 1, end, _UNITS)
    some = (first, following) in _RANGES and not (tokens[start + 1].plain and following == 3)  # "nam ba": năm bà
    if following == first + 1 or some:
        return Number(None, 2)  # "hai ba bà" is two or three
    return Number(first, 1)


def _closed(tokens: Sequence[Token], start: int, position: int, end: int, value: int) -> Number:
    """Make the number inexact where "mấy" or a rounding word follows: "mười mấy", "hai mươi mấy"."""
    if position < end and tokens[position].means(_SOME):
        return Number(None, position + 1 - start)
    return Number(value, position - start)


def _unit(tokens: Sequence[Token], at: int, end: int, units: _Units) -> int | None:
    if at >= end:
        return None
    token = tokens[at]
    if token.fold == "nam" and _is_year(tokens, at, end):
        return None
    return units.of(token)


def _is_year(tokens: Sequence[Token], at: int, end: int) -> bool:
    if at + 1 >= end:
        return False
    following = tokens[at + 1]
    if following.plain and following.fold == "sau" and at + 2 < end and tokens[at + 2].means(_COUNTED):
        return False  # "nam sau nguoi" without marks: năm sáu
    return (following.raw.isdecimal() and len(following.raw) == 4) or following.means(_YEAR_COMPANIONS)


def _word_at(tokens: Sequence[Token], at: int, end: int, words: tuple[str, ...]) -> bool:
    return at < end and tokens[at].means(words)
