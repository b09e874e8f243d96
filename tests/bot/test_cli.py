"""The commands' contracts: what they read, what they write, their status, and that a mistake is one line."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import cli, demonstration
from bot.documents import tables
from db import areas, people
from db.engine import Database
from db.migrate import upgrade
from db.models import Invite
from handlers.people.codes import code_hash
from handlers.rendering import ZONE
from knowledge.loader import KnowledgeError, load
from tests.support.clock import START, Clock
from tests.support.conversation import Conversation, answerer

KINDS = {"answer", "choices", "clarify", "unknown", "smalltalk", "handoff", "log"}
ANSWER_KEYS = ["id", "kind", "entry", "text", "choices", "sources", "score", "ms"]
ENTRY_KEYS = ["topics", "people", "place", "date", "outcome", "missing", "note"]
OCCURRENCE_KEYS = [
    "rule", "plan", "area", "section", "who", "to", "what", "period", "named_day", "last_day", "advised_day",
    "extrapolated",
]  # fmt: skip
MESSAGE_KEYS = ["at", "recipient", "role", "channel", "kind", "rule", "units", "step", "text", "reason"]


@dataclass(frozen=True)
class Ended:
    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `cnscd` in this process, through the same door as the command."""

    # Built once for all tests rather than once a command; it is the same one.
    monkeypatch.setattr("bot.wiring.Answerer", lambda _knowledge: answerer())

    def go(*arguments: str, typed: bytes | str = b"") -> Ended:
        monkeypatch.setattr(sys, "argv", ["cnscd", *arguments])
        given = typed if isinstance(typed, bytes) else typed.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capfd.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return go


