"""Scores the log parser on a set of sentences with their expected entries; it prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from knowledge.log_sentence import parse
from knowledge.masking import mask

FIELDS = ("topics", "people", "place", "date", "outcome", "missing")


@dataclass(frozen=True)
class Score:
    """Shares between 0 and 1: `fields` and `whole` over expected logs, precision and recall of being a log."""

    sentences: int
    fields: Mapping[str, float]
    whole: float
    precision: float
    recall: float
    masked: float
    wrong: tuple[str, ...]

    def lines(self, worst: int = 20) -> list[str]:
        """Render the shares, then the sentences that were not understood whole."""
        fields = "  ".join(f"{field} {share:.1%}" for field, share in self.fields.items())
        return [
            f"{self.sentences} câu: hiểu trọn {self.whole:.1%}; nhận ra câu ghi sổ: đúng {self.precision:.1%}, "
            f"đủ {self.recall:.1%}; che số riêng tư {self.masked:.1%}",
            fields,
            *self.wrong[:worst],
        ]


BAR = 0.9
"""Share of sentences understood whole under which an evaluation counts as failed."""


def load_sentences(path: Path) -> tuple[list[dict[str, Any]], date]:
    """Read a set: its sentences, and the day on which they were written."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data["sentences"], data["today"]


def expected_entries(sentence: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    """Return the expected entries of a sentence with what the set leaves out filled in."""
    defaults: dict[str, Any] = {"date": today, "outcome": "done", "place": None, "missing": []}
    entries = [defaults | entry for entry in sentence.get("entries", [])]
    return [{**entry, "date": entry["date"].isoformat() if entry["date"] else None} for entry in entries]


def score(
    sentences: Sequence[Mapping[str, Any]], today: date, *, written: Callable[[str], str] = lambda text: text
) -> Score:
    """Score the parser on `sentences`, each text changed by `written` first (for example, its marks dropped)."""
    right = dict.fromkeys(FIELDS, 0)
    whole = logs = found = true_found = masks_right = entry_count = 0
    wrong: list[str] = []
    for sentence in sentences:
        text = written(sentence["text"])
        expected = expected_entries(sentence, today)
        read = parse(text, today, villages=sentence.get("villages", ())).as_json()
        masks_right += list(mask(text).kinds) == sentence.get("masks", [])
        found += read["is_log"]
        logs += bool(expected)
        true_found += bool(expected) and read["is_log"]
        entry_count += len(expected)
        good = len(read["entries"]) == len(expected)
        for index, entry in enumerate(expected):
            got = read["entries"][index] if index < len(read["entries"]) else {}
            for field in FIELDS:
                same = field in got and _same(got[field], entry[field])
                right[field] += same
                good = good and same
        whole += good and bool(expected)
        if not good:
            wrong.append(text)
    return Score(
        sentences=len(sentences),
        fields={field: count / max(1, entry_count) for field, count in right.items()},
        whole=whole / max(1, logs),
        precision=true_found / max(1, found),
        recall=true_found / max(1, logs),
        masked=masks_right / max(1, len(sentences)),
        wrong=tuple(wrong),
    )


def _same(got: Any, expected: Any) -> bool:
    return bool(sorted(got) == sorted(expected)) if isinstance(expected, list) else bool(got == expected)
