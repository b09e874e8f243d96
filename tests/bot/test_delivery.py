"""Delivery: every outcome of a send, order, pace and what happens when the database or the process goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from bot import delivery
from bot.channels.base import Moved, Refused, RetryLater, SendError, Uncertain, Unreachable
from bot.delivery import Delivery
from bot.inbox import CLAIM_LASTS
from bot.lanes import Lanes
from db import files, outbox, people, quotas
from db.engine import Database
from db.models import Account, Attempt, Outbox
from db.outbox import BULK, REPLY, Message
from handlers.message import Attachment, ChatRef
from tests.support import waiting
from tests.support.clock import Clock
from tests.support.databases import SqliteFile, opened
from tests.support.fake_channel import FakeChannel


class Office:
    """A delivery with its database, its channel and a clock that the test moves."""

    def __init__(self, database: Database, *, per_second: float = 0, leads: bool = True) -> None:
        self.database = database
        self.channel = FakeChannel()
        self.clock = Clock()
        self.leads = leads
        self.lives = True
        self.sleeps = False
        self.monthly: dict[str, int] = {}
        self.per_second = per_second

    def queue(self, words: str, chat: str = "1", priority: int = BULK, **more: Any) -> int:
        return self._queued(words, chat, priority, **more).id

    def _queued(self, words: str, chat: str, priority: int, **more: Any) -> Message:
        with self.database.transaction() as db:
            values = {"now": self.clock(), "rows": [[["Lưu", "log.save:1"]]], **more}
            queued = outbox.queue(db, channel="test", chat=chat, text=words, priority=priority, **values)
        assert queued is not None
        return queued

    def claim(self, *words: str, chat: str = "1", parts: int = 1) -> list[Message]:
        """Queue replies claimed at once, as a turn does."""
        until = self.clock() + CLAIM_LASTS
        return [self._queued(one, chat, REPLY, claim=("me", until)) for one in words for _ in range(parts)]

    def deliver(
        self, script: Callable[[Delivery], Coroutine[Any, Any, None]] | None = None, *, until: Callable[[], bool]
    ) -> None:
        """Let delivery run, the script beside it, until the condition holds."""

        async def work() -> None:
            self.delivery = Delivery(
                self.database,
                {"test": self.channel},
                holder="me",
                per_second={"test": self.per_second},
                monthly=self.monthly,
                may_send_bulk=lambda: self.leads,
                is_alive=lambda: self.lives,
                is_quiet=lambda _now: self.sleeps,
                clock=self.clock,
            )
            stop = asyncio.Event()
            running = asyncio.create_task(self.delivery.run(stop))
            if script is not None:
                await script(self.delivery)
            await waiting.until(until)
            stop.set()
            await running
            await self.delivery.drain()

        asyncio.run(work())

    def deliver_once(self) -> None:
        """Let delivery run until nothing that is due is open."""
        self.deliver(until=lambda: not self.is_due())

    def is_due(self) -> bool:
        """Tell whether anything is being sent, or could be."""
        with self.database.reading() as db:
            if not self.database.is_sqlite:  # what is just being claimed would be passed over
                db.execute(text("LOCK TABLE outbox IN EXCLUSIVE MODE"))
            sending = db.scalar(select(Outbox.id).where(Outbox.state == "claimed").limit(1))
            now = self.clock()
            return sending is not None or bool(outbox.claim_due(db, ["test"], "", now=now, until=now, limit=1))

    def row(self, message: int) -> Outbox:
        with self.database.reading() as db:
            return db.get_one(Outbox, message)

    def attempts(self, message: int) -> list[tuple[int, str]]:
        """What became of each attempt at a message, by number."""
        with self.database.reading() as db:
            rows = db.scalars(select(Attempt).where(Attempt.outbox_id == message).order_by(Attempt.id))
            return [(one.number, one.outcome) for one in rows]

    def states(self) -> dict[str, int]:
        with self.database.reading() as db:
            return outbox.tally(db)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def sqlite_office(sqlite_file: SqliteFile) -> Iterator[Office]:
    with opened(sqlite_file.renew()) as database:
        yield Office(database)


def test_what_is_due_goes_out_whole_and_is_marked(office: Office) -> None:
    message = office.queue("Chào bác", edits="77")
    later = office.queue("Mai", chat="2", not_before=office.clock() + timedelta(minutes=1))
    office.deliver_once()
    (sent,) = office.channel.sent
    assert (sent.chat, sent.text, sent.edits) == ("1", "Chào bác", "77")
    assert [(button.label, button.action) for row in sent.rows for button in row] == [("Lưu", "log.save:1")]
    row = office.row(message)
    assert (row.state, row.provider_ref, row.attempts, row.uncertain) == ("sent", "ref-1", 1, 0)
    assert (row.finished_at, row.claimed_until) == (office.clock(), None)
    assert office.row(later).state == "queued"


@pytest.mark.parametrize(
    ("error", "state", "uncertain", "waits"),
    [
        (Refused("bad text"), "failed", 0, None),
        (Unreachable("blocked"), "failed", 0, None),
        (RetryLater("flood", after=17), "queued", 0, (17, 17)),
        (RetryLater("no network"), "queued", 0, (1, 3)),
        (Uncertain("cut"), "queued", 1, (1, 3)),
        (Moved("-100"), "queued", 0, (0, 0)),
    ],
)
def test_each_outcome_leads_to_its_state_and_time(
    sqlite_office: Office, error: SendError, state: str, uncertain: int, waits: tuple[float, float] | None
) -> None:
    office = sqlite_office
    message = office.queue("a")
    office.channel.fails("a", error)
    office.deliver(until=lambda: office.row(message).attempts > 0 and office.row(message).state != "claimed")
    if isinstance(error, Moved):  # due again at once, at its new place
        office.deliver_once()
        assert [one.chat for one in office.channel.attempts] == ["1", "-100"]
        assert (office.row(message).state, office.row(message).chat) == ("sent", "-100")
        return
    row = office.row(message)
    assert (row.state, row.uncertain, row.error, row.attempts) == (state, uncertain, str(error), 1)
    if waits is None:
        assert row.finished_at == office.clock()
    else:
        wait = (row.not_before - office.clock()).total_seconds()
        assert waits[0] <= wait <= waits[1]
        office.clock.forward(seconds=wait)
        office.deliver_once()
        assert office.row(message).state == "sent"


def test_pauses_double_up_to_ten_minutes(sqlite_office: Office) -> None:
    office = sqlite_office
    message = office.queue("a")
    office.channel.fails("a", *[Uncertain("cut") for _ in range(12)])
    waits = []
    for _ in range(12):
        office.deliver_once()
        waits.append((office.row(message).not_before - office.clock()).total_seconds())
        office.clock.forward(seconds=waits[-1])
    for attempt, wait in enumerate(waits):
        assert 0.7 * min(2 * 2**attempt, 600) <= wait <= 1.3 * min(2 * 2**attempt, 600)
    office.deliver_once()
    row = office.row(message)
    assert (row.state, row.attempts, row.uncertain) == ("sent", 13, 12)


def test_every_attempt_leaves_a_record_of_what_became_of_it(office: Office) -> None:
    message = office.queue("a")
    errors = [RetryLater("flood", after=1), Uncertain("cut"), Moved("-100"), Refused("bad text")]
    office.channel.fails("a", *errors)
    for _ in errors:
        office.deliver_once()
        office.clock.forward(minutes=1)
    assert office.attempts(message) == [(1, "retry"), (2, "uncertain"), (3, "moved"), (4, "refused")]
    late = office.queue("late", chat="2", useful_until=office.clock())
    gone = office.queue("gone", chat="3")
    office.channel.fails("gone", Unreachable("blocked"))
    fine = office.queue("fine", chat="4")
    office.deliver_once()
    assert [office.attempts(one) for one in (late, gone, fine)] == [
        [(1, "dropped")],
        [(1, "unreachable")],
        [(1, "sent")],
    ]


def test_what_was_not_begun_is_no_attempt(sqlite_office: Office) -> None:
    office = sqlite_office
    replies = office.claim("a", "b")
    office.channel.fails("a", RetryLater("flood", after=5))

    async def script(delivery: Delivery) -> None:
        delivery.submit(ChatRef("test", "1"), replies)

    office.deliver(script, until=lambda: office.states() == {"queued": 2})
    assert [office.attempts(one.id) for one in replies] == [[(1, "retry")], []]
    assert [office.row(one.id).attempts for one in replies] == [1, 0]


def test_later_messages_follow_a_group_that_has_moved(office: Office) -> None:
    office.queue("a", chat="-1")
    office.queue("b", chat="-1")
    office.channel.fails("a", Moved("-100"))
    office.deliver_once()
    assert [(one.chat, one.text) for one in office.channel.attempts] == [("-1", "a"), ("-100", "a"), ("-100", "b")]


def test_an_unreachable_person_is_marked_until_they_write_again(office: Office) -> None:
    with office.database.transaction() as db:
        person = people.recognise(db, "test", "1", office.clock())
    office.queue("a")
    office.channel.fails("a", Unreachable("blocked"))
    office.deliver_once()
    with office.database.reading() as db:
        assert db.scalars(select(Account.unreachable_at)).one() == office.clock()
        assert people.address_of(db, person.id) is None


def test_a_poison_message_holds_up_nobody(sqlite_office: Office) -> None:
    office = sqlite_office
    poison = office.queue("poison")
    office.channel.fails("poison", *[Uncertain("cut") for _ in range(50)])
    behind = office.queue("behind it")
    for number in range(80):
        office.queue(f"{number}", chat=f"other {number}")
    office.deliver(until=lambda: len(office.channel.sent) == 80)
    assert (office.row(poison).state, office.row(behind).state) == ("queued", "queued")
    office.clock.forward(hours=24)
    office.channel.recovers("poison")
    office.deliver_once()
    assert office.channel.texts[-2:] == ["poison", "behind it"]


def test_messages_that_hang_hold_up_nobody(sqlite_office: Office) -> None:
    office = sqlite_office
    for number in range(10):
        office.queue(f"hangs {number}", chat=f"slow {number}")
    for number in range(80):
        office.queue(f"{number}", chat=f"other {number}")

    async def script(delivery: Delivery) -> None:
        hanging = [office.channel.hangs(f"hangs {number}") for number in range(10)]
        replies = office.claim("reply", chat="asker")
        await waiting.until(lambda: len(office.channel.sent) == 80)
        delivery.submit(ChatRef("test", "asker"), replies)
        await waiting.until(lambda: "reply" in office.channel.texts)
        assert office.channel.under_way == 10
        for event in hanging:
            event.set()

    office.deliver(script, until=lambda: len(office.channel.sent) == 91)


def test_one_message_at_a_time_in_a_chat_many_chats_at_once(sqlite_office: Office) -> None:
    office = sqlite_office
    for number in range(5):
        for chat in "abcdefgh":
            office.queue(f"{chat}{number}", chat=chat)
    office.deliver_once()
    for chat in "abcdefgh":
        assert [words for words in office.channel.texts if words[0] == chat] == [
            f"{chat}{number}" for number in range(5)
        ]
        assert office.channel.most_under_way[chat] == 1
    assert 1 < office.channel.most_under_way[""] <= 16


def test_a_reply_overtakes_a_thousand_queued_messages(office: Office) -> None:
    office.per_second = 200
    with office.database.transaction() as db:
        for number in range(1000):
            outbox.queue(
                db, channel="test", chat=f"{number}", text=f"bulk {number}", rows=[], now=office.clock(), priority=BULK
            )

    async def script(delivery: Delivery) -> None:
        await waiting.until(lambda: len(office.channel.sent) >= 40)
        before = len(office.channel.sent)
        delivery.submit(ChatRef("test", "asker"), office.claim("claimed reply", chat="asker"))
        office.queue("queued reply", chat="other asker", priority=REPLY)
        await waiting.until(lambda: {"claimed reply", "queued reply"} <= set(office.channel.texts))
        assert office.channel.texts.index("claimed reply") - before < 10
        assert office.channel.texts.index("queued reply") - before < 60

    office.deliver(script, until=lambda: True)
    left = office.states()
    assert left["queued"] > 700
    assert left["sent"] + left["queued"] == 1002
    assert "claimed" not in left


def test_replies_of_one_chat_never_overtake_each_other(sqlite_office: Office) -> None:
    office = sqlite_office

    async def script(delivery: Delivery) -> None:
        for number in range(40):
            delivery.submit(ChatRef("test", "1"), office.claim(f"{number}a", f"{number}b"))
            await asyncio.sleep(0)

    office.deliver(script, until=lambda: len(office.channel.sent) == 80)
    assert office.channel.texts == [f"{number}{part}" for number in range(40) for part in "ab"]


def test_a_reply_to_be_tried_again_keeps_back_those_after_it(sqlite_office: Office) -> None:
    office = sqlite_office
    office.channel.fails("1a", RetryLater("flood", after=5))

    async def script(delivery: Delivery) -> None:
        delivery.submit(ChatRef("test", "1"), office.claim("1a", "1b"))
        delivery.submit(ChatRef("test", "1"), office.claim("2"))
        delivery.submit(ChatRef("test", "2"), office.claim("other chat", chat="2"))

    office.deliver(script, until=lambda: office.states() == {"queued": 3, "sent": 1})
    assert office.channel.texts == ["other chat"]
    # A reply that comes now finds the others waiting, and goes to the end of the line.
    assert office.row(office.claim("3")[0].id).state == "queued"
    office.clock.forward(seconds=5)
    office.deliver_once()
    assert office.channel.texts == ["other chat", "1a", "1b", "2", "3"]


def test_a_reply_that_may_have_been_claimed_unknown_to_the_process_is_not_overtaken(sqlite_office: Office) -> None:
    office = sqlite_office
    office.leads = False
    office.claim("its commit arrived, the answer to the commit did not")
    later = office.claim("later")

    async def script(delivery: Delivery) -> None:
        delivery.be_unsure(ChatRef("test", "1"))
        delivery.submit(ChatRef("test", "1"), later)

    office.deliver(script, until=lambda: office.row(later[0].id).state == "queued")
    assert office.channel.attempts == []


def test_only_the_leading_process_sends_what_it_did_not_answer_itself(sqlite_office: Office) -> None:
    office = sqlite_office
    office.leads = False
    office.queue("bulk")

    async def script(delivery: Delivery) -> None:
        delivery.submit(ChatRef("test", "2"), office.claim("reply", chat="2"))
        await asyncio.sleep(0.1)

    office.deliver(script, until=lambda: office.channel.texts == ["reply"])
    assert office.states() == {"queued": 1, "sent": 1}


def test_no_request_is_started_past_a_claims_end(sqlite_office: Office) -> None:
    office = sqlite_office
    replies = office.claim("a", "b")
    office.clock.forward(minutes=2)  # the process was asleep

    async def script(delivery: Delivery) -> None:
        delivery.submit(ChatRef("test", "1"), replies)

    office.leads = False
    office.deliver(script, until=lambda: office.states() == {"queued": 2})
    assert office.channel.attempts == []
    assert office.row(replies[0].id).uncertain == 0


def test_no_request_is_started_after_another_process_took_the_message_over(office: Office) -> None:
    replies = office.claim("a")
    office.clock.forward(minutes=3)
    with office.database.transaction() as db:
        outbox.claim_due(db, ["test"], "other", now=office.clock(), until=office.clock() + CLAIM_LASTS, limit=1)

    async def script(delivery: Delivery) -> None:
        delivery.submit(ChatRef("test", "1"), replies)
        await asyncio.sleep(0.05)

    office.leads = False
    office.deliver(script, until=lambda: True)
    assert office.channel.attempts == []
    assert office.row(replies[0].id).claimed_by == "other"


def test_a_process_that_counts_as_dead_starts_no_request(sqlite_office: Office) -> None:
    office = sqlite_office
    office.queue("bulk", chat="2")
    office.lives = False

    async def script(delivery: Delivery) -> None:
        delivery.submit(ChatRef("test", "1"), office.claim("reply"))

    office.deliver(script, until=lambda: office.states() == {"queued": 2})
    assert office.channel.attempts == []
    office.lives = True
    office.deliver_once()
    assert sorted(office.channel.texts) == ["bulk", "reply"]


def test_what_is_claimed_without_the_process_knowing_is_sent_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim whose commit arrived at a server that crashed before it could say so."""
    monkeypatch.setattr(delivery, "_COUNT_EVERY", 0.05)
    office.claim("lost reply")
    office.queue("lost reminder", chat="2")
    now = office.clock()
    with office.database.transaction() as db:
        outbox.claim_due(db, ["test"], "me", now=now, until=now + CLAIM_LASTS, limit=9)
    office.deliver(until=lambda: office.states() == {"sent": 2})
    assert sorted(office.channel.texts) == ["lost reminder", "lost reply"]


