"""Handled events and where each chat stands, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from db import inbox
from db.engine import Database
from db.inbox import Standing
from db.models import Event
from tests.support.clock import START


def record(database: Database, key: str = "1", channel: str = "test", **more: str) -> bool:
    with database.transaction() as db:
        return inbox.record_event(db, channel, key, kind="text", now=START, **more)


def test_an_event_is_new_once(database: Database) -> None:
    assert record(database)
    assert not record(database)
    assert not record(database, outcome="failed", error="ValueError")
    assert record(database, channel="other")
    with database.reading() as db:
        assert sorted((one.channel, one.outcome) for one in db.scalars(select(Event))) == [
            ("other", "done"),
            ("test", "done"),
        ]


def test_of_many_at_once_one_records_it(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda _: record(database), range(6))) == 1


def test_a_repeat_is_known_even_by_a_key_too_long_to_keep(database: Database) -> None:
    assert record(database, "k" * 500)
    assert not record(database, "k" * 500)


def test_old_events_are_forgotten(database: Database) -> None:
    record(database)
    with database.transaction() as db:
        assert inbox.forget_events(db, START) == 0
        assert inbox.forget_events(db, START + timedelta(seconds=1)) == 1
    assert record(database)


def keep(database: Database, state: str | None, **more: object) -> None:
    with database.transaction() as db:
        options = {"data": {"a": "bà"}, "choices": [("Lưu", "log.save")], "expires_at": START, **more}
        inbox.keep_standing(db, "test", "1", state=state, **options)  # type: ignore[arg-type]


def standing(database: Database, chat: str = "1", **later: float) -> Standing:
    with database.reading() as db:
        return inbox.standing(db, "test", chat, START + timedelta(**later))


def test_a_chat_stands_where_it_was_left(database: Database) -> None:
    keep(database, "log", data={"old": 1})
    keep(database, "log", data={"a": ["bà", None, 1]})
    assert standing(database, seconds=-1) == Standing("log", {"a": ["bà", None, 1]}, (("Lưu", "log.save"),))
    assert standing(database, "2") == Standing()


def test_an_expired_dialogue_is_over_but_its_buttons_still_mean_something(database: Database) -> None:
    keep(database, "log")
    assert standing(database) == Standing(choices=(("Lưu", "log.save"),))


def test_a_dialogue_without_end_stays(database: Database) -> None:
    keep(database, "log", expires_at=None)
    assert standing(database, days=400).state == "log"


def test_two_transactions_take_turns_in_one_chat_and_not_in_two(database: Database) -> None:
    """On SQLite every writer waits for the other; on PostgreSQL only those of the same chat."""
    if database.is_sqlite:
        return
    with database.transaction() as first, database.transaction() as second:
        inbox.lock_chat(first, "test", "1")
        inbox.lock_chat(second, "test", "2")
        inbox.lock_chat(second, "other", "1")
        with ThreadPoolExecutor(1) as pool:

            def third() -> str:
                with database.transaction() as db:
                    inbox.lock_chat(db, "test", "1")
                    return "got it"

            waiting = pool.submit(third)
            assert not waiting.done()
            first.commit()
            assert waiting.result(10) == "got it"
