"""Tells coordinators whom a reminder could not reach because they wrote too long ago; it reaches nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from db import outbox, people, reminders
from handlers.message import Reply
from handlers.reminders.items import Due
from handlers.rendering import render
from handlers.turn import Turn

REASON = "out of window"
"""Why such a step is noted as dropped."""
_SHOWN = 20
_USEFUL = timedelta(days=2)


def tell(turn: Turn, unreached: Sequence[tuple[int, Due, int]]) -> None:
    """Note why they were not reached, and tell the coordinators of their areas; called once for each step.

    Args:
        unreached: The step's id, what it is about, and the person whom nothing reaches.
    """
    closed = people.out_of_window(turn.db, {person for _, _, person in unreached}, turn.rules.windows, turn.now)
    missed = [(step, due, person) for step, due, person in unreached if person in closed]
    reminders.drop_steps(turn.db, [step for step, _, _ in missed], REASON)
    of_area: dict[int, dict[int, str]] = defaultdict(dict)
    for _, due, person in missed:
        of_area[due.adopted.area_id][person] = f"{people.label(turn.db, person)} ({due.team.name})"
    for area_id, names in sorted(of_area.items()):
        shown = list(names.values())
        text = render("reminders/out_of_window", names=shown[:_SHOWN], more=max(len(shown) - _SHOWN, 0))
        for coordinator in people.people_with(turn.db, "coordinator", turn.now, area_id=area_id):
            turn.send(coordinator, Reply(text), kind=outbox.ALARM, useful_until=turn.now + _USEFUL)
