"""Handles handing over a leader's or coordinator's role: choosing a person, their answer, the change; no deputies."""

from __future__ import annotations

from datetime import timedelta

from db import outbox, people, roster
from db.roster import Member, Offer
from handlers.message import Button, Incoming, Reply
from handlers.people.between import answered
from handlers.people.naming import menu, number_in, role_name
from handlers.people.posts import candidate, choose_person, choose_post, own_post, own_posts
from handlers.people.telling import tell
from handlers.rendering import render
from handlers.turn import Turn

STATE = "hand_over"
OFFER_LASTS = timedelta(days=7)


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show what the person is offered, else begin to hand over a role of their own."""
    offers = roster.offers_to(turn.db, turn.person.id, turn.now)
    if offers:
        return [_asked(turn, given) for given in offers]
    posts = own_posts(turn)
    if not posts:
        return [Reply(render("people/nothing_to_hand_over"))]
    return _choose_person(turn, posts[0]) if len(posts) == 1 else choose_post(turn, posts, "hand.role")


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed name in the middle of choosing."""
    post = own_post(turn, str(turn.standing.data.get("post")))
    if post is None:
        return begin(incoming, turn)
    answer, typed = answered(incoming, turn)
    return [*answer, *_choose_person(turn, post, typed)]


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `role:<post>`, `to:<post>:<person>`, `offer:<post>:<person>:stay|leave`, `yes|no:<offer>`."""
    what, _, arguments = rest.partition(":")
    if what in {"yes", "no"}:
        return _answer(turn, arguments, accepted=what == "yes")
    number, _, chosen = arguments.partition(":")
    post = own_post(turn, number)
    if post is None or what not in {"role", "to", "offer"}:
        return [Reply(render("common/old_button"))]
    if what == "role":
        return _choose_person(turn, post)
    person, _, stays = chosen.partition(":")
    to = candidate(turn, post, person)
    if to is None:
        return [Reply(render("common/old_button"))]
    return _confirm(turn, post, *to) if what == "to" else _offer(turn, post, *to, stays=stays == "stay")


def _choose_person(turn: Turn, post: Member, typed: str = "") -> list[Reply]:
    turn.wait_for(STATE, post=post.id)
    return choose_person(turn, post, "people/hand_over_to", "hand.to", typed)


def _confirm(turn: Turn, post: Member, name: str, person_id: int) -> list[Reply]:
    """Ask once more, and a leader whether they stay."""
    turn.leave()
    action = f"hand.offer:{post.id}:{person_id}"
    ways = (Button("Bàn giao, tôi ở lại tổ", f"{action}:stay"), Button("Bàn giao, tôi nghỉ hẳn", f"{action}:leave"))
    buttons = ways if post.team_id is not None else (Button("Đúng, bàn giao", f"{action}:leave"),)
    text = render("people/confirm_hand_over", name=name, role=role_name(turn, post))
    return [Reply(text, (*((button,) for button in buttons), (Button("Huỷ", "me.cancel"),)))]


def _offer(turn: Turn, post: Member, name: str, person_id: int, *, stays: bool) -> list[Reply]:
    expires = turn.now + OFFER_LASTS
    roster.offer(turn.db, post.id, person_id, stays=stays, now=turn.now, expires_at=expires)
    given = roster.offers_to(turn.db, person_id, turn.now)[-1]
    told = tell(turn, [person_id], _asked(turn, given), kind="request")
    text = render("people/offered", name=name, role=role_name(turn, post), told=bool(told), until=turn.day_of(expires))
    return [Reply(text, replaces=True)]


def _asked(turn: Turn, given: Offer) -> Reply:
    """Ask a person whether they take a role."""
    text = render("people/asks_to_take", name=given.membership.name, role=role_name(turn, given.membership))
    return Reply(text, ((Button("Nhận", f"hand.yes:{given.id}"), Button("Không nhận", f"hand.no:{given.id}")),))


def _answer(turn: Turn, number: str, *, accepted: bool) -> list[Reply]:
    """Change the role over, or not; both are told."""
    offers = roster.offers_to(turn.db, turn.person.id, turn.now)
    given = next((offer for offer in offers if offer.id == number_in(number)), None)
    if given is None or not roster.answer(turn.db, given.id, accepted=accepted, now=turn.now):
        return [Reply(render("common/old_button"))]
    held, role = given.membership, role_name(turn, given.membership)
    if accepted:
        roster.hand_over(turn.db, given, turn.now)
        turn.who = people.person_info(turn.db, turn.person.id, turn.now)
    before = people.person_info(turn.db, held.person_id, turn.now)
    name = people.label(turn.db, turn.person.id)
    stays = [role_name(turn, kept) for kept in before.roles]
    told = Reply(render("people/hand_over_answered", name=name, role=role, accepted=accepted, stays=stays))
    if not before.roles:  # whoever has left gets nothing but the word that it is done
        outbox.drop_for_person(turn.db, before.id, turn.now, "left")
    tell(turn, [before.id], told)
    text = render("people/taken" if accepted else "people/not_taken", role=role, name=held.name)
    return [Reply(text, menu(turn.person.roles), replaces=True)]
