"""The scheduler's part: queues every reminder that is due, once; running it twice or late repeats nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from db import people, reminders
from handlers.message import Button, Reply
from handlers.reminders.items import Due, dues
from handlers.reminders.planning import (
    LAST_STEP_USEFUL,
    POSTPONED,
    Step,
    coordinator_steps,
    in_quiet_hours,
    newest_due,
    postponed_step,
    team_steps,
)
from handlers.rendering import period_name, render
from handlers.turn import Turn

_LOOK_AHEAD = timedelta(days=45)
"""Further than the earliest step, a long holiday before the last day included."""
_SHOWN_BUTTONS = 4


@dataclass(frozen=True)
class Sent:
    """A queued reminder: to whom, with which items and step; what `simulate` reports."""

    outbox_id: int
    person_id: int
    role: str
    dues: tuple[Due, ...]
    steps: tuple[str, ...]


@dataclass(frozen=True)
class _Claimed:
    """A step that this tick has claimed, to be told in one message."""

    reminder_id: int
    due: Due
    step: Step


def remind(turn: Turn) -> list[Sent]:
    """Queue all reminders that are due now: one digest a person, for each step once."""
    if in_quiet_hours(turn.now, turn.rules):
        return []
    start = turn.today - LAST_STEP_USEFUL - timedelta(days=2)
    open_dues = [due for due in dues(turn, start, turn.today + _LOOK_AHEAD) if due.submitted_at is None]
    had: dict[tuple[reminders.Item, int], set[str]] = defaultdict(set)
    for item, person_id, step in reminders.steps_done(turn.db, [due.item for due in open_dues]):
        had[item, person_id].add(step)
    members = people.team_members(turn.db, [due.team.id for due in open_dues])
    digests: dict[tuple[int, str], list[_Claimed]] = defaultdict(list)
    for due in open_dues:
        coordinators = people.people_with(turn.db, "coordinator", area_id=due.adopted.area_id)
        for role, recipients, steps in (
            ("team", members[due.team.id], team_steps(due.occurrence, turn.rules)),
            ("coordinator", coordinators, coordinator_steps(due.occurrence, turn.rules)),
        ):
            for person_id in recipients:
                claimed = _claim_newest(turn, due, person_id, steps, had[due.item, person_id])
                if claimed is not None:
                    digests[person_id, role].append(claimed)
    for person_id, again in _postponed(turn, {due.item: due for due in open_dues}):
        digests[person_id, "team"].append(again)
    return [
        sent
        for (person_id, role), claimed in sorted(digests.items(), key=lambda entry: entry[0])
        if (sent := _send(turn, person_id, role, claimed)) is not None
    ]


def _claim_newest(turn: Turn, due: Due, person_id: int, steps: list[Step], had: set[str]) -> _Claimed | None:
    """Claim the step to send now, if any; note the steps that it overtakes, or that came too late.

    A person who wants no reminders gets no step, and none is noted: they may want them again.
    """
    newest, missed = newest_due(steps, turn.now)
    open_steps = [step for step in missed if step.name not in had]
    if newest is not None and newest.name in had:
        newest = None
    if (newest is None and not open_steps) or people.person_info(turn.db, person_id).muted:
        return None
    for step in open_steps:
        why = "too late" if newest is None else "overtaken"
        reminders.claim_step(turn.db, due.item, person_id, step.name, now=turn.now, dropped=why)
    if newest is None:
        return None
    reminder_id = reminders.claim_step(turn.db, due.item, person_id, newest.name, now=turn.now)
    return None if reminder_id is None else _Claimed(reminder_id, due, newest)


def _postponed(turn: Turn, open_dues: Mapping[reminders.Item, Due]) -> Iterator[tuple[int, _Claimed]]:
    """Yield the steps that were put off to now, by recipient; drop those that have become pointless."""
    for again in reminders.postponed(turn.db, POSTPONED):
        step = postponed_step(again.step, turn.rules)
        due = open_dues.get(again.item)
        if turn.now < step.at:
            continue
        if due is None or turn.now >= step.useful_until or people.person_info(turn.db, again.person_id).muted:
            reminders.drop_step(turn.db, again.id, "too late" if due else "submitted")
        else:
            yield again.person_id, _Claimed(again.id, due, step)


def _send(turn: Turn, person_id: int, role: str, claimed: list[_Claimed]) -> Sent | None:
    """Queue one message about everything that was claimed for a person."""
    listed = tuple({one.due.item: one.due for one in claimed}.values())
    outbox_id = turn.send(
        person_id,
        _digest(turn, role, listed),
        kind="reminder",
        useful_until=max(one.step.useful_until for one in claimed),
    )
    reminders.attach(turn.db, [one.reminder_id for one in claimed], outbox_id)
    if outbox_id is None:
        return None
    return Sent(outbox_id, person_id, role, listed, tuple(dict.fromkeys(one.step.name for one in claimed)))


def _digest(turn: Turn, role: str, listed: tuple[Due, ...]) -> Reply:
    """Word one message about several items; the buttons are for the first few."""
    text = render(f"reminders/digest_{role}", dues=listed, today=turn.today)
    if role == "coordinator":
        return Reply(text, ((Button("Hạn báo cáo", "due.list"),),))
    return Reply(text, buttons_for(listed[:_SHOWN_BUTTONS], named=len(listed) > 1))


def buttons_for(listed: tuple[Due, ...] | list[Due], *, named: bool) -> tuple[tuple[Button, ...], ...]:
    """Return *Đã nộp*, *Nhắc lại sau*, *Xem căn cứ* for each item; `named` tells them apart by period."""
    rows = []
    for due in listed:
        key = f"{due.adopted.id}:{due.occurrence.period}:{due.team.id}"
        suffix = f" {period_name(due.occurrence.period)}" if named else ""
        rows.append(
            (
                Button(f"Đã nộp{suffix}", f"due.submitted:{key}"),
                Button(f"Nhắc lại sau{suffix}", f"due.later:{key}"),
                Button(f"Xem căn cứ{suffix}", f"due.basis:{key}"),
            )
        )
    return tuple(rows)
