"""Puts typing slips of hurried log sentences right, only in words that are no Vietnamese syllable; it reads nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from knowledge.log_outcome import verb_words
from knowledge.phrases import Token
from knowledge.spelling import Repairer, Word
from knowledge.vietnamese import canon, fold, words

_SYLLABLE = re.compile(
    r"(?:ngh?|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?|[a-z]"
)
_SHORTEST = 2
"""Words of so few letters are too often other words without marks."""
_LISTS = ("help_people", "help_places", "help_topics", "help_verbs", "help_measures", "days")


def repair(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with the keys of Telex, doubled, glued and single left-out letters put right."""
    return [meant for token in tokens for meant in _meant(token)]


def _meant(token: Token) -> Iterator[Token]:
    typed = token.fold
    if not token.plain and token.raw.islower() and token.raw.isascii() and typed in _always_marked():
        yield replace(token, plain=True)  # "nãy cài vneid o thon 14": here the writer left the marks out
        return
    slips = token.raw.isascii() and token.raw.isalpha() and token.raw.islower() and len(typed) > 2
    if not slips or typed in _vocabulary() or _SYLLABLE.fullmatch(typed) or typed != token.canon:
        yield token
        return
    parts = [word.fold for word in _repairer().repair([Word(typed, typed, False)])]
    if not all(_is_within(part, typed) for part in parts):
        longer = [word for word in _vocabulary() if len(word) == len(typed) + 1 and _is_within(typed, word)]
        parts = longer if len(longer) == 1 else [typed]  # between two words nobody can choose
    for part in parts:
        yield replace(token, canon=part, fold=part, plain=True)


def _is_within(short: str, long: str) -> bool:
    """Tell whether the letters of `short` stand in `long` in their order."""
    letters = iter(long)
    return all(letter in letters for letter in short)


@cache
def _always_marked() -> frozenset[str]:
    """Return the bare spellings of listed words that are no words by themselves: "thon", "giup", "nguoi"."""
    written = {word for line in _listed() for word in words(canon(line)) if word.isalpha()}
    bare = {word for word in written if word.isascii()} | set(verb_words().unmarked)
    return frozenset(fold(word) for word in written if len(word) > _SHORTEST and fold(word) not in bare)


def _listed() -> Iterator[str]:
    """Yield the lines of the word lists, without their remarks."""
    for name in _LISTS:
        text = (files("knowledge") / "words" / f"{name}.yaml").read_text(encoding="utf-8")
        yield from (line for line in text.splitlines() if not line.startswith("#"))


@cache
def _vocabulary() -> Counter[str]:
    return Counter(word for line in _listed() for word in words(fold(line)))


@cache
def _repairer() -> Repairer:
    return Repairer(_vocabulary())
