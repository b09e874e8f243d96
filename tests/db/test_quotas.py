"""The monthly ledger on both databases: months are Vietnam's, warnings come once, the last tenth is for replies."""

from __future__ import annotations

from datetime import UTC, datetime

from db import outbox, quotas
from db.engine import Database
from tests.support.clock import START


def use(database: Database, number: int, now: datetime = START) -> None:
    with database.transaction() as db:
        for _ in range(number):
            quotas.record_use(db, "zalo_bot", now)


def warning(database: Database, now: datetime = START, limit: int = 10) -> int | None:
    with database.transaction() as db:
        return quotas.begin_warning(db, "zalo_bot", now, limit)


def test_uses_are_counted_by_channel_and_by_vietnams_month(database: Database) -> None:
    last = datetime(2026, 11, 30, 16, 59, tzinfo=UTC)
    first = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    use(database, 2, last)
    use(database, 1, first)
    with database.reading() as db:
        assert [quotas.used(db, "zalo_bot", now) for now in (START, last, first)] == [2, 2, 1]
        assert quotas.used(db, "telegram", START) == 0
    assert (quotas.month_of(last), quotas.month_of(first)) == ("2026-11", "2026-12")


def test_each_threshold_is_told_once_a_month_and_the_highest_alone(database: Database) -> None:
    assert warning(database) is None
    use(database, 6)
    assert warning(database) is None
    use(database, 1)
    assert [warning(database), warning(database)] == [70, None]
    use(database, 2)
    assert [warning(database), warning(database)] == [90, None]
    december = datetime(2026, 12, 24, tzinfo=UTC)
    use(database, 10, december)
    assert [warning(database, december), warning(database, december)] == [90, None]


def test_the_room_for_more_leaves_a_tenth_for_replies_and_counts_what_waits(database: Database) -> None:
    limits = {"zalo_bot": 100}

    def room(channel: str = "zalo_bot") -> int | None:
        with database.reading() as db:
            return quotas.room(db, channel, START, limits)

    assert (room(), room("telegram")) == (90, None)
    use(database, 30)
    assert room() == 60
    with database.transaction() as db:
        for number, priority in enumerate((outbox.BULK, outbox.BULK, outbox.REPLY)):
            outbox.queue(db, channel="zalo_bot", chat=f"{number}", text="a", rows=[], now=START, priority=priority)
    assert room() == 58
    use(database, 70)
    assert room() == 0
