"""Lists of teams, leaving, removing, handing over and deputies, and who may do what, as conversations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.engine import Database
from handlers import router
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def roles(database: Database, clock: Clock) -> list[tuple[str, str]]:
    """Return who has which role now, by name, oldest first."""
    names = {row["id"]: row["name"] for row in rows(database, "person")}
    return [
        (names[row["person_id"]], row["role"])
        for row in rows(database, "membership")
        if row["ended_at"] is None and (row["until"] is None or row["until"] > clock())
    ]


# Leaving and removing


def test_a_member_leaves_and_hears_no_more_but_their_figures_stay(
    converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator = converse("cuc", role="coordinator", area="Phường Đông Thanh")
    leader = converse("tam", role="leader", area="Phường Đông Thanh")
    member = converse("an", role="member", area="Phường Đông Thanh")
    coordinator.says("hạn")
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    member.says("hôm nay giúp 3 bà cài vneid")
    member.presses("Lưu")
    assert "vẫn còn trong báo cáo" in member.says("rời tổ")
    assert "Cảm ơn bác đã giúp bà con" in member.presses("Đúng, rời tổ")
    assert "An vừa thôi làm thành viên" in leader.news()
    tick_at(clock, database, vn(2026, 12, 7))
    assert member.news() == ""
    assert "quý 4/2026" in leader.news()
    assert "Lượt người được giúp: 3" in coordinator.says("báo cáo")
    assert "Chỉ thành viên" in member.says("ghi")
    assert "không ở tổ nào" in member.says("rời tổ")


def test_a_removed_member_gets_nothing_that_was_queued(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator = converse("cuc", role="coordinator", area="Phường Đông Thanh")
    leader = converse("tam", role="leader", area="Phường Đông Thanh")
    member = converse("an", role="member", area="Phường Đông Thanh")
    coordinator.says("hạn")
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    tick_at(clock, database, vn(2026, 12, 7))
    leader.says("/danhsach")
    leader.presses("An")
    leader.presses("Cho rời tổ")
    assert "An đã thôi làm thành viên" in leader.presses("Cho rời tổ")
    assert member.news() == ""
    assert roles(database, clock) == [("Cuc", "coordinator"), ("Tam", "leader")]


@on_sqlite
def test_the_only_leader_is_told_to_hand_over_and_may_leave(converse: Converse) -> None:
    coordinator, leader = converse("cuc", role="coordinator"), converse("tam", role="leader")
    assert 'nhắn "bàn giao" trước' in leader.says("roi to")
    assert "không có việc gì đang làm dở" in leader.presses("Huỷ")
    leader.says("rời tổ")
    leader.presses("Đúng, rời tổ")
    assert "Tam vừa thôi làm tổ trưởng" in coordinator.news()


# Handing over


def test_a_leader_hands_over_and_stays_as_a_member(converse: Converse, database: Database, clock: Clock) -> None:
    leader, member = converse("tam", role="leader"), converse("an", role="member")
    assert "bàn giao việc tổ trưởng" in leader.says("bàn giao").lower()
    leader.presses("An")
    assert "Tôi đang chờ An nhận việc" in leader.presses("Bàn giao, tôi ở lại tổ")
    assert roles(database, clock) == [("Tam", "leader"), ("An", "member")], "nothing changes before it is accepted"
    assert "Tam muốn bàn giao việc tổ trưởng, Tổ thôn 2" in member.news()
    assert "Bác đã là tổ trưởng, Tổ thôn 2, thay Tam" in member.presses("Nhận")
    assert "An đã nhận việc tổ trưởng" in leader.news()
    assert sorted(roles(database, clock)) == [("An", "leader"), ("Tam", "member")]
    assert "Việc này phải là tổ trưởng" in leader.says("danh sách tổ")
    assert "Tam" in member.says("danh sách tổ")
    assert "Nút này đã cũ" in member.sends_action("hand.yes:1")


@on_sqlite
def test_what_waits_for_a_leader_waits_for_the_new_one(converse: Converse, database: Database) -> None:
    leader, member = converse("tam", role="leader"), converse("an", role="member")
    leader.says("/moi")
    code = leader.presses("Nhiều người").split("/start ")[1][:10]
    newcomer = converse("binh")
    newcomer.says(f"/start {code}")
    newcomer.presses("Đồng ý")
    leader.says("bàn giao")
    leader.presses("An")
    leader.presses("Bàn giao, tôi nghỉ hẳn")
    member.presses("Nhận")
    assert "Việc này phải là tổ trưởng" in leader.sends_action("join.yes:1")
    assert "1 người đang chờ bác duyệt" in member.sends_action("inv.list")
    assert "Đã duyệt: Binh" in member.presses("Duyệt")


@on_sqlite
@pytest.mark.pressed
def test_an_offer_can_be_refused_withdrawn_and_runs_out(converse: Converse, database: Database, clock: Clock) -> None:
    leader, an, binh = (converse("tam", role="leader"), converse("an", role="member"), converse("binh", role="member"))

    def offer(name: str) -> None:
        leader.says("bàn giao")
        leader.presses(name)
        leader.presses("Bàn giao, tôi ở lại tổ")

    offer("An")
    assert "bác không nhận việc" in an.presses("Không nhận")
    assert "An chưa nhận việc" in leader.news()
    offer("An")
    offer("Binh")
    assert "Nút này đã cũ" in an.presses("Nhận"), "a second offer takes the first back"
    clock.forward(days=8)
    assert "Nút này đã cũ" in binh.presses("Nhận")
    assert ("Tam", "leader") in roles(database, clock)


@on_sqlite
def test_a_coordinator_hands_the_area_over_to_a_leader(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator, leader = converse("cuc", role="coordinator"), converse("tam", role="leader")
    coordinator.says("/bangiao")
    coordinator.presses("Tam (tổ trưởng, Tổ thôn 2)")
    coordinator.presses("Đúng, bàn giao")
    leader.says("/tat")
    assert "Cuc muốn bàn giao việc điều phối" in leader.says("bàn giao")
    assert "Bác đã là điều phối, Xã Thử" in leader.presses("Nhận")
    assert sorted(roles(database, clock)) == [("Tam", "coordinator"), ("Tam", "leader")]
    assert "người dân" in coordinator.says("dữ liệu")


# Deputies


def test_a_deputy_has_the_role_until_the_last_day(converse: Converse, database: Database, clock: Clock) -> None:
    leader, member = converse("tam", role="leader"), converse("an", role="member")
    leader.says("uỷ quyền")
    assert "làm thay đến bao giờ" in leader.presses("An")
    assert "chưa hiểu ngày đó" in leader.says("hôm nào cũng được")
    assert "đến hết thứ Bảy 28/11/2026" in leader.says("7 ngày")
    assert "Tam nhờ bác làm thay việc tổ trưởng" in member.news()
    assert "Tổ thôn 2: 3 người" in member.says("danh sách tổ")
    assert "chưa có vai trò nào để giao" in member.says("bàn giao"), "a deputy passes nothing on"
    clock.set(vn(2026, 11, 28, 23, 59))
    assert "Tổ thôn 2: 3 người" in member.says("danh sách tổ")
    clock.set(vn(2026, 11, 29, 0, 0))
    assert "Việc này phải là tổ trưởng" in member.says("danh sách tổ")
    assert roles(database, clock) == [("Tam", "leader"), ("An", "member")]


@on_sqlite
def test_a_deputy_is_ended_early(converse: Converse, database: Database, clock: Clock) -> None:
    leader, member, other = (
        converse("tam", role="leader"),
        converse("an", role="member"),
        converse("binh", role="member"),
    )
    leader.says("/uyquyen")
    leader.presses("An")
    leader.presses("14 ngày")
    member.news()
    assert "Việc này phải là tổ trưởng" in other.sends_action("deputy.end:4")
    assert "An, tổ trưởng, Tổ thôn 2, đến hết 5/12/2026" in leader.says("uỷ quyền")
    assert "An thôi làm thay" in leader.presses("Chấm dứt: An")
    assert "thôi làm thay" in member.news()
    assert ("An", "leader") not in roles(database, clock)


# Address


@on_sqlite
@pytest.mark.parametrize(
    ("said", "called"), [("gọi tôi là anh", "anh"), ("goi toi la co", "cô"), ("/goitoi chị", "chị")]
)
def test_people_are_addressed_as_they_wish(converse: Converse, said: str, called: str) -> None:
    citizen = converse("khach")
    assert f"gọi là {called}" in citizen.says(said)
    assert f"Chào {called}!" in citizen.says("/start")
    assert f"Cách gọi: {called}" in citizen.says("/dulieu")
    assert "gọi bác thế nào" in citizen.says("/goitoi vua")
    citizen.presses("Chú")
    assert "Chào chú!" in citizen.says("/start")


# Permissions

COMMANDS = ("moi", "danhsach", "bangiao", "uyquyen")
MAY = {
    "citizen": (),
    "member": (),
    "leader": COMMANDS,
    "coordinator": COMMANDS,
    "admin": ("moi", "danhsach"),
}
"""Which commands about people each role may use; an administrator's own role is given by the command line."""
FORGED = (
    "inv.make:member:one:1",
    "inv.make:leader:one:1",
    "inv.make:coordinator:one:1",
    "inv.for:member:1",
    "inv.revoke:1",
    "join.yes:1",
    "team.show:1",
    "team.removed:2",
    "team.left:2",
    "link.device:2",
    "hand.offer:2:2:stay",
    "hand.yes:1",
    "deputy.for:2:2:7",
    "deputy.end:2",
)
BROKEN = (
    "",
    ":",
    "x",
    "yes:",
    "make:king:one:1",
    "make:member:one:99999999999999999999",
    "show:-1",
    "role:²",
    "to:1:1",
)


