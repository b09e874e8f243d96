"""Reminders by sweeping days: who is told what, when, and never twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.inviting import invite
from db.engine import Database
from handlers.reminders.planning import in_quiet_hours
from handlers.turn import Rules
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.databases import copy_in_memory
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"
QUARTER = "due.adopt:1:dong_thanh_2023/bao_cao_quy"
YEAR = "due.adopt:1:dong_thanh_2023/bao_cao_nam"


@pytest.fixture
def coordinator(converse: Converse) -> Conversation:
    """A coordinator who has adopted the quarterly deadline: last day Monday, 14 December 2026."""
    person = converse("cuc", role="coordinator", area=WARD)
    assert "Đã áp dụng" in person.sends_action(QUARTER)
    return person


def sweep(clock: Clock, database: Database, people: list[Conversation], days: range) -> dict[str, list[int]]:
    """Tick each December day at the usual hour, and again in the evening; return on which days each was told."""
    told: dict[str, list[int]] = {person.name: [] for person in people}
    for person in people:
        person.news()
    for day in days:
        for hour, minute in ((7, 30), (7, 31), (20, 0)):
            tick_at(clock, database, vn(2026, 12, day, hour, minute))
            for person in people:
                if "Bản tin tuần" not in (news := person.news()) and news:
                    told[person.name].append(day)
    return told


def test_each_step_reaches_whom_it_concerns_once(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    leader = converse("lan", role="leader", area=WARD)
    member = converse("an", role="member", area=WARD)
    elsewhere = converse("xa", role="member", area="Xã Khác")
    foreign = converse("ca", role="coordinator", area="Xã Khác")
    citizen = converse("khach")
    citizen.says("chào")
    told = sweep(clock, database, [leader, member, coordinator, elsewhere, foreign, citizen], range(1, 32))
    team_days = [7, 11, 13, 14, 15]
    assert told == {"lan": team_days, "an": team_days, "cuc": [16], "xa": [], "ca": [], "khach": []}
    steps = Counter((row["person_id"], row["step"]) for row in rows(database, "reminder"))
    assert set(steps.values()) == {1}
    assert sorted({step for _, step in steps}) == ["d0", "d1", "d3", "d7", "late1", "late2"]


@on_sqlite
def test_each_step_says_how_long_there_is_left_and_on_what_it_rests(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    member.news()
    for day, left in ((7, "còn 7 ngày"), (14, "hôm nay là ngày cuối"), (15, "đã quá hạn 1 ngày")):
        tick_at(clock, database, vn(2026, 12, day))
        news = member.news()
        assert left in news
        assert "trước ngày 15/12/2026, tức chậm nhất thứ Hai 14/12/2026" in news
        assert "văn bản năm 2023" in news
    tick_at(clock, database, vn(2026, 12, 16))
    assert "Tổ thôn 2 – quý 4/2026: đã quá hạn 2 ngày" in coordinator.news()


def test_two_items_come_in_one_message(converse: Converse, database: Database, clock: Clock) -> None:
    coordinator = converse("cuc", role="coordinator", area=WARD)
    member = converse("an", role="member", area=WARD)
    coordinator.sends_action(QUARTER)
    coordinator.sends_action(YEAR)
    member.says(f"/start {second_team(database, clock)}")
    member.news()
    tick_at(clock, database, vn(2026, 12, 7))
    news = member.news()
    assert "---" not in news
    assert news.count("quý 4/2026") == 2
    assert "Tổ thôn 2" in news
    assert "Tổ thôn 9" in news
    assert [row["step"] for row in rows(database, "reminder") if row["outbox_id"]].count("d7") == 2


def second_team(database: Database, clock: Clock) -> str:
    """Return a code for another team of the ward."""
    return invite(database, "member", WARD, "Tổ thôn 9", clock()).code


@on_sqlite
def test_after_five_days_of_downtime_only_the_newest_step_goes_out(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    member.news()
    tick_at(clock, database, vn(2026, 12, 6))
    tick_at(clock, database, vn(2026, 12, 11, 10, 0))
    news = member.news()
    assert "---" not in news
    assert "còn 3 ngày" in news
    kept = {row["step"]: row["dropped"] for row in rows(database, "reminder")}
    assert kept == {"d7": "overtaken", "d3": None}


@on_sqlite
def test_a_step_whose_time_has_passed_is_dropped_and_not_sent(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    member.news()
    tick_at(clock, database, vn(2026, 12, 30))
    assert member.news() == ""
    assert {row["dropped"] for row in rows(database, "reminder") if row["step"] != "late2"} == {"too late"}


@on_sqlite
def test_who_joins_late_gets_the_newest_useful_step(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    early = converse("an", role="member", area=WARD)
    tick_at(clock, database, vn(2026, 12, 11))
    early.news()
    late = converse("muon", role="member", area=WARD)
    late.news()
    tick_at(clock, database, vn(2026, 12, 12, 9, 0))
    assert "còn 2 ngày" in late.news()
    assert early.news() == ""


@on_sqlite
def test_muting_stops_reminders_and_unmuting_brings_the_newest(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    member.says("tắt nhắc")
    tick_at(clock, database, vn(2026, 12, 7))
    tick_at(clock, database, vn(2026, 12, 11))
    assert member.news() == ""
    member.says("bật nhắc")
    tick_at(clock, database, vn(2026, 12, 12))
    news = member.news()
    assert "còn 2 ngày" in news
    assert "---" not in news


def test_handing_in_stops_the_reminders_of_the_whole_team(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    leader, member = converse("lan", role="leader", area=WARD), converse("an", role="member", area=WARD)
    leader.news()
    tick_at(clock, database, vn(2026, 12, 7))
    assert "Tổ thôn 2 nộp báo cáo quý 4/2026. Tôi không nhắc kỳ này nữa" in leader.presses("Đã nộp")
    assert "đã được ghi nhận" in member.sends_action("due.submitted:1:2026-Q4:1")
    assert len(rows(database, "submission")) == 1
    assert "đã nộp đúng hạn" in member.says("hạn")
    assert "Đã nộp 1/1 tổ." in coordinator.says("hạn")
    assert sweep(clock, database, [leader, member, coordinator], range(8, 20)) == {"lan": [], "an": [], "cuc": []}


@on_sqlite
def test_handing_in_late_is_told_as_late(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    tick_at(clock, database, vn(2026, 12, 15))
    assert "muộn so với hạn 14/12/2026" in member.presses("Đã nộp")
    assert "đã nộp, nhưng muộn" in member.says("hạn")
    assert sweep(clock, database, [member, coordinator], range(16, 20)) == {"an": [], "cuc": []}


@on_sqlite
def test_a_reminder_still_waiting_when_all_is_handed_in_is_dropped(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    member.says(f"/start {second_team(database, clock)}")
    tick_at(clock, database, vn(2026, 12, 7))
    waiting = [row for row in rows(database, "outbox") if row["kind"] == "reminder"]
    assert [row["state"] for row in waiting] == ["queued"]
    member.sends_action("due.submitted:1:2026-Q4:1")
    assert state_of(database, waiting[0]["id"]) == "queued", "the other team's report is still due"
    member.sends_action("due.submitted:1:2026-Q4:2")
    assert state_of(database, waiting[0]["id"]) == "dropped"


def state_of(database: Database, message_id: int) -> str:
    """Return the state of one message."""
    return next(str(row["state"]) for row in rows(database, "outbox") if row["id"] == message_id)


@on_sqlite
def test_later_means_tomorrow_once(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member, other = converse("an", role="member", area=WARD), converse("binh", role="member", area=WARD)
    tick_at(clock, database, vn(2026, 12, 7))
    assert "07:30 ngày 8/12/2026" in member.presses("Nhắc lại sau")
    assert "07:30 ngày 8/12/2026" in member.presses("Nhắc lại sau")
    other.news()
    assert sweep(clock, database, [member, other], range(8, 13)) == {"an": [8, 11], "binh": [11]}


@on_sqlite
def test_later_after_handing_in_brings_nothing(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    tick_at(clock, database, vn(2026, 12, 7))
    member.presses("Nhắc lại sau")
    member.presses("Đã nộp")
    assert sweep(clock, database, [member], range(8, 13)) == {"an": []}
    assert "đã được ghi nhận" in member.sends_action("due.later:1:2026-Q4:1")


@on_sqlite
def test_the_basis_of_a_deadline_is_shown(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    tick_at(clock, database, vn(2026, 12, 7))
    basis = member.presses("Xem căn cứ")
    assert "UBND phường Đông Thanh" in basis
    assert "Mục IV.2" in basis
    assert "trước ngày 15 tháng cuối quý" in basis


@on_sqlite
def test_nothing_is_sent_in_quiet_hours_or_before_the_digests_hour(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member", area=WARD)
    member.news()
    for day, hour, minute in ((7, 21, 0), (7, 23, 59), (8, 0, 0), (8, 6, 29), (8, 6, 30), (8, 7, 29)):
        tick_at(clock, database, vn(2026, 12, day, hour, minute))
        assert member.news() == ""
    tick_at(clock, database, vn(2026, 12, 8, 7, 30))
    assert "còn 6 ngày" in member.news()


@on_sqlite
def test_a_rule_adopted_after_the_last_day_asks_nobody_for_that_period(
    converse: Converse, database: Database, clock: Clock
) -> None:
    coordinator = converse("cuc", role="coordinator", area=WARD)
    member = converse("an", role="member", area=WARD)
    clock.set(vn(2026, 12, 15, 9, 0))
    coordinator.sends_action(QUARTER)
    assert sweep(clock, database, [member, coordinator], range(15, 32)) == {"an": [], "cuc": []}
    deadlines = member.says("hạn")
    assert "Quý 1/2027" in deadlines
    assert "uý 4/2026" not in deadlines


@on_sqlite
def test_only_the_team_and_its_coordinator_may_say_that_it_was_handed_in(
    coordinator: Conversation, converse: Converse, database: Database
) -> None:
    converse("an", role="member", area=WARD)
    for name, role, area in (("xa", "member", "Xã Khác"), ("ca", "coordinator", "Xã Khác"), ("khach", None, WARD)):
        person = converse(name, role=role, area=area)
        for what in ("submitted", "later"):
            assert "cán bộ điều phối làm được" in person.sends_action(f"due.{what}:1:2026-Q4:1")
    assert rows(database, "submission") == []
    assert "Tổ thôn 2 nộp báo cáo" in coordinator.sends_action("due.submitted:1:2026-Q4:1")


@on_sqlite
def test_only_the_areas_coordinator_may_adopt_a_rule(converse: Converse, database: Database) -> None:
    coordinator = converse("cuc", role="coordinator", area=WARD)
    others = [converse("an", role="leader", area=WARD), converse("ca", role="coordinator", area="Xã Khác")]
    for person in (*others, converse("khach")):
        assert "cán bộ điều phối làm được" in person.sends_action(QUARTER)
    assert rows(database, "adopted_rule") == []
    coordinator.sends_action(QUARTER)
    coordinator.sends_action(QUARTER)
    assert len(rows(database, "adopted_rule")) == 1
    assert "cán bộ điều phối làm được" in coordinator.sends_action("due.adopt:1:dong_thanh_2023/nothing")


@on_sqlite
def test_citizens_are_told_whose_business_deadlines_are(converse: Converse) -> None:
    assert "việc của tổ và cán bộ xã" in converse("khach").says("hạn")


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A database with a coordinator, two teams of two, and one deadline of each rhythm."""
    path = tmp_path_factory.mktemp("sweep") / "made.sqlite"
    path.write_bytes(migrated_sqlite.read_bytes())
    database, clock = Database(f"sqlite:///{path}"), Clock()
    coordinator = Conversation(database, clock, "cuc", role="coordinator", area=WARD)
    for name, team in (("an", "Tổ thôn 2"), ("binh", "Tổ thôn 2"), ("ca", "Tổ thôn 3"), ("du", "Tổ thôn 3")):
        Conversation(database, clock, name, role="member", area=WARD, team=team)
    coordinator.sends_action(QUARTER)
    coordinator.sends_action(YEAR)
    database.close()
    return path


