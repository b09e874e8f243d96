"""Ranks documents by how near their phrasings are to a question; it decides nothing and knows no kind of document."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from knowledge.spelling import Word, read

_SHARES = (0.4, 0.3, 0.3)
_PAIR_WEIGHT = 0.5
_SATURATION = 1.0
_GRAMS = (2, 3, 4)


@dataclass(frozen=True)
class Document:
    """Something that can be found; `phrasings` are ways to ask for it, `hints` further words that belong to it."""

    id: str
    phrasings: tuple[str, ...]
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A document with its score, 0 to 1, and the phrasing that came nearest."""

    id: str
    score: float
    phrasing: str
    parts: tuple[float, ...] = ()


def _pair_rarity(feature: str, rarity: dict[str, float], unknown: float) -> float:
    """Return a feature's weight; a pair's comes from its words, so that rare pairs of common words count little."""
    first, pair, second = feature.partition(" ")
    if not pair or not first or not second:
        return rarity.get(feature, unknown)
    return _PAIR_WEIGHT * (rarity.get(first, unknown) + rarity.get(second, unknown)) / 2


class _Cosine:
    """TF-IDF cosine between a bag of features and each phrasing."""

    def __init__(self, bags: list[Counter[str]], grams: bool = False) -> None:
        self._grams = grams
        seen = Counter(feature for bag in bags for feature in bag)
        size = len(bags)
        self._rarity = {feature: math.log(1 + size / count) for feature, count in seen.items()}
        self._unknown = math.log(1 + size)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            weights = self._weigh(bag)
            norm = math.sqrt(sum(w * w for w in weights.values())) or 1.0
            for feature, weight in weights.items():
                self._postings[feature].append((number, weight / norm))

    def _weigh(self, bag: Counter[str]) -> dict[str, float]:
        if self._grams:
            return {f: (1 + math.log(c)) * self._rarity.get(f, self._unknown) for f, c in bag.items()}
        return {f: (1 + math.log(c)) * _pair_rarity(f, self._rarity, self._unknown) for f, c in bag.items()}

    def scores(self, bag: Counter[str]) -> dict[int, float]:
        weights = self._weigh(bag)
        norm = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        found: dict[int, float] = defaultdict(float)
        for feature, weight in weights.items():
            share = weight / norm
            for number, own in self._postings.get(feature, ()):
                found[number] += share * own
        return found


class Index:
    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = tuple(documents)
        self._phrasings: list[str] = []
        self._owner: list[int] = []
        word_bags: list[Counter[str]] = []
        gram_bags: list[Counter[str]] = []
        doc_bags: list[Counter[str]] = []
        for number, document in enumerate(self._documents):
            whole: Counter[str] = Counter()
            for phrasing in document.phrasings:
                found = read(phrasing)
                bag = _words(found)
                word_bags.append(bag)
                gram_bags.append(_grams(found))
                whole.update(bag.keys())
                self._phrasings.append(phrasing)
                self._owner.append(number)
            for hint in document.hints:
                whole.update(dict.fromkeys(_words(read(hint)), 1))
            doc_bags.append(whole)
        size = max(len(self._documents), 1)
        seen = Counter(feature for bag in doc_bags for feature in bag)
        self._rarity = {f: math.log(1 + (size - c + 0.5) / (c + 0.5)) for f, c in seen.items()}
        self._unknown = math.log(1 + (size + 0.5) / 0.5)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(doc_bags):
            for f, c in bag.items():
                self._postings[f].append((number, c / (c + _SATURATION)))
        self._word_cosine = _Cosine(word_bags)
        self._gram_cosine = _Cosine(gram_bags, grams=True)
        self.vocabulary = Counter(word for bag in word_bags for word in bag if " " not in word)
        """Every folded word of the phrasings with the number of phrasings that use it."""

    def search(
        self, asked: list[Word], *, limit: int = 10, keep: Callable[[str], bool] = lambda _id: True
    ) -> list[Hit]:
        """Return the nearest documents of those that `keep` accepts by id, best first."""
        if not asked:
            return []
        words = _words(asked)
        best_word = self._by_owner(self._word_cosine.scores(words))
        best_gram = self._by_owner(self._gram_cosine.scores(_grams(asked)))
        covered: dict[int, float] = defaultdict(float)
        reachable = 0.0
        for feature in words:
            weight = _pair_rarity(feature, self._rarity, self._unknown)
            reachable += weight
            for number, share in self._postings.get(feature, ()):
                covered[number] += weight * share
        hits = []
        for number in {*best_word, *best_gram, *covered}:
            document = self._documents[number]
            if keep(document.id):
                word, gram = best_word.get(number, (0.0, 0)), best_gram.get(number, (0.0, 0))
                parts = (covered[number] / reachable, word[0], gram[0])
                score = sum(s * p for s, p in zip(_SHARES, parts, strict=True))
                hits.append(Hit(document.id, min(score, 1.0), self._phrasings[max(word, gram)[1]], parts))
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]

    def _by_owner(self, scores: dict[int, float]) -> dict[int, tuple[float, int]]:
        best: dict[int, tuple[float, int]] = {}
        for number, score in scores.items():
            owner = self._owner[number]
            if owner not in best or score > best[owner][0]:
                best[owner] = (score, number)
        return best


def _words(found: list[Word]) -> Counter[str]:
    folded = [word.fold for word in found]
    return Counter([*folded, *(f"{a} {b}" for a, b in zip(folded, folded[1:], strict=False))])


def _grams(found: list[Word]) -> Counter[str]:
    text = f" {' '.join(word.fold for word in found)} "
    return Counter(text[i : i + n] for n in _GRAMS for i in range(len(text) - n + 1))
