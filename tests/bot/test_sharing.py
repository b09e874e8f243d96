"""The pace shared by several processes: their parts never add up to more than the whole, and replies use all of it."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.delivery import Delivery
from bot.inbox import CLAIM_LASTS
from bot.leases import RENEW_EVERY, TTL
from bot.sharing import FOR_NEWCOMERS, Company, part
from db import outbox
from db.engine import Database
from db.models import Lease
from db.outbox import Message
from handlers.message import ChatRef
from tests.support import waiting
from tests.support.clock import Clock
from tests.support.fake_channel import FakeChannel

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Seconds:
    """A machine's clock that the test moves; the database's own goes on as it likes."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_only_process_on_a_sqlite_file_has_the_whole_pace(tmp_path_factory: pytest.TempPathFactory) -> None:
    company = Company(Database(f"sqlite:///{tmp_path_factory.mktemp('share')}/x.sqlite"), "a")
    assert company.part(leads=True) == 1.0


@pytest.mark.parametrize("number", range(2, 6))
def test_the_parts_of_known_processes_add_up_to_less_than_the_whole(number: int) -> None:
    parts = [part(number - 1, leads=leads, is_known=True) for leads in (True, *[False] * (number - 1))]
    assert sum(parts) + FOR_NEWCOMERS == pytest.approx(1)
    assert max(parts) == parts[0] > 0.7


@on_postgresql
@given(starts=st.lists(st.floats(0, 150), min_size=1, max_size=4), dies=st.floats(0, 150))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_processes_come_and_go_the_pace_is_kept(database: Database, starts: list[float], dies: float) -> None:
    """One newcomer at a time may add the part that is kept for it; each process renews every ten seconds."""
    seconds = Seconds()
    with database.transaction() as db:
        for lease in db.scalars(select(Lease)):
            db.delete(lease)
    born = sorted({round(start / (3 * TTL.total_seconds())) * 3 * TTL.total_seconds() for start in starts})
    found = [Company(database, f"p{number}", seconds) for number in range(len(born))]
    alive: list[Company] = []
    for step in range(int((born[-1] + 60) / RENEW_EVERY) + 1):
        seconds.now = 1000.0 + step * RENEW_EVERY
        for company, start in zip(found, born, strict=True):
            begun = 1000.0 + start <= seconds.now
            dead = company is found[0] and len(found) > 1 and seconds.now >= 1000.0 + dies
            if dead and company in alive:
                alive.remove(company)
                company.heartbeat.release()
            elif begun and not dead:
                company.renew()
                alive = [*alive, company] if company not in alive else alive
            assert sum(one.part(leads=one is alive[0]) for one in alive) <= 1 + 1e-9


class Bench:
    """Two processes with one platform, which counts what both of them send."""

    def __init__(self, database: Database, per_second: float) -> None:
        self.database, self.clock, self.channel = database, Clock(), FakeChannel()
        self._per_second = per_second

    def process(self, holder: str, *, leads: bool) -> Delivery:
        return Delivery(
            self.database,
            {"test": self.channel},
            holder=holder,
            per_second={"test": self._per_second},
            may_send_bulk=lambda: leads,
            part=lambda: part(1, leads=leads, is_known=True),
            clock=self.clock,
        )

    def queue(self, words: str, chat: str, priority: int, claim: str | None = None) -> Message:
        until = self.clock() + CLAIM_LASTS
        with self.database.transaction() as db:
            queued = outbox.queue(
                db,
                channel="test",
                chat=chat,
                text=words,
                rows=[],
                now=self.clock(),
                priority=priority,
                claim=None if claim is None else (claim, until),
                useful_until=self.clock() + timedelta(days=1),
            )
        assert queued is not None
        return queued

    def states(self) -> dict[str, int]:
        with self.database.reading() as db:
            return outbox.tally(db)


@on_postgresql
def test_two_processes_together_keep_the_pace_and_no_reply_waits_for_bulk(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery._LOOK_EVERY", 0.1)
    limit, bench = 30, Bench(database, 30)
    for number in range(120):
        bench.queue(f"Nhắc {number}", f"b{number}", outbox.BULK)

    async def work() -> None:
        first, second = bench.process("first", leads=True), bench.process("second", leads=False)
        stop = asyncio.Event()
        running = [asyncio.create_task(one.run(stop)) for one in (first, second)]
        await waiting.until(lambda: len(bench.channel.times) > 10)
        for number in range(40):  # far more than the second one's part of a second
            chat = f"a{number}"
            second.submit(ChatRef("test", chat), [bench.queue(f"Trả lời {number}", chat, outbox.REPLY, "second")])
        await waiting.until(lambda: bench.states() == {"sent": 160})
        stop.set()
        await asyncio.gather(*running)
        for one in (first, second):
            await one.drain()

    asyncio.run(work())
    times = sorted(bench.channel.times)
    assert all(later - earlier > 0.99 for earlier, later in zip(times, times[limit:], strict=False))
    assert sorted(bench.channel.texts) == sorted(
        [f"Nhắc {number}" for number in range(120)] + [f"Trả lời {number}" for number in range(40)]
    )
    order = [message.text.split()[0] for message in bench.channel.attempts]
    last_reply = max(place for place, word in enumerate(order) if word == "Trả")
    assert last_reply < 110, "replies go out through whoever has room, before the rest of the queue"


@on_postgresql
def test_replies_of_one_chat_keep_their_order_where_another_process_takes_them_over(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery._LOOK_EVERY", 0.1)
    bench = Bench(database, 30)

    async def work() -> None:
        first, second = bench.process("first", leads=True), bench.process("second", leads=False)
        stop = asyncio.Event()
        running = [asyncio.create_task(one.run(stop)) for one in (first, second)]
        for number, chat in itertools.product(range(2), range(20)):
            ids = [bench.queue(f"{chat}:{number}", f"{chat}", outbox.REPLY, "second")]
            second.submit(ChatRef("test", f"{chat}"), ids)
        await waiting.until(lambda: bench.states() == {"sent": 40})
        stop.set()
        await asyncio.gather(*running)
        for one in (first, second):
            await one.drain()

    asyncio.run(work())
    for chat in range(20):
        assert [text for text in bench.channel.texts if text.startswith(f"{chat}:")] == [f"{chat}:0", f"{chat}:1"]
