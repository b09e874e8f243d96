"""Builders for tests of the log: members without a phone, sessions as saved, reports handed in."""

from __future__ import annotations

from typing import Any

from db import people, reminders
from db.engine import Database
from db.models import Submission
from tests.support.clock import Clock
from tests.support.looking import rows


def add_member(database: Database, clock: Clock, name: str, *, team_id: int = 1, role: str = "member") -> int:
    """Add somebody without an account to a team; return their id."""
    with database.transaction() as db:
        person_id = people.add_person(db, name, clock())
        people.add_role(db, person_id, role, clock(), area_id=None, team_id=team_id)
    return person_id


def hand_in(
    database: Database, clock: Clock, period: str, *, team_id: int = 1, kind: str = "submitted", area_id: int = 1
) -> None:
    """Let a team hand in the report of a period now."""
    with database.transaction() as db:
        reminders.adopt(db, area_id, "dong_thanh_2023/bao_cao_quy", person_id=None, now=clock())
        adopted = reminders.adopted(db)[0].id
        db.add(Submission(adopted_id=adopted, period=period, team_id=team_id, submitted_at=clock(), kind=kind))


def sessions(database: Database) -> list[dict[str, Any]]:
    """Return the entries that count, with the topics of each and the ids of those who went along."""
    found = [row for row in rows(database, "assistance_session") if row["undone_at"] is None]
    topics, members = rows(database, "session_topic"), rows(database, "session_member")
    return [
        {
            **entry,
            "topics": {row["topic"] for row in topics if row["session_id"] == entry["id"]},
            "members": [row["person_id"] for row in members if row["session_id"] == entry["id"]],
        }
        for entry in found
    ]
