"""Makes invitation codes from the command line, with the area and team they are for; it redeems none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.wiring import CannotRun
from db import areas, joining, people
from db.areas import AreaInfo
from db.engine import Database, Transaction
from handlers.people.codes import INVITE_LASTS, code_hash, new_code
from handlers.rendering import ZONE, short_day
from knowledge.loader import load
from knowledge.vietnamese import fold

VALID_FOR = INVITE_LASTS
_TEAM_ROLES = ("leader", "member")
_ROLES = ("admin", "coordinator", *_TEAM_ROLES)
_KIND_WORDS = ("xa ", "phuong ", "dac khu ", "thi tran ")


@dataclass(frozen=True)
class Invitation:
    """A fresh code, and what was done or should be known beside it, a line each."""

    code: str
    notes: tuple[str, ...]


def invite(database: Database, role: str, area: str | None, team: str | None, now: datetime) -> Invitation:
    """Make a code; the demonstration gives way to real use.

    Raises:
        CannotRun: if the role, area or team cannot be used; nothing is written then.
    """
    if role not in _ROLES:
        raise CannotRun(f"--role {role}: phải là một trong {', '.join(_ROLES)}.")
    lines: list[str] = []
    with database.transaction() as db:
        if people.has_demo_data(db):
            people.remove_demo_data(db)
            lines.append("Đã xoá dữ liệu trình diễn: từ nay là dùng thật.")
        area_id = _area(db, role, area, lines)
        team_id = _team(db, role, area_id, team, lines)
        if role in _TEAM_ROLES and team_id is None:
            lines.append("Lưu ý: mã này không gắn với tổ nào nên người đó không được nhắc hạn. Muốn gắn, thêm --team.")
        code = new_code()
        expires = now + VALID_FOR
        joining.add_invite(
            db,
            code_hash(code),
            role,
            area_id=None if team_id is not None else area_id,
            team_id=team_id,
            now=now,
            expires_at=expires,
        )
    lines.append(f"Mã mời ({role}) dùng một lần, đến hết ngày {short_day(expires.astimezone(ZONE).date())}.")
    lines.append(f"Người được mời nhắn cho trợ lý: /start {code}")
    return Invitation(code, tuple(lines))


def find_area(known: Sequence[AreaInfo], wanted: str) -> AreaInfo | None:
    """Return the area with an id, a code or a name; marks, case and the word for its kind do not matter.

    The name that an area has today comes before one that another area used to have.
    """
    plain, given = _bare(wanted), wanted.strip()
    today = (area for area in known if given in (str(area.id), area.code) or _bare(area.name) == plain)
    former = (area for area in known if plain in map(_bare, area.former_names))
    return next(today, None) or next(former, None)


def _bare(name: str) -> str:
    plain = fold(name)
    kind = next((word for word in _KIND_WORDS if plain.startswith(word)), "")
    return plain.removeprefix(kind)


def _area(db: Transaction, role: str, wanted: str | None, lines: list[str]) -> int | None:
    communes = [area for area in areas.areas(db) if area.kind == "commune"]
    if wanted is None:
        # A coordinator, leader or member of an installation with one commune can only mean that one.
        return communes[0].id if role != "admin" and len(communes) == 1 else None
    if not wanted.strip():
        raise CannotRun("--area: tên địa bàn đang trống.")
    provinces = [] if role in _TEAM_ROLES else [area for area in areas.areas(db) if area.kind == "province"]
    found = find_area([*communes, *provinces], wanted)
    if found is not None:
        return found.id
    plan = load().plan_of_place(wanted)
    lines.append(f"Đã tạo địa bàn mới: {wanted.strip()}.")
    return areas.add_area(db, wanted.strip()[:200], plan=None if plan is None else plan.document.id)


def _team(db: Transaction, role: str, area_id: int | None, wanted: str | None, lines: list[str]) -> int | None:
    if role not in _TEAM_ROLES:
        if wanted is not None:
            raise CannotRun(f"--team chỉ dùng với leader và member, không dùng với {role}.")
        return None
    teams = areas.teams(db, area_id)
    if wanted is None:
        return teams[0].id if len(teams) == 1 else None
    if area_id is None:
        raise CannotRun("--team: cần thêm --area (tên xã, phường) để biết tổ thuộc địa bàn nào.")
    plain = fold(wanted)
    found = next((team for team in teams if str(team.id) == wanted.strip() or fold(team.name) == plain), None)
    if found is not None:
        return found.id
    if not plain:
        raise CannotRun("--team: tên tổ đang trống.")
    lines.append(f"Đã tạo tổ mới: {wanted.strip()}.")
    return areas.add_team(db, area_id, wanted.strip()[:200], village=village_in(wanted))


def village_in(team: str) -> str | None:
    """Return the village in a team's name: "Tổ CNSCĐ thôn 2" is of "thôn 2"."""
    words = team.split()
    heads = {"thon", "xom", "khu", "khoi", "ban", "ap", "to dan pho", "buon"}
    for position, word in enumerate(words):
        if fold(word) in heads and position + 1 < len(words):
            return " ".join(words[position:])
    return None
