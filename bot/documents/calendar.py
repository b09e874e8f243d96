"""Writes deadlines as an iCalendar file that phones and computers read; it chooses none and knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from bot.calendars import Entry
from handlers.rendering import render

_REMIND_BEFORE = timedelta(days=3)


def calendar_file(entries: Iterable[Entry], made_at: datetime) -> bytes:
    """Return the file: of each occurrence an event on its last day, all day long, with an alarm three days before.

    The same occurrence always has the same UID, so that a calendar that takes a newer file changes its event.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//cnscd-bot//deadlines//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for entry in entries:
        calendar.add_component(_event(entry, made_at))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry, made_at: datetime) -> Event:
    occurrence = entry.occurrence
    title = render("reminders/calendar_title", occurrence=occurrence, what=occurrence.rule.what)
    event = Event()
    event.add("uid", f"{occurrence.rule.id.replace('/', '-')}-{occurrence.period}@cnscd-bot")
    event.add("dtstamp", made_at.astimezone(UTC))
    event.add("dtstart", occurrence.last_day)
    event.add("dtend", occurrence.last_day + timedelta(days=1))
    event.add("summary", title)
    event.add(
        "description",
        render("reminders/calendar", occurrence=occurrence, what=occurrence.rule.what, who=entry.who, to=entry.to),
    )
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -_REMIND_BEFORE)
    event.add_component(alarm)
    return event
