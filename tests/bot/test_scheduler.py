"""The ticker: it calls the work soon and again, one at a time, and outlives a failure; a tick repeats nothing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import scheduler
from bot.scheduler import EVENTS_KEPT, start_ticking, tick
from db import inbox, outbox
from db.engine import Database
from db.models import Event, Outbox
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import START, Clock
from tests.support.conversation import Conversation, answerer
from tests.support.waiting import PATIENCE

DUE = datetime(2026, 12, 7, 7, 30, tzinfo=ZONE)


def ticks(database: Database, now: datetime) -> int:
    return tick(database, answerer(), working_days(), Rules(), now)


def furnish(database: Database) -> None:
    coordinator = Conversation(database, Clock(), "cuc", role="coordinator", area="Phường Đông Thanh")
    Conversation(database, Clock(), "an", role="member", area="Phường Đông Thanh")
    coordinator.says("hạn")
    coordinator.presses(next(label for label in coordinator.buttons() if "tháng cuối quý" in label))


def test_a_tick_queues_what_is_due_once(database: Database) -> None:
    furnish(database)
    assert ticks(database, DUE - timedelta(minutes=1)) == 0
    assert ticks(database, DUE) == 2  # a reminder, and on a Monday the summary
    assert [ticks(database, DUE + timedelta(minutes=minutes)) for minutes in (0, 1, 60)] == [0, 0, 0]


def test_ticks_of_two_processes_at_once_queue_nothing_twice(database: Database) -> None:
    furnish(database)
    with database.reading() as db:
        before = len(db.scalars(select(Outbox)).all())
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit(ticks, database, DUE) for _ in range(4)]
    # One that lost the race may have to give up, the next tick would find nothing left to do.
    assert any(attempt.exception() is None for attempt in attempts)
    assert ticks(database, DUE) == 0
    with database.reading() as db:
        queued = db.scalars(select(Outbox).order_by(Outbox.id)).all()[before:]
    assert sorted((message.kind, message.chat) for message in queued) == [("reminder", "an"), ("summary", "cuc")]


def test_a_tick_clears_away_what_is_over(database: Database) -> None:
    with database.transaction() as db:
        for key, age in (("old", EVENTS_KEPT + timedelta(minutes=1)), ("young", EVENTS_KEPT)):
            inbox.record_event(db, "test", key, kind="text", now=START - age)
        outbox.queue(db, channel="test", chat="1", text="a", rows=[], now=START, useful_until=START)
    ticks(database, START)
    with database.reading() as db:
        assert [event.key for event in db.scalars(select(Event))] == ["young"]
        assert outbox.tally(db) == {"dropped": 1}


def test_it_ticks_at_once_and_goes_on_after_a_failure_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "TICK_EVERY", timedelta(seconds=1))
    calls, at_once, most = [0], [0], [0]
    again = threading.Event()

    def work() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        calls[0] += 1
        first = calls[0] == 1
        if not first:
            again.set()
        time.sleep(0.05)
        at_once[0] -= 1
        if first:
            raise ValueError("the database is away")

    ticking = start_ticking(work)
    assert again.wait(PATIENCE)
    ticking.shutdown(wait=True)
    seen = calls[0]
    assert most == [1]
    assert at_once == [0]
    time.sleep(0.1)
    assert calls[0] == seen
