"""The life of a message up to its commit: exactly once, in order, and acknowledged only when stored."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from bot.inbox import CLAIM_LASTS, Inbox
from db import outbox
from db.engine import Database
from db.models import Account, Event, Outbox, Person
from handlers import router
from handlers.message import ChatRef, Incoming, Kind, Reply
from handlers.turn import Rules, Turn
from knowledge.working_days import working_days
from tests.support.clock import START, Clock
from tests.support.conversation import answerer
from tests.support.waiting import PATIENCE


def echo(incoming: Incoming, turn: Turn) -> list[Reply]:
    return [Reply(incoming.text.removeprefix("/echo "))]


def break_down(incoming: Incoming, turn: Turn) -> list[Reply]:
    turn.send(turn.person.id, Reply("half done"), kind="alarm")
    raise ValueError(f"personal: {incoming.text}")


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands more: one that answers with its own words, and one that breaks."""
    monkeypatch.setattr(router, "COMMANDS", {**router.COMMANDS, "echo": echo, "break": break_down})


def incoming(words: str, chat: str = "1", key: str | None = None, sender: str | None = None) -> Incoming:
    return Incoming(
        event_key=key or f"{chat}:{words}",
        chat=ChatRef("test", chat),
        sender=sender or chat,
        sender_name="An",
        received_at=START,
        kind=Kind.TEXT,
        text=words,
    )


def make(database: Database, holder: str = "me", **more: Any) -> Inbox:
    more.setdefault("clock", Clock())
    return Inbox(database, answerer(), working_days(), Rules(), holder=holder, **more)


def answers(database: Database) -> dict[str, list[str]]:
    found = defaultdict(list)
    with database.reading() as db:
        for message in db.scalars(select(Outbox).order_by(Outbox.id)):
            found[message.chat].append(message.text)
    return found


def events(database: Database) -> list[tuple[str, str, str | None]]:
    with database.reading() as db:
        return [(one.key, one.outcome, one.error) for one in db.scalars(select(Event).order_by(Event.key))]


def away(*_: object) -> Any:
    raise OperationalError("", None, Exception("unable to open database file"))


def test_many_chats_at_once_are_each_answered_exactly_once_and_in_order(database: Database) -> None:
    submitted: list[tuple[str, list[int]]] = []
    inbox = make(
        database,
        pushed=frozenset({"test"}),
        deliver=lambda chat, claimed: submitted.append((chat.chat, [one.id for one in claimed])),
    )

    async def work() -> None:
        # Twice each and all at once, as from a platform that repeats what it thinks was lost.
        await asyncio.gather(
            *(
                inbox.receive(incoming(f"/echo {number}", chat=f"chat {chat}"))
                for number in range(10)
                for chat in range(20)
                for _ in range(2)
            )
        )

    asyncio.run(work())
    assert answers(database) == {f"chat {chat}": [f"{number}" for number in range(10)] for chat in range(20)}
    assert len(events(database)) == 200
    with database.reading() as db:
        rows = {message.id: message for message in db.scalars(select(Outbox))}
    assert {message.state for message in rows.values()} == {"claimed"}
    assert sorted(one for _, ids in submitted for one in ids) == sorted(rows)
    for chat, ids in submitted:
        assert {rows[one].chat for one in ids} == {chat}
    for chat in {chat for chat, _ in submitted}:
        order = [one for other, ids in submitted if other == chat for one in ids]
        assert order == sorted(order)


def test_the_same_events_in_two_processes_get_one_answer_each(database: Database) -> None:
    first, second = make(database, "first"), make(database, "second")
    messages = [incoming(f"/echo {number}", chat=f"{number % 3}") for number in range(24)]
    with ThreadPoolExecutor(6) as pool:
        for message in messages:
            pool.submit(first.handle, message)
            pool.submit(second.handle, message)
    found = answers(database)
    assert {chat: sorted(words, key=int) for chat, words in found.items()} == {
        f"{chat}": [f"{number}" for number in range(chat, 24, 3)] for chat in range(3)
    }
    assert [outcome for _, outcome, _ in events(database)] == ["done"] * 24


def test_messages_of_one_chat_are_handled_one_after_the_other_across_processes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, most = [0], [0]

    def slow(incoming: Incoming, turn: Turn) -> list[Reply]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        inside[0] -= 1
        return echo(incoming, turn)

    monkeypatch.setitem(router.COMMANDS, "echo", slow)
    inboxes = [make(database, name) for name in "ab"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: inboxes[number % 2].handle(incoming(f"/echo {number}")), range(8)))
    assert most == [1]
    assert len(answers(database)["1"]) == 8


