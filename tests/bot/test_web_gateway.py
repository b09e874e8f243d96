"""The web chat on the real inbox and both databases: what a page sends, pulls, acknowledges and waits for."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels import web
from bot.channels.web import CHANNEL, WebGateway
from bot.inbox import Inbox
from db import outbox
from db.engine import Database
from handlers.message import ChatRef, Incoming, Kind
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import answerer
from tests.support.waiting import PATIENCE, SHORT_OF_A_HANG


@pytest.fixture
def gateway(database: Database, clock: Clock) -> WebGateway:
    """A gateway to a bot that answers."""
    made: list[WebGateway] = []
    inbox = Inbox(
        database,
        answerer(),
        working_days(),
        Rules(),
        holder="test",
        stored=lambda channel, chat: made[0].stored(channel, chat),
        clock=clock,
    )
    made.append(WebGateway(database, lambda: inbox, dict, clock=clock))
    return made[0]


def said(clock: Clock, key: str, text: str, chat: str = "visitor") -> Incoming:
    """Return a message of a visitor."""
    return Incoming(f"{chat}:{key}", ChatRef(CHANNEL, chat), chat, "", clock(), Kind.TEXT, text=text)


def test_a_page_pulls_its_own_answers_and_a_repeat_adds_none(gateway: WebGateway, clock: Clock) -> None:
    async def talk() -> None:
        await gateway.receive(said(clock, "1", "quen mat khau vneid"))
        await gateway.receive(said(clock, "1", "quen mat khau vneid"))
        await gateway.receive(said(clock, "1", "/start", chat="somebody else"))
        answers = await gateway.messages("visitor", 0, 10)
        assert len(answers) == 1
        assert "Quên mật khẩu" in answers[0].text
        assert tuple(button.label for button in answers[0].rows[-1]) == ("Có ích", "Chưa đúng")
        assert await gateway.messages("visitor", answers[0].id, 10) == []
        assert await gateway.recent("visitor", 10) == answers

    asyncio.run(talk())


def test_what_a_page_has_shown_is_sent_and_nothing_else(gateway: WebGateway, database: Database, clock: Clock) -> None:
    async def talk() -> None:
        await gateway.receive(said(clock, "1", "xin chào"))
        await gateway.receive(said(clock, "2", "cảm ơn"))
        first = (await gateway.messages("visitor", 0, 10))[0]
        await gateway.acknowledge("visitor", first.id)

    asyncio.run(talk())
    with database.reading() as db:
        assert outbox.tally(db) == {"sent": 1, "queued": 1}


def test_a_waiting_page_is_woken_by_its_own_chat_only(
    gateway: WebGateway, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_LOOK_EVERY", SHORT_OF_A_HANG)

    async def talk() -> None:
        mine = asyncio.create_task(gateway.wait("visitor", SHORT_OF_A_HANG))
        other = asyncio.create_task(gateway.wait("somebody else", SHORT_OF_A_HANG))
        await asyncio.sleep(0)
        await gateway.receive(said(clock, "1", "xin chào"))
        await asyncio.wait_for(mine, PATIENCE)
        assert not other.done()
        gateway.wake_all()
        await asyncio.wait_for(other, PATIENCE)

    asyncio.run(talk())
