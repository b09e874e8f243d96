"""`kill -9` in the middle of a batch: every message is answered, and every confirmed log is saved exactly once."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from db import outbox
from db.engine import Database
from db.models import Account, AssistanceSession, Event, Lease, Outbox
from tests.soak.crash import CrashStorm
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.fake_telegram import FakeTelegram
from tests.support.process import RunningBot
from tests.support.waiting import SHORT_OF_A_HANG, wait_until

CHATS = range(2001, 2021)
DRAFTED, SAID = 2, (3, 4)
"""How many people the draft made before the crash is about, and those that are said in the batch."""
MESSAGES = (
    "Lưu",
    "quên mật khẩu vneid",
    f"hôm nay giúp {SAID[0]} bà cài vneid",
    "Lưu",
    "nộp hồ sơ trên mạng thế nào",
    f"hôm nay giúp {SAID[1]} bà cài vneid",
    "Lưu",
    "tổ công nghệ số có mấy người",
    "bị lừa chuyển tiền thì làm gì",
    "máy bơm nước nhà tôi hỏng",
)
IN_FLIGHT = 16
"""Delivery has no more replies than this on their way at a time."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the next one kills on both, more often
def test_a_batch_survives_a_kill(database: Database, database_url: str, tmp_path: Path) -> None:
    prepare(database)
    with FakeTelegram() as telegram, ExitStack() as ending:
        for chat in CHATS:
            telegram.add_chat(chat)
        for words in MESSAGES:
            for chat in CHATS:
                telegram.user_says(chat, words)

        def answered() -> int:
            return sum(len(telegram.replies(chat)) for chat in CHATS)

        bot = RunningBot(
            tmp_path,
            database_url=database_url,
            telegram_token=telegram.token,
            telegram_base_url=telegram.url,
            telegram_max_per_second="0",
        )
        telegram.hang_next("sendMessage", 0.001, times=70)
        telegram.hang_next("sendMessage", SHORT_OF_A_HANG, times=200)  # in the middle of these it is killed
        bot.launch()
        ending.push(bot)
        wait_until(lambda: answered() >= 70 + IN_FLIGHT)
        bot.kill()
        telegram.heal()
        assert answered() < 200
        assert telegram.pending_updates == 200 - 100 * (answered_batches(telegram))
        if not database.is_sqlite:
            let_time_pass(database)
        with bot:
            wait_until(lambda: telegram.pending_updates == 0 and not is_open(database))
            assert bot.stop() == 0
        check(database, telegram)
        assert "Traceback" not in bot.log


def test_kills_at_random_moments_lose_nothing(database: Database, database_url: str, tmp_path: Path) -> None:
    with FakeTelegram() as telegram:
        verdict = CrashStorm(database_url, tmp_path, telegram, seed=1).run(2, 150)
    assert verdict.problems == []


def prepare(database: Database) -> None:
    """Let somebody in each chat be a member who was asked whether to save a draft."""
    clock = Clock(datetime.now(UTC))
    for chat in CHATS:
        # Each of a team of their own: two of one team would be asked whether they mean the same visit.
        member = Conversation(database, clock, f"{chat}", role="member", channel="telegram", team=f"Tổ thôn {chat}")
        member.says(f"hôm nay giúp {DRAFTED} bà cài vneid")
    with database.transaction() as db:
        for chat in CHATS:
            outbox.acknowledge(db, "telegram", f"{chat}", up_to=2**31 - 1, now=clock())


def answered_batches(telegram: FakeTelegram) -> int:
    """Return how many batches of a hundred updates the bot has confirmed: by asking for what comes after."""
    offsets = {int(request.params.get("offset", 0)) for request in telegram.requests("getUpdates")}
    return len(offsets - {0})


def let_time_pass(database: Database) -> None:
    """End every lease and claim of the dead process, as two minutes would: PostgreSQL has no sole owner to ask."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with database.transaction() as db:
        db.execute(update(Lease).values(expires_at=past))
        db.execute(update(Outbox).where(Outbox.state == "claimed").values(claimed_until=past))


def is_open(database: Database) -> bool:
    with database.reading() as db:
        return bool({"queued", "claimed"} & outbox.tally(db).keys())


def check(database: Database, telegram: FakeTelegram) -> None:
    with database.reading() as db:
        events = db.scalars(select(Event).where(Event.kind == "text", Event.channel == "telegram")).all()
        batch = [event for event in events if event.key.isdigit()]
        assert len(batch) == 200
        assert {event.outcome for event in batch} == {"done"}

        saved = Counter(
            (account, people)
            for account, people in db.execute(
                select(Account.address, AssistanceSession.people).join(
                    Account, Account.person_id == AssistanceSession.person_id
                )
            )
        )
        assert saved == Counter({(f"{chat}", people): 1 for chat in CHATS for people in (DRAFTED, *SAID)})

        repeats = 0
        for chat in CHATS:
            rows = db.scalars(
                select(Outbox).where(Outbox.chat == f"{chat}", Outbox.provider_ref.is_not(None)).order_by(Outbox.id)
            ).all()
            shown = telegram.replies(chat)
            assert len(rows) >= len(MESSAGES)
            assert {row.state for row in rows} == {"sent"}
            # In order, and nothing was said that was not meant to be; what is left over came twice.
            left = [seen.text for seen in shown]
            for row in rows:
                assert row.text in left
                left.remove(row.text)
            assert sum(row.uncertain for row in rows) >= len(left)
            assert [text for text, _ in Counter(seen.text for seen in shown).items()] == list(
                dict.fromkeys(row.text for row in rows)
            )
            repeats += len(left)
        assert repeats <= IN_FLIGHT
