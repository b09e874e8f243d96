"""Reads the lines in which the bot repeats a session ("- Việc: …") when they are sent back; no free sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from knowledge.log_outcome import Outcome
from knowledge.vietnamese import fold

_LABELS: Mapping[str, str] = {
    "viec": "topics",
    "so luot nguoi": "people",
    "so nguoi": "people",
    "ngay": "date",
    "noi": "place",
    "ket qua": "outcome",
    "thoi gian": "minutes",
    "di cung": "companions",
    "ghi chu": "note",
}
_NEEDED = frozenset(["topics", "people"])
OUTCOMES: Mapping[str, Outcome] = {"xong het": "done", "xong mot phan": "partial", "chua xong": "failed"}


@dataclass
class Form:
    """One session as its lines say it: what stands behind each label, by field."""

    said: dict[str, str] = field(default_factory=dict)


def read_forms(text: str) -> list[Form]:
    """Return the sessions that `text` lists line by line; none where it does not look like the bot's own list."""
    forms: list[Form] = []
    for name, said in _labelled(text):
        if not forms or name in forms[-1].said:
            forms.append(Form())
        forms[-1].said[name] = said
    return forms if forms and all(form.said.keys() >= _NEEDED for form in forms) else []


def _labelled(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        label, colon, said = line.strip(" -•*").partition(":")
        name = _LABELS.get(fold(label))
        if colon and name is not None:
            yield name, " ".join(said.split())
