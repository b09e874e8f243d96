"""Tells whether help is still to come, or past, by the words and days of a sentence; it counts nobody."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.log_outcome import Signal, phrases
from knowledge.log_person_words import people_words
from knowledge.log_spans import Sentence, covered
from knowledge.phrases import Token

_UNSAFE_PLANS = frozenset(["dinh", "mot", "tinh", "dung", "lich"])
"""Without marks these are mostly other words: đình, một, tính, dùng."""


def is_offer(tokens: Sequence[Token]) -> bool:
    """Tell whether a clause in front of any past deed opens like "để em rảnh em ghé" or "nếu mai không mưa"."""
    return any(hit.start == 0 or tokens[hit.start - 1].is_break for hit in phrases("offers").find(tokens))


def is_planned(sentence: Sentence, first: int) -> bool:
    """Tell whether a word in front of the first deed, at token `first`, says that it is still to come."""
    tokens = sentence.tokens
    certain = [mention for mention in sentence.mentions if mention.name or mention.numbered]
    for hit in phrases("planned").find(tokens, covered(certain) | covered(sentence.places)):
        if hit.start and tokens[hit.start - 1].means(("theo",)):
            continue  # "theo kế hoạch 78/KH-UBND" is no plan to help
        if sentence.clause(hit.start) != sentence.clause(first) and _is_dated(sentence, first):
            continue  # "mai là hạn rồi, hôm nay giúp 2 hộ"
        unsafe = hit.end - hit.start == 1 and tokens[hit.start].plain and tokens[hit.start].fold in _UNSAFE_PLANS
        unsafe = unsafe and not (hit.start and tokens[hit.start - 1].means(people_words().speakers))  # "e dinh"
        if any(day.date and day.date <= sentence.today and day.start <= hit.start < day.end for day in sentence.days):
            continue
        vague = [day for day in sentence.days if day.date is None and day.start <= hit.start < day.end]
        ahead = tokens[hit.end - 1].means(("sau", "tới")) and any(day.end == hit.end for day in vague)
        unsafe = unsafe or (bool(vague) and not ahead)  # "từ đầu tuần tới giờ" is no coming week
        told_since = any(
            hit.end < day.start <= first and day.date is not None and not day.bare for day in sentence.days
        )  # "định chiều nay giúp 5 bác" is still to come
        if not unsafe and not told_since and hit.start < max(first, 1):
            return True
    return False


def is_ahead(sentence: Sentence, first: int) -> bool:
    """Tell whether the day of the first deed, at token `first`, is still to come: "thứ bảy này tổ hướng dẫn 20 hộ"."""
    start, end = sentence.clause(first)
    days = [day for day in sentence.days if day.date is not None]
    ahead = [day for day in days if day.date is not None and day.date > sentence.today and start <= day.start < end]
    troubled = any(signal.kind in {"failed", "partial"} for signal in sentence.signals)
    if troubled or len(ahead) < len(days):
        return False  # "chưa xong, mai làm tiếp"
    words = [token for day in ahead for token in sentence.tokens[day.start : day.end]]
    written = any("/" in word.raw or "-" in word.raw or word.means(("ngày", "tháng")) for word in words)
    arranged = phrases("arranged").find(sentence.tokens[start:first])
    return bool(ahead) and (bool(arranged) or not written) and not says_past(sentence)


def _is_dated(sentence: Sentence, at: int) -> bool:
    """Tell whether the clause around token `at` names its own day."""
    start, end = sentence.clause(at)
    return any(start <= day.start < end for day in sentence.days)


def says_past(sentence: Sentence, apart: Sequence[Signal] = ()) -> bool:
    """Tell whether a word says that something is past; those in the signals `apart` say nothing."""
    return bool(phrases("past").find(sentence.tokens, covered([*sentence.topics, *sentence.places, *apart])))
