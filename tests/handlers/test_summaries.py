"""The weekly summary: its numbers against a log made by hand, and to whom it goes when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from db import assistance, questions
from db.engine import Database
from handlers.summaries.week import last_week, quarter, this_week
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"


def log(
    database: Database,
    day: date,
    people: int,
    topics: tuple[str, ...],
    *,
    team: int = 1,
    area: int = 1,
    outcome: str = "done",
) -> int:
    """Write one entry of the log and return its id."""
    with database.transaction() as db:
        return assistance.add(
            db,
            person_id=1,
            team_id=team,
            area_id=area,
            held_on=day,
            people=people,
            topics=topics,
            place=None,
            outcome=outcome,
            note=None,
            now=vn(2026, 11, 20),
        )


@pytest.fixture
def ward(converse: Converse, database: Database) -> Conversation:
    """A coordinator of a ward with three teams; the week of 16 to 22 November, and the week before."""
    coordinator = converse("cuc", role="coordinator", area=WARD)
    for name, number in (("an", 1), ("binh", 2), ("ca", 3)):
        converse(name, role="member", area=WARD, team=f"Tổ thôn {number}")
    converse("xa", role="member", area="Xã Khác", team="Tổ thôn 7")
    log(database, date(2026, 11, 16), 3, ("vneid",))
    log(database, date(2026, 11, 18), 5, ("vneid", "dvctt"), outcome="partial")
    log(database, date(2026, 11, 22), 1200, ("an_toan",), team=2, outcome="failed")
    log(database, date(2026, 11, 9), 2, ("vneid",))
    log(database, date(2026, 11, 15), 10, ("thanh_toan",), team=3)
    log(database, date(2026, 11, 8), 50, ("vneid",))
    log(database, date(2026, 11, 23), 60, ("vneid",))
    log(database, date(2026, 11, 17), 70, ("vneid",), team=4, area=2)
    undone = log(database, date(2026, 11, 17), 80, ("vneid",))
    with database.transaction() as db:
        assistance.take_back(db, undone, by=1, now=vn(2026, 11, 20), correction=False)
        for number, moment in enumerate((vn(2026, 11, 15, 23, 59), vn(2026, 11, 16, 0, 0), vn(2026, 11, 22, 23, 59))):
            questions.keep_unanswered(db, f"câu hỏi số {number}", area_id=1, person_id=None, now=moment)
        questions.keep_unanswered(db, "câu hỏi số 1", area_id=1, person_id=None, now=vn(2026, 11, 17))
        questions.keep_unanswered(db, "câu nơi khác", area_id=2, person_id=None, now=vn(2026, 11, 17))
        questions.keep_unanswered(db, "câu không rõ nơi", area_id=None, person_id=None, now=vn(2026, 11, 18))
    coordinator.news()
    return coordinator


def test_the_numbers_are_those_of_the_log(ward: Conversation, database: Database, clock: Clock) -> None:
    tick_at(clock, database, vn(2026, 11, 23))
    assert ward.news() == (
        "Bản tin tuần – Phường Đông Thanh\n"
        "Từ 16/11/2026 đến 22/11/2026; kỳ trước là từ 9/11/2026 đến 15/11/2026\n"
        "\n"
        "Số buổi hỗ trợ: 3 (tăng 1 so với kỳ trước là 2)\n"
        "Lượt người được giúp: 1.208 (tăng 1.196 so với kỳ trước là 12)\n"
        "Kết quả: 1 buổi xong hết, 1 xong một phần, 1 chưa xong\n"
        "\n"
        "Theo lĩnh vực (một buổi có thể nhiều lĩnh vực):\n"
        "- VNeID, căn cước: 2 buổi (tăng 1 so với kỳ trước là 1)\n"
        "- An toàn mạng, lừa đảo: 1 buổi (tăng 1 so với kỳ trước là 0)\n"
        "- Dịch vụ công trực tuyến: 1 buổi (tăng 1 so với kỳ trước là 0)\n"
        "\n"
        "Tổ chưa ghi buổi nào (1/3): Tổ thôn 3.\n"
        "\n"
        "Câu hỏi tôi chưa trả lời được (3):\n"
        "- câu hỏi số 1 (2 lần)\n"
        "- câu hỏi số 2\n"
        "- câu không rõ nơi\n"
        "\n"
        "Không có hạn nào trong 14 ngày tới."
    )


def test_deadlines_of_fourteen_days_and_what_is_overdue(ward: Conversation, database: Database, clock: Clock) -> None:
    ward.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    ward.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_nam")
    ward.sends_action("due.submitted:2:2026:2")
    clock.set(vn(2026, 11, 30))
    shown = ward.says("bản tin")
    assert "Quá hạn chưa nộp:\n- Tổ thôn 1, năm 2026 (hạn 29/11/2026)\n- Tổ thôn 3, năm 2026 (hạn 29/11/2026)" in shown
    assert (
        "thứ Hai 14/12/2026 (còn 14 ngày), quý 4/2026: 0/3 tổ đã nộp; chưa nộp: Tổ thôn 1, Tổ thôn 2, Tổ thôn 3"
        in shown
    )
    clock.set(vn(2026, 11, 29))
    shown = ward.says("bản tin")
    assert "14/12/2026" not in shown
    assert "29/11/2026 (hôm nay là ngày cuối), năm 2026: 1/3 tổ đã nộp; chưa nộp: Tổ thôn 1, Tổ thôn 3" in shown


@on_sqlite
def test_entries_that_nobody_checked_for_long_are_named(ward: Conversation, clock: Clock) -> None:
    assert "Bài hướng dẫn đã lâu" not in ward.says("bản tin")
    clock.set(vn(2028, 1, 10))
    told = ward.says("bản tin")
    assert "Bài hướng dẫn đã lâu chưa kiểm hoặc hết hạn (" in told
    assert "- … và " in told


@on_sqlite
def test_on_demand_this_week_last_week_and_the_quarter(ward: Conversation, clock: Clock) -> None:
    this = ward.says("bản tin")
    assert "Từ 16/11/2026 đến 21/11/2026" in this
    assert "Lượt người được giúp: 8 (" in this
    assert "Từ 9/11/2026 đến 15/11/2026" in ward.presses("Tuần trước")
    period = ward.says("báo cáo")
    assert "Số liệu quý 4/2026" in period
    assert "Từ 1/10/2026 đến 21/11/2026" in period
    assert "Lượt người được giúp: 70 (" in period


@on_sqlite
def test_every_unanswered_question_is_counted(ward: Conversation, database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        for number in range(70):
            questions.keep_unanswered(db, f"lạ {number}", area_id=1, person_id=None, now=vn(2026, 11, 20))
    tick_at(clock, database, vn(2026, 11, 23))
    news = ward.news()
    assert "Câu hỏi tôi chưa trả lời được (73):" in news
    assert "… và 63 câu nữa" in news


def test_it_goes_to_each_coordinator_once_and_only_for_their_area(
    ward: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    second, other = converse("hai", role="coordinator", area=WARD), converse("ca", role="coordinator", area="Xã Khác")
    leader = converse("lan", role="leader", area=WARD)
    people = (ward, second, other, leader)
    for person in people:
        person.news()
    told = {person.name: 0 for person in people}
    for moment in (
        vn(2026, 11, 23, 7, 29),
        vn(2026, 11, 23),
        vn(2026, 11, 23),
        vn(2026, 11, 24),
        vn(2026, 11, 25, 20, 59),
    ):
        tick_at(clock, database, moment)
        for person in people:
            told[person.name] += (news := person.news()).count("Bản tin tuần")
            assert ("Xã Khác" in news) <= (person is other)
            assert (WARD in news) <= (person is not other)
    assert told == {"cuc": 1, "hai": 1, "ca": 1, "lan": 0}


@on_sqlite
def test_after_downtime_it_comes_until_wednesday_evening(ward: Conversation, database: Database, clock: Clock) -> None:
    tick_at(clock, database, vn(2026, 11, 25, 21, 0))
    tick_at(clock, database, vn(2026, 11, 26))
    assert ward.news() == ""
    tick_at(clock, database, vn(2026, 12, 2, 20, 59))
    assert "Từ 23/11/2026 đến 29/11/2026" in ward.news()


@on_sqlite
def test_one_that_could_not_be_sent_by_wednesday_is_dropped(
    ward: Conversation, database: Database, clock: Clock
) -> None:
    tick_at(clock, database, vn(2026, 11, 23))
    tick_at(clock, database, vn(2026, 11, 25, 21, 0))
    assert [row["state"] for row in rows(database, "outbox") if row["kind"] == "summary"] == ["dropped"]


@on_sqlite
def test_members_and_citizens_get_no_figures(converse: Converse) -> None:
    for person in (converse("an", role="member"), converse("lan", role="leader"), converse("khach")):
        for text in ("bản tin", "báo cáo", "/bantin"):
            assert "dành cho cán bộ điều phối" in person.says(text)
        for action in ("sum.week", "sum.last", "sum.quarter"):
            assert "dành cho cán bộ điều phối" in person.sends_action(action)


@pytest.mark.parametrize(
    ("today", "running", "before", "of_quarter"),
    [
        (date(2026, 11, 23), (23, 23), (16, 22), date(2026, 10, 1)),
        (date(2026, 11, 29), (23, 29), (16, 22), date(2026, 10, 1)),
        (date(2026, 9, 30), (28, 30), (21, 27), date(2026, 7, 1)),
    ],
)
def test_weeks_run_from_monday_to_sunday(
    today: date, running: tuple[int, int], before: tuple[int, int], of_quarter: date
) -> None:
    assert tuple(day.day for day in this_week(today)) == running
    assert tuple(day.day for day in last_week(today)) == before
    assert quarter(today) == (of_quarter, today)
