"""The table of what the bot can do: command, button, dialogue state, free text; it does none of it itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from handlers.assistance import handling as assistance
from handlers.message import Incoming, Kind, Reply
from handlers.people import consent
from handlers.people import handling as people
from handlers.questions import handling as questions
from handlers.reminders import handling as reminders
from handlers.rendering import render
from handlers.summaries import handling as summaries
from handlers.turn import LOGGING, Turn
from knowledge.answering import Outcome
from knowledge.numbers import read_number
from knowledge.vietnamese import canon, fold, has_marks, words

LONGEST_TEXT = 4_000
"""Longer messages are not read: nobody types a question of two pages on a phone."""
_ENDS = " .!?"

Handler = Callable[[Incoming, Turn], list[Reply]]
ButtonHandler = Callable[[str, Incoming, Turn], list[Reply]]

COMMANDS: Mapping[str, Handler] = {
    "start": people.start,
    "trogiup": people.show_help,
    "help": people.show_help,
    "ghi": assistance.begin,
    "nhatky": assistance.diary,
    "han": reminders.show,
    "bantin": summaries.weekly,
    "baocao": summaries.period,
    "dulieu": people.own_data,
    "xoa": people.confirm_erase,
    "tat": people.mute,
    "bat": people.unmute,
    "huy": people.cancel,
}

MENU = (
    ("trogiup", "Xem tôi làm được gì"),
    ("ghi", "Ghi buổi hỗ trợ"),
    ("nhatky", "Xem các buổi đã ghi"),
    ("han", "Hạn báo cáo"),
    ("bantin", "Bản tin tuần (điều phối)"),
    ("baocao", "Số liệu báo cáo quý (điều phối)"),
    ("dulieu", "Xem tôi giữ gì về bác"),
    ("xoa", "Xóa dữ liệu của bác"),
    ("tat", "Tắt nhắc"),
    ("bat", "Bật nhắc"),
    ("huy", "Thôi việc đang làm dở"),
)
"""What a channel with a command menu shows."""

PLAIN_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("tro giup", "giup do", "huong dan su dung", "menu", "cac lenh"), "trogiup"),
    **dict.fromkeys(("ghi", "ghi buoi ho tro", "ghi so", "ghi nhat ky"), "ghi"),
    **dict.fromkeys(("nhat ky", "nhat ki", "xem nhat ky", "nhat ky cua toi", "so cua toi"), "nhatky"),
    **dict.fromkeys(("han", "han bao cao", "xem han", "han nop bao cao", "ai chua nop", "to nao chua nop"), "han"),
    **dict.fromkeys(
        ("ban tin", "ban tin tuan", "xem ban tin", "to nao chua ghi gi", "to nao chua ghi", "to nao im lang"), "bantin"
    ),
    **dict.fromkeys(("bao cao", "so lieu bao cao", "so lieu quy"), "baocao"),
    **dict.fromkeys(("du lieu", "du lieu cua toi"), "dulieu"),
    **dict.fromkeys(("xoa", "xoa du lieu", "xoa du lieu cua toi"), "xoa"),
    **dict.fromkeys(("tat", "tat nhac", "dung", "dung nhac", "stop", "dung nhan tin"), "tat"),
    **dict.fromkeys(("bat", "bat nhac", "nhac lai toi"), "bat"),
    **dict.fromkeys(("huy", "huy bo", "thoi", "thoat"), "huy"),
    **dict.fromkeys(("bat dau",), "start"),
}
"""Commands as plain words, without marks."""

SINGLE_WORDS = frozenset(("hạn", "xóa", "tắt", "dừng", "bật", "hủy", "thôi", "thoát"))
"""The single ones as they are spelled: who writes marks and means "đúng" or "bắt" gives no command."""

STOP_OR_YES = "dung"
"""Without marks "dừng" may as well be "đúng", which in a dialogue is an answer."""

BUTTON_WORDS: Mapping[str, str] = {
    "hoan tac": "log.undo:last",
    "nhu lan truoc": "log.again",
    "da nop": "due.list",
    "nhac lai sau": "due.list",
}
"""Words of buttons that mean something even when the button is not the one offered last."""

BUTTONS: Mapping[str, ButtonHandler] = {
    "ask": questions.press,
    "log": assistance.press,
    "due": reminders.press,
    "sum": summaries.press,
    "me": people.press,
}

STATES: Mapping[str, Handler] = {
    assistance.STATE: assistance.take_text,
    consent.STATE: people.waiting_for_consent,
}


def respond(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Return the replies to one message; whoever sent a personal number is told so first."""
    replies = (_in_private if incoming.private else _in_group)(incoming, turn)
    kinds = turn.reading.masked.kinds if turn.reading is not None else ()
    return [Reply(render("common/masked", kinds=kinds)), *replies] if kinds else replies


