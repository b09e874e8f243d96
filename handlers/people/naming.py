"""What people, roles and choices are called on buttons and in sentences; it asks for no permission."""

from __future__ import annotations

from collections.abc import Sequence

from db import areas
from db.people import Role
from db.roster import Member
from handlers.message import Button, Incoming, Rows
from handlers.turn import COORDINATING, LOGGING, Turn
from knowledge.masking import mask
from knowledge.vietnamese import fold

SHOWN_CHOICES = 8
"""More than this fits on no small screen: the rest is found by typing a part of the name."""
_NAME_LENGTH = 60
_LABEL_LENGTH = 60
_LONGEST_NAME = 5
"""Words."""
_MY_NAME_IS = [
    beginning.split()
    for me in ("toi", "minh", "em")
    for beginning in (f"ten {me} la", f"ten cua {me} la", f"{me} ten la", f"{me} ten")
]
_ASKS = frozenset(("gi", "ai", "sao", "nao"))

ROLE_NAMES = {
    "member": "thành viên",
    "leader": "tổ trưởng",
    "coordinator": "điều phối",
    "admin": "quản trị",
}

Choice = tuple[str, int]
"""What is shown, and the id that it stands for."""


def name_of(incoming: Incoming) -> str:
    """Return what the sender goes by; many put their phone number behind their name."""
    return mask(incoming.sender_name).text[:_NAME_LENGTH].strip()


def told_name(text: str) -> str | None:
    """Return the name that somebody says they have: "tôi tên là Lan"; None for anything else, also a question."""
    said = text.strip(" .!").split()
    plain = [fold(word) for word in said]
    known = (beginning for beginning in _MY_NAME_IS if plain[: len(beginning)] == beginning)
    length = max(map(len, known), default=0)
    name = said[length:]
    if not length or not 0 < len(name) <= _LONGEST_NAME or "?" in text or set(plain[length:]) & _ASKS:
        return None
    shown = mask(" ".join(name)).text[:_NAME_LENGTH]
    return shown.title() if shown.islower() else shown


def role_name(turn: Turn, role: Role | Member) -> str:
    """Return a role with what it is for: "thành viên, Tổ 1"."""
    name = ROLE_NAMES[role.role]
    if role.team_id is not None:
        return f"{name}, {areas.team(turn.db, role.team_id).name}"
    if role.area_id is not None:
        return f"{name}, {areas.area(turn.db, role.area_id).name}"
    return name


def matching(choices: Sequence[Choice], typed: str) -> list[Choice]:
    """Return the choices whose name has the typed words in it, with or without marks."""
    plain = fold(typed).strip(" .!?")
    return [choice for choice in choices if plain in fold(choice[0])]


def rows_of(choices: Sequence[Choice], action: str) -> Rows:
    """Return a button a line for the first choices; the id is added behind the action."""
    return tuple((Button(label[:_LABEL_LENGTH], f"{action}:{number}"),) for label, number in choices[:SHOWN_CHOICES])


def number_in(written: str) -> int:
    """Return an id out of a button's action; 0, which nothing has, for what was never one."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def menu(roles: Sequence[Role]) -> Rows:
    """Return the buttons that suit somebody's roles."""
    held = {role.role for role in roles}
    if held & set(COORDINATING):
        return (
            (Button("Bản tin tuần", "sum.week"), Button("Hạn báo cáo", "due.list")),
            (Button("Ghi buổi hỗ trợ", "log.begin"), Button("Trợ giúp", "me.help")),
        )
    if held & set(LOGGING):
        return (
            (Button("Ghi buổi hỗ trợ", "log.begin"), Button("Nhật ký", "log.diary")),
            (Button("Hạn báo cáo", "due.list"), Button("Trợ giúp", "me.help")),
        )
    return (
        (Button("Quên mật khẩu VNeID", "ask.entry:vneid_quen_mat_khau"),),
        (Button("Nộp hồ sơ trên mạng", "ask.entry:dvc_nop_ho_so"),),
        (Button("Nghi bị lừa đảo", "ask.entry:at_lua_dao"), Button("Trợ giúp", "me.help")),
        (Button("Nhờ tổ hỗ trợ", "req.begin"), Button("Gặp người thật", "talk.begin")),
    )
