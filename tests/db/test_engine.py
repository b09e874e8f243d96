"""What the engine asks of PostgreSQL: plans that fit the tables as they are by now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from db import outbox
from db.engine import Database
from tests.support.postgres import PostgresServer

_KEPT = text("SELECT coalesce(sum(generic_plans), 0) FROM pg_prepared_statements")


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    opened = Database(postgres.new_database("plans"))
    yield opened
    opened.close()


def plans_kept(database: Database, *, bulk: bool) -> int:
    """Ask the same often; return how many times PostgreSQL made do with a plan that it had kept."""
    with database.transaction(bulk=bulk) as db:
        for number in range(30):
            outbox.known_keys(db, [f"digest:{number}"])
        kept: int = db.execute(_KEPT).scalar_one()
        return kept


def test_bulk_work_never_makes_do_with_a_plan_that_was_kept_and_ends_with_its_transaction(database: Database) -> None:
    assert plans_kept(database, bulk=True) == 0
    assert plans_kept(database, bulk=False) > 0
