"""What an area has taught the bot beside the base: aliases of entries, and entries of its own; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from knowledge.alike import question_key
from knowledge.schema import FEWEST_PHRASINGS, SHORTEST_ANSWER
from knowledge.search import Document, Hit, Index
from knowledge.spelling import Word, read
from knowledge.synonyms import synonyms

PREFIX = "local/"
"""Begins the id of an area's own entry, where a plan's record has the plan."""
LONGEST_QUESTION = 300
"""Characters of a question that are kept as a way to ask."""
_LOOKED_AT = 30


@dataclass(frozen=True)
class Taught:
    """Something that an area has taught.

    Attributes:
        id: Of its row.
        area_id: Where it holds; None for everywhere.
        phrasings: Ways in which it is asked for.
    """

    id: int
    area_id: int | None
    phrasings: tuple[str, ...]

    @property
    def answers(self) -> str:
        """The id of what answers."""
        raise NotImplementedError

    @property
    def asked_as(self) -> tuple[str, ...]:
        """Everything by which a question is recognised."""
        return self.phrasings

    def holds(self, areas: Set[int]) -> bool:
        """Tell whether it holds for somebody of these areas."""
        return self.area_id is None or self.area_id in areas


@dataclass(frozen=True)
class Alias(Taught):
    """Further phrasings of an entry or record."""

    entry: str

    @property
    def answers(self) -> str:
        """The id of the entry or record that they mean."""
        return self.entry


@dataclass(frozen=True)
class OwnEntry(Taught):
    """An entry of the area's own; `unit` names who approved it, None for an administrator."""

    title: str
    answer: str
    source: str
    topic: str
    unit: str | None
    approved_on: date

    @property
    def answers(self) -> str:
        """Its own id."""
        return f"{PREFIX}{self.id}"

    @property
    def asked_as(self) -> tuple[str, ...]:
        """Its title too: it is what its button says."""
        return (self.title, *self.phrasings)


def is_of_a_plan(key: str) -> bool:
    """Tell whether an id is that of a plan's record."""
    return "/" in key and not key.startswith(PREFIX)


class LocalKnowledge:
    """Finds what was taught; built anew whenever it changes, in milliseconds for some hundred items."""

    def __init__(
        self, taught: Sequence[Taught] = (), base: Index | None = None, reads: Callable[[str], list[Word]] = read
    ) -> None:
        """Learn what was taught, the newest last.

        Args:
            taught: All of it, wherever it holds.
            base: Tells rare words from common ones.
            reads: Reads a phrasing as questions are read, so that both are repaired alike.
        """
        self.entries = {item.answers: item for item in taught if isinstance(item, OwnEntry)}
        self._taught = {str(item.id): item for item in taught}
        self._same: dict[str, list[Taught]] = {}
        for item in reversed(taught):
            for phrasing in dict.fromkeys(map(question_key, item.asked_as)):
                self._same.setdefault(phrasing, []).append(item)
        documents = tuple(
            Document(str(item.id), tuple(" ".join(word.fold for word in reads(text)) for text in item.asked_as))
            for item in taught
        )
        self._index = Index(documents, synonyms=synonyms(), background=base)

    def __bool__(self) -> bool:
        return bool(self._taught)

    def same(self, question: str, areas: Set[int]) -> Taught | None:
        """Return what was taught last for exactly these words and holds in one of the areas."""
        return next((item for item in self._same.get(question_key(question), ()) if item.holds(areas)), None)

    def nearest(self, asked: Sequence[Word], areas: Set[int]) -> list[tuple[Taught, Hit]]:
        """Return what is nearest to a question among what holds in the areas, best first."""
        hits = self._index.search(asked, _LOOKED_AT, keep=lambda key: self._taught[key].holds(areas))
        return [(self._taught[hit.id], hit) for hit in hits]


def as_yaml(taught: Sequence[Taught], topics: Mapping[str, str]) -> str:
    """Return what was taught in the form of the base's files, with a comment on what each part still lacks for it.

    Args:
        taught: What to write.
        topics: Titles by id, to name the file in which an entry belongs.
    """
    own = [item for item in taught if isinstance(item, OwnEntry)]
    aliases: dict[str, list[str]] = {}
    for item in taught:
        if isinstance(item, Alias):
            aliases.setdefault(item.entry, []).extend(item.phrasings)
    parts = [
        _part("Thêm vào knowledge/base/sources.yaml", "sources", dict(map(_source, own))),
        *(
            _part(
                f"Thêm vào knowledge/base/{topic}.yaml ({title})",
                f"entries_{topic}",
                [_entry(item) for item in own if item.topic == topic],
                *(line for item in own if item.topic == topic for line in _lacking(item)),
            )
            for topic, title in topics.items()
            if any(item.topic == topic for item in own)
        ),
        _part(
            "Thêm vào phrasings (hoặc asks của kế hoạch) của từng mục",
            "phrasings",
            {key: list(dict.fromkeys(texts)) for key, texts in aliases.items()},
        ),
    ]
    return "\n".join(part for part in parts if part)


def _part(where: str, key: str, content: Any, *notes: str) -> str:
    if not content:
        return ""
    head = "".join(f"# {line}\n" for line in (where, *notes))
    return head + yaml.safe_dump({key: content}, allow_unicode=True, sort_keys=False, width=120)


def _source(item: OwnEntry) -> tuple[str, dict[str, str]]:
    source = {"title": item.source, "seen": f"{item.approved_on.month}/{item.approved_on.year}"}
    return _source_key(item), source if item.unit is None else {**source, "publisher": item.unit}


def _source_key(item: OwnEntry) -> str:
    return f"L{item.id}"


def _entry(item: OwnEntry) -> dict[str, Any]:
    return {
        "id": f"local_{item.id}",
        "topic": item.topic,
        "title": item.title,
        "phrasings": [text for text in dict.fromkeys(item.phrasings) if text != item.title],
        "answer": item.answer,
        "facts": [{"claim": item.answer, "source": _source_key(item)}],
        "checked_on": item.approved_on,
        "confidence": "medium",
    }


def _lacking(item: OwnEntry) -> Iterator[str]:
    """Tell what the base asks of an entry and this one lacks."""
    phrasings = len(set(item.phrasings) - {item.title})
    if phrasings < FEWEST_PHRASINGS:
        yield f"local_{item.id}: mới có {phrasings} cách hỏi, cần ít nhất {FEWEST_PHRASINGS}"
    if len(item.answer) < SHORTEST_ANSWER:
        yield f"local_{item.id}: câu trả lời ngắn hơn {SHORTEST_ANSWER} chữ"
