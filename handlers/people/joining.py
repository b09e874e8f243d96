"""Handles codes that people send: joining a team, waiting to be let in, linking an account; it makes no code."""

from __future__ import annotations

import re
from datetime import timedelta

from db import erasing, joining, people
from db.joining import InviteInfo, LinkInfo, RequestInfo
from db.people import PersonInfo, Role
from handlers.message import Button, Incoming, Reply
from handlers.people import consent
from handlers.people.codes import CODE_LETTERS, code_hash
from handlers.people.naming import menu, name_of, number_in, role_name
from handlers.people.permissions import may_lead, outranks
from handlers.people.telling import tell, tell_coordinators, tell_leaders
from handlers.rendering import render
from handlers.turn import COORDINATING, Turn

WRONG_CODES = 5
WRONG_CODES_SPAN = timedelta(hours=1)
"""After so many wrong codes from one account in this time, no code of it is looked at."""
_BARE_CODE = re.compile(rf"[{CODE_LETTERS}]{{5}}[ -]?[{CODE_LETTERS}]{{5}}")
_CODE_LENGTH = 40


def is_bare_code(text: str) -> bool:
    """Tell whether a text is nothing but a code, as it was written: ten capital letters."""
    return _BARE_CODE.fullmatch(text.strip()) is not None


