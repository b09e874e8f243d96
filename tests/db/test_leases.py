"""Leases on both databases: one holder at a time, and another soon after one has died."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.leases import RENEW_EVERY, TTL, LeaseHolder
from db import leases
from db.engine import Database
from db.models import Lease

MINUTE = timedelta(minutes=1)


def acquire(database: Database, holder: str, ttl: timedelta = MINUTE) -> bool:
    with database.transaction() as db:
        return leases.acquire(db, "work", holder, ttl)


def age(database: Database, by: timedelta) -> None:
    """Let a lease's time pass, as the database sees it."""
    with database.transaction() as db:
        lease = db.scalars(select(Lease)).one()
        lease.expires_at -= by


def test_one_holds_a_lease_and_may_renew_it(database: Database) -> None:
    assert acquire(database, "first")
    assert not acquire(database, "second")
    assert acquire(database, "first")
    with database.reading() as db:
        (lease,) = db.scalars(select(Lease))
    assert lease.holder == "first"
    assert abs(lease.expires_at - datetime.now(UTC) - MINUTE) < timedelta(seconds=10)


def test_a_lease_given_back_is_free_at_once(database: Database) -> None:
    acquire(database, "first")
    with database.transaction() as db:
        leases.release(db, "work", "second")  # not its own
    assert not acquire(database, "second")
    with database.transaction() as db:
        leases.release(db, "work", "first")
    assert acquire(database, "second")


def test_a_lease_of_the_dead_is_taken_over_and_not_taken_back(database: Database) -> None:
    acquire(database, "first")
    age(database, MINUTE)
    assert acquire(database, "second")
    assert not acquire(database, "first")


def test_of_many_at_once_one_gets_it(database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda holder: acquire(database, holder), "abcdef")) == 1
    age(database, MINUTE)
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda holder: acquire(database, holder), "uvwxyz")) == 1


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_holder_that_was_paused_knows_that_its_time_is_over(database: Database) -> None:
    clock = Seconds()
    holder = LeaseHolder(database, "work", "first", clock)
    assert not holder.held()
    assert holder.renew()
    clock.now += TTL.total_seconds() - 0.1
    assert holder.held()
    clock.now += 0.2
    assert not holder.held()


def test_another_process_takes_over_within_a_minute_of_a_death(database: Database) -> None:
    clock = Seconds()
    dead, alive = (LeaseHolder(database, "work", name, clock) for name in ("dead", "alive"))
    dead.renew()
    waited = 0.0
    while not alive.renew():
        assert not alive.held()
        clock.now += RENEW_EVERY
        waited += RENEW_EVERY
        age(database, timedelta(seconds=RENEW_EVERY))
    assert TTL.total_seconds() <= waited < 60
    assert (dead.held(), alive.held()) == (False, True)
    assert not dead.renew()


def test_a_holder_that_stops_does_not_keep_others_waiting(database: Database) -> None:
    first, second = (LeaseHolder(database, "work", name) for name in ("first", "second"))
    first.renew()
    assert not second.renew()
    first.release()
    assert not first.held()
    assert second.renew()


def test_nobody_holds_anything_while_the_database_is_away() -> None:
    clock = Seconds()
    away = Database("postgresql://u@127.0.0.1:1/d")
    holder = LeaseHolder(away, "work", "first", clock)
    with pytest.raises(Exception, match=r"refused|failed"):
        holder.renew()
    assert not holder.held()
    away.close()


def test_a_heartbeat_tells_the_living_from_the_dead(database: Database) -> None:
    with database.transaction() as db:
        for holder, ttl in (("alive", MINUTE), ("dead", -MINUTE)):
            leases.acquire(db, leases.heartbeat(holder), holder, ttl)
        leases.acquire(db, "work", "another", MINUTE)  # no heartbeat
    with database.transaction() as db:
        assert leases.heartbeats(db) == (["alive"], ["dead"])
        leases.forget_dead(db, MINUTE * 2)
        assert leases.heartbeats(db) == (["alive"], ["dead"])
        leases.forget_dead(db, timedelta(0))
        assert leases.heartbeats(db) == (["alive"], [])
