"""Tables of areas, teams and members taken in and given out, through the command and on both databases."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot import cli, demonstration
from bot.documents import tables
from bot.exporting import invitations
from bot.importing import EXAMPLES, TABLES, BadRows, take_in
from db import areas, people, roster
from db.engine import Database
from tests.support.clock import START, Clock
from tests.support.conversation import Conversation
from tests.support.looking import everything, rows

Converse = Callable[..., Conversation]
Run = Callable[..., tuple[int, str, str]]

AREAS = "Mã địa bàn;Tên địa bàn;Loại;Thuộc;Tên cũ;Sáp nhập vào\nT1;Tỉnh Một;tỉnh;;;\nX1;Xã Đông;xã;T1;Xã Cũ A;\n"
TEAMS = "ma to,ten to,ma dia ban,thon\nTO1,Tổ thôn 1,X1,Thôn 1\n"
PEOPLE = (
    "Mã người;Họ tên;Mã tổ;Vai trò;Mã địa bàn\nN1;Lê Văn A;TO1;tổ trưởng;\nN2;Trần B;TO1;;\nN3;Cao C;;điều phối;X1\n"
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], database_url: str) -> Run:
    """Run `cnscd` in this process on a fresh database; return status, stdout, stderr."""
    monkeypatch.setenv("CNSCD_DATABASE_URL", database_url)

    def go(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cnscd", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capfd.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return go


def file(name: str, text: str, encoding: str = "utf-8") -> str:
    """Write a file into the test's folder; return its name."""
    Path(name).write_bytes(text.encode(encoding))
    return name


def sheet(text: str) -> list[tables.Sheet]:
    """Return a table written as a CSV file has it."""
    return tables.read(Path(file("sheet.csv", text)))


def import_all(run: Run, *more: str) -> tuple[int, str, str]:
    files = (file("a.csv", AREAS, "utf-8-sig"), file("t.csv", TEAMS), file("p.csv", PEOPLE))
    return run("import", *files, *more)


def test_tables_are_taken_in_once_and_a_second_time_changes_nothing(run: Run, database: Database) -> None:
    status, out, err = import_all(run)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "Địa bàn: thêm 2, đổi 0, giữ nguyên 0.",
        "Tổ: thêm 1, đổi 0, giữ nguyên 0.",
        "Người: thêm 3, đổi 0, giữ nguyên 0.",
    ]
    with database.reading() as db:
        (team,) = areas.teams(db, None)
        assert (team.name, team.village, team.code) == ("Tổ thôn 1", "Thôn 1", "TO1")
        assert [(one.name, one.role) for one in roster.of_teams(db, [team.id], START)] == [
            ("Lê Văn A", "leader"),
            ("Trần B", "member"),
        ]
        assert areas.area(db, team.area_id).former_names == ("Xã Cũ A",)
        assert [
            people.label(db, one) for one in people.people_with(db, "coordinator", START, area_id=team.area_id)
        ] == ["Cao C"]
    before = everything(database)
    status, out, _ = import_all(run)
    assert status == 0
    assert re.findall(r"thêm (\d+), đổi (\d+), giữ nguyên (\d+)", out) == [
        ("0", "0", "2"),
        ("0", "0", "1"),
        ("0", "0", "3"),
    ]
    assert everything(database) == before


def test_every_bad_row_is_told_and_nothing_is_taken_in(run: Run, database: Database) -> None:
    bad = file(
        "p.csv",
        "Mã người;Họ tên;Mã tổ;Vai trò;Trạng thái\n"
        "N1;Lê Văn A;TO9;;\n"
        ";Không Mã;TO1;;\n"
        "N3;;TO1;;\n"
        "N4;Bà Tư 0905123456;TO1;;\n"
        "N5;Cao C;TO1;vua;\n"
        "N6;Tốt;TO1;;\n"
        "N6;Khác Tên;TO1;;\n"
        "N7;Dừng;TO1;;biến mất\n",
    )
    status, out, err = run("import", file("a.csv", AREAS), file("t.csv", TEAMS), bad)
    assert (status, out) == (2, "")
    assert [int(number) for number in re.findall(r"dòng (\d+):", err)] == [2, 3, 4, 5, 6, 8, 9]
    assert "0905123456" not in err
    assert err.splitlines()[-1] == "Chưa nhập gì: 7 chỗ cần sửa."
    for table in ("area", "team", "person"):
        assert rows(database, table) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("X2;Xã Tây;huyện;T1;;", "“loại” là “huyện”"),
        ("X2;Xã Tây;xã;T9;;", "“thuộc” T9 không có"),
        ("X2;Xã Tây;xã;X1;;", "không phải tỉnh"),
        ("V1;Thôn 1;thôn;;;", "thôn phải có"),
        ("T2;Tỉnh Hai;tỉnh;T1;;", "để trống “thuộc”"),
        ("X1;Xã Đông;xã;T1;;", "có ở hai dòng"),
        ("X2;Xã Tây;xã;T1;;X2", "chính nó"),
        ("X2;Xã Tây;xã;T1;;T1", "khác loại"),
    ],
)
def test_what_is_wrong_with_an_area_is_said(database: Database, line: str, says: str) -> None:
    with pytest.raises(BadRows) as refused:
        take_in(database, sheet(f"{AREAS}{line}\n"), START)
    (problem,) = refused.value.problems
    assert problem.startswith("dòng 4: ")
    assert says in problem


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_dry_run_counts_and_writes_nothing(run: Run, database: Database) -> None:
    with database.transaction() as db:
        demonstration.build(db, START)
    before = everything(database)
    status, out, _ = import_all(run, "--dry-run")
    assert status == 0
    assert "Người: thêm 3, đổi 0, giữ nguyên 0 (chạy thử, chưa ghi)." in out
    assert everything(database) == before


