"""The outbox on both databases: who gets what, in which order, and that nothing is lost or counted twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from db import outbox, people, reminders
from db.engine import Database
from db.models import Outbox, Person
from db.outbox import BULK, REPLY
from tests.support.clock import START, Clock

MINUTE = timedelta(minutes=1)


def queue(database: Database, words: str = "a", chat: str = "1", *, channel: str = "test", **more: Any) -> int:
    with database.transaction() as db:
        queued = outbox.queue(db, channel=channel, chat=chat, text=words, rows=[], **{"now": START, **more})
    assert queued is not None
    return queued


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
    with database.reading() as db:
        assert [message.text for message in outbox.get(db, [second, first], "me")] == ["a", "b"]
        assert outbox.get(db, [first], "other") == []


def test_bulk_that_waits_does_not_keep_a_reply_from_being_claimed(database: Database) -> None:
    queue(database, "bulk", priority=BULK)
    assert row(database, queue(database, "reply", claim=("me", START + MINUTE))).state == "claimed"


def test_what_was_put_back_waits_for_its_time_and_may_have_moved(database: Database) -> None:
    message = queue(database)
    claim(database)
    with database.transaction() as db:
        outbox.put_back(db, message, "me", not_before=START + MINUTE, error="slow", uncertain=True, chat="-100")
    again = row(database, message)
    assert (again.state, again.chat, again.uncertain, again.error) == ("queued", "-100", 1, "slow")
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


def test_releasing_gives_back_only_ones_own_claims(database: Database) -> None:
    mine, theirs = queue(database, "a", chat="1"), queue(database, "b", chat="2")
    claim(database, "me", limit=1)
    claim(database, "other", limit=1)
    with database.transaction() as db:
        outbox.release(db, "me")
    assert (row(database, mine).state, row(database, mine).uncertain) == ("queued", 0)
    assert row(database, theirs).state == "claimed"


def test_after_a_crash_every_claim_is_taken_back_as_uncertain(database: Database) -> None:
    crashed, waiting = queue(database, "a", chat="1"), queue(database, "b", chat="2")
    claim(database, limit=1)
    with database.transaction() as db:
        outbox.release_all(db)
    assert (row(database, crashed).state, row(database, crashed).uncertain) == ("queued", 1)
    assert row(database, waiting).uncertain == 0


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
    with database.transaction() as db:
        area = people.add_area(db, "Xã Thử")
        team = people.add_team(db, area, "Tổ 1")
        person = people.add_person(db, "An", START)
        for rule in ("p/a", "p/b"):
            reminders.adopt(db, area, rule, person_id=None, now=START)
        first, second = (rule.id for rule in reminders.adopted(db))
    alone = queue(database, "a", chat="1", person_id=person, priority=BULK)
    digest = queue(database, "a and b", chat="2", person_id=person, priority=BULK)
    with database.transaction() as db:
        for adopted, step, message in ((first, "d7", alone), (first, "d3", digest), (second, "d3", digest)):
            item = reminders.Item(adopted, "2026-Q4", team)
            claimed = reminders.claim_step(db, item, person, step, now=START)
            assert claimed is not None
            reminders.attach(db, [claimed], message)
    with database.transaction() as db:
        reminders.submit(db, reminders.Item(first, "2026-Q4", team), person_id=person, now=START)
        outbox.drop_submitted(db, first, "2026-Q4", team, START)
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
