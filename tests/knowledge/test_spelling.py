"""What was typed is read as words: shorthand, regional words, glued and mistyped words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.spelling import Repairer, read

REPAIRER = Repairer(dict.fromkeys(["dich", "vu", "cong", "truc", "tuyen", "ho", "so", "nop", "khai", "sinh"], 1))


def folded(text: str) -> str:
    return " ".join(word.fold for word in read(text))


def repaired(text: str) -> str:
    return " ".join(word.fold for word in REPAIRER.repair(read(text)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dvc dang nhap ko dc", "dich vu cong dang nhap khong duoc"),
        ("vn eid quen mk", "vneid quen mat khau"),
        ("làm ở mô", "lam o dau"),
        ("chi rứa", "gi the"),
    ],
)
def test_writes_shorthand_and_regional_words_out(typed: str, meant: str) -> None:
    assert folded(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("KH 892 về trường học", "ke hoach 892 ve truong hoc"),
        ("qđ số 505", "quyet dinh so 505"),
        ("942/QĐ-TTg", "942 quyet dinh ttg"),
        ("em kh biết", "em khong biet"),
    ],
)
def test_a_kind_of_document_is_written_out_beside_its_number(typed: str, meant: str) -> None:
    assert folded(typed) == meant


def test_chi_without_marks_may_be_another_word() -> None:
    assert folded("chi tieu") == "chi tieu"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dichvucong", "dich vu cong"),
        ("hho sso", "ho so"),
        ("npo ho so", "nop ho so"),
        ("tuyn", "tuyen"),
        ("khaisinh", "khai sinh"),
        ("khai sinhf", "khai sinh"),
        ("dij vuj coong truwcj tuyeens", "dij vu cong truc tuyen"),
        ("ho62 so7 truc75 tuyen61", "ho so truc tuyen"),
    ],
)
def test_repairs_unknown_words(typed: str, meant: str) -> None:
    assert repaired(typed) == meant


@pytest.mark.parametrize("typed", ["ho so", "zzzzzz", "1022", "a", "k" * 500])
def test_leaves_known_and_hopeless_words_alone(typed: str) -> None:
    assert repaired(typed) == folded(typed)


@given(st.text(max_size=300))
def test_never_raises(text: str) -> None:
    REPAIRER.repair(read(text))


BESIDE = Repairer(
    {"bao": 9, "cao": 9, "bo": 5, "mat": 9, "khau": 9, "quen": 9, "hoa": 3, "khoa": 300, "tai": 5, "khoan": 9},
    {"bao cao": 8, "quen mat": 6, "mat khau": 9, "khoa tai": 900, "tai khoan": 9},
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("baoo cao", "bao cao"),
        ("kuen matkhau", "quen mat khau"),
        ("hoa tai khoann", "khoa tai khoan"),  # "hoa" is a word, and not the one before "tai khoan"
        ("hoa tai khoan", "hoa tai khoan"),  # in a text without a slip it was meant
        ("quen mmk", "quen mat khau"),
        ("quenmk", "quen mat khau"),
    ],
)
def test_the_words_beside_tell_which_word_was_meant(typed: str, meant: str) -> None:
    assert " ".join(word.fold for word in BESIDE.repair(read(typed))) == meant
