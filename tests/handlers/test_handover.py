"""Conversations that a person takes over, and the rota of who does, as conversations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from db import people
from db.engine import Database
from handlers.message import Kind
from tests.support.asking_help import MONDAY
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import everything, rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def monday(clock: Clock) -> None:
    """Stand on a working day, in working hours."""
    clock.set(MONDAY)


def taken(converse: Converse) -> tuple[Conversation, Conversation]:
    """Return a coordinator and a citizen who talk with one another."""
    coordinator, citizen = converse("cuc", role="coordinator"), converse("an")
    citizen.says("gặp người thật")
    coordinator.presses("Tôi trả lời")
    citizen.news()
    return coordinator, citizen


def duty_hours(database: Database) -> set[tuple[int, str, str]]:
    """Return the rota as it is stored."""
    return {(row["weekday"], f"{row['begins']:%H:%M}", f"{row['ends']:%H:%M}") for row in rows(database, "duty_hours")}


def test_from_the_citizens_wish_to_the_way_back(converse: Converse, database: Database) -> None:
    coordinator, citizen = converse("cuc", role="coordinator"), converse("an")
    citizen.says("chợ làng mình họp mấy giờ, số tôi 0905123456")
    assert "Tôi đã báo Cán bộ Xã Thử" in citizen.presses("Gặp người thật")
    waiting = coordinator.news()
    assert "chợ làng mình họp mấy giờ" in waiting
    assert "Câu này tôi chưa biết" in waiting, "what the bot said"
    assert "0905123456" not in waiting
    assert "Nguồn:" in citizen.says("quên mật khẩu vneid"), "until somebody comes the bot answers"
    assert "gõ /xong để trả lại" in coordinator.presses("Tôi trả lời")
    assert "trợ lý tự động tạm im" in citizen.news()
    citizen.says("quên mật khẩu vneid thì sao, số tôi 0905123456")
    heard = coordinator.news()
    assert heard.startswith("Bà con: quên mật khẩu vneid thì sao")
    assert "0905123456" not in heard
    assert coordinator.says("Chợ họp 6 giờ sáng bác nhé") == ""
    assert citizen.news() == "Cán bộ Xã Thử: Chợ họp 6 giờ sáng bác nhé"
    assert "Đã trả lại cho trợ lý" in coordinator.says("/xong")
    assert "đã trả lời xong" in citizen.news()
    assert "Nguồn:" in citizen.says("quên mật khẩu vneid")
    assert "0905123456" not in everything(database)


@on_sqlite
def test_while_a_person_has_it_the_bot_is_silent_but_for_what_cannot_be_carried(converse: Converse) -> None:
    coordinator, citizen = taken(converse)
    for text in ("quên mật khẩu vneid", "1", "có", "thôi", "hôm nay giúp 3 bà cài vneid"):
        assert citizen.says(text) == ""
        assert text in coordinator.news()
    assert "chỉ chuyển được chữ" in citizen.sends(Kind.PHOTO)
    assert citizen.says("a" * 5000) != ""
    assert coordinator.news() == ""
    assert "che" in citizen.says("otp của tôi là 123456"), "who sends a secret is still told not to"
    coordinator.news()
    assert "Tuần này" in coordinator.says("/bantin"), "commands are for the bot"
    assert coordinator.says("hạn chót là thứ sáu") == ""
    assert citizen.news() == "Cán bộ Xã Thử: hạn chót là thứ sáu"
    assert "Đã trả lại" in coordinator.says("tra lai cho tro ly")


@on_sqlite
def test_an_edited_message_is_carried_as_such(converse: Converse) -> None:
    coordinator, citizen = taken(converse)
    citizen.says("tôi ở thôn 3", edited=True)
    assert "sửa lại: tôi ở thôn 3" in coordinator.news()


def test_of_two_on_duty_one_answers_and_the_other_is_told(converse: Converse) -> None:
    first, second, citizen = (
        converse("cuc", role="coordinator"), converse("dao", role="coordinator"), converse("an"),
    )  # fmt: skip
    citizen.says("gặp cán bộ")
    assert "muốn gặp người thật" in first.news()
    assert "muốn gặp người thật" in second.news()
    second.presses("Tôi trả lời")
    assert "Dao đang trả lời rồi" in first.presses("Tôi trả lời")
    citizen.says("chào cô")
    assert first.news() == ""
    assert "chào cô" in second.news()


@on_sqlite
@pytest.mark.pressed
def test_one_conversation_at_a_time_the_next_waits(converse: Converse) -> None:
    coordinator, citizen = taken(converse)
    other = converse("ba")
    other.says("gặp người thật")
    assert "Đang nói chuyện với bà con: chữ bác gõ đều tới bà con. Gõ /xong" in coordinator.presses("Tôi trả lời")
    assert "Còn 1 người đang chờ" in coordinator.says("/xong")
    coordinator.presses("Tôi trả lời")
    other.says("tôi hỏi chút")
    assert "tôi hỏi chút" in coordinator.news()
    assert "Nguồn:" in citizen.says("quên mật khẩu vneid")


@on_sqlite
def test_an_idle_conversation_returns_to_the_bot(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator, citizen = taken(converse)
    tick_at(clock, database, MONDAY + timedelta(minutes=20))
    citizen.says("còn đó không")
    coordinator.news()
    tick_at(clock, database, MONDAY + timedelta(minutes=49))
    assert (coordinator.news(), citizen.news()) == ("", "")
    tick_at(clock, database, MONDAY + timedelta(minutes=50))
    assert "yên 30 phút" in coordinator.news()
    assert "tôi lại trả lời bác" in citizen.news()
    tick_at(clock, database, MONDAY + timedelta(minutes=51))
    assert citizen.news() == ""
    assert "Nguồn:" in citizen.says("quên mật khẩu vneid")
    assert "không nói chuyện với" in coordinator.says("/xong")


@on_sqlite
def test_the_citizen_leaves_whether_waiting_or_talking(converse: Converse) -> None:
    coordinator, citizen = taken(converse)
    assert "Tôi lại trả lời bác" in citizen.says("/huy")
    assert "đã thôi cuộc nói chuyện" in coordinator.news()
    citizen.says("gặp người thật")
    assert "Tôi lại trả lời bác" in citizen.says("huỷ")
    assert "không chờ nữa" in coordinator.presses("Tôi trả lời")


@on_sqlite
def test_out_of_hours_the_citizen_hears_when_and_duty_hears_then(
    converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator, citizen = converse("cuc", role="coordinator"), converse("an")
    clock.set(vn(2026, 11, 20, 20, 0))  # a Friday evening
    assert "từ 07:30 ngày 23/11/2026" in citizen.says("gặp người thật")
    assert "từ 07:30 ngày 23/11/2026" in citizen.says("gặp người thật"), "asked again it is the same"
    assert coordinator.news() == ""
    tick_at(clock, database, vn(2026, 11, 23, 7, 29))
    assert "gặp người thật" not in coordinator.news()
    tick_at(clock, database, vn(2026, 11, 23, 7, 30))
    assert "muốn gặp người thật" in coordinator.news()
    tick_at(clock, database, vn(2026, 11, 23, 7, 31))
    assert coordinator.news() == ""


@on_sqlite
def test_a_rota_decides_who_is_asked_lunch_included(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator, member, citizen = converse("cuc", role="coordinator"), converse("binh", role="member"), converse("an")
    assert "Chưa đặt lịch" in coordinator.says("lịch trực")
    coordinator.presses("Binh")
    assert "Đã đặt giờ trực cho Binh" in coordinator.says("thứ hai đến thứ sáu 11h30-13h30")
    coordinator.presses("Đặt cho người khác")
    coordinator.presses("Cuc")
    assert "Tôi chưa hiểu" in coordinator.says("lúc nào cũng được")
    week = coordinator.says("ngày thường 7h30-11h30 và 13h30-17h")
    assert "- thứ Hai: 07:30–11:30 Cuc; 11:30–13:30 Binh; 13:30–17:00 Cuc" in week
    assert "- Chủ nhật: không ai" in week
    clock.set(vn(2026, 11, 23, 12, 0))
    coordinator.news()
    citizen.says("gặp người thật")
    assert "muốn gặp người thật" in member.news()
    assert coordinator.news() == ""
    tick_at(clock, database, vn(2026, 11, 23, 12, 30))
    assert "muốn gặp người thật" in coordinator.news(), "nobody came for half an hour"
    assert "gõ /xong" in member.presses("Tôi trả lời")
    assert duty_hours(database) >= {(1, "11:30", "13:30"), (5, "13:30", "17:00")}
    coordinator.says("lịch trực")
    coordinator.presses("Binh")
    coordinator.presses("Không trực nữa")
    assert not any(row["person_id"] == 2 for row in rows(database, "duty_hours"))


@on_sqlite
def test_where_nobody_can_answer_the_ways_to_a_person_are_told(converse: Converse) -> None:
    citizen = converse("an")
    assert "Trung tâm phục vụ hành chính công" in citizen.says("gặp người thật")


@on_sqlite
def test_forged_buttons_and_floods(converse: Converse, database: Database) -> None:
    converse("cuc", role="coordinator")
    member, citizen = converse("binh", role="member"), converse("an")
    for _ in range(3):
        citizen.says("gặp người thật")
        citizen.says("/huy")
    assert "3 lần rồi" in citizen.says("gặp người thật")
    assert "thuộc địa bàn khác" in member.sends_action("talk.take:1")
    for action in ("talk.take:999", "talk.take:x", "talk.nothing"):
        assert "cũ" in citizen.sends_action(action)
    assert "không nói chuyện" in citizen.sends_action("talk.back")
    for action in ("rota.area:1", "rota.who:1:1", "rota.none:1:1"):
        assert "điều phối" in member.sends_action(action)
    assert "điều phối" in member.says("lịch trực")
    assert {row["state"] for row in rows(database, "handover")} == {"ended"}


@on_sqlite
def test_a_side_that_cannot_be_reached_ends_or_is_shown(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator, citizen = taken(converse)
    with database.transaction() as db:
        people.mark_unreachable(db, citizen.chat.channel, citizen.chat.chat, clock())
    assert "Tin chưa tới được" in coordinator.says("bác ơi")
    with database.transaction() as db:
        people.mark_unreachable(db, coordinator.chat.channel, coordinator.chat.chat, clock())
    assert "không liên lạc được" in citizen.says("alo")


def test_what_was_said_goes_with_the_person_or_after_thirty_days(
    converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator, citizen = taken(converse)
    other = converse("ba")
    citizen.says("nhà tôi cạnh cây đa")
    assert "số hay chữ bác gõ đều tới Cán bộ Xã Thử" in citizen.says("/xoa")
    citizen.says("/1")
    assert "đã thôi cuộc nói chuyện" in coordinator.news()
    assert "cây đa" not in everything(database)
    other.says("gặp người thật")
    coordinator.presses("Tôi trả lời")
    other.says("nhà tôi cạnh giếng làng")
    coordinator.says("/xong")
    tick_at(clock, database, MONDAY + timedelta(days=29))
    assert "giếng làng" in everything(database)
    tick_at(clock, database, MONDAY + timedelta(days=30, minutes=1))
    assert "giếng làng" not in everything(database)
    assert all(row["question"] is None and row["chat"] == "" for row in rows(database, "handover"))
