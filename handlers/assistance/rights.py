"""Tells who may write and change what in the log, and in whose name; it changes nothing."""

from __future__ import annotations

from datetime import date

from db import areas, assistance, people
from db.assistance import Logged
from handlers.rendering import ZONE
from handlers.turn import LOGGING, Turn
from knowledge.periods import days_of


def may_log(turn: Turn) -> bool:
    """Tell whether the person may write in the log."""
    return turn.has_role(*LOGGING)


def may_change(turn: Turn, entry: Logged) -> bool:
    """Tell whether the person may change an entry: who helped, who wrote it, their leader, their coordinator."""
    if not may_log(turn):
        return False
    if turn.person.id in {entry.person_id, entry.logged_by} or entry.team_id in led_teams(turn):
        return True
    if entry.area_id is None:
        return False
    commune = areas.commune_of(turn.db, entry.area_id).id  # of what was merged since, today's
    return commune in {area.id for area in turn.coordinated_areas()}


def changeable(turn: Turn, entry_id: int) -> Logged | None:
    """Return an entry that still counts and that the person may change, None if there is none such."""
    entry = assistance.entry(turn.db, entry_id)
    return entry if entry is not None and not entry.undone and may_change(turn, entry) else None


def led_teams(turn: Turn) -> tuple[int, ...]:
    """Return the teams that the person leads, a deputy's included."""
    return tuple(role.team_id for role in turn.person.roles if role.role == "leader" and role.team_id is not None)


def teams_in_charge(turn: Turn) -> tuple[int, ...]:
    """Return the teams for whose members the person may write: those they lead, and those of the areas they run."""
    within = (team.id for area in turn.coordinated_areas() for team in areas.teams(turn.db, area.id))
    return tuple(dict.fromkeys((*led_teams(turn), *within)))


def unit_of(turn: Turn, person_id: int | None) -> tuple[int | None, int | None]:
    """Return team and commune under which an entry is kept: of the person it is for, None for the writer's own."""
    if person_id is None or person_id == turn.person.id:
        return next(iter(turn.team_ids()), None), turn.area_id()
    mine = teams_in_charge(turn)
    roles = people.person_info(turn.db, person_id, turn.now).roles
    team_id = next((role.team_id for role in roles if role.team_id in mine), None)
    return team_id, None if team_id is None else areas.team(turn.db, team_id).area_id


def village_of(turn: Turn, person_id: int | None) -> str | None:
    """Return the village of the team under which a person's entries are kept."""
    team_id, _ = unit_of(turn, person_id)
    return None if team_id is None else areas.team(turn.db, team_id).village


def report_with(turn: Turn, team_id: int | None, area_id: int | None, *days: date) -> str | None:
    """Return the period of a report that was handed in and holds one of the days, None if none does.

    A day after that on which the report was handed in cannot stand in it, though its period may go on.
    """
    if team_id is None:
        return None
    for period, handed_in_at in assistance.handed_in(turn.db, team_id, area_id):
        span = days_of(period)
        if span is not None and any(
            span[0] <= day <= min(span[1], handed_in_at.astimezone(ZONE).date()) for day in days
        ):
            return period
    return None
