"""Tells what a plan record gains by what a question's words want; it compares no texts and finds no record itself."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from knowledge.schema import Record
from knowledge.shipped import read_yaml

NO_CUE = "none"
"""Stands for a question without any cue among the cues of `Gains.kinds`."""


@dataclass(frozen=True)
class Fit:
    """How a record fits a question, beside its words.

    Attributes:
        covered: Share of the question that the record has at all.
        year: 1 if the question names the record's year, -1 if it names another one, 0 if one of them has none.
        numbers: Share of the question's numbers that the record has.
        cues: What the question's words ask for.
        kind: The record's kind.
    """

    covered: float
    year: int
    numbers: float
    cues: AbstractSet[str]
    kind: str


class Gains(Record):
    """The form of `ranking.yaml`: what each sign of fit adds to a record's score."""

    covered: float
    year: float
    numbers: float
    kinds: dict[str, dict[str, float]]
    """By cue and kind of record."""

    def of(self, fit: Fit) -> float:
        """Return what a record gains, or loses if negative."""
        by_kind = sum(self.kinds[cue][fit.kind] for cue in fit.cues or {NO_CUE})
        return self.covered * fit.covered + self.year * fit.year + self.numbers * fit.numbers + by_kind


@cache
def gains() -> Gains:
    """Return the fitted gains that ship with the program."""
    return Gains.model_validate(read_yaml("ranking.yaml"))
