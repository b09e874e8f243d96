"""Day expressions, seen from Friday 20 November 2026."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.dates import read_day

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hôm nay", 20), ("sáng nay", 20), ("hồi sáng", 20), ("hôm qua", 19), ("chiều qua", 19), ("toi qua", 19),
        ("bữa qua", 19), ("hôm kia", 18), ("thứ sáu", 20), ("sáng thứ bảy", 14), ("t7", 14), ("thứ 2 vừa rồi", 16),
        ("chủ nhật tuần trước", 15), ("chu nhat", 15), ("15/11", 15), ("15-11-2026", 15), ("ngày 15", 15),
        ("mùng 5", 5), ("ngày 15 tháng 11", 15), ("cách đây 3 ngày", 17), ("2 hôm trước", 18), ("25/11", 25),
        ("mai", 21),
    ],
)  # fmt: skip
def test_days_of_this_month(text: str, day: int) -> None:
    assert read_day(text, TODAY) == date(2026, 11, day)


def test_day_number_still_to_come_is_last_months() -> None:
    assert read_day("ngày 28", TODAY) == date(2026, 10, 28)


def test_day_and_month_far_ahead_is_last_years() -> None:
    assert read_day("28/12", date(2027, 1, 3)) == date(2026, 12, 28)


@pytest.mark.parametrize("text", ["tuần trước", "bữa trước", "hôm bữa", "hôm nọ", "mấy hôm trước", "31/11", "năm 2024"])
def test_vague_days(text: str) -> None:
    assert read_day(text, TODAY) is None


_BACKWARD = st.sampled_from(
    ["hôm nay", "hôm qua", "thứ hai", "thứ bảy", "cn", "t5", "sáng thứ tư", "ngày 1", "ngày 15", "ngày 31", "mùng 5"]
)


@given(_BACKWARD, st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_days_not_written_out_are_never_ahead(text: str, today: date) -> None:
    found = read_day(text, today)
    assert found is not None
    assert found <= today
    assert today - found < timedelta(days=63)


@given(st.text(max_size=40), st.dates())
def test_any_text_is_read(text: str, today: date) -> None:
    read_day(text, today)
