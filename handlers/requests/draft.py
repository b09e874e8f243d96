"""What a citizen's request says before it is sent: topic, place, time, a few words; it asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FIELDS = ("topic", "place", "wanted")
"""What a request must have, in the order of asking."""


@dataclass(frozen=True)
class Place:
    """Where help is wanted.

    Attributes:
        area_id: The commune; None where not even that is known.
        team_id: The village's team; None where the commune's coordinator is asked.
    """

    area_id: int | None
    team_id: int | None = None
    village: str | None = None


@dataclass(frozen=True)
class Asked:
    """A request as far as it has been told.

    Attributes:
        ask: The field that is being asked for; None while everything is shown for confirmation.
        offers: The places that its buttons offer, in order.
    """

    topic: str | None = None
    place: Place | None = None
    wanted: str | None = None
    note: str | None = None
    ask: str | None = None
    offers: tuple[Place, ...] = ()

    @property
    def missing(self) -> str | None:
        """The first field that must still be asked for."""
        return next((field for field in FIELDS if getattr(self, field) is None), None)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Asked:
        """Read what `as_json` wrote."""
        place = data["place"]
        offers = tuple(Place(**offer) for offer in data["offers"])
        return cls(**{**data, "place": None if place is None else Place(**place), "offers": offers})

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values, for the dialogue's state."""
        return {**asdict(self), "offers": [asdict(offer) for offer in self.offers]}
