"""Handles what coordinators do with unanswered questions: link one to an entry, set it aside, withdraw a lesson."""

from __future__ import annotations

from datetime import timedelta

from db import local_entries, people, questions
from db.local_entries import Lesson
from handlers.message import Button, Incoming, Reply, Rows
from handlers.questions import wording
from handlers.questions.lessons import (
    Waiting,
    asker_of,
    is_everywhere,
    may_change,
    scopes,
    seen_by,
    taught,
    waiting,
)
from handlers.questions.wording import Worded, short
from handlers.reminders.planning import after_quiet_hours
from handlers.rendering import render
from handlers.turn import COORDINATING, Turn, home_areas
from knowledge.answering import Decision, Outcome
from knowledge.local import Alias, OwnEntry, Taught

FINDING = "kb.find"
"""The state in which words to look for an entry are expected."""
_PAGE = 6
_SUGGESTED = 4
_TOLD_WITHIN = timedelta(days=30)
"""Whoever asked no longer ago is told when an answer is found."""
_TOLD_UNTIL = timedelta(days=3)


def show(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the questions that wait for an answer, those asked most first."""
    return [_page(turn, 0)] if turn.has_role(*COORDINATING) else _refused()


def show_lessons(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show what was taught for the person's areas."""
    return [_lessons_page(turn, 0)] if turn.has_role(*COORDINATING) else _refused()


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle `list`, `list:<from>`, `open:…`, `link:…:<entry>`, `find:…`, `skip:…`, `lessons`, `drop:…`, `keep:…`."""
    if not turn.has_role(*COORDINATING):
        return _refused()
    what, _, arguments = rest.partition(":")
    if what == "list":
        return [_page(turn, _number(arguments) or 0)]
    if what == "lessons":
        return [_lessons_page(turn, _number(arguments) or 0)]
    if what in {"drop", "keep"}:
        return _withdraw(turn, _number(arguments), gives_back=what == "keep")
    question, _, entry = arguments.partition(":")
    waits = find(turn, _number(question))
    if waits is None:
        return [Reply(render("questions/already_settled"), (_to_list(),))]
    match what:
        case "open":
            turn.leave()
            return [_offer(turn, waits)]
        case "skip":
            questions.settle(turn.db, [one.id for one in waits.asked], by=turn.person.id, now=turn.now)
            return [Reply(render("questions/set_aside")), _page(turn, 0)]
        case "find":
            turn.wait_for(FINDING, question=waits.asked[0].id)
            return [Reply(render("questions/find"), ((_back_to(waits),),))]
        case "link" if turn.answerer.knows(entry, asker_of(turn)):
            turn.leave()
            return _link(turn, waits, entry)
    return [Reply(render("common/old_button"))]


def take_words(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take words by which an entry is looked for."""
    waits = find(turn, turn.standing.data.get("question"))
    if waits is None or turn.reading is None or not turn.has_role(*COORDINATING):
        turn.leave()
        return [Reply(render("questions/already_settled"), (_to_list(),))]
    rows = _links(turn, waits, turn.reading.masked.text)
    text = render("questions/found", any=bool(rows), question=waits.text)
    return [Reply(text, (*rows, (_back_to(waits),)))]


def find(turn: Turn, question_id: int | None) -> Waiting | None:
    """Return the waiting question with an id that came from outside; None if it waits no more, or is not theirs."""
    groups = waiting(turn.db, seen_by(turn))
    return next((group for group in groups if any(one.id == question_id for one in group.asked)), None)


def settle(turn: Turn, waits: Waiting, lesson_id: int) -> int:
    """Note that a lesson settles a question, and tell those who asked it lately; return how many are told."""
    questions.settle(turn.db, [one.id for one in waits.asked], by=turn.person.id, now=turn.now)
    lesson = local_entries.lesson(turn.db, lesson_id)
    if lesson is None:
        raise LookupError("a lesson is kept before it settles anything")
    return _tell(turn, waits, taught(turn.db, [lesson])[0])


def after_lesson(lesson_id: int) -> Rows:
    """Return the buttons under the news that something was taught."""
    return ((Button("Rút lại", f"kb.drop:{lesson_id}"), Button("Câu chưa trả lời", "kb.list")),)


def _link(turn: Turn, waits: Waiting, entry: str) -> list[Reply]:
    """Keep the question's wordings as further phrasings of an entry."""
    label = turn.answerer.label(entry)
    if not waits.phrasings:  # only a number was kept of it: there is nothing to learn
        questions.settle(turn.db, [one.id for one in waits.asked], by=turn.person.id, now=turn.now)
        return [Reply(render("questions/set_aside")), _page(turn, 0)]
    area_id = None if is_everywhere(turn) else scopes(turn, waits)[0][0]
    lesson_id = local_entries.teach_alias(
        turn.db, entry=entry, phrasings=waits.phrasings, area_id=area_id, by=turn.person.id, now=turn.now
    )
    told = settle(turn, waits, lesson_id)
    text = render("questions/linked", question=waits.text, title=label, told=told)
    return [Reply(text, after_lesson(lesson_id))]


def _tell(turn: Turn, waits: Waiting, lesson: Taught) -> int:
    """Send the answer, once, to whoever asked in the last month and is in its area."""
    worded = _worded(turn, lesson)
    told = set()
    for one in waits.asked:
        person_id = one.person_id
        if person_id is None or person_id in told or person_id == turn.person.id:
            continue
        lately = turn.now - one.asked_at <= _TOLD_WITHIN
        if not lately or not lesson.holds(home_areas(turn.db, one.area_id)):
            continue
        if people.person_info(turn.db, person_id, turn.now).muted:
            continue
        queued = turn.send(
            person_id,
            Reply(render("questions/answered_later", question=one.text, answer=worded.reply.text), worded.reply.rows),
            kind="answer",
            key=f"answered:{lesson.id}:{person_id}",
            not_before=after_quiet_hours(turn.now, turn.rules),
            useful_until=turn.now + _TOLD_UNTIL,
        )
        if queued is not None:
            told.add(person_id)
    return len(told)


def _worded(turn: Turn, lesson: Taught) -> Worded:
    if isinstance(lesson, OwnEntry):
        return wording.own_entry(lesson)
    decision = Decision(Outcome.ANSWER, entry=lesson.answers, score=1.0)
    return wording.word(decision, turn.answerer, lambda: turn.calendar, turn.today)


def _withdraw(turn: Turn, lesson_id: int | None, *, gives_back: bool) -> list[Reply]:
    lesson = None if lesson_id is None else local_entries.lesson(turn.db, lesson_id)
    if lesson is None or not may_change(turn, lesson):
        return [Reply(render("common/old_button"))]
    if gives_back:
        local_entries.give_back(turn.db, lesson.id, now=turn.now)
        undo = Button("Rút lại", f"kb.drop:{lesson.id}")
    else:
        local_entries.withdraw(turn.db, lesson.id, by=turn.person.id, now=turn.now)
        undo = Button("Dùng lại", f"kb.keep:{lesson.id}")
    text = render("questions/withdrawn", title=_title(turn, lesson), back=gives_back)
    return [Reply(text, ((undo, Button("Câu trả lời riêng", "kb.lessons")),))]


def _page(turn: Turn, start: int) -> Reply:
    groups = waiting(turn.db, seen_by(turn))
    shown = groups[start : start + _PAGE] if start < len(groups) else groups[:_PAGE]
    first = groups.index(shown[0]) + 1 if shown else 1
    numbers = [Button(str(number), f"kb.open:{group.asked[0].id}") for number, group in enumerate(shown, start=first)]
    after = first - 1 + len(shown)
    more = [Button("Xem tiếp", f"kb.list:{after}")] if after < len(groups) else []
    rows = (tuple(numbers),) if numbers else ()
    text = render("questions/unanswered", groups=shown, first=first, total=len(groups))
    return Reply(text, (*rows, (*more, Button("Câu trả lời riêng", "kb.lessons"))))


def _lessons_page(turn: Turn, start: int) -> Reply:
    own = [lesson for lesson in reversed(local_entries.in_force(turn.db)) if may_change(turn, lesson)]
    shown = own[start : start + _PAGE]
    lines = list(zip([_title(turn, lesson) for lesson in shown], taught(turn.db, shown), strict=True))
    drops = [Button(f"Rút {start + number}", f"kb.drop:{lesson.id}") for number, lesson in enumerate(shown, start=1)]
    more = [Button("Xem tiếp", f"kb.lessons:{start + _PAGE}")] if start + _PAGE < len(own) else []
    text = render(
        "questions/lessons",
        lines=[(title, lesson, isinstance(lesson, Alias)) for title, lesson in lines],
        first=start + 1,
        total=len(own),
    )
    pairs = tuple(tuple(drops[at : at + 3]) for at in range(0, len(drops), 3))
    return Reply(text, (*pairs, (*more, Button("Viết câu trả lời mới", "kw.begin:0"))))


def _offer(turn: Turn, waits: Waiting) -> Reply:
    """Return one question with the entries nearest to it."""
    question = waits.asked[0].id
    rows: Rows = (
        *_links(turn, waits, waits.text),
        (Button("Khác…", f"kb.find:{question}"), Button("Viết câu trả lời", f"kw.begin:{question}")),
        (Button("Bỏ qua", f"kb.skip:{question}"), Button("Xem danh sách", "kb.list")),
    )
    return Reply(render("questions/one_unanswered", waits=waits), rows)


def _links(turn: Turn, waits: Waiting, words: str) -> Rows:
    """Return a button for each entry that is nearest to some words."""
    found = turn.answerer.suggest(words, _SUGGESTED, asker_of(turn))
    question = waits.asked[0].id
    return tuple((Button(short(turn.answerer.label(entry)), f"kb.link:{question}:{entry}"),) for entry in found)


def _title(turn: Turn, lesson: Lesson) -> str:
    if lesson.title is not None:
        return lesson.title
    known = lesson.entry is not None and turn.answerer.knows(lesson.entry, asker_of(turn))
    return f"«{lesson.phrasings[0]}» → {turn.answerer.label(lesson.entry) if known and lesson.entry else 'mục đã bỏ'}"


def _back_to(waits: Waiting) -> Button:
    return Button("Quay lại", f"kb.open:{waits.asked[0].id}")


def _to_list() -> tuple[Button, ...]:
    return (Button("Câu chưa trả lời", "kb.list"),)


def _refused() -> list[Reply]:
    return [Reply(render("questions/coordinators_teach"))]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
