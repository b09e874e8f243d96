"""Finds where help is wanted: the villages to choose from, those a typed text names, the team of each; no dialogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from db import areas
from db.areas import AreaInfo, TeamInfo
from handlers.requests.draft import Place
from handlers.turn import Turn
from knowledge.own_places import same_place
from knowledge.vietnamese import fold, words

_TEAM = ("team",)


def home(turn: Turn) -> int | None:
    """Return the citizen's commune: of their team, else the only one there is; None if it is not known."""
    own = turn.area_id()
    if own is not None and areas.area(turn.db, own).kind == "commune":
        return own
    return areas.only_commune(turn.db)


def villages(turn: Turn, commune_id: int) -> list[Place]:
    """Return the villages of a commune, each with its team."""
    return [_in_village(turn, commune_id, village) for village in areas.villages(turn.db, commune_id)]


def named(turn: Turn, text: str) -> list[Place]:
    """Return the places that a typed text may mean: villages, of the named commune or else one's own; or a commune."""
    known = areas.areas(turn.db)
    communes = [area for area in known if area.kind == "commune" and _says(text, (area.name, *area.former_names))]
    own = home(turn)
    if communes:
        within = [area.id for area in communes]
    elif own is not None:
        within = [own]
    else:
        within = [area.id for area in known if area.kind == "commune"]
    found = [place for commune in within for place in _villages_named(turn, known, commune, text)]
    return found or [Place(area.id) for area in communes]


def label(turn: Turn, place: Place) -> str:
    """Return what a place is called."""
    commune = None if place.area_id is None else areas.area(turn.db, place.area_id).name
    return ", ".join(part for part in (place.village, commune) if part)


def _villages_named(turn: Turn, known: Sequence[AreaInfo], commune_id: int, text: str) -> list[Place]:
    former = {area.name: area.former_names for area in known if area.kind == "village" and area.parent_id == commune_id}
    every = areas.villages(turn.db, commune_id)
    exact = [village for village in every if _says(text, (village, *former.get(village, ())))]
    alike = exact or [village for village in every if same_place(text, village)]
    longest = max((len(words(village)) for village in alike), default=0)
    # "thôn 12 Đông" names that one, not also a "thôn 12".
    return [_in_village(turn, commune_id, village) for village in alike if not exact or len(words(village)) == longest]


def _in_village(turn: Turn, commune_id: int, village: str) -> Place:
    team = _team_of(areas.teams(turn.db, commune_id, _TEAM), village)
    return Place(commune_id, None if team is None else team.id, village)


def _team_of(teams: Sequence[TeamInfo], village: str) -> TeamInfo | None:
    """Return the team of a village: by its own village, else the one with the village in its name."""
    own = (team for team in teams if team.village is not None and _plain(team.village) == _plain(village))
    return next(own, None) or next((team for team in teams if _says(team.name, (village,))), None)


def _says(text: str, names: Iterable[str]) -> bool:
    """Tell whether a text has one of some names in it, word for word, marks aside."""
    return any(f" {_plain(name)} " in f" {_plain(text)} " for name in names)


def _plain(text: str) -> str:
    return " ".join(words(fold(text)))
