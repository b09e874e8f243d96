"""The tree of areas, who answers for what in it, merges, and roles that end, on both databases."""

from __future__ import annotations

from datetime import timedelta

from db import areas, assistance, erasing, people, reminders, roster
from db.engine import Database, Transaction
from tests.support.clock import START

DAY = timedelta(days=1)


class Tree:
    """A province with two communes of two villages' teams each."""

    def __init__(self, db: Transaction) -> None:
        self.province = areas.add_area(db, "Tỉnh Một", kind="province")
        self.east, self.west = (areas.add_area(db, name, parent_id=self.province) for name in ("Xã Đông", "Xã Tây"))
        self.village = areas.add_area(db, "Thôn Thượng", kind="village", parent_id=self.east)
        self.east_team = areas.add_team(db, self.east, "Tổ 1", village="Thôn Hạ")
        self.west_team = areas.add_team(db, self.west, "Tổ 1", village="Thôn Trung")


def person(db: Transaction, name: str, role: str, **unit: int | None) -> int:
    made = people.add_person(db, name, START)
    people.add_role(db, made, role, START, area_id=unit.get("area_id"), team_id=unit.get("team_id"))
    return made


def test_an_area_covers_what_lies_in_it(database: Database) -> None:
    with database.transaction() as db:
        tree = Tree(db)
        elsewhere = areas.add_area(db, "Xã Xa")
        assert [item.name for item in areas.communes_within(db, tree.province)] == ["Xã Đông", "Xã Tây"]
        assert [item.name for item in areas.communes_within(db, tree.east)] == ["Xã Đông"]
        assert [item.id for item in areas.communes_within(db, None)] == [tree.east, tree.west, elsewhere]
        assert areas.commune_of(db, tree.village).id == tree.east
        assert areas.commune_of(db, tree.province).id == tree.province
        assert areas.ancestors(db, tree.village) == [tree.village, tree.east, tree.province]
        assert [item.id for item in areas.teams(db, tree.province)] == [tree.east_team, tree.west_team]
        assert [item.id for item in areas.teams(db, tree.west)] == [tree.west_team]
        assert areas.teams(db, elsewhere) == []
        assert areas.villages(db, tree.east) == ["Thôn Hạ", "Thôn Thượng"]
        assert areas.villages(db, None) == ["Thôn Hạ", "Thôn Thượng", "Thôn Trung"]


def test_the_nearest_coordinators_answer_for_an_area(database: Database) -> None:
    with database.transaction() as db:
        tree = Tree(db)
        of_province = person(db, "A", "coordinator", area_id=tree.province)
        of_east = person(db, "B", "coordinator", area_id=tree.east)
        everywhere = person(db, "C", "coordinator")
        assert people.people_with(db, "coordinator", START, area_id=tree.village) == [of_east, everywhere]
        assert people.people_with(db, "coordinator", START, area_id=tree.west) == [of_province, everywhere]
        assert people.people_with(db, "leader", START, area_id=tree.west) == []


def test_after_a_merge_units_and_people_answer_to_the_new_area_and_figures_stay(database: Database) -> None:
    with database.transaction() as db:
        tree = Tree(db)
        coordinator = person(db, "A", "coordinator", area_id=tree.east)
        member = person(db, "B", "member", team_id=tree.east_team)
        reminders.adopt(db, tree.east, "dong_thanh_2023/bao_cao_quy", person_id=coordinator, now=START)
        log(db, member, tree.east_team, tree.east)
    with database.transaction() as db:
        areas.merge(db, tree.east, tree.west, START + DAY)
        areas.merge(db, tree.east, tree.west, START + DAY)  # a second time changes nothing
    with database.reading() as db:
        assert [item.name for item in areas.areas(db)] == ["Tỉnh Một", "Xã Tây", "Thôn Thượng"]
        assert areas.area(db, tree.east).id == tree.west
        assert areas.area(db, tree.west).former_names == ("Xã Đông",)
        assert {item.name for item in areas.teams(db, tree.west)} == {"Tổ 1", "Tổ 1 (Xã Đông)"}
        assert areas.team(db, tree.east_team).area_id == tree.west
        assert areas.commune_of(db, tree.village).id == tree.west
        roles = people.person_info(db, coordinator, START + DAY).roles
        assert roles == (people.Role("coordinator", tree.west, None),)
        assert [rule.area_id for rule in reminders.adopted(db)] == [tree.west]
        day = START.date()
        assert assistance.totals(db, tree.east, day, day).people == 3
        assert assistance.totals(db, tree.west, day, day).people == 0


def log(db: Transaction, member: int, team: int, area: int) -> None:
    assistance.add(
        db, person_id=member, team_id=team, area_id=area, held_on=START.date(), people=3, topics=["vneid"],
        place=None, outcome="done", note=None, now=START,
    )  # fmt: skip


def test_a_role_counts_until_it_ends_and_not_of_somebody_deactivated(database: Database) -> None:
    with database.transaction() as db:
        tree = Tree(db)
        leader = person(db, "A", "leader", team_id=tree.east_team)
        deputy = people.add_person(db, "B", START)
        people.add_role(
            db, deputy, "leader", START, area_id=None, team_id=tree.east_team,
            until=START + DAY, stands_in_for=leader,
        )  # fmt: skip

        def leaders(days: int) -> list[int]:
            now = START + days * DAY
            by_role = people.people_with(db, "leader", now, team_id=tree.east_team)
            assert people.team_members(db, [tree.east_team], now) == {tree.east_team: by_role}
            assert [one.person_id for one in roster.of_teams(db, [tree.east_team], now)] == by_role
            assert people.counts(db, now)["people"] == len(by_role)
            return by_role

        assert leaders(0) == [leader, deputy]
        assert leaders(1) == [leader]
        roster.end(db, roster.of_person(db, leader, START)[0].id, START)
        assert leaders(0) == [], "a deputy's role ends with the one that it stands in for"
        people.add_role(db, leader, "leader", START, area_id=None, team_id=tree.east_team)
        assert leaders(0) == [leader]


def test_two_persons_become_one_with_everything(database: Database) -> None:
    with database.transaction() as db:
        tree = Tree(db)
        kept = people.add_person(db, "A", START)
        double = people.recognise(db, "test", "7", START).id
        log(db, double, tree.east_team, tree.east)
        erasing.absorb(db, double, kept)
    with database.reading() as db:
        assert people.person_info(db, kept, START).name == "A"
        assert people.address_of(db, kept) == ("test", "7")
        assert assistance.count_of(db, kept) == 1
