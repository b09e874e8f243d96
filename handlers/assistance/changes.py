"""Sets a saved entry beside what a change makes of it, in readable values; it changes and words nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from db import areas, assistance, people
from db.assistance import Logged, Revision
from handlers.assistance import rights
from handlers.assistance.draft import Draft, Writing
from handlers.turn import Turn

FIELDS = ("held_on", "topics", "people", "place", "outcome", "minutes", "members", "note")
"""What of an entry can change, in the order in which it is shown."""


@dataclass(frozen=True)
class Change:
    """One field before and after: days as days, members by name."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Changed:
    """What becomes of one entry: some of its fields change, or it is new (no `entry`), or it goes (no `draft`)."""

    entry: Logged | None
    draft: Draft | None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Corrected:
    """A change made after its report was handed in: `team` is None where the entry was nobody's in particular."""

    team: str | None
    held_on: date
    late: bool
    deleted: bool
    changes: tuple[Change, ...]


def corrections(turn: Turn, area_id: int | None, start: datetime, end: datetime) -> tuple[Corrected, ...]:
    """Return what was corrected in an area (None for all) from a moment to before another, oldest first."""
    return tuple(
        Corrected(
            team=None if found.team_id is None else areas.team(turn.db, found.team_id).name,
            held_on=found.held_on,
            late=not found.revision.before,
            deleted=bool(found.revision.after.get("undone")),
            changes=told(turn, found.revision),
        )
        for found in assistance.corrections(turn.db, area_id, start, end)
    )


def values_of(draft: Draft) -> dict[str, Any]:
    """Return a complete draft's values as an entry keeps them."""
    return {field: getattr(draft, field) for field in FIELDS}


def compared(turn: Turn, writing: Writing) -> list[Changed]:
    """Set the drafts beside the entries that they change, one by one, and leave out what stays as it is."""
    entries = [assistance.entry(turn.db, entry_id) for entry_id in writing.entries]
    drafts: list[Draft | None] = [*writing.drafts]
    length = max(len(entries), len(drafts))
    entries += [None] * (length - len(entries))
    drafts += [None] * (length - len(drafts))
    items = [_compared(turn, entry, draft) for entry, draft in zip(entries, drafts, strict=True)]
    return [item for item in items if item.changes or item.entry is None or item.draft is None]


def reported(turn: Turn, items: list[Changed]) -> str | None:
    """Return the period of a report that was handed in and that one of the changes touches, None if none does."""
    for item in items:
        unit = rights.unit_of(turn, None) if item.entry is None else (item.entry.team_id, item.entry.area_id)
        days = [held.held_on for held in (item.entry, item.draft) if held is not None and held.held_on is not None]
        period = rights.report_with(turn, *unit, *days)
        if period is not None:
            return period
    return None


def told(turn: Turn, revision: Revision) -> tuple[Change, ...]:
    """Return the changes that a revision keeps."""
    fields = [field for field in FIELDS if field in revision.before or field in revision.after]
    return tuple(_change(turn, field, revision.before.get(field), revision.after.get(field)) for field in fields)


def _compared(turn: Turn, entry: Logged | None, draft: Draft | None) -> Changed:
    if entry is None or draft is None:
        return Changed(entry, draft)
    new = values_of(draft)
    old = values_of(Draft.of_entry(entry))
    different = [field for field in FIELDS if _comparable(old[field]) != _comparable(new[field])]
    return Changed(entry, draft, tuple(_change(turn, field, old[field], new[field]) for field in different))


def _change(turn: Turn, field: str, before: Any, after: Any) -> Change:
    return Change(field, _readable(turn, field, before), _readable(turn, field, after))


def _readable(turn: Turn, field: str, value: Any) -> Any:
    if field == "held_on" and isinstance(value, str):
        return date.fromisoformat(value)
    if field == "members" and value:
        return [people.label(turn.db, person) for person in value]
    return value


def _comparable(value: Any) -> Any:
    """Return a value so that the order of topics and members means nothing."""
    return sorted(value) if isinstance(value, tuple) else value
