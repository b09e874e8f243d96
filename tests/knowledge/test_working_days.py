"""Which days offices work: weekends, holidays, swaps, and days that nobody has settled."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.working_days import SpecialDay, WorkingDays, working_days


@pytest.mark.parametrize(
    ("day", "works", "why"),
    [
        (date(2026, 12, 14), True, None),
        (date(2026, 12, 19), False, "cuối tuần"),
        (date(2026, 12, 20), False, "cuối tuần"),
        (date(2026, 11, 24), False, "Ngày Văn hóa Việt Nam (chưa chắc được nghỉ)"),
        (date(2026, 1, 2), False, "Nghỉ hoán đổi Tết Dương lịch"),
        (date(2026, 1, 10), True, None),
        (date(2027, 1, 1), False, "Tết Dương lịch"),
        (date(2027, 4, 30), False, "Ngày Chiến thắng"),
    ],
)
def test_a_day(day: date, works: bool, why: str | None) -> None:
    assert working_days().is_working(day) is works
    told = working_days().why_not(day)
    assert told == why or (why is not None and told is not None and why in told)


def test_a_doubtful_day_counts_as_a_holiday_when_a_day_is_advised() -> None:
    assert working_days().on_or_before(date(2026, 11, 24)) == date(2026, 11, 23)


def test_the_lunar_new_year_is_stepped_over() -> None:
    advised = working_days().on_or_before(date(2027, 2, 10))
    assert advised < date(2027, 2, 5)
    assert working_days().is_working(advised)


@given(st.dates(date(2024, 1, 1), date(2029, 12, 31)))
def test_the_day_advised_is_the_nearest_working_day_before(day: date) -> None:
    calendar = working_days()
    advised = calendar.on_or_before(day)
    assert calendar.is_working(advised)
    assert (advised == day) == calendar.is_working(day)
    assert (day - advised).days <= 14


def test_an_override_is_stronger_than_the_package() -> None:
    calendar = WorkingDays(
        [
            SpecialDay(day=date(2026, 12, 14), kind="holiday", name="Nghỉ bão"),
            SpecialDay(day=date(2026, 12, 13), kind="working", name="Làm bù"),
        ]
    )
    assert calendar.on_or_before(date(2026, 12, 14)) == date(2026, 12, 13)
    assert calendar.why_not(date(2026, 12, 14)) == "Nghỉ bão"
    assert working_days().is_working(date(2026, 12, 14))
