"""Every template is rendered with real values and long names; every answer and button keeps the channels' limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, Template
from sqlalchemy import update

import handlers
from bot import calendars
from bot.channels import numbered
from bot.documents.calendar import calendar_file
from bot.inviting import invite
from db import people
from db.engine import Database
from db.models import Person, Team
from handlers import router
from handlers.alarms import telling
from handlers.message import Attachment, Button, Incoming, Kind, Reply
from handlers.questions import wording
from handlers.rendering import environment, render
from handlers.splitting import split, utf16_length
from handlers.turn import Rules, Turn
from knowledge.answering import Decision, Outcome
from knowledge.schema import SectionKey
from knowledge.working_days import working_days
from tests.support.clock import START, Clock
from tests.support.conversation import Conversation, answerer
from tests.support.logging_help import hand_in
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

LONGEST_MESSAGE = 4096
LONGEST_FIRST_MESSAGE = 1200
LONGEST_LABEL = 64
LONGEST_ACTION = 64
WARD = "Phường Đông Thanh – Nguyễn Thị Minh Khai – khu vực các khu phố ven sông và vùng kinh tế mới " * 2
TEAM = "Tổ công nghệ số cộng đồng liên thôn Trung Nghĩa – Phước Hòa – Đại Áng thôn Trung Nghĩa Đông Hà Hạ " * 2
OTHER_TEAM = "Tổ công nghệ số cộng đồng khu phố 10 " * 5
FOLDER = Path(handlers.__file__).parent / "templates" / "vi"


class Recorder:
    """Notes the names of the templates that are loaded, included ones too."""

    def __init__(self, env: Environment) -> None:
        self.names: set[str] = set()
        self._load = env.get_template

    def __call__(self, name: str, *rest: Any, **more: Any) -> Template:
        self.names.add(name)
        return self._load(name, *rest, **more)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Record every template that the test renders."""
    made = Recorder(environment())
    monkeypatch.setattr(environment(), "get_template", made)
    return made


