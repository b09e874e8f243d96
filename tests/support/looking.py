"""Looks into a database from outside: every stored value as text, rows of one table, the code in a message."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import select

from db.engine import Database
from db.models import Base


def rows(database: Database, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table, in the order of its key."""
    found = Base.metadata.tables[table]
    with database.reading() as db:
        return [dict(row) for row in db.execute(select(found).order_by(*found.primary_key)).mappings()]


def everything(database: Database) -> str:
    """Return every value of every table, each on a line behind its table and column."""
    return "\n".join(
        f"{table}.{column}={value!r}"
        for table in Base.metadata.tables
        for row in rows(database, table)
        for column, value in row.items()
    )


def code_in(text: str) -> str:
    """Return the code that a message of the bot holds."""
    found = re.search(r"\b[A-HJKMNP-Z]{10}\b", text)
    assert found is not None, text
    return found.group()
