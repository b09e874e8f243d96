"""Writes deadlines as an iCalendar file that phones and computers read; it chooses none and knows no database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from handlers.message import CalendarDay

_REMIND_BEFORE = timedelta(days=3)


def calendar_file(days: Iterable[CalendarDay], made_at: datetime) -> bytes:
    """Return the file: of each deadline an event on its day, all day long, with an alarm three days before.

    The same deadline always has the same UID, so that a calendar that takes a newer file changes its event.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//cnscd-bot//deadlines//VI")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for day in days:
        calendar.add_component(_event(day, made_at))
    content: bytes = calendar.to_ical()
    return content


def _event(day: CalendarDay, made_at: datetime) -> Event:
    event = Event()
    event.add("uid", day.uid)
    event.add("dtstamp", made_at.astimezone(UTC))
    event.add("dtstart", day.day)
    event.add("dtend", day.day + timedelta(days=1))
    event.add("summary", day.title)
    event.add("description", day.text)
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", day.title)
    alarm.add("trigger", -_REMIND_BEFORE)
    event.add_component(alarm)
    return event
