"""Tells how much a question is like those asked for each entry, by a model fitted beforehand; it decides nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.letters import runs
from knowledge.synonyms import synonyms

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_GRAMS = (3, 4, 5)
"""Lengths of the letter runs, spaces included."""
_BITS = 14
"""Words, pairs and groups of synonyms share 2 to this power places of the table, letter runs as many more."""
PLACES = 2 << _BITS
_SCATTER = np.uint64(0x9E3779B97F4A7C15)
"""Multiplying by it spreads numbers that lie together (Knuth's multiplicative hashing, golden ratio)."""
_FILE = "likeness.npz"


def places(words: Sequence[str]) -> Numbers:
    """Return the places of the table that a text's folded words, pairs, synonyms and letter runs fall on.

    A table of fixed size needs no list of what its rows stand for; that some features share a row costs little.
    """
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    groups = (f"={name}" for name in synonyms().named(words))
    spoken = [crc32(feature.encode()) >> (32 - _BITS) for feature in (*words, *pairs, *groups)]
    codes = runs([" ".join(words)], _GRAMS)[0].astype(np.uint64) * _SCATTER >> np.uint64(64 - _BITS)
    return np.concatenate([np.array(spoken, dtype=np.int64), codes.astype(np.int64) + (1 << _BITS)])


def vector(found: Numbers, rarity: Floats) -> tuple[Numbers, Floats]:
    """Return the distinct places with tf-idf weights; those of words have unit length, those of letter runs too."""
    distinct, counts = np.unique(found, return_counts=True)
    weights = (1 + np.log(counts)) * rarity[distinct]
    for part in (distinct < 1 << _BITS, distinct >= 1 << _BITS):
        weights[part] /= np.sqrt((weights[part] ** 2).sum()) or 1.0
    return distinct, weights.astype(np.float32)


@dataclass(frozen=True)
class Likeness:
    """A linear model: for each group of questions, which are those of an entry or of a rival, a weight at each place.

    Attributes:
        names: Of the groups.
        rarity: By place, what a feature there weighs.
        weights: By place and group, in steps of `step`.
        step: By group.
        constant: By group.
    """

    names: tuple[str, ...]
    rarity: Floats
    weights: NDArray[np.int8]
    step: Floats
    constant: Floats

    def margins(self, words: Sequence[str]) -> dict[str, float]:
        """Return by group how far a question lies on the group's side, from about -1 to 1; above 0 it is like them."""
        where, weights = vector(places(words), self.rarity)
        margins = (weights @ self.weights[where].astype(np.float32)) * self.step + self.constant
        return dict(zip(self.names, margins.tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """Return the model as the file that `likeness` reads."""
        written = io.BytesIO()
        np.savez_compressed(
            written,
            names=np.array(self.names),
            rarity=self.rarity.astype(np.float16),
            weights=self.weights,
            step=self.step,
            constant=self.constant,
        )
        return written.getvalue()

    @classmethod
    def from_bytes(cls, file: bytes) -> Likeness:
        """Return the model that such a file holds."""
        with np.load(io.BytesIO(file)) as found:
            return cls(
                names=tuple(found["names"].tolist()),
                rarity=found["rarity"].astype(np.float32),
                weights=found["weights"],
                step=found["step"],
                constant=found["constant"],
            )


@cache
def likeness() -> Likeness:
    """Return the model that ships with the program; `python -m tests.support.fit_likeness` writes it."""
    return Likeness.from_bytes((files("knowledge") / _FILE).read_bytes())
