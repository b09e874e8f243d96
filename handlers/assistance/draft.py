"""What is being written down before it is saved: sessions, what they lack, whose they are; it asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

from db.assistance import Logged
from knowledge.log_sentence import LogEntry

FIELDS = ("topics", "people", "place", "date", "outcome")
"""What an entry must have, in the order of asking."""
CHANGEABLE = (*FIELDS, "minutes", "members", "note")
"""What can be changed, in the order of asking."""


@dataclass(frozen=True)
class Draft:
    """One session as understood so far.

    Attributes:
        missing: What must still be asked.
        members: Ids of the members who went along.
        companions: Names of those who went along, as typed, of whom it is not clear yet who is meant.
        accepted: Which odd things the writer has said to be right: a field, or "twin".
    """

    topics: tuple[str, ...] = ()
    people: int | None = None
    place: str | None = None
    held_on: date | None = None
    outcome: str | None = "done"
    note: str | None = None
    missing: tuple[str, ...] = ()
    minutes: int | None = None
    members: tuple[int, ...] = ()
    companions: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()

    @classmethod
    def understood(cls, entry: LogEntry) -> Draft:
        """Make a draft of what a sentence said; nobody at all is asked for again."""
        draft = cls(
            topics=tuple(entry.topics),
            people=entry.people,
            place=entry.place,
            held_on=entry.date,
            outcome=entry.outcome,
            note=entry.note,
            missing=tuple(field for field in FIELDS if field in entry.missing),
            minutes=entry.minutes,
            companions=entry.companions,
        )
        return draft.without("people") if draft.people == 0 else draft

    @classmethod
    def of_entry(cls, entry: Logged) -> Draft:
        """Make a draft of a saved entry, to change it; what stands in it needs no second look."""
        return cls(
            topics=entry.topics,
            people=entry.people,
            place=entry.place,
            held_on=entry.held_on,
            outcome=entry.outcome,
            note=entry.note,
            minutes=entry.minutes,
            members=entry.members,
            accepted=FIELDS,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Draft:
        """Read what `as_json` wrote, or an earlier version of this program."""
        lists = {name: tuple(data.get(name, ())) for name in ("topics", "missing", "members", "companions", "accepted")}
        held_on = data["held_on"]
        return cls(
            people=data["people"],
            place=data["place"],
            held_on=None if held_on is None else date.fromisoformat(held_on),
            outcome=data["outcome"],
            note=data["note"],
            minutes=data.get("minutes"),
            **lists,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the draft as plain values, for the dialogue's state."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {**plain, "held_on": None if self.held_on is None else self.held_on.isoformat()}

    def without(self, field: str) -> Draft:
        """Return the draft with a field to be asked for."""
        missing = tuple(known for known in CHANGEABLE if known in {*self.missing, field})
        return replace(self, missing=missing)

    def filled(self, field: str, value: Any) -> Draft:
        """Return the draft with a field answered; an odd value of it is to be looked at anew."""
        answered: dict[str, Any] = {_attribute(field): value}
        return replace(
            self,
            missing=tuple(known for known in self.missing if known != field),
            accepted=tuple(known for known in self.accepted if known not in {field, "twin"}),
            **answered,
        )

    def accepting(self, doubt: str) -> Draft:
        """Return the draft with an odd thing said to be right."""
        return replace(self, accepted=(*self.accepted, doubt))


@dataclass(frozen=True)
class Writing:
    """What a chat is writing down: new sessions, or changes of saved ones.

    Attributes:
        id: In its buttons, so that those of an earlier one do nothing.
        ask: The position and field that is asked for; None while everything is shown for confirmation.
        doubted: Whether that field has a value that looks odd.
        origin: The message that it came from.
        person_id: Whose sessions they are, where somebody else writes.
        entries: Ids of the saved entries that the drafts change, one by one; empty for new sessions.
        seen: The newest change of those entries that has been shown.
        edited: Whether the change comes from an edited message.
        interrupted: What was being written when this came between, as its own JSON.
        request_id: The request for help that is closed by saving it.
    """

    id: str
    drafts: tuple[Draft, ...]
    ask: tuple[int, str] | None = None
    doubted: bool = False
    origin: str | None = None
    person_id: int | None = None
    entries: tuple[int, ...] = ()
    seen: int = 0
    edited: bool = False
    interrupted: Mapping[str, Any] | None = None
    request_id: int | None = None

    @classmethod
    def begun(cls, *drafts: Draft, **more: Any) -> Writing:
        """Begin with a new id."""
        return cls(uuid4().hex[:8], drafts, **more)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Writing:
        """Read what `as_json` wrote, or an earlier version of this program."""
        ask = data.get("ask")
        return cls(
            id=str(data["draft"]),
            drafts=tuple(Draft.from_json(draft) for draft in data["drafts"]),
            ask=None if ask is None else (int(ask[0]), str(ask[1])),
            doubted=data.get("doubted", False),
            origin=data.get("origin"),
            person_id=data.get("person"),
            entries=tuple(data.get("entries", ())),
            seen=data.get("seen", 0),
            edited=data.get("edited", False),
            interrupted=data.get("interrupted"),
            request_id=data.get("request"),
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, for the dialogue's state."""
        return {
            "draft": self.id,
            "drafts": [draft.as_json() for draft in self.drafts],
            "ask": None if self.ask is None else list(self.ask),
            "doubted": self.doubted,
            "origin": self.origin,
            "person": self.person_id,
            "entries": list(self.entries),
            "seen": self.seen,
            "edited": self.edited,
            "interrupted": self.interrupted,
            "request": self.request_id,
        }

    @property
    def depth(self) -> int:
        """How many wait to be saved, this one included."""
        return 1 + (0 if self.before is None else self.before.depth)

    @property
    def before(self) -> Writing | None:
        """What was interrupted, None if nothing was."""
        return None if self.interrupted is None else Writing.from_json(self.interrupted)

    def with_draft(self, position: int, draft: Draft) -> Writing:
        """Return it with one draft put in the place of another."""
        return replace(self, drafts=(*self.drafts[:position], draft, *self.drafts[position + 1 :]))

    def without_draft(self, position: int) -> Writing:
        """Return it without one of its drafts."""
        return replace(self, drafts=(*self.drafts[:position], *self.drafts[position + 1 :]))


def _attribute(field: str) -> str:
    """Return the draft's attribute for a field of the log contract."""
    return "held_on" if field == "date" else field
