"""What `cnscd invite` says beside the code."""

from __future__ import annotations

from bot.inviting import invite
from db.engine import Database
from tests.support.clock import Clock

_WARNING = "không gắn với tổ nào"


def test_a_member_without_a_team_is_pointed_out(database: Database, clock: Clock) -> None:
    assert _WARNING in " ".join(invite(database, "member", "Xã Thử", None, clock()).notes)


def test_a_member_of_a_team_and_a_coordinator_are_not(database: Database, clock: Clock) -> None:
    for role, team in (("member", "Tổ thôn 2"), ("coordinator", None)):
        assert _WARNING not in " ".join(invite(database, role, "Xã Thử", team, clock()).notes)
