"""The outbox on both databases: who gets what, in which order, and that nothing is lost or counted twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from db import areas, inbox, leases, outbox, people, reminders
from db.engine import Database
from db.models import AdoptedRule, Attempt, Outbox, Person, Reminder
from db.outbox import BULK, REPLY
from tests.support.clock import START, Clock

MINUTE = timedelta(minutes=1)


def queue(database: Database, words: str = "a", chat: str = "1", *, channel: str = "test", **more: Any) -> int:
    with database.transaction() as db:
        queued = outbox.queue(db, channel=channel, chat=chat, text=words, rows=[], **{"now": START, **more})
    assert queued is not None
    return queued.id


def claim(database: Database, holder: str = "me", *, now: datetime = START, limit: int = 100) -> list[str]:
    with database.transaction() as db:
        claimed = outbox.claim_due(db, ["test"], holder, now=now, until=now + MINUTE, limit=limit)
        return [message.text for message in claimed]


def finish(database: Database, message_id: int, state: str = "sent") -> None:
    with database.transaction() as db:
        outbox.finish(db, message_id, state, now=START)


def put_back(database: Database, message_id: int, holder: str = "me", *, uncertain: bool = False) -> None:
    with database.transaction() as db:
        outbox.put_back(db, message_id, holder, not_before=START, error="later", uncertain=uncertain)


def row(database: Database, message_id: int) -> Outbox:
    with database.reading() as db:
        return db.get_one(Outbox, message_id)


def adopt(database: Database, rule: str) -> dict[str, Any]:
    """Let a rule be in force for the one team there is; return what a reminder of it points to."""
    with database.transaction() as db:
        teams = areas.teams(db, None) or [areas.team(db, areas.add_team(db, areas.add_area(db, "Xã Thử"), "Tổ 1"))]
        adopted = AdoptedRule(area_id=teams[0].area_id, rule=rule, adopted_at=START)
        db.add(adopted)
        db.flush()
        person = people.add_person(db, "An", START)
        return {"adopted_id": adopted.id, "period": "2026-Q4", "team_id": teams[0].id, "person_id": person}


def attempts(database: Database) -> list[tuple[int, int, str, str]]:
    with database.reading() as db:
        rows = db.scalars(select(Attempt).order_by(Attempt.id))
        return [(one.outbox_id, one.number, one.holder, one.outcome) for one in rows]


def beat(database: Database, holder: str, ttl: timedelta) -> None:
    """Let a process be alive, or have died, by the database's clock."""
    with database.transaction() as db:
        leases.acquire(db, leases.heartbeat(holder), holder, ttl)


def states(database: Database) -> dict[str, int]:
    with database.reading() as db:
        return outbox.tally(db)


def test_two_processes_never_claim_the_same_message(database: Database) -> None:
    for number in range(60):
        queue(database, f"{number}", chat=f"{number}")

    def take(holder: str) -> list[str]:
        taken = []
        while batch := claim(database, holder, limit=7):
            taken += batch
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [words for batch in pool.map(take, "abcd") for words in batch]
    # A row that somebody else is looking at is skipped, so a process may leave some to its next look.
    taken += take("e")
    assert sorted(taken, key=int) == [f"{number}" for number in range(60)]


def test_a_claimed_message_is_nobody_elses_until_its_claim_ends(database: Database) -> None:
    message = queue(database)
    assert claim(database, "first") == ["a"]
    assert claim(database, "second") == []
    assert claim(database, "second", now=START + MINUTE) == []
    assert claim(database, "second", now=START + MINUTE + timedelta(seconds=1)) == ["a"]
    again = row(database, message)
    assert (again.claimed_by, again.attempts, again.uncertain) == ("second", 2, 1)


def test_messages_of_one_chat_come_one_at_a_time_and_in_order(database: Database) -> None:
    first, second, _ = (queue(database, words) for words in "abc")
    queue(database, "other", chat="2")
    assert claim(database) == ["a", "other"]
    assert claim(database) == []
    finish(database, first)
    assert claim(database) == ["b"]
    put_back(database, second)
    assert claim(database) == ["b"]
    finish(database, second, "failed")
    assert claim(database) == ["c"]


def test_a_message_that_waits_for_its_time_keeps_back_those_behind_it(database: Database) -> None:
    queue(database, "a", not_before=START + MINUTE)
    queue(database, "b")
    assert claim(database) == []
    assert claim(database, now=START + MINUTE) == ["a"]


def test_replies_come_before_bulk(database: Database) -> None:
    for number in range(3):
        queue(database, f"bulk {number}", chat=f"{number}", priority=BULK)
    queue(database, "reply", chat="2")
    assert claim(database, limit=2) == ["reply", "bulk 0"]
    assert claim(database) == ["bulk 1", "bulk 2"]


