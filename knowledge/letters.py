"""Cuts folded texts into runs of letters, as numbers; it weighs none of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

_ALPHABET = b" 0123456789abcdefghijklmnopqrstuvwxyz"
_LETTERS = np.full(256, len(_ALPHABET) + 1, dtype=np.int64)
"""The number of each letter from 1 on; whatever else a folded text holds is one letter more."""
_LETTERS[list(_ALPHABET)] = np.arange(1, len(_ALPHABET) + 1)
N_LETTERS = len(_ALPHABET) + 2
"""A run of so many letters is a number below this to the power of its length."""


def runs(texts: Sequence[str], sizes: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Return every run of so many letters of some texts, spaces around each included, and the number of its text."""
    padded = [f" {text} ".encode("ascii", "replace") for text in texts]
    letters = _LETTERS[np.frombuffer(b"".join(padded), dtype=np.uint8)]
    rows = np.repeat(np.arange(len(texts), dtype=np.int64), list(map(len, padded)))
    codes, owners = [], []
    for size in sizes:
        many = max(len(letters) - size + 1, 0)
        found = np.zeros(many, dtype=np.int64)
        for place in range(size):
            found = found * N_LETTERS + letters[place : many + place]
        within = rows[:many] == rows[len(rows) - many :]  # a run ends in the text it begins in
        codes.append(found[within])
        owners.append(rows[:many][within])
    return np.concatenate(codes), np.concatenate(owners)
