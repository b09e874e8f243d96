"""From a deadline rule to its days: named, last, advised; in any span, once each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.deadlines import (
    MONTHS,
    Every,
    Occurrence,
    Rhythm,
    Rule,
    in_period,
    next_occurrence,
    occurrences,
    plan_rule,
    rules_of,
    upcoming,
)
from knowledge.loader import load
from knowledge.schema import Wording
from knowledge.working_days import working_days

PLANS = load().plans
CALENDAR = working_days()
days = st.dates(date(2022, 1, 1), date(2029, 12, 31))
spans = st.tuples(days, st.integers(min_value=0, max_value=500)).map(
    lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1]))
)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Draw a rule of any rhythm that comes again."""
    every = draw(st.sampled_from([every for every in Every if every is not Every.ONCE]))
    rhythm = Rhythm(
        every,
        draw(st.sampled_from(Wording)),
        day=draw(st.integers(1, 7 if every is Every.WEEK else 31)),
        month=draw(st.integers(1, MONTHS[every])) if every in MONTHS else None,
    )
    return Rule("own/1", "Báo cáo", rhythm)


@given(rules(), spans)
@settings(max_examples=80, deadline=None)
def test_the_advised_day_is_a_working_day_not_after_the_last_and_nothing_lies_between(
    rule: Rule, span: tuple[date, date]
) -> None:
    for item in occurrences([rule], *span, CALENDAR):
        assert span[0] <= item.last_day <= span[1]
        assert item.advised_day <= item.last_day <= item.named_day
        assert item.named_day - item.last_day == timedelta(days=rule.rhythm.wording is Wording.BEFORE)
        assert CALENDAR.is_working(item.advised_day)
        skipped = [item.advised_day + timedelta(days=n) for n in range(1, (item.last_day - item.advised_day).days + 1)]
        assert not any(CALENDAR.is_working(day) for day in skipped)
        if rule.rhythm.every is Every.WEEK:
            assert item.named_day.isoweekday() == rule.rhythm.day
        else:
            assert item.named_day.day == rule.rhythm.day or (item.named_day + timedelta(days=1)).day == 1


@given(rules(), spans, st.integers(min_value=0, max_value=500))
@settings(max_examples=80, deadline=None)
def test_two_spans_that_meet_hold_what_the_whole_holds(rule: Rule, span: tuple[date, date], first: int) -> None:
    start, end = span
    middle = min(start + timedelta(days=first), end)
    whole = occurrences([rule], start, end, CALENDAR)
    parts = occurrences([rule], start, middle, CALENDAR)
    parts += occurrences([rule], middle + timedelta(days=1), end, CALENDAR)
    assert keys(parts) == keys(whole)
    assert len(set(keys(whole))) == len(whole)


@given(rules(), st.integers(2024, 2028))
@settings(max_examples=40, deadline=None)
def test_a_year_holds_every_period_once(rule: Rule, year: int) -> None:
    found = occurrences([rule], date(year - 1, 12, 1), date(year + 1, 1, 31), CALENDAR)
    labels = [item.period for item in found if item.period.startswith(str(year))]
    weeks = date(year, 12, 28).isocalendar().week
    expected = weeks if rule.rhythm.every is Every.WEEK else 12 // MONTHS[rule.rhythm.every]
    assert len(set(labels)) == len(labels) == expected


@given(rules(), spans)
@settings(max_examples=40, deadline=None)
def test_a_period_is_found_again_by_its_name(rule: Rule, span: tuple[date, date]) -> None:
    for item in occurrences([rule], *span, CALENDAR):
        assert in_period(rule, item.period, CALENDAR) == item


@pytest.mark.parametrize("period", ["", "x", "2026-Q5", "2026-13", "99999", "0000-01", "²026", "2026-W60", "-2026"])
def test_what_is_no_period_is_found_nowhere(period: str) -> None:
    for every, month in ((Every.MONTH, 1), (Every.QUARTER, 3), (Every.WEEK, None)):
        assert (
            in_period(Rule("own/1", "x", Rhythm(every, Wording.BEFORE, day=2, month=month)), period, CALENDAR) is None
        )


