"""Every figure of a plan's record stands in the section that the record names, and the records leave none out.

The fixtures in `tests/plans` hold each document's sections and the figures in them. Where the folder named by
`PLAN_SOURCES` has the documents themselves, the fixtures are compared with them as well.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from knowledge.figures import figures_in
from knowledge.loader import load
from knowledge.schema import BudgetLine, CitedDocument, Deadline, Duty, Figure, Plan, PlanRecord, Point, System
from tests.support.plan_documents import Outline, divided_document, figures_of_section, load_outline, named

PLANS = load().plans
OUTLINES = {plan: load_outline(Path(__file__).parents[1] / "plans" / f"{plan}.yaml") for plan in PLANS}
_YEAR = re.compile(r"20\d\d")
_SCALE = {"nghìn": 1e3, "triệu": 1e6, "tỷ": 1e9}
PASSING = {"4.0", "3.4"}
"""What looks like a figure of a document and is none: "công nghiệp 4.0", "dịch vụ công mức độ 3,4"."""


def told(record: PlanRecord) -> list[str]:
    """Return what a record says as the document's word; notes and what holds today are ours."""
    match record:
        case Figure():
            texts = [] if record.counted else [record.value, record.detail, record.scope]
        case Duty():
            texts = [record.who, record.what, record.due]
        case Deadline():
            texts = [record.who, record.to, record.what, record.when]
            texts += [str(record.day)] if record.day else []
            texts += [f"{record.on.day} {record.on.month}"] if record.on else []
        case System():
            texts = [record.name, record.what]
        case CitedDocument():
            texts = [record.number, record.dated, record.issuer, record.subject]
        case Point():
            texts = [record.about, record.what]
        case BudgetLine():
            texts = [record.what, record.amount, record.source_of_money]
        case _:
            raise TypeError(type(record))
    return [text for text in texts if text]


def unsupported(plan: Plan, outline: Outline) -> list[str]:
    """Return one line for each record with a figure that its section does not have."""
    # A year may stand in the title or in the heading of a table, far from the line that it dates.
    years = {figure for one in outline.sections for figure in one.figures if _YEAR.fullmatch(figure)}
    years.add(str(plan.document.year))
    problems = []
    for record in plan.records:
        figures = {figure for text in told(record) for figure in figures_in(text)}
        missing = figures - outline.figures_of(record.section) - years
        if missing:
            problems.append(f"{record.id} ({record.section}): {sorted(missing)}")
    return problems


def untold(plan: Plan, outline: Outline) -> list[str]:
    """Return one line for each figure of the document that no record of its section tells."""
    told_in: dict[str, set[str]] = {section.name: set() for section in outline.sections}
    for record in plan.records:
        shown = " ".join(str(value) for value in record.model_dump(exclude={"id", "asks", "section"}).values())
        for name in named(record.section):
            for section in outline.within(name):
                told_in[section.name].update(figures_in(shown))
    identity = set(figures_in(" ".join(str(value) for value in plan.document.model_dump().values())))
    return [
        f"{section.name}: {figure}"
        for section in outline.sections
        for figure in section.figures
        if figure not in told_in[section.name] | identity | PASSING and not _YEAR.fullmatch(figure)
    ]


@pytest.mark.parametrize("plan", PLANS)
def test_every_figure_of_a_record_stands_in_its_section(plan: str) -> None:
    assert unsupported(PLANS[plan], OUTLINES[plan]) == []


@pytest.mark.parametrize("plan", PLANS)
def test_every_figure_of_the_document_is_told_by_a_record(plan: str) -> None:
    assert untold(PLANS[plan], OUTLINES[plan]) == []


@pytest.mark.parametrize("plan", PLANS)
def test_the_number_of_a_record_is_the_number_that_it_shows(plan: str) -> None:
    for figure in PLANS[plan].figures:
        if figure.number is not None:
            scale = next((by for word, by in _SCALE.items() if f" {word} " in f" {figure.value} "), 1.0)
            shown = {float(number) for number in figures_in(figure.value)}
            assert {number * scale for number in shown} | shown >= {figure.number}, figure.id


@pytest.mark.parametrize("plan", PLANS)
def test_a_counted_number_says_so(plan: str) -> None:
    for figure in PLANS[plan].figures:
        if figure.counted:
            assert "đếm" in (figure.note or ""), figure.id


@pytest.mark.parametrize("plan", PLANS)
def test_the_fixture_is_what_the_document_says(plan: str) -> None:
    folder = os.environ.get("PLAN_SOURCES")
    if folder is None:
        pytest.skip("PLAN_SOURCES names no folder with the documents")
    divided = divided_document(Path(folder), OUTLINES[plan])
    for section in OUTLINES[plan].sections:
        assert set(section.figures) == figures_of_section(divided[section.name]), section.name


def test_a_wrong_figure_would_be_found() -> None:
    plan = PLANS["duc_pho_2023"]
    wrong = plan.figures[0].model_copy(update={"value": "98 tổ"})
    assert unsupported(plan.model_copy(update={"figures": (wrong,)}), OUTLINES["duc_pho_2023"])


def test_a_figure_left_out_would_be_found() -> None:
    plan = PLANS["duc_pho_2023"]
    kept = tuple(figure for figure in plan.figures if not figure.about_teams)
    assert untold(plan.model_copy(update={"figures": kept}), OUTLINES["duc_pho_2023"])