@pytest.fixture
def used(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A configured, migrated database."""
    monkeypatch.setenv("CNSCD_DATABASE_URL", database_url)
    return database_url


def jsonl(*objects: object) -> str:
    return "".join(f"{one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)}\n" for one in objects)


def refused(ended: Ended, words: str) -> None:
    assert (ended.status, ended.out) == (2, "")
    assert len(ended.err.splitlines()) == 1, ended.err
    assert words in ended.err


# ask


def test_ask_answers_line_by_line_with_errors_in_their_place(run: Run, tmp_path: Path) -> None:
    ended = run(
        "ask",
        "--jsonl",
        "--today",
        "2026-11-21",
        typed=jsonl(
            {"id": "a", "q": "quên mật khẩu vneid"},
            "no JSON",
            "",
            {"id": 7},
            ["id"],
            {"id": 8, "q": "vneid", "area": ["x"]},
            {"id": None, "q": ""},
            {"id": 9, "q": "máy bơm nước hỏng thì thay cánh quạt nào"},
            {"id": 10, "q": "hôm nay giúp 3 bà cài vneid"},
            {"id": 11, "q": "chào em"},
            {"id": 12, "q": "dài " * 3000},
        ),
    )
    assert ended.status == 2
    first, *_ = found = ended.objects
    assert [one["id"] for one in found] == ["a", None, 7, None, 8, None, 9, 10, 11, 12]
    assert [list(one) == ["id", "error"] for one in found] == [False, True, True, True, True, *[False] * 5]
    answers = [one for one in found if "error" not in one]
    for answer in answers:
        assert list(answer) == ANSWER_KEYS
        assert answer["kind"] in KINDS
        assert 0 <= answer["score"] <= 1
        assert answer["ms"] >= 0
        assert answer["text"]
    assert [one["kind"] for one in answers] == ["answer", "unknown", "unknown", "log", "smalltalk", "unknown"]
    assert first["entry"] == "vneid_quen_mat_khau"
    assert first["choices"] == []
    assert all(set(source) == {"document", "title", "section"} for source in first["sources"])
    assert first["sources"]
    assert "Nguồn:" in first["text"]
    assert list(tmp_path.iterdir()) == []


def test_ask_is_all_right_when_every_line_is(run: Run) -> None:
    ended = run("ask", "--jsonl", typed=jsonl({"id": 1, "q": "quen mat khau vneid"}))
    assert (ended.status, ended.err, len(ended.objects)) == (0, "", 1)
    assert run("ask", "--jsonl").status == 0


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b'{"id": 1, "q": "\xff"}', b"[" * 100_000, b'{"id": "\\ud800", "q": 5}', b'"q"', b"null"]
)
def test_no_line_can_break_ask(run: Run, line: bytes) -> None:
    ended = run("ask", "--jsonl", typed=line + b'\n{"id": 2, "q": "vneid"}\n')
    assert ended.status == 2
    bad, good = ended.objects
    assert set(bad) == {"id", "error"}
    assert good["id"] == 2


def test_ask_answers_for_the_asked_area(run: Run) -> None:
    question = "hạn nộp báo cáo quý"
    (there,) = run("ask", "--jsonl", typed=jsonl({"id": 1, "q": question, "area": "Bắc Giang"})).objects
    assert there["entry"].startswith("bac_giang_2022/")
    (here,) = run("ask", "--jsonl", typed=jsonl({"id": 3, "q": question, "area": "phường đông thanh"})).objects
    assert (here["kind"], here["entry"]) == ("answer", "dong_thanh_2023/bao_cao_quy")
    assert "Đông Thanh" in here["text"]


def test_a_choice_in_a_chat_is_made_by_number_and_not_in_another(run: Run) -> None:
    question = "tổ công nghệ số cộng đồng có bao nhiêu người"
    asked, chosen, other = run(
        "ask",
        "--jsonl",
        typed=jsonl(
            {"id": 1, "q": question, "chat": "a"},
            {"id": 2, "q": "2", "chat": "a"},
            {"id": 3, "q": "2", "chat": "b"},
        ),
    ).objects
    assert asked["kind"] in {"clarify", "choices"}
    assert all(set(choice) == {"entry", "label", "value"} for choice in asked["choices"])
    assert (chosen["kind"], chosen["entry"]) == ("answer", asked["choices"][1]["entry"])
    assert other["entry"] != chosen["entry"]


def test_ask_takes_words_too(run: Run) -> None:
    ended = run("ask", "quen", "mat", "khau", "vneid")
    assert ended.status == 0
    assert "Nguồn:" in ended.out
    refused(run("ask"), "Chưa có câu hỏi")


def test_ask_reads_the_areas_of_the_configured_database_and_writes_nothing(run: Run, used: str) -> None:
    database = Database(used)
    with database.transaction() as db:
        areas.add_area(db, "Xã Rất Riêng", plan="bac_giang_2022")
    (answer,) = run(
        "ask", "--jsonl", typed=jsonl({"id": 1, "q": "hạn nộp báo cáo quý", "area": "xa rat rieng"})
    ).objects
    assert answer["entry"].startswith("bac_giang_2022/")
    with database.reading() as db:
        assert people.counts(db, START) == {"areas": 1, "teams": 0, "people": 0}
    database.close()


# log parse


def test_log_parse_reads_line_by_line(run: Run, tmp_path: Path) -> None:
    ended = run(
        "log",
        "parse",
        "--jsonl",
        "--today",
        "2026-11-21",
        typed=jsonl(
            {
                "id": 1,
                "text": "hôm qua giúp 3 bà cài vneid ở thôn Đoài, 1 bà chưa xong vì máy cũ",
                "villages": ["Thôn Đoài"],
            },
            {"id": 2, "text": "quên mật khẩu vneid"},
            {"id": 3, "text": 5},
            {"id": 4, "text": "a", "villages": "b"},
            {"id": 5, "text": "hôm nay giúp 2 bà cài vneid, số cụ 0912345678"},
        ),
    )  # fmt: skip
    assert ended.status == 2
    log, question, *bad, masked = ended.objects
    assert [one["id"] for one in ended.objects] == [1, 2, 3, 4, 5]
    assert [set(one) for one in bad] == [{"id", "error"}] * 2
    assert list(log) == ["id", "is_log", "masked_text", "entries"]
    (entry,) = log["entries"]
    assert list(entry) == ENTRY_KEYS
    assert (entry["people"], entry["date"], entry["outcome"], entry["topics"], entry["missing"]) == (
        3,
        "2026-11-20",
        "partial",
        ["vneid"],
        [],
    )
    assert entry["place"].lower() == "thôn đoài"
    assert (question["is_log"], question["entries"]) == (False, [])
    assert "0912345678" not in json.dumps(masked)
    assert list(tmp_path.iterdir()) == []


def test_log_parse_takes_words_too(run: Run) -> None:
    ended = run("log", "parse", "hôm nay giúp 3 bà cài vneid")
    assert json.loads(ended.out)["entries"][0]["people"] == 3
    refused(run("log", "parse"), "Chưa có câu")


def test_log_eval_prints_totals_and_hides_what_held_out_sets_get_wrong(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where there are no questions to measure with
    wrong = '- {text: "giúp 3 bà cài vneid", entries: [{topics: [dvctt], people: 3}]}'
    for name in ("heldout", "development"):
        (tmp_path / f"{name}_more.yaml").write_text(f"today: 2026-11-20\nsentences:\n{wrong}\n", encoding="utf-8")
    ended = run("log", "eval", str(tmp_path / "heldout"))
    assert (ended.status, "giúp 3 bà" in ended.out) == (1, False)
    assert "giúp 3 bà" in run("log", "eval", str(tmp_path / "development")).out
    assert "giúp 3 bà" in run("log", "eval", str(tmp_path / "heldout"), "--worst", "1").out
    refused(run("log", "eval", str(tmp_path / "none")), "không có bộ câu nào")


# deadlines


def test_deadlines_tell_everything_of_each_occurrence_with_both_ends(run: Run) -> None:
    found = run("deadlines", "--json", "--from", "2026-12-01", "--to", "2026-12-31").objects
    assert found
    for one in found:
        assert list(one) == OCCURRENCE_KEYS
        assert one["advised_day"] <= one["last_day"] <= one["named_day"]
        assert one["rule"].startswith(f"{one['plan']}/")
        assert isinstance(one["extrapolated"], bool)
        assert re.fullmatch(r"\d{4}(-Q[1-4]|-H[12]|-\d\d)?", one["period"])
    days = sorted({one["last_day"] for one in found})
    assert days == [one for one in days if "2026-12-01" <= one <= "2026-12-31"]
    edge = days[0]
    at_edge = [one for one in found if one["last_day"] == edge]
    assert run("deadlines", "--json", "--from", edge, "--to", edge).objects == at_edge


def test_deadlines_reach_ninety_days_from_the_given_day(run: Run) -> None:
    assert (
        run("deadlines", "--json", "--from", "2026-10-01").objects
        == run("deadlines", "--json", "--from", "2026-10-01", "--to", "2026-12-30").objects
    )


def test_deadlines_of_a_plans_own_place(run: Run) -> None:
    span = ("--json", "--from", "2026-12-01", "--to", "2026-12-31")
    everywhere, here = run("deadlines", *span).objects, run("deadlines", *span, "--area", "Đông Thanh").objects
    assert here == [one for one in everywhere if one["plan"] == "dong_thanh_2023"]
    assert here
    refused(run("deadlines", "--area", "Không Có"), "Không Có")
    assert run("deadlines", *span, "--adopted").objects == []
    assert "Hạn chót" in run("deadlines", *span[1:]).out


def test_deadlines_and_simulation_do_not_pass_over_data_that_they_cannot_read(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNSCD_DATABASE_URL", f"sqlite:///{tmp_path}/old.sqlite")
    database = Database(f"sqlite:///{tmp_path}/old.sqlite")
    upgrade(database, to="0001")
    database.close()
    refused(run("deadlines", "--adopted"), "cnscd db upgrade")
    refused(run("simulate", "--from", "2026-12-01", "--to", "2026-12-02"), "cnscd db upgrade")


def test_deadlines_that_an_area_has_adopted(run: Run, used: str) -> None:
    database = Database(used)
    coordinator = Conversation(database, Clock(), "cuc", role="coordinator", area="Phường Đông Thanh")
    coordinator.says("hạn")
    coordinator.presses(next(label for label in coordinator.buttons() if "tháng cuối quý" in label))
    database.close()
    found = run("deadlines", "--json", "--from", "2026-12-01", "--to", "2026-12-31", "--adopted").objects
    assert {one["rule"] for one in found} == {"dong_thanh_2023/bao_cao_quy"}


def test_deadlines_of_a_coordinators_own_with_declared_days_and_as_a_calendar_file(
    run: Run, used: str, tmp_path: Path
) -> None:
    database = Database(used)
    coordinator = Conversation(database, Clock(), "cuc", role="coordinator", area="Phường Đông Thanh")
    coordinator.says("nhắc tổ nộp báo cáo tháng trước ngày 25 hằng tháng")
    coordinator.presses("Lưu")
    admin = Conversation(database, Clock(), "quan tri", role="admin")
    admin.says("ngày nghỉ 24/12/2026")
    database.close()
    span = ("--from", "2026-12-01", "--to", "2026-12-31")
    (own,) = run("deadlines", "--json", *span, "--adopted").objects
    assert list(own) == OCCURRENCE_KEYS
    assert (own["rule"], own["plan"], own["section"], own["to"]) == ("own/1", None, None, None)
    assert (own["area"], own["who"]) == ("Phường Đông Thanh", "Các tổ của Phường Đông Thanh")
    assert (own["period"], own["last_day"], own["advised_day"]) == ("2026-12", "2026-12-24", "2026-12-23")
    every = run("deadlines", "--json", *span).objects
    assert "own/1" not in {one["rule"] for one in every}
    of_area = run("deadlines", "--json", *span, "--area", "Đông Thanh").objects
    assert {one["rule"] for one in of_area} == {"own/1", "dong_thanh_2023/bao_cao_quy"}
    assert "Nộp báo cáo tháng" not in run("deadlines", *span, "--adopted").err

    file = tmp_path / "out" / "han.ics"
    assert run("deadlines", *span, "--adopted", "--ics", str(file)).status == 0
    assert "SUMMARY:Hạn: Nộp báo cáo tháng (tháng 12/2026)" in file.read_text(encoding="utf-8")
    refused(run("deadlines", *span, "--ics", str(tmp_path)), "không ghi được")


# simulate, summary


def test_simulate_tells_every_message_of_the_demonstration(run: Run, tmp_path: Path) -> None:
    ended = run("simulate", "--json", "--from", "2026-12-07", "--to", "2026-12-16")
    assert ended.status == 0
    found = ended.objects
    assert {one["kind"] for one in found} == {"reminder", "summary"}
    for one in found:
        assert list(one) == MESSAGE_KEYS
        assert one["at"].endswith("+07:00")
        assert one["text"]
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    reminders = [one for one in found if one["kind"] == "reminder"]
    steps = {step for one in reminders for step in one["step"].split(", ")}
    assert steps == {"d7", "d3", "d1", "d0", "late1", "late2"}
    assert all(one["units"] and one["rule"] for one in reminders)
    assert list(tmp_path.iterdir()) == []
    refused(run("simulate", "--from", "2026-12-16", "--to", "2026-12-07"), "--to")
    refused(run("simulate", "--from", "2026-12-16"), "--to")


def test_summary_covers_the_asked_days_of_the_asked_area(run: Run, used: str, tmp_path: Path) -> None:
    database = Database(used)
    for name, area, number in (("an", "Xã Này", 3), ("be", "Xã Kia", 4)):
        member = Conversation(database, Clock(), name, role="member", area=area)
        member.says(f"hôm nay giúp {number} bà cài vneid")
        member.presses("Lưu")
    database.close()
    day = START.astimezone(ZONE).date().isoformat()
    both = run("summary", "--from", day, "--to", day).out
    here = run("summary", "--from", day, "--to", day, "--area", "xa nay").out
    assert "Số buổi hỗ trợ: 2" in both
    assert "Lượt người được giúp: 3" in here
    assert "Số buổi hỗ trợ: 0" in run("summary", "--from", "2026-01-01", "--to", "2026-01-02").out
    ended = run("summary", "--from", day, "--to", day, "--area", "Xã Này", "--out", "week.txt")
    assert (ended.status, ended.out) == (0, "")
    assert (tmp_path / "week.txt").read_text(encoding="utf-8") == here
    refused(run("summary", "--area", "Xã Khác"), "Xã Khác")
    refused(run("summary", "--from", "2026-12-02", "--to", "2026-12-01"), "--to")
    refused(run("summary", "--format", "pdf"), "pdf")
    refused(run("summary", "--out", "no/folder/a.txt"), "no/folder")


def test_the_log_is_given_out_by_area_and_days(run: Run, used: str, tmp_path: Path) -> None:
    database = Database(used)
    for name, area, said in (
        ("an", "Xã Này", "hôm nay giúp 3 bà cài vneid ở =chợ, mất 30 phút"),
        ("be", "Xã Kia", "hôm nay giúp 4 bà nộp hồ sơ trên mạng"),
    ):
        member = Conversation(database, Clock(), name, role="member", area=area)
        member.says(said)
        member.presses("Lưu")
    database.close()
    day = START.astimezone(ZONE).date().isoformat()
    everywhere = list(csv.DictReader(run("export", "--from", day, "--to", day).out.splitlines()))
    assert [(row["địa bàn"], row["tổ"], row["lượt người"], row["kết quả"]) for row in everywhere] == [
        ("Xã Này", "Tổ thôn 2", "3", "xong"),
        ("Xã Kia", "Tổ thôn 2", "4", "xong"),
    ]
    assert not any(cell.startswith("=") for row in everywhere for cell in row.values())
    here = run("export", "log", "--from", day, "--to", day, "--area", "xa kia").out
    assert "Xã Kia" in here
    assert "Xã Này" not in here
    assert run("export", "--from", day, "--to", day, "--format", "xlsx", "--out", "log.xlsx").status == 0
    assert tables.read(tmp_path / "log.xlsx")[0].header[:2] == ("ngày", "địa bàn")
    refused(run("export", "teams", "--from", day), "--from")
    refused(run("export", "nothing"), "nothing")
    refused(run("export", "--from", "2026-12-02", "--to", "2026-12-01"), "--to")


def test_report_tells_the_figures_of_a_period(run: Run, used: str) -> None:
    database = Database(used)
    member = Conversation(database, Clock(), "an", role="member", area="Xã Này")
    member.says("hôm nay giúp 3 bà cài vneid")
    member.presses("Lưu")
    database.close()
    day = START.astimezone(ZONE).date().isoformat()
    assert "Lượt người được giúp: 3" in run("report", "--from", day, "--to", day, "--area", "Xã Này").out
    refused(run("report", "--format", "docx"), "docx")


def test_summary_needs_data(run: Run, tmp_path: Path) -> None:
    refused(run("summary"), "Chưa có dữ liệu")
    assert list(tmp_path.iterdir()) == []


# kb, db, doctor, invite


def test_kb_check_tells_good_from_bad(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("kb", "check").status == 0

    def broken() -> None:
        raise KnowledgeError(["base/vneid.yaml: vneid_quen_mat_khau: steps: thiếu", "base/x.yaml: y: z"])

    monkeypatch.setattr(cli, "load", broken)
    ended = run("kb", "check")
    assert ended.status == 1
    assert ended.out.splitlines() == ["base/vneid.yaml: vneid_quen_mat_khau: steps: thiếu", "base/x.yaml: y: z"]
    assert "2" in ended.err


@pytest.mark.parametrize(
    "command", [("run",), ("ask", "a"), ("simulate", "--from", "2026-12-07", "--to", "2026-12-08")]
)
def test_knowledge_with_an_error_is_one_line_and_nothing_is_written(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], tmp_path: Path
) -> None:
    def broken() -> None:
        raise KnowledgeError(["base/vneid.yaml: vneid_quen_mat_khau: steps: thiếu"])

    monkeypatch.setattr("bot.wiring.load", broken)
    monkeypatch.setenv("CNSCD_HTTP_PORT", "0")
    refused(run(*command), "base/vneid.yaml: vneid_quen_mat_khau")
    assert not (tmp_path / "data").exists()


def test_kb_search_and_stats(run: Run) -> None:
    lines = run("kb", "search", "quen", "mat", "khau", "vneid", "--limit", "3").out.splitlines()
    assert len(lines) == 3
    assert re.match(r"\d\.\d{3}  vneid_quen_mat_khau  ", lines[0])
    knowledge = load()
    assert any(str(len(knowledge.entries)) in line for line in run("kb", "stats").out.splitlines())


def test_db_upgrade_makes_the_tables_and_says_so(
    run: Run, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNSCD_DATABASE_URL", empty_database_url)
    first, second = run("db", "upgrade"), run("db", "upgrade")
    assert (first.status, second.status) == (0, 0)
    assert "trống" in first.out
    assert "trống" not in second.out


def test_commands_refuse_a_database_that_is_newer_than_they(run: Run, used: str) -> None:
    database = Database(used)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for command in (("db", "upgrade"), ("invite", "--role", "admin"), ("summary",), ("chat",)):
        refused(run(*command), "9999")
    with database.reading() as db:
        assert not people.has_real_data(db)
    database.close()


def test_doctor_tells_what_is_wrong(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run("doctor", "--json")
    assert ended.status == 1
    findings = json.loads(ended.out)
    assert all(set(finding) == {"name", "ok", "says"} for finding in findings)
    assert [finding["name"] for finding in findings if not finding["ok"]] == ["cơ sở dữ liệu"]
    assert not Path("data").exists()
    monkeypatch.setenv("CNSCD_DATABASE_URL", database_url)
    ended = run("doctor", "--json")
    assert ended.status == 0
    assert all(finding["ok"] for finding in json.loads(ended.out))
    assert "✓" in run("doctor").out


def test_invite_makes_what_it_names_and_ends_the_demonstration(run: Run, used: str) -> None:
    database = Database(used)
    with database.transaction() as db:
        demonstration.build(db, START)
    ended = run("invite", "--role", "leader", "--area", "Xã Mới", "--team", "Tổ thôn 2")
    assert ended.status == 0
    code = ended.out.strip()
    assert len(ended.out.splitlines()) == 1
    assert [word in ended.err for word in ("trình diễn", "Xã Mới", "Tổ thôn 2", f"/start {code}")] == [True] * 4
    again = run("invite", "--role", "member", "--area", "xa moi", "--team", "to thon 2")
    assert again.status == 0
    with database.reading() as db:
        assert not people.has_demo_data(db)
        (area,), (team,) = areas.areas(db), areas.teams(db, None)
        assert (area.name, team.name, team.village) == ("Xã Mới", "Tổ thôn 2", "thôn 2")
    assert run("invite", "--role", "coordinator", "--area", f"{area.id}").status == 0
    assert run("invite", "--role", "admin").status == 0
    with database.reading() as db:
        kept = db.scalars(select(Invite).order_by(Invite.id)).all()
    assert [(one.role, one.area_id, one.team_id) for one in kept] == [
        ("leader", None, team.id),
        ("member", None, team.id),
        ("coordinator", area.id, None),
        ("admin", None, None),
    ]
    assert kept[0].code_hash == code_hash(code)
    assert code not in {one.code_hash for one in kept}
    database.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--role", "king"), "king"),
        (("--role", "member", "--team", "Tổ 1"), "--area"),
        (("--role", "admin", "--team", "Tổ 1", "--area", "Xã"), "--team"),
        (("--role", "coordinator", "--area", " "), "--area"),
        (("--role", "member", "--area", "Xã", "--team", " "), "--team"),
    ],
)
def test_a_wrong_invitation_is_refused_and_leaves_nothing(
    run: Run, used: str, arguments: tuple[str, ...], words: str
) -> None:
    refused(run("invite", *arguments), words)
    database = Database(used)
    with database.reading() as db:
        assert not people.has_real_data(db)
    database.close()


# Mistakes


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("ask", "--loud", "a"),
        ("run", "now"),
        ("kb", "search", "--limit", "0", "a"),
        ("kb", "search"),
        ("invite",),
        ("deadlines", "--from", "2026-12-1"),
        ("deadlines", "--from", "20261214"),
        ("deadlines", "--to", "2026-W50-1"),
        ("deadlines", "--from", "2026-02-30"),
        ("deadlines", "--from", "9999-12-31"),
        ("deadlines", "--from", "0001-01-01"),
        ("deadlines", "--from", "2026-12-02", "--to", "2026-12-01"),
        ("simulate", "--from", "today", "--to", "2026-12-01"),
        ("ask", "--today", "hôm nay", "a"),
        ("log", "parse", "--today", "x", "a"),
        ("chat", "--as", "king"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(run: Run, arguments: tuple[str, ...], tmp_path: Path) -> None:
    refused(run(*arguments), "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["CNSCD_HTTP_PORT", "CNSCD_NOTHING"])
@pytest.mark.parametrize("command", [("run",), ("ask", "a"), ("doctor",), ("invite", "--role", "admin")])
def test_a_wrong_setting_is_one_line_for_every_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], name: str, tmp_path: Path
) -> None:
    monkeypatch.setenv(name, "x")
    refused(run(*command), name)
    assert list(tmp_path.iterdir()) == []


def test_the_span_of_a_year_is_quick_enough(run: Run) -> None:
    found = run("deadlines", "--json", "--from", "2026-01-01", "--to", "2026-12-31").objects
    assert date.fromisoformat(found[0]["last_day"]).year == 2026
    assert len(found) >= 10
