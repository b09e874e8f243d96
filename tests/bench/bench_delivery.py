"""Measures how fast a long queue goes out without a 429, and how long an answer waits behind it, on both databases.

Run `python -m tests.bench.bench_delivery [queued] [seconds]`; it needs nothing but what the tests need.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from db import outbox
from db.engine import Database
from db.migrate import upgrade
from tests.support.fake_telegram import FakeTelegram
from tests.support.postgres import PostgresServer
from tests.support.process import RunningBot
from tests.support.waiting import wait_until

LIMIT = 30
_ASKER = 999
_FIRST_CHAT = 10_000
_RUN_UP = 3.0
"""Seconds of sending before the measurement begins."""


@dataclass(frozen=True)
class Measured:
    """What one database achieved; waits in seconds, from the question to its answer on the phone."""

    database: str
    per_second: float
    refused: int
    waits: list[float]

    def __str__(self) -> str:
        waits = sorted(self.waits)
        return (
            f"{self.database:>10}: {self.per_second:.2f}/s = {self.per_second / LIMIT:.1%} of the limit, "
            f"{self.refused} times 429; an answer takes {waits[len(waits) // 2] * 1000:.0f} ms, "
            f"the slowest of {len(waits)} {waits[-1] * 1000:.0f} ms"
        )


def measure(name: str, url: str, folder: Path, queued: int, seconds: float) -> Measured:
    """Let a real process send a queue under the platform's limits while somebody asks now and then."""
    database = Database(url)
    upgrade(database)
    with FakeTelegram() as telegram:
        telegram.enforce_limits = True
        fill(database, telegram, queued)
        with RunningBot(
            folder,
            database_url=url,
            telegram_token=telegram.token,
            telegram_base_url=telegram.url,
            telegram_max_per_second=f"{LIMIT}",
            log_level="INFO",
        ) as bot:
            wait_until(lambda: bool(telegram.requests("sendMessage")), 30)
            time.sleep(_RUN_UP)
            began, waits = time.monotonic(), list[float]()
            while time.monotonic() - began < seconds:
                waits.append(ask(telegram, len(waits)))
                time.sleep(1.5)
            ended = time.monotonic()
            bot.stop()
            refused = bot.log.count("RetryLater")
        sent = [request for request in telegram.requests("sendMessage") if began <= request.at < ended]
    with database.reading() as db:
        left = outbox.tally(db)
    database.close()
    assert left.get("queued", 0) > 0, "the queue ran dry, so nothing was measured"
    return Measured(name, len(sent) / (ended - began), refused, waits)


def fill(database: Database, telegram: FakeTelegram, queued: int) -> None:
    """Queue a reminder for each of many people."""
    now = datetime.now(UTC)
    for number in range(queued):
        telegram.add_chat(_FIRST_CHAT + number)
    with database.transaction() as db:
        for number in range(queued):
            outbox.queue(
                db,
                channel="telegram",
                chat=f"{_FIRST_CHAT + number}",
                text=f"Nhắc số {number}: còn 3 ngày nữa đến hạn báo cáo quý.",
                rows=[],
                now=now,
                kind="reminder",
                priority=outbox.BULK,
            )


def ask(telegram: FakeTelegram, number: int) -> float:
    """Ask as somebody new, and return how long the answer takes."""
    chat = _ASKER - number
    began = time.monotonic()
    telegram.user_says(chat, "quên mật khẩu vneid")
    telegram.wait_for_message(chat, timeout=60)
    return time.monotonic() - began


def main() -> None:
    """Print the numbers of both databases."""
    queued, seconds = (int(given) for given in (*sys.argv[1:], *("20000", "40")[len(sys.argv) - 1 :]))
    sys.stdout.write(f"{queued} reminders queued, the platform takes {LIMIT} a second, {seconds} s measured\n")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        run = partial(measure, queued=queued, seconds=seconds)
        sys.stdout.write(f"{run('SQLite', f'sqlite:///{one}/bench.sqlite', Path(one))}\n")
        with tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data, PostgresServer(Path(data)) as server:
            sys.stdout.write(f"{run('PostgreSQL', server.new_database('bench'), Path(other))}\n")


if __name__ == "__main__":
    main()
