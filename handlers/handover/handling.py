"""Handles the beginning and the end of a conversation with a person: asked for, taken over, handed back, left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from db import handovers, outbox, people
from db.handovers import Talk
from handlers.handover import duty
from handlers.message import Button, Incoming, Reply
from handlers.people.naming import number_in
from handlers.rendering import render
from handlers.requests import places
from handlers.turn import LOGGING, Turn

MOST_A_DAY = 3
_DAY = timedelta(days=1)
_LOOKED_BACK = 4
_KEPT = 1500
_HELP = Button("Nhờ tổ hỗ trợ", "req.begin")
BACK = Button("Trả lại cho trợ lý", "talk.back")


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Ask for a person: whoever is on duty sees the last question and answer, or the citizen hears when one will."""
    area_id = places.home(turn)
    if not incoming.private or turn.chat is None:
        return [Reply(render("questions/handoff"))]
    if handovers.held_by(turn.db, turn.person.id) is not None:
        return _busy(turn)
    open_one = handovers.of_chat(turn.db, turn.chat.channel, turn.chat.chat)
    if open_one is not None:
        text = render("handover/already", taken=open_one.state == "taken", until=_next(turn, open_one.area_id))
        return [Reply(text, ((_HELP,),))]
    if not _reachable(turn, [*duty.in_charge(turn, area_id), *(row.person_id for row in duty.rota_of(turn, area_id))]):
        return [Reply(render("questions/handoff"), ((_HELP,),))]
    if handovers.asked_since(turn.db, turn.person.id, turn.local(turn.today, time())) >= MOST_A_DAY:
        return [Reply(render("handover/enough_today", most=MOST_A_DAY), ((_HELP,),))]
    question = turn.standing.data.get("asked")
    talk_id = handovers.add(
        turn.db,
        person_id=turn.person.id,
        channel=turn.chat.channel,
        chat=turn.chat.chat,
        area_id=area_id,
        question=None if question is None else str(question),
        answer=_last_answer(turn),
        now=turn.now,
    )
    turn.batch = handovers.batch(talk_id)
    talk = handovers.find(turn.db, talk_id)
    told = 0 if talk is None else announce(turn, talk, duty.on_duty(turn, area_id))
    text = render("handover/asked", unit=duty.unit_name(turn, area_id), told=told, until=_next(turn, area_id))
    return [Reply(text, ((_HELP,),))]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `begin`, `back`, `list`, `take:<conversation>`."""
    what, _, argument = rest.partition(":")
    if what == "begin":
        return begin(incoming, turn)
    if what == "back":
        return give_back(incoming, turn)
    if what == "list":
        return show_waiting(turn)
    talk = handovers.find(turn.db, number_in(argument)) if what == "take" else None
    return [Reply(render("common/old_button"))] if talk is None else _take(turn, talk)


def announce(turn: Turn, talk: Talk, person_ids: Iterable[int]) -> int:
    """Tell whoever answers that a conversation waits, each once; return how many hear of it now."""
    text = render("handover/waiting", talk=talk, unit=duty.unit_name(turn, talk.area_id))
    reply = Reply(text, ((Button("Tôi trả lời", f"talk.take:{talk.id}"),),))
    told = 0
    for person_id in dict.fromkeys(person_ids):
        if person_id == talk.person_id or people.person_info(turn.db, person_id, turn.now).muted:
            continue
        key = f"{handovers.batch(talk.id)}:{person_id}"
        told += send(turn, person_id, reply, talk, key=key, useful_until=turn.now + _DAY)
    return told


def show_waiting(turn: Turn) -> list[Reply]:
    """Show who waits for a person."""
    if not turn.has_role(*LOGGING):
        return [Reply(render("common/old_button"))]
    waiting = _waiting(turn)
    buttons = tuple((Button(f"Tôi trả lời {n}", f"talk.take:{talk.id}"),) for n, talk in enumerate(waiting, start=1))
    return [Reply(render("handover/queue", waiting=waiting), buttons)]


def give_back(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Hand the conversation back to the bot; the citizen hears of it, and who waits next is shown."""
    talk = handovers.held_by(turn.db, turn.person.id)
    if talk is None or not handovers.end(turn.db, talk.id, turn.now):
        return [Reply(render("handover/nothing_held"))]
    turn.batch = handovers.batch(talk.id)
    word = Reply(render("handover/over_citizen", unit=duty.unit_name(turn, talk.area_id), why="done"))
    tell_citizen(turn, talk, word)
    waiting = _waiting(turn)
    buttons = ((Button("Tôi trả lời", f"talk.take:{waiting[0].id}"),),) if waiting else ()
    return [Reply(render("handover/given_back", waiting=len(waiting)), buttons)]


