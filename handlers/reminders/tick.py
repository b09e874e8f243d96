"""The scheduler's part: queues every reminder that is due, once; running it twice or late repeats nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from db import outbox, people, reminders
from db.reminders import Adopted, Item, Recipient
from handlers.message import Button, Reply, Rows
from handlers.reminders import out_of_window
from handlers.reminders.items import Due, in_one_period, key_of, occurrences_of, of_units, rules_by_name
from handlers.reminders.planning import (
    LAST_STEP_USEFUL,
    Step,
    can_wait,
    coordinator_steps,
    has_begun,
    newest_due,
    nudge_name,
    postponed_step,
    postponed_to,
    team_steps,
)
from handlers.rendering import period_name, render
from handlers.turn import Outgoing, Rules, Turn
from knowledge.deadlines import Occurrence

_LOOK_AHEAD = timedelta(days=45)
"""Further than the earliest step, a long holiday before the last day included."""
_SHOWN_BUTTONS = 4
_SHOWN_DUES = 25
"""A coordinator of a large area reads no longer list, and the list of those who have not handed in is a button away."""

_Steps = Callable[[Occurrence, Rules], list[Step]]


@dataclass(frozen=True)
class Sent:
    """A queued reminder: to whom, with which items and step; what `simulate` reports."""

    outbox_id: int
    person_id: int
    dues: tuple[Due, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """A step to tell one person of, in one message with others.

    Attributes:
        overtaken: The earlier steps that are not sent.
        can_wait: Whether nothing is lost if it is told tomorrow, by itself or by the step that follows it.
    """

    due: Due
    recipient: Recipient
    role: str
    step: Step
    overtaken: tuple[str, ...] = ()
    can_wait: bool = False


@dataclass(frozen=True)
class Claimed:
    """A planned step that this tick has noted, and nobody else."""

    reminder_id: int
    planned: Planned

    @property
    def person_id(self) -> int:
        """Who is told."""
        return self.planned.recipient.person_id


def remind(turn: Turn) -> list[Sent]:
    """Queue all reminders that are due now, each step once, in one digest a person and day.

    What comes up later on a day joins the next day's digest. Only what would be too late by then goes out on its own,
    and says that it is an addition.
    """
    if not has_begun(turn.now, turn.rules):
        return []
    planned, again = plan(turn), list(_postponed(turn))
    told = _told_today(turn, {one.recipient.person_id for one in planned} | {one.person_id for one in again})
    now = [one for one in planned if one.recipient.person_id not in told or not one.can_wait]
    return send(turn, now, again=again, told=told, day=turn.today)


def _told_today(turn: Turn, person_ids: Collection[int]) -> set[int]:
    """Return who has had today's digest."""
    keys = {_digest_key(person_id, turn.today): person_id for person_id in person_ids}
    return {keys[key] for key in outbox.known_keys(turn.db, keys)}


def _digest_key(person_id: int, day: date) -> str:
    """Return what makes a person's digest of a day unique, however many processes tick."""
    return f"digest:{person_id}:{day.isoformat()}"


def plan(turn: Turn) -> list[Planned]:
    """Return the steps that are due now and that nobody has been told of; note the ones that came too late."""
    start = turn.today - LAST_STEP_USEFUL - timedelta(days=2)
    adopted = reminders.adopted(turn.db)
    rules = rules_by_name(turn, [rule.rule for rule in adopted])
    same: dict[tuple[str, str], tuple[Occurrence, list[Adopted]]] = {}
    for each in adopted:
        if each.rule in rules:
            for occurrence in occurrences_of(turn, each, rules[each.rule], start, turn.today + _LOOK_AHEAD):
                same.setdefault((each.rule, occurrence.period), (occurrence, []))[1].append(each)
    planned: list[Planned] = []
    for occurrence, areas in same.values():
        # Everybody who is to be told of the same period of the same rule in one go, however many areas there are.
        planned += _plan_role(turn, occurrence, areas, "team", team_steps, _members)
        planned += _plan_role(turn, occurrence, areas, "coordinator", coordinator_steps, _coordinators)
    return planned