@on_sqlite
@pytest.mark.parametrize("role", MAY)
def test_each_role_may_use_its_own_commands_only(converse: Converse, role: str) -> None:
    person = converse("an", role=None if role == "citizen" else role)
    for command in COMMANDS:
        refused = any(
            said in person.says(f"/{command}") for said in ("Việc này phải là tổ trưởng", "chưa có vai trò nào để giao")
        )
        assert refused == (command not in MAY[role]), command


@on_sqlite
@pytest.mark.parametrize("role", ["citizen", "member", "stranger"])
def test_forged_buttons_change_nothing(converse: Converse, database: Database, role: str) -> None:
    """A stranger is a coordinator, but of another commune."""
    leader = converse("tam", role="leader")
    converse("binh", role="member")
    leader.says("/moi")
    code = leader.presses("Nhiều người").split("/start ")[1][:10]
    waiting = converse("dung")
    waiting.says(f"/start {code}")
    waiting.presses("Đồng ý")
    leader.says("bàn giao")
    leader.presses("Binh")
    leader.presses("Bàn giao, tôi ở lại tổ")
    forger = {
        "citizen": lambda: converse("an"),
        "member": lambda: converse("an", role="member", team="Tổ thôn 3"),
        "stranger": lambda: converse("an", role="coordinator", area="Xã Khác"),
    }[role]()
    tables = ("membership", "invite", "link_code", "role_offer", "join_request")
    before = {table: rows(database, table) for table in tables}
    for action in FORGED:
        said = forger.sends_action(action)
        assert "Việc này phải là tổ trưởng" in said or "Nút này đã cũ" in said, action
    assert {table: rows(database, table) for table in tables} == before


@on_sqlite
def test_broken_buttons_are_old_ones(converse: Converse) -> None:
    leader = converse("tam", role="leader")
    for prefix in ("inv", "join", "link", "team", "hand", "deputy", "me"):
        assert prefix in router.BUTTONS
        for rest in BROKEN:
            said = leader.sends_action(f"{prefix}.{rest}")
            assert "Nút này đã cũ" in said or "Việc này phải là tổ trưởng" in said, f"{prefix}.{rest}"
