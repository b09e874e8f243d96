"""The diary: own entries by week and month with totals, the team's, the area's, in pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db import assistance
from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.ticking import vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def log(database: Database, clock: Clock, *days: tuple[int, int], person_id: int = 1, team_id: int = 1) -> None:
    """Write one session of one person for each (month, day), oldest first."""
    with database.transaction() as db:
        for number, (month, day) in enumerate(days, start=1):
            assistance.add(
                db, person_id=person_id, team_id=team_id, area_id=1, held_on=vn(2026, month, day).date(), people=number,
                topics=["vneid"], place="thôn 2", outcome="done", note=None, now=clock(),
            )  # fmt: skip


def test_the_diary_shows_four_weeks_with_totals(converse: Converse, database: Database, clock: Clock) -> None:
    member, other = converse("an", role="member"), converse("binh", role="member")
    log(database, clock, (10, 25), (10, 26), (11, 15), (11, 16), (11, 21))
    log(database, clock, (11, 20), person_id=2)
    diary = member.says("nhat ky")
    assert "Nhật ký của bác từ 26/10/2026: 4 buổi, 14 lượt người." in diary
    assert "Tuần này 2 buổi, 9 lượt người; tháng này 3 buổi, 12 lượt người." in diary
    assert (
        "Tuần từ 16/11/2026: 2 buổi, 9 lượt người\n1. 21/11/2026: VNeID, căn cước, 5 người, thôn 2\n2. 16/11" in diary
    )
    assert "Tuần từ 9/11/2026: 1 buổi, 3 lượt người\n3. 15/11/2026" in diary
    assert "25/10" not in diary
    assert "1 buổi, 1 lượt người" in other.says("/nhatky")


def test_the_diary_of_a_week_a_month_and_the_last_month(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    log(database, clock, (9, 30), (10, 1), (10, 31), (11, 1), (11, 15), (11, 16))
    member.says("nhật ký")
    assert "Nhật ký của bác tuần này: 1 buổi, 6 lượt người." in member.presses("Tuần này")
    assert "Nhật ký của bác tháng này: 3 buổi, 15 lượt người." in member.presses("Tháng này")
    assert "Nhật ký của bác tháng trước: 2 buổi, 5 lượt người." in member.presses("Tháng trước")
    assert "Tháng trước" not in member.buttons()
    clock.forward(days=70)  # January: the last month lies in another year
    assert "Tháng trước bác chưa ghi buổi nào" in member.sends_action("log.diary:last:own:0")


def test_a_long_diary_comes_in_pages(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    log(database, clock, *[(11, day) for day in range(1, 21)])
    first = member.says("nhật ký")
    assert "1. 20/11/2026" in first
    assert "8. 13/11/2026" in first
    assert "12/11" not in first
    assert "Trang 1/3" in first
    assert "Tuần từ 9/11/2026: 7 buổi" in first, "a week's totals do not depend on the page"
    assert "9. 12/11/2026" in member.presses("Trang sau")
    assert "Sửa 9" in member.buttons()
    last = member.says("trang sau")
    assert "20. 1/11/2026" in last
    assert "Trang sau" not in member.buttons()
    assert "Buổi của An" in member.says("sửa 20")
    member.says("/huy")
    assert "9. 12/11/2026" in member.sends_action("log.diary:recent:own:1")


def test_leaders_see_the_team_and_coordinators_the_area(converse: Converse, database: Database, clock: Clock) -> None:
    member, leader = converse("an", role="member"), converse("lan", role="leader")
    other = converse("dao", role="leader", team="Tổ thôn 3")
    coordinator = converse("cuc", role="coordinator")
    stranger = converse("em", role="coordinator", area="Xã Khác")
    log(database, clock, (11, 20), (11, 21), person_id=1)
    log(database, clock, (11, 19), person_id=3, team_id=2)
    member.says("nhật ký")
    assert not {"Cả tổ", "Cả địa bàn"} & set(member.buttons())
    assert "Nút này" in member.sends_action("log.diary:recent:team:0")
    assert "chưa ghi buổi nào" in leader.says("nhật ký")
    team = leader.presses("Cả tổ")
    assert "Nhật ký cả tổ từ 26/10/2026: 2 buổi, 3 lượt người." in team
    assert "1. 21/11/2026: An, VNeID" in team
    assert "Của tôi" in leader.buttons()
    assert "1 buổi, 1 lượt người" in other.sends_action("log.diary:recent:team:0")
    assert "Nút này" in leader.sends_action("log.diary:recent:area:0")
    assert "3 buổi, 4 lượt người" in coordinator.sends_action("log.diary:month:area:0")
    assert "chưa ghi buổi nào" in stranger.sends_action("log.diary:recent:area:0")


@on_sqlite
def test_a_forged_page_of_the_diary_is_refused(converse: Converse) -> None:
    member = converse("an", role="member")
    for arguments in ("x", "recent:own:x", "recent:own:-1", "x:own:0", "recent:all:0", "recent:own:99999999999", "::"):
        assert "Nút này" in member.sends_action(f"log.diary:{arguments}"), arguments


@on_sqlite
def test_an_entry_that_is_not_there_shows_the_diary(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    assert "chưa ghi buổi nào" in member.says("sửa 1")
    log(database, clock, (11, 20))
    for said in ("sửa 2", "sửa 0", "sua 999"):
        assert "Nhật ký của bác" in member.says(said)
    assert "Buổi của An" in member.says("sua buoi 1")


@on_sqlite
def test_the_diary_does_not_disturb_what_waits_to_be_saved(converse: Converse) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid")
    member.says("nhật ký")
    assert "Đã lưu" in member.says("lưu"), "by its word, where a number means the diary's choices"
    assert "1 buổi, 3 lượt người" in member.says("nhật ký")
    member.says("hôm nay giúp 2 ông nộp hồ sơ dịch vụ công")
    member.says("nhật ký")
    assert "chưa lưu gì" in member.says("huỷ")
