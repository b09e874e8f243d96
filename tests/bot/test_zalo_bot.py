"""The Zalo Bot channel against a fake Zalo: nothing lost that was handed out, every failed send told apart."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.channels import asking, zalo_bot
from bot.channels.base import (
    BadTokenError,
    Outgoing,
    Polled,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
    file_path,
)
from bot.channels.zalo_bot import ZaloBotChannel, ZaloBotHook
from handlers.message import Attachment, Button, ChatRef, Incoming, Kind
from handlers.splitting import utf16_length
from tests.support.fake_zalo import BOT_NAME, TOKEN, FakeZalo
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, SHORT_OF_A_HANG, until

AN = "6ede9afa66b88fe6d6a9"
BE = "0b1c2d3e4f5061728394"
GROUP = "7f7f7f7f7f7f7f7f7f7f"
NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
SAVE = ((Button("Lưu", "log.save:1"), Button("Sửa", "log.edit:1")), (Button("Huỷ", "log.cancel:1"),))
CHART = Attachment("biểu đồ.png", "image/png", b"PNG")
REPORT = Attachment("báo cáo.docx", "application/vnd.openxmlformats", b"PK")
PUBLIC = "https://tro-ly.example.vn"
PATH = file_path("t" * 43, CHART.name)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def fake() -> Iterator[FakeZalo]:
    with FakeZalo(idle_seconds=SHORT_OF_A_HANG) as server:  # no poll ends by itself while a test is patient
        server.add_chat(AN)
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses too short to wait for."""
    monkeypatch.setattr(asking, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(asking, "TOKEN_PAUSE", 0.02)
    monkeypatch.setattr(zalo_bot, "QUICK", 0.0)


class Inbox:
    """What the channel handed on; raises for the first `failures` events, as if the database were away."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[Incoming] = []
        self.noted: list[tuple[str, str, str]] = []
        self.failures = failures

    async def receive(self, incoming: Incoming) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("database away")
        self.events.append(incoming)

    async def unreadable(self, *, event_key: str, kind: str, error: str) -> None:
        self.noted.append((event_key, kind, error))

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


def connect(fake: FakeZalo, **options: Any) -> ZaloBotChannel:
    return ZaloBotChannel(
        fake.token, fake.url, **{"clock": lambda: NOW, "poll_seconds": int(SHORT_OF_A_HANG), **options}
    )


@asynccontextmanager
async def polling(channel: Polled, inbox: Inbox) -> AsyncIterator[asyncio.Event]:
    """Poll in the background; leaving stops it, which must not take long."""
    stop = asyncio.Event()
    await channel.start()
    loop = asyncio.create_task(channel.poll(inbox.receive, inbox.unreadable, stop, lambda: True))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(loop, PATIENCE)
        await channel.close()


@cache
def reader() -> ZaloBotChannel:
    """A channel that only reads events, so that it never needs a connection."""
    return ZaloBotChannel(TOKEN, clock=lambda: NOW)


def take(event: dict[str, Any]) -> Inbox:
    """Let the channel read one event."""
    inbox = Inbox()
    asyncio.run(reader().take(event, inbox.receive, inbox.unreadable))
    return inbox


def send(fake: FakeZalo, *messages: Outgoing, **options: Any) -> list[str]:
    async def all_of_them() -> list[str]:
        channel = connect(fake, **options)
        await channel.start()
        try:
            return [await channel.send(message) for message in messages]
        finally:
            await channel.close()

    return asyncio.run(all_of_them())


def event(kind: str = "text", /, **message: Any) -> dict[str, Any]:
    whole = {
        "from": {"id": AN, "display_name": "Ted", "is_bot": False},
        "chat": {"id": AN, "chat_type": "PRIVATE"},
        "message_id": "2d758cb5e222177a4e35",
        "date": 1750316131602,
        **message,
    }
    return {"ok": True, "result": {"event_name": f"message.{kind}.received", "message": whole}}


# Receiving


def test_texts_come_once_each_in_order_whoever_writes(fake: FakeZalo) -> None:
    inbox = Inbox()

    async def scenario() -> None:
        async with polling(connect(fake), inbox):
            first = fake.user_says(AN, "xin chào")
            fake.user_says(BE, "chào")
            fake.user_says(AN, "quên mật khẩu")
            await until(lambda: len(inbox.events) == 3)
            assert inbox.events[0].event_key == first

    asyncio.run(scenario())
    assert [(event.chat, event.text) for event in inbox.events] == [
        (ChatRef("zalo_bot", AN), "xin chào"),
        (ChatRef("zalo_bot", BE), "chào"),
        (ChatRef("zalo_bot", AN), "quên mật khẩu"),
    ]
    assert fake.pending_updates == 0


@pytest.mark.usefixtures("hurried")
def test_a_poll_that_finds_nothing_is_no_fault(fake: FakeZalo) -> None:
    fake.idle_seconds = 0.05
    inbox = Inbox()

    async def scenario() -> None:
        with capture_logs() as logs:
            async with polling(connect(fake), inbox):
                await until(lambda: len(fake.requests("getUpdates")) >= 4)
                fake.user_says(AN, "vẫn nghe")
                await until(lambda: inbox.texts == ["vẫn nghe"])
        assert logs == []

    asyncio.run(scenario())


def test_polls_that_are_answered_at_once_do_not_become_a_storm(fake: FakeZalo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zalo_bot, "QUICK", SHORT_OF_A_HANG)
    fake.idle_seconds = 0.0

    async def scenario() -> None:
        async with polling(connect(fake), Inbox()):
            await until(lambda: len(fake.requests("getUpdates")) >= 1)
            await asyncio.sleep(0.3)
            assert len(fake.requests("getUpdates")) == 1

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_what_cannot_be_stored_is_held_until_it_can(fake: FakeZalo) -> None:
    inbox = Inbox(failures=3)

    async def scenario() -> None:
        async with polling(connect(fake), inbox):
            fake.user_says(AN, "một")
            fake.user_says(AN, "hai")
            await until(lambda: len(inbox.events) == 2)

    asyncio.run(scenario())
    assert inbox.texts == ["một", "hai"]


@pytest.mark.usefixtures("hurried")
def test_polling_goes_on_after_errors_and_after_an_answer_of_another_machine(fake: FakeZalo) -> None:
    fake.fail_next("getUpdates", 429, "Quota exceeded")
    fake.fail_next("getUpdates", 401, "Unauthorized")
    fake.fail_next("getUpdates", 409, "Conflict")
    fake.drop_next("getUpdates", accepted=False)
    inbox = Inbox()

    async def scenario() -> None:
        with capture_logs() as logs:
            async with polling(connect(fake), inbox):
                await until(lambda: len(fake.requests("getUpdates")) >= 5)
                fake.user_says(AN, "sau lỗi")
                await until(lambda: inbox.texts == ["sau lỗi"])
        assert TOKEN not in str(logs)
        assert [line["event"] for line in logs] == [
            "zalo_bot_poll_failed", "zalo_bot_token_refused", "zalo_bot_poll_failed", "zalo_bot_poll_failed",
        ]  # fmt: skip
        assert "another program" in logs[2]["hint"]

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_polling_ends_a_webhook_that_would_keep_it_deaf(fake: FakeZalo) -> None:
    fake.takes_loopback = True
    inbox = Inbox()

    async def scenario() -> None:
        before = connect(fake)
        await before.keep_webhook("http://127.0.0.1:9/hooks/zalo-bot", "bí mật dài", asyncio.Event())
        await before.close()
        async with polling(connect(fake), inbox):
            await until(lambda: bool(fake.requests("getUpdates")))
            fake.user_says(AN, "nghe rồi")
            await until(lambda: inbox.texts == ["nghe rồi"])

    asyncio.run(scenario())
    assert len(fake.requests("deleteWebhook")) == 1


def test_a_token_that_zalo_refuses_is_told_at_the_start(fake: FakeZalo) -> None:
    async def scenario() -> None:
        channel = ZaloBotChannel("1:wrong", fake.url)
        with pytest.raises(BadTokenError) as refused:
            await channel.start()
        assert "wrong" not in "".join(traceback.format_exception(refused.value))
        await channel.close()

    asyncio.run(scenario())


def test_a_start_without_a_network_is_no_error() -> None:
    async def scenario() -> None:
        channel = ZaloBotChannel(TOKEN, f"http://127.0.0.1:{free_port()}")
        await channel.start()
        await channel.close()

    asyncio.run(scenario())


def test_every_kind_of_message_is_told_apart() -> None:
    def kind_and_text(kind: str, **message: Any) -> tuple[Kind, str]:
        (incoming,) = take(event(kind, **message)).events
        return incoming.kind, incoming.text

    assert kind_and_text("text", text="xin chào") == (Kind.TEXT, "xin chào")
    assert kind_and_text("image", photo="https://a.vn/1.jpg") == (Kind.PHOTO, "")
    assert kind_and_text("image", photo="https://a.vn/1.jpg", caption="cái này") == (Kind.PHOTO, "cái này")
    assert kind_and_text("sticker", sticker="bf", url="https://a.vn") == (Kind.STICKER, "")
    assert kind_and_text("voice", voice_url="https://a.vn/1.aac") == (Kind.VOICE, "")
    assert kind_and_text("unsupported") == (Kind.OTHER, "")
    assert kind_and_text("link", link="https://la.vn") == (Kind.TEXT, "https://la.vn")
    assert kind_and_text("link", link={"href": "https://la.vn"}) == (Kind.OTHER, "")


def test_the_message_as_zalo_documents_it() -> None:
    (incoming,) = take(event(text="chào")).events
    assert incoming == Incoming(
        "2d758cb5e222177a4e35", ChatRef("zalo_bot", AN), AN, "Ted", NOW, Kind.TEXT, text="chào", private=True
    )
    assert take(event(text="chào")["result"]).events == [incoming]


@pytest.mark.parametrize("brought", [event("reaction"), event(**{"from": {"id": "1", "is_bot": True}})])
def test_what_nobody_waits_for_an_answer_to_is_left_alone(brought: dict[str, Any]) -> None:
    inbox = take(brought)
    assert (inbox.events, inbox.noted) == ([], [])


@pytest.mark.parametrize(
    ("brought", "kind", "error"),
    [
        ({"ok": True, "result": {"event_name": "message.unsupported.received"}}, "unsupported", "no message"),
        (event("seen"), "seen", "unknown event"),
        (event("x" * 500), "x" * 40, "unknown event"),
        ({}, "nameless", "unknown event"),
        ({"ok": True, "result": []}, "nameless", "unknown event"),
        (event(chat=None), "odd", "AttributeError"),
        (event(**{"from": {}}), "odd", "KeyError"),
    ],
)
def test_what_cannot_be_read_is_noted_under_a_key_that_a_repeat_shares(
    brought: dict[str, Any], kind: str, error: str
) -> None:
    (noted,), (again,) = take(brought).noted, take(brought).noted
    assert noted == again
    assert noted[1:] == (kind, error)
    assert len(noted[0]) <= 200


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(("ok", "result", "event_name", "message", "from", "chat", "id", "text")),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_no_event_breaks_the_reading(inside: Any) -> None:
    take({"event_name": "message.text.received", "message": inside})
    take({"ok": True, "result": inside})


def test_a_group_brings_mentions_and_the_bots_name_is_cut_off(fake: FakeZalo) -> None:
    inbox = Inbox()

    async def scenario() -> None:
        async with polling(connect(fake, shown_name=BOT_NAME), inbox):
            fake.user_says(GROUP, "nói với nhau thôi", user=AN)
            fake.user_says(GROUP, f"@{BOT_NAME} quên mật khẩu", user=AN)
            fake.user_sends(GROUP, "text", {"text": "còn cách nào nữa"}, user=BE, replies=True)
            await until(lambda: len(inbox.events) == 2)

    asyncio.run(scenario())
    assert [(event.chat.chat, event.sender, event.text, event.private) for event in inbox.events] == [
        (GROUP, AN, "quên mật khẩu", False),
        (GROUP, BE, "còn cách nào nữa", False),
    ]


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("@BotXã quên mật khẩu", "quên mật khẩu"),
        ("@bot: quên mật khẩu", "quên mật khẩu"),
        ("@Lan xem giúp", "@Lan xem giúp"),
        ("gửi @Bot một tin", "gửi @Bot một tin"),
    ],
)
def test_without_the_bots_shown_name_one_word_that_begins_with_bot_is_cut(said: str, understood: str) -> None:
    group = {"id": GROUP, "chat_type": "GROUP"}
    assert take(event(text=said, chat=group)).texts == [understood]
    assert take(event(text=said)).texts == [said]


# The webhook


def test_only_the_secret_lets_an_event_in() -> None:
    inbox = Inbox()
    hook = ZaloBotHook(reader(), "đúng mật mã", inbox.receive, inbox.unreadable)
    assert hook.is_genuine({"x-bot-api-secret-token": "đúng mật mã"}, b"")
    for wrong in ({}, {"x-bot-api-secret-token": ""}, {"x-bot-api-secret-token": "đúng mật m"}):
        assert not hook.is_genuine(wrong, b"")


@pytest.mark.usefixtures("hurried")
def test_the_webhook_is_told_until_zalo_takes_it(fake: FakeZalo) -> None:
    fake.drop_next("setWebhook", accepted=False)
    stop = asyncio.Event()

    async def scenario() -> None:
        channel = connect(fake)
        with capture_logs() as logs:
            keeping = asyncio.create_task(channel.keep_webhook("http://10.0.0.1/hooks/zalo-bot", "bí mật dài", stop))
            await until(lambda: len(fake.requests("setWebhook")) >= 2)
            assert not keeping.done()
            fake.takes_loopback = True
            await asyncio.wait_for(keeping, PATIENCE)
        await channel.close()
        assert any("CNSCD_PUBLIC_URL" in line.get("hint", "") for line in logs)

    asyncio.run(scenario())
    assert fake.requests("setWebhook")[-1].params == {
        "url": "http://10.0.0.1/hooks/zalo-bot",
        "secret_token": "bí mật dài",
    }


# Sending


def test_choices_are_numbered_lines_under_the_text(fake: FakeZalo) -> None:
    (reference,) = send(fake, Outgoing(AN, "Tôi hiểu là: 3 bà.", SAVE, first_number=1))
    (seen,) = fake.replies(AN)
    assert seen.text == "Tôi hiểu là: 3 bà.\n\nBác nhắn số để chọn:\n1. Lưu\n2. Sửa\n3. Huỷ"
    assert reference == seen.id


def test_numbers_run_on_from_the_message_before(fake: FakeZalo) -> None:
    send(fake, Outgoing(AN, "Lưu chứ?", SAVE, first_number=4))
    assert fake.replies(AN)[0].text.endswith("\n4. Lưu\n5. Sửa\n6. Huỷ")


def test_what_has_no_numbers_is_chosen_by_its_words(fake: FakeZalo) -> None:
    rows = ((Button("2", "a"), Button("3", "b")), (Button("Số khác", "c"),))
    send(fake, Outgoing(AN, "Mấy người?", rows), Outgoing(AN, "Nhắc", ((Button("Đã nộp", "d"),),)))
    assert fake.replies(AN)[1].text == "Nhắc\n\nBác nhắn chữ để chọn: Đã nộp"
    assert fake.replies(AN)[0].text == "Mấy người?\n\nBác nhắn một trong các chữ sau để chọn: 2 · 3 · Số khác"


def test_a_picture_is_sent_by_its_address_and_a_file_as_a_link(fake: FakeZalo) -> None:
    report = file_path("r" * 43, REPORT.name)
    send(
        fake,
        Outgoing(AN, "Biểu đồ tuần", SAVE, attachment=CHART, path=PATH, first_number=1),
        Outgoing(AN, "Báo cáo quý", attachment=REPORT, path=report),
        Outgoing(AN, "", attachment=CHART, path=PATH),
        public_url=PUBLIC,
    )
    picture, document, bare = fake.replies(AN)
    assert (picture.picture, bare.picture, bare.text) == (PUBLIC + PATH, PUBLIC + PATH, "")
    assert picture.text.startswith("Biểu đồ tuần\n\nBác nhắn số")
    assert document.text.startswith("Báo cáo quý\n\nBác bấm vào đây để mở tệp")
    assert document.text.endswith(PUBLIC + report)
    assert "%20" in report
    assert " " not in report


def test_a_picture_that_zalo_does_not_take_becomes_a_link(fake: FakeZalo) -> None:
    fake.fail_next("sendPhoto", 400, "Bad request: photo")
    send(fake, Outgoing(AN, "Biểu đồ", attachment=CHART, path=PATH), public_url=PUBLIC)
    (seen,) = fake.replies(AN)
    assert seen.text.endswith(PUBLIC + PATH)


def test_without_a_public_address_a_file_is_told_of_and_not_linked(fake: FakeZalo) -> None:
    send(fake, Outgoing(AN, "Báo cáo", attachment=REPORT, path=PATH))
    (seen,) = fake.replies(AN)
    assert "http" not in seen.text
    assert "trang web" in seen.text


@settings(max_examples=15, deadline=None)  # each is sent over a real connection
@given(
    labels=st.lists(st.text("Lưu sửa 😀", min_size=1, max_size=80), max_size=20),
    attachment=st.sampled_from((None, CHART, REPORT)),
    public_url=st.sampled_from((None, PUBLIC)),
    first_number=st.sampled_from((None, 1, 20)),
)
def test_what_fits_into_the_room_fits_into_one_message(
    labels: list[str], attachment: Attachment | None, public_url: str | None, first_number: int | None
) -> None:
    rows = tuple((Button(label, "a"),) for label in labels)
    room = zalo_bot.room(public_url, rows, attachment)
    assert room > 0
    with FakeZalo() as fake:
        fake.add_chat(AN)
        path = None if attachment is None else file_path("t" * 43, attachment.name)
        for answer in ("sendPhoto", "") if attachment is not None else ("",):
            if answer:
                fake.fail_next("sendPhoto", 400, "no")
            message = Outgoing(AN, "x" * room, rows, attachment=attachment, path=path, first_number=first_number)
            send(fake, message, public_url=public_url)
        assert all(utf16_length(seen.text) <= zalo_bot.TEXT_LIMIT for seen in fake.replies(AN))


@pytest.mark.parametrize(
    ("code", "description", "outcome"),
    [
        (400, "Bad request", Refused),
        (401, "Unauthorized", RetryLater),
        (403, "Forbidden: blocked", Unreachable),
        (403, "Internal server error", Uncertain),
        (404, "Not found", Unreachable),
        (408, "Request timeout", Uncertain),
        (429, "Quota exceeded", RetryLater),
        (500, "Internal", Uncertain),
        (0, "?", Uncertain),
    ],
)
def test_how_a_send_can_end(fake: FakeZalo, code: int, description: str, outcome: type[SendError]) -> None:
    fake.fail_next("sendMessage", code, description)
    with pytest.raises(SendError) as caught:
        send(fake, Outgoing(AN, "nội dung"))
    assert type(caught.value) is outcome
    assert "nội dung" not in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_real_refusals_of_the_server(fake: FakeZalo) -> None:
    with pytest.raises(Refused):
        send(fake, Outgoing(AN, "x" * 2001))
    with pytest.raises(Unreachable):
        send(fake, Outgoing(BE, "x"))
    fake.block(AN)
    with pytest.raises(Unreachable):
        send(fake, Outgoing(AN, "x"))


def test_not_found_means_nobody_before_the_server_has_answered_once(fake: FakeZalo) -> None:
    fake.fail_next("getMe", 404, "Not found")
    with pytest.raises(RetryLater):
        send(fake, Outgoing(BE, "x"))


def test_too_many_requests_hold_the_whole_channel_longer_each_time(fake: FakeZalo) -> None:
    async def scenario() -> list[float]:
        channel, pauses = connect(fake), []

        async def refused() -> None:
            fake.quota = 0
            with pytest.raises(RetryLater) as caught:
                await channel.send(Outgoing(AN, "x"))
            assert caught.value.whole_channel
            pauses.append(caught.value.after or 0)

        await refused()
        await refused()
        fake.quota = 1
        await channel.send(Outgoing(AN, "x"))
        await refused()
        await channel.close()
        return pauses

    first, second, after_success = asyncio.run(scenario())
    assert 2.5 <= first <= 5 <= second <= 10
    assert 2.5 <= after_success <= 5


def test_a_timeout_and_a_cut_are_uncertain_for_the_message_may_be_there(fake: FakeZalo) -> None:
    fake.hang_next("sendMessage", SHORT_OF_A_HANG)
    with pytest.raises(Uncertain):
        send(fake, Outgoing(AN, "chậm"), request_timeout=1)
    fake.drop_next("sendMessage")
    with pytest.raises(Uncertain):
        send(fake, Outgoing(AN, "đứt"))
    assert [seen.text for seen in fake.replies(AN)] == ["chậm", "đứt"]


def test_a_refused_connection_is_worth_another_try() -> None:
    async def scenario() -> None:
        channel = ZaloBotChannel(TOKEN, f"http://127.0.0.1:{free_port()}")
        with pytest.raises(RetryLater) as caught:
            await channel.send(Outgoing(AN, "x"))
        assert (caught.value.after, caught.value.whole_channel) == (None, False)
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
        await channel.close()

    asyncio.run(scenario())
