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
        self._seconds: dict[str, set[str]] = {}
        """For each word that a member begins with, the words that members of several words have in second place."""
        for words in self._groups:
            self._seconds.setdefault(words[0], set()).update(words[1:2])
        self._longest = max(map(len, self._groups), default=0)

    def named(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the group of each member that folded words hold, the longest first at each place."""
        behind = 0
        for position, word in enumerate(words):
            seconds = self._seconds.get(word)
            if seconds is None or position < behind:
                continue
            longest = self._longest if seconds and not seconds.isdisjoint(words[position + 1 : position + 2]) else 1
            for length in range(min(longest, len(words) - position), 0, -1):
                group = self._groups.get(tuple(words[position : position + length]))
                if group is not None:
                    yield group
                    behind = position + length
                    break


@cache
def synonyms() -> Synonyms:
    """Return the groups that ship with the program.

    Raises:
        ValueError: naming a member that stands in two groups.
    """
    return Synonyms(read_yaml("words", "synonyms.yaml"))
