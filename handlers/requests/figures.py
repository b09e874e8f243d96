"""Counts requests for help in a span for the weekly summary, and names those that wait; it words nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from db import areas, people, requests
from db.requests import Request
from handlers.turn import Turn

NAMED_AFTER = timedelta(days=3)
"""A request that nobody has taken for so long is named."""
UNFINISHED_AFTER = timedelta(days=7)
"""A request that somebody has taken for so long and not closed is named, with who that is."""


@dataclass(frozen=True)
class Waiting:
    """A request that still runs, and for how many days; `taker` is who has taken it, None if nobody has."""

    topic: str
    place: str
    days: int
    taker: str | None


@dataclass(frozen=True)
class RequestFigures:
    """What became of requests in a span.

    Attributes:
        asked: How many were made.
        closed: How many were closed, cancelled or have lapsed, by state.
        open: How many wait now without anybody, and `taken` how many somebody has taken.
        hours_to_take: Median from asking to the first taking, of those made in the span; None without any.
        hours_to_close: Median from asking to closing, of those closed in the span; None without any.
        helped: What citizens said of those closed in the span: (helped, did not).
        longest: Who waits longest, None if nobody waits.
        untaken: Those that nobody has taken for three days, oldest first.
        unfinished: Those that somebody has taken for a week and not closed; their days count from the taking.
    """

    asked: int
    ended: dict[str, int]
    open: int
    taken: int
    hours_to_take: float | None
    hours_to_close: float | None
    helped: tuple[int, int]
    longest: Waiting | None
    untaken: tuple[Waiting, ...]
    unfinished: tuple[Waiting, ...]

    def __bool__(self) -> bool:
        """Tell whether there is anything to say."""
        return bool(self.asked or self.ended or self.open or self.taken)


def count(turn: Turn, area_id: int | None, start: datetime, end: datetime) -> RequestFigures:
    """Count the requests of an area (None for everything) in a span, and those that run now."""
    area_ids: Collection[int] | None = None if area_id is None else areas.descendants(turn.db, [area_id])
    found = requests.asked_or_ended(turn.db, area_ids, start, end)
    asked = [request for request in found if start <= request.asked_at < end]
    ended = [request for request in found if request.closed_at is not None and start <= request.closed_at < end]
    closed = [request for request in ended if request.state == "closed"]
    running = requests.running(turn.db, area_ids)
    untaken = [request for request in running if request.state == "open"]
    return RequestFigures(
        asked=len(asked),
        ended={state: n for state in requests.ENDED if (n := sum(request.state == state for request in ended))},
        open=len(untaken),
        taken=len(running) - len(untaken),
        hours_to_take=_hours((request.asked_at, request.first_taken_at) for request in asked),
        hours_to_close=_hours((request.asked_at, request.closed_at) for request in closed),
        helped=(sum(request.helped is True for request in closed), sum(request.helped is False for request in closed)),
        longest=_waiting(turn, running[0], running[0].asked_at) if running else None,
        untaken=tuple(
            _waiting(turn, request, request.asked_at)
            for request in untaken
            if turn.now - request.asked_at >= NAMED_AFTER
        ),
        unfinished=tuple(
            _waiting(turn, request, request.taken_at)
            for request in running
            if request.taken_at is not None and turn.now - request.taken_at >= UNFINISHED_AFTER
        ),
    )


def _hours(spans: Iterable[tuple[datetime, datetime | None]]) -> float | None:
    lengths = [(end - start) / timedelta(hours=1) for start, end in spans if end is not None]
    return round(median(lengths), 1) if lengths else None


def _waiting(turn: Turn, request: Request, since: datetime) -> Waiting:
    commune = None if request.area_id is None else areas.area(turn.db, request.area_id).name
    place = request.village or commune or "chưa rõ địa bàn"
    taker = None if request.taken_by is None else people.label(turn.db, request.taken_by)
    return Waiting(request.topic, place, (turn.now - since).days, taker)
