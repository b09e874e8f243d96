"""Queries on files made for somebody, kept until they expire; it makes and serves none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import StoredFile


@dataclass(frozen=True)
class File:
    """One kept file."""

    token: str
    name: str
    media_type: str
    content: bytes


def keep(
    session: Session,
    token: str,
    name: str,
    media_type: str,
    content: bytes,
    *,
    person_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a file under an unguessable token."""
    session.add(
        StoredFile(
            token=token,
            name=name,
            media_type=media_type,
            content=content,
            person_id=person_id,
            created_at=now,
            expires_at=expires_at,
        )
    )


def get(session: Session, token: str, now: datetime) -> File | None:
    """Return a file; None if there is none or its time is over."""
    row = session.scalar(select(StoredFile).where(StoredFile.token == token, StoredFile.expires_at > now))
    return None if row is None else File(row.token, row.name, row.media_type, row.content)


def names(session: Session, tokens: list[str], now: datetime) -> dict[str, tuple[str, str]]:
    """Return name and media type by token, of those whose time is not over."""
    query = select(StoredFile.token, StoredFile.name, StoredFile.media_type).where(
        StoredFile.token.in_(tokens), StoredFile.expires_at > now
    )
    return {token: (name, media_type) for token, name, media_type in session.execute(query)}


def forget_expired(session: Session, now: datetime) -> None:
    """Delete the files whose time is over."""
    session.execute(delete(StoredFile).where(StoredFile.expires_at <= now))
