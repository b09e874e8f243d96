"""Ranks documents by how near their texts are to a question; it decides nothing and knows no kind of document."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.letters import N_LETTERS, runs
from knowledge.spelling import Repairer, Word, read
from knowledge.synonyms import Synonyms

Floats = NDArray[np.float32]
Numbers = NDArray[np.integer[Any]]
Texts = Sequence[Sequence[str]]
"""Each text as its folded words."""

_SHARES = (1 / 3, 1 / 3, 1 / 3)
"""Of coverage, word cosine and letter cosine; what each adds is measured in docs/search.md."""
_OFTEN = np.append(1, 1 + np.log(np.arange(1, 256))).astype(np.float32)
"""How much more a feature counts that a text has so often."""
_PAIR_WEIGHT = 0.5
"""A pair of neighbouring words counts this much of the mean of its words. A rarity of its own would make "đầu từ" of
"bắt đầu từ đâu" as telling as a rare word."""
_SATURATED = (np.arange(256) / (np.arange(256) + 1.0)).astype(np.float32)
"""How much of a word's weight a document covers that has it in so many phrasings: in one 1/2, in two 2/3."""
_GRAMS = (3, 4)
"""Lengths of the letter runs, spaces included."""
_BATCH = 1000
"""Texts that are indexed at a time, so that building takes little memory beside what it builds."""
_PAIR = " "
"""Stands within the feature of a pair; no word has it."""
_GROUP = "="
"""Begins the feature of a group of synonyms; no word has it."""
_COMPARED = 40
"""Documents whose phrasings are compared one by one: those that cover most of the question."""


@dataclass(frozen=True)
class Document:
    """Something that can be found, with ways to ask for it."""

    id: str
    phrasings: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A document with its score, 0 to 1, and the phrasing that came nearest.

    `covered` is the share of the question, rare words counting more, that the document's phrasings have at all.
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
    """A question, how much of it each document covers, and how much of it each document has at all."""

    by_words: Vector
    by_grams: Vector
    covers: Floats
    has: Floats


def _rarity(seen_in: NDArray[Any], of: int) -> Floats:
    """Return what features weigh by the number of texts that have them: rare ones much (the idf of BM25)."""
    return np.log(1 + (of - seen_in + 0.5) / (seen_in + 0.5)).astype(np.float32)


