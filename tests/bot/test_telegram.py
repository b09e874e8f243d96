"""The Telegram channel against a fake Telegram: nothing lost, nothing reordered, every failed send told apart."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs
from telegram import Update, User

from bot.channels import asking, telegram
from bot.channels.base import (
    BadTokenError,
    Channel,
    Moved,
    Outgoing,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
)
from bot.channels.telegram import TelegramChannel, TelegramHook, to_incoming
from handlers.message import Attachment, Button, ChatRef, Incoming, Kind
from tests.support.fake_telegram import TOKEN, FakeTelegram
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE, SHORT_OF_A_HANG, until

AN = 42
BE = 43
TEAM = -500
NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
ME = User(id=123456789, first_name="Tổ", is_bot=True, username="cnscd_test_bot")
STOPS_WITHIN = 45
"""Seconds; a poll that is not cut short lasts longer."""
SAVE = ((Button("Lưu", "log:save"), Button("Huỷ", "log:cancel")),)


@pytest.fixture(autouse=True)
def at_ease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leaves this machine, which may be slow."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(telegram, "_CONFIRMED_WITHIN", PATIENCE)


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        server.add_chat(AN)
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses too short to wait for."""
    monkeypatch.setattr(asking, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(asking, "TOKEN_PAUSE", 0.02)


class Inbox:
    """What the channel handed on; raises for the first `failures` events, as if the database were away."""

    def __init__(self, failures: int = 0) -> None:
        self.events: list[Incoming] = []
        self.unreadable: list[tuple[str, str, str]] = []
        self.failures = failures

    async def receive(self, incoming: Incoming) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("database away")
        self.events.append(incoming)

    async def record(self, *, event_key: str, kind: str, error: str) -> None:
        self.unreadable.append((event_key, kind, error))

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


def connect(fake: FakeTelegram, **options: Any) -> TelegramChannel:
    return TelegramChannel(fake.token, fake.url, poll_timeout=2 * STOPS_WITHIN, clock=lambda: NOW, **options)


@asynccontextmanager
async def polling(channel: TelegramChannel, inbox: Inbox) -> AsyncIterator[asyncio.Event]:
    """Poll in the background; leaving stops it, which must not take long."""
    stop = asyncio.Event()
    await channel.start()
    loop = asyncio.create_task(channel.poll(inbox.receive, inbox.record, stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(loop, STOPS_WITHIN)
        await channel.close()


def send(fake: FakeTelegram, *messages: Outgoing, **options: Any) -> list[str]:
    async def all_of_them() -> list[str]:
        channel = connect(fake, **options)
        await channel.start()
        try:
            return [await channel.send(message) for message in messages]
        finally:
            await channel.close()

    return asyncio.run(all_of_them())


# What becomes of an update


def message(chat: int = AN, **content: Any) -> dict[str, Any]:
    about: dict[str, Any] = {"id": chat, "type": "private", "first_name": "An"}
    if chat < 0:
        about = {"id": chat, "type": "group", "title": "Tổ"}
    person = {"id": AN, "is_bot": False, "first_name": "An", "last_name": "Nguyễn"}
    return {"message_id": 7, "date": 1_700_000_000, "chat": about, "from": person, **content}


def convert(**update: Any) -> Incoming | None:
    return to_incoming(Update.de_json({"update_id": 900, **update}), NOW, ME)


def convert_message(chat: int = AN, **content: Any) -> Incoming | None:
    return convert(message=message(chat, **content))


def file(**more: Any) -> dict[str, Any]:
    return {"file_id": "a", "file_unique_id": "b", **more}


def test_a_private_text() -> None:
    assert convert_message(text="5 bà ở thôn Đông cài VNeID") == Incoming(
        event_key="900",
        chat=ChatRef("telegram", "42"),
        sender="42",
        sender_name="An Nguyễn",
        received_at=NOW,
        kind=Kind.TEXT,
        text="5 bà ở thôn Đông cài VNeID",
        message_ref="7",
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"photo": [file(width=1, height=1)]}, Kind.PHOTO),
        ({"voice": file(duration=1)}, Kind.VOICE),
        ({"audio": file(duration=1)}, Kind.VOICE),
        (
            {"sticker": file(type="regular", width=1, height=1, is_animated=False, is_video=False)},
            Kind.STICKER,
        ),
        ({"document": file()}, Kind.FILE),
        ({"animation": file(width=1, height=1, duration=1), "document": file()}, Kind.OTHER),
        ({"video": file(width=1, height=1, duration=1)}, Kind.OTHER),
        ({"location": {"longitude": 106.0, "latitude": 20.0}}, Kind.OTHER),
        ({"something_of_next_year": {}}, Kind.OTHER),
    ],
)
def test_kinds_and_captions(content: dict[str, Any], kind: Kind) -> None:
    incoming = convert_message(caption="danh sách", **content)
    assert incoming is not None
    assert (incoming.kind, incoming.text) == (kind, "danh sách")


