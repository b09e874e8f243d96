"""Measures how long planning and queuing reminders takes, on both databases; run it by hand, it is no test.

    python -m tests.bench.bench_reminders [MEMBERS …]

MEMBERS is 5,000 and 100,000 by default; the issue asks for at most 5 and 60 seconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from db import reminders
from db.engine import Database
from db.migrate import upgrade
from db.models import Account, Area, Membership, Outbox, Person, Reminder, Team
from handlers.reminders.tick import remind
from handlers.rendering import ZONE
from handlers.turn import Rules, Turn
from knowledge.working_days import working_days
from tests.support.conversation import answerer
from tests.support.postgres import PostgresServer

_PER_TEAM = 5
_TEAMS_PER_COMMUNE = 12
_RULE = "dong_thanh_2023/bao_cao_quy"
_ADOPTED = datetime(2026, 10, 1, tzinfo=ZONE)
_FIRST_STEP = datetime(2026, 12, 7, 7, 30, tzinfo=ZONE)
_SECOND_STEP = datetime(2026, 12, 11, 7, 30, tzinfo=ZONE)
_IDLE = timedelta(seconds=30)


@dataclass(frozen=True)
class Measured:
    """Seconds for a step that reaches everybody, for the next, and for a tick at which nothing is left to do."""

    first: float
    second: float
    idle: float
    queued: int


def furnish(database: Database, members: int) -> None:
    """Make communes with teams of five, all of which have adopted one rule."""
    teams = (members + _PER_TEAM - 1) // _PER_TEAM
    communes = (teams + _TEAMS_PER_COMMUNE - 1) // _TEAMS_PER_COMMUNE
    with database.transaction() as db:
        db.execute(
            insert(Area),
            [{"id": n, "kind": "commune", "name": f"Xã {n}", "former_names": []} for n in range(1, communes + 1)],
        )
        db.execute(
            insert(Team),
            [
                {"id": n, "area_id": (n - 1) // _TEAMS_PER_COMMUNE + 1, "name": f"Tổ {n}", "kind": "team"}
                for n in range(1, teams + 1)
            ],
        )
        numbers = range(1, members + 1)
        db.execute(insert(Person), [{"id": n, "name": f"Người {n}", "created_at": _ADOPTED} for n in numbers])
        db.execute(
            insert(Account),
            [{"person_id": n, "channel": "telegram", "address": str(n), "last_seen_at": _ADOPTED} for n in numbers],
        )
        db.execute(
            insert(Membership),
            [
                {"person_id": n, "role": "member", "team_id": (n - 1) // _PER_TEAM + 1, "since": _ADOPTED}
                for n in numbers
            ],
        )
        for commune in range(1, communes + 1):
            reminders.adopt(db, commune, _RULE, person_id=None, now=_ADOPTED)


def measure(database: Database, members: int) -> Measured:
    """Tick at two steps and once in between."""
    furnish(database, members)
    first = ticking(database, _FIRST_STEP)
    idle = ticking(database, _FIRST_STEP + _IDLE)
    second = ticking(database, _SECOND_STEP)
    with database.reading() as db:
        queued = db.scalar(select(func.count()).select_from(Outbox)) or 0
        noted = db.scalar(select(func.count()).select_from(Reminder)) or 0
    if queued != 2 * members or noted != 2 * members:
        raise SystemExit(f"{members} members: {queued} messages and {noted} steps instead of {2 * members}")
    return Measured(first, second, idle, queued)


def ticking(database: Database, now: datetime) -> float:
    """Return how long planning, wording and committing all reminders of a moment takes."""
    began = time.monotonic()
    with database.transaction(bulk=True) as db:
        remind(Turn(db, now, answerer(), working_days(), Rules()))
    return time.monotonic() - began


def main() -> None:
    """Print the numbers."""
    sizes = [int(size) for size in sys.argv[1:]] or [5_000, 100_000]
    answerer()
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(prefix="cnscd-postgres-") as data,
        PostgresServer(Path(data)) as server,
    ):
        for size in sizes:
            urls = {"SQLite": f"sqlite:///{folder}/{size}.sqlite", "PostgreSQL": server.new_database(f"b{size}")}
            for name, url in urls.items():
                database = Database(url)
                upgrade(database)
                found = measure(database, size)
                database.close()
                sys.stdout.write(
                    f"{size:>7} members, {name:>10}: first step {found.first:5.1f} s, next {found.second:5.1f} s, "
                    f"nothing to do {found.idle:5.2f} s\n"
                )


if __name__ == "__main__":
    main()
