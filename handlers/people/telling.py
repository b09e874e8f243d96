"""Tells people what somebody else has done or asked for; who has muted the bot or cannot be reached is left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from db import areas, people
from handlers.message import Reply
from handlers.turn import Turn

_USEFUL = timedelta(days=7)


def tell(turn: Turn, person_ids: Iterable[int], reply: Reply, *, kind: str = "notice") -> int:
    """Queue a message to some people but the one who is talking; return how many will get it."""
    told = 0
    for person_id in dict.fromkeys(person_ids):
        if person_id == turn.person.id or people.person_info(turn.db, person_id, turn.now).muted:
            continue
        sent = turn.send(person_id, reply, kind=kind, useful_until=turn.now + _USEFUL)
        told += sent is not None
    return told


def tell_leaders(turn: Turn, team_id: int, reply: Reply, *, kind: str = "notice") -> int:
    """Tell the leaders of a team, or where none can be told, the coordinators of its area; return how many."""
    told = tell(turn, people.people_with(turn.db, "leader", turn.now, team_id=team_id), reply, kind=kind)
    return told or tell_coordinators(turn, areas.team(turn.db, team_id).area_id, reply, kind=kind)


def tell_coordinators(turn: Turn, area_id: int, reply: Reply, *, kind: str = "notice") -> int:
    """Tell the coordinators of an area, or where there are none, the administrators; return how many."""
    for role in ("coordinator", "admin"):
        told = tell(turn, people.people_with(turn.db, role, turn.now, area_id=area_id), reply, kind=kind)
        if told:
            return told
    return 0
