"""Takes in tables of areas, teams and members: checks every row, then writes all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.documents.tables import Row, Sheet
from bot.inviting import village_in
from db import importing, people
from db.engine import Database
from db.importing import AreaRow, Known, PersonRow, RoleRow, Tally, TeamRow
from handlers.people.handling import PRONOUNS
from knowledge.loader import load
from knowledge.masking import mask
from knowledge.vietnamese import fold

TABLES: Mapping[str, tuple[str, ...]] = {
    "areas": ("mã địa bàn", "tên địa bàn", "loại", "thuộc", "tên cũ", "sáp nhập vào"),
    "teams": ("mã tổ", "tên tổ", "mã địa bàn", "thôn", "loại", "trạng thái"),
    "people": ("mã người", "họ tên", "mã tổ", "vai trò", "mã địa bàn", "xưng hô", "trạng thái"),
}
"""The columns of each table, in the order in which they are written."""

EXAMPLES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "areas": (
        ("T1", "Tỉnh Mẫu", "tỉnh", "", "", ""),
        ("X1", "Xã Mẫu", "xã", "T1", "Xã Cũ A; Xã Cũ B", ""),
        ("V1", "Thôn 1", "thôn", "X1", "", ""),
    ),
    "teams": (("TO1", "Tổ công nghệ số thôn 1", "X1", "Thôn 1", "tổ", ""),),
    "people": (
        ("N1", "Nguyễn Văn Mẫu", "TO1", "tổ trưởng", "", "bác", ""),
        ("N2", "Trần Thị Mẫu", "TO1", "thành viên", "", "cô", ""),
        ("N3", "Lê Văn Mẫu", "", "điều phối", "X1", "", ""),
    ),
}

NAMES = {"areas": "địa bàn", "teams": "tổ", "people": "người"}
_NEEDED = {"areas": "tên địa bàn", "teams": "tên tổ", "people": "họ tên"}
"""The column that only this table has, and must have."""
_NOT_KEPT = ("điện thoại", "sđt", "số điện thoại", "email", "cccd", "cmnd", "ngày sinh", "địa chỉ")
"""Columns that lists often have; what is in them is not read."""
_LONGEST_CODE, _LONGEST_NAME = 40, 120

AREA_KINDS = {
    **dict.fromkeys(("tinh", "thanh pho", "province"), "province"),
    **dict.fromkeys(("xa", "phuong", "dac khu", "thi tran", "commune"), "commune"),
    **dict.fromkeys(("thon", "to dan pho", "khu pho", "khu dan cu", "ap", "ban", "buon", "xom", "village"), "village"),
}
TEAM_KINDS = {
    **dict.fromkeys(("", "to", "to cong nghe so", "team"), "team"),
    **dict.fromkeys(("thon", "village"), "village"),
    **dict.fromkeys(("co quan", "phong", "office"), "office"),
}
ROLES = {
    **dict.fromkeys(("", "thanh vien", "member"), "member"),
    **dict.fromkeys(("to truong", "leader"), "leader"),
    **dict.fromkeys(("dieu phoi", "can bo dieu phoi", "coordinator"), "coordinator"),
}
_PARENT_KIND = {"commune": "province", "village": "commune"}
_GONE = ("nghi", "da nghi", "thoi", "giai the", "da giai the")
_HERE = ("", "dang lam", "hoat dong", "dang hoat dong")

Progress = Callable[[Sequence[Row], str], Iterable[Row]]
"""Passes rows on while showing how far it has come."""


class BadRows(Exception):
    """Rows that cannot be taken in; nothing was."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} bad rows")
        self.problems = tuple(problems)


class _DryRun(Exception):
    """Everything was fine and is taken back."""


