"""Finds the place named in a sentence, as typed or as the village it means; it knows no map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz

from knowledge.log_outcome import phrases
from knowledge.masking_labels import is_bank
from knowledge.numbers import number_at
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words
from knowledge.vietnamese import fold

_SAME_VILLAGE = 86.0
_LONGEST_OWNER = 3
_NUMBERED_HEADS = frozenset(["to", "doi", "cum", "duong"])
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
        "xuong",
        "quay",
        "sap",
        "vuon",
        "ray",
        "trai",
        "bon",
        "xu",
        "kv",
    ]
)


_LONGEST_UNLISTED, _SHORTEST_UNLISTED = 5, 2
"""Words of a place of a kind that no list has: "ở lán thợ", "tại điểm tiêm chủng"."""
_NAMED_HEADS = frozenset(["ap", "khoi", "cum", "khu", "lang"])
"""Of the unsafe heads these are one where a capital follows: "ba con ap Cai Von"."""


_WRITTEN_OUT = {"kp": "khu pho", "tdp": "to dan pho"}


class PlaceWords(WordList):
    """The lists of `words/help_places.yaml`: what a place begins with, and where its name ends."""

    named: tuple[str, ...]
    common: tuple[str, ...]
    owned: tuple[str, ...]
    prepositions: tuple[str, ...]
    vague: tuple[str, ...]
    not_heads: tuple[str, ...]
    stops: tuple[str, ...]
    spots: tuple[str, ...]
    addresses: tuple[str, ...]
    pointed: tuple[str, ...]
    pointing: tuple[str, ...]
    away: tuple[str, ...]
    kept: tuple[str, ...]
    numbering: tuple[str, ...]
    called: tuple[str, ...]
    no_spots: tuple[str, ...]


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
def numbered_heads() -> frozenset[str]:
    """Return the folded words of places that are told by a number: "thon 2"."""
    return frozenset(fold(head) for head in _words().named if " " not in head)


@cache
def _no_heads() -> PhraseTable[None]:
    return PhraseTable((phrase, None) for phrase in _words().not_heads)


@cache
def _addresses() -> PhraseTable[None]:
    return PhraseTable((phrase, None) for phrase in _words().addresses)


@cache
def _kept() -> PhraseTable[None]:
    return PhraseTable((phrase, None) for phrase in _words().kept)


@cache
def _vague() -> PhraseTable[None]:
    words = _words()
    pointed = (f"{spot} {tail}" for spot in words.pointed for tail in words.pointing)
    return PhraseTable(
        ((phrase, None) for phrase in (*words.vague, *pointed)), exact=True
    )  # "thôn Bến" is no "thôn bên"


def find_places(
    tokens: Sequence[Token],
    text: str,
    villages: Sequence[str],
    is_known: Callable[[int], bool],
    person_ends: Mapping[int, int],
) -> list[Place]:
    """Return the places in `tokens`; a name ends before a token that `is_known` as another word.

    Args:
        person_ends: Where people begin, and where each of them ends.
    """
    places: list[Place] = []
    position = 0
    in_person = {at for start, end in person_ends.items() for at in range(start + 1, end)}
    while position < len(tokens):
        if (
            position in in_person
            and not (tokens[position].is_capital and _is_told_on(tokens, position + 1))
            and not tokens[position - 1].means(_words().prepositions)
        ):
            position += 1  # "đồng chí công an xã" is a person
            continue
        vague = _vague().at(tokens, position)
        if vague is not None and not _is_named(tokens, vague) and not _hands(tokens, position):
            place: Place | None = Place(position, vague.end, None)
        else:
            end = (
                _place_end(tokens, position, is_known, person_ends)
                or _bare_name_end(tokens, position, is_known)
                or _unlisted_end(tokens, position, is_known, person_ends)
            )
            place = _named(tokens, position, end, text, villages) if end else _village(tokens, position, villages)
        if place is None:
            position += 1
        elif places and position == places[-1].end + 1 and tokens[position - 1].means(("hay", "hoặc")):
            places[-1] = Place(places[-1].start, place.end, None)  # "ở thôn 2 hay thôn 3"
            position = place.end
        else:
            places.append(place)
            position = place.end
    return places


def _is_told_on(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a name or number follows a capital head: "chị em Thôn 3" names a place, "bà Ruộng" does not."""
    return at < len(tokens) and (tokens[at].is_capital or tokens[at].is_number)


