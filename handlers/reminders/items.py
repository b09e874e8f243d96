"""The items of adopted rules: which team owes what in which period, and whether it has handed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from db import people, reminders
from db.reminders import Adopted, Item
from handlers.rendering import ZONE
from handlers.turn import Turn
from knowledge.deadlines import Occurrence, of_rule
from knowledge.schema import Deadline, Plan


@dataclass(frozen=True)
class Due:
    """One team's duty in one period."""

    adopted: Adopted
    occurrence: Occurrence
    team: people.TeamInfo
    submitted_at: datetime | None

    @property
    def item(self) -> Item:
        """The key under which it is stored."""
        return Item(self.adopted.id, self.occurrence.period, self.team.id)

    def state(self, today: date) -> str:
        """Return "on_time", "late" (both handed in), "overdue" or "due"."""
        if self.submitted_at is not None:
            day = self.submitted_at.astimezone(ZONE).date()
            return "on_time" if day <= self.occurrence.last_day else "late"
        return "overdue" if today > self.occurrence.last_day else "due"


def dues(turn: Turn, start: date, end: date, *, area_ids: Sequence[int] | None = None) -> list[Due]:
    """Return every team's item whose last day lies in the span, by last day.

    A period that was over before the rule was adopted is nobody's duty.
    """
    adopted = reminders.adopted(turn.db, area_ids)
    submitted = reminders.submissions(turn.db, [rule.id for rule in adopted])
    teams = {area_id: people.teams(turn.db, area_id) for area_id in {rule.area_id for rule in adopted}}
    found = []
    for rule in adopted:
        for occurrence in occurrences_of(turn, rule, start, end):
            for team in teams[rule.area_id]:
                item = Item(rule.id, occurrence.period, team.id)
                found.append(Due(rule, occurrence, team, submitted.get(item)))
    return sorted(found, key=lambda due: (due.occurrence.last_day, due.adopted.id, due.team.id))


def occurrences_of(turn: Turn, rule: Adopted, start: date, end: date) -> Iterable[Occurrence]:
    """Return the occurrences of an adopted rule that begin to matter after its adoption."""
    known = rule_of(turn, rule.rule)
    if known is None:  # the plan's file no longer has the rule
        return []
    since = rule.since.astimezone(ZONE).date()
    return of_rule(*known, max(start, since), end, turn.calendar)


def rule_of(turn: Turn, rule: str) -> tuple[Plan, Deadline] | None:
    """Return a plan's deadline rule by `<plan>/<record>`, None if there is none."""
    plan, record = turn.answerer.records.get(rule, (None, None))
    return (plan, record) if plan is not None and isinstance(record, Deadline) else None
