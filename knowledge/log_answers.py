"""Reads the answer to one question of the log ("mấy người?"); whole sentences are read in `log_sentence`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from knowledge.dates import read_day
from knowledge.log_measures import find_measures
from knowledge.log_places import opens_place
from knowledge.log_sentence import LogEntry, parse
from knowledge.numbers import read_number
from knowledge.phrases import nfc, tokenize
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

_AT = re.compile(r"(?:ở|o|tại|tai)\s+(?=\w)", re.IGNORECASE)
_END = r"(?:\s+(?:nhé|nha|nhe|ạ|a|mới đúng|moi dung|nghen|nghe))*[ .!]*"
_CORRECTIONS = tuple(
    re.compile(pattern + _END, re.IGNORECASE)
    for pattern in (
        r"(?:sửa|sua|đổi|doi)\s+(?:.+?\s+)?(?:thành|thanh|lại là|lai la|là|la)\s+(?P<new>.+?)",
        r"(?:không|khong|ko|k)\s+(?:phải|phai)\s+.+?,?\s+(?:mà là|ma la|mà|ma|phải là|là)\s+(?P<new>.+?)",
        r"(?P<new>.+?),?\s+(?:chứ|chu|chớ|cho)\s+(?:không|khong|ko|k)\s+(?:phải|phai)\s+.+?",
        r"(?:à|a|ủa|ua|ý|ơ)?\s*(?:nhầm|nham|lộn|lon|sai|không|khong|ko)\s*(?:rồi|roi)?\s*,"
        r"\s*(?:phải là|là|phai la|la)?\s*(?P<new>.+?)",
        r"(?:ý tôi là|y toi la|ý em là|y em la|đúng ra là|dung ra la|phải là|phai la|sửa lại|sua lai)\s+(?P<new>.+?)",
    )
)
"""Ways of putting one thing of a shown session right; `new` is what it should be."""

_YES = frozenset(("dong y", "co", "vang", "u", "ok", "oke", "duoc", "dung", "dung roi", "dung het", "luu di"))


def answered_yes(text: str) -> bool:
    """Tell whether an answer like "đúng rồi ạ" agrees."""
    return fold(text).strip(" .!").removeprefix("da ").removesuffix(" a") in _YES


def corrected_to(text: str) -> str | None:
    """Return what a correction puts in: "4" of "sửa 3 thành 4", "thôn 3" of "không phải thôn 2 mà thôn 3"."""
    said = " ".join(nfc(text).split())
    found = next((match for pattern in _CORRECTIONS if (match := pattern.fullmatch(said))), None)
    return found["new"].strip(" ,.!") or None if found is not None else None


def answered_place(text: str) -> str | None:
    """Return the place that an answer like "ở chợ Gò" or "thôn 3" names, None if it begins like none."""
    led = _AT.match(text)
    place = text[led.end() :] if led is not None else text
    return place if led is not None or opens_place(tokenize(nfc(place))) else None


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
