"""Fits `knowledge/likeness.npz` to the ways of asking of the base and writes it; it sees no question of a test.

Run `make fit` after the ways of asking have changed; it needs the dependency group `bench` (scikit-learn).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from knowledge.answer_eval import typed
from knowledge.answering import PLANS, Answerer
from knowledge.likeness import PLACES, Likeness, places, vector
from knowledge.loader import load

FILE = Path(__file__).parents[2] / "knowledge" / "likeness.npz"
_PLAN_TEXTS = 3000
"""Questions for plans that are learned: enough to tell them from the others, a third of what there is."""
_SLACK = 1.0
"""How much a text on the wrong side costs, against small weights (the C of scikit-learn)."""
_SEED = 20261130
_STEPS = 127
"""Weights are kept as whole numbers up to this, by group."""


def texts(answerer: Answerer) -> tuple[list[str], list[list[str]]]:
    """Return the group of each text that is learned, and its words: as it stands and once with slips."""
    found = list(answerer.groups())
    plans = [item for item in found if item[0] == PLANS]
    kept = [item for item in found if item[0] != PLANS] + random.Random(_SEED).sample(plans, _PLAN_TEXTS)
    groups: list[str] = []
    read: list[list[str]] = []
    for group, text in track(kept, "Texts", console=Console(stderr=True)):
        for asked in (text, typed(text, "noisy")):
            groups.append(group)
            read.append(answerer.compared_words(asked))
    return groups, read


def rarity(found: Sequence[NDArray[np.int64]]) -> NDArray[np.float32]:
    """Return what a feature at each place weighs: the smoothed idf of scikit-learn."""
    seen_in = np.zeros(PLACES)
    for where in found:
        seen_in[np.unique(where)] += 1
    # Half precision, as the file holds it, so that fitting and answering weigh alike.
    return (np.log((1 + len(found)) / (1 + seen_in)) + 1).astype(np.float16).astype(np.float32)


def fit(answerer: Answerer) -> Likeness:
    """Return the model: for each group a separating plane between its texts and all others."""
    groups, read = texts(answerer)
    found = [places(words) for words in read]
    weighs = rarity(found)
    rows = [vector(where, weighs) for where in found]
    begins = np.cumsum([0, *(len(where) for where, _ in rows)])
    matrix = csr_matrix(
        (np.concatenate([parts for _, parts in rows]), np.concatenate([where for where, _ in rows]), begins),
        shape=(len(rows), PLACES),
    )
    model = LinearSVC(C=_SLACK, random_state=_SEED).fit(matrix, groups)
    weights = model.coef_.T
    step = np.abs(weights).max(axis=0) / _STEPS
    return Likeness(
        names=tuple(model.classes_),
        rarity=weighs,
        weights=np.round(weights / step).astype(np.int8),
        step=step.astype(np.float32),
        constant=model.intercept_.astype(np.float32),
    )


def main() -> None:
    """Fit and write."""
    FILE.write_bytes(fit(Answerer(load())).to_bytes())


if __name__ == "__main__":
    main()
