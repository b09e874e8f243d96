"""Finds where the name, title or relatives behind a word for people end; it counts nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from knowledge.log_outcome import phrases
from knowledge.log_person_words import people_tables, people_words
from knowledge.phrases import PhraseTable, Token

_MOST_CHILDREN = 10
"""Names of birth order end with the tenth child."""
NEVER_BARE = frozenset(["di", "ma", "mo", "vi", "noi", "ngoai", "gia", "ban", "dua", "thay"])


def owner_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where the one whose relatives they are ends: "vợ chồng anh Tài", "con gái nhà Thảo"."""
    if at < len(tokens) and tokens[at].means(("nhà", "của")):
        at += 1
    owner = noun_at(tokens, at)
    if owner is not None and owner[0] == "kin" and at not in taken:
        return name_end(tokens, owner[1], taken)
    return name_end(tokens, at, taken)


def names_listed(tokens: Sequence[Token], start: int) -> tuple[int, int] | None:
    """Return where a list of bare names ends and how many they are: "các bà: Lan, Huệ và Cúc"."""
    at, names = start, 0
    while at < len(tokens) and is_name(tokens[at]):
        while at < len(tokens) and is_name(tokens[at]):
            at += 1
        names += 1
        if at >= len(tokens) or not (tokens[at].raw == "," or tokens[at].means(people_words().joiners)):
            break
        at += 1
    end = at - 1 if names and at <= len(tokens) and not is_name(tokens[at - 1]) else at
    return (end, names) if names > 1 else None


def role_end(tokens: Sequence[Token], at: int) -> int:
    """Return where an office behind a name ends: "anh Khải kế toán hợp tác xã"."""
    office = people_tables().offices.at(tokens, at) if at < len(tokens) else None
    if office is None:
        return at
    unit = people_tables().of_offices.at(tokens, office.end) if office.end < len(tokens) else None
    return unit.end if unit else office.end


def office_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where an office ends with whose it is or who holds it: "kế toán hợp tác xã", "bí thư Hùng"."""
    unit = people_tables().of_offices.at(tokens, at) if at < len(tokens) else None
    return name_end(tokens, unit.end if unit else at, taken)


def relatives_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where "chồng cô Bảy" or "bà nội của em Thu" ends; the owner of a relative is not helped for that."""
    if at + 1 < len(tokens) and tokens[at].means(("của",)):
        end = owner_end(tokens, at, taken)
        return end if end > at + 1 and is_name(tokens[end - 1]) else at
    owner = noun_at(tokens, at)
    if owner is None or owner[0] != "kin" or at in taken:
        return at
    end = name_end(tokens, owner[1], taken)
    end += end == owner[1] and is_small_name(tokens, end, taken)
    return end if end > owner[1] or not tokens[at].plain else at


def _titled_end(tokens: Sequence[Token], at: int) -> int:
    """Return where a title behind a noun ends: "bác trưởng thôn"."""
    hit = people_tables().titles.at(tokens, at) if at < len(tokens) else None
    return hit.end if hit else at


def is_called_by_digit(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> bool:
    """Tell whether a digit is a name of birth order: "bác 3", but not the number in "bác 3 hồ sơ"."""
    if (
        at >= len(tokens)
        or at in taken
        or not tokens[at].raw.isdecimal()
        or tokens[at].raw[0] == "0"
        or int(tokens[at].raw[:3]) > _MOST_CHILDREN
    ):
        return False
    return noun_at(tokens, at + 1) is None


def spelled_out(tokens: Sequence[Token], start: int, end: int) -> str:
    return " ".join(token.fold for token in tokens[start:end])


def is_owned(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].means(people_words().owners)


def _is_verb_bay(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "bay" without marks is bày rather than Bảy: "em bay cho 3 ba"."""
    if not tokens[at].plain or tokens[at].fold != "bay" or at + 1 >= len(tokens):
        return False
    speaks = tokens[at - 1].means(people_words().speakers)
    return speaks and (
        tokens[at + 1].fold in {"cho", "cach"} or tokens[at + 1].is_number or noun_at(tokens, at + 1) is not None
    )


def slipped_noun_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    """Find a noun typed without its marks in a text that has some: "hỗ trợ 4 chi"."""
    if at == 0 or at >= len(tokens) or not tokens[at - 1].is_number or not tokens[at].raw.isascii():
        return None
    word = replace(tokens[at], plain=True)
    noun = noun_at([word], 0) if len(word.raw) > 1 and word.fold not in NEVER_BARE else None
    return (noun[0], at + 1) if noun is not None and noun[0] == "kin" else None


def noun_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    hit = people_tables().nouns.at(tokens, at) if at < len(tokens) else None
    if hit is None or not tokens[at].plain:
        return (hit.value, hit.end) if hit else None
    named = hit.end < len(tokens) and tokens[hit.end].is_capital
    if hit.end == at + 1 and tokens[at].fold == "thang" and not named:
        return None  # without marks tháng rather than thằng
    if hit.end > at + 1 and tokens[at].fold == "chi" and named:
        return None  # "chi chu Duc" without marks: chỉ
    return hit.value, hit.end


def name_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where the name behind a noun ends: capital words, or one of the names of birth order."""
    end = at = _titled_end(tokens, at)
    while end < len(tokens) and end - at < 3 and end not in taken and is_name(tokens[end]):
        end += 1
    if end == at and at < len(tokens) and at not in taken and tokens[at].means(people_words().names):
        madam = tokens[at].plain and tokens[at].fold == "ba" and at + 1 < len(tokens) and is_name(tokens[at + 1])
        return at if madam or _is_verb_bay(tokens, at) else at + 1  # "co ba Lan" without marks: có bà Lan
    return end


def is_name(token: Token) -> bool:
    """Tell whether a word is written like a name, and not like "OTP"."""
    return token.is_capital and not (len(token.raw) > 1 and token.raw.isupper())


def is_small_name(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> bool:
    """Tell whether a word in small letters behind a noun is a given name: "giup bac dong cai vneid"."""
    if at >= len(tokens) or at in taken or not tokens[at].means(people_words().given):
        return False
    if noun_at(tokens, at) is not None and is_small_name(tokens, at + 1, taken):
        return False  # "bac anh tuan"
    if not any(table.at(tokens, at) for table in _verbs()):
        return True
    # "giup chi nhan tien" is about receiving, "giup chi nhan cai vneid" about Nhàn.
    following = at + 1
    return following < len(tokens) and (
        tokens[following].is_break
        or tokens[following].means(people_words().joiners)
        or any(phrases(name).at(tokens, following) for name in ("give", "act"))
    )


@cache
def _verbs() -> tuple[PhraseTable[str], ...]:
    return tuple(phrases(name) for name in ("give", "act", "skills", "past", "negation", "done", "planned"))
