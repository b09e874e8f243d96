"""Finds the figures in a text and writes them in one notation, so that texts can be compared; it knows no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_THOUSANDS_WITH_REST = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+")
_STEP = re.compile(r"^\s*(?:\d+(?:\.\d+)*(?:\. |\.?\t)|-\s)|\(\d\) ", re.MULTILINE)


def figures_in(text: str) -> Iterator[str]:
    """Yield the figures of a text: "1.287" and "1,287" as 1287, "02" as 2, "85,5" as 85.5, "30/11" as 30 and 11."""
    for match in _NUMBER.finditer(text):
        figure = match.group()
        if _THOUSANDS.fullmatch(figure):
            yield str(int(re.sub(r"[.,]", "", figure)))
        elif _THOUSANDS_WITH_REST.fullmatch(figure):
            yield figure.replace(".", "").replace(",", ".")
        elif figure.count(",") + figure.count(".") == 1:
            whole, rest = re.split(r"[.,]", figure)
            yield f"{int(whole)}.{rest}"
        else:
            yield from (str(int(part)) for part in re.split(r"[.,]", figure))


def without_steps(text: str) -> str:
    """Return text without the numbers that only count its lines, steps or parts."""
    return _STEP.sub("", text)
