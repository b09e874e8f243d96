"""Saves what was written down, changes entries, takes them back, and tells whom it concerns; it asks for no field."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from db import assistance, people
from db.assistance import Logged
from handlers.assistance import asking, changes, companions, doubts, rights
from handlers.assistance.answers import number_in
from handlers.assistance.draft import Draft, Writing
from handlers.message import Button, Reply, Rows
from handlers.reminders.planning import in_quiet_hours
from handlers.rendering import render
from handlers.requests import closing
from handlers.turn import Turn

_UNDO_LASTS = timedelta(days=1)
"""How long the word "hoàn tác" alone takes back the entry written last; its button works longer."""
_NOTICE_USEFUL = timedelta(days=3)


def save(turn: Turn, writing: Writing) -> list[Reply]:
    """Save what is complete and not odd; ask for the rest first."""
    if not asking.is_complete(turn, writing):
        return asking.go_on(turn, writing)
    if writing.entries:
        return _save_changes(turn, writing)
    for position, draft in enumerate(writing.drafts):
        twin = doubts.twin(turn, writing, draft)
        if twin is not None:
            return asking.ask_about_twin(turn, writing, position, twin)
    return _save_new(turn, writing)


def drop(turn: Turn, writing: Writing, position: int) -> list[Reply]:
    """Leave out a session that was saved before, and save the others; who told it went along in that one."""
    helper = writing.person_id or turn.person.id
    twin = doubts.twin(turn, writing, writing.drafts[position])
    joined = twin is not None and helper not in {twin.person_id, *twin.members}
    if twin is not None and joined:
        members = {"members": (*twin.members, helper)}
        assistance.revise(turn.db, twin.id, members, by=turn.person.id, now=turn.now, correction=False)
    rest = writing.without_draft(position)
    if rest.drafts:
        return save(turn, rest)
    return asking.leave(turn, writing, Reply(render("assistance/dropped", joined=joined), after(), replaces=True))


def undo(turn: Turn, arguments: str) -> list[Reply]:
    """Take back what the person wrote down: `last`, or `<first id>-<last id>`."""
    if arguments == "last":
        newest = assistance.last_written(turn.db, turn.person.id)
        recent = newest is not None and turn.now - newest.created_at < _UNDO_LASTS
        written = [newest] if newest is not None and recent else []
    else:
        first, last = (number_in(part) for part in arguments.partition("-")[::2])
        written = assistance.written(turn.db, turn.person.id, first, last)
    periods = [_take_back(turn, entry) for entry in written]
    text = render("assistance/undone", count=len(written), reported=next(filter(None, periods), None))
    return [Reply(text, after(), replaces=bool(written))]


def delete(turn: Turn, entry: Logged) -> list[Reply]:
    """Take back one entry that the person may change."""
    reported = _take_back(turn, entry)
    reply = Reply(render("assistance/deleted", entry=entry, reported=reported), after(), replaces=True)
    if entry.person_id != turn.person.id:
        _tell(turn, entry.person_id, text="deleted", drafts=(Draft.of_entry(entry),), entry_id=entry.id)
    writing = asking.current(turn)
    return [reply] if writing is None or not writing.entries else asking.leave(turn, writing, reply)


def after() -> Rows:
    """Return the buttons under what is finished."""
    return ((Button("Ghi buổi hỗ trợ", "log.begin"), Button("Nhật ký", "log.diary")),)


def _save_new(turn: Turn, writing: Writing) -> list[Reply]:
    ids = [_add(turn, writing, draft) for draft in writing.drafts]
    text = render(
        "assistance/saved",
        drafts=writing.drafts,
        topics=turn.answerer.knowledge.topics,
        names=companions.names_of(turn, *writing.drafts),
        person=None if writing.person_id is None else people.label(turn.db, writing.person_id),
    )
    if writing.request_id is not None:
        closing.close(turn, writing.request_id, ids[-1])
    if writing.person_id is not None:
        _tell(turn, writing.person_id, text="saved", drafts=writing.drafts, entry_id=ids[-1])
    rows = (
        (Button("Hoàn tác", f"log.undo:{ids[0]}-{ids[-1]}"),),
        (Button("Ghi tiếp", f"log.more:{ids[-1]}"), Button("Như lần trước", f"log.again:{ids[-1]}")),
        (Button("Nhật ký", "log.diary"),),
    )
    return asking.leave(turn, writing, Reply(text, rows, replaces=True))


def _add(turn: Turn, writing: Writing, draft: Draft) -> int:
    team_id, area_id = rights.unit_of(turn, writing.person_id)
    if draft.held_on is None or draft.people is None or draft.outcome is None:
        raise ValueError("only what is complete is saved")
    return assistance.add(
        turn.db,
        person_id=writing.person_id or turn.person.id,
        logged_by=None if writing.person_id is None else turn.person.id,
        team_id=team_id,
        area_id=area_id,
        held_on=draft.held_on,
        people=draft.people,
        topics=draft.topics,
        place=draft.place,
        outcome=draft.outcome,
        note=draft.note,
        minutes=draft.minutes,
        members=draft.members,
        origin=writing.origin,
        late=rights.report_with(turn, team_id, area_id, draft.held_on) is not None,
        now=turn.now,
        demo=turn.person.demo,
    )


def _save_changes(turn: Turn, writing: Writing) -> list[Reply]:
    """Write each change with its revision; what was handed in already is corrected."""
    items = changes.compared(turn, writing)
    if not items:
        return asking.leave(turn, writing, Reply(render("assistance/kept"), after(), replaces=True))
    touched = [item.entry for item in items if item.entry is not None]
    if any(rights.changeable(turn, entry.id) is None for entry in touched):
        return asking.leave(turn, writing, Reply(render("assistance/not_yours"), replaces=True))
    newest = assistance.last_revision(turn.db, writing.entries)
    if newest != writing.seen:  # from another phone, or by the leader: what was shown is not what would change
        return [Reply(render("assistance/meanwhile")), *asking.go_on(turn, replace(writing, seen=newest))]
    reported = changes.reported(turn, items)
    for item in items:
        if item.entry is None and item.draft is not None:
            _add(turn, writing, item.draft)
        elif item.entry is not None and item.draft is None:
            _take_back(turn, item.entry)
        elif item.entry is not None and item.draft is not None:
            days = [item.entry.held_on, *([item.draft.held_on] if item.draft.held_on else [])]
            corrects = rights.report_with(turn, item.entry.team_id, item.entry.area_id, *days) is not None
            values = changes.values_of(item.draft)
            assistance.revise(turn.db, item.entry.id, values, by=turn.person.id, now=turn.now, correction=corrects)
    for owner in {entry.person_id for entry in touched} - {turn.person.id}:
        _tell(turn, owner, text="changed", drafts=(), entry_id=touched[-1].id)
    text = render("assistance/revised", reported=reported)
    return asking.leave(turn, writing, Reply(text, after(), replaces=True))


def _take_back(turn: Turn, entry: Logged) -> str | None:
    """Take an entry back; return the period whose report had it already, None if none had."""
    reported = rights.report_with(turn, entry.team_id, entry.area_id, entry.held_on)
    assistance.take_back(turn.db, entry.id, by=turn.person.id, now=turn.now, correction=reported is not None)
    return reported


def _tell(turn: Turn, person_id: int, *, text: str, drafts: tuple[Draft, ...], entry_id: int) -> None:
    """Tell a member what somebody else wrote in their name, unless they want to hear nothing; not at night."""
    if people.person_info(turn.db, person_id, turn.now).muted:
        return
    told = render(
        "assistance/told",
        what=text,
        writer=people.label(turn.db, turn.person.id),
        drafts=drafts,
        topics=turn.answerer.knowledge.topics,
        names=companions.names_of(turn, *drafts),
    )
    see = () if text == "deleted" else (Button("Xem buổi này", f"log.open:{entry_id}"),)
    turn.send(
        person_id,
        Reply(told, ((*see, Button("Nhật ký", "log.diary")),)),
        kind="notice",
        not_before=_awake(turn),
        useful_until=turn.now + _NOTICE_USEFUL,
    )


def _awake(turn: Turn) -> datetime | None:
    """Return when the quiet hours end, None outside of them."""
    if not in_quiet_hours(turn.now, turn.rules):
        return None
    morning = turn.local(turn.today, turn.rules.quiet_to)
    return morning if morning > turn.now else morning + timedelta(days=1)
