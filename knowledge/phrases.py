"""Cuts a sentence into tokens and finds listed phrases in them, with or without marks; it knows no phrase itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from knowledge.shipped import read_yaml
from knowledge.vietnamese import canon, fold

V = TypeVar("V")

_TOKEN = re.compile(r"[0-9]+(?:[.,/-][0-9]+)+|[0-9]+\+(?![0-9])|[^\W_]+|[\n;.,!?:()…]|(?<=\s)\+(?=\s)")
_BREAKS = frozenset("\n;.,!?:()…")
# Below this share of marked words a text counts as written without marks, and its bare words may stand for any mark.
_MARKED_SHARE = 0.25
# In a phrase of so many letters one wrong mark ("hướng dẩn") does no harm.
_LONG_PHRASE = 7
_OPEN_I = re.compile(r"(?<=^[hklmst])[iìíỉĩị]$")
_I_AS_Y = str.maketrans("iìíỉĩị", "yỳýỷỹỵ")


class WordList(BaseModel):
    """A file of `knowledge/words`; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


L = TypeVar("L", bound=BaseModel)


def load_words(kind: type[L], name: str) -> L:
    """Read `knowledge/words/<name>.yaml` into its typed form."""
    return kind.model_validate(read_yaml("words", f"{name}.yaml"))


@lru_cache(maxsize=512)
def _bare(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or punctuation mark; `start` and `end` are its place in the text it was cut from."""

    raw: str
    canon: str
    fold: str
    start: int
    end: int
    plain: bool

    @property
    def is_break(self) -> bool:
        """Tell whether it is a punctuation mark or the end of a line."""
        return self.raw in _BREAKS

    @property
    def is_capital(self) -> bool:
        """Tell whether it begins with a capital letter."""
        return self.raw[:1].isupper()

    @property
    def is_number(self) -> bool:
        """Tell whether it begins with a digit."""
        return self.raw[:1].isdigit()

    def means(self, words: tuple[str, ...]) -> bool:
        """Tell whether the token is one of `words` (canonical), a bare token whatever the marks."""
        if self.plain:
            return self.fold in _bare(words)
        return self.canon in words


def tokenize(text: str, abbreviations: Mapping[str, str] | None = None) -> list[Token]:
    """Cut an NFC `text` into tokens; an abbreviation becomes the words it stands for, at the same place."""
    found = list(_TOKEN.finditer(text))
    letters = [match.group() for match in found if match.group()[0].isalpha()]
    marked = sum(not word.isascii() for word in letters)
    plain = marked < _MARKED_SHARE * max(1, len(letters))
    tokens: list[Token] = []
    for match in found:
        raw = match.group()
        written = raw if raw in _BREAKS else "và" if raw == "+" else spelled(raw)
        meant = (abbreviations or {}).get(written)
        for word in meant.split() if meant else [written]:
            bare = plain and word.isascii()
            tokens.append(Token(raw, word, fold(word), match.start(), match.end(), bare))
    return tokens


def spelled(word: str) -> str:
    """Return the canonical spelling of a word, with y where both are written: "kí" is "ký", "kĩ" is "kỹ"."""
    return _OPEN_I.sub(lambda match: match.group().translate(_I_AS_Y), canon(word))


def nfc(text: str) -> str:
    """Return `text` composed, so that token positions fit it."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True, slots=True)
class Hit(Generic[V]):
    """A listed phrase found at tokens `start` up to, not including, `end`."""

    start: int
    end: int
    value: V


class PhraseTable(Generic[V]):
    """Listed phrases with a value each; finds the longest one at a place."""

    def __init__(self, phrases: Iterable[tuple[str, V]], *, exact: bool = False) -> None:
        """Learn the phrases; unless `exact`, one wrong mark in a long phrase does no harm."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], bool, V]]] = {}
        for phrase, value in phrases:
            written = tuple(map(spelled, canon(phrase).split()))
            bare = tuple(fold(word) for word in written)
            free = not exact and len(bare) > 1 and sum(map(len, bare)) >= _LONG_PHRASE
            self._by_first.setdefault(bare[0], []).append((written, bare, free, value))
        for listed in self._by_first.values():
            listed.sort(key=lambda item: -len(item[0]))

    def at(self, tokens: Sequence[Token], start: int) -> Hit[V] | None:
        """Return the longest phrase that begins at token `start`."""
        for written, bare, free, value in self._by_first.get(tokens[start].fold, ()):
            end = start + len(written)
            if end > len(tokens):
                continue
            part = tokens[start:end]
            if any(token.fold != letters for token, letters in zip(part, bare, strict=True)):
                continue
            exact = [token.plain or token.canon == word for token, word in zip(part, written, strict=True)]
            if all(exact) or (free and any(exact)):
                return Hit(start, end, value)
        return None

    def find(self, tokens: Sequence[Token], taken: Iterable[int] = ()) -> list[Hit[V]]:
        """Return the phrases from left to right, none overlapping another or a token of `taken`."""
        blocked = frozenset(taken)
        hits: list[Hit[V]] = []
        position = 0
        while position < len(tokens):
            hit = self.at(tokens, position)
            if hit is None or not blocked.isdisjoint(range(hit.start, hit.end)):
                position += 1
                continue
            hits.append(hit)
            position = hit.end
        return hits


def phrase_at(listed: tuple[str, ...], tokens: Sequence[Token], at: int) -> bool:
    """Tell whether one of the `listed` phrases begins at token `at`."""
    return phrase_table(listed).at(tokens, at) is not None


@cache
def phrase_table(listed: tuple[str, ...]) -> PhraseTable[str]:
    """Return the table of a list of phrases."""
    return PhraseTable((phrase, phrase) for phrase in listed)
