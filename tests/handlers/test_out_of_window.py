"""Who wrote too long ago for their channel is not tried; the coordinator hears of it once, a word brings them back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from db import people
from db.engine import Database
from handlers.turn import Rules
from tests.support.clock import Clock
from tests.support.conversation import CHANNEL, Conversation
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

WARD = "Phường Đông Thanh"
RULES = Rules(windows={CHANNEL: timedelta(days=7)})


@pytest.fixture
def coordinator(converse: Converse) -> Conversation:
    """A coordinator who has adopted the quarterly deadline: last day Monday, 14 December 2026."""
    person = converse("cuc", role="coordinator", area=WARD)
    assert "Đã áp dụng" in person.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    return person


def reasons(database: Database) -> set[str | None]:
    return {row["dropped"] for row in rows(database, "reminder")}


def test_a_reminder_outside_the_window_is_not_tried_and_the_coordinator_is_told_once(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    silent = converse("an", role="member", area=WARD)
    silent.news()
    clock.set(vn(2026, 12, 6))
    coordinator.says("xin chào")
    lively = converse("be", role="member", area=WARD)
    lively.news()

    tick_at(clock, database, vn(2026, 12, 7, 7, 31), RULES)
    tick_at(clock, database, vn(2026, 12, 7, 8, 0), RULES)
    assert silent.news() == ""
    assert lively.messages()[-1].kind == "reminder"
    told = coordinator.news()
    assert told.count("không gửi được tin nhắc hạn cho 1 người") == 1
    assert "An (Tổ thôn 2)" in told
    assert "Be (" not in told
    assert reasons(database) == {None, "out of window"}

    clock.set(vn(2026, 12, 8, 9))
    silent.says("tôi đây")
    tick_at(clock, database, vn(2026, 12, 11, 7, 31), RULES)
    assert silent.messages()[-1].kind == "reminder"


def test_without_a_window_nobody_is_out_of_it(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    silent = converse("an", role="member", area=WARD)
    coordinator.news()
    tick_at(clock, database, vn(2026, 12, 7, 7, 31))
    assert silent.messages()[-1].kind == "reminder"
    assert "Nhờ anh/chị gọi điện" not in coordinator.news()
    assert all(row["unreachable_at"] is None for row in rows(database, "account"))


def test_who_cannot_be_reached_for_another_reason_is_not_told_of(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    converse("an", role="member", area=WARD)
    with database.transaction() as db:
        people.mark_unreachable(db, CHANNEL, "an", clock())
    clock.set(vn(2026, 11, 25))
    coordinator.says("xin chào")
    tick_at(clock, database, vn(2026, 11, 25, 7, 31), Rules(windows={CHANNEL: timedelta(days=60)}))
    tick_at(clock, database, vn(2026, 12, 7, 7, 31), Rules(windows={CHANNEL: timedelta(days=60)}))
    assert reasons(database) == {"unreachable"}
    assert "Nhờ anh/chị gọi điện" not in coordinator.news()
