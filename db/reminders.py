"""Queries on adopted rules, submissions and reminders; it computes no day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.inbox import insert_new
from db.models import AdoptedRule, Area, Reminder, Submission


@dataclass(frozen=True)
class Adopted:
    """A rule in force for an area."""

    id: int
    area_id: int
    area_name: str
    rule: str
    since: datetime


@dataclass(frozen=True)
class Item:
    """One unit's duty in one period; what is due, submitted or reminded of."""

    adopted_id: int
    period: str
    team_id: int


def adopt(session: Session, area_id: int, rule: str, *, person_id: int | None, now: datetime) -> bool:
    """Put a plan's rule in force for an area; False if it already was."""
    row = session.scalar(select(AdoptedRule).where(AdoptedRule.area_id == area_id, AdoptedRule.rule == rule))
    if row is None:
        session.add(AdoptedRule(area_id=area_id, rule=rule, adopted_by=person_id, adopted_at=now))
        session.flush()
        return True
    was_ended = row.ended_at is not None
    row.ended_at = None
    return was_ended


def adopted(session: Session, area_ids: Collection[int] | None = None) -> list[Adopted]:
    """Return the rules in force, of some areas or all."""
    query = (
        select(AdoptedRule, Area.name)
        .join(Area, Area.id == AdoptedRule.area_id)
        .where(AdoptedRule.ended_at.is_(None))
        .order_by(AdoptedRule.id)
    )
    if area_ids is not None:
        query = query.where(AdoptedRule.area_id.in_(area_ids))
    return [Adopted(row.id, row.area_id, name, row.rule, row.adopted_at) for row, name in session.execute(query)]


def submit(session: Session, item: Item, *, person_id: int | None, now: datetime) -> bool:
    """Note that a unit has handed in; False if it already had."""
    return insert_new(
        session,
        Submission,
        adopted_id=item.adopted_id,
        period=item.period,
        team_id=item.team_id,
        submitted_at=now,
        person_id=person_id,
    )


def submissions(session: Session, adopted_ids: Collection[int]) -> dict[Item, datetime]:
    """Return when each item of some rules was handed in."""
    rows = session.scalars(select(Submission).where(Submission.adopted_id.in_(adopted_ids)))
    return {Item(row.adopted_id, row.period, row.team_id): row.submitted_at for row in rows}


def steps_done(session: Session, items: Collection[Item]) -> set[tuple[Item, int, str]]:
    """Return which (item, recipient, step) have been queued or dropped already."""
    rows = session.execute(
        select(Reminder.adopted_id, Reminder.period, Reminder.team_id, Reminder.person_id, Reminder.step).where(
            Reminder.adopted_id.in_({item.adopted_id for item in items}),
            Reminder.period.in_({item.period for item in items}),
        )
    )
    return {(Item(adopted, period, team), person, step) for adopted, period, team, person, step in rows}


def claim_step(
    session: Session, item: Item, person_id: int, step: str, *, now: datetime, dropped: str | None = None
) -> int | None:
    """Note one step to one recipient and return its id; None if another tick was faster.

    Args:
        dropped: Why it will not be sent, None if it will.
    """
    new = insert_new(
        session,
        Reminder,
        adopted_id=item.adopted_id,
        period=item.period,
        team_id=item.team_id,
        person_id=person_id,
        step=step,
        dropped=dropped,
        created_at=now,
    )
    if not new:
        return None
    return session.scalar(
        select(Reminder.id).where(
            Reminder.adopted_id == item.adopted_id,
            Reminder.period == item.period,
            Reminder.team_id == item.team_id,
            Reminder.person_id == person_id,
            Reminder.step == step,
        )
    )


def attach(session: Session, reminder_ids: Collection[int], outbox_id: int | None) -> None:
    """Point claimed steps to the message that carries them, or note that nobody could be reached."""
    dropped = "unreachable" if outbox_id is None else None
    session.execute(update(Reminder).where(Reminder.id.in_(reminder_ids)).values(outbox_id=outbox_id, dropped=dropped))


@dataclass(frozen=True)
class Postponed:
    """A step that somebody asked to have later and that has not been sent yet."""

    id: int
    item: Item
    person_id: int
    step: str


def postponed(session: Session, prefix: str) -> list[Postponed]:
    """Return the claimed steps whose name begins with `prefix` and that carry no message yet."""
    rows = session.scalars(
        select(Reminder)
        .where(Reminder.step.startswith(prefix), Reminder.outbox_id.is_(None), Reminder.dropped.is_(None))
        .order_by(Reminder.id)
    )
    return [Postponed(row.id, Item(row.adopted_id, row.period, row.team_id), row.person_id, row.step) for row in rows]


def drop_step(session: Session, reminder_id: int, why: str) -> None:
    """Note that a claimed step is not sent."""
    session.execute(update(Reminder).where(Reminder.id == reminder_id).values(dropped=why))
