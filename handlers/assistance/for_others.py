"""Handles "ghi hộ": a leader or coordinator writes for a member, named in the sentence or chosen by a button."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db import areas, people
from handlers.assistance import drafting, rights
from handlers.assistance.answers import number_in
from handlers.assistance.editing import origin_of
from handlers.message import Button, Incoming, Reply, Rows
from handlers.people import consent
from handlers.questions import wording
from handlers.questions.wording import short
from handlers.rendering import render
from handlers.turn import Turn, is_clear_question
from knowledge.log_sentence import parse
from knowledge.masking import mask
from knowledge.names import apart, matching
from knowledge.vietnamese import fold

STATE = "log_whom"
_BEGINNING = re.compile(r"\s*/?ghi\s+(?:hộ|ho|giùm|gium|thay)(?!\w)[\s:,]*", re.IGNORECASE)
_MYSELF = frozenset(("toi", "minh", "em", "tui"))
_LONGEST_NAME = 6
"""So many words in front of the sentence may be a name where no colon ends it."""
_NAME_LENGTH = 60
_A_PAGE = 8


@dataclass(frozen=True)
class _Told:
    """What is to be written for whoever gets chosen.

    Attributes:
        named: The name as typed, empty if none was.
        others: Names of those who went along, as typed.
        sentence: What they did, masked; empty if it is to be asked for.
    """

    named: str
    others: tuple[str, ...]
    sentence: str
    origin: str | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> _Told:
        return cls(data["named"], tuple(data["others"]), data["sentence"], data["origin"])

    def as_json(self) -> dict[str, Any]:
        return {
            "named": self.named,
            "others": list(self.others),
            "sentence": self.sentence,
            "origin": self.origin,
        }


def is_meant(text: str) -> bool:
    """Tell whether a text begins with "ghi hộ"."""
    return _BEGINNING.match(text) is not None


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take "ghi hộ bà Tám: hôm nay giúp 3 người cài vneid"; without a name ask for one."""
    if not rights.may_log(turn):
        return [Reply(render("assistance/members_only"))]
    if not turn.person.consented:
        return consent.ask(turn)
    known = _known(turn)
    said = _BEGINNING.sub("", mask(incoming.text).text, count=1).strip()
    told = _split(said, known, origin_of(incoming))
    if fold(told.named) in _MYSELF:
        return _write(turn, told, None)
    return _decide(turn, told, known)


def sentence_of(incoming: Incoming, turn: Turn) -> str:
    """Return what follows "ghi hộ" and the name, masked."""
    said = _BEGINNING.sub("", mask(incoming.text).text, count=1).strip()
    return _split(said, _known(turn), None).sentence


def press(what: str, argument: str, turn: Turn) -> list[Reply]:
    """Handle a button: `who:<page>` shows more members, `for:<person>` chooses one."""
    known = _known(turn)
    if turn.standing.state != STATE:
        return [Reply(render("common/old_button"))]
    told = _Told.from_json(turn.standing.data)
    if what == "who" and number_in(argument) >= 0:
        return _choose(turn, told, known, page=number_in(argument))
    if what == "for" and number_in(argument) in known:
        return _write(turn, told, number_in(argument))
    return [Reply(render("common/old_button"))]


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take a text while a member is to be chosen: their name, or a question in between."""
    told = _Told.from_json(turn.standing.data)
    if turn.reading is not None and is_clear_question(turn.reading):
        answer = wording.word(turn.reading.decision, turn.answerer, lambda: turn.calendar, turn.today).reply
        return [answer, *_choose(turn, told, _known(turn))]
    return _decide(turn, _Told(mask(incoming.text).text, told.others, told.sentence, told.origin), _known(turn))


def stop(turn: Turn) -> list[Reply]:
    """Leave the choice of a member."""
    if turn.standing.state != STATE:
        return [Reply(render("common/old_button"))]
    turn.leave()
    return [Reply(render("assistance/cancelled"), replaces=True)]


def _known(turn: Turn) -> dict[int, str]:
    """Return the names of those for whom the person may write."""
    names = people.names_in(turn.db, rights.teams_in_charge(turn), turn.now)
    names.pop(turn.person.id, None)
    return names


def _split(said: str, known: Mapping[int, str], origin: str | None) -> _Told:
    """Cut what was said into names and sentence, at the colon or behind the longest name that somebody goes by."""
    head, colon, sentence = said.partition(":")
    if not colon:
        words = said.split()
        lengths = range(min(_LONGEST_NAME, len(words)), 0, -1)
        length = next((n for n in lengths if matching(" ".join(words[:n]), known)), None)
        if length is None:  # a name alone that nobody goes by, or a sentence without a name
            length = len(words) if len(words) <= _LONGEST_NAME // 2 else 0
        head, sentence = " ".join(words[:length]), " ".join(words[length:])
    first, *others = apart(head) or [""]
    return _Told(first[:_NAME_LENGTH], tuple(others), sentence.strip(" :,"), origin)


def _decide(turn: Turn, told: _Told, known: Mapping[int, str]) -> list[Reply]:
    """Go on with the one whom the name means, or ask who is meant."""
    if not known:
        return [Reply(render("assistance/not_in_charge"))]
    meant = matching(told.named, known)
    if len(meant) == 1:
        return _write(turn, told, meant[0])
    return _choose(turn, told, {person: known[person] for person in meant} or known, unknown=not meant)


def _choose(turn: Turn, told: _Told, known: Mapping[int, str], *, page: int = 0, unknown: bool = False) -> list[Reply]:
    """Ask for whom to write."""
    turn.wait_for(STATE, **told.as_json())
    shown = list(known)[page * _A_PAGE : (page + 1) * _A_PAGE]
    rows: Rows = tuple((Button(short(_label(turn, known[person], person)), f"log.for:{person}"),) for person in shown)
    if len(known) > (page + 1) * _A_PAGE:
        rows = (*rows, (Button("Xem thêm", f"log.who:{page + 1}"),))
    text = render("assistance/whom", named=told.named if unknown else "")
    return [Reply(text, (*rows, (Button("Huỷ", "log.stop"),)))]


def _label(turn: Turn, name: str, person_id: int) -> str:
    """Return a member's name, with the team where there are several."""
    team_id, _ = rights.unit_of(turn, person_id)
    several = len(rights.teams_in_charge(turn)) > 1
    return f"{name}, {areas.team(turn.db, team_id).name}" if several and team_id is not None else name


def _write(turn: Turn, told: _Told, person_id: int | None) -> list[Reply]:
    """Write what was told for a member, None for oneself."""
    if not told.sentence:
        return drafting.guide(turn, person_id=person_id)
    _, area_id = rights.unit_of(turn, person_id)
    log = parse(told.sentence, turn.today, villages=areas.villages(turn.db, area_id))
    if not log.is_log:
        return [Reply(render("assistance/no_session")), *drafting.guide(turn, person_id=person_id)]
    return drafting.take(turn, log.entries, origin=told.origin, person_id=person_id, others=told.others)
