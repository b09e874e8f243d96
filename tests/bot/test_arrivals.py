"""Events that come only once: kept masked before anything else, handled once, in order, taken up after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from bot.arrivals import AT_ONCE, Arrivals
from bot.inbox import Inbox
from db.engine import Database
from db.models import Arrival, Event, Outbox
from handlers.message import ChatRef, Incoming, Kind
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import answerer
from tests.support.waiting import PATIENCE, until

CHANNEL = "zalo_bot"
Handle = Callable[[Incoming], Awaitable[None]]


def said(clock: Clock, key: str, text: str, chat: str = "an") -> Incoming:
    return Incoming(key, ChatRef(CHANNEL, chat), chat, "Nguyễn Văn An", clock(), Kind.TEXT, text=text)


def kept(database: Database) -> list[Arrival]:
    with database.reading() as db:
        return list(db.scalars(select(Arrival).order_by(Arrival.received_at, Arrival.key)))


def keep_only(database: Database, clock: Clock, *events: Incoming) -> None:
    """Let events arrive in a process that dies before it handles them."""

    async def dying(_incoming: Incoming) -> None:
        raise ConnectionError

    async def arrive() -> None:
        arrivals = Arrivals(database, CHANNEL, dying, clock)
        for event in events:
            await arrivals.receive(event)
            clock.forward(seconds=1)
        await arrivals.drain()

    asyncio.run(arrive())


def test_an_event_is_kept_masked_and_nameless_until_it_is_handled(database: Database, clock: Clock) -> None:
    seen: list[Incoming] = []
    incoming = said(clock, "m1", "cccd của tôi là 045087001234\0")

    async def handle(event: Incoming) -> None:
        (row,) = kept(database)
        assert row.incoming["text"] == "cccd của tôi là [số định danh]"
        assert row.incoming["sender_name"] == ""
        seen.append(event)

    async def scenario() -> None:
        arrivals = Arrivals(database, CHANNEL, handle, clock)
        await arrivals.receive(incoming)
        await arrivals.drain()

    asyncio.run(scenario())
    assert seen == [incoming]  # whole, so that the sender can be told not to send such numbers
    assert kept(database) == []


def test_what_a_dead_process_left_is_taken_up_in_order_and_once(database: Database, clock: Clock) -> None:
    keep_only(database, clock, said(clock, "m2", "hai"), said(clock, "m1", "một"), said(clock, "m2", "hai"))
    assert [row.key for row in kept(database)] == ["m2", "m1"]
    seen: list[Incoming] = []

    async def handle(event: Incoming) -> None:
        seen.append(event)

    async def scenario() -> None:
        arrivals = Arrivals(database, CHANNEL, handle, clock)
        await arrivals.take_up(timedelta(minutes=1))
        assert seen == []  # somebody may be at it
        await arrivals.take_up()
        await arrivals.take_up()

    asyncio.run(scenario())
    assert [(event.text, event.chat, event.kind) for event in seen] == [
        ("hai", ChatRef(CHANNEL, "an"), Kind.TEXT),
        ("một", ChatRef(CHANNEL, "an"), Kind.TEXT),
    ]
    assert kept(database) == []


def test_a_crash_after_the_commit_answers_only_once(database: Database, clock: Clock) -> None:
    event = said(clock, "m1", "quên mật khẩu vneid")
    inbox = Inbox(database, answerer(), working_days(), Rules(), holder="test", clock=clock)
    inbox.handle(event)
    keep_only(database, clock, event)
    asyncio.run(Arrivals(database, CHANNEL, inbox.receive, clock).take_up())
    assert kept(database) == []
    with database.reading() as db:
        assert [(row.key, row.outcome) for row in db.scalars(select(Event))] == [("m1", "done")]
        assert len(list(db.scalars(select(Outbox)))) == 1


def test_what_was_kept_by_another_version_holds_up_nothing(database: Database, clock: Clock) -> None:
    keep_only(database, clock, said(clock, "m1", "một"), said(clock, "m2", "hai"))
    with database.transaction() as db:
        db.execute(update(Arrival).where(Arrival.key == "m1").values(incoming={"of": "another version"}))
    seen: list[str] = []

    async def handle(event: Incoming) -> None:
        seen.append(event.text)

    asyncio.run(Arrivals(database, CHANNEL, handle, clock).take_up())
    assert seen == ["hai"]
    assert kept(database) == []


def test_while_many_wait_no_more_are_taken(database: Database, clock: Clock) -> None:
    free = asyncio.Event()

    async def handle(_event: Incoming) -> None:
        await free.wait()

    async def scenario() -> None:
        arrivals = Arrivals(database, CHANNEL, handle, clock)
        for number in range(AT_ONCE):
            await arrivals.receive(said(clock, f"m{number}", "x", chat=f"{number}"))
        one_more = asyncio.create_task(arrivals.receive(said(clock, "last", "x")))
        await until(lambda: len(kept(database)) == AT_ONCE + 1)  # kept all the same
        assert not one_more.done()
        free.set()
        await asyncio.wait_for(one_more, PATIENCE)
        await arrivals.drain()

    asyncio.run(scenario())
    assert kept(database) == []


def test_an_event_that_cannot_be_kept_is_not_taken(clock: Clock) -> None:
    async def handle(_event: Incoming) -> None:
        raise AssertionError("handled without being kept")

    async def scenario() -> None:
        away = Database("sqlite:////nowhere/at/all.sqlite")
        with pytest.raises(OperationalError):
            await Arrivals(away, CHANNEL, handle, clock).receive(said(clock, "m1", "x"))

    asyncio.run(scenario())
