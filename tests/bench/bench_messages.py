"""Measures questions answered a second, and the wait for one, beside a bare echo bot before the same fake server.

Run `python -m tests.bench.bench_messages [messages]`; it needs nothing but what the tests need. Each way is measured
from the update to the reply at the server: of the program that is search, commit, and sending, on both databases.
The processor's time a message is told too: it depends less than the rate on what else the machine does.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.fake_telegram import FakeTelegram
from tests.support.postgres import PostgresServer
from tests.support.process import RunningBot, environment, processor_seconds
from tests.support.waiting import wait_until

ROUNDS = 3
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


def measure(program: str, url: str, folder: Path, messages: int) -> list[Measured]:
    """Let people write to the echo bot and to the program in turns; of each number the best round counts.

    What else the machine does only slows down, and it seldom does the same for all of a round.
    """
    with FakeTelegram() as echoing, FakeTelegram() as telegram, echo_bot(echoing) as echo:
        bot = RunningBot(
            folder,
            database_url=url,
            telegram_token=telegram.token,
            telegram_base_url=telegram.url,
            telegram_max_per_second="0",
            log_level="WARNING",
        )
        with bot:
            crowd(echoing, question, 50)  # it has started once it answers
            crowd(telegram, question, 50)
            rounds = []
            for _ in range(ROUNDS):
                one = [measured("echo bot", "questions", echoing, echo, question, messages)]
                one += [measured(program, kind, telegram, bot.process.pid, KINDS[kind], messages) for kind in KINDS]
                rounds.append(one)
            memory = bot.memory / _MEGABYTE
            bot.stop()
    found = [best(of_one) for of_one in zip(*rounds, strict=True)]
    return [replace(one, memory=memory) if one.program == program else one for one in found]


def best(rounds: Sequence[Measured]) -> Measured:
    """Return the best of each number."""
    return replace(
        rounds[0],
        per_second=max(one.per_second for one in rounds),
        work=min(one.work for one in rounds),
        median=min(one.median for one in rounds),
        p99=min(one.p99 for one in rounds),
    )


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
    """Print the numbers, the echo bot's above each program's."""
    gc.disable()  # the fake server remembers every request: looking through them all would hold up its answers
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    say = sys.stdout.write
    say(f"{ROUNDS} rounds of {messages} messages of each kind, {CHATS} chats at once, and {SINGLE} single ones\n")
    missed = False
    with tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data, PostgresServer(Path(data)) as server:
        for program in ("SQLite", "PostgreSQL"):
            with tempfile.TemporaryDirectory() as folder:
                url = f"sqlite:///{folder}/bench.sqlite" if program == "SQLite" else server.new_database("bench")
                echo, *found = measure(program, url, Path(folder), messages)
            say(f"{echo}\n")
            for one in found:
                ratio = one.per_second / echo.per_second
                say(f"{one} ({ratio:.2f} of the echo bot, {echo.work / one.work:.2f} by work)\n")
                missed = missed or (one.kind == "questions" and (ratio < BAR or one.p99 > QUICK))
    say(f"bars for questions: {BAR} of the echo bot, p99 {QUICK * 1000:.0f} ms: {'missed' if missed else 'held'}\n")


if __name__ == "__main__":
    main()
