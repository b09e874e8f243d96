"""A fault in the knowledge is named by file and entry; the knowledge that ships has none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge import check
from knowledge.loader import KnowledgeError, load, load_from

TODAY = date(2026, 11, 21)
PLAN = "thu_2023"
Tree = dict[str, Any]


def tree() -> Tree:
    """Return a small knowledge without a fault, as file contents by path."""
    entry = {
        "id": "mot",
        "topic": "vneid",
        "title": "Một việc",
        "phrasings": [f"cách hỏi số {number}" for number in range(8)],
        "answer": "Bác làm như sau:\n1. Mở máy.\n2. Bấm nút.\n3. Chờ 5 phút là xong.",
        "facts": [{"claim": "Chờ 5 phút", "source": "S1"}],
        "related": ["hai"],
        "checked_on": date(2026, 11, 1),
        "confidence": "high",
    }
    others = [*(f"hỏi khác {number}" for number in range(8)), "Đổi mật khẩu tài khoản định danh ạ"]
    second = {**entry, "id": "hai", "phrasings": others, "related": []}
    common = {"section": "Mục I", "who": "Các thôn", "what": "Báo cáo"}
    rule = {**common, "id": "han_quy", "to": "UBND", "when": "trước ngày 15", "every": "quarter", "month": 3, "day": 15}
    return {
        "base/topics.yaml": [{"id": "vneid", "title": "VNeID"}],
        "base/sources.yaml": {"S1": {"title": "Nguồn một"}},
        "base/vneid.yaml": [entry],
        "base/khac.yaml": [second],
        f"plans/{PLAN}/document.yaml": {
            "id": PLAN,
            "title": "Kế hoạch thử",
            "kind": "kế hoạch",
            "issuer": "UBND xã Thử",
            "year": 2023,
            "place": "xã Thử",
            "place_aliases": ["Thử"],
            "province_then": "tỉnh Thử",
            "today": "Vẫn là xã Thử.",
            "period_end": date(2023, 12, 31),
        },
        f"plans/{PLAN}/duties.yaml": [{**common, "id": "viec_mot"}],
        f"plans/{PLAN}/deadlines.yaml": [rule],
    }


def written(root: Path, made: Tree) -> Path:
    """Write the files under a folder; a string is written as it is."""
    for path, content in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def found(root: Path) -> list[str]:
    """Return the problems as `kb check` finds them."""
    try:
        return check.problems(load_from(root), TODAY)
    except KnowledgeError as error:
        return error.problems


def test_the_small_knowledge_is_faultless(tmp_path: Path) -> None:
    assert found(written(tmp_path, tree())) == []


def test_the_knowledge_that_ships_is_faultless() -> None:
    assert check.problems(load(), TODAY) == []


def entry(**changes: Any) -> Callable[[Tree], None]:
    """Change the entry `mot`."""
    return lambda made: made["base/vneid.yaml"][0].update(changes)


def rule(**changes: Any) -> Callable[[Tree], None]:
    """Change the deadline `han_quy`."""
    return lambda made: made[f"plans/{PLAN}/deadlines.yaml"][0].update(changes)


def document(**changes: Any) -> Callable[[Tree], None]:
    """Change the plan's document."""
    return lambda made: made[f"plans/{PLAN}/document.yaml"].update(changes)


def content(path: str, text: Any) -> Callable[[Tree], None]:
    """Put something else into a file."""
    return lambda made: made.update({path: text})


