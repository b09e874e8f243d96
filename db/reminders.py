"""Queries on adopted and own rules, submissions and reminders; it computes no day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, select, update
from sqlalchemy.orm import Session, aliased

from db.areas import TeamInfo
from db.chunks import chunks
from db.inbox import insert_new, insert_new_rows
from db.models import (
    Account,
    AdoptedRule,
    Area,
    DayOverride,
    Membership,
    Outbox,
    OwnRule,
    Person,
    Reminder,
    Submission,
    Team,
)
from db.people import running


@dataclass(frozen=True)
class Adopted:
    """A rule in force for an area.

    Attributes:
        rule: `<plan>/<record>`, or `own/<number>`.
        unit_kind: Which units hand in: team, village or office.
        addressee: Who gets the report today; None for whom the rule itself names.
        needs_confirmation: Whether *Đã nộp* counts only once a coordinator has confirmed it.
        one_for_all: Whether one report stands for every unit of the area.
    """

    id: int
    area_id: int
    area_name: str
    rule: str
    since: datetime
    unit_kind: str
    addressee: str | None
    needs_confirmation: bool
    one_for_all: bool


@dataclass(frozen=True)
class OwnRuleInfo:
    """A deadline that a coordinator has made: its rhythm as stored."""

    id: int
    area_id: int
    what: str
    every: str
    wording: str
    day: int | None
    month: int | None
    on: date | None


@dataclass(frozen=True)
class Item:
    """One unit's duty in one period; what is due, submitted or reminded of."""

    adopted_id: int
    period: str
    team_id: int


@dataclass(frozen=True)
class Entered:
    """What is noted of an item: that it was submitted, is said to be (claimed), or that nobody has to (waived).

    Attributes:
        at: When it was said.
        person_id: Who said it.
    """

    kind: str
    at: datetime
    person_id: int | None


@dataclass(frozen=True)
class Recipient:
    """Somebody whom a step of an item still has to reach; no address if nothing can reach them."""

    item: Item
    person_id: int
    address: tuple[str, str] | None


@dataclass(frozen=True)
class NotedStep:
    """One step of an item for one person; `dropped` says why it is not sent, None if it is."""

    item: Item
    person_id: int
    name: str
    dropped: str | None = None


# rules


def adopt(session: Session, area_id: int, rule: str, *, person_id: int | None, now: datetime) -> bool:
    """Put a rule in force for an area; False if it already was."""
    row = session.scalar(select(AdoptedRule).where(AdoptedRule.area_id == area_id, AdoptedRule.rule == rule))
    if row is None:
        session.add(AdoptedRule(area_id=area_id, rule=rule, adopted_by=person_id, adopted_at=now))
        session.flush()
        return True
    if row.ended_at is None:
        return False
    row.ended_at, row.adopted_at, row.adopted_by = None, now, person_id  # what fell due in between is nobody's duty
    return True


def adopted(session: Session, area_ids: Collection[int] | None = None) -> list[Adopted]:
    """Return the rules in force, of some areas or all, oldest first."""
    query = _in_force()
    if area_ids is not None:
        query = query.where(AdoptedRule.area_id.in_(area_ids))
    return [_adopted(*row) for row in session.execute(query.order_by(AdoptedRule.id))]


def adopted_one(session: Session, adopted_id: int) -> Adopted | None:
    """Return a rule in force by an id that came from outside; None if there is none."""
    row = session.execute(_in_force().where(AdoptedRule.id == adopted_id)).first()
    return None if row is None else _adopted(*row)


def adopted_as(session: Session, area_id: int, rule: str) -> Adopted | None:
    """Return a rule in force for an area by its name."""
    query = _in_force().where(AdoptedRule.area_id == area_id, AdoptedRule.rule == rule)
    row = session.execute(query).first()
    return None if row is None else _adopted(*row)


def change(
    session: Session,
    adopted_id: int,
    *,
    unit_kind: str | None = None,
    addressee: str | None = None,
    needs_confirmation: bool | None = None,
    one_for_all: bool | None = None,
) -> None:
    """Change how a rule is kept in an area; what is None stays."""
    values = {
        "unit_kind": unit_kind,
        "addressee": addressee,
        "needs_confirmation": needs_confirmation,
        "one_for_all": one_for_all,
    }
    given = {name: value for name, value in values.items() if value is not None}
    session.execute(update(AdoptedRule).where(AdoptedRule.id == adopted_id).values(**given))


def end(session: Session, adopted_id: int, now: datetime) -> None:
    """Put a rule out of force; what was submitted under it stays."""
    session.execute(update(AdoptedRule).where(AdoptedRule.id == adopted_id).values(ended_at=now))


