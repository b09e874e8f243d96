"""Invitations made in chat, letting people in, wrong codes, further accounts and new phones, as conversations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.inviting import invite
from db import areas, people, roster
from db.engine import Database
from db.models import Account, Person
from handlers.people.codes import new_code
from handlers.people.joining import WRONG_CODES
from handlers.turn import Rules
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import code_in, rows

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def roles(database: Database) -> list[tuple[str, str]]:
    """Return who has which role and counts today, by name."""
    names = {row["id"]: row["name"] for row in rows(database, "person")}
    held = [row for row in rows(database, "membership") if row["ended_at"] is None]
    return [(names[row["person_id"]], row["role"]) for row in held]


def joins(person: Conversation, code: str) -> str:
    """Send a code and agree."""
    person.says(f"/start {code}")
    return person.presses("Đồng ý")


# Inviting


def test_a_leader_invites_one_member_who_is_in_at_once(converse: Converse, database: Database) -> None:
    leader = converse("tam", role="leader")
    assert "Mã cho một người, hay cho nhiều người" in leader.says("mời thành viên")
    code = code_in(leader.presses("Một người"))
    assert "Bác đã là thành viên, Tổ thôn 2." in joins(converse("an"), code)
    assert "An vừa dùng mã mời của bác" in leader.news()
    assert "đã dùng rồi" in converse("binh").says(f"/start {code}")
    assert roles(database) == [("Tam", "leader"), ("An", "member")]


def test_a_code_for_many_asks_the_leader_each_time(converse: Converse, database: Database) -> None:
    leader = converse("tam", role="leader")
    leader.says("/moi")
    code = code_in(leader.presses("Nhiều người"))
    an, binh = converse("an"), converse("binh")
    assert "Tôi đã báo người phụ trách" in joins(an, code)
    assert "An xin làm thành viên, Tổ thôn 2" in leader.news()
    assert "Đã duyệt: An" in leader.presses("Duyệt")
    assert "Bác đã là thành viên" in an.news()
    assert "Ghi buổi hỗ trợ" in an.buttons()
    joins(binh, code)
    assert "Đã từ chối: Binh" in leader.says("từ chối")
    assert "chưa nhận bác" in binh.news()
    assert roles(database) == [("Tam", "leader"), ("An", "member")]


def test_of_two_leaders_the_first_decides_and_the_second_is_told(converse: Converse, database: Database) -> None:
    first, second = converse("tam", role="leader"), converse("tu", role="leader")
    first.says("/moi")
    code = code_in(first.presses("Nhiều người"))
    joins(converse("an"), code)
    for leader in (first, second):
        assert "An xin làm thành viên" in leader.news()
    first.presses("Duyệt")
    assert "An đã được Tam duyệt rồi" in second.presses("Từ chối")
    assert ("An", "member") in roles(database)


def test_without_a_leader_the_coordinator_lets_people_in(converse: Converse, database: Database) -> None:
    coordinator = converse("cuc", role="coordinator")
    with database.transaction() as db:
        team = areas.add_team(db, coordinator_area(database), "Tổ thôn 9")
    coordinator.says("mời thành viên")
    coordinator.presses("Thành viên")
    code = code_in(coordinator.presses("Nhiều người"))
    joins(converse("an"), code)
    assert "An xin làm thành viên, Tổ thôn 9" in coordinator.news()
    coordinator.presses("Duyệt")
    assert rows(database, "membership")[-1]["team_id"] == team


def coordinator_area(database: Database) -> int:
    """Return the only commune."""
    return int(rows(database, "area")[0]["id"])


@on_sqlite
def test_who_waits_is_listed_and_asks_only_once(converse: Converse, database: Database) -> None:
    leader, an = converse("tam", role="leader"), converse("an")
    leader.says("/moi")
    code = code_in(leader.presses("Nhiều người"))
    joins(an, code)
    leader.news()
    an.says(f"/start {code}")
    assert leader.news() == ""
    assert "1 người đang chờ bác duyệt" in leader.sends_action("inv.list")
    leader.presses("Duyệt")
    assert "Bác đã là thành viên, Tổ thôn 2 rồi" in an.says(f"/start {code}")


@on_sqlite
def test_open_codes_are_listed_and_revoked(converse: Converse) -> None:
    leader = converse("tam", role="leader")
    leader.says("/moi")
    code = code_in(leader.presses("Nhiều người"))
    assert "đã dùng 0/50" in leader.presses("Các mã đang mở")
    assert "Đã thu hồi" in leader.presses("Thu hồi mã 1")
    assert "Không có mã nào đang mở" in leader.presses("Các mã đang mở")
    assert "Mã này không đúng" in converse("an").says(f"/start {code}")


@on_sqlite
def test_a_coordinator_finds_one_of_many_teams_by_typing(converse: Converse, database: Database) -> None:
    coordinator = converse("cuc", role="coordinator")
    with database.transaction() as db:
        for number in range(1, 31):
            areas.add_team(db, coordinator_area(database), f"Tổ xóm {number}")
    coordinator.says("/moi")
    assert "gõ một phần tên để tìm" in coordinator.presses("Tổ trưởng")
    assert "không thấy tên đó" in coordinator.says("núi cao")
    assert "Nguồn:" in coordinator.says("quên mật khẩu vneid thì làm sao"), "a question in between is answered"
    coordinator.says("xom 27")
    assert coordinator.buttons()[0] == "Tổ xóm 27"
    assert "tổ trưởng, Tổ xóm 27" in joins(converse("an"), code_in(coordinator.says("1")))


@on_sqlite
def test_an_admin_invites_a_coordinator_and_gets_the_link_where_there_is_one(converse: Converse) -> None:
    admin = converse("quan", role="admin")
    converse("cuc", role="coordinator")
    admin.inbox._rules = replace(Rules(), join_link="https://t.me/cnscd_bot?start=")
    admin.says("/moi")
    invited = admin.presses("Điều phối")
    assert f"https://t.me/cnscd_bot?start={code_in(invited)}" in invited
    assert "Bác đã là điều phối, Xã Thử" in joins(converse("an"), code_in(invited))


# Codes


def test_after_five_wrong_codes_none_is_looked_at_for_an_hour(
    converse: Converse, database: Database, clock: Clock
) -> None:
    good = invite(database, "member", "Xã Thử", "Tổ thôn 2", clock()).code
    guesser = converse("an")
    for _ in range(WRONG_CODES):
        assert "Mã này không đúng" in guesser.says(f"/start {new_code()}")
    assert "chưa nhận mã nào" in guesser.says(f"/start {good}")
    assert "đồng ý cho giữ" in converse("binh").says(f"/start {good}"), "somebody else's account is not closed"
    clock.forward(minutes=59)
    assert "chưa nhận mã nào" in guesser.says(f"/start {good}")
    clock.forward(minutes=2)
    assert "đồng ý cho giữ" in guesser.says(f"/start {good}")


@on_sqlite
def test_a_code_alone_is_taken_as_a_code_and_words_are_not(
    converse: Converse, database: Database, clock: Clock
) -> None:
    code = invite(database, "member", "Xã Thử", "Tổ thôn 2", clock()).code
    person = converse("an")
    assert "đồng ý cho giữ" in person.says(f"{code[:5]} {code[5:]}")
    assert "Mã này" not in person.says("VNEID")
    assert "Mã này" not in person.says("XIN CHAO BAC")


# Further accounts


def other_channel(database: Database, clock: Clock, name: str) -> Conversation:
    """Return somebody's conversation on another channel."""
    return Conversation(database, clock, name, channel="other")


