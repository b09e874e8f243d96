"""Whether places as typed are one, and whether one lies outside a commune."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.own_places import is_elsewhere, same_place

COMMUNE = ("Phường Đông Thanh (trình diễn)", "Xã Đông Cũ")
VILLAGES = ("Thôn 1", "Thôn 2", "Thôn Trung Nghĩa", "Khu phố 3")


@pytest.mark.parametrize(
    "place",
    [
        "thôn 2",
        "thon 2",
        "thôn 2 gần chợ",
        "nhà văn hóa thôn Trung Nghĩa",
        "thon trung nghia",
        "kp 3",
        "khu phố 3",
        "phường Đông Thanh",
        "chợ phường đông thanh",
        "xã Đông Cũ",
        "UBND xã",
        "hội trường xã",
        "xã mình",
        "xã nhà",
        "xóm Đình",
        "tổ 5",
        "chợ Đông Ba",
        "nhà bà Sáu",
        "thôn 2 huyện Hải Lăng",
        "",
    ],
)
def test_what_may_be_ones_own_is_not_doubted(place: str) -> None:
    assert not is_elsewhere(place, COMMUNE, VILLAGES)


@pytest.mark.parametrize(
    "place", ["thôn 9", "nhà văn hóa thôn 12", "kp 5", "xã Tân Lập", "chợ phường Hai Bà Trưng", "thi tran Cam Lộ"]
)
def test_what_names_another_commune_or_a_village_it_does_not_have_is_doubted(place: str) -> None:
    assert is_elsewhere(place, COMMUNE, VILLAGES)


def test_where_nothing_is_known_nothing_is_doubted() -> None:
    assert not is_elsewhere("xã Tân Lập", (), ())
    assert not is_elsewhere("thôn 9", COMMUNE, ())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("thôn 2", "thon 2", True),
        ("thôn 2", "Thôn 2", True),
        ("nhà văn hóa thôn 2", "nha van hoa thon 2", True),
        ("thôn 2", "thôn 3", False),
        ("thôn 2", "chợ", False),
        ("thôn 2", None, True),
        (None, None, True),
    ],
)
def test_places_are_compared_as_people_mean_them(one: str | None, other: str | None, same: bool) -> None:
    assert same_place(one, other) is same
    assert same_place(other, one) is same


@given(st.text(), st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_any_place_is_judged_without_an_exception(place: str, communes: list[str], villages: list[str]) -> None:
    assert is_elsewhere(place, communes, villages) in (True, False)
