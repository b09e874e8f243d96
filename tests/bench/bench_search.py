"""Measures the search beside other engines on the same questions, then its speed alone; it fits and decides nothing.

Run `make bench`, or `python -m tests.bench.bench_search` with the dependency group `bench` installed. Only totals are
printed, never a question. If the environment variable RETRIEVAL_DATA names a folder with `corpus.jsonl.gz` (id, text)
and `queries.jsonl.gz` (a question in each style, the relevant ids), the engines are compared on that too.
"""

from __future__ import annotations

import gc
import gzip
import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.progress import track
from rich.table import Table

from knowledge.answer_eval import STYLES, load_cases, typed
from knowledge.answering import Answerer
from knowledge.loader import Knowledge, load
from knowledge.search import Index
from knowledge.vietnamese import fold, words

HELDOUT = Path(__file__).resolve().parents[1] / "questions" / "heldout"
SYNTHETIC_ENTRIES = 10_000
SYNTHETIC_PHRASINGS = 8
"""The fewest that an entry may have."""
RANKED = 10
"""Results that are asked for; a right one behind them counts as not found."""
TARGETS = {"p99 ms, today's base": 5.0, "p99 ms, many entries": 20.0, "build s, many": 5.0, "memory MB, many": 150.0}
_SEED = 20261121
_MEGABYTE = 2**20

P = ParamSpec("P")
T = TypeVar("T")
Corpus = Mapping[str, Sequence[str]]
"""By id, the texts that stand for it."""


class Search(Protocol):
    """Returns the ids of the `k` nearest for a question, best first."""

    def __call__(self, question: str, k: int) -> list[str]: ...


class Question(NamedTuple):
    """A question as typed in a style, with the ids of which any is right."""

    style: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True)
class Engine:
    """How to build a search over a corpus, and what to load before that is measured."""

    build: Callable[[Corpus], Search]
    loads: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Measured:
    """What an engine found, and what that cost.

    `found` has, by style, recall at 1, recall at 5 and the mean reciprocal rank. Memory is what the process of the
    engine alone grew by in resident size: by loading libraries or the base, and by building.
    """

    name: str
    found: Mapping[str, tuple[float, float, float]]
    milliseconds: NDArray[np.float64]
    build_seconds: float
    loaded: float
    memory: float

    @property
    def costs(self) -> tuple[float, ...]:
        """Return questions a second, p50 and p99 in milliseconds, seconds to build, megabytes loaded and built."""
        per_second = 1000 / self.milliseconds.mean()
        p50, p99 = np.percentile(self.milliseconds, (50, 99))
        return float(per_second), float(p50), float(p99), self.build_seconds, self.loaded, self.memory


def _ours(corpus: Corpus) -> Search:
    index = Index.build((key, text) for key, texts in corpus.items() for text in texts)
    return lambda question, k: [hit.id for hit in index.search(question, k)]


def _ours_weighed(_: Corpus) -> Search:
    answerer = Answerer(load())
    return lambda question, k: [hit.id for hit in answerer.weigh(question).entries[:k]]


def _rapidfuzz(scorer: Callable[..., float], corpus: Corpus) -> Search:
    texts = list(map(_folded, _texts(corpus)))
    best = _best_of_each(corpus)

    def search(question: str, k: int) -> list[str]:
        return best(process.cdist([_folded(question)], texts, scorer=scorer, dtype=np.float32)[0], k)

    return search


def _bm25s(corpus: Corpus) -> Search:
    import bm25s

    retriever = bm25s.BM25()
    retriever.index([_folded(text).split() for text in _texts(corpus)], show_progress=False)
    best = _best_of_each(corpus)

    def search(question: str, k: int) -> list[str]:
        asked = _folded(question).split()
        return best(retriever.get_scores(asked), k) if asked else []

    return search


def _fts5(corpus: Corpus) -> Search:
    owners = [key for key, texts in corpus.items() for _ in texts]
    base = sqlite3.connect(":memory:")
    base.execute("CREATE VIRTUAL TABLE texts USING fts5(text)")
    base.executemany("INSERT INTO texts (text) VALUES (?)", ((_folded(text),) for text in _texts(corpus)))

    def search(question: str, k: int) -> list[str]:
        any_word = " OR ".join(f'"{word}"' for word in _folded(question).split())
        rows = base.execute("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank", (any_word,))
        found: dict[str, None] = {}
        while len(found) < k and (row := rows.fetchone()) is not None:
            found[owners[row[0] - 1]] = None
        return list(found)

    return search


