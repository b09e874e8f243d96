"""Puts typing slips of hurried log sentences right, only in words that are no Vietnamese syllable; it reads nothing."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.log_outcome import verb_words
from knowledge.log_places import numbered_heads
from knowledge.phrases import Token
from knowledge.spelling import Repairer, Word
from knowledge.syllables import is_syllable
from knowledge.vietnamese import canon, fold, words

_PLACE_AND_NUMBER = re.compile(r"([^\W\d_]+)([0-9]{1,3}[a-d]?)")
_SHORTEST = 2
"""Words of so few letters are too often other words without marks."""
_SHORTEST_GLUED = 6
"""Shorter words are no two words typed together."""
_SURE_LENGTH = 4
"""Shorter slips are put right only where the words beside them tell which word is meant."""
_LISTS = ("help_people", "help_places", "help_topics", "help_verbs", "help_measures", "days")


def repair(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with Telex keys, glued words and one doubled, swapped, missing or strange letter put right."""
    repaired: list[Token] = []
    for at, token in enumerate(tokens):
        before = repaired[-1] if repaired else None
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        repaired.extend(_meant(token, before, after))
    return repaired


def _meant(token: Token, before: Token | None, after: Token | None) -> Iterator[Token]:
    typed = token.fold
    numbered = _PLACE_AND_NUMBER.fullmatch(token.raw)
    if numbered is not None and fold(numbered[1]) in numbered_heads():
        cut = token.start + len(numbered[1])
        yield replace(token, raw=numbered[1], canon=canon(numbered[1]), fold=fold(numbered[1]), end=cut)
        yield replace(token, raw=numbered[2], canon=numbered[2], fold=numbered[2], start=cut)  # "thon2"
    elif _is_slip(token, begins=before is None or before.is_break):
        parts = _repaired(typed, before.fold if before else "", after.fold if after else "")
        yield from (
            [token] if parts == [typed] else [replace(token, canon=part, fold=part, plain=True) for part in parts]
        )
    elif not token.plain and token.raw.islower() and token.raw.isascii() and typed in _always_marked():
        yield replace(token, plain=True)  # "nãy cài vneid o thon 14": here the writer left the marks out
    else:
        yield token


def _is_slip(token: Token, *, begins: bool) -> bool:
    """Tell whether no word is written so; a capital in the middle is a name's."""
    written = token.raw[1:] if begins else token.raw
    if len(token.fold) <= _SHORTEST or not token.raw.isalpha() or not written.islower():
        return False
    return token.fold not in _vocabulary() and not is_syllable(token.fold)


def _repaired(typed: str, before: str, after: str) -> list[str]:
    """Return the words meant by `typed` between two others; itself where nobody can tell."""
    found = process.extract(typed, _known_words(), scorer=OSA.distance, score_cutoff=1, limit=None)
    near = [word for word, _, _ in found]
    if len(typed) < _SURE_LENGTH:
        near = [word for word in near if len(word) != len(typed) or sorted(word) == sorted(typed)]
    beside = [word for word in near if (before, word) in _pairs() or (word, after) in _pairs()]
    if len(beside) == 1:
        return beside
    parts = [word.fold for word in _repairer().repair([Word(typed, typed, False)])]
    alone = [word for word in near if word in _standing_alone() and len(word) >= len(typed)]
    if len(alone) == 1:
        return alone  # "veid", "iup", "zao"
    glued = len(parts) > 1 and len(typed) < _SHORTEST_GLUED
    if parts != [typed] and not glued and all(_is_within(part, typed) for part in parts):
        return parts
    if len(typed) < _SURE_LENGTH:
        return [typed]
    swapped = [word for word in near if sorted(word) == sorted(typed)]
    left_out = [word for word in near if len(word) == len(typed) + 1]
    for likely in (swapped, left_out):
        if len(likely) == 1:  # between two words nobody can choose
            return likely
    return [typed]


def _is_within(short: str, long: str) -> bool:
    """Tell whether the letters of `short` stand in `long` in their order."""
    letters = iter(long)
    return all(letter in letters for letter in short)


@cache
def _always_marked() -> frozenset[str]:
    """Return the bare spellings of listed words that are no words by themselves: "thon", "giup", "nguoi"."""
    written = {word for phrase in _listed() for word in words(canon(phrase)) if word.isalpha()}
    bare = {word for word in written if word.isascii()} | set(verb_words().unmarked)
    return frozenset(fold(word) for word in written if len(word) > _SHORTEST and fold(word) not in bare)


@cache
def _listed() -> tuple[str, ...]:
    """Return the phrases of the word lists."""
    lists = (
        yaml.safe_load((files("knowledge") / "words" / f"{name}.yaml").read_text(encoding="utf-8")) for name in _LISTS
    )
    return tuple(itertools.chain.from_iterable(_phrases(values) for values in lists))


def _phrases(values: Any) -> Iterator[str]:
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, list):
        yield from itertools.chain.from_iterable(map(_phrases, values))
    else:
        yield str(values)


@cache
def _vocabulary() -> Counter[str]:
    return Counter(word for phrase in _listed() for word in words(fold(phrase)))


@cache
def _known_words() -> list[str]:
    return list(_vocabulary())


@cache
def _standing_alone() -> frozenset[str]:
    """Return the words that mean something by themselves, as "vneid" and "giup" do."""
    return frozenset(fold(phrase) for phrase in _listed() if " " not in phrase and len(phrase) >= _SURE_LENGTH)


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    """Return the words that stand side by side in a listed phrase."""
    return frozenset(pair for phrase in _listed() for pair in itertools.pairwise(words(fold(phrase))))


@cache
def _repairer() -> Repairer:
    return Repairer(_vocabulary())
