"""The ways in for platforms: who is let in, how much, how fast, and what is said when it could not be stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from bot.web import hooks
from bot.web.app import build_app
from bot.web.body import BODY_LIMIT
from tests.support.fake_gateway import FakeGateway
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio

ADDRESS = "/hooks/fake"
GENUINE = {"X-Secret": "yes"}


class FakeHook:
    """Implements `hooks.Hook`."""

    name = "fake"

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.noted: list[tuple[str, str, str]] = []
        self.failing = False
        self.free = asyncio.Event()
        self.free.set()
        self.waiting = 0

    def is_genuine(self, headers: Mapping[str, str], _body: bytes) -> bool:
        return headers.get("x-secret") == "yes"

    async def receive(self, event: dict[str, Any]) -> None:
        self.waiting += 1
        await self.free.wait()
        if self.failing:
            raise ConnectionError("0912345678 must never reach a log")
        self.events.append(event)

    async def unreadable(self, *, event_key: str, kind: str, error: str) -> None:
        if self.failing:
            raise ConnectionError
        self.noted.append((event_key, kind, error))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, an event that is handled is acknowledged."""
    monkeypatch.setattr(hooks, "ANSWERS_WITHIN", PATIENCE)
    monkeypatch.setattr(hooks, "BRINGS_WITHIN", PATIENCE)


@pytest.fixture
def hook() -> FakeHook:
    return FakeHook()


@pytest.fixture
async def platform(hook: FakeHook) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(FakeGateway(), secret_key="test", more=hooks.routes([hook]))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.test") as client:
        yield client


async def bring(platform: httpx.AsyncClient, body: object = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {"a": 1}).encode()
    return await platform.post(ADDRESS, content=content, headers={**GENUINE, **headers})


async def test_a_genuine_event_is_acknowledged_once_it_is_stored(platform: httpx.AsyncClient, hook: FakeHook) -> None:
    answer = await bring(platform, {"event_name": "đã đến"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert hook.events == [{"event_name": "đã đến"}]
    assert "set-cookie" not in answer.headers


async def test_a_forged_event_is_refused_before_it_is_parsed_and_leaves_nothing(
    platform: httpx.AsyncClient, hook: FakeHook
) -> None:
    with capture_logs() as logs:
        for _ in range(5):
            answer = await platform.post(ADDRESS, content=b"[" * 60_000, headers={"X-Secret": "no"})
            assert (answer.status_code, answer.json()) == (403, {})
    assert [line["event"] for line in logs] == ["hook_refused"]  # a flood of them is one line
    assert (hook.events, hook.noted) == ([], [])


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 60_000])
async def test_a_genuine_event_that_is_no_object_is_noted(
    platform: httpx.AsyncClient, hook: FakeHook, body: bytes
) -> None:
    assert [(await bring(platform, body)).status_code for _ in range(2)] == [400, 400]
    first, second = hook.noted
    assert first == second
    assert first[1:] == ("malformed", "no JSON object")


async def test_a_body_that_is_too_large_is_refused(platform: httpx.AsyncClient, hook: FakeHook) -> None:
    assert (await bring(platform, b" " * (BODY_LIMIT + 1))).status_code == 413
    assert (hook.events, hook.noted) == ([], [])


async def test_what_could_not_be_stored_is_not_acknowledged(platform: httpx.AsyncClient, hook: FakeHook) -> None:
    hook.failing = True
    with capture_logs() as logs:
        for body in ({"a": 1}, b"{"):
            answer = await bring(platform, body)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "0912345678" not in str(logs)


async def test_only_what_is_there_answers_and_only_to_posts(platform: httpx.AsyncClient) -> None:
    assert (await platform.post("/hooks/other", json={})).status_code == 404
    assert (await platform.get(ADDRESS)).status_code == 405


async def test_a_slow_event_is_not_acknowledged_in_time_but_goes_on(
    platform: httpx.AsyncClient, hook: FakeHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "ANSWERS_WITHIN", 0.02)
    hook.free.clear()
    assert (await bring(platform)).status_code == 503
    hook.free.set()
    await asyncio.sleep(0)
    assert hook.events == [{"a": 1}]


async def test_a_flood_is_held_off_and_then_everybody_is_served_again(
    platform: httpx.AsyncClient, hook: FakeHook
) -> None:
    hook.free.clear()
    under_way = [asyncio.create_task(bring(platform, {"number": number})) for number in range(hooks.AT_ONCE)]
    await until(lambda: hook.waiting == hooks.AT_ONCE)
    assert (await bring(platform, {"number": "too many"})).status_code == 503
    hook.free.set()
    assert {answer.status_code for answer in await asyncio.gather(*under_way)} == {200}
    assert (await bring(platform, {"number": "later"})).status_code == 200
    assert len(hook.events) == hooks.AT_ONCE + 1
