"""Gives out the log, the tables that `import` takes in, and codes for members who have not joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from bot.importing import TABLES
from db import areas, assistance, importing, joining, people, roster
from db.engine import Database, Transaction
from db.importing import PersonRow, RoleRow
from handlers.people.codes import INVITE_LASTS, code_hash, new_code
from handlers.people.naming import ROLE_NAMES
from knowledge.schema import Topic

_AREA_KINDS = {"province": "tỉnh", "commune": "xã", "village": "thôn"}
_TEAM_KINDS = {"team": "tổ", "village": "thôn", "office": "cơ quan"}
_REACH = ("đã vào", "nhắn được", "đã tắt nhắc")
"""Columns that `import` does not read: how things are, not how they shall be."""
LOG_COLUMNS = (
    "ngày",
    "địa bàn",
    "tổ",
    "người hỗ trợ",
    "lĩnh vực",
    "lượt người",
    "nơi",
    "kết quả",
    "phút",
    "ghi chú",
    "đính chính",
)
OUTCOMES = {"done": "xong", "partial": "xong một phần", "failed": "chưa xong"}
_MOST_ROWS = 1_000_000
"""A year of 1,200 teams is a tenth of it."""
INVITATION_COLUMNS = ("họ tên", "vai trò", "tổ", "mã", "lời nhắn")


def header(table: str) -> tuple[str, ...]:
    """Return the columns of a table as it is given out."""
    return (*TABLES[table], *(_REACH if table == "people" else ()))


def rows(db: Transaction, table: str, now: datetime) -> list[Sequence[str]]:
    """Return the rows of `areas`, `teams` or `people`."""
    if table == "areas":
        return [
            (
                row.code,
                row.name,
                _AREA_KINDS[row.kind],
                row.parent or "",
                "; ".join(row.former_names),
                row.merged_into or "",
            )
            for row in importing.area_rows(db)
        ]
    if table == "teams":
        return [
            (row.code, row.name, row.area, row.village or "", _TEAM_KINDS[row.kind], "giải thể" if row.closed else "")
            for row in importing.team_rows(db)
        ]
    return [
        (*_person(person, role), _yes(reach.joined), _yes(reach.reachable), _yes(reach.muted))
        for person, reach in importing.people_rows(db, now)
        for role in person.roles
    ]


def log_rows(
    db: Transaction, area_id: int | None, start: date, end: date, topics: Mapping[str, Topic]
) -> list[Sequence[str | int]]:
    """Return the sessions of a span of days, both ends included, by day, without those taken back.

    Args:
        area_id: With everything in it; None for everywhere.
    """
    inside = [area.id for area in areas.areas(db)] if area_id is None else areas.descendants(db, [area_id])
    names = {area.id: area.name for area in areas.areas(db)}
    kinds = tuple(_TEAM_KINDS)
    teams = {team.id: team.name for team in areas.teams(db, None, kinds)}
    whose = assistance.Whose(area_ids=tuple(inside))
    found = assistance.entries(db, whose, start, end, limit=_MOST_ROWS)
    members = {person: people.label(db, person) for person in {one for entry in found for one in _helpers(entry)}}
    return [
        (
            entry.held_on.isoformat(),
            names.get(entry.area_id or 0, ""),
            teams.get(entry.team_id or 0, ""),
            "; ".join(members[person] for person in _helpers(entry)),
            "; ".join(topics[topic].title if topic in topics else topic for topic in entry.topics),
            entry.people,
            entry.place or "",
            OUTCOMES[entry.outcome],
            "" if entry.minutes is None else entry.minutes,
            entry.note or "",
            "đính chính" if entry.corrected_at else "",
        )
        for entry in reversed(found)
    ]


def _helpers(entry: assistance.Logged) -> tuple[int, ...]:
    return (entry.person_id, *entry.members)


def invitations(database: Database, now: datetime, area_id: int | None = None) -> list[Sequence[str]]:
    """Make a code for every member without an account, in an area or everywhere; their earlier codes end."""
    made: list[Sequence[str]] = []
    with database.transaction() as db:
        teams = {team.id: team for team in areas.teams(db, area_id, tuple(_TEAM_KINDS))}
        inside = [area.id for area in areas.areas(db)] if area_id is None else areas.descendants(db, [area_id])
        members = [*roster.of_areas(db, inside, now), *roster.of_teams(db, list(teams), now)]
        for member in {member.person_id: member for member in members if not member.joined}.values():
            code = new_code()
            joining.add_link_code(
                db, code_hash(code), member.person_id, replaces=True, now=now, expires_at=now + INVITE_LASTS
            )
            team = "" if member.team_id is None else teams[member.team_id].name
            name = people.label(db, member.person_id)
            made.append((name, ROLE_NAMES[member.role], team, code, f"/start {code}"))
    return made


def _person(person: PersonRow, role: RoleRow) -> tuple[str, ...]:
    gone = "" if person.active else "nghỉ"
    return (
        person.code,
        person.name,
        role.team or "",
        ROLE_NAMES[role.role],
        role.area or "",
        person.pronoun or "",
        gone,
    )


def _yes(value: object) -> str:
    return "có" if value else "không"
