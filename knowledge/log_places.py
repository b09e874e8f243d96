"""Finds the place named in a sentence, as typed or as the village it means; it knows no map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz

from knowledge.numbers import number_at
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words
from knowledge.vietnamese import fold

_SAME_VILLAGE = 86.0
# Without marks these heads are mostly other words (cho, tổ/to, xa, bạn…) and need a preposition or a number.
_UNSAFE_HEADS = frozenset(
    [
        "cho",
        "chua",
        "to",
        "xa",
        "ban",
        "truong",
        "doi",
        "cum",
        "lang",
        "duong",
        "khu",
        "khoi",
        "tiem",
        "quan",
        "dinh",
        "ap",
        "ub",
    ]
)


class PlaceWords(WordList):
    named: tuple[str, ...]
    common: tuple[str, ...]
    owned: tuple[str, ...]
    prepositions: tuple[str, ...]
    vague: tuple[str, ...]
    numbering: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place at tokens `start` up to `end`; `name` is None when the words point at none ("chỗ cũ")."""

    start: int
    end: int
    name: str | None


@cache
def _words() -> PlaceWords:
    return load_words(PlaceWords, "help_places")


@cache
def _heads() -> PhraseTable[str]:
    words = _words()
    kinds = (("named", words.named), ("common", words.common), ("owned", words.owned))
    return PhraseTable((phrase, kind) for kind, phrases in kinds for phrase in phrases)


@cache
def _vague() -> PhraseTable[None]:
    return PhraseTable((phrase, None) for phrase in _words().vague)


def find_places(
    tokens: Sequence[Token],
    text: str,
    villages: Sequence[str],
    is_known: Callable[[int], bool],
    is_person: Callable[[int], bool],
) -> list[Place]:
    """Return the places in `tokens`; a name ends before a token that `is_known` as another word or `is_person`."""
    places: list[Place] = []
    position = 0
    while position < len(tokens):
        vague = _vague().at(tokens, position)
        if vague is not None:
            place: Place | None = Place(position, vague.end, None)
        else:
            end = _place_end(tokens, position, is_known, is_person) or _bare_name_end(tokens, position, is_known)
            place = _named(tokens, position, end, text, villages) if end else _village(tokens, position, villages)
        if place is None:
            position += 1
        else:
            places.append(place)
            position = place.end
    return places


def _place_end(
    tokens: Sequence[Token], start: int, is_known: Callable[[int], bool], is_person: Callable[[int], bool]
) -> int | None:
    hit = _heads().at(tokens, start)
    if hit is None:
        return None
    after_preposition = start > 0 and tokens[start - 1].means(_words().prepositions)
    if hit.value == "owned":
        return _owner_end(tokens, hit, is_person) if after_preposition else None
    if start > 0 and is_person(start):
        return None
    name_end = _name_end(tokens, hit.end, is_known, is_person)
    head = tokens[start]
    if head.plain and head.fold in _UNSAFE_HEADS and hit.end - start == 1 and not after_preposition:
        numbered = head.fold != "cho" and hit.end < len(tokens) and tokens[hit.end].is_number
        if not (numbered and name_end > hit.end):
            return None
    nested = _place_end(tokens, name_end, is_known, is_person) if name_end < len(tokens) else None
    if nested is not None:
        return nested
    if hit.value == "named" and name_end == hit.end:
        # "ubnd xã" and "hội trường thôn" are places although "xã" alone names none.
        return name_end if start > 0 and _ends_head(tokens, start) else None
    return name_end


def _ends_head(tokens: Sequence[Token], start: int) -> bool:
    return any(
        (hit := _heads().at(tokens, at)) is not None and hit.end == start and hit.value == "common"
        for at in range(max(0, start - 5), start)
    )


def _owner_end(tokens: Sequence[Token], hit: Hit[str], is_person: Callable[[int], bool]) -> int | None:
    if hit.end >= len(tokens) or not is_person(hit.end):
        return None
    end = hit.end + 1
    while end < len(tokens) and end - hit.end < 3 and tokens[end].is_capital:
        end += 1
    if (
        end == hit.end + 1
        and end < len(tokens)
        and number_at(tokens, end) is None
        and not tokens[end].means(("tư", "út"))
    ):
        return end
    return max(end, min(hit.end + 2, len(tokens)))


def _name_end(
    tokens: Sequence[Token], start: int, is_known: Callable[[int], bool], is_person: Callable[[int], bool]
) -> int:
    end = start
    if end < len(tokens) and tokens[end].means(_words().numbering):
        end += 1
    number = number_at(tokens, end) if end < len(tokens) else None
    if number is not None and number.length == 1 and not _counts(tokens, end, is_person):
        end += 1
        return _capital_end(tokens, end, end + 3, is_known)
    if end < len(tokens) and tokens[end].is_capital and not tokens[end].is_break:
        return _capital_end(tokens, end + 1, end + 4, is_known)
    limit = end + 2
    while end < limit and end < len(tokens) and not _stops(tokens, end, is_known, is_person):
        end += 1
    return end


def _counts(tokens: Sequence[Token], at: int, is_person: Callable[[int], bool]) -> bool:
    """Tell whether a number written as a word counts people ("thôn ba bà" is none; "thôn 2 bà" is a place)."""
    return not tokens[at].is_number and at + 1 < len(tokens) and is_person(at + 1)


def _capital_end(tokens: Sequence[Token], at: int, limit: int, is_known: Callable[[int], bool]) -> int:
    while at < min(limit, len(tokens)) and tokens[at].is_capital and not is_known(at):
        at += 1
    return at


def _stops(tokens: Sequence[Token], at: int, is_known: Callable[[int], bool], is_person: Callable[[int], bool]) -> bool:
    token = tokens[at]
    return token.is_break or token.is_number or is_known(at) or is_person(at) or _heads().at(tokens, at) is not None


def _bare_name_end(tokens: Sequence[Token], start: int, is_known: Callable[[int], bool]) -> int | None:
    """Read "ở Đông Hải": a capital name behind "ở" or "tại" needs no head."""
    if (
        start == 0
        or tokens[start - 1].fold not in {"o", "tai"}
        or tokens[start - 1].is_capital
        or not tokens[start].is_capital
        or is_known(start)
    ):
        return None
    return _capital_end(tokens, start, start + 4, is_known)


def _named(tokens: Sequence[Token], start: int, end: int, text: str, villages: Sequence[str]) -> Place:
    typed = " ".join(text[tokens[start].start : tokens[end - 1].end].split())
    return Place(start, end, _same_village(typed, villages) or typed)


def _village(tokens: Sequence[Token], start: int, villages: Sequence[str]) -> Place | None:
    """Find a village of two or more words told by its bare name."""
    for village in villages:
        core = _core(village).split()
        part = [token.fold for token in tokens[start : start + len(core)]]
        if len(core) > 1 and part == core:
            return Place(start, start + len(core), village)
    return None


def _same_village(typed: str, villages: Sequence[str]) -> str | None:
    written = fold(typed)
    scored = [
        (max(fuzz.ratio(written, fold(village)), fuzz.ratio(_core(written), _core(village))), village)
        for village in villages
        if _digits(written) == _digits(fold(village))
    ]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _SAME_VILLAGE else None


@lru_cache(maxsize=4096)
def _core(village: str) -> str:
    """Return the folded name without its head: "thôn Đông Hải" becomes "dong hai"."""
    written = fold(village)
    head = max((fold(name) for name in _words().named if written.startswith(fold(name) + " ")), key=len, default="")
    return written[len(head) :].strip()


def _digits(written: str) -> str:
    return "".join(mark for mark in written if mark.isdigit())
