"""Lets the scheduler tick at a moment of Vietnam's time."""

from __future__ import annotations

from datetime import datetime

from bot.scheduler import tick
from db.engine import Database
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import answerer


def vn(year: int, month: int, day: int, hour: int = 7, minute: int = 30) -> datetime:
    """Return a moment given in Vietnam's time; the usual hour of reminders if none is said."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


def tick_at(clock: Clock, database: Database, moment: datetime, rules: Rules | None = None) -> int:
    """Move the clock to a moment and tick; return how many messages were queued."""
    clock.set(moment)
    return tick(database, answerer(), working_days(), rules or Rules(), clock())
