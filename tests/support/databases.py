"""Gives databases to tests: as empty as a new one, on a connection that has compiled its statements before.

SQLAlchemy compiles each statement once for an engine, which takes far longer than to run it: so engines are kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.event import listen

from db.engine import Database


class SqliteFile:
    """One place for a database file, which is put there anew again and again."""

    def __init__(self, path: Path, template: Path) -> None:
        self._path = path
        self._template = template

    def renew(self) -> str:
        """Put a copy of the template there, whoever still has the old file open; return its address."""
        for old in self._path.parent.glob(f"{self._path.name}*"):
            old.unlink()
        copyfile(self._template, self._path)
        return f"sqlite:///{self._path}"


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database as `Database(url)` does, by the engine that opened it before."""
    database = Database(url)
    database.engine = _engine(url).execution_options()  # an engine of its own to whoever listens to it
    yield database
    database.close()


@contextmanager
def copy_in_memory(path: Path) -> Iterator[Database]:
    """Open a copy in memory of a database file, for tests that begin with the same data many times."""
    with opened("sqlite://") as database, sqlite3.connect(path) as source:
        raw = database.engine.raw_connection()
        source.backup(raw.driver_connection)  # type: ignore[arg-type]  # the driver's own connection
        raw.close()
        yield database
    source.close()


@cache
def _engine(url: str) -> Engine:
    database = Database(url)
    if database.is_sqlite:
        listen(database.engine, "connect", _without_flushing)
    return database.engine


def _without_flushing(connection: Any, _record: object) -> None:
    # What tests write need not survive a power cut; those that kill processes open the database themselves.
    connection.execute("PRAGMA synchronous=OFF")
