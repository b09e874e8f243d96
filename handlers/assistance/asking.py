"""Leads through what is being written: asks for what is missing or odd, then shows everything; it saves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from db import assistance, people
from db.assistance import Logged
from handlers.assistance import changes, companions, doubts, rights
from handlers.assistance.answers import choices
from handlers.assistance.draft import Draft, Writing
from handlers.message import Button, Reply, Rows
from handlers.questions.wording import short
from handlers.rendering import render, weekday
from handlers.turn import Turn

STATE = "log"
_FIELD_BUTTONS = (
    ("topics", "Lĩnh vực"),
    ("people", "Số người"),
    ("place", "Nơi"),
    ("date", "Ngày"),
    ("outcome", "Kết quả"),
    ("minutes", "Thời gian"),
    ("members", "Đi cùng"),
    ("note", "Ghi chú"),
)


def current(turn: Turn, draft_id: str | None = None) -> Writing | None:
    """Return what is being written down in this chat, None if nothing is.

    Args:
        draft_id: Only that of a button; where it was interrupted by something newer, that is left.
    """
    if turn.standing.state != STATE:
        return None
    writing = Writing.from_json(turn.standing.data)
    if draft_id in {None, writing.id}:
        return writing
    interrupted = writing.before
    return interrupted if interrupted is not None and interrupted.id == draft_id else None


def leave(turn: Turn, writing: Writing, reply: Reply) -> list[Reply]:
    """Say a last word, then leave the dialogue, or go back to what was interrupted."""
    if writing.before is None:
        turn.leave()
        return [reply]
    return [reply, *go_on(turn, writing.before, resumed=True)]


def go_on(turn: Turn, writing: Writing, *, first: bool = False, resumed: bool = False, extra: Rows = ()) -> list[Reply]:
    """Ask for the first thing that is missing, then for what is odd; else show everything for confirmation."""
    writing = companions.found(turn, replace(writing, ask=None, doubted=False))
    for position, draft in enumerate(writing.drafts):
        field = _lacking(draft, turn.today)
        if field is not None:
            return _ask(turn, writing, position, field, first=first, resumed=resumed, extra=extra)
    for position, draft in enumerate(writing.drafts):
        field = doubts.first(turn, writing, draft)
        if field is not None:
            return _doubt(turn, writing, position, field)
    if writing.edited or not writing.entries:
        writing = _with_places(turn, writing)
    turn.wait_for(STATE, **writing.as_json())
    return _show_changes(turn, writing) if writing.entries else _show(turn, writing, resumed=resumed)


def is_complete(turn: Turn, writing: Writing) -> bool:
    """Tell whether nothing is left to be asked."""
    return not any(_lacking(draft, turn.today) or doubts.first(turn, writing, draft) for draft in writing.drafts)


def ask_about_twin(turn: Turn, writing: Writing, position: int, twin: Logged) -> list[Reply]:
    """Ask whether a session is the same as one that was saved before."""
    turn.wait_for(STATE, **replace(writing, ask=(position, "twin"), doubted=True).as_json())
    text = render(
        "assistance/twin",
        number=_number(writing, position),
        twin=twin,
        helper=None if twin.person_id == turn.person.id else people.label(turn.db, twin.person_id),
        topics=turn.answerer.knowledge.topics,
        names=companions.names_of(turn, twin),
    )
    anyway, drop = f"log.sure:{writing.id}:{position}:twin", f"log.drop:{writing.id}:{position}"
    return [Reply(text, ((Button("Vẫn ghi", anyway), Button("Bỏ", drop)),))]


def choose_field(turn: Turn, writing: Writing) -> list[Reply]:
    """Ask which field is to be changed."""
    turn.wait_for(STATE, **replace(writing, ask=None, doubted=False).as_json())
    cancel = _cancel(writing)
    return [Reply(render("assistance/choose_field"), (*_field_rows(writing), (cancel,)))]


def _with_places(turn: Turn, writing: Writing) -> Writing:
    """Name the member's own village where no place was said: it is meant, and shown before it is saved."""
    if all(draft.place for draft in writing.drafts):
        return writing
    village = rights.village_of(turn, writing.person_id)
    drafts = (draft if draft.place else replace(draft, place=village) for draft in writing.drafts)
    return replace(writing, drafts=tuple(drafts))


def _lacking(draft: Draft, today: date) -> str | None:
    """Return the first field that must be asked for; a day that has not come yet is asked for again."""
    if draft.missing:
        return draft.missing[0]
    if draft.held_on is not None and draft.held_on > today:
        return "date"
    return "companions" if draft.companions else None