def test_an_outcome_that_is_written_again_since_nobody_said_that_it_was_stored_counts_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit of an outcome arrives, its answer does not, and the same work is done again."""
    again = iter([OperationalError("", None, Exception("the connection is lost"))])

    async def until_done(work: Callable[[], Any]) -> Any:
        work()
        return work() if next(again, None) is not None else None

    monkeypatch.setattr("bot.storing.until_done", until_done)
    office.monthly = {"test": 100}
    sent = office.queue("once")
    office.deliver_once()
    assert office.channel.texts == ["once"]
    assert office.attempts(sent) == [(1, "sent")]
    with office.database.reading() as db:
        assert quotas.used(db, "test", office.clock()) == 1


def test_in_quiet_hours_only_answers_and_alarms_go_out(office: Office) -> None:
    office.queue("reminder", chat="1", kind="reminder")  # since the evening, when the platform was away
    office.sleeps = True
    office.queue("reply", chat="2", priority=REPLY)
    office.queue("alarm", chat="3", kind=outbox.ALARM)
    office.deliver(until=lambda: {"reply", "alarm"} <= set(office.channel.texts))
    assert office.states() == {"sent": 2, "queued": 1}
    office.sleeps = False
    office.deliver_once()
    assert office.channel.texts[-1] == "reminder"


def test_a_month_that_is_used_up_holds_back_bulk_but_no_reply(office: Office) -> None:
    office.monthly = {"test": 10}
    for number in range(12):
        office.queue(f"bulk {number}", chat=f"{number}")
    office.deliver(until=lambda: office.states().get("sent", 0) >= 9)
    with office.database.reading() as db:
        assert quotas.used(db, "test", office.clock()) >= 9
    held = office.states().get("queued", 0)
    office.queue("reply", chat="asker", priority=REPLY)
    office.queue("held back", chat="late")
    office.deliver(until=lambda: "reply" in office.channel.texts)
    assert office.states()["queued"] == held + 1
    office.clock.forward(days=31)
    office.deliver(until=lambda: "held back" in office.channel.texts)


def test_what_is_no_longer_useful_is_dropped_rather_than_sent(sqlite_office: Office) -> None:
    office = sqlite_office
    late = office.queue("late", useful_until=office.clock())
    office.deliver_once()
    assert (office.channel.attempts, office.row(late).state) == ([], "dropped")


def test_an_outcome_is_kept_although_the_database_goes_away_for_a_moment(sqlite_office: Office) -> None:
    office = sqlite_office
    office.queue("a")
    breaks = [True, True]
    really = office.database.transaction

    def transaction(*, bulk: bool = False) -> Any:
        if office.channel.sent and breaks:
            breaks.pop()
            raise OperationalError("", None, Exception("disk I/O error"))
        return really(bulk=bulk)

    office.database.transaction = transaction  # type: ignore[method-assign]
    office.deliver(until=lambda: office.states() == {"sent": 1})
    assert (len(office.channel.sent), breaks) == (1, [])


def test_a_message_whose_outcome_was_lost_comes_again_as_uncertain(office: Office) -> None:
    message = office.queue("a")
    with office.database.transaction() as db:
        outbox.claim_due(db, ["test"], "dead", now=office.clock(), until=office.clock() + CLAIM_LASTS, limit=1)
    office.deliver(until=lambda: True)
    assert office.channel.attempts == []
    office.clock.forward(minutes=2, seconds=1)
    office.deliver_once()
    row = office.row(message)
    assert (row.state, row.attempts, row.uncertain) == ("sent", 2, 1)


def test_a_database_that_is_away_does_not_end_delivery(sqlite_office: Office) -> None:
    office = sqlite_office
    office.queue("a")
    really, broken = office.database.transaction, [True]

    def transaction(*, bulk: bool = False) -> Any:
        if broken:
            broken.pop()
            raise OperationalError("", None, Exception("unable to open database file"))
        return really(bulk=bulk)

    office.database.transaction = transaction  # type: ignore[method-assign]
    office.deliver(until=lambda: office.channel.texts == ["a"])


def test_stopping_waits_shortly_then_gives_back_and_marks_as_uncertain(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery._GRACE", 0.2)
    cut, quick = office.queue("hangs", chat="1"), office.queue("quick", chat="2")

    async def script(delivery: Delivery) -> None:
        office.channel.hangs("hangs")
        delivery.submit(ChatRef("test", "3"), replies)
        await waiting.until(lambda: office.channel.under_way == 2 and "quick" in office.channel.texts)

    replies = office.claim("hangs", "waits", chat="3")
    office.deliver(script, until=lambda: True)
    assert office.row(quick).state == "sent"
    assert [(office.row(one).state, office.row(one).uncertain) for one in (cut, *(reply.id for reply in replies))] == [
        ("queued", 1),
        ("queued", 1),
        ("queued", 0),
    ]


def test_everything_created_is_sent_failed_or_dropped_in_the_end(office: Office) -> None:
    errors = [Refused("a"), Unreachable("b"), RetryLater("c", after=1), Uncertain("d"), Moved("-100")]
    for number in range(40):
        name = f"{number}"
        until = office.clock() + timedelta(seconds=2) if number % 7 == 0 else None
        office.queue(name, chat=f"{number % 9}", priority=(REPLY, BULK)[number % 2], useful_until=until)
        office.channel.fails(name, *errors[number % 5 : number % 5 + number % 3])
    for _ in range(12):
        office.deliver_once()
        office.clock.forward(minutes=10)
    office.deliver_once()
    states = office.states()
    assert set(states) == {"sent", "failed", "dropped"}
    assert sum(states.values()) == 40
    assert len(office.channel.sent) == states["sent"]


def test_a_pause_for_the_whole_channel_holds_the_others_too(sqlite_office: Office) -> None:
    office = sqlite_office
    office.per_second = 1000
    office.queue("a")
    office.channel.fails("a", RetryLater("flood", after=0.5, whole_channel=True))

    async def script(delivery: Delivery) -> None:
        await waiting.until(lambda: bool(office.channel.attempts) and office.states() == {"queued": 1})
        delivery.submit(ChatRef("test", "2"), office.claim("b", chat="2"))

    office.deliver(script, until=lambda: office.channel.texts == ["b"])
    first, second = office.channel.times
    assert second - first >= 0.5


# Lanes


def test_a_lane_is_single_file_even_when_somebody_comes_between_two_others() -> None:
    async def work() -> None:
        lanes, inside, order = Lanes(), 0, list[int]()

        async def one(number: int) -> None:
            nonlocal inside
            async with lanes.enter("test", "1"):
                inside += 1
                assert inside == 1
                order.append(number)
                await asyncio.sleep(0)
                inside -= 1
            if number < 10:  # comes back at the very moment at which the next is about to enter
                await one(number + 10)

        await asyncio.gather(*map(one, range(10)))
        assert order == list(range(20))
        assert len(lanes) == 0

    asyncio.run(work())


def test_a_lane_is_forgotten_after_an_error_and_after_giving_up() -> None:
    async def work() -> None:
        lanes = Lanes()

        async def fail() -> None:
            async with lanes.enter("test", "1"):
                raise ValueError

        async def hold() -> None:
            async with lanes.enter("test", "1"):
                await asyncio.sleep(3600)

        with pytest.raises(ValueError, match=r"^$"):
            await fail()
        holding, waiting = asyncio.create_task(hold()), asyncio.create_task(hold())
        await asyncio.sleep(0)
        for task in (waiting, holding):
            task.cancel()
        await asyncio.gather(holding, waiting, return_exceptions=True)
        assert len(lanes) == 0

    asyncio.run(work())


def test_a_file_goes_with_its_message_as_long_as_it_is_there(office: Office) -> None:
    now = office.clock()
    with office.database.transaction() as db:
        for token, hours in (("kept", 1), ("expired", -1)):
            until = now + timedelta(hours=hours)
            files.keep(db, token, "a b.csv", "text/csv", b"1;2", person_id=None, now=now, expires_at=until)
    for token in ("kept", "expired"):
        office.queue(token, chat=token, attachment=token)
    office.deliver_once()
    sent = {message.text: message for message in office.channel.sent}
    assert sent["kept"].attachment == Attachment("a b.csv", "text/csv", b"1;2")
    assert sent["kept"].path == "/files/kept/a%20b.csv"
    assert (sent["expired"].attachment, sent["expired"].path) == (None, None)
