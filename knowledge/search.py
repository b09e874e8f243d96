"""Ranks documents by how near their texts are to a question; it decides nothing and knows no kind of document."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.spelling import Repairer, Word, read
from knowledge.synonyms import Synonyms

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_SHARES = (0.3, 0.3, 0.3, 0.1)
"""Of coverage by the document's phrasings, word cosine, letter cosine, and coverage by its body; what each adds is
measured in docs/search.md."""
_PAIR_WEIGHT = 0.5
"""A pair of neighbouring words counts this much of the mean of its words. A rarity of its own would make "đầu từ" of
"bắt đầu từ đâu" as telling as a rare word."""
_SATURATION = 1.0
"""A word in one phrasing of a document covers 1/2 of its weight, in two 2/3, in all of them nearly 1."""
_GRAMS = (3, 4)
"""Lengths of the letter runs, spaces included."""
_GROUP = "="
"""Begins the feature of a group of synonyms; no word has it."""
_WEIGHED = 60
"""Documents whose phrasings are looked at one by one, those with the best coverage and nearest phrasing first."""


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
class _Postings:
    """For each feature the rows that have it, with a weight each; those of all features stand end to end."""

    begins: Numbers
    rows: Numbers
    weights: Floats
    size: int

    def gather(self, features: Numbers, shares: Floats) -> Floats:
        """Return for every row the sum over `features` of share times weight."""
        if not len(features):
            return np.zeros(self.size, dtype=np.float32)
        spans = [slice(self.begins[feature], self.begins[feature + 1]) for feature in features]
        rows = np.concatenate([self.rows[span] for span in spans])
        weights = np.concatenate([self.weights[span] * share for span, share in zip(spans, shares, strict=True)])
        return np.bincount(rows, weights, self.size).astype(np.float32)


def _postings(rows: Numbers, features: Numbers, weights: NDArray[Any], n_features: int, size: int) -> _Postings:
    order = np.argsort(features, kind="stable")
    begins = np.searchsorted(features[order], np.arange(n_features + 1))
    return _Postings(begins, rows[order], weights[order].astype(np.float32), size)


def _rarity(seen_in: NDArray[Any], of: int) -> Floats:
    """Return what features weigh by the number of texts that have them: rare ones much (the idf of BM25)."""
    return np.log(1 + (of - seen_in + 0.5) / (seen_in + 0.5)).astype(np.float32)


class _WordSpace:
    """Folded words, pairs of neighbouring words and groups of synonyms as numbers, each with its weight."""

    def __init__(self, texts: Sequence[Sequence[str]], synonyms: Synonyms | None) -> None:
        self._synonyms = synonyms
        self._numbers: dict[str, int] = {}
        rows: list[int] = []
        features: list[int] = []
        counts: list[int] = []
        numbers = self._numbers
        for row, words in enumerate(texts):
            for feature, count in self._features(words).items():
                rows.append(row)
                features.append(numbers.setdefault(feature, len(numbers)))
                counts.append(count)
        self.rows = np.array(rows, dtype=np.int64)
        self.features = np.array(features, dtype=np.int64)
        self.counts = np.array(counts, dtype=np.float32)
        self.seen_in = np.bincount(self.features, minlength=len(numbers))
        single = _rarity(self.seen_in, len(texts))
        self._unseen = float(_rarity(np.zeros(1), len(texts))[0])
        self.weights = single.copy()
        for feature, number in numbers.items():
            first, pair, second = feature.partition(" ")
            if pair:
                self.weights[number] = _PAIR_WEIGHT * (single[numbers[first]] + single[numbers[second]]) / 2

    @property
    def vocabulary(self) -> Counter[str]:
        """Every word with the number of texts that use it."""
        plain = (word for word in self._numbers if " " not in word and not word.startswith(_GROUP))
        return Counter({word: int(self.seen_in[self._numbers[word]]) for word in plain})

    @property
    def pairs(self) -> Counter[str]:
        """Every pair of neighbouring words likewise."""
        return Counter({pair: int(self.seen_in[number]) for pair, number in self._numbers.items() if " " in pair})

    def __len__(self) -> int:
        return len(self._numbers)

    def of(self, words: Sequence[str]) -> tuple[Numbers, Floats, float, float]:
        """Return the known features of a question with tf-idf weights of unit length, and their plain weights' sum.

        The last two are the sum of the weights of all features, known or not, and the length of the weights' vector
        before it became a unit.
        """
        known: list[int] = []
        shares: list[float] = []
        total = 0.0
        squares = 0.0
        for feature, count in self._features(words).items():
            weight = self._weight(feature)
            total += weight
            share = (1 + math.log(count)) * weight
            squares += share * share
            number = self._numbers.get(feature)
            if number is not None:
                known.append(number)
                shares.append(share)
        length = math.sqrt(squares) or 1.0
        return np.array(known, dtype=np.int64), np.array(shares, dtype=np.float32) / length, total, length

    def known(self, words: Sequence[str]) -> list[int]:
        """Return the numbers of the features of a text that the space has, each once."""
        return [self._numbers[feature] for feature in self._features(words) if feature in self._numbers]

    def _features(self, words: Sequence[str]) -> Counter[str]:
        pairs = (f"{first} {second}" for first, second in pairwise(words))
        groups = () if self._synonyms is None else (_GROUP + name for name in self._synonyms.named(words))
        return Counter([*words, *pairs, *groups])

    def _weight(self, feature: str) -> float:
        number = self._numbers.get(feature)
        if number is not None:
            return float(self.weights[number])
        first, pair, second = feature.partition(" ")
        return _PAIR_WEIGHT * (self._weight(first) + self._weight(second)) / 2 if pair else self._unseen


class _GramSpace:
    """Runs of letters as numbers: the bytes of the folded text, so that a whole collection is cut at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        codes, rows = [], []
        for row, text in enumerate(texts):
            found = _gram_codes(text)
            codes.append(found)
            rows.append(np.full(len(found), row, dtype=np.int64))
        every = np.concatenate(codes) if codes else np.zeros(0, dtype=np.uint64)
        rows_of = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        self._codes, numbers = np.unique(every, return_inverse=True)
        pairs, counts = np.unique(rows_of * len(self._codes) + numbers, return_counts=True)
        self.rows = pairs // max(len(self._codes), 1)
        self.features = pairs % max(len(self._codes), 1)
        self.counts = counts.astype(np.float32)
        self._texts = len(texts)
        self.weights = _rarity(np.bincount(self.features, minlength=len(self._codes)), self._texts)

    def __len__(self) -> int:
        return len(self._codes)

    def of(self, text: str) -> tuple[Numbers, Floats]:
        """Return the known letter runs of a question with tf-idf weights of unit length."""
        codes, counts = np.unique(_gram_codes(text), return_counts=True)
        places = np.minimum(np.searchsorted(self._codes, codes), max(len(self._codes) - 1, 0))
        known = self._codes[places] == codes if len(self._codes) else np.zeros(len(codes), dtype=bool)
        unseen = _rarity(np.zeros(1), self._texts)[0]
        shares = (1 + np.log(counts)) * np.where(known, self.weights[places] if len(self) else unseen, unseen)
        length = float(np.sqrt((shares * shares).sum())) or 1.0
        return places[known].astype(np.int64), (shares[known] / length).astype(np.float32)


