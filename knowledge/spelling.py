"""Reads what was typed as words: abbreviations, regional words, glued and mistyped words; it knows no topic."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.schema import Record
from knowledge.shipped import read_yaml
from knowledge.vietnamese import canon, fold, fold_word, words

_REPAIRABLE = 3
"""Shortest word that is replaced by a neighbour one letter away: shorter ones have too many neighbours."""
_LONGEST_GLUED = 40
"""Longer runs of letters are no glued words, and taking them apart would only take time."""
_YEAR_AND_WORD = re.compile(r"(20[12]\d)([a-z]+)")
_DOUBLED = re.compile(r"(.)\1+")
_TELEX = re.compile(r"(a)a|(e)e|(o)o|(d)d|([aou])w")
"""Letters that the Telex way of typing marks with: "ddaang kys" is đăng ký."""
_TELEX_TONE = re.compile(r"(?<=[aeiouy])([^\W\daeiouy]{0,2})[sfrxj]$|[sfrxj](?=[^\W\daeiouy]{1,2}$)")
_VNI = re.compile(r"(?<=[a-z])[0-9]+")
"""Digits that the VNI way of typing marks with: "d9a8ng ky1"."""


@dataclass(frozen=True)
class Word:
    """A word of a text in both layers; `typed_marks` tells whether its marks (or their lack) can be taken as meant."""

    canon: str
    fold: str
    typed_marks: bool


class Abbreviations(Record):
    """The form of `words/abbreviations.yaml`."""

    words: dict[str, str]
    marked_only: dict[str, str]
    phrases: dict[str, str]


@cache
def abbreviations() -> Abbreviations:
    """Return the table that ships with the program, in canonical spelling."""
    table = Abbreviations.model_validate(read_yaml("words", "abbreviations.yaml"))
    return Abbreviations(
        words={canon(key): canon(value) for key, value in table.words.items()},
        marked_only={canon(key): canon(value) for key, value in table.marked_only.items()},
        phrases={fold(key): canon(value) for key, value in table.phrases.items()},
    )


def read(text: str) -> list[Word]:
    """Return the words of `text` with abbreviations and regional words written out."""
    table = abbreviations()
    typed = words(canon(text))
    folded = [fold_word(word) for word in typed]
    marked = typed != folded
    found: list[Word] = []
    for word in _without_phrases(typed, folded, table):
        full = table.words.get(word)
        if full is None and marked:
            full = table.marked_only.get(word)
        # A word that the table writes out is sure; any other is only as sure as the text is marked.
        sure = marked or full is not None
        if full is None:
            found.append(Word(word, fold_word(word), sure))
        else:
            found.extend(Word(part, fold_word(part), sure) for part in words(full))
    return found


def _without_phrases(typed: list[str], folded: list[str], table: Abbreviations) -> list[str]:
    """Replace each run of words that the table knows as a phrase, the longest first."""
    longest, firsts = _phrase_shape()
    result: list[str] = []
    position = 0
    while position < len(typed):
        most = min(longest, len(typed) - position) if folded[position] in firsts else 0
        for length in range(most, 0, -1):
            full = table.phrases.get(" ".join(folded[position : position + length]))
            if full is not None:
                result.extend(words(full))
                position += length
                break
        else:
            result.append(typed[position])
            position += 1
    return result


@cache
def _phrase_shape() -> tuple[int, frozenset[str]]:
    """Return the number of words of the longest phrase, and the words that phrases begin with."""
    phrases = [phrase.split() for phrase in abbreviations().phrases]
    return max(map(len, phrases)), frozenset(words[0] for words in phrases)


class Repairer:
    """Repairs only words that a vocabulary does not know; what no rule explains stays as it is."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._vocabulary = vocabulary
        often_first = sorted(vocabulary, key=lambda word: (-vocabulary[word], word))
        self._candidates = [word for word in often_first if len(word) >= _REPAIRABLE - 1]
        self._by_letters: dict[str, str] = {}
        for word in often_first:
            self._by_letters.setdefault("".join(sorted(word)), word)

    def repair(self, found: list[Word]) -> list[Word]:
        """Return the words with doubled and swapped letters, glued words and single slips put right."""
        repaired: list[Word] = []
        for word in found:
            parts = [word.fold] if word.fold in self._vocabulary else self._meant(word.fold)
            repaired.extend([word] if parts == [word.fold] else [Word(part, part, False) for part in parts])
        return repaired

    def _meant(self, unknown: str) -> list[str]:
        typed = self._without_typing_marks(unknown)
        if typed is not None:
            return [typed]
        year = _YEAR_AND_WORD.fullmatch(unknown)
        if year is not None:
            return [year[1], *([year[2]] if year[2] in self._vocabulary else self._meant(year[2]))]
        if not unknown.isalpha() or not 1 < len(unknown) <= _LONGEST_GLUED:
            return [unknown]
        single = _DOUBLED.sub(r"\1", unknown)
        if 2 <= len(single) >= len(unknown) - 2 and single in self._vocabulary:
            return [single]
        swapped = self._by_letters.get("".join(sorted(unknown)))
        if swapped is not None and OSA.distance(unknown, swapped) == 1:
            return [swapped]
        parts = _unglue(unknown, self._vocabulary)
        if parts is not None:
            return parts
        if len(unknown) < _REPAIRABLE:
            return [unknown]
        near = process.extractOne(unknown, self._candidates, scorer=OSA.distance, score_cutoff=1)
        return [unknown if near is None else near[0]]

    def _without_typing_marks(self, unknown: str) -> str | None:
        """Return the known word of which `unknown` shows the keys of Telex or VNI, None if it is none."""
        if unknown.isalpha():
            bare = _TELEX.sub(lambda match: next(letter for letter in match.groups() if letter), unknown)
            tries = [bare, _TELEX_TONE.sub(r"\1", bare)]
        else:
            tries = [_VNI.sub("", unknown)]
        return next((word for word in tries if word != unknown and word in self._vocabulary), None)


def _unglue(glued: str, vocabulary: Collection[str]) -> list[str] | None:
    """Split "dichvucong" into known words of at least two letters, the fewest; None if that cannot be done."""
    if len(glued) < 2 * _REPAIRABLE - 2:
        return None
    best: list[list[str] | None] = [None] * (len(glued) + 1)
    best[0] = []
    for end in range(2, len(glued) + 1):
        for start in range(max(0, end - 7), end - 1):
            head = best[start]
            if head is not None and glued[start:end] in vocabulary:
                known = best[end]
                if known is None or len(head) + 1 < len(known):
                    best[end] = [*head, glued[start:end]]
    return best[-1]
