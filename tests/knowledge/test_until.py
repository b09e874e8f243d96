"""Until when something shall last, as people say it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.until import read_until

TODAY = date(2026, 11, 21)
"""A Saturday."""

days = st.dates(date(2020, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("said", "last"),
    [
        ("7 ngày", date(2026, 11, 28)),
        ("bảy ngày nữa", date(2026, 11, 28)),
        ("trong 2 tuần", date(2026, 12, 5)),
        ("mot thang", date(2026, 12, 21)),
        ("hết tuần này", date(2026, 11, 22)),
        ("hết tháng", date(2026, 11, 30)),
        ("đến hết ngày 25/12", date(2026, 12, 25)),
        ("25.12", date(2026, 12, 25)),
        ("1/3", date(2027, 3, 1)),
        ("29/2", date(2028, 2, 29)),
        ("21/11", TODAY),
        ("20/11/2026", date(2026, 11, 20)),
    ],
)
def test_a_time_is_understood(said: str, last: date) -> None:
    assert read_until(said, TODAY) == last


@pytest.mark.parametrize("said", ["", "ngày", "hôm nào cũng được", "0 ngày", "31/2", "99999 tháng", "An", "ngày mai à"])
def test_what_names_no_time_is_none(said: str) -> None:
    assert read_until(said, TODAY) is None


@given(today=days, ahead=st.integers(0, 364))
def test_a_day_of_the_next_year_is_read_back_without_its_year(today: date, ahead: int) -> None:
    day = today + timedelta(days=ahead)
    assert read_until(f"{day.day}/{day.month}", today) == day
    assert read_until(f"{day.day}/{day.month}/{day.year}", today) == day


@given(text=st.text(max_size=30), today=days)
def test_any_text_is_a_day_or_none(text: str, today: date) -> None:
    found = read_until(text, today)
    assert found is None or isinstance(found, date)
