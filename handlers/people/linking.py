"""Handles making the codes that join a further account, or a new phone, to a person; `joining` redeems them."""

from __future__ import annotations

from datetime import timedelta

from db import joining, roster
from handlers.message import Incoming, Reply
from handlers.people.codes import code_hash, new_code
from handlers.people.naming import number_in, role_name
from handlers.people.permissions import outranks
from handlers.people.telling import tell
from handlers.rendering import render
from handlers.turn import Turn

LINK_LASTS = timedelta(minutes=15)
DEVICE_LASTS = timedelta(days=3)
"""Time enough to bring the code to somebody who cannot be written to."""


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Give the person a code for their other account."""
    code = new_code()
    joining.add_link_code(
        turn.db, code_hash(code), turn.person.id, replaces=False, now=turn.now, expires_at=turn.now + LINK_LASTS
    )
    minutes = int(LINK_LASTS.total_seconds() // 60)
    return [Reply(render("people/link_code", code=code, minutes=minutes, pronoun=turn.person.pronoun))]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `device:<membership>`."""
    what, _, number = rest.partition(":")
    member = roster.find(turn.db, number_in(number), turn.now)
    if what != "device" or member is None:
        return [Reply(render("common/old_button"))]
    # Whoever has the code becomes this person: all of their roles must be below the one who makes it.
    if not all(outranks(turn, held) for held in roster.of_person(turn.db, member.person_id, turn.now)):
        return [Reply(render("people/not_allowed"))]
    code, expires = new_code(), turn.now + DEVICE_LASTS
    joining.add_link_code(turn.db, code_hash(code), member.person_id, replaces=True, now=turn.now, expires_at=expires)
    tell(turn, [member.person_id], Reply(render("people/device_code_made")))
    text = render("people/device_code", name=member.name, last_day=turn.day_of(expires), joined=member.joined)
    link = turn.rules.join_link
    forward = render(
        "people/device_invitation",
        name=member.name,
        role=role_name(turn, member),
        code=code,
        last_day=turn.day_of(expires),
        link=link and f"{link}{code}",
    )
    return [Reply(text), Reply(forward)]
