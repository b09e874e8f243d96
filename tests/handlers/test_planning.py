"""The steps of a reminder as pure calendar arithmetic."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.reminders.planning import (
    LAST_STEP_USEFUL,
    coordinator_steps,
    in_quiet_hours,
    newest_due,
    postponed_step,
    postponed_to,
    team_steps,
)
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.deadlines import Occurrence, occurrences, rules_of
from knowledge.loader import load
from knowledge.working_days import working_days
from tests.support.ticking import vn

RULES = Rules()
ALL = occurrences(rules_of(load().plans.values()), date(2026, 1, 1), date(2027, 12, 31), working_days())
anything = st.sampled_from(ALL)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 2, 1)).map(  # noqa: DTZ001 - the zone is put on below
    lambda moment: moment.replace(tzinfo=ZONE)
)


def occurrence(rule: str, period: str) -> Occurrence:
    """Return one occurrence by rule and period."""
    return next(item for item in ALL if item.rule.id == rule and item.period == period)


def test_the_steps_of_a_deadline_on_a_working_day() -> None:
    steps = team_steps(occurrence("dong_thanh_2023/bao_cao_quy", "2026-Q4"), RULES)
    assert [(step.name, step.at, step.useful_until) for step in steps] == [
        ("d7", vn(2026, 12, 7), vn(2026, 12, 11)),
        ("d3", vn(2026, 12, 11), vn(2026, 12, 13)),
        ("d1", vn(2026, 12, 13), vn(2026, 12, 14)),
        ("d0", vn(2026, 12, 14), vn(2026, 12, 14, 21, 0)),
        ("late1", vn(2026, 12, 15), vn(2026, 12, 29)),
    ]


def test_the_steps_of_a_deadline_on_a_weekend_count_from_the_working_day_before() -> None:
    saturday = occurrence("bac_giang_2022/bc_quy_so_huyen", "2026-Q4")
    assert (saturday.last_day, saturday.advised_day) == (date(2026, 12, 19), date(2026, 12, 18))
    assert [step.at for step in team_steps(saturday, RULES)] == [
        vn(2026, 12, 11),
        vn(2026, 12, 15),
        vn(2026, 12, 17),
        vn(2026, 12, 18),
        vn(2026, 12, 20),
    ]
    assert [(step.name, step.at) for step in coordinator_steps(saturday, RULES)] == [("late2", vn(2026, 12, 21))]


@given(anything, moments)
@settings(max_examples=150, deadline=None)
def test_at_any_moment_at_most_one_step_is_due_and_it_is_the_newest(item: Occurrence, now: datetime) -> None:
    steps = team_steps(item, RULES)
    newest, missed = newest_due(steps, now)
    begun = [step for step in steps if step.at <= now]
    assert {step.name for step in missed} | ({newest.name} if newest else set()) == {step.name for step in begun}
    if newest is not None:
        assert newest is begun[-1]
        assert newest.at <= now < newest.useful_until
        assert newest not in missed
    elif begun:
        assert now >= begun[-1].useful_until


@given(anything)
@settings(max_examples=50, deadline=None)
def test_steps_follow_one_another_and_none_outlives_the_next(item: Occurrence) -> None:
    steps = team_steps(item, RULES)
    for step, following in pairwise(steps):
        assert step.at < step.useful_until <= following.at
    assert steps[-1].useful_until - steps[-1].at == LAST_STEP_USEFUL
    assert all(step.at.astimezone(ZONE).time() == RULES.reminder_time for step in steps)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"), [(20, 59, False), (21, 0, True), (0, 0, True), (6, 29, True), (6, 30, False)]
)
def test_quiet_hours_run_over_midnight(hour: int, minute: int, quiet: bool) -> None:
    assert in_quiet_hours(vn(2026, 12, 14, hour, minute), RULES) is quiet


def test_quiet_hours_may_lie_within_a_day() -> None:
    rules = Rules(quiet_from=vn(2026, 1, 1, 12, 0).time(), quiet_to=vn(2026, 1, 1, 13, 0).time())
    assert in_quiet_hours(vn(2026, 12, 14, 12, 30), rules)
    assert not in_quiet_hours(vn(2026, 12, 14, 13, 0), rules)
    assert not in_quiet_hours(vn(2026, 12, 14, 23, 0), rules)


def test_a_step_put_off_is_useful_on_its_day_only() -> None:
    step = postponed_step(postponed_to(date(2026, 12, 8)), RULES)
    assert (step.at, step.useful_until) == (vn(2026, 12, 8), vn(2026, 12, 8, 21, 0))
    assert step.useful_until - step.at < timedelta(days=1)
