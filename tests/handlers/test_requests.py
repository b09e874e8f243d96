"""Help requests as conversations: asked for, taken once, raised by working hours, closed by the log, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from db import areas, people
from db.engine import Database
from handlers.rendering import ZONE
from knowledge.working_days import working_days
from knowledge.working_hours import worked
from tests.support.asking_help import MONDAY, asks
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.logging_help import sessions
from tests.support.looking import everything, rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def monday(clock: Clock) -> None:
    """Stand on a working day, in working hours."""
    clock.set(MONDAY)


def request_row(database: Database, number: int = -1) -> dict[str, object]:
    """Return a request as it is stored, the newest if no other is said."""
    return rows(database, "help_request")[number]


# From the first word to the end


def test_a_request_from_the_citizens_first_word_to_their_last(converse: Converse, database: Database) -> None:
    member, citizen = converse("binh", role="member"), converse("an")
    assert "lời bác nhắn" in citizen.says("Nhờ tổ hỗ trợ"), "consent comes first and names this purpose"
    assert "việc gì" in citizen.presses("Đồng ý")
    assert "thôn" in citizen.sends_action("req.topic:vneid")
    assert citizen.buttons() == ["thôn 2", "Không rõ", "Huỷ"]
    assert "tiện" in citizen.says("thon 2")
    echo = citizen.says("chiều mai, gọi 0905123456")
    assert "0905123456" not in echo
    assert "Nơi: thôn 2, Xã Thử" in echo
    assert "Đã gửi tới Tổ thôn 2" in citizen.presses("Gửi")
    offered = member.news()
    assert "Có bà con nhờ giúp" in offered
    assert "An" not in offered, "the name is for the one who takes it"
    assert "Người nhờ: An" in member.says("tôi nhận")
    assert "Binh (Tổ thôn 2) đã nhận giúp bác" in citizen.news()
    member.presses("Nhắn bà con")
    assert "Đã gửi tới bà con" in member.says("mai 2 giờ chiều tôi tới, số tôi 0912345678")
    told = citizen.news()
    assert "Tổ thôn 2 nhắn" in told
    assert "0912345678" not in told
    citizen.presses("Nhắn lại tổ")
    assert "Đã gửi tới người nhận việc" in citizen.says("vâng, nhà cạnh chợ")
    assert "nhà cạnh chợ" in member.news()
    echo = member.sends_action("req.done:1")
    assert "Số lượt người: 1" in echo
    assert "thôn 2" in echo
    assert "Đã lưu" in member.presses("Lưu")
    assert "có ích" in citizen.news()
    assert citizen.buttons() == ["Có ích", "Chưa đúng"]
    assert "Tôi mừng" in citizen.says("có ích")
    assert "có ích" in member.news()
    assert "cũ" in citizen.sends_action("req.bad:1"), "it is asked once"
    (session,) = sessions(database)
    row = request_row(database)
    assert (row["state"], row["session_id"], row["helped"]) == ("closed", session["id"], True)
    assert session["topics"] == {"vneid"}
    assert "0905123456" not in everything(database)


def test_of_two_who_press_at_the_same_moment_one_wins(converse: Converse, database: Database) -> None:
    first, second, citizen = (converse("binh", role="member"), converse("chi", role="member"), converse("an"))
    asks(citizen)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda member: member.sends_action("req.take:1"), (first, second)))
    won = [answer for answer in answers if "Bác đã nhận việc này" in answer]
    lost = [answer for answer in answers if "đã nhận việc này rồi" in answer]
    assert len(won) == len(lost) == 1
    taker = first if answers[0] is won[0] else second
    assert lost[0].startswith(taker.name.title())
    assert citizen.news().count("đã nhận giúp bác") == 1


@on_sqlite
def test_the_citizen_may_change_anything_before_it_is_sent(converse: Converse, database: Database) -> None:
    converse("binh", role="member")
    citizen = converse("an")
    citizen.says("nhờ tổ hỗ trợ")
    citizen.presses("Đồng ý")
    assert "Nguồn:" in citizen.says("quên mật khẩu vneid thì làm sao"), "a question in between is answered"
    citizen.says("giúp tôi cài dịch vụ công với")
    assert "Tôi chưa tìm thấy" in citizen.says("không có thôn này")
    citizen.presses("thôn 2")
    assert "giúp tôi cài dịch vụ công" in citizen.presses("Chiều mai")
    citizen.presses("Sửa")
    citizen.presses("Lời nhắn")
    assert '"máy cũ lắm"' in citizen.says("máy cũ lắm")
    citizen.says("trợ giúp")
    citizen.says("gửi")
    row = request_row(database)
    assert (row["topic"], row["note"], row["wanted"]) == ("dvctt", "máy cũ lắm", "Chiều mai (24/11)")


@on_sqlite
def test_from_an_answer_that_did_not_help_the_question_goes_along(converse: Converse, database: Database) -> None:
    converse("binh", role="member")
    citizen = converse("an")
    citizen.says("quên mật khẩu vneid thì làm sao")
    citizen.presses("Chưa đúng")
    citizen.presses("Nhờ tổ hỗ trợ")
    assert "thôn" in citizen.presses("Đồng ý"), "the topic is known"
    citizen.says("thôn 2")
    assert "quên mật khẩu vneid thì làm sao" in citizen.says("sáng mai")
    citizen.presses("Gửi")
    assert request_row(database)["topic"] == "vneid"


# To whom


@on_sqlite
def test_without_a_village_the_coordinator_gets_it(converse: Converse, database: Database) -> None:
    coordinator, member, citizen = converse("cuc", role="coordinator"), converse("binh", role="member"), converse("an")
    assert "cán bộ phụ trách" in asks(citizen, place="không rõ")
    assert "Có bà con nhờ giúp" in coordinator.news()
    assert member.news() == ""
    assert "không thuộc tổ của bác" in member.sends_action("req.take:1")
    coordinator.presses("Tôi nhận")
    assert "Cán bộ Xã Thử" in citizen.news()
    coordinator.presses("Chuyển cho…")
    assert "Đã chuyển cho Binh" in coordinator.presses("Binh, Tổ thôn 2")
    assert "vừa được chuyển cho bác" in member.news()
    assert "Binh (Tổ thôn 2)" in citizen.news()
    assert request_row(database)["team_id"] == 1


@on_sqlite
def test_of_several_communes_the_citizen_types_theirs_by_an_old_name_too(
    converse: Converse, database: Database, clock: Clock
) -> None:
    near, far = converse("cuc", role="coordinator"), converse("dao", role="coordinator", area="Xã Khác")
    with database.transaction() as db:
        old = areas.add_area(db, "Xã Bình Cũ")
        new = next(area.id for area in areas.areas(db) if area.name == "Xã Khác")
        areas.add_area(db, "thôn Đông", kind="village", parent_id=old)
        areas.merge(db, old, new, clock())
    citizen = converse("an")
    citizen.says("nhờ tổ hỗ trợ")
    citizen.presses("Đồng ý")
    assert "xã phường nào" in citizen.sends_action("req.topic:vneid")
    citizen.says("thôn đông xã bình cũ")
    assert "thôn Đông, Xã Khác" in citizen.says("mai")
    citizen.presses("Gửi")
    assert "thôn Đông, Xã Khác" in far.news()
    assert near.news() == ""


@on_sqlite
def test_where_no_place_is_known_the_administrator_gets_it(converse: Converse) -> None:
    admin, citizen = converse("quan", role="admin"), converse("an")
    asks(citizen, place="không rõ")
    assert "chưa rõ địa bàn" in admin.news()


@on_sqlite
def test_a_merge_of_communes_takes_running_requests_along(converse: Converse, database: Database, clock: Clock) -> None:
    converse("cuc", role="coordinator")
    heir, citizen = converse("dao", role="coordinator", area="Xã Mới"), converse("an")
    citizen.says("nhờ tổ hỗ trợ")
    citizen.presses("Đồng ý")
    citizen.sends_action("req.topic:vneid")
    citizen.says("xã thử")
    citizen.says("mai")
    citizen.presses("Gửi")
    with database.transaction() as db:
        new = next(area.id for area in areas.areas(db) if area.name == "Xã Mới")
        areas.merge(db, 1, new, clock())
    assert request_row(database)["area_id"] == new
    assert "Bác đã nhận việc này" in heir.sends_action("req.take:1")


# As time passes


def test_nobody_takes_it_the_leader_then_the_coordinator_hears_by_working_hours(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, coordinator = converse("lan", role="leader"), converse("cuc", role="coordinator")
    member, citizen = converse("binh", role="member"), converse("an")
    clock.set(vn(2026, 11, 23, 10, 30))
    asks(citizen)
    member.news()
    tick_at(clock, database, vn(2026, 11, 23, 14, 29))  # one hour before noon, 59 minutes after
    assert leader.news() == ""
    tick_at(clock, database, vn(2026, 11, 23, 14, 30))
    assert "chưa ai nhận" in leader.news()
    assert "báo thêm tổ trưởng" in citizen.news()
    tick_at(clock, database, vn(2026, 11, 23, 23, 0))
    tick_at(clock, database, vn(2026, 11, 24, 16, 0))  # the 24th is doubtful: no office works for certain
    assert "chưa ai nhận" not in coordinator.news()
    tick_at(clock, database, vn(2026, 11, 25, 9, 0))  # 2:30 on Monday, 1:30 on Wednesday
    assert "chưa ai nhận" in coordinator.news()
    tick_at(clock, database, vn(2026, 11, 25, 9, 1))
    assert (leader.news(), coordinator.news(), citizen.news()) == ("", "", ""), "each hears of it once"
    assert "Bác đã nhận việc này" in member.sends_action("req.take:1"), "the team may still take it"


@on_sqlite
def test_at_night_nobody_but_who_acts_is_disturbed(converse: Converse, database: Database, clock: Clock) -> None:
    member, citizen = converse("binh", role="member"), converse("an")
    clock.set(vn(2026, 11, 23, 22, 0))
    assert "Đã gửi" in asks(citizen)
    assert member.news() == ""
    clock.set(vn(2026, 11, 25, 6, 30))
    assert "Có bà con nhờ giúp" in member.news()


@on_sqlite
def test_a_team_that_hears_nothing_is_passed_over(converse: Converse, database: Database) -> None:
    leader, member, citizen = converse("lan", role="leader"), converse("binh", role="member"), converse("an")
    member.says("tắt nhắc")
    assert "tổ trưởng Tổ thôn 2" in asks(citizen)
    assert "Có bà con nhờ giúp" in leader.news()


@on_sqlite
def test_after_two_weeks_it_lapses_and_after_thirty_days_its_words_are_gone(
    converse: Converse, database: Database, clock: Clock
) -> None:
    converse("binh", role="member")
    citizen = converse("an")
    asks(citizen, wanted="chiều mai sau buổi chợ")
    tick_at(clock, database, MONDAY + timedelta(days=14))
    assert "chưa ai nhận được" in citizen.news()
    assert request_row(database)["state"] == "lapsed"
    assert "buổi chợ" in everything(database)
    tick_at(clock, database, MONDAY + timedelta(days=44, minutes=1))
    row = request_row(database)
    assert (row["wanted"], row["note"], row["chat"]) == (None, None, "")
    assert "buổi chợ" not in "\n".join(str(row["text"]) for row in rows(database, "outbox") if row["kind"] == "request")


@on_sqlite
def test_who_leaves_the_team_gives_back_what_they_have_taken(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leaver, other, citizen = converse("binh", role="member"), converse("chi", role="member"), converse("an")
    asks(citizen)
    leaver.sends_action("req.take:1")
    leaver.says("rời tổ")
    leaver.presses("Đúng, rời tổ")
    other.news()
    tick_at(clock, database, MONDAY + timedelta(minutes=1))
    assert "vừa được trả lại" in other.news()
    assert "không đi được" in citizen.news()


# Taken and not closed


def test_who_took_it_and_closes_it_not_is_asked_then_the_leader_then_the_coordinator(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, coordinator = converse("lan", role="leader"), converse("cuc", role="coordinator")
    member, citizen = converse("binh", role="member"), converse("an")
    clock.set(vn(2026, 11, 30, 8, 0))
    asks(citizen)
    member.presses("Tôi nhận")
    tick_at(clock, database, vn(2026, 12, 2, 7, 59))
    assert "chưa thấy bác báo xong" not in member.news()
    tick_at(clock, database, vn(2026, 12, 2, 8, 0))  # two working days, 7:30 to 17:00 without noon
    asked = member.news()
    assert "Việc này bác nhận từ 08:00 ngày 30/11/2026, tôi chưa thấy bác báo xong" in asked
    assert member.buttons() == ["Xong", "Còn làm", "Trả lại", "Chuyển cho…"]
    for person in (leader, coordinator, citizen):
        person.news()
    tick_at(clock, database, vn(2026, 12, 2, 23, 0))
    tick_at(clock, database, vn(2026, 12, 3, 7, 59))
    assert (member.news(), leader.news(), citizen.news()) == ("", "", ""), "each is asked once"
    tick_at(clock, database, vn(2026, 12, 3, 8, 0))
    assert "Binh nhận việc này từ 08:00 ngày 30/11/2026" in leader.news()
    assert "Tôi vừa nhờ tổ trưởng hỏi lại" in citizen.news()
    assert coordinator.news() == ""
    tick_at(clock, database, vn(2026, 12, 5, 12, 0))  # Saturday
    assert coordinator.news() == ""
    tick_at(clock, database, vn(2026, 12, 7, 8, 0))
    assert "Binh nhận việc này" in coordinator.news()
    assert (member.news(), leader.news(), citizen.news()) == ("", "", ""), "the citizen hears of it once"
    week = coordinator.says("bản tin")
    assert "Nhận đã 7 ngày chưa báo xong (1), nhờ hỏi lại:\n- VNeID, căn cước, thôn 2: Binh, 7 ngày" in week
    member.says("xong")
    assert "Đã lưu" in member.presses("Lưu")
    assert request_row(database)["state"] == "closed"
    assert "Nhận đã" not in coordinator.says("bản tin")


def test_whatever_the_taker_does_for_it_begins_the_time_anew(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, member, citizen = converse("lan", role="leader"), converse("binh", role="member"), converse("an")
    clock.set(vn(2026, 11, 30, 8, 0))
    asks(citizen)
    member.presses("Tôi nhận")
    clock.set(vn(2026, 12, 1, 16, 0))
    member.presses("Nhắn bà con")
    member.says("thứ sáu tôi tới nhé")
    tick_at(clock, database, vn(2026, 12, 2, 8, 0))
    assert member.news() == ""
    tick_at(clock, database, vn(2026, 12, 3, 16, 0))
    assert "chưa thấy bác báo xong" in member.news()
    assert "bác cứ làm tiếp" in member.says("còn làm")
    leader.news()
    tick_at(clock, database, vn(2026, 12, 4, 16, 0))
    assert leader.news() == ""
    citizen.presses("Nhắn lại tổ")
    citizen.says("bao giờ bác tới")
    member.news()
    tick_at(clock, database, vn(2026, 12, 7, 16, 0))
    assert "chưa thấy bác báo xong" in member.news(), "what the citizen says does not count for the helper"


@on_sqlite
def test_the_leader_lets_others_do_it(converse: Converse, database: Database, clock: Clock) -> None:
    leader, other = converse("lan", role="leader"), converse("chi", role="member")
    member, citizen = converse("binh", role="member"), converse("an")
    asks(citizen)
    member.presses("Tôi nhận")
    for moment in (vn(2026, 11, 27, 8, 0), vn(2026, 11, 30, 8, 0)):
        tick_at(clock, database, moment)
    for person in (other, member, citizen):
        person.news()
    assert "không thuộc tổ" in other.sends_action("req.again:1")
    assert "Tôi đã báo 2 người" in leader.presses("Tìm người khác")
    assert "Lan vừa nhờ người khác" in member.news()
    assert "tìm người khác" in citizen.news()
    assert "vừa được trả lại" in other.news()
    assert "không thuộc tổ" in member.sends_action("req.done:1")
    assert "Bác đã nhận việc này" in leader.presses("Tôi nhận")
    row = request_row(database)
    assert (row["state"], row["asked_after"]) == ("taken", None)
    assert "Lan đang nhận" in converse("cuc", role="coordinator").says("yêu cầu")


@on_sqlite
def test_where_the_taker_leads_or_hears_nothing_the_next_one_is_asked(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, coordinator, citizen = (
        converse("lan", role="leader"), converse("cuc", role="coordinator"), converse("an"),
    )  # fmt: skip
    asks(citizen)
    leader.presses("Tôi nhận")
    leader.says("tắt nhắc")
    tick_at(clock, database, vn(2026, 11, 30, 8, 0))
    assert "Lan nhận việc này" in coordinator.news()
    assert "cán bộ phụ trách" in citizen.news()
    assert request_row(database)["asked_after"] == "coordinator"


@on_sqlite
def test_after_a_month_without_a_word_it_lapses_and_both_sides_hear(
    converse: Converse, database: Database, clock: Clock
) -> None:
    converse("cuc", role="coordinator")
    member, citizen = converse("binh", role="member"), converse("an")
    asks(citizen)
    member.presses("Tôi nhận")
    for day in (vn(2026, 11, 30), vn(2026, 12, 2), vn(2026, 12, 31)):
        tick_at(clock, database, day)
        assert request_row(database)["state"] == "taken"
    tick_at(clock, database, vn(2027, 1, 1, 7, 31))
    assert request_row(database)["state"] == "lapsed"
    assert "người nhận chưa báo xong" in citizen.news()
    assert "tôi khép lại" in member.news()
    assert "cũ" in citizen.sends_action("req.cancel:1")


# Given back, cancelled, refused


@on_sqlite
def test_given_back_and_taken_by_another(converse: Converse, database: Database) -> None:
    first, second, citizen = converse("binh", role="member"), converse("chi", role="member"), converse("an")
    asks(citizen)
    first.presses("Tôi nhận")
    citizen.news()
    second.news()
    assert "Đã trả lại" in first.presses("Trả lại")
    assert "không đi được" in citizen.news()
    assert "vừa được trả lại" in second.news()
    second.presses("Tôi nhận")
    row = request_row(database)
    assert row["taken_by"] == 2
    assert row["first_taken_at"] is not None
    assert "không thuộc tổ của bác, hoặc" in first.sends_action("req.done:1")


@on_sqlite
def test_the_citizen_cancels_and_who_took_it_is_told(converse: Converse) -> None:
    member, citizen = converse("binh", role="member"), converse("an")
    asks(citizen)
    member.presses("Tôi nhận")
    citizen.says("yêu cầu")
    assert "Đã thôi" in citizen.sends_action("req.cancel:1")
    assert "Bác khỏi đi" in member.news()
    assert "đã thôi" in converse("chi", role="member").sends_action("req.take:1")


@on_sqlite
def test_one_open_request_a_topic_and_three_a_day(converse: Converse, clock: Clock) -> None:
    converse("binh", role="member")
    citizen = converse("an")
    for topic in ("vneid", "dvctt", "an_toan"):
        if topic != "an_toan":
            asks(citizen, topic=topic)
    citizen.says("nhờ tổ hỗ trợ")
    assert "bác đã nhờ rồi" in citizen.sends_action("req.topic:vneid")
    citizen.presses("Thôi, không cần nữa")
    asks(citizen, topic="vneid")
    assert "mai bác nhờ tiếp" in citizen.says("nhờ tổ hỗ trợ")
    clock.forward(days=1)
    assert "việc gì" in citizen.says("nhờ tổ hỗ trợ")


@on_sqlite
def test_forged_and_old_buttons_change_nothing(converse: Converse, database: Database) -> None:
    member, stranger, citizen = converse("binh", role="member"), converse("xa"), converse("an")
    asks(citizen)
    for action in ("take:1", "open:1", "done:1", "back:1", "pass:1", "to:1:1", "write:1"):
        said = stranger.sends_action(f"req.{action}")
        assert "không thuộc tổ" in said or "Chưa có ai nhận" in said, action
    for action in ("cancel:1", "good:1", "take:999", "take:x", "send", "place:0", "when:9", "nothing", "edit:wanted"):
        assert "cũ" in stranger.sends_action(f"req.{action}"), action
    member.presses("Tôi nhận")
    assert "cũ" in member.sends_action("req.to:1:3"), "the citizen is no colleague"
    assert (request_row(database)["state"], request_row(database)["taken_by"]) == ("taken", 1)


@on_sqlite
def test_a_citizen_who_blocked_the_bot_is_shown_as_not_reachable(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member, citizen = converse("binh", role="member"), converse("an")
    asks(citizen)
    with database.transaction() as db:
        people.mark_unreachable(db, citizen.chat.channel, citizen.chat.chat, clock())
    assert "không nhắn được cho bà con này" in member.presses("Tôi nhận")
    member.presses("Nhắn bà con")
    assert "Tin chưa tới được" in member.says("tôi tới nhé")


def test_with_the_person_goes_what_they_asked_and_who_took_it_is_told(converse: Converse, database: Database) -> None:
    member, citizen = converse("binh", role="member"), converse("an")
    asks(citizen, wanted="chiều mai sau buổi chợ")
    member.presses("Tôi nhận")
    citizen.says("xóa dữ liệu")
    citizen.presses("Xóa dữ liệu của tôi")
    assert "Bác khỏi đi" in member.news()
    row = request_row(database)
    assert (row["person_id"], row["chat"], row["wanted"], row["state"]) == (None, "", None, "cancelled")
    assert "buổi chợ" not in everything(database)
    assert "Người nhờ: An" not in everything(database)


# In the list, and in the week


@on_sqlite
def test_a_member_sees_what_waits_and_what_they_have_taken(converse: Converse) -> None:
    member, an, ba = converse("binh", role="member"), converse("an"), converse("ba")
    asks(an)
    asks(ba, topic="dvctt")
    assert "chưa ai nhận" in member.says("yêu cầu")
    member.presses(member.buttons()[1])
    member.presses("Tôi nhận")
    listed = member.says("yêu cầu")
    assert listed.index("bác đang nhận") < listed.index("chưa ai nhận")
    assert "đang chờ" in an.says("việc đã nhờ")


def test_the_week_tells_how_long_people_waited_and_names_what_nobody_took(
    converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator, member = converse("cuc", role="coordinator"), converse("binh", role="member")
    an, ba = converse("an"), converse("ba")
    assert "Bà con nhờ tổ giúp" not in coordinator.says("bản tin")
    asks(an)
    clock.forward(hours=3)
    member.sends_action("req.take:1")
    asks(ba, topic="dvctt")
    clock.forward(hours=2)
    member.sends_action("req.done:1")
    member.presses("Lưu")
    an.presses("Chưa đúng")
    clock.set(MONDAY + timedelta(days=4))
    week = coordinator.says("bản tin")
    for told in (
        "2 việc mới; xong 1",
        "Chờ người nhận (trung vị): 3,0 giờ; đến khi xong: 5,0 giờ",
        "0 có ích, 1 chưa đúng",
    ):
        assert told in week
    assert "Chưa ai nhận sau 3 ngày (1), nhờ giao người:\n- Dịch vụ công" in week


# Working hours


def test_working_hours_leave_out_noon_evenings_and_days_off() -> None:
    calendar = working_days()

    def hours(start: tuple[int, int, int], end: tuple[int, int, int]) -> float:
        begin, stop = (vn(2026, 11, *moment).astimezone(ZONE) for moment in (start, end))
        return worked(begin, stop, calendar) / timedelta(hours=1)

    assert hours((23, 0, 0), (23, 23, 59)) == 7.5
    assert hours((23, 11, 0), (23, 14, 0)) == 1.0
    assert hours((20, 16, 0), (23, 8, 30)) == 2.0, "over a weekend"
    assert hours((24, 8, 0), (24, 16, 0)) == 0.0, "a doubtful day"
    assert hours((23, 9, 0), (23, 8, 0)) == 0.0