def _plan_role(
    turn: Turn,
    occurrence: Occurrence,
    areas: Sequence[Adopted],
    role: str,
    steps: _Steps,
    recipients: Callable[[Turn, Sequence[Adopted], str, str], list[Recipient]],
) -> list[Planned]:
    """Return the newest step for each recipient who has not had it.

    A step too late for anybody is noted as dropped, and one whose item a nudge has told of today already.
    """
    all_steps = steps(occurrence, turn.rules)
    newest, missed = newest_due(all_steps, turn.now)
    last = newest or (missed[-1] if missed else None)
    if last is None:
        return []
    left = recipients(turn, areas, occurrence.period, last.name)
    if not left:
        return []
    earlier = [step.name for step in missed]
    rules_left = {one.item.adopted_id for one in left}
    had = reminders.steps_done(turn.db, rules_left, occurrence.period, earlier)
    overtaken = [(one, tuple(name for name in earlier if (one.item, one.person_id, name) not in had)) for one in left]
    if newest is None:
        too_late = [
            reminders.NotedStep(one.item, one.person_id, name, "too late") for one, names in overtaken for name in names
        ]
        reminders.note_steps(turn.db, too_late, turn.now)
        return []
    nudged = reminders.told_of(turn.db, rules_left, occurrence.period, step=nudge_name(turn.today))
    reminders.note_steps(
        turn.db,
        [
            reminders.NotedStep(one.item, one.person_id, name, "nudged")
            for one, names in overtaken
            for name in (*names, newest.name)
            if (one.item, one.person_id) in nudged
        ],
        turn.now,
    )
    dues = _dues_of(turn, occurrence, areas, [one.item for one in left])
    waits = can_wait(all_steps, occurrence, turn.today, turn.rules)
    return [
        Planned(dues[one.item], one, role, newest, names, waits)
        for one, names in overtaken
        if one.item in dues and (one.item, one.person_id) not in nudged
    ]


def _members(turn: Turn, areas: Sequence[Adopted], period: str, step: str) -> list[Recipient]:
    return reminders.members_without(turn.db, [each.id for each in areas], period, step, turn.now)


def _coordinators(turn: Turn, areas: Sequence[Adopted], period: str, step: str) -> list[Recipient]:
    """Return the coordinators of what is open who have not had a step; one who wants no reminders gets none."""
    ids = [each.id for each in areas]
    open_items = reminders.open_items(turn.db, ids, period)
    if not open_items:
        return []
    area_of = {each.id: each.area_id for each in areas}
    concerned = {area_of[item.adopted_id] for item in open_items}
    of_area = people.answering_for(turn.db, "coordinator", concerned, turn.now)
    had = reminders.steps_done(turn.db, ids, period, [step])
    addresses = reminders.reachable(turn.db, {person for found in of_area.values() for person in found})
    return [
        Recipient(item, person_id, addresses[person_id])
        for item in open_items
        for person_id in of_area[area_of[item.adopted_id]]
        if person_id in addresses and (item, person_id, step) not in had
    ]


def _dues_of(turn: Turn, occurrence: Occurrence, areas: Sequence[Adopted], items: Iterable[Item]) -> dict[Item, Due]:
    units = reminders.units_by_id(turn.db, {item.team_id for item in items})
    by_adopted = {each.id: each for each in areas}
    wanted = {(item.adopted_id, item.team_id) for item in items}
    found: dict[Item, Due] = {}
    for adopted_id, team_id in wanted:
        (due,) = of_units(turn, by_adopted[adopted_id], occurrence, [units[team_id]], {})
        found[due.item] = due
    return found


def send(
    turn: Turn,
    planned: Sequence[Planned],
    *,
    again: Iterable[Claimed] = (),
    template: str = "reminders/digest",
    told: Collection[int] = (),
    day: date | None = None,
    not_before: datetime | None = None,
) -> list[Sent]:
    """Note the steps that this tick is the first to tell of, and queue one message a person about all of theirs.

    Args:
        again: Steps noted earlier that belong into the same messages.
        told: Who has been reminded today already; their message says so.
        day: Whose digests these are: of each day one for each person who is not among `told`; None for what is no
            digest.
    """
    claimed = [*_claim(turn, planned), *again]
    _note_unreachable(turn, [one for one in claimed if one.planned.recipient.address is None])
    of_person: dict[int, list[Claimed]] = defaultdict(list)
    for one in claimed:
        if one.planned.recipient.address is not None:
            of_person[one.person_id].append(one)
    worded = _Wording(turn, template)
    messages = [
        worded.message(
            found,
            told=person_id in told,
            key=None if day is None or person_id in told else _digest_key(person_id, day),
        )
        for person_id, found in sorted(of_person.items())
    ]
    ids = turn.send_all(messages, kind="reminder", not_before=not_before)
    sent = [(outbox_id, of_person[one.person_id]) for outbox_id, one in zip(ids, messages, strict=True)]
    reminders.attach(turn.db, {one.reminder_id: outbox_id for outbox_id, found in sent for one in found})
    return [
        Sent(
            outbox_id,
            found[0].person_id,
            tuple({one.planned.due.item: one.planned.due for one in found}.values()),
            tuple(dict.fromkeys(one.planned.step.name for one in found)),
        )
        for outbox_id, found in sent
    ]


