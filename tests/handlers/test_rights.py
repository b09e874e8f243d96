"""Whatever is offered to somebody else does nothing in the hands of a stranger: rights are checked, not hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from db.engine import Database
from db.models import Base
from handlers import router
from tests.support.asking_help import MONDAY, asks
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import code_in, rows
from tests.support.ticking import tick_at, vn

Converse = Callable[..., Conversation]

WARD = "Phường Đông Thanh"
OF_EVERYBODY = frozenset(("event", "outbox", "dialogue", "person", "account", "feedback", "question", "lease", "run"))
"""Tables in which anybody may leave something of their own."""
ASK_FOR_A_PERSON = frozenset(("ask.person", "talk.begin"))
"""Buttons by which anybody may ask something for themselves at once."""

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def busy_office(converse: Converse, database: Database, clock: Clock) -> None:
    """Let people of a ward do what brings buttons onto their screens, and leave it open."""
    clock.set(MONDAY)
    admin = converse("quan", role="admin")
    coordinator, leader, member, other = (
        converse(name, role=role, area=WARD)
        for name, role in (("cuc", "coordinator"), ("lan", "leader"), ("an", "member"), ("chi", "member"))
    )
    citizen, asker = converse("tu"), converse("nam")
    member.says("hôm nay giúp 3 bà cài vneid ở thôn 2")
    member.presses("Lưu")
    for text in ("nhật ký", "sửa 1", "hôm nay giúp 2 ông nộp hồ sơ dịch vụ công"):
        member.says(text)
    leader.says("mời thành viên")
    code = code_in(leader.presses("Nhiều người"))
    newcomer = converse("ba")
    newcomer.says(f"/start {code}")
    newcomer.presses("Đồng ý")
    for text in ("danh sách tổ", "bàn giao", "uỷ quyền", "rời tổ", "ghi hộ"):
        leader.says(text)
    leader.says("danh sách tổ")
    leader.presses("An")
    coordinator.says("hạn")
    coordinator.presses(next(label for label in coordinator.buttons() if label.startswith("Áp dụng")))
    coordinator.says("nhắc tổ ngày 25 hằng tháng nộp báo cáo tháng")
    coordinator.presses("Lưu")
    coordinator.says("thông báo cho thành viên: mai họp")
    citizen.says("chợ làng mình họp mấy giờ rứa")
    coordinator.says("câu chưa trả lời")
    coordinator.presses("1")
    coordinator.presses("Viết câu trả lời")
    for text in ("/huy", "lịch trực", "hạn", "ngừng nhắc", "bản tin"):
        coordinator.says(text)
    asks(asker)
    other.presses("Tôi nhận")
    citizen.says("gặp người thật")
    tick_at(clock, database, vn(2026, 12, 7, 7, 30))
    for person in (admin, coordinator, leader, member, other):
        for text in ("hạn", "yêu cầu", "danh sách tổ"):
            person.says(text)


def offered(database: Database) -> list[str]:
    """Return the actions of all buttons that anybody was shown."""
    shown = (action for message in rows(database, "outbox") for row in message["rows"] for _, action in row)
    return list(dict.fromkeys(shown))


def state(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return what a stranger must not change."""
    return {name: rows(database, name) for name in sorted(set(Base.metadata.tables) - OF_EVERYBODY)}


@pytest.mark.parametrize("role", [None, "member", "coordinator"])
def test_what_was_offered_to_others_does_nothing(
    converse: Converse, database: Database, clock: Clock, role: str | None
) -> None:
    busy_office(converse, database, clock)
    actions = offered(database)
    assert {action.partition(".")[0] for action in actions} >= set(router.BUTTONS)
    stranger = converse("xa", role=role, area="Xã Khác", team="Tổ xa")
    before = state(database)
    for action in (action for action in actions if action not in ASK_FOR_A_PERSON):
        stranger.sends_action(action)
        stranger.says("/huy")
        assert state(database) == before, action
