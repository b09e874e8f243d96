"""One digest a person a day: what is made, joined and nudged in between changes that nowhere, and loses no step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db import areas, people, reminders
from db.engine import Database
from db.reminders import Item
from handlers.reminders.items import own_rule
from handlers.reminders.planning import coordinator_steps, newest_due, team_steps
from handlers.rendering import ZONE
from handlers.turn import Rules
from knowledge.deadlines import Every, Rhythm, of_rule
from knowledge.schema import Wording
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.databases import copy_in_memory
from tests.support.looking import rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WARD = "Phường Đông Thanh"
BEGIN = vn(2026, 12, 1, 5, 0)
DAYS = 20
RULES = Rules()


def own(database: Database, clock: Clock, what: str, rhythm: Rhythm) -> int:
    """Put a coordinator's own rule in force in the ward at the clock's time; return the number it is adopted under."""
    with database.transaction() as db:
        new = reminders.add_own_rule(
            db, 1, what=what, every=rhythm.every, wording=rhythm.wording, day=rhythm.day, month=rhythm.month,
            on=rhythm.on, person_id=1, now=clock(),
        )  # fmt: skip
        reminders.adopt(db, 1, f"own/{new}", person_id=1, now=clock())
        adopted = reminders.adopted_as(db, 1, f"own/{new}")
        assert adopted is not None
        return adopted.id


def once(day: date) -> Rhythm:
    return Rhythm(Every.ONCE, Wording.UNTIL, on=day)


@pytest.fixture
def coordinator(converse: Converse) -> Conversation:
    return converse("cuc", role="coordinator", area=WARD)


@pytest.fixture
def member(coordinator: Conversation, converse: Converse) -> Conversation:
    person = converse("an", role="member", area=WARD)
    person.news()
    return person


@on_sqlite
def test_a_rule_made_after_the_days_digest_joins_the_next_one(
    member: Conversation, database: Database, clock: Clock
) -> None:
    own(database, clock, "Báo cáo một", once(date(2026, 12, 14)))
    tick_at(clock, database, vn(2026, 12, 7))
    assert "Báo cáo một" in member.news()
    clock.set(vn(2026, 12, 7, 10, 0))
    own(database, clock, "Báo cáo hai", once(date(2026, 12, 11)))
    tick_at(clock, database, vn(2026, 12, 7, 10, 1))
    assert member.news() == ""
    tick_at(clock, database, vn(2026, 12, 8))
    news = member.news()
    assert "Báo cáo hai" in news
    assert "còn 3 ngày" in news
    assert "Báo cáo một" not in news


@on_sqlite
def test_what_would_be_too_late_tomorrow_goes_out_today_and_says_that_it_is_an_addition(
    member: Conversation, database: Database, clock: Clock
) -> None:
    own(database, clock, "Báo cáo một", once(date(2026, 12, 14)))
    tick_at(clock, database, vn(2026, 12, 7))
    member.news()
    clock.set(vn(2026, 12, 7, 10, 0))
    own(database, clock, "Báo cáo gấp", once(date(2026, 12, 7)))
    tick_at(clock, database, vn(2026, 12, 7, 10, 1))
    news = member.news()
    assert "vừa có sau tin nhắc hôm nay" in news
    assert "Báo cáo gấp" in news
    assert "Báo cáo một" not in news
    tick_at(clock, database, vn(2026, 12, 7, 10, 2))
    assert member.news() == ""


@on_sqlite
def test_who_has_two_roles_gets_one_message(
    coordinator: Conversation, converse: Converse, database: Database, clock: Clock
) -> None:
    converse("an", role="member", area=WARD, team="Tổ thôn 9")
    with database.transaction() as db:
        leading = areas.add_team(db, 1, "Tổ thôn 1")
        people.add_role(db, 1, "leader", clock(), area_id=None, team_id=leading)
    own(database, clock, "Báo cáo đã qua", once(date(2026, 12, 5)))
    own(database, clock, "Báo cáo sắp đến", once(date(2026, 12, 14)))
    tick_at(clock, database, vn(2026, 12, 7))
    (digest,) = [message for message in coordinator.messages() if message.kind == "reminder"]
    assert "Báo cáo sắp đến" in digest.text
    assert "Quá hạn mà chưa thấy báo đã nộp:\n- Tổ thôn 9" in digest.text
    assert [[label for label, _ in row] for row in digest.rows] == [
        [f"{label} ngày {day}/12/2026" for label in ("Đã nộp", "Nhắc lại sau", "Xem căn cứ")] for day in (5, 14)
    ] + [["Hạn báo cáo"]]


@on_sqlite
def test_a_nudge_after_the_days_digest_says_that_it_comes_on_top(
    coordinator: Conversation, member: Conversation, database: Database, clock: Clock
) -> None:
    own(database, clock, "Báo cáo một", once(date(2026, 12, 14)))
    tick_at(clock, database, vn(2026, 12, 7))
    member.news()
    clock.set(vn(2026, 12, 7, 9, 0))
    said = coordinator.sends_action("due.nudge:1:2026-12-14")
    assert "Đã nhắc: 1 người của 1 nơi." in said
    assert "Những người này hôm nay đã được nhắc theo lịch" in said
    assert "Hôm nay tôi đã nhắc rồi, nay cán bộ xã nhờ nhắc bác thêm một lần" in member.news()


@on_sqlite
def test_what_a_nudge_has_told_of_today_is_left_out_of_the_digest(
    coordinator: Conversation, member: Conversation, database: Database, clock: Clock
) -> None:
    own(database, clock, "Báo cáo một", once(date(2026, 12, 14)))
    own(database, clock, "Báo cáo hai", once(date(2026, 12, 14)))
    clock.set(vn(2026, 12, 6, 22, 0))
    assert "Sẽ nhắc lúc 06:30" in coordinator.sends_action("due.nudge:1:2026-12-14")
    tick_at(clock, database, vn(2026, 12, 7))
    nudge, digest = member.news().split("\n---\n")
    assert "Cán bộ xã nhắc bác báo cáo chưa nộp" in nudge
    assert "Báo cáo một" in nudge
    assert "Báo cáo hai" in digest
    assert "Báo cáo một" not in digest
    tick_at(clock, database, vn(2026, 12, 8))
    assert member.news() == ""
    tick_at(clock, database, vn(2026, 12, 11))
    assert "Báo cáo một" in member.news()


# Sweeping days


@dataclass(frozen=True)
class Deed:
    """Something that happens at a minute of the sweep: who or what is drawn from `number`."""

    minute: int
    kind: str
    number: int
    rhythm: Rhythm


rhythms = st.one_of(
    st.builds(once, st.dates(date(2026, 11, 28), date(2026, 12, 31))),
    st.builds(lambda day, wording: Rhythm(Every.WEEK, wording, day=day), st.integers(1, 7), st.sampled_from(Wording)),
    st.builds(lambda day, wording: Rhythm(Every.MONTH, wording, day=day), st.integers(1, 31), st.sampled_from(Wording)),
)
in_waking_hours = st.builds(
    lambda day, minute: day * 24 * 60 + minute, st.integers(0, DAYS - 1), st.integers(90, 15 * 60 + 59)
)
"""Minutes since the beginning, at 5:00, that lie between 6:30 and 21:00."""
deeds = st.builds(Deed, in_waking_hours, st.sampled_from(["rule", "join", "nudge", "tick"]), st.integers(0, 9), rhythms)

JOINING = (("member", 1), ("leader", 2), ("coordinator", None))


class Sweep:
    """A ward of two teams with rules made and people joined at any time; ticks every morning and after each deed."""

    def __init__(self, database: Database, first: list[Rhythm]) -> None:
        self.database, self.clock = database, Clock()
        self.clock.set(BEGIN)
        self._coordinator = Conversation(database, self.clock, "cuc")
        self._since: dict[tuple[int, str, int | None], datetime] = {
            (1, "coordinator", None): BEGIN,
            (2, "team", 1): BEGIN,
            (3, "team", 2): BEGIN,
        }
        self._made: dict[int, datetime] = {}
        for rhythm in first:
            self._made[own(self.database, self.clock, "Báo cáo", rhythm)] = BEGIN

    def play(self, drawn: list[Deed]) -> None:
        mornings = [(BEGIN + timedelta(days=day, minutes=150), None) for day in range(DAYS + 1)]
        moments = [*mornings, *((BEGIN + timedelta(minutes=deed.minute), deed) for deed in drawn)]
        for moment, deed in sorted(moments, key=lambda entry: entry[0]):
            self.clock.set(moment)
            if deed is not None:
                getattr(self, f"_{deed.kind}")(deed)
            tick_at(self.clock, self.database, moment + timedelta(seconds=30))

    def _rule(self, deed: Deed) -> None:
        self._made[own(self.database, self.clock, "Báo cáo thêm", deed.rhythm)] = self.clock()

    def _join(self, deed: Deed) -> None:
        person_id, (role, team) = deed.number % 3 + 1, JOINING[deed.number // 3 % 3]
        with self.database.transaction() as db:
            people.add_role(
                db, person_id, role, self.clock(), team_id=team, area_id=1 if role == "coordinator" else None
            )
        part = "coordinator" if role == "coordinator" else "team"
        self._since.setdefault((person_id, part, team), self.clock())

    def _nudge(self, deed: Deed) -> None:
        self._coordinator.says("hạn")
        nudges = [label for label in self._coordinator.buttons() if label.startswith("Nhắc chưa nộp")]
        if nudges:
            self._coordinator.presses(nudges[deed.number % len(nudges)])

    def _tick(self, deed: Deed) -> None:
        """The tick that follows is all there is to it."""

    # What has come of it

    def judge(self) -> None:
        messages = {row["id"]: row for row in rows(self.database, "outbox") if row["kind"] == "reminder"}
        told = [row for row in rows(self.database, "reminder") if row["outbox_id"] is not None]
        self._nobody_gets_two_digests(messages, told)
        for row in told:
            row["at"] = vn_time(messages[row["outbox_id"]]["created_at"])
        self._no_step_is_lost(told)

    def _nobody_gets_two_digests(self, messages: dict[int, dict[str, Any]], told: list[dict[str, Any]]) -> None:
        carried: dict[int, list[dict[str, Any]]] = {number: [] for number in messages}
        for row in told:
            carried[row["outbox_id"]].append(row)
        digests = Counter[tuple[int, date]]()
        for number, message in messages.items():
            steps = {row["step"] for row in carried[number]}
            if message["key"] is not None:
                digests[message["person_id"], vn_time(message["created_at"]).date()] += 1
                assert message["key"] == f"digest:{message['person_id']}:{vn_time(message['created_at']).date()}"
            elif any(step.startswith("nudge") for step in steps):
                assert message["text"].startswith(("Cán bộ xã nhắc bác", "Hôm nay tôi đã nhắc rồi"))
            else:
                assert steps <= {"d0", "late1", "late2"}, "nothing else would be too late tomorrow"
        assert set(digests.values()) <= {1}
        of_item = Counter(
            (*key_of(row), vn_time(messages[row["outbox_id"]]["created_at"]).date())
            for row in told
            if row["step"] != "late2"  # what a unit owes is told to its coordinator apart
            and not messages[row["outbox_id"]]["text"].startswith("Hôm nay tôi đã nhắc rồi")
        )
        assert set(of_item.values()) <= {1}, "told twice on one day without saying so"

    def _no_step_is_lost(self, told: list[dict[str, Any]]) -> None:
        at: dict[tuple[Item, int], list[datetime]] = {}
        for row in told:
            at.setdefault(key_of(row), []).append(row["at"])
        end = BEGIN + timedelta(days=DAYS)
        with self.database.reading() as db:
            adopted = {each.id: each for each in reminders.adopted(db)}
            infos = reminders.own_rules(db, list(adopted))
        for adopted_id, made in self._made.items():
            rule = own_rule(infos[adopted_id])
            span = made.astimezone(ZONE).date(), end.date() + timedelta(days=45)
            for occurrence in of_rule(rule, *span, working_days()):
                for (person_id, part, team), joined in self._since.items():
                    steps = (team_steps if part == "team" else coordinator_steps)(occurrence, RULES)
                    since = max(made, joined)
                    for team_id in (1, 2) if team is None else (team,):
                        moments = at.get((Item(adopted_id, occurrence.period, team_id), person_id), [])
                        for step in steps:
                            if since < step.at < end:
                                assert any(moment.date() == step.at.date() for moment in moments), (step, moments)
                        newest, _ = newest_due(steps, since)
                        if newest is not None:
                            self._is_told_in_time(since, occurrence.last_day, moments)

    def _is_told_in_time(self, since: datetime, last_day: date, moments: list[datetime]) -> None:
        """Tell of what was due already when somebody joined, or when it was made, by the next digest."""
        today = since.astimezone(ZONE).date()
        until = today if today == last_day else today + timedelta(days=1)
        assert any(since <= moment and moment.date() <= until for moment in moments), (since, last_day, moments)


def key_of(row: dict[str, Any]) -> tuple[Item, int]:
    return Item(row["adopted_id"], row["period"], row["team_id"]), row["person_id"]


def vn_time(stored: datetime) -> datetime:
    return stored.astimezone(ZONE)


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A database with a coordinator and two teams of one member each."""
    path = tmp_path_factory.mktemp("sweep") / "made.sqlite"
    path.write_bytes(migrated_sqlite.read_bytes())
    database, clock = Database(f"sqlite:///{path}"), Clock()
    clock.set(BEGIN)
    Conversation(database, clock, "cuc", role="coordinator", area=WARD)
    for name, team in (("an", "Tổ 1"), ("be", "Tổ 2")):
        Conversation(database, clock, name, role="member", area=WARD, team=team)
    database.close()
    return path


@given(st.lists(rhythms, max_size=3), st.lists(deeds, max_size=9))
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_there_is_one_digest_a_day_and_no_step_is_lost(
    ward: Path, first: list[Rhythm], drawn: list[Deed]
) -> None:
    with copy_in_memory(ward) as database:
        sweep = Sweep(database, first)
        sweep.play(drawn)
        sweep.judge()
