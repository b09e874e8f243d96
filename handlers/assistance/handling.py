"""Handles the log in conversation: says which message and which button goes to which part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from db import areas
from handlers.assistance import answers, asking, diary, drafting, editing, for_others, rights, saving
from handlers.assistance.draft import CHANGEABLE, Writing
from handlers.message import Incoming, Reply
from handlers.people import consent
from handlers.questions import handling as questions
from handlers.questions import wording
from handlers.rendering import render
from handlers.turn import Turn, is_clear_question
from knowledge.log_answers import answered_yes
from knowledge.log_sentence import parse
from knowledge.masking import mask
from knowledge.vietnamese import fold

STATE = asking.STATE
_SAVES = frozenset(("luu", "luu lai", "luu di", "luu nhe", "luu giup toi"))
"""Also where the buttons shown last are another answer's."""
_ANSWER_WORDS = 6
"""A report of more words is a new one, not the answer to what was asked: "3 bà cài vneid" may be either."""


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Begin a guided entry, or take the sentence behind the command."""
    if for_others.is_meant(incoming.text):
        return for_others.begin(incoming, turn)
    if not rights.may_log(turn):
        return [Reply(render("assistance/members_only"))]
    said = _said(incoming) if incoming.text.startswith("/") else ""
    if not turn.person.consented:
        return consent.ask(turn, sentence=mask(said).text or None)
    if not said:
        return drafting.guide(turn)
    turn.read(said)
    if turn.reading is not None and turn.reading.log.is_log:
        return drafting.take(turn, turn.reading.log.entries, origin=editing.origin_of(incoming))
    return [Reply(render("assistance/no_session")), *drafting.guide(turn)]


def take_sentence(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text that reads like a report of help given."""
    reading = turn.reading
    if reading is None or not rights.may_log(turn):
        return [Reply(render("assistance/members_only"))]
    if not turn.person.consented:
        return consent.ask(turn, sentence=reading.masked.text)
    as_question = reading.as_question.entry if reading.could_be_question else None
    return drafting.take(turn, reading.log.entries, origin=editing.origin_of(incoming), as_question=as_question)


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text in the middle of logging: the value asked for, a new sentence, or a question in between."""
    writing, reading = asking.current(turn), turn.reading
    if writing is None:
        raise LookupError("only called in the dialogue")
    if reading is None:
        return [Reply(render("common/nothing_to_read")), *asking.go_on(turn, writing)]
    text = reading.masked.text.strip()
    if writing.ask is None and (answered_yes(text) or fold(text).strip(" .!") in _SAVES):
        return saving.save(turn, writing)
    if not reading.log.is_question and not (reading.log.is_log and len(text.split()) > _ANSWER_WORDS):
        answered = answers.typed(turn, writing, text) or answers.corrected(turn, writing, text)
        if answered is not None:
            return asking.go_on(turn, answered)
    if reading.log.is_log:
        told = reading.log.entries
        if len(writing.entries) == len(told) == 1 and not writing.edited:
            return editing.change_by_sentence(turn, writing, told[0], text)
        return drafting.take(turn, told, origin=editing.origin_of(incoming), person_id=writing.person_id)
    if is_clear_question(reading):
        answer = wording.word(reading.decision, turn.answerer, lambda: turn.calendar, turn.today).reply
        return [answer, *asking.go_on(turn, writing, resumed=True)]
    return [Reply(render("assistance/not_understood", field=writing.ask)), *asking.go_on(turn, writing)]


def take_edited(incoming: Incoming, turn: Turn) -> list[Reply] | None:
    """Take an edited message: offer the correction of what it had become; None if it had become nothing."""
    if not rights.may_log(turn):
        return None
    origin, writing = editing.origin_of(incoming), asking.current(turn)
    said = for_others.sentence_of(incoming, turn) if for_others.is_meant(incoming.text) else _said(incoming)
    text = mask(said).text
    if origin is not None and writing is not None and writing.origin == origin and not writing.entries:
        _, area_id = rights.unit_of(turn, writing.person_id)
        log = parse(text, turn.today, villages=areas.villages(turn.db, area_id))
        if log.is_log:
            return drafting.take(turn, log.entries, origin=origin, person_id=writing.person_id)
    return editing.edited(turn, origin, text)


def take_unreadable(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Say how to write what was spoken, photographed or sent as a file; what is being written waits."""
    writing = asking.current(turn)
    told = Reply(render("assistance/not_text", kind=incoming.kind, waits=writing is not None))
    return [told] if writing is None else [told, *asking.go_on(turn, writing)]


def is_edit(text: str) -> bool:
    """Tell whether a text asks to change an entry by its number: "sửa 2"."""
    return diary.number_to_edit(text) is not None


