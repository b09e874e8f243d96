"""Ranks documents by how near their texts are to a question; it decides nothing and knows no kind of document."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.letters import N_LETTERS, runs
from knowledge.spelling import Repairer, Word, read
from knowledge.synonyms import Synonyms

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_SHARES = (0.3, 0.3, 0.3, 0.1)
"""Of coverage by the document's phrasings, word cosine, letter cosine, and coverage by its body; what each adds is
measured in docs/search.md."""
_OFTEN = np.append(1, 1 + np.log(np.arange(1, 256))).astype(np.float32)
"""How much more a feature counts that a text has so often."""
_PAIR_WEIGHT = 0.5
"""A pair of neighbouring words counts this much of the mean of its words. A rarity of its own would make "đầu từ" of
"bắt đầu từ đâu" as telling as a rare word."""
_SATURATED = (np.arange(256) / (np.arange(256) + 1.0)).astype(np.float32)
"""How much of a word's weight a document covers that has it in so many phrasings: in one 1/2, in two 2/3."""
_GRAMS = (3, 4)
"""Lengths of the letter runs, spaces included."""
_GROUP = "="
"""Begins the feature of a group of synonyms; no word has it."""
_COMPARED = 40
"""Documents whose phrasings are compared one by one: those that cover most of the question."""


@dataclass(frozen=True)
class Document:
    """Something that can be found: ways to ask for it, and the text that it answers with."""

    id: str
    phrasings: tuple[str, ...]
    body: str = ""


@dataclass(frozen=True)
class Hit:
    """A document with its score, 0 to 1, and the phrasing that came nearest.

    `covered` is the share of the question, rare words counting more, that the document's phrasings or body have at all.
    """

    id: str
    score: float
    phrasing: str
    covered: float = 0.0


@dataclass(frozen=True)
class Vector:
    """The features of a question that a space knows, by number, each with its part of a vector of unit length."""

    features: Numbers
    parts: Floats


@dataclass(frozen=True)
class Compared:
    """A question, how much of it each document's phrasings and body cover, and how much the document has at all."""

    by_words: Vector
    by_grams: Vector
    covers: Floats
    has: Floats


def _rarity(seen_in: NDArray[Any], of: int) -> Floats:
    """Return what features weigh by the number of texts that have them: rare ones much (the idf of BM25)."""
    return np.log(1 + (of - seen_in + 0.5) / (seen_in + 0.5)).astype(np.float32)


class _Texts:
    """The features of each text, one text after the other, and what compares a question with some of the texts."""

    def __init__(self, rows: Numbers, features: Numbers, n_features: int, n_texts: int) -> None:
        """Take features as they occur, in any order and any number of times."""
        size = max(n_features, 1)
        places, counts = _distinct(rows * size + features)
        self._counts = np.minimum(counts, len(_OFTEN) - 1).astype(np.uint8)
        self.features = (places % size).astype(np.int32)
        self.begins = np.searchsorted(places, np.arange(n_texts + 1, dtype=np.int64) * size)
        self.seen_in = np.bincount(self.features, minlength=n_features)

    def cosines(self, asked: Vector, weights: Floats, scale: Floats, spans: Sequence[tuple[int, int]]) -> Floats:
        """Return how near a question is to each text of some spans of texts, one span after the other.

        Args:
            asked: The question.
            weights: What each feature weighs.
            scale: By text, one divided by the length of the vector of its weights.
            spans: Numbers of texts, each from the first to the one behind the last.
        """
        dense = np.zeros(len(weights) + 1, dtype=np.float32)
        dense[asked.features] = asked.parts * weights[asked.features]
        slices = [slice(self.begins[first], self.begins[last]) for first, last in spans]
        held = dense[np.concatenate([self.features[part] for part in slices])]
        held *= _OFTEN[np.concatenate([self._counts[part] for part in slices])]
        texts = np.concatenate([np.arange(first, last) for first, last in spans])
        sizes = self.begins[texts + 1] - self.begins[texts]
        # One value more, so that a text without features at the very end has a place to start at.
        sums = np.add.reduceat(np.append(held, np.float32(0)), np.cumsum(sizes) - sizes)
        return np.where(sizes > 0, sums * scale[texts], 0).astype(np.float32)

    @property
    def rows(self) -> Numbers:
        """The number of the text that each feature stands in."""
        return np.repeat(np.arange(len(self.begins) - 1, dtype=np.int64), np.diff(self.begins))

    def scale(self, weights: Floats) -> Floats:
        """Return one divided by the length of each text's vector of weights."""
        squares = np.bincount(self.rows, (weights[self.features] * _OFTEN[self._counts]) ** 2, len(self.begins) - 1)
        return (1 / np.sqrt(np.where(squares == 0, 1, squares))).astype(np.float32)


