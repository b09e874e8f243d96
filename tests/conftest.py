"""Fixtures that every test may use: a clean environment, both databases, a clock, a conversation."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from db.engine import Database
from db.migrate import upgrade
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.databases import SqliteFile, opened
from tests.support.postgres import PostgresServer

BOTH = ("sqlite", "postgresql")
_numbers = itertools.count()
_SHARED = pytest.StashKey[Path]()
"""A folder that all processes of a run share."""

settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let all conversations choose by typing: `pytest tests/handlers --typed`."""
    parser.addoption("--typed", action="store_true", help="type the choices, as on a channel without buttons")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that is shared, or take it over from the process that leads."""
    if hasattr(config, "workerinput"):
        config.stash[_SHARED] = Path(config.workerinput["shared"])
        return
    # Not in pytest's folder: it takes away everybody else's rights to it whenever another run begins, and a database
    # server started by root runs as somebody else.
    folder = TemporaryDirectory(prefix="cnscd-")
    config.add_cleanup(folder.cleanup)
    config.stash[_SHARED] = Path(folder.name)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of the run where the shared folder is."""
    node.workerinput["shared"] = str(node.config.stash[_SHARED])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let there be one process more than processors, since some tests wait."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """A folder that all processes of a run share."""
    return pytestconfig.stash[_SHARED]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run every test in an empty folder and without the developer's own settings."""
    for name in list(os.environ):
        if name.startswith("CNSCD_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def clean_logging() -> Iterator[None]:
    """Undo what a command run inside a test has set up: its stderr is gone afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres(shared: Path) -> Iterator[PostgresServer]:
    """A real PostgreSQL server, one for the whole run."""
    with PostgresServer(shared) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> SqliteFile:
    """The place of the tests' SQLite file."""
    return SqliteFile(tmp_path_factory.mktemp("sqlite") / "cnscd.sqlite", migrated_sqlite)


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty, migrated database, once of each kind."""
    if request.param == "sqlite":
        file: SqliteFile = request.getfixturevalue("sqlite_file")
        yield file.renew()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.lend()
    yield url
    server.take_back(url)


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty_database(f"empty_{os.getpid()}_{next(_numbers)}")


@pytest.fixture
def empty_database(empty_database_url: str) -> Iterator[Database]:
    """A database without any table, once of each kind."""
    with closing(Database(empty_database_url)) as empty:
        yield empty


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database, once of each kind."""
    with opened(database_url) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at Saturday, 21 November 2026, 09:00 in Vietnam."""
    return Clock()


@pytest.fixture
def converse(database: Database, clock: Clock, request: pytest.FixtureRequest) -> Callable[..., Conversation]:
    """Make a conversation: `converse("an", role="member")`."""
    types = bool(request.config.getoption("typed"))
    if types and request.node.get_closest_marker("pressed") is not None:
        pytest.skip("a button that is no longer on offer can only be pressed")

    def make(name: str, *, role: str | None = None, area: str = "Xã Thử", team: str = "Tổ thôn 2") -> Conversation:
        return Conversation(database, clock, name, role=role, area=area, team=team, types=types)

    return make
