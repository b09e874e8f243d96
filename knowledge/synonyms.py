"""Knows which words and short phrases mean the same in a question; it knows no entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise

from knowledge.shipped import read_yaml
from knowledge.spelling import read
from knowledge.vietnamese import fold


class Synonyms:
    """Groups of folded words and phrases of which one may stand for another."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Learn the groups by name.

        Raises:
            ValueError: naming a member that stands in two groups.
        """
        self._groups: dict[tuple[str, ...], str] = {}
        for name, members in groups.items():
            for member in members:
                words = tuple(word.fold for word in read(member)) or (fold(member),)
                if self._groups.setdefault(words, name) != name:
                    raise ValueError(f"«{member}» ở cả {self._groups[words]} và {name}")
        self._of_word = {words[0]: name for words, name in self._groups.items() if len(words) == 1}
        self._lengths: dict[tuple[str, ...], list[int]] = {}
        """For the first two words of members of several words, how many words these have, the most first."""
        for length in sorted({len(words) for words in self._groups} - {1}, reverse=True):
            for beginning in {words[:2] for words in self._groups if len(words) == length}:
                self._lengths.setdefault(beginning, []).append(length)

    def named(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the group of each member that folded words hold, the longest first at each place."""
        behind = 0
        for position, beginning in enumerate(pairwise((*words, ""))):
            if position < behind:
                continue
            for length in self._lengths.get(beginning, ()):
                group = self._groups.get(tuple(words[position : position + length]))
                if group is not None:
                    yield group
                    behind = position + length
                    break
            else:
                group = self._of_word.get(beginning[0])
                if group is not None:
                    yield group


@cache
def synonyms() -> Synonyms:
    """Return the groups that ship with the program.

    Raises:
        ValueError: naming a member that stands in two groups.
    """
    return Synonyms(read_yaml("words", "synonyms.yaml"))
