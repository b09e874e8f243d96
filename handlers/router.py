"""The table of what the bot can do: command, button, dialogue state, free text; it does none of it itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from handlers import choosing
from handlers.assistance import for_others
from handlers.assistance import handling as assistance
from handlers.broadcasts import handling as broadcasts
from handlers.handover import handling as handover
from handlers.handover import rota, talking
from handlers.message import Incoming, Kind, Reply
from handlers.people import consent, handing_over, inviting, joining, linking, roster, standing_in
from handlers.people import handling as people
from handlers.questions import handling as questions
from handlers.questions import teaching, writing
from handlers.reminders import adopting, calendar, days, own_rules
from handlers.reminders import handling as reminders
from handlers.rendering import render
from handlers.requests import asking as requesting
from handlers.requests import handling as requests
from handlers.requests import serving
from handlers.summaries import handling as summaries
from handlers.turn import COORDINATING, LOGGING, Turn
from knowledge.answering import Outcome
from knowledge.vietnamese import canon, fold, has_marks, words

LONGEST_TEXT = 4_000
"""Longer messages are not read: nobody types a question of two pages on a phone."""

Handler = Callable[[Incoming, Turn], list[Reply]]
ButtonHandler = Callable[[str, Incoming, Turn], list[Reply]]

COMMANDS: Mapping[str, Handler] = {
    "start": people.start,
    "trogiup": people.show_help,
    "help": people.show_help,
    "ghi": assistance.begin,
    "nhatky": assistance.show_diary,
    "han": reminders.show,
    "lichhan": calendar.show,
    "nhac": own_rules.begin,
    "ngungnhac": own_rules.list_to_end,
    "thongbao": broadcasts.begin,
    "ngaynghi": days.declare,
    "bantin": summaries.weekly,
    "baocao": summaries.period,
    "cauhoi": teaching.show,
    "traloirieng": teaching.show_lessons,
    "nho": requests.begin,
    "yeucau": requests.show,
    "gapnguoi": handover.begin,
    "xong": handover.give_back,
    "lichtruc": rota.begin,
    "moi": inviting.begin,
    "danhsach": roster.show,
    "noi": linking.begin,
    "bangiao": handing_over.begin,
    "uyquyen": standing_in.begin,
    "roito": roster.leave,
    "goitoi": people.address,
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
    ("nhac", "Đặt hạn báo cáo riêng (điều phối)"),
    ("thongbao", "Gửi thông báo (điều phối)"),
    ("bantin", "Bản tin tuần (điều phối)"),
    ("baocao", "Số liệu báo cáo quý (điều phối)"),
    ("cauhoi", "Câu hỏi chưa trả lời (điều phối)"),
    ("nho", "Nhờ tổ hỗ trợ"),
    ("yeucau", "Việc đã nhờ, việc bà con nhờ"),
    ("gapnguoi", "Gặp người thật"),
    ("lichtruc", "Lịch trực trả lời bà con (điều phối)"),
    ("moi", "Mời người vào tổ (tổ trưởng, điều phối)"),
    ("danhsach", "Danh sách tổ (tổ trưởng, điều phối)"),
    ("bangiao", "Bàn giao vai trò"),
    ("uyquyen", "Nhờ người làm thay ít ngày"),
    ("noi", "Nối tài khoản chat khác của bác"),
    ("roito", "Rời tổ"),
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
    **dict.fromkeys(("lich han", "tep lich", "tep lich han", "tai lich han", "lich han bao cao"), "lichhan"),
    **dict.fromkeys(("dat han rieng", "dat han", "dat nhac"), "nhac"),
    **dict.fromkeys(("ngung nhac", "ngung nhac han", "sua han", "cac han dang nhac"), "ngungnhac"),
    **dict.fromkeys(("thong bao", "gui thong bao"), "thongbao"),
    **dict.fromkeys(("bao cao", "so lieu bao cao", "so lieu quy", "so lieu quy nay", "bao cao quy nay"), "baocao"),
    **dict.fromkeys(("cau chua tra loi", "cau hoi chua tra loi", "cac cau chua tra loi"), "cauhoi"),
    **dict.fromkeys(("cau tra loi rieng", "cac cau tra loi rieng"), "traloirieng"),
    **dict.fromkeys(("nho to ho tro", "nho to giup", "nho to giup do", "nho to cong nghe so giup"), "nho"),
    **dict.fromkeys(("yeu cau", "cac yeu cau", "viec da nho", "viec ba con nho", "viec dang cho"), "yeucau"),
    **dict.fromkeys(("ai nho giup", "ai can giup", "con ai nho giup khong", "con ai nho giup ko"), "yeucau"),
    **dict.fromkeys(("gap nguoi that", "gap can bo", "cho gap nguoi that", "cho toi gap nguoi that"), "gapnguoi"),
    **dict.fromkeys(
        ("lich truc", "dat lich truc", "xem lich truc", "doi lich truc", "sua lich truc", "ai truc"), "lichtruc"
    ),
    **dict.fromkeys(("moi thanh vien", "moi vao to", "tao ma moi"), "moi"),
    **dict.fromkeys(("danh sach to", "danh sach thanh vien", "ai khong nhan duoc tin", "ai chua vao"), "danhsach"),
    **dict.fromkeys(("noi tai khoan", "ket noi tai khoan", "lien ket tai khoan"), "noi"),
    **dict.fromkeys(("ban giao", "ban giao vai tro", "ban giao to truong"), "bangiao"),
    **dict.fromkeys(("uy quyen", "nho lam thay", "cu nguoi lam thay"), "uyquyen"),
    **dict.fromkeys(("roi to", "xin roi to", "ra khoi to", "xin nghi to", "roi khoi to"), "roito"),
    **dict.fromkeys(("goi toi la", "cach goi", "xung ho", "doi cach goi"), "goitoi"),
    **{f"goi {me} la {pronoun}": "goitoi" for me in ("toi", "minh") for pronoun in ("bac", "co", "chu", "anh", "chi")},
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

ANYBODY: Sequence[str] = ()

BUTTON_WORDS: Mapping[str, str] = {
    "hoan tac": "log.undo:last",
    "nhu lan truoc": "log.again",
    "da nop": "due.list",
    "nhac lai sau": "due.list",
    "toi nhan": "req.list",
    "toi tra loi": "talk.list",
    "tra lai cho tro ly": "talk.back",
}
"""Words of buttons that mean something even when the button is not the one offered last."""

BUTTONS: Mapping[str, ButtonHandler] = {
    "ask": questions.press,
    "kb": teaching.press,
    "kw": writing.press,
    "log": assistance.press,
    "due": reminders.press,
    "own": own_rules.press,
    "cast": broadcasts.press,
    "sum": summaries.press,
    "me": people.press,
    "req": requests.press,
    "talk": handover.press,
    "rota": rota.press,
    "inv": inviting.press,
    "join": joining.press,
    "link": linking.press,
    "team": roster.press,
    "hand": handing_over.press,
    "deputy": standing_in.press,
}

STATES: Mapping[str, Handler] = {
    adopting.STATE: adopting.take_addressee,
    own_rules.STATE: own_rules.take_text,
    broadcasts.STATE: broadcasts.take_text,
    assistance.STATE: assistance.take_text,
    for_others.STATE: for_others.take_text,
    teaching.FINDING: teaching.take_words,
    writing.STATE: writing.take_text,
    consent.STATE: people.waiting_for_consent,
    requesting.STATE: requesting.take_text,
    serving.WRITING: serving.take_message,
    serving.PASSING: serving.take_name,
    rota.STATE: rota.take_text,
    inviting.STATE: inviting.take_text,
    roster.STATE: roster.take_text,
    handing_over.STATE: handing_over.take_text,
    standing_in.STATE: standing_in.take_text,
}

FAREWELLS: Mapping[Kind, Handler] = {Kind.LEFT: people.left, Kind.WITHDRAWN: people.withdrawn}
"""What a platform tells of somebody who can get no answer to it."""

BEGINNINGS: Sequence[tuple[Callable[[str], bool], Sequence[str], Handler]] = (
    (for_others.is_meant, ANYBODY, for_others.begin),
    (assistance.is_edit, ANYBODY, assistance.edit_numbered),
    (people.tells_name, ANYBODY, people.take_name),
    (own_rules.is_meant, COORDINATING, own_rules.begin),
    (broadcasts.is_meant, COORDINATING, broadcasts.begin),
    (days.is_meant, ("admin",), days.declare),
)
"""Texts that are told by how they begin, also in the middle of a dialogue; from whom they are taken so."""


def respond(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Return the replies to one message; whoever sent a personal number is told so first."""
    replies = (_in_private if incoming.private else _in_group)(incoming, turn)
    kinds = turn.reading.masked.kinds if turn.reading is not None else ()
    return [Reply(render("common/masked", kinds=kinds)), *replies] if kinds else replies