class _Texts:
    """The features of each text, one text after the other."""

    def __init__(self, texts: Texts, occurrences: Callable[[Texts], tuple[Numbers, Numbers]]) -> None:
        """Take texts and what returns the features of some, as they occur, and of each the number of its text."""
        features, counts, sizes = [], [], []
        for first, last in _batches(len(texts)):
            found, rows = occurrences(texts[first:last])
            limit = int(found.max(initial=0)) + 1
            places, often = _distinct(_placed(rows, found, limit, last - first))
            features.append((places % limit).astype(np.min_scalar_type(limit)))
            counts.append(np.minimum(often, len(_OFTEN) - 1).astype(np.uint8))
            sizes.append(np.bincount(places // limit, minlength=last - first))
        self.features = np.concatenate(features)
        self.begins = np.append(0, np.cumsum(np.concatenate(sizes)))
        self.counts = np.concatenate(counts)

    def scale(self, weights: Floats) -> Floats:
        """Return one divided by the length of each text's vector of weights."""
        squares = [
            _sums(self._held(weights, first, last) ** 2, np.diff(self.begins[first : last + 1]))
            for first, last in _batches(len(self.begins) - 1)
        ]
        lengths = np.sqrt(np.concatenate(squares))
        return (1 / np.where(lengths == 0, 1, lengths)).astype(np.float32)

    def seen_in(self, n_features: int) -> Numbers:
        """Return for each of so many features the number of texts that have it."""
        seen = np.zeros(n_features, dtype=np.int64)
        for first, last in _batches(len(self.begins) - 1):
            seen += np.bincount(self.features[self.begins[first] : self.begins[last]], minlength=n_features)
        return seen

    def _held(self, values: Floats, first: int, last: int) -> Floats:
        """Return the values of the features that some texts have, more for what a text has often."""
        part = slice(self.begins[first], self.begins[last])
        held: Floats = values[self.features[part]] * _OFTEN[self.counts[part]]
        return held


class _Space:
    """Compares a question with the texts of a collection by one kind of features.

    Kept by feature: a question has some dozens of them, and most texts have few of those.
    """

    def __init__(self, texts: _Texts, weights: Floats) -> None:
        """Take the texts, and what each feature weighs."""
        self._size = len(texts.begins) - 1
        self._weights = weights
        self._scale = texts.scale(weights)
        """By text, one divided by the length of the vector of its weights."""
        self._begins = np.append(0, np.cumsum(texts.seen_in(len(weights))))
        self._rows = np.empty(len(texts.features), dtype=np.min_scalar_type(self._size))
        self._counts = np.empty_like(texts.counts)
        free = self._begins[:-1].copy()
        for first, last in _batches(self._size):
            part = slice(texts.begins[first], texts.begins[last])
            order = np.argsort(texts.features[part], kind="stable")
            features = texts.features[part][order]
            sizes = np.bincount(features, minlength=len(weights))
            places = (free - np.cumsum(sizes) + sizes)[features] + np.arange(len(features))
            rows = np.repeat(np.arange(first, last), np.diff(texts.begins[first : last + 1]))
            self._rows[places], self._counts[places] = rows[order], texts.counts[part][order]
            free += sizes

    def cosines(self, asked: Vector, among: NDArray[np.bool_]) -> Floats:
        """Return how near a question is to each text, 0 for those that are not `among` the ones to compare."""
        begins, ends = self._begins[asked.features], self._begins[asked.features + 1]
        spans = list(map(slice, begins.tolist(), ends.tolist())) or [slice(0)]
        rows = np.concatenate([self._rows[span] for span in spans])
        found = np.flatnonzero(among[rows])
        parts = np.repeat(asked.parts * self._weights[asked.features], ends - begins)[found]
        parts *= _OFTEN[np.concatenate([self._counts[span] for span in spans])[found]]
        return (np.bincount(rows[found], parts, self._size) * self._scale).astype(np.float32)


class _Coverage:
    """By how many of its phrasings each document has a feature."""

    def __init__(self, texts: _Texts, owners: Numbers, n_documents: int) -> None:
        """Take the features of all phrasings, and the number of the document that each phrasing belongs to."""
        size = max(n_documents, 1)
        n_features = int(texts.features.max(initial=0)) + 1
        of_each = np.repeat(owners, np.diff(texts.begins))
        places, counts = _distinct(_placed(texts.features, of_each, size, n_features))
        self._size = n_documents
        self._phrasings = np.minimum(counts, len(_SATURATED) - 1).astype(np.uint8)
        self._documents = (places % size).astype(np.int32)
        self._begins = np.searchsorted(places, np.arange(n_features + 1) * size)

    def of(self, features: Numbers, weights: Floats) -> tuple[Floats, Floats]:
        """Return for every document what it covers, and what it has at all."""
        begins, ends = self._begins[features], self._begins[features + 1]
        places = [np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)]
        shares = np.repeat(weights, ends - begins)
        found = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
        documents = self._documents[found]
        parts = (_SATURATED[self._phrasings[found]] * shares, shares)
        covers, has = (np.bincount(documents, part, self._size).astype(np.float32) for part in parts)
        return covers, has


class _WordSpace:
    """Folded words, groups of synonyms and pairs of neighbouring words as numbers, each with its weight."""

    def __init__(self, synonyms: Synonyms | None, background: _WordSpace | None = None) -> None:
        self._synonyms = synonyms
        self._background = background
        self._numbers: dict[str, int] = {}

    def learn(self, texts: Texts) -> _Texts:
        """Give every feature of the collection its number and weight, and return where they occur."""
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__  # what is new gets the next number

        def occurrences(batch: Texts) -> tuple[Numbers, Numbers]:
            features = list(map(self._features, batch))
            found = np.fromiter(map(numbers.__getitem__, chain.from_iterable(features)), dtype=np.int64)
            return found, np.repeat(np.arange(len(batch)), list(map(len, features)))

        found = _Texts(texts, occurrences)
        self._numbers = dict(numbers)
        self._seen_in, self._texts = found.seen_in(len(numbers)), len(texts)
        if self._background is not None:
            self._seen_in = self._seen_in + np.array([self._background.times_seen(name) for name in numbers], int)
            self._texts += self._background._texts
        self._unseen = float(_rarity(np.zeros(1), self._texts)[0])
        self.weights = _rarity(self._seen_in, self._texts)
        pairs = [name for name in numbers if _PAIR in name]
        both = np.array([[numbers[word] for word in name.split(_PAIR)] for name in pairs], dtype=np.int64)
        self.weights[[numbers[name] for name in pairs]] = _PAIR_WEIGHT * self.weights[both.reshape(-1, 2)].mean(axis=1)
        return found

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
            number = self._numbers.get(feature)
            if number is not None:
                known.append(number)
                weights.append(weight)
                parts.append(part)
        vector = np.array(parts, dtype=np.float32) / np.float32(math.sqrt(squares) or 1.0)
        return Vector(np.array(known, dtype=np.int64), vector), np.array(weights, dtype=np.float32) / max(total, 1e-9)

    def times_seen(self, feature: str) -> int:
        """Return the number of texts that have a feature."""
        number = self._numbers.get(feature)
        return 0 if number is None else int(self._seen_in[number])

    @property
    def vocabulary(self) -> Counter[str]:
        """Every word with the number of texts that use it."""
        return Counter({name: seen for name, seen in self._seen() if _PAIR not in name and name[0] != _GROUP})

    @property
    def pairs(self) -> Counter[str]:
        """Every pair of neighbouring words likewise."""
        return Counter({name: seen for name, seen in self._seen() if _PAIR in name})

    def _seen(self) -> Iterator[tuple[str, int]]:
        return zip(self._numbers, self._seen_in.tolist(), strict=True)

    def _features(self, words: Sequence[str]) -> list[str]:
        pairs = (f"{first}{_PAIR}{second}" for first, second in pairwise(words))
        return [*words, *pairs, *self._groups(words)]

    def _groups(self, words: Sequence[str]) -> Iterable[str]:
        return () if self._synonyms is None else (_GROUP + name for name in self._synonyms.named(words))

    def _weight(self, feature: str) -> float:
        number = self._numbers.get(feature)
        if number is not None:
            return float(self.weights[number])
        if self._background is not None:
            return self._background._weight(feature)
        first, pair, second = feature.partition(_PAIR)
        return _PAIR_WEIGHT * (self._weight(first) + self._weight(second)) / 2 if pair else self._unseen


class _GramSpace:
    """Runs of letters as numbers, cut out of a whole collection at once, each with its weight."""

    def __init__(self, background: _GramSpace | None = None) -> None:
        self._background = background

    def learn(self, texts: Texts) -> _Texts:
        """Give every run of the collection its number and weight, and return where they occur."""
        seen = np.zeros(N_LETTERS ** max(_GRAMS), dtype=bool)
        for first, last in _batches(len(texts)):
            seen[_runs(texts[first:last])[0]] = True
        self._codes = np.flatnonzero(seen)
        numbers = np.cumsum(seen, dtype=np.int32) - 1

        def occurrences(batch: Texts) -> tuple[Numbers, Numbers]:
            codes, rows = _runs(batch)
            return numbers[codes], rows

        found = _Texts(texts, occurrences)
        self._seen_in, self._texts = found.seen_in(len(self._codes)), len(texts)
        if self._background is not None:
            self._seen_in = self._seen_in + self._background.times_seen(self._codes)
            self._texts += self._background._texts
        self.weights = _rarity(self._seen_in, self._texts)
        return found

    def of(self, words: Sequence[str]) -> Vector:
        """Return the known letter runs of a question; unknown ones count in its length."""
        codes, counts = _distinct(_runs([words])[0])
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


def _runs(texts: Texts) -> tuple[Numbers, Numbers]:
    """Return the letter runs of some texts, and of each the number of its text."""
    return runs([" ".join(words) for words in texts], _GRAMS)


def _batches(n_texts: int) -> Iterator[tuple[int, int]]:
    """Yield spans of texts that together are all of them, in order; one empty span if there are none."""
    return ((first, min(first + _BATCH, n_texts)) for first in range(0, max(n_texts, 1), _BATCH))


def _placed(rows: Numbers, columns: Numbers, n_columns: int, n_rows: int) -> Numbers:
    """Return places in a table, row after row, as the smallest numbers that hold them, which are sorted quickest."""
    numbers = np.min_scalar_type(n_rows * n_columns)
    places: Numbers = rows.astype(numbers) * numbers.type(n_columns) + columns.astype(numbers)
    return places


def _sums(values: Floats, sizes: Numbers) -> Floats:
    """Return the sum of each of some runs of values that follow one another, by the length of each."""
    # One value more, so that an empty run at the very end has a place to start at.
    sums = np.add.reduceat(np.append(values, np.float32(0)), np.cumsum(sizes) - sizes)
    return np.where(sizes > 0, sums, np.float32(0))


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
    the best score that the question could reach), and how near the nearest phrasings are by words and by letters
    (cosines). Coverage is computed for every document, the cosines only for the phrasings of those that cover most.
    """

    documents: tuple[Document, ...]
    nearest: int = 1
    """The cosine of a document is the mean of its so many nearest phrasings: with many phrasings a single one that is
    near by chance must not decide, with few there is no more to go by."""
    shares: tuple[float, float, float] = _SHARES
    """What coverage, word cosine and letter cosine make up of the score."""
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
        texts = [[word.fold for word in read(text)] for text in self._phrasings]
        sizes = [len(document.phrasings) for document in self.documents]
        self._begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.array(sizes, dtype=np.int64))])
        behind = self.background
        self._words = _WordSpace(self.synonyms, None if behind is None else behind._words)
        self._grams = _GramSpace(None if behind is None else behind._grams)
        learned = self._words.learn(texts)
        self._coverage = _Coverage(learned, np.repeat(np.arange(len(sizes), dtype=np.int32), sizes), len(sizes))
        self._by_words = _Space(learned, self._words.weights)
        self._by_grams = _Space(self._grams.learn(texts), self._grams.weights)
        self.vocabulary = self._words.vocabulary
        self.pairs = self._words.pairs
        self._repairer: Repairer | None = None

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
        covers, has = self._coverage.of(by_words.features, shares)
        return Compared(by_words, self._grams.of(words), self.shares[0] * covers, has)

    def pick(self, compared: Compared | None, k: int, *, keep: Callable[[str], bool] | None = None) -> list[Hit]:
        """Return the `k` nearest documents, as `search` does, of a comparison."""
        numbers = [] if compared is None else self._most_covering(compared, keep)
        if compared is None or not numbers:
            return []
        spans = [slice(self._begins[number], self._begins[number + 1]) for number in numbers]
        among = np.zeros(len(self._phrasings), dtype=bool)
        for span in spans:
            among[span] = True
        of_texts = self._of_texts(compared, among)
        near = [of_texts[span] for span in spans]
        scores = compared.covers[numbers] + np.array(list(map(self._nearness, near)), dtype=np.float32)
        best = sorted(range(len(numbers)), key=lambda place: (-scores[place], self.documents[numbers[place]].id))[:k]
        return [self._hit(numbers[place], float(scores[place]), near[place], compared) for place in best]

    def _of_texts(self, compared: Compared, among: NDArray[np.bool_]) -> Floats:
        """Return what the cosines of each text add to the score of its document, if it is the nearest."""
        near = np.zeros(len(among), dtype=np.float32)
        if self.shares[1]:
            near += self.shares[1] * self._by_words.cosines(compared.by_words, among)
        if self.shares[2]:
            near += self.shares[2] * self._by_grams.cosines(compared.by_grams, among)
        return near

    def _nearness(self, near: Floats) -> float:
        """Return how near the nearest phrasings of a document are."""
        if self.nearest == 1:
            return float(near.max())
        nearest = np.sort(near)[-self.nearest :]
        return float(nearest.sum() / len(nearest))

    def _hit(self, number: int, score: float, near: Floats, compared: Compared) -> Hit:
        """Return a document as a hit; `near` is of its phrasings."""
        phrasing = self._phrasings[self._begins[number] + int(near.argmax())]
        return Hit(self.documents[number].id, min(score, 1.0), phrasing, float(compared.has[number]))

    def _most_covering(self, compared: Compared, keep: Callable[[str], bool] | None) -> list[int]:
        """Return the numbers of the documents that are worth a closer look."""
        rough = compared.covers
        if keep is not None:
            rough = np.where([keep(document.id) for document in self.documents], rough, 0)
        found = np.argpartition(-rough, _COMPARED)[:_COMPARED] if len(rough) > _COMPARED else np.arange(len(rough))
        return [int(number) for number in found if rough[number] > 0 and self.documents[number].phrasings]
