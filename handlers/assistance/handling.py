"""Handles logging: one sentence or guided by buttons, echoed, confirmed, undone, shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from db import assistance, people
from handlers.assistance.draft import FIELDS, Draft
from handlers.message import Button, Incoming, Reply, Rows
from handlers.people import consent
from handlers.questions import wording
from handlers.rendering import render
from handlers.turn import LOGGING, Turn, is_clear_question
from knowledge.log_answers import answered_day, answered_outcome, answered_people, answered_topics, answered_yes

STATE = "log"
_FIELD_BUTTONS = (
    ("topics", "Lĩnh vực"),
    ("people", "Số người"),
    ("place", "Nơi"),
    ("date", "Ngày"),
    ("outcome", "Kết quả"),
)
_COMMON_TOPICS = ("vneid", "dvctt", "thanh_toan", "an_toan", "ky_nang", "other")
_OUTCOMES = (("done", "Xong hết"), ("partial", "Xong một phần"), ("failed", "Chưa xong"))
_MOST_PEOPLE_BUTTON = 10
_PLACE_LENGTH = 120
_ANSWER_WORDS = 6
"""A report of more words is a new one, not the answer to what was asked: "3 bà cài vneid" may be either."""
_MOST_SESSIONS = 10
"""More in one message would need more buttons than a message may carry."""
_UNDO_LASTS = timedelta(days=1)
"""How long the word "hoàn tác" alone takes back the entry written last; its button works longer."""


def may_log(turn: Turn) -> bool:
    """Tell whether the person may write in the log."""
    return turn.has_role(*LOGGING)


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Begin a guided entry."""
    if not may_log(turn):
        return [Reply(render("assistance/members_only"))]
    if not turn.person.consented:
        return consent.ask(turn)
    draft = Draft(held_on=turn.today, missing=("topics", "people"))
    again = assistance.last(turn.db, turn.person.id)
    extra = ((Button("Như lần trước", "log.again"),),) if again else ()
    return _continue(turn, [draft], first=True, extra=extra)


