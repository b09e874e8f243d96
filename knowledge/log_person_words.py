"""Holds the words for people of log sentences as tables; it reads no sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from knowledge.phrases import PhraseTable, WordList, load_words
from knowledge.vietnamese import fold


class PeopleWords(WordList):
    """The lists of `words/help_people.yaml`: words for those helped, and for those who went to help."""

    kin: tuple[str, ...]
    counted: tuple[str, ...]
    households: tuple[str, ...]
    generic: tuple[str, ...]
    vague_amounts: tuple[str, ...]
    groups: tuple[str, ...]
    pairs: tuple[str, ...]
    own_family: tuple[str, ...]
    pair_heads: tuple[str, ...]
    couples: tuple[str, ...]
    whole_house: tuple[str, ...]
    pronouns: tuple[str, ...]
    speakers: tuple[str, ...]
    helper_units: tuple[str, ...]
    teams: tuple[str, ...]
    owners: tuple[str, ...]
    family: tuple[str, ...]
    companions: tuple[str, ...]
    came_along: tuple[str, ...]
    consisting: tuple[str, ...]
    addressed: tuple[str, ...]
    joiners: tuple[str, ...]
    parts: tuple[str, ...]
    totals: tuple[str, ...]
    names: tuple[str, ...]
    titles: tuple[str, ...]
    offices: tuple[str, ...]
    of_offices: tuple[str, ...]
    of_team: tuple[str, ...]
    given: tuple[str, ...]
    loose_ends: tuple[str, ...]
    not_people: tuple[str, ...]

    @cached_property
    def family_nouns(self) -> frozenset[str]:
        """The folded words for somebody's relatives: "chồng", "con gái"."""
        return frozenset(fold(noun) for noun in self.family)


@cache
def people_words() -> PeopleWords:
    """Return the lists of words for people, read once."""
    return load_words(PeopleWords, "help_people")


@dataclass(frozen=True)
class PeopleTables:
    nouns: PhraseTable[str]
    generic: PhraseTable[str]
    vague: PhraseTable[str]
    pairs: PhraseTable[str]
    pair_heads: PhraseTable[str]
    whole_house: PhraseTable[str]
    helpers: PhraseTable[str]
    titles: PhraseTable[str]
    offices: PhraseTable[str]
    of_offices: PhraseTable[str]
    not_people: PhraseTable[str]
    loose_ends: PhraseTable[str]


@cache
def people_tables() -> PeopleTables:
    words = people_words()
    nouns = [(noun, "household") for noun in words.households]
    nouns += [(noun, "counted") for noun in words.counted]
    nouns += [(noun, "kin") for noun in (*words.kin, *words.family)]
    return PeopleTables(
        nouns=PhraseTable(nouns),
        generic=PhraseTable(
            ((phrase, phrase) for phrase in words.generic), exact=True
        ),  # "mỗi người" is no "mọi người"
        vague=_plain_table(_with_figures((*words.vague_amounts, *words.groups))),
        pairs=_plain_table(words.pairs),
        pair_heads=_plain_table(words.pair_heads),
        whole_house=_plain_table(words.whole_house),
        helpers=_plain_table(words.helper_units),
        titles=_plain_table(words.titles),
        offices=_plain_table(words.offices),
        of_offices=_plain_table(words.of_offices),
        not_people=_plain_table(words.not_people),
        loose_ends=_plain_table(words.loose_ends),
    )


def _with_figures(phrases: Sequence[str]) -> list[str]:
    """Return the phrases, those with "một" also with "1": "1 số bác"."""
    return [*phrases, *("1" + phrase[3:] for phrase in phrases if phrase.startswith("một "))]


def _plain_table(phrases: Sequence[str]) -> PhraseTable[str]:
    return PhraseTable((phrase, phrase) for phrase in phrases)
