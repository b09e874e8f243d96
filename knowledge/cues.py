"""Knows the words by which a question shows what it asks for, and remarks that are no questions; it knows no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from rapidfuzz import fuzz

from knowledge.schema import Record
from knowledge.shipped import read_yaml
from knowledge.spelling import Word, read
from knowledge.vietnamese import fold

_SAME = 88
"""rapidfuzz ratio from which a short text counts as one of a list: a remark, a follow-up."""

ASKS_A_NUMBER = ("figure", "count")
"""The cues for a number, whatever the kind of record."""
_FULLY = "100"
"""A share that half of all targets have identifies none of them."""


class Cues(Record):
    """The form of `words/cues.yaml`; all of it folded once it is loaded."""

    kinds: dict[str, tuple[str, ...]]
    figure: tuple[str, ...]
    count: tuple[str, ...]
    compares: tuple[str, ...]
    carries_over: tuple[str, ...]
    around: tuple[str, ...]


@cache
def cues() -> Cues:
    """Return the cues that ship with the program."""

    def folded(value: object) -> object:
        if isinstance(value, dict):
            return {key: folded(inner) for key, inner in value.items()}
        return [fold(str(text)) for text in value] if isinstance(value, list) else value

    return Cues.model_validate(folded(_file("cues")))


@cache
def not_ours() -> Mapping[str, tuple[str, ...]]:
    """Return the groups of questions that we do not answer."""
    return _lists("not_ours")


@cache
def not_ours_mixed() -> Mapping[str, tuple[str, ...]]:
    """Return further such questions by kind, those of a kind having little in common."""
    return _lists("not_ours_mixed")


@cache
def remarks() -> Mapping[str, tuple[str, ...]]:
    """Return the remarks by kind, "thanks" and the like."""
    return _lists("smalltalk")


def remark(text: str) -> str | None:
    """Return which kind of remark a short text is, None for anything else."""
    return _nearest(fold(text).strip(" .!?,"), _folded_remarks())


def follow_up(found: Sequence[Word]) -> str | None:
    """Return the section of the answer before that a few words ask for, None if they ask for none."""
    return _nearest(_telling(found), _follow_ups())


def only_carries_over(found: Sequence[Word]) -> bool:
    """Tell whether a question's words beside place and year leave the subject of the question before."""
    return all(word.fold in cues().carries_over for word in found)


def says(found: Sequence[Word], phrases: Sequence[str]) -> bool:
    """Tell whether a question has one of some folded phrases."""
    text = f" {' '.join(word.fold for word in found)} "
    return any(f" {phrase} " in text for phrase in phrases)


def without(found: Sequence[Word], phrases: Sequence[str]) -> list[Word]:
    """Take folded phrases out of a question's words."""
    rest = list(found)
    for phrase in phrases:
        words = phrase.split()
        for start in range(len(rest) - len(words), -1, -1):
            if [word.fold for word in rest[start : start + len(words)]] == words:
                del rest[start : start + len(words)]
    return rest


def asked_for(found: Sequence[Word]) -> frozenset[str]:
    """Return the kinds of plan record that a question's words point to, and the cues for a number among them."""
    numbers_asked = {name for name in ASKS_A_NUMBER if says(found, getattr(cues(), name))}
    return frozenset({kind for kind, phrases in cues().kinds.items() if says(found, phrases)} | numbers_asked)


def numbers(found: Sequence[Word]) -> frozenset[str]:
    """Return the numbers of a text that may identify something: of two digits or more, their points left out."""
    plain = (word.fold.replace(".", "").rstrip(",") for word in found if word.fold[:1].isdigit())
    return frozenset(number for number in plain if len(number) > 1 and number != _FULLY)


def _nearest(typed: str, lists: Mapping[str, tuple[str, ...]]) -> str | None:
    score, name = max((fuzz.ratio(typed, one), name) for name, texts in lists.items() for one in texts)
    return name if score >= _SAME else None


@cache
def _folded_remarks() -> Mapping[str, tuple[str, ...]]:
    return {kind: tuple(map(fold, texts)) for kind, texts in remarks().items()}


@cache
def _follow_ups() -> Mapping[str, tuple[str, ...]]:
    return {key: tuple(_telling(read(text)) for text in texts) for key, texts in _lists("followups").items()}


def _telling(found: Sequence[Word]) -> str:
    return " ".join(word.fold for word in found if word.fold not in cues().around)


def _lists(name: str) -> Mapping[str, tuple[str, ...]]:
    return {key: tuple(texts) for key, texts in _file(name).items()}


def _file(name: str) -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = read_yaml("words", f"{name}.yaml")
    return loaded
