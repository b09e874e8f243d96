"""Reads what was typed as words: abbreviations, regional words, glued and mistyped words; it knows no topic."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.schema import Record
from knowledge.shipped import read_yaml
from knowledge.vietnamese import canon, canon_words, fold, fold_word, words

_REPAIRABLE = 3
"""Shortest word that is replaced by a neighbour one letter away: shorter ones have too many neighbours."""
_LONGEST_GLUED = 40
"""Longer runs of letters are no glued words, and taking them apart would only take time."""
_YEAR_AND_WORD = re.compile(r"(20[12]\d)([a-z]+)")
_DOUBLING, _SWAP, _GLUING = 6.0, 5.0, 2.0
"""How much likelier than another wrong, missing or strange letter such a slip is, as a logarithm."""
_MEANT = 8.0
"""How much likelier it is that a known word was meant than that it is another word's slip."""
_BESIDE = 1.0
"""How much more words that stand beside one another elsewhere tell than how often a word is used."""
_DOUBLED = re.compile(r"(.)\1+")
_TELEX = re.compile(r"(a)a|(e)e|(o)o|(d)d|([aou])w")
"""Letters that the Telex way of typing marks with: "ddaang kys" is đăng ký."""
_TELEX_TONE = re.compile(r"(?<=[aeiouy])([^\W\daeiouy]{0,2})[sfrxj]$|[sfrxj](?=[^\W\daeiouy]{1,2}$)")
_DOCUMENT_NUMBER = re.compile(r"\d{2,}")
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
    numbered: dict[str, str]
    phrases: dict[str, str]


@cache
def abbreviations() -> Abbreviations:
    """Return the table that ships with the program, in canonical spelling."""
    table = Abbreviations.model_validate(read_yaml("words", "abbreviations.yaml"))
    return Abbreviations(
        words={canon(key): canon(value) for key, value in table.words.items()},
        marked_only={canon(key): canon(value) for key, value in table.marked_only.items()},
        numbered={canon(key): canon(value) for key, value in table.numbered.items()},
        phrases={fold(key): canon(value) for key, value in table.phrases.items()},
    )


def read(text: str) -> list[Word]:
    """Return the words of `text` with abbreviations and regional words written out."""
    typed = _with_documents(canon_words(text))
    folded = list(map(fold_word, typed))
    marked = typed != folded
    return [word for typed_word in _without_phrases(typed, folded) for word in _written_out(typed_word, marked)]


@lru_cache(maxsize=1 << 15)
def _written_out(typed: str, marked: bool) -> tuple[Word, ...]:
    """Return what a word of a text, with or without marks elsewhere, stands for."""
    table = abbreviations()
    full = table.words.get(typed)
    if full is None and marked:
        full = table.marked_only.get(typed)
    # A word that the table writes out is sure; any other is only as sure as the text is marked.
    sure = marked or full is not None
    return tuple(Word(part, fold_word(part), sure) for part in ([typed] if full is None else words(full)))


def _with_documents(typed: list[str]) -> list[str]:
    """Write out the kind of each document that is named by its number: "KH 892", "QĐ số 505", "78/KH-UBND"."""
    kinds = abbreviations().numbered
    if kinds.keys().isdisjoint(typed):
        return typed
    found: list[str] = []
    for place, word in enumerate(typed):
        beside = [*typed[max(place - 1, 0) : place], *typed[place + 1 : place + 2]]
        if typed[place + 1 : place + 2] in (["số"], ["so"]):
            beside += typed[place + 2 : place + 3]
        names = word in kinds and any(map(_DOCUMENT_NUMBER.fullmatch, beside))
        found.extend(words(kinds[word]) if names else [word])
    return found


def _without_phrases(typed: list[str], folded: list[str]) -> list[str]:
    """Replace each run of words that the table knows as a phrase, the longest first."""
    longest, firsts = _phrase_shape()
    phrases = abbreviations().phrases
    result: list[str] = []
    behind = 0
    for position in [place for place, word in enumerate(folded) if word in firsts]:
        if position < behind:
            continue
        for length in range(min(longest, len(folded) - position), 0, -1):
            full = phrases.get(" ".join(folded[position : position + length]))
            if full is not None:
                result.extend(typed[behind:position])
                result.extend(words(full))
                behind = position + length
                break
    return result + typed[behind:]


@cache
def _phrase_shape() -> tuple[int, frozenset[str]]:
    """Return the number of words of the longest phrase, and the words that phrases begin with."""
    phrases = [phrase.split() for phrase in abbreviations().phrases]
    return max(map(len, phrases)), frozenset(words[0] for words in phrases)


