"""The scheduler's part: queues every reminder that is due, once; running it twice or late repeats nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import people, reminders
from db.reminders import Adopted, Item, Recipient
from handlers.message import Button, Reply, Rows
from handlers.reminders import out_of_window
from handlers.reminders.items import Due, in_one_period, key_of, occurrences_of, of_units, rules_by_name
from handlers.reminders.planning import (
    LAST_STEP_USEFUL,
    Step,
    coordinator_steps,
    in_quiet_hours,
    newest_due,
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
    role: str
    dues: tuple[Due, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """A step to tell one person of, in one message with others; `overtaken` are the earlier ones that are not sent."""

    due: Due
    recipient: Recipient
    role: str
    step: Step
    overtaken: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Claimed:
    """A planned step that this tick has noted, and nobody else."""

    reminder_id: int
    planned: Planned


def remind(turn: Turn) -> list[Sent]:
    """Queue all reminders that are due now: one digest a person, for each step once."""
    if in_quiet_hours(turn.now, turn.rules):
        return []
    return send(turn, plan(turn), again=_postponed(turn))


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
    """Return the newest step for each recipient who has not had it; a step too late for anybody is noted as dropped."""
    newest, missed = newest_due(steps(occurrence, turn.rules), turn.now)
    last = newest or (missed[-1] if missed else None)
    if last is None:
        return []
    left = recipients(turn, areas, occurrence.period, last.name)
    if not left:
        return []
    earlier = [step.name for step in missed]
    had = reminders.steps_done(turn.db, {one.item.adopted_id for one in left}, occurrence.period, earlier)
    overtaken = [(one, tuple(name for name in earlier if (one.item, one.person_id, name) not in had)) for one in left]
    if newest is None:
        too_late = [
            reminders.NotedStep(one.item, one.person_id, name, "too late") for one, names in overtaken for name in names
        ]
        reminders.note_steps(turn.db, too_late, turn.now)
        return []
    dues = _dues_of(turn, occurrence, areas, [one.item for one in left])
    return [Planned(dues[one.item], one, role, newest, names) for one, names in overtaken if one.item in dues]


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
    again: Iterable[_Claimed] = (),
    template: str = "reminders/digest",
    not_before: datetime | None = None,
) -> list[Sent]:
    """Note the steps that this tick is the first to tell of, and queue one message a person about all of theirs.

    Args:
        again: Steps noted earlier that belong into the same messages.
        template: Of the messages, with the role behind it.
    """
    claimed = [*_claim(turn, planned), *again]
    unreachable = {
        one.reminder_id: one.planned.recipient.person_id for one in claimed if one.planned.recipient.address is None
    }
    turn.left_out["unreachable"] += len(set(unreachable.values()))
    reminders.attach(turn.db, dict.fromkeys(unreachable))
    out_of_window.tell(
        turn,
        [
            (one.reminder_id, one.planned.due, one.planned.recipient.person_id)
            for one in claimed
            if one.reminder_id in unreachable
        ],
    )
    digests: dict[tuple[int, str], list[_Claimed]] = defaultdict(list)
    for one in claimed:
        if one.planned.recipient.address is not None:
            digests[one.planned.recipient.person_id, one.planned.role].append(one)
    worded = _Wording(turn, template)
    told = sorted(digests.items(), key=lambda entry: entry[0])
    ids = turn.send_all(
        [worded.message(role, found) for (_, role), found in told], kind="reminder", not_before=not_before
    )
    reminders.attach(
        turn.db, {one.reminder_id: sent for sent, (_, found) in zip(ids, told, strict=True) for one in found}
    )
    return [
        Sent(
            sent,
            person_id,
            role,
            tuple({one.planned.due.item: one.planned.due for one in found}.values()),
            tuple(dict.fromkeys(one.planned.step.name for one in found)),
        )
        for sent, ((person_id, role), found) in zip(ids, told, strict=True)
    ]


def _claim(turn: Turn, planned: Sequence[Planned]) -> list[_Claimed]:
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
    return [_Claimed(reminder_id, of_step[step]) for step, reminder_id in new.items()]


def _postponed(turn: Turn) -> Iterator[_Claimed]:
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
            yield _Claimed(again.id, Planned(due, recipient, "team", step))


class _Wording:
    """Words digests; members of one unit mostly read the same one, which is made once."""

    def __init__(self, turn: Turn, template: str) -> None:
        self._turn = turn
        self._template = template
        self._made: dict[tuple[str, tuple[Item, ...]], Reply] = {}

    def message(self, role: str, claimed: Sequence[_Claimed]) -> Outgoing:
        listed = tuple({one.planned.due.item: one.planned.due for one in claimed}.values())
        key = (role, tuple(due.item for due in listed))
        if key not in self._made:
            self._made[key] = _digest(self._turn, f"{self._template}_{role}", role, listed)
        first = claimed[0].planned.recipient
        if first.address is None:
            raise LookupError("who cannot be reached gets no message")
        until = max(one.planned.step.useful_until for one in claimed)
        return Outgoing(first.person_id, first.address, self._made[key], until)


def _digest(turn: Turn, template: str, role: str, listed: tuple[Due, ...]) -> Reply:
    """Word one message about several items; the buttons are for the first few."""
    text = render(template, dues=listed[:_SHOWN_DUES], more=max(len(listed) - _SHOWN_DUES, 0), today=turn.today)
    if role == "coordinator":
        return Reply(text, ((Button("Hạn báo cáo", "due.list"),),))
    return Reply(text, buttons_for(listed[:_SHOWN_BUTTONS], named=len(listed) > 1))


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
