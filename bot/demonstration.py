"""The demonstration commune: invented people and a month of sessions, marked as such, gone once real data comes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from db import areas, assistance, people, questions, reminders
from db.engine import Transaction
from handlers.rendering import ZONE

ROLES = (
    ("citizen", "Người dân"),
    ("member", "Thành viên"),
    ("leader", "Tổ trưởng"),
    ("coordinator", "Điều phối"),
)
"""Whom a visitor of the demonstration page may play, and what the page calls them."""

PLAN = "dong_thanh_2023"
COMMUNE = "Phường Đông Thanh (trình diễn)"
_SEED = 20261120
_DAYS = 35
_STALE_AFTER = timedelta(days=7)
_TEAMS = 6
_SILENT_TEAM = 5
"""This team has logged nothing for two weeks, so that the summary has something to say."""
_NAMES = (
    ("Nguyễn Văn An", "Trần Thị Bình"),
    ("Lê Văn Cường", "Phạm Thị Dung"),
    ("Hoàng Văn Em", "Võ Thị Hạnh"),
    ("Đặng Văn Khoa", "Bùi Thị Lan"),
    ("Ngô Văn Minh", "Hồ Thị Nga"),
    ("Phan Văn Phúc", "Dương Thị Quế"),
)
_TOPICS = ("vneid", "vneid", "vneid", "dvctt", "dvctt", "thanh_toan", "an_toan", "ky_nang", "other")
_NOTES = ("máy cũ không cài được", "chờ công an duyệt", "quên mang thẻ căn cước")
_QUESTIONS = (
    "làm sao xin lại sổ vắc xin điện tử cho bà cụ",
    "máy bơm nước nhà văn hóa hỏng gọi ai",
    "đăng ký thi nghề cho con ở đâu",
)


def build(db: Transaction, now: datetime) -> None:
    """Write the demonstration; the same people and nearly the same numbers on any day."""
    draw = random.Random(_SEED)
    today = now.astimezone(ZONE).date()
    area = areas.add_area(db, COMMUNE, plan=PLAN, demo=True)
    coordinator = _person(db, "Cao Thị Thu (cán bộ phường)", "coordinator", now)
    people.add_role(db, coordinator, "coordinator", now, area_id=area, team_id=None)
    for number in range(1, _TEAMS + 1):
        village = f"Khu phố {number}"
        areas.add_area(db, village, kind="village", parent_id=area, demo=True)
        team = areas.add_team(db, area, f"Tổ công nghệ số {village.lower()}", village=village, demo=True)
        leader, member = (
            _person(db, name, role if number == 1 else f"{role}-{number}", now)
            for name, role in zip(_NAMES[number - 1], ("leader", "member"), strict=True)
        )
        people.add_role(db, leader, "leader", now, area_id=None, team_id=team)
        people.add_role(db, member, "member", now, area_id=None, team_id=team)
        last = 14 if number == _SILENT_TEAM else 0
        for back in range(_DAYS, last, -1):
            if draw.random() < 0.28:
                outcome = draw.choices(("done", "partial", "failed"), (80, 15, 5))[0]
                assistance.add(
                    db,
                    person_id=draw.choice((leader, member)),
                    team_id=team,
                    area_id=area,
                    held_on=today - timedelta(days=back),
                    people=draw.choices(range(1, 8), (20, 25, 20, 15, 10, 6, 4))[0],
                    topics=sorted(set(draw.choices(_TOPICS, k=draw.choice((1, 1, 2))))),
                    place=village,
                    outcome=outcome,
                    note=None if outcome == "done" else draw.choice(_NOTES),
                    now=now - timedelta(days=back),
                    demo=True,
                )
    for back, text in enumerate(_QUESTIONS, start=1):
        questions.keep_unanswered(db, text, area_id=area, person_id=None, now=now - timedelta(days=2 * back))
    for rule in ("bao_cao_quy", "bao_cao_nam"):
        reminders.adopt(db, area, f"{PLAN}/{rule}", person_id=coordinator, now=now - timedelta(days=90))


def keep_up(db: Transaction, now: datetime, *, wanted: bool) -> str | None:
    """Make the demonstration exist exactly when it is wanted and no real data does; return what was done."""
    exists = people.has_demo_data(db)
    wanted = wanted and not people.has_real_data(db)
    stale = exists and people.demo_since(db) < now - _STALE_AFTER
    if exists and (stale or not wanted):
        people.remove_demo_data(db)
    if wanted and (stale or not exists):
        build(db, now)
        return "built"
    return "removed" if exists and not wanted else None


def _person(db: Transaction, name: str, account: str, now: datetime) -> int:
    person = people.add_person(db, name, now, demo=True)
    people.add_account(db, person, "web", f"demo-{account}", now)
    return person
