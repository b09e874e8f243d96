"""Measures messages answered a second, and memory, by the running program on both databases, side by side.

Run `python -m tests.bench.bench_messages [messages]`; it needs nothing but what the tests need.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.support.fake_telegram import FakeTelegram
from tests.support.postgres import PostgresServer
from tests.support.process import RunningBot
from tests.support.waiting import wait_until

CHATS = 50
KINDS: dict[str, Callable[[int], str]] = {
    "commands": lambda number: "/trogiup",
    "questions": lambda number: ("quên mật khẩu vneid", "nop ho so tren mang the nao", "bị lừa chuyển tiền")[
        number % 3
    ],
}
_MEGABYTE = 2**20


@dataclass(frozen=True)
class Measured:
    """What one kind of message cost on one database."""

    database: str
    kind: str
    per_second: float
    median: float
    slowest: float
    memory_before: float
    memory: float


def measure(database: str, url: str, folder: Path, messages: int) -> list[Measured]:
    """Let people write all at once, one kind after the other, and look at the answers."""
    found = []
    with FakeTelegram() as telegram:
        bot = RunningBot(
            folder,
            database_url=url,
            telegram_token=telegram.token,
            telegram_base_url=telegram.url,
            telegram_max_per_second="0",
            log_level="WARNING",
        )
        with bot:
            at_start = bot.memory / _MEGABYTE
            for kind, words in KINDS.items():
                before = telegram_replies(telegram)
                began = time.monotonic()
                for number in range(messages):
                    telegram.user_says(1000 + number % CHATS, words(number))
                wait_until(partial(has_replies, telegram, before + messages), 600)
                took = time.monotonic() - began
                waits = alone(telegram, words)
                found.append(
                    Measured(
                        database,
                        kind,
                        messages / took,
                        sorted(waits)[len(waits) // 2],
                        max(waits),
                        at_start,
                        bot.memory / _MEGABYTE,
                    )
                )
            bot.stop()
    return found


def alone(telegram: FakeTelegram, words: Callable[[int], str]) -> list[float]:
    """Return how long single messages take to be answered when nobody else writes."""
    waits = []
    for number in range(20):
        last = max((seen.id for seen in telegram.replies(999)), default=0)
        began = time.monotonic()
        telegram.user_says(999, words(number))
        telegram.wait_for_message(999, after=last, timeout=30)
        waits.append(time.monotonic() - began)
    return waits


def telegram_replies(telegram: FakeTelegram) -> int:
    """Return how many messages the bot has sent to the crowd."""
    return sum(len(telegram.replies(1000 + chat)) for chat in range(CHATS))


def has_replies(telegram: FakeTelegram, number: int) -> bool:
    """Tell whether the crowd has been answered so often."""
    return telegram_replies(telegram) >= number


def main() -> None:
    """Print the numbers, each database's beside the other's."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        sqlite = measure("SQLite", f"sqlite:///{one}/bench.sqlite", Path(one), messages)
        with tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data, PostgresServer(Path(data)) as server:
            postgres = measure("PostgreSQL", server.new_database("bench"), Path(other), messages)
    say = sys.stdout.write
    say(f"{messages} messages of each kind, {CHATS} chats at once; then 20 single ones\n")
    for left, right in zip(sqlite, postgres, strict=True):
        for one_of in (left, right):
            say(
                f"{one_of.kind:>10} {one_of.database:>10}: {one_of.per_second:6.1f}/s, "
                f"alone {one_of.median * 1000:5.0f} ms (slowest {one_of.slowest * 1000:5.0f}), "
                f"memory {one_of.memory_before:.0f} MB at the start, {one_of.memory:.0f} MB then\n"
            )
        say(f"{left.kind:>10} PostgreSQL : SQLite = {right.per_second / left.per_second:.2f}\n")


if __name__ == "__main__":
    main()