def add_own_rule(
    session: Session,
    area_id: int,
    *,
    what: str,
    every: str,
    wording: str,
    day: int | None,
    month: int | None,
    on: date | None,
    person_id: int,
    now: datetime,
) -> int:
    """Keep a rule that a coordinator has made, and return its number; it fires once it is adopted."""
    row = OwnRule(
        area_id=area_id,
        what=what,
        every=every,
        wording=wording,
        day=day,
        month=month,
        on=on,
        created_by=person_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def own_rules(session: Session, ids: Collection[int]) -> dict[int, OwnRuleInfo]:
    """Return own rules by number."""
    return {
        row.id: OwnRuleInfo(row.id, row.area_id, row.what, row.every, row.wording, row.day, row.month, row.on)
        for some in chunks(ids)
        for row in session.scalars(select(OwnRule).where(OwnRule.id.in_(some)))
    }


def _in_force() -> Select[AdoptedRule, str]:
    return select(AdoptedRule, Area.name).join(Area).where(AdoptedRule.ended_at.is_(None))


def _adopted(row: AdoptedRule, area_name: str) -> Adopted:
    return Adopted(
        row.id,
        row.area_id,
        area_name,
        row.rule,
        row.adopted_at,
        row.unit_kind,
        row.addressee,
        row.needs_confirmation,
        row.one_for_all,
    )


# units and what they have handed in


def units(session: Session, area_ids: Collection[int]) -> dict[tuple[int, str], list[TeamInfo]]:
    """Return the units of some communes that exist today, by commune and kind."""
    found: dict[tuple[int, str], list[TeamInfo]] = {}
    for some in chunks(area_ids):
        query = select(Team).where(Team.area_id.in_(some), Team.closed_at.is_(None)).order_by(Team.id)
        for row in session.scalars(query):
            unit = TeamInfo(row.id, row.name, row.area_id, row.village, row.kind, row.code)
            found.setdefault((row.area_id, row.kind), []).append(unit)
    return found


def units_by_id(session: Session, ids: Collection[int]) -> dict[int, TeamInfo]:
    """Return units by id."""
    return {
        row.id: TeamInfo(row.id, row.name, row.area_id, row.village, row.kind, row.code)
        for some in chunks(ids)
        for row in session.scalars(select(Team).where(Team.id.in_(some)))
    }


def enter(
    session: Session, item: Item, team_ids: Collection[int], *, kind: str, person_id: int | None, now: datetime
) -> bool:
    """Note that an item is submitted, claimed or waived, for all units that it stands for.

    Returns:
        False, and nothing is changed, if something was noted of the item itself already.
    """
    new = insert_new(session, Submission, **_submission(item, kind, person_id, now))
    if new:
        others = [Item(item.adopted_id, item.period, team_id) for team_id in team_ids if team_id != item.team_id]
        insert_new_rows(session, Submission, [_submission(other, kind, person_id, now) for other in others])
    return new


def confirm(session: Session, items: Collection[Item], *, person_id: int, now: datetime) -> bool:
    """Let a claim count as a submission, with the time at which it was made; False if there is none."""
    done = session.execute(
        update(Submission)
        .where(_any_of(items), Submission.kind == "claimed")
        .values(kind="submitted", confirmed_by=person_id, confirmed_at=now)
        .returning(Submission.id)
    )
    return done.first() is not None


def withdraw(session: Session, items: Collection[Item], kind: str) -> bool:
    """Take back what was noted as claimed or waived; False if nothing was."""
    gone = session.execute(delete(Submission).where(_any_of(items), Submission.kind == kind).returning(Submission.id))
    return gone.first() is not None


def entered(session: Session, adopted_ids: Collection[int], periods: Collection[str]) -> dict[Item, Entered]:
    """Return what is noted of the items of some rules in some periods."""
    found: dict[Item, Entered] = {}
    for some in chunks(adopted_ids):
        query = select(Submission).where(Submission.adopted_id.in_(some), Submission.period.in_(periods))
        for row in session.scalars(query.order_by(Submission.id)):
            item = Item(row.adopted_id, row.period, row.team_id)
            found[item] = Entered(row.kind, row.submitted_at, row.person_id)
    return found


def _submission(item: Item, kind: str, person_id: int | None, now: datetime) -> dict[str, object]:
    return {**item.__dict__, "kind": kind, "person_id": person_id, "submitted_at": now}


def _any_of(items: Collection[Item]) -> ColumnElement[bool]:
    """Tell which submissions are of some items of one rule and period."""
    first = next(iter(items))
    return and_(
        Submission.adopted_id == first.adopted_id,
        Submission.period == first.period,
        Submission.team_id.in_([item.team_id for item in items]),
    )


# reminders


def members_without(
    session: Session, adopted_ids: Collection[int], period: str, step: str, now: datetime
) -> list[Recipient]:
    """Return who must hand in and has not, wants reminders, and has had nothing yet at a step.

    One query for all units of the rules: the scheduler asks every half minute, and mostly nobody is left.
    """
    latest, person = aliased(Account), aliased(Person)  # `running` asks for Person itself
    account = (
        select(latest.id)
        .where(latest.person_id == Membership.person_id, latest.unreachable_at.is_(None))
        .order_by(latest.last_seen_at.desc(), latest.id.desc())
        .limit(1)
        .correlate(Membership)
        .scalar_subquery()
    )
    had = (
        select(Reminder.id)
        .where(
            Reminder.adopted_id == AdoptedRule.id,
            Reminder.period == period,
            Reminder.team_id == Team.id,
            Reminder.person_id == Membership.person_id,
            Reminder.step == step,
        )
        .correlate(AdoptedRule, Team, Membership)
        # The offset keeps PostgreSQL from joining all members with all reminders, which it does as long as it has not
        # counted the thousands that the tick before has just written.
        .limit(1)
        .offset(0)
        .exists()
    )
    found: dict[tuple[Item, int], Recipient] = {}
    for some in chunks(adopted_ids):
        query = (
            select(AdoptedRule.id, Team.id, Membership.person_id, Account.channel, Account.address)
            .select_from(AdoptedRule)
            .join(Team, and_(Team.area_id == AdoptedRule.area_id, Team.kind == AdoptedRule.unit_kind))
            .join(Membership, Membership.team_id == Team.id)
            .join(person, person.id == Membership.person_id)
            .outerjoin(Account, Account.id == account)
            .where(
                AdoptedRule.id.in_(some),
                Team.closed_at.is_(None),
                Membership.role.in_(("member", "leader")),
                person.muted_at.is_(None),
                running(now),
                ~had,
                ~_is_settled(period),
            )
            .order_by(AdoptedRule.id, Team.id, Membership.id)
        )
        for adopted_id, team_id, person_id, channel, address in session.execute(query):
            item = Item(adopted_id, period, team_id)  # who is member and leader of a unit has two memberships
            found[item, person_id] = Recipient(item, person_id, None if channel is None else (channel, address))
    return list(found.values())


def open_items(session: Session, adopted_ids: Collection[int], period: str) -> list[Item]:
    """Return the items of some rules in a period of which nothing is noted."""
    found = []
    for some in chunks(adopted_ids):
        query = (
            select(AdoptedRule.id, Team.id)
            .select_from(AdoptedRule)
            .join(Team, and_(Team.area_id == AdoptedRule.area_id, Team.kind == AdoptedRule.unit_kind))
            .where(AdoptedRule.id.in_(some), Team.closed_at.is_(None), ~_is_settled(period))
            .order_by(AdoptedRule.id, Team.id)
        )
        found += [Item(adopted_id, period, team_id) for adopted_id, team_id in session.execute(query)]
    return found


def _is_settled(period: str) -> ColumnElement[bool]:
    """Tell whether something is noted of a unit's item, or of any unit's where one report stands for all."""
    return exists().where(
        Submission.adopted_id == AdoptedRule.id,
        Submission.period == period,
        (Submission.team_id == Team.id) | AdoptedRule.one_for_all,
    )


def steps_done(
    session: Session, adopted_ids: Collection[int], period: str, steps: Collection[str]
) -> set[tuple[Item, int, str]]:
    """Return which (item, recipient, step) have been queued or dropped already, of some rules, a period and steps."""
    columns = (Reminder.adopted_id, Reminder.team_id, Reminder.person_id, Reminder.step)
    return {
        (Item(adopted_id, period, team_id), person_id, step)
        for some in chunks(adopted_ids)
        for adopted_id, team_id, person_id, step in session.execute(
            select(*columns).where(Reminder.adopted_id.in_(some), Reminder.period == period, Reminder.step.in_(steps))
        )
    }


def told_of(session: Session, adopted_ids: Collection[int], period: str, *, step: str) -> set[tuple[Item, int]]:
    """Return who has been told of which items of some rules and a period at a step."""
    return {
        (Item(adopted_id, period, team_id), person_id)
        for some in chunks(adopted_ids)
        for adopted_id, team_id, person_id in session.execute(
            select(Reminder.adopted_id, Reminder.team_id, Reminder.person_id).where(
                Reminder.adopted_id.in_(some),
                Reminder.period == period,
                Reminder.step == step,
                Reminder.outbox_id.is_not(None),
            )
        )
    }


def told_since(session: Session, adopted_id: int, period: str, since: datetime, *, but: str) -> set[int]:
    """Return who has been told of some unit's item of a rule and period since a moment, at any step `but` one."""
    query = (
        select(Reminder.person_id)
        .join(Outbox, Outbox.id == Reminder.outbox_id)
        .where(
            Reminder.adopted_id == adopted_id,
            Reminder.period == period,
            Reminder.step != but,
            Outbox.created_at >= since,
        )
    )
    return set(session.scalars(query))


def reachable(session: Session, person_ids: Collection[int]) -> dict[int, tuple[str, str] | None]:
    """Return, of those who want reminders, the address to use, None where nothing can reach them."""
    found: dict[int, tuple[str, str] | None] = {}
    for some in chunks(person_ids):
        wanting = select(Person.id).where(
            Person.id.in_(some), Person.muted_at.is_(None), Person.deactivated_at.is_(None)
        )
        found |= dict.fromkeys(session.scalars(wanting))
        accounts = (
            select(Account.person_id, Account.channel, Account.address)
            .where(Account.person_id.in_(some), Account.unreachable_at.is_(None))
            .order_by(Account.last_seen_at, Account.id)  # the one used last comes last and stays
        )
        for person_id, channel, address in session.execute(accounts):
            if person_id in found:
                found[person_id] = (channel, address)
    return found


def note_steps(session: Session, steps: Sequence[NotedStep], now: datetime) -> dict[NotedStep, int]:
    """Note steps, each once however many ticks run at a time; return the ids of those that were new."""
    rows = [{**step.item.__dict__, "person_id": step.person_id, "step": step.name} for step in steps]
    for row, step in zip(rows, steps, strict=True):
        row |= {"dropped": step.dropped, "created_at": now}
    columns = (Reminder.id, Reminder.adopted_id, Reminder.period, Reminder.team_id, Reminder.person_id, Reminder.step)
    known = {(step.item, step.person_id, step.name): step for step in steps}
    return {
        known[Item(adopted_id, period, team_id), person_id, name]: new
        for new, adopted_id, period, team_id, person_id, name in insert_new_rows(session, Reminder, rows, columns)
    }


def attach(session: Session, carried_by: dict[int, int | None]) -> None:
    """Point steps, by id, to the messages that carry them; a step without one could reach nobody."""
    changed = [
        {"id": reminder_id, "outbox_id": outbox_id, "dropped": "unreachable" if outbox_id is None else None}
        for reminder_id, outbox_id in carried_by.items()
    ]
    if changed:
        session.execute(update(Reminder), changed)


@dataclass(frozen=True)
class Postponed:
    """A step that somebody asked to have later and that has not been sent yet."""

    id: int
    item: Item
    person_id: int
    step: str


def postponed(session: Session, steps: Collection[str]) -> list[Postponed]:
    """Return the noted steps of some names that carry no message yet."""
    rows = session.scalars(
        select(Reminder)
        .where(Reminder.step.in_(steps), Reminder.outbox_id.is_(None), Reminder.dropped.is_(None))
        .order_by(Reminder.id)
    )
    return [Postponed(row.id, Item(row.adopted_id, row.period, row.team_id), row.person_id, row.step) for row in rows]


def drop_step(session: Session, reminder_id: int, why: str) -> None:
    """Note that a step is not sent."""
    session.execute(update(Reminder).where(Reminder.id == reminder_id).values(dropped=why))


def drop_steps(session: Session, reminder_ids: Collection[int], why: str) -> None:
    """Note why steps, by id, are not sent."""
    for some in chunks(reminder_ids):
        session.execute(update(Reminder).where(Reminder.id.in_(some)).values(dropped=why))


# working days


def day_overrides(session: Session) -> list[tuple[date, bool, str | None]]:
    """Return the days that administrators have declared: the day, whether offices work on it, what it is."""
    query = select(DayOverride.day, DayOverride.working, DayOverride.note).order_by(DayOverride.day)
    return list(session.execute(query))


def override_day(
    session: Session, day: date, *, working: bool, note: str | None, person_id: int, now: datetime
) -> None:
    """Declare a day a working day or a day off; the last word counts."""
    session.merge(DayOverride(day=day, working=working, note=note, set_by=person_id, set_at=now))


def forget_override(session: Session, day: date) -> bool:
    """Let the calendar decide on a day again; False if nothing had been declared."""
    return (
        session.execute(delete(DayOverride).where(DayOverride.day == day).returning(DayOverride.day)).first()
        is not None
    )
