"""Leads a citizen to a request for help: topic, place, time, then everything for confirmation; it serves none."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from db import requests
from handlers.message import Button, Incoming, Reply, Rows
from handlers.people import consent
from handlers.people.between import answered
from handlers.questions.wording import short
from handlers.rendering import render
from handlers.requests import places, telling
from handlers.requests.draft import Asked, Place
from handlers.turn import Turn
from knowledge.log_answers import answered_topics, answered_yes
from knowledge.vietnamese import fold

STATE = "request"
MOST_A_DAY = 3
_DAY = timedelta(days=1)
_COMMON_TOPICS = ("vneid", "dvctt", "thanh_toan", "an_toan", "ky_nang", "other")
_ANY_TOPIC = "other"
_WHEN = ("Sáng mai", "Chiều mai", "Cuối tuần", "Lúc nào cũng được")
_MOST_PLACES = 8
_PLACE_LENGTH = 60
_WANTED_LENGTH = 120
_NOTE_LENGTH = 300
_SENDS = frozenset(("gui", "gui di", "gui giup toi"))
"""Also where the buttons shown last are another answer's."""
_TELLS_FROM = 4
"""A text of so many words says more than its topic: it is kept for who comes."""


def begin(turn: Turn, *, about_last: bool = False) -> list[Reply]:
    """Begin a request, after consent.

    Args:
        about_last: Whether it is about what was asked and answered last in this chat.
    """
    asked = Asked()
    if about_last and turn.standing.state is None:
        entry = turn.answerer.knowledge.entries.get(str(turn.standing.data.get("entry")))
        said = str(turn.standing.data.get("asked") or "")[:_NOTE_LENGTH]
        asked = Asked(topic=None if entry is None else entry.topic, note=said or None)
    if not turn.person.consented:
        return consent.ask(turn, request=asked.as_json())
    return go_on(turn, asked)


