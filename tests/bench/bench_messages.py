"""Measures questions answered a second, and the wait for one, beside a bare echo bot before the same fake server.

Run `python -m tests.bench.bench_messages [messages]`; it needs nothing but what the tests need. Each way is measured
from the update to the reply at the server: of the program that is search, commit, and sending, on both databases.
The processor's time a message is told too: it depends less than the rate on what else the machine does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.fake_telegram import FakeTelegram
from tests.support.postgres import PostgresServer
from tests.support.process import RunningBot, environment, processor_seconds
from tests.support.waiting import wait_until

CHATS = 50
SINGLE = 200
PAUSE = 0.02
"""Seconds between single messages: nothing of the one before may be left."""
BAR = 0.5
"""Of the echo bot's throughput; the least that the program is to reach."""
QUICK = 0.05
"""Seconds in which 99 of 100 single questions are to be answered."""
QUESTIONS = ("quên mật khẩu vneid", "nop ho so tren mang the nao", "bị lừa chuyển tiền", "làm căn cước cho con ở đâu")
_MEGABYTE = 2**20


@dataclass(frozen=True)
class Measured:
    """What one kind of message cost one program; waits and work (processor time a message) in seconds, memory in MB."""

    program: str
    kind: str
    per_second: float
    work: float
    median: float
    p99: float
    memory: float | None = None

    def __str__(self) -> str:
        memory = "" if self.memory is None else f", memory {self.memory:.0f} MB"
        waits = f"alone {self.median * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms"
        rate = f"{self.per_second:6.1f}/s of {self.work * 1000:.1f} ms work"
        return f"{self.kind:>10} {self.program:>12}: {rate}, {waits}{memory}"


def question(number: int) -> str:
    """Return one of some questions."""
    return QUESTIONS[number % len(QUESTIONS)]


def command(_number: int) -> str:
    """Return what needs no search."""
    return "/trogiup"


KINDS: dict[str, Callable[[int], str]] = {"commands": command, "questions": question}


def measure_echo(messages: int) -> list[Measured]:
    """Let people write to the echo bot; it does the same with every kind."""
    with FakeTelegram() as telegram, echo_bot(telegram) as process:
        crowd(telegram, question, 50)  # it has started once it answers
        return [measured("echo bot", "questions", telegram, process, question, messages)]


def measure(program: str, url: str, folder: Path, messages: int) -> list[Measured]:
    """Let people write to the program, one kind after the other."""
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
            crowd(telegram, question, 50)
            found = []
            for kind, words in KINDS.items():
                one = measured(program, kind, telegram, bot.process.pid, words, messages)
                found.append(Measured(**{**vars(one), "memory": bot.memory / _MEGABYTE}))
            bot.stop()
    return found


@contextmanager
def echo_bot(telegram: FakeTelegram) -> Iterator[int]:
    """Run the echo bot in a process of its own; its id."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.bench.echo_bot", telegram.url, telegram.token],
        env=environment() | {"NO_PROXY": "127.0.0.1"},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def measured(
    program: str, kind: str, telegram: FakeTelegram, process: int, words: Callable[[int], str], messages: int
) -> Measured:
    """Measure a crowd that writes all at once, then single messages."""
    before = processor_seconds(process)
    per_second = messages / crowd(telegram, words, messages)
    work = (processor_seconds(process) - before) / messages
    waits = sorted(alone(telegram, words))
    return Measured(program, kind, per_second, work, waits[len(waits) // 2], waits[len(waits) * 99 // 100 - 1])


def crowd(telegram: FakeTelegram, words: Callable[[int], str], messages: int) -> float:
    """Let so many messages come at once from all chats; return the seconds until all are answered."""
    before = answered(telegram)
    began = time.monotonic()
    for number in range(messages):
        telegram.user_says(1000 + number % CHATS, words(number))
    wait_until(lambda: answered(telegram) >= before + messages, 600)
    return time.monotonic() - began


def alone(telegram: FakeTelegram, words: Callable[[int], str]) -> Iterator[float]:
    """Yield how long single messages take to be answered when nobody else writes."""
    for number in range(SINGLE):
        time.sleep(PAUSE)
        last = max((seen.id for seen in telegram.replies(999)[-1:]), default=0)
        began = time.monotonic()
        telegram.user_says(999, words(number))
        telegram.wait_for_message(999, after=last, timeout=30)
        yield time.monotonic() - began


def answered(telegram: FakeTelegram) -> int:
    """Return how many messages the bot has sent."""
    return len(telegram.requests("sendMessage"))


def main() -> None:
    """Print the numbers, each program's beside the echo bot's."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    echo = measure_echo(messages)[0]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found = measure("SQLite", f"sqlite:///{one}/bench.sqlite", Path(one), messages)
        with tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data, PostgresServer(Path(data)) as server:
            found += measure("PostgreSQL", server.new_database("bench"), Path(other), messages)
    say = sys.stdout.write
    say(f"{messages} messages of each kind, {CHATS} chats at once; then {SINGLE} single ones\n")
    say(f"{echo}\n")
    missed = False
    for one_of in found:
        ratio = one_of.per_second / echo.per_second
        say(f"{one_of} ({ratio:.2f} of the echo bot)\n")
        missed = missed or (one_of.kind == "questions" and (ratio < BAR or one_of.p99 > QUICK))
    say(f"bars for questions: {BAR} of the echo bot, p99 {QUICK * 1000:.0f} ms: {'missed' if missed else 'held'}\n")


if __name__ == "__main__":
    main()
