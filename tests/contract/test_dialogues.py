"""The dialogues of the four jobs on every channel: by the same way, to the same state, with the same effects.

What is said stands in `tests/handlers`, once; here only that no channel makes a difference.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from jinja2 import Template

from bot.inviting import invite
from db.engine import Database
from db.models import Base
from handlers import router
from handlers.rendering import environment
from tests.support.clock import Clock
from tests.support.databases import SqliteFile, opened
from tests.support.doors import DOORS, Door, WebDoor
from tests.support.looking import code_in, rows
from tests.support.postgres import PostgresServer
from tests.support.stage import Stage
from tests.support.ticking import tick_at, vn

pytestmark = pytest.mark.anyio

WARD = "Phường Đông Thanh"


@dataclass(frozen=True)
class Says:
    person: str
    text: str


@dataclass(frozen=True)
class Chooses:
    """Somebody presses a button, or chooses by number where there is none; `label` may be a part of it."""

    person: str
    label: str


@dataclass(frozen=True)
class Joins:
    person: str
    role: str
    area: str | None = "Xã Thử"
    team: str | None = None


@dataclass(frozen=True)
class Ticks:
    at: datetime


@dataclass(frozen=True)
class ChoosesFirst:
    """Somebody chooses what is offered first: names differ by channel."""

    person: str


@dataclass(frozen=True)
class TakesCode:
    """Somebody sends the code that another one was given."""

    person: str
    giver: str


Step = Says | Chooses | ChoosesFirst | TakesCode | Joins | Ticks

DIALOGUES: dict[str, Sequence[Step]] = {
    "a citizen asks": (Says("tư", "/start"), Says("tư", "quen mat khau vneid"), Chooses("tư", "Có ích")),
    "a member logs, confirms and takes back": (
        Joins("an", "member", team="Tổ thôn 2"),
        Says("an", "hôm nay giúp 3 bà cài vneid ở thôn 2, 1 bà chưa xong vì máy cũ"),
        Chooses("an", "Lưu"),
        Says("an", "nhật ký"),
        Says("an", "hoàn tác"),
        Says("an", "nhat ky"),
    ),
    "a member logs step by step and cancels": (
        Joins("an", "member", team="Tổ thôn 2"),
        Says("an", "/ghi"),
        Says("an", "cài vneid"),
        Says("an", "quên mật khẩu vneid thì làm sao"),
        Says("an", "3"),
        Says("an", "huỷ"),
    ),
    "a reminder comes and stops when handed in": (
        Joins("cúc", "coordinator", WARD),
        Joins("an", "member", WARD, "Tổ thôn 2"),
        Says("cúc", "hạn"),
        Chooses("cúc", "tháng cuối quý"),
        Ticks(vn(2026, 12, 7)),
        Ticks(vn(2026, 12, 7, 8, 0)),
        Chooses("an", "Đã nộp"),
        Ticks(vn(2026, 12, 11)),
        Ticks(vn(2026, 12, 16)),
    ),
    "a coordinator gets last week on Monday": (
        Joins("cúc", "coordinator"),
        Joins("an", "member", team="Tổ thôn 2"),
        Joins("bình", "member", team="Tổ thôn 3"),
        Says("an", "hôm nay giúp 3 bà cài vneid"),
        Chooses("an", "Lưu"),
        Says("khách", "máy bơm nước nhà tôi hỏng thì thay cánh quạt nào"),
        Ticks(vn(2026, 11, 23)),
        Ticks(vn(2026, 11, 23, 7, 31)),
    ),
    "a leader lets somebody in, and hands over": (
        Joins("lan", "leader", team="Tổ thôn 2"),
        Says("lan", "mời thành viên"),
        Chooses("lan", "Nhiều người"),
        TakesCode("an", "lan"),
        Says("an", "thôi để sau"),
        Chooses("an", "Đồng ý"),
        Says("lan", "duyệt"),
        Says("lan", "danh sách tổ"),
        ChoosesFirst("lan"),
        Says("lan", "bàn giao"),
        ChoosesFirst("lan"),
        Chooses("lan", "Bàn giao, tôi ở lại tổ"),
        Chooses("an", "Nhận"),
        Says("an", "rời tổ"),
        Chooses("an", "Huỷ"),
    ),
    "somebody stands in for a few days": (
        Joins("lan", "leader", team="Tổ thôn 2"),
        Joins("an", "member", team="Tổ thôn 2"),
        Says("lan", "uỷ quyền"),
        ChoosesFirst("lan"),
        Says("lan", "5 ngày"),
        Says("an", "danh sách tổ"),
    ),
    "an entry is changed, written for others, and repeated": (
        Joins("lan", "leader", team="Tổ thôn 2"),
        Joins("an", "member", team="Tổ thôn 2"),
        Says("lan", "hôm nay giúp 3 bà cài vneid"),
        Says("lan", "ở chợ"),
        Says("lan", "lưu"),
        Says("lan", "sửa 1"),
        Chooses("lan", "Số người"),
        Says("lan", "4"),
        Chooses("lan", "Lưu"),
        Says("lan", "như lần trước"),
        Chooses("lan", "Lưu"),
        Says("lan", "ghi hộ"),
        ChoosesFirst("lan"),
        Chooses("lan", "VNeID, căn cước"),
        Says("lan", "2"),
        Chooses("lan", "Lưu"),
        Says("an", "nhật ký"),
    ),
    "a deadline of one's own, an addressee, a day off": (
        Joins("quản", "admin", None),
        Joins("cúc", "coordinator", WARD),
        Joins("an", "leader", WARD, "Tổ thôn 2"),
        Says("cúc", "nhắc tổ ngày 25 hằng tháng"),
        Says("cúc", "nộp báo cáo tháng"),
        Chooses("cúc", "Lưu"),
        Says("cúc", "hạn"),
        Chooses("cúc", "Áp dụng"),
        Says("cúc", "Phòng Văn hoá"),
        Says("quản", "/ngaynghi 25/12/2026 nghỉ bù"),
        Says("an", "hạn"),
    ),
    "news for all teams": (
        Joins("cúc", "coordinator", WARD),
        Joins("an", "member", WARD, "Tổ thôn 2"),
        Says("cúc", "thông báo"),
        Chooses("cúc", "Tất cả thành viên tổ"),
        Says("cúc", "Mời tập huấn sáng thứ hai"),
        Chooses("cúc", "Gửi"),
    ),
    "a coordinator looks for a team, and invites into one": (
        Joins("cúc", "coordinator"),
        Joins("an", "member", team="Tổ thôn 2"),
        Joins("bình", "member", team="Tổ thôn 3"),
        Says("cúc", "danh sách tổ"),
        Says("cúc", "thôn 3"),
        Says("cúc", "/moi"),
        Chooses("cúc", "Thành viên"),
        Says("cúc", "thôn 2"),
        ChoosesFirst("cúc"),
        Chooses("cúc", "Một người"),
        TakesCode("chi", "cúc"),
        Chooses("chi", "Đồng ý"),
    ),
    "what was not known is found, or written": (
        Joins("cúc", "coordinator"),
        Says("khách", "chợ làng mình họp mấy giờ rứa"),
        Says("khách", "xe buýt về thôn có mấy chuyến"),
        Says("cúc", "câu chưa trả lời"),
        Chooses("cúc", "1"),
        Chooses("cúc", "Khác…"),
        Says("cúc", "trung tâm hành chính công mở cửa lúc nào"),
        ChoosesFirst("cúc"),
        Says("cúc", "câu chưa trả lời"),
        Chooses("cúc", "1"),
        Chooses("cúc", "Viết câu trả lời"),
        Chooses("cúc", "Lấy câu hỏi làm tên"),
        Says("cúc", "Chợ họp từ 5 giờ đến 10 giờ sáng, ngày nào cũng có, ở cạnh nhà văn hoá thôn 2."),
        Says("cúc", "Ban quản lý chợ, hỏi ngày 20/11/2026"),
        Says("cúc", "việc khác"),
        Chooses("cúc", "Lưu cho"),
    ),
    "help is asked for, passed on and written about": (
        Joins("cúc", "coordinator"),
        Joins("an", "member", team="Tổ thôn 2"),
        Joins("bình", "member", team="Tổ thôn 2"),
        Says("tư", "nhờ tổ hỗ trợ"),
        Chooses("tư", "Đồng ý"),
        Says("tư", "cài vneid"),
        Says("tư", "thon 2"),
        Says("tư", "chiều mai"),
        Chooses("tư", "Sửa"),
        Chooses("tư", "Lời nhắn"),
        Says("tư", "nhà có chó dữ"),
        Chooses("tư", "Gửi"),
        Says("an", "tôi nhận"),
        Chooses("an", "Chuyển cho…"),
        ChoosesFirst("an"),
        Chooses("bình", "Xem việc này"),
        Chooses("bình", "Nhắn bà con"),
        Says("bình", "mai tôi tới"),
        Chooses("tư", "Nhắn lại tổ"),
        Says("tư", "vâng"),
        Says("tư", "gặp người thật"),
        Ticks(vn(2026, 11, 23, 8, 0)),
        Chooses("cúc", "Tôi trả lời"),
        Says("tư", "1"),
        Says("cúc", "2"),
        Says("cúc", "/xong"),
        Says("cúc", "lịch trực"),
        ChoosesFirst("cúc"),
        Says("cúc", "thứ hai sáng"),
    ),
    "somebody is told little and joins a second account": (
        Joins("an", "member", team="Tổ thôn 2"),
        Says("an", "gọi tôi là cô"),
        Says("an", "tắt nhắc"),
        Says("an", "bật nhắc"),
        Says("an", "nối tài khoản"),
        TakesCode("an hai", "an"),
        Says("an hai", "dữ liệu"),
        Says("an hai", "xóa dữ liệu"),
        Chooses("an hai", "Giữ lại"),
        Says("an", "nhật ký"),
    ),
}

ABOUT_THE_CHANNEL = frozenset(
    (
        "outbox",
        "attempt",
        "dialogue",
        "lease",
        "event",
        "arrival",
        "quota_use",
        "zalo_token",
        "stored_file",
        "account",
        "run",
    )
)
"""Tables that hold how a message travels, not what it did."""
OF_THE_CHANNEL = frozenset(
    ("channel", "address", "chat", "name", "code_hash", "outbox_id", "message_ref", "batch", "draft", "origin", "code")
)
"""Columns, and what a dialogue keeps, of where somebody writes, or drawn by chance."""
ONLY_WRITTEN_OUT = frozenset(("common/choices_as_text.j2", "common/file_as_text.j2"))


@dataclass
class Played:
    """What came of a dialogue, but for its words."""

    ways: list[list[str]] = field(default_factory=list)
    """The templates that answered each step."""
    states: list[list[str]] = field(default_factory=list)
    """Where the chats stood after each."""
    effects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def way(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are loaded, in order: the way that an answer took."""
    loaded: list[str] = []
    load = environment().get_template

    def noted(name: str, *rest: Any, **more: Any) -> Template:
        if name not in ONLY_WRITTEN_OUT and "/_" not in name:  # a part may have been loaded before
            loaded.append(name)
        return load(name, *rest, **more)

    monkeypatch.setattr(environment(), "get_template", noted)
    return loaded


