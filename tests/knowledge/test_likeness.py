"""The model of likeness: what it learned from, what it weighs, and that it fits the base it ships with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.answering import PLANS
from knowledge.likeness import PLACES, Likeness, likeness, places, vector
from tests.support.conversation import answerer

ANSWERER = answerer()


def test_every_entry_and_every_rival_was_learned() -> None:
    learned = {group for group, _ in ANSWERER.groups()}
    assert set(likeness().names) == learned, "run `make fit` after entries or groups of questions have changed"
    assert PLANS in learned


def test_most_ways_of_asking_lie_on_the_side_of_their_entry() -> None:
    entries = list(ANSWERER.knowledge.entries.values())
    asked = [(entry.id, phrasing) for entry in entries for phrasing in entry.phrasings[::25]]
    margins = [(entry, likeness().margins(ANSWERER.compared_words(text))) for entry, text in asked]
    likeliest = [entry == max(found, key=found.__getitem__) for entry, found in margins]
    assert len(asked) > 500
    assert sum(likeliest) / len(asked) > 0.97, "run `make fit` after ways of asking have changed"


@given(st.lists(st.text(alphabet="abcdefghinou ", min_size=1, max_size=8), max_size=12))
def test_a_text_falls_on_places_of_the_table(words: list[str]) -> None:
    where, weights = vector(places(words), np.ones(PLACES, dtype=np.float32))
    assert len(set(where.tolist())) == len(where)
    assert all(0 <= place < PLACES for place in where)
    squares = float((weights**2).sum())
    assert squares == pytest.approx(2, abs=1e-3) if words else squares <= 1.001  # words and letter runs count alike


def test_a_model_comes_back_from_its_file() -> None:
    weights = np.zeros((PLACES, 2), dtype=np.int8)
    weights[places(["ma", "qr"]), 1] = 100
    model = Likeness(
        names=("khac", "ma_qr"),
        rarity=np.ones(PLACES, dtype=np.float32),
        weights=weights,
        step=np.array([0.01, 0.01], dtype=np.float32),
        constant=np.array([-1.0, -1.0], dtype=np.float32),
    )
    read = Likeness.from_bytes(model.to_bytes())
    assert read.margins(["ma", "qr"]) == model.margins(["ma", "qr"])
    assert read.margins(["ma", "qr"])["ma_qr"] > 0 > read.margins(["ma", "qr"])["khac"]
    assert read.margins([]) == {"khac": -1.0, "ma_qr": -1.0}