def broken(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Fail as a handler with a bug would."""
    raise ZeroDivisionError


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.pressed
def test_every_template_is_rendered_within_the_limits(
    recorder: Recorder, converse: Converse, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = converse("điều phối " * 6, role="coordinator", area=WARD)
    member = converse("thành viên " * 6, role="member", area=WARD, team=TEAM)
    converse("người khác", role="member", area=WARD, team=OTHER_TEAM)
    citizen = converse("người dân")
    of_people(citizen, member, invite(database, "leader", WARD, TEAM, clock()).code)
    of_questions(citizen)
    of_teaching(coordinator, citizen, member)
    of_assistance(citizen, member, database)
    of_saved_entries(coordinator, member, database, clock)
    of_reminders(citizen, coordinator, member, clock, database)
    of_deadlines(citizen, coordinator, member)
    of_broadcasts_and_days(converse, citizen, coordinator, database, clock)
    of_teams(converse, database, clock)
    of_requests(converse, database, clock)
    of_handovers(converse, database, clock)
    of_alarms(converse, database, clock)
    of_the_same_word_twice(citizen, clock)
    of_a_name_told(converse)
    of_the_odd(citizen, monkeypatch)
    of_channels_without_buttons_and_files()
    assert_all_presentable(database)
    member.says("xóa dữ liệu")
    member.presses("Xóa dữ liệu của tôi")
    assert_all_presentable(database)

    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.j2")}
    assert recorder.names == files


def of_channels_without_buttons_and_files() -> None:
    """Render what is written instead of them; that it keeps the limits is proved with the channels."""
    for label in ("Lưu", "3"):
        assert label in numbered.choices(((Button(label, "a"),),), 1)
        assert label in numbered.choices(((Button(label, "a"),),), None)
    for media_type in ("image/png", "text/csv"):
        for address in ("https://a.vn", None):
            assert numbered.file(Attachment("a", media_type, b""), address)


def of_people(citizen: Conversation, member: Conversation, code: str) -> None:
    """Render the templates of people."""
    for text in ("/start", "trợ giúp", "/dulieu", "/huy", "/tat", "/bat", "/start SAIMA", f"/start {code}"):
        citizen.says(text)
    citizen.presses("Không đồng ý")
    citizen.says("xóa dữ liệu")
    citizen.presses("Giữ lại")
    for text in ("/start", "trợ giúp", "/dulieu"):
        member.says(text)


def of_teams(converse: Converse, database: Database, clock: Clock) -> None:
    """Render the templates of joining, linking, lists, leaving, handing over and deputies."""

    def held_by(name: str) -> int:
        """Return the membership that somebody got last."""
        person = next(row["id"] for row in rows(database, "person") if row["name"] == name)
        return max(int(row["id"]) for row in rows(database, "membership") if row["person_id"] == person)

    leader, second = (converse(name * 6, role="leader", area=WARD, team=f"{TEAM} mới") for name in ("tám ", "tư "))
    coordinator = converse("điều phối mới " * 4, role="coordinator", area=WARD)
    newcomer, refused, guesser, phone = (converse(name) for name in ("ba", "năm", "sáu", "bảy"))
    for text in ("mời thành viên", "danh sách tổ", "bàn giao", "rời tổ"):
        guesser.says(text)
    for _ in range(6):
        guesser.says("/start SAIMA")
    guesser.says("gọi tôi là anh")
    guesser.says("cách gọi")

    coordinator.says("mời thành viên")
    coordinator.presses("Tổ trưởng")
    coordinator.says("/huy")
    leader.says("mời thành viên")
    code = re.findall(r"[A-Z]{10}", leader.presses("Nhiều người"))[0]
    leader.presses("Các mã đang mở")
    for joiner in (newcomer, refused):
        joiner.says(f"/start {code}")
        joiner.presses("Đồng ý")
    leader.sends_action("join.yes:1")
    second.sends_action("join.no:1")
    second.sends_action("join.no:2")
    newcomer.says(f"/start {code}")
    leader.sends_action("inv.revoke:" + str(rows(database, "invite")[-1]["id"]))
    one = re.findall(r"[A-Z]{10}", leader.sends_action(f"inv.make:member:one:{rows(database, 'team')[-1]['id']}"))[0]
    refused.says(f"/start {one}")

    link = re.findall(r"[A-Z]{10}", newcomer.says("nối tài khoản"))[0]
    newcomer.says(link)
    leader.says(link)
    phone.says(link)
    coordinator.says("danh sách tổ")
    leader.says("danh sách tổ")
    leader.presses("Ba")
    device = re.findall(r"[A-Z]{10}", leader.presses("Đổi máy"))[0]
    converse("máy mới").says(device)
    leader.sends_action(f"team.remove:{held_by('Năm')}")

    leader.says("uỷ quyền")
    leader.presses("Năm")
    leader.presses("7 ngày")
    leader.says("uỷ quyền")
    leader.presses(next(label for label in leader.buttons() if label.startswith("Năm")))
    leader.says("/huy")
    leader.sends_action(f"deputy.end:{held_by('Năm')}")
    leader.says("bàn giao")
    leader.presses("Năm")
    leader.presses("Bàn giao, tôi ở lại tổ")
    refused.presses("Không nhận")
    leader.sends_action("hand.offer:1:1:stay")
    leader.says("bàn giao")
    leader.presses("Năm")
    leader.presses("Bàn giao, tôi ở lại tổ")
    refused.presses("Nhận")
    refused.sends_action(f"team.removed:{held_by('Ba')}")
    second.says(f"/start {invite(database, 'member', WARD, OTHER_TEAM, clock()).code}")
    second.says("rời tổ")
    refused.says("rời tổ")
    leader.says("rời tổ")
    leader.presses("Đúng, rời tổ")


def of_questions(citizen: Conversation) -> None:
    """Render the templates of questions."""
    for text in (
        "quên mật khẩu vneid",
        "dịch vụ công",
        "chỉ tiêu tổ công nghệ số",
        "so sánh tỷ lệ hồ sơ trực tuyến các nơi",
        "cảm ơn",
        "gặp người thật",
        "zxcv asdf",
    ):
        citizen.says(text)
    one_of_each_kind = {type(record): key for key, (_, record) in answerer().records.items()}
    for key in one_of_each_kind.values():
        citizen.sends_action(f"ask.entry:{key}")
    citizen.sends_action("ask.section:vneid_la_gi:documents")
    citizen.presses("Có ích")
    citizen.presses("Chưa đúng")


def of_teaching(coordinator: Conversation, citizen: Conversation, member: Conversation) -> None:
    """Render the templates of what a coordinator teaches."""
    citizen.says("/cauhoi")
    coordinator.says("câu trả lời riêng")
    for text in ("zxcv asdf " * 60, "chợ làng mình họp mấy giờ rứa", "chợ làng mình họp mấy giờ ruaa"):
        member.says(text)
    coordinator.says("/cauhoi")
    coordinator.presses("1")
    coordinator.presses("Khác…")
    coordinator.says("zzzz")
    coordinator.says("cấp lại căn cước")
    coordinator.presses(coordinator.buttons()[0])
    coordinator.sends_action("kb.open:1")
    coordinator.sends_action("kb.skip:1")
    coordinator.sends_action("kb.open:1")
    coordinator.presses("Rút lại")
    coordinator.presses("Dùng lại")
    coordinator.sends_action("kw.begin:0")
    coordinator.presses("Thôi, không viết")
    coordinator.sends_action("kw.begin:0")
    for text in ("tên " * 20, "Lịch tiếp dân", "câu trả lời " * 55, "nguồn " * 30, "việc khác"):
        coordinator.says(text)
    coordinator.presses(coordinator.buttons()[0])
    coordinator.says("câu trả lời riêng")
    member.says("lịch tiếp dân")


def of_assistance(citizen: Conversation, member: Conversation, database: Database) -> None:
    """Render the templates of assistance."""
    citizen.says("/ghi")
    member.says("như lần trước")
    with database.transaction() as db:
        db.execute(update(Person).where(Person.name.startswith("Thành")).values(consented_at=None))
    member.says("ghi")
    member.presses("Đồng ý")
    long_place = "nhà văn hóa thôn Trung Nghĩa, xóm Đồng Cát, bên cạnh trường tiểu học và trạm y tế xã " * 3
    for text in (
        "bữa trước giúp mấy bà ở chỗ cũ xong rồi mà chưa xong, làm vneid và dịch vụ công vì máy cũ quá",
        "blah",
        "500",
        long_place,
        "hôm qua",
        "xong một phần",
    ):
        member.says(text)
    draft = rows(database, "dialogue")[-1]["data"]
    assert "drafts" in draft or draft == {}
    member.says("/huy")
    member.says("hôm nay giúp 500 bà cài vneid ở thôn 2, 1 bà chưa xong vì máy cũ")
    member.presses("Đúng, 500 người")
    member.presses("Sửa")
    member.presses("Nơi")
    member.says(long_place)
    member.presses("Lưu")
    member.says("nhật ký")
    member.presses("Hoàn tác")
    member.says("hôm nay giúp 5 bà cài vneid ở thôn 2", edited=True)
    member.presses("Huỷ")
    member.sends_action("log.save:abc")
    member.says("; ".join(f"ngày {day}/11 giúp {day} bà cài vneid ở thôn {day}" for day in range(1, 15)))


def of_saved_entries(coordinator: Conversation, member: Conversation, database: Database, clock: Clock) -> None:
    """Render the templates of what becomes of saved entries, and of entries for others."""
    told = "hôm nay giúp 3 bà cài vneid ở chợ, 1 bà chưa xong vì máy cũ"
    member.says(told, message_ref="1")
    member.presses("Lưu")
    member.says(told)
    member.presses("Lưu")
    member.presses("Bỏ")
    member.says("nhầm rồi", message_ref="1", edited=True)
    member.presses("Giữ như cũ")
    hand_in(database, clock, "2026-11", team_id=rows(database, "assistance_session")[-1]["team_id"])
    for field, value in (("Nơi", "nhà văn hóa thôn Trung Nghĩa, xóm Đồng Cát " * 3), ("Ghi chú", "máy cũ quá " * 30)):
        member.says("sửa 1")
        member.presses(field)
        member.says(value)
        member.presses("Lưu")
    for person, number in ((member, "7"), (coordinator, "8")):
        person.sends_action(f"log.open:{rows(database, 'assistance_session')[-1]['id']}")
        person.presses("Số người")
        person.says(number)
    for person in (coordinator, member):
        person.presses("Lưu")
    member.says("sửa 1")
    member.presses("Xem lịch sử")
    member.presses("Xoá buổi này")
    member.presses("Xoá")
    member.sends_action("log.open:999")
    member.says("/ghi linh tinh")
    member.says("ghi hộ bà Tám")
    member.sends(Kind.VOICE)
    for text in ("/huy", f"ghi hộ ai đó: {told}"):
        coordinator.says(text)
    coordinator.presses(next(label for label in coordinator.buttons() if label.startswith("Thành Viên")))
    coordinator.presses("Lưu")
    member.says("/huy")


def of_reminders(
    citizen: Conversation, coordinator: Conversation, member: Conversation, clock: Clock, database: Database
) -> None:
    """Render the templates of reminders and summaries."""
    coordinator.says("hạn")
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_quy")
    coordinator.sends_action("due.adopt:1:dong_thanh_2023/bao_cao_nam")
    citizen.says("hạn")
    citizen.says("bản tin")
    for day in (7, 14, 15, 16):
        tick_at(clock, database, vn(2026, 12, day))
        member.says("hạn")
        coordinator.says("hạn")
        coordinator.says("bản tin")
    coordinator.says("báo cáo")
    for what in ("later", "basis", "submitted", "submitted"):
        member.sends_action(f"due.{what}:1:2026-Q4:1")
        citizen.sends_action(f"due.{what}:1:2026-Q4:1")
    member.says("hạn")


def of_deadlines(citizen: Conversation, coordinator: Conversation, member: Conversation) -> None:
    """Render the templates of the board, of what is noted of items, and of a coordinator's own rules."""
    assert render("reminders/no_area")
    assert render("reminders/no_calendar")
    assert "tệp lịch" in coordinator.says("lịch hạn")
    for action in ("rules:1", "flip:1:confirm", "confirm:1:2027-Q1:1", "to:1", "to:1:0", "nudge:1:2027-Q1"):
        coordinator.sends_action(f"due.{action}")
    for answer in ("deny", "confirm"):
        member.sends_action("due.submitted:1:2027-Q1:1")
        member.sends_action("due.submitted:1:2027-Q1:1")
        coordinator.says("hạn")
        coordinator.sends_action(f"due.{answer}:1:2027-Q1:1")
    for action in ("item:1:2027-Q1", "waive:1:2027-Q1:2", "unit:1:2027-Q1:2", "unwaive:1:2027-Q1:2"):
        coordinator.sends_action(f"due.{action}")
    for text in ("/nhac", "nhắc tổ nộp báo cáo", "30/2", "trước ngày 31", "1", "lưu", "/nhac", "huỷ", "ngừng nhắc"):
        coordinator.says(text)
    for sentence in (
        "nhắc tổ nộp số liệu trước thứ sáu hằng tuần",
        "nhắc thôn nộp báo cáo ngày 15 tháng cuối quý",
        "nhắc tổ nộp báo cáo 6 tháng một lần, ngày 15/6",
        "nhắc tổ nộp báo cáo 30/11 hằng năm",
        "nhắc tổ nộp báo cáo 20/12/2027",
    ):
        assert "Tôi hiểu thế này" in coordinator.says(sentence)
    coordinator.presses("Lưu")
    coordinator.says("nhắc tổ nộp báo cáo 20/12/2027")
    coordinator.presses("Huỷ")
    coordinator.sends_action("due.end:3")
    coordinator.sends_action("due.ended:3")
    citizen.sends_action("due.rule:1")


def of_broadcasts_and_days(
    converse: Converse, citizen: Conversation, coordinator: Conversation, database: Database, clock: Clock
) -> None:
    """Render the templates of broadcasts, of declared days, and of whoever answers for many areas."""
    for number in range(3):
        converse(f"c{number}", role="coordinator", area=f"{WARD} {number}")
    admin = converse("quản trị", role="admin")
    for text in ("hạn", "nhắc tổ nộp báo cáo ngày 5 hằng tháng", "/ngaynghi", "ngày nghỉ 5/1/2027 bão", "/ngaynghi"):
        admin.says(text)
    for text in ("bỏ ngày nghỉ 5/1/2027", "bỏ ngày nghỉ 5/1/2027", "ngày nghỉ 30/2/2027", "ngày nghỉ 1/1/2026"):
        admin.says(text)
    citizen.says("/ngaynghi")
    citizen.says("/thongbao")
    admin.says("/thongbao")
    coordinator.says("/thongbao")
    coordinator.presses("Tất cả thành viên tổ")
    coordinator.says("họp " * 300)
    coordinator.says("họp " * 200)
    coordinator.presses("Gửi")
    coordinator.presses("Huỷ phần chưa gửi")
    tick_at(clock, database, vn(2026, 12, 18))
    coordinator.says("thông báo cho tổ: họp")
    coordinator.presses("Huỷ")
    entries = calendars.entries(
        answerer().knowledge, working_days(), database, vn(2026, 12, 1).date(), vn(2028, 1, 1).date(), adopted=True
    )
    assert calendar_file([entry.as_day() for entry in entries], clock())


def of_requests(converse: Converse, database: Database, clock: Clock) -> None:
    """Render the templates of help requests."""
    clock.set(vn(2027, 1, 11, 8, 0))
    team = f"{OTHER_TEAM} nhờ"
    first, second, leader = (
        converse(f"người giúp {number} " * 5, role=role, area=WARD, team=team)
        for number, role in ((1, "member"), (2, "member"), (3, "leader"))
    )
    asker, patient = converse("người nhờ " * 6), converse("người chờ " * 6)
    number = rows(database, "team")[-1]["id"]
    with database.transaction() as db:
        db.execute(update(Team).where(Team.id == number).values(village="thôn Nhờ"))

    def ask(person: Conversation, topic: str) -> int:
        """Ask for help from the named village; return the request's id."""
        if "đồng ý" in person.says("nhờ tổ hỗ trợ"):
            person.presses("Đồng ý")
        person.sends_action(f"req.topic:{topic}")
        for text in ("nơi không ai biết", "thôn Nhờ", "sau buổi chợ " * 20):
            person.says(text)
        person.presses("Sửa")
        person.presses("Lời nhắn")
        person.says("máy cũ quá " * 40)
        person.presses("Gửi")
        return int(rows(database, "help_request")[-1]["id"])

    asker.says("yêu cầu")
    one = ask(asker, "vneid")
    leader.sends_action(f"req.open:{one}")
    asker.sends_action(f"req.write:{one}")
    for person in (first, first, second):
        person.sends_action(f"req.take:{one}")
    second.sends_action(f"req.open:{one}")
    first.says("yêu cầu")
    second.says("yêu cầu")
    for person, text in ((first, "tôi tới " * 90), (asker, "vâng")):
        person.sends_action(f"req.write:{one}")
        person.says(text)
    first.sends_action(f"req.back:{one}")
    second.sends_action(f"req.take:{one}")
    second.sends_action(f"req.pass:{one}")
    second.presses(second.buttons()[0])
    leader.sends_action(f"req.done:{one}")
    leader.presses("Lưu")
    leader.sends_action(f"req.write:{one}")
    asker.presses("Có ích")
    second.sends_action(f"req.take:{one}")
    two, three = ask(asker, "vneid"), ask(patient, "dvctt")
    asker.says("nhờ tổ hỗ trợ")
    asker.sends_action("req.topic:vneid")
    second.sends_action(f"req.take:{two}")
    asker.says("yêu cầu")
    asker.sends_action(f"req.cancel:{two}")
    ask(asker, "vneid")
    asker.says("nhờ tổ hỗ trợ")
    patient.says("nhờ tổ hỗ trợ")
    patient.presses("Huỷ")
    patient.sends_action("req.open:1")
    alone = converse("một mình " * 5, role="coordinator", area=f"{WARD} 0")
    for request in (two, three):
        alone.sends_action(f"req.take:{request}")
    for hours in (3, 8):
        tick_at(clock, database, clock() + timedelta(hours=hours))
    tick_at(clock, database, clock() + timedelta(days=15))
    four = ask(patient, "an_toan")
    first.sends_action(f"req.take:{four}")
    for days in (5, 4):
        tick_at(clock, database, clock() + timedelta(days=days))
    first.sends_action(f"req.still:{four}")
    leader.sends_action(f"req.again:{four}")
    second.sends_action(f"req.take:{four}")
    for days in (20, 10, 10, 31):  # Tết lies in between
        tick_at(clock, database, clock() + timedelta(days=days))
    assert render("requests/nobody_else")


def of_handovers(converse: Converse, database: Database, clock: Clock) -> None:
    """Render the templates of conversations taken over, and of the rota."""
    clock.set(vn(2027, 2, 1, 8, 0))
    admin, second = (converse(f"quản trị {number} " * 5, role="admin") for number in (1, 2))
    asker, patient, other = (converse(f"người hỏi {number} " * 5) for number in (1, 2, 3))
    for text in ("quên mật khẩu vneid " * 20, "gặp người thật", "gặp người thật"):
        asker.says(text)
    first = int(rows(database, "handover")[-1]["id"])
    for person in (asker, admin, second):
        person.sends_action(f"talk.take:{first}")
    admin.sends_action("talk.list")
    patient.says("gặp người thật")
    admin.sends_action(f"talk.take:{first + 1}")
    for text in ("chào bác", "tôi trả lời", "/yeucau", "/lichtruc", "/huy"):
        admin.says(text)
    asker.says("chào cán bộ")
    asker.sends(Kind.PHOTO)
    with database.transaction() as db:
        people.mark_unreachable(db, asker.chat.channel, asker.chat.chat, clock())
    admin.says("chào bác")
    for text in ("/xong", "/xong"):
        admin.says(text)
    admin.sends_action("talk.list")
    admin.sends_action(f"talk.take:{first + 1}")
    patient.says("/huy")
    other.says("gặp người thật")
    admin.sends_action(f"talk.take:{first + 2}")
    tick_at(clock, database, clock() + timedelta(minutes=31))
    for _ in range(3):
        patient.says("gặp người thật")
        patient.says("/huy")
    admin.says("lịch trực")
    admin.presses(admin.buttons()[0])
    for text in ("zz", "1"):
        admin.says(text)
    admin.says("lúc nào cũng được")
    admin.says("thứ hai đến thứ sáu 7h30-11h30")
    admin.presses("Đặt cho người khác")
    admin.says("huỷ")


def of_a_name_told(converse: Converse) -> None:
    """Render what is said to who tells their name."""
    converse("không tên", role="coordinator", area=WARD).says("tên tôi là " + "Nguyễnnnnnnnn " * 5)


def of_the_same_word_twice(citizen: Conversation, clock: Clock) -> None:
    """Render what is asked where a word stands under several messages."""
    with citizen.database.transaction() as db:
        turn = Turn(db, clock(), answerer(), working_days(), Rules())
        person = people.recognise(db, citizen.chat.channel, citizen.name, clock())
        for number in range(8):
            turn.send(
                person.id, Reply("Thông báo" + " dài" * 90, ((Button("Xem", f"due.list:{number}"),),)), kind="reminder"
            )
    citizen.says("xem")


def of_alarms(converse: Converse, database: Database, clock: Clock) -> None:
    """Render what administrators are told when something is wrong."""
    converse("quản trị", role="admin", area=WARD)
    with database.transaction() as db:
        turn = Turn(db, clock(), answerer(), working_days(), Rules())
        days = [clock().date() - timedelta(days=number) for number in range(20)]
        for kind, made_now in (("reminders", True), ("summaries", False)):
            telling.missed_runs(turn, kind, days, made_now=made_now)
        for percent in (70, 90):
            telling.quota(turn, "zalo_bot", percent, used=30 * percent, limit=3000)
        telling.conflict(turn, "Telegram")
        for what in ("consent", "-224"):
            telling.channel_trouble(turn, "Zalo OA", what)
    for more in (0, 30):
        assert utf16_length(render("reminders/out_of_window", names=[TEAM[:160]] * 20, more=more)) <= LONGEST_MESSAGE


def of_the_odd(citizen: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Render the templates for what cannot be handled."""
    for kind in (Kind.VOICE, Kind.PHOTO, Kind.STICKER, Kind.FILE, Kind.OTHER):
        citizen.sends(kind)
    for text in ("😀", "a" * 10_000, "/xyz", "số của tôi là 0905123456, căn cước 045085001234 asdf zxcv"):
        citizen.says(text)
    citizen.sends_action("nothing")
    citizen.says("/nhatky", private=False)
    citizen.inbox._rules = replace(Rules(), start_links={citizen.chat.channel: "https://t.me/cnscd_bot?start="})
    citizen.says("hôm nay giúp 3 bà cài vneid", private=False)
    monkeypatch.setattr(router, "COMMANDS", {**router.COMMANDS, "start": broken})
    citizen.says("/start")


def assert_all_presentable(database: Database) -> None:
    """Check everything said so far, but for what an erased person was told."""
    for row in rows(database, "outbox"):
        if row["chat"]:
            assert_presentable(row["text"], [tuple(button) for line in row["rows"] for button in line])


def assert_presentable(text: str, buttons: list[tuple[str, str]]) -> None:
    """Check a message as any channel would send it."""
    for leftover in ("None", "{{", "{%", "Undefined", "  \n", "\n\n\n"):
        assert leftover not in text
    assert text == text.strip()
    assert all(0 < utf16_length(part) <= LONGEST_MESSAGE for part in split(text, LONGEST_MESSAGE))
    for label, action in buttons:
        assert 0 < len(label) <= LONGEST_LABEL, label
        assert action.isascii(), action
        assert len(action) <= LONGEST_ACTION, action


@pytest.mark.parametrize("entry", [*answerer().knowledge.entries])
def test_every_entry_is_presentable(entry: str) -> None:
    reply = wording.word(Decision(Outcome.ANSWER, entry=entry), answerer(), working_days, START.date()).reply
    assert len(reply.text) <= LONGEST_FIRST_MESSAGE
    assert "Nguồn: " in reply.text
    assert "Kiểm tra ngày " in reply.text
    how_to = answerer().knowledge.entries[entry]
    for shown in (reply, *(wording.section(how_to, SectionKey(key)) for key in how_to.sections)):
        assert_presentable(shown.text, [(button.label, button.action) for button in shown.buttons])


def test_every_record_of_a_plan_is_presentable() -> None:
    for entry, (plan, record) in answerer().records.items():
        decision = Decision(Outcome.ANSWER, entry=entry, asked_year=2020)
        reply = wording.word(decision, answerer(), working_days, START.date()).reply
        assert f"{record.section}." in reply.text
        assert str(plan.document.year) in reply.text
        assert_presentable(reply.text, [(button.label, button.action) for button in reply.buttons])
        assert len(f"due.adopt:999999:{entry}") <= LONGEST_ACTION
        assert answerer().label(entry)
