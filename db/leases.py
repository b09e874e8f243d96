"""Who may do what only one process may do, and who is alive; expiry is judged by the database's clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.inbox import insert_new
from db.models import Lease

_HEARTBEAT = "process:"


def heartbeat(holder: str) -> str:
    """Return the name of the lease that a process keeps for as long as it lives."""
    return f"{_HEARTBEAT}{holder}"


def acquire(session: Session, name: str, holder: str, ttl: timedelta) -> bool:
    """Take or renew a lease; False while somebody else holds it."""
    now = _database_now(session)
    if insert_new(session, Lease, name=name, holder=holder, expires_at=now + ttl):
        return True
    lease = session.scalar(select(Lease).where(Lease.name == name).with_for_update())
    if lease is None or (lease.holder != holder and lease.expires_at > now):
        return False
    lease.holder = holder
    lease.expires_at = now + ttl
    return True


def heartbeats(session: Session) -> tuple[list[str], list[str]]:
    """Return the processes whose heartbeat goes on, and those whose heartbeat has ended; others never had one."""
    now = _database_now(session)
    rows = session.execute(select(Lease.holder, Lease.expires_at).where(Lease.name.startswith(_HEARTBEAT)))
    alive, dead = list[str](), list[str]()
    for holder, expires_at in rows:
        (alive if expires_at > now else dead).append(holder)
    return alive, dead


def forget_dead(session: Session, after: timedelta) -> None:
    """Delete heartbeats that ended so long ago that nothing of theirs is left."""
    ended = Lease.expires_at < _database_now(session) - after
    session.execute(delete(Lease).where(Lease.name.startswith(_HEARTBEAT), ended))


def release(session: Session, name: str, holder: str) -> None:
    """Give a lease back, so that another process need not wait for its end."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == holder))


def release_all(session: Session) -> None:
    """Take back every lease; only right where no other process can be alive (a locked SQLite file)."""
    session.execute(delete(Lease))


def _database_now(session: Session) -> datetime:
    if session.get_bind().dialect.name == "postgresql":
        now = session.scalar(select(func.clock_timestamp()))
        assert isinstance(now, datetime)  # noqa: S101 - narrows the type for mypy
        return now.astimezone(UTC)
    return datetime.now(UTC)  # SQLite is this machine
