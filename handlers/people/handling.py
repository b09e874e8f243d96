"""Handles greeting, codes, consent, own data, erasing and muting."""

from __future__ import annotations

from db import assistance, outbox, people
from db.inbox import Standing
from handlers.assistance import handling as logging
from handlers.message import Button, Incoming, Reply
from handlers.people import consent
from handlers.people.codes import code_hash
from handlers.questions import handling as questions
from handlers.rendering import render
from handlers.turn import COORDINATING, LOGGING, Turn, is_clear_question
from knowledge.log_answers import answered_yes
from knowledge.masking import mask

_NAME_LENGTH = 60
_CODE_LENGTH = 40

_ROLE_NAMES = {
    "member": "thành viên",
    "leader": "tổ trưởng",
    "coordinator": "điều phối",
    "admin": "quản trị",
}


def start(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Greet; with a code behind /start, begin joining."""
    # What was copied may hold the command twice: "/start /start ABC".
    command = incoming.text.strip()
    code = command.partition(" ")[2].replace("/start", "").strip() if command.startswith("/") else ""
    if not code:
        return [_greeting(turn)]
    invite = people.open_invite(turn.db, code_hash(code[:_CODE_LENGTH]), turn.now)
    if invite is None:
        return [Reply(render("people/bad_code"))]
    if turn.person.consented:
        return _join(incoming, turn, code_hash(code[:_CODE_LENGTH]))
    return consent.ask(turn, code=code_hash(code[:_CODE_LENGTH]))


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
    """Handle a button: `agree`, `refuse`, `help`, `erase`, `keep`."""
    if rest == "help":
        return show_help(incoming, turn)
    if rest in {"agree", "refuse"}:
        if turn.standing.state != consent.STATE:
            return [Reply(render("common/old_button"))]
        if rest == "refuse":
            turn.leave()
            return [Reply(render("people/refused"), replaces=True)]
        return _agreed(incoming, turn)
    if rest == "erase":
        return _erase(turn)
    if rest == "keep":
        return [Reply(render("people/kept"), replaces=True)]
    return [Reply(render("common/old_button"))]


def show_help(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show what the bot can do for this person."""
    return [Reply(_for_role("people/help", turn), _menu(turn))]


def own_data(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show what is held about the person."""
    person = turn.person
    text = render(
        "people/own_data",
        person=person,
        roles=[_role_name(turn, role) for role in person.roles],
        entries=assistance.count_of(turn.db, person.id),
    )
    return [Reply(text)]


def confirm_erase(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Ask before erasing."""
    buttons = (Button("Xóa dữ liệu của tôi", "me.erase"), Button("Giữ lại", "me.keep"))
    return [Reply(render("people/confirm_erase"), (buttons,))]


def mute(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Stop what the bot sends on its own."""
    people.set_muted(turn.db, turn.person.id, turn.now)
    outbox.drop_for_person(turn.db, turn.person.id, turn.now, "muted")
    return [Reply(render("people/muted"))]


def unmute(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Allow again what the bot sends on its own."""
    people.set_muted(turn.db, turn.person.id, None)
    return [Reply(render("people/unmuted"))]


def cancel(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Leave any dialogue."""
    was_in = turn.standing.state is not None
    turn.leave()
    return [Reply(render("people/cancelled", was_in=was_in))]


def _agreed(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Note consent, then do what it was asked for."""
    code, sentence = turn.standing.data.get("code"), turn.standing.data.get("sentence")
    people.note_consent(turn.db, turn.person.id, _name_of(incoming), turn.now)
    people.note_notice(turn.db, turn.person.id, turn.now)
    turn.who = people.person_info(turn.db, turn.person.id)
    turn.leave()
    replies = _join(incoming, turn, code) if code else [Reply(render("people/agreed"))]
    if sentence:
        turn.read(sentence)
        return [*replies, *logging.take_sentence(incoming, turn)]
    return replies


def _join(incoming: Incoming, turn: Turn, code: str) -> list[Reply]:
    """Use a code up and give its role."""
    invite = people.open_invite(turn.db, code, turn.now)
    if invite is None or not people.use_invite(turn.db, invite.id, turn.person.id, turn.now):
        return [Reply(render("people/bad_code"))]
    people.add_role(turn.db, turn.person.id, invite.role, turn.now, area_id=invite.area_id, team_id=invite.team_id)
    people.note_consent(turn.db, turn.person.id, _name_of(incoming), turn.now)
    turn.who = people.person_info(turn.db, turn.person.id)
    role = people.Role(invite.role, invite.area_id, invite.team_id)
    return [
        Reply(
            render("people/joined", role=_role_name(turn, role), coordinates=invite.role in COORDINATING), _menu(turn)
        )
    ]


def _name_of(incoming: Incoming) -> str:
    """Return what the sender goes by; many put their phone number behind their name."""
    return mask(incoming.sender_name).text[:_NAME_LENGTH].strip()


def _erase(turn: Turn) -> list[Reply]:
    people.erase(turn.db, turn.person.id, turn.now)
    turn.standing = Standing()  # what the chat was about goes too
    return [Reply(render("people/erased"))]


def _greeting(turn: Turn) -> Reply:
    return Reply(_for_role("people/greeting", turn), _menu(turn))


def _for_role(template: str, turn: Turn) -> str:
    return render(
        template,
        name=turn.person.name,
        logs=turn.has_role(*LOGGING),
        coordinates=turn.has_role(*COORDINATING),
        demo=turn.person.demo,
    )


def _menu(turn: Turn) -> tuple[tuple[Button, ...], ...]:
    """Return the buttons that suit the person's role."""
    if turn.has_role(*COORDINATING):
        return (
            (Button("Bản tin tuần", "sum.week"), Button("Hạn báo cáo", "due.list")),
            (Button("Ghi buổi hỗ trợ", "log.begin"), Button("Trợ giúp", "me.help")),
        )
    if turn.has_role(*LOGGING):
        return (
            (Button("Ghi buổi hỗ trợ", "log.begin"), Button("Nhật ký", "log.diary")),
            (Button("Hạn báo cáo", "due.list"), Button("Trợ giúp", "me.help")),
        )
    return (
        (Button("Quên mật khẩu VNeID", "ask.entry:vneid_quen_mat_khau"),),
        (Button("Nộp hồ sơ trên mạng", "ask.entry:dvc_nop_ho_so"),),
        (Button("Nghi bị lừa đảo", "ask.entry:at_lua_dao"), Button("Trợ giúp", "me.help")),
    )


def _role_name(turn: Turn, role: people.Role) -> str:
    """Return a role with what it is for: "thành viên, Tổ 1"."""
    name = _ROLE_NAMES[role.role]
    if role.team_id is not None:
        return f"{name}, {people.team(turn.db, role.team_id).name}"
    if role.area_id is not None:
        return f"{name}, {people.area(turn.db, role.area_id).name}"
    return name