VNEID, DEADLINES = "base/vneid.yaml:1: mot: ", f"plans/{PLAN}/deadlines.yaml:1: han_quy: "


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (content("base/vneid.yaml", "- id: [mot"), "base/vneid.yaml: không đọc được"),
        (content("base/vneid.yaml", "chỉ là chữ"), "base/vneid.yaml: phải là một danh sách"),
        (content("base/vneid.yaml", ""), "base/vneid.yaml: phải là một danh sách"),
        (
            content("base/sources.yaml", "S1: {title: A}\nS1: {title: B}\n"),
            "base/sources.yaml: không đọc được: «S1» lặp",
        ),
        (content("base/vneid.yaml", ["mot"]), "base/vneid.yaml:1: mục 1: "),
        (entry(unknown_key=1), VNEID + "unknown_key: "),
        (entry(title=None), VNEID + "title: "),
        (entry(id="Một Việc"), "base/vneid.yaml:1: Một Việc: id: "),
        (entry(answer="ngắn"), VNEID + "answer: "),
        (entry(answer="dài " * 200), VNEID + "answer: "),
        (entry(phrasings=["ít"]), VNEID + "phrasings: "),
        (entry(facts=[]), VNEID + "facts: "),
        (entry(checked_on="hôm qua"), VNEID + "checked_on: "),
        (entry(id="hai"), "base/vneid.yaml:1: hai: id này đã có ở base/khac.yaml:1"),
        (entry(topic="khong_co"), VNEID + "topic khong_co không có"),
        (entry(title="Tiêu đề này dài quá nên không vừa một nút bấm nào"), VNEID + "title dài hơn 40"),
        (entry(facts=[{"claim": "A", "source": "S9"}]), VNEID + "nguồn S9 không có"),
        (entry(related=["ba"]), VNEID + "mục liên quan ba không có"),
        (entry(refines="bon"), VNEID + "mục liên quan bon không có"),
        (entry(sections={"problems": "dài " * 300}), VNEID + "phần problems dài hơn 900"),
        (entry(checked_on=date(2026, 11, 22)), VNEID + "checked_on 2026-11-22 ở tương lai"),
        (entry(checked_on=date(2025, 1, 1)), VNEID + "chưa kiểm lại từ 2025-01-01"),
        (entry(valid_until=date(2026, 11, 20)), VNEID + "hết hiệu lực từ 2026-11-20"),
        (
            entry(phrasings=[*(f"cách hỏi {n}" for n in range(8)), "HOI KHAC 3"]),
            VNEID + "cách hỏi «HOI KHAC 3» đã có ở hai",
        ),
        (
            entry(phrasings=[*(f"cách hỏi {n}" for n in range(8)), "3 khac hoi"]),
            VNEID + "cách hỏi «3 khac hoi» đã có ở hai",
        ),
        (
            entry(phrasings=[*(f"cách hỏi {n}" for n in range(8)), "Đổi mật khẩu tài khoản định danh"]),
            "cách hỏi «Đổi mật khẩu tài khoản định danh» đã có ở hai",
        ),
        (
            entry(answer="Bác làm như sau:\n1. Mở máy.\n2. Gọi số 1900 khi cần."),
            VNEID + "số 1900 trong answer không có",
        ),
        (
            entry(sections={"cost_time": "Phí 1.000.000 đồng, 07 ngày."}),
            VNEID + "số 1000000, 7 trong cost_time không có",
        ),
        (entry(title="Mo\u0323\u0302t vie\u0323\u0302c"), VNEID + "chữ không ở dạng NFC"),
        (document(id="khac_2023"), f"plans/{PLAN}/document.yaml: id phải trùng tên thư mục"),
        (document(period_end=None), f"plans/{PLAN}/document.yaml:1: : period_end: "),
        (lambda made: made.pop(f"plans/{PLAN}/document.yaml"), f"{PLAN}/document.yaml: không đọc được"),
        (rule(id="viec_mot"), f"plans/{PLAN}/deadlines.yaml:1: viec_mot: id này đã có ở plans/{PLAN}/duties.yaml:1"),
        (rule(day=32), DEADLINES + "day: "),
        (rule(every="week"), DEADLINES + "every: "),
        (rule(every=None, month=None), DEADLINES + "có ngày mà không có nhịp"),
        (rule(month=None), DEADLINES + "nhịp quarter cần month"),
        (rule(month=4), DEADLINES + "month 4 dài hơn nhịp quarter"),
    ],
)
def test_a_planted_fault_is_found_and_named(tmp_path: Path, plant: Callable[[Tree], object], told: str) -> None:
    made = tree()
    plant(made)
    problems = found(written(tmp_path, made))
    assert any(told in problem for problem in problems), problems


def test_an_id_too_long_for_a_button_is_found(tmp_path: Path) -> None:
    made, name = tree(), "p" * 27 + "_2023"
    document = made.pop(f"plans/{PLAN}/document.yaml")
    made = {path: content for path, content in made.items() if "plans/" not in path}
    made[f"plans/{name}/document.yaml"] = {**document, "id": name}
    made[f"plans/{name}/duties.yaml"] = [{"section": "I", "who": "A", "what": "B", "id": "v" * 32}]
    assert found(written(tmp_path, made)) == [f"plans/{name}/duties.yaml:1: {'v' * 32}: id quá dài cho một nút bấm"]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    made = tree()
    made["base/vneid.yaml"][0]["answer"] = "ngắn"
    made["base/khac.yaml"] = "["
    made[f"plans/{PLAN}/deadlines.yaml"][0]["day"] = 99
    problems = found(written(tmp_path, made))
    assert [problem.split(":")[0] for problem in problems] == [
        "base/khac.yaml",
        "base/vneid.yaml",
        f"plans/{PLAN}/deadlines.yaml",
    ]


def test_the_statistics_count_what_is_there(tmp_path: Path) -> None:
    lines = check.stats(load_from(written(tmp_path, tree())))
    kinds = "0 chỉ tiêu, 0 kết quả, 1 nhiệm vụ, 1 hạn, 0 hệ thống, 0 văn bản được nêu, 0 khoản kinh phí, 0 điểm khác"
    assert lines == [
        "2 mục hướng dẫn, 17 cách hỏi, 2 điều có nguồn",
        "  vneid: 2",
        "  kiểm lâu nhất: hai, ngày 2026-11-01; chưa xác nhận: 0 điều",
        "1 nguồn, 1 văn bản",
        f"  {PLAN}: {kinds}",
        f"2 dữ kiện của các văn bản, 0 cách hỏi: {kinds}",
    ]


def test_an_entry_without_a_test_question_is_named(tmp_path: Path) -> None:
    knowledge = load_from(written(tmp_path, tree()))
    assert check.problems(knowledge, TODAY, tested={"mot"}) == ["base/khac.yaml:1: hai: chưa có câu hỏi thử nào"]


def test_a_plan_is_found_by_its_place() -> None:
    knowledge = load()
    for name, plan_id in (("phường Đông Thanh", "dong_thanh_2023"), ("dong hoi", "dong_hoi_2023")):
        plan = knowledge.plan_of_place(name)
        assert plan is not None
        assert plan is knowledge.plan_of_place(plan_id)
        assert plan.document.id == plan_id
    assert knowledge.plan_of_place("Cà Mau") is None
