"""Hours of duty as coordinators type them."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.duty_times import read

MORNING, AFTERNOON = (time(7, 30), time(11, 30)), (time(13, 30), time(17, 0))


def days(*numbers: int, hours: tuple[tuple[time, time], ...]) -> tuple[tuple[int, time, time], ...]:
    """Return the same hours on several days."""
    return tuple(sorted((day, *span) for day in numbers for span in hours))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thứ hai đến thứ sáu 7h30-11h30 và 13h30-17h", days(1, 2, 3, 4, 5, hours=(MORNING, AFTERNOON))),
        ("t2-t6 7:30-11:30, 13:30-17:00", days(1, 2, 3, 4, 5, hours=(MORNING, AFTERNOON))),
        ("thu 2, 4 va 6 sang", days(1, 3, 5, hours=(MORNING,))),
        ("thứ bảy cả ngày; chủ nhật sáng", days(6, hours=(MORNING, AFTERNOON)) + days(7, hours=(MORNING,))),
        ("ngày thường giờ hành chính", days(1, 2, 3, 4, 5, hours=(MORNING, AFTERNOON))),
        ("mỗi ngày từ 11h30 đến 13h30", days(*range(1, 8), hours=((time(11, 30), time(13, 30)),))),
        ("thứ hai, từ 7h30-11h30", days(1, hours=(MORNING,))),
        ("thứ hai và tư từ 7h30-11h30", days(1, 3, hours=(MORNING,))),
        ("thu tu 7h30-11h30", days(3, hours=(MORNING,))),
        ("thứ hai 1h30-5h chiều", days(1, hours=(AFTERNOON,))),
        ("thứ ba 7 giờ rưỡi đến 11 giờ rưỡi", days(2, hours=(MORNING,))),
    ],
)
def test_days_and_hours_are_understood(text: str, expected: tuple[tuple[int, time, time], ...]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "lúc nào cũng được", "thứ hai", "7h30-11h30", "thứ hai 17h-9h", "thứ hai 25h-26h", "thứ năm 8h-10h, 9h-11h",
        "thứ hai 7h-8h, 9h-10h, 11h-12h", "thứ hai 7h-8h; chuyện khác",
    ],
)  # fmt: skip
def test_what_is_unclear_or_impossible_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    ranges = read(text)
    assert ranges is None or all(1 <= day <= 7 and begins < ends for day, begins, ends in ranges)


@given(st.integers(1, 7), st.integers(0, 22), st.integers(0, 59), st.integers(1, 60))
def test_what_is_written_out_is_read_back(day: int, hour: int, minute: int, length: int) -> None:
    names = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")
    begins = time(hour, minute)
    ends = time(hour + (minute + length) // 60, (minute + length) % 60)
    assert read(f"{names[day - 1]} {begins:%H:%M}-{ends:%H:%M}") == ((day, begins, ends),)
