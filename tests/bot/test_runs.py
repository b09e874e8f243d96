"""The records of scheduled runs: what was queued and left out, what was missed, told to administrators once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot import scheduler
from bot.runs import Schedule
from bot.scheduler import ClockWatch, tick
from db import outbox, people, quotas, runs
from db.engine import Database
from db.models import Outbox
from db.runs import RunInfo
from handlers.turn import Rules, Turn
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import Conversation, answerer
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]


def recorded(database: Database, kind: str = "reminders") -> list[RunInfo]:
    with database.reading() as db:
        return [run for run in reversed(runs.last(db, 99)) if run.kind == kind]


def alarms(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Outbox.text).where(Outbox.kind == "alarm").order_by(Outbox.id)))


@pytest.fixture
def commune(converse: Converse) -> Conversation:
    """A coordinator who has adopted a rule, a member and an administrator."""
    coordinator = converse("cuc", role="coordinator", area="Phường Đông Thanh")
    converse("an", role="member", area="Phường Đông Thanh")
    converse("quan", role="admin")
    coordinator.says("hạn")
    coordinator.presses(next(label for label in coordinator.buttons() if "tháng cuối quý" in label))
    return coordinator


def test_a_run_tells_what_it_queued_and_its_messages_tell_what_became_of_them(
    commune: Conversation, database: Database, clock: Clock
) -> None:
    assert tick_at(clock, database, vn(2026, 12, 7)) == 2
    (run,) = recorded(database)
    assert (run.due_at, run.started_at, run.finished_at) == (vn(2026, 12, 7), clock(), clock())
    assert (run.expected, run.queued, run.left_out, run.error) == (1, 1, {}, None)
    (weekly,) = recorded(database, "summaries")
    assert weekly.queued == 1
    with database.transaction() as db:
        assert runs.outcome(db, run) == {"queued": 1}
        queued = db.scalars(select(Outbox.id).where(Outbox.batch == run.batch)).one()
        outbox.finish(db, queued, "sent", now=clock())
    with database.reading() as db:
        assert runs.outcome(db, run) == {"sent": 1}


def test_who_cannot_be_reached_is_counted_as_left_out(commune: Conversation, database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        people.mark_unreachable(db, "test", "an", clock())
    tick_at(clock, database, vn(2026, 12, 7))
    (run,) = recorded(database)
    assert (run.expected, run.queued, run.left_out) == (1, 0, {"unreachable": 1})
    tick_at(clock, database, vn(2026, 12, 7, 8))
    assert recorded(database) == [run]


def test_a_day_without_anything_to_send_is_recorded_too(database: Database, clock: Clock) -> None:
    tick_at(clock, database, vn(2026, 11, 25, 7, 29))
    tick_at(clock, database, vn(2026, 11, 25))
    assert [(run.due_at, run.expected) for run in recorded(database)] == [(vn(2026, 11, 25), 0)]
    assert alarms(database) == []


def test_three_days_of_downtime_are_told_once_and_nothing_stale_is_sent(
    commune: Conversation, database: Database, clock: Clock
) -> None:
    tick_at(clock, database, vn(2026, 12, 6))
    before = len(recorded(database))
    back = vn(2026, 12, 10, 10)
    tick_at(clock, database, back)
    assert [(run.due_at.day, run.error) for run in recorded(database)[before:]] == [
        (7, "missed"),
        (8, "missed"),
        (9, "missed"),
        (10, None),
    ]
    (told,) = [text for text in alarms(database) if "tin nhắc" in text]
    assert all(day in told for day in ("7/12/2026", "8/12/2026", "9/12/2026", "10/12/2026"))
    with database.reading() as db:
        reminders = db.scalars(select(Outbox).where(Outbox.kind == "reminder")).all()
    assert len(reminders) == 1
    tick_at(clock, database, back + timedelta(minutes=1))
    assert len([text for text in alarms(database) if "tin nhắc" in text]) == 1


def test_nothing_runs_at_night_and_the_morning_tells_of_what_was_missed(
    commune: Conversation, database: Database, clock: Clock
) -> None:
    tick_at(clock, database, vn(2026, 11, 24))
    tick_at(clock, database, vn(2026, 11, 25, 22))
    assert len(recorded(database)) == 1
    assert alarms(database) == []
    tick_at(clock, database, vn(2026, 11, 26, 6, 45))
    assert alarms(database) == [], "until the day's own run nothing is made up for"
    tick_at(clock, database, vn(2026, 11, 26))
    assert [run.due_at.day for run in recorded(database)] == [24, 25, 26]
    assert len(alarms(database)) == 1


def test_a_clock_that_jumps_ahead_a_day_and_back_repeats_nothing(
    commune: Conversation, database: Database, clock: Clock
) -> None:
    seconds = [0.0]
    watch = ClockWatch(lambda: seconds[0])
    began = vn(2026, 12, 7, 10)
    total = 0
    for shown, passed in (
        (began, 0),
        (began + timedelta(days=1), 30),
        (began + timedelta(days=1, seconds=30), 60),
        (began - timedelta(hours=1), 90),
        (began, 90 + 3600),
    ):
        seconds[0] = passed
        watch.look(database, shown)
        total += tick_at(clock, database, shown)
    assert total == 2  # the reminder and the summary of that Monday
    assert [run.error for run in sorted(recorded(database, "clock"), key=lambda run: run.id)] == [
        "+86370 s",
        "-90060 s",
    ]
    assert [run.due_at.day for run in recorded(database)] == [7, 8]


def test_work_that_fails_is_recorded_alarmed_and_done_once_it_can_be(
    commune: Conversation, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]

    def work(turn: Turn) -> int:
        if broken[0]:
            raise ValueError("a bug")
        return 0

    monkeypatch.setattr(scheduler, "SCHEDULES", (Schedule("reminders", timedelta(days=1), work),))
    for moment in (vn(2026, 11, 25), vn(2026, 11, 25, 8, 31), vn(2026, 11, 25, 8, 32)):
        with pytest.raises(ValueError, match="a bug"):
            tick_at(clock, database, moment)
    (run,) = recorded(database)
    assert (run.finished_at, run.error) == (None, "ValueError")
    assert len(alarms(database)) == 1
    broken[0] = False
    tick_at(clock, database, vn(2026, 11, 25, 9))
    (run,) = recorded(database)
    assert (run.finished_at, run.error) == (clock(), None)
    assert len(alarms(database)) == 1


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        (1, vn(2026, 11, 25, 7, 29), vn(2026, 11, 24)),
        (1, vn(2026, 11, 25), vn(2026, 11, 25)),
        (7, vn(2026, 11, 25), vn(2026, 11, 23)),
        (7, vn(2026, 11, 23), vn(2026, 11, 23)),
        (7, vn(2026, 11, 23, 7, 29), vn(2026, 11, 16)),
        (7, vn(2026, 11, 22, 23), vn(2026, 11, 16)),
    ],
)
def test_when_something_was_due_last(every: int, now: datetime, due: datetime) -> None:
    assert Schedule("any", timedelta(days=every), lambda _turn: 0).due_last(now, Rules()) == due


def test_administrators_are_warned_of_a_quota_once_a_threshold(
    commune: Conversation, database: Database, clock: Clock
) -> None:
    rules = Rules(monthly_limits={"zalo_bot": 10})

    def use_and_tick(number: int) -> list[str]:
        with database.transaction() as db:
            for _ in range(number):
                quotas.record_use(db, "zalo_bot", clock())
        tick(database, answerer(), working_days(), rules, clock())
        return alarms(database)

    assert use_and_tick(6) == []
    (seventy,) = use_and_tick(1)
    assert "7/10" in seventy
    assert "70%" in seventy
    _, ninety = use_and_tick(2)
    assert "90%" in ninety
    assert len(use_and_tick(5)) == 2


def test_old_messages_and_runs_are_forgotten(database: Database, clock: Clock) -> None:
    tick_at(clock, database, vn(2026, 11, 25))
    with database.transaction() as db:
        message = outbox.queue(db, channel="test", chat="1", text="a", rows=[], now=clock())
        assert message is not None
        outbox.finish(db, message.id, "sent", now=clock())
    tick_at(clock, database, vn(2027, 2, 22))
    with database.reading() as db:
        assert outbox.tally(db) == {"sent": 1}
    tick_at(clock, database, vn(2027, 2, 24))
    with database.reading() as db:
        assert outbox.tally(db) == {}
    assert vn(2026, 11, 25) not in [run.due_at for run in recorded(database)]
