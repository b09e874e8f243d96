"""Ranks documents by how near their texts are to a question; it decides nothing and knows no kind of document."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge.spelling import Repairer, Word, read
from knowledge.synonyms import Synonyms

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Rows = NDArray[np.int32]
Codes = NDArray[np.uint32]

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
    """For each feature the rows that have it, with a weight each; those of all features stand end to end.

    Without weights each has the weight 1.
    """

    begins: Numbers
    rows: Rows
    weights: Floats | None
    size: int

    def gather(self, features: Numbers, shares: Floats) -> Floats:
        """Return for every row the sum over `features` of share times weight."""
        if not len(features):
            return np.zeros(self.size, dtype=np.float32)
        spans = [slice(self.begins[feature], self.begins[feature + 1]) for feature in features]
        rows = np.concatenate([self.rows[span] for span in spans])
        if self.weights is None:
            weights = np.repeat(shares, [span.stop - span.start for span in spans])
        else:
            weights = np.concatenate([self.weights[span] * share for span, share in zip(spans, shares, strict=True)])
        return np.bincount(rows, weights, self.size).astype(np.float32)


class _Occurrences(NamedTuple):
    """Where features occur and how often, in any order; given up once postings are made of it."""

    rows: Rows
    features: Rows
    counts: Floats


def _postings(
    rows: NDArray[Any], features: NDArray[Any], weights: NDArray[Any] | None, n_features: int, size: int
) -> _Postings:
    order = np.argsort(features, kind="stable")
    begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(features, minlength=n_features))])
    kept = None if weights is None else weights[order].astype(np.float32)
    return _Postings(begins, rows[order].astype(np.int32), kept, size)


def _rarity(seen_in: NDArray[Any], of: int) -> Floats:
    """Return what features weigh by the number of texts that have them: rare ones much (the idf of BM25)."""
    return np.log(1 + (of - seen_in + 0.5) / (seen_in + 0.5)).astype(np.float32)


class _WordSpace:
    """Folded words, pairs of neighbouring words and groups of synonyms as numbers, each with its weight."""

    def __init__(self, synonyms: Synonyms | None, background: _WordSpace | None = None) -> None:
        self._synonyms = synonyms
        self._background = background
        self._numbers: dict[str, int] = {}

    def learn(self, texts: Sequence[Sequence[str]]) -> _Occurrences:
        """Give every feature of the collection its number and weight, and return where they occur."""
        background, numbers = self._background, self._numbers
        rows, features, counts = array("i"), array("i"), array("f")
        for row, words in enumerate(texts):
            for feature, count in self._features(words).items():
                rows.append(row)
                features.append(numbers.setdefault(feature, len(numbers)))
                counts.append(count)
        found = _Occurrences(*_arrays(rows, features), np.frombuffer(counts, dtype=np.float32))
        self.seen_in = np.bincount(found.features, minlength=len(numbers))
        self._texts = len(texts)
        if background is not None:
            self.seen_in += np.array([background.times_seen(feature) for feature in numbers], dtype=np.int64)
            self._texts += background._texts
        single = _rarity(self.seen_in, self._texts)
        self._unseen = float(_rarity(np.zeros(1), self._texts)[0])
        self.weights = single.copy()
        for feature, number in numbers.items():
            first, pair, second = feature.partition(" ")
            if pair:
                self.weights[number] = _PAIR_WEIGHT * (single[numbers[first]] + single[numbers[second]]) / 2
        return found

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

    def times_seen(self, feature: str) -> int:
        """Return the number of texts that have a feature."""
        number = self._numbers.get(feature)
        return 0 if number is None else int(self.seen_in[number])

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
        if self._background is not None:
            return self._background._weight(feature)
        first, pair, second = feature.partition(" ")
        return _PAIR_WEIGHT * (self._weight(first) + self._weight(second)) / 2 if pair else self._unseen


class _GramSpace:
    """Runs of letters as numbers: the bytes of the folded text, so that a whole collection is cut at once."""

    def __init__(self, background: _GramSpace | None = None) -> None:
        self._background = background
        self._codes = np.zeros(0, dtype=np.uint32)

    def learn(self, texts: Sequence[str]) -> _Occurrences:
        """Give every run of the collection its number and weight, and return where they occur."""
        background = self._background
        letters = _letters("".join(map(_padded, texts)))
        row_of = np.repeat(np.arange(len(texts), dtype=np.int32), [len(_padded(text)) for text in texts])
        codes, rows = [], []
        for size in _GRAMS:
            runs = _runs(letters, size)
            within = row_of[: len(runs)] == row_of[len(row_of) - len(runs) :]  # a run ends in the text it begins in
            codes.append(runs[within])
            rows.append(row_of[: len(runs)][within])
        self._codes, numbers = np.unique(np.concatenate(codes), return_inverse=True)
        size = max(len(self._codes), 1)
        numbers += np.concatenate(rows).astype(np.int64) * size
        places, counts = np.unique(numbers, return_counts=True)
        found = _Occurrences(
            (places // size).astype(np.int32), (places % size).astype(np.int32), counts.astype(np.float32)
        )
        self._texts = len(texts)
        self._seen_in = np.bincount(found.features, minlength=len(self._codes))
        if background is not None:
            self._seen_in += background.times_seen(self._codes)
            self._texts += background._texts
        self.weights = _rarity(self._seen_in, self._texts)
        return found

    def __len__(self) -> int:
        return len(self._codes)

    def times_seen(self, codes: Codes) -> Numbers:
        """Return the number of texts that have each run."""
        places, known = self._find(codes)
        return np.where(known, self._seen_in[places], 0) if len(self) else np.zeros(len(codes), dtype=np.int64)

    def of(self, text: str) -> tuple[Numbers, Floats]:
        """Return the known letter runs of a question with tf-idf weights of unit length."""
        codes, counts = np.unique(_runs_of(text), return_counts=True)
        places, known = self._find(codes)
        shares = (1 + np.log(counts)) * self._weigh(codes)
        length = float(np.sqrt((shares * shares).sum())) or 1.0
        return places[known].astype(np.int64), (shares[known] / length).astype(np.float32)

    def _find(self, codes: Codes) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return for each run its number, and whether it has one."""
        places = np.minimum(np.searchsorted(self._codes, codes), max(len(self._codes) - 1, 0))
        return places, self._codes[places] == codes if len(self) else np.zeros(len(codes), dtype=bool)

    def _weigh(self, codes: Codes) -> Floats:
        places, known = self._find(codes)
        unknown = _rarity(np.zeros(1), self._texts)[0] if self._background is None else self._background._weigh(codes)
        return np.where(known, self.weights[places], unknown) if len(self) else np.full(len(codes), unknown)