def test_a_merge_moves_units_and_people_and_is_done_once(database: Database) -> None:
    take_in(database, [*sheet(AREAS), *sheet(TEAMS), *sheet(PEOPLE)], START)
    merged = f"{AREAS}".replace("Xã Cũ A;", "Xã Cũ A;X2") + "X2;Xã Lớn;xã;T1;;\n"
    report = take_in(database, sheet(merged), START)
    assert vars(report.tallies["areas"]) == {"added": 1, "changed": 1, "same": 1}
    again = take_in(database, [*sheet(merged), *sheet(TEAMS), *sheet(PEOPLE)], START)
    assert [vars(tally)["changed"] for tally in again.tallies.values()] == [0, 0, 0]
    with database.reading() as db:
        (large,) = [area for area in areas.areas(db) if area.code == "X2"]
        assert large.former_names == ("Xã Đông", "Xã Cũ A")
        assert [team.area_id for team in areas.teams(db, None)] == [large.id]
        assert len(people.people_with(db, "coordinator", START, area_id=large.id)) == 1


def test_a_changed_list_moves_people_and_keeps_what_they_did(database: Database) -> None:
    take_in(database, [*sheet(AREAS), *sheet(f"{TEAMS}TO2,Tổ thôn 2,X1,\n"), *sheet(PEOPLE)], START)
    changed = PEOPLE.replace("N2;Trần B;TO1", "N2;Trần Bê;TO2").replace(
        "N1;Lê Văn A;TO1;tổ trưởng;", "N1;Lê Văn A;TO1;;"
    )
    report = take_in(database, sheet(changed), START)
    assert vars(report.tallies["people"]) == {"added": 0, "changed": 2, "same": 1}
    with database.reading() as db:
        teams = [team.id for team in areas.teams(db, None)]
        held = [(one.name, one.role, one.team_id) for one in roster.of_teams(db, teams, START)]
    assert held == [("Lê Văn A", "member", teams[0]), ("Trần Bê", "member", teams[1])]
    assert len(rows(database, "membership")) == 5, "ended roles stay for the past"


def test_who_left_and_teams_that_are_gone_get_nothing_and_stay_in_the_past(database: Database) -> None:
    take_in(database, [*sheet(AREAS), *sheet(TEAMS), *sheet(PEOPLE)], START)
    left = "Mã người;Họ tên;Mã tổ;Trạng thái\nN2;Trần B;TO1;nghỉ\n"
    closed = "Mã tổ;Tên tổ;Mã địa bàn;Trạng thái\nTO1;Tổ thôn 1;X1;giải thể\n"
    take_in(database, sheet(left), START)
    with database.transaction() as db:
        people.add_account(db, 2, "test", "b", START)
        assert people.address_of(db, 2) is None
        assert people.person_info(db, 2, START).roles == ()
    take_in(database, sheet(closed), START)
    with database.reading() as db:
        assert areas.teams(db, None) == []
        assert roster.of_teams(db, [1], START) == []
        assert areas.team(db, 1).name == "Tổ thôn 1"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("format_", tables.FORMATS)
