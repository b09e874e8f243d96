"""Tells what of a session looks odd and needs a second look before it is saved; it asks and changes nothing."""

from __future__ import annotations

from datetime import timedelta

from db import areas, assistance
from db.assistance import Logged
from handlers.assistance import rights
from handlers.assistance.draft import Draft, Writing
from handlers.turn import Turn
from knowledge.own_places import is_elsewhere, same_place

MANY_PEOPLE = 50
"""More people than one session usually helps."""
LONG_AGO = timedelta(days=60)
_PERHAPS_TWO = 2
"""So few people are helped on one day in one place by two members that did not go together often enough."""


def first(turn: Turn, writing: Writing, draft: Draft) -> str | None:
    """Return the field that looks odd and that the writer has not said to be right; None if there is none."""
    if "people" not in draft.accepted and (draft.people or 0) > MANY_PEOPLE:
        return "people"
    if "date" not in draft.accepted and draft.held_on is not None and draft.held_on < turn.today - LONG_AGO:
        return "date"
    if "place" not in draft.accepted and draft.place is not None and _is_elsewhere(turn, writing, draft.place):
        return "place"
    return None


def twin(turn: Turn, writing: Writing, draft: Draft) -> Logged | None:
    """Return an entry that is perhaps the same session, sent twice or told by two who went together; None if none is.

    Of two members who did not say that they went together only what is unlikely to happen twice is doubted.
    """
    if "twin" in draft.accepted or draft.held_on is None or draft.people is None:
        return None
    team_id, _ = rights.unit_of(turn, writing.person_id)
    helper = writing.person_id or turn.person.id
    helpers = {helper, *draft.members}
    found = assistance.alike(
        turn.db,
        team_id=team_id,
        person_id=helper,
        held_on=draft.held_on,
        people=draft.people,
        topics=draft.topics,
    )
    for entry in found:
        together = bool(helpers & {entry.person_id, *entry.members})
        if same_place(entry.place, draft.place) and (together or draft.people > _PERHAPS_TWO):
            return entry
    return None


def _is_elsewhere(turn: Turn, writing: Writing, place: str) -> bool:
    """Tell whether a place looks like another commune's; asked only where the commune's villages are known."""
    _, area_id = rights.unit_of(turn, writing.person_id)
    if area_id is None or not areas.villages(turn.db, area_id):
        return False
    commune = areas.area(turn.db, area_id)
    return is_elsewhere(place, (commune.name, *commune.former_names), areas.villages_in_tree(turn.db, area_id))
