"""Opens a prepared SQLite file as a copy in memory, for tests that begin with the same data many times."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.engine import Database


@contextmanager
def copy_of(path: Path) -> Iterator[Database]:
    """Open a copy in memory of a database file."""
    database = Database("sqlite://")
    with sqlite3.connect(path) as source:
        raw = database.engine.raw_connection()
        source.backup(raw.driver_connection)  # type: ignore[arg-type]  # the driver's own connection
        raw.close()
    source.close()
    yield database
    database.close()
