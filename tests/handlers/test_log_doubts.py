"""What looks odd in a report of help is asked about before it is saved, and only that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from db import areas
from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.logging_help import sessions

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_many_people_need_a_second_look(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    assert "Số 500 người là nhiều" in member.says("hôm nay giúp 500 bà cài vneid")
    assert member.buttons() == ["Đúng, 500 người", "Sửa", "Huỷ"]
    assert "Tôi hiểu là" in member.presses("Đúng, 500 người")
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [500]


@on_sqlite
@pytest.mark.parametrize(
    ("steps", "people"), [(["sửa", "50"], 50), (["5"], 5), (["đúng"], 51), (["sửa", "60", "1"], 60)]
)
def test_an_odd_number_can_be_put_right_or_confirmed(
    converse: Converse, database: Database, steps: list[str], people: int
) -> None:
    member = converse("an", role="member")
    assert "51 người là nhiều" in member.says("hôm nay giúp 51 bà cài vneid")
    for step in steps:
        member.says(step)
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [people]


@on_sqlite
def test_fifty_people_are_not_asked_about(converse: Converse) -> None:
    assert "Tôi hiểu là" in converse("an", role="member").says("hôm nay giúp 50 bà cài vneid")


@on_sqlite
@pytest.mark.parametrize(("day", "asked"), [("22/9", False), ("21/9", True)])
def test_a_day_more_than_sixty_days_ago_needs_a_second_look(converse: Converse, day: str, asked: bool) -> None:
    reply = converse("an", role="member").says(f"ngày {day} giúp 3 bà cài vneid")
    assert ("hơn hai tháng" in reply) is asked


def test_an_old_day_is_saved_once_confirmed(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("ngày 2/3/2026 giúp 3 bà cài vneid")
    member.presses("Đúng, thứ Hai 2/3/2026")
    member.presses("Lưu")
    assert [entry["held_on"] for entry in sessions(database)] == [date(2026, 3, 2)]


@on_sqlite
def test_a_day_to_come_is_named_when_it_is_asked_again(converse: Converse) -> None:
    assert "thứ Hai 30/11/2026 chưa tới" in converse("an", role="member").says("30/11 đã giúp 3 bà cài vneid")


@on_sqlite
def test_a_place_of_another_commune_needs_a_second_look(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    with database.transaction() as db:
        for number in (1, 2, 3):
            areas.add_area(db, f"Thôn {number}", kind="village", parent_id=1)
        areas.merge(db, areas.add_area(db, "Xã Cũ"), 1, clock())
    for place in ("thôn 3", "nhà văn hóa xã", "chợ xã Thử", "xã Cũ", "xóm Đình"):
        assert "Tôi hiểu là" in member.says(f"hôm nay giúp 3 bà cài vneid ở {place}"), place
    for place in ("thôn 9", "xã Hải Lăng"):
        assert "không thuộc xã" in member.says(f"hôm nay giúp 3 bà cài vneid ở {place}"), place
    member.presses("Đúng, xã Hải Lăng")
    member.presses("Lưu")
    assert [entry["place"] for entry in sessions(database)] == ["xã Hải Lăng"]


@on_sqlite
def test_without_a_list_of_villages_no_village_is_strange(converse: Converse) -> None:
    assert "Tôi hiểu là" in converse("an", role="member").says("hôm nay giúp 3 bà cài vneid ở thôn 9")


def test_the_same_session_sent_twice_is_noticed(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    for _ in range(2):
        member.says("hôm nay giúp 3 bà cài vneid ở thôn 2")
        told = member.presses("Lưu")
    assert "giống buổi bác đã ghi" in told
    assert len(sessions(database)) == 1
    assert "không ghi thêm" in member.presses("Bỏ")
    assert len(sessions(database)) == 1
    member.says("hom nay giup 3 ba cai vneid o thon 2")
    member.presses("Lưu")
    assert "Đã lưu" in member.presses("Vẫn ghi")
    assert len(sessions(database)) == 2


@on_sqlite
def test_of_several_sessions_only_the_repeated_one_is_left_out(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid ở thôn 2")
    member.presses("Lưu")
    member.says("sáng giúp 3 bà cài vneid ở thôn 2; chiều giúp 2 ông nộp hồ sơ dịch vụ công ở thôn 3")
    assert "Buổi thứ 1 giống buổi bác đã ghi" in member.presses("Lưu")
    assert "Đã lưu buổi hỗ trợ" in member.presses("Bỏ")
    assert [(entry["people"], entry["place"]) for entry in sessions(database)] == [(3, "thôn 2"), (2, "thôn 3")]


@on_sqlite
@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        ("hôm nay giúp 5 bà cài vneid ở nhà văn hóa", "hom nay giup 5 ba cai vneid o nha van hoa", True),
        ("hôm nay giúp 5 bà cài vneid ở chợ", "hôm nay giúp 5 bà cài vneid ở thôn 7", False),
        ("hôm nay giúp 5 bà cài vneid ở chợ", "hôm nay giúp 4 bà cài vneid ở chợ", False),
        ("hôm nay giúp 5 bà cài vneid ở chợ", "hôm qua giúp 5 bà cài vneid ở chợ", False),
        ("hôm nay giúp 5 bà cài vneid ở chợ", "hôm nay giúp 5 bà nộp hồ sơ dịch vụ công ở chợ", False),
        ("hôm nay giúp 1 bà cài vneid ở chợ", "hôm nay giúp 1 bà cài vneid ở chợ", False),
        ("hôm nay cùng chị Hoa giúp 1 bà cài vneid ở chợ", "hôm nay giúp 1 bà cài vneid ở chợ", True),
    ],
)
def test_what_two_members_of_a_team_tell_is_compared(converse: Converse, first: str, second: str, asked: bool) -> None:
    other, member = converse("nguyễn thị hoa", role="member"), converse("trần văn an", role="member")
    member.says(first)
    member.presses("Lưu")
    other.says(second)
    assert ("giống buổi Trần Văn An đã ghi" in other.presses("Lưu")) is asked


def test_who_leaves_out_what_another_has_told_went_along(converse: Converse, database: Database) -> None:
    other, member = converse("nguyễn thị hoa", role="member"), converse("trần văn an", role="member")
    for person in (member, other):
        person.says("hôm nay giúp 5 bà cài vneid ở chợ")
        person.presses("Lưu")
    assert "có người đi cùng" in other.presses("Bỏ")
    assert [(entry["person_id"], entry["members"]) for entry in sessions(database)] == [(2, [1])]
    assert "1 buổi, 5 lượt người" in other.says("nhật ký")


@on_sqlite
def test_another_team_is_not_compared(converse: Converse) -> None:
    member, other = converse("an", role="member"), converse("binh", role="member", team="Tổ thôn 3")
    for person in (member, other):
        person.says("hôm nay giúp 5 bà cài vneid ở chợ")
        assert "Đã lưu" in person.presses("Lưu")


def test_what_is_in_doubt_survives_a_question_and_a_restart(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 500 bà cài vneid ở thôn 2")
    again = Conversation(database, clock, "an")  # a new process: nothing but the database remembers
    assert "500 người là nhiều" in again.says("quên mật khẩu vneid")
    again.presses("Đúng, 500 người")
    again.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [500]
