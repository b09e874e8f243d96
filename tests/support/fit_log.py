"""Fits the two models of log sentences to the development sentences and the ways of asking, and writes them.

Run `make fit` after either has changed; it needs the dependency group `bench` (scikit-learn). It sees no held-out file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from knowledge.answer_eval import STYLES, typed
from knowledge.likeness import PLACES, Likeness, vector
from knowledge.likeness import places as places_of_words
from knowledge.loader import load
from knowledge.log_eval import load_sentences, sentence_files
from knowledge.log_likely_topic import NO_TOPIC, words_of_work
from knowledge.log_likeness import PLACES as PLACES_OF_REPORTS
from knowledge.log_likeness import ReportLikeness, places
from knowledge.log_spans import Sentence, read
from knowledge.masking import mask
from knowledge.vietnamese import fold
from tests.support.fit_likeness import rarity

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
SETS = Path(__file__).parents[1] / "sentences"
_EVERY = 4
"""Every so manyth way of asking is learned as no report: there are far more of them than of sentences."""
_SLACK = 30.0
"""How much a text on the wrong side costs, against small weights (the C of scikit-learn)."""
_SLACK_OF_TOPICS = 0.3
_WEIGHT_OF_SENTENCES = 3.0
"""How much a sentence tells of topics beside a way of asking."""
_SEED = 20261201
_STEPS = 127
_TODAY = date(2026, 11, 20)


class Text(NamedTuple):
    """What is learned of a text; None where it is not to be learned."""

    sentence: Sentence
    is_report: bool | None
    topic: str | None


def texts() -> Iterator[Text]:
    """Yield the development sentences, as they stand, without marks and typed in a hurry, then the ways of asking."""
    for file in sentence_files(SETS / "development"):
        sentences, today = load_sentences(file)
        for sentence in sentences:
            entries, villages = sentence.get("entries", []), sentence.get("villages", ())
            topics = [topic for entry in entries for topic in entry["topics"] or [NO_TOPIC]]
            topic = topics[0] if len(topics) == 1 else None
            for text in dict.fromkeys((sentence["text"], fold(sentence["text"]), typed(sentence["text"], "noisy"))):
                yield Text(read(mask(text).text, today, villages), bool(entries), topic)
    asked = [(entry.topic, phrasing) for entry in load().entries.values() for phrasing in entry.phrasings]
    for number, (topic, text) in enumerate(asked):
        if number % _EVERY == 0:
            yield Text(read(typed(text, STYLES[number % len(STYLES)]), _TODAY, ()), False, topic)
        elif number % _EVERY == 2:
            yield Text(read(text, _TODAY, ()), None, topic)


def fit_reports(learned: list[Text]) -> ReportLikeness:
    """Return the model that tells reports of help from all else."""
    learned = [text for text in learned if text.is_report is not None]
    rows = [places(text.sentence) for text in learned]
    weights = np.concatenate([np.full(len(row), 1 / np.sqrt(len(row))) for row in rows])
    matrix = csr_matrix((weights, np.concatenate(rows), _begins(rows)), shape=(len(rows), PLACES_OF_REPORTS))
    model = LogisticRegression(C=_SLACK, max_iter=1000).fit(matrix, [text.is_report for text in learned])
    step = float(np.abs(model.coef_).max()) / _STEPS
    return ReportLikeness(np.round(model.coef_[0] / step).astype(np.int8), step, float(model.intercept_[0]))


def fit_topics(learned: list[Text]) -> Likeness:
    """Return the model that tells the topic of the work by its words."""
    told = [
        (text, places_of_words(words)) for text in learned if text.topic and (words := words_of_work(text.sentence))
    ]
    weighs = rarity([where for _, where in told])
    rows = [vector(where, weighs) for _, where in told]
    matrix = csr_matrix(
        (np.concatenate([parts for _, parts in rows]), np.concatenate([where for where, _ in rows]),
         _begins([where for where, _ in rows])),
        shape=(len(rows), PLACES),
    )  # fmt: skip
    model = LinearSVC(C=_SLACK_OF_TOPICS, random_state=_SEED).fit(
        matrix,
        [text.topic for text, _ in told],
        sample_weight=[_WEIGHT_OF_SENTENCES if text.is_report else 1.0 for text, _ in told],
    )
    step = np.abs(model.coef_.T).max(axis=0) / _STEPS
    return Likeness(
        names=tuple(model.classes_),
        rarity=weighs,
        weights=np.round(model.coef_.T / step).astype(np.int8),
        step=step.astype(np.float32),
        constant=model.intercept_.astype(np.float32),
    )


def _begins(rows: list[np.ndarray]) -> np.ndarray:
    return np.cumsum([0, *map(len, rows)])


def main() -> None:
    """Fit and write."""
    learned = list(texts())
    (KNOWLEDGE / "log_likeness.npz").write_bytes(fit_reports(learned).to_bytes())
    (KNOWLEDGE / "log_likely_topic.npz").write_bytes(fit_topics(learned).to_bytes())


if __name__ == "__main__":
    main()