def take_bare_code(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a code that was sent without a command."""
    return take_code(incoming, turn, incoming.text)


def take_code(incoming: Incoming, turn: Turn, code: str) -> list[Reply]:
    """Take a code that somebody has sent: ask for consent where it is missing, then redeem it."""
    channel = incoming.chat.channel
    since = turn.now - WRONG_CODES_SPAN
    if joining.wrong_codes(turn.db, channel, incoming.sender, since) >= WRONG_CODES:
        return [Reply(render("people/too_many_codes"))]
    hashed = code_hash(code[:_CODE_LENGTH])
    link = joining.open_link_code(turn.db, hashed, turn.now)
    if link is None and joining.open_invite(turn.db, hashed, turn.now) is None:
        joining.note_wrong_code(turn.db, channel, incoming.sender, turn.now)
        return [Reply(render("people/bad_code"))]
    if turn.person.consented or (link is not None and _needs_no_consent(turn, link)):
        return redeem(incoming, turn, hashed)
    return consent.ask(turn, code=hashed)


def redeem(incoming: Incoming, turn: Turn, hashed: str) -> list[Reply]:
    """Do what a code is for."""
    link = joining.open_link_code(turn.db, hashed, turn.now)
    if link is not None:
        return _link(turn, link)
    invite = joining.open_invite(turn.db, hashed, turn.now)
    if invite is None:
        return [Reply(render("people/bad_code"))]
    role = Role(invite.role, invite.area_id, invite.team_id)
    if role in turn.person.roles:
        return [Reply(render("people/joined_before", role=role_name(turn, role)), menu(turn.person.roles))]
    if not joining.use_invite(turn.db, invite.id, turn.person.id, turn.now):
        return [Reply(render("people/bad_code"))]
    people.note_consent(turn.db, turn.person.id, name_of(incoming), turn.now)
    if invite.needs_approval:
        return _wait(turn, invite)
    _let_in(turn, turn.person.id, role)
    turn.who = people.person_info(turn.db, turn.person.id, turn.now)
    if invite.created_by is not None:
        told = render("people/has_joined", name=turn.person.name, role=role_name(turn, role))
        tell(turn, [invite.created_by], Reply(told))
    return [Reply(_joined(turn, role, turn.person), menu(turn.person.roles))]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `yes:<request>`, `no:<request>`."""
    what, _, number = rest.partition(":")
    request = joining.find_request(turn.db, number_in(number))
    if what not in {"yes", "no"} or request is None:
        return [Reply(render("common/old_button"))]
    if not _may_decide(turn, request):
        return [Reply(render("people/not_allowed"))]
    accepted = what == "yes"
    if not joining.decide(turn.db, request.id, by=turn.person.id, accepted=accepted, now=turn.now):
        by = None if request.decided_by is None else people.label(turn.db, request.decided_by)
        return [Reply(render("people/decided_before", name=request.name, accepted=request.accepted, by=by))]
    role = Role(request.role, request.area_id, request.team_id)
    if accepted:
        _let_in(turn, request.person_id, role)
    joiner = people.person_info(turn.db, request.person_id, turn.now)
    said = _joined(turn, role, joiner) if accepted else render("people/not_let_in", role=role_name(turn, role))
    told = tell(turn, [joiner.id], Reply(said, menu(joiner.roles)))
    text = render("people/decided", name=request.name, role=role_name(turn, role), accepted=accepted, told=bool(told))
    return [Reply(text, replaces=True)]


def asks_to_join(turn: Turn, request: RequestInfo) -> Reply:
    """Word the question to those who decide, with its two buttons."""
    role = role_name(turn, Role(request.role, request.area_id, request.team_id))
    buttons = (Button("Duyệt", f"join.yes:{request.id}"), Button("Từ chối", f"join.no:{request.id}"))
    return Reply(render("people/asks_to_join", name=request.name, role=role), (buttons,))


def _wait(turn: Turn, invite: InviteInfo) -> list[Reply]:
    """Ask those who decide to let somebody in."""
    request = joining.ask_to_join(turn.db, invite, turn.person.id, turn.now)
    role = role_name(turn, Role(invite.role, invite.area_id, invite.team_id))
    if request is not None:
        asked = asks_to_join(turn, request)
        if invite.team_id is not None:
            tell_leaders(turn, invite.team_id, asked, kind="request")
        elif invite.area_id is not None:
            tell_coordinators(turn, invite.area_id, asked, kind="request")
    return [Reply(render("people/waiting", role=role))]


def _may_decide(turn: Turn, request: RequestInfo) -> bool:
    if request.team_id is not None and request.role == "member":
        return may_lead(turn, request.team_id)
    return outranks(turn, Role(request.role, request.area_id, request.team_id))


def _let_in(turn: Turn, person_id: int, role: Role) -> None:
    people.add_role(turn.db, person_id, role.role, turn.now, area_id=role.area_id, team_id=role.team_id)


def _joined(turn: Turn, role: Role, joiner: PersonInfo) -> str:
    return render(
        "people/joined",
        role=role_name(turn, role),
        coordinates=role.role in COORDINATING,
        pronoun=joiner.pronoun,
        named=joiner.name is not None,
    )


def _needs_no_consent(turn: Turn, link: LinkInfo) -> bool:
    """Tell whether the person has consented already, or is a citizen, of whom nothing more is kept."""
    person = people.person_info(turn.db, link.person_id, turn.now)
    return person.consented or not person.roles


def _link(turn: Turn, link: LinkInfo) -> list[Reply]:
    """Join the account that a code came from to the person for whom it was made."""
    if link.person_id == turn.person.id:
        return [Reply(render("people/linked_before"))]
    if turn.person.roles:
        return [Reply(render("people/link_refused"))]
    if not joining.use_link_code(turn.db, link.id, turn.now):
        return [Reply(render("people/bad_code"))]
    if link.replaces:
        erasing.part_with_accounts(turn.db, link.person_id, turn.now)
    else:
        tell(turn, [link.person_id], Reply(render("people/account_added")))
    erasing.absorb(turn.db, turn.person.id, link.person_id)
    turn.who = people.person_info(turn.db, link.person_id, turn.now)
    text = render(
        "people/linked",
        name=turn.person.name,
        roles=[role_name(turn, role) for role in turn.person.roles],
        replaced=link.replaces,
        pronoun=turn.person.pronoun,
    )
    return [Reply(text, menu(turn.person.roles))]
