"""Finds the members whom a log sentence names as having gone along; who is not of the team is left out, silently."""

from __future__ import annotations

from dataclasses import replace

from db import people
from db.assistance import Logged
from handlers.assistance import rights
from handlers.assistance.draft import Draft, Writing
from handlers.turn import Turn
from knowledge.names import apart, matching

NOBODY = 0
"""Stands in a button for "none of them"."""


def found(turn: Turn, writing: Writing) -> Writing:
    """Return the writing with everybody found whose name leaves no doubt; only doubtful names stay to be asked for."""
    if not any(draft.companions for draft in writing.drafts):
        return writing
    drafts = tuple(_found(draft, colleagues(turn, writing)) for draft in writing.drafts)
    return replace(writing, drafts=drafts)


def candidates(turn: Turn, writing: Writing, draft: Draft) -> dict[int, str]:
    """Return those whom the first doubtful name of a draft may mean, with their names."""
    names = colleagues(turn, writing)
    return {person: names[person] for person in matching(draft.companions[0], names)} if draft.companions else {}


def settled(draft: Draft, person_id: int) -> Draft:
    """Return the draft with its first doubtful name settled: a member's id, or `NOBODY`."""
    members = draft.members if person_id == NOBODY else (*draft.members, person_id)
    return replace(draft, members=tuple(dict.fromkeys(members)), companions=draft.companions[1:])


def named(turn: Turn, writing: Writing, text: str) -> tuple[int, ...] | None:
    """Return the colleagues that a text names, None if one of the names means nobody, or several."""
    names = colleagues(turn, writing)
    meant = [matching(said, names) for said in apart(text)]
    return tuple(found[0] for found in meant) if meant and all(len(found) == 1 for found in meant) else None


def colleagues(turn: Turn, writing: Writing) -> dict[int, str]:
    """Return the names of the others in the team whose session it is."""
    team_id, _ = rights.unit_of(turn, writing.person_id)
    if team_id is None:
        return {}
    names = people.names_in(turn.db, [team_id], turn.now)
    names.pop(writing.person_id or turn.person.id, None)
    return names


def names_of(turn: Turn, *sessions: Draft | Logged) -> dict[int, str]:
    """Return the names of everybody who goes along in some sessions."""
    return {person: people.label(turn.db, person) for session in sessions for person in session.members}


def _found(draft: Draft, names: dict[int, str]) -> Draft:
    members, doubtful = list(draft.members), []
    for said in draft.companions:
        meant = matching(said, names)
        if len(meant) == 1:
            members += meant
        elif meant:
            doubtful.append(said)
    return replace(draft, members=tuple(dict.fromkeys(members)), companions=tuple(doubtful))