async def play(steps: Sequence[Step], door: Door, database: Database, clock: Clock, way: list[str]) -> Played:
    """Let people go through a dialogue in front of one channel."""
    played = Played()
    async with Stage(database, clock, door) as stage:
        for step in steps:
            way.clear()
            await take(step, stage, door, database, clock)
            played.ways.append(list(way))
            played.states.append(sorted(str((row["state"], _kept(row["data"]))) for row in rows(database, "dialogue")))
    for name in sorted(set(Base.metadata.tables) - ABOUT_THE_CHANNEL):
        played.effects[name] = [_kept(row) for row in rows(database, name)]
    return played


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in OF_THE_CHANNEL}


async def take(step: Step, stage: Stage, door: Door, database: Database, clock: Clock) -> None:
    match step:
        case Says(person, text):
            await stage.says(person, text)
        case Chooses(person, label):
            offered = [shown for message in await door.screen(person) for shown in message.labels]
            await stage.chooses(person, next(shown for shown in reversed(offered) if label in shown))
        case ChoosesFirst(person):
            labels = next(one.labels for one in reversed(await door.screen(person)) if one.labels)
            await stage.chooses(person, labels[0])
        case TakesCode(person, giver):
            told = "\n".join(one.text for one in reversed(await door.screen(giver)))
            await stage.says(person, f"/start {code_in(told)}")
        case Joins(person, role, area, team):
            await stage.says(person, f"/start {invite(database, role, area, team, clock()).code}")
            await stage.chooses(person, "Đồng ý")
        case Ticks(at):
            tick_at(clock, database, at)
            await stage.settled()


