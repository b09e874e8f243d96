"""Gathers every fault of the knowledge for `cnscd kb check`: its own, and those that show only in what is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bot.wiring import Brain
from handlers.questions import wording
from handlers.splitting import utf16_length
from knowledge import check
from knowledge.answer_eval import load_cases
from knowledge.answering import Decision, Outcome

SHORTEST_LIMIT = 2000
"""Longest message of the channel that takes the least, Zalo's, in UTF-16 units; buttons become numbered lines there."""
QUESTIONS = Path("tests/questions")
"""Where the test questions lie, seen from the project's folder; an installed program has none."""


def problems(brain: Brain, today: date) -> list[str]:
    """Return one line a problem, "file:line: entry: what"."""
    knowledge = brain.answerer.knowledge
    return [*check.problems(knowledge, today, _tested()), *_too_long(brain, today)]


def _tested() -> set[str] | None:
    """Return the entries that some test question expects."""
    if not QUESTIONS.is_dir():
        return None
    cases = (case for folder in sorted(QUESTIONS.iterdir()) for case in load_cases(folder))
    return {name for case in cases for name in case.named}


def _too_long(brain: Brain, today: date) -> Iterator[str]:
    """Tell of every answer that would not fit in one message of every channel."""
    answerer = brain.answerer
    for key, where in answerer.knowledge.lines.items():
        decision = Decision(Outcome.ANSWER, entry=key, score=1.0)
        replies = [wording.word(decision, answerer, lambda: brain.calendar, today).reply]
        if key in answerer.knowledge.entries:
            entry = answerer.knowledge.entries[key]
            replies += [wording.section(entry, section) for section in entry.sections]
        longest = max(
            utf16_length("\n".join([reply.text, *(f"10. {button.label}" for row in reply.rows for button in row)]))
            for reply in replies
        )
        if longest > SHORTEST_LIMIT:
            yield f"{where}: {key.partition('/')[2] or key}: câu trả lời dài {longest} chữ, quá {SHORTEST_LIMIT}"
