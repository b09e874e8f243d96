"""Every day of years: no step fires twice for a unit and period, none is skipped, all in allowed hours, at Tết too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.simulation import simulate
from bot.wiring import Brain
from db import reminders
from db.engine import Database
from handlers.reminders.items import own_rule
from handlers.reminders.planning import coordinator_steps, in_quiet_hours, newest_due, team_steps
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.deadlines import MONTHS, Every, Occurrence, Rhythm, Rule, occurrences, rules_of
from knowledge.schema import Wording
from knowledge.working_days import working_days
from tests.support.conversation import Conversation, answerer

CALENDAR = working_days()
RULES = Rules()
WARD = "Phường Đông Thanh"
QUARTER = "dong_thanh_2023/bao_cao_quy"
first_days = st.dates(date(2023, 12, 1), date(2029, 1, 31))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Draw a rule of any rhythm."""
    every = draw(st.sampled_from(Every))
    if every is Every.ONCE:
        return Rule("own/1", "x", Rhythm(every, draw(st.sampled_from(Wording)), on=draw(first_days)))
    day = draw(st.integers(1, 7 if every is Every.WEEK else 31))
    month = draw(st.integers(1, MONTHS[every])) if every in MONTHS else None
    return Rule("own/1", "x", Rhythm(every, draw(st.sampled_from(Wording)), day=day, month=month))


def fired(found: list[Occurrence], moments: list[datetime]) -> dict[str, list[tuple[str, datetime]]]:
    """Return what the rule of the newest step tells one person, by period, when the scheduler ticks at some moments."""
    told: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    had: set[tuple[str, str]] = set()
    for moment in moments:
        for item in found:
            newest, missed = newest_due(team_steps(item, RULES), moment)
            had |= {(item.period, step.name) for step in missed}
            if newest is not None and (item.period, newest.name) not in had:
                had.add((item.period, newest.name))
                told[item.period].append((newest.name, moment))
    return told


@given(rules(), first_days)
@settings(max_examples=30, deadline=None)
def test_ticking_every_day_tells_each_step_of_each_period_once_on_its_day(rule: Rule, start: date) -> None:
    days = [start + timedelta(days=number) for number in range(400)]
    found = occurrences([rule], start + timedelta(days=45), start + timedelta(days=380), CALENDAR)
    moments = [datetime.combine(day, RULES.reminder_time, tzinfo=ZONE) for day in days]
    told = fired(found, moments)
    assert set(told) == {item.period for item in found}
    for item in found:
        steps = team_steps(item, RULES)
        # A long holiday may put the first steps of what comes every week before the time that is swept.
        expected = [(step.name, step.at) for step in steps if step.at >= moments[0]]
        assert told[item.period] == expected
        assert not any(in_quiet_hours(moment, RULES) for _, moment in told[item.period])


@given(rules(), first_days, st.lists(st.integers(0, 60 * 24), min_size=5, max_size=40))
@settings(max_examples=60, deadline=None)
def test_ticking_whenever_it_likes_tells_no_step_twice_and_only_while_it_is_useful(
    rule: Rule, start: date, hours: list[int]
) -> None:
    found = occurrences([rule], start, start + timedelta(days=120), CALENDAR)
    midnight = datetime.combine(start, time(), tzinfo=ZONE)
    moments = sorted({midnight + timedelta(hours=hour) for hour in hours})
    for period, steps in fired(found, moments).items():
        item = next(item for item in found if item.period == period)
        assert max(Counter(name for name, _ in steps).values()) == 1
        of_name = {step.name: step for step in team_steps(item, RULES)}
        assert all(of_name[name].at <= moment < of_name[name].useful_until for name, moment in steps)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_winter_with_tet_and_a_leap_day_is_told_as_the_calendar_has_it(
    database: Database, converse: Callable[..., Conversation]
) -> None:
    coordinator = converse("cuc", role="coordinator", area=WARD)
    for name, team in (("an", "Tổ 1"), ("be", "Tổ 2")):
        converse(name, role="member", area=WARD, team=team)
    coordinator.sends_action(f"due.adopt:1:{QUARTER}")
    for sentence in ("nhắc tổ nộp báo cáo tháng trước ngày 31 hằng tháng", "nhắc tổ nộp báo cáo ngày 29/2 hằng năm"):
        coordinator.says(sentence)
        coordinator.presses("Lưu")
    start, end = date(2027, 12, 20), date(2028, 3, 15)
    brain = Brain(answerer(), CALENDAR, RULES)
    messages = [
        one for one in simulate(database, brain, start, end, today=date(2026, 11, 21)) if one.kind == "reminder"
    ]

    told: Counter[tuple[str, date]] = Counter((one.recipient, one.at.date()) for one in messages)
    assert set(told.values()) == {1}, "one digest a person a day"
    assert all(one.at.astimezone(ZONE).time() == RULES.reminder_time for one in messages)
    with database.reading() as db:
        own = [own_rule(info) for info in reminders.own_rules(db, [1, 2]).values()]
    plans = [rule for rule in rules_of(brain.answerer.knowledge.plans.values()) if rule.id == QUARTER]
    expected: dict[str, set[date]] = {"An": set(), "Be": set(), "Cuc": set()}
    for item in occurrences([*plans, *own], date(2026, 11, 21), end + timedelta(days=45), CALENDAR):
        for who, steps in (("An", team_steps), ("Be", team_steps), ("Cuc", coordinator_steps)):
            expected[who] |= {step.at.date() for step in steps(item, RULES) if start <= step.at.date() <= end}
    for who, days in expected.items():
        found = {one.at.date() for one in messages if one.recipient == who}
        assert found == days, who
    assert date(2028, 2, 29) in expected["An"]