def _cosines(found: _Occurrences, rarity: Floats, n_texts: int) -> _Postings:
    """Weigh features by TF-IDF and bring each text to unit length."""
    weights = (1 + np.log(found.counts)) * rarity[found.features]
    lengths = np.sqrt(np.bincount(found.rows, weights * weights, n_texts))
    lengths[lengths == 0] = 1.0
    return _postings(found.rows, found.features, weights / lengths[found.rows], len(rarity), n_texts)


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
        texts = [[word.fold for word in read(text)] for document in self.documents for text in document.phrasings]
        sizes = [len(document.phrasings) for document in self.documents]
        self._begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.array(sizes, dtype=np.int64))])
        self._phrasings = [text for document in self.documents for text in document.phrasings]
        behind = self.background
        self._words = _WordSpace(self.synonyms, None if behind is None else behind._words)
        self._grams = _GramSpace(None if behind is None else behind._grams)
        found = self._words.learn(texts)
        self._by_words = _cosines(found, self._words.weights, len(texts))
        owner = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        self._covers = self._coverage(owner[found.rows], found.features)
        found = self._grams.learn([" ".join(words) for words in texts])
        self._by_grams = _cosines(found, self._grams.weights, len(texts))
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
        covers += self._shares[3] * _saturated(1) * self._body_covers.gather(features, weights)
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

    def _coverage(self, rows: Rows, features: Rows) -> _Postings:
        """Return for each feature the documents that have it, by how many of their texts do."""
        n_features = max(len(self._words), 1)
        keys, counts = np.unique(rows.astype(np.int64) * n_features + features, return_counts=True)
        weights = _saturated(counts)
        return _postings(keys // n_features, keys % n_features, weights, len(self._words), len(self.documents))

    def _bodies(self) -> _Postings:
        """Return for each feature the documents whose body has it."""
        rows, features = array("i"), array("i")
        for number, document in enumerate(self.documents):
            if document.body:
                found = self._words.known([word.fold for word in read(document.body)])
                rows.extend([number] * len(found))
                features.extend(found)
        return _postings(*_arrays(rows, features), None, len(self._words), len(self.documents))


def _saturated(counts: Any) -> Any:
    """Return how much of a word's weight a document covers that has it in so many texts."""
    return counts / (counts + _SATURATION)


def _arrays(rows: array[int], features: array[int]) -> tuple[Rows, Rows]:
    return np.frombuffer(rows, dtype=np.int32), np.frombuffer(features, dtype=np.int32)


def _either(first: _Postings, second: _Postings, n_features: int) -> _Postings:
    """Return for each feature the rows that have it in one of two, with the weight 1."""
    size = max(first.size, 1)
    features = [np.repeat(np.arange(n_features, dtype=np.int64) * size, np.diff(one.begins)) for one in (first, second)]
    keys = np.concatenate([number + one.rows for number, one in zip(features, (first, second), strict=True)])
    keys.sort()  # np.unique would take many times the memory for as many keys
    keys = keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
    return _postings(keys % size, keys // size, None, n_features, first.size)


def _padded(text: str) -> str:
    return f" {text} "


def _letters(text: str) -> Codes:
    return np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8).astype(np.uint32)


def _runs_of(text: str) -> Codes:
    letters = _letters(_padded(text))
    return np.concatenate([_runs(letters, size) for size in _GRAMS])


def _runs(letters: Codes, size: int) -> Codes:
    """Return every run of so many letters as the number that its bytes make; those of four letters fit 32 bits."""
    many = max(len(letters) - size + 1, 0)
    codes = np.zeros(many, dtype=np.uint32)
    for place in range(size):
        codes = codes * np.uint32(256) + letters[place : many + place]
    return codes
