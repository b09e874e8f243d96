"""The conversation in the terminal, where every choice is typed, when something comes unasked in the middle of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import chatting
from bot.inbox import utc_now
from bot.settings import Settings
from db import people
from db.engine import Database
from handlers.message import Button, Reply
from handlers.turn import Rules, Turn
from knowledge.working_days import working_days
from tests.support.conversation import answerer

Line = str | Callable[[], None]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """Type lines as the demonstration's member, with things that happen in between; return what is shown at the end."""

    def converse(database: Database, *lines: Line) -> str:
        def script(_console: object) -> Iterator[str]:
            for line in lines:
                if isinstance(line, str):
                    capsys.readouterr()
                    yield line
                else:
                    line()

        monkeypatch.setattr(chatting, "_typed", script)
        chatting._talk(Settings(data_dir=tmp_path), database, "member")
        return capsys.readouterr().out

    return converse


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_in_a_dialogue_a_number_is_the_dialogues_and_a_word_what_came_unasked(
    database: Database, typed: Callable[..., str]
) -> None:
    def remind() -> None:
        with database.transaction() as db:
            member = people.recognise(db, "web", "demo-member", utc_now())
            buttons = (Button("Bản tin tuần", "sum.week"), Button("Xem việc này", "req.list"))
            Turn(db, utc_now(), answerer(), working_days(), Rules()).send(
                member.id, Reply("Nhắc hạn", (buttons,)), kind="reminder"
            )

    shown = typed(database, "hôm nay giúp 3 bà cài vneid", remind, "quên mật khẩu vneid thì làm sao")
    assert "Bác nhắn một trong các chữ sau để chọn: Bản tin tuần · Xem việc này" in shown
    numbers = re.findall(r"^(\d+)\. (?:Lưu|Có ích)$", shown, re.MULTILINE)
    assert len(set(numbers)) == 2, "two messages of one answer have no number in common"
    shown = typed(database, "hôm nay giúp 3 bà cài vneid", remind, "xem viec nay", "1")
    assert "Đã lưu" in shown