def edit_numbered(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Open the entry that "sửa 2" means: of several that wait to be saved, else of one's own diary."""
    if not rights.may_log(turn):
        return [Reply(render("assistance/members_only"))]
    writing = asking.current(turn)
    if writing is not None and not writing.entries:
        return asking.choose_field(turn, writing)
    entry = diary.numbered(turn, diary.number_to_edit(incoming.text) or 0)
    return diary.show(turn) if entry is None else editing.open_entry(turn, entry.id)


def show_diary(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the person's own entries."""
    return diary.show(turn)


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `<what>`, `<what>:<entry>…` or `<what>:<draft>…`, as in the tables below."""
    what, _, arguments = rest.partition(":")
    if what == "begin":
        return begin(incoming, turn)
    if not rights.may_log(turn):
        return [Reply(render("assistance/members_only"))]
    if what == "diary":
        return diary.show(turn, arguments)
    if not turn.person.consented:
        return consent.ask(turn)
    if what in {"who", "for"}:
        return for_others.press(what, arguments, turn)
    if what in _PLAIN:
        return _PLAIN[what](turn, arguments)
    if what in _ON_ENTRY:
        return _ON_ENTRY[what](turn, answers.number_in(arguments))
    if what == "ask":
        return _ask_instead(arguments, incoming, turn)
    if what not in _ON_DRAFT:
        return [Reply(render("common/old_button"))]
    draft_id, _, value = arguments.partition(":")
    writing = asking.current(turn, draft_id)
    if writing is None:
        return [Reply(render("assistance/old_draft"))]
    replies = _ON_DRAFT[what](turn, writing, value)
    return [Reply(render("common/old_button"))] if replies is None else replies


def _cancel(turn: Turn, writing: Writing, value: str) -> list[Reply]:
    if writing.entries:
        return editing.keep(turn)
    return asking.leave(turn, writing, Reply(render("assistance/cancelled"), saving.after(), replaces=True))


def _field(turn: Turn, writing: Writing, value: str) -> list[Reply] | None:
    position, field = _place(writing, value)
    if position is None or field not in CHANGEABLE:
        return None
    return asking.go_on(turn, writing.with_draft(position, writing.drafts[position].without(field)))


def _set(turn: Turn, writing: Writing, value: str) -> list[Reply] | None:
    position, rest = _place(writing, value)
    if position is None:
        return None
    field, _, chosen = rest.partition(":")
    answered = answers.pressed(turn, writing, position, field, chosen)
    return None if answered is None else asking.go_on(turn, answered)


def _sure(turn: Turn, writing: Writing, value: str) -> list[Reply] | None:
    """Take what looked odd as right; a session that looked like a repeat is saved at once."""
    position, doubt = _place(writing, value)
    if position is None or writing.ask != (position, doubt) or not writing.doubted:
        return None
    accepted = writing.with_draft(position, writing.drafts[position].accepting(doubt))
    return saving.save(turn, accepted) if doubt == "twin" else asking.go_on(turn, accepted)


def _drop(turn: Turn, writing: Writing, value: str) -> list[Reply] | None:
    position, _ = _place(writing, value)
    return None if position is None or writing.ask != (position, "twin") else saving.drop(turn, writing, position)


def _place(writing: Writing, value: str) -> tuple[int | None, str]:
    """Return the position that begins a button's value, None if there is no draft there, and the rest."""
    number, _, rest = value.partition(":")
    position = answers.number_in(number)
    return (position if 0 <= position < len(writing.drafts) else None), rest


def _ask_instead(arguments: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Drop the draft of what was meant as a question, and answer that."""
    draft_id, _, entry = arguments.partition(":")
    if asking.current(turn, draft_id) is not None:
        turn.leave()
    return questions.press(f"entry:{entry}", incoming, turn)


def _said(incoming: Incoming) -> str:
    """Return what was written, without a command in front."""
    text = incoming.text.strip()
    return text.partition(" ")[2].strip() if text.startswith("/") else text


_PLAIN: Mapping[str, Callable[[Turn, str], list[Reply]]] = {
    "again": lambda turn, entry: drafting.again(turn, answers.number_in(entry) if entry else None),
    "undo": saving.undo,
    "keep": lambda turn, _: editing.keep(turn),
    "stop": lambda turn, _: for_others.stop(turn),
}

_ON_ENTRY: Mapping[str, Callable[[Turn, int], list[Reply]]] = {
    "open": editing.open_entry,
    "history": editing.show_history,
    "delete": editing.confirm_delete,
    "remove": editing.delete,
    "more": drafting.more,
}

_ON_DRAFT: Mapping[str, Callable[[Turn, Writing, str], list[Reply] | None]] = {
    "save": lambda turn, writing, _: saving.save(turn, writing),
    "cancel": _cancel,
    "edit": lambda turn, writing, _: asking.choose_field(turn, writing),
    "new": lambda turn, writing, _: editing.as_new(turn, writing),
    "field": _field,
    "set": _set,
    "sure": _sure,
    "drop": _drop,
}
