"""The typed shape of everything the bot knows; it owns no text and reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SHORTEST_ANSWER = 40
FEWEST_PHRASINGS = 8
FIRST_MESSAGE_LIMIT = 700
"""Longest first message of an entry, in characters: about one screen of a small phone."""

STALE_AFTER = timedelta(days=400)
"""Age from which an entry must be compared with its sources again: a year and a month of grace."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
"""Short and ASCII, so that a button that names a record fits Telegram's 64 bytes."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Record(BaseModel):
    """Base of every record: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Confidence(StrEnum):
    """How sure the entry as a whole is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Source(Record):
    """A document or page that a fact was read in."""

    title: Line
    publisher: Line | None = None
    year: int | None = None
    seen: Line | None = None
    """When the page was dated or read, as far as known, e.g. "12/2025"."""


class Fact(Record):
    """One claim of an entry with where it comes from."""

    claim: Line
    source: Line
    """A key of `base/sources.yaml`; `general_advice` for advice that rests on no document."""
    section: Line | None = None
    confirmed: bool = True
    """False for what must be shown as unconfirmed."""


class SectionKey(StrEnum):
    """What may stand behind a button under an entry's first message."""

    DOCUMENTS = "documents"
    COST_TIME = "cost_time"
    PROBLEMS = "problems"
    HELPLINE = "helpline"
    IN_PERSON = "in_person"
    LEGAL = "legal"


class Topic(Record):
    """A field of help; also the topics of an assistance session."""

    id: Identifier
    title: Line


class HowTo(Record):
    """How to do something today."""

    id: Identifier
    topic: Identifier
    refines: Identifier | None = None
    title: Line
    """Short enough for a button: the question in a few words."""
    audience: tuple[Literal["citizen", "team", "coordinator"], ...] = ("citizen",)
    urgent: bool = False
    """A danger, whose warning goes before anything else (fraud, lost money)."""
    phrasings: tuple[Line, ...] = Field(min_length=FEWEST_PHRASINGS)
    answer: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_ANSWER, max_length=FIRST_MESSAGE_LIMIT)
    ]
    sections: dict[SectionKey, Line] = {}
    facts: tuple[Fact, ...] = Field(min_length=1)
    related: tuple[Identifier, ...] = ()
    checked_on: date
    valid_from: date | None = None
    valid_until: date | None = None
    confidence: Confidence

    def is_expired(self, today: date) -> bool:
        """Tell whether the entry's time is over."""
        return self.valid_until is not None and self.valid_until < today

    def is_stale(self, today: date) -> bool:
        """Tell whether nobody has compared the entry with its sources for too long."""
        return today - self.checked_on > STALE_AFTER


class PlanDocument(Record):
    """The identity of a plan or report, as far as the document itself gives it."""

    id: Identifier
    """`<place>_<year>`, the name of its folder."""
    title: Line
    kind: Literal["kế hoạch", "báo cáo"]
    issuer: Line
    year: int
    number: Line | None = None
    """Official number; None where the document leaves it blank."""
    issued_on: Line | None = None
    place: Line
    """The place it is about, by its name at the time, e.g. "thành phố Đồng Hới"."""
    place_aliases: tuple[Line, ...] = Field(min_length=1)
    """Other ways to name the place in a question, former and present, without marks too if they differ."""
    province_then: Line
    today: Line
    """One sentence: what the place is now, after the mergers of 2025."""
    period_end: date
    """Last day of the time the document was made for."""
    note: Line | None = None


class PlanRecord(Record):
    """What all facts of a plan have in common."""

    id: Identifier
    section: Line
    """Where it stands in the document, e.g. "Phần I, mục II.3" or "Phụ lục, số 1.16"."""
    asks: tuple[Line, ...] = ()
    """Ways people would ask for it, without the name of the place and without the year."""
    note: Line | None = None
    """A warning to show with it: a contradiction in the document, something that has changed since."""


