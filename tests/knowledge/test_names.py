"""Whom a spoken name means among some people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.names import apart, matching

TEAM = {1: "Nguyễn Thị Tám", 2: "Lê Văn Tám", 3: "Trần Thị Hoa", 4: "Hoàng Hòa", 6: "Bà Út (bí thư)"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("bà Tám", [1, 2]),
        ("Tám", [1, 2]),
        ("cô tam", [1, 2]),
        ("Thị Tám", [1]),
        ("le van tam", [2]),
        ("lê vân tám", [2]),
        ("le vam tam", [2]),
        ("chị Hoa", [3]),
        ("anh Hòa", [4]),
        ("hoà", [4]),
        ("hoa", [3, 4]),
        ("chị Họa", []),
        ("út", [6]),
        ("bà út", [6]),
        ("bà", []),
        ("chị", []),
        ("ai đó", []),
        ("", []),
        ("!?", []),
    ],
)
def test_a_name_means_those_who_go_by_it(said: str, meant: list[int]) -> None:
    assert matching(said, TEAM) == meant


def test_a_name_kept_without_marks_is_compared_without_them() -> None:
    assert matching("bà Tám", {1: "Nguyen Thi Tam"}) == [1]
    assert matching("chị Hoa", {1: "Trần Hòa"}) == [1], "nobody else is called nearly so"


def test_joined_names_are_told_apart() -> None:
    assert apart("bà Tám và ông Bảy, chị Hoa với Vân") == ["bà Tám", "ông Bảy", "chị Hoa", "Vân"]
    assert apart(" ba Tam cung ong Bay ") == ["ba Tam", "ong Bay"]
    assert apart("") == apart(" , ") == []


@given(st.text(), st.text())
def test_any_text_is_compared_without_an_exception(said: str, name: str) -> None:
    assert matching(said, {1: name}) in ([], [1])


@given(st.sampled_from([*TEAM.values()]))
def test_everybody_goes_by_their_full_name(name: str) -> None:
    assert name in [TEAM[person] for person in matching(name, TEAM)]
