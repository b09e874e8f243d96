"""The demonstration exists only while nothing real does, and nobody can play its people beside real ones."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot import demonstration
from bot.channels.web import WebGateway
from bot.inbox import Inbox
from bot.inviting import invite
from bot.settings import Settings
from bot.wiring import CannotRun, _is_loopback, prepare_demo, wants_demo
from db import areas, assistance, people, reminders
from db.engine import Database
from handlers.rendering import ZONE
from tests.support.clock import START

TOKEN = SecretStr("1:a")


def exists(database: Database) -> bool:
    with database.reading() as db:
        return people.has_demo_data(db)


def prepare(database: Database, **settings: object) -> bool:
    return prepare_demo(database, Settings(**settings), START)  # type: ignore[arg-type]


def test_it_is_there_when_nothing_else_is_and_only_once(database: Database) -> None:
    assert prepare(database)
    with database.reading() as db:
        before = people.counts(db, START)
        area, *villages = areas.areas(db)
        totals = assistance.totals(db, area.id, (START - timedelta(days=40)).date(), START.date())
        adopted = {rule.rule for rule in reminders.adopted(db)}
    assert prepare(database)
    with database.reading() as db:
        assert people.counts(db, START) == before == {"areas": 1, "teams": 6, "people": 13}
    assert "trình diễn" in area.name
    assert [(village.kind, village.parent_id) for village in villages] == [("village", area.id)] * 6
    assert totals.sessions > 30
    assert adopted == {"dong_thanh_2023/bao_cao_quy", "dong_thanh_2023/bao_cao_nam"}


def test_it_is_the_same_each_time(database: Database) -> None:
    def figures() -> assistance.Totals:
        with database.reading() as db:
            return assistance.totals(db, None, (START - timedelta(days=40)).date(), START.date())

    prepare(database)
    first = figures()
    assert not prepare(database, demo=False)
    assert not exists(database)
    assert figures().sessions == 0
    prepare(database)
    again = figures()
    assert (again.sessions, again.people, again.topics, again.outcomes) == (
        first.sessions,
        first.people,
        first.topics,
        first.outcomes,
    )


def test_a_token_ends_it_and_both_together_are_refused(database: Database) -> None:
    prepare(database)
    assert not prepare(database, telegram_token=TOKEN)
    assert not exists(database)
    with pytest.raises(CannotRun, match="CNSCD_DEMO=1"):
        wants_demo(Settings(telegram_token=TOKEN, demo=True))
    assert not wants_demo(Settings(telegram_token=TOKEN, demo=False))


def test_the_first_invitation_ends_it_for_good(database: Database) -> None:
    prepare(database)
    invitation = invite(database, "admin", None, None, START)
    assert any("trình diễn" in note for note in invitation.notes)
    assert not exists(database)
    assert not prepare(database)
    assert not prepare(database, demo=True)
    assert not exists(database)


def test_an_old_one_is_built_anew_so_that_it_never_looks_abandoned(database: Database) -> None:
    prepare(database)
    later = START + timedelta(days=30)
    assert prepare_demo(database, Settings(), later)
    with database.reading() as db:
        assert people.demo_since(db) == later
        day = later.astimezone(ZONE).date()
        assert assistance.totals(db, None, day - timedelta(days=7), day).sessions > 0


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - it is only compared
        ("192.168.1.5", False),
        ("::", False),
        ("::1234", False),
        ("127.example.org", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_only_this_machine_itself_is_loopback(host: str, loopback: bool) -> None:
    assert _is_loopback(host) == loopback


def test_nobody_can_be_played_once_the_demonstration_is_gone(database: Database) -> None:
    def no_inbox() -> Inbox:
        raise AssertionError

    gateway = WebGateway(database, no_inbox, dict, persons=demonstration.ROLES)
    bare = WebGateway(database, no_inbox, dict)
    prepare(database)
    assert asyncio.run(gateway.persons()) == dict(demonstration.ROLES)
    assert asyncio.run(bare.persons()) == {}
    invite(database, "admin", None, None, START)
    assert asyncio.run(gateway.persons()) == {}