def test_an_edited_message_names_itself() -> None:
    incoming = convert(edited_message=message(text="6 bà", edit_date=1_700_000_100))
    assert incoming is not None
    assert (incoming.edited, incoming.message_ref, incoming.text) == (True, "7", "6 bà")


def test_a_forwarded_message_is_marked() -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Ai", "date": 1_700_000_000}
    incoming = convert_message(text="tin lừa đảo", forward_origin=origin)
    assert incoming is not None
    assert incoming.forwarded


def test_a_button_names_its_message() -> None:
    query = {"id": "1", "from": message()["from"], "chat_instance": "x", "message": message(), "data": "log:save"}
    incoming = convert(callback_query=query)
    assert incoming is not None
    assert (incoming.kind, incoming.button, incoming.message_ref) == (Kind.BUTTON, "log:save", "7")
    without_data = convert(callback_query={key: value for key, value in query.items() if key != "data"})
    assert without_data is not None
    assert (without_data.kind, without_data.button) == (Kind.OTHER, None)


def test_a_button_under_a_message_too_old_to_show_still_works() -> None:
    old = {"chat": message()["chat"], "message_id": 3, "date": 0}
    query = {"id": "1", "from": message()["from"], "chat_instance": "x", "message": old, "data": "log:save"}
    incoming = convert(callback_query=query)
    assert incoming is not None
    assert (incoming.chat.chat, incoming.message_ref) == ("42", "3")


def test_a_button_without_a_chat_is_nothing() -> None:
    query = {"id": "1", "from": message()["from"], "chat_instance": "x", "inline_message_id": "9", "data": "x"}
    assert convert(callback_query=query) is None


def membership(chat: int, status: str) -> dict[str, Any]:
    """The bot's standing in a chat has changed."""
    bot = {"id": 1, "is_bot": True, "first_name": "Bot"}
    new = {"status": status, "user": bot} | ({"until_date": 0} if status == "kicked" else {})
    about = {"date": 0, "old_chat_member": {"status": "member", "user": bot}, "new_chat_member": new}
    return {"my_chat_member": {**about, "chat": message(chat)["chat"], "from": message()["from"]}}


def test_who_blocks_the_bot_has_left() -> None:
    left = convert(**membership(AN, "kicked"))
    assert left is not None
    assert (left.kind, left.sender, left.chat) == (Kind.LEFT, "42", ChatRef("telegram", "42"))


@pytest.mark.parametrize(
    "update",
    [
        membership(AN, "member"),
        membership(TEAM, "kicked"),
        {"message": message(pinned_message=message(text="x"))},
        {"message": message(TEAM, new_chat_title="Tổ mới")},
        {"channel_post": message(TEAM, text="x")},
        {"something_of_next_year": {}},
    ],
)
def test_what_nobody_said_is_nothing(update: dict[str, Any]) -> None:
    assert convert(**update) is None


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("/ghi 5 bà", "/ghi 5 bà"),
        ("/ghi@cnscd_test_bot 5 bà", "/ghi 5 bà"),
        ("/GHI@CNSCD_test_bot", "/GHI"),
        ("/ghi@other_bot 5 bà", None),
        ("@cnscd_test_bot làm VNeID thế nào?", "làm VNeID thế nào?"),
        ("@CNSCD_Test_Bot, hạn nộp?", "hạn nộp?"),
        ("cho hỏi @cnscd_test_bot hạn nộp?", "cho hỏi hạn nộp?"),
        ("hạn nộp? @cnscd_test_bot", "hạn nộp?"),
        ("@cnscd_test_bot", ""),
        ("@cnscd_test_bot_2 ơi", None),
        ("thu@cnscd_test_bot", None),
        ("mai họp nhé", None),
        ("và/hoặc", None),
        ("", None),
    ],
)
def test_in_a_group_only_what_is_said_to_the_bot(said: str, understood: str | None) -> None:
    incoming = convert_message(TEAM, text=said)
    assert (incoming.text if incoming else None) == understood
    assert incoming is None or not incoming.private
    edited = convert(edited_message=message(TEAM, text=said))
    assert (edited.text if edited else None) == understood


