"""Builders for tests of help requests: a citizen who asks, with consent, and a working morning."""

from __future__ import annotations

from tests.support.conversation import Conversation
from tests.support.ticking import vn

MONDAY = vn(2026, 11, 23, 8, 0)
"""A working day that is followed by a doubtful one."""


def asks(citizen: Conversation, topic: str = "vneid", place: str = "thôn 2", wanted: str = "chiều mai") -> str:
    """Ask for help from the first word to *Gửi*; return what the bot says at the end."""
    said = citizen.says("nhờ tổ hỗ trợ")
    if "đồng ý" in said:
        citizen.presses("Đồng ý")
    citizen.sends_action(f"req.topic:{topic}")
    citizen.says(place)
    citizen.says(wanted)
    return citizen.presses("Gửi")
