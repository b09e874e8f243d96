"""`kill -9` at random moments over a long queue: nothing is lost, each repeat is explained, the order is kept.

Run `python -m tests.soak.crash [kills] [reminders]` for the full proof on both databases; the suite runs a short one.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from db import outbox
from db.engine import Database
from db.migrate import upgrade
from db.models import Attempt, Lease, Outbox
from tests.support.fake_telegram import FakeTelegram
from tests.support.nursery import Nursery
from tests.support.postgres import PostgresServer
from tests.support.waiting import wait_until

CHATS = 500
_FIRST_CHAT = 10_000
_ANSWER_TAKES = 0.02
"""Seconds for which each answer is held back, so that many a kill finds a message delivered and not yet known to be."""


@dataclass
class Verdict:
    """What a storm of kills has left behind."""

    kills: int = 0
    reminders: int = 0
    delivered: int = 0
    repeats: int = 0
    uncertain: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = (
            f"{self.kills} kills, {self.reminders} reminders, {self.delivered} delivered, "
            f"{self.repeats} of them again, {self.uncertain} attempts with an unknown outcome: "
        )
        return told + ("; ".join(self.problems[:5]) or "nothing lost, every repeat explained, order kept")


class CrashStorm:
    """One bot, or two on PostgreSQL, that keep being killed while they send."""

    def __init__(self, database_url: str, folder: Path, telegram: FakeTelegram, seed: int) -> None:
        self._database = Database(database_url)
        self._telegram = telegram
        self._draw = random.Random(seed)
        self._queued = 0
        self._side_by_side = 1 if self._database.is_sqlite else 2
        self._nursery = Nursery(
            folder,
            database_url=database_url,
            telegram_token=telegram.token,
            telegram_base_url=telegram.url,
            telegram_max_per_second="0",
            log_level="WARNING",
        )
        for chat in range(CHATS):
            telegram.add_chat(_FIRST_CHAT + chat)

    def run(self, kills: int, reminders: int, say: Callable[[str], None] = lambda _line: None) -> Verdict:
        """Queue, kill, drain, and judge."""
        self.queue(reminders)
        self._telegram.hang_next("sendMessage", _ANSWER_TAKES, times=100_000)
        with self._nursery as nursery:
            alive = [nursery.launch() for _ in range(self._side_by_side)]
            for number in range(1, kills + 1):
                if self._open() < 200:
                    self.queue(1000)
                self._let_it_run()
                victim = self._draw.randrange(len(alive))
                nursery.kill(alive[victim])
                self._bury(alive[victim])
                if number % 20 == 0:
                    say(f"{number} kills, {self._open()} of {self._queued} left")
                alive[victim] = nursery.launch()
            wait_until(lambda: self._open() == 0, 600)
        return self._judge(kills)

    def queue(self, number: int) -> None:
        """Queue reminders to all chats in turn; each is numbered within all."""
        now = datetime.now(UTC)
        with self._database.transaction() as db:
            for each in range(self._queued, self._queued + number):
                outbox.queue(
                    db,
                    channel="telegram",
                    chat=f"{_FIRST_CHAT + each % CHATS}",
                    text=f"Nhắc số {each}",
                    rows=[],
                    now=now,
                    kind="reminder",
                    priority=outbox.BULK,
                )
        self._queued += number

    def _let_it_run(self) -> None:
        """Wait for a random moment: mostly while messages go out, now and then during the start."""
        if self._draw.random() < 0.1:
            time.sleep(self._draw.uniform(0, 0.5))
            return
        before = len(self._telegram.requests("sendMessage"))
        wait_until(lambda: len(self._telegram.requests("sendMessage")) > before)
        time.sleep(self._draw.uniform(0, 0.5))

    def _bury(self, process: int) -> None:
        """End the leases of a dead process, where nothing but the time would: they last 45 s."""
        if not self._database.is_sqlite:
            time.sleep(0.05)  # whatever it sent last has arrived long before its leases end
            with self._database.transaction() as db:
                past = datetime.now(UTC) - timedelta(seconds=1)
                db.execute(update(Lease).where(Lease.holder.contains(f":{process}:")).values(expires_at=past))

    def _open(self) -> int:
        with self._database.reading() as db:
            tally = outbox.tally(db)
        return tally.get("queued", 0) + tally.get("claimed", 0)

    def _judge(self, kills: int) -> Verdict:
        verdict = Verdict(kills=kills, reminders=self._queued)
        with self._database.reading() as db:
            rows = db.scalars(select(Outbox).order_by(Outbox.id)).all()
            unknown = Counter(db.scalars(select(Attempt.outbox_id).where(Attempt.outcome == "uncertain")))
            noted = db.scalar(select(func.count()).select_from(Attempt)) or 0
        shown = {chat: [seen.text for seen in self._telegram.replies(_FIRST_CHAT + chat)] for chat in range(CHATS)}
        verdict.delivered = sum(map(len, shown.values()))
        verdict.uncertain = unknown.total()
        states = Counter(row.state for row in rows)
        if states != Counter(sent=self._queued):
            verdict.problems.append(f"states {dict(states)}")
        if noted != sum(row.attempts for row in rows):
            verdict.problems.append(f"{noted} attempts noted of {sum(row.attempts for row in rows)}")
        meant: dict[int, list[str]] = {chat: [] for chat in range(CHATS)}
        times = Counter(text for texts in shown.values() for text in texts)
        for row in rows:
            meant[int(row.chat) - _FIRST_CHAT].append(row.text)
            again = times[row.text] - 1
            verdict.repeats += max(again, 0)
            if again < 0:
                verdict.problems.append(f"{row.text} lost")
            if again > unknown[row.id]:
                verdict.problems.append(f"{row.text} came {again} times again, {unknown[row.id]} unknown outcomes")
        for chat, texts in shown.items():
            if list(dict.fromkeys(texts)) != meant[chat]:
                verdict.problems.append(f"chat {chat} out of order")
        self._database.close()
        return verdict


def main() -> None:
    """Prove it on both databases, and say how it went; status 1 if anything is wrong."""
    kills, reminders = (int(given) for given in (*sys.argv[1:], *("200", "10000")[len(sys.argv) - 1 :]))
    seed = int(time.time())
    verdicts = []

    def prove(name: str, url: str, folder: Path) -> None:
        began = time.monotonic()

        def say(line: str) -> None:
            sys.stdout.write(f"{name}: {line}\n")
            sys.stdout.flush()

        say(f"seed {seed}")
        with FakeTelegram() as telegram:
            verdict = CrashStorm(url, folder, telegram, seed).run(kills, reminders, say)
        verdicts.append(verdict)
        say(f"{verdict} ({time.monotonic() - began:.0f} s)")

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        url = f"sqlite:///{one}/soak.sqlite"
        database = Database(url)
        upgrade(database)
        database.close()
        prove("SQLite", url, Path(one))
        with tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data, PostgresServer(Path(data)) as server:
            prove("PostgreSQL", server.new_database("soak"), Path(other))
    sys.exit(any(verdict.problems for verdict in verdicts))


if __name__ == "__main__":
    main()