def test_somebody_new_who_writes_in_two_places_at_once_is_one_person(database: Database) -> None:
    inbox = make(database)
    barrier = threading.Barrier(4)

    def handle(chat: int) -> None:
        barrier.wait(PATIENCE)
        inbox.handle(incoming("/echo a", chat=f"group {chat}", sender="newcomer"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(handle, range(4)))
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Person)) == 1
        assert db.scalar(select(func.count()).select_from(Account)) == 1
    assert {outcome for _, outcome, _ in events(database)} == {"done"}


@pytest.mark.parametrize("where", ["transaction", "reading"])
def test_without_a_database_nothing_is_acknowledged_and_nothing_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    delivered: list[object] = []
    unsure: list[ChatRef] = []
    stored: list[object] = []
    inbox = make(
        database,
        pushed=frozenset({"test"}),
        deliver=lambda chat, ids: delivered.append(ids),
        unsure=unsure.append,
        stored=lambda *chat: stored.append(chat),
    )
    message = incoming("quên mật khẩu vneid")
    with monkeypatch.context() as patched:
        patched.setattr(database, where, away)
        with pytest.raises(OperationalError):
            asyncio.run(inbox.receive(message))
    assert (delivered, unsure, stored, events(database)) == ([], [message.chat], [], [])
    asyncio.run(inbox.receive(message))
    assert len(events(database)) == len(delivered) == len(stored) == 1


def test_a_server_that_is_gone_is_a_database_that_is_away() -> None:
    gone = Database("postgresql://u@127.0.0.1:1/d")
    with pytest.raises(OperationalError):
        make(gone).handle(incoming("/echo a"))
    gone.close()


def test_a_failure_to_commit_is_not_acknowledged_either(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(turn_message: Incoming, turn: Turn) -> list[Reply]:
        raise OperationalError("", None, Exception("server closed the connection unexpectedly"))

    monkeypatch.setitem(router.COMMANDS, "echo", cut)
    with pytest.raises(OperationalError):
        make(database).handle(incoming("/echo a"))
    assert events(database) == []


def test_a_handler_that_breaks_is_apologised_for_and_not_tried_again(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = make(database)
    inbox.handle(incoming("/break 0912345678", key="7"))
    assert events(database) == [("7", "failed", "ValueError")]
    (apology,) = answers(database)["1"]
    assert "lỗi" in apology or "xin" in apology.lower()
    inbox.handle(incoming("/break 0912345678", key="7"))
    inbox.handle(incoming("/echo after", key="8"))
    assert answers(database)["1"] == [apology, "after"]
    assert events(database)[1] == ("8", "done", None)
    captured = capsys.readouterr()
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox WHERE text LIKE '%0912345678%'")) == 0
    assert "ValueError" in captured.out + captured.err


def test_replies_are_claimed_only_for_a_channel_that_pushes(database: Database) -> None:
    assert make(database).handle(incoming("/echo a", chat="1")) == []
    (claimed,) = make(database, pushed=frozenset({"test"})).handle(incoming("/echo b", chat="2"))
    assert (claimed.text, claimed.claimed_until) == ("b", START + CLAIM_LASTS)
    with database.reading() as db:
        assert outbox.one(db, claimed.id) == claimed
        assert outbox.tally(db) == {"queued": 1, "claimed": 1}


def test_what_could_not_be_read_is_recorded_without_its_content(database: Database) -> None:
    inbox = make(database)
    asyncio.run(inbox.unreadable("test", event_key="9", kind="poll", error="KeyError"))
    asyncio.run(inbox.unreadable("test", event_key="9", kind="poll", error="KeyError"))
    assert events(database) == [("9", "unreadable", "KeyError")]
    assert answers(database) == {}


def test_a_key_of_one_channel_is_not_that_of_another(database: Database) -> None:
    inbox = make(database)
    message = incoming("/echo a", key="7")
    inbox.handle(message)
    inbox.handle(Incoming(**{**message.__dict__, "chat": ChatRef("other", "1")}))
    assert answers(database)["1"] == ["a", "a"]


def test_a_question_of_somebody_known_takes_few_statements(database: Database) -> None:
    inbox = make(database, pushed=frozenset({"test"}))
    (first,) = inbox.handle(incoming("quên mật khẩu vneid"))
    with database.transaction() as db:
        outbox.finish(db, first.id, "sent", now=START)
    seen: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    inbox.handle(incoming("bị lừa chuyển tiền"))
    # Besides what begins the two transactions (SQLite) or locks the chat (PostgreSQL).
    work = [statement for statement in seen if not statement.startswith(("BEGIN", "SELECT pg_advisory"))]
    assert len(work) <= 13, "\n".join(work)