offsets = st.integers(min_value=0, max_value=45 * 24 * 60)


@given(minutes=st.lists(offsets, min_size=3, max_size=14), submitted=offsets)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whenever_the_scheduler_ticks_nobody_is_told_twice_or_at_night(
    remembered: Path, minutes: list[int], submitted: int
) -> None:
    start, clock = vn(2026, 11, 22, 0, 0), Clock()
    handed_in = start + timedelta(minutes=submitted)
    with copy_in_memory(remembered) as database:
        moments = sorted({start + timedelta(minutes=offset) for offset in minutes} | {handed_in})
        for moment in moments:
            tick_at(clock, database, moment)
            if moment == handed_in:
                speaker = Conversation(database, clock, "an")
                assert "nhận" in speaker.sends_action("due.submitted:1:2026-Q4:1")
        reminders, sent = rows(database, "reminder"), {row["id"]: row for row in rows(database, "outbox")}
        keys = ("adopted_id", "period", "team_id", "person_id", "step")
        told = Counter(tuple(row[key] for key in keys) for row in reminders)
        assert all(count == 1 for count in told.values())
        of_day: Counter[tuple[int, date]] = Counter()
        for message in sent.values():
            if message["kind"] == "reminder":
                assert not in_quiet_hours(message["created_at"], Rules())
                of_day[message["person_id"], message["created_at"]] += 1
        assert all(count == 1 for count in of_day.values()), "one digest a person and tick"
        for row in reminders:
            if row["outbox_id"] and (row["adopted_id"], row["period"], row["team_id"]) == (1, "2026-Q4", 1):
                created: datetime = sent[row["outbox_id"]]["created_at"]
                assert created <= handed_in
