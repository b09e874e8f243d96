"""Logging for members who have no phone, and naming those who went along."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.logging_help import add_member, sessions
from tests.support.looking import rows

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TOLD = "hôm nay giúp 3 người cài vneid ở chợ"


def test_a_leader_logs_for_a_member_named_in_the_sentence(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    tam = add_member(database, clock, "Nguyễn Thị Tám")
    echo = leader.says(f"ghi hộ bà Tám: {TOLD}")
    assert "Ghi hộ Nguyễn Thị Tám." in echo
    assert "Số lượt người: 3" in echo
    assert "ghi hộ Nguyễn Thị Tám" in leader.presses("Lưu")
    (entry,) = sessions(database)
    assert (entry["person_id"], entry["logged_by"], entry["team_id"], entry["area_id"]) == (tam, 1, 1, 1)
    assert "chưa ghi buổi nào" in leader.says("nhật ký")
    assert "Nguyễn Thị Tám, VNeID" in leader.presses("Cả tổ")


@on_sqlite
def test_the_name_is_told_apart_from_the_sentence(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    add_member(database, clock, "Nguyễn Thị Tám")
    for said in (
        f"ghi ho ba tam {TOLD}",
        f"Ghi hộ Tám, {TOLD}",
        f"/ghi hộ bà Tám: {TOLD}",
        f"ghi hộ Nguyễn Thị Tám : {TOLD}",
        f"ghi thay cô tám {TOLD}",
    ):
        echo = leader.says(said)
        assert "Ghi hộ Nguyễn Thị Tám." in echo, said
        assert "Số lượt người: 3" in echo, said


def test_a_member_is_chosen_by_button_and_the_rest_by_buttons_too(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader = converse("lan", role="leader")
    add_member(database, clock, "Trần Văn Bảy")
    tam = add_member(database, clock, "Nguyễn Thị Tám")
    assert "ghi hộ ai" in leader.says("ghi hộ")
    assert leader.buttons() == ["Nguyễn Thị Tám", "Trần Văn Bảy", "Huỷ"]
    assert "cho Nguyễn Thị Tám" in leader.presses("Nguyễn Thị Tám")
    leader.presses("VNeID, căn cước")
    leader.presses("2")
    leader.presses("Lưu")
    assert [(entry["person_id"], entry["place"]) for entry in sessions(database)] == [(tam, "thôn 2")]
    leader.presses("Ghi tiếp")
    leader.says("1")
    leader.says("4")
    leader.presses("Lưu")
    assert [(entry["person_id"], entry["people"]) for entry in sessions(database)] == [(tam, 2), (tam, 4)]


@on_sqlite
def test_a_name_that_two_go_by_is_asked_about(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    add_member(database, clock, "Nguyễn Thị Tám")
    other = add_member(database, clock, "Lê Văn Tám")
    add_member(database, clock, "Trần Văn Bảy")
    leader.says(f"ghi hộ Tám: {TOLD}")
    assert leader.buttons() == ["Lê Văn Tám", "Nguyễn Thị Tám", "Huỷ"]
    assert "Ghi hộ Lê Văn Tám." in leader.says("văn tám")
    leader.presses("Lưu")
    assert [(entry["person_id"], entry["people"]) for entry in sessions(database)] == [(other, 3)]


@on_sqlite
def test_a_name_that_nobody_goes_by_is_said_so(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    tam = add_member(database, clock, "Nguyễn Thị Tám")
    assert 'không thấy ai tên "bà Chín"' in leader.says(f"ghi hộ bà Chín: {TOLD}")
    assert 'không thấy ai tên "ai đó"' in leader.says("ai đó")
    leader.says("tam")
    leader.presses("Lưu")
    assert [(entry["person_id"], entry["people"]) for entry in sessions(database)] == [(tam, 3)]


@on_sqlite
def test_choosing_a_member_can_be_left(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    tam = add_member(database, clock, "Nguyễn Thị Tám")
    for word in ("huỷ", "/huy", "2"):
        leader.says("ghi hộ")
        leader.says(word)
        assert not any(row["state"] for row in rows(database, "dialogue")), word
    assert "Nút này" in leader.sends_action(f"log.for:{tam}")
    assert "Nút này" in leader.sends_action("log.stop")


@on_sqlite
def test_a_question_while_a_member_is_chosen_is_answered(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    add_member(database, clock, "Nguyễn Thị Tám")
    leader.says("ghi hộ")
    reply = leader.says("quên mật khẩu vneid thì làm sao")
    assert "Nguồn:" in reply
    assert "ghi hộ ai" in reply


@on_sqlite
def test_many_members_come_in_pages(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    for number in range(1, 11):
        add_member(database, clock, f"Nguyễn Văn {number:02}")
    leader.says("ghi hộ")
    assert "Nguyễn Văn 09" not in leader.buttons()
    leader.presses("Xem thêm")
    assert leader.buttons() == ["Nguyễn Văn 09", "Nguyễn Văn 10", "Huỷ"]


def test_only_leaders_and_coordinators_log_for_others_and_only_for_their_own(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, member = converse("lan", role="leader"), converse("an", role="member")
    coordinator = converse("cuc", role="coordinator")
    stranger = converse("dao", role="leader", area="Xã Khác", team="Tổ khác")
    tam = add_member(database, clock, "Nguyễn Thị Tám")
    assert "việc của tổ trưởng" in member.says(f"ghi hộ bà Tám: {TOLD}")
    for person in (member, stranger, converse("khach")):
        for action in (f"log.for:{tam}", "log.who:0"):
            assert any(words in person.sends_action(action) for words in ("Nút này", "Chỉ thành viên"))
    assert "việc của tổ trưởng" in stranger.says("ghi hộ")
    assert "Ghi hộ Nguyễn Thị Tám." in leader.says(f"ghi hộ bà Tám: {TOLD}")
    assert "Ghi hộ Nguyễn Thị Tám." in coordinator.says(f"ghi hộ bà Tám: {TOLD}")
    coordinator.presses("Lưu")
    assert [(entry["person_id"], entry["team_id"]) for entry in sessions(database)] == [(tam, 1)]


def test_who_can_be_reached_is_told_and_may_correct_it(converse: Converse, database: Database) -> None:
    leader, member = converse("lan", role="leader"), converse("nguyễn thị tám", role="member")
    leader.says(f"ghi hộ Tám: {TOLD}")
    leader.presses("Lưu")
    news = member.news()
    assert "Lan vừa ghi hộ bác một buổi hỗ trợ" in news
    assert "Số lượt người: 3" in news
    assert "do Lan ghi hộ" in member.presses("Xem buổi này")
    member.presses("Số người")
    member.says("2")
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [2]
    leader.presses("Hoàn tác")
    assert sessions(database) == []


@on_sqlite
def test_at_night_the_notice_waits_and_who_wants_none_gets_none(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader = converse("lan", role="leader")
    member, muted = converse("nguyễn thị tám", role="member"), converse("trần văn bảy", role="member")
    muted.says("tắt nhắc")
    clock.forward(hours=13)  # 22:00
    for name in ("Tám", "Bảy"):
        leader.says(f"ghi hộ {name}: {TOLD} {name}")
        leader.presses("Lưu")
    notices = [row for row in rows(database, "outbox") if row["kind"] == "notice"]
    assert [row["chat"] for row in notices] == [member.name]
    assert notices[0]["not_before"].isoformat() == "2026-11-21T23:30:00+00:00"  # 06:30 in Vietnam
    assert len(sessions(database)) == 2


@on_sqlite
def test_for_oneself_is_no_other(converse: Converse, database: Database) -> None:
    leader = converse("lan", role="leader")
    leader.says(f"ghi hộ tôi: {TOLD}")
    leader.presses("Lưu")
    assert [(entry["person_id"], entry["logged_by"]) for entry in sessions(database)] == [(1, None)]


def test_who_went_along_is_kept_and_the_session_counts_once(converse: Converse, database: Database) -> None:
    other, member = converse("nguyễn thị hoa", role="member"), converse("trần văn an", role="member")
    echo = member.says("hôm nay cùng chị Hoa giúp 4 bà cài vneid ở chợ")
    assert "Đi cùng: Nguyễn Thị Hoa" in echo
    member.presses("Lưu")
    assert [(entry["people"], entry["members"]) for entry in sessions(database)] == [(4, [1])]
    assert "1 buổi, 4 lượt người" in other.says("nhật ký")
    assert "đi cùng Trần Văn An" in other.says("nhật ký")
    assert "Sửa 1" not in other.buttons()
    assert "không sửa được" in other.says("sửa 1")
    assert "Số buổi hỗ trợ: 1" in converse("cuc", role="coordinator").says("bản tin")


@on_sqlite
def test_a_companion_whose_name_two_go_by_is_asked_about(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("trần văn an", role="member")
    add_member(database, clock, "Nguyễn Thị Hoa")
    hoa = add_member(database, clock, "Lê Thị Hoa")
    assert "là ai trong tổ" in member.says("hôm nay cùng chị Hoa giúp 4 bà cài vneid ở chợ")
    assert member.buttons() == ["Lê Thị Hoa", "Nguyễn Thị Hoa", "Không phải ai trong tổ", "Huỷ"]
    assert "Đi cùng: Lê Thị Hoa" in member.presses("Lê Thị Hoa")
    member.presses("Lưu")
    assert [entry["members"] for entry in sessions(database)] == [[hoa]]
    member.says("hôm qua cùng chị Hoa giúp 4 bà cài vneid ở chợ")
    assert "Đi cùng" not in member.presses("Không phải ai trong tổ")


@on_sqlite
def test_a_companion_who_is_not_of_the_team_is_left_out_silently(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    converse("nguyễn thị hoa", role="member", team="Tổ thôn 3")
    assert "Đi cùng" not in member.says("hôm nay cùng chị Hoa giúp 4 bà cài vneid ở chợ")
    member.presses("Lưu")
    assert [entry["members"] for entry in sessions(database)] == [[]]


@on_sqlite
def test_one_entry_may_stand_for_several_members(converse: Converse, database: Database, clock: Clock) -> None:
    leader = converse("lan", role="leader")
    tam, bay = add_member(database, clock, "Nguyễn Thị Tám"), add_member(database, clock, "Trần Văn Bảy")
    echo = leader.says(f"ghi hộ bà Tám và ông Bảy: {TOLD}")
    assert "Ghi hộ Nguyễn Thị Tám." in echo
    assert "Đi cùng: Trần Văn Bảy" in echo
    leader.presses("Lưu")
    assert [(entry["person_id"], entry["members"]) for entry in sessions(database)] == [(tam, [bay])]
