"""Reads the answer to one question of the log ("mấy người?"); whole sentences are read in `log_sentence`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from knowledge.dates import read_day
from knowledge.log_measures import find_measures
from knowledge.log_sentence import LogEntry, parse
from knowledge.numbers import read_number
from knowledge.phrases import tokenize
from knowledge.vietnamese import fold, has_marks

_ANY_DAY = date(2026, 1, 1)
"""Numbers, topics and outcomes do not depend on the day."""

_ABOUT = frozenset(["khoang", "chung", "tam", "do", "co", "chac", "gan"])
"""Words in front of a guess: the bot itself has asked for one."""

_OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(("xong", "xong het", "xong roi", "roi", "da xong", "het", "duoc het", "tat ca"), "done"),
    **dict.fromkeys(("mot phan", "xong mot phan", "con do", "do dang", "duoc mot nua", "xong mot nua"), "partial"),
    **dict.fromkeys(("chua", "chua xong", "chua duoc", "khong duoc", "khong xong", "that bai"), "failed"),
}

_YES = frozenset(("dong y", "co", "vang", "u", "ok", "oke", "duoc", "dung", "dung roi", "dung het", "luu di"))


def answered_yes(text: str) -> bool:
    """Tell whether an answer like "đúng rồi ạ" agrees."""
    return fold(text).strip(" .!").removeprefix("da ").removesuffix(" a") in _YES


def answered_people(text: str) -> int | None:
    """Return how many people an answer like "3", "chừng 10", "ba bà" or "khoảng năm người" names, None if none."""
    first, _, rest = text.strip().partition(" ")
    counted = rest if fold(first) in _ABOUT else text
    if fold(counted).startswith("chuc"):  # a ten, without saying one
        counted = f"1 {counted}"
    number = read_number(counted)
    if number is not None:
        return number
    entry = _as_sentence(counted, "giúp {} cài vneid")
    return None if entry is None else entry.people


def answered_topics(text: str) -> tuple[str, ...]:
    """Return the topics that an answer like "cài vneid" names."""
    entry = _as_sentence(text, "hôm nay giúp 1 bà {}")
    return () if entry is None else entry.topics


def answered_day(text: str, today: date) -> date | None:
    """Return the day that an answer like "hôm qua" names."""
    return read_day(text, today)


def answered_minutes(text: str) -> int | None:
    """Return the length of time in minutes that an answer like "2 tiếng" or "30 phút" names, None if none."""
    measures = find_measures(tokenize(f"mất {text}"))
    return next((measure.minutes for measure in measures if measure.minutes is not None), None)


def answered_outcome(text: str) -> str | None:
    """Return the outcome that an answer like "xong hết" names."""
    return _OUTCOMES.get(" ".join(word for word in fold(text).strip(" .!").split() if word not in {"a", "thi"}))


def _as_sentence(text: str, frame: str) -> LogEntry | None:
    """Parse an answer in a sentence around it, without marks if it has none: marks would make "ong" a bee."""
    sentence = (frame if has_marks(text) else fold(frame)).format(text)
    return next(iter(parse(sentence, _ANY_DAY).entries), None)