async def test_every_dialogue_that_waits_for_words_is_among_them(sqlite_file: SqliteFile, way: list[str]) -> None:
    entered = set[str]()
    for steps in DIALOGUES.values():
        door = WebDoor()
        with opened(sqlite_file.renew()) as database:
            played = await play(steps, door, database, Clock(), way)
        await door.close()
        entered |= {state for states in played.states for state, _ in map(literal_eval, states) if state}
    assert entered == set(router.STATES)


@pytest.mark.parametrize("name", DIALOGUES)
async def test_no_channel_and_no_database_makes_a_difference(
    name: str, sqlite_file: SqliteFile, postgres: PostgresServer, way: list[str]
) -> None:
    played = list[Played]()
    on_postgresql = postgres.lend()
    places: list[tuple[type[Door], str | None]] = [*((kind, None) for kind in DOORS), (WebDoor, on_postgresql)]
    for kind, url in places:
        door = kind()
        with opened(url or sqlite_file.renew()) as database:
            played.append(await play(DIALOGUES[name], door, database, Clock(), way))
        await door.close()
    postgres.take_back(on_postgresql)
    first, *others = played
    assert all(first.ways[number] for number, step in enumerate(DIALOGUES[name]) if not isinstance(step, Ticks))
    for other in others:
        assert other == first
