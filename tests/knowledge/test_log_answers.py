"""Single answers while logging: how many, what, when, with what result, and plain agreement."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.log_answers import (
    answered_day,
    answered_outcome,
    answered_people,
    answered_place,
    answered_topics,
    answered_yes,
    corrected_to,
)

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("3", 3),
        ("ba", 3),
        ("ba bà", 3),
        ("ba ba", 3),
        ("khoảng năm người", 5),
        ("khoảng chục người", 10),
        ("khoang chuc nguoi", 10),
        ("chừng 10", 10),
        ("co 3 nguoi", 3),
        ("3 ong 2 ba", 5),
        ("12 người", 12),
        ("mười lăm", 15),
        ("1.200", 1200),
        ("một chục", 10),
        ("mấy bà", None),
        ("99999999999", None),
        ("nhiều lắm", None),
        ("blah", None),
        ("", None),
    ],
)
def test_people(text: str, people: int | None) -> None:
    assert answered_people(text) == people


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("cài vneid", {"vneid"}),
        ("cai vneid", {"vneid"}),
        ("nộp hồ sơ dịch vụ công", {"dvctt"}),
        ("cài vneid và chuyển khoản", {"vneid", "thanh_toan"}),
        ("đan rổ", set()),
        ("", set()),
    ],
)
def test_topics(text: str, topics: set[str]) -> None:
    assert set(answered_topics(text)) == topics


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hôm nay", TODAY),
        ("hom qua", date(2026, 11, 20)),
        ("15/11", date(2026, 11, 15)),
        ("thứ bảy", TODAY),
        ("bữa trước", None),
        ("blah", None),
    ],
)
def test_day(text: str, day: date | None) -> None:
    assert answered_day(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("xong hết", "done"), ("Xong rồi ạ", "done"), ("mot phan", "partial"), ("chưa", "failed"), ("thì sao", None)],
)
def test_outcome(text: str, outcome: str | None) -> None:
    assert answered_outcome(text) == outcome


@pytest.mark.parametrize("text", ["đúng", "dung roi", "Dạ vâng ạ", "ừ", "OK", "đồng ý.", "có", "lưu đi"])
def test_agreement(text: str) -> None:
    assert answered_yes(text)


@pytest.mark.parametrize(
    "text", ["không", "chưa đúng", "không đồng ý", "sai rồi", "thôi", "đúng 3 người", "", "ok không"]
)
def test_no_agreement(text: str) -> None:
    assert not answered_yes(text)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("sửa 3 thành 4", "4"),
        ("sua 3 thanh 4 nha", "4"),
        ("không phải thôn 2 mà thôn 3", "thôn 3"),
        ("khong phai hom qua ma hom nay", "hom nay"),
        ("4 người chứ không phải 3", "4 người"),
        ("à nhầm, hôm qua", "hôm qua"),
        ("đúng ra là 5 bác ạ", "5 bác"),
        ("sửa lại 5 người", "5 người"),
        ("sửa", None),
        ("sửa 2", None),
        ("không phải", None),
        ("hôm qua", None),
    ],
)
def test_what_a_correction_puts_in(text: str, new: str | None) -> None:
    assert corrected_to(text) == new


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ở chợ Gò", "chợ Gò"),
        ("thôn 3", "thôn 3"),
        ("o xom Dinh", "xom Dinh"),
        ("cho toi sua", None),
        ("4 người", None),
    ],
)
def test_a_place_is_told_by_its_first_word(text: str, place: str | None) -> None:
    assert answered_place(text) == place
