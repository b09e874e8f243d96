"""Handles a coordinator's own deadlines: one sentence, a preview of the next days, *Lưu*; it computes no day itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from db import areas, reminders
from handlers.message import Button, Incoming, Reply, Rows
from handlers.questions import handling as questions
from handlers.reminders import adopting
from handlers.reminders.items import OWN, number
from handlers.reminders.planning import steps_before, team_steps
from handlers.rendering import render
from handlers.turn import Turn, is_clear_question
from knowledge.deadlines import Every, Occurrence, Rhythm, Rule, upcoming
from knowledge.masking import mask
from knowledge.schedules import Problem, Schedule, moves, read
from knowledge.schedules import is_meant as is_meant
from knowledge.schema import Wording
from knowledge.vietnamese import fold

STATE = "own_rule"
_PREVIEWED = 5
_LONGEST_WHAT = 150
_SHOWN_AREAS = 8
_LABEL = 60
_DUTIES = ("nop ", "gui ", "bao cao ")
"""How an answer to what has to be handed in begins, which may be a question's words as well."""

Draft = dict[str, Any]
"""What is known of the rule so far: what, unit_kind, rhythm, options and area, as far as they are."""


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take "/nhac …", or a sentence that begins so; alone it tells how to write one."""
    if not turn.coordinated_areas():
        return [Reply(render("reminders/not_allowed"))]
    text = mask(incoming.text).text.strip()
    if " " not in text:
        return _ask_anew(turn)
    return _take(turn, {}, read(text, turn.today))


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take what was asked for: the day, what has to be handed in, the area, or the sentence anew."""
    reading = turn.reading
    if reading is None:
        return _ask_anew(turn)
    draft: Draft = dict(turn.standing.data)
    schedule = read(reading.masked.text, turn.today)
    names_duty = fold(reading.masked.text).startswith(_DUTIES) and not reading.log.is_question
    if is_clear_question(reading) and not schedule.options and not names_duty and not is_meant(reading.masked.text):
        return questions.answer(incoming, turn)
    if "rhythm" in draft and "what" not in draft and not schedule.options:
        return _take(turn, {**draft, "what": reading.masked.text.strip()}, None)
    if "rhythm" in draft and "what" in draft:  # a preview stands: whatever comes is the sentence anew
        draft = {name: draft[name] for name in ("area",) if name in draft}
    return _take(turn, draft, schedule)


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `new`, `save`, `edit`, `cancel`, `option:n`, `area:id`."""
    if not turn.coordinated_areas():
        return [Reply(render("reminders/not_allowed"))]
    what, _, argument = rest.partition(":")
    if what == "new":
        return _ask_anew(turn)
    if turn.standing.state != STATE:
        return [Reply(render("common/old_button"))]
    draft: Draft = dict(turn.standing.data)
    if what == "cancel":
        turn.leave()
        return [Reply(render("reminders/own_cancelled"), replaces=True)]
    if what == "edit":
        return _ask_anew(turn)
    position = number(argument)
    if what == "option" and position is not None and position < len(draft.get("options", ())):
        return _take(turn, {**draft, "rhythm": draft["options"][position], "options": []}, None)
    if what == "area" and any(area.id == position for area in turn.coordinated_areas()):
        return _take(turn, {**draft, "area": position}, None)
    if what == "save":
        return _save(turn, draft)
    return [Reply(render("common/old_button"))]


def _ask_anew(turn: Turn) -> list[Reply]:
    turn.wait_for(STATE)
    return [Reply(render("reminders/own_how"))]


def _take(turn: Turn, draft: Draft, schedule: Schedule | None) -> list[Reply]:
    """Add what a sentence has told to the draft; ask for what is missing, or show what it comes to."""
    if schedule is not None:
        draft = _with(draft, schedule)
        day_is_known = bool(draft.get("options")) or "rhythm" in draft
        if schedule.problem not in (None, Problem.NO_WHAT) and not (
            schedule.problem is Problem.NO_DAY and day_is_known
        ):
            turn.wait_for(STATE, **draft)
            return [Reply(render("reminders/own_problem", problem=schedule.problem))]
    if draft.get("options"):
        turn.wait_for(STATE, **draft)
        options = [_rhythm(option) for option in draft["options"]]
        rows: Rows = tuple(
            (Button(render("reminders/rhythm", rhythm=rhythm)[:_LABEL], f"own.option:{position}"),)
            for position, rhythm in enumerate(options)
        )
        return [Reply(render("reminders/own_which"), rows)]
    if "rhythm" not in draft:
        turn.wait_for(STATE, **draft)
        return [Reply(render("reminders/own_problem", problem=Problem.NO_DAY))]
    if not draft.get("what"):
        turn.wait_for(STATE, **{name: value for name, value in draft.items() if name != "what"})
        return [Reply(render("reminders/own_problem", problem=Problem.NO_WHAT))]
    return _preview(turn, draft)


def _with(draft: Draft, schedule: Schedule) -> Draft:
    """Return the draft with what a sentence adds; what it says of what is to be done counts once."""
    found = dict(draft)
    if schedule.what and not found.get("what") and schedule.problem is not Problem.NO_WHAT:
        found["what"] = schedule.what[:_LONGEST_WHAT]
    if schedule.unit_kind is not None:
        found["unit_kind"] = schedule.unit_kind
    options = [_as_stored(rhythm) for rhythm in schedule.options]
    if len(options) == 1:
        found |= {"rhythm": options[0], "options": []}
    elif options:
        found["options"] = options
    return found


def _preview(turn: Turn, draft: Draft) -> list[Reply]:
    """Show the next days on which the rule would fire, before anything is kept."""
    coordinated = turn.coordinated_areas()
    if "area" not in draft and len(coordinated) > 1:
        turn.wait_for(STATE, **draft)
        rows: Rows = tuple((Button(area.name[:_LABEL], f"own.area:{area.id}"),) for area in coordinated[:_SHOWN_AREAS])
        return [Reply(render("reminders/own_where"), rows)]
    area = _area(turn, draft)
    if area is None:
        return [Reply(render("reminders/not_allowed"))]
    rhythm = _rhythm(draft["rhythm"])
    rule = Rule(OWN, _what(draft), rhythm)
    following = upcoming(rule, turn.today, turn.calendar, _PREVIEWED)
    if not following:  # kept overnight: its only day is over
        turn.wait_for(STATE, **{name: value for name, value in draft.items() if name != "rhythm"})
        return [Reply(render("reminders/own_problem", problem=Problem.PAST))]
    kind = draft.get("unit_kind", "team")
    turn.wait_for(STATE, **{**draft, "area": area.id})
    text = render(
        "reminders/own_preview",
        area=area,
        rule=rule,
        kind=kind,
        units=reminders.units(turn.db, [area.id]).get((area.id, kind), []),
        following=[(item, _first_reminder(turn, item)) for item in following],
        moves=moves(rhythm),
    )
    choices = ((Button("Lưu", "own.save"), Button("Sửa", "own.edit"), Button("Huỷ", "own.cancel")),)
    return [Reply(text, choices)]


def _first_reminder(turn: Turn, occurrence: Occurrence) -> date | None:
    """Return the day of the first reminder that is still to come; None if it comes at once."""
    first = next(step for step in team_steps(occurrence, turn.rules) if step.useful_until > turn.now)
    return None if first.at <= turn.now else turn.day_of(first.at)


def _save(turn: Turn, draft: Draft) -> list[Reply]:
    area = _area(turn, draft)
    if area is None or "rhythm" not in draft or not draft.get("what"):
        return [Reply(render("common/old_button"))]
    rhythm = _rhythm(draft["rhythm"])
    new = reminders.add_own_rule(
        turn.db,
        area.id,
        what=_what(draft),
        every=rhythm.every,
        wording=rhythm.wording,
        day=rhythm.day,
        month=rhythm.month,
        on=rhythm.on,
        person_id=turn.person.id,
        now=turn.now,
    )
    reminders.adopt(turn.db, area.id, f"{OWN}{new}", person_id=turn.person.id, now=turn.now)
    adopted = reminders.adopted_as(turn.db, area.id, f"{OWN}{new}")
    if adopted is None:
        raise LookupError("a rule that has just been adopted is in force")
    reminders.change(turn.db, adopted.id, unit_kind=draft.get("unit_kind", "team"))
    turn.leave()
    rows: Rows = ((Button("Hạn báo cáo", "due.list"), Button("Sửa hạn", f"due.rule:{adopted.id}")),)
    return [
        Reply(render("reminders/own_saved", area=area, what=_what(draft), steps=steps_before(rhythm, turn.rules)), rows)
    ]


def list_to_end(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the rules in force, to change or end one ("ngừng nhắc")."""
    return adopting.show_rules(turn, "")


def _area(turn: Turn, draft: Draft) -> areas.AreaInfo | None:
    """Return the area that a rule is for: the chosen one, or the only one; None if it is not the person's."""
    coordinated = turn.coordinated_areas()
    if "area" not in draft:
        return coordinated[0] if len(coordinated) == 1 else None
    return next((area for area in coordinated if area.id == draft["area"]), None)


def _what(draft: Draft) -> str:
    what = str(draft["what"]).strip()[:_LONGEST_WHAT]
    return what[:1].upper() + what[1:]


def _as_stored(rhythm: Rhythm) -> dict[str, Any]:
    """Return a rhythm as the dialogue keeps it."""
    return {
        "every": rhythm.every.value,
        "wording": rhythm.wording.value,
        "day": rhythm.day,
        "month": rhythm.month,
        "on": None if rhythm.on is None else rhythm.on.isoformat(),
    }


def _rhythm(stored: Mapping[str, Any]) -> Rhythm:
    on = stored["on"]
    return Rhythm(
        Every(stored["every"]),
        Wording(stored["wording"]),
        day=stored["day"],
        month=stored["month"],
        on=None if on is None else date.fromisoformat(on),
    )
