"""What one account of a person takes no more goes to the next one they have, once, and is recorded."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.base import Outgoing, Unreachable
from bot.delivery import Delivery
from bot.redirecting import Redirector
from db import areas, outbox, people
from db.engine import Database
from db.models import AdoptedRule, Outbox, Reminder
from handlers.message import Button, Reply
from handlers.turn import Rules, Turn
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import answerer
from tests.support.fake_channel import FakeChannel
from tests.support.waiting import until

RULES = Rules(text_limits={"second": 20})


class Channels:
    """Two channels of one person, who used the first one last."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.first, self.second = FakeChannel(), FakeChannel()
        with database.transaction() as db:
            self.person = people.add_person(db, "An", clock())
            people.add_account(db, self.person, "second", "s1", clock() - timedelta(days=1))
            people.add_account(db, self.person, "first", "f1", clock())

    def send(self, words: str, *, kind: str = "reminder", key: str | None = None) -> int:
        with self.database.transaction() as db:
            turn = Turn(db, self.clock(), answerer(), working_days(), RULES, batch="run:7")
            reply = Reply(words, ((Button("Đã nộp", "due.submitted:1"),),))
            queued = turn.send(self.person, reply, kind=kind, key=key, useful_until=self.clock() + timedelta(days=1))
        assert queued is not None
        return queued

    def deliver(self) -> None:
        """Let everything that is queued come to an end."""

        async def work() -> None:
            delivery = Delivery(
                self.database,
                {"first": self.first, "second": self.second},
                holder="me",
                per_second={},
                may_send_bulk=lambda: True,
                redirect=Redirector(answerer(), working_days(), RULES),
                clock=self.clock,
            )
            stop = asyncio.Event()
            running = asyncio.create_task(delivery.run(stop))
            await until(lambda: not {"queued", "claimed"} & self.tally().keys())
            stop.set()
            await running
            await delivery.drain()

        asyncio.run(work())

    def tally(self) -> dict[str, int]:
        with self.database.reading() as db:
            return outbox.tally(db)

    def rows(self) -> list[Outbox]:
        with self.database.reading() as db:
            return list(db.scalars(select(Outbox).order_by(Outbox.id)))


@pytest.fixture
def channels(database: Database, clock: Clock) -> Channels:
    return Channels(database, clock)


def test_a_reminder_goes_on_to_the_account_used_before(channels: Channels) -> None:
    channels.send("Nhắc", key="k")
    channels.first.fails("Nhắc", Unreachable("blocked"))
    channels.deliver()
    assert [(one.chat, one.text) for one in channels.second.sent] == [("s1", "Nhắc")]
    failed, sent = channels.rows()
    assert (failed.state, failed.error, sent.state) == ("failed", "blocked", "sent")
    assert (sent.batch, sent.key, sent.useful_until) == ("run:7", "k@first", failed.useful_until)
    assert sent.rows == [[["Đã nộp", "due.submitted:1"]]]
    assert channels.send("Nhắc lần sau") == sent.id + 1
    assert channels.rows()[-1].channel == "second"


def test_it_is_cut_for_the_other_channel_and_keeps_its_buttons(channels: Channels) -> None:
    channels.send("Một câu dài. Một câu dài nữa.")
    channels.first.fails("Một câu dài. Một câu dài nữa.", Unreachable("blocked"))
    channels.deliver()
    assert len(channels.second.sent) > 1
    assert all(len(one.text) <= 20 for one in channels.second.sent)
    assert [bool(one.rows) for one in channels.second.sent][-1]


def test_what_points_to_the_message_points_to_its_successor(channels: Channels) -> None:
    message = channels.send("Nhắc")
    with channels.database.transaction() as db:
        area = areas.add_area(db, "Xã Thử")
        adopted = AdoptedRule(area_id=area, rule="plan/rule", adopted_at=channels.clock())
        db.add(adopted)
        db.flush()
        key = {"adopted_id": adopted.id, "period": "2026-Q4", "team_id": areas.add_team(db, area, "Tổ thôn 2")}
        db.add(Reminder(**key, person_id=channels.person, step="d7", outbox_id=message, created_at=channels.clock()))
    channels.first.fails("Nhắc", Unreachable("blocked"))
    channels.deliver()
    with channels.database.reading() as db:
        assert db.scalars(select(Reminder.outbox_id)).one() == channels.rows()[-1].id


def test_it_ends_where_nobody_can_be_reached(channels: Channels) -> None:
    channels.send("Nhắc")
    for channel in (channels.first, channels.second):
        channel.fails("Nhắc", Unreachable("blocked"))
    channels.deliver()
    assert channels.tally() == {"failed": 2}


def test_an_answer_stays_where_it_was_asked_for(channels: Channels) -> None:
    with channels.database.transaction() as db:
        outbox.queue(
            db, channel="first", chat="f1", text="Đáp", rows=[], now=channels.clock(), person_id=channels.person
        )
    channels.first.fails("Đáp", Unreachable("blocked"))
    channels.deliver()
    assert (channels.tally(), channels.second.sent) == ({"failed": 1}, list[Outgoing]())


def test_a_group_that_is_gone_is_no_account_of_its_person(channels: Channels) -> None:
    with channels.database.transaction() as db:
        outbox.queue(
            db, channel="first", chat="-5", text="Nhắc", rows=[], now=channels.clock(), kind="reminder",
            priority=outbox.BULK, person_id=channels.person,
        )  # fmt: skip
    channels.first.fails("Nhắc", Unreachable("kicked"))
    channels.deliver()
    assert [(one.chat, one.text) for one in channels.first.sent] == [("f1", "Nhắc")]
