"""Fits `knowledge/models.yaml` to the development questions and writes it; the held-out ones stay closed.

Run `python -m tests.support.fit_confidence` after the base or the search has changed.
"""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.answer_eval import STYLES, Case, load_cases, typed
from knowledge.answering import MOST_CHOICES, SAME_INDICATOR, Answerer, Weighed
from knowledge.confidence import SIGNS, Models
from knowledge.loader import load

DEVELOPMENT = Path(__file__).parents[1] / "questions" / "development"
MODELS = Path(__file__).parents[2] / "knowledge" / "models.yaml"
_HEAD = """\
# Logistic regressions over the signs of knowledge/confidence.py: a constant, and a weight for each sign.
# Written by `python -m tests.support.fit_confidence`.
"""
_RIDGE = 1.0
"""Keeps the weights small, so that no sign is trusted beyond what some thousand questions can show."""

Matrix = NDArray[np.float64]


def labels(found: Weighed, case: Case, expected: frozenset[str]) -> tuple[bool, bool, bool, bool]:
    """Return what each of the four models should say of a question."""
    entries = [hit.id for hit in found.entries]
    records = [hit.id for hit in found.records]
    near = [hit.id for hit in found.records if hit.score >= found.records[0].score - SAME_INDICATOR]
    clarify = case.kind == "clarify" and not found.named.plans
    return (
        bool(entries) and entries[0] in expected,
        bool(expected.intersection(entries[:MOST_CHOICES])),
        bool(records) and (records[0] in expected or (clarify and bool(expected.intersection(near)))),
        bool(expected.intersection(near[:MOST_CHOICES] if found.named.plans else near)),
    )


def fit(signs: Matrix, right: Matrix) -> Matrix:
    """Return constant and weights of a ridge logistic regression, by Newton's method."""
    columns = np.hstack([np.ones((len(signs), 1)), signs])
    weights = np.zeros(columns.shape[1])
    ridge = np.full(columns.shape[1], _RIDGE)
    ridge[0] = 0.0
    for _ in range(50):
        expected = 1 / (1 + np.exp(-columns @ weights))
        gradient = columns.T @ (right - expected) - ridge * weights
        curvature = (columns * (expected * (1 - expected))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def written(name: str, weights: Matrix) -> str:
    """Return a model as it stands in the file."""
    shown = "".join(f"    {sign}: {weight:.3f}\n" for sign, weight in zip(SIGNS, weights[1:], strict=True))
    return f"{name}:\n  constant: {weights[0]:.3f}\n  weights:\n{shown}"


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
            rows.append(astuple(found.signs))
            wanted.append(labels(found, case, expected))
    signs, right = np.array(rows), np.array(wanted, dtype=float)
    models = [written(name, fit(signs, right[:, number])) for number, name in enumerate(Models.model_fields)]
    MODELS.write_text(_HEAD + "".join(models), encoding="utf-8")


if __name__ == "__main__":
    main()
