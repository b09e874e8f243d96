"""Lists the occurrences of deadlines that were asked for, with what the contract tells of each; it prints nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot import inviting
from db import areas, reminders
from db.engine import Database, Transaction
from handlers.message import CalendarDay
from handlers.reminders.calendar import day_of
from handlers.reminders.items import OWN, own_rule
from handlers.rendering import render
from handlers.turn import overlaid
from knowledge.deadlines import Occurrence, Rule, of_rule, rules_of
from knowledge.loader import Knowledge
from knowledge.working_days import WorkingDays


class UnknownPlace(Exception):
    """Neither an area nor a plan has the name; the text is the name."""


@dataclass(frozen=True)
class Entry:
    """One occurrence, with the place it is for, who hands in, and to whom."""

    occurrence: Occurrence
    place: str
    who: str
    to: str | None

    def as_day(self) -> CalendarDay:
        """Return what a calendar file tells of it."""
        return day_of(self.occurrence, self.who, self.to)

    def as_json(self) -> dict[str, Any]:
        """Return the contract's keys; a coordinator's own rule has no plan and no section."""
        rule = self.occurrence.rule
        basis = rule.basis
        return {
            "rule": rule.id,
            "plan": None if basis is None else basis.plan.document.id,
            "area": self.place,
            "section": None if basis is None else basis.deadline.section,
            "who": self.who,
            "to": self.to,
            "what": rule.what,
            "period": self.occurrence.period,
            "named_day": self.occurrence.named_day.isoformat(),
            "last_day": self.occurrence.last_day.isoformat(),
            "advised_day": self.occurrence.advised_day.isoformat(),
            "extrapolated": self.occurrence.extrapolated,
        }


@dataclass(frozen=True)
class _Source:
    """A rule with what is told of all its occurrences, and the day from which they count."""

    rule: Rule
    place: str
    who: str
    to: str | None
    since: date = date.min


def entries(
    knowledge: Knowledge,
    calendar: WorkingDays,
    database: Database | None,
    start: date,
    end: date,
    *,
    area: str | None = None,
    adopted: bool = False,
) -> list[Entry]:
    """Return the occurrences whose last day lies in the span, by last day.

    Args:
        area: Only its plan's rules and those it has adopted; an id or a name.
        adopted: Only rules that are in force, in that area or in any.

    Raises:
        UnknownPlace: if neither an area nor a plan is called so.
    """
    sources = [_of_plan(rule) for rule in rules_of(knowledge.plans.values())]
    if database is not None:
        with database.reading() as db:
            calendar = overlaid(calendar, db)
            sources = _chosen(sources, knowledge, db, area, adopted)
    elif area is not None or adopted:
        sources = _chosen(sources, knowledge, None, area, adopted)
    found = [
        Entry(occurrence, source.place, source.who, source.to)
        for source in sources
        for occurrence in of_rule(source.rule, max(start, source.since), end, calendar)
    ]
    return sorted(found, key=lambda entry: (entry.occurrence.last_day, entry.occurrence.rule.id))


def _chosen(
    sources: list[_Source], knowledge: Knowledge, db: Transaction | None, area: str | None, adopted: bool
) -> list[_Source]:
    if area is None and not adopted:
        return sources
    chosen = None if area is None or db is None else inviting.find_area(areas.areas(db), area)
    plan = None if chosen is None else chosen.plan
    if area is not None and chosen is None:
        known = knowledge.plan_of_place(area)
        if known is None:
            raise UnknownPlace(area)
        plan = known.document.id
    in_force = []
    if db is not None and (area is None or chosen is not None):
        in_force = reminders.adopted(db, None if chosen is None else [chosen.id])
    names = {each.rule for each in in_force}
    kept = [source for source in sources if source.rule.id in names or (not adopted and _is_of(source.rule, plan))]
    return kept + ([] if db is None else _own(db, in_force))


def _of_plan(rule: Rule) -> _Source:
    if rule.basis is None:
        raise LookupError("a plan's rule has its record")
    deadline = rule.basis.deadline
    return _Source(rule, rule.basis.plan.document.place, deadline.who, deadline.to)


def _is_of(rule: Rule, plan: str | None) -> bool:
    return rule.basis is not None and rule.basis.plan.document.id == plan


def _own(db: Transaction, in_force: Iterable[reminders.Adopted]) -> list[_Source]:
    """Return the coordinators' own rules among those in force."""
    own = {each.rule: each for each in in_force if each.rule.startswith(OWN)}
    infos = reminders.own_rules(db, [int(name.removeprefix(OWN)) for name in own]) if own else {}
    found = []
    for info in infos.values():
        rule = own_rule(info)
        adopted = own[rule.id]
        who = render("reminders/units", kind=adopted.unit_kind, area=adopted.area_name)
        found.append(_Source(rule, adopted.area_name, who, adopted.addressee))
    return found
