"""What coordinators have taught, and the questions that wait for them: who sees what, and where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db import areas, local_entries, people, questions
from db.engine import Transaction
from db.local_entries import Lesson
from db.questions import Asked, Seen
from handlers.rendering import ZONE
from handlers.turn import COORDINATING, Turn, home_areas
from knowledge.alike import grouped, question_key
from knowledge.answering import Asker
from knowledge.local import LONGEST_QUESTION, Alias, OwnEntry, Taught
from knowledge.masking import REPLACEMENTS

_MOST_PHRASINGS = 10


@dataclass(frozen=True)
class Waiting:
    """The same question, asked once or several times, the newest first; `texts` are its different wordings."""

    asked: tuple[Asked, ...]

    @property
    def text(self) -> str:
        """Its newest wording."""
        return self.asked[0].text

    @property
    def texts(self) -> list[str]:
        """Its different wordings, the newest first."""
        return list(dict.fromkeys(one.text for one in self.asked))

    @property
    def phrasings(self) -> list[str]:
        """Its wordings as ways to ask, without what stands for masked numbers or for a question that was not kept."""
        told = [text for text in self.texts if not (text.startswith("[") and text.endswith("]"))]
        cleaned = dict.fromkeys(filter(question_key, map(_without_masks, told)))
        return [text[:LONGEST_QUESTION] for text in cleaned][:_MOST_PHRASINGS]


def taught(db: Transaction, lessons: Sequence[Lesson] | None = None) -> list[Taught]:
    """Return what was taught as the answerer takes it: all that is in force, or some lessons."""
    found = local_entries.in_force(db) if lessons is None else lessons
    places = {area_id: areas.area(db, area_id) for area_id in {lesson.area_id for lesson in found} if area_id}
    return [_taught(lesson, places[lesson.area_id] if lesson.area_id else None) for lesson in found]


def waiting(
    db: Transaction, seen: Seen, *, start: datetime | None = None, end: datetime | None = None
) -> list[Waiting]:
    """Return the questions that wait for an answer, those asked most first."""
    asked = questions.unsettled(db, seen, start=start, end=end)
    groups = grouped([one.key or question_key(one.text) for one in asked])
    return [Waiting(tuple(asked[position] for position in group)) for group in groups]


def seen_in(turn: Turn, area_ids: Sequence[int]) -> Seen:
    """Return whose questions the coordinators of some communes see.

    People without an area are theirs where there is no other commune, or no administrator who would see them.
    """
    alone = areas.only_commune(turn.db) is not None or not people.people_with(turn.db, "admin", turn.now)
    return Seen(areas.descendants(turn.db, area_ids), without_area=alone)


def seen_by(turn: Turn) -> Seen:
    """Return whose questions the person sees: an administrator of everything, everybody's."""
    if is_everywhere(turn):
        return Seen(None)
    return seen_in(turn, [area.id for area in turn.coordinated_areas()])


def is_everywhere(turn: Turn) -> bool:
    """Tell whether what the person teaches may hold everywhere."""
    return any(role.role in COORDINATING and role.area_id is None for role in turn.person.roles)


def scopes(turn: Turn, waits: Waiting | None) -> list[tuple[int | None, str]]:
    """Return where something new may hold, with names: the question's area first, everywhere (None) last."""
    own = {area.id: area.name for area in turn.coordinated_areas()}
    asked_in = {areas.area(turn.db, one.area_id).id for one in (waits.asked if waits else ()) if one.area_id}
    named = sorted(own.items(), key=lambda item: item[0] not in asked_in)
    everywhere = [(None, "mọi nơi")] if is_everywhere(turn) else []
    return [*named, *everywhere]


def may_change(turn: Turn, lesson: Lesson) -> bool:
    """Tell whether the person may withdraw a lesson."""
    if is_everywhere(turn):
        return True
    own = areas.descendants(turn.db, [area.id for area in turn.coordinated_areas()])
    return turn.has_role(*COORDINATING) and lesson.area_id in own


def asker_of(turn: Turn) -> Asker:
    """Return what the answerer may know of the person where no question is being read."""
    home = turn.area_id()
    coordinated = [area.id for area in turn.coordinated_areas()]
    return Asker(
        plan=None if home is None else areas.area(turn.db, home).plan,
        areas=home_areas(turn.db, home).union(coordinated),
    )


def _taught(lesson: Lesson, area: areas.AreaInfo | None) -> Taught:
    area_id = None if area is None else area.id
    if lesson.entry is not None:
        return Alias(lesson.id, area_id, lesson.phrasings, entry=lesson.entry)
    return OwnEntry(
        lesson.id,
        area_id,
        lesson.phrasings,
        title=lesson.title or "",
        answer=lesson.answer or "",
        source=lesson.source or "",
        topic=lesson.topic or "",
        unit=None if area is None else area.name,
        approved_on=lesson.approved_at.astimezone(ZONE).date(),
    )


def _without_masks(text: str) -> str:
    for replacement in REPLACEMENTS.values():
        text = text.replace(replacement, " ")
    return " ".join(text.split())