def test_what_happens_once_happens_once() -> None:
    rule = Rule("own/1", "x", Rhythm(Every.ONCE, Wording.BEFORE, on=date(2026, 12, 20)))
    (only,) = occurrences([rule], date(2020, 1, 1), date(2030, 1, 1), CALENDAR)
    assert (only.period, only.last_day, only.advised_day) == ("2026-12-20", date(2026, 12, 19), date(2026, 12, 18))
    assert not only.extrapolated
    assert upcoming(rule, date(2026, 12, 19), CALENDAR, 5) == [only]
    assert upcoming(rule, date(2026, 12, 20), CALENDAR, 5) == []
    assert in_period(rule, "2026-12-20", CALENDAR) == only


@given(rules(), days, st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_the_next_few_are_all_there_and_in_order(rule: Rule, today: date, count: int) -> None:
    found = upcoming(rule, today, CALENDAR, count)
    assert len(found) == count
    assert found[0] == next_occurrence(rule, today, CALENDAR)
    last_days = [item.last_day for item in found]
    assert last_days == sorted(set(last_days))
    assert occurrences([rule], today, last_days[-1], CALENDAR) == found


def keys(found: list[Occurrence]) -> list[tuple[str, str, date]]:
    """Return what tells occurrences apart."""
    return [(item.rule.id, item.period, item.last_day) for item in found]


def one(rule: str, period: str) -> Occurrence:
    """Return one occurrence of a rule that ships."""
    found = occurrences(rules_of(PLANS.values()), date(2023, 1, 1), date(2028, 12, 31), CALENDAR)
    return next(item for item in found if (item.rule.id, item.period) == (rule, period))


@pytest.mark.parametrize(
    ("rule", "period", "named", "last", "advised"),
    [
        ("dong_thanh_2023/bao_cao_quy", "2026-Q4", date(2026, 12, 15), date(2026, 12, 14), date(2026, 12, 14)),
        ("bac_giang_2022/bc_quy_so_huyen", "2026-Q4", date(2026, 12, 20), date(2026, 12, 19), date(2026, 12, 18)),
        ("bac_giang_2022/bc_quy_so_tttt", "2026-Q4", date(2026, 12, 25), date(2026, 12, 24), date(2026, 12, 24)),
        ("quang_nam_2024/bao_cao_quy_so_huyen", "2026-Q4", date(2026, 12, 10), date(2026, 12, 9), date(2026, 12, 9)),
        ("quang_nam_2024/bao_cao_quy_so_tttt", "2026-Q4", date(2026, 12, 30), date(2026, 12, 29), date(2026, 12, 29)),
        ("dong_thanh_2023/bao_cao_nam", "2026", date(2026, 11, 30), date(2026, 11, 29), date(2026, 11, 27)),
    ],
)
def test_the_days_of_the_plans_in_2026(rule: str, period: str, named: date, last: date, advised: date) -> None:
    item = one(rule, period)
    assert (item.named_day, item.last_day, item.advised_day) == (named, last, advised)
    assert item.extrapolated


def test_what_a_plan_was_made_for_is_not_extrapolated() -> None:
    assert not one("dong_thanh_2023/bao_cao_quy", "2023-Q4").extrapolated
    assert one("dong_thanh_2023/bao_cao_quy", "2024-Q1").extrapolated


def test_a_rule_without_a_day_or_a_rhythm_never_occurs() -> None:
    found = occurrences(rules_of(PLANS.values()), date(2022, 1, 1), date(2030, 1, 1), CALENDAR)
    silent = {"bac_giang_2022/gui_ke_hoach_cu_the", "dong_thanh_2023/bao_cao_nam_len_thanh_pho"}
    assert silent.isdisjoint({item.rule.id for item in found})
    plan = PLANS["bac_giang_2022"]
    one_off = next(rule for rule in plan.deadlines if rule.every is None)
    assert plan_rule(plan, one_off) is None


def test_the_next_occurrence_may_be_today_but_not_yesterday() -> None:
    rule = rules_of([PLANS["dong_thanh_2023"]])[0]
    today = next_occurrence(rule, date(2026, 12, 14), CALENDAR)
    after = next_occurrence(rule, date(2026, 12, 15), CALENDAR)
    assert today is not None
    assert after is not None
    assert (today.period, after.period) == ("2026-Q4", "2027-Q1")
