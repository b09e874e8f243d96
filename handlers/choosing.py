"""Tells which button a typed text chooses: of the last answer by number or word, of what came unasked by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from db import outbox
from db.outbox import Offer
from handlers.message import Button, Reply
from handlers.rendering import render
from handlers.turn import Turn, is_clear_question
from knowledge.numbers import read_number
from knowledge.vietnamese import fold, words

ENDS = " .!?…"
_LOOKED_BACK = 50
"""Messages of a chat among which something that came unasked is still looked for."""
_LASTS = timedelta(days=7)
_MOST_WORDS = 8
"""No label has more."""
_SHORT = 3
"""Words: a longer text that can be answered as a question is not looked for among labels, which saves a query."""
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Meant:
    """A button under something that came unasked, which a text may mean."""

    button: Button
    offer: Offer


def choose(text: str, offered: Sequence[tuple[str, str]]) -> str | None:
    """Return the value of the (label, value) that a text chooses, by its words or by its number; None if none.

    Where the labels are numbers themselves, a number means the label and never the position.
    """
    plain = _plain(text)
    counted = plain.removeprefix("so ").strip()
    for label, action in offered:
        if _plain(label) == plain or (label.isdigit() and label == counted):
            return action
    if any(label.isdigit() for label, _ in offered):
        return None
    number = read_number(counted)
    return offered[number - 1][1] if number is not None and 1 <= number <= len(offered) else None


def of_last_answer(text: str, turn: Turn) -> str | None:
    """Return the action of the button under the last answer that a typed text chooses."""
    return choose(text, turn.standing.choices)


def of_unasked(text: str, turn: Turn) -> list[Meant]:
    """Return the buttons under reminders and other messages that came unasked which a text names, newest first.

    In the middle of a dialogue only what has come since its last question counts: anything older is not what the
    text is about. The only one that has come since the last answer is meant before older ones with the same word.
    """
    plain = _plain(text)
    length = len(words(plain))
    asks = length > _SHORT and turn.reading is not None and is_clear_question(turn.reading)
    if turn.chat is None or not 0 < length <= _MOST_WORDS or asks:
        return []
    since = turn.now - _LASTS
    place = (turn.chat.channel, turn.chat.chat, _LOOKED_BACK)
    found: dict[str, Meant] = {}
    for offer in outbox.unasked(turn.db, *place, now=turn.now):
        if offer.came_at >= since:
            for label, action in offer.buttons:
                if _plain(label) == plain:
                    found.setdefault(action, Meant(Button(label, action), offer))
    if not found:
        return []
    answered = max((answer.place for answer in outbox.answers(turn.db, *place, now=turn.now)), default=(since, 0))
    fresh = [meant for meant in found.values() if meant.offer.place > answered]
    return fresh if len(fresh) == 1 or turn.standing.state is not None else list(found.values())


def ask_which(several: Sequence[Meant], turn: Turn) -> list[Reply]:
    """Ask which of several messages with the same button is meant."""
    shown = several[:_MOST_SHOWN]
    texts = outbox.texts(turn.db, [meant.offer.message_id for meant in shown])
    text = render(
        "common/which_message",
        label=shown[0].button.label,
        messages=[(meant.offer.came_at, " ".join(texts[meant.offer.message_id].split())) for meant in shown],
    )
    rows = tuple((Button(f"Tin {n}", meant.button.action),) for n, meant in enumerate(shown, start=1))
    return [Reply(text, rows)]


def _plain(text: str) -> str:
    return fold(text).strip(ENDS)
