"""The simulation: what it tells is what the scheduler sends, and the data it plays on stays as it was."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.scheduler import tick
from bot.simulation import SimulatedMessage, simulate
from bot.wiring import Brain
from db import areas, reminders
from db.engine import Database
from db.models import Base, Outbox
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.asking_help import MONDAY, asks
from tests.support.clock import Clock
from tests.support.conversation import Conversation, answerer

START, END = date(2026, 12, 5), date(2026, 12, 17)


@pytest.fixture
def brain() -> Brain:
    return Brain(answerer(), working_days(), Rules())


def furnish(database: Database) -> None:
    """One coordinator who has adopted a rule, two teams."""
    clock = Clock()
    coordinator = Conversation(database, clock, "cuc", role="coordinator", area="Phường Đông Thanh")
    for name, team in (("an", "Tổ 1"), ("be", "Tổ 2")):
        Conversation(database, clock, name, role="member", area="Phường Đông Thanh", team=team)
    coordinator.says("hạn")
    coordinator.presses(next(label for label in coordinator.buttons() if "tháng cuối quý" in label))


def contents(database: Database) -> dict[str, list[Any]]:
    with database.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def told(messages: list[SimulatedMessage]) -> list[tuple[datetime, str, str]]:
    return sorted((message.at, message.kind, message.text) for message in messages)


def test_it_tells_what_the_scheduler_would_send_and_leaves_the_data_alone(database: Database, brain: Brain) -> None:
    furnish(database)
    before = contents(database)
    simulated = list(simulate(database, brain, START, END, today=START))
    assert contents(database) == before
    assert {message.recipient for message in simulated} >= {"An", "Be", "Cuc"}

    with database.reading() as db:
        newest = max(message.id for message in db.scalars(select(Outbox)))
    now = datetime(START.year, START.month, START.day, 0, 0, tzinfo=ZONE)
    while now.date() <= END:
        tick(database, brain.answerer, brain.calendar, brain.rules, now)
        now += timedelta(minutes=90)  # half past seven is among them
    with database.reading() as db:
        sent = db.scalars(select(Outbox).where(Outbox.id > newest)).all()
    assert told(simulated) == sorted(
        (message.created_at.astimezone(ZONE), message.kind, message.text) for message in sent
    )


def test_it_starts_from_what_has_happened_already(database: Database, brain: Brain) -> None:
    furnish(database)
    with database.transaction() as db:
        (rule,) = reminders.adopted(db)
        for team in areas.teams(db, None)[:1]:
            item = reminders.Item(rule.id, "2026-Q4", team.id)
            reminders.enter(
                db, item, [team.id], kind="submitted", person_id=None, now=datetime(2026, 12, 1, tzinfo=ZONE)
            )
    reminded = {one.recipient for one in simulate(database, brain, START, END, today=START) if one.kind == "reminder"}
    assert "An" not in reminded
    assert "Be" in reminded


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_demonstration", [True, False])
def test_a_part_of_a_span_tells_what_the_whole_tells_of_it(
    database: Database, brain: Brain, is_demonstration: bool
) -> None:
    furnish(database)
    source, today = (None if is_demonstration else database), date(2026, 11, 22)
    whole = list(simulate(source, brain, date(2026, 12, 1), END, today=today))
    for number in range(2, 17, 3):
        first = date(2026, 12, number)
        part = list(simulate(source, brain, first, END, today=today))
        expected = [one for one in whole if one.at.date() >= first]
        assert [(one.at, one.recipient, one.step) for one in part] == [
            (one.at, one.recipient, one.step) for one in expected
        ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_tells_also_of_what_somebody_waits_for(database: Database, brain: Brain) -> None:
    clock = Clock()
    clock.set(MONDAY)
    for name, role in (("binh", "member"), ("lan", "leader"), ("cuc", "coordinator")):
        Conversation(database, clock, name, role=role)
    asks(Conversation(database, clock, "an"))
    found = simulate(database, brain, MONDAY.date(), MONDAY.date(), today=MONDAY.date())
    raised = [one for one in found if one.kind == "request"]
    told_at = {one.recipient: one.at.astimezone(ZONE).hour for one in reversed(raised)}
    assert told_at["Lan"] == 10, "two working hours after it was asked"
    assert told_at["Cuc"] > 12
    assert all(one.reason == "việc nhờ tổ hỗ trợ chưa xong" for one in raised)


def test_a_year_of_the_demonstration_is_played_in_seconds(brain: Brain) -> None:
    began = time.process_time()  # of this process only, however many others there are
    found = list(simulate(None, brain, date(2026, 1, 1), date(2026, 12, 31), today=START))
    assert time.process_time() - began < 20
    steps = [(one.recipient, one.rule, one.step, one.at.date()) for one in found if one.kind == "reminder"]
    assert len(steps) == len(set(steps)) > 100
    assert sum(one.kind == "summary" for one in found) == 52


def test_no_message_is_in_quiet_hours_or_empty(brain: Brain) -> None:
    for message in simulate(None, brain, START, END, today=START):
        assert 6 <= message.at.astimezone(ZONE).hour < 21
        assert message.text.strip()
        assert set(message.as_json()) == set(SimulatedMessage.__dataclass_fields__)
