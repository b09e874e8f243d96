"""Turns what speaks for an answer into the probability that it is the right one; it finds no answer itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge.schema import Record
from knowledge.shipped import read_yaml

_PRECISION = 4

Floats = NDArray[np.float64]


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
        abroad: 1 if it names another country.
        figure: 1 if a word asks for a figure.
        figure_here: The same if the question names a place of a plan, else 0.
        kind: 1 if a word names the best record's kind.
        like: How much the question is like those for the best entry, a margin of `knowledge.likeness`.
        like_lead: Its lead over the margin of any other entry that is not a finer or broader version of it.
        like_rival: Its lead over the margin of any kind of question that is not ours, and of remarks.
        like_plan: The margin of questions for plans.
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
    abroad: float
    figure: float
    figure_here: float
    kind: float
    like: float
    like_lead: float
    like_rival: float
    like_plan: float
    length: float
    unknown: float

    def as_array(self) -> Floats:
        """Return the signs in the order of `SIGNS`."""
        return np.array([getattr(self, name) for name in SIGNS])  # dataclasses.astuple would copy each one deeply


SIGNS = tuple(sign.name for sign in fields(Signs))


class Model(Record):
    """A logistic regression over the signs and their products, so that one sign may tell how much another is worth."""

    constant: float
    weights: dict[str, float]
    products: dict[str, list[float]]
    """For each sign the weight of its product with itself and with each later sign."""


class Models(Record):
    """The fitted models, and of what each gives the probability."""

    means: dict[str, float]
    spreads: dict[str, float]
    """By sign, its mean and standard deviation among the questions that the models were fitted to."""
    entry_is_right: Model
    """That the best entry answers the question."""
    entry_is_near: Model
    """That one of the best four entries does."""
    record_is_right: Model
    """That the best plan record answers the question."""
    record_is_near: Model
    """That one of the records near it does."""
    taught_is_right: Model
    """That the best entry does, judged without likeness: what was taught in chat is in no model of it."""


class Chances(NamedTuple):
    """The probabilities, 0 to 1, that the models of the same names give."""

    entry_is_right: float
    entry_is_near: float
    record_is_right: float
    record_is_near: float
    taught_is_right: float


def with_products(scaled: Floats) -> Floats:
    """Return scaled signs followed by the products of each with itself and every later one, row by row alike."""
    first, second = np.triu_indices(scaled.shape[-1])
    return np.concatenate([scaled, scaled[..., first] * scaled[..., second]], axis=-1)


def chances(signs: Signs) -> Chances:
    """Return what the shipped models say of a question."""
    means, spreads, constants, weights = _fitted()
    scaled = (signs.as_array() - means) / spreads
    totals = constants + weights @ with_products(scaled)
    totals[_TAUGHT] = constants[_TAUGHT] + weights[_TAUGHT] @ with_products(without_likeness(scaled))
    return Chances(*(round(float(chance), _PRECISION) for chance in 1 / (1 + np.exp(-np.clip(totals, -30, 30)))))


def without_likeness(scaled: Floats) -> Floats:
    """Return scaled signs with those of likeness at their mean."""
    return np.where([sign.startswith("like") for sign in SIGNS], 0.0, scaled)


_TAUGHT = Chances._fields.index("taught_is_right")


@cache
def _fitted() -> tuple[Floats, Floats, Floats, Floats]:
    """Return means and spreads by sign, and constants and weights by model."""
    found = models()
    fitted = [getattr(found, name) for name in Chances._fields]
    weights = [
        [*(model.weights[name] for name in SIGNS), *(weight for name in SIGNS for weight in model.products[name])]
        for model in fitted
    ]
    return (
        np.array([found.means[name] for name in SIGNS]),
        np.array([found.spreads[name] for name in SIGNS]),
        np.array([model.constant for model in fitted]),
        np.array(weights),
    )


@cache
def models() -> Models:
    """Return the models that ship with the program.

    Raises:
        ValueError: naming a model whose weights are not those of the signs.
    """
    return checked(Models.model_validate(read_yaml("models.yaml")))


def checked(found: Models) -> Models:
    """Return the models if each part names exactly the signs.

    Raises:
        ValueError: naming the first part that does not.
    """
    named = {"means": found.means, "spreads": found.spreads}
    for model in Chances._fields:
        named |= {
            f"{model}: weights": getattr(found, model).weights,
            f"{model}: products": getattr(found, model).products,
        }
    for name, by_sign in named.items():
        wrong = by_sign.keys() ^ set(SIGNS)
        if wrong:
            raise ValueError(f"models.yaml: {name}: {', '.join(sorted(wrong))}")
    return found
