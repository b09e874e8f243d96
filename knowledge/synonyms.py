"""Knows which words and short phrases mean the same in a question; it knows no entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

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
        self._longest: dict[str, int] = {}
        """The number of words of the longest member that begins with a word."""
        for words in self._groups:
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def named(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the group of each member that folded words hold, the longest first at each place."""
        position = 0
        while position < len(words):
            longest = self._longest.get(words[position], 0)
            for length in range(min(longest, len(words) - position), 0, -1):
                group = self._groups.get(tuple(words[position : position + length]))
                if group is not None:
                    yield group
                    position += length
                    break
            else:
                position += 1


@cache
def synonyms() -> Synonyms:
    """Return the groups that ship with the program.

    Raises:
        ValueError: naming a member that stands in two groups.
    """
    return Synonyms(read_yaml("words", "synonyms.yaml"))