def test_what_is_given_out_is_taken_in_without_a_change(run: Run, format_: str) -> None:
    import_all(run)
    names = []
    for table in TABLES:
        names.append(f"{table}.{format_}")
        assert run("export", table, "--format", format_, "--out", names[-1]) == (0, "", "")
    status, out, err = run("import", *names)
    assert status == 0
    assert out.count("thêm 0, đổi 0") == 3
    assert "bỏ qua cột đã vào, nhắn được, đã tắt nhắc" in err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_listed_member_gets_a_code_that_lets_them_in(
    run: Run, database: Database, converse: Converse, clock: Clock
) -> None:
    import_all(run)
    made = invitations(database, clock())
    assert [line[:3] for line in made] == [
        ("Cao C", "điều phối", ""),
        ("Lê Văn A", "tổ trưởng", "Tổ thôn 1"),
        ("Trần B", "thành viên", "Tổ thôn 1"),
    ]
    assert all(line[3] not in everything(database) for line in made)
    leader = converse("a")
    leader.says(f"/start {made[1][3]}")
    assert "Lê Văn A: tổ trưởng, Tổ thôn 1" in leader.presses("Đồng ý")
    again = invitations(database, clock())
    assert [line[0] for line in again] == ["Cao C", "Trần B"], "who has joined needs no code"
    assert "Mã này không đúng" in converse("b").says(f"/start {made[2][3]}"), "the newest code counts"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_private_columns_are_not_kept(database: Database) -> None:
    take_in(database, [*sheet(AREAS), *sheet(TEAMS)], START)
    report = take_in(database, sheet("Mã người;Họ tên;Mã tổ;Số điện thoại;Ghi chú\nN1;A;TO1;0905123456;x\n"), START)
    assert "không giữ cột Số điện thoại" in report.notes[0]
    assert "bỏ qua cột Ghi chú" in report.notes[1]
    assert "0905123456" not in everything(database)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_1200_teams_of_six_are_taken_in_within_seconds(database: Database) -> None:
    numbers = range(1200)
    teams = "Mã tổ;Tên tổ;Mã địa bàn\n" + "".join(f"TO{n};Tổ thôn {n};X1\n" for n in numbers)
    members = "Mã người;Họ tên;Mã tổ\n" + "".join(f"N{n}-{m};Người {n} {m};TO{n}\n" for n in numbers for m in range(6))
    began = time.process_time()
    report = take_in(database, [*sheet(AREAS), *sheet(teams), *sheet(members)], START)
    assert vars(report.tallies["people"]) == {"added": 7200, "changed": 0, "same": 0}
    assert time.process_time() - began < 10


# Files


def test_a_workbook_of_three_sheets_is_three_tables(tmp_path: Path) -> None:
    book = Workbook()
    for name, columns in TABLES.items():
        made = book.create_sheet(name)
        made.append(list(columns))
        for line in EXAMPLES[name]:
            made.append(list(line))
    book["people"].append([7, 1.0, None])
    book.save(tmp_path / "ba.xlsx")
    read = tables.read(tmp_path / "ba.xlsx")
    assert [(one.name, len(one.rows)) for one in read] == [
        ("ba.xlsx [areas]", 3),
        ("ba.xlsx [teams]", 1),
        ("ba.xlsx [people]", 4),
    ]
    assert read[2].rows[-1] == tables.Row(5, ("7", "1", "", "", "", "", ""))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.csv", "Mã tổ;Tên tổ\n".encode("utf-16"), "không phải UTF-8"),
        ("x.xlsx", b"not a workbook", "không phải tệp Excel"),
        ("x.csv", b"PK\x03\x04", "đổi đuôi thành .xlsx"),
        ("x.csv", b"a;b\n1;2\n", "thiếu cột"),
    ],
)
def test_a_file_that_is_no_table_is_told(run: Run, name: str, content: bytes, says: str) -> None:
    Path(name).write_bytes(content)
    status, out, err = run("import", name)
    assert (status, out) == (2, "")
    assert says in err
    status, _, err = run("import", "nicht-da.csv")
    assert status == 2
    assert "không đọc được" in err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_example_files_can_be_taken_in(run: Run) -> None:
    assert run("import", "--example", "mau") == (0, "", "")
    status, out, _ = run("import", *sorted(str(path) for path in Path("mau").iterdir()))
    assert status == 0
    assert "Người: thêm 3" in out


@pytest.mark.parametrize("format_", tables.FORMATS)
def test_no_cell_is_taken_for_a_formula(format_: str, tmp_path: Path) -> None:
    dangerous = ("=1+1", "+84905", "-x", "@sum", "\ttab")
    path = tmp_path / f"x.{format_}"
    path.write_bytes(tables.write([dangerous], ("a", "b", "c", "d", "e"), format_))
    if format_ == "csv":
        cells = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))[1]
    else:
        cells = [str(cell.value) for cell in load_workbook(path).worksheets[0][2]]
    assert all(cell.startswith("'") for cell in cells)
    assert tables.read(path)[0].rows[0].cells[:4] == dangerous[:4]


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(lambda text: " ".join(text.split()))


@given(lines=st.lists(st.tuples(cells, cells).filter(any), min_size=1, max_size=5))
def test_a_table_comes_back_as_it_was_written(
    lines: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes(tables.write(lines, ("một", "hai"), "csv"))
    written = [line for line in lines if not any(cell.startswith("'") for cell in line)]
    read = [row.cells for row in tables.read(path)[0].rows]
    assert [row for row in read if row in written] == written
