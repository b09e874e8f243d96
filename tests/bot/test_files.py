"""Files that go with an answer: kept with it, sent or linked by each channel, fetched by whoever has the address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.channels.base import file_path
from bot.channels.web import WebGateway
from bot.inbox import Inbox
from bot.web import files as serving
from bot.web.app import build_app
from bot.web.gateway import WebFile
from db import files, outbox, people
from db.engine import Database
from db.models import Outbox, StoredFile
from handlers.message import Attachment, Button, ChatRef, Reply, Rows
from handlers.splitting import utf16_length
from handlers.turn import FILE_LASTS, Outgoing, Rules, Turn
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import answerer
from tests.support.fake_gateway import FakeGateway

CHART = Attachment("biểu đồ.png", "image/png", b"\x89PNG")
REPORT = Attachment("Báo cáo quý 4/2026.csv", "text/csv", b"a;b")
YES = ((Button("Lưu", "log.save:1"),),)


def room(rows: Rows, attachment: Attachment | None) -> int:
    """On this channel buttons and files take 30 units each."""
    return 100 - 30 * (bool(rows) + bool(attachment))


SMALL = Rules(text_limits={"test": 100, "web": 0}, rooms={"test": room})
Fetch = Callable[[str], httpx.Response]


def answer(database: Database, clock: Clock, *replies: Reply, rules: Rules = SMALL, channel: str = "test") -> None:
    """Answer a person in a turn of their own, as a press of the message "77" would be."""
    with database.transaction() as db:
        turn = Turn(db, clock(), answerer(), working_days(), rules, chat=ChatRef(channel, "an"))
        turn.who = people.recognise(db, channel, "an", clock())
        turn.answer(list(replies), edits="77")


def queued(database: Database) -> list[Outbox]:
    with database.reading() as db:
        return list(db.scalars(select(Outbox).order_by(Outbox.id)))


def kept(database: Database) -> list[StoredFile]:
    with database.reading() as db:
        return list(db.scalars(select(StoredFile)))


def test_a_file_is_kept_with_its_message_for_a_week(database: Database, clock: Clock) -> None:
    answer(database, clock, Reply("Biểu đồ", YES, attachment=CHART))
    (message,), (file,) = queued(database), kept(database)
    assert message.attachment == file.token
    assert (file.name, file.media_type, file.content) == ("biểu đồ.png", "image/png", b"\x89PNG")
    assert (file.person_id, file.expires_at) == (message.person_id, clock() + FILE_LASTS)
    assert len(file.token) == 43


def test_two_files_have_nothing_in_common_in_their_addresses(database: Database, clock: Clock) -> None:
    answer(database, clock, Reply("a", attachment=CHART), Reply("b", attachment=CHART))
    first, second = (file.token for file in kept(database))
    assert first[:20] != second[:20]


def test_a_message_with_a_file_never_takes_the_place_of_one_that_is_there(database: Database, clock: Clock) -> None:
    answer(database, clock, Reply("Có tệp", replaces=True, attachment=CHART))
    answer(database, clock, Reply("x" * 150, replaces=True))
    with_file, first, second = queued(database)
    assert (with_file.edits, first.edits, second.edits) == (None, "77", None)


def test_what_has_no_room_under_the_text_follows_it(database: Database, clock: Clock) -> None:
    for length, parts in ((40, 1), (41, 2), (100, 2), (150, 3)):
        answer(database, clock, Reply("x" * length, YES, attachment=CHART))
        messages = queued(database)
        assert len(messages) == parts
        assert [bool(message.rows and message.attachment) for message in messages] == [False] * (parts - 1) + [True]
        assert utf16_length(messages[-1].text) <= 40
        assert "".join(message.text for message in messages) == "x" * length
        with database.transaction() as db:
            for message in db.scalars(select(Outbox)):
                db.delete(message)


def test_a_file_whose_time_is_over_is_gone(database: Database, clock: Clock) -> None:
    answer(database, clock, Reply("Biểu đồ", attachment=CHART))
    (file,) = kept(database)
    with database.transaction() as db:
        assert files.get(db, file.token, clock() + FILE_LASTS) is None
        files.forget_expired(db, clock() + FILE_LASTS - timedelta(seconds=1))
        assert files.get(db, file.token, clock()) is not None
        files.forget_expired(db, clock() + FILE_LASTS)
    assert kept(database) == []


def test_the_web_chat_shows_where_to_fetch_it_as_long_as_it_is_there(database: Database, clock: Clock) -> None:
    inbox = Inbox(database, answerer(), working_days(), Rules(), holder="test", clock=clock)
    gateway = WebGateway(database, lambda: inbox, dict, clock=clock)
    answer(database, clock, Reply("Biểu đồ", attachment=CHART), Reply("không có tệp"), channel="web")
    (file,) = kept(database)
    for messages in (gateway.messages("an", 0, 10), gateway.recent("an", 10)):
        first, second = asyncio.run(messages)
        assert first.file == WebFile("biểu đồ.png", file_path(file.token, CHART.name), is_picture=True)
        assert second.file is None
    clock.forward(days=8)
    assert asyncio.run(gateway.recent("an", 10))[0].file is None


# Fetching


@pytest.fixture
def fetch() -> Fetch:
    """Fetch something from a server with two files on it."""
    there = {
        letter * 43: files.File(letter * 43, file.name, file.media_type, file.content)
        for letter, file in (("c", CHART), ("r", REPORT))
    }
    app = build_app(FakeGateway(), secret_key="test", more=serving.routes(there.get))

    async def get(path: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot.test") as browser:
            return await browser.get(path)

    return lambda path: asyncio.run(get(path))


def test_a_picture_is_shown_and_a_file_is_saved_under_its_name(fetch: Fetch) -> None:
    picture = fetch(file_path("c" * 43, CHART.name))
    assert (picture.status_code, picture.content) == (200, CHART.content)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("inline")
    file = fetch(file_path("r" * 43, REPORT.name))
    assert (file.status_code, file.content) == (200, REPORT.content)
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''B%C3%A1o%20c%C3%A1o%20qu%C3%BD%204%2F2026.csv"
    )
    for answered in (picture, file):
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert answered.headers["cache-control"] == "private, no-store"
        assert "set-cookie" not in answered.headers


@pytest.mark.parametrize(
    "path",
    [
        file_path("x" * 43, CHART.name),
        file_path("c" * 43, "another name.png"),
        file_path("c" * 42, CHART.name),
        file_path("c" * 44, CHART.name),
    ],
)
def test_a_wrong_address_says_kindly_that_there_is_nothing(fetch: Fetch, path: str) -> None:
    answered = fetch(path)
    assert (answered.status_code, answered.text) == (404, serving.GONE)


@pytest.mark.parametrize("path", ["/files", "/files/", f"/files/{'c' * 43}/"])
def test_there_is_no_list(fetch: Fetch, path: str) -> None:
    assert fetch(path).status_code == 404


def test_what_goes_to_many_brings_each_of_them_a_file_of_their_own(database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        turn = Turn(db, clock(), answerer(), working_days(), SMALL)
        everybody = [
            Outgoing(people.recognise(db, "test", name, clock()).id, ("test", name), reply)
            for name, reply in (("an", Reply("x" * 150, attachment=CHART)), ("bé", Reply("không có tệp")))
        ]
        turn.send_all(everybody, kind="broadcast")
    (file,) = kept(database)
    assert [message.attachment for message in queued(database)] == [None, file.token, None]
    assert (file.person_id, file.content) == (everybody[0].person_id, CHART.content)


def test_dropping_a_repeated_message_keeps_no_second_file(database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        turn = Turn(db, clock(), answerer(), working_days(), SMALL)
        person = people.recognise(db, "test", "an", clock()).id
        sent = [turn.send(person, Reply("Bản tin", attachment=CHART), kind="summary", key="week") for _ in range(2)]
    assert [message is not None for message in sent] == [True, False]
    assert len(kept(database)) == 1
    with database.reading() as db:
        assert outbox.tally(db) == {"queued": 1}
