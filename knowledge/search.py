"""Ranks documents by how near their phrasings are to a question; it decides nothing and knows no kind of document."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from knowledge.spelling import Word, read

_SHARES = (0.4, 0.3, 0.3)
"""Of coverage by the document, word cosine and letter cosine: on the development questions the best of ten mixtures;
without the letters noisy questions lose most, without the coverage all do."""
_PAIR_WEIGHT = 0.5
"""A pair of neighbouring words counts this much of the mean of its words. A rarity of its own would make "đầu từ" of
"bắt đầu từ đâu" as telling as a rare word."""
_SATURATION = 1.0
"""A word in one phrasing of a document covers 1/2 of its weight, in two 2/3, in all of them nearly 1."""
_GRAMS = (3, 4)
"""Lengths of the letter runs, spaces included."""


@dataclass(frozen=True)
class Document:
    """Something that can be found; `phrasings` are ways to ask for it."""

    id: str
    phrasings: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A document with its score, 0 to 1, and the phrasing that came nearest."""

    id: str
    score: float
    phrasing: str


class _Rarity:
    """What features weigh: rare ones much, a pair what its words weigh, one never seen the most."""

    def __init__(self, seen: Mapping[str, int], size: int) -> None:
        self._of = {feature: math.log(1 + (size - count + 0.5) / (count + 0.5)) for feature, count in seen.items()}
        self._unseen = math.log(1 + (size + 0.5) / 0.5)

    def __call__(self, feature: str) -> float:
        return self._of.get(feature, self._unseen)

    def of_word_or_pair(self, feature: str) -> float:
        first, pair, second = feature.partition(" ")
        return _PAIR_WEIGHT * (self(first) + self(second)) / 2 if pair else self(first)


class _Cosine:
    """TF-IDF cosine between a bag of features and each of many others."""

    def __init__(self, bags: list[Counter[str]], weight: Callable[[str], float]) -> None:
        self._weight = weight
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            for feature, share in self._unit(bag).items():
                self._postings[feature].append((number, share))

    def nearest(self, bag: Counter[str], owner: list[int]) -> dict[int, tuple[float, int]]:
        """Return the best cosine of each owner, with the number of the bag that reached it."""
        found: dict[int, float] = defaultdict(float)
        for feature, share in self._unit(bag).items():
            for number, own in self._postings.get(feature, ()):
                found[number] += share * own
        best: dict[int, tuple[float, int]] = {}
        for number, score in found.items():
            if score > best.get(owner[number], (0.0, 0))[0]:
                best[owner[number]] = (score, number)
        return best

    def _unit(self, bag: Counter[str]) -> dict[str, float]:
        weights = {feature: (1 + math.log(count)) * self._weight(feature) for feature, count in bag.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}


class Index:
    """Search over documents, built once.

    The score is a sum of three shares between 0 and 1, so that it can be compared with a threshold whatever the
    question's length: how much of the question all phrasings of the document cover (BM25 over folded words and pairs,
    divided by the best score that the question could reach), and how near the nearest phrasing is by words and by
    letters (cosines).
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = tuple(documents)
        self._phrasings: list[str] = []
        self._owner: list[int] = []
        words: list[Counter[str]] = []
        grams: list[Counter[str]] = []
        whole: list[Counter[str]] = [Counter() for _ in self._documents]
        for number, document in enumerate(self._documents):
            for phrasing in document.phrasings:
                found = read(phrasing)
                words.append(_words(found))
                grams.append(_grams(found))
                whole[number].update(words[-1].keys())
                self._phrasings.append(phrasing)
                self._owner.append(number)
        self.vocabulary = Counter(word for bag in words for word in bag if " " not in word)
        """Every folded word of the phrasings with the number of phrasings that use it."""
        self._word_cosine = _Cosine(words, _Rarity(_count(words), len(words)).of_word_or_pair)
        self._gram_cosine = _Cosine(grams, _Rarity(_count(grams), len(grams)))
        self._rarity = _Rarity(_count(whole), len(whole)).of_word_or_pair
        self._covers: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(whole):
            for feature, count in bag.items():
                self._covers[feature].append((number, count / (count + _SATURATION)))

    def search(
        self, asked: list[Word], *, limit: int = 10, keep: Callable[[str], bool] = lambda _id: True
    ) -> list[Hit]:
        """Return the nearest documents of those that `keep` accepts by id, best first."""
        if not asked:
            return []
        words = _words(asked)
        by_words = self._word_cosine.nearest(words, self._owner)
        by_letters = self._gram_cosine.nearest(_grams(asked), self._owner)
        covered = self._coverage(words)
        hits = []
        for number in {*by_words, *by_letters}:
            document = self._documents[number]
            if keep(document.id):
                near, alike = by_words.get(number, (0.0, 0)), by_letters.get(number, (0.0, 0))
                score = _SHARES[0] * covered.get(number, 0.0) + _SHARES[1] * near[0] + _SHARES[2] * alike[0]
                hits.append(Hit(document.id, min(score, 1.0), self._phrasings[max(near, alike)[1]]))
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]

    def _coverage(self, words: Counter[str]) -> dict[int, float]:
        """Return which share of the best reachable score each document's phrasings together reach."""
        covered: dict[int, float] = defaultdict(float)
        reachable = 0.0
        for feature in words:
            weight = self._rarity(feature)
            reachable += weight
            for number, share in self._covers.get(feature, ()):
                covered[number] += weight * share
        return {number: weight / reachable for number, weight in covered.items()}


def _count(bags: Iterable[Counter[str]]) -> Counter[str]:
    """Return in how many of the bags each feature is."""
    return Counter(feature for bag in bags for feature in bag)


def _words(found: list[Word]) -> Counter[str]:
    """Return the folded words and neighbouring pairs of a text."""
    folded = [word.fold for word in found]
    return Counter([*folded, *(f"{first} {second}" for first, second in pairwise(folded))])


def _grams(found: list[Word]) -> Counter[str]:
    """Return the letter runs of a text."""
    text = f" {' '.join(word.fold for word in found)} "
    return Counter(text[start : start + size] for size in _GRAMS for start in range(len(text) - size + 1))
