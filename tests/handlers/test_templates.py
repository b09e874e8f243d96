"""Every template is rendered with real values and long names; every answer and button keeps the channels' limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, Template
from sqlalchemy import update

import handlers
from bot.inviting import invite
from db.engine import Database
from db.models import Person
from handlers import router
from handlers.message import Incoming, Kind, Reply
from handlers.questions import wording
from handlers.rendering import environment
from handlers.splitting import split, utf16_length
from handlers.turn import Turn
from knowledge.answering import Decision, Outcome
from knowledge.schema import SectionKey
from knowledge.working_days import working_days
from tests.support.clock import START, Clock
from tests.support.conversation import Conversation, answerer
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
def test_every_template_is_rendered_within_the_limits(
    recorder: Recorder, converse: Converse, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = converse("điều phối " * 6, role="coordinator", area=WARD)
    member = converse("thành viên " * 6, role="member", area=WARD, team=TEAM)
    converse("người khác", role="member", area=WARD, team=OTHER_TEAM)
    citizen = converse("người dân")
    of_people(citizen, member, invite(database, "leader", WARD, TEAM, clock()).code)
    of_questions(citizen)
    of_assistance(citizen, member, database)
    of_reminders(citizen, coordinator, member, clock, database)
    of_the_odd(citizen, monkeypatch)
    assert_all_presentable(database)
    member.says("xóa dữ liệu")
    member.presses("Xóa dữ liệu của tôi")
    assert_all_presentable(database)

    files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.j2")}
    assert recorder.names == files


def of_people(citizen: Conversation, member: Conversation, code: str) -> None:
    """Render the templates of people."""
    for text in ("/start", "trợ giúp", "/dulieu", "/huy", "/tat", "/bat", "/start SAIMA", f"/start {code}"):
        citizen.says(text)
    citizen.presses("Không đồng ý")
    citizen.says("xóa dữ liệu")
    citizen.presses("Giữ lại")
    for text in ("/start", "trợ giúp", "/dulieu"):
        member.says(text)


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


def of_the_odd(citizen: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Render the templates for what cannot be handled."""
    for kind in (Kind.VOICE, Kind.PHOTO, Kind.STICKER, Kind.FILE, Kind.OTHER):
        citizen.sends(kind)
    for text in ("😀", "a" * 10_000, "/xyz", "số của tôi là 0905123456, căn cước 045085001234 asdf zxcv"):
        citizen.says(text)
    citizen.sends_action("nothing")
    citizen.says("/nhatky", private=False)
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
    reply = wording.word(Decision(Outcome.ANSWER, entry=entry), answerer(), working_days(), START.date()).reply
    assert len(reply.text) <= LONGEST_FIRST_MESSAGE
    assert "Nguồn: " in reply.text
    assert "Kiểm tra ngày " in reply.text
    how_to = answerer().knowledge.entries[entry]
    for shown in (reply, *(wording.section(how_to, SectionKey(key)) for key in how_to.sections)):
        assert_presentable(shown.text, [(button.label, button.action) for button in shown.buttons])


def test_every_record_of_a_plan_is_presentable() -> None:
    for entry, (plan, record) in answerer().records.items():
        decision = Decision(Outcome.ANSWER, entry=entry, asked_year=2020)
        reply = wording.word(decision, answerer(), working_days(), START.date()).reply
        assert f"{record.section}." in reply.text
        assert str(plan.document.year) in reply.text
        assert_presentable(reply.text, [(button.label, button.action) for button in reply.buttons])
        assert len(f"due.adopt:999999:{entry}") <= LONGEST_ACTION
        assert answerer().label(entry)
