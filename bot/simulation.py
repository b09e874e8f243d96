"""Plays the scheduler over a span of days on a copy of the data, and tells every message it would send."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from bot import demonstration
from bot.wiring import Brain
from db import outbox, people
from db.copying import copy_for_simulation
from db.engine import Database
from handlers.reminders import tick as reminders
from handlers.rendering import ZONE
from handlers.summaries import handling as summaries
from handlers.turn import Turn

_PLAYED_BEFORE = timedelta(days=45)
"""Nothing that was due before is still useful after so long."""


@dataclass(frozen=True)
class SimulatedMessage:
    """One message of the contract of `cnscd simulate --json`."""

    at: datetime
    recipient: str
    role: str
    channel: str
    kind: str
    rule: str | None
    units: tuple[str, ...]
    step: str | None
    text: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return the contract's keys; the time in Vietnam's zone."""
        return {**self.__dict__, "at": self.at.astimezone(ZONE).isoformat(), "units": list(self.units)}


def simulate(
    original: Database | None, brain: Brain, start: date, end: date, *, today: date
) -> Iterator[SimulatedMessage]:
    """Yield every message of the span, both days included, by time.

    What would be sent before a span that lies ahead is played and not told, so that what is late for it is not told on
    its first day.

    Args:
        original: The data to copy; None to play the demonstration, as if it had been running for long.
    """
    copy = Database("sqlite://")
    copy_for_simulation(original, copy)
    if original is None:
        with copy.transaction() as db:
            demonstration.build(db, datetime.combine(start, time(), tzinfo=ZONE))
    begin = start - _PLAYED_BEFORE if original is None else min(start, max(today, start - _PLAYED_BEFORE))
    for offset in range((end - begin).days + 1):
        day = begin + timedelta(days=offset)
        now = datetime.combine(day, brain.rules.reminder_time, tzinfo=ZONE)
        with copy.transaction() as db:
            turn = Turn(db, now, brain.answerer, brain.calendar, brain.rules)
            reminded, summed_up = reminders.remind(turn), summaries.send_weekly(turn)
            if day >= start:
                yield from (_reminder(turn, sent) for sent in reminded)
                yield from (_summary(turn, outbox_id) for outbox_id in summed_up)
    copy.close()


def _reminder(turn: Turn, sent: reminders.Sent) -> SimulatedMessage:
    message = outbox.one(turn.db, sent.outbox_id)
    rules = dict.fromkeys(due.adopted.rule for due in sent.dues)
    last_days = ", ".join(dict.fromkeys(due.occurrence.last_day.isoformat() for due in sent.dues))
    return SimulatedMessage(
        at=turn.now,
        recipient=people.label(turn.db, sent.person_id),
        role=people.main_role(turn.db, sent.person_id, turn.now),
        channel=message.channel,
        kind="reminder",
        rule=", ".join(rules),
        units=tuple(dict.fromkeys(due.team.name for due in sent.dues)),
        step=", ".join(sent.steps),
        text=message.text,
        reason=f"bước {', '.join(sent.steps)} của hạn {last_days}, chưa nộp",
    )


def _summary(turn: Turn, outbox_id: int) -> SimulatedMessage:
    message = outbox.one(turn.db, outbox_id)
    person = message.person_id or 0
    return SimulatedMessage(
        at=turn.now,
        recipient=people.label(turn.db, person),
        role=people.main_role(turn.db, person, turn.now),
        channel=message.channel,
        kind="summary",
        rule=None,
        units=(),
        step=None,
        text=message.text,
        reason="bản tin tuần của thứ Hai",
    )
