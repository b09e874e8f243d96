"""Joining with a code, consent, own data, erasing and muting, as conversations."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from bot.inviting import VALID_FOR, invite
from db import outbox
from db.engine import Database
from db.models import Person
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import everything, rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def code_for(database: Database, clock: Clock, role: str) -> str:
    """Make a code as the command line does; return the line to send."""
    team = "Tổ thôn 2" if role in ("member", "leader") else None
    invitation = invite(database, role, None if role == "admin" else "Xã Thử", team, clock())
    return f"/start {invitation.code}"


@pytest.mark.parametrize(
    ("role", "named", "offered"),
    [
        ("member", "thành viên, Tổ thôn 2", "Ghi buổi hỗ trợ"),
        ("leader", "tổ trưởng, Tổ thôn 2", "Ghi buổi hỗ trợ"),
        ("coordinator", "điều phối, Xã Thử", "Bản tin tuần"),
        ("admin", "quản trị", "Bản tin tuần"),
    ],
)
def test_a_code_gives_its_role_after_consent(
    converse: Converse, database: Database, clock: Clock, role: str, named: str, offered: str
) -> None:
    person = converse("an")
    assert "đồng ý cho giữ" in person.says(code_for(database, clock, role))
    assert rows(database, "membership") == []
    assert f"Bác đã là {named}." in person.presses("Đồng ý")
    assert offered in person.buttons()
    assert [row["role"] for row in rows(database, "membership")] == [role]
    assert named in person.says("dữ liệu")


@on_sqlite
def test_a_code_is_read_however_it_is_typed(converse: Converse, database: Database, clock: Clock) -> None:
    person = converse("an")
    code = code_for(database, clock, "member").removeprefix("/start ")
    assert "đồng ý cho giữ" in person.says(f"/start  {code[:5].lower()} {code[5:].lower()}")


@on_sqlite
def test_a_wrong_code_gives_nothing(converse: Converse, database: Database) -> None:
    person = converse("an")
    assert "Mã này không đúng" in person.says("/start ABCDEFGHJK")
    assert rows(database, "membership") == []


@on_sqlite
def test_an_expired_code_gives_nothing(converse: Converse, database: Database, clock: Clock) -> None:
    line = code_for(database, clock, "member")
    clock.set(clock() + VALID_FOR)
    assert "hết hạn" in converse("an").says(line)
    assert rows(database, "membership") == []


@on_sqlite
def test_a_code_that_expires_while_consent_is_asked_gives_nothing(
    converse: Converse, database: Database, clock: Clock
) -> None:
    line = code_for(database, clock, "member")
    clock.set(clock() + VALID_FOR)
    clock.forward(minutes=-1)
    person = converse("an")
    person.says(line)
    clock.forward(minutes=2)
    assert "hết hạn" in person.presses("Đồng ý")
    assert rows(database, "membership") == []


def test_of_two_people_with_one_code_one_wins(converse: Converse, database: Database, clock: Clock) -> None:
    line = code_for(database, clock, "coordinator")
    first, second, third = converse("an"), converse("binh"), converse("cuc")
    first.says(line)
    second.says(line)
    assert "Bác đã là điều phối" in second.presses("Đồng ý")
    assert "đã dùng rồi" in first.presses("Đồng ý")
    assert "đã dùng rồi" in third.says(line)
    assert len(rows(database, "membership")) == 1


@on_sqlite
def test_who_has_agreed_before_joins_a_second_team_at_once(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    code = invite(database, "leader", "Xã Thử", "Tổ thôn 3", clock()).code
    assert "Bác đã là tổ trưởng, Tổ thôn 3." in member.says(f"/start {code}")
    assert [row["role"] for row in rows(database, "membership")] == ["member", "leader"]


@on_sqlite
def test_without_consent_nothing_is_kept_and_questions_are_still_answered(
    converse: Converse, database: Database, clock: Clock
) -> None:
    line = code_for(database, clock, "member")
    person = converse("an")
    person.says(line)
    assert "tôi không lưu gì" in person.presses("Không đồng ý")
    assert rows(database, "membership") == []
    assert rows(database, "person")[0]["name"] is None
    assert "Nguồn:" in person.says("quên mật khẩu vneid")
    assert "đồng ý cho giữ" in person.says(line), "a refused code can be used later"


@on_sqlite
def test_a_question_while_consent_is_asked_is_answered_and_consent_asked_again(
    converse: Converse, database: Database, clock: Clock
) -> None:
    person = converse("an")
    person.says(code_for(database, clock, "member"))
    reply = person.says("quên mật khẩu vneid thì làm sao")
    assert "Nguồn:" in reply
    assert reply.index("Nguồn:") < reply.index("Bác có đồng ý không")
    assert "Bác đã là thành viên" in person.presses("Đồng ý")


@on_sqlite
@pytest.mark.parametrize("word", ["dong y", "Dạ đồng ý ạ", "vâng", "số 1"])
def test_consent_is_given_by_words_too(converse: Converse, database: Database, clock: Clock, word: str) -> None:
    person = converse("an")
    person.says(code_for(database, clock, "member"))
    assert "Bác đã là thành viên" in person.says(word)


@on_sqlite
@pytest.mark.parametrize("word", ["khong dong y", "hai"])
def test_consent_is_refused_by_words_too(converse: Converse, database: Database, clock: Clock, word: str) -> None:
    person = converse("an")
    person.says(code_for(database, clock, "member"))
    assert "tôi không lưu gì" in person.says(word)
    assert rows(database, "membership") == []


@pytest.fixture
def unconsented(converse: Converse, database: Database, clock: Clock) -> Conversation:
    """A member whose role exists, but whose consent does not (an import, or a consent taken back)."""
    member = converse("an", role="member")
    with database.transaction() as db:
        db.execute(update(Person).values(consented_at=None, name=None))
    return member


def test_consent_comes_before_the_first_log_and_the_sentence_is_taken_up(
    unconsented: Conversation, database: Database
) -> None:
    assert "đồng ý cho giữ" in unconsented.says("hôm nay giúp 3 bà cài vneid ở thôn 5")
    assert rows(database, "assistance_session") == []
    echo = unconsented.presses("Đồng ý")
    assert "Số lượt người: 3" in echo
    assert "Nơi: thôn 5" in echo
    assert "Đã lưu" in unconsented.presses("Lưu")
    assert [row["people"] for row in rows(database, "assistance_session")] == [3]


@on_sqlite
def test_consent_comes_before_a_guided_entry_too(unconsented: Conversation, database: Database) -> None:
    assert "đồng ý cho giữ" in unconsented.says("ghi")
    unconsented.presses("Không đồng ý")
    assert not any(row["state"] for row in rows(database, "dialogue"))


@on_sqlite
def test_old_consent_buttons_do_nothing(converse: Converse, database: Database) -> None:
    person = converse("an")
    assert "Nút này đã cũ" in person.sends_action("me.agree")
    assert rows(database, "person")[0]["consented_at"] is None


@on_sqlite
def test_a_phone_number_in_a_name_is_not_kept(database: Database, clock: Clock, converse: Converse) -> None:
    person = converse("an 0905123456")
    person.says(code_for(database, clock, "member"))
    person.presses("Đồng ý")
    assert rows(database, "person")[0]["name"] == "An [số điện thoại]"


def test_own_data_are_shown(converse: Converse) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid")
    member.presses("Lưu")
    shown = member.says("/dulieu")
    assert "Tên: An" in shown
    assert "thành viên, Tổ thôn 2" in shown
    assert "Buổi hỗ trợ đã ghi: 1" in shown
    assert "Nhận nhắc việc: đang bật" in shown
    assert "người dân" in converse("khach").says("/dulieu")


def test_erasing_keeps_the_figures_and_nothing_of_the_person(
    converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator = converse("cuc", role="coordinator")
    member = converse("nguyen_van_an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid ở nhà bác Tư, 1 bà chưa xong vì máy cũ")
    member.presses("Lưu")
    member.says("máy bơm nước nhà tôi hỏng thì thay cánh quạt nào")
    assert "Việc này không lấy lại được" in member.says("/xoa")
    assert "Đã xóa" in member.presses("Xóa dữ liệu của tôi")

    kept = everything(database)
    for trace in ("Nguyen_Van_An", "máy cũ", "bác Tư", "cánh quạt"):
        assert trace not in kept
    # Only the farewell, which must still be delivered, knows where they are.
    knowing = [line for line in kept.splitlines() if "nguyen_van_an" in line]
    assert knowing == ["outbox.chat='nguyen_van_an'"]
    assert [row["text"] for row in rows(database, "outbox") if row["chat"] == "nguyen_van_an"] == [
        "Đã xóa dữ liệu của bác. Bác vẫn hỏi tôi được như thường."
    ]
    assert not [row for row in rows(database, "outbox") if row["state"] == "queued" and not row["chat"]]
    farewell = next(row["id"] for row in rows(database, "outbox") if row["chat"] == "nguyen_van_an")
    with database.transaction() as db:
        outbox.finish(db, farewell, "sent", now=clock(), provider_ref="42")
    assert "nguyen_van_an" not in everything(database)
    assert "Lượt người được giúp: 3" in coordinator.says("bản tin")

    assert "Chỉ thành viên" in member.says("ghi")
    assert "Buổi hỗ trợ đã ghi: 0" in member.says("dữ liệu")


@on_sqlite
def test_erasing_can_be_thought_over(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("xóa dữ liệu")
    assert "không xóa gì" in member.presses("Giữ lại")
    assert rows(database, "person")[0]["name"] == "An"


@on_sqlite
def test_muting_and_unmuting(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator = converse("cuc", role="coordinator")
    assert "Đã tắt nhắc" in coordinator.says("/tat")
    assert "đã tắt" in coordinator.says("dữ liệu")
    tick_at(clock, database, vn(2026, 11, 23, 7, 30))
    assert coordinator.news() == ""
    assert "Đã bật nhắc" in coordinator.says("/bat")
    tick_at(clock, database, vn(2026, 11, 23, 8, 0))
    assert "Bản tin tuần" in coordinator.news()


@on_sqlite
def test_muting_drops_what_waits_to_be_sent(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator = converse("cuc", role="coordinator")
    tick_at(clock, database, vn(2026, 11, 23, 7, 30))
    coordinator.says("tắt nhắc")
    assert [row["state"] for row in rows(database, "outbox") if row["kind"] == "summary"] == ["dropped"]


@on_sqlite
def test_the_notice_on_personal_data_is_shown_once(converse: Converse) -> None:
    citizen = converse("khach")
    notice = "Tôi chỉ dùng câu hỏi để trả lời bác"
    assert notice not in citizen.says("/start")
    assert notice in citizen.says("quên mật khẩu vneid")
    assert notice not in citizen.says("nộp hồ sơ trên mạng")
    assert notice not in citizen.says("asdf qwer zxcv")


@on_sqlite
def test_the_greeting_and_the_help_fit_the_role(converse: Converse) -> None:
    citizen, member, coordinator = converse("khach"), converse("an", role="member"), converse("cuc", role="coordinator")
    assert "quen mat khau vneid" in citizen.says("/start")
    assert "nhật ký" not in citizen.says("trợ giúp")
    assert "nhật ký" in member.says("trợ giúp")
    assert "bản tin" not in member.says("/help")
    assert "bản tin" in coordinator.says("/trogiup")
    assert "Chào An!" in member.says("/start")


# What one is called


@on_sqlite
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tên tôi là Nguyễn Văn An", "Nguyễn Văn An"),
        ("toi ten la lan", "Lan"),
        ("Mình tên Bảy.", "Bảy"),
        ("Tên của em là Hoa 0912345678", "Hoa [số điện thoại]"),
        ("tôi tên là gì", None),
        ("tên tôi là gì?", None),
        ("tôi tên Lan muốn hỏi cách cài vneid", None),
        ("tên tôi bị sai trên vneid", None),
    ],
)
def test_who_has_no_name_here_tells_it(converse: Converse, database: Database, text: str, name: str | None) -> None:
    person = converse("an", role="member")
    with database.transaction() as db:
        db.execute(update(Person).values(name=None))
    leader = converse("lan", role="leader")
    assert ("tôi ghi tên bác là" in person.says(text)) == (name is not None)
    assert (name or "#1") in leader.says("danh sách tổ")
    assert (name or "#1") in leader.says("ghi hộ") + str(leader.buttons())


@on_sqlite
def test_where_the_channel_tells_no_name_who_has_joined_is_asked_for_it(
    converse: Converse, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = converse("an")
    frame = person._frame
    monkeypatch.setattr(person, "_frame", lambda: {**frame(), "sender_name": ""})
    person.says(code_for(database, clock, "member"))
    assert 'nhắn giúp một câu: "tên tôi là …"' in person.presses("Đồng ý")
    person.says("tên tôi là An")
    assert "Tên: An" in person.says("dữ liệu")