def test_bulk_does_not_go_out_beside_an_earlier_reply(database: Database) -> None:
    reply = queue(database, "reply")
    queue(database, "bulk", priority=BULK)
    assert claim(database, limit=1) == ["reply"]
    assert claim(database) == []
    finish(database, reply)
    assert claim(database) == ["bulk"]


def test_a_reply_to_be_tried_later_does_not_keep_back_bulk(database: Database) -> None:
    queue(database, "reply", not_before=START + MINUTE)
    queue(database, "bulk", priority=BULK)
    assert claim(database) == ["bulk"]


def test_only_the_asked_channels_are_claimed(database: Database) -> None:
    queue(database, "page", channel="web")
    assert claim(database) == []


def test_a_key_is_used_once_even_by_two_at_a_time(database: Database) -> None:
    with database.transaction() as db:
        assert outbox.queue(db, channel="test", chat="1", text="a", rows=[], now=START, key="summary:1") is not None
    with database.transaction() as db:
        assert outbox.queue(db, channel="test", chat="1", text="b", rows=[], now=START, key="summary:1") is None
    assert states(database) == {"queued": 1}


def test_replies_are_claimed_at_once_unless_an_earlier_one_waits(database: Database) -> None:
    mine, theirs = ("me", START + MINUTE), ("other", START + MINUTE)
    first, second = queue(database, "a", claim=mine), queue(database, "b", claim=mine)
    assert [row(database, one).state for one in (first, second)] == ["claimed", "claimed"]
    assert row(database, queue(database, "c", claim=theirs)).state == "queued"
    assert row(database, queue(database, "d", claim=mine)).state == "queued"
    assert row(database, queue(database, "e", chat="2", claim=theirs)).state == "claimed"


def test_a_claimed_reply_may_go_once_those_before_it_have_ended(database: Database) -> None:
    first, second = (queue(database, words, claim=("me", START + MINUTE)) for words in "ab")

    def may_go(message_id: int, holder: str = "me") -> bool:
        with database.reading() as db:
            return outbox.may_go(db, outbox.one(db, message_id), holder)

    assert (may_go(first), may_go(second), may_go(first, "other")) == (True, False, False)
    finish(database, first)
    assert (may_go(first), may_go(second)) == (False, True)


def test_bulk_that_waits_does_not_keep_a_reply_from_being_claimed(database: Database) -> None:
    queue(database, "bulk", priority=BULK)
    assert row(database, queue(database, "reply", claim=("me", START + MINUTE))).state == "claimed"


def test_what_was_put_back_waits_for_its_time(database: Database) -> None:
    message = queue(database)
    claim(database)
    with database.transaction() as db:
        assert outbox.put_back(db, message, "me", not_before=START + MINUTE, error="slow", uncertain=True)
    again = row(database, message)
    assert (again.state, again.uncertain, again.error) == ("queued", 1, "slow")
    assert (again.claimed_by, again.claimed_until) == (None, None)
    assert claim(database) == []
    assert claim(database, now=START + MINUTE) == ["a"]


def test_a_process_that_slept_does_not_spoil_what_another_has_done(database: Database) -> None:
    message = queue(database)
    claim(database, "slow")
    claim(database, "quick", now=START + 2 * MINUTE)
    put_back(database, message, "slow", uncertain=True)
    assert (row(database, message).state, row(database, message).claimed_by) == ("claimed", "quick")
    finish(database, message)
    put_back(database, message, "quick")
    finish(database, message, "failed")
    assert row(database, message).state == "sent"


def test_giving_back_concerns_only_ones_own_claims(database: Database) -> None:
    mine, theirs = queue(database, "a", chat="1"), queue(database, "b", chat="2")
    claim(database, "me", limit=1)
    claim(database, "other", limit=1)
    with database.transaction() as db:
        outbox.give_back(db, "me")
    assert (row(database, mine).state, row(database, mine).uncertain, row(database, mine).attempts) == ("queued", 0, 0)
    assert row(database, theirs).state == "claimed"


def test_after_a_crash_every_claim_is_taken_back_as_uncertain(database: Database) -> None:
    crashed, waiting = queue(database, "a", chat="1"), queue(database, "b", chat="2")
    claim(database, limit=1)
    with database.transaction() as db:
        outbox.take_back_all(db, START)
    assert (row(database, crashed).state, row(database, crashed).uncertain) == ("queued", 1)
    assert row(database, waiting).uncertain == 0
    assert attempts(database) == [(crashed, 1, "me", "uncertain")]


def test_the_claim_of_a_process_whose_heart_beats_stands_whatever_the_clock_says(database: Database) -> None:
    queue(database)
    beat(database, "alive", MINUTE)
    assert claim(database, "alive") == ["a"]
    assert claim(database, "other", now=START + timedelta(days=1)) == []
    assert claim(database, "alive", now=START + timedelta(days=1)) == []


