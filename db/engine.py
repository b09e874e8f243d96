"""Opens the database, SQLite or PostgreSQL, and gives transactions; it knows no table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

Transaction = Session
"""An open transaction; opaque to everybody outside `db`."""

_BUSY_TIMEOUT_MS = 10_000
_POSTGRES_STATEMENT_TIMEOUT_MS = 15_000
_POSTGRES_ROWS_AT_ONCE = 3
"""Rows in one INSERT: psycopg keeps what it has made of a statement only up to 50 values, and takes long over more."""
_PLAN_AFRESH = text("SET LOCAL plan_cache_mode = force_custom_plan")


class Database:
    """A database and its connection pool.

    Args:
        url: An SQLAlchemy address; `postgresql://` is read as psycopg 3.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.path = Path(parsed.database) if self.is_sqlite and parsed.database not in (None, "", ":memory:") else None
        """The SQLite file; None for PostgreSQL and in memory."""
        self.engine = _sqlite_engine(parsed) if self.is_sqlite else _postgres_engine(parsed)
        # SQLite lets one write at a time, and others sleep in steps that grow: a lock wakes the next at once.
        self._writing: AbstractContextManager[object] = Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def transaction(self, *, bulk: bool = False) -> Iterator[Session]:
        """One write transaction: committed on leaving, rolled back on an exception.

        On SQLite it takes the write lock at once, so that a read never has to be upgraded and fail half-way.

        Args:
            bulk: It reads and writes many rows. PostgreSQL then plans each statement for the tables as they are by
                now: a plan kept from when one was small would read all of it again and again.
        """
        with self._writing, Session(self.engine, expire_on_commit=False) as session, session.begin():
            if bulk and not self.is_sqlite:
                session.execute(_PLAN_AFRESH)
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads and takes no write lock."""
        with self.engine.connect().execution_options(reads_only=True) as connection, Session(connection) as session:
            yield session

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """One transaction that changes tables.

        SQLite changes a table by building it anew, which its foreign keys would forbid: they are off meanwhile, and
        all of them are checked before the commit.
        """
        with self.engine.connect() as connection:
            if self.is_sqlite:
                self._enforce_references(connection, on=False)
            try:
                with connection.begin():
                    yield connection
                    if self.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise RuntimeError("the migration broke references between tables")
            finally:
                if self.is_sqlite:
                    self._enforce_references(connection, on=True)

    @staticmethod
    def _enforce_references(connection: Connection, *, on: bool) -> None:
        # Past SQLAlchemy: in a transaction, which it would begin, SQLite ignores this.
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def is_unavailable(error: BaseException) -> bool:
    """Tell whether `error` means that the database could not be reached or written at all."""
    return isinstance(error, PoolTimeout) or (
        isinstance(error, DBAPIError)
        and (error.connection_invalidated or type(error).__name__ in {"OperationalError", "InterfaceError"})
    )


def _sqlite_engine(url: Any) -> Engine:
    # The driver's own transaction handling is switched off: the "begin" event below is the only one.
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # what is acknowledged upstream never comes again, so a commit survives a power cut
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        only_reads = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    return engine


def _postgres_engine(url: Any) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        insertmanyvalues_page_size=_POSTGRES_ROWS_AT_ONCE,
        connect_args={"connect_timeout": 10, "options": f"-c statement_timeout={_POSTGRES_STATEMENT_TIMEOUT_MS}"},
    )
