"""People, roles, codes and what becomes of somebody who leaves, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot import demonstration
from db import areas, assistance, erasing, joining, people, questions, roster
from db.engine import Database
from db.models import Base, Membership, Person
from tests.support.clock import START

DAY = timedelta(days=1)


def recognise(database: Database, address: str, now: datetime = START, channel: str = "test") -> people.PersonInfo:
    with database.transaction() as db:
        return people.recognise(db, channel, address, now)


def add_invite(database: Database, code: str = "hash") -> None:
    with database.transaction() as db:
        joining.add_invite(db, code, "admin", area_id=None, team_id=None, now=START, expires_at=START + DAY)


def test_somebody_new_is_a_citizen_without_a_name_and_stays_the_same_person(database: Database) -> None:
    first = recognise(database, "7")
    assert (first.name, first.roles, first.consented, first.noticed, first.muted) == (None, (), False, False, False)
    assert recognise(database, "7") == first
    assert recognise(database, "8").id != first.id
    assert recognise(database, "7", channel="other").id != first.id


def test_writing_again_makes_an_account_reachable_and_the_one_used_last(database: Database) -> None:
    person = recognise(database, "7")
    with database.transaction() as db:
        people.add_account(db, person.id, "other", "x", START + DAY)
        assert people.address_of(db, person.id) == ("other", "x")
        people.mark_unreachable(db, "other", "x", START)
        assert people.address_of(db, person.id) == ("test", "7")
        people.mark_unreachable(db, "test", "7", START)
        assert people.address_of(db, person.id) is None
    recognise(database, "7")
    with database.reading() as db:
        assert people.address_of(db, person.id) == ("test", "7")


def test_a_role_is_given_once(database: Database) -> None:
    person = recognise(database, "7")
    with database.transaction() as db:
        area = areas.add_area(db, "Xã Thử")
        team = areas.add_team(db, area, "Tổ 1", village="Thôn 1")
        for _ in range(2):
            people.add_role(db, person.id, "member", START, area_id=None, team_id=team)
            people.add_role(db, person.id, "admin", START, area_id=None, team_id=None)
    again = recognise(database, "7")
    assert again.roles == (people.Role("member", None, team), people.Role("admin", None, None))
    with database.reading() as db:
        assert people.role_of_account(db, "test", "7", START) == people.Role("member", None, team)
        assert people.main_role(db, person.id, START) == "member"
        assert people.team_members(db, [team], START) == {team: [person.id]}
        assert areas.villages(db, area) == ["Thôn 1"]
        assert people.counts(db, START) == {"areas": 1, "teams": 1, "people": 1}


def test_coordinators_are_those_of_the_area_and_of_everything(database: Database) -> None:
    with database.transaction() as db:
        here, there = (areas.add_area(db, name) for name in ("Xã Này", "Xã Kia"))
        mine, other, everywhere = (people.add_person(db, name, START) for name in ("A", "B", "C"))
        for person, area in ((mine, here), (other, there), (everywhere, None)):
            people.add_role(db, person, "coordinator", START, area_id=area, team_id=None)
        assert people.people_with(db, "coordinator", START, area_id=here) == [mine, everywhere]
        assert people.people_with(db, "coordinator", START) == [mine, other, everywhere]


def test_two_teams_of_one_name_need_two_areas(database: Database) -> None:
    with database.transaction() as db:
        areas.add_team(db, areas.add_area(db, "Xã Này"), "Tổ 1")
        area = areas.add_area(db, "Xã Kia")
        areas.add_team(db, area, "Tổ 1")
    with pytest.raises(IntegrityError), database.transaction() as db:
        areas.add_team(db, area, "Tổ 1")


def test_a_code_works_once_and_not_after_its_end(database: Database) -> None:
    add_invite(database)
    first, second = recognise(database, "7"), recognise(database, "8")
    with database.transaction() as db:
        assert joining.open_invite(db, "other", START) is None
        assert joining.open_invite(db, "hash", START + DAY) is None
        invite = joining.open_invite(db, "hash", START)
        assert invite is not None
        assert not joining.use_invite(db, invite.id, first.id, START + DAY)
        assert joining.use_invite(db, invite.id, first.id, START)
        assert not joining.use_invite(db, invite.id, second.id, START)
        assert joining.open_invite(db, "hash", START) is None


def test_of_many_who_use_a_code_at_once_one_gets_it(database: Database) -> None:
    add_invite(database)
    with database.reading() as db:
        invite = joining.open_invite(db, "hash", START)
    assert invite is not None
    persons = [recognise(database, f"{number}").id for number in range(6)]

    def use(person: int) -> bool:
        with database.transaction() as db:
            return joining.use_invite(db, invite.id, person, START)

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(use, persons)) == 1


def test_erasing_leaves_figures_and_no_person(database: Database) -> None:
    person = recognise(database, "7")
    with database.transaction() as db:
        people.note_consent(db, person.id, "Nguyễn Văn An", START)
        people.add_role(db, person.id, "admin", START, area_id=None, team_id=None)
        questions.keep_unanswered(db, "hỏi", area_id=None, person_id=person.id, now=START)
        assistance.add(
            db,
            person_id=person.id,
            team_id=None,
            area_id=None,
            held_on=START.date(),
            people=3,
            topics=["vneid"],
            place="nhà cụ Tư",
            outcome="partial",
            note="cụ Tư chưa có máy",
            now=START,
        )
    with database.transaction() as db:
        erasing.erase(db, person.id, START)
    with database.engine.connect() as connection:
        kept = [
            str(dict(row._mapping))
            for table in Base.metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    assert not any(word in row for row in kept for word in ("Nguyễn", "cụ Tư", "'hỏi'", "'7'"))
    with database.reading() as db:
        assert assistance.totals(db, None, START.date(), START.date()).people == 3
    assert recognise(database, "7").id != person.id


def test_the_demonstration_leaves_nothing_behind_and_takes_nothing_real_along(database: Database) -> None:
    with database.transaction() as db:
        assert not people.has_real_data(db)
        demonstration.build(db, START)
        assert (people.has_demo_data(db), people.has_real_data(db)) == (True, False)
        assert people.demo_since(db) == START
        leader = people.recognise(db, "web", "demo-leader", START).id
        joining.add_invite(
            db, "hash", "member", area_id=None, team_id=1, now=START, expires_at=START + DAY, created_by=leader
        )
        joining.add_link_code(db, "other", leader, replaces=False, now=START, expires_at=START + DAY)
        roster.offer(db, roster.of_person(db, leader, START)[0].id, 1, stays=True, now=START, expires_at=START + DAY)
        assert not people.has_real_data(db), "what is invented in the demonstration is no real data"
        real = people.recognise(db, "web", "visitor", START)
        area = areas.add_area(db, "Xã Thật")
        people.add_role(db, real.id, "coordinator", START, area_id=area, team_id=None)
        assert people.has_real_data(db)
        people.remove_demo_data(db)
        assert not people.has_demo_data(db)
    with database.reading() as db:
        assert [one.id for one in db.scalars(select(Person))] == [real.id]
        assert [one.person_id for one in db.scalars(select(Membership))] == [real.id]
        left = {table.name for table in Base.metadata.sorted_tables if db.execute(select(table)).first() is not None}
    assert left == {"person", "account", "membership", "area"}
