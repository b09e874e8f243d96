"""Handles days that an administrator declares a day off or a working day; the calendar itself is knowledge's."""

from __future__ import annotations

import re
from datetime import date
from unicodedata import normalize

from db import reminders
from handlers.message import Incoming, Reply
from handlers.rendering import render
from handlers.turn import Turn
from knowledge.masking import mask
from knowledge.vietnamese import fold

_SENTENCE = re.compile(
    r"^/?(?P<forget>(?:bo|xoa) )?(?P<what>ngay ?nghi|(?:ngay )?lam bu|ngay ?lam ?bu)\b[ :]*"
    r"(?:ngay )?(?:(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4}))?"
)
_LONGEST_NOTE = 80
_SHOWN = 20


def is_meant(text: str) -> bool:
    """Tell whether a text declares a day, and not only speaks of one."""
    found = _SENTENCE.match(fold(text))
    return found is not None and found["day"] is not None


def declare(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take "ngày nghỉ 2/1/2027 bão", "ngày làm bù 9/1/2027" or "bỏ ngày nghỉ 2/1/2027"; without a day, list them."""
    if not turn.has_role("admin"):
        return [Reply(render("reminders/days_not_allowed"))]
    text = " ".join(normalize("NFC", mask(incoming.text).text).split())
    found = _SENTENCE.match(fold(text))
    if found is None or found["day"] is None:
        known = [entry for entry in reminders.day_overrides(turn.db) if entry[0] >= turn.today]
        return [Reply(render("reminders/days", days=known[:_SHOWN]))]
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return [Reply(render("reminders/days_impossible"))]
    if day < turn.today:
        return [Reply(render("reminders/days_past", day=day))]
    if found["forget"] is not None:
        gone = reminders.forget_override(turn.db, day)
        return [Reply(render("reminders/day_forgotten", day=day, gone=gone))]
    working = "lam" in found["what"]
    note = text[found.end() :].strip(" .,:–-()")[:_LONGEST_NOTE] or ("Làm bù" if working else "Ngày nghỉ")
    reminders.override_day(turn.db, day, working=working, note=note, person_id=turn.person.id, now=turn.now)
    return [Reply(render("reminders/day_declared", day=day, working=working, note=note))]
