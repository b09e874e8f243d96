"""Queries on codes: invitations, requests to join, codes that link an account, wrong codes; it makes no code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from db.models import CodeAttempt, Invite, JoinRequest, LinkCode, Person

ATTEMPTS_KEPT = timedelta(days=1)
"""Wrong codes older than this count for nothing and are deleted."""


@dataclass(frozen=True)
class InviteInfo:
    """A code that can still be used; `area_id` and `team_id` as in `people.Role`."""

    id: int
    role: str
    area_id: int | None
    team_id: int | None
    needs_approval: bool
    most_uses: int
    uses: int
    expires_at: datetime
    created_by: int | None


@dataclass(frozen=True)
class RequestInfo:
    """Somebody who waits to be let in, or was; `accepted` is None as long as nobody has decided."""

    id: int
    person_id: int
    name: str
    role: str
    area_id: int | None
    team_id: int | None
    accepted: bool | None
    decided_by: int | None


@dataclass(frozen=True)
class LinkInfo:
    """A code that joins an account to a person; `replaces` tells whether their old accounts are gone."""

    id: int
    person_id: int
    replaces: bool


def add_invite(
    session: Session,
    code_hash: str,
    role: str,
    *,
    area_id: int | None,
    team_id: int | None,
    now: datetime,
    expires_at: datetime,
    created_by: int | None = None,
    most_uses: int = 1,
    needs_approval: bool = False,
) -> int:
    """Keep a new code and return its id."""
    invite = Invite(
        code_hash=code_hash,
        role=role,
        area_id=area_id,
        team_id=team_id,
        created_at=now,
        expires_at=expires_at,
        created_by=created_by,
        most_uses=most_uses,
        needs_approval=needs_approval,
    )
    session.add(invite)
    session.flush()
    return invite.id


def open_invite(session: Session, code_hash: str, now: datetime) -> InviteInfo | None:
    """Return the code if it can still be used."""
    invite = session.scalar(select(Invite).where(Invite.code_hash == code_hash, *_open(now)))
    return None if invite is None else _invite_info(invite)


def use_invite(session: Session, invite_id: int, person_id: int, now: datetime) -> bool:
    """Use a code once; False if others were faster, or it has expired or been revoked."""
    used = session.execute(
        update(Invite)
        .where(Invite.id == invite_id, *_open(now))
        .values(uses=Invite.uses + 1, used_at=now, used_by=person_id)
        .returning(Invite.id)
    )
    return used.first() is not None


def open_invites(session: Session, now: datetime, team_ids: Sequence[int], area_ids: Sequence[int]) -> list[InviteInfo]:
    """Return the codes for some teams and areas that can still be used, newest first."""
    query = select(Invite).where(*_open(now), Invite.team_id.in_(team_ids) | Invite.area_id.in_(area_ids))
    return [_invite_info(invite) for invite in session.scalars(query.order_by(Invite.id.desc()))]


def find_invite(session: Session, invite_id: int, now: datetime) -> InviteInfo | None:
    """Return the code with an id that came from outside, if it can still be used."""
    invite = session.scalar(select(Invite).where(Invite.id == invite_id, *_open(now)))
    return None if invite is None else _invite_info(invite)


def revoke_invite(session: Session, invite_id: int, now: datetime) -> None:
    """End a code."""
    session.execute(update(Invite).where(Invite.id == invite_id).values(revoked_at=now))


def ask_to_join(session: Session, invite: InviteInfo, person_id: int, now: datetime) -> RequestInfo | None:
    """Note that somebody waits to be let in; None if they wait already."""
    waiting = select(JoinRequest.id).where(
        JoinRequest.person_id == person_id,
        JoinRequest.role == invite.role,
        JoinRequest.team_id == invite.team_id,
        JoinRequest.decided_at.is_(None),
    )
    if session.scalar(waiting) is not None:
        return None
    request = JoinRequest(
        person_id=person_id,
        invite_id=invite.id,
        role=invite.role,
        area_id=invite.area_id,
        team_id=invite.team_id,
        asked_at=now,
    )
    session.add(request)
    session.flush()
    return find_request(session, request.id)


def find_request(session: Session, request_id: int) -> RequestInfo | None:
    """Return the request with an id that came from outside, None if there is none."""
    found = session.execute(
        select(JoinRequest, Person.name)
        .join(Person, Person.id == JoinRequest.person_id)
        .where(JoinRequest.id == request_id)
    ).first()
    return None if found is None else _request_info(*found)


def open_requests(session: Session, team_ids: Sequence[int]) -> list[RequestInfo]:
    """Return who waits to be let into some teams, oldest first."""
    query = (
        select(JoinRequest, Person.name)
        .join(Person, Person.id == JoinRequest.person_id)
        .where(JoinRequest.team_id.in_(team_ids), JoinRequest.decided_at.is_(None))
        .order_by(JoinRequest.id)
    )
    return [_request_info(request, name) for request, name in session.execute(query)]


def decide(session: Session, request_id: int, *, by: int, accepted: bool, now: datetime) -> bool:
    """Let somebody in or not; False if somebody else has decided already."""
    decided = session.execute(
        update(JoinRequest)
        .where(JoinRequest.id == request_id, JoinRequest.decided_at.is_(None))
        .values(decided_at=now, decided_by=by, accepted=accepted)
        .returning(JoinRequest.id)
    )
    return decided.first() is not None


def add_link_code(
    session: Session, code_hash: str, person_id: int, *, replaces: bool, now: datetime, expires_at: datetime
) -> None:
    """Keep a code that joins one account to a person; their earlier codes of this kind end."""
    session.execute(
        update(LinkCode)
        .where(LinkCode.person_id == person_id, LinkCode.replaces.is_(replaces), LinkCode.expires_at > now)
        .values(expires_at=now)
    )
    session.add(
        LinkCode(code_hash=code_hash, person_id=person_id, replaces=replaces, created_at=now, expires_at=expires_at)
    )
    session.flush()


def open_link_code(session: Session, code_hash: str, now: datetime) -> LinkInfo | None:
    """Return the code if it can still be used."""
    query = select(LinkCode).where(
        LinkCode.code_hash == code_hash, LinkCode.used_at.is_(None), LinkCode.expires_at > now
    )
    code = session.scalar(query)
    return None if code is None else LinkInfo(code.id, code.person_id, code.replaces)


def use_link_code(session: Session, code_id: int, now: datetime) -> bool:
    """Use up a code; False if it was used or has expired in the meantime."""
    used = session.execute(
        update(LinkCode)
        .where(LinkCode.id == code_id, LinkCode.used_at.is_(None), LinkCode.expires_at > now)
        .values(used_at=now)
        .returning(LinkCode.id)
    )
    return used.first() is not None


def note_wrong_code(session: Session, channel: str, address: str, now: datetime) -> None:
    """Note a wrong code of an account."""
    session.execute(delete(CodeAttempt).where(CodeAttempt.at < now - ATTEMPTS_KEPT))
    session.add(CodeAttempt(channel=channel, address=address, at=now))
    session.flush()


def wrong_codes(session: Session, channel: str, address: str, since: datetime) -> int:
    """Return how many wrong codes an account has sent since a moment."""
    query = select(func.count()).where(
        CodeAttempt.channel == channel, CodeAttempt.address == address, CodeAttempt.at > since
    )
    return session.scalar(query) or 0


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Invite.uses < Invite.most_uses, Invite.revoked_at.is_(None), Invite.expires_at > now)


def _invite_info(row: Invite) -> InviteInfo:
    return InviteInfo(
        id=row.id,
        role=row.role,
        area_id=row.area_id,
        team_id=row.team_id,
        needs_approval=row.needs_approval,
        most_uses=row.most_uses,
        uses=row.uses,
        expires_at=row.expires_at,
        created_by=row.created_by,
    )


def _request_info(row: JoinRequest, name: str | None) -> RequestInfo:
    return RequestInfo(
        id=row.id,
        person_id=row.person_id,
        name=name or f"#{row.person_id}",
        role=row.role,
        area_id=row.area_id,
        team_id=row.team_id,
        accepted=row.accepted,
        decided_by=row.decided_by,
    )
