"""Turns what speaks for an answer into the probability that it is the right one; it finds no answer itself."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields
from functools import cache

from knowledge.schema import Record
from knowledge.shipped import read_yaml

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


SIGNS = tuple(sign.name for sign in fields(Signs))


class Model(Record):
    """A logistic regression over the signs."""

    constant: float
    weights: dict[str, float]

    def probability(self, signs: Signs) -> float:
        """Return the probability, 0 to 1."""
        weighed = (self.weights[name] * value for name, value in zip(SIGNS, astuple(signs), strict=True))
        total = self.constant + sum(weighed)
        return round(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), _PRECISION)


class Models(Record):
    """The fitted models, and of what each gives the probability."""

    entry_is_right: Model
    """That the best entry answers the question."""
    entry_is_near: Model
    """That one of the best four entries does."""
    record_is_right: Model
    """That the best plan record answers the question."""
    record_is_near: Model
    """That one of the records near it does."""


@cache
def models() -> Models:
    """Return the models that ship with the program.

    Raises:
        ValueError: naming a model whose weights are not those of the signs.
    """
    return checked(Models.model_validate(read_yaml("models.yaml")))


def checked(found: Models) -> Models:
    """Return the models if each weighs exactly the signs.

    Raises:
        ValueError: naming the first that does not.
    """
    for name in Models.model_fields:
        wrong = getattr(found, name).weights.keys() ^ set(SIGNS)
        if wrong:
            raise ValueError(f"models.yaml: {name}: {', '.join(sorted(wrong))}")
    return found