def test_a_second_account_joins_its_person_with_what_it_asked(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    second = other_channel(database, clock, "an_zalo")
    second.says("máy bơm nước nhà tôi hỏng thì thay cánh quạt nào")
    code = code_in(member.says("nối tài khoản"))
    assert "đã nối với An: thành viên, Tổ thôn 2" in second.says(code)
    assert "vừa nối với bác" in member.news()
    (person,) = rows(database, "person")
    assert {row["person_id"] for row in rows(database, "account")} == {person["id"]}
    assert [row["person_id"] for row in rows(database, "question")] == [person["id"]]
    assert "thành viên, Tổ thôn 2" in second.says("dữ liệu")
    assert "1 tài khoản đã nối" in member.says("dữ liệu")
    assert "đã dùng rồi" in other_channel(database, clock, "ke_la").says(f"/start {code}")


@on_sqlite
def test_a_linking_code_ends_after_a_quarter_of_an_hour(converse: Converse, database: Database, clock: Clock) -> None:
    code = code_in(converse("an", role="member").says("/noi"))
    clock.forward(minutes=15)
    assert "hết hạn" in other_channel(database, clock, "an_zalo").says(code)


@on_sqlite
def test_an_account_with_a_role_of_its_own_is_not_linked(converse: Converse, database: Database) -> None:
    code = code_in(converse("an", role="member").says("/noi"))
    leader = converse("tam", role="leader")
    assert "không nối được" in leader.says(f"/start {code}")
    assert ("Tam", "leader") in roles(database)
    assert "đã là của bác rồi" in converse("an").says(code)


def test_a_new_phone_takes_the_person_over_and_the_old_account_gets_nothing(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, member = converse("tam", role="leader"), converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid")
    member.presses("Lưu")
    leader.says("danh sách tổ")
    leader.presses("An")
    made = leader.presses("Đổi máy")
    assert "vừa làm mã đổi máy" in member.news()
    phone = converse("an_may_moi")
    assert "Tài khoản cũ không nhận tin nữa" in phone.says(f"/start {code_in(made)}")
    assert "3 lượt người" in phone.says("nhật ký")
    assert roles(database) == [("Tam", "leader"), ("An", "member")]
    old = next(row for row in rows(database, "account") if row["address"] == "an")
    assert old["unreachable_at"] is not None
    assert "người dân" in member.says("dữ liệu"), "whoever has the old phone is a stranger"


@on_sqlite
def test_a_member_of_a_list_joins_as_that_person_after_consent(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader = converse("tam", role="leader")
    with database.transaction() as db:
        listed = people.add_person(db, "Nguyễn Văn Mẫu", clock())
        people.add_role(db, listed, "member", clock(), area_id=None, team_id=1)
        db.execute(update(Person).where(Person.id == listed).values(consented_at=None))
    assert "Nguyễn Văn Mẫu (chưa vào)" in leader.says("/danhsach")
    leader.presses("Nguyễn Văn Mẫu")
    code = code_in(leader.presses("Lấy mã vào tổ"))
    newcomer = converse("mau123")
    assert "đồng ý cho giữ" in newcomer.says(f"/start {code}")
    assert "đã nối với Nguyễn Văn Mẫu: thành viên" in newcomer.presses("Đồng ý")
    with database.reading() as db:
        (member,) = [one for one in roster.of_teams(db, [1], clock()) if one.person_id == listed]
    assert member.joined
    assert "chưa vào" not in leader.says("/danhsach")


@on_sqlite
def test_nobody_makes_a_code_for_somebody_of_their_own_rank_or_higher(converse: Converse, database: Database) -> None:
    leader, other = converse("tam", role="leader"), converse("tu", role="leader")
    held = {row["person_id"]: row["id"] for row in rows(database, "membership")}
    for action in (f"link.device:{held[2]}", f"team.remove:{held[2]}", f"team.removed:{held[2]}"):
        assert "Việc này phải là tổ trưởng" in leader.sends_action(action)
    assert other.news() == ""
    assert rows(database, "link_code") == []


# Leaving with everything


def test_erasing_takes_codes_requests_and_links_along(converse: Converse, database: Database, clock: Clock) -> None:
    leader, an = converse("tam", role="leader"), converse("an")
    leader.says("/moi")
    joins(an, code_in(leader.presses("Nhiều người")))
    an.says(f"/start {new_code()}")
    an.says("/noi")
    an.says("/goitoi chị")
    leader.says("/noi")
    an.says("/xoa")
    an.presses("Xóa dữ liệu của tôi")
    for table in ("join_request", "code_attempt"):
        assert rows(database, table) == []
    assert [row["person_id"] for row in rows(database, "link_code")] == [rows(database, "person")[0]["id"]]
    assert rows(database, "person")[1]["pronoun"] is None
    leader.says("/xoa")
    leader.presses("Xóa dữ liệu của tôi")
    assert rows(database, "link_code") == []
    assert {row["created_by"] for row in rows(database, "invite")} == {None}


def test_who_blocked_the_bot_is_shown_to_the_leader_and_gets_nothing(
    converse: Converse, database: Database, clock: Clock
) -> None:
    leader, coordinator = converse("tam", role="leader"), converse("cuc", role="coordinator")
    member = converse("an", role="member")
    with database.transaction() as db:
        db.execute(update(Account).where(Account.address == "an").values(unreachable_at=clock()))
    assert "An (không nhắn được)" in leader.says("danh sách tổ")
    assert "2 người" in coordinator.says("danh sách tổ")
    member.says("hạn")
    assert "không nhắn được" not in leader.says("danh sách tổ"), "whoever writes again can be reached again"
