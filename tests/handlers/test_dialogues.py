"""Whole conversations, one for each of the four jobs, through the router and both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.scheduler import tick
from db.engine import Database
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import Conversation, answerer

Converse = Callable[..., Conversation]


def test_a_citizen_asks_and_gets_a_sourced_answer(converse: Converse) -> None:
    citizen = converse("ba_tu")
    assert "Trợ lý" in citizen.says("/start") or "trợ lý" in citizen.says("/start")
    answer = citizen.says("quen mat khau vneid")
    assert "Quên mật khẩu" in answer
    assert "Nguồn:" in answer
    assert "Có ích" in citizen.buttons()


def test_a_member_logs_confirms_and_takes_back(converse: Converse) -> None:
    member = converse("an", role="member")
    echo = member.says("hôm nay giúp 3 bà cài vneid ở thôn 2, 1 bà chưa xong vì máy cũ")
    assert "Số lượt người: 3" in echo
    assert "xong một phần" in echo
    assert "Đã lưu" in member.presses("Lưu")
    assert "1 buổi, 3 lượt người" in member.says("nhật ký")
    assert "Đã hoàn tác" in member.says("hoàn tác")
    assert "chưa ghi buổi nào" in member.says("nhat ky")


def test_a_reminder_comes_once_and_stops_when_handed_in(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator = converse("cuc", role="coordinator", area="Phường Đông Thanh")
    member = converse("an", role="member", area="Phường Đông Thanh")
    assert "chưa áp dụng hạn" in coordinator.says("hạn")
    adopt = next(label for label in coordinator.buttons() if "tháng cuối quý" in label)
    assert "Đã áp dụng" in coordinator.presses(adopt)
    member.news()

    at(clock, database, 2026, 12, 7, 7, 30)
    assert "quý 4/2026" in member.news()
    at(clock, database, 2026, 12, 7, 8, 0)
    assert member.news() == ""
    assert "không nhắc kỳ này nữa" in member.presses("Đã nộp")
    at(clock, database, 2026, 12, 11, 7, 30)
    at(clock, database, 2026, 12, 16, 7, 30)
    assert member.news() == ""


def test_a_coordinator_gets_last_week_on_monday(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator = converse("cuc", role="coordinator")
    member = converse("an", role="member")
    converse("binh", role="member", team="Tổ thôn 3")
    member.says("hôm nay giúp 3 bà cài vneid")
    member.presses("Lưu")
    converse("khach").says("máy bơm nước nhà tôi hỏng thì thay cánh quạt nào")
    coordinator.news()

    at(clock, database, 2026, 11, 23, 7, 30)
    summary = coordinator.news()
    assert "Số buổi hỗ trợ: 1" in summary
    assert "Lượt người được giúp: 3" in summary
    assert "Tổ thôn 3" in summary
    at(clock, database, 2026, 11, 23, 7, 31)
    assert coordinator.news() == ""


def at(clock: Clock, database: Database, *moment: int) -> None:
    """Move the clock to a moment in Vietnam's time and let the scheduler tick."""
    clock.set(datetime(*moment, tzinfo=ZONE))  # type: ignore[misc, arg-type]  # the zone is given by name
    tick(database, answerer(), working_days(), Rules(), clock())
