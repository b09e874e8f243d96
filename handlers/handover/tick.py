"""Watches over conversations with persons as time passes: announces, ends idle ones, forgets; it carries no words."""

from __future__ import annotations

from datetime import timedelta

from db import handovers, people
from db.handovers import Talk
from handlers.handover import duty
from handlers.handover.handling import announce, send
from handlers.message import Reply
from handlers.reminders.planning import after_quiet_hours
from handlers.rendering import render
from handlers.turn import LOGGING, Turn

IDLE = timedelta(minutes=30)
"""After so long without a word a conversation goes back to the bot, and a waiting one is put before those in charge."""
LAPSES = timedelta(days=14)
WORDS_KEPT = timedelta(days=30)


def keep_up(turn: Turn) -> int:
    """Do what is due for all conversations; return how many people were told something."""
    told = sum(_keep_up(turn, talk) for talk in handovers.open_ones(turn.db))
    handovers.forget_words(turn.db, turn.now - WORDS_KEPT)
    return told


def _keep_up(turn: Turn, talk: Talk) -> int:
    if talk.state == "taken":
        left_alone = turn.now - talk.last_at >= IDLE
        return _end(turn, talk, "idle") if left_alone or _is_abandoned(turn, talk) else 0
    if turn.now - talk.asked_at >= LAPSES:
        return _end(turn, talk, "lapsed")
    answering = duty.on_duty(turn, talk.area_id)
    if answering and turn.now - talk.asked_at >= IDLE:
        answering += duty.in_charge(turn, talk.area_id)
    return announce(turn, talk, answering)


def _end(turn: Turn, talk: Talk, why: str) -> int:
    """End a conversation and tell both sides, not at night."""
    if not handovers.end(turn.db, talk.id, turn.now):
        return 0
    awake = after_quiet_hours(turn.now, turn.rules)
    citizen = Reply(render("handover/over_citizen", unit=duty.unit_name(turn, talk.area_id), why=why))
    told = talk.person_id is not None and send(turn, talk.person_id, citizen, talk, not_before=awake)
    if talk.taken_by is not None:
        taker = Reply(render("handover/over_taker", why=why))
        return told + send(turn, talk.taken_by, taker, talk, not_before=awake)
    return int(told)


def _is_abandoned(turn: Turn, talk: Talk) -> bool:
    """Tell whether whoever has the conversation has no role any more."""
    if talk.taken_by is None:
        return True
    return not any(role.role in LOGGING for role in people.person_info(turn.db, talk.taken_by, turn.now).roles)
