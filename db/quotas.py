"""Queries on the ledger of channels that may send only so many messages a month; it refuses and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import outbox
from db.inbox import insert_new
from db.models import QuotaUse

WARN_AT = (70, 90)
"""Percentages of a month's messages at which the administrators are told."""
FOR_REPLIES = 10
"""Percentage of a month's messages that only replies and alarms may use up."""

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def month_of(now: datetime) -> str:
    """Return the month in which a message counts, such as "2026-11"."""
    return f"{now.astimezone(_ZONE):%Y-%m}"


def record_use(session: Session, channel: str, now: datetime) -> None:
    """Count one message, sent or perhaps sent."""
    month = month_of(now)
    insert_new(session, QuotaUse, channel=channel, month=month, used=0, warned=0)
    session.execute(
        update(QuotaUse).where(QuotaUse.channel == channel, QuotaUse.month == month).values(used=QuotaUse.used + 1)
    )


def used(session: Session, channel: str, now: datetime) -> int:
    """Return how many messages of this month are used up."""
    query = select(QuotaUse.used).where(QuotaUse.channel == channel, QuotaUse.month == month_of(now))
    return session.scalar(query) or 0


def bulk_left(session: Session, channel: str, now: datetime, limit: int) -> int:
    """Return how many messages the bot may still send on its own this month; never below 0."""
    return max(0, limit * (100 - FOR_REPLIES) // 100 - used(session, channel, now))


def room(session: Session, channel: str, now: datetime, limits: Mapping[str, int]) -> int | None:
    """Return how many further messages on the bot's own account this month will hold beside those that wait.

    Args:
        limits: Messages a month by channel, for those that have a limit.

    Returns:
        None where there is no limit.
    """
    limit = limits.get(channel)
    if not limit:
        return None
    return max(0, bulk_left(session, channel, now, limit) - outbox.waiting(session, channel))


def begin_warning(session: Session, channel: str, now: datetime, limit: int) -> int | None:
    """Return the percentage that has been passed and not been told yet, and note that it is; None if there is none."""
    row = session.get(QuotaUse, (channel, month_of(now)), with_for_update=True)
    if row is None:
        return None
    passed = max((percent for percent in WARN_AT if row.used * 100 >= limit * percent), default=0)
    if passed <= row.warned:
        return None
    row.warned = passed
    return passed
