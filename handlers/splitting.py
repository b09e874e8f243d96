"""Cuts a text that is too long for a channel into parts at natural borders; it changes no word."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
"""Makes one picture of those on its two sides: a family, a flag."""
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
"""Two of them are one flag."""


def utf16_length(text: str) -> int:
    """Return the length as Telegram and Zalo count it, in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def split(text: str, limit: int) -> list[str]:
    """Return `text` in parts of at most `limit` UTF-16 units, cut at paragraphs, lines, words, in this order.

    Args:
        limit: 0 for no limit.
    """
    parts = []
    rest = text
    while limit and utf16_length(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest or not parts else parts


def _cut(text: str, limit: int) -> int:
    """Return the index at which to cut: the last border in the second half of what fits, or what just fits."""
    fits = len(text)
    while utf16_length(text[:fits]) > limit:
        fits -= max(1, (utf16_length(text[:fits]) - limit) // 2)
    for border in ("\n\n", "\n", " "):
        found = text.rfind(border, fits // 2, fits)
        if found > 0:
            return found
    return next((cut for cut in range(fits, fits // 2, -1) if not _belongs_together(text, cut)), fits)


def _belongs_together(text: str, cut: int) -> bool:
    """Tell whether what stands before and behind a cut is one sign to its reader: a letter and its mark, an emoji."""
    before, behind = text[cut - 1], text[cut]
    if unicodedata.category(behind).startswith("M") or ord(behind) in _SKIN_TONES or _JOINER in {before, behind}:
        return True
    letters = len(text[:cut]) - len(text[:cut].rstrip("".join(map(chr, _FLAG_LETTERS))))
    return ord(behind) in _FLAG_LETTERS and letters % 2 == 1