def _in_private(incoming: Incoming, turn: Turn) -> list[Reply]:
    if incoming.kind in FAREWELLS:
        return FAREWELLS[incoming.kind](incoming, turn)
    if incoming.kind is Kind.BUTTON:
        return talking.for_who_talks(_press(incoming.button or "", incoming, turn), incoming, turn)
    spoken = talking.relay(incoming, turn)
    if spoken is not None:
        return spoken
    if incoming.kind is not Kind.TEXT and not incoming.text.strip():
        if turn.has_role(*LOGGING):
            return assistance.take_unreadable(incoming, turn)
        return [Reply(render("common/not_text", kind=incoming.kind))]
    return talking.for_who_talks(_respond_to_text(incoming, turn), incoming, turn)


def _in_group(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Answer questions in a group; everything about a person belongs into the private chat."""
    if incoming.kind is Kind.BUTTON and (incoming.button or "").startswith("ask."):
        return _press(incoming.button or "", incoming, turn)
    asks = turn.reading is not None and turn.reading.decision.outcome is not Outcome.LOG
    if asks:
        return questions.answer(incoming, turn)
    logs = turn.reading is not None
    way = turn.rules.start_links.get(incoming.chat.channel)
    link = None if way is None else way + ("ghi" if logs else "trogiup")
    return [Reply(render("common/private_only", logs=logs, link=link))]


def _respond_to_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    text = incoming.text.strip()
    if len(text) > LONGEST_TEXT:
        return [Reply(render("common/too_long"))]
    corrected = assistance.take_edited(incoming, turn) if incoming.edited else None
    if corrected is not None:
        return corrected
    if text.startswith("/"):
        linked = _linked_command(text)
        if linked is not None:
            return COMMANDS[linked](replace(incoming, text=f"/{linked}"), turn)
        handler = COMMANDS.get(command_of(text))
        if handler is not None:
            return handler(incoming, turn)
        chosen = _chosen(text[1:], incoming, turn)
        return [Reply(render("common/unknown_command"))] if chosen is None else chosen
    if not words(text):
        return [Reply(render("common/nothing_to_read"))]
    if joining.is_bare_code(text):
        return joining.take_bare_code(incoming, turn)
    action = None if incoming.edited else choosing.of_last_answer(text, turn)  # an old message chooses no new button
    if action is not None:
        return _press(action, incoming, turn)
    command = plain_command(text, in_dialogue=turn.standing.state is not None)
    if command is not None:
        return COMMANDS[command](incoming, turn)
    chosen = _chosen_by_word(text, incoming, turn)
    if chosen is not None:
        return chosen
    beginning = next(
        (handler for fits, roles, handler in BEGINNINGS if (roles is ANYBODY or turn.has_role(*roles)) and fits(text)),
        None,
    )
    if beginning is not None:
        return beginning(incoming, turn)
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


def _linked_command(text: str) -> str | None:
    """Return the command that a link into the private chat stands for: "/start ghi" is "ghi"."""
    name = text.removeprefix("/start").strip().lower() if command_of(text) == "start" else ""
    return name if name in COMMANDS else None


def plain_command(text: str, *, in_dialogue: bool) -> str | None:
    """Return the command that a text is in plain words, with or without marks; None if it is none."""
    plain = fold(text).strip(choosing.ENDS)
    misspelled = " " not in plain and has_marks(text) and canon(text).strip(choosing.ENDS) not in SINGLE_WORDS
    if misspelled or (in_dialogue and plain == STOP_OR_YES and not has_marks(text)):
        return None
    return PLAIN_WORDS.get(plain)


def _chosen(text: str, incoming: Incoming, turn: Turn) -> list[Reply] | None:
    """Press the button that a text chooses, by number or by word; None if it chooses none."""
    action = choosing.of_last_answer(text, turn)
    return _chosen_by_word(text, incoming, turn) if action is None else _press(action, incoming, turn)


def _chosen_by_word(text: str, incoming: Incoming, turn: Turn) -> list[Reply] | None:
    """Press the button that a text names but the last answer did not offer; None if there is none."""
    meant = [] if incoming.edited else choosing.of_unasked(text, turn)
    turn.is_aside = bool(meant)
    if len(meant) == 1:
        return _press(meant[0].button.action, incoming, turn)
    listed = BUTTON_WORDS.get(fold(text).strip(choosing.ENDS))
    if listed is not None:
        return _press(listed, incoming, turn)
    return choosing.ask_which(meant, turn) if meant else None


def _press(action: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    prefix, _, rest = action.partition(".")
    handler = BUTTONS.get(prefix)
    return handler(rest, incoming, turn) if handler else [Reply(render("common/old_button"))]
