"""The program as people use it: `cnscd run` in its own process, Telegram in front of it, commands beside it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app
from bot.files import FileLock
from db.engine import Database
from db.models import Outbox
from tests.support.conversation import answerer
from tests.support.fake_telegram import FakeTelegram
from tests.support.process import RunningBot, cnscd
from tests.support.waiting import PATIENCE, SHORT_OF_A_HANG, wait_until

AN = 1001
ONE_LINE = re.compile(r"[^\n]+\n")


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # on SQLite the others of this file run
def test_invitation_question_log_confirm_undo_and_a_gentle_end(
    database_url: str, telegram: FakeTelegram, tmp_path: Path
) -> None:
    with RunningBot(
        tmp_path, database_url=database_url, telegram_token=telegram.token, telegram_base_url=telegram.url
    ) as bot:
        invited = cnscd(
            "invite", "--role", "member", "--area", "Xã Thử", "--team", "Tổ thôn 2",
            folder=tmp_path, database_url=database_url,
        )  # fmt: skip
        assert invited.returncode == 0
        code = invited.stdout.strip()

        telegram.user_says(AN, f"/start {code}")
        telegram.wait_for_message(AN, predicate=lambda message: "Đồng ý" in message.labels)
        telegram.user_presses(AN, "Đồng ý")
        joined = telegram.wait_for_message(AN, "Tổ thôn 2")
        telegram.user_says(AN, "quen mat khau vneid")
        answer = telegram.wait_for_message(AN, "Nguồn:", after=joined.id)
        assert "Quên mật khẩu" in answer.text
        telegram.user_says(AN, "hôm nay giúp 3 bà cài vneid ở thôn 2, 1 bà chưa xong vì máy cũ")
        echo = telegram.wait_for_message(AN, "Số lượt người: 3", after=answer.id)
        query = telegram.user_presses(AN, "Lưu")
        telegram.wait_for(
            lambda: next((seen for seen in telegram.replies(AN) if seen.id == echo.id and "Đã lưu" in seen.text), None),
            lambda: f"not saved: {telegram.replies(AN)}",
        )
        telegram.wait_for(lambda: telegram.answered(query) or None, lambda: "the button still spins")
        telegram.user_says(AN, "nhật ký")
        telegram.wait_for_message(AN, "1 buổi, 3 lượt người")
        telegram.user_presses(AN, "Hoàn tác")
        telegram.wait_for(
            lambda: any("Đã hoàn tác" in seen.text for seen in telegram.replies(AN)) or None,
            lambda: f"not undone: {telegram.replies(AN)}",
        )
        telegram.user_says(AN, "nhat ky")
        telegram.wait_for_message(AN, "chưa ghi buổi nào")
        wait_until(lambda: telegram.pending_updates == 0)
        assert bot.stop() == 0
        assert not any(secret in bot.log for secret in (telegram.token, code, "Nguyễn Văn An", "máy cũ"))
        assert "Traceback" not in bot.log


def test_it_ends_in_time_although_telegram_hangs(telegram: FakeTelegram, tmp_path: Path) -> None:
    with RunningBot(tmp_path, telegram_token=telegram.token, telegram_base_url=telegram.url) as bot:
        for method in ("sendMessage", "answerCallbackQuery"):
            telegram.hang_next(method, SHORT_OF_A_HANG)
        telegram.user_says(AN, "/trogiup")
        telegram.wait_for_requests("sendMessage")
        telegram.hang_next("getUpdates", SHORT_OF_A_HANG, times=5)
        assert bot.stop() == 0
    # The request was cut off, so nobody knows whether the answer arrived: it waits to be sent again.
    with closing(Database(f"sqlite:///{tmp_path}/data/cnscd.sqlite")) as database, database.reading() as db:
        (message,) = db.scalars(select(Outbox))
    assert (message.state, message.uncertain, message.claimed_by) == ("queued", 1, None)


def test_what_keeps_it_from_running_is_one_line_and_status_2(
    migrated_sqlite: Path, telegram: FakeTelegram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Built once for all tests; it is the same one.
    monkeypatch.setattr("bot.wiring.Answerer", lambda _knowledge: answerer())

    def refused(words: str, **settings: str) -> None:
        given = {"http_port": "0", **settings}
        ended = CliRunner().invoke(app, ["run"], env={f"CNSCD_{name.upper()}": value for name, value in given.items()})
        assert (ended.exit_code, ended.stdout) == (2, "")
        assert ONE_LINE.fullmatch(ended.stderr), ended.stderr
        assert words in ended.stderr

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(str(port), http_port=str(port))
    refused("CNSCD_TELEGRAM_TOKEN", telegram_token="1:wrong", telegram_base_url=telegram.url)
    assert not (tmp_path / "data" / "cnscd.sqlite").exists()

    (tmp_path / "data").mkdir(exist_ok=True)
    path = tmp_path / "data" / "cnscd.sqlite"
    path.write_bytes(migrated_sqlite.read_bytes())
    lock = FileLock(Path(f"{path}.lock"))
    assert lock.acquire()
    refused("Đã có một `cnscd run` khác", log_level="ERROR")
    lock.release()
    with closing(Database(f"sqlite:///{path}")) as database, database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    refused("9999")


def test_a_second_process_on_one_file_is_refused_and_the_first_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.wiring.Answerer", lambda _knowledge: answerer())
    with RunningBot(tmp_path) as bot:

        def look(path: str) -> httpx.Response:
            return httpx.get(f"{bot.url}{path}", trust_env=False, timeout=PATIENCE)

        second = CliRunner().invoke(app, ["run"], env={"CNSCD_HTTP_PORT": "0"})
        assert second.exit_code == 2
        assert ONE_LINE.fullmatch(second.stderr)
        assert look("/healthz").status_code == 200
        assert look("/api/me").json()["role"] == "citizen"
        # The first invitation ends the demonstration in the middle of the run.
        assert CliRunner().invoke(app, ["invite", "--role", "admin"]).exit_code == 0
        assert look("/api/me").json() == {"roles": [], "role": None}
        assert bot.stop() == 0
