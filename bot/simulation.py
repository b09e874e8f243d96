"""Plays the scheduler over a span of days on a copy of the data, and tells every message it would send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from bot import demonstration
from bot.wiring import Brain
from db import handovers, outbox, people, requests
from db.copying import copy_for_simulation
from db.engine import Database
from db.outbox import Message
from handlers.handover import tick as watching_talks
from handlers.reminders import tick as reminders
from handlers.reminders.planning import in_quiet_hours
from handlers.rendering import ZONE
from handlers.requests import tick as watching_requests
from handlers.summaries import handling as summaries
from handlers.turn import Rules, Turn

_PLAYED_BEFORE = timedelta(days=45)
"""Nothing that was due before is still useful after so long."""
_REASONS: Mapping[str, str] = {
    "summary": "bản tin tuần của thứ Hai",
    "request": "việc nhờ tổ hỗ trợ chưa xong",
    "talk": "có người chờ gặp người thật",
    "alarm": "việc người phụ trách cần biết",
}
"""Why a message goes out, by its kind; a reminder's depends on its steps."""


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
    rules = replace(brain.rules, text_limits={}, rooms={})  # a message is told whole, however it would be cut
    for offset in range((end - begin).days + 1):
        day = begin + timedelta(days=offset)
        for now in _moments(copy, rules, day):
            with copy.transaction() as db:
                told = _tick(Turn(db, now, brain.answerer, brain.calendar, rules))
            if day >= start:
                yield from told
    copy.close()


def _moments(copy: Database, rules: Rules, day: date) -> list[datetime]:
    """Return when to tick on a day: at the reminder time, and every hour where somebody waits for an answer."""
    usual = datetime.combine(day, rules.reminder_time, tzinfo=ZONE)
    with copy.reading() as db:
        if not requests.running(db) and not handovers.open_ones(db):
            return [usual]
    hours = (datetime.combine(day, time(hour), tzinfo=ZONE) for hour in range(24))
    return sorted({usual, *(moment for moment in hours if not in_quiet_hours(moment, rules))})


def _tick(turn: Turn) -> list[SimulatedMessage]:
    """Do what the scheduler does, and return what it has queued."""
    last = outbox.last_id(turn.db)
    people.close_windows(turn.db, turn.rules.windows, turn.now)
    reminded = {sent.outbox_id: sent for sent in reminders.remind(turn)}
    summaries.send_weekly(turn)
    watching_requests.keep_up(turn)
    watching_talks.keep_up(turn)
    return [_told(turn, message, reminded.get(message.id)) for message in outbox.queued_after(turn.db, last)]


def _told(turn: Turn, message: Message, sent: reminders.Sent | None) -> SimulatedMessage:
    person = message.person_id  # None for a group
    told = SimulatedMessage(
        at=turn.now,
        recipient=message.chat if person is None else people.label(turn.db, person),
        role="group" if person is None else people.main_role(turn.db, person, turn.now),
        channel=message.channel,
        kind=message.kind,
        rule=None,
        units=(),
        step=None,
        text=message.text,
        reason=_REASONS.get(message.kind, message.kind),
    )
    if sent is None:
        return told
    steps, last_days = ", ".join(sent.steps), dict.fromkeys(due.occurrence.last_day.isoformat() for due in sent.dues)
    return replace(
        told,
        rule=", ".join(dict.fromkeys(due.adopted.rule for due in sent.dues)),
        units=tuple(dict.fromkeys(due.team.name for due in sent.dues)),
        step=steps,
        reason=f"bước {steps} của hạn {', '.join(last_days)}, chưa nộp",
    )
