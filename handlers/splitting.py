"""Cuts a text that is too long for a channel into parts at natural borders; it changes no word."""

from __future__ import annotations


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
    # A combining mark stays with its letter.
    while fits > 1 and 0x300 <= ord(text[fits]) <= 0x36F:
        fits -= 1
    return fits
