"""Handles the dialogue in which a coordinator writes an area's own entry, step by step, and confirms it."""

from __future__ import annotations

from typing import Any

from db import areas, local_entries
from handlers.message import Button, Incoming, Reply, Rows
from handlers.questions import teaching, wording
from handlers.questions.lessons import Waiting, scopes
from handlers.rendering import render
from handlers.turn import COORDINATING, Turn
from knowledge.check import LONGEST_TITLE
from knowledge.local import OwnEntry
from knowledge.schema import FIRST_MESSAGE_LIMIT

STATE = "kb.write"
_LONGEST = {"title": LONGEST_TITLE, "answer": FIRST_MESSAGE_LIMIT, "source": 200}
"""What is asked for, in this order, and how long each may be; then the topic is chosen."""
_EVERYWHERE = "all"
_MOST_PLACES = 5
"""Places that are offered beside everywhere: whoever coordinates more writes from the question of the right one."""
_STOP = Button("Thôi, không viết", "kw.stop")


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle `begin:<question or 0>`, `title`, `topic:…`, `edit:…`, `save:<area or all>`, `stop`."""
    if not turn.has_role(*COORDINATING):
        return [Reply(render("questions/coordinators_teach"))]
    what, _, argument = rest.partition(":")
    if what == "begin" and argument.isascii() and argument.isdigit():
        return _begin(turn, int(argument))
    if turn.standing.state != STATE:
        return [Reply(render("common/old_button"))]
    draft = dict(turn.standing.data)
    waits = _question(turn, draft)
    match what:
        case "stop":
            turn.leave()
            return [Reply(render("questions/not_written"), ((Button("Câu chưa trả lời", "kb.list"),),))]
        case "title" if "title" not in draft and _suggested_title(waits) is not None:
            return _ask(turn, {**draft, "title": _suggested_title(waits)})
        case "topic" if argument in turn.answerer.knowledge.topics:
            return _ask(turn, {**draft, "topic": argument})
        case "edit" if argument in _LONGEST:
            draft.pop(argument, None)
            return _ask(turn, draft)
        case "save" if _missing(draft) is None:
            return _save(turn, draft, waits, argument)
    return [Reply(render("common/old_button"))]


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take what was asked for as it was written, personal numbers masked."""
    if not turn.has_role(*COORDINATING):
        turn.leave()
        return [Reply(render("questions/coordinators_teach"))]
    draft = dict(turn.standing.data)
    part = _missing(draft)
    if part not in _LONGEST or turn.reading is None:
        return _ask(turn, draft)  # a topic or a button is expected, and the text is neither
    text = turn.reading.masked.text.strip()
    if len(text) > _LONGEST[part]:
        again = _ask(turn, draft)
        too_long = render("questions/write_shorter", length=len(text), most=_LONGEST[part])
        return [Reply(too_long, again[-1].rows)]
    return _ask(turn, {**draft, part: text})


def _begin(turn: Turn, question_id: int) -> list[Reply]:
    if question_id and teaching.find(turn, question_id) is None:
        return [Reply(render("questions/already_settled"), ((Button("Câu chưa trả lời", "kb.list"),),))]
    return _ask(turn, {"question": question_id})


def _ask(turn: Turn, draft: dict[str, Any]) -> list[Reply]:
    """Ask for what is missing next, or show the whole before it is saved."""
    turn.wait_for(STATE, **draft)
    waits = _question(turn, draft)
    part = _missing(draft)
    if part is None:
        return [_preview(turn, draft, waits)]
    rows: Rows = ()
    if part == "title" and _suggested_title(waits) is not None:
        rows = ((Button("Lấy câu hỏi làm tên", "kw.title"),),)
    if part == "topic":
        topics = turn.answerer.knowledge.topics.values()
        rows = tuple((Button(wording.short(topic.title), f"kw.topic:{topic.id}"),) for topic in topics)
    text = render("questions/write", part=part, question=waits.text if waits else None, most=_LONGEST.get(part))
    return [Reply(text, (*rows, (_STOP,)))]


def _preview(turn: Turn, draft: dict[str, Any], waits: Waiting | None) -> Reply:
    places = scopes(turn, waits)
    seen = wording.own_entry(_entry(turn, draft, places[0][0])).reply.text
    saves = tuple(
        (Button(wording.short(f"Lưu cho {name}"), f"kw.save:{_EVERYWHERE if area is None else area}"),)
        for number, (area, name) in enumerate(places)
        if number < _MOST_PLACES or area is None
    )
    edits = (
        Button("Sửa tên", "kw.edit:title"),
        Button("Sửa trả lời", "kw.edit:answer"),
        Button("Sửa nguồn", "kw.edit:source"),
    )
    text = render("questions/preview", title=draft["title"], seen=seen)
    return Reply(text, (*saves, edits, (_STOP,)))


def _save(turn: Turn, draft: dict[str, Any], waits: Waiting | None, where: str) -> list[Reply]:
    allowed = {_EVERYWHERE if area is None else str(area): area for area, _ in scopes(turn, waits)}
    if where not in allowed:
        return [Reply(render("common/old_button"))]
    lesson_id = local_entries.teach_entry(
        turn.db,
        topic=draft["topic"],
        title=draft["title"],
        answer=draft["answer"],
        source=draft["source"],
        phrasings=waits.phrasings if waits else [],
        area_id=allowed[where],
        by=turn.person.id,
        now=turn.now,
    )
    told = teaching.settle(turn, waits, lesson_id) if waits else 0
    turn.leave()
    return [Reply(render("questions/written", title=draft["title"], told=told), teaching.after_lesson(lesson_id))]


def _entry(turn: Turn, draft: dict[str, Any], area_id: int | None) -> OwnEntry:
    """Return the draft as the entry that it will be."""
    return OwnEntry(
        0,
        area_id,
        (),
        title=draft["title"],
        answer=draft["answer"],
        source=draft["source"],
        topic=draft["topic"],
        unit=None if area_id is None else areas.area(turn.db, area_id).name,
        approved_on=turn.today,
    )


def _missing(draft: dict[str, Any]) -> str | None:
    """Return what the draft lacks first."""
    return next((part for part in (*_LONGEST, "topic") if not draft.get(part)), None)


def _question(turn: Turn, draft: dict[str, Any]) -> Waiting | None:
    """Return the question that is being answered; None if none was, or somebody else has settled it meanwhile."""
    return teaching.find(turn, draft["question"]) if draft.get("question") else None


def _suggested_title(waits: Waiting | None) -> str | None:
    """Return the question as a title, if it is short enough."""
    fitting = [text for text in (waits.phrasings if waits else []) if len(text) <= LONGEST_TITLE]
    return fitting[0][0].upper() + fitting[0][1:] if fitting else None