def go_on(turn: Turn, asked: Asked) -> list[Reply]:
    """Ask for the first thing that is missing, else show everything for confirmation."""
    refused = _refusal(turn, asked)
    if refused is not None:
        turn.leave()
        return [refused]
    return _show(turn, asked) if asked.missing is None else _ask(turn, asked, asked.missing)


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text in the middle of asking: what was asked for, or a question in between."""
    asked = Asked.from_json(turn.standing.data)
    reading = turn.reading
    # A place, a time or a message may look like some entry; only what asks is a question there.
    literal = reading is not None and asked.ask != "topic" and not (reading.log.is_question and asked.ask != "note")
    before, text = ([], reading.masked.text) if literal and reading is not None else answered(incoming, turn)
    text = text.strip()
    if before or not text:
        return [*before, *(_show(turn, asked) if asked.ask is None else _ask(turn, asked, asked.ask))]
    if asked.ask is None:
        sends = answered_yes(text) or fold(text).strip(" .!") in _SENDS
        return send(turn) if sends else _show(turn, replace(asked, note=text[:_NOTE_LENGTH]))
    return _take(turn, asked, asked.ask, text)


def press(what: str, value: str, turn: Turn) -> list[Reply] | None:
    """Handle a button of the dialogue; None for what never was one, or of a dialogue that is over."""
    if turn.standing.state != STATE:
        return None
    asked = Asked.from_json(turn.standing.data)
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 3 else -1
    if what == "topic" and value in turn.answerer.knowledge.topics:
        return go_on(turn, replace(asked, topic=value))
    if what == "place" and value == "none":
        communes = {offer.area_id for offer in asked.offers} or {places.home(turn)}
        return go_on(turn, replace(asked, place=Place(communes.pop() if len(communes) == 1 else places.home(turn))))
    if what == "place" and 0 <= number < len(asked.offers):
        return go_on(turn, replace(asked, place=asked.offers[number]))
    if what == "when" and 0 <= number < len(_WHEN):
        return go_on(turn, replace(asked, wanted=_dated(turn, number)))
    if what == "edit" and value in {"topic", "place", "wanted", "note"}:
        return _ask(turn, asked, value)
    if what == "edit":
        return _choose_field(turn, asked)
    if what == "drop":
        turn.leave()
        return [Reply(render("requests/dropped"), replaces=True)]
    return send(turn) if what == "send" else None


def send(turn: Turn) -> list[Reply]:
    """Send what was told to whom it concerns."""
    asked = Asked.from_json(turn.standing.data)
    if asked.missing is not None or asked.topic is None or asked.place is None or turn.chat is None:
        return go_on(turn, asked)
    refused = _refusal(turn, asked)
    turn.leave()
    if refused is not None:
        return [refused]
    level = telling.first_level(turn, asked.place.team_id)
    request_id = requests.add(
        turn.db,
        person_id=turn.person.id,
        channel=turn.chat.channel,
        chat=turn.chat.chat,
        area_id=asked.place.area_id,
        team_id=asked.place.team_id,
        village=asked.place.village,
        topic=asked.topic,
        wanted=asked.wanted,
        note=asked.note,
        level=level,
        now=turn.now,
    )
    turn.batch = requests.batch(request_id)
    request = requests.find(turn.db, request_id)
    if request is None:
        raise LookupError("it was just added")
    reached, told = telling.put_before(turn, request, level)
    text = render("requests/sent", **telling.values(turn, request), level=reached, told=told)
    return [Reply(text, ((Button("Thôi, không cần nữa", f"req.cancel:{request_id}"),),), replaces=True)]


def _take(turn: Turn, asked: Asked, field: str, text: str) -> list[Reply]:
    if field == "topic":
        topic = _topic_in(turn, text)
        told = text[:_NOTE_LENGTH] if len(text.split()) >= _TELLS_FROM else asked.note
        return go_on(turn, replace(asked, topic=topic, note=told))
    if field == "place":
        found = places.named(turn, text)
        if len(found) == 1 and (found[0].village is not None or not places.villages(turn, found[0].area_id or 0)):
            return go_on(turn, replace(asked, place=found[0]))
        commune = places.home(turn)
        if not found and commune is not None and not places.villages(turn, commune):  # the coordinator will know it
            return go_on(turn, replace(asked, place=Place(commune, None, text[:_PLACE_LENGTH])))
        return _ask_place(turn, asked, found, typed=text)
    if field == "wanted":
        return go_on(turn, replace(asked, wanted=text[:_WANTED_LENGTH]))
    return go_on(turn, replace(asked, note=text[:_NOTE_LENGTH]))


def _topic_in(turn: Turn, text: str) -> str:
    """Return the topic that a typed text names, or that an answer to it would have; else the one for all the rest."""
    guess = None if turn.reading is None else turn.reading.as_question
    near = [] if guess is None else [guess.entry, *(choice.entry for choice in guess.choices)]
    entries = turn.answerer.knowledge.entries
    found = [
        *answered_topics(text),
        *(entries[entry].topic for entry in near if entry is not None and entry in entries),
    ]
    return next((topic for topic in found if topic in turn.answerer.knowledge.topics), _ANY_TOPIC)


def _refusal(turn: Turn, asked: Asked) -> Reply | None:
    """Return why the person may ask for no more, None if they may."""
    mine = requests.of_person(turn.db, turn.person.id)
    same = next((request for request in mine if request.topic == asked.topic), None)
    if same is not None:
        text = render("requests/open_already", **telling.values(turn, same))
        return Reply(text, ((Button("Thôi, không cần nữa", f"req.cancel:{same.id}"),),))
    if requests.asked_since(turn.db, turn.person.id, turn.local(turn.today, time())) >= MOST_A_DAY:
        return Reply(render("requests/enough_today", most=MOST_A_DAY))
    return None


def _ask(turn: Turn, asked: Asked, field: str) -> list[Reply]:
    if field == "place":
        return _ask_place(turn, asked, [])
    turn.wait_for(STATE, **replace(asked, ask=field).as_json())
    rows: Rows = ()
    if field == "topic":
        topics = turn.answerer.knowledge.topics
        rows = tuple((Button(topics[topic].title, f"req.topic:{topic}"),) for topic in _COMMON_TOPICS)
    if field == "wanted":
        when = [Button(label, f"req.when:{number}") for number, label in enumerate(_WHEN)]
        rows = (tuple(when[:2]), tuple(when[2:]))
    return [Reply(render("requests/ask", field=field), (*rows, (Button("Huỷ", "req.drop"),)))]


def _ask_place(turn: Turn, asked: Asked, found: list[Place], *, typed: str = "") -> list[Reply]:
    """Ask where, among what a typed text may mean, else among the villages of one's own commune."""
    commune = places.home(turn)
    shown = found[0].area_id if len(found) == 1 else commune
    near = found if len(found) > 1 or shown is None else places.villages(turn, shown) or found
    offers = tuple(near[:_MOST_PLACES])
    turn.wait_for(STATE, **replace(asked, ask="place", offers=offers).as_json())
    several = len({place.area_id for place in offers}) > 1
    rows: Rows = tuple(
        (Button(short(places.label(turn, place) if several else place.village or places.label(turn, place)),
                f"req.place:{number}"),)
        for number, place in enumerate(offers)
    )  # fmt: skip
    text = render(
        "requests/ask_place", typed="" if found else typed, more=len(near) > len(offers), known=commune is not None
    )
    return [Reply(text, (*rows, (Button("Không rõ", "req.place:none"), Button("Huỷ", "req.drop"))))]


def _choose_field(turn: Turn, asked: Asked) -> list[Reply]:
    turn.wait_for(STATE, **replace(asked, ask=None).as_json())
    fields = (("Việc", "topic"), ("Nơi", "place"), ("Lúc nào", "wanted"), ("Lời nhắn", "note"))
    buttons = [Button(label, f"req.edit:{field}") for label, field in fields]
    return [Reply(render("requests/choose_field"), (tuple(buttons[:2]), tuple(buttons[2:])))]


def _show(turn: Turn, asked: Asked) -> list[Reply]:
    turn.wait_for(STATE, **replace(asked, ask=None, offers=()).as_json())
    text = render(
        "requests/echo",
        asked=asked,
        place=places.label(turn, asked.place) if asked.place is not None else "",
        topics=turn.answerer.knowledge.topics,
        name=turn.person.name,
    )
    return [Reply(text, ((Button("Gửi", "req.send"), Button("Sửa", "req.edit"), Button("Huỷ", "req.drop")),))]


def _dated(turn: Turn, number: int) -> str:
    """Return the words of a button with the day that they mean today: who reads them later counts from another day."""
    label = _WHEN[number]
    if number > 1:
        return label
    tomorrow = turn.today + _DAY
    return f"{label} ({tomorrow.day}/{tomorrow.month})"