def leave(turn: Turn, talk: Talk) -> list[Reply]:
    """End the citizen's own conversation with a person, or their waiting for one."""
    handovers.end(turn.db, talk.id, turn.now)
    if talk.taken_by is not None:
        # Outside the batch, which an erasure deletes: it holds nothing of what was said.
        over = Reply(render("handover/over_taker", why="left"))
        turn.send(talk.taken_by, over, kind="talk", priority=outbox.REPLY)
    turn.batch = handovers.batch(talk.id)
    return [Reply(render("handover/over_citizen", unit=duty.unit_name(turn, talk.area_id), why="left"))]


def let_go(turn: Turn) -> None:
    """End the conversations of somebody who is about to be erased, on either side."""
    for talk in handovers.of_person(turn.db, turn.person.id):
        leave(turn, talk)
    held = handovers.held_by(turn.db, turn.person.id)
    if held is not None:
        handovers.end(turn.db, held.id, turn.now)
        unit = duty.unit_name(turn, held.area_id)
        tell_citizen(turn, held, Reply(render("handover/over_citizen", unit=unit, why="done")))
    turn.batch = None


def send(
    turn: Turn,
    person_id: int,
    reply: Reply,
    talk: Talk,
    *,
    key: str | None = None,
    not_before: datetime | None = None,
    useful_until: datetime | None = None,
) -> bool:
    """Send something of a conversation at once, as an answer that somebody waits for; False if it reaches nobody."""
    queued = turn.send(
        person_id,
        reply,
        kind="talk",
        key=key,
        batch=handovers.batch(talk.id),
        not_before=not_before,
        useful_until=useful_until,
        priority=outbox.REPLY,
    )
    return queued is not None


def tell_citizen(turn: Turn, talk: Talk, reply: Reply) -> bool:
    """Send the citizen something; False if nothing reaches them."""
    return talk.person_id is not None and send(turn, talk.person_id, reply, talk)


def name_of(turn: Turn, talk: Talk) -> str:
    """Return what the citizen is called: the name that they gave with their consent, if they did."""
    named = None if talk.person_id is None else people.person_info(turn.db, talk.person_id, turn.now).name
    return named or "bà con"


def _take(turn: Turn, talk: Talk) -> list[Reply]:
    """Take over a conversation: the first one gets it, one at a time."""
    if talk.person_id == turn.person.id or not duty.may_answer(turn, talk.area_id):
        return [Reply(render("handover/not_yours"))]
    held = handovers.held_by(turn.db, turn.person.id)
    if held is not None and held.id != talk.id:
        return _busy(turn)
    if not handovers.take(turn.db, talk.id, turn.person.id, turn.now):
        now = handovers.find(turn.db, talk.id) or talk
        taker = None if now.taken_by is None or now.state == "ended" else people.label(turn.db, now.taken_by)
        return [Reply(render("handover/too_late", taker=taker, mine=now.taken_by == turn.person.id))]
    turn.batch = handovers.batch(talk.id)
    unit = duty.unit_name(turn, talk.area_id)
    reached = tell_citizen(turn, talk, Reply(render("handover/taken_citizen", unit=unit)))
    text = render("handover/taken", talk=talk, name=name_of(turn, talk), unit=unit, reached=reached)
    return [Reply(text, ((BACK,),), by_word=True)]


def _busy(turn: Turn) -> list[Reply]:
    held = handovers.held_by(turn.db, turn.person.id)
    name = "bà con" if held is None else name_of(turn, held)
    return [Reply(render("handover/busy", name=name, waiting=len(_waiting(turn))), ((BACK,),), by_word=True)]


def _waiting(turn: Turn) -> list[Talk]:
    """Return the conversations that wait and that the person may take, oldest first."""
    waiting = [talk for talk in handovers.open_ones(turn.db) if talk.state == "waiting"]
    return [talk for talk in waiting if talk.person_id != turn.person.id and duty.may_answer(turn, talk.area_id)][:8]


def _reachable(turn: Turn, person_ids: Iterable[int]) -> bool:
    others = (person_id for person_id in person_ids if person_id != turn.person.id)
    return any(people.address_of(turn.db, person_id) is not None for person_id in others)


def _next(turn: Turn, area_id: int | None) -> datetime | None:
    """Return when somebody will answer; None while somebody is on duty, or where it is not known."""
    return None if duty.on_duty(turn, area_id) else duty.next_time(turn, area_id)


def _last_answer(turn: Turn) -> str | None:
    """Return what the bot answered last in this chat, apart from how to reach a person."""
    if turn.chat is None:
        return None
    said = outbox.last_of_chat(turn.db, turn.chat.channel, turn.chat.chat, _LOOKED_BACK, now=turn.now)
    ways = render("questions/handoff")
    return next((message.text[:_KEPT] for message in reversed(said) if message.text != ways), None)