def test_the_claim_of_a_process_whose_heart_has_stopped_is_free_at_once(database: Database) -> None:
    message = queue(database)
    beat(database, "dead", -MINUTE)
    assert claim(database, "dead") == ["a"]
    assert claim(database, "other") == ["a"]
    assert attempts(database) == [(message, 1, "dead", "uncertain")]
    assert (row(database, message).attempts, row(database, message).uncertain) == (2, 1)


def test_a_chat_that_rests_is_passed_over(database: Database) -> None:
    for chat in "123":
        queue(database, chat, chat=chat)
    with database.transaction() as db:
        claimed = outbox.claim_due(
            db, ["test"], "me", now=START, until=START + MINUTE, limit=9, resting=[("test", "2"), ("other", "3")]
        )
    assert [message.text for message in claimed] == ["1", "3"]


def test_a_channel_without_bulk_still_takes_replies_and_alarms(database: Database) -> None:
    queue(database, "reminder", chat="1", priority=BULK, kind="reminder")
    queue(database, "alarm", chat="2", priority=BULK, kind=outbox.ALARM)
    queue(database, "reply", chat="3")
    with database.transaction() as db:
        claimed = outbox.claim_due(db, ["test"], "me", now=START, until=START + MINUTE, limit=9, replies_only=["test"])
    assert [message.text for message in claimed] == ["reply", "alarm"]


@pytest.mark.parametrize("went_on", [False, True])
def test_a_chat_that_moved_takes_along_what_waits_and_where_it_stands(database: Database, went_on: bool) -> None:
    done, waiting = queue(database, "done", chat="-1"), queue(database, "waiting", chat="-1")
    finish(database, done)
    with database.transaction() as db:
        for chat, state in (("-1", "old"), *([("-100", "new")] if went_on else [])):
            inbox.keep_standing(db, "test", chat, state=state, data={}, choices=(), expires_at=None)
        outbox.move_chat(db, "test", "-1", "-100")
        outbox.move_chat(db, "other", "-100", "-2")
    assert (row(database, done).chat, row(database, waiting).chat) == ("-1", "-100")
    with database.reading() as db:
        assert inbox.standing(db, "test", "-100", START).state == ("new" if went_on else "old")
        assert inbox.standing(db, "test", "-1", START).state is None


def test_old_messages_are_forgotten_with_their_attempts_the_rest_stays(database: Database) -> None:
    old, young, waiting = (queue(database, words, chat=words) for words in ("old", "young", "waiting"))
    with database.transaction() as db:
        outbox.note_attempt(db, old, 1, "me", "sent", now=START)
        outbox.finish(db, old, "sent", now=START)
        outbox.finish(db, young, "sent", now=START + MINUTE)
    with database.transaction() as db:
        assert outbox.forget(db, START, 10) == 0
        assert outbox.forget(db, START + MINUTE, 10) == 1
        assert outbox.forget(db, START + MINUTE, 10) == 0
    assert states(database) == {"sent": 1, "dropped": 1}  # what nobody has fetched in all that time is dropped first
    assert row(database, waiting).error == "never fetched"
    assert attempts(database) == []


def test_a_reminder_outlives_its_message(database: Database) -> None:
    message = queue(database, "reminder")
    item = adopt(database, "p/a")
    with database.transaction() as db:
        db.add(Reminder(**item, step="d7", outbox_id=message, created_at=START))
        outbox.finish(db, message, "sent", now=START)
    with database.transaction() as db:
        assert outbox.forget(db, START + MINUTE, 10) == 1
        kept = db.scalars(select(Reminder)).one()
        assert (kept.outbox_id, kept.dropped) == (None, "forgotten")


def test_what_is_no_longer_useful_is_dropped_with_a_record(database: Database) -> None:
    late = queue(database, "late", chat="1", useful_until=START + MINUTE)
    queue(database, "early", chat="2", useful_until=START + 2 * MINUTE)
    queue(database, "always", chat="3")
    with database.transaction() as db:
        assert outbox.drop_useless(db, START) == 0
        assert outbox.drop_useless(db, START + MINUTE) == 1
    assert (row(database, late).state, row(database, late).error) == ("dropped", "no longer useful")
    assert states(database) == {"dropped": 1, "queued": 2}