def take_sentence(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text that reads like a report of help given."""
    reading = turn.reading
    if reading is None or not may_log(turn):
        return [Reply(render("assistance/members_only"))]
    if not turn.person.consented:
        return consent.ask(turn, sentence=reading.masked.text)
    if len(reading.log.entries) > _MOST_SESSIONS:
        return [Reply(render("assistance/too_many", most=_MOST_SESSIONS))]
    drafts = [Draft.understood(entry, turn.today) for entry in reading.log.entries]
    replies = _continue(turn, drafts)
    if incoming.edited:
        return [Reply(render("assistance/edited")), *replies]
    if reading.could_be_question:
        asked = Button("Không, tôi muốn hỏi", f"ask.entry:{reading.as_question.entry}")
        return [*replies[:-1], replace(replies[-1], rows=(*replies[-1].rows, (asked,)))]
    return replies


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text in the middle of logging: a new sentence, the value asked for, or a question in between."""
    reading = turn.reading
    drafts = _drafts(turn)
    asked = turn.standing.data.get("ask")
    if reading is None:
        return [Reply(render("common/nothing_to_read")), *_continue(turn, drafts)]
    text = reading.masked.text.strip()
    if asked is None and answered_yes(text):
        return _save(turn, drafts)
    new_sentence = reading.log.is_log and len(text.split()) > _ANSWER_WORDS
    if asked is not None and not reading.log.is_question and not new_sentence:
        position, field = _asked(drafts, asked)
        value = _value(field, text, turn.today)
        if value is not None:
            drafts[position] = drafts[position].filled(field, value)
            return _continue(turn, drafts)
    if reading.log.is_log:
        return take_sentence(incoming, turn)
    if is_clear_question(reading):
        answer = wording.word(reading.decision, turn.answerer, turn.calendar, turn.today).reply
        return [answer, *_continue(turn, drafts, resumed=True)]
    return [Reply(render("assistance/not_understood", field=asked)), *_continue(turn, drafts)]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `begin`, `again`, `undo:first-last`, `diary`, `save|cancel|edit|field|set:draft[:…]`."""
    what, _, arguments = rest.partition(":")
    if what == "begin":
        return begin(incoming, turn)
    if what == "diary":
        return diary(incoming, turn)
    if not may_log(turn):
        return [Reply(render("assistance/members_only"))]
    if what == "again":
        return _again(turn)
    if what == "undo":
        return _undo(arguments, turn)
    draft_id, _, value = arguments.partition(":")
    if turn.standing.state != STATE or turn.standing.data.get("draft") != draft_id:
        return [Reply(render("assistance/old_draft"))]
    drafts = _drafts(turn)
    if what == "save":
        return _save(turn, drafts)
    if what == "cancel":
        turn.leave()
        return [Reply(render("assistance/cancelled"), _after(), replaces=True)]
    if what == "edit":
        return _choose_field(turn, drafts)
    if what == "field":
        number, _, field = value.partition(":")
        position = _number(number)
        if not 0 <= position < len(drafts) or field not in FIELDS:
            return [Reply(render("common/old_button"))]
        drafts[position] = drafts[position].without(field)
        return _continue(turn, drafts)
    if what == "set":
        return _set(turn, drafts, value)
    return [Reply(render("common/old_button"))]


def diary(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the person's own entries of the last four weeks, with totals."""
    if not may_log(turn):
        return [Reply(render("assistance/members_only"))]
    monday = turn.today - timedelta(days=turn.today.weekday())
    start = monday - timedelta(weeks=3)
    entries = assistance.own(turn.db, turn.person.id, start=start)
    weeks = [
        (week, [entry for entry in entries if week <= entry.held_on < week + timedelta(weeks=1)])
        for week in (monday - timedelta(weeks=back) for back in range(4))
    ]
    text = render("assistance/diary", weeks=weeks, topics=turn.answerer.knowledge.topics, entries=entries, start=start)
    return [Reply(text, ((Button("Ghi buổi hỗ trợ", "log.begin"),),))]


def _continue(
    turn: Turn, drafts: list[Draft], *, first: bool = False, resumed: bool = False, extra: Rows = ()
) -> list[Reply]:
    """Ask for the first thing missing, or echo everything for confirmation."""
    same = turn.standing.state == STATE and not first
    draft_id = str(turn.standing.data.get("draft")) if same else uuid4().hex[:8]
    data: dict[str, Any] = {"draft": draft_id, "drafts": [draft.as_json() for draft in drafts]}
    for position, draft in enumerate(drafts):
        if draft.missing:
            field = draft.missing[0]
            turn.wait_for(STATE, **data, ask=[position, field])
            text = render(
                "assistance/ask",
                field=field,
                draft=draft,
                number=position + 1 if len(drafts) > 1 else None,
                first=first,
                resumed=resumed,
                topics=turn.answerer.knowledge.topics,
            )
            return [Reply(text, (*_choices(draft_id, position, field, turn), *extra, (_cancel(draft_id),)))]
    # Where no place was said the member's own village is meant; it is shown before it is saved.
    drafts = [draft if draft.place else draft.filled("place", _own_village(turn)) for draft in drafts]
    data["drafts"] = [draft.as_json() for draft in drafts]
    turn.wait_for(STATE, **data, ask=None)
    text = render(
        "assistance/echo",
        drafts=drafts,
        topics=turn.answerer.knowledge.topics,
        today=turn.today,
        resumed=resumed,
    )
    rows = ((Button("Lưu", f"log.save:{draft_id}"), Button("Sửa", f"log.edit:{draft_id}"), _cancel(draft_id)),)
    return [Reply(text, rows)]


def _choices(draft_id: str, position: int, field: str, turn: Turn) -> Rows:
    """Return the buttons for what is asked; the common case needs no typing."""

    def button(label: str, value: str) -> Button:
        return Button(label, f"log.set:{draft_id}:{position}:{field}:{value}")

    if field == "topics":
        topics = turn.answerer.knowledge.topics
        buttons = [button(topics[topic].title, topic) for topic in _COMMON_TOPICS if topic in topics]
        return tuple((item,) for item in buttons)
    if field == "people":
        numbers = [button(str(number), str(number)) for number in range(1, _MOST_PEOPLE_BUTTON + 1)]
        return (tuple(numbers[:5]), tuple(numbers[5:]))
    if field == "date":
        today, yesterday, _ = _near_days(turn)
        return ((button("Hôm nay", today.isoformat()), button("Hôm qua", yesterday.isoformat())),)
    if field == "outcome":
        return (tuple(button(label, value) for value, label in _OUTCOMES),)
    own = _own_village(turn)
    return ((button(wording.short(own), "own"),),) if own else ()


def _set(turn: Turn, drafts: list[Draft], value: str) -> list[Reply]:
    """Fill a field from a button: `<position>:<field>:<value>`."""
    number, _, rest = value.partition(":")
    field, _, chosen = rest.partition(":")
    position = _number(number)
    filled = _chosen(turn, field, chosen)
    if not 0 <= position < len(drafts) or filled is None:
        return [Reply(render("common/old_button"))]
    drafts[position] = drafts[position].filled(field, filled)
    return _continue(turn, drafts)


def _chosen(turn: Turn, field: str, value: str) -> Any:
    """Return the value that a button of `_choices` stands for, None if no such button was ever offered."""
    if field == "people":
        return _number(value) if 0 < _number(value) <= _MOST_PEOPLE_BUTTON else None
    if field == "topics":
        return (value,) if value in turn.answerer.knowledge.topics else None
    if field == "date":
        return next((day for day in _near_days(turn) if day.isoformat() == value), None)
    if field == "outcome":
        return value if value in dict(_OUTCOMES) else None
    return _own_village(turn) if field == "place" else None


def _near_days(turn: Turn) -> tuple[date, ...]:
    """Return the days that have a button, and the day before: a button may be pressed after midnight."""
    return tuple(turn.today - timedelta(days=back) for back in range(3))


def _value(field: str, text: str, today: date) -> Any:
    """Return what a typed text says for a field, None if it says nothing usable."""
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
    return text[:_PLACE_LENGTH] or None


def _choose_field(turn: Turn, drafts: list[Draft]) -> list[Reply]:
    draft_id = str(turn.standing.data["draft"])
    turn.wait_for(STATE, **turn.standing.data)
    rows: Rows = ()
    for position in range(len(drafts)):
        prefix = f"Buổi {position + 1}: " if len(drafts) > 1 else ""
        buttons = [
            Button(f"{prefix}{label}", f"log.field:{draft_id}:{position}:{field}") for field, label in _FIELD_BUTTONS
        ]
        rows = (*rows, tuple(buttons[:3]), tuple(buttons[3:]))
    return [Reply(render("assistance/choose_field"), (*rows, (_cancel(draft_id),)))]


def _save(turn: Turn, drafts: Sequence[Draft]) -> list[Reply]:
    """Save complete drafts."""
    if any(draft.missing for draft in drafts):
        return _continue(turn, list(drafts))
    team_id = next(iter(turn.team_ids()), None)
    ids = [
        assistance.add(
            turn.db,
            person_id=turn.person.id,
            team_id=team_id,
            area_id=turn.area_id(),
            held_on=draft.held_on or turn.today,
            people=draft.people or 1,
            topics=draft.topics,
            place=draft.place,
            outcome=draft.outcome or "done",
            note=draft.note,
            now=turn.now,
            demo=turn.person.demo,
        )
        for draft in drafts
    ]
    turn.leave()
    undo = Button("Hoàn tác", f"log.undo:{ids[0]}-{ids[-1]}")
    text = render("assistance/saved", drafts=drafts, topics=turn.answerer.knowledge.topics)
    return [Reply(text, ((undo,), *_after()), replaces=True)]


def _undo(arguments: str, turn: Turn) -> list[Reply]:
    if arguments == "last":
        newest = assistance.last(turn.db, turn.person.id)
        recent = newest is not None and turn.now - newest.created_at < _UNDO_LASTS
        first = last = newest.id if newest is not None and recent else 0
    else:
        first, last = (_number(part) for part in arguments.partition("-")[::2])
    undone = assistance.undo(turn.db, first, last, turn.person.id, turn.now)
    return [Reply(render("assistance/undone", count=len(undone)), _after(), replaces=bool(undone))]


def _again(turn: Turn) -> list[Reply]:
    """Offer the last entry again, for today."""
    last = assistance.last(turn.db, turn.person.id)
    if last is None:
        return [Reply(render("assistance/nothing_before"))]
    draft = Draft(last.topics, last.people, last.place, turn.today, "done")
    return _continue(turn, [draft], first=True)


def _drafts(turn: Turn) -> list[Draft]:
    return [Draft.from_json(data) for data in turn.standing.data.get("drafts", ())]


def _asked(drafts: Sequence[Draft], asked: Sequence[Any]) -> tuple[int, str]:
    position, field = asked
    return min(int(position), len(drafts) - 1), str(field)


def _number(written: str) -> int:
    """Return a number out of a button's action; -1 for what was never a button's number."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else -1


def _own_village(turn: Turn) -> str | None:
    team_id = next(iter(turn.team_ids()), None)
    return people.team(turn.db, team_id).village if team_id is not None else None


def _cancel(draft_id: str) -> Button:
    return Button("Huỷ", f"log.cancel:{draft_id}")


def _after() -> Rows:
    return ((Button("Ghi buổi hỗ trợ", "log.begin"), Button("Nhật ký", "log.diary")),)
