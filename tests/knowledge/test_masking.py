"""Masking hides what is personal and leaves what is public."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.masking import REPLACEMENTS, mask


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("cccd 045123456789", "identity"),
        ("số 045 123 456 789 của bác", "identity"),
        ("cccd 045.123.456.789", "identity"),
        ("cmnd 201234567", "identity"),
        ("gọi 0905123456", "phone"),
        ("gọi +84 905.123.456", "phone"),
        ("0905-123-456", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("số thẻ 9704 1234 5678 9012", "card"),
        ("stk 0123 4567 8901 vcb", "account"),
        ("số tài khoản: 19001234567", "account"),
        ("DN4790123456789", "insurance"),
        ("mã bhxh 0123456789", "insurance"),
        ("otp 123456", "otp"),
        ("mã otp là 482 913", "otp"),
        ("mật khẩu: abc@123", "password"),
        ("mat khau la hoang123", "password"),
        ("mk 123456", "password"),
        ("passcode 123456", "password"),
    ],
)
def test_personal_data_is_masked(text: str, kind: str) -> None:
    masked = mask(text)
    assert masked.kinds == (kind,)
    assert REPLACEMENTS[kind] in masked.text
    assert not any(mark.isdigit() for mark in masked.text)


@pytest.mark.parametrize(
    "text",
    [
        "113 156 5656 1022 1900.0368 19000368 1800.1096 1900 9068 069.2348560 0235.1022 0236.383.1022",
        "2098/QĐ-UBND và 59/2022/NĐ-CP",
        "15/11/2026, 15-11-2026",
        "1.200.000đ, 20 triệu, 1.200 người",
        "quên mật khẩu vneid",
        "mật khẩu mấy ký tự",
        "mật khẩu tối thiểu 8 ký tự",
        "mã otp là gì",
        "mk vneid bi khoa",
    ],
)
def test_public_numbers_and_questions_survive(text: str) -> None:
    assert mask(text).text == text
    assert mask(text).kinds == ()


def test_a_following_count_is_not_swallowed() -> None:
    assert mask("sđt 0905 123 456 3 bà").text == "sđt [số điện thoại] 3 bà"


_PIECES = st.sampled_from(
    [
        "otp",
        "mật khẩu",
        "mk",
        "stk",
        "cccd",
        "là",
        ":",
        "0905123456",
        "045 123 456 789",
        "123456",
        "abc@1",
        "bà",
        "[",
        "]",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=10).map(" ".join)))
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text).text
    assert mask(once).text == once
    assert mask(once).kinds == ()
