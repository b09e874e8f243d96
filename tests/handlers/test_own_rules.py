"""A coordinator's own deadlines in conversation: one sentence, a preview, saving, and what is refused or asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from db import areas
from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"
MONTHLY = "nhắc tổ nộp báo cáo tháng trước ngày 25 hằng tháng"


@pytest.fixture
def coordinator(converse: Converse) -> Conversation:
    """A coordinator of one ward with two teams."""
    person = converse("cuc", role="coordinator", area=WARD)
    converse("an", role="member", area=WARD)
    converse("be", role="member", area=WARD, team="Tổ thôn 3")
    return person


def test_a_sentence_is_shown_with_its_next_days_and_kept(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    preview = coordinator.says(MONTHLY)
    assert "Nộp báo cáo tháng" in preview
    assert "các tổ (2 nơi)" in preview
    assert "trước ngày 25 hằng tháng" in preview
    assert "- Chậm nhất thứ Ba 24/11/2026, nên nộp thứ Hai 23/11/2026; nhắc ngay" in preview
    assert "- Chậm nhất thứ Tư 24/3/2027; nhắc từ 17/3/2027" in preview
    assert rows(database, "own_rule") == []
    assert "Đã lưu hạn cho Phường Đông Thanh" in coordinator.presses("Lưu")
    (rule,) = rows(database, "own_rule")
    assert (rule["what"], rule["every"], rule["wording"], rule["day"]) == ("Nộp báo cáo tháng", "month", "before", 25)
    assert [row["rule"] for row in rows(database, "adopted_rule")] == ["own/1"]

    member = converse("an")
    member.news()
    tick_at(clock, database, vn(2026, 12, 17))
    news = member.news()
    assert "Tổ thôn 2 – tháng 12/2026: còn 7 ngày" in news
    assert "trước ngày 25/12/2026, tức chậm nhất thứ Năm 24/12/2026" in news
    assert "không theo kế hoạch nào" in member.sends_action("due.basis:1:2026-12:1")
    assert "nộp báo cáo tháng 12/2026" in member.sends_action("due.submitted:1:2026-12:1")
    assert "Đã nộp 1/2 tổ." in coordinator.says("hạn")


@on_sqlite
def test_a_weekly_deadline_is_told_of_the_day_before_on_the_day_and_when_it_is_late(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator.says("nhac thu sau hang tuan gui so lieu")
    assert "Tôi nhắc trước hạn 1 ngày, đúng ngày" in coordinator.presses("Lưu")
    member = converse("an")
    told = []
    for day in range(30, 37):
        member.news()
        tick_at(clock, database, vn(2026, 11, 30) if day == 30 else vn(2026, 12, day - 30))
        told += [day] if "tuần 30/11–6/12/2026" in member.news() else []
    assert told == [33, 34, 35], "Thursday, Friday, and Saturday because it is late"


@on_sqlite
def test_a_one_off_fires_once_and_is_over(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    assert "Ngày này chỉ có một lần" in coordinator.says("nhắc tổ nộp báo cáo chuyển đổi số trước ngày 20/12")
    coordinator.presses("Lưu")
    member = converse("an")
    member.news()
    tick_at(clock, database, vn(2026, 12, 18))
    assert "Tổ thôn 2 – ngày 20/12/2026" in member.news()
    clock.set(vn(2027, 2, 1))
    assert "không nhắc hạn nào" in coordinator.says("ngừng nhắc")


@on_sqlite
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nhắc tổ nộp báo cáo trước 30/2", "không có trong lịch"),
        ("nhắc tổ nộp báo cáo ngày 20/12/2025", "đã qua rồi"),
        ("nhắc tổ nộp báo cáo ngày 20/12/2062", "xa hơn 3 năm"),
        ("nhắc tổ nộp báo cáo ngày 5/12 và ngày 9/12", "nhiều ngày"),
        ("nhắc tổ đi lễ rằm hằng tháng", "dương lịch"),
        ("nhắc tổ nộp báo cáo", "chưa rõ ngày nào"),
        ("nhắc tổ ngày 25 hằng tháng", "chưa rõ phải nộp gì"),
        ("nhắc tổ nộp báo cáo 2 tuần một lần vào thứ sáu", "Nhịp này tôi chưa nhắc được"),
        ("nhắc tổ 2 nộp báo cáo ngày 5 hằng tháng", "chưa đặt được cho riêng một nơi"),
        ("nhắc tôi nộp báo cáo ngày 5 hằng tháng", "chưa nhắc việc riêng"),
    ],
)
def test_what_cannot_be_kept_is_said_in_a_sentence_and_mended_in_the_next(
    coordinator: Conversation, text: str, said: str
) -> None:
    assert said in coordinator.says(text)
    assert "Các kỳ tới" in coordinator.says("nộp báo cáo ngày 25 hằng tháng")


@on_sqlite
def test_the_day_may_come_first_and_the_duty_after_a_question(coordinator: Conversation) -> None:
    assert "chậm nhất thứ Sáu hằng tuần" in coordinator.says("thứ 6 hàng tuần nhắc tổ gửi số liệu")
    coordinator.presses("Huỷ")
    assert "chậm nhất thứ Ba 15/12/2026, một lần" in coordinator.says("15/12 này nộp báo cáo năm")
    coordinator.presses("Huỷ")
    assert "chưa rõ phải nộp gì" in coordinator.says("moi quy nop 1 lan truoc ngay 10 thang dau quy sau")
    preview = coordinator.says("báo cáo quý")
    assert "trước ngày 10 tháng đầu quý" in preview
    assert "- Chậm nhất thứ Bảy 9/1/2027, nên nộp thứ Sáu 8/1/2027" in preview
    assert "kỳ đầu trên đây là quý 1/2027" in preview


@on_sqlite
def test_a_deadline_that_is_near_reminds_at_once(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    clock.set(vn(2026, 11, 27, 17, 0))
    preview = coordinator.says("nhắc các tổ nộp báo cáo trước ngày 30 hằng tháng")
    assert "- Chậm nhất Chủ nhật 29/11/2026, nên nộp thứ Sáu 27/11/2026; nhắc ngay" in preview
    assert "- Chậm nhất thứ Ba 29/12/2026; nhắc từ 22/12/2026" in preview
    coordinator.presses("Lưu")
    member = converse("an")
    member.news()
    tick_at(clock, database, vn(2026, 11, 27, 17, 1))
    assert "còn 2 ngày" in member.news()
    clock.set(vn(2026, 11, 28, 9, 0))
    assert "nên nộp thứ Sáu 27/11/2026; nhắc từ 30/11/2026" in coordinator.says(
        "nhắc các tổ nộp số liệu ngày 29/11 này"
    )


@on_sqlite
def test_what_is_to_be_handed_in_can_be_said_while_the_day_is_asked_about(coordinator: Conversation) -> None:
    assert "Ý bác là ngày nào" in coordinator.says("nhắc tổ ngày 25")
    assert "Ý bác là ngày nào" in coordinator.says("nộp báo cáo")
    assert "Nộp báo cáo\n" in coordinator.presses("chậm nhất ngày 25 hằng tháng")


@on_sqlite
def test_a_doubtful_day_is_asked_about(coordinator: Conversation, database: Database) -> None:
    assert "Ý bác là ngày nào" in coordinator.says("nhắc tổ nộp báo cáo ngày 25")
    assert coordinator.buttons() == ["chậm nhất ngày 25 hằng tháng", "chậm nhất thứ Tư 25/11/2026, một lần"]
    assert "Ngày này chỉ có một lần" in coordinator.says("2")
    coordinator.says("lưu")
    assert rows(database, "own_rule")[0]["on"] == date(2026, 11, 25)


@on_sqlite
def test_a_day_that_some_months_lack_is_told(coordinator: Conversation) -> None:
    preview = coordinator.says("nhắc tổ nộp báo cáo chậm nhất ngày 30 hằng tháng")
    assert "không có ngày 30 thì tôi lấy ngày cuối tháng" in preview
    assert "Chủ nhật 28/2/2027, nên nộp thứ Sáu 26/2/2027" in preview


@on_sqlite
def test_editing_begins_anew_and_cancelling_keeps_nothing(coordinator: Conversation, database: Database) -> None:
    coordinator.says(MONTHLY)
    assert "Bác nhắn một câu" in coordinator.presses("Sửa")
    assert "trước ngày 20 hằng tháng" in coordinator.says("nhắc tổ nộp báo cáo tháng trước ngày 20 hằng tháng")
    assert "tôi không đặt" in coordinator.presses("Huỷ")
    coordinator.sends_action("own.save")
    assert rows(database, "own_rule") == []


@on_sqlite
def test_a_question_in_the_middle_is_answered_and_the_preview_still_stands(
    coordinator: Conversation, database: Database
) -> None:
    coordinator.says(MONTHLY)
    assert "Nguồn" in coordinator.says("quên mật khẩu vneid thì làm sao?")
    coordinator.sends_action("own.save")
    assert len(rows(database, "own_rule")) == 1


@on_sqlite
def test_with_several_areas_the_area_is_asked(converse: Converse, database: Database) -> None:
    for area in (WARD, "Xã Khác"):
        converse(f"c-{area}", role="coordinator", area=area)
    admin = converse("quan tri", role="admin")
    assert "cho địa bàn nào" in admin.says(MONTHLY)
    assert "Địa bàn: Xã Khác" in admin.presses("Xã Khác")
    admin.presses("Lưu")
    (rule,) = rows(database, "adopted_rule")
    assert rule["area_id"] == 2


@on_sqlite
def test_villages_can_hand_in_instead_of_teams(coordinator: Conversation, database: Database) -> None:
    with database.transaction() as db:
        areas.add_team(db, 1, "Thôn Trung", kind="village")
    assert "các thôn (1 nơi)" in coordinator.says("nhắc các thôn nộp báo cáo trước ngày 10 hằng tháng")
    coordinator.presses("Lưu")
    assert "Đã nộp 0/1 thôn." in coordinator.says("hạn")
    assert "Bên nộp: tổ (2 nơi)" in coordinator.sends_action("due.units:1:team")
    assert "Đã nộp 0/2 tổ." in coordinator.says("hạn")


@on_sqlite
def test_a_rule_is_ended_after_a_question(coordinator: Conversation, database: Database, clock: Clock) -> None:
    coordinator.says(MONTHLY)
    coordinator.presses("Lưu")
    assert "Nộp báo cáo tháng" in coordinator.says("ngừng nhắc")
    coordinator.presses("Nộp báo cáo tháng")
    assert "vẫn được giữ" in coordinator.presses("Ngừng hạn này")
    assert "Bên nộp" in coordinator.presses("Giữ lại")
    coordinator.presses("Ngừng hạn này")
    assert "không nhắc hạn này nữa" in coordinator.presses("Ngừng hẳn")
    tick_at(clock, database, vn(2026, 12, 17))
    assert rows(database, "reminder") == []
    assert "chưa áp dụng hạn báo cáo nào" in coordinator.says("hạn")


@on_sqlite
def test_personal_numbers_in_a_rule_are_masked(coordinator: Conversation, database: Database) -> None:
    coordinator.says("/nhac gọi 0912345678 nộp báo cáo ngày 25 hằng tháng")
    coordinator.presses("Lưu")
    assert "0912345678" not in rows(database, "own_rule")[0]["what"]


@on_sqlite
def test_only_coordinators_make_and_change_rules(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator.says(MONTHLY)
    coordinator.presses("Lưu")
    leader = converse("lan", role="leader", area=WARD)
    foreign = converse("ca", role="coordinator", area="Xã Khác")
    for person in (leader, foreign, converse("khach")):
        for action in (
            "rule:1",
            "end:1",
            "ended:1",
            "flip:1:confirm",
            "flip:1:one",
            "units:1:office",
            "to:1",
            "to:1:0",
        ):
            assert "cán bộ điều phối làm được" in person.sends_action(f"due.{action}"), action
    for person in (leader, converse("khach")):
        assert "cán bộ điều phối làm được" in person.says("/nhac nộp báo cáo ngày 5 hằng tháng")
        for action in ("own.new", "own.save", "own.area:1"):
            assert "cán bộ điều phối làm được" in person.sends_action(action)
        assert "Tôi hiểu thế này" not in person.says(MONTHLY)
    (rule,) = rows(database, "adopted_rule")
    assert (rule["ended_at"], rule["needs_confirmation"], rule["one_for_all"], rule["addressee"]) == (
        None,
        False,
        False,
        None,
    )


@on_sqlite
def test_buttons_of_an_old_preview_do_nothing(coordinator: Conversation, database: Database) -> None:
    for action in ("save", "edit", "cancel", "option:0", "option:x", "area:1", "nothing"):
        assert "cũ" in coordinator.sends_action(f"own.{action}")
    coordinator.says("nhắc tổ nộp báo cáo ngày 25")
    for action in ("save", "option:9", "option:²", "area:99"):
        assert "cũ" in coordinator.sends_action(f"own.{action}")
    assert rows(database, "own_rule") == []
