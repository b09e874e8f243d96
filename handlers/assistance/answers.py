"""What answers one question of the log may have: its buttons, and what a pressed or typed one says; it asks nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from db import areas
from handlers.assistance import companions, rights
from handlers.assistance.draft import Writing
from handlers.message import Button, Rows
from handlers.questions.wording import short
from handlers.turn import Turn
from knowledge.log_answers import (
    answered_day,
    answered_minutes,
    answered_outcome,
    answered_people,
    answered_place,
    answered_topics,
    answered_yes,
    corrected_to,
)
from knowledge.names import matching
from knowledge.vietnamese import fold

_COMMON_TOPICS = ("vneid", "dvctt", "thanh_toan", "an_toan", "ky_nang", "other")
_OUTCOMES = (("done", "Xong hết"), ("partial", "Xong một phần"), ("failed", "Chưa xong"))
_MINUTES = ((30, "30 phút"), (60, "1 tiếng"), (120, "2 tiếng"))
_MOST_PEOPLE_BUTTON = 10
_MOST_COLLEAGUES = 8
_PLACE_LENGTH = 120
_NOTE_LENGTH = 200
_NOTHING = frozenset(("khong", "khong co", "khong co ai", "khong ai", "khong ghi", "bo", "bo di", "xoa", "xoa di"))
"""Empties a field that an entry need not have."""


def choices(turn: Turn, writing: Writing, position: int, field: str) -> Rows:
    """Return the buttons for what is asked; the common case needs no typing."""

    def button(label: str, value: object) -> Button:
        return Button(short(label), f"log.set:{writing.id}:{position}:{field}:{value}")

    if field == "topics":
        topics = turn.answerer.knowledge.topics
        return tuple((button(topics[topic].title, topic),) for topic in _COMMON_TOPICS if topic in topics)
    if field == "people":
        numbers = [button(str(number), number) for number in range(1, _MOST_PEOPLE_BUTTON + 1)]
        return (tuple(numbers[:5]), tuple(numbers[5:]))
    if field == "date":
        today, yesterday, _ = _near_days(turn)
        return ((button("Hôm nay", today.isoformat()), button("Hôm qua", yesterday.isoformat())),)
    if field == "outcome":
        return (tuple(button(label, value) for value, label in _OUTCOMES),)
    if field == "minutes":
        return (tuple(button(label, minutes) for minutes, label in _MINUTES),)
    if field == "companions":
        known = companions.candidates(turn, writing, writing.drafts[position])
        named = tuple((button(name, person),) for person, name in known.items())
        return (*named, (button("Không phải ai trong tổ", companions.NOBODY),))
    if field == "members":
        others = list(companions.colleagues(turn, writing).items())[:_MOST_COLLEAGUES]
        return (*((button(name, person),) for person, name in others), (button("Không có ai", companions.NOBODY),))
    own = rights.village_of(turn, writing.person_id)
    return ((button(own, "own"),),) if field == "place" and own else ()


def pressed(turn: Turn, writing: Writing, position: int, field: str, value: str) -> Writing | None:
    """Return the writing with a field filled in from a button of `choices`, None if it never was one."""
    draft = writing.drafts[position]
    if field == "companions":
        known = companions.candidates(turn, writing, draft)
        person = number_in(value)
        if not draft.companions or person not in {*known, companions.NOBODY}:
            return None
        return writing.with_draft(position, companions.settled(draft, person))
    if field == "members":
        person = number_in(value)
        if person not in {*companions.colleagues(turn, writing), companions.NOBODY}:
            return None
        return writing.with_draft(position, draft.filled(field, () if person == companions.NOBODY else (person,)))
    filled = _offered(turn, writing, field, value)
    return None if filled is None else writing.with_draft(position, draft.filled(field, filled))


def typed(turn: Turn, writing: Writing, text: str) -> Writing | None:
    """Return the writing with what was asked for filled in from a text, None if that says nothing usable."""
    if writing.ask is None or writing.ask[1] == "twin":
        return None
    position, field = writing.ask
    draft = writing.drafts[position]
    if writing.doubted and answered_yes(text):
        return writing.with_draft(position, draft.accepting(field))
    if field == "companions":
        known = companions.candidates(turn, writing, draft)
        meant = matching(text, known)
        return writing.with_draft(position, companions.settled(draft, meant[0])) if len(meant) == 1 else None
    if field == "members" and _empties(text):
        return writing.with_draft(position, draft.filled(field, ()))
    value = companions.named(turn, writing, text) if field == "members" else _said(field, text, turn.today)
    return None if value is None else writing.with_draft(position, draft.filled(field, value or None))


def corrected(turn: Turn, writing: Writing, text: str) -> Writing | None:
    """Return the writing put right by a short text while it is shown whole: "hôm qua", "sửa 3 thành 4", "ở khu phố 3".

    None for anything that does not say plainly which field it is about, and where several sessions are shown.
    """
    if writing.ask is not None or writing.entries or len(writing.drafts) != 1:
        return None
    _, area_id = rights.unit_of(turn, writing.person_id)
    meant = corrected_to(text)
    text = meant or text
    place = answered_place(text)
    spoken = fold(place or text).strip(" .!")
    villages = [village for village in areas.villages(turn.db, area_id) if fold(village) == spoken]
    found: list[tuple[str, Any]] = [("place", villages[0] if villages else place)] if villages or place else []
    for field in () if found else ("people", "date", "outcome", "minutes", *(("topics",) if meant else ())):
        value = _said(field, text, turn.today)
        if value:
            found.append((field, value))
    if len(found) != 1:
        return None
    (field, value), draft = found[0], writing.drafts[0]
    return writing.with_draft(0, draft.filled(field, value[:_PLACE_LENGTH] if field == "place" else value))


def number_in(written: str) -> int:
    """Return a number out of a button's action; -1 for what was never a button's number."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else -1


def _offered(turn: Turn, writing: Writing, field: str, value: str) -> Any:
    if field == "people":
        return number_in(value) if 0 < number_in(value) <= _MOST_PEOPLE_BUTTON else None
    if field == "topics":
        return (value,) if value in turn.answerer.knowledge.topics else None
    if field == "date":
        return next((day for day in _near_days(turn) if day.isoformat() == value), None)
    if field == "outcome":
        return value if value in dict(_OUTCOMES) else None
    if field == "minutes":
        return number_in(value) if number_in(value) in dict(_MINUTES) else None
    return rights.village_of(turn, writing.person_id) if field == "place" else None


def _said(field: str, text: str, today: date) -> Any:
    """Return what a text says for a field, None if nothing usable, "" if the field is to be emptied."""
    if field == "people":
        number = answered_people(text)
        return number if number is not None and number > 0 else None
    if field == "topics":
        return answered_topics(text) or None
    if field == "date":
        day = answered_day(text, today)
        return day if day is not None and day <= today else None
    if field == "outcome":
        return answered_outcome(text)
    if field in {"minutes", "note"} and _empties(text):
        return ""
    if field == "minutes":
        return answered_minutes(text)
    return text[: _NOTE_LENGTH if field == "note" else _PLACE_LENGTH] or None


def _empties(text: str) -> bool:
    return fold(text).strip(" .!") in _NOTHING


def _near_days(turn: Turn) -> tuple[date, ...]:
    """Return the days that have a button, and the day before: a button may be pressed after midnight."""
    return tuple(turn.today - timedelta(days=back) for back in range(3))