@dataclass
class _Cosines:
    """TF-IDF cosine between a question and each of many texts."""

    postings: _Postings

    @classmethod
    def over(cls, space: _WordSpace | _GramSpace, n_texts: int) -> _Cosines:
        """Weigh the features of a space's texts and bring each text to unit length."""
        weights = (1 + np.log(space.counts)) * space.weights[space.features]
        lengths = np.sqrt(np.bincount(space.rows, weights * weights, n_texts))
        lengths[lengths == 0] = 1.0
        weights = weights / lengths[space.rows]
        return cls(_postings(space.rows, space.features, weights, len(space), n_texts))


@dataclass(frozen=True)
class Compared:
    """How near a question is to each phrasing, how much of it each document covers, and how much it has at all."""

    near: Floats
    covers: Floats
    has: Floats


@dataclass
class Index:
    """Search over documents, built once.

    The score is a sum of shares between 0 and 1, so that it can be compared with a threshold whatever the question's
    length: how much of the question all phrasings of the document cover (BM25 over folded words and pairs, divided by
    the best score that the question could reach), how near the nearest phrasings are by words and by letters
    (cosines), and how much of the question the document's body covers.
    """

    documents: tuple[Document, ...]
    nearest: int = 1
    """The cosine of a document is the mean of its so many nearest phrasings: with many phrasings a single one that is
    near by chance must not decide, with few there is no more to go by."""
    synonyms: Synonyms | None = None
    """Groups of words that count as one another, beside themselves."""
    vocabulary: Counter[str] = field(default_factory=Counter)
    """Every folded word of the phrasings with the number of phrasings that use it."""
    pairs: Counter[str] = field(default_factory=Counter)
    """Every pair of neighbouring folded words, with a space between, likewise."""

    def __post_init__(self) -> None:
        texts = [[word.fold for word in read(text)] for document in self.documents for text in document.phrasings]
        sizes = [len(document.phrasings) for document in self.documents]
        self._begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.array(sizes, dtype=np.int64))])
        self._phrasings = [text for document in self.documents for text in document.phrasings]
        self._words = _WordSpace(texts, self.synonyms)
        self._grams = _GramSpace([" ".join(words) for words in texts])
        self._by_words = _Cosines.over(self._words, len(texts)).postings
        self._by_grams = _Cosines.over(self._grams, len(texts)).postings
        owner = np.repeat(np.arange(len(sizes)), sizes)
        self._covers = self._coverage(owner[self._words.rows], self._words.features)
        self._body_covers = self._bodies()
        self._has = _either(self._covers, self._body_covers, len(self._words))
        self.vocabulary = self._words.vocabulary
        self.pairs = self._words.pairs
        self._repairer: Repairer | None = None
        has_bodies = any(document.body for document in self.documents)
        self._shares = _SHARES if has_bodies else tuple(share / sum(_SHARES[:3]) for share in (*_SHARES[:3], 0.0))

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
                self._repairer = Repairer(self.vocabulary)
            asked = self._repairer.repair(read(asked))
        return self.pick(self.compare(asked), k, keep=keep)

    def compare(self, asked: Sequence[Word]) -> Compared | None:
        """Compare a question with every document, for `pick`; None if there is nothing to compare."""
        words = [word.fold for word in asked]
        if not words or not self._phrasings:
            return None
        features, shares, reachable, length = self._words.of(words)
        weights = shares * (length / max(reachable, 1e-9))
        near = self._shares[1] * self._by_words.gather(features, shares)
        near += self._shares[2] * self._by_grams.gather(*self._grams.of(" ".join(words)))
        covers = self._shares[0] * self._covers.gather(features, weights)
        covers += self._shares[3] * self._body_covers.gather(features, weights)
        return Compared(near, covers, self._has.gather(features, weights))

    def pick(self, compared: Compared | None, k: int, *, keep: Callable[[str], bool] | None = None) -> list[Hit]:
        """Return the `k` nearest documents, as `search` does, of a comparison."""
        if compared is None:
            return []
        hits = []
        for number in self._best(compared, keep):
            begin, end = self._begins[number], self._begins[number + 1]
            phrasings = compared.near[begin:end]
            nearest = np.sort(phrasings)[-self.nearest :]
            score = min(float(compared.covers[number] + nearest.sum() / len(nearest)), 1.0)
            phrasing = self._phrasings[begin + int(phrasings.argmax())]
            hits.append(Hit(self.documents[number].id, score, phrasing, float(compared.has[number])))
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:k]

    def _best(self, compared: Compared, keep: Callable[[str], bool] | None) -> list[int]:
        """Return the numbers of the documents that are worth a closer look."""
        # A document without a phrasing cannot be found; its slot would read its neighbour's.
        begins = np.minimum(self._begins[:-1], len(compared.near) - 1)
        rough = compared.covers + np.maximum.reduceat(compared.near, begins)
        if keep is not None:
            rough = np.where([keep(document.id) for document in self.documents], rough, 0)
        found = np.argpartition(-rough, _WEIGHED)[:_WEIGHED] if len(rough) > _WEIGHED else np.arange(len(rough))
        return [int(number) for number in found if rough[number] > 0 and self.documents[number].phrasings]

    def _coverage(self, rows: Numbers, features: Numbers) -> _Postings:
        """Return for each feature the documents that have it, by how many of their texts do."""
        keys, counts = np.unique(rows * max(len(self._words), 1) + features, return_counts=True)
        n_features = max(len(self._words), 1)
        weights = counts / (counts + _SATURATION)
        return _postings(keys // n_features, keys % n_features, weights, len(self._words), len(self.documents))

    def _bodies(self) -> _Postings:
        """Return for each feature the documents whose body has it."""
        rows: list[int] = []
        features: list[int] = []
        for number, document in enumerate(self.documents):
            if document.body:
                found = self._words.known([word.fold for word in read(document.body)])
                rows.extend([number] * len(found))
                features.extend(found)
        return self._coverage(np.array(rows, dtype=np.int64), np.array(features, dtype=np.int64))


def _either(first: _Postings, second: _Postings, n_features: int) -> _Postings:
    """Return for each feature the rows that have it in one of two, with the weight 1."""
    features = [np.repeat(np.arange(n_features), np.diff(one.begins)) for one in (first, second)]
    size = max(first.size, 1)
    keys = np.unique(
        np.concatenate([number * size + one.rows for number, one in zip(features, (first, second), strict=True)])
    )
    return _postings(keys % size, keys // size, np.ones(len(keys)), n_features, first.size)


def _gram_codes(text: str) -> NDArray[np.uint64]:
    """Return the letter runs of a text, each as the number that its bytes make."""
    letters = np.frombuffer(f" {text} ".encode("ascii", "replace"), dtype=np.uint8).astype(np.uint64)
    runs = []
    for size in _GRAMS:
        if len(letters) >= size:
            codes = np.zeros(len(letters) - size + 1, dtype=np.uint64)
            for place in range(size):
                codes = codes * np.uint64(256) + letters[place : len(letters) - size + 1 + place]
            runs.append(codes)
    return np.concatenate(runs) if runs else np.zeros(0, dtype=np.uint64)