def _ask(
    turn: Turn, writing: Writing, position: int, field: str, *, first: bool, resumed: bool, extra: Rows
) -> list[Reply]:
    draft = writing.drafts[position]
    turn.wait_for(STATE, **replace(writing, ask=(position, field)).as_json())
    text = render(
        "assistance/ask",
        field=field,
        future=draft.held_on if draft.held_on is not None and draft.held_on > turn.today else None,
        companion=draft.companions[0] if draft.companions else None,
        person=_whom(turn, writing),
        number=_number(writing, position),
        first=first,
        resumed=resumed,
    )
    return [Reply(text, (*choices(turn, writing, position, field), *extra, (_cancel(writing),)))]


def _doubt(turn: Turn, writing: Writing, position: int, field: str) -> list[Reply]:
    draft = writing.drafts[position]
    turn.wait_for(STATE, **replace(writing, ask=(position, field), doubted=True).as_json())
    right = {
        "people": f"Đúng, {draft.people} người",
        "date": f"Đúng, {weekday(draft.held_on or turn.today)}",
        "place": f"Đúng, {draft.place}",
    }
    buttons = (
        Button(short(right[field]), f"log.sure:{writing.id}:{position}:{field}"),
        Button("Sửa", f"log.field:{writing.id}:{position}:{field}"),
    )
    text = render("assistance/doubt", field=field, draft=draft, number=_number(writing, position))
    return [Reply(text, (buttons, (_cancel(writing),)))]


def _show(turn: Turn, writing: Writing, *, resumed: bool) -> list[Reply]:
    """Show new sessions before they are saved."""
    days = [draft.held_on for draft in writing.drafts if draft.held_on is not None]
    text = render(
        "assistance/echo",
        drafts=writing.drafts,
        topics=turn.answerer.knowledge.topics,
        names=companions.names_of(turn, *writing.drafts),
        person=_whom(turn, writing),
        reported=rights.report_with(turn, *rights.unit_of(turn, writing.person_id), *days),
        resumed=resumed,
    )
    save, edit = Button("Lưu", f"log.save:{writing.id}"), Button("Sửa", f"log.edit:{writing.id}")
    return [Reply(text, ((save, edit, _cancel(writing)),))]


def _show_changes(turn: Turn, writing: Writing) -> list[Reply]:
    """Show what would change of saved entries, before and after; where nothing does, the entry itself."""
    items = changes.compared(turn, writing)
    if not items and writing.edited:
        return leave(turn, writing, Reply(render("assistance/edited", change="none")))
    if not items:
        return [_opened(turn, writing)]
    text = render(
        "assistance/changed",
        items=items,
        several=max(len(writing.entries), len(writing.drafts)) > 1,
        edited=writing.edited,
        reported=changes.reported(turn, items),
        topics=turn.answerer.knowledge.topics,
        names=companions.names_of(turn, *writing.drafts),
    )
    save, keep = f"log.save:{writing.id}", Button("Giữ như cũ", f"log.cancel:{writing.id}")
    if writing.edited:
        return [Reply(text, ((Button("Sửa theo tin mới", save), keep),))]
    buttons = (Button("Lưu", save), Button("Sửa tiếp", f"log.edit:{writing.id}"), keep)
    return [Reply(text, (buttons, (Button("Ghi thành buổi mới", f"log.new:{writing.id}"),)))]


def _opened(turn: Turn, writing: Writing) -> Reply:
    """Show one saved entry, with a button for each thing that can be done to it."""
    (entry_id,) = writing.entries
    entry = assistance.entry(turn.db, entry_id)
    if entry is None:
        raise LookupError("an entry is never deleted")
    text = render(
        "assistance/opened",
        entry=entry,
        helper=people.label(turn.db, entry.person_id),
        writer=None if entry.logged_by is None else people.label(turn.db, entry.logged_by),
        topics=turn.answerer.knowledge.topics,
        names=companions.names_of(turn, entry),
    )
    delete = (Button("Xoá buổi này", f"log.delete:{entry.id}"), Button("Xem lịch sử", f"log.history:{entry.id}"))
    return Reply(text, (*_field_rows(writing), delete, (Button("Thôi", f"log.cancel:{writing.id}"),)))


def _field_rows(writing: Writing) -> Rows:
    """Return a button for each field of each draft."""
    rows: Rows = ()
    for position in range(len(writing.drafts)):
        prefix = f"Buổi {position + 1}: " if len(writing.drafts) > 1 else ""
        buttons = tuple(
            Button(f"{prefix}{label}", f"log.field:{writing.id}:{position}:{field}") for field, label in _FIELD_BUTTONS
        )
        rows = (*rows, buttons[:3], buttons[3:5], buttons[5:])
    return rows


def _cancel(writing: Writing) -> Button:
    return Button("Huỷ", f"log.cancel:{writing.id}")


def _number(writing: Writing, position: int) -> int | None:
    return position + 1 if len(writing.drafts) > 1 else None


def _whom(turn: Turn, writing: Writing) -> str | None:
    """Return the name of the member for whom somebody else writes."""
    return None if writing.person_id is None else people.label(turn.db, writing.person_id)
