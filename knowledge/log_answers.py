"""Reads the answer to one question of the log ("mấy người?"); whole sentences are read in `log_sentence`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from knowledge.dates import read_day
from knowledge.log_sentence import LogEntry, parse
from knowledge.numbers import read_number
from knowledge.vietnamese import fold

_ANY_DAY = date(2026, 1, 1)
"""Numbers, topics and outcomes do not depend on the day."""

_OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(("xong", "xong het", "xong roi", "roi", "da xong", "het", "duoc het", "tat ca"), "done"),
    **dict.fromkeys(("mot phan", "xong mot phan", "con do", "do dang", "duoc mot nua", "xong mot nua"), "partial"),
    **dict.fromkeys(("chua", "chua xong", "chua duoc", "khong duoc", "khong xong", "that bai"), "failed"),
}


def answered_people(text: str) -> int | None:
    """Return how many people an answer like "3", "ba bà" or "khoảng năm người" names, None if none."""
    number = read_number(text)
    if number is not None:
        return number
    entry = _as_sentence(f"giúp {text} cài vneid")
    return None if entry is None else entry.people


def answered_topics(text: str) -> tuple[str, ...]:
    """Return the topics that an answer like "cài vneid" names."""
    entry = _as_sentence(f"hôm nay giúp 1 bà {text}")
    return () if entry is None else entry.topics


def answered_day(text: str, today: date) -> date | None:
    """Return the day that an answer like "hôm qua" names."""
    return read_day(text, today)


def answered_outcome(text: str) -> str | None:
    """Return the outcome that an answer like "xong hết" names."""
    return _OUTCOMES.get(" ".join(word for word in fold(text).strip(" .!").split() if word not in {"a", "thi"}))


def _as_sentence(sentence: str) -> LogEntry | None:
    return next(iter(parse(sentence, _ANY_DAY).entries), None)
