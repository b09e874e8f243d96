"""The program with a Zalo Official Account in front of it: the four jobs by button, brought, through trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from bot.channels.zalo_oa import PRESSED
from bot.cli import app
from bot.inviting import invite
from bot.settings import Settings
from db import zalo_tokens
from db.engine import Database
from db.models import Account, AssistanceSession, Event, Outbox
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.fake_zalo_oa import APP_ID, APP_SECRET, SECRET_KEY, FakeZaloOa, settings
from tests.support.ports import free_port
from tests.support.serving import serve
from tests.support.waiting import wait_until

AN = "2512523625412515"
BE = "9912523625412599"

pytestmark = pytest.mark.usefixtures("at_ease")

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def oa() -> Iterator[FakeZaloOa]:
    with FakeZaloOa(hook=f"http://127.0.0.1:{free_port()}/hooks/zalo-oa") as fake:
        yield fake


def run(script: Callable[[], object], database_url: str, oa: FakeZaloOa, **more: Any) -> None:
    """Let the program serve the account until the script has come to its end."""
    given = {**settings(oa), "zalo_oa_max_per_second": 0, "http_port": int(oa.hook.split(":")[2].split("/")[0])}
    serve(script, Settings(**{**given, "database_url": database_url, **more}))


def command(*words: str, database_url: str, oa: FakeZaloOa, typed: str = "") -> Result:
    """Run a command beside the program."""
    given = {**settings(oa), "database_url": database_url, "secret_key": "khóa", "public_url": "https://xa.vn"}
    env = {f"CNSCD_{name.upper()}": str(value) for name, value in given.items()}
    return CliRunner().invoke(app, words, env=env, input=typed)


class Talk:
    """One person at their phone; what the bot sends in between may be anything."""

    def __init__(self, oa: FakeZaloOa, user: str) -> None:
        self.oa = oa
        self.user = user

    def says(self, text: str, expected: str, *, times: int = 1) -> str:
        before = len(self.oa.replies(self.user))
        self.oa.user_says(self.user, text, times=times)
        return self.oa.wait_for_message(self.user, expected, after=before).text

    def presses(self, title: str, expected: str) -> str:
        before = len(self.oa.replies(self.user))
        self.oa.user_presses(self.user, title)
        return self.oa.wait_for_message(self.user, expected, after=before).text


def messages(database: Database) -> list[Outbox]:
    with database.reading() as db:
        return list(db.scalars(select(Outbox)))


def account(database: Database, user: str) -> Account | None:
    with database.reading() as db:
        return db.scalar(select(Account).where(Account.address == user))


def admin(database: Database) -> None:
    """Let there be an administrator, on a channel that is not pushed."""
    Conversation(database, Clock(datetime.now(UTC)), "quản trị", role="admin", channel="web")


def is_told(database: Database, words: str) -> bool:
    return any(words in message.text for message in messages(database) if message.kind == "alarm")


def test_the_four_jobs_a_restart_in_the_middle_and_events_brought_twice(
    database: Database, database_url: str, oa: FakeZaloOa
) -> None:
    code = invite(database, "member", "Xã Thử", "Tổ thôn 2", datetime.now(UTC)).code
    an = Talk(oa, AN)

    def join_ask_and_begin_to_log() -> None:
        oa.user_follows(AN)
        oa.wait_for_message(AN)
        an.says(f"/start {code}", "đồng ý")
        an.presses("Đồng ý", "Tổ thôn 2")
        an.says("quen mat khau vneid", "Quên mật khẩu")
        an.says("hôm nay giúp 3 bà cài vneid ở thôn 2", "3", times=2)

    def save_and_look() -> None:
        an.presses("Lưu", "Đã lưu")
        an.says("nhật ký", "3 lượt người")
        an.says("hạn báo cáo", "hạn")

    with capture_logs() as logs:
        run(join_ask_and_begin_to_log, database_url, oa)
        run(save_and_look, database_url, oa)
    assert set(oa.deliveries) == {200}
    assert len(oa.requests("access_token")) == 1
    secrets = (APP_SECRET, SECRET_KEY, "access-", "refresh-", code)
    assert not any(secret in str(logs) for secret in secrets)
    with database.reading() as db:
        assert len(list(db.scalars(select(AssistanceSession)))) == 1
    assert {message.state for message in messages(database)} == {"sent"}


@on_sqlite
def test_what_was_written_while_the_program_was_down_is_brought_again(
    database: Database, database_url: str, oa: FakeZaloOa
) -> None:
    oa.again_after = (0.1,) * 100
    with ThreadPoolExecutor(1) as zalo:
        bringing = zalo.submit(oa.user_says, AN, "quên mật khẩu vneid")
        wait_until(lambda: None in oa.deliveries)
        run(lambda: oa.wait_for_message(AN, "Quên mật khẩu"), database_url, oa)
        bringing.result()
    assert oa.deliveries[-1] == 200


@on_sqlite
def test_forged_events_forged_presses_and_odd_events_do_no_harm(
    database: Database, database_url: str, oa: FakeZaloOa
) -> None:
    an = Talk(oa, AN)

    def try_it() -> None:
        forged = {"event_name": "user_send_text", "sender": {"id": AN}, "message": {"msg_id": "1", "text": "a"}}
        oa.raw_event({**forged, "timestamp": "1"}, secret_key="guess")
        oa.raw_event({**forged, "event_name": "user_dances", "timestamp": "2"})
        oa.raw_event({**forged, "event_name": "oa_send_text", "timestamp": "3"})
        an.says(f"{PRESSED}team.removed:1", "")
        an.says(f"{PRESSED}nothing.at:all", "")
        oa.user_sends(AN, "sticker", {})
        wait_until(lambda: len(oa.replies(AN)) == 3)

    run(try_it, database_url, oa)
    assert oa.deliveries == [403, 200, 200, 200, 200, 200]
    with database.reading() as db:
        outcomes = sorted((event.kind, event.outcome) for event in db.scalars(select(Event)))
    assert outcomes == [("button", "done"), ("button", "done"), ("sticker", "done"), ("user_dances", "unreadable")]


@on_sqlite
def test_who_leaves_is_not_written_to_and_who_withdraws_is_erased(
    database: Database, database_url: str, oa: FakeZaloOa
) -> None:
    code = invite(database, "member", "Xã Thử", "Tổ thôn 2", datetime.now(UTC)).code
    an, be = Talk(oa, AN), Talk(oa, BE)

    def leave() -> None:
        an.says("xin chào", "")
        oa.user_unfollows(AN)
        be.says(f"/start {code}", "đồng ý")
        be.presses("Đồng ý", "Tổ thôn 2")
        oa.user_withdraws(BE)

    run(leave, database_url, oa)
    left = account(database, AN)
    assert left is not None
    assert left.unreachable_at is not None
    assert account(database, BE) is None
    assert all(BE not in (message.chat, message.text) for message in messages(database))

    run(lambda: an.says("quên mật khẩu vneid", "Quên mật khẩu"), database_url, oa)
    back = account(database, AN)
    assert back is not None
    assert back.unreachable_at is None


@on_sqlite
def test_trouble_on_the_way_out_ends_well_or_is_told(database: Database, database_url: str, oa: FakeZaloOa) -> None:
    admin(database)
    an, be = Talk(oa, AN), Talk(oa, BE)

    def meet_it() -> None:
        an.says("xin chào", "")
        oa.end_access()
        oa.drop_next("cs", accepted=True)
        an.says("quên mật khẩu vneid", "Quên mật khẩu")
        oa.user_says(BE, "cảm ơn")
        oa.wait_for_message(BE)
        oa.silent_for_long(BE)
        oa.fail_next("cs", -230, "no interaction")
        oa.user_says(BE, "chào")
        wait_until(lambda: (found := account(database, BE)) is not None and found.unreachable_at is not None)
        oa.trouble = -224
        oa.user_says(AN, "nhật ký")
        wait_until(lambda: is_told(database, "-224"))

    run(meet_it, database_url, oa)
    assert len(oa.requests("access_token")) == 2
    assert be.oa.replies(BE)
    waiting = [message for message in messages(database) if message.channel == "zalo_oa" and message.state == "queued"]
    assert len(waiting) == 1


@on_sqlite
def test_a_lost_consent_is_told_seen_by_the_doctor_and_mended_beside_the_running_program(
    database: Database, database_url: str, oa: FakeZaloOa
) -> None:
    admin(database)
    oa.revoke()
    stale = {"zalo_oa_refresh_token": "refresh-old"}

    def consent_anew() -> None:
        wait_until(lambda: is_told(database, "consent-url"))
        sick = command("doctor", database_url=database_url, oa=oa)
        assert "✗ mã Zalo OA" in sick.stdout
        page = command("zalo", "consent-url", database_url=database_url, oa=oa).stdout.strip()
        wrong = command("zalo", "code", "code-wrong", database_url=database_url, oa=oa)
        assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)
        taken = command("zalo", "code", database_url=database_url, oa=oa, typed=oa.consent(page) + "\n")
        assert taken.exit_code == 0
        assert "Đã được cấp quyền" in taken.stdout
        Talk(oa, AN).says("quên mật khẩu vneid", "Quên mật khẩu")
        assert "✓ mã Zalo OA" in command("doctor", database_url=database_url, oa=oa).stdout

    run(consent_anew, database_url, oa, **stale)
    with database.reading() as db:
        pair = zalo_tokens.load(db, APP_ID)
    assert pair is not None
    assert pair.refresh_token == oa.refresh_token


def test_consent_may_come_before_the_first_start(oa: FakeZaloOa, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'cnscd.sqlite'}"
    page = command("zalo", "consent-url", database_url=url, oa=oa).stdout.strip()
    assert command("zalo", "code", oa.consent(page), database_url=url, oa=oa).exit_code == 0
    stale = {"zalo_oa_refresh_token": None}
    run(lambda: Talk(oa, AN).says("quên mật khẩu vneid", "Quên mật khẩu"), url, oa, **stale)
    assert len(oa.requests("access_token")) == 1


def test_what_keeps_the_account_from_being_connected_is_one_line_and_status_2(oa: FakeZaloOa) -> None:
    def refused(words: str, *line: str, without: str = "", **more: str) -> None:
        given = {**settings(oa), "http_port": "0", **more}
        env = {f"CNSCD_{name.upper()}": value for name, value in given.items() if name != without}
        ended = CliRunner().invoke(app, line, env=env)
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ended.stderr.count("\n") == 1
        assert words in ended.stderr

    refused("CNSCD_ZALO_OA_APP_SECRET", "run", without="zalo_oa_app_secret")
    refused("CNSCD_ZALO_OA_SECRET_KEY", "run", without="zalo_oa_secret_key")
    refused("CNSCD_ZALO_OA_APP_ID", "run", demo="1")
    refused("CNSCD_ZALO_OA_APP_ID", "zalo", "consent-url", without="zalo_oa_app_id")
    refused("--redirect", "zalo", "consent-url")
