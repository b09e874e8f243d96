"""A short storm of faults; `python -m tests.soak.storms` runs long ones."""

from __future__ import annotations

from tests.soak.storms import FaultStorm, ShakyDatabase
from tests.support.fake_telegram import FakeTelegram


def test_nothing_is_lost_in_a_storm_of_faults(database_url: str) -> None:
    shaky = ShakyDatabase(database_url)
    with FakeTelegram() as telegram:
        FaultStorm(shaky, telegram, seed=1).run(40)
    shaky.close()