def _is_named(tokens: Sequence[Token], hit: Hit[None]) -> bool:
    """Tell whether "xóm Bên" is a name."""
    return tokens[hit.end - 1].is_capital and not tokens[hit.start].is_capital


def _hands(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether bare words only look like a vague place: "cai vneid cho cu Mui", "o ben xe"."""
    led = at > 0 and tokens[at - 1].means(_words().prepositions)
    spelled = " ".join(token.fold for token in tokens[at : at + 2])
    if tokens[at].fold == "noi" and not tokens[at].means(("nơi",)):
        return True  # "bác nói hôm qua"
    return tokens[at].plain and (spelled == "o ben" or (spelled == "cho cu" and not led))


def begins_place(tokens: Sequence[Token], at: int, *, longer_than: int = 0) -> bool:
    """Tell whether a head like "thôn" or "nhà văn hoá", of more than so many words, stands at `at`."""
    hit = _heads().at(tokens, at) if at < len(tokens) else None
    return hit is not None and hit.end - hit.start > longer_than


def opens_place(tokens: Sequence[Token]) -> bool:
    """Tell whether a text surely begins with a place; "cho…" without marks may be anything."""
    hit = _heads().at(tokens, 0) if tokens else None
    if hit is None or _no_heads().at(tokens, 0):
        return False
    unsafe = tokens[0].plain and tokens[0].fold in _UNSAFE_HEADS and hit.end == 1
    return not unsafe or (hit.end < len(tokens) and tokens[hit.end].is_number)


def is_head(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word behind a preposition begins a named place: "o ban Na Lan"."""
    called = at + 1 < len(tokens) and tokens[at + 1].is_capital
    behind = at > 0 and tokens[at - 1].means(_words().prepositions)
    return called and behind and _heads().at(tokens, at) is not None


def shop_before(tokens: Sequence[Token], at: int) -> int:
    """Return where a shop in front of its owner at token `at` begins: "quán bà Vượng"; `at` itself if there is none."""
    return next(
        (
            start
            for start in range(max(0, at - 3), at)
            if (hit := _kept().at(tokens, start)) is not None and hit.end == at
        ),
        at,
    )


def spot_before(tokens: Sequence[Token], at: int) -> int | None:
    """Return where "chỗ" in "ở chỗ bữa trước" stands if a vague day at `at` is only to tell a place."""
    if at == 0 or not tokens[at - 1].means(_words().spots):
        return None
    sure = not tokens[at - 1].plain or (at > 1 and tokens[at - 2].means(_words().prepositions))
    return at - 1 if sure else None


def _place_end(
    tokens: Sequence[Token], start: int, is_known: Callable[[int], bool], person_ends: Mapping[int, int]
) -> int | None:
    hit = _heads().at(tokens, start)
    if hit is None or any(_no_heads().at(tokens, at) for at in range(max(0, start - 1), start + 1)):
        return None
    after_preposition = start > 0 and tokens[start - 1].means(_words().prepositions)
    if hit.value == "owned":
        led = after_preposition or (start > 0 and _ends_head(tokens, start))  # "vườn nhà chú Sáu"
        return _owner_end(tokens, hit, is_known, person_ends) if led else None
    called = hit.end < len(tokens) and tokens[hit.end].is_capital and not tokens[start].is_capital
    if start > 0 and start in person_ends and not (after_preposition and called):
        return None
    head = tokens[start]
    if hit.value == "common" and hit.end in person_ends and _kept().at(tokens, start):
        market = start > 1 and tokens[start - 1].plain and tokens[start - 2].means(_words().prepositions)
        given = start > 0 and tokens[start - 1].means(("cho",)) and not market
        return None if given else person_ends[hit.end]  # "tạo mã QR cho quán bà Vượng"
    if start > 0 and hit.value == "common" and tokens[start - 1].means(("với", "cùng")) and hit.end - start > 1:
        return None  # "em với công an xã"
    if start > 0 and not head.plain and tokens[start - 1].means(("cho", "của")):
        return None  # "tạo mã QR cho sạp rau"
    if head.plain and head.fold == "cho" and hit.end in person_ends and not tokens[hit.end].is_capital:
        return None  # "xuong cho chi ba" without marks: cho
    if head.plain and head.fold == "chua" and start > 0 and tokens[start - 1].fold == "qua" and not called:
        return None  # "ban qua chua di ho tro" without marks: chưa
    name_end = _name_end(tokens, hit.end, is_known, person_ends)
    if (
        head.plain
        and head.fold in _UNSAFE_HEADS
        and hit.end - start == 1
        and not (after_preposition or _ends_head(tokens, start))
    ):
        numbered = head.fold != "cho" and hit.end < len(tokens) and tokens[hit.end].is_number
        numbered = numbered or (called and head.fold in _NAMED_HEADS)
        if not (numbered and name_end > hit.end):
            return None
    goes_on = name_end < len(tokens) and not (
        tokens[name_end].plain and is_known(name_end) and not _is_long_head(tokens, name_end)
    )
    nested = _place_end(tokens, name_end, is_known, person_ends) if goes_on else None
    if nested is not None:
        return nested
    if hit.value == "named" and name_end == hit.end:
        # "ubnd xã" and "hội trường thôn" are places although "xã" alone names none; "một cửa tổ" are two words.
        if head.fold == "to":
            return None
        return name_end if start > 0 and _ends_head(tokens, start) else None
    return name_end


def _is_long_head(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a head of several words, or with a number, begins here: "hoi truong to dan pho 8", "nvh to 5"."""
    hit = _heads().at(tokens, at)
    numbered = hit is not None and hit.end < len(tokens) and tokens[hit.end].is_number
    return hit is not None and (numbered or hit.end - hit.start > 1)


def _ends_head(tokens: Sequence[Token], start: int) -> bool:
    return any(
        (hit := _heads().at(tokens, at)) is not None and hit.end == start and hit.value == "common"
        for at in range(max(0, start - 5), start)
    )


def _owner_end(
    tokens: Sequence[Token], hit: Hit[str], is_known: Callable[[int], bool], person_ends: Mapping[int, int]
) -> int | None:
    if hit.end >= len(tokens) or hit.end not in person_ends:
        return None
    end = max(hit.end + 1, person_ends[hit.end])
    while end < len(tokens) and end - hit.end < _LONGEST_OWNER and tokens[end].is_capital:
        end += 1
    if end > hit.end + 1 or end >= len(tokens) or number_at(tokens, end) is not None:
        return end
    # One word behind the owner's noun may be a name in small letters.
    named = tokens[end].raw.isalpha() and not is_known(end) and not tokens[end].means(_words().stops)
    return end + 1 if named or tokens[end].means(("tư", "út")) else end


def _name_end(
    tokens: Sequence[Token], start: int, is_known: Callable[[int], bool], person_ends: Mapping[int, int]
) -> int:
    end = start
    if end < len(tokens) and tokens[end].means(_words().numbering):
        end += 1
    if end < len(tokens) and tokens[end].is_number and _is_address(tokens, start, end):
        return end + 1
    number = number_at(tokens, end) if end < len(tokens) else None
    if number is not None and tokens[start - 1].fold == "xa":
        return start  # "UBND xã 2 lượt": communes have names
    if number is not None and number.length == 1 and not _counts(tokens, end, person_ends):
        end += 1
        return _capital_end(tokens, end, end + 3, is_known)
    if end < len(tokens) and tokens[end].is_capital and not _is_acronym(tokens[end]):
        return _capital_end(tokens, end + 1, end + 4, is_known)
    if tokens[start - 1].fold in _NUMBERED_HEADS:
        return start  # "anh em trong tổ đi": a team is a place only by its number or name
    if end < len(tokens) and _is_acronym(tokens[end]):
        return start
    limit = end + 2
    end += _is_called(tokens, end)
    while end < limit and end < len(tokens) and not _stops(tokens, end, is_known, person_ends):
        end += 1
    return _capital_end(tokens, end, end + 3, is_known) if end > start else end


def _is_called(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a small word is a name behind a head, although bare it looks like another: "o xom chua"."""
    if at >= len(tokens) or not tokens[at].means(_words().called):
        return False
    if not tokens[at].plain and tokens[at - 1].fold not in numbered_heads():
        return False  # "ở chợ mới về"
    after_preposition = at > 1 and tokens[at - 2].means(_words().prepositions)
    denies = phrases("negation").at(tokens, at) is not None and at + 1 < len(tokens)
    return after_preposition and not (denies and phrases("succeeded").at(tokens, at + 1))  # "o cho chua xong"


def _is_acronym(token: Token) -> bool:
    """Tell whether a word is an abbreviation ("tổ CNSCĐ") rather than a name."""
    return len(token.raw) > 1 and token.raw.isalpha() and token.raw.isupper()


def _is_address(tokens: Sequence[Token], start: int, at: int) -> bool:
    """Tell whether a written number is a house's or a part of a village: "hẻm 45/12", "tổ 12B"."""
    if tokens[at].raw[-1].isalpha():
        return tokens[at].raw[:-1].isdecimal()
    return "/" in tokens[at].raw and any(
        (hit := _addresses().at(tokens, begin)) is not None and hit.end == start
        for begin in range(max(0, start - 2), start)
    )


def _counts(tokens: Sequence[Token], at: int, person_ends: Mapping[int, int]) -> bool:
    """Tell whether a number written as a word counts people ("thôn ba bà" is none; "thôn 2 bà" is a place)."""
    return not tokens[at].is_number and at + 1 < len(tokens) and at + 1 in person_ends


def _capital_end(tokens: Sequence[Token], at: int, limit: int, is_known: Callable[[int], bool]) -> int:
    while at < min(limit, len(tokens)) and tokens[at].is_capital and not is_known(at):
        at += 1
    return at


def _stops(tokens: Sequence[Token], at: int, is_known: Callable[[int], bool], person_ends: Mapping[int, int]) -> bool:
    token = tokens[at]
    return (
        token.is_break
        or token.is_number
        or token.means(_words().stops)
        or is_known(at)
        or at in person_ends
        or _begins_another(tokens, at)
    )


def _begins_another(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a head begins here; one that bare is mostly another word needs its number: "thon van trai"."""
    hit = _heads().at(tokens, at)
    if hit is None:
        return False
    unsafe = tokens[at].plain and tokens[at].fold in _UNSAFE_HEADS and hit.end == at + 1
    return not unsafe or (hit.end < len(tokens) and tokens[hit.end].is_number)


def _bare_name_end(tokens: Sequence[Token], start: int, is_known: Callable[[int], bool]) -> int | None:
    """Read "ở Đông Hải": a capital name behind "ở" or "tại" needs no head."""
    if (
        start == 0
        or tokens[start - 1].fold not in {"o", "tai"}
        or tokens[start - 1].is_capital
        or (start > 1 and tokens[start - 2].means(_words().away))  # "gọi cho con ở Hàn Quốc"
        or not tokens[start].is_capital
        or is_known(start)
    ):
        return None
    end = _capital_end(tokens, start, start + 4, is_known)
    if is_bank(tokens[start].fold):
        return None  # "số tài khoản … tại Techcombank"
    # Without marks "o Lan" may be an aunt.
    return None if tokens[start - 1].plain and tokens[start - 1].fold == "o" and end == start + 1 else end


def _unlisted_end(
    tokens: Sequence[Token], start: int, is_known: Callable[[int], bool], person_ends: Mapping[int, int]
) -> int | None:
    """Return where a place of a kind that no list has ends: behind "tại" or "ở" some words up to a known one."""
    if start == 0 or tokens[start - 1].plain or not tokens[start - 1].means(("tại", "ở")):
        return None
    if tokens[start].means(_words().no_spots) or tokens[start].is_capital or start in person_ends:
        return None
    end = start
    while (
        end < min(start + _LONGEST_UNLISTED, len(tokens))
        and tokens[end].raw.isalpha()
        and not _stops(tokens, end, is_known, person_ends)
    ):
        end += 1
    if end - start < _SHORTEST_UNLISTED:
        return None
    nested = _place_end(tokens, end, is_known, person_ends) if end < len(tokens) else None
    of_village = end < len(tokens) and tokens[end].fold in numbered_heads()  # "điểm tiêm chủng xã"
    return nested or _capital_end(tokens, end + of_village, end + 3, is_known)


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
        if _digits(written) == _digits(fold(village)) and not _is_other_kind(written, fold(village))
    ]
    best = max(scored, default=(0.0, ""))
    return best[1] if best[0] >= _SAME_VILLAGE else None


def _is_other_kind(written: str, village: str) -> bool:
    """Tell whether two places with nothing but a number differ in kind: "thôn 2" is no "khu phố 2"."""
    kinds = [place.removesuffix(_core(place)).strip() for place in (written, village)]
    numbered = _core(written).isdecimal() and _core(village).isdecimal()
    return numbered and len({_WRITTEN_OUT.get(kind, kind) for kind in kinds}) > 1


@lru_cache(maxsize=4096)
def _core(village: str) -> str:
    """Return the folded name without its head: "thôn Đông Hải" becomes "dong hai"."""
    written = fold(village)
    head = max((fold(name) for name in _words().named if written.startswith(fold(name) + " ")), key=len, default="")
    return written[len(head) :].strip()


def _digits(written: str) -> str:
    return "".join(mark for mark in written if mark.isdecimal())
