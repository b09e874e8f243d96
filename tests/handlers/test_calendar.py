"""Deadlines as a calendar file in chat: whose they are, what is in it, and who gets none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from icalendar import Calendar

from db.engine import Database
from tests.support.conversation import Conversation
from tests.support.looking import rows

Converse = Callable[..., Conversation]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"
QUARTER = "due.adopt:1:dong_thanh_2023/bao_cao_quy"


def events(database: Database) -> list[Any]:
    """Return the events of the file that was sent last."""
    token = [row["attachment"] for row in rows(database, "outbox") if row["attachment"]][-1]
    (file,) = [row for row in rows(database, "stored_file") if row["token"] == token]
    assert (file["name"], file["media_type"]) == ("han-bao-cao.ics", "text/calendar")
    return list(Calendar.from_ical(file["content"]).walk("VEVENT"))


def test_a_button_under_the_deadlines_gives_a_year_of_them(converse: Converse, database: Database) -> None:
    coordinator = converse("cuc", role="coordinator", area=WARD)
    member = converse("an", role="member", area=WARD)
    coordinator.sends_action(QUARTER)
    coordinator.says("nhắc các thôn nộp báo cáo trước ngày 25 hằng tháng")
    coordinator.presses("Lưu")
    member.says("hạn")
    assert "tệp lịch của 4 hạn báo cáo, từ nay đến 14/9/2027" in member.presses("Tệp lịch")
    found = events(database)
    assert [event["dtstart"].dt for event in found][:2] == [date(2026, 12, 14), date(2027, 3, 14)]
    assert found[0]["summary"].endswith("(quý 4/2026)")
    assert "Các tổ của Phường Đông Thanh" in found[0]["description"]
    coordinator.says("hạn")
    assert "tệp lịch của 16 hạn báo cáo" in coordinator.presses("Tệp lịch")
    assert len(events(database)) == 16


def test_one_event_stands_for_all_areas_that_have_adopted_a_rule(converse: Converse, database: Database) -> None:
    for number, area in enumerate((WARD, "Xã Khác"), start=1):
        coordinator = converse(f"c{number}", role="coordinator", area=area)
        coordinator.sends_action(f"due.adopt:{number}:dong_thanh_2023/bao_cao_quy")
    admin = converse("quan tri", role="admin")
    assert "tệp lịch của 4 hạn" in admin.says("lịch hạn")
    (first, *_) = events(database)
    assert "Các tổ của Phường Đông Thanh; Các tổ của Xã Khác" in first["description"].replace("\n", " ")


def test_who_has_no_deadline_gets_no_file(converse: Converse, database: Database) -> None:
    assert "Chưa có hạn nào" in converse("an", role="member", area=WARD).says("/lichhan")
    assert "việc của tổ và cán bộ xã" in converse("khach").sends_action("due.file")
    assert rows(database, "stored_file") == []
