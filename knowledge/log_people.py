"""Finds the people spoken of in a sentence and how many they are; who helped whom is judged elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from knowledge.numbers import number_at
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words

# Without marks these are mostly other words (có, chỉ, đi, mà, mở, vì…): they are people only behind a number or a verb.
_UNSAFE = frozenset(
    [
        "co",
        "chi",
        "di",
        "ma",
        "mo",
        "vi",
        "cu",
        "ban",
        "gia",
        "noi",
        "ngoai",
        "dua",
        "be",
        "on",
        "cau",
        "thay",
        "a",
        "c",
        "e",
        "o",
        "chu",
        "cha",
        "me",
        "bo",
        "nha",
        "bay",
    ]
)
_NEVER_BARE = frozenset(["di", "ma", "mo", "vi", "noi", "ngoai", "gia", "ban", "dua", "thay"])


class PeopleWords(WordList):
    kin: tuple[str, ...]
    counted: tuple[str, ...]
    households: tuple[str, ...]
    generic: tuple[str, ...]
    vague_amounts: tuple[str, ...]
    pairs: tuple[str, ...]
    pair_heads: tuple[str, ...]
    whole_house: tuple[str, ...]
    speakers: tuple[str, ...]
    helper_units: tuple[str, ...]
    teams: tuple[str, ...]
    owners: tuple[str, ...]
    relatives: tuple[str, ...]
    companions: tuple[str, ...]
    joiners: tuple[str, ...]
    parts: tuple[str, ...]
    totals: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """People at tokens `start` up to `end`; `count` is None when no exact number is told."""

    start: int
    end: int
    count: int | None
    kind: str  # kin, counted, household, generic, helpers
    noun: str
    numbered: bool
    name: str = ""
    owned: bool = False


@cache
def people_words() -> PeopleWords:
    return load_words(PeopleWords, "help_people")


@dataclass(frozen=True)
class _Tables:
    nouns: PhraseTable[str]
    generic: PhraseTable[str]
    vague: PhraseTable[str]
    pairs: PhraseTable[str]
    pair_heads: PhraseTable[str]
    whole_house: PhraseTable[str]
    helpers: PhraseTable[str]


@cache
def _tables() -> _Tables:
    words = people_words()
    nouns = [(noun, "household") for noun in words.households]
    nouns += [(noun, "counted") for noun in words.counted] + [(noun, "kin") for noun in words.kin]
    return _Tables(
        nouns=PhraseTable(nouns),
        generic=_plain_table(words.generic),
        vague=_plain_table(words.vague_amounts),
        pairs=_plain_table(words.pairs),
        pair_heads=_plain_table(words.pair_heads),
        whole_house=_plain_table(words.whole_house),
        helpers=_plain_table(words.helper_units),
    )


def _plain_table(phrases: Sequence[str]) -> PhraseTable[str]:
    return PhraseTable((phrase, phrase) for phrase in phrases)


def find_mentions(tokens: Sequence[Token], taken: frozenset[int], handed: frozenset[int]) -> list[Mention]:
    """Return the people in `tokens`; `taken` tokens mean something else, behind `handed` ones stand those helped."""
    mentions: list[Mention] = []
    position = 0
    while position < len(tokens):
        mention = None
        if position not in taken:
            mention = (
                _whole_house(tokens, position)
                or _pair(tokens, position, taken)
                or _several(tokens, position, taken)
                or _single(tokens, position, taken, handed)
            )
        if mention is None:
            position += 1
        else:
            mentions.append(mention)
            position = mention.end
    return mentions


def _whole_house(tokens: Sequence[Token], start: int) -> Mention | None:
    hit = _tables().whole_house.at(tokens, start)
    if hit is None:
        return None
    # "cả nhà bác Tư 4 người": the owner may stand between the house and its number.
    for number_start in range(hit.end, min(hit.end + 3, len(tokens))):
        number = number_at(tokens, number_start)
        if number is not None:
            unit = _noun_at(tokens, number_start + number.length)
            if unit is not None and unit[0] == "counted":
                return Mention(start, unit[1], number.value, "counted", "người", numbered=True)
    return None


def _pair(tokens: Sequence[Token], start: int, taken: frozenset[int]) -> Mention | None:
    tables = _tables()
    number = number_at(tokens, start)
    head = (
        tables.pair_heads.at(tokens, start + number.length) if number and start + number.length < len(tokens) else None
    )
    if number is not None and head is not None:
        couples = None if number.value is None else number.value * 2
        return Mention(start, head.end, couples, "kin", head.value, numbered=True)
    group = tables.pairs.at(tokens, start + number.length) if number and start + number.length < len(tokens) else None
    if number is not None and group is not None:  # "ba mẹ con chị Hoa"
        hit: Hit[str] | None = group
        count = number.value
    else:
        hit, count = tables.pairs.at(tokens, start), 2
    if hit is None:
        return None
    owner = _noun_at(tokens, hit.end)
    end = _name_end(tokens, owner[1] if owner else hit.end, taken)
    return Mention(start, end, count, "kin", hit.value, numbered=True)


def _several(tokens: Sequence[Token], start: int, taken: frozenset[int]) -> Mention | None:
    """Read "3 bà", "mười hai hộ", "khoảng 10 người" and "mấy bác"."""
    tables = _tables()
    vague = tables.vague.at(tokens, start)
    number_start = vague.end if vague else start
    number = number_at(tokens, number_start) if number_start < len(tokens) else None
    noun_start = number_start + (number.length if number else 0)
    if not vague and number is None:
        return None
    noun = _noun_at(tokens, noun_start)
    if (
        number is not None
        and number.length > 1
        and tokens[noun_start - 1].fold == "ba"
        and tokens[noun_start - 1].plain
    ):
        shorter = number_at(tokens, number_start, noun_start - 1)
        if noun is None and shorter is not None:  # "hai ba cai vneid" without marks: hai bà
            number, noun = shorter, ("kin", noun_start)
    if vague and noun is None and tokens[number_start : number_start + 1] and tokens[number_start].plain:
        number, noun_start = None, number_start  # "may ba" without marks: mấy bà
        noun = _noun_at(tokens, noun_start)
    helpers = tables.helpers.at(tokens, noun_start) if noun_start < len(tokens) else None
    team = start > 0 and tokens[start - 1].means(people_words().teams)
    if helpers is not None and number is not None:
        return Mention(start, helpers.end, number.value, "helpers", "", numbered=True)
    if noun is None or noun_start in taken:
        return None
    kind, noun_end = noun
    if team and kind == "counted":
        return Mention(start, noun_end, number.value if number else None, "helpers", "", numbered=True)
    count = None if vague or number is None else number.value
    end = _name_end(tokens, noun_end, taken) if kind == "kin" else noun_end
    spelled = " ".join(token.fold for token in tokens[noun_end - 1 : noun_end])
    return Mention(start, end, count, kind, spelled, numbered=True)


def _single(tokens: Sequence[Token], start: int, taken: frozenset[int], handed: frozenset[int]) -> Mention | None:
    generic = _tables().generic.at(tokens, start)
    if generic is not None and (generic.end - generic.start > 1 or not tokens[start].plain):
        return Mention(start, generic.end, None, "generic", generic.value, numbered=False)
    noun = _noun_at(tokens, start)
    if noun is None or noun[0] != "kin":
        return None
    end = noun[1]
    named_end = _name_end(tokens, end, taken)
    named = named_end > end
    offered = start - 1 in handed
    last = tokens[end - 1]
    loose = end - start == 1 and (
        last.fold in _UNSAFE and (last.plain or last.fold in _NEVER_BARE or len(last.raw) == 1)
    )
    capital = end < len(tokens) and tokens[end].is_capital and end not in taken
    if loose and not capital and (not offered or last.fold in _NEVER_BARE):
        return None
    if last.fold == "ba" and not last.plain and last.canon == "ba" and not _owned(tokens, end):
        return None  # "ba" alone is three or a father; only "ba tôi" is surely a person
    name = " ".join(token.fold for token in tokens[end:named_end]) if named else ""
    return Mention(start, named_end, 1, "kin", last.fold, numbered=False, name=name, owned=_owned(tokens, end))


def _owned(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].means(people_words().owners)


def _noun_at(tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    hit = _tables().nouns.at(tokens, at) if at < len(tokens) else None
    return (hit.value, hit.end) if hit else None


def _name_end(tokens: Sequence[Token], at: int, taken: frozenset[int]) -> int:
    """Return where the name behind a noun ends: capital words, or one of the names of birth order."""
    end = at
    while end < len(tokens) and end - at < 3 and end not in taken and tokens[end].is_capital:
        end += 1
    if end == at and at < len(tokens) and at not in taken and tokens[at].means(people_words().names):
        return at + 1
    return end
