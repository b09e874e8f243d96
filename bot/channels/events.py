"""What a platform brought, as far as it could be read, and how it is handed on; it knows no platform."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from bot.channels.base import Receive, UnreadableEvent
from handlers.message import Incoming

LONGEST_KIND = 40
"""Of an event's kind, which may be anything, this much is kept."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Parsed:
    """One event: something to receive, something unreadable, or nothing to do."""

    key: str
    kind: str
    incoming: Incoming | None = None
    error: str | None = None


def safely(event: dict[str, Any], parse: Callable[[], Parsed]) -> Parsed:
    """Return what `parse` makes of an event; one odd event must not hold up all that follow."""
    try:
        return parse()
    except Exception as error:  # whatever is odd about it
        return Parsed(digest(event), "odd", error=type(error).__name__)


async def hand_on(channel: str, parsed: Parsed, receive: Receive, unreadable: UnreadableEvent) -> None:
    """Hand on one event; raises only if nothing could be stored."""
    if parsed.error is not None:
        _log.warning("event_unreadable", channel=channel, event_key=parsed.key, kind=parsed.kind, error=parsed.error)
        await unreadable(event_key=parsed.key, kind=parsed.kind, error=parsed.error)
    elif parsed.incoming is not None:
        await receive(parsed.incoming)


def digest(event: dict[str, Any]) -> str:
    """Return a key for an event that has none of its own; a repeat has the same."""
    return "sha256:" + hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def whole(value: object) -> int:
    """Return an error's code, which may come as text; 0 if it is no number."""
    try:
        return int(str(value))
    except ValueError:
        return 0