def _note_unreachable(turn: Turn, claimed: Sequence[Claimed]) -> None:
    turn.left_out["unreachable"] += len({one.person_id for one in claimed})
    reminders.attach(turn.db, dict.fromkeys(one.reminder_id for one in claimed))
    out_of_window.tell(turn, [(one.reminder_id, one.planned.due, one.person_id) for one in claimed])


def _claim(turn: Turn, planned: Sequence[Planned]) -> list[Claimed]:
    """Note the planned steps, and those that they overtake; return what no other tick has noted before."""
    of_step = {reminders.NotedStep(one.due.item, one.recipient.person_id, one.step.name): one for one in planned}
    dropped = [
        reminders.NotedStep(one.due.item, one.recipient.person_id, name, "overtaken")
        for one in planned
        for name in one.overtaken
    ]
    reminders.note_steps(turn.db, dropped, turn.now)
    # In one order everywhere: two ticks that note the same steps at a time must not wait for each other.
    ordered = sorted(of_step, key=lambda step: (step.item.adopted_id, step.item.team_id, step.person_id, step.name))
    new = reminders.note_steps(turn.db, ordered, turn.now)
    return [Claimed(reminder_id, of_step[step]) for step, reminder_id in new.items()]


def _postponed(turn: Turn) -> Iterator[Claimed]:
    """Yield the steps that were put off to now, by recipient; drop those that have become pointless."""
    days = [turn.today - timedelta(days=back) for back in range(LAST_STEP_USEFUL.days)]
    waiting = reminders.postponed(turn.db, [postponed_to(day) for day in days])
    if not waiting:
        return
    addresses = reminders.reachable(turn.db, {again.person_id for again in waiting})
    open_dues = {
        due.item: due
        for adopted_id, period in {(again.item.adopted_id, again.item.period) for again in waiting}
        if (adopted := reminders.adopted_one(turn.db, adopted_id)) is not None
        for due in in_one_period(turn, adopted, period)
        if due.entered is None
    }
    for again in waiting:
        step = postponed_step(again.step, turn.rules)
        if turn.now < step.at:
            continue
        due = open_dues.get(again.item)
        if due is None or turn.now >= step.useful_until or again.person_id not in addresses:
            reminders.drop_step(turn.db, again.id, "too late" if due else "submitted")
        else:
            recipient = Recipient(again.item, again.person_id, addresses[again.person_id])
            yield Claimed(again.id, Planned(due, recipient, "team", step))


class _Wording:
    """Words digests; members of one unit mostly read the same one, which is made once."""

    def __init__(self, turn: Turn, template: str) -> None:
        self._turn = turn
        self._template = template
        self._made: dict[object, Reply] = {}

    def message(self, claimed: Sequence[Claimed], *, told: bool, key: str | None) -> Outgoing:
        listed = {
            role: tuple({one.planned.due.item: one.planned.due for one in claimed if one.planned.role == role}.values())
            for role in ("team", "coordinator")
        }
        same = (told, *(tuple(due.item for due in dues) for dues in listed.values()))
        if same not in self._made:
            self._made[same] = _digest(self._turn, self._template, listed["team"], listed["coordinator"], told=told)
        first = claimed[0].planned.recipient
        if first.address is None:
            raise LookupError("who cannot be reached gets no message")
        until = max(one.planned.step.useful_until for one in claimed)
        return Outgoing(first.person_id, first.address, self._made[same], until, key)


def _digest(turn: Turn, template: str, own: tuple[Due, ...], late: tuple[Due, ...], *, told: bool) -> Reply:
    """Word one message about what somebody has to hand in, and what others owe a coordinator.

    The buttons are for the first few.
    """
    text = render(
        template,
        own=own[:_SHOWN_DUES],
        more=max(len(own) - _SHOWN_DUES, 0),
        late=late[:_SHOWN_DUES],
        more_late=max(len(late) - _SHOWN_DUES, 0),
        told=told,
        today=turn.today,
    )
    board = ((Button("Hạn báo cáo", "due.list"),),) if late else ()
    return Reply(text, (*buttons_for(own[:_SHOWN_BUTTONS], named=len(own) > 1), *board))


def buttons_for(listed: Sequence[Due], *, named: bool) -> Rows:
    """Return *Đã nộp*, *Nhắc lại sau*, *Xem căn cứ* for each item; `named` tells them apart by period."""
    rows = []
    for due in listed:
        key = key_of(due)
        suffix = f" {period_name(due.occurrence.period)}" if named else ""
        rows.append(
            (
                Button(f"Đã nộp{suffix}", f"due.submitted:{key}"),
                Button(f"Nhắc lại sau{suffix}", f"due.later:{key}"),
                Button(f"Xem căn cứ{suffix}", f"due.basis:{key}"),
            )
        )
    return tuple(rows)
