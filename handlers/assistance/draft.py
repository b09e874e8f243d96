"""A log entry before it is saved: what is known, what is missing, what is odd; it asks and saves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from knowledge.log_sentence import LogEntry

FIELDS = ("topics", "people", "place", "date", "outcome")
MANY_PEOPLE = 60
"""More people than one session usually helps: saved only after a second look."""


@dataclass(frozen=True)
class Draft:
    """One session as understood so far; `missing` names what must still be asked, in the order of asking."""

    topics: tuple[str, ...] = ()
    people: int | None = None
    place: str | None = None
    held_on: date | None = None
    outcome: str | None = "done"
    note: str | None = None
    missing: tuple[str, ...] = ()

    @classmethod
    def understood(cls, entry: LogEntry, today: date) -> Draft:
        """Make a draft of what a sentence said; nobody, or a day that has not come yet, is asked for again."""
        missing = tuple(field for field in FIELDS if field in entry.missing)
        draft = cls(tuple(entry.topics), entry.people, entry.place, entry.date, entry.outcome, entry.note, missing)
        if draft.held_on is not None and draft.held_on > today:
            draft = draft.without("date")
        return draft.without("people") if draft.people == 0 else draft

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Draft:
        """Read what `as_json` wrote."""
        held_on = data["held_on"]
        return cls(
            topics=tuple(data["topics"]),
            people=data["people"],
            place=data["place"],
            held_on=None if held_on is None else date.fromisoformat(held_on),
            outcome=data["outcome"],
            note=data["note"],
            missing=tuple(data["missing"]),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the draft as plain values, for the dialogue's state."""
        return {
            "topics": list(self.topics),
            "people": self.people,
            "place": self.place,
            "held_on": None if self.held_on is None else self.held_on.isoformat(),
            "outcome": self.outcome,
            "note": self.note,
            "missing": list(self.missing),
        }

    def without(self, field: str) -> Draft:
        """Return the draft with a field to be asked for."""
        emptied: dict[str, Any] = {_attribute(field): () if field == "topics" else None}
        missing = tuple(known for known in FIELDS if known in {*self.missing, field})
        return replace(self, missing=missing, **emptied)

    def filled(self, field: str, value: Any) -> Draft:
        """Return the draft with a field answered."""
        answered: dict[str, Any] = {_attribute(field): value}
        return replace(self, missing=tuple(known for known in self.missing if known != field), **answered)

    @property
    def is_odd(self) -> bool:
        """Tell whether the number of people is too large to be taken without a second look."""
        return self.people is not None and self.people > MANY_PEOPLE


def _attribute(field: str) -> str:
    """Return the draft's attribute for a field of the log contract."""
    return "held_on" if field == "date" else field