@dataclass
class Report:
    """What was taken in, by table, and what should be known beside it."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def take_in(
    database: Database,
    sheets: Sequence[Sheet],
    now: datetime,
    *,
    table: str | None = None,
    dry_run: bool = False,
    progress: Progress = lambda rows, _name: rows,
) -> Report:
    """Take in some tables in one transaction: areas first, then teams, then people.

    Args:
        table: Which table every sheet is, where its columns do not tell.
        dry_run: Check and count, and write nothing.

    Raises:
        BadRows: naming every row that cannot be used; nothing is written then.
    """
    report = Report()
    try:
        with database.transaction() as db:
            if people.has_demo_data(db):
                people.remove_demo_data(db)
                report.notes.append("Dữ liệu trình diễn được xoá: từ nay là dùng thật.")
            taking = _Taking(importing.known(db), len(sheets) > 1, progress)
            by_table = taking.sort(sheets, table, report)
            areas = taking.areas(by_table["areas"])
            teams = taking.teams(by_table["teams"])
            persons = taking.people(by_table["people"])
            if taking.problems:
                raise BadRows(taking.problems)
            if areas:
                report.tallies["areas"] = importing.put_areas(db, areas, taking.known, _plan_of, now)
            if teams:
                report.tallies["teams"] = importing.put_teams(db, teams, taking.known, now)
            if persons:
                report.tallies["people"] = importing.put_people(db, persons, taking.known, now)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


@dataclass(frozen=True)
class _Line:
    """One row with its cells by column."""

    sheet: str
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


class _Taking:
    """Reads rows, with everything that they may refer to, and collects what is wrong with them."""

    def __init__(self, known: Known, several: bool, progress: Progress) -> None:
        self.known = known
        self.problems: list[str] = []
        self._several = several
        self._progress = progress
        self._kinds = {code: area.kind for code, area in known.areas.items()}
        self._teams = set(known.teams)

    def sort(self, sheets: Sequence[Sheet], table: str | None, report: Report) -> dict[str, list[_Line]]:
        """Tell the tables apart by their columns."""
        found: dict[str, list[_Line]] = {name: [] for name in TABLES}
        for sheet in sheets:
            titles = [fold(title) for title in sheet.header]
            fits = [name for name, needed in _NEEDED.items() if fold(needed) in titles]
            name = table or (fits[0] if fits else None)
            if name is None or (table is not None and fold(_NEEDED[table]) not in titles):
                wanted = [_NEEDED[table]] if table is not None else list(_NEEDED.values())
                self._problem(sheet.name, 1, f"thiếu cột {' hoặc '.join(f'“{column}”' for column in wanted)}")
                continue
            columns = {fold(column): column for column in TABLES[name]}
            report.notes += _notes_on(sheet, set(columns))
            for row in self._progress(sheet.rows, sheet.name):
                cells = {
                    columns[title]: cell for title, cell in zip(titles, row.cells, strict=False) if title in columns
                }
                found[name].append(_Line(sheet.name, row.number, cells))
        return found

    def areas(self, lines: Sequence[_Line]) -> list[AreaRow]:
        """Read areas; parents and merges may stand on later lines."""
        read: dict[str, tuple[_Line, AreaRow]] = {}
        for line in lines:
            code, name = self._code(line, "mã địa bàn", read), self._name(line, "tên địa bàn")
            kind = self._one_of(line, "loại", AREA_KINDS)
            if code is None or name is None or kind is None:
                continue
            if self._kinds.setdefault(code, kind) != kind:
                self._bad(line, f"“{code}” trước đây là loại khác; loại không đổi được")
                continue
            former = tuple(part.strip()[:_LONGEST_NAME] for part in line["tên cũ"].split(";") if part.strip())
            read[code] = (
                line,
                AreaRow(code, name, kind, line["thuộc"] or None, former, line["sáp nhập vào"] or None),
            )
        for line, row in read.values():
            self._check_place(line, row)
            self._check_merge(line, row, {code: area for code, (_, area) in read.items()})
        return [row for _, row in read.values()]

    def teams(self, lines: Sequence[_Line]) -> list[TeamRow]:
        """Read units."""
        read: dict[str, TeamRow] = {}
        names: set[tuple[str, str]] = set()
        for line in lines:
            code, name = self._code(line, "mã tổ", read), self._name(line, "tên tổ")
            kind, closed = self._one_of(line, "loại", TEAM_KINDS), self._is_gone(line)
            area = self._commune(line)
            if code is None or name is None or kind is None or closed is None or area is None:
                continue
            if (area, fold(name)) in names:
                self._bad(line, f"địa bàn “{area}” đã có một tổ tên “{name}” ở dòng trên")
                continue
            names.add((area, fold(name)))
            village = line["thôn"][:_LONGEST_NAME] or village_in(name)
            read[code] = TeamRow(code, name, area, village, kind, closed)
            self._check_name_is_free(line, read[code])
        self._teams |= set(read)
        return list(read.values())

    def people(self, lines: Sequence[_Line]) -> list[PersonRow]:
        """Read people; several rows of one code are several roles of one person."""
        read: dict[str, PersonRow] = {}
        for line in lines:
            code, name = self._code(line, "mã người", {}), self._name(line, "họ tên")
            role, gone = self._role(line), self._is_gone(line)
            pronoun = self._one_of(line, "xưng hô", {"": "", **{fold(word): word for word in PRONOUNS}})
            if code is None or name is None or role is None or gone is None or pronoun is None:
                continue
            if code.startswith("#") and code not in self.known.people:
                self._bad(line, f"không có người mã “{code}”")
                continue
            before = read.get(code)
            if before is not None and before.name != name:
                self._bad(line, f"mã “{code}” ở dòng trên là của “{before.name}”")
                continue
            if before is not None and role in before.roles:
                self._bad(line, f"“{name}” đã có vai trò này ở dòng trên")
                continue
            roles = (*(before.roles if before is not None else ()), role)
            active = not gone and (before is None or before.active)
            read[code] = PersonRow(code, name, roles, pronoun or (before.pronoun if before else None), active)
        return list(read.values())

    def _code(self, line: _Line, column: str, taken: Container[str]) -> str | None:
        code = line[column]
        if not code:
            self._bad(line, f"thiếu “{column}”")
        elif len(code) > _LONGEST_CODE or mask(code).kinds:
            self._bad(line, f"“{column}” dài quá {_LONGEST_CODE} chữ, hoặc là một số riêng tư")
        elif code in taken:
            self._bad(line, f"“{column}” {code} có ở hai dòng")
        else:
            return code
        return None

    def _name(self, line: _Line, column: str) -> str | None:
        name = line[column]
        if not name:
            self._bad(line, f"thiếu “{column}”")
        elif len(name) > _LONGEST_NAME:
            self._bad(line, f"“{column}” dài quá {_LONGEST_NAME} chữ")
        elif mask(name).kinds:
            self._bad(line, f"“{column}” có số riêng tư (điện thoại, định danh…); xoá số đó đi")
        else:
            return name
        return None

    def _one_of(self, line: _Line, column: str, known: Mapping[str, str]) -> str | None:
        found = known.get(fold(line[column]))
        if found is None:
            self._bad(line, f"“{column}” là “{line[column]}”, không hiểu được")
        return found

    def _is_gone(self, line: _Line) -> bool | None:
        said = fold(line["trạng thái"])
        if said in _HERE or said in _GONE:
            return said in _GONE
        self._bad(line, f"“trạng thái” là “{line['trạng thái']}”, không hiểu được (để trống, hoặc “nghỉ”, “giải thể”)")
        return None

    def _commune(self, line: _Line) -> str | None:
        code = line["mã địa bàn"]
        if self._kinds.get(code) == "commune":
            return code
        self._bad(line, f"“mã địa bàn” {code} không có, hoặc không phải xã, phường" if code else "thiếu “mã địa bàn”")
        return None

    def _role(self, line: _Line) -> RoleRow | None:
        role, team, area = self._one_of(line, "vai trò", ROLES), line["mã tổ"], line["mã địa bàn"]
        if role is None:
            return None
        if role == "coordinator":
            if area in self._kinds and self._kinds[area] != "village" and not team:
                return RoleRow(role, area=area)
            self._bad(line, "điều phối cần “mã địa bàn” của tỉnh hoặc xã có thật, và để trống “mã tổ”")
        elif team in self._teams:
            return RoleRow(role, team=team)
        else:
            self._bad(line, f"“mã tổ” {team} không có" if team else "thiếu “mã tổ”")
        return None

    def _check_place(self, line: _Line, row: AreaRow) -> None:
        kind = _PARENT_KIND.get(row.kind)
        if row.parent is None:
            if row.kind == "village":
                self._bad(line, "thôn phải có “thuộc” là mã của xã")
        elif kind is None:
            self._bad(line, "tỉnh thì để trống “thuộc”")
        elif self._kinds.get(row.parent) != kind:
            where = "tỉnh" if kind == "province" else "xã"
            self._bad(line, f"“thuộc” {row.parent} không có, hoặc không phải {where}")

    def _check_merge(self, line: _Line, row: AreaRow, read: Mapping[str, AreaRow]) -> None:
        into = row.merged_into
        if into is None:
            return
        target = read.get(into)
        stored = self.known.areas.get(into)
        if into == row.code or self._kinds.get(into) != row.kind:
            self._bad(line, f"“sáp nhập vào” {into} không có, là chính nó, hoặc khác loại")
        elif (target is not None and target.merged_into is not None) or (
            stored is not None and stored.merged_into_id is not None
        ):
            self._bad(line, f"“sáp nhập vào” {into} cũng đã sáp nhập vào nơi khác; ghi mã của nơi cuối cùng")

    def _check_name_is_free(self, line: _Line, row: TeamRow) -> None:
        """Refuse a name that another unit of the commune has, as the database would."""
        if row.area not in self.known.areas:
            return
        other = self.known.teams_by_name.get((self.known.todays_id(row.area), row.name))
        if other is not None and other.code is not None and other is not self.known.teams.get(row.code):
            self._bad(line, f"địa bàn “{row.area}” đã có tổ tên “{row.name}”, mã {other.code}")

    def _bad(self, line: _Line, says: str) -> None:
        self._problem(line.sheet, line.number, says)

    def _problem(self, sheet: str, number: int, says: str) -> None:
        where = f"{sheet}, " if self._several else ""
        self.problems.append(f"{where}dòng {number}: {says}.")


def _plan_of(name: str) -> str | None:
    """Return the id of the plan that was made for a place, if one is known."""
    plan = load().plan_of_place(name)
    return None if plan is None else plan.document.id


def _notes_on(sheet: Sheet, columns: set[str]) -> list[str]:
    """Tell which columns are not read."""
    unknown = [title for title in sheet.header if title and fold(title) not in columns]
    private = [title for title in unknown if any(fold(word) in fold(title) for word in _NOT_KEPT)]
    others = [title for title in unknown if title not in private]
    notes = []
    if private:
        notes.append(f"{sheet.name}: không giữ cột {', '.join(private)} (thông tin riêng tư).")
    if others:
        notes.append(f"{sheet.name}: bỏ qua cột {', '.join(others)}.")
    return notes
