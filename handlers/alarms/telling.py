"""Tells every administrator of something that is wrong, once; it finds nothing out itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from db import outbox, people
from handlers.message import Reply
from handlers.rendering import ZONE, render
from handlers.turn import Turn

_USEFUL = timedelta(days=7)


def missed_runs(turn: Turn, kind: str, days: Sequence[date], *, made_now: bool) -> None:
    """Tell that runs of a kind ("reminders" or "summaries") did not take place on some days.

    Args:
        made_now: Whether the last of them is being made up for.
    """
    key = f"alarm:run:{kind}:{days[-1].isoformat()}"
    _tell(turn, "alarms/missed_runs", key, kind=kind, days=days, made_now=made_now)


def quota(turn: Turn, channel: str, percent: int, *, used: int, limit: int) -> None:
    """Tell that a channel has used up so much of its messages of this month."""
    month = turn.now.astimezone(ZONE)
    key = f"alarm:quota:{channel}:{month:%Y-%m}:{percent}"
    _tell(turn, "alarms/quota", key, channel=channel, percent=percent, used=used, limit=limit, month=month.month)


def conflict(turn: Turn, channel: str) -> None:
    """Tell that another program receives a channel's messages with the same token, once a day."""
    _tell(turn, "alarms/conflict", f"alarm:conflict:{channel}:{turn.today.isoformat()}", channel=channel)


def channel_trouble(turn: Turn, channel: str, what: str) -> None:
    """Tell that nothing goes out through a channel, once a day: "consent" is needed, or the platform's error code."""
    _tell(turn, "alarms/channel_trouble", f"alarm:channel:{what}:{turn.today}:{channel}", channel=channel, what=what)


def _tell(turn: Turn, template: str, key: str, **values: Any) -> None:
    text = render(template, **values)
    for person_id in people.people_with(turn.db, "admin", turn.now):
        turn.send(person_id, Reply(text), kind=outbox.ALARM, key=f"{key}:{person_id}", useful_until=turn.now + _USEFUL)
