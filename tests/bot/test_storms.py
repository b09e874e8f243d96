"""A short storm of faults; `python -m tests.soak.storms` runs long ones."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak.storms import FaultStorm, ShakyDatabase
from tests.support.fake_telegram import FakeTelegram
from tests.support.postgres import PostgresServer


def test_nothing_is_lost_in_a_storm_of_faults(database_url: str) -> None:
    shaky = ShakyDatabase(database_url)
    with FakeTelegram() as telegram:
        FaultStorm(shaky, telegram, seed=1).run(40)
    shaky.close()


def test_nothing_is_lost_when_the_database_server_crashes_in_the_middle_of_delivery() -> None:
    with TemporaryDirectory(prefix="cnscd-postgres-") as folder, PostgresServer(Path(folder)) as server:
        shaky = ShakyDatabase(server.lend())
        with FakeTelegram() as telegram:
            storm = FaultStorm(shaky, telegram, seed=2, crash=server.crash)
            storm.run(40)
        shaky.close()
    assert storm.crashes >= 2
