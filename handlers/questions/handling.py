"""Handles questions, and the buttons under answers."""

from __future__ import annotations

from db import people, questions
from handlers.handover import handling as handover
from handlers.message import Incoming, Reply
from handlers.questions import wording
from handlers.questions.lessons import asker_of
from handlers.rendering import render
from handlers.turn import Turn
from knowledge.alike import question_key
from knowledge.answering import Decision, Outcome
from knowledge.schema import SectionKey


def answer(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Answer the text of a message as a question."""
    reading = turn.reading
    if reading is None:
        return [Reply(render("common/nothing_to_read"))]
    decision = reading.decision
    if decision.outcome is Outcome.LOG and reading.could_be_question:
        decision = reading.as_question  # whoever cannot log tells a story and wants an answer
    worded = wording.word(decision, turn.answerer, lambda: turn.calendar, turn.today)
    if decision.outcome is Outcome.UNKNOWN:
        _keep(reading.masked.text, turn)
    if turn.standing.state is None and decision.outcome is not Outcome.HANDOFF:  # a person sees what was asked before
        text = reading.masked.text
        subject = wording.subject_of(decision, text, turn.standing.data.get("question"))
        entry = wording.entry_of(decision, turn.answerer)
        turn.remember(question=subject, asked=text[:500], entry=entry)
    return [_with_notice(worded.reply, turn)]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button under an answer: `entry:…`, `section:…:…`, `good:…`, `bad:…`, `none`, `person`."""
    what, _, arguments = rest.partition(":")
    entries = turn.answerer.knowledge.entries
    is_theirs = turn.answerer.knows(arguments, asker_of(turn))
    if what == "entry" and is_theirs:
        decision = Decision(Outcome.ANSWER, entry=arguments, score=1.0)
        return [_with_notice(wording.word(decision, turn.answerer, lambda: turn.calendar, turn.today).reply, turn)]
    if what == "section":
        entry_id, _, key = arguments.partition(":")
        if entry_id in entries and key in entries[entry_id].sections:
            return [wording.section(entries[entry_id], SectionKey(key))]
    if what in {"good", "bad"} and is_theirs:
        questions.keep_feedback(turn.db, arguments, helpful=what == "good", now=turn.now)
        if what == "good":
            return [Reply(render("questions/thanks_for_feedback"))]
        _keep(_last_question(turn) or f"[{arguments}]", turn)
        return [Reply(render("questions/not_helpful"), wording.TO_PEOPLE)]
    if what == "none":
        _keep(_last_question(turn) or "[không rõ]", turn)
        return [Reply(wording.unknown(turn.answerer), wording.TO_PEOPLE)]
    if what == "person":
        return handover.begin(incoming, turn)
    return [Reply(render("common/old_button"))]


def _last_question(turn: Turn) -> str | None:
    """Return the (masked) question asked last in this chat."""
    asked = turn.standing.data.get("asked")
    return str(asked) if asked else None


def _keep(text: str, turn: Turn) -> None:
    questions.keep_unanswered(
        turn.db, text, key=question_key(text), area_id=turn.area_id(), person_id=turn.person.id, now=turn.now
    )


def _with_notice(reply: Reply, turn: Turn) -> Reply:
    """Add the one line on personal data, the first time."""
    if turn.person.noticed:
        return reply
    people.note_notice(turn.db, turn.person.id, turn.now)
    return Reply(f"{reply.text}\n\n{render('people/notice')}", reply.rows, reply.replaces)