def _letter_tfidf(corpus: Corpus) -> Search:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))
    matrix = vectorizer.fit_transform(map(_folded, _texts(corpus)))
    best = _best_of_each(corpus)

    def search(question: str, k: int) -> list[str]:
        asked = vectorizer.transform([_folded(question)])
        return best((matrix @ asked.T).toarray()[:, 0], k)

    return search


ENGINES = {
    "ours: Index": Engine(_ours),
    "ours: Answerer.weigh": Engine(_ours_weighed, load),
    "rapidfuzz token_set_ratio": Engine(lambda corpus: _rapidfuzz(fuzz.token_set_ratio, corpus)),
    "rapidfuzz WRatio": Engine(lambda corpus: _rapidfuzz(fuzz.WRatio, corpus)),
    "bm25s": Engine(_bm25s, lambda: import_module("bm25s")),
    "SQLite FTS5": Engine(_fts5),
    "scikit-learn char_wb 2-5": Engine(_letter_tfidf, lambda: import_module("sklearn.feature_extraction.text")),
}
"""By name. Only `weigh` looks at more than the corpus: bodies, synonyms, places and the plans' words."""
ONLY_BASE = {"ours: Answerer.weigh"}


def _texts(corpus: Corpus) -> Iterator[str]:
    return (text for texts in corpus.values() for text in texts)


def _folded(text: str) -> str:
    return " ".join(words(fold(text)))


def _best_of_each(corpus: Corpus) -> Callable[[NDArray[Any], int], list[str]]:
    """Return what ranks the ids by a score for each text: an id is as near as its nearest text."""
    ids = list(corpus)
    begins = np.cumsum([0, *map(len, corpus.values())])[:-1]

    def best(scores: NDArray[Any], k: int) -> list[str]:
        highest = np.maximum.reduceat(scores, begins)
        return [ids[number] for number in np.argsort(-highest, kind="stable")[:k] if highest[number] > 0]

    return best


def measure(name: str, corpus: Corpus, questions: Sequence[Question]) -> Measured:
    """Build one engine and ask it everything."""
    at_start = _resident()
    ENGINES[name].loads()
    loaded = _resident() - at_start
    rankings, milliseconds, built, memory = _timed(
        lambda: partial(ENGINES[name].build(corpus), k=RANKED), [question.text for question in questions]
    )
    ranks: dict[str, list[float]] = {style: [] for style in STYLES}
    for question, ranking in zip(questions, rankings, strict=True):
        ranks[question.style].append(_reciprocal_rank(ranking, question.relevant))
    found = {style: _quality(np.array(reciprocal)) for style, reciprocal in ranks.items()}
    return Measured(name, found, milliseconds, built, loaded, memory)


def _timed(
    build: Callable[[], Callable[[str], T]], questions: Sequence[str]
) -> tuple[list[T], NDArray[np.float64], float, float]:
    """Return the answers, the milliseconds of each, and the seconds and megabytes of building.

    A first question, not timed, counts as part of building.
    """
    before = _resident()
    began = time.perf_counter()
    ask = build()
    ask(questions[0])
    built = time.perf_counter() - began
    memory = _resident() - before
    answers = []
    milliseconds = []
    for question in questions:
        began = time.perf_counter()
        answers.append(ask(question))
        milliseconds.append((time.perf_counter() - began) * 1000)
    return answers, np.array(milliseconds), built, memory


def _reciprocal_rank(ranking: Sequence[str], relevant: frozenset[str]) -> float:
    return next((1 / rank for rank, key in enumerate(ranking, 1) if key in relevant), 0.0)


def _quality(reciprocal: NDArray[np.float64]) -> tuple[float, float, float]:
    return float((reciprocal == 1).mean()), float((reciprocal >= 1 / 5).mean()), float(reciprocal.mean())


def measure_alone(synthetic: int) -> Measured:
    """Time whole decisions on every held-out question, with so many entries beside those of the base."""
    at_start = _resident()
    knowledge = _with_synthetic(load(), synthetic)
    questions = [typed(case.q, style) for case in load_cases(HELDOUT) for style in STYLES]
    loaded = _resident() - at_start
    _, milliseconds, built, memory = _timed(lambda: Answerer(knowledge).decide, questions)
    return Measured(f"{len(knowledge.entries):,}", {}, milliseconds, built, loaded, memory)