def _in_private(incoming: Incoming, turn: Turn) -> list[Reply]:
    if incoming.kind is Kind.BUTTON:
        return _press(incoming.button or "", incoming, turn)
    if incoming.kind is not Kind.TEXT and not incoming.text.strip():
        return [Reply(render("common/not_text", kind=incoming.kind))]
    return _respond_to_text(incoming, turn)


def _in_group(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Answer questions in a group; everything about a person belongs into the private chat."""
    if incoming.kind is Kind.BUTTON and (incoming.button or "").startswith("ask."):
        return _press(incoming.button or "", incoming, turn)
    asks = turn.reading is not None and turn.reading.decision.outcome is not Outcome.LOG
    return questions.answer(incoming, turn) if asks else [Reply(render("common/private_only"))]


def _respond_to_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    text = incoming.text.strip()
    if len(text) > LONGEST_TEXT:
        return [Reply(render("common/too_long"))]
    if text.startswith("/"):
        handler = COMMANDS.get(command_of(text))
        return handler(incoming, turn) if handler else [Reply(render("common/unknown_command"))]
    if not words(text):
        return [Reply(render("common/nothing_to_read"))]
    chosen = chosen_action(text, turn)
    if chosen is not None:
        return _press(chosen, incoming, turn)
    command = plain_command(text, in_dialogue=turn.standing.state is not None)
    if command is not None:
        return COMMANDS[command](incoming, turn)
    button = BUTTON_WORDS.get(fold(text).strip(_ENDS))
    if button is not None:
        return _press(button, incoming, turn)
    waiting = STATES.get(turn.standing.state or "")
    if waiting is not None:
        return waiting(incoming, turn)
    return _free_text(incoming, turn)


def _free_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Decide whether a free text is a log sentence or a question."""
    is_log = turn.reading is not None and turn.reading.decision.outcome is Outcome.LOG
    if is_log and turn.has_role(*LOGGING):
        return assistance.take_sentence(incoming, turn)
    return questions.answer(incoming, turn)


def command_of(text: str) -> str:
    """Return the command's name, without slash, bot name and arguments: "/ghi@Bot a" is "ghi"."""
    return text[1:].split(maxsplit=1)[0].partition("@")[0].lower() if text[1:].strip() else ""


def plain_command(text: str, *, in_dialogue: bool) -> str | None:
    """Return the command that a text is in plain words, with or without marks; None if it is none."""
    plain = fold(text).strip(_ENDS)
    misspelled = " " not in plain and has_marks(text) and canon(text).strip(_ENDS) not in SINGLE_WORDS
    if misspelled or (in_dialogue and plain == STOP_OR_YES and not has_marks(text)):
        return None
    return PLAIN_WORDS.get(plain)


def chosen_action(text: str, turn: Turn) -> str | None:
    """Return the action of the button offered last that a typed text chooses."""
    return choose(text, turn.standing.choices)


def choose(text: str, offered: Sequence[tuple[str, str]]) -> str | None:
    """Return the value of the (label, value) that a text chooses, by its words or by its number; None if none.

    Where the labels are numbers themselves, a number means the label and never the position.
    """
    plain = fold(text).strip(_ENDS)
    counted = plain.removeprefix("so ").strip()
    for label, action in offered:
        if fold(label) == plain or (label.isdigit() and label == counted):
            return action
    if any(label.isdigit() for label, _ in offered):
        return None
    number = read_number(counted)
    return offered[number - 1][1] if number is not None and 1 <= number <= len(offered) else None


def _press(action: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    prefix, _, rest = action.partition(".")
    handler = BUTTONS.get(prefix)
    return handler(rest, incoming, turn) if handler else [Reply(render("common/old_button"))]
