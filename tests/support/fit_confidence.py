"""Fits `knowledge/models.yaml` to the development questions and writes it; the held-out ones stay closed.

Run `python -m tests.support.fit_confidence` after the base or the search has changed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.answer_eval import STYLES, Case, load_cases, typed
from knowledge.answering import MOST_CHOICES, SAME_INDICATOR, Answerer, Weighed
from knowledge.confidence import SIGNS, Chances, with_products, without_likeness
from knowledge.loader import load

DEVELOPMENT = Path(__file__).parents[1] / "questions" / "development"
MODELS = Path(__file__).parents[2] / "knowledge" / "models.yaml"
_HEAD = """\
# Logistic regressions over the signs of knowledge/confidence.py: a constant, a weight for each sign, and for each sign
# the weights of its products with itself and every later sign. Signs are scaled by `means` and `spreads` first.
# Written by `python -m tests.support.fit_confidence`.
"""
_RIDGE = 30.0
"""Keeps the weights small, so that no sign is trusted beyond what some thousand questions can show."""

Matrix = NDArray[np.float64]


def labels(found: Weighed, case: Case, expected: frozenset[str]) -> Chances:
    """Return what each of the models should say of a question."""
    entries = [hit.id for hit in found.entries]
    records = [hit.id for hit in found.records]
    near = [hit.id for hit in found.records if hit.score >= found.records[0].score - SAME_INDICATOR]
    clarify = case.kind == "clarify" and not found.named.plans
    return Chances(
        entry_is_right=bool(entries) and entries[0] in expected,
        entry_is_near=bool(expected.intersection(entries[:MOST_CHOICES])),
        record_is_right=bool(records) and (records[0] in expected or (clarify and bool(expected.intersection(near)))),
        record_is_near=bool(expected.intersection(near[:MOST_CHOICES] if found.named.plans else near)),
        taught_is_right=bool(entries) and entries[0] in expected,
    )


def fit(columns: Matrix, right: Matrix) -> Matrix:
    """Return constant and weights of a ridge logistic regression, by Newton's method."""
    columns = np.hstack([np.ones((len(columns), 1)), columns])
    weights = np.zeros(columns.shape[1])
    ridge = np.full(columns.shape[1], _RIDGE)
    ridge[0] = 0.0
    for _ in range(50):
        expected = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        gradient = columns.T @ (right - expected) - ridge * weights
        curvature = (columns * (expected * (1 - expected))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def written(name: str, weights: Matrix) -> str:
    """Return a model as it stands in the file."""
    constant, by_sign, products = weights[0], weights[1 : len(SIGNS) + 1], iter(weights[len(SIGNS) + 1 :])
    rows = {sign: [next(products) for _ in SIGNS[number:]] for number, sign in enumerate(SIGNS)}
    shown = "".join(f"    {sign}: [{', '.join(f'{weight:.3f}' for weight in row)}]\n" for sign, row in rows.items())
    return f"{name}:\n  constant: {constant:.3f}\n  weights:\n{_by_sign(by_sign, 4)}  products:\n{shown}"


def _by_sign(values: Matrix, indent: int) -> str:
    return "".join(f"{' ' * indent}{sign}: {value:.4f}\n" for sign, value in zip(SIGNS, values, strict=True))


def main() -> None:
    """Fit and write."""
    answerer = Answerer(load())
    rows, wanted = [], []
    for case in load_cases(DEVELOPMENT):
        if case.kind in {"smalltalk", "handoff"}:
            continue
        expected = case.expected(answerer.knowledge)
        for style in STYLES:
            found = answerer.weigh(typed(case.q, style))
            rows.append(found.signs.as_array())
            wanted.append(labels(found, case, expected))
    signs, right = np.array(rows), np.array(wanted, dtype=float)
    means, spreads = signs.mean(axis=0), signs.std(axis=0)
    scaled = (signs - means) / spreads
    columns = {name: with_products(scaled) for name in Chances._fields}
    columns["taught_is_right"] = with_products(without_likeness(scaled))
    # Nothing that was taught was among the questions: products would say anything about it, plain signs do not.
    columns["taught_is_right"][:, len(SIGNS) :] = 0.0
    models = [written(name, fit(columns[name], right[:, number])) for number, name in enumerate(Chances._fields)]
    scales = f"means:\n{_by_sign(means, 2)}spreads:\n{_by_sign(spreads, 2)}"
    MODELS.write_text(_HEAD + scales + "".join(models), encoding="utf-8")


if __name__ == "__main__":
    main()
