"""Handles naming a deputy for a time, and ending that early; a deputy's role ends by itself."""

from __future__ import annotations

from datetime import date, time, timedelta

from db import outbox, people, roster
from db.roster import Member
from handlers.message import Button, Incoming, Reply
from handlers.people.between import answered
from handlers.people.naming import number_in, role_name
from handlers.people.permissions import outranks
from handlers.people.posts import candidate, choose_person, choose_post, own_post, own_posts
from handlers.people.telling import tell
from handlers.rendering import render
from handlers.turn import Turn
from knowledge.until import read_until

STATE = "stand_in"
LONGEST = timedelta(days=180)
_OFFERED_DAYS = (3, 7, 14, 30)


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Show the person's deputies, and begin to name one."""
    posts = own_posts(turn)
    if not posts:
        return [Reply(render("people/nothing_to_hand_over"))]
    deputies = roster.deputies_of(turn.db, turn.person.id, turn.now)
    shown = [_listed(turn, deputies)] if deputies else []
    asked = _choose_person(turn, posts[0]) if len(posts) == 1 else choose_post(turn, posts, "deputy.role")
    return [*shown, *asked]


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a typed name or end in the middle of naming a deputy."""
    post = own_post(turn, str(turn.standing.data.get("post")))
    if post is None:
        return begin(incoming, turn)
    answer, typed = answered(incoming, turn)
    to = candidate(turn, post, str(turn.standing.data.get("person")))
    if to is None:
        return [*answer, *_choose_person(turn, post, typed)]
    last_day = read_until(typed, turn.today)
    if last_day is None:
        return [*answer, *_ask_until(turn, post, *to, wrong=not answer)]
    return _name(turn, post, *to, last_day)


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `role:<post>`, `to:<post>:<person>`, `for:<post>:<person>:<days>`, `end:<membership>`."""
    what, _, arguments = rest.partition(":")
    if what == "end":
        return _end(turn, arguments)
    number, _, chosen = arguments.partition(":")
    post = own_post(turn, number)
    if post is None or what not in {"role", "to", "for"}:
        return [Reply(render("common/old_button"))]
    if what == "role":
        return _choose_person(turn, post)
    person, _, days = chosen.partition(":")
    to = candidate(turn, post, person)
    if to is None or (what == "for" and number_in(days) not in _OFFERED_DAYS):
        return [Reply(render("common/old_button"))]
    if what == "to":
        return _ask_until(turn, post, *to)
    return _name(turn, post, *to, turn.today + timedelta(days=number_in(days)))


def _choose_person(turn: Turn, post: Member, typed: str = "") -> list[Reply]:
    turn.wait_for(STATE, post=post.id)
    return choose_person(turn, post, "people/stand_in_for", "deputy.to", typed)


def _ask_until(turn: Turn, post: Member, name: str, person_id: int, *, wrong: bool = False) -> list[Reply]:
    turn.wait_for(STATE, post=post.id, person=person_id)
    buttons = [Button(f"{days} ngày", f"deputy.for:{post.id}:{person_id}:{days}") for days in _OFFERED_DAYS]
    text = render("people/ask_until", name=name, wrong=wrong, most=LONGEST.days)
    return [Reply(text, (tuple(buttons[:2]), tuple(buttons[2:]), (Button("Huỷ", "me.cancel"),)))]


def _name(turn: Turn, post: Member, name: str, person_id: int, last_day: date) -> list[Reply]:
    """Give the role to a deputy, until the end of a day."""
    if not turn.today <= last_day <= turn.today + LONGEST:
        return _ask_until(turn, post, name, person_id, wrong=True)
    turn.leave()
    people.add_role(
        turn.db,
        person_id,
        post.role,
        turn.now,
        area_id=post.area_id,
        team_id=post.team_id,
        until=turn.local(last_day + timedelta(days=1), time()),
        stands_in_for=turn.person.id,
    )
    role = role_name(turn, post)
    own = people.label(turn.db, turn.person.id)
    told = tell(turn, [person_id], Reply(render("people/stands_in", name=own, role=role, last_day=last_day)))
    text = render("people/deputy_named", name=name, role=role, last_day=last_day, told=bool(told))
    return [Reply(text, replaces=True)]


def _listed(turn: Turn, deputies: list[Member]) -> Reply:
    lines = [(deputy.name, role_name(turn, deputy), _last_day(turn, deputy)) for deputy in deputies]
    rows = tuple((Button(f"Chấm dứt: {deputy.name}"[:60], f"deputy.end:{deputy.id}"),) for deputy in deputies)
    return Reply(render("people/deputies", deputies=lines), rows)


def _end(turn: Turn, number: str) -> list[Reply]:
    """End a deputy's role early: by whom they stand in for, by themselves, or from above."""
    deputy = roster.find(turn.db, number_in(number), turn.now)
    if deputy is None or deputy.stands_in_for is None:
        return [Reply(render("common/old_button"))]
    if turn.person.id not in (deputy.stands_in_for, deputy.person_id) and not outranks(turn, deputy):
        return [Reply(render("people/not_allowed"))]
    roster.end(turn.db, deputy.id, turn.now)
    role = role_name(turn, deputy)
    if not people.person_info(turn.db, deputy.person_id, turn.now).roles:
        outbox.drop_for_person(turn.db, deputy.person_id, turn.now, "left")
    ended = Reply(render("people/deputy_ended", name=deputy.name, role=role))
    tell(turn, [deputy.person_id, deputy.stands_in_for], ended)
    return [ended]


def _last_day(turn: Turn, deputy: Member) -> date:
    """Return the last day on which a deputy has the role."""
    until = deputy.until or turn.now
    return turn.day_of(until - timedelta(seconds=1))