def test_in_a_group_an_answer_to_the_bot_is_said_to_it() -> None:
    def answer_to(author: dict[str, Any]) -> Incoming | None:
        return convert_message(TEAM, text="3 bà", reply_to_message=message(TEAM, text="Mấy người?") | {"from": author})

    own = answer_to({"id": ME.id, "is_bot": True, "first_name": "Tổ"})
    assert own is not None
    assert (own.text, own.sender, own.chat.chat) == ("3 bà", "42", "-500")
    assert answer_to({"id": 5, "is_bot": False, "first_name": "Bé"}) is None


def test_in_a_group_a_caption_may_name_the_bot() -> None:
    photo = [file(width=1, height=1)]
    incoming = convert_message(TEAM, photo=photo, caption="@cnscd_test_bot giấy này làm ở đâu")
    assert incoming is not None
    assert (incoming.kind, incoming.text) == (Kind.PHOTO, "giấy này làm ở đâu")


def test_a_private_chat_keeps_the_bots_name_except_in_a_command() -> None:
    for said, understood in (("/ghi@cnscd_test_bot 5", "/ghi 5"), ("@cnscd_test_bot ơi", "@cnscd_test_bot ơi")):
        incoming = convert_message(text=said)
        assert incoming is not None
        assert incoming.text == understood


def test_who_speaks_as_a_group_is_told_apart_from_others_who_do() -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    speaker = {"from": anonymous, "sender_chat": {"id": TEAM, "type": "group", "title": "Tổ"}}
    incoming = convert(message=message(TEAM, text="/han") | speaker)
    assert incoming is not None
    assert (incoming.sender, incoming.sender_name) == ("-500", "Tổ")


# Polling


def test_it_is_a_channel(fake: FakeTelegram) -> None:
    channel: Channel = connect(fake)
    assert (channel.name, channel.text_limit) == ("telegram", 4096)


def test_start_sets_the_menu(fake: FakeTelegram) -> None:
    send(fake, commands=[("ghi", "Ghi buổi hỗ trợ")])
    send(fake)
    assert fake.commands == [{"command": "ghi", "description": "Ghi buổi hỗ trợ"}], "no commands leave the menu alone"


def test_a_menu_refused_does_not_stop_the_bot(fake: FakeTelegram) -> None:
    fake.fail_next("setMyCommands", 500, "Internal Server Error")
    assert send(fake, Outgoing("42", "chào"))


