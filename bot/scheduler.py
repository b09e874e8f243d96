"""The ticker: calls the scheduled work every half minute; all its state is in the database's rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from db import inbox, outbox
from db.engine import Database
from handlers.reminders import tick as reminders
from handlers.rendering import ZONE
from handlers.summaries import handling as summaries
from handlers.turn import Rules, Turn
from knowledge.answering import Answerer
from knowledge.working_days import WorkingDays

TICK_EVERY = timedelta(seconds=30)
EVENTS_KEPT = timedelta(days=30)
"""No platform repeats an event after so long."""

_log = structlog.get_logger(__name__)


def tick(database: Database, answerer: Answerer, calendar: WorkingDays, rules: Rules, now: datetime) -> int:
    """Do everything that is due, each kind in a transaction of its own; return how many messages were queued."""
    with database.transaction() as db:
        outbox.drop_useless(db, now)
        inbox.forget_events(db, now - EVENTS_KEPT)
    with database.transaction() as db:
        queued = len(reminders.remind(Turn(db, now, answerer, calendar, rules)))
    with database.transaction() as db:
        queued += len(summaries.send_weekly(Turn(db, now, answerer, calendar, rules)))
    return queued


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
