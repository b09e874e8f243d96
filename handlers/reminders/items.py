"""The items of adopted rules: which unit owes what in which period, and what is noted of it; it changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db import areas, reminders
from db.reminders import Adopted, Entered, Item, OwnRuleInfo
from handlers.rendering import ZONE
from handlers.turn import Turn
from knowledge.deadlines import Every, Occurrence, Rhythm, Rule, in_period, of_rule, plan_rule
from knowledge.schema import Deadline, Wording

OWN = "own/"
"""How the name of a rule begins that a coordinator has made."""
_LONGEST_ID = 9
"""Digits: what is longer is no id, and PostgreSQL refuses to compare it."""
_SHOWN_OVER = 2


@dataclass(frozen=True)
class Due:
    """One unit's duty in one period.

    Attributes:
        entered: What is noted of it; None while it is open.
        begins: The day of its first reminder; before it nothing is due.
    """

    adopted: Adopted
    occurrence: Occurrence
    team: areas.TeamInfo
    entered: Entered | None
    begins: date

    @property
    def item(self) -> Item:
        """The key under which it is stored."""
        return Item(self.adopted.id, self.occurrence.period, self.team.id)

    @property
    def to(self) -> str | None:
        """Who gets the report today, as far as it is known."""
        basis = self.occurrence.rule.basis
        if self.adopted.addressee is not None or basis is None:
            return self.adopted.addressee
        return basis.deadline.to_today or basis.deadline.to

    @property
    def is_late(self) -> bool:
        """Tell whether it was handed in after its last day."""
        submitted = self.entered is not None and self.entered.kind == "submitted"
        return submitted and self.state(self.occurrence.last_day) == "late"

    def state(self, today: date) -> str:
        """Return "not_due", "due", "overdue" (all open), "claimed", "on_time", "late" (handed in) or "waived"."""
        if self.entered is None:
            if today > self.occurrence.last_day:
                return "overdue"
            return "due" if today >= self.begins else "not_due"
        if self.entered.kind != "submitted":
            return self.entered.kind
        return "on_time" if local_day(self.entered.at) <= self.occurrence.last_day else "late"


def dues(
    turn: Turn,
    start: date,
    end: date,
    *,
    area_ids: Sequence[int] | None = None,
    team_ids: Collection[int] | None = None,
) -> list[Due]:
    """Return the items whose last day lies in the span, by last day; of some areas and units, or of all.

    A period that was over before the rule was adopted is nobody's duty.
    """
    adopted = reminders.adopted(turn.db, area_ids)
    rules = rules_by_name(turn, [rule.rule for rule in adopted])
    found = [
        (rule, occurrence)
        for rule in adopted
        if rule.rule in rules
        for occurrence in occurrences_of(turn, rule, rules[rule.rule], start, end)
    ]
    units = reminders.units(turn.db, {rule.area_id for rule, _ in found})
    entered = reminders.entered(turn.db, {rule.id for rule, _ in found}, {occurrence.period for _, occurrence in found})
    made = [
        due
        for rule, occurrence in found
        for due in of_units(turn, rule, occurrence, units.get((rule.area_id, rule.unit_kind), []), entered)
        if team_ids is None or due.team.id in team_ids
    ]
    return sorted(made, key=lambda due: (due.occurrence.last_day, due.adopted.id, due.team.id))


def of_units(
    turn: Turn,
    adopted: Adopted,
    occurrence: Occurrence,
    units: Iterable[areas.TeamInfo],
    entered: Mapping[Item, Entered],
) -> list[Due]:
    """Return the items of some units in one period of a rule."""
    for_all = None
    if adopted.one_for_all:
        of_rule_and_period = (adopted.id, occurrence.period)
        for_all = next(
            (value for item, value in entered.items() if (item.adopted_id, item.period) == of_rule_and_period), None
        )
    begins = occurrence.advised_day - timedelta(days=max(turn.rules.steps_before, default=0))
    return [
        Due(
            adopted,
            occurrence,
            unit,
            entered.get(Item(adopted.id, occurrence.period, unit.id), for_all),
            begins,
        )
        for unit in units
    ]


def in_one_period(turn: Turn, adopted: Adopted, period: str) -> list[Due]:
    """Return the items of all units in one period of a rule; none if it has no such period."""
    rule = rules_by_name(turn, [adopted.rule]).get(adopted.rule)
    occurrence = None if rule is None else in_period(rule, period, turn.calendar)
    if occurrence is None:
        return []
    units = reminders.units(turn.db, [adopted.area_id]).get((adopted.area_id, adopted.unit_kind), [])
    return of_units(turn, adopted, occurrence, units, reminders.entered(turn.db, [adopted.id], [period]))


def find(turn: Turn, key: str) -> Due | None:
    """Return the item that a button names as `adopted:period:team`, if it exists today."""
    parts = key.split(":")
    if len(parts) != 3:
        return None
    adopted, team_id = find_adopted(turn, parts[0]), number(parts[2])
    if adopted is None or team_id is None:
        return None
    return next((due for due in in_one_period(turn, adopted, parts[1]) if due.team.id == team_id), None)


def find_adopted(turn: Turn, written: str) -> Adopted | None:
    """Return the rule in force that a button names by its number."""
    adopted_id = number(written)
    return None if adopted_id is None else reminders.adopted_one(turn.db, adopted_id)


def number(written: str) -> int | None:
    """Return the id in a button's words; None if it cannot be one."""
    plain = written.isascii() and written.isdecimal() and len(written) <= _LONGEST_ID
    return int(written) if plain else None


