"""Which days the label of a period covers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.periods import days_of


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_a_label_covers_its_days(period: str, first: date, last: date) -> None:
    assert days_of(period) == (first, last)


@pytest.mark.parametrize(
    "period", ["", "x", "2026-Q5", "2026-H0", "2026-13", "2025-W53", "2026-12-20", "0000", "26-Q1"]
)
def test_other_labels_cover_nothing(period: str) -> None:
    assert days_of(period) is None


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_each_day_lies_in_its_month_quarter_half_and_year(day: date) -> None:
    quarter, half = (day.month + 2) // 3, (day.month + 5) // 6
    for period in (f"{day:%Y}", f"{day:%Y-%m}", f"{day:%Y}-Q{quarter}", f"{day:%Y}-H{half}", f"{day:%G-W%V}"):
        span = days_of(period)
        assert span is not None
        assert span[0] <= day <= span[1]
        assert days_of(f"{span[0]:%Y-%m}") is not None
        assert span[1] - span[0] < timedelta(days=366)