class Repairer:
    """Repairs only words that a vocabulary does not know; what no rule explains stays as it is.

    Where several words may be meant, those beside it decide, how likely such a slip is and how often a word is used.
    """

    def __init__(self, vocabulary: Mapping[str, int], pairs: Mapping[str, int] | None = None) -> None:
        """Learn how often words, and pairs of neighbouring words with a space between, are used."""
        self._vocabulary = vocabulary
        self._pairs = pairs or {}
        written_out = {
            fold(short): words(fold(full)) for short, full in abbreviations().words.items() if len(short) > 1 and full
        }
        self._spellings = written_out | {word: [word] for word in vocabulary}
        """What a run of letters within a glued or stuttered word stands for: a word itself, or what it abbreviates."""
        self._candidates = [word for word in vocabulary if len(word) >= _REPAIRABLE - 1]
        self._by_letters: dict[str, list[str]] = {}
        for word in vocabulary:
            self._by_letters.setdefault("".join(sorted(word)), []).append(word)

    def repair(self, found: list[Word]) -> list[Word]:
        """Return the words with doubled and swapped letters, glued words and single slips put right.

        Who makes slips also types words that exist and were not meant: in a text with a word that nobody knows, a known
        one gives way to a neighbour that fits far better between the words beside it.
        """
        repaired: list[Word] = []
        slipped = False
        for place, word in enumerate(found):
            if word.fold in self._vocabulary:
                repaired.append(word)
                continue
            before = repaired[-1].fold if repaired else ""
            after = found[place + 1].fold if place + 1 < len(found) else ""
            parts = self.meant(word.fold, before, after)
            slipped = slipped or word.fold.isalpha()
            repaired.extend([word] if parts == [word.fold] else [Word(part, part, False) for part in parts])
        return self._fitting(repaired) if slipped and self._pairs else repaired

    def _fitting(self, words: list[Word]) -> list[Word]:
        """Return the words with those replaced that hardly ever stand between their neighbours."""
        fitting: list[Word] = []
        for place, word in enumerate(words):
            before = fitting[-1].fold if fitting else ""
            after = words[place + 1].fold if place + 1 < len(words) else ""
            known = len(word.fold) > 1 and word.fold in self._vocabulary
            if not known or self._pairs.get(f"{before} {word.fold}") or self._pairs.get(f"{word.fold} {after}"):
                fitting.append(word)
                continue
            own = self._likelihood(_MEANT, [word.fold], before, after)
            likeliest, parts = max(
                ((self._likelihood(slip, meant, before, after), meant) for slip, meant in self._slips(word.fold)),
                default=(own, []),
            )
            fitting.extend([Word(part, part, False) for part in parts] if likeliest > own else [word])
        return fitting

    def meant(self, unknown: str, before: str, after: str) -> list[str]:
        """Return the words meant by one that no vocabulary knows, between two others; itself where nobody can tell."""
        typed = self._without_typing_marks(unknown)
        if typed is not None:
            return [typed]
        year = _YEAR_AND_WORD.fullmatch(unknown)
        if year is not None:
            return [year[1], *([year[2]] if year[2] in self._vocabulary else self.meant(year[2], "", after))]
        if not unknown.isalpha() or not 1 < len(unknown) <= _LONGEST_GLUED:
            return [unknown]
        likely = list(self._slips(unknown))
        return (
            max(likely, key=lambda slip: self._likelihood(slip[0], slip[1], before, after))[1] if likely else [unknown]
        )

    def _slips(self, unknown: str) -> Iterator[tuple[float, list[str]]]:
        """Yield what may be meant, with how likely such a slip is."""
        single = _DOUBLED.sub(r"\1", unknown)
        if 2 <= len(single) >= len(unknown) - 2 and single in self._spellings:
            yield _DOUBLING, self._spellings[single]
        for word in self._by_letters.get("".join(sorted(unknown)), ()):
            if OSA.distance(unknown, word) == 1:
                yield _SWAP, [word]
        parts = _unglue(unknown, self._spellings)
        if parts is not None:
            yield _GLUING, [word for part in parts for word in self._spellings[part]]
        if len(unknown) >= _REPAIRABLE:
            for word, _, _ in process.extract(
                unknown, self._candidates, scorer=OSA.distance, score_cutoff=1, limit=None
            ):
                yield 0.0, [word]

    def _likelihood(self, slip: float, meant: list[str], before: str, after: str) -> float:
        """Return how likely some words are between two others, as the logarithm of a probability but for a constant."""
        beside = sum(math.log1p(self._pairs.get(f"{one} {two}", 0)) for one, two in pairwise((before, *meant, after)))
        rarest = min(self._vocabulary.get(word, 0) for word in meant)
        return slip + _BESIDE * beside / len(meant) + math.log1p(rarest)

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
