"""Handles saved entries: opened, changed by a sentence, by an edited message, deleted, with their history."""

from __future__ import annotations

from dataclasses import replace

from db import areas, assistance, people
from db.assistance import Logged
from handlers.assistance import asking, changes, rights, saving
from handlers.assistance.draft import Draft, Writing
from handlers.message import Button, Incoming, Reply
from handlers.rendering import ZONE, render
from handlers.turn import Turn
from knowledge.log_sentence import LogEntry, parse
from knowledge.vietnamese import fold, words

_TODAY = frozenset(("nay", "hnay"))
"""Words with which a sentence says that it means today."""


def origin_of(incoming: Incoming) -> str | None:
    """Return what an entry keeps of the message that it came from, None where a message cannot be told again."""
    if incoming.message_ref is None or incoming.button is not None:
        return None
    return f"{incoming.chat.channel}:{incoming.chat.chat}:{incoming.message_ref}"


def open_entry(turn: Turn, entry_id: int) -> list[Reply]:
    """Show an entry and what can be done to it; what is being written meanwhile waits."""
    entry = rights.changeable(turn, entry_id)
    if entry is None:
        return [Reply(render("assistance/not_yours"))]
    return asking.go_on(turn, _change_of(turn, [entry], Draft.of_entry(entry)))


def change_by_sentence(turn: Turn, writing: Writing, told: LogEntry, text: str) -> list[Reply]:
    """Take a sentence for the entry that is open: what it does not say stays as it is."""
    entry = assistance.entry(turn.db, writing.entries[0])
    if entry is None:
        raise LookupError("an entry is never deleted")
    draft = Draft.understood(told)
    keeps_day = draft.held_on == turn.today and not _TODAY & set(words(fold(text)))
    draft = replace(
        draft,
        held_on=entry.held_on if keeps_day else draft.held_on,
        place=draft.place or entry.place,
        minutes=draft.minutes or entry.minutes,
        note=draft.note or (entry.note if draft.outcome == entry.outcome else None),
        members=entry.members,
    )
    return asking.go_on(turn, replace(writing, drafts=(draft,)))


def as_new(turn: Turn, writing: Writing) -> list[Reply]:
    """Take what was meant to change an entry for a new session instead."""
    return asking.go_on(turn, replace(writing, entries=(), edited=False))


def edited(turn: Turn, origin: str | None, text: str) -> list[Reply] | None:
    """Offer the correction after a message was edited that had become entries; None if it had not.

    Args:
        text: What it says now, masked; its days are counted from the day on which it was written.
    """
    entries = [] if origin is None else assistance.of_message(turn.db, origin)
    if not entries or any(rights.changeable(turn, entry.id) is None for entry in entries):
        return None
    written_on = entries[0].created_at.astimezone(ZONE).date()
    log = parse(text, written_on, villages=areas.villages(turn.db, entries[0].area_id))
    if not log.is_log:
        gone = Button("Xoá buổi đã ghi", f"log.undo:{entries[0].id}-{entries[-1].id}")
        return [Reply(render("assistance/edited", change="gone"), ((gone, Button("Giữ như cũ", "log.keep")),))]
    drafts = [Draft.understood(entry) for entry in log.entries]
    return asking.go_on(turn, replace(_change_of(turn, entries, *drafts), edited=True, origin=origin))


def confirm_delete(turn: Turn, entry_id: int) -> list[Reply]:
    """Ask before an entry is deleted."""
    entry = rights.changeable(turn, entry_id)
    if entry is None:
        return [Reply(render("assistance/not_yours"))]
    reported = rights.report_with(turn, entry.team_id, entry.area_id, entry.held_on)
    text = render("assistance/confirm_delete", entry=entry, reported=reported)
    return [Reply(text, ((Button("Xoá", f"log.remove:{entry.id}"), Button("Giữ như cũ", "log.keep")),))]


def delete(turn: Turn, entry_id: int) -> list[Reply]:
    """Delete an entry: it counts no longer."""
    entry = rights.changeable(turn, entry_id)
    return [Reply(render("assistance/not_yours"))] if entry is None else saving.delete(turn, entry)


def keep(turn: Turn) -> list[Reply]:
    """Leave an entry as it is."""
    reply = Reply(render("assistance/kept"), saving.after(), replaces=True)
    writing = asking.current(turn)
    return [reply] if writing is None or not writing.entries else asking.leave(turn, writing, reply)


def show_history(turn: Turn, entry_id: int) -> list[Reply]:
    """Show who wrote an entry, and who changed what of it when."""
    entry = assistance.entry(turn.db, entry_id)
    if entry is None or not rights.may_change(turn, entry):
        return [Reply(render("assistance/not_yours"))]
    revisions = [
        (revision, people.label(turn.db, revision.changed_by), changes.told(turn, revision))
        for revision in assistance.history(turn.db, entry.id)
    ]
    text = render(
        "assistance/history",
        entry=entry,
        writer=people.label(turn.db, entry.logged_by or entry.person_id),
        revisions=revisions,
        topics=turn.answerer.knowledge.topics,
    )
    return [Reply(text)]


def _change_of(turn: Turn, entries: list[Logged], *drafts: Draft) -> Writing:
    """Begin to change entries; new sessions that wait to be saved are gone back to afterwards."""
    waiting = asking.current(turn)
    if waiting is not None and waiting.entries:
        waiting = waiting.before
    owner = entries[0].person_id
    return Writing.begun(
        *drafts,
        entries=tuple(entry.id for entry in entries),
        seen=assistance.last_revision(turn.db, [entry.id for entry in entries]),
        person_id=None if owner == turn.person.id else owner,
        interrupted=None if waiting is None else waiting.as_json(),
    )
