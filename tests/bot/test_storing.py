"""Writes that come together share a commit; a wrong one takes no other with it, a database away is waited for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from bot.storing import GroupCommit
from db import inbox
from db.engine import Database, Transaction
from db.models import Event
from tests.support.clock import START


def note(key: str) -> Any:
    def write(db: Transaction) -> None:
        inbox.record_event(db, "test", key, kind="text", now=START)

    return write


def wrong(_db: Transaction) -> None:
    raise ValueError("wrong")


def noted(database: Database) -> list[str]:
    with database.reading() as db:
        return sorted(db.scalars(select(Event.key)))


def test_writes_that_come_while_one_is_under_way_share_the_next_commit(database: Database) -> None:
    async def work() -> None:
        group = GroupCommit(database)
        await asyncio.gather(*(group.write(note(f"{number:02}")) for number in range(40)))

    commits = []
    event.listen(database.engine, "commit", lambda connection: commits.append(connection))
    asyncio.run(work())
    assert noted(database) == [f"{number:02}" for number in range(40)]
    assert len(commits) <= 2


def test_a_wrong_write_takes_no_other_with_it(database: Database) -> None:
    async def work() -> list[BaseException | None]:
        group = GroupCommit(database)
        return await asyncio.gather(*map(group.write, (note("a"), wrong, note("b"))), return_exceptions=True)

    first, second, third = asyncio.run(work())
    assert (first, third, noted(database)) == (None, None, ["a", "b"])
    assert isinstance(second, ValueError)


def test_a_database_that_is_away_is_waited_for(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []
    there = database.transaction

    def away() -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("", None, Exception("gone"))
        return there()

    monkeypatch.setattr(database, "transaction", away)
    monkeypatch.setattr("bot.storing._FIRST_PAUSE", 0.01)

    async def work() -> None:
        await GroupCommit(database).write(note("a"))

    asyncio.run(work())
    assert (noted(database), len(tries)) == (["a"], 3)


def test_what_was_asked_for_is_stored_although_whoever_asked_is_cut_off(database: Database) -> None:
    async def work() -> None:
        group = GroupCommit(database)
        asking = asyncio.create_task(group.write(note("a")))
        await asyncio.sleep(0)
        asking.cancel()
        await group.drain(5)

    asyncio.run(work())
    assert noted(database) == ["a"]