class Figure(PlanRecord):
    """A number of a plan: wanted (target) or reached (result)."""

    kind: Literal["target", "result"]
    indicator: Line
    value: Line
    """As shown to a person, in Vietnamese notation with its unit: "85%", "1.200 tổ", "trên 6.200 người"."""
    number: float | None = None
    unit: Line | None = None
    year: int
    scope: Line | None = None
    """Who or where the number is about, when narrower than the plan's place."""
    responsible: Line | None = None
    about_teams: bool = False
    """True for numbers and sizes of the Tổ CNSCĐ."""
    counted: bool = False
    """True if the number was counted from the document's lines and stands nowhere in it; `note` says so."""
    detail: Line | None = None
    """More in one or two own sentences, e.g. the parts of a sum."""


class Duty(PlanRecord):
    """What a plan gives somebody to do."""

    who: Line
    what: Line
    """In our own words, one to four short sentences."""
    due: Line | None = None
    about_teams: bool = False


class Wording(StrEnum):
    """How a deadline names its day."""

    BEFORE = "before"  # "trước ngày 15": the last day is the 14th
    UNTIL = "until"  # "chậm nhất ngày 15", "đến ngày 15": the last day is the 15th


class Deadline(PlanRecord):
    """A report or task with a time.

    `every` None with `on` set is a one-off; `every` set with `day` None is a rhythm without a day
    ("hằng năm"): such a rule makes no occurrences, because a day is never invented.
    """

    who: Line
    to: Line
    to_today: Line | None = None
    """Who most probably takes it today; None where it is not known."""
    what: Line
    every: Literal["month", "quarter", "half", "year"] | None = None
    month: int | None = Field(default=None, ge=1, le=12)
    """Month within the period, from 1: 3 for the last month of a quarter, 11 for November of a year."""
    day: int | None = Field(default=None, ge=1, le=31)
    wording: Wording = Wording.BEFORE
    on: date | None = None
    """Named day of a one-off."""
    when: Line
    """The time as the document says it: "trước ngày 15 tháng cuối quý"."""
    for_teams: bool = False
    """True when units at village level are among those who must hand in."""


class System(PlanRecord):
    """An application, portal, hotline or programme that a plan names."""

    name: Line
    what: Line
    """What the plan says of it, in our own words."""
    works_today: Literal["yes", "no", "unknown"]
    today: Line | None = None


class CitedDocument(PlanRecord):
    """A document that a plan rests on or names."""

    number: Line | None = None
    dated: Line | None = None
    issuer: Line | None = None
    subject: Line


class Point(PlanRecord):
    """What a plan says beside figures, duties and dates: of itself, what it aims at, what went well or was hard."""

    kind: Literal["document", "goal", "achievement", "difficulty"]
    about: Line
    what: Line
    """In our own words, one to four short sentences."""


class BudgetLine(PlanRecord):
    """Money that a plan sets aside or has spent."""

    what: Line
    amount: Line
    """As the document writes it, with its unit."""
    year: int | None = None
    source_of_money: Line | None = None


AnyRecord = Figure | Duty | Deadline | System | CitedDocument | BudgetLine | Point

RECORD_NAMES: Mapping[type[AnyRecord], str] = {
    Figure: "figure",
    Duty: "duty",
    Deadline: "deadline",
    System: "system",
    CitedDocument: "cited",
    BudgetLine: "budget",
    Point: "point",
}
"""What each kind of record is called in word lists and templates."""


class Plan(Record):
    """One document with everything that was distilled from it."""

    document: PlanDocument
    figures: tuple[Figure, ...] = ()
    duties: tuple[Duty, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    systems: tuple[System, ...] = ()
    cited: tuple[CitedDocument, ...] = ()
    budget: tuple[BudgetLine, ...] = ()
    points: tuple[Point, ...] = ()

    @classmethod
    def files(cls) -> dict[str, type[AnyRecord]]:
        """Return the kind of record in each file of a plan's folder beside `document.yaml`; each file is optional."""
        return {name: get_args(field.annotation)[0] for name, field in cls.model_fields.items() if name != "document"}

    @property
    def by_file(self) -> dict[str, tuple[AnyRecord, ...]]:
        """The records by the name of the file that holds them."""
        return {name: getattr(self, name) for name in self.files()}

    @property
    def records(self) -> tuple[AnyRecord, ...]:
        """Everything that can be asked for, in the order of the files."""
        return tuple(record for records in self.by_file.values() for record in records)
