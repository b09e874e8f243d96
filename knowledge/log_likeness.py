"""Tells how much a sentence as a whole is like reports of help, by a model fitted beforehand; it decides nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from knowledge.log_outcome import verb_words
from knowledge.log_people import Mention
from knowledge.log_person_words import people_words
from knowledge.log_spans import Sentence
from knowledge.vietnamese import fold

_BITS = 14
PLACES = 1 << _BITS
"""Features share so many places of the table: it needs no list of what its rows stand for."""
_FILE = "log_likeness.npz"


def shape(sentence: Sentence) -> list[str]:
    """Return the words of a sentence with what stands for itself by its kind: "em qua <place> dạy <name> <topic>"."""
    spans = {day.start: (day.end, _when(sentence, day.date)) for day in sentence.days}
    spans |= {mention.start: (mention.end, _who(sentence, mention)) for mention in sentence.mentions}
    spans |= {measure.start: (measure.end, "<measure>") for measure in sentence.measures}
    spans |= {topic.start: (topic.end, "<topic>") for topic in sentence.topics}
    spans |= {place.start: (place.end, "<place>") for place in sentence.places}
    words: list[str] = []
    at = 0
    while at < len(sentence.tokens):
        token = sentence.tokens[at]
        if at in sentence.hidden:
            words.append("<hidden>")
        at, word = spans.get(at, (at + 1, "<number>" if token.is_number else token.fold))
        words.append(word)
    return words


def _when(sentence: Sentence, day: object) -> str:
    if day is None:
        return "<day>"
    return "<today>" if day == sentence.today else "<past>" if str(day) < str(sentence.today) else "<ahead>"


def _who(sentence: Sentence, mention: Mention) -> str:
    word = sentence.tokens[mention.start]
    if mention.kind == "helpers":
        return "<helpers>"
    if mention.numbered:
        return "<some>" if mention.count is None else "<counted>"
    if mention.name:
        return "<named>"
    if mention.end == mention.start + 1 and word.means(people_words().speakers):
        return word.fold
    return "<people>" if mention.kind == "generic" else "<somebody>"


def places(sentence: Sentence) -> NDArray[np.int64]:
    """Return the distinct places of the table that a sentence's words, pairs, threes and signs fall on."""
    return np.unique([crc32(feature.encode()) >> (32 - _BITS) for feature in _features(sentence)])


def _features(sentence: Sentence) -> Iterator[str]:
    words = ["<begin>", *shape(sentence), "<end>"]
    yield from words
    yield from map(" ".join, pairwise(words))
    yield from map(" ".join, zip(words, words[1:], words[2:], strict=False))
    kinds = [kind for word in words if (kind := _kinds().get(word, word)).startswith("<")]
    yield from ("…".join(pair) for pair in pairwise(kinds))
    yield from ("…".join(three) for three in zip(kinds, kinds[1:], kinds[2:], strict=False))
    yield from (f"sign {signal.kind}" for signal in sentence.signals)
    yield from (f"has {kind}" for kind in set(kinds))
    yield from (f"has {a} and {b}" for a in set(kinds) for b in set(kinds) if a < b)
    yield f"opens {kinds[1]}"
    yield f"long {min(len(words) // 4, 6)}"
    yield "gives" if sentence.gives else "gives nothing"
    yield "acts" if sentence.acts else "does nothing"


@cache
def _kinds() -> dict[str, str]:
    """Return the kind of words that do much the same in a sentence whatever else they mean."""
    verbs = verb_words()
    kinds = {
        "<me>": people_words().speakers,
        "<does>": (*verbs.act, *verbs.give, *verbs.visits),
        "<not>": verbs.negation,
        "<then>": verbs.past,
        "<asks>": verbs.questions,
    }
    return {fold(word): kind for kind, listed in reversed(kinds.items()) for word in listed if " " not in word}


@dataclass(frozen=True)
class ReportLikeness:
    """A linear model: the weight of each place in steps of `step`, and a constant."""

    weights: NDArray[np.int8]
    step: float
    constant: float

    def of(self, found: NDArray[np.int64]) -> float:
        """Return the log-odds that the features at these places are those of a report."""
        return float(self.weights[found].sum() * self.step / np.sqrt(len(found)) + self.constant)

    def to_bytes(self) -> bytes:
        """Return the model as the file that `report_likeness` reads."""
        written = io.BytesIO()
        np.savez_compressed(written, weights=self.weights, step=self.step, constant=self.constant)
        return written.getvalue()

    @classmethod
    def from_bytes(cls, file: bytes) -> ReportLikeness:
        """Return the model that such a file holds."""
        with np.load(io.BytesIO(file)) as found:
            return cls(found["weights"], float(found["step"]), float(found["constant"]))


def likeness_of_report(sentence: Sentence) -> float:
    """Return the log-odds that a sentence is a report of help given, by all its words."""
    return report_likeness().of(places(sentence))


@cache
def report_likeness() -> ReportLikeness:
    """Return the model that ships with the program; `python -m tests.support.fit_log` writes it."""
    return ReportLikeness.from_bytes((files("knowledge") / _FILE).read_bytes())
