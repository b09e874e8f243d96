"""Faults of every kind at once, of the platform and of the database: nothing is lost, and the figures reconcile.

Run `python -m tests.soak.storms [rounds]` for many storms on both databases; the suite runs a few.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import logs
from bot.channels.telegram import TelegramChannel
from bot.delivery import Delivery
from db import leases, outbox
from db.engine import Database
from db.migrate import upgrade
from db.models import Attempt, Outbox
from tests.support.clock import Clock
from tests.support.fake_telegram import FakeTelegram
from tests.support.postgres import PostgresServer
from tests.support.waiting import until

PEOPLE = range(101, 121)
GROUPS = {-11: -10011, -12: -10012}
BLOCKED = 119
TOO_LONG = "x" * 5000
"""Telegram refuses such a text for good."""
_GIVES_UP_AFTER = 1.0


class ShakyDatabase(Database):
    """A database that is away whenever it is told to be."""

    is_away = False

    @contextmanager
    def transaction(self, *, bulk: bool = False) -> Iterator[Session]:
        self._refuse_while_away()
        with super().transaction(bulk=bulk) as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[Session]:
        self._refuse_while_away()
        with super().reading() as db:
            yield db

    def cut_connections(self) -> None:
        """End every connection, as a restart of the server does."""
        if not self.is_sqlite:
            with Database.transaction(self) as db:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                db.execute(text(f"{others} AND pid <> pg_backend_pid()"))

    def _refuse_while_away(self) -> None:
        if self.is_away:
            raise OperationalError("", None, Exception("the server is starting up"))


class FaultStorm:
    """Some hundred messages, and every way in which sending them can go wrong.

    Args:
        crash: Ends the database's server at once and starts it again; None where there is none.
    """

    def __init__(
        self,
        database: ShakyDatabase,
        telegram: FakeTelegram,
        seed: int,
        crash: Callable[[], None] | None = None,
    ) -> None:
        self._database = database
        self._crash = crash
        self.crashes = 0
        self._telegram = telegram
        self._draw = random.Random(seed)
        self._clock = Clock()
        self._queued = 0
        self._seen, self._since = -1, 0.0
        for chat in (*PEOPLE, *GROUPS):
            telegram.add_chat(chat)
        telegram.block(BLOCKED)
        with Database.transaction(database) as db:  # alive throughout, as a process that renews its heartbeat is
            leases.acquire(db, leases.heartbeat("storm"), "storm", timedelta(hours=1))

    def run(self, messages: int) -> str:
        """Send everything through the storm, then look at what has become of it; return the figures."""
        asyncio.run(self._send(messages))
        return self._judge()

    async def _send(self, messages: int) -> None:
        channel = TelegramChannel(
            self._telegram.token, self._telegram.url, request_timeout=_GIVES_UP_AFTER, clock=self._clock
        )
        delivery = Delivery(
            self._database,
            {channel.name: channel},
            holder="storm",
            per_second={},
            may_send_bulk=lambda: True,
            clock=self._clock,
        )
        stop = asyncio.Event()
        running = asyncio.create_task(delivery.run(stop))
        self._queue(messages)
        weather = [self._flood, self._server_error, self._timeout, self._reset, self._never_arrives, self._slow]
        self._draw.shuffle(weather)
        for fault in weather:
            fault()
            await self._calms_down(running)
            await self._shake_database()
            self._clock.forward(minutes=self._draw.uniform(1, 15))
            self._queue(messages // 10)
        for old, new in GROUPS.items():
            self._telegram.migrate(old, new)
        self._queue(messages // 10)
        while not self._is_over():
            await self._calms_down(running)
            self._clock.forward(minutes=15)
        stop.set()
        await running
        await delivery.drain()
        await channel.close()

    async def _calms_down(self, running: asyncio.Task[None]) -> None:
        """Wait until nothing is under way, or delivery itself has come to grief."""
        await until(lambda: running.done() or self._is_quiet())
        if running.done():
            running.result()

    # The weather

    def _flood(self) -> None:
        self._telegram.fail_next("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1, times=6)

    def _server_error(self) -> None:
        for code in (500, 502, 504):
            self._telegram.fail_next("sendMessage", code, "Internal Server Error", times=2)

    def _timeout(self) -> None:
        self._telegram.hang_next("sendMessage", 2 * _GIVES_UP_AFTER, times=6)

    def _reset(self) -> None:
        self._telegram.drop_next("sendMessage", times=6)

    def _never_arrives(self) -> None:
        self._telegram.drop_next("sendMessage", accepted=False, times=6)

    def _slow(self) -> None:
        self._telegram.hang_next("sendMessage", _GIVES_UP_AFTER / 3, times=12)

    async def _shake_database(self) -> None:
        """Let the database restart, or be away for a moment, while messages go out."""
        self._queue(10)
        await asyncio.sleep(self._draw.uniform(0, 0.05))
        if self._crash is not None and not self.crashes % 2:
            self._queue(30)
            sent = len(self._telegram.requests("sendMessage"))
            await until(lambda: len(self._telegram.requests("sendMessage")) > sent)
            await asyncio.to_thread(self._crash)
        self.crashes += self._crash is not None
        await asyncio.to_thread(self._database.cut_connections)
        self._database.is_away = True
        await asyncio.sleep(self._draw.uniform(0.1, 0.3))
        self._database.is_away = False

    def _queue(self, number: int) -> None:
        with Database.transaction(self._database) as db:
            for _ in range(number):
                self._queued += 1
                stale = self._draw.random() < 0.05
                outbox.queue(
                    db,
                    channel="telegram",
                    chat=f"{self._draw.choice([*PEOPLE, *GROUPS])}",
                    text=TOO_LONG if self._draw.random() < 0.03 else f"Tin số {self._queued}",
                    rows=[],
                    now=self._clock(),
                    kind="reminder",
                    priority=outbox.BULK,
                    useful_until=self._clock() + timedelta(minutes=20) * (not stale),
                )

    # What has become of it

    def _is_quiet(self) -> bool:
        """Tell whether nothing is being sent, and nothing can be at this moment."""
        now = self._clock()
        with Database.reading(self._database) as db:
            claimed = db.scalar(select(Outbox.id).where(Outbox.state == "claimed").limit(1))
            due = db.scalar(select(Outbox.id).where(Outbox.state == "queued", Outbox.not_before <= now).limit(1))
            # What is due and behind another of its chat that waits has to wait too.
            waits = db.scalar(select(Outbox.id).where(Outbox.state == "queued", Outbox.not_before > now).limit(1))
        return claimed is None and (due is None or (waits is not None and self._has_stood_still()))

    def _has_stood_still(self) -> bool:
        sent = len(self._telegram.requests("sendMessage"))
        now = time.monotonic()
        if self._seen != sent:
            self._seen, self._since = sent, now
        return now - self._since > 0.3

    def _is_over(self) -> bool:
        with Database.reading(self._database) as db:
            return not {"queued", "claimed"} & outbox.tally(db).keys()

    def _judge(self) -> str:
        with Database.reading(self._database) as db:
            rows = db.scalars(select(Outbox).order_by(Outbox.id)).all()
            attempts = db.scalars(select(Attempt)).all()
        unknown = Counter(one.outbox_id for one in attempts if one.outcome == "uncertain")
        states = Counter(row.state for row in rows)
        assert set(states) <= {"sent", "failed", "dropped"}
        assert states.total() == self._queued == states["sent"] + states["failed"] + states["dropped"]
        assert Counter(one.outbox_id for one in attempts) == Counter({row.id: row.attempts for row in rows})
        shown = {chat: [seen.text for seen in self._telegram.replies(chat)] for chat in (*PEOPLE, *GROUPS.values())}
        before = {new: [seen.text for seen in self._telegram.replies(old)] for old, new in GROUPS.items()}
        times = Counter(words for texts in (*shown.values(), *before.values()) for words in texts)
        for row in rows:
            refused = row.text == TOO_LONG or row.chat == f"{BLOCKED}"
            if row.state == "sent":
                assert not refused
                assert 1 <= times[row.text] <= 1 + unknown[row.id]
            elif row.state == "failed":
                assert refused
            else:  # an attempt with an unknown outcome may have delivered it all the same
                assert times[row.text] <= unknown[row.id]
        for chat, texts in shown.items():
            numbers = [int(words.removeprefix("Tin số ")) for words in dict.fromkeys([*before.get(chat, []), *texts])]
            assert numbers == sorted(numbers), f"chat {chat} out of order"
        figures = ", ".join(f"{states[state]} {state}" for state in ("sent", "failed", "dropped"))
        repeats = sum(max(times[row.text] - 1, 0) for row in rows)
        crashes = f", {(self.crashes + 1) // 2} crashes of the server" if self.crashes else ""
        return f"{self._queued} created = {figures}; {repeats} came again, {unknown.total()} unknown{crashes}"


def main() -> None:
    """Run storm after storm on both databases; the first that goes wrong ends it with its seed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data, PostgresServer(Path(data)) as server:
        for number in range(rounds):
            seed = int(time.time())
            with tempfile.TemporaryDirectory() as folder:
                storms = (
                    (f"sqlite:///{folder}/storm.sqlite", None),
                    (server.new_database(f"storm_{number}"), server.crash),
                )
                for url, crash in storms:
                    database = ShakyDatabase(url)
                    upgrade(database)
                    began = time.monotonic()
                    with FakeTelegram() as telegram:
                        storm = FaultStorm(database, telegram, seed, crash)
                        told = storm.run(400)
                    database.close()
                    name = database.url.get_backend_name()
                    took = time.monotonic() - began
                    sys.stdout.write(f"storm {number + 1}, seed {seed}, {name}: {told} ({took:.0f} s)\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
