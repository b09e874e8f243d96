"""One program in front of all four channels at once: people on each are answered, and talk across them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from bot.inviting import invite
from bot.settings import Settings
from db.engine import Database
from handlers.handover import duty
from tests.support.fake_telegram import FakeTelegram
from tests.support.fake_zalo import FakeZalo
from tests.support.fake_zalo_oa import FakeZaloOa, settings
from tests.support.looking import rows
from tests.support.ports import free_port
from tests.support.serving import serve
from tests.support.waiting import PATIENCE, wait_until

CITIZEN, MEMBER, COORDINATOR = 1001, "6ede9afa66b88fe6d6a9", "2512523625412515"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture
def zalo() -> Iterator[FakeZalo]:
    with FakeZalo() as fake:
        yield fake


@pytest.fixture
def oa(port: int) -> Iterator[FakeZaloOa]:
    with FakeZaloOa(hook=f"http://127.0.0.1:{port}/hooks/zalo-oa") as fake:
        yield fake


@pytest.mark.usefixtures("at_ease")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_people_on_four_channels_are_served_by_one_program(
    database: Database,
    database_url: str,
    port: int,
    telegram: FakeTelegram,
    zalo: FakeZalo,
    oa: FakeZaloOa,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duty, "on_duty", duty.in_charge)  # whatever time it is
    now = datetime.now(UTC)
    member = invite(database, "member", "Xã Thử", "Tổ thôn 2", now).code
    coordinator = invite(database, "coordinator", "Xã Thử", None, now).code

    def join_and_log_on_zalo_bot() -> None:
        zalo.user_says(MEMBER, f"/start {member}")
        zalo.wait_for_message(MEMBER, "1. Đồng ý")
        zalo.user_says(MEMBER, "1")
        zalo.wait_for_message(MEMBER, "Tổ thôn 2")
        zalo.user_says(MEMBER, "hôm nay giúp 3 bà cài vneid ở thôn 2")
        zalo.wait_for_message(MEMBER, "1. Lưu")
        zalo.user_says(MEMBER, "1")
        zalo.wait_for_message(MEMBER, "Đã lưu")

    def join_on_the_official_account() -> None:
        oa.user_follows(COORDINATOR)
        oa.wait_for_message(COORDINATOR)
        oa.user_says(COORDINATOR, f"/start {coordinator}")
        oa.wait_for_message(COORDINATOR, "đồng ý")
        oa.user_presses(COORDINATOR, "Đồng ý")
        oa.wait_for_message(COORDINATOR, "điều phối")

    def ask_on_the_web() -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as browser:
            browser.get("/")
            assert browser.post("/api/messages", json={"id": "1", "text": "quen mat khau vneid"}).status_code == 202
            wait_until(lambda: "Nguồn:" in browser.get("/api/messages?recent=1").text)

    def talk_across() -> None:
        telegram.user_says(CITIZEN, "chợ làng mình họp mấy giờ rứa")
        telegram.wait_for_message(CITIZEN, "chưa biết")
        telegram.user_presses(CITIZEN, "Gặp người thật")
        oa.wait_for_message(COORDINATOR, "muốn gặp người thật")
        oa.user_presses(COORDINATOR, "Tôi trả lời")
        telegram.wait_for_message(CITIZEN, "tạm im")
        telegram.user_says(CITIZEN, "tôi ở thôn 2")
        oa.wait_for_message(COORDINATOR, "tôi ở thôn 2")
        oa.user_says(COORDINATOR, "Chợ họp 6 giờ sáng")
        telegram.wait_for_message(CITIZEN, "Chợ họp 6 giờ sáng")

    def script() -> None:
        for act in (join_and_log_on_zalo_bot, join_on_the_official_account, ask_on_the_web, talk_across):
            act()

    serve(
        script,
        Settings(
            **{
                **settings(oa),
                "telegram_token": telegram.token,
                "telegram_base_url": telegram.url,
                "zalo_bot_token": zalo.token,
                "zalo_bot_base_url": zalo.url,
                "http_port": port,
                "database_url": database_url,
            }
        ),
    )
    assert [row["people"] for row in rows(database, "assistance_session")] == [3]
    assert {row["channel"] for row in rows(database, "account")} == {"telegram", "zalo_bot", "zalo_oa", "web"}
    assert {row["state"] for row in rows(database, "outbox") if row["channel"] != "web"} == {"sent"}
