"""The web chat over HTTP, against a bot in memory."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from bot.web.app import MOST_MESSAGES, MOST_OF_ADDRESS, build_app
from bot.web.body import BODY_LIMIT
from bot.web.rate import RateLimit
from bot.web.server import WebServer
from handlers.message import Attachment, Button, Kind, Reply
from tests.support.fake_gateway import FakeGateway

pytestmark = pytest.mark.anyio

ROLES = (("citizen", "Người dân"), ("leader", "Tổ trưởng"))
COOKIE = "cnscd_chat"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture
async def visit(gateway: FakeGateway) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    """Opens one more browser on the application."""
    opened: list[httpx.AsyncClient] = []

    def open_browser(**options: Any) -> httpx.AsyncClient:
        app = build_app(gateway, **{"secret_key": "test", **options})
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://chat.test"))
        return opened[-1]

    yield open_browser
    for browser in opened:
        await browser.aclose()


@pytest.fixture
def browser(visit: Callable[..., httpx.AsyncClient]) -> httpx.AsyncClient:
    return visit()


@pytest.fixture
def demo(visit: Callable[..., httpx.AsyncClient], gateway: FakeGateway) -> httpx.AsyncClient:
    gateway.roles = dict(ROLES)
    return visit()


async def say(browser: httpx.AsyncClient, text: str, client_id: str = "1", **more: str) -> httpx.Response:
    return await browser.post("/api/messages", json={"id": client_id, "text": text, **more})


def chats(gateway: FakeGateway) -> list[str]:
    return [incoming.chat.chat for incoming in gateway.received]


# ---- The page ----


async def test_page_and_its_files_carry_security_headers_and_come_from_here_only(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert page.status_code == 200
    assert 'lang="vi"' in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    for path in ("/", "/static/chat.css", "/static/chat.js", "/static/favicon.svg", "/api/me", "/healthz", "/none"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_static_files_are_revalidated(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/static/chat.js")
    again = await browser.get("/static/chat.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.headers["cache-control"], again.status_code) == ("no-cache", 304)
    assert "content-security-policy" in again.headers


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"])
async def test_nothing_beside_the_static_files_is_served(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_an_unexpected_error_is_told_in_vietnamese_with_headers(
    browser: httpx.AsyncClient, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(chat: str, limit: int) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(gateway, "recent", broken)
    answer = await browser.get("/api/messages?recent=1")
    assert answer.status_code == 500
    assert "xin thử lại" in answer.json()["error"]
    assert "content-security-policy" in answer.headers


# ---- Who a visitor is ----


async def test_cookie_keeps_the_visitor_and_is_not_readable_by_scripts(
    browser: httpx.AsyncClient, gateway: FakeGateway
) -> None:
    cookie = (await browser.get("/")).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"max-age={180 * 86400}" in cookie
    assert "secure" not in cookie
    await say(browser, "một", "1")
    await browser.get("/")
    await say(browser, "hai", "2")
    assert len(set(chats(gateway))) == 1


async def test_https_only_marks_the_cookie_secure(visit: Callable[..., httpx.AsyncClient]) -> None:
    assert "secure" in (await visit(https_only=True).get("/")).headers["set-cookie"].lower()


async def test_two_visitors_do_not_share_a_chat(visit: Callable[..., httpx.AsyncClient], gateway: FakeGateway) -> None:
    one, two = visit(), visit()
    await say(one, "một")
    await say(two, "hai")
    assert len(set(chats(gateway))) == 2
    assert len(gateway.received) == 2
    assert [m["text"] for m in (await two.get("/api/messages?recent=1")).json()["messages"]] == ["Đã nhận: hai"]


@pytest.mark.parametrize("role", [None, "leader"])
async def test_tampered_cookie_gives_a_new_visitor(
    browser: httpx.AsyncClient, gateway: FakeGateway, role: str | None
) -> None:
    await say(browser, "một", "1")
    signature = browser.cookies[COOKIE].strip('"').partition(".")[2]
    forged = base64.b64encode(json.dumps({"visitor": chats(gateway)[0], "role": role, "x": 1}).encode()).decode()
    browser.cookies.clear()
    browser.cookies.set(COOKIE, f"{forged}.{signature}", domain="chat.test")
    assert (await say(browser, "hai", "2")).status_code == 202
    assert len(set(chats(gateway))) == 2


async def test_cookie_of_another_key_is_a_new_visitor(
    visit: Callable[..., httpx.AsyncClient], gateway: FakeGateway
) -> None:
    one, two = visit(), visit(secret_key="other")
    await say(one, "một")
    two.cookies.update(one.cookies)
    await say(two, "hai")
    assert len(set(chats(gateway))) == 2


def test_no_secret_key_no_application(gateway: FakeGateway) -> None:
    with pytest.raises(ValueError, match="secret_key"):
        build_app(gateway, secret_key="")


# ---- Persons of the demonstration ----


async def test_without_demonstration_there_are_no_roles(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    assert (await browser.get("/api/me")).json() == {"roles": [], "role": None}
    assert (await browser.post("/api/role", json={"role": "leader"})).status_code == 404
    assert (await say(browser, "một", role="leader")).status_code == 409
    assert (await browser.get("/api/messages?recent=1&role=leader")).status_code == 409
    assert gateway.received == []


async def test_role_is_chosen_and_remembered(demo: httpx.AsyncClient, gateway: FakeGateway) -> None:
    labels = [{"id": role, "label": label} for role, label in ROLES]
    assert (await demo.get("/api/me")).json() == {"roles": labels, "role": "citizen"}
    await say(demo, "một", "1")
    assert (await demo.post("/api/role", json={"role": "leader"})).json() == {"role": "leader"}
    assert (await demo.get("/api/me")).json()["role"] == "leader"
    await say(demo, "hai", "2")
    assert chats(gateway) == ["demo-citizen", "demo-leader"]
    assert (await demo.post("/api/role", json={"role": "admin"})).status_code == 400


async def test_a_window_may_name_its_own_role(demo: httpx.AsyncClient, gateway: FakeGateway) -> None:
    await demo.post("/api/role", json={"role": "leader"})
    await say(demo, "một", role="citizen")
    assert chats(gateway) == ["demo-citizen"]
    assert len((await demo.get("/api/messages?recent=1&role=citizen")).json()["messages"]) == 1
    assert (await demo.get("/api/messages?recent=1")).json()["messages"] == []


async def test_a_role_means_nothing_once_the_demonstration_is_over(
    demo: httpx.AsyncClient, gateway: FakeGateway
) -> None:
    await demo.post("/api/role", json={"role": "leader"})
    gateway.roles = {}
    assert (await demo.get("/api/me")).json() == {"roles": [], "role": None}
    assert (await say(demo, "một", role="leader")).status_code == 409
    await say(demo, "một")
    assert not chats(gateway)[0].startswith("demo-")


# ---- Sending ----


async def test_text_becomes_an_incoming(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    answer = await say(browser, "Cài VNeID\nở đâu?", "abc-1")
    assert (answer.status_code, answer.json()) == (202, {})
    (incoming,) = gateway.received
    assert incoming.chat.channel == "web"
    assert incoming.sender == incoming.chat.chat
    assert incoming.event_key == f"{incoming.chat.chat}:abc-1"
    assert (incoming.kind, incoming.text, incoming.button) == (Kind.TEXT, "Cài VNeID\nở đâu?", None)
    assert incoming.received_at.utcoffset() is not None


async def test_button_becomes_an_incoming(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    assert (await browser.post("/api/messages", json={"id": "1", "button": "log:save"})).status_code == 202
    assert (gateway.received[0].kind, gateway.received[0].button, gateway.received[0].text) == (
        Kind.BUTTON,
        "log:save",
        "",
    )


async def test_resending_with_the_same_id_is_accepted_and_handled_once(
    browser: httpx.AsyncClient, gateway: FakeGateway
) -> None:
    await browser.get("/")
    gateway.failing = True
    refused = await say(browser, "một", "same")
    assert refused.status_code == 503
    assert "gửi lại" in refused.json()["error"]
    gateway.failing = False
    assert [(await say(browser, "một", "same")).status_code for _ in range(2)] == [202, 202]
    assert len(gateway.received) == 1


async def test_a_failure_is_logged_without_its_content(
    browser: httpx.AsyncClient, gateway: FakeGateway, capfd: pytest.CaptureFixture[str]
) -> None:
    gateway.failing = True
    await say(browser, "số của tôi 0912345678")
    told = "".join(capfd.readouterr())
    assert "RuntimeError" in told
    assert "0912345678" not in told


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 60_000,
        b"{}",
        b'{"id": "1"}',
        b'{"text": "a"}',
        b'{"id": 1, "text": "a"}',
        b'{"id": "", "text": "a"}',
        b'{"id": "a b", "text": "a"}',
        b'{"id": "a\\n", "text": "a"}',
        b'{"id": "' + b"a" * 65 + b'", "text": "a"}',
        b'{"id": "1", "text": 5}',
        b'{"id": "1", "text": " \\n "}',
        b'{"id": "1", "text": "\\ud800"}',
        b'{"id": "1", "text": "a\\u0000b"}',
        b'{"id": "1", "text": "a", "button": "b"}',
        b'{"id": "1", "button": ""}',
        b'{"id": "1", "button": "' + b"b" * 65 + b'"}',
        '{"id": "1", "button": "Lưu"}'.encode(),
    ],
)
async def test_bad_bodies_are_refused_in_one_vietnamese_line(
    browser: httpx.AsyncClient, gateway: FakeGateway, body: bytes
) -> None:
    answer = await browser.post("/api/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "xin" in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert gateway.received == []


async def test_a_foreign_forms_content_type_is_refused(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    body = b'{"id": "1", "text": "a"}'
    answer = await browser.post("/api/messages", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert gateway.received == []


async def test_body_limit_stops_reading(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1024
            yield b"a" * 1024

    answer = await browser.post("/api/messages", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "dài quá" in answer.json()["error"]
    assert sent <= BODY_LIMIT + 2048
    assert gateway.received == []


async def test_a_long_message_below_the_limit_passes(browser: httpx.AsyncClient) -> None:
    assert (await say(browser, "a" * (BODY_LIMIT - 100))).status_code == 202


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 202),
        ({"Origin": "http://chat.test"}, 202),
        ({"Origin": "https://CHAT.test"}, 202),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "http://chat.test.evil.test"}, 403),
        ({"Origin": "http://chat.test:8080"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://proxied.test", "Sec-Fetch-Site": "same-origin"}, 202),
        ({"Origin": "http://chat.test", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_cross_site_posts_are_refused(demo: httpx.AsyncClient, headers: dict[str, str], status: int) -> None:
    message = await demo.post("/api/messages", json={"id": "1", "text": "a"}, headers=headers)
    assert message.status_code == status
    role = await demo.post("/api/role", json={"role": "leader"}, headers=headers)
    assert role.status_code == (200 if status == 202 else 403)


async def test_a_flood_is_stopped_for_its_sender_only(
    visit: Callable[..., httpx.AsyncClient], gateway: FakeGateway
) -> None:
    flooder = visit()
    await flooder.get("/")
    statuses = [(await say(flooder, "a", str(number))).status_code for number in range(MOST_MESSAGES + 1)]
    assert statuses == [202] * MOST_MESSAGES + [429]
    refused = await say(flooder, "a", "again")
    assert "chờ" in refused.json()["error"]
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    flooder.cookies.clear()
    assert (await say(flooder, "a")).status_code == 202


async def test_a_flood_that_throws_its_cookies_away_is_stopped_by_its_address(gateway: FakeGateway) -> None:
    server = WebServer(gateway, secret_key="test", trusted_proxies="10.0.0.0/8")
    server._server.config.load()
    transport = httpx.ASGITransport(server._server.config.loaded_app, client=("10.1.2.3", 5000))

    async def say_anew(number: int, address: str) -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as browser:
            sent = {"id": str(number), "text": "a"}
            answer = await browser.post("/api/messages", json=sent, headers={"X-Forwarded-For": address})
            return answer.status_code

    statuses = [await say_anew(number, "203.0.113.7") for number in range(MOST_OF_ADDRESS + 1)]
    assert statuses == [202] * MOST_OF_ADDRESS + [429]
    assert await say_anew(0, "203.0.113.8") == 202, "the proxy tells its visitors apart"


def test_rate_limit_opens_again_and_forgets_the_quiet() -> None:
    limit = RateLimit(2, 10.0)
    assert [limit.take("a", 0.0), limit.take("a", 4.0), limit.take("a", 5.0)] == [0.0, 0.0, 5.0]
    assert limit.take("a", 10.0) == 0.0
    assert limit.take("a", 11.0) == 3.0
    limit.take("b", 100.0)
    assert list(limit._taken) == ["b"]


async def test_a_button_may_name_the_message_that_it_stands_under(
    browser: httpx.AsyncClient, gateway: FakeGateway
) -> None:
    pressed = await browser.post("/api/messages", json={"id": "1", "button": "log.save:1", "under": 7})
    assert pressed.status_code == 202
    assert gateway.received[0].message_ref == "7"
    for under in ("7", 0, -1, True, 10**18, [7]):
        answer = await browser.post("/api/messages", json={"id": "2", "button": "log.save:1", "under": under})
        assert answer.status_code == 400


# ---- On another site ----


async def test_only_named_sites_may_show_the_chat_and_their_frames_get_the_cookie(
    visit: Callable[..., httpx.AsyncClient],
) -> None:
    ours, theirs = visit(), visit(https_only=True, embed_origins=["https://xa-thu.gov.vn"])
    for browser, ancestors, same_site in (
        (ours, "frame-ancestors 'self'", "lax"),
        (theirs, "frame-ancestors 'self' https://xa-thu.gov.vn", "none; secure"),
    ):
        page = await browser.get("/")
        assert page.headers["content-security-policy"].endswith(ancestors)
        assert page.headers["set-cookie"].lower().endswith(f"samesite={same_site}")
        refused = await browser.post(
            "/api/messages", json={"id": "1", "text": "a"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert refused.status_code == 403


async def test_the_script_to_embed_asks_nothing_of_third_parties(browser: httpx.AsyncClient) -> None:
    script = await browser.get("/embed.js")
    assert (script.status_code, script.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
    assert "http://" not in script.text.replace('src="https://THE-BOT', "")
    assert script.text.count("https://") == 1  # the example in its first line


# ---- Receiving ----


async def test_messages_carry_rows_of_buttons_and_a_utc_time(visit: Callable[..., httpx.AsyncClient]) -> None:
    rows = ((Button("Lưu", "save"), Button("Sửa", "edit")), (Button("Huỷ", "cancel"),))
    gateway = FakeGateway(lambda incoming: [Reply("Dòng một\nDòng hai", rows)])
    transport = httpx.ASGITransport(app=build_app(gateway, secret_key="test"))
    async with httpx.AsyncClient(transport=transport, base_url="http://chat.test") as browser:
        await say(browser, "ghi")
        (message,) = (await browser.get("/api/messages?after=0")).json()["messages"]
    assert message["text"] == "Dòng một\nDòng hai"
    assert [[button["action"] for button in row] for row in message["buttons"]] == [["save", "edit"], ["cancel"]]
    assert message["at"].endswith("Z")
    assert set(message) == {"id", "text", "buttons", "at"}


async def test_a_message_with_a_file_says_where_to_fetch_it(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    await say(browser, "xuất sổ")
    gateway.push(chats(gateway)[0], Reply("Sổ đây ạ", attachment=Attachment("sổ.csv", "text/csv", b"")))
    _, message = (await browser.get("/api/messages?after=0")).json()["messages"]
    assert message["file"] == {"name": "sổ.csv", "path": "/files/t/n", "is_picture": False}


async def test_asking_again_acknowledges_what_was_shown(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    await say(browser, "một", "1")
    await say(browser, "hai", "2")
    shown = (await browser.get("/api/messages?after=0")).json()["messages"]
    assert gateway.acknowledged == []
    assert len(shown) == 2
    newer = (await browser.get(f"/api/messages?after={shown[0]['id']}")).json()["messages"]
    assert newer == shown[1:]
    assert gateway.acknowledged == [(chats(gateway)[0], shown[0]["id"])]


async def test_long_poll_ends_when_something_comes(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    await say(browser, "một")
    chat = chats(gateway)[0]
    last = (await browser.get("/api/messages?after=0")).json()["messages"][-1]["id"]
    gateway.listening.clear()
    poll = asyncio.create_task(browser.get(f"/api/messages?after={last}"))
    async with asyncio.timeout(5):
        await gateway.listening.wait()
        assert not poll.done()
        gateway.push(chat, Reply("Nhắc hạn báo cáo"))
        answer = await poll
    assert [message["text"] for message in answer.json()["messages"]] == ["Nhắc hạn báo cáo"]


async def test_nothing_is_missed_between_looking_and_waiting(
    browser: httpx.AsyncClient, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(browser, "một")
    last = (await browser.get("/api/messages?after=0")).json()["messages"][-1]["id"]
    look = gateway.messages

    async def slow_look(chat: str, after: int, limit: int) -> list[Any]:
        found = await look(chat, after, limit)
        if not found:
            gateway.push(chat, Reply("Đến đúng lúc đang xem"))
        return list(found)

    monkeypatch.setattr(gateway, "messages", slow_look)
    async with asyncio.timeout(5):
        answer = await browser.get(f"/api/messages?after={last}")
    assert len(answer.json()["messages"]) == 1


async def test_long_poll_ends_empty_after_its_time(browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.app.POLL_SECONDS", 0.05)
    assert (await browser.get("/api/messages?after=0")).json() == {"messages": []}


async def test_long_poll_of_a_page_that_went_away_ends_at_once(gateway: FakeGateway) -> None:
    happened: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return happened.pop(0)

    async def send(message: Any) -> None:
        assert message["type"] in {"http.response.start", "http.response.body"}

    scope = {"type": "http", "method": "GET", "path": "/api/messages", "query_string": b"after=0", "headers": []}
    async with asyncio.timeout(5):
        await build_app(gateway, secret_key="test")(scope, receive, send)


async def test_recent_gives_the_last_thirty_and_acknowledges_nothing(
    browser: httpx.AsyncClient, gateway: FakeGateway
) -> None:
    await say(browser, "một")
    for number in range(40):
        gateway.push(chats(gateway)[0], Reply(str(number)))
    texts = [message["text"] for message in (await browser.get("/api/messages?recent=1")).json()["messages"]]
    assert texts == [str(number) for number in range(10, 40)]
    assert gateway.acknowledged == []


@pytest.mark.parametrize("after", ["-1", "a", "1.5", "", "9" * 19, "٣"])
async def test_a_bad_after_is_refused(browser: httpx.AsyncClient, after: str) -> None:
    assert (await browser.get("/api/messages", params={"after": after})).status_code == 400


# ---- Health ----


async def test_health(browser: httpx.AsyncClient, gateway: FakeGateway) -> None:
    assert (await browser.get("/readyz")).status_code == 200
    gateway.problems = {"database": "postgres://user:secret@host is away", "scheduler": "late"}
    unready = await browser.get("/readyz")
    assert (unready.status_code, unready.json()) == (503, {"problems": ["database", "scheduler"]})
    alive = await browser.get("/healthz")
    assert alive.status_code == 200
    assert "set-cookie" not in alive.headers
