"""Broadcasts: to whom, the preview with its numbers, sending, stopping, and the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.inbox import Inbox
from db import outbox, people, quotas
from db.engine import Database
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import CHANNEL, Conversation, answerer
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"
TO_LEADERS = "thông báo cho tổ trưởng: mai họp ở nhà văn hóa lúc 8 giờ"


@pytest.fixture
def coordinator(converse: Converse) -> Conversation:
    """A coordinator of a ward with a leader and two members, beside another commune."""
    person = converse("cuc", role="coordinator", area=WARD)
    converse("lan", role="leader", area=WARD)
    converse("an", role="member", area=WARD)
    converse("be", role="member", area=WARD, team="Tổ thôn 3")
    converse("xa", role="leader", area="Xã Khác")
    return person


def broadcast_rows(database: Database) -> list[dict[str, object]]:
    """Return the messages of broadcasts, without the reports."""
    return [row for row in rows(database, "outbox") if (row["batch"] or "").startswith("broadcast:")]


def finish(database: Database, states: dict[str, str], clock: Clock) -> None:
    """End the waiting messages of broadcasts, by chat, as delivery would."""
    with database.transaction() as db:
        for row in broadcast_rows(database):
            if row["chat"] in states:
                outbox.finish(db, int(str(row["id"])), states[str(row["chat"])], now=clock())


def test_it_is_shown_sent_and_reported(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    converse("be").says("tắt nhắc")
    with database.transaction() as db:
        people.mark_unreachable(db, CHANNEL, "lan", clock())
    coordinator.says("/thongbao")
    coordinator.presses("Tất cả thành viên tổ")
    preview = coordinator.says("Mời tập huấn sáng thứ hai")
    assert "Mời tập huấn sáng thứ hai" in preview
    assert "Sẽ gửi: 1 người (test 1)." in preview
    assert "Không gửi được: 1 người" in preview
    assert "Đã tắt nhắc, tôi không gửi: 1 người" in preview
    assert broadcast_rows(database) == []
    assert "Đang gửi cho 1 người" in coordinator.presses("Gửi")
    (message,) = broadcast_rows(database)
    assert (message["chat"], message["kind"], message["priority"]) == ("an", "broadcast", outbox.BULK)
    assert "Thông báo của Cuc (cán bộ xã)" in converse("an").news()

    tick_at(clock, database, vn(2026, 11, 21, 9, 1))
    assert coordinator.news() == "", "nothing is reported while it is under way"
    finish(database, {"an": "sent"}, clock)
    tick_at(clock, database, vn(2026, 11, 21, 9, 2))
    report = coordinator.news()
    assert "đã gửi xong" in report
    assert "Đã gửi: 1/1 người" in report
    assert "Chưa có cách nhắn: 1 người" in report
    tick_at(clock, database, vn(2026, 11, 21, 9, 3))
    assert coordinator.news() == "", "and reported once"


@on_sqlite
def test_one_sentence_says_to_whom_and_what(coordinator: Conversation, database: Database) -> None:
    preview = coordinator.says(TO_LEADERS)
    assert "Gửi cho: Tổ trưởng, Phường Đông Thanh." in preview
    coordinator.presses("Gửi")
    assert [row["chat"] for row in broadcast_rows(database)] == ["lan"]
    coordinator.says("THONG BAO CHO THANH VIEN: nop so lieu nhe")
    coordinator.presses("Gửi")
    assert [row["chat"] for row in broadcast_rows(database)] == ["lan", "lan", "an", "be"]
    assert "Việc tuần này:\n1. nộp số liệu" in coordinator.says("Thông báo cho các tổ:\nViệc tuần này:\n1. nộp số liệu")
    coordinator.says("/thongbao nộp số liệu nhé")
    assert "Gửi cho: Cán bộ điều phối" in coordinator.presses("Cán bộ điều phối")


@on_sqlite
def test_it_can_be_changed_or_dropped_before_it_is_sent(coordinator: Conversation, database: Database) -> None:
    coordinator.says(TO_LEADERS)
    coordinator.presses("Sửa")
    assert "mốt họp" in coordinator.says("mốt họp")
    assert "không gửi thông báo này" in coordinator.presses("Huỷ")
    assert "cũ" in coordinator.sends_action("cast.send")
    assert broadcast_rows(database) == []


@on_sqlite
def test_what_is_not_sent_yet_can_be_stopped_by_its_author(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator.says("thông báo cho tất cả: mai họp")
    coordinator.presses("Gửi")
    finish(database, {"an": "sent"}, clock)
    other = converse("ca", role="coordinator", area=WARD)
    assert "cũ" in other.sends_action("cast.stop:1")
    assert "Đã huỷ 2/3 tin" in coordinator.presses("Huỷ phần chưa gửi")
    assert "Không còn tin nào" in coordinator.sends_action("cast.stop:1")
    tick_at(clock, database, vn(2026, 11, 21, 10, 0))
    report = coordinator.news()
    assert "Đã gửi: 1/3 người" in report
    assert "Đã bỏ, không gửi: 2 người" in report


@on_sqlite
def test_after_a_day_the_author_is_told_of_what_still_waits(
    coordinator: Conversation, database: Database, clock: Clock
) -> None:
    coordinator.says("thông báo cho tất cả: mai họp")
    coordinator.presses("Gửi")
    finish(database, {"an": "sent", "be": "failed"}, clock)
    tick_at(clock, database, vn(2026, 11, 22, 8, 59))
    assert coordinator.news() == ""
    tick_at(clock, database, vn(2026, 11, 22, 9, 0))
    report = coordinator.news()
    assert "còn 1 tin chưa gửi được" in report
    assert "Không gửi được: 1 người" in report
    assert "Huỷ phần chưa gửi" in coordinator.buttons()


@on_sqlite
def test_at_night_it_waits_for_the_morning(coordinator: Conversation, database: Database, clock: Clock) -> None:
    clock.set(vn(2026, 11, 21, 22, 0))
    assert "gửi lúc 06:30 ngày 22/11/2026" in coordinator.says(TO_LEADERS)
    coordinator.presses("Gửi")
    (message,) = broadcast_rows(database)
    assert message["not_before"] == vn(2026, 11, 22, 6, 30)
    assert message["useful_until"] == vn(2026, 11, 25, 6, 30)
    finish(database, {"lan": "sent"}, clock)
    tick_at(clock, database, vn(2026, 11, 22, 3, 0))
    assert coordinator.news() == ""


@on_sqlite
def test_a_quota_that_will_not_hold_it_is_told_with_its_numbers(
    coordinator: Conversation, database: Database, clock: Clock
) -> None:
    rules = replace(Rules(), monthly_limits={CHANNEL: 10})
    coordinator.inbox = Inbox(database, answerer(), working_days(), rules, holder="test", clock=clock)
    with database.transaction() as db:
        for _ in range(7):
            quotas.record_use(db, CHANNEL, clock())
    refused = coordinator.says("thông báo cho tất cả: mai họp")
    assert "chỉ còn gửi được 2 tin, không đủ cho 3 người" in refused
    assert coordinator.buttons() == ["Sửa", "Huỷ"]
    coordinator.sends_action("cast.send")
    assert broadcast_rows(database) == []


@on_sqlite
def test_what_is_too_long_empty_or_secret_is_not_sent(coordinator: Conversation, database: Database) -> None:
    assert "dài quá 1.000 chữ cái" in coordinator.says(f"thông báo cho tất cả: {'họp ' * 300}")
    assert "[số điện thoại]" in coordinator.says("gọi số 0912345678 của tôi nhé")
    coordinator.presses("Gửi")
    assert "0912345678" not in rows(database, "broadcast")[0]["text"]
    assert "Bác nhắn nội dung" in coordinator.says("thông báo cho tất cả:")


@on_sqlite
def test_who_answers_for_several_areas_chooses_one_or_all(
    coordinator: Conversation, converse: Converse, database: Database
) -> None:
    admin = converse("quan tri", role="admin")
    assert "địa bàn nào" in admin.says(TO_LEADERS)
    assert "Tổ trưởng, Xã Khác" in admin.presses("Xã Khác")
    admin.presses("Huỷ")
    admin.says(TO_LEADERS)
    assert "tất cả địa bàn của bác" in admin.presses("Tất cả địa bàn của tôi")
    admin.presses("Gửi")
    assert sorted(str(row["chat"]) for row in broadcast_rows(database)) == ["lan", "xa"]
    assert rows(database, "broadcast")[0]["area_id"] is None


@on_sqlite
def test_only_coordinators_broadcast_and_only_in_their_areas(
    coordinator: Conversation, converse: Converse, database: Database
) -> None:
    for person in (converse("lan"), converse("khach")):
        assert "việc của cán bộ điều phối" in person.says("/thongbao mai họp")
        for action in ("send", "area:1", "role:team", "stop:1", "edit"):
            assert "việc của cán bộ điều phối" in person.sends_action(f"cast.{action}")
        assert "Xem trước" not in person.says(TO_LEADERS)
    coordinator.says("/thongbao")
    for action in ("area:2", "area:0x", "area:²", "role:admin", "send", "stop:99", "stop:x", "nothing"):
        assert "cũ" in coordinator.sends_action(f"cast.{action}")
    assert rows(database, "broadcast") == []
