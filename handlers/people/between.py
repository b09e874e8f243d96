"""Answers a clear question in the middle of choosing somebody; what was being chosen is asked again by the caller."""

from __future__ import annotations

from handlers.message import Incoming, Reply
from handlers.questions import handling as questions
from handlers.turn import Turn, is_clear_question


def answered(incoming: Incoming, turn: Turn) -> tuple[list[Reply], str]:
    """Return the answer to a clear question, and the typed (masked) name where the text is none."""
    if turn.reading is None:
        return [], ""
    if is_clear_question(turn.reading):
        return questions.answer(incoming, turn), ""
    return [], turn.reading.masked.text
