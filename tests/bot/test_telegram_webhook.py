"""The program with Telegram in front of it inside one process: brought updates, conflicts, and what keeps it away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot import wiring
from bot.channels import asking
from bot.cli import app
from bot.settings import Settings
from db.engine import Database
from db.models import Event, Outbox
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.fake_telegram import FakeTelegram
from tests.support.ports import free_port
from tests.support.serving import serve
from tests.support.waiting import PATIENCE

AN = 1001
TEAM = -500

pytestmark = pytest.mark.usefixtures("at_ease")

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        fake.takes_loopback = True
        yield fake


def run(script: Callable[[], None], database_url: str, telegram: FakeTelegram, **more: Any) -> None:
    """Let the program serve Telegram until the script has come to its end."""
    given = {"telegram_token": telegram.token, "telegram_base_url": telegram.url, "http_port": 0}
    serve(script, Settings(**{**given, "telegram_max_per_second": 0, "database_url": database_url, **more}))


def test_telegram_brings_updates_itself_and_nobody_else_can(
    database: Database, database_url: str, telegram: FakeTelegram
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def be_brought() -> None:
        telegram.wait_for_requests("setWebhook")
        telegram.user_says(AN, "quên mật khẩu vneid")
        answer = telegram.wait_for_message(AN, "Quên mật khẩu")
        query = telegram.user_presses(AN, answer.labels[0])
        telegram.wait_for(lambda: telegram.answered(query) or None, lambda: "the button still spins")
        telegram.raw_update({"message": {"text": 1}})
        telegram.user_says(TEAM, "mai họp nhé", user=AN)
        telegram.user_says(TEAM, "@cnscd_test_bot hôm nay giúp 3 bà cài vneid", user=AN)
        told = telegram.wait_for_message(TEAM)
        assert "https://t.me/cnscd_test_bot?start=ghi" in told.text
        telegram.wait_for(lambda: telegram.pending_updates == 0 or None, lambda: str(telegram.deliveries))
        assert set(telegram.deliveries) == {200}
        forged = httpx.post(
            f"{address}/hooks/telegram",
            json={},
            headers={"X-Telegram-Bot-Api-Secret-Token": "guess"},
            trust_env=False,
            timeout=PATIENCE,
        )
        assert forged.status_code == 403

    run(be_brought, database_url, telegram, telegram_mode="webhook", public_url=address, http_port=port)
    assert telegram.requests("getUpdates") == []
    assert len(telegram.replies(TEAM)) == 1
    with database.reading() as db:
        outcomes = sorted((event.kind, event.outcome) for event in db.scalars(select(Event)))
    assert outcomes == [("button", "done"), ("message", "unreadable"), ("text", "done"), ("text", "done")]


@on_sqlite
def test_administrators_are_told_once_that_another_program_takes_the_messages(
    database: Database, database_url: str, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    Conversation(database, Clock(datetime.now(UTC)), str(AN), role="admin", channel="telegram")
    with database.transaction() as db:
        for message in db.scalars(select(Outbox)):
            message.state = "sent"
    telegram.add_chat(AN)
    monkeypatch.setattr(asking, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(wiring, "CONFLICT_TOLD_AFTER", timedelta(milliseconds=1))
    monkeypatch.setattr("bot.scheduler.TICK_EVERY", timedelta(seconds=1))
    telegram.fail_next("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=1000)

    def be_told() -> None:
        telegram.wait_for_message(AN, "409")

    run(be_told, database_url, telegram)
    with database.reading() as db:
        assert [row.kind for row in db.scalars(select(Outbox).where(Outbox.state != "sent"))] == []
    assert sum("409" in seen.text for seen in telegram.replies(AN)) == 1


def test_a_webhook_without_a_public_address_is_one_line_and_status_2(telegram: FakeTelegram) -> None:
    given = {"TOKEN": telegram.token, "BASE_URL": telegram.url, "MODE": "webhook"}
    ended = CliRunner().invoke(app, ["run"], env={f"CNSCD_TELEGRAM_{name}": value for name, value in given.items()})
    assert (ended.exit_code, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "CNSCD_PUBLIC_URL" in ended.stderr
