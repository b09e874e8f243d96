"""Handles greeting, consent, own data, address, erasing and muting; codes are taken in `joining`."""

from __future__ import annotations

from dataclasses import replace

from db import assistance, erasing, outbox, people, requests
from db.inbox import Standing
from handlers.assistance import handling as logging
from handlers.handover import handling as handover
from handlers.message import Button, Incoming, Reply
from handlers.people import consent
from handlers.people.joining import redeem, take_code
from handlers.people.naming import menu, name_of, role_name, told_name
from handlers.questions import handling as questions
from handlers.rendering import render
from handlers.requests import asking as requesting
from handlers.requests import closing
from handlers.requests.draft import Asked
from handlers.turn import COORDINATING, LOGGING, Turn, is_clear_question
from knowledge.log_answers import answered_yes
from knowledge.vietnamese import fold

PRONOUNS = ("bác", "cô", "chú", "anh", "chị")
"""How the bot may address somebody."""


def start(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Greet; with a code behind /start, begin joining."""
    # What was copied may hold the command twice: "/start /start ABC".
    command = incoming.text.strip()
    code = command.partition(" ")[2].replace("/start", "").strip() if command.startswith("/") else ""
    return take_code(incoming, turn, code) if code else [_greeting(turn)]


def waiting_for_consent(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text while consent is being asked for: agreement, a log sentence to keep until then, or a question."""
    reading = turn.reading
    if reading is None:
        return consent.ask(turn)
    if answered_yes(reading.masked.text):
        return _agreed(incoming, turn)
    if is_clear_question(reading):
        return [*questions.answer(incoming, turn), *consent.ask(turn)]
    return consent.ask(turn, sentence=reading.masked.text if reading.log.is_log else None)


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `agree`, `refuse`, `help`, `erase`, `keep`, `cancel`, `call:<pronoun>`."""
    if rest == "help":
        return show_help(incoming, turn)
    if rest in {"agree", "refuse"}:
        if turn.standing.state != consent.STATE:
            return [Reply(render("common/old_button"))]
        if rest == "refuse":
            turn.leave()
            return [Reply(render("people/refused"), replaces=True)]
        return _agreed(incoming, turn)
    if rest == "cancel":
        return cancel(incoming, turn)
    if rest in {f"call:{fold(word)}" for word in PRONOUNS}:
        return address(replace(incoming, text=rest.replace(":", " ")), turn)
    if rest == "erase":
        return _erase(turn)
    if rest == "keep":
        return [Reply(render("people/kept"), replaces=True)]
    return [Reply(render("common/old_button"))]


def show_help(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show what the bot can do for this person."""
    return [Reply(_for_role("people/help", turn), menu(turn.person.roles))]


def own_data(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show what is held about the person."""
    person = turn.person
    text = render(
        "people/own_data",
        person=person,
        roles=[role_name(turn, role) for role in person.roles],
        accounts=len(people.channels_of(turn.db, person.id)),
        entries=assistance.count_of(turn.db, person.id),
        requests=requests.count_of(turn.db, person.id),
    )
    return [Reply(text)]


def address(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take how the person wishes to be addressed: the last word of "gọi tôi là anh"."""
    wanted = fold(incoming.text).strip(" .!?").rpartition(" ")[2]
    pronoun = next((word for word in PRONOUNS if fold(word) == wanted), None)
    if pronoun is None:
        buttons = tuple(Button(word.capitalize(), f"me.call:{fold(word)}") for word in PRONOUNS)
        return [Reply(render("people/ask_address"), (buttons,))]
    people.set_pronoun(turn.db, turn.person.id, pronoun)
    return [Reply(render("people/addressed", pronoun=pronoun))]


def tells_name(text: str) -> bool:
    """Tell whether somebody says what they are called."""
    return told_name(text) is not None


def take_name(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take what a person says they are called; some channels do not tell."""
    if not turn.person.consented:
        return consent.ask(turn)
    name = told_name(incoming.text)
    if name is None:
        raise LookupError("only called for a name")
    people.set_name(turn.db, turn.person.id, name)
    return [Reply(render("people/named", name=name, pronoun=turn.person.pronoun))]


def confirm_erase(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Ask before erasing."""
    buttons = (Button("Xóa dữ liệu của tôi", "me.erase"), Button("Giữ lại", "me.keep"))
    return [Reply(render("people/confirm_erase"), (buttons,))]


def mute(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Stop what the bot sends on its own."""
    people.set_muted(turn.db, turn.person.id, turn.now)
    outbox.drop_for_person(turn.db, turn.person.id, turn.now, "muted")
    return [Reply(render("people/muted", pronoun=turn.person.pronoun))]


def unmute(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Allow again what the bot sends on its own."""
    people.set_muted(turn.db, turn.person.id, None)
    return [Reply(render("people/unmuted", pronoun=turn.person.pronoun))]


def cancel(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Leave any dialogue."""
    was_in = turn.standing.state is not None
    turn.leave()
    return [Reply(render("people/cancelled", was_in=was_in))]


def _agreed(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Note consent, then do what it was asked for."""
    code, sentence = turn.standing.data.get("code"), turn.standing.data.get("sentence")
    request = turn.standing.data.get("request")
    people.note_consent(turn.db, turn.person.id, name_of(incoming), turn.now)
    people.note_notice(turn.db, turn.person.id, turn.now)
    turn.who = people.person_info(turn.db, turn.person.id, turn.now)
    turn.leave()
    replies = redeem(incoming, turn, code) if code else [Reply(render("people/agreed", pronoun=turn.person.pronoun))]
    if sentence:
        turn.read(sentence)
        return [*replies, *logging.take_sentence(incoming, turn)]
    if request:
        return [*replies, *requesting.go_on(turn, Asked.from_json(request))]
    return replies


def left(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Note that nothing can be delivered to an account until it writes again."""
    people.mark_unreachable(turn.db, incoming.chat.channel, incoming.sender, turn.now)
    return []


def withdrawn(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Erase somebody who has said so to the platform; nothing may be written to them any more."""
    _erase(turn)
    return []


def _erase(turn: Turn) -> list[Reply]:
    closing.let_go(turn)
    handover.let_go(turn)
    erasing.erase(turn.db, turn.person.id, turn.now)
    turn.standing = Standing()  # what the chat was about goes too
    return [Reply(render("people/erased"))]


def _greeting(turn: Turn) -> Reply:
    return Reply(_for_role("people/greeting", turn), menu(turn.person.roles))


def _for_role(template: str, turn: Turn) -> str:
    return render(
        template,
        name=turn.person.name,
        logs=turn.has_role(*LOGGING),
        leads=turn.has_role("leader", *COORDINATING),
        coordinates=turn.has_role(*COORDINATING),
        demo=turn.person.demo,
        pronoun=turn.person.pronoun,
    )