def test_muting_drops_what_the_bot_sends_on_its_own_to_that_person_only(database: Database) -> None:
    with database.transaction() as db:
        an, be = (people.add_person(db, name, START) for name in ("An", "Bé"))
    for person in (an, be):
        queue(database, "reply", chat=f"{person}", person_id=person)
        queue(database, "reminder", chat=f"{person}", person_id=person, priority=BULK)
    with database.transaction() as db:
        outbox.drop_for_person(db, an, START, "muted")
    with database.reading() as db:
        dropped = db.scalars(select(Outbox).where(Outbox.state == "dropped")).all()
    assert [(message.person_id, message.text, message.error) for message in dropped] == [(an, "reminder", "muted")]


def test_handing_in_drops_a_waiting_reminder_of_that_item_alone(database: Database) -> None:
    first, second = adopt(database, "p/a"), adopt(database, "p/b")
    alone = queue(database, "a", chat="1", priority=BULK)
    digest = queue(database, "a and b", chat="2", priority=BULK)
    with database.transaction() as db:
        for target, step, message in ((first, "d7", alone), (first, "d3", digest), (second, "d3", digest)):
            db.add(Reminder(**target, step=step, outbox_id=message, created_at=START))
        item = reminders.Item(first["adopted_id"], first["period"], first["team_id"])
        assert reminders.enter(db, item, [item.team_id], kind="submitted", person_id=first["person_id"], now=START)
        outbox.drop_submitted(db, item.adopted_id, item.period, [item.team_id], START)
    assert (row(database, alone).state, row(database, alone).error) == ("dropped", "submitted")
    assert row(database, digest).state == "queued"


def test_a_page_gets_what_is_new_and_tells_what_it_has_shown(database: Database) -> None:
    first, second = queue(database, "a", channel="web"), queue(database, "b", channel="web")
    queue(database, "later", channel="web", not_before=START + MINUTE)
    with database.reading() as db:
        assert [one.text for one in outbox.of_chat(db, "web", "1", after=0, limit=9, now=START)] == ["a", "b"]
        assert [one.text for one in outbox.of_chat(db, "web", "1", after=first, limit=9, now=START)] == ["b"]
        assert [one.text for one in outbox.last_of_chat(db, "web", "1", 1, now=START)] == ["b"]
        assert outbox.waits(db, "web", "1", up_to=second)
    with database.transaction() as db:
        outbox.acknowledge(db, "web", "1", up_to=10**17, now=START)
    assert states(database) == {"sent": 2, "queued": 1}
    with database.reading() as db:
        assert not outbox.waits(db, "web", "1", up_to=second)
        assert outbox.waits(db, "web", "1", up_to=10**17)
        assert outbox.of_chat(db, "web", "1", after=10**17, limit=9, now=START) == []


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("queue"), st.sampled_from("123"), st.sampled_from([REPLY, BULK]), st.integers(0, 40)),
        st.tuples(st.just("claim"), st.integers(1, 4)),
        st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from(["sent", "failed", "uncertain", "later"])),
        st.tuples(st.just("wait"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["drop", "crash"])),
    ),
    min_size=5,
    max_size=20,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_once_drained_everything_created_was_sent_failed_or_dropped(database: Database, actions: list[Any]) -> None:
    with database.transaction() as db:
        db.execute(delete(Attempt))
        db.execute(delete(Outbox))
        db.execute(delete(Person))
    clock, created, claimed = Clock(), 0, list[int]()

    def take(limit: int) -> None:
        with database.transaction() as db:
            batch = outbox.claim_due(db, ["test"], "me", now=clock(), until=clock() + MINUTE, limit=limit)
            lanes = [(message.chat, message.priority) for message in batch]
            assert len(set(lanes)) == len(lanes)
            claimed.extend(message.id for message in batch)

    for name, *more in [*actions, ("wait", 5)]:
        if name == "queue":
            chat, priority, useful = more
            until = clock() + useful * MINUTE / 10 if useful else None
            queue(database, chat=chat, priority=priority, now=clock(), useful_until=until)
            created += 1
        elif name == "claim":
            take(more[0])
        elif name == "end" and claimed:
            ended = claimed.pop(more[0] % len(claimed))
            if more[1] in ("sent", "failed"):
                finish(database, ended, more[1])
            else:
                put_back(database, ended, uncertain=more[1] == "uncertain")
        elif name == "wait":
            clock.forward(minutes=more[0])
        elif name == "drop":
            with database.transaction() as db:
                outbox.drop_useless(db, clock())
        elif name == "crash":
            claimed.clear()
    for _ in range(created + 1):
        clock.forward(minutes=2)  # whatever was claimed by the dead is due again
        take(100)
        while claimed:
            finish(database, claimed.pop())
    found = states(database)
    assert set(found) <= {"sent", "failed", "dropped"}
    assert sum(found.values()) == created


def test_ids_are_never_used_again(database: Database) -> None:
    first = queue(database)
    with database.transaction() as db:
        db.execute(text("DELETE FROM outbox"))
    assert queue(database) > first
