"""The ticker: calls the scheduled work every half minute; all its state is in the database's rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot import runs
from bot.leases import awake_or_not
from bot.runs import Schedule
from db import files, inbox, leases, outbox, people, quotas
from db import runs as run_records
from db.engine import Database, Transaction
from handlers.alarms import telling
from handlers.broadcasts import handling as broadcasts
from handlers.handover import tick as handover
from handlers.reminders import tick as reminders
from handlers.rendering import ZONE
from handlers.requests import tick as requests
from handlers.summaries import handling as summaries
from handlers.turn import Rules, Turn
from knowledge.answering import Answerer
from knowledge.working_days import WorkingDays

TICK_EVERY = timedelta(seconds=30)
EVENTS_KEPT = timedelta(days=30)
"""No platform repeats an event after so long."""
MESSAGES_KEPT = timedelta(days=90)
_FORGOTTEN_AT_A_TIME = 500
_NOTHING_LEFT_AFTER = timedelta(days=1)
_CLOCK_JUMP = timedelta(minutes=1)

SCHEDULES = (
    Schedule("reminders", timedelta(days=1), lambda turn: len(reminders.remind(turn))),
    Schedule("summaries", timedelta(days=7), lambda turn: len(summaries.send_weekly(turn))),
)
"""What is due at certain times and leaves a record each time."""

_log = structlog.get_logger(__name__)


def tick(
    database: Database,
    answerer: Answerer,
    calendar: WorkingDays,
    rules: Rules,
    now: datetime,
    *,
    messages_kept: timedelta = MESSAGES_KEPT,
) -> int:
    """Do everything that is due, each kind in a transaction of its own; return how many messages were queued."""

    def new_turn(db: Transaction) -> Turn:
        return Turn(db, now, answerer, calendar, rules)

    with database.transaction() as db:
        _clear_away(db, now, messages_kept)
        people.close_windows(db, rules.windows, now)
        _watch_quotas(new_turn(db))
    queued, failures = 0, list[Exception]()
    for schedule in SCHEDULES:
        try:
            queued += runs.keep(database, schedule, new_turn, now)
        except Exception as failure:  # one kind must not keep back the others
            failures.append(failure)
    for keep_up in (requests.keep_up, handover.keep_up):
        try:
            with database.transaction() as db:
                queued += keep_up(new_turn(db))
        except Exception as failure:
            failures.append(failure)
    with database.transaction() as db:
        queued += len(broadcasts.report_finished(new_turn(db)))
    if failures:
        raise failures[0]
    return queued


def _clear_away(db: Transaction, now: datetime, messages_kept: timedelta) -> None:
    outbox.drop_useless(db, now)
    inbox.forget_events(db, now - EVENTS_KEPT)
    files.forget_expired(db, now)
    outbox.forget(db, now - messages_kept, _FORGOTTEN_AT_A_TIME)
    run_records.forget(db, now - messages_kept)
    leases.forget_dead(db, _NOTHING_LEFT_AFTER)


def _watch_quotas(turn: Turn) -> None:
    """Tell the administrators, once a month for each threshold, that a channel's messages run out."""
    for channel, limit in turn.rules.monthly_limits.items():
        passed = quotas.begin_warning(turn.db, channel, turn.now, limit)
        if passed is not None:
            used = quotas.used(turn.db, channel, turn.now)
            _log.warning("quota_runs_out", channel=channel, percent=passed)
            telling.quota(turn, channel, passed, used=used, limit=limit)


class ClockWatch:
    """Notices that the machine's clock was set, by one that nobody can set."""

    def __init__(self, seconds: Callable[[], float] = awake_or_not) -> None:
        self._seconds = seconds
        self._offset: float | None = None

    def look(self, database: Database, now: datetime) -> None:
        """Record by how much the clock was set since the last look, if it was by much."""
        offset = now.timestamp() - self._seconds()
        jump = timedelta(seconds=offset - (offset if self._offset is None else self._offset))
        self._offset = offset
        if abs(jump) >= _CLOCK_JUMP:
            _log.warning("clock_was_set", by_seconds=round(jump.total_seconds()))
            with database.transaction() as db:
                run_records.note_clock(db, now, jump)


def start_ticking(work: Callable[[], None]) -> BackgroundScheduler:
    """Call `work` now and every half minute in a thread of its own, never twice at a time; return what to shut down."""

    def guarded() -> None:
        try:
            work()
        except Exception as error:  # the next tick does what this one could not
            _log.error("tick_failed", error=type(error).__name__, exc_info=True)

    scheduler = BackgroundScheduler(timezone=ZONE)
    scheduler.add_job(
        guarded,
        IntervalTrigger(seconds=int(TICK_EVERY.total_seconds()), timezone=ZONE),
        next_run_time=datetime.now(ZONE),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    return scheduler