def coordinates(turn: Turn, area_id: int) -> bool:
    """Tell whether the person coordinates a commune."""
    return any(area.id == area_id for area in turn.coordinated_areas())


def concerns(turn: Turn, due: Due) -> bool:
    """Tell whether the person may speak for an item: of the unit, or coordinating its area."""
    return due.team.id in turn.team_ids() or coordinates(turn, due.adopted.area_id)


def key_of(due: Due) -> str:
    """Return the words by which buttons name an item."""
    return f"{due.adopted.id}:{due.occurrence.period}:{due.team.id}"


def near(dues: Iterable[Due], today: date) -> list[list[Due]]:
    """Return what matters now, by rule and period: of each rule the next period, and the last ones that are over.

    A weekly rule has a dozen periods in three months, and nobody reads a list of them.
    """
    groups: dict[tuple[int, str], list[Due]] = {}
    for due in dues:
        groups.setdefault((due.adopted.id, due.occurrence.period), []).append(due)
    of_rule: dict[int, list[list[Due]]] = {}
    for (adopted_id, _), group in groups.items():
        of_rule.setdefault(adopted_id, []).append(group)
    shown = []
    for periods in of_rule.values():
        over = sum(group[0].occurrence.last_day < today for group in periods)  # they come by last day
        shown += periods[max(over - _SHOWN_OVER, 0) : over + 1]
    return sorted(shown, key=lambda group: (group[0].occurrence.last_day, group[0].adopted.id))


def occurrences_of(turn: Turn, adopted: Adopted, rule: Rule, start: date, end: date) -> Iterable[Occurrence]:
    """Return the occurrences of an adopted rule that were not over when it was adopted."""
    return of_rule(rule, max(start, local_day(adopted.since)), end, turn.calendar)


def rules_by_name(turn: Turn, names: Iterable[str]) -> dict[str, Rule]:
    """Return rules by name; one that a plan's file no longer has is left out."""
    wanted = set(names)
    plans = {name: rule for name in wanted if (rule := rule_of_plan(turn, name)) is not None}
    numbers = [int(name.removeprefix(OWN)) for name in wanted if name.startswith(OWN)]
    own = reminders.own_rules(turn.db, numbers).values() if numbers else ()
    return plans | {f"{OWN}{info.id}": own_rule(info) for info in own}


def rule_of_plan(turn: Turn, name: str) -> Rule | None:
    """Return a plan's rule by `<plan>/<record>`, None if there is none that makes occurrences."""
    plan, record = turn.answerer.records.get(name, (None, None))
    return plan_rule(plan, record) if plan is not None and isinstance(record, Deadline) else None


def own_rule(info: OwnRuleInfo) -> Rule:
    """Return a coordinator's rule as the calendar takes it."""
    rhythm = Rhythm(Every(info.every), Wording(info.wording), day=info.day, month=info.month, on=info.on)
    return Rule(f"{OWN}{info.id}", info.what, rhythm)


def local_day(moment: datetime) -> date:
    """Return the day that a moment falls on in Vietnam."""
    return moment.astimezone(ZONE).date()
