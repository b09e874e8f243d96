"""The dialogues of the four jobs on every channel: by the same way, to the same state, with the same effects.

What is said stands in `tests/handlers`, once; here only that no channel makes a difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from jinja2 import Template

from bot.inviting import invite
from db.engine import Database
from db.models import Base
from handlers.rendering import environment
from tests.support.clock import Clock
from tests.support.doors import DOORS, Door
from tests.support.looking import rows
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


Step = Says | Chooses | Joins | Ticks

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
    ("channel", "address", "chat", "name", "code_hash", "outbox_id", "message_ref", "batch", "draft", "origin")
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
        case Joins(person, role, area, team):
            await stage.says(person, f"/start {invite(database, role, area, team, clock()).code}")
            await stage.chooses(person, "Đồng ý")
        case Ticks(at):
            tick_at(clock, database, at)
            await stage.settled()


@pytest.mark.parametrize("name", DIALOGUES)
async def test_no_channel_makes_a_difference(name: str, migrated_sqlite: Path, tmp_path: Path, way: list[str]) -> None:
    played = dict[str, Played]()
    for kind in DOORS:
        door = kind()
        with closing(Database(f"sqlite:///{copyfile(migrated_sqlite, tmp_path / kind.name)}")) as database:
            played[kind.name] = await play(DIALOGUES[name], door, database, Clock(), way)
        await door.close()
    first, *others = played.values()
    assert all(first.ways[number] for number, step in enumerate(DIALOGUES[name]) if not isinstance(step, Ticks))
    for other in others:
        assert other == first
