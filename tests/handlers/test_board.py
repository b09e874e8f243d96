"""The coordinator's board, and what is noted of items: claimed, confirmed, denied, waived, one for all; nudging."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db import areas, reminders
from db.engine import Database
from tests.support.clock import START, Clock
from tests.support.conversation import Conversation
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"
ITEM = "1:2026-Q4"
MINE = f"{ITEM}:1"


@pytest.fixture
def coordinator(converse: Converse) -> Conversation:
    """A coordinator who has adopted the quarterly deadline, last day Monday, 14 December 2026, for two teams."""
    person = converse("cuc", role="coordinator", area=WARD)
    converse("lan", role="leader", area=WARD)
    converse("an", role="member", area=WARD)
    converse("be", role="member", area=WARD, team="Tổ thôn 3")
    person.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    return person


def test_a_claim_counts_once_the_coordinator_has_confirmed_it(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member, leader = converse("an"), converse("lan")
    assert "bác xác nhận thì mới tính" in coordinator.sends_action("due.flip:1:confirm")
    clock.set(vn(2026, 12, 14, 20, 0))
    assert "đã hỏi cán bộ xã xác nhận" in member.sends_action(f"due.submitted:{MINE}")
    assert "An (Tổ thôn 2) báo đã nộp báo cáo quý 4/2026" in coordinator.news()
    assert "Chờ bác xác nhận: Tổ thôn 2." in coordinator.says("hạn")
    assert "chờ cán bộ xã xác nhận" in leader.sends_action(f"due.submitted:{MINE}")
    assert "chờ xác nhận" in member.says("hạn")

    clock.set(vn(2026, 12, 15, 7, 30))
    leader.news()
    assert "tiếp tục nhắc" in coordinator.sends_action(f"due.deny:{MINE}")
    assert "chưa nhận được báo cáo quý 4/2026" in leader.news()
    tick_at(clock, database, vn(2026, 12, 15, 7, 31))
    assert "đã quá hạn 1 ngày" in member.news()

    member.sends_action(f"due.submitted:{MINE}")
    clock.set(vn(2026, 12, 20, 9, 0))
    assert "Đã xác nhận" in coordinator.presses("Xác nhận")
    assert "Đã xác nhận" in member.news()
    assert "đã nộp, nhưng muộn" in member.says("hạn")
    assert "đã được ghi nhận" in coordinator.sends_action(f"due.confirm:{MINE}")
    submission = rows(database, "submission")[0]
    assert (submission["kind"], submission["submitted_at"]) == ("submitted", vn(2026, 12, 15, 7, 31))
    assert submission["confirmed_at"] == vn(2026, 12, 20, 9, 0)


@on_sqlite
def test_a_claim_made_in_time_and_confirmed_later_is_on_time(
    coordinator: Conversation, converse: Converse, clock: Clock
) -> None:
    coordinator.sends_action("due.flip:1:confirm")
    clock.set(vn(2026, 12, 14))
    converse("an").sends_action(f"due.submitted:{MINE}")
    clock.set(vn(2026, 12, 18))
    coordinator.sends_action(f"due.submitted:{MINE}")
    assert "đã nộp đúng hạn" in converse("an").says("hạn")


@on_sqlite
def test_a_coordinator_is_asked_after_the_quiet_hours(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator.sends_action("due.flip:1:confirm")
    clock.set(vn(2026, 12, 10, 22, 0))
    converse("an").sends_action(f"due.submitted:{MINE}")
    asked = [row for row in rows(database, "outbox") if row["kind"] == "reminder"]
    assert [row["not_before"] for row in asked] == [vn(2026, 12, 11, 6, 30)]


@on_sqlite
def test_a_coordinator_need_not_confirm_to_themselves(coordinator: Conversation, database: Database) -> None:
    coordinator.sends_action("due.flip:1:confirm")
    assert "Đã ghi nhận" in coordinator.sends_action(f"due.submitted:{MINE}")
    assert rows(database, "submission")[0]["kind"] == "submitted"
    for action in ("confirm", "deny"):
        assert "đã được ghi nhận" in coordinator.sends_action(f"due.{action}:{MINE}")
        assert "không có gì để xác nhận" in coordinator.sends_action(f"due.{action}:{ITEM}:2")


def test_a_unit_can_be_let_off_for_a_period(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator.sends_action(f"due.item:{ITEM}")
    coordinator.presses("Tổ thôn 2")
    assert "Đã miễn quý 4/2026 cho Tổ thôn 2" in coordinator.presses("Miễn kỳ này")
    member = converse("an")
    assert "được miễn quý 4/2026" in member.sends_action(f"due.submitted:{MINE}")
    tick_at(clock, database, vn(2026, 12, 7))
    assert "còn 7 ngày" not in member.news()
    assert "còn 7 ngày" in converse("be").news()
    assert "Đã nộp 0/2 tổ, miễn 1." in coordinator.says("hạn")
    shown = coordinator.sends_action(f"due.unit:{MINE}")
    assert "Người cho miễn: Cuc, ngày 21/11/2026" in shown
    assert "lại phải nộp" in coordinator.presses("Bỏ miễn")
    assert "cũ" in coordinator.sends_action(f"due.unwaive:{MINE}")
    tick_at(clock, database, vn(2026, 12, 11))
    assert "còn 3 ngày" in member.news()
    assert "cho miễn" not in coordinator.sends_action(f"due.unit:{MINE}")


def test_one_report_stands_for_all(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    assert "một báo cáo cho cả xã" in coordinator.sends_action("due.flip:1:one")
    tick_at(clock, database, vn(2026, 12, 7))
    assert "tính cho cả Phường Đông Thanh" in converse("an").sends_action(f"due.submitted:{MINE}")
    late = converse("muon", role="member", area=WARD, team="Tổ thôn 4")
    tick_at(clock, database, vn(2026, 12, 11))
    for person in (converse("an"), converse("be"), late):
        assert "còn 3 ngày" not in person.news()
    assert "đã nộp đúng hạn" in late.says("hạn")
    assert "Đã nộp 3/3 tổ." in coordinator.says("hạn")
    waiting = [row["state"] for row in rows(database, "outbox") if row["kind"] == "reminder"]
    assert set(waiting) == {"dropped"}


def test_a_late_report_of_last_quarter_does_not_silence_this_one(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an")
    clock.set(vn(2027, 3, 1))
    member.sends_action(f"due.submitted:{MINE}")
    member.news()
    tick_at(clock, database, vn(2027, 3, 8))
    assert "quý 1/2027: còn" in member.news()


def test_nudging_reaches_once_a_day_those_who_have_not_handed_in(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    converse("be").sends_action(f"due.submitted:{ITEM}:2")
    coordinator.says("hạn")
    converse("lan").says("tắt nhắc")
    for name in ("an", "be", "lan"):
        converse(name).news()
    assert "Đã nhắc: 1 người của 1 nơi" in coordinator.presses("Nhắc chưa nộp")
    nudged = [row["chat"] for row in rows(database, "outbox") if row["kind"] == "reminder"]
    assert nudged == ["an"]
    assert "Hôm nay tôi đã nhắc" in coordinator.sends_action(f"due.nudge:{ITEM}")
    clock.set(vn(2026, 11, 22, 23, 0))
    assert "Sẽ nhắc lúc 06:30 ngày 23/11/2026" in coordinator.sends_action(f"due.nudge:{ITEM}")
    assert "Hôm nay tôi đã nhắc" in coordinator.sends_action(f"due.nudge:{ITEM}")
    converse("an").sends_action(f"due.submitted:{MINE}")
    assert "không còn nơi nào" in coordinator.sends_action(f"due.nudge:{ITEM}")
    assert [row["state"] for row in rows(database, "outbox") if row["kind"] == "reminder"] == ["dropped", "dropped"]


@on_sqlite
def test_nudging_nobody_is_said(converse: Converse, database: Database) -> None:
    coordinator = converse("cuc", role="coordinator", area=WARD)
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    assert "cán bộ điều phối làm được" in coordinator.sends_action(f"due.nudge:{ITEM}"), "no unit, no item"
    with database.transaction() as db:
        areas.add_team(db, 1, "Tổ trống")
    assert "Chưa nhắc được ai: 1 nơi" in coordinator.sends_action(f"due.nudge:{ITEM}")


@on_sqlite
def test_a_board_of_many_units_is_folded_and_paged(coordinator: Conversation, database: Database) -> None:
    with database.transaction() as db:
        for number in range(4, 1202):
            areas.add_team(db, 1, f"Tổ công nghệ số cộng đồng thôn {number}")
        reminders.enter(db, reminders.Item(1, "2026-Q4", 1), range(1, 601), kind="submitted", person_id=None, now=START)
    board = coordinator.says("hạn")
    assert "Đã nộp 600/1.200 tổ." in board
    assert "và 585 nơi nữa" in board
    assert len(board) < 3000
    page = coordinator.sends_action(f"due.item:{ITEM}")
    assert "Trang 1/120" in page
    assert "quá hạn" not in page
    assert "Trang 2/120" in coordinator.presses("Trang sau")
    assert "Trang 120/120" in coordinator.sends_action(f"due.item:{ITEM}:99999")
    assert "đã nộp đúng hạn" in coordinator.sends_action(f"due.item:{ITEM}:119")


@on_sqlite
def test_who_coordinates_many_areas_chooses_one_first(converse: Converse, database: Database, clock: Clock) -> None:
    for number in range(1, 5):
        converse(f"c{number}", role="coordinator", area=f"Xã {number}")
    converse("an", role="member", area="Xã 3")
    admin = converse("quan tri", role="admin")
    admin.sends_action("due.adopt:3:dong_thanh_2023/bao_cao_quy")
    clock.set(vn(2026, 12, 16))
    assert "1. Xã 3: 1 nơi quá hạn" in admin.says("hạn")
    assert "Quá hạn: Tổ thôn 2." in admin.presses("Xã 3")
    assert "cán bộ điều phối làm được" in converse("c1").sends_action("due.area:3")


@on_sqlite
def test_an_addressee_that_may_be_gone_is_asked_for_and_told(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    asked = coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_nam")
    assert "Đã áp dụng cho Phường Đông Thanh: trước ngày 30/11 hàng năm" in asked
    assert "Bây giờ nộp cho ai?" in asked
    assert "Nguồn" in coordinator.says("quên mật khẩu vneid thì làm sao?")
    assert "Đã ghi" not in coordinator.says("cảm ơn")
    assert "nộp cho Phòng Văn hóa phường Nam Đông Hà" in coordinator.says("Phòng Văn hóa phường Nam Đông Hà")
    member = converse("an")
    member.news()
    tick_at(clock, database, vn(2026, 11, 23))
    assert "Nộp cho: Phòng Văn hóa phường Nam Đông Hà." in member.news()
    coordinator.sends_action("due.rule:2")
    coordinator.presses("Đổi nơi nhận")
    assert "nộp cho UBND Phường Đông Thanh" in coordinator.says("2")
    assert "cũ" in coordinator.sends_action("due.to:2:9")


@on_sqlite
def test_a_log_sentence_after_adopting_is_no_addressee(coordinator: Conversation, database: Database) -> None:
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_nam")
    coordinator.says("hôm nay giúp 3 bà ở thôn 2 cài vneid")
    assert [row["addressee"] for row in rows(database, "adopted_rule")] == [None, None]


@on_sqlite
def test_a_rule_adopted_again_asks_nothing_of_the_time_between(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator.sends_action("due.ended:1")
    clock.set(vn(2026, 12, 20))
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    tick_at(clock, database, vn(2026, 12, 21))
    assert rows(database, "reminder") == []
    assert "Quý 1/2027" in converse("an").says("hạn")


@on_sqlite
def test_only_the_areas_coordinators_use_the_board(
    coordinator: Conversation, converse: Converse, database: Database
) -> None:
    persons = [converse("lan"), converse("ca", role="coordinator", area="Xã Khác"), converse("khach")]
    for person in persons:
        for action in ("nudge", "item"):
            assert "cán bộ điều phối làm được" in person.sends_action(f"due.{action}:{ITEM}"), action
        for action in ("waive", "unwaive", "confirm", "deny", "unit"):
            assert "cán bộ điều phối làm được" in person.sends_action(f"due.{action}:{MINE}"), action
    assert rows(database, "submission") == []
    assert rows(database, "reminder") == []
