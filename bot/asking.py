"""Answers questions from the command line as the chat would; it writes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.inviting import find_area
from bot.wiring import Brain
from db import people
from db.engine import Database
from handlers.questions import wording
from handlers.rendering import render
from handlers.router import LONGEST_TEXT, choose
from handlers.turn import understand
from knowledge.answering import Asker, Choice, Decision, Outcome


@dataclass
class _Chat:
    """What a chat remembers between its questions."""

    before: str | None = None
    entry: str | None = None
    choices: tuple[Choice, ...] = ()


@dataclass
class Asking:
    """One run of `cnscd ask`; `database` may be missing, then only the plans' own places are known."""

    brain: Brain
    database: Database | None
    today: date
    chats: dict[str, _Chat] = field(default_factory=dict)

    def answer_object(self, given: dict[str, Any]) -> dict[str, Any]:
        """Answer one object of the contract of `ask --jsonl`.

        Raises:
            ValueError: saying what is wrong with the object.
        """
        began = time.perf_counter()
        question, area, chat_name = given.get("q"), given.get("area"), given.get("chat")
        if not isinstance(question, str):
            raise ValueError('thiếu "q" là một chuỗi')
        if not isinstance(area, str | int | None) or not isinstance(chat_name, str | int | None):
            raise ValueError('"area" và "chat" phải là chuỗi')
        plan = None if area is None else self._plan_of(str(area))
        chat = _Chat() if chat_name is None else self.chats.setdefault(str(chat_name), _Chat())
        decision, text, sources = self._answer(question, Asker(plan=plan, before=chat.before, entry=chat.entry), chat)
        chat.before = wording.subject_of(decision, question, chat.before)
        chat.entry = wording.entry_of(decision, self.brain.answerer)
        chat.choices = decision.choices
        return {
            "id": given.get("id"),
            "kind": decision.outcome.value,
            "entry": decision.entry,
            "text": text,
            "choices": [{"entry": item.entry, "label": item.label, "value": item.entry} for item in decision.choices],
            "sources": [
                {"document": source.document, "title": source.title, "section": source.section} for source in sources
            ],
            "score": round(decision.score, 4),
            "ms": round((time.perf_counter() - began) * 1000, 2),
        }

    def _answer(self, question: str, asker: Asker, chat: _Chat) -> tuple[Decision, str, tuple[wording.SourceRef, ...]]:
        if len(question) > LONGEST_TEXT:
            return Decision(Outcome.UNKNOWN), render("common/too_long"), ()
        if not any(letter.isalnum() for letter in question):
            return Decision(Outcome.UNKNOWN), render("common/nothing_to_read"), ()
        chosen = choose(question, [(item.label, item.entry) for item in chat.choices])
        if chosen is not None:
            decision = Decision(Outcome.ANSWER, entry=chosen, score=1.0)
        else:
            decision = understand(question, self.brain.answerer, asker, self.today, ()).decision
        worded = wording.word(decision, self.brain.answerer, self.brain.calendar, self.today)
        return decision, worded.reply.text, worded.sources

    def _plan_of(self, area: str) -> str | None:
        """Return the plan of an area given by id or name: of the database, or a plan's own place."""
        if self.database is not None:
            with self.database.reading() as db:
                found = find_area(people.areas(db), area)
            if found is not None:
                return found.plan
        plan = self.brain.answerer.knowledge.plan_of_place(area)
        return None if plan is None else plan.document.id


def villages(database: Database | None) -> list[str]:
    """Return the village names that the configured database knows."""
    if database is None:
        return []
    with database.reading() as db:
        return people.villages(db, None)


def has_people(database: Database) -> bool:
    """Tell whether anybody has a role, so that there is somebody to remind."""
    with database.reading() as db:
        return people.counts(db)["people"] > 0
