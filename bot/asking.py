"""Answers questions from the command line as the chat would; it writes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bot.inbox import utc_now
from bot.inviting import find_area
from bot.wiring import Brain
from db import areas, people
from db.engine import Database
from handlers import choosing
from handlers.questions import wording
from handlers.questions.lessons import taught
from handlers.rendering import render
from handlers.router import LONGEST_TEXT
from handlers.turn import home_areas, understand
from knowledge.answering import Answerer, Asker, Choice, Decision, Outcome


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
    answerer: Answerer = field(init=False)

    def __post_init__(self) -> None:
        self.answerer = learned(self.brain.answerer, self.database)

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
        asker = self._asker(None if area is None else str(area))
        chat = _Chat() if chat_name is None else self.chats.setdefault(str(chat_name), _Chat())
        asker = replace(asker, before=chat.before, entry=chat.entry)
        decision, text, sources = self._answer(question, asker, chat)
        chat.before = wording.subject_of(decision, question, chat.before)
        chat.entry = wording.entry_of(decision, self.answerer)
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
        chosen = choosing.choose(question, [(item.label, item.entry) for item in chat.choices])
        if chosen is not None:
            decision = Decision(Outcome.ANSWER, entry=chosen, score=1.0)
        else:
            decision = understand(question, self.answerer, asker, self.today, ()).decision
        worded = wording.word(decision, self.answerer, lambda: self.brain.calendar, self.today)
        return decision, worded.reply.text, worded.sources

    def _asker(self, area: str | None) -> Asker:
        """Return what is known of somebody of an area given by id or name: of the database, or a plan's own place."""
        if self.database is not None:
            with self.database.reading() as db:
                found = None if area is None else find_area(areas.areas(db), area)
                if area is None or found is not None:
                    home = home_areas(db, None if found is None else found.id)
                    return Asker(plan=None if found is None else found.plan, areas=home)
        plan = None if area is None else self.brain.answerer.knowledge.plan_of_place(area)
        return Asker(plan=None if plan is None else plan.document.id)


def learned(answerer: Answerer, database: Database | None) -> Answerer:
    """Return the answerer that knows what coordinators have taught too, if there is a database."""
    if database is None:
        return answerer
    with database.reading() as db:
        return answerer.with_local(taught(db))


def all_areas(database: Database | None) -> Asker:
    """Return an asker for whom everything holds that was taught anywhere, for looking into the search."""
    if database is None:
        return Asker()
    with database.reading() as db:
        return Asker(areas=frozenset(area.id for area in areas.areas(db)))


def villages(database: Database | None) -> list[str]:
    """Return the village names that the configured database knows."""
    if database is None:
        return []
    with database.reading() as db:
        return areas.villages(db, None)


def has_people(database: Database) -> bool:
    """Tell whether anybody has a role, so that there is somebody to remind."""
    with database.reading() as db:
        return people.counts(db, utc_now())["people"] > 0
