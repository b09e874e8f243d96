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

from knowledge.log_outcome import verb_words
from knowledge.log_places import numbered_heads
from knowledge.phrases import Token
from knowledge.spelling import Repairer
from knowledge.syllables import is_syllable
from knowledge.vietnamese import canon, fold, words

_PLACE_AND_NUMBER = re.compile(r"([^\W\d_]+)([0-9]{1,3}[a-d]?)")
_SHORTEST = 2
"""Words of so few letters are too often other words without marks."""
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
        parts = _repairer().meant(typed, before.fold if before else "", after.fold if after else "")
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
def _repairer() -> Repairer:
    """Return the repair of spelling that knows the listed words, and which of them stand side by side."""
    pairs = Counter(" ".join(pair) for phrase in _listed() for pair in itertools.pairwise(words(fold(phrase))))
    return Repairer(_vocabulary(), pairs)