def _with_synthetic(knowledge: Knowledge, number: int) -> Knowledge:
    """Return the knowledge with entries whose phrasings are chains of words as they follow one another in the base."""
    chance = random.Random(_SEED)
    real = list(knowledge.entries.values())
    said = [words(text) for entry in real for text in entry.phrasings]
    follows: dict[str, list[str]] = {}
    for phrasing in said:
        for first, second in pairwise(phrasing):
            follows.setdefault(first, []).append(second)
    entries = dict(knowledge.entries)
    for count in range(number):
        texts = tuple(_chain(chance, said, follows) for _ in range(SYNTHETIC_PHRASINGS + 1))
        changes = {"id": f"synthetic_{count}", "refines": None, "title": texts[0], "phrasings": texts[1:]}
        entries[f"synthetic_{count}"] = real[count % len(real)].model_copy(update=changes)
    return replace(knowledge, entries=entries)


def _chain(chance: random.Random, said: Sequence[Sequence[str]], follows: Mapping[str, Sequence[str]]) -> str:
    """Return a text that begins like one phrasing and is as long as another."""
    chain = [chance.choice(said)[0]]
    for _ in range(len(chance.choice(said)) - 1):
        chain.append(chance.choice(follows.get(chain[-1]) or chance.choice(said)))
    return " ".join(chain)


def _resident() -> float:
    """Return the resident memory of this process in megabytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE


def _in_fresh_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function returns in a process of its own, whose memory nothing else has grown."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def base() -> tuple[Corpus, list[Question]]:
    """Return the entries' titles and phrasings, and the held-out questions that an entry answers."""
    knowledge = load()
    corpus = {entry.id: (entry.title, *entry.phrasings) for entry in knowledge.entries.values()}
    cases = [(case.q, case.expected(knowledge) & corpus.keys()) for case in load_cases(HELDOUT)]
    return corpus, [
        Question(style, typed(text, style), relevant) for text, relevant in cases if relevant for style in STYLES
    ]


def retrieval_data(folder: Path) -> tuple[Corpus, list[Question]]:
    """Return the passages and questions of a folder."""
    corpus = {item["id"]: (item["text"],) for item in _json_lines(folder / "corpus.jsonl.gz")}
    return corpus, [
        Question(style, item[style], frozenset(item["relevant"]))
        for item in _json_lines(folder / "queries.jsonl.gz")
        for style in STYLES
    ]


def _json_lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def compare(corpus: Corpus, questions: Sequence[Question], names: Iterable[str]) -> list[Measured]:
    """Measure the engines one after the other, telling on stderr how far it is."""
    told = Console(stderr=True)
    return [_in_fresh_process(measure, name, corpus, questions) for name in track(list(names), "Engines", console=told)]


def found_table(title: str, measured: Iterable[Measured]) -> Table:
    """Return what each engine found, by style."""
    headings = [f"{style}\n{what}" for style in STYLES for what in ("R@1", "R@5", f"MRR@{RANKED}")]
    rows = ([one.name, *(f"{value:.3f}" for style in STYLES for value in one.found[style])] for one in measured)
    return _table(f"{title}: found", ["engine", *headings], rows)


def cost_table(title: str, measured: Iterable[Measured]) -> Table:
    """Return what each engine cost."""
    headings = ["questions/s", "p50 ms", "p99 ms", "build s", "loaded MB", "index MB"]
    rows = (
        [one.name, *(f"{value:.{places}f}" for value, places in zip(one.costs, (0, 2, 2, 2, 1, 1), strict=True))]
        for one in measured
    )
    return _table(f"{title}: cost", ["", *headings], rows)


def target_table(today: Measured, many: Measured) -> Table:
    """Return the targets beside what was measured; building and memory are those with many entries."""
    reached = (today.costs[2], many.costs[2], many.build_seconds, many.memory)
    rows = (
        [name, f"{value:.2f}", f"{target:g}", "yes" if value <= target else "no"]
        for (name, target), value in zip(TARGETS.items(), reached, strict=True)
    )
    return _table("Targets", ["", "measured", "at most", "met"], rows)


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def main() -> None:
    """Print every table."""
    console = Console(width=150)
    folder = os.environ.get("RETRIEVAL_DATA")
    sets = [("Base, held-out questions", *base(), list(ENGINES))]
    if folder:
        sets.append(
            (Path(folder).name, *retrieval_data(Path(folder)), [name for name in ENGINES if name not in ONLY_BASE])
        )
    for title, corpus, questions, names in sets:
        measured = compare(corpus, questions, names)
        full = f"{title} ({len(corpus)} documents, {len(questions) // len(STYLES)} questions in {len(STYLES)} styles)"
        console.print(found_table(full, measured), cost_table(full, measured))
    sizes = track((0, SYNTHETIC_ENTRIES), "Ours alone", console=Console(stderr=True))
    today, many = (_in_fresh_process(measure_alone, size) for size in sizes)
    console.print(cost_table("Answerer.decide by entries", (today, many)), target_table(today, many))


if __name__ == "__main__":
    main()
