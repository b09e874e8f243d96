"""The calendar file: what a phone reads of it, and that a newer file changes its events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from bot.calendars import Entry, entries
from bot.documents.calendar import calendar_file
from knowledge.deadlines import Every, Rhythm, Rule, occurrences
from knowledge.loader import load
from knowledge.schema import Wording
from knowledge.working_days import working_days

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def events_in(content: bytes) -> list[Any]:
    """Return the events of a file; the library's own types allow too much to look into."""
    return list(Calendar.from_ical(content).walk("VEVENT"))


def test_every_occurrence_is_an_event_on_its_last_day() -> None:
    found = entries(load(), working_days(), None, date(2026, 12, 1), date(2027, 12, 31))
    events = events_in(calendar_file([entry.as_day() for entry in found], NOW))
    assert [event["dtstart"].dt for event in events] == [entry.occurrence.last_day for entry in found]
    assert all(event["dtend"].dt - event["dtstart"].dt == timedelta(days=1) for event in events)
    assert len({str(event["uid"]) for event in events}) == len(events) > 10
    (first,) = (event for event in events if str(event["uid"]) == "dong_thanh_2023-bao_cao_quy-2026-Q4@cnscd-bot")
    assert first["summary"].endswith("(quý 4/2026)")
    assert "trước ngày 15/12/2026, tức chậm nhất thứ Hai 14/12/2026" in first["description"]
    assert "Mục IV.2" in first["description"]
    (alarm,) = first.walk("VALARM")
    assert alarm["trigger"].dt == -timedelta(days=3)


def test_the_file_is_the_same_for_the_same_deadlines_and_longer_words_are_folded() -> None:
    rhythm = Rhythm(Every.ONCE, Wording.UNTIL, on=date(2026, 12, 20))
    rule = Rule("own/7", "Nộp báo cáo, số liệu; ảnh\\ " * 20, rhythm)
    (only,) = occurrences([rule], date(2026, 1, 1), date(2027, 1, 1), working_days())
    entry = Entry(only, "Xã Thử", "Các tổ", None)
    content = calendar_file([entry.as_day()], NOW)
    assert content == calendar_file([entry.as_day()], NOW)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    (event,) = events_in(content)
    assert rule.what.strip() in event["summary"]
    assert "Nên nộp chậm nhất thứ Sáu 18/12/2026" in event["description"]
