"""Turns what speaks for an answer into the probability that it is the right one; it finds no answer itself."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

_PRECISION = 4


@dataclass(frozen=True)
class Signs:
    """What is known about a question before it is decided; scores are those of `knowledge.search`, 0 to 1.

    Attributes:
        entry: Score of the best entry.
        entry_lead: Its lead over the next entry that is not a finer or broader version of it.
        entry_rival: Its lead over the best remark or question that is not ours; negative if that is ahead.
        entry_covered: Share of the question that the best entry has at all, rare words counting more.
        record: Score of the best plan record of the places that are meant.
        record_here: The same if the question names a place of a plan, else 0: without a place it says less.
        record_lead: Its lead over the next record that says something else.
        record_behind: How far it is behind the best record of any place.
        record_covered: Share of the question that the best record has at all.
        place: 1 if the question names a place of a plan.
        elsewhere: 1 if it names a place without a plan.
        figure: 1 if a word asks for a figure.
        figure_here: The same if the question names a place of a plan, else 0.
        kind: 1 if a word names the best record's kind.
        length: Logarithm of the number of words.
        unknown: Share of the words that the knowledge does not use.
    """

    entry: float
    entry_lead: float
    entry_rival: float
    entry_covered: float
    record: float
    record_here: float
    record_lead: float
    record_behind: float
    record_covered: float
    place: float
    elsewhere: float
    figure: float
    figure_here: float
    kind: float
    length: float
    unknown: float


@dataclass(frozen=True)
class Model:
    """A logistic regression over the signs."""

    constant: float
    weights: tuple[float, ...]

    def probability(self, signs: Signs) -> float:
        """Return the probability, 0 to 1."""
        total = self.constant + sum(weight * value for weight, value in zip(self.weights, astuple(signs), strict=True))
        return round(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), _PRECISION)
