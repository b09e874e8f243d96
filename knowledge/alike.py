"""Tells which questions are the same, asked in the same words or nearly; it knows no answer."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from knowledge.vietnamese import fold, words

_NEARLY_THE_SAME = 90
"""rapidfuzz ratio of two keys from which they differ by a slip or an ending."""


def question_key(text: str) -> str:
    """Return the folded words of a question: what is asked in the same ones, marked or not, is one question."""
    return " ".join(words(fold(text)))


def grouped(keys: Sequence[str]) -> list[list[int]]:
    """Return the positions of the keys that are the same or nearly, the largest group first, then the earliest.

    Other numbers make another question, however near its letters are.
    """
    groups: list[list[int]] = []
    seen: dict[str, int] = {}
    firsts: dict[tuple[str, ...], dict[int, str]] = {}
    """By the numbers in them, the first key of each group by the group's own number."""
    for position, key in enumerate(keys):
        group = seen.get(key)
        if group is None:
            alike = firsts.setdefault(tuple(word for word in key.split() if any(map(str.isdigit, word))), {})
            near = process.extractOne(key, alike, scorer=fuzz.ratio, score_cutoff=_NEARLY_THE_SAME)
            group = len(groups) if near is None else near[2]
            if near is None:
                groups.append([])
                alike[group] = key
            seen[key] = group
        groups[group].append(position)
    return sorted(groups, key=lambda found: (-len(found), found[0]))
