"""Begins new sessions: guided by buttons, out of a sentence, like an earlier one; it saves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from db import assistance
from handlers.assistance import asking, rights
from handlers.assistance.draft import Draft, Writing
from handlers.message import Button, Reply
from handlers.rendering import render
from handlers.turn import Turn
from knowledge.log_sentence import LogEntry

_MOST_SESSIONS = 10
"""More in one message would need more buttons than a message may carry."""
_MOST_WAITING = 10
"""Sessions that wait behind one another to be saved."""


def guide(turn: Turn, *, person_id: int | None = None) -> list[Reply]:
    """Begin a session that is told by buttons.

    Args:
        person_id: Whose it is, None for the writer's own.
    """
    draft = Draft(held_on=turn.today, missing=("topics", "people"))
    again = person_id is None and assistance.last(turn.db, turn.person.id) is not None
    extra = ((Button("Như lần trước", "log.again"),),) if again else ()
    return asking.go_on(turn, _begun(turn, [draft], person_id=person_id), first=True, extra=extra)


def take(
    turn: Turn,
    entries: Sequence[LogEntry],
    *,
    origin: str | None = None,
    person_id: int | None = None,
    others: Sequence[str] = (),
    as_question: str | None = None,
) -> list[Reply]:
    """Take the sessions that a sentence tells of.

    Args:
        origin: The message that it came from.
        person_id: Whose they are, None for the writer's own.
        others: Names of those who went along, beside those whom the sentence names.
        as_question: The entry that answers the sentence, where it may be a question just as well.
    """
    if len(entries) > _MOST_SESSIONS:
        return [Reply(render("assistance/too_many", most=_MOST_SESSIONS))]
    drafts = [Draft.understood(entry) for entry in entries]
    drafts = [replace(draft, companions=(*others, *draft.companions)) for draft in drafts]
    writing = _begun(turn, drafts, origin=origin, person_id=person_id)
    if writing.depth > _MOST_WAITING and writing.before is not None:
        return [Reply(render("assistance/not_understood", field=None)), *asking.go_on(turn, writing.before)]
    replies = asking.go_on(turn, writing)
    if as_question is None:
        return replies
    ask = Button("Không, tôi muốn hỏi", f"log.ask:{writing.id}:{as_question}")
    return [*replies[:-1], replace(replies[-1], rows=(*replies[-1].rows, (ask,)))]


def again(turn: Turn, entry_id: int | None) -> list[Reply]:
    """Offer an entry again for today: the one with an id, or the person's last."""
    entry = assistance.last(turn.db, turn.person.id) if entry_id is None else rights.changeable(turn, entry_id)
    if entry is None:
        return [Reply(render("assistance/nothing_before"))]
    draft = replace(Draft.of_entry(entry), held_on=turn.today, outcome="done", note=None, accepted=("twin",))
    person_id = None if entry.person_id == turn.person.id else entry.person_id
    return asking.go_on(turn, _begun(turn, [draft], person_id=person_id))


def more(turn: Turn, entry_id: int) -> list[Reply]:
    """Begin a further session at the same place, on the same day and for the same person as an entry."""
    entry = rights.changeable(turn, entry_id)
    if entry is None:
        return [Reply(render("assistance/nothing_before"))]
    draft = Draft(place=entry.place, held_on=entry.held_on, missing=("topics", "people"), accepted=("place", "date"))
    person_id = None if entry.person_id == turn.person.id else entry.person_id
    return asking.go_on(turn, _begun(turn, [draft], person_id=person_id))


def _begun(turn: Turn, drafts: Sequence[Draft], *, origin: str | None = None, person_id: int | None = None) -> Writing:
    """Begin with new sessions; what waits to be saved waits behind them."""
    waiting = _told_before(turn, origin, drafts)
    interrupted = None if waiting is None else waiting.as_json()
    return Writing.begun(*drafts, origin=origin, person_id=person_id, interrupted=interrupted)


def _told_before(turn: Turn, origin: str | None, drafts: Sequence[Draft]) -> Writing | None:
    """Return what waits to be saved beside what is told now.

    Not what this says anew: the same message before it was edited, or a session of the same topics about which
    something was asked.
    """
    waiting = asking.current(turn)
    if waiting is None or (origin is not None and waiting.origin == origin):
        return None
    same = [draft.topics for draft in waiting.drafts] == [draft.topics for draft in drafts]
    told = waiting.entries or any(draft.topics or draft.people for draft in waiting.drafts)
    return waiting.before if not told or (waiting.ask is not None and same) else waiting
