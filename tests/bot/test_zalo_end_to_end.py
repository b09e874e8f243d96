"""The program with Zalo in front of it: the four jobs by number and by word, polled and brought, through trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot.channels import zalo_bot
from bot.cli import app
from bot.inviting import invite
from bot.settings import Settings
from db.engine import Database
from db.models import Account, Arrival, AssistanceSession, Event, Outbox
from handlers.message import Attachment, Reply
from handlers.splitting import utf16_length
from handlers.turn import Rules, Turn
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import Conversation, answerer
from tests.support.fake_zalo import FakeZalo
from tests.support.looking import rows
from tests.support.ports import free_port
from tests.support.serving import serve
from tests.support.waiting import PATIENCE, wait_until

AN = "6ede9afa66b88fe6d6a9"
BE = "0b1c2d3e4f5061728394"


@pytest.fixture
def zalo() -> Iterator[FakeZalo]:
    with FakeZalo() as fake:
        yield fake


def run(script: Callable[[], None], database_url: str, zalo: FakeZalo, **more: Any) -> None:
    """Let the program serve Zalo until the script has come to its end."""
    given = {"zalo_bot_token": zalo.token, "zalo_bot_base_url": zalo.url, "zalo_bot_max_per_second": 0, "http_port": 0}
    serve(script, Settings(**{**given, "database_url": database_url, **more}))


def member(database: Database, address: str) -> None:
    """Let somebody be a member, as if they had joined on Zalo long ago."""
    Conversation(database, Clock(datetime.now(UTC)), address, role="member", channel="zalo_bot")
    with database.transaction() as db:
        for message in db.scalars(select(Outbox)):
            message.state = "sent"


class Talk:
    """One person at their phone."""

    def __init__(self, zalo: FakeZalo, chat: str) -> None:
        self.zalo = zalo
        self.chat = chat

    def says(self, text: str, expected: str, *, times: int = 1) -> str:
        """Send a text and wait for an answer that holds some words; the answer."""
        before = len(self.zalo.replies(self.chat))
        self.zalo.user_says(self.chat, text, times=times)
        return self.zalo.wait_for_message(self.chat, expected, after=before).text


def test_the_four_jobs_a_restart_in_the_middle_and_a_message_brought_twice(
    database: Database, database_url: str, zalo: FakeZalo
) -> None:
    code = invite(database, "member", "Xã Thử", "Tổ thôn 2", datetime.now(UTC)).code
    an = Talk(zalo, AN)

    def join_ask_and_begin_to_log() -> None:
        asked = an.says(f"/start {code}", "1. Đồng ý")
        assert asked.endswith("2. Không đồng ý")
        an.says("số 1", "Tổ thôn 2")
        an.says("quen mat khau vneid", "Quên mật khẩu")
        an.says("hôm nay giúp 3 bà cài vneid ở thôn 2", "1. Lưu", times=2)

    def save_and_look() -> None:
        an.says("luu", "Đã lưu", times=2)
        an.says("nhật ký", "3 lượt người")
        an.says("hạn báo cáo", "hạn")

    with capture_logs() as logs:
        run(join_ask_and_begin_to_log, database_url, zalo)
        run(save_and_look, database_url, zalo)
    assert not any(secret in str(logs) for secret in (zalo.token, code, "Nguyễn Văn An"))
    with database.reading() as db:
        assert len(list(db.scalars(select(AssistanceSession)))) == 1
        assert list(db.scalars(select(Arrival))) == []
    assert {message.state for message in messages(database)} == {"sent"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_trouble_on_the_way_out_and_what_was_left_by_a_dead_process(
    database: Database, database_url: str, zalo: FakeZalo
) -> None:
    member(database, AN)
    member(database, BE)
    left_behind(database, AN, "quen mat khau vneid")
    long_message(database, BE)
    zalo.drop_next("sendMessage")
    zalo.fail_next("sendMessage", 500, "Internal")
    zalo.fail_next("sendMessage", 400, "Bad request")

    def be_answered_in_spite_of_it() -> None:
        zalo.user_says(BE, "cảm ơn")
        wait_until(lambda: {message.state for message in messages(database)} == {"sent", "failed"}, 20)
        zalo.block(BE)
        zalo.user_says(BE, "xin chào")
        wait_until(lambda: len(rows(database, "event")) == 3 and not rows(database, "arrival"), 20)
        wait_until(lambda: {message.state for message in messages(database)} == {"sent", "failed"}, 20)

    run(be_answered_in_spite_of_it, database_url, zalo, public_url="http://bot.test")
    # Each attempt whose outcome nobody knows may have arrived, and only those.
    assert sum(message.uncertain for message in messages(database)) == 2
    assert all(utf16_length(seen.text) <= 2000 for seen in zalo.replies(BE))
    with database.reading() as db:
        assert db.scalars(select(Account).where(Account.address == BE)).one().unreachable_at is not None
        assert list(db.scalars(select(Arrival))) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_long_text_comes_whole_and_ends_with_its_file(database: Database, database_url: str, zalo: FakeZalo) -> None:
    member(database, AN)
    lines = long_message(database, AN)
    zalo.add_chat(AN)

    def read() -> None:
        zalo.wait_for_message(AN, "http://bot.test/files/")

    run(read, database_url, zalo, public_url="http://bot.test")
    *parts, last = (seen.text for seen in zalo.replies(AN))
    assert max(map(utf16_length, parts)) <= 2000
    assert "\n".join([*parts, last]).startswith(lines)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_zalo_brings_events_itself_and_nobody_else_can(database: Database, database_url: str, zalo: FakeZalo) -> None:
    zalo.takes_loopback = True
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def be_brought() -> None:
        zalo.wait_for_requests("setWebhook")
        Talk(zalo, AN).says("quên mật khẩu vneid", "Quên mật khẩu", times=2)
        zalo.user_sends_what_is_withheld()
        zalo.user_sends(AN, "unsupported", {})
        zalo.wait_for_message(AN, "chưa đọc được")
        assert zalo.deliveries == [200, 200, 200, 200]
        forged = httpx.post(
            f"{address}/hooks/zalo-bot", json={}, headers={"X-Bot-Api-Secret-Token": "guess"}, timeout=PATIENCE
        )
        assert forged.status_code == 403

    run(be_brought, database_url, zalo, zalo_bot_mode="webhook", public_url=address, http_port=port)
    assert zalo.requests("getUpdates") == []
    assert zalo.requests("setWebhook")[0].params["url"] == f"{address}/hooks/zalo-bot"
    assert len(zalo.replies(AN)) == 2
    with database.reading() as db:
        outcomes = sorted((event.kind, event.outcome) for event in db.scalars(select(Event)))
    assert outcomes == [("other", "done"), ("text", "done"), ("unsupported", "unreadable")]


def test_what_keeps_zalo_from_being_connected_is_one_line_and_status_2(zalo: FakeZalo, tmp_path: Path) -> None:
    def refused(words: str, **settings: str) -> None:
        given = {"http_port": "0", "zalo_bot_base_url": zalo.url, "zalo_bot_token": zalo.token, **settings}
        ended = CliRunner().invoke(app, ["run"], env={f"CNSCD_{name.upper()}": value for name, value in given.items()})
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.count("\n") == 1
        assert words in ended.stderr

    refused("CNSCD_ZALO_BOT_TOKEN", zalo_bot_token="1:wrong")
    refused("CNSCD_PUBLIC_URL", zalo_bot_mode="webhook")
    refused("CNSCD_ZALO_BOT_TOKEN", demo="1")
    assert not (tmp_path / "data" / "cnscd.sqlite").exists()


def left_behind(database: Database, chat: str, text: str) -> None:
    """Leave an event as a process does that dies right after its arrival."""
    incoming = {
        "event_key": "left",
        "chat": {"channel": "zalo_bot", "chat": chat},
        "sender": chat,
        "sender_name": "",
        "received_at": "2026-11-21T02:00:00+00:00",
        "kind": "text",
        "text": text,
    }
    with database.transaction() as db:
        db.add(Arrival(channel="zalo_bot", key="left", incoming=incoming, received_at=datetime.now(UTC)))


def long_message(database: Database, chat: str) -> str:
    """Queue a long text with a file, as a report would be; the text."""
    rules = Rules(text_limits={"zalo_bot": 1950}, rooms={"zalo_bot": partial(zalo_bot.room, "http://bot.test")})
    text = "\n".join(f"dòng {number}" for number in range(400))
    with database.transaction() as db:
        person = db.scalars(select(Account.person_id).where(Account.address == chat)).one()
        turn = Turn(db, datetime.now(UTC), answerer(), working_days(), rules)
        turn.send(person, Reply(text, attachment=Attachment("báo cáo.csv", "text/csv", b"a;b")), kind="summary")
    return text


def messages(database: Database) -> list[Outbox]:
    with database.reading() as db:
        return list(db.scalars(select(Outbox)))