def test_messages_buttons_and_edits_arrive(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox()
        async with polling(channel, inbox):
            said = fake.user_says(AN, "5 bà VNeID", name="Lê Thị Tư")
            await until(lambda: inbox.events)
            await channel.send(Outgoing(str(AN), "Lưu nhé?", SAVE))
            query = fake.user_presses(AN, "Lưu")
            await until(lambda: fake.answered(query))
            fake.user_edits(AN, said, "6 bà VNeID")
            fake.user_sends_photo(AN, "danh sách")
            fake.user_sends_voice(AN)
            fake.user_sends_sticker(AN)
            await until(lambda: len(inbox.events) == 6)
        first, press, edit, *others = inbox.events
        assert (first.text, first.sender_name, first.received_at) == ("5 bà VNeID", "Lê Thị Tư", NOW)
        assert press.button == "log:save"
        assert (edit.edited, edit.message_ref) == (True, first.message_ref)
        assert [event.kind for event in others] == [Kind.PHOTO, Kind.VOICE, Kind.STICKER]

    asyncio.run(scenario())


def test_group_talk_is_passed_over_and_not_stored(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fake.user_says(TEAM, "mai họp nhé", user=7)
        fake.user_says(TEAM, "@cnscd_test_bot hạn nộp?", user=7)
        async with polling(connect(fake), inbox):
            await until(lambda: not fake.pending_updates)
        assert inbox.texts == ["hạn nộp?"]
        assert not inbox.unreadable

    asyncio.run(scenario())


def test_a_chat_is_handled_in_order_while_others_go_on(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox, others_done = Inbox(), asyncio.Event()

        async def receive(incoming: Incoming) -> None:
            if incoming.text == "một":
                await others_done.wait()
            inbox.events.append(incoming)
            if incoming.chat.chat == str(BE):
                others_done.set()

        for chat, text in ((AN, "một"), (AN, "hai"), (BE, "chào"), (AN, "ba")):
            fake.user_says(chat, text)
        channel, stop = connect(fake), asyncio.Event()
        await channel.start()
        loop = asyncio.create_task(channel.poll(receive, inbox.record, stop))
        await until(lambda: len(inbox.events) == 4)
        stop.set()
        await loop
        await channel.close()
        assert inbox.texts == ["chào", "một", "hai", "ba"]

    asyncio.run(scenario())


def test_no_more_than_eight_chats_at_once(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox, busy, most = Inbox(), 0, 0

        async def receive(incoming: Incoming) -> None:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0.02)
            busy -= 1
            inbox.events.append(incoming)

        for chat in range(100, 120):
            fake.user_says(chat, "chào")
        channel, stop = connect(fake), asyncio.Event()
        await channel.start()
        loop = asyncio.create_task(channel.poll(receive, inbox.record, stop))
        await until(lambda: len(inbox.events) == 20)
        stop.set()
        await loop
        await channel.close()
        assert most == telegram.CHATS_AT_ONCE

    asyncio.run(scenario())


def test_nothing_is_confirmed_before_all_of_the_batch_is_handled(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox, may_finish = Inbox(), asyncio.Event()

        async def receive(incoming: Incoming) -> None:
            if incoming.chat.chat == str(BE):
                await may_finish.wait()
            inbox.events.append(incoming)

        fake.user_says(AN, "nhanh")
        fake.user_says(BE, "chậm")
        channel, stop = connect(fake), asyncio.Event()
        await channel.start()
        loop = asyncio.create_task(channel.poll(receive, inbox.record, stop))
        await until(lambda: inbox.events)
        await asyncio.sleep(0.05)
        assert (fake.pending_updates, len(fake.requests("getUpdates"))) == (2, 1)
        stop.set()  # even so the running batch is finished and confirmed
        may_finish.set()
        await loop
        await channel.close()
        assert inbox.texts == ["nhanh", "chậm"]
        assert fake.pending_updates == 0

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_what_could_not_be_stored_comes_again(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox(failures=2)
        fake.user_says(AN, "một")
        fake.user_says(AN, "hai")
        with capture_logs() as logs:
            async with polling(connect(fake), inbox):
                await until(lambda: not fake.pending_updates)
        assert inbox.texts == ["một", "hai"]
        failures = [line for line in logs if line["event"] == "telegram_updates_not_stored"]
        assert [line["error"] for line in failures] == ["ConnectionError"] * 2
        assert failures[1]["again_in"] > failures[0]["again_in"]

    asyncio.run(scenario())


def test_what_could_not_be_stored_is_not_confirmed_on_stop(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox(failures=1)
        fake.user_says(AN, "một")
        async with polling(connect(fake), inbox):
            await until(lambda: not inbox.failures)
        assert fake.pending_updates == 1

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"poll": {"id": "1"}}, "poll"),
        ({"message": {"message_id": 1, "text": "bí mật"}}, "message"),
        ({"callback_query": {"id": "1"}}, "callback_query"),
        ({"message": "not even an object"}, "message"),
    ],
)
def test_an_unreadable_update_is_recorded_and_stepped_over(
    fake: FakeTelegram, update: dict[str, Any], kind: str
) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fake.user_says(AN, "trước")
        key = fake.raw_update(update)
        fake.user_says(AN, "sau")
        with capture_logs() as logs:
            async with polling(connect(fake), inbox):
                await until(lambda: not fake.pending_updates)
        assert inbox.texts == ["trước", "sau"]
        assert [(found, what) for found, what, _ in inbox.unreadable] == [(str(key), kind)]
        assert inbox.unreadable[0][2].endswith("Error")
        assert "bí mật" not in str(logs)

    asyncio.run(scenario())


def test_a_batch_of_nothing_known_is_confirmed(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fake.raw_update({"something_of_next_year": {"id": 1}})
        async with polling(connect(fake), inbox):
            await until(lambda: not fake.pending_updates)
        assert (inbox.events, inbox.unreadable) == ([], [])

    asyncio.run(scenario())


def test_the_spinner_holds_nobody_up(fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "_ANSWERS_GRACE", 0.02)

    async def scenario() -> None:
        channel, inbox = connect(fake, request_timeout=SHORT_OF_A_HANG), Inbox()
        async with polling(channel, inbox):
            await channel.send(Outgoing(str(AN), "Lưu nhé?", SAVE))
            fake.hang_next("answerCallbackQuery", SHORT_OF_A_HANG, accepted=False)
            fake.user_presses(AN, "Lưu")
            fake.user_says(AN, "rồi")
            await until(lambda: inbox.texts == ["", "rồi"])

    asyncio.run(scenario())


def test_stopping_cuts_an_idle_poll_short(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        async with polling(connect(fake), inbox):  # which is left in less than the time of a poll
            fake.user_says(AN, "chào")
            await until(lambda: len(fake.requests("getUpdates")) == 2)
        assert fake.pending_updates == 0

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_a_conflict_is_waited_out_and_logged_once(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fake.fail_next("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=3)
        fake.user_says(AN, "chào")
        with capture_logs() as logs:
            async with polling(connect(fake), inbox):
                await until(lambda: inbox.events)
        assert [line["event"] for line in logs] == ["telegram_poll_conflict"]

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_a_rival_poller_does_not_end_the_loop(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        ours, theirs = Inbox(), Inbox()
        async with polling(connect(fake), ours), polling(connect(fake), theirs):
            await until(lambda: len(fake.requests("getUpdates")) > 4)
            fake.user_says(AN, "chào")
            await until(lambda: ours.events or theirs.events)

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_a_conflict_lasts_until_a_poll_is_answered(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox()
        fake.fail_next("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=3)
        assert not channel.in_conflict_for
        async with polling(channel, inbox):
            await until(lambda: channel.in_conflict_for)
            fake.user_says(AN, "chào")
            await until(lambda: inbox.events)
            assert not channel.in_conflict_for

    asyncio.run(scenario())


def test_polling_ends_a_webhook_and_gets_what_waited_for_it(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox()
        await channel._call("setWebhook", url="https://127.0.0.1:9/hooks/telegram")
        fake.user_says(AN, "chào")
        with capture_logs() as logs:
            async with polling(channel, inbox):
                await until(lambda: inbox.events)
        assert [line["event"] for line in logs] == ["telegram_webhook_removed"]

    asyncio.run(scenario())


# What Telegram brings itself


def test_only_the_secret_lets_an_update_in(fake: FakeTelegram) -> None:
    inbox = Inbox()
    hook = TelegramHook(connect(fake), "secret-1", inbox.receive, inbox.record)
    assert hook.is_genuine({"x-telegram-bot-api-secret-token": "secret-1"}, b"")
    for given in ({}, {"x-telegram-bot-api-secret-token": "secret-2"}, {"x-telegram-bot-api-secret-token": "bí mật"}):
        assert not hook.is_genuine(given, b"")


def test_what_is_brought_is_handed_on_or_recorded_and_the_spinner_stopped(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox()
        hook = TelegramHook(channel, "secret-1", inbox.receive, inbox.record)
        await hook.receive({"update_id": 7, "message": message(text="chào")})
        query = {"id": "q", "from": message()["from"], "chat_instance": "1", "message": message(), "data": "log:save"}
        await hook.receive({"update_id": 8, "callback_query": query})
        await asyncio.to_thread(fake.wait_for_requests, "answerCallbackQuery")
        for _ in range(2):
            await hook.receive({"message": message(text="không có số")})
        await hook.receive({"update_id": 9, "message": {"text": 1}})
        await channel.close()
        assert [(event.event_key, event.text, event.button) for event in inbox.events] == [
            ("7", "chào", None),
            ("8", "", "log:save"),
        ]
        first, second, third = inbox.unreadable
        assert first == second
        assert first[1:] == ("message", "no update_id")
        assert third[:2] == ("9", "message")

    asyncio.run(scenario())


def test_what_cannot_be_stored_is_left_to_be_brought_again(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox(failures=1)
        hook = TelegramHook(channel, "secret-1", inbox.receive, inbox.record)
        update = {"update_id": 7, "message": message(text="chào")}
        with pytest.raises(ConnectionError):
            await hook.receive(update)
        await hook.receive(update)
        assert inbox.texts == ["chào"]
        await channel.close()

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_the_webhook_is_told_until_telegram_takes_it(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel, stop = connect(fake), asyncio.Event()
        fake.fail_next("setWebhook", 502, "Bad Gateway")
        fake.fail_next("setWebhook", 400, "Bad Request: bad webhook: IP address 127.0.0.1 is reserved")
        with capture_logs() as logs:
            await channel.keep_webhook("https://bot.test/hooks/telegram", "secret-1", stop)
        assert [line["event"] for line in logs] == [
            "telegram_webhook_not_set",
            "telegram_webhook_refused",
            "telegram_webhook_set",
        ]
        asked = fake.requests("setWebhook")[-1].params
        assert (asked["url"], asked["secret_token"]) == ("https://bot.test/hooks/telegram", "secret-1")
        assert "callback_query" in asked["allowed_updates"]
        assert not any("secret-1" in str(line) for line in logs)
        await channel.close()

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("code", "event"),
    [(401, "telegram_token_refused"), (500, "telegram_poll_failed"), (502, "telegram_poll_failed")],
)
def test_polling_outlives_refusals(fake: FakeTelegram, code: int, event: str) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fake.fail_next("getUpdates", code, "no", times=2)
        fake.user_says(AN, "chào")
        with capture_logs() as logs:
            async with polling(connect(fake), inbox):
                await until(lambda: inbox.events)
        assert [line["event"] for line in logs] == [event, event]

    asyncio.run(scenario())


def test_polling_waits_as_long_as_it_is_told(fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIRST_PAUSE", SHORT_OF_A_HANG)  # its own pause, which is not taken here

    async def scenario() -> None:
        inbox = Inbox()
        fake.fail_next("getUpdates", 429, "Too Many Requests: retry after 1", retry_after=1)
        fake.user_says(AN, "chào")
        async with polling(connect(fake), inbox):
            await until(lambda: inbox.events)
        first, second = fake.requests("getUpdates")[:2]
        assert second.at - first.at >= 1

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_polling_outlives_a_broken_connection(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        inbox = Inbox()
        fake.drop_next("getUpdates", times=2)
        fake.user_says(AN, "chào")
        async with polling(connect(fake), inbox):
            await until(lambda: inbox.events)

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_a_server_away_at_the_start_is_found_later() -> None:
    async def scenario() -> None:
        port, inbox = free_port(), Inbox()
        channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{port}/", commands=[("ghi", "Ghi")])
        async with polling(channel, inbox):
            await asyncio.sleep(0.05)
            with FakeTelegram(port=port) as fake:
                fake.user_says(TEAM, "@cnscd_test_bot ơi")
                await until(lambda: inbox.events)
                assert fake.commands == [{"command": "ghi", "description": "Ghi"}]

    asyncio.run(scenario())


def test_polling_can_be_stopped_anywhere_and_taken_up_again(fake: FakeTelegram) -> None:
    """As when a lease is lost and won back; httpcore loses a connection if cut off at one certain step."""

    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox()
        await channel.start()
        for steps in range(0, 40, 2):
            stop = asyncio.Event()
            loop = asyncio.create_task(channel.poll(inbox.receive, inbox.record, stop))
            for _ in range(steps):
                await asyncio.sleep(0)
            stop.set()
            await asyncio.wait_for(loop, STOPS_WITHIN)
        stop = asyncio.Event()
        loop = asyncio.create_task(channel.poll(inbox.receive, inbox.record, stop))
        fake.user_says(AN, "chào")
        await until(lambda: inbox.events)
        stop.set()
        await loop
        await channel.close()

    asyncio.run(scenario())


def test_stop_is_obeyed_while_the_server_is_away() -> None:
    async def scenario() -> None:
        channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{free_port()}")
        async with polling(channel, Inbox()):
            await asyncio.sleep(0.05)

    asyncio.run(scenario())


@pytest.mark.parametrize("token", ["", "1:wrong", "nonsense"])
def test_a_bad_token_is_said_clearly_without_showing_it(fake: FakeTelegram, token: str) -> None:
    async def greet() -> None:
        channel = TelegramChannel(token, fake.url)
        try:
            await channel.start()
        finally:
            await channel.close()

    with pytest.raises(BadTokenError, match="token") as caught:
        asyncio.run(greet())
    assert not token or token not in "".join(traceback.format_exception(caught.value))


# Sending


def test_a_text_arrives_as_it_is_with_its_buttons(fake: FakeTelegram) -> None:
    text = "Dưới 5 < 6 & *không* _đậm_\nhttps://vneid.gov.vn"
    (sent,) = send(fake, Outgoing("42", text, SAVE))
    (reply,) = fake.replies(AN)
    assert (str(reply.id), reply.text) == (sent, text)
    assert reply.rows == ((("Lưu", "log:save"), ("Huỷ", "log:cancel")),)
    (request,) = fake.requests("sendMessage")
    assert "parse_mode" not in request.params
    assert request.params["link_preview_options"] == '{"is_disabled": true}'


def test_an_edit_replaces_text_and_buttons(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel = connect(fake)
        sent = await channel.send(Outgoing("42", "Lưu nhé?", SAVE))
        edit = Outgoing("42", "Đã lưu", edits=sent)
        assert await channel.send(edit) == sent
        assert await channel.send(edit) == sent, "not modified is as good as edited"
        assert [(reply.text, reply.rows) for reply in fake.replies(AN)] == [("Đã lưu", ())]
        await channel.close()

    asyncio.run(scenario())


def test_what_cannot_be_edited_is_sent_anew(fake: FakeTelegram) -> None:
    own = str(fake.user_says(AN, "của người ta"))
    gone, foreign = send(fake, Outgoing("42", "một", edits="999999"), Outgoing("42", "hai", edits=own))
    assert [(str(reply.id), reply.text) for reply in fake.replies(AN)] == [(gone, "một"), (foreign, "hai")]


def test_files_and_pictures_go_out_whole_with_caption_and_buttons(fake: FakeTelegram) -> None:
    report = Attachment("Báo cáo quý 4.docx", "application/vnd.openxmlformats", bytes(range(256)))
    chart = Attachment("biểu đồ.png", "image/png", b"\x89PNG\r\n")
    room = telegram.room(SAVE, report)
    references = send(
        fake,
        Outgoing("42", "x" * room, SAVE, attachment=report),
        Outgoing("42", "Biểu đồ", attachment=chart),
        Outgoing("42", "", attachment=chart),
    )
    document, picture, bare = fake.replies(AN)
    assert references == [str(seen.id) for seen in (document, picture, bare)]
    assert (document.file, document.labels) == ((report.name, report.content), ["Lưu", "Huỷ"])
    assert (picture.file, picture.text, bare.text) == ((chart.name, chart.content), "Biểu đồ", "")
    assert [request.method for request in fake.requests()][-3:] == ["sendDocument", "sendPhoto", "sendPhoto"]
    with pytest.raises(Refused, match="caption is too long"):
        send(fake, Outgoing("42", "x" * (room + 1), attachment=report))


def test_a_file_that_hangs_is_uncertain(fake: FakeTelegram) -> None:
    fake.hang_next("sendPhoto", SHORT_OF_A_HANG)
    with pytest.raises(Uncertain):
        send(fake, Outgoing("42", "x", attachment=Attachment("a.png", "image/png", b"P")), request_timeout=1)


@pytest.mark.parametrize(
    ("code", "description", "outcome"),
    [
        (403, "Forbidden: bot was blocked by the user", Unreachable),
        (403, "Forbidden: user is deactivated", Unreachable),
        (400, "Bad Request: chat not found", Unreachable),
        (400, "Bad Request: not enough rights to send text messages to the chat", Unreachable),
        (400, "Bad Request: message is too long", Refused),
        (400, "Bad Request: BUTTON_DATA_INVALID", Refused),
        (401, "Unauthorized", RetryLater),
        (500, "Internal Server Error", Uncertain),
        (502, "Bad Gateway", Uncertain),
        (504, "Gateway Timeout", Uncertain),
    ],
)
def test_how_a_send_can_end(fake: FakeTelegram, code: int, description: str, outcome: type[SendError]) -> None:
    async def scenario() -> None:
        channel = connect(fake)
        for edits in (None, "1"):
            fake.fail_next("sendMessage", code, description)
            fake.fail_next("editMessageText", code, description)
            with pytest.raises(SendError) as caught:
                await channel.send(Outgoing("42", "nội dung", edits=edits))
            assert type(caught.value) is outcome
            assert "nội dung" not in str(caught.value)
            assert TOKEN not in "".join(traceback.format_exception(caught.value))
        await channel.close()

    asyncio.run(scenario())


def test_a_refused_token_stops_the_whole_channel_for_a_minute(fake: FakeTelegram) -> None:
    fake.fail_next("sendMessage", 401, "Unauthorized")
    with pytest.raises(RetryLater) as caught:
        send(fake, Outgoing("42", "x"))
    assert (caught.value.after, caught.value.whole_channel) == (60, True)


def test_real_refusals_of_the_server(fake: FakeTelegram) -> None:
    with pytest.raises(Refused, match="too long"):
        send(fake, Outgoing("42", "x" * 4097))
    with pytest.raises(Unreachable):
        send(fake, Outgoing("77", "x"))
    fake.block(AN)
    with pytest.raises(Unreachable):
        send(fake, Outgoing("42", "x"))
    fake.migrate(TEAM, -1001234567890123)
    with pytest.raises(Moved) as caught:
        send(fake, Outgoing(str(TEAM), "x"))
    assert caught.value.chat == "-1001234567890123"


def test_flood_means_one_chat_until_a_second_gets_it_too(fake: FakeTelegram) -> None:
    async def scenario() -> Sequence[RetryLater]:
        channel, outcomes = connect(fake), []
        for chat in ("42", "42", "43"):
            fake.fail_next("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
            with pytest.raises(RetryLater) as caught:
                await channel.send(Outgoing(chat, "x"))
            outcomes.append(caught.value)
        await channel.close()
        return outcomes

    outcomes = asyncio.run(scenario())
    assert [outcome.after for outcome in outcomes] == [7.0] * 3
    assert [outcome.whole_channel for outcome in outcomes] == [False, False, True]


def test_a_timeout_is_uncertain_for_the_message_may_be_there(fake: FakeTelegram) -> None:
    fake.hang_next("sendMessage", SHORT_OF_A_HANG)
    with pytest.raises(Uncertain):
        send(fake, Outgoing("42", "chậm"), request_timeout=1)
    assert [reply.text for reply in fake.replies(AN)] == ["chậm"]


def test_a_connection_cut_is_uncertain(fake: FakeTelegram) -> None:
    fake.drop_next("sendMessage")
    with pytest.raises(Uncertain):
        send(fake, Outgoing("42", "đến rồi"))
    assert [reply.text for reply in fake.replies(AN)] == ["đến rồi"]


def test_a_refused_connection_is_worth_another_try() -> None:
    async def scenario() -> None:
        channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{free_port()}")
        await channel.start()
        with pytest.raises(RetryLater) as caught:
            await channel.send(Outgoing("42", "x"))
        assert (caught.value.after, caught.value.whole_channel) == (None, False)
        await channel.close()

    asyncio.run(scenario())


def test_a_proxy_carries_both_kinds_of_request(fake: FakeTelegram) -> None:
    async def scenario() -> None:
        channel = connect(fake, proxy=f"http://127.0.0.1:{free_port()}")
        async with polling(channel, Inbox()):
            with pytest.raises(RetryLater):
                await channel.send(Outgoing("42", "x"))
        assert fake.requests() == []

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", [b"<html>403</html>", b"[]"])
@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad Request", b"403 Forbidden"])
def test_an_answer_that_is_not_telegrams_is_uncertain(status: bytes, answer: bytes) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(answer), answer))
        await writer.drain()
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(reply, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            channel = TelegramChannel(TOKEN, f"http://127.0.0.1:{port}")
            with pytest.raises(SendError) as caught:
                await channel.send(Outgoing("42", "x"))
            await channel.close()
        assert type(caught.value) is Uncertain

    asyncio.run(scenario())


@pytest.mark.usefixtures("hurried")
def test_neither_token_nor_words_reach_the_log(
    fake: FakeTelegram, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        channel, inbox = connect(fake), Inbox(failures=1)
        impatient = connect(fake, request_timeout=1)
        fake.user_says(AN, "lời bí mật")
        fake.fail_next("getUpdates", 500, "no")
        fake.fail_next("getUpdates", 401, "no")
        async with polling(channel, inbox):
            await until(lambda: inbox.events)
            await channel.send(Outgoing("42", "lời bí mật"))
            fake.drop_next("sendMessage")
            fake.hang_next("editMessageText", SHORT_OF_A_HANG)
            for sends, edits in ((channel, None), (impatient, "1")):
                with pytest.raises(Uncertain):
                    await sends.send(Outgoing("42", "lời bí mật", edits=edits))
        await impatient.close()

    for library in ("httpx", "telegram"):
        monkeypatch.setattr(logging.getLogger(library), "level", logging.NOTSET)
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        asyncio.run(scenario())
    assert logs
    for secret in (TOKEN, TOKEN.split(":")[1], "bí mật"):
        assert secret not in caplog.text
        assert secret not in str(logs)
