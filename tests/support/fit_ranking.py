"""Fits `knowledge/ranking.yaml` to the development questions for plans and writes it; the held-out ones stay closed.

Run `python -m tests.support.fit_ranking` after cues, plan records or the search have changed, before `fit_confidence`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge import cues
from knowledge.answer_eval import STYLES, load_cases, typed
from knowledge.answering import Answerer
from knowledge.loader import load
from knowledge.ranking import NO_CUE, Fit

DEVELOPMENT = Path(__file__).parents[1] / "questions" / "development"
RANKING = Path(__file__).parents[2] / "knowledge" / "ranking.yaml"
_HEAD = """\
# What a plan record gains by its fit to a question, added to the score of the search, as knowledge/ranking.py reads it.
# Written by `python -m tests.support.fit_ranking`.
"""
_CUES = (*cues.cues().kinds, *cues.ASKS_A_NUMBER, NO_CUE)
_KINDS = ("target", "result", "deadline", "duty", "system", "cited", "budget", "point")
_SCORE = 20.0
"""What the search's score is worth before anything is learnt."""
_YEAR = 3.4
"""What the year is worth; not fitted, since few questions show that another year is another answer."""
_YEAR_AT = 2
"""Where the year stands in a row."""
_RIDGE = 5.0
_STEPS = 200
_RATE = 0.15

Matrix = NDArray[np.float64]


def row(score: float, fit: Fit) -> list[float]:
    """Return what the model sees of a record."""
    asked = fit.cues or {NO_CUE}
    kinds = [float(cue in asked and kind == fit.kind) for cue in _CUES for kind in _KINDS]
    return [score, fit.covered, fit.year, fit.numbers, *kinds]


def learn(questions: list[tuple[Matrix, Matrix]]) -> Matrix:
    """Return the weights under which a right record is likeliest to be the first, by Adam's method."""
    prior = np.zeros(questions[0][0].shape[1])
    prior[0], prior[_YEAR_AT] = _SCORE, _YEAR
    weights, mean, square = prior.copy(), np.zeros_like(prior), np.zeros_like(prior)
    for step in range(1, _STEPS + 1):
        slope = _RIDGE * (weights - prior)
        for rows, right in questions:
            chance = np.exp(rows @ weights - (rows @ weights).max())
            wanted = chance * right
            slope += rows.T @ (chance / chance.sum() - wanted / max(wanted.sum(), 1e-12))
        slope[_YEAR_AT] = 0.0
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def main() -> None:
    """Fit and write."""
    answerer = Answerer(load())
    questions = []
    for case in load_cases(DEVELOPMENT):
        expected = case.expected(answerer.knowledge)
        if not any("/" in key for key in expected):
            continue
        for style in STYLES:
            fits = answerer.fits(typed(case.q, style))
            right = np.array([hit.id in expected for hit, _ in fits], dtype=float)
            if 0 < right.sum() < len(right):
                questions.append((np.array([row(hit.score, fit) for hit, fit in fits]), right))
    weights = learn(questions)
    covered, year, numbers, *kinds = weights[1:] / weights[0]
    by_cue = np.reshape(kinds, (len(_CUES), len(_KINDS)))
    lines = [f"covered: {covered:.3f}", f"year: {year:.3f}", f"numbers: {numbers:.3f}", "kinds:"]
    for cue, values in zip(_CUES, by_cue, strict=True):
        inner = ", ".join(f"{kind}: {value:.3f}" for kind, value in zip(_KINDS, values, strict=True))
        lines.append(f"  {cue}: {{{inner}}}")
    RANKING.write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
