"""Carries what is said between a citizen and the person who has their conversation, masked; it begins and ends none."""

from __future__ import annotations

from db import handovers
from db.handovers import Talk
from handlers import choosing
from handlers.handover import duty
from handlers.handover.handling import BACK, give_back, leave, name_of, send, tell_citizen
from handlers.message import Incoming, Kind, Reply
from handlers.rendering import render
from handlers.turn import LOGGING, Turn
from knowledge.vietnamese import fold

_LEAVE = frozenset(("/huy", "huy", "huy bo"))


def relay(incoming: Incoming, turn: Turn) -> list[Reply] | None:
    """Bring a message to the other side of the conversation; None if the chat is in none, or it is for the bot.

    Between two people a number or a button's word is an answer to the other: only what begins with a slash is for the
    bot, and the words that hand the conversation back.
    """
    own = handovers.of_chat(turn.db, incoming.chat.channel, incoming.chat.chat)
    plain = fold(incoming.text).strip(" .!?")
    if own is not None and plain in _LEAVE and (own.state == "taken" or turn.standing.state is None):
        return leave(turn, own)
    if plain.startswith("/"):
        return None
    if own is not None and own.state == "taken":
        return _to_taker(incoming, turn, own)
    held = _held(turn)
    if held is None:
        return None
    return give_back(incoming, turn) if plain == fold(BACK.label) else _to_citizen(incoming, turn, held)


def for_who_talks(replies: list[Reply], incoming: Incoming, turn: Turn) -> list[Reply]:
    """Return the bot's answer to a command or a button; who talks with a person hears that words do not answer it."""
    is_for_the_bot = incoming.kind is Kind.BUTTON or incoming.text.startswith("/")
    asks = turn.is_waiting or any(reply.rows and not reply.by_word for reply in replies)
    if not is_for_the_bot or not asks:
        return replies
    held = _held(turn)
    own = handovers.of_chat(turn.db, incoming.chat.channel, incoming.chat.chat) if held is None else None
    if held is not None:
        other, end = name_of(turn, held), "/xong"
    elif own is not None and own.state == "taken":
        other, end = duty.unit_name(turn, own.area_id), "/huy"
    else:
        return replies
    return [*replies, Reply(render("handover/slash", name=other, end=end, waits=turn.is_waiting))]


def _held(turn: Turn) -> Talk | None:
    """Return the conversation that the person has; nobody without a role has one."""
    return handovers.held_by(turn.db, turn.person.id) if turn.has_role(*LOGGING) else None


def _to_taker(incoming: Incoming, turn: Turn, talk: Talk) -> list[Reply] | None:
    said = _said(incoming, turn)
    if said is None or talk.taken_by is None:
        return _not_carried(incoming)
    _note(turn, talk)
    text = render("handover/from_citizen", name=name_of(turn, talk), said=said, edited=incoming.edited)
    if send(turn, talk.taken_by, Reply(text), talk):
        return []
    handovers.end(turn.db, talk.id, turn.now)  # nobody reads it any more
    return [Reply(render("handover/over_citizen", unit=duty.unit_name(turn, talk.area_id), why="unreachable"))]


def _to_citizen(incoming: Incoming, turn: Turn, talk: Talk) -> list[Reply] | None:
    said = _said(incoming, turn)
    if said is None:
        return _not_carried(incoming)
    _note(turn, talk)
    unit = duty.unit_name(turn, talk.area_id)
    text = render("handover/from_unit", unit=unit, said=said, edited=incoming.edited)
    if not tell_citizen(turn, talk, Reply(text)):
        return [Reply(render("handover/citizen_unreachable"), ((BACK,),), by_word=True)]
    also = choosing.of_unasked(incoming.text, turn)
    return [Reply(render("handover/sent_to_citizen", label=also[0].button.label))] if also else []


def _said(incoming: Incoming, turn: Turn) -> str | None:
    """Return what was written, masked; None if there was nothing to read."""
    return turn.reading.masked.text.strip() if turn.reading is not None and incoming.text.strip() else None


def _not_carried(incoming: Incoming) -> list[Reply] | None:
    """Say that only words are carried; of a text too long to be read the bot says so as ever."""
    return [Reply(render("handover/only_text"))] if incoming.kind is not Kind.TEXT else None


def _note(turn: Turn, talk: Talk) -> None:
    handovers.touch(turn.db, talk.id, turn.now)
    turn.batch = handovers.batch(talk.id)
