"""Queries on broadcasts: who would get one, what was queued for it, what became of that; it words nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from db.areas import descendants
from db.models import Broadcast, Membership, Outbox, Team
from db.people import running


@dataclass(frozen=True)
class BroadcastInfo:
    """A broadcast that was sent; `area_id` and `role` are None for all areas of its author, and for every role."""

    id: int
    area_id: int | None
    role: str | None
    created_by: int
    created_at: datetime
    recipients: int
    unreachable: int


def batch_of(broadcast_id: int) -> str:
    """Return the name under which a broadcast's messages are queued together."""
    return f"broadcast:{broadcast_id}"


def people_in(session: Session, area_ids: Collection[int], roles: Collection[str], now: datetime) -> list[int]:
    """Return who has one of some roles in some areas, in their units or for the areas themselves."""
    within = descendants(session, area_ids)
    units = select(Team.id).where(Team.area_id.in_(within), Team.closed_at.is_(None))
    query = (
        select(Membership.person_id)
        .where(
            Membership.role.in_(roles),
            running(now),
            or_(Membership.team_id.in_(units), Membership.area_id.in_(within)),
        )
        .order_by(Membership.person_id)
        .distinct()
    )
    return list(session.scalars(query))


def add(
    session: Session,
    *,
    area_id: int | None,
    role: str | None,
    text: str,
    person_id: int,
    now: datetime,
    recipients: int,
    unreachable: int,
) -> int:
    """Keep a broadcast and return its number; its messages are queued as `batch_of` it."""
    row = Broadcast(
        area_id=area_id,
        role=role,
        text=text,
        created_by=person_id,
        created_at=now,
        recipients=recipients,
        unreachable=unreachable,
    )
    session.add(row)
    session.flush()
    return row.id


def one(session: Session, broadcast_id: int) -> BroadcastInfo | None:
    """Return a broadcast by an id that came from outside."""
    row = session.get(Broadcast, broadcast_id)
    return None if row is None else _info(row)


def unreported(session: Session) -> list[BroadcastInfo]:
    """Return the broadcasts whose authors have not been told yet what was delivered, oldest first."""
    query = select(Broadcast).where(Broadcast.reported_at.is_(None)).order_by(Broadcast.id)
    return [_info(row) for row in session.scalars(query)]


def note_report(session: Session, broadcast_id: int, now: datetime) -> bool:
    """Note that the author is told; False if another process was faster."""
    noted = session.execute(
        update(Broadcast)
        .where(Broadcast.id == broadcast_id, Broadcast.reported_at.is_(None))
        .values(reported_at=now)
        .returning(Broadcast.id)
    )
    return noted.first() is not None


def drop_waiting(session: Session, broadcast_id: int, now: datetime) -> int:
    """Drop what has not been sent of a broadcast; return how many messages."""
    dropped = session.execute(
        update(Outbox)
        .where(Outbox.batch == batch_of(broadcast_id), Outbox.state == "queued")
        .values(state="dropped", finished_at=now, error="cancelled")
        .returning(Outbox.id)
    )
    return len(dropped.all())


def _info(row: Broadcast) -> BroadcastInfo:
    return BroadcastInfo(row.id, row.area_id, row.role, row.created_by, row.created_at, row.recipients, row.unreachable)
