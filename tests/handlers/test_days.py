"""Days that an administrator declares a day off or a working day, and what follows for deadlines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"


@pytest.fixture
def admin(converse: Converse) -> Conversation:
    """An administrator; the ward has adopted the quarterly deadline: last day Monday, 14 December 2026."""
    converse("cuc", role="coordinator", area=WARD).sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    converse("an", role="member", area=WARD)
    return converse("quan tri", role="admin")


def test_a_declared_day_moves_the_advised_day_and_its_reminders_but_not_the_last_day(
    admin: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    assert "thứ Hai 14/12/2026 là ngày nghỉ (bão số 9)" in admin.says("ngày nghỉ 14/12/2026 bão số 9")
    member = converse("an")
    shown = member.says("hạn")
    assert "chậm nhất thứ Hai 14/12/2026" in shown
    assert "Nên nộp chậm nhất thứ Sáu 11/12/2026" in shown
    assert "Nên nộp chậm nhất thứ Sáu 11/12/2026" in member.says("Đông Thanh nộp báo cáo quý ngày nào")
    member.news()
    tick_at(clock, database, vn(2026, 12, 4))
    assert "quý 4/2026: còn 10 ngày" in member.news()
    assert "là ngày đi làm (Làm bù)" in admin.says("ngay lam bu 13/12/2026")
    assert "Nên nộp chậm nhất Chủ nhật 13/12/2026" in member.says("hạn")


@on_sqlite
def test_declared_days_are_listed_and_taken_back(admin: Conversation, database: Database) -> None:
    assert "Chưa khai ngày nào" in admin.says("/ngaynghi")
    admin.says("ngày nghỉ 14/12/2026")
    admin.says("ngày nghỉ 14/12/2026: mưa lũ")
    listed = admin.says("/ngaynghi")
    assert listed.count("14/12/2026") == 1
    assert "mưa lũ" in listed
    assert "lại tính theo lịch chung" in admin.says("bỏ ngày nghỉ 14/12/2026")
    assert "không có gì để bỏ" in admin.says("bỏ ngày nghỉ 14/12/2026")
    assert rows(database, "day_override") == []


@on_sqlite
def test_days_that_do_not_exist_or_are_over_are_refused(admin: Conversation, database: Database) -> None:
    assert "không có trong lịch" in admin.says("ngày nghỉ 30/2/2027")
    assert "đã qua rồi" in admin.says("ngày nghỉ 20/11/2026")
    assert rows(database, "day_override") == []


@on_sqlite
def test_only_administrators_declare_days(admin: Conversation, converse: Converse, database: Database) -> None:
    for person in (converse("cuc"), converse("an"), converse("khach")):
        assert "do quản trị khai" in person.says("/ngaynghi 14/12/2026")
        person.says("ngày nghỉ 14/12/2026")
    assert rows(database, "day_override") == []
