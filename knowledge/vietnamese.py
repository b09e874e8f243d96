"""Vietnamese text in two layers, canon (spelling made one) and fold (marks dropped); it decides no meaning."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*", re.UNICODE)

_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}

# Old and new placement of the tone mark in the open rhymes oa, oe, uy: "hoà" = "hòa". The new one is kept.
_OPEN_RHYME = re.compile(r"(?<!q)(o[ae]|uy)$")


def canon(text: str) -> str:
    """Return `text` in NFC and lower case, with single spaces and one tone placement (khoá = khóa)."""
    flat = _SPACES.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip()
    return _WORD.sub(lambda match: _place_tone(match.group()), flat)


@lru_cache(maxsize=1 << 15)  # the syllables of the language are some thousands, and each is met again and again
def _place_tone(word: str) -> str:
    """Put the tone of an open oa, oe, uy on its first vowel; leave every other word alone."""
    if len(word) < 2 or word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    tone = next((mark for mark in letters if mark in _TONES), None)
    if tone is None:
        return word
    bare = "".join(mark for mark in letters if mark not in _TONES)
    if not _OPEN_RHYME.search(bare):
        return word
    return unicodedata.normalize("NFC", bare[:-1] + tone + bare[-1])


def fold(text: str) -> str:
    """Return `canon(text)` without any marks, đ as d: "Địa bàn" becomes "dia ban"."""
    return _WORD.sub(lambda match: fold_word(match.group()), canon(text))


@lru_cache(maxsize=1 << 15)
def fold_word(word: str) -> str:
    """Return one word of an already canonical text without its marks, as `fold` would."""
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word)
    return "".join(mark for mark in letters if not unicodedata.combining(mark)).replace("đ", "d")


def words(text: str) -> list[str]:
    """Return the words of an already canonical or folded text; "1.200" and "15,5" stay whole."""
    return _WORD.findall(text)


def canon_words(text: str) -> list[str]:
    """Return `words(canon(text))`, quicker: the words of a text are some thousands that come again and again."""
    return list(map(_place_tone, _WORD.findall(unicodedata.normalize("NFC", text).casefold())))


def has_marks(text: str) -> bool:
    """Tell whether `text` carries any Vietnamese mark, so that its marks can be taken as meant."""
    return canon(text) != fold(text)
