"""Asks for consent before joining or the first log, and keeps what the person wanted until they agree."""

from __future__ import annotations

from typing import Any

from handlers.message import Button, Reply
from handlers.rendering import render
from handlers.turn import Turn

STATE = "consent"


def ask(
    turn: Turn, *, code: str | None = None, sentence: str | None = None, request: dict[str, Any] | None = None
) -> list[Reply]:
    """Ask for consent.

    Args:
        code: Hash of the invitation code to redeem on agreement.
        sentence: The (masked) log sentence to take up on agreement.
        request: The (masked) request for help to go on with on agreement.
    """
    kept = turn.standing.data if turn.standing.state == STATE else {}
    request = request or kept.get("request")
    turn.wait_for(STATE, code=code or kept.get("code"), sentence=sentence or kept.get("sentence"), request=request)
    buttons = (Button("Đồng ý", "me.agree"), Button("Không đồng ý", "me.refuse"))
    return [Reply(render("people/consent", request=request is not None), (buttons,))]
