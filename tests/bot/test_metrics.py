"""The numbers for Prometheus: what is counted, that nobody is named, and who may read them."""

from __future__ import annotations

import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bot.delivery import Delivery
from bot.inbox import Inbox
from bot.metrics import CONTENT_TYPE, Metrics
from bot.settings import Settings
from bot.web import metrics as served
from bot.web.app import build_app
from db.engine import Database
from handlers.message import ChatRef, Incoming, Kind
from handlers.turn import Rules
from knowledge.working_days import working_days
from tests.support.clock import START, Clock
from tests.support.conversation import answerer
from tests.support.fake_channel import FakeChannel
from tests.support.fake_gateway import FakeGateway
from tests.support.ports import free_port
from tests.support.serving import serve
from tests.support.waiting import PATIENCE, until, wait_until

TOKEN = "a-token-of-sixteen-characters"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def numbers(page: bytes) -> dict[str, float]:
    """Return each sample by its name and labels, as Prometheus itself reads the page."""
    return {
        f"{sample.name}{''.join(f' {value}' for _, value in sorted(sample.labels.items()))}": sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def said(text: str, key: str) -> Incoming:
    return Incoming(key, ChatRef("test", "42"), "42", "Nguyễn Văn An", START, Kind.TEXT, text)


@pytest.mark.anyio
@on_sqlite
async def test_events_questions_and_attempts_are_counted_and_nobody_is_named(database: Database) -> None:
    counted, clock, channel = Metrics(), Clock(), FakeChannel()
    delivery = Delivery(
        database,
        {"test": channel},
        holder="me",
        per_second={},
        may_send_bulk=lambda: True,
        clock=clock,
        metrics=counted,
    )
    inbox = Inbox(
        database, answerer(), working_days(), Rules(),
        holder="me", pushed=frozenset(["test"]), deliver=delivery.submit, clock=clock, metrics=counted,
    )  # fmt: skip
    for text, key in (("quên mật khẩu vneid", "1"), ("quên mật khẩu vneid", "1"), ("/trogiup", "2")):
        await inbox.receive(said(text, key))
    await until(lambda: len(channel.sent) == 2)
    await delivery.drain()
    page = counted.page({"queued": 3}, {"work": True, "poll:telegram": False})
    found = numbers(page)
    assert found["cnscd_events_total test done"] == 2
    assert found["cnscd_events_total test repeated"] == 1
    assert found["cnscd_event_seconds_count test"] == 3
    assert found["cnscd_questions_total answer"] == 1
    assert found["cnscd_send_attempts_total test sent"] == 2
    assert (found["cnscd_outbox queued"], found["cnscd_outbox failed"]) == (3, 0)
    assert (found["cnscd_lease_held work"], found["cnscd_lease_held poll:telegram"]) == (1, 0)
    assert not re.search('42"|An|mật khẩu', page.decode())


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        (None, None, 404),
        (None, "Bearer ", 404),
        (TOKEN, None, 401),
        (TOKEN, "Bearer guess", 401),
        (TOKEN, f"Basic {TOKEN}", 401),
        (TOKEN, f"Bearer {TOKEN}", 200),
    ],
)
async def test_only_who_has_the_token_reads_them(token: str | None, given: str | None, status: int) -> None:
    app = build_app(FakeGateway(), secret_key="test", more=served.routes(token, CONTENT_TYPE, lambda: b"a 1\n"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as prometheus:
        answer = await prometheus.get("/metrics", headers={} if given is None else {"Authorization": given})
    assert answer.status_code == status
    assert (b"a 1\n" in answer.content) == (status == 200)


@on_sqlite
@pytest.mark.usefixtures("at_ease")
def test_the_running_program_tells_its_leases_and_its_last_tick(database_url: str) -> None:
    port = free_port()

    def read() -> dict[str, float]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(headers=headers, timeout=PATIENCE) as prometheus:
            return numbers(prometheus.get(f"http://127.0.0.1:{port}/metrics").content)

    def look() -> None:
        assert read()["cnscd_lease_held work"] == 1
        wait_until(lambda: read()["cnscd_last_tick_timestamp_seconds"] > 0)

    serve(look, Settings(database_url=database_url, http_port=port, metrics_token=SecretStr(TOKEN), demo=False))
