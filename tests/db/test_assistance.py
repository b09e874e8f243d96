"""The log in the database: changes leave revisions, what is taken back counts no more, the erased leave figures."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from db import assistance, people
from db.assistance import Tally, Whose
from db.engine import Database, Transaction
from tests.support.clock import START, Clock
from tests.support.looking import everything, rows

DAY = START.date()


def person(db: Transaction, name: str = "An") -> int:
    """Add a person."""
    return people.add_person(db, name, START)


def entry(db: Transaction, person_id: int, **more: Any) -> int:
    """Add an entry of a person."""
    plain: dict[str, Any] = {
        "team_id": None, "area_id": None, "held_on": DAY, "people": 3, "topics": ["vneid"], "place": "thôn 2",
        "outcome": "done", "note": "vì máy cũ", "now": START,
    }  # fmt: skip
    return assistance.add(db, person_id=person_id, **{**plain, **more})


def test_a_change_keeps_what_changed_and_nothing_else(database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        an, hoa = person(db), person(db, "Hoa")
        number = entry(db, an)
        values = {
            "topics": ("dvctt", "vneid"), "people": 3, "place": "chợ", "held_on": DAY - timedelta(days=1),
            "members": (hoa,), "minutes": 30, "note": "vì máy cũ", "outcome": "done",
        }  # fmt: skip
        assert assistance.revise(db, number, values, by=hoa, now=clock(), correction=False)
        assert not assistance.revise(db, number, values, by=hoa, now=clock(), correction=True), "nothing changes"
    with database.reading() as db:
        changed = assistance.entry(db, number)
        (revision,) = assistance.history(db, number)
    assert changed is not None
    assert (changed.topics, changed.place, changed.members, changed.minutes) == (("dvctt", "vneid"), "chợ", (hoa,), 30)
    assert changed.corrected_at is None
    before = {"topics": ["vneid"], "place": "thôn 2", "held_on": "2026-11-21", "members": [], "minutes": None}
    after = {"topics": ["dvctt", "vneid"], "place": "chợ", "held_on": "2026-11-20", "members": [hoa], "minutes": 30}
    assert (revision.before, revision.after, revision.changed_by) == (before, after, hoa)


def test_an_entry_is_taken_back_once(database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        an = person(db)
        number = entry(db, an)
        assert assistance.take_back(db, number, by=an, now=clock(), correction=True)
        assert not assistance.take_back(db, number, by=an, now=clock(), correction=True)
        assert assistance.by_day(db, Whose(person_id=an), DAY, DAY) == {}
        assert assistance.totals(db, None, DAY, DAY).sessions == 0
        assert len(assistance.corrections(db, None, clock(), clock() + timedelta(seconds=1))) == 1
        assert assistance.corrections(db, None, clock() - timedelta(days=1), clock()) == []
        assert assistance.corrections(db, 99, clock(), clock() + timedelta(days=1)) == []


def test_who_went_along_has_the_session_in_their_diary_and_it_counts_once(database: Database) -> None:
    with database.transaction() as db:
        an, hoa = person(db), person(db, "Hoa")
        entry(db, an, members=[hoa])
        entry(db, hoa, people=2, held_on=DAY - timedelta(days=1))
        assert assistance.by_day(db, Whose(person_id=hoa), DAY - timedelta(days=9), DAY) == {
            DAY: Tally(1, 3),
            DAY - timedelta(days=1): Tally(1, 2),
        }
        assert assistance.by_day(db, Whose(person_id=an), date(2026, 1, 1), DAY) == {DAY: Tally(1, 3)}
        assert assistance.totals(db, None, date(2026, 1, 1), DAY).people == 5


def test_what_was_written_for_others_is_the_writers_to_take_back(database: Database) -> None:
    with database.transaction() as db:
        an, hoa = person(db), person(db, "Hoa")
        own, other = entry(db, an), entry(db, hoa, logged_by=an)
        assert [found.id for found in assistance.written(db, an, 0, 99)] == [own, other]
        assert assistance.written(db, hoa, 0, 99) == []
        newest, last = assistance.last_written(db, an), assistance.last(db, an)
        assert newest is not None
        assert last is not None
        assert (newest.id, last.id) == (other, own)


def test_an_erased_person_leaves_figures_and_no_words(database: Database, clock: Clock) -> None:
    with database.transaction() as db:
        an, hoa = person(db), person(db, "Hoa")
        number = entry(db, an, members=[hoa], origin="telegram:4242:7")
        values = {"note": "gặp bà Lý", "place": "nhà bà Lý", "people": 4}
        assistance.revise(db, number, values, by=an, now=clock(), correction=False)
        assistance.forget_words(db, an)
        assistance.forget_words(db, hoa)
    written = everything(database)
    assert not [words for words in ("Lý", "máy cũ", "4242", "thôn 2") if words in written]
    assert [row["people"] for row in rows(database, "assistance_session")] == [4]
    assert [(row["before"], row["after"]) for row in rows(database, "session_revision")] == [
        ({"people": 3}, {"people": 4})
    ]
    assert rows(database, "session_member") == []
