"""Queries on the pair of tokens of a Zalo Official Account; it asks nobody for new ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from db.inbox import insert_new
from db.models import ZaloToken


@dataclass(frozen=True)
class Pair:
    """Tokens as they are kept; both are empty where there have never been any.

    Attributes:
        expires_at: When the access token ends; the refresh token lives on, but works once.
        refused_at: When a refresh was refused: a person must consent again. None while all is well.
    """

    access_token: str
    refresh_token: str
    expires_at: datetime
    refused_at: datetime | None = None


def load(session: Session, app_id: str) -> Pair | None:
    """Return the pair of an application, None if it never had one."""
    row = session.get(ZaloToken, app_id)
    return None if row is None else Pair(row.access_token, row.refresh_token, row.expires_at, row.refused_at)


def save(session: Session, app_id: str, pair: Pair, now: datetime) -> None:
    """Keep a new pair in the place of the old one."""
    session.merge(ZaloToken(app_id=app_id, updated_at=now, **pair.__dict__))


def note_refused(session: Session, app_id: str, now: datetime) -> None:
    """Note that a person must consent; the moment of the first refusal stays."""
    insert_new(session, ZaloToken, app_id=app_id, access_token="", refresh_token="", expires_at=now, updated_at=now)
    session.execute(
        update(ZaloToken).where(ZaloToken.app_id == app_id, ZaloToken.refused_at.is_(None)).values(refused_at=now)
    )
