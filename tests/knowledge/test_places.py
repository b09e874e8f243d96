"""Places and years are found however they are typed, and a wider area is never taken for the plan's own place."""

from __future__ import annotations

import pytest

from knowledge.loader import load
from knowledge.places import Gazetteer, Named
from knowledge.spelling import read

GAZETTEER = Gazetteer(load().plans.values())


def find(text: str) -> Named:
    return GAZETTEER.read(read(text))


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("Quảng Nam có mấy tổ", "quang_nam_2024"),
        ("quang nam co may to", "quang_nam_2024"),
        ("quãng nam có mấy tổ", "quang_nam_2024"),
        ("TX. Đức Phổ có mấy tổ", "duc_pho_2023"),
        ("thị xã duc pho có mấy tổ", "duc_pho_2023"),
        ("tp đồng hới có mấy tổ", "dong_hoi_2023"),
        ("bắc gaing có mấy tổ", "bac_giang_2022"),
        ("TXĐP có mấy tổ", "duc_pho_2023"),
        ("dhoi co may to", "dong_hoi_2023"),
        ("đ.thanh có mấy tổ", "dong_thanh_2023"),
        ("xứ Quảng có mấy tổ", "quang_nam_2024"),
        ("tp.đh có mấy tổ", "dong_hoi_2023"),
        ("đ.hới có mấy tổ", "dong_hoi_2023"),
        ("phường ĐT có mấy tổ", "dong_thanh_2023"),
        ("tinh qn co may to", "quang_nam_2024"),
    ],
)
def test_finds_the_plan_of_a_place_and_takes_the_place_out(text: str, plan: str) -> None:
    named = find(text)
    assert named.plans == (plan,)
    assert not named.wider
    assert [word.fold for word in named.rest] == ["co", "may", "to"]


@pytest.mark.parametrize(
    "text", ["Quảng Ngãi có mấy tổ", "tinh quang binh co may to", "bắc ninh", "tp đông hà", "tỉnh QB"]
)
def test_a_wider_area_is_marked(text: str) -> None:
    named = find(text)
    assert named.wider == set(named.plans)
    assert named.wider


@pytest.mark.parametrize(
    ("text", "place"), [("Hà Nội có mấy tổ", "Hà Nội"), ("nghe an co may to", "Nghệ An"), ("tỉnh Huế", "Huế")]
)
def test_finds_other_places(text: str, place: str) -> None:
    named = find(text)
    assert named.elsewhere == (place,)
    assert not named.plans
    assert not named.abroad


@pytest.mark.parametrize("text", ["hồ sơ ở {} đồng hới", "hồ sơ ở {} đức phổ", "hồ sơ ở {} quảng nam"])
@pytest.mark.parametrize("level", ["cấp xã", "xã phường", "các phường", "xã, phường"])
def test_a_level_below_a_place_stays_in_the_question(text: str, level: str) -> None:
    named = find(text.format(level))
    assert len(named.plans) == 1
    assert [word.canon for word in named.rest] == ["hồ", "sơ", "ở", *level.replace(",", "").split()]


def test_other_countries_are_abroad() -> None:
    assert find("visa đi hàn quốc").abroad


@pytest.mark.parametrize("text", ["bác nói giảng bài", "cho con", "đồng ý thanh toán"])
def test_common_words_are_no_place(text: str) -> None:
    named = find(text)
    assert not named.plans
    assert not named.elsewhere


def test_finds_the_year() -> None:
    named = find("quảng nam năm 2023 có mấy tổ")
    assert named.year == 2023
    assert [word.fold for word in named.rest] == ["co", "may", "to"]


@pytest.mark.parametrize(
    ("text", "rest", "place"),
    [
        ("xã Tân Lập có mấy tổ", "có mấy tổ", "xã Tân Lập"),
        ("chỉ tiêu internet của huyện Mù Cang Chải", "chỉ tiêu internet của", "huyện Mù Cang Chải"),
        ("p. Nại Hiên có mấy tổ", "có mấy tổ", "p. Nại Hiên"),
        ("quận Hoàn Kiếm có mấy tổ", "có mấy tổ", "quận Hoàn Kiếm"),
        ("tỉnh QN có mấy tổ", "tỉnh QN có mấy tổ", None),
        ("thành phố Đồng Hới có mấy tổ", "thành phố Đồng Hới có mấy tổ", None),
        ("xã Phúc Hòa thí điểm gì", "xã Phúc Hòa thí điểm gì", None),
        ("ủy ban nhân dân xã nộp cho ai", "ủy ban nhân dân xã nộp cho ai", None),
    ],
)
def test_a_place_that_no_list_has_is_told_by_its_capitals(text: str, rest: str, place: str | None) -> None:
    found, name = GAZETTEER.without_unlisted(text)
    assert (found.split(), name) == (rest.split(), place)