class _Coverage:
    """By how many of its phrasings each document has a feature, and whether its body has it."""

    def __init__(self, in_phrasings: Numbers, in_bodies: Numbers, n_features: int, n_documents: int) -> None:
        """Take for each phrasing and body that has a feature the feature times `n_documents` plus the document."""
        self._size = n_documents
        phrased, counts = _distinct(in_phrasings)
        in_bodies, _ = _distinct(in_bodies)
        places, _ = _distinct(np.concatenate([phrased, in_bodies]))
        self._phrasings = np.zeros(len(places), dtype=np.uint8)
        self._phrasings[np.searchsorted(places, phrased)] = np.minimum(counts, len(_SATURATED) - 1)
        self._in_body = np.zeros(len(places), dtype=bool)
        self._in_body[np.searchsorted(places, in_bodies)] = True
        self._documents = (places % max(n_documents, 1)).astype(np.int32)
        self._begins = np.searchsorted(places, np.arange(n_features + 1, dtype=np.int64) * n_documents)

    def of(self, features: Numbers, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return for every document what its phrasings cover, what its body covers, and what it has at all."""
        begins, ends = self._begins[features], self._begins[features + 1]
        places = [np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)]
        shares = np.repeat(weights, ends - begins)
        found = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
        documents = self._documents[found]
        parts = (_SATURATED[self._phrasings[found]] * shares, _SATURATED[1] * self._in_body[found] * shares, shares)
        covers, body, has = (np.bincount(documents, part, self._size).astype(np.float32) for part in parts)
        return covers, body, has


class _WordSpace:
    """Folded words, groups of synonyms and pairs of neighbouring words as numbers, each with its weight."""

    def __init__(self, synonyms: Synonyms | None, background: _WordSpace | None = None) -> None:
        self._synonyms = synonyms
        self._background = background
        self._numbers: dict[str, int] = {}
        self._pairs = np.zeros(0, dtype=np.int64)

    def learn(self, texts: Sequence[Sequence[str]]) -> _Texts:
        """Give every feature of the collection its number and weight, and return where they occur."""
        numbers = self._numbers
        rows, features, pair_rows, pairs = self._occurrences(texts, lambda word: numbers.setdefault(word, len(numbers)))
        self._pairs, _ = _distinct(pairs)
        found = _Texts(
            np.concatenate([rows, pair_rows]),
            np.concatenate([features, len(numbers) + np.searchsorted(self._pairs, pairs)]),
            len(self),
            len(texts),
        )
        self._seen_in, self._texts = found.seen_in, len(texts)
        if self._background is not None:
            self._seen_in = self._seen_in + np.array([self._background.times_seen(name) for name in self._names()], int)
            self._texts += self._background._texts
        single = _rarity(self._seen_in[: len(numbers)], self._texts)
        self._unseen = float(_rarity(np.zeros(1), self._texts)[0])
        first, second = self._pairs >> 32, self._pairs & 0xFFFFFFFF
        self.weights = np.concatenate([single, _PAIR_WEIGHT * (single[first] + single[second]) / 2]).astype(np.float32)
        return found

    def known(self, texts: Iterable[Sequence[str]]) -> tuple[Numbers, Numbers]:
        """Return where features of the collection occur in further texts: the text's number and the feature's."""
        rows, features, pair_rows, pairs = self._occurrences(texts, lambda word: self._numbers.get(word, -1))
        places, known = _find(self._pairs, pairs)
        return (
            np.concatenate([rows[features >= 0], pair_rows[known]]),
            np.concatenate([features[features >= 0], len(self._numbers) + places[known]]),
        )

    def of(self, words: Sequence[str]) -> tuple[Vector, Floats]:
        """Return the known features of a question, and of each the share of the question's weight that it makes up.

        Features that the collection does not have count in the question's length and weight.
        """
        known: list[int] = []
        weights: list[float] = []
        parts: list[float] = []
        total = squares = 0.0
        for feature, count in Counter(self._features(words)).items():
            weight = self._weight(feature)
            part = (1 + math.log(count)) * weight
            total += weight
            squares += part * part
            number = self._number(feature)
            if number is not None:
                known.append(number)
                weights.append(weight)
                parts.append(part)
        vector = np.array(parts, dtype=np.float32) / np.float32(math.sqrt(squares) or 1.0)
        return Vector(np.array(known, dtype=np.int64), vector), np.array(weights, dtype=np.float32) / max(total, 1e-9)

    def times_seen(self, feature: str) -> int:
        """Return the number of texts that have a feature."""
        number = self._number(feature)
        return 0 if number is None else int(self._seen_in[number])

    @property
    def vocabulary(self) -> Counter[str]:
        """Every word with the number of texts that use it."""
        return Counter(
            {word: int(self._seen_in[number]) for word, number in self._numbers.items() if word[0] != _GROUP}
        )

    @property
    def pairs(self) -> Counter[str]:
        """Every pair of neighbouring words likewise."""
        names = self._names()[len(self._numbers) :]
        return Counter(dict(zip(names, self._seen_in[len(self._numbers) :].tolist(), strict=True)))

    def __len__(self) -> int:
        return len(self._numbers) + len(self._pairs)

    def _names(self) -> list[str]:
        """Return every feature in the order of their numbers."""
        singles = list(self._numbers)
        pairs = zip((self._pairs >> 32).tolist(), (self._pairs & 0xFFFFFFFF).tolist(), strict=True)
        return singles + [f"{singles[first]} {singles[second]}" for first, second in pairs]

    def _features(self, words: Sequence[str]) -> list[str]:
        pairs = (f"{first} {second}" for first, second in pairwise(words))
        return [*words, *pairs, *self._groups(words)]

    def _groups(self, words: Sequence[str]) -> Iterable[str]:
        return () if self._synonyms is None else (_GROUP + name for name in self._synonyms.named(words))

    def _occurrences(
        self, texts: Iterable[Sequence[str]], number: Callable[[str], int]
    ) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Return rows and numbers of all words and groups, then rows and codes of all pairs of numbered words."""
        words, sizes, groups, group_rows = array("q"), array("q"), array("q"), array("q")
        for row, text in enumerate(texts):
            words.extend(map(number, text))
            sizes.append(len(text))
            for group in self._groups(text):
                groups.append(number(group))
                group_rows.append(row)
        flat = np.frombuffer(words, dtype=np.int64)
        rows = np.repeat(np.arange(len(sizes), dtype=np.int64), np.frombuffer(sizes, dtype=np.int64))
        first, second = flat[:-1], flat[1:]
        together = (rows[:-1] == rows[1:]) & (first >= 0) & (second >= 0)
        return (
            np.concatenate([rows, np.frombuffer(group_rows, dtype=np.int64)]),
            np.concatenate([flat, np.frombuffer(groups, dtype=np.int64)]),
            rows[1:][together],
            (first[together] << 32) + second[together],
        )

    def _number(self, feature: str) -> int | None:
        first, pair, second = feature.partition(" ")
        if not pair:
            return self._numbers.get(feature)
        code = (self._numbers.get(first, -1) << 32) + self._numbers.get(second, -1)
        place = int(np.searchsorted(self._pairs, code))
        return len(self._numbers) + place if place < len(self._pairs) and self._pairs[place] == code else None

    def _weight(self, feature: str) -> float:
        number = self._number(feature)
        if number is not None:
            return float(self.weights[number])
        if self._background is not None:
            return self._background._weight(feature)
        first, pair, second = feature.partition(" ")
        return _PAIR_WEIGHT * (self._weight(first) + self._weight(second)) / 2 if pair else self._unseen


class _GramSpace:
    """Runs of letters as numbers, cut out of a whole collection at once, each with its weight."""

    def __init__(self, background: _GramSpace | None = None) -> None:
        self._background = background

    def learn(self, texts: Sequence[str]) -> _Texts:
        """Give every run of the collection its number and weight, and return where they occur."""
        codes, rows = runs(texts, _GRAMS)
        seen = np.zeros(N_LETTERS ** max(_GRAMS), dtype=bool)
        seen[codes] = True
        self._codes = np.flatnonzero(seen)
        number = np.cumsum(seen, dtype=np.int32) - 1
        found = _Texts(rows, number[codes].astype(np.int64), len(self._codes), len(texts))
        self._seen_in, self._texts = found.seen_in, len(texts)
        if self._background is not None:
            self._seen_in = self._seen_in + self._background.times_seen(self._codes)
            self._texts += self._background._texts
        self.weights = _rarity(self._seen_in, self._texts)
        return found

    def of(self, text: str) -> Vector:
        """Return the known letter runs of a question; unknown ones count in its length."""
        codes, counts = _distinct(runs([text], _GRAMS)[0])
        places, known = _find(self._codes, codes)
        parts = (1 + np.log(counts)) * self._weigh(codes)
        length = float(np.sqrt((parts * parts).sum())) or 1.0
        return Vector(places[known], (parts[known] / length).astype(np.float32))

    def times_seen(self, codes: Numbers) -> Numbers:
        """Return the number of texts that have each run."""
        places, known = _find(self._codes, codes)
        return np.where(known, np.append(self._seen_in, 0)[places], 0)

    def _weigh(self, codes: Numbers) -> Floats:
        places, known = _find(self._codes, codes)
        unseen = _rarity(np.zeros(len(codes)), self._texts)
        unknown = unseen if self._background is None else self._background._weigh(codes)
        return np.where(known, np.append(self.weights, np.float32(0))[places], unknown)


def _distinct(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """Return the distinct numbers in order, and how often each occurs; for millions quicker than numpy's own way."""
    ordered = np.sort(numbers)
    begins = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else ordered
    return ordered[begins], np.diff(np.append(begins, len(ordered)))


def _find(ordered: Numbers, wanted: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the place of each wanted number among ordered ones, and whether it is there."""
    places = np.searchsorted(ordered, wanted)
    return places, np.append(ordered, -1)[places] == wanted


@dataclass
class Index:
    """Search over documents, built once.

    The score is a sum of shares between 0 and 1, so that it can be compared with a threshold whatever the question's
    length: how much of the question all phrasings of the document cover (BM25 over folded words and pairs, divided by
    the best score that the question could reach), how near the nearest phrasings are by words and by letters
    (cosines), and how much of the question the document's body covers. Coverage is computed for every document, the
    cosines only for the phrasings of those that cover most.
    """

    documents: tuple[Document, ...]
    nearest: int = 1
    """The cosine of a document is the mean of its so many nearest phrasings: with many phrasings a single one that is
    near by chance must not decide, with few there is no more to go by."""
    shares: tuple[float, float, float, float] = _SHARES
    """What coverage by phrasings, word cosine, letter cosine and coverage by the body make up of the score."""
    synonyms: Synonyms | None = None
    """Groups of words that count as one another, beside themselves."""
    background: Index | None = None
    """A larger collection whose texts count when the rarity of a word is judged, and are not found: the few texts of a
    small one do not tell rare words from common ones."""
    vocabulary: Counter[str] = field(init=False)
    """Every folded word of the phrasings with the number of phrasings that use it."""
    pairs: Counter[str] = field(init=False)
    """Every pair of neighbouring folded words, with a space between, likewise."""
    _words: _WordSpace = field(init=False, repr=False)
    _grams: _GramSpace = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._phrasings = [text for document in self.documents for text in document.phrasings]
        texts = [_folds(text) for text in self._phrasings]
        sizes = [len(document.phrasings) for document in self.documents]
        self._begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.array(sizes, dtype=np.int64))])
        behind = self.background
        self._words = _WordSpace(self.synonyms, None if behind is None else behind._words)
        self._grams = _GramSpace(None if behind is None else behind._grams)
        self._by_words = self._words.learn(texts)
        self._by_grams = self._grams.learn([" ".join(words) for words in texts])
        self._word_scale = self._by_words.scale(self._words.weights)
        self._gram_scale = self._by_grams.scale(self._grams.weights)
        self._coverage = self._covered(np.repeat(np.arange(len(sizes)), sizes))
        self.vocabulary = self._words.vocabulary
        self.pairs = self._words.pairs
        self._repairer: Repairer | None = None
        has_bodies = any(document.body for document in self.documents)
        by_phrasings = self.shares[:3]
        self._shares = self.shares if has_bodies else (*(share / sum(by_phrasings) for share in by_phrasings), 0.0)

    @classmethod
    def build(cls, pairs: Iterable[tuple[str, str]]) -> Index:
        """Build an index over (id, text); several texts of one id are ways to ask for the same thing."""
        texts: dict[str, list[str]] = {}
        for key, text in pairs:
            texts.setdefault(key, []).append(text)
        return cls(tuple(Document(key, tuple(found)) for key, found in texts.items()))

    def search(
        self, asked: str | Sequence[Word], k: int = 10, *, keep: Callable[[str], bool] | None = None
    ) -> list[Hit]:
        """Return the `k` nearest documents of those that `keep` accepts by id, best first.

        A text is read and its unknown words are repaired by the index's own vocabulary; words are taken as they are.
        """
        if isinstance(asked, str):
            if self._repairer is None:
                self._repairer = Repairer(self.vocabulary, self.pairs)
            asked = self._repairer.repair(read(asked))
        return self.pick(self.compare(asked), k, keep=keep)

    def compare(self, asked: Sequence[Word]) -> Compared | None:
        """Find how much of a question every document covers, for `pick`; None if there is nothing to compare."""
        words = [word.fold for word in asked]
        if not words or not self._phrasings:
            return None
        by_words, shares = self._words.of(words)
        covers, body, has = self._coverage.of(by_words.features, shares)
        return Compared(
            by_words, self._grams.of(" ".join(words)), self._shares[0] * covers + self._shares[3] * body, has
        )

    def pick(self, compared: Compared | None, k: int, *, keep: Callable[[str], bool] | None = None) -> list[Hit]:
        """Return the `k` nearest documents, as `search` does, of a comparison."""
        numbers = [] if compared is None else self._most_covering(compared, keep)
        if compared is None or not numbers:
            return []
        spans = [(int(self._begins[number]), int(self._begins[number + 1])) for number in numbers]
        near = self._shares[1] * self._by_words.cosines(compared.by_words, self._words.weights, self._word_scale, spans)
        near += self._shares[2] * self._by_grams.cosines(
            compared.by_grams, self._grams.weights, self._gram_scale, spans
        )
        ends = np.cumsum([last - first for first, last in spans])
        scores = compared.covers[numbers] + self._nearness(near, ends)
        best = sorted(range(len(numbers)), key=lambda place: (-scores[place], self.documents[numbers[place]].id))[:k]
        return [
            self._hit(numbers[place], float(scores[place]), near[: ends[place]], spans[place], compared)
            for place in best
        ]

    def _nearness(self, near: Floats, ends: Numbers) -> Floats:
        """Return for each document how near its nearest phrasings are; those of one end where the next one's begin."""
        begins = np.concatenate([[0], ends[:-1]])
        if self.nearest == 1:
            return np.maximum.reduceat(near, begins)
        parts = [np.sort(near[begin:end])[-self.nearest :] for begin, end in zip(begins, ends, strict=True)]
        return np.array([part.sum() / len(part) for part in parts], dtype=np.float32)

    def _hit(self, number: int, score: float, near: Floats, span: tuple[int, int], compared: Compared) -> Hit:
        """Return a document as a hit; `near` ends with its phrasings."""
        first, last = span
        phrasing = self._phrasings[first + int(near[first - last :].argmax())]
        return Hit(self.documents[number].id, min(score, 1.0), phrasing, float(compared.has[number]))

    def _most_covering(self, compared: Compared, keep: Callable[[str], bool] | None) -> list[int]:
        """Return the numbers of the documents that are worth a closer look."""
        rough = compared.covers
        if keep is not None:
            rough = np.where([keep(document.id) for document in self.documents], rough, 0)
        found = np.argpartition(-rough, _COMPARED)[:_COMPARED] if len(rough) > _COMPARED else np.arange(len(rough))
        return [int(number) for number in found if rough[number] > 0 and self.documents[number].phrasings]

    def _covered(self, owner: Numbers) -> _Coverage:
        size = len(self.documents)
        words = self._by_words
        with_body = [number for number, document in enumerate(self.documents) if document.body]
        rows, features = self._words.known(_folds(self.documents[number].body) for number in with_body)
        in_bodies = features * size + np.array(with_body, dtype=np.int64)[rows]
        return _Coverage(words.features * np.int64(size) + owner[words.rows], in_bodies, len(self._words), size)


def _folds(text: str) -> list[str]:
    return [word.fold for word in read(text)]
