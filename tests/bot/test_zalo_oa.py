"""The Official Account's channel against a fake Zalo: no token lost, every failed send told apart, no event forged."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.channels import zalo_oa, zalo_oa_tokens
from bot.channels.base import (
    Outgoing,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
    file_path,
)
from bot.channels.zalo_oa import PRESSED, ZaloOaChannel, ZaloOaHook, until_morning
from bot.channels.zalo_oa_tokens import AccessTokens, ConsentNeeded, NoToken, challenge, consent_url, verifier
from db import zalo_tokens
from db.engine import Database
from handlers.message import Attachment, Button, ChatRef, Incoming, Kind
from handlers.rendering import ZONE
from handlers.splitting import utf16_length
from tests.support.clock import Clock
from tests.support.fake_zalo_oa import APP_ID, APP_SECRET, SECRET_KEY, FakeZaloOa
from tests.support.waiting import SHORT_OF_A_HANG, until

AN = "2512523625412515"
NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
SAVE = ((Button("Lưu", "log.save:1"), Button("Sửa", "log.edit:1")), (Button("Huỷ", "log.cancel:1"),))
SIX = tuple((Button(f"Tổ {number}", f"team.show:{number}"),) for number in "abcdef")
CHART = Attachment("biểu đồ.png", "image/png", b"PNG")
REPORT = Attachment("báo cáo.docx", "application/vnd.openxmlformats", b"PK")
PUBLIC = "https://tro-ly.example.vn"
PATH = file_path("t" * 43, CHART.name)

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def fake() -> Iterator[FakeZaloOa]:
    with FakeZaloOa() as server:
        server.add_chat(AN)
        yield server


def tokens_of(fake: FakeZaloOa, database: Database, clock: Clock, given: str | None = None) -> AccessTokens:
    return AccessTokens(database, APP_ID, APP_SECRET, given or fake.refresh_token, fake.url, clock=clock)


class Account:
    """A connected channel, with what it told of trouble."""

    def __init__(self, fake: FakeZaloOa, database: Database, clock: Clock, **options: Any) -> None:
        self.told: list[str] = []

        async def tell(what: str) -> None:
            self.told.append(what)

        self.tokens = tokens_of(fake, database, clock)
        self.channel = ZaloOaChannel(self.tokens, fake.url, **{"trouble": tell, "clock": clock, **options})

    async def outcome(self, text: str = "nội dung") -> SendError | None:
        """Send, and return how it ended; no error may hold the content or a token."""
        try:
            await self.channel.send(Outgoing(AN, text))
        except SendError as error:
            shown = "".join(traceback.format_exception(error))
            assert not any(secret in shown for secret in ("nội dung", "access-", "refresh-", APP_SECRET))
            return error
        return None


@pytest.fixture
def run(fake: FakeZaloOa, database: Database, clock: Clock) -> Callable[..., list[str]]:
    """Let a connected channel do something; what it told of trouble."""

    def go(script: Callable[[Account], Awaitable[object]], **options: Any) -> list[str]:
        async def scenario() -> list[str]:
            account = Account(fake, database, clock, **options)
            try:
                await script(account)
            finally:
                await account.channel.close()
            return account.told

        return asyncio.run(scenario())

    return go


@pytest.fixture
def send(run: Callable[..., list[str]]) -> Callable[..., None]:
    def go(*messages: Outgoing, **options: Any) -> None:
        async def all_of_them(account: Account) -> None:
            for message in messages:
                await account.channel.send(message)

        run(all_of_them, **options)

    return go


@asynccontextmanager
async def processes(fake: FakeZaloOa, database: Database, clock: Clock) -> Any:
    """Two processes of one bot."""
    both = [tokens_of(fake, database, clock) for _ in range(2)]
    yield both
    for tokens in both:
        await tokens.close()


def kept(database: Database) -> zalo_tokens.Pair | None:
    with database.reading() as db:
        return zalo_tokens.load(db, APP_ID)


# Tokens


def test_the_first_token_is_exchanged_and_the_pair_outlives_the_process(
    fake: FakeZaloOa, database: Database, clock: Clock
) -> None:
    first = fake.refresh_token

    async def one_process() -> str:
        tokens = tokens_of(fake, database, clock, given=first)
        try:
            assert await tokens.get() == await tokens.get()
            return await tokens.get()
        finally:
            await tokens.close()

    assert asyncio.run(one_process()) == asyncio.run(one_process())
    (asked,) = fake.requests("access_token")
    assert (asked.params["refresh_token"], asked.params["grant_type"]) == (first, "refresh_token")
    pair = kept(database)
    assert pair is not None
    assert pair.refresh_token == fake.refresh_token != first
    assert pair.expires_at == clock() + timedelta(hours=25)


@on_sqlite
def test_a_token_is_renewed_before_its_end(fake: FakeZaloOa, database: Database, clock: Clock) -> None:
    async def scenario() -> None:
        tokens = tokens_of(fake, database, clock)
        first = await tokens.get()
        clock.set(clock() + timedelta(hours=24, minutes=49))
        assert await tokens.get() == first
        clock.set(clock() + timedelta(minutes=2))
        assert await tokens.get() != first
        await tokens.close()

    asyncio.run(scenario())
    assert len(fake.requests("access_token")) == 2


def test_of_two_processes_only_one_renews_and_both_go_on(fake: FakeZaloOa, database: Database, clock: Clock) -> None:
    fake.hang_next("access_token", 0.3)

    async def scenario() -> None:
        async with processes(fake, database, clock) as (one, other):
            first = await asyncio.gather(*(tokens.get() for tokens in (one, other, one, other)))
            assert len(set(first)) == 1
            assert len(fake.requests("access_token")) == 1
            again = await asyncio.gather(one.get(instead_of=first[0]), other.get(instead_of=first[0]))
            assert len(set(again)) == 1
            assert again[0] != first[0]

    asyncio.run(scenario())
    assert len(fake.requests("access_token")) == 2


@on_sqlite
def test_whoever_waits_may_leave_but_a_renewal_comes_to_its_end_and_is_kept(
    fake: FakeZaloOa, database: Database, clock: Clock
) -> None:
    fake.hang_next("access_token", 0.3)

    async def scenario() -> None:
        tokens = tokens_of(fake, database, clock)
        waiting = asyncio.create_task(tokens.get())
        await until(lambda: bool(fake.requests("access_token")))
        waiting.cancel()
        await tokens.close()

    asyncio.run(scenario())
    pair = kept(database)
    assert pair is not None
    assert pair.refresh_token == fake.refresh_token


@on_sqlite
def test_a_new_pair_is_kept_before_use_however_long_the_database_is_away(
    fake: FakeZaloOa, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, tries = zalo_tokens.save, []

    def away_at_first(*args: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("", {}, Exception())
        save(*args)

    monkeypatch.setattr(zalo_tokens, "save", away_at_first)
    monkeypatch.setattr(zalo_oa_tokens, "_LOOKS_EVERY", 0.01)

    async def scenario() -> str:
        tokens = tokens_of(fake, database, clock)
        got = await tokens.get()
        await tokens.close()
        return got

    got, pair = asyncio.run(scenario()), kept(database)
    assert pair is not None
    assert (pair.access_token, len(fake.requests("access_token"))) == (got, 1)


def test_a_refused_refresh_is_noted_and_not_asked_again_until_somebody_consents(
    fake: FakeZaloOa, database: Database, clock: Clock
) -> None:
    secret = verifier("secret", APP_ID)

    async def scenario() -> None:
        running = tokens_of(fake, database, clock)
        token = await running.get()
        fake.revoke()
        for _ in range(3):
            with pytest.raises(ConsentNeeded):
                await running.get(instead_of=token)
        pair = kept(database)
        assert pair is not None
        assert pair.refused_at == clock()
        asked = len(fake.requests("access_token"))
        assert asked == 3  # the first one, then the kept one and the one of the settings

        code = fake.consent(consent_url(APP_ID, secret, "https://xa.vn/zalo", fake.url))
        command = tokens_of(fake, database, clock)
        await command.consent(code, secret)
        assert (kept(database) or pair).refused_at is None
        assert await running.get(instead_of=token) != token
        assert len(fake.requests("access_token")) == asked + 1
        await command.close()
        await running.close()

    asyncio.run(scenario())


@on_sqlite
def test_a_new_refresh_token_in_the_settings_helps_after_a_restart(
    fake: FakeZaloOa, database: Database, clock: Clock
) -> None:
    async def scenario() -> None:
        before = tokens_of(fake, database, clock, given="refresh-old")
        with pytest.raises(ConsentNeeded):
            await before.get()
        await before.close()
        restarted = tokens_of(fake, database, clock)
        assert await restarted.get()
        await restarted.close()

    asyncio.run(scenario())
    pair = kept(database)
    assert pair is not None
    assert pair.refused_at is None


@on_sqlite
@pytest.mark.parametrize("status", [None, 502])
def test_trouble_on_the_way_to_the_token_server_is_no_refusal(
    fake: FakeZaloOa, database: Database, clock: Clock, status: int | None
) -> None:
    if status is None:
        fake.drop_next("access_token", accepted=False)
    else:
        fake.fail_next("access_token", status, "Bad gateway")

    async def scenario() -> None:
        tokens = tokens_of(fake, database, clock)
        with pytest.raises(NoToken):
            await tokens.get()
        assert kept(database) is None
        assert await tokens.get()
        await tokens.close()

    asyncio.run(scenario())


@given(st.text(max_size=20), st.text(max_size=20))
@settings(max_examples=20)
def test_the_verifier_is_what_zalo_asks_for_and_always_the_same(secret: str, app_id: str) -> None:
    made = verifier(secret, app_id)
    assert made == verifier(secret, app_id)
    assert len(made) == len(challenge(made)) == 43
    assert made.isalnum()
    assert challenge(made).isalnum()


# Sending


@on_sqlite
def test_buttons_are_buttons_and_a_press_is_one(fake: FakeZaloOa, send: Callable[..., None]) -> None:
    send(Outgoing(AN, "Tôi hiểu là: 3 bà.", SAVE))
    (seen,) = fake.replies(AN)
    assert seen.text == "Tôi hiểu là: 3 bà."
    assert [title for title, _ in seen.buttons] == ["Lưu", "Sửa", "Huỷ"]
    incoming = take(event("text", text=seen.buttons[1][1])).events[0]
    assert (incoming.kind, incoming.button, incoming.text) == (Kind.BUTTON, "log.edit:1", "")


@on_sqlite
def test_too_many_buttons_and_buttons_that_zalo_does_not_take_are_numbered_lines(
    fake: FakeZaloOa, send: Callable[..., None]
) -> None:
    long = ((Button("x" * 101, "a"),),)
    texts = (("Tổ nào?", SIX), ("Dài", long), ("", SAVE))
    send(*(Outgoing(AN, text, rows, first_number=1) for text, rows in texts))
    fake.takes_buttons = False
    send(Outgoing(AN, "Lưu không?", SAVE, first_number=1), Outgoing(AN, "Nhắc", SAVE))
    assert all(seen.buttons == () for seen in fake.replies(AN))
    assert fake.replies(AN)[0].text.endswith("6. Tổ f")
    assert fake.replies(AN)[2].text.startswith("Bác nhắn số")
    assert fake.replies(AN)[3].text.endswith("1. Lưu\n2. Sửa\n3. Huỷ")
    assert fake.replies(AN)[4].text.endswith("để chọn: Lưu · Sửa · Huỷ")
    assert len(fake.requests("cs")) == 7  # only the last two were tried as buttons first


@on_sqlite
def test_a_picture_is_shown_and_a_file_is_a_link(fake: FakeZaloOa, send: Callable[..., None]) -> None:
    picture = Outgoing(AN, "Biểu đồ", SAVE, attachment=CHART, path=PATH, first_number=1)
    send(picture, Outgoing(AN, "Báo cáo", SAVE, attachment=REPORT, path=PATH), public_url=PUBLIC)
    send(Outgoing(AN, "Báo cáo", attachment=REPORT, path=PATH))
    fake.takes_buttons = False
    send(picture, public_url=PUBLIC)
    shown, linked, nowhere, refused = fake.replies(AN)
    assert (shown.picture, shown.text.splitlines()[-1]) == (PUBLIC + PATH, "3. Huỷ")
    assert linked.text.endswith(PUBLIC + PATH)
    assert len(linked.buttons) == 3
    assert "http" not in nowhere.text
    assert PUBLIC + PATH in refused.text


@settings(max_examples=30)
@given(
    labels=st.lists(st.text("Lưu sửa 😀", min_size=1, max_size=80), max_size=20),
    attachment=st.sampled_from((None, CHART, REPORT)),
    public_url=st.sampled_from((None, PUBLIC)),
)
def test_what_fits_into_the_room_fits_in_every_form(
    labels: list[str], attachment: Attachment | None, public_url: str | None
) -> None:
    rows = tuple((Button(label, "a"),) for label in labels)
    path = None if attachment is None else file_path("t" * 43, attachment.name)
    text = "x" * zalo_oa.room(public_url, rows, attachment)
    for form in reader(public_url).forms(Outgoing(AN, text, rows, attachment=attachment, path=path)):
        assert 0 < utf16_length(form["text"]) <= zalo_oa.TEXT_LIMIT


@on_sqlite
@pytest.mark.parametrize(
    ("codes", "outcome", "after", "whole_channel"),
    [
        ((-213, -217, -227, -230, -232, -244), Unreachable, None, False),
        ((-201, -210, -233, -248), Refused, None, False),
        ((-204, -205, -209, -211, -212, -219, -221, -223, -224, -240, -320, -321), RetryLater, 600, True),
        ((-218,), RetryLater, 3600, False),
        ((-234,), RetryLater, 21 * 3600, False),  # at 09:00
        ((-200,), RetryLater, None, False),
        ((-999, 500), Uncertain, None, False),
    ],
)
def test_how_a_send_can_end(
    fake: FakeZaloOa,
    run: Callable[..., list[str]],
    codes: tuple[int, ...],
    outcome: type[SendError],
    after: float | None,
    whole_channel: bool,
) -> None:
    async def each(account: Account) -> None:
        for code in codes:
            fake.fail_next("cs", code, "no")
            ended = await account.outcome()
            assert type(ended) is outcome
            if isinstance(ended, RetryLater):
                assert (ended.after, ended.whole_channel) == (after, whole_channel)

    assert run(each) == ([str(code) for code in codes] if after == 600 else [])


@on_sqlite
def test_a_refused_access_token_is_renewed_once_and_the_message_goes_out(
    fake: FakeZaloOa, run: Callable[..., list[str]]
) -> None:
    async def scenario(account: Account) -> None:
        assert await account.outcome("một") is None
        fake.end_access()
        assert await account.outcome("hai") is None
        fake.fail_next("cs", -216, "no", times=2)
        ended = await account.outcome()
        assert isinstance(ended, RetryLater)
        assert ended.whole_channel

    assert run(scenario) == []
    assert [seen.text for seen in fake.replies(AN)] == ["một", "hai"]
    assert len(fake.requests("access_token")) == 3


@on_sqlite
def test_without_consent_nothing_is_tried_and_somebody_is_told(fake: FakeZaloOa, run: Callable[..., list[str]]) -> None:
    fake.revoke()
    stop = asyncio.Event()

    async def scenario(account: Account) -> None:
        fake.revoke()
        ended = await account.outcome()
        assert isinstance(ended, RetryLater)
        assert ended.whole_channel
        keeping = asyncio.create_task(account.channel.keep_tokens(stop))
        await until(lambda: len(account.told) == 2)
        stop.set()
        await keeping

    assert run(scenario) == ["consent", "consent"]
    assert fake.requests("cs") == []


@on_sqlite
def test_a_failure_to_tell_changes_nothing(fake: FakeZaloOa, run: Callable[..., list[str]]) -> None:
    async def broken(_what: str) -> None:
        raise ConnectionError

    async def scenario(account: Account) -> None:
        fake.trouble = -221
        assert isinstance(await account.outcome(), RetryLater)

    run(scenario, trouble=broken)


@on_sqlite
def test_the_rate_headers_keep_the_last_request_of_a_minute_from_being_wasted(
    fake: FakeZaloOa, run: Callable[..., list[str]]
) -> None:
    fake.requests_left = 1

    async def scenario(account: Account) -> None:
        assert await account.outcome() is None
        ended = await account.outcome()
        assert isinstance(ended, RetryLater)
        assert ended.whole_channel
        assert 30 < (ended.after or 0) <= 60

    run(scenario)
    assert len(fake.requests("cs")) == 1


@on_sqlite
def test_too_many_requests_without_a_header_pause_longer_each_time(
    fake: FakeZaloOa, run: Callable[..., list[str]]
) -> None:
    fake.fail_next("cs", -32, "no", times=2)
    pauses: list[float] = []

    async def scenario(account: Account) -> None:
        for _ in range(2):
            ended = await account.outcome()
            assert isinstance(ended, RetryLater)
            pauses.append(ended.after or 0)

    run(scenario)
    assert 2.5 <= pauses[0] <= 5 <= pauses[1] <= 10


@on_sqlite
def test_a_timeout_and_a_cut_are_uncertain_for_the_message_may_be_there(
    fake: FakeZaloOa, run: Callable[..., list[str]]
) -> None:
    async def scenario(account: Account) -> None:
        fake.hang_next("cs", SHORT_OF_A_HANG)
        assert isinstance(await account.outcome("chậm"), Uncertain)
        fake.drop_next("cs")
        assert isinstance(await account.outcome("đứt"), Uncertain)

    run(scenario, request_timeout=1)
    assert [seen.text for seen in fake.replies(AN)] == ["chậm", "đứt"]


@on_sqlite
def test_a_log_holds_what_a_message_is_charged_to_and_no_secret(fake: FakeZaloOa, send: Callable[..., None]) -> None:
    with capture_logs() as logs:
        send(Outgoing(AN, "nội dung"))
    assert {"event": "zalo_oa_sent", "quota": "reply", "log_level": "info"} in logs
    assert not any(secret in str(logs) for secret in ("nội dung", "access-", "refresh-", APP_SECRET, AN))


@pytest.mark.parametrize(("hour", "hours"), [(22, 8.0), (0, 6.0), (5, 1.0), (6, 24.0), (9, 21.0)])
def test_the_night_ends_at_six_in_vietnam(hour: int, hours: float) -> None:
    assert until_morning(datetime(2026, 11, 21, hour, tzinfo=ZONE).astimezone(UTC)) == hours * 3600


# Events


class Inbox:
    """What the channel handed on."""

    def __init__(self) -> None:
        self.events: list[Incoming] = []
        self.noted: list[tuple[str, str, str]] = []

    async def receive(self, incoming: Incoming) -> None:
        self.events.append(incoming)

    async def unreadable(self, *, event_key: str, kind: str, error: str) -> None:
        self.noted.append((event_key, kind, error))


@cache
def reader(public_url: str | None = None) -> ZaloOaChannel:
    """A channel that only reads events and words messages, so that it needs neither a connection nor a database."""

    async def tell(_what: str) -> None:
        raise AssertionError

    tokens = AccessTokens(Database("sqlite://"), APP_ID, APP_SECRET)
    return ZaloOaChannel(tokens, trouble=tell, public_url=public_url, clock=lambda: NOW)


def take(brought: dict[str, Any]) -> Inbox:
    inbox = Inbox()
    asyncio.run(reader().take(brought, inbox.receive, inbox.unreadable))
    return inbox


def event(kind: str, /, **message: Any) -> dict[str, Any]:
    return {
        "app_id": APP_ID,
        "sender": {"id": AN},
        "recipient": {"id": "579745863508352884"},
        "event_name": f"user_send_{kind}",
        "message": {"msg_id": "96d3cdf3af150460909", **message},
        "timestamp": "1718000000000",
    }


def relation(name: str, role: str) -> dict[str, Any]:
    return {"app_id": APP_ID, "oa_id": "1", "event_name": name, role: {"id": AN}, "timestamp": "1718000000000"}


def test_the_message_as_zalo_documents_it() -> None:
    (incoming,) = take(event("text", text="chào")).events
    assert incoming == Incoming(
        "96d3cdf3af150460909", ChatRef("zalo_oa", AN), AN, "", NOW, Kind.TEXT, text="chào", private=True
    )


@pytest.mark.parametrize(
    ("brought", "kind", "text"),
    [
        (event("image", attachments=[{"type": "image", "payload": {"url": "https://a.vn"}}]), Kind.PHOTO, ""),
        (event("image", text="giúp 3 bà"), Kind.PHOTO, "giúp 3 bà"),
        (
            event("link", attachments=[{"type": "link", "payload": {"url": "https://la.vn"}}]),
            Kind.TEXT,
            "https://la.vn",
        ),
        (event("link"), Kind.OTHER, ""),
        (event("text", text=""), Kind.OTHER, ""),
        (event("audio"), Kind.VOICE, ""),
        (event("sticker"), Kind.STICKER, ""),
        (event("file"), Kind.FILE, ""),
        (event("gif"), Kind.OTHER, ""),
        (event("video"), Kind.OTHER, ""),
        (event("location"), Kind.OTHER, ""),
        (event("business_card"), Kind.OTHER, ""),
        (relation("follow", "follower"), Kind.TEXT, "/start"),
        (relation("unfollow", "follower"), Kind.LEFT, ""),
        (relation("user_withdraw", "sender"), Kind.WITHDRAWN, ""),
        (relation("user_withdraw", "user"), Kind.WITHDRAWN, ""),
    ],
)
def test_what_each_event_says(brought: dict[str, Any], kind: Kind, text: str) -> None:
    (incoming,) = take(brought).events
    assert (incoming.kind, incoming.text, incoming.chat.chat, incoming.sender) == (kind, text, AN, AN)
    assert take(brought).events[0].event_key == incoming.event_key


@pytest.mark.parametrize("typed", [PRESSED, f"{PRESSED}{'x' * 65}", f"{PRESSED}lưu", f" {PRESSED}a", "#cnscd"])
def test_what_is_no_action_is_a_text(typed: str) -> None:
    assert take(event("text", text=typed)).events[0].kind is Kind.TEXT


@pytest.mark.parametrize(
    "brought",
    [
        {**event("text", text="tin của chính mình"), "event_name": "oa_send_text"},
        {**event("text", text="cán bộ trả lời"), "event_name": "oa_send_text", "sender": {"id": "1", "admin_id": "2"}},
        {**event("text"), "event_name": "user_received_message"},
        {**event("text"), "event_name": "user_seen_message"},
    ],
)
def test_echoes_and_receipts_are_left_alone(brought: dict[str, Any]) -> None:
    inbox = take(brought)
    assert (inbox.events, inbox.noted) == ([], [])


@pytest.mark.parametrize(
    ("brought", "kind", "error"),
    [
        ({}, "nameless", "unknown event"),
        ({**event("text"), "event_name": "user_asked_product"}, "user_asked_product", "unknown event"),
        ({**event("text"), "event_name": "x" * 500}, "x" * 40, "unknown event"),
        ({**event("text"), "message": None}, "user_send_text", "no message"),
        ({**event("text"), "sender": None}, "odd", "StopIteration"),
        (relation("follow", "nobody"), "odd", "StopIteration"),
    ],
)
def test_what_cannot_be_read_is_noted_under_a_key_that_a_repeat_shares(
    brought: dict[str, Any], kind: str, error: str
) -> None:
    (noted,), (again,) = take(brought).noted, take(brought).noted
    assert noted == again
    assert noted[1:] == (kind, error)


@given(
    st.sampled_from(("user_send_text", "user_send_link", "follow", "user_withdraw", "?")),
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("msg_id", "text", "attachments", "type", "payload", "url", "id")), inner, max_size=4
            )
        ),
        max_leaves=8,
    ),
)
def test_no_event_breaks_the_reading(name: str, inside: Any) -> None:
    take({"event_name": name, "message": inside, "sender": {"id": AN}, "follower": inside})


# The signature


def hook() -> ZaloOaHook:
    inbox = Inbox()
    return ZaloOaHook(reader(), APP_ID, SECRET_KEY, inbox.receive, inbox.unreadable)


def signed(body: bytes, timestamp: str = "1718000000000", secret_key: str = SECRET_KEY) -> dict[str, str]:
    mac = zalo_oa.signature(APP_ID.encode(), body, timestamp.encode(), secret_key.encode()).decode()
    return {"x-zevent-signature": f"mac={mac}"}


def test_only_what_zalo_has_signed_is_let_in() -> None:
    body = json.dumps(event("text", text='nói "timestamp":"1" rồi')).encode()
    good = signed(body)
    assert hook().is_genuine(good, body)
    bare = good["x-zevent-signature"].removeprefix("mac=")
    assert hook().is_genuine({"x-zevent-signature": bare.upper()}, body)
    for wrong in ({}, {"x-zevent-signature": ""}, {"x-zevent-signature": "mac="}, {"x-zevent-signature": "mac=đ"}):
        assert not hook().is_genuine(wrong, body)
    assert not hook().is_genuine(signed(body, secret_key="guess"), body)
    assert not hook().is_genuine(signed(body, timestamp="1"), body)
    assert not hook().is_genuine(good, body.replace(b"text", b"test"))
    assert not hook().is_genuine(signed(b"{}"), b"{}")


def test_a_time_that_is_a_number_or_stands_elsewhere_too_is_found() -> None:
    for body in (b'{"timestamp": 1718000000000}', b'{"quote": {"timestamp": "5"}, "timestamp" : "1718000000000"}'):
        assert hook().is_genuine(signed(body), body)


@given(st.binary(max_size=200))
def test_no_body_breaks_the_check(body: bytes) -> None:
    assert not hook().is_genuine({"x-zevent-signature": "mac=0"}, body)
