"""Words an answer: from a decision to the text, sources and buttons that a person sees; it decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from handlers.message import Button, Reply, Rows
from handlers.rendering import render
from knowledge.answering import Answerer, Decision, Outcome
from knowledge.deadlines import next_occurrence, plan_rule
from knowledge.loader import Knowledge
from knowledge.local import OwnEntry, is_of_a_plan
from knowledge.schema import (
    RECORD_NAMES,
    AnyRecord,
    Deadline,
    Duty,
    Fact,
    Figure,
    HowTo,
    Plan,
    PlanDocument,
    PlanRecord,
    Point,
    SectionKey,
    Source,
)
from knowledge.working_days import WorkingDays

_SECTION_BUTTONS = {
    SectionKey.DOCUMENTS: "Cần chuẩn bị",
    SectionKey.COST_TIME: "Chi phí, thời gian",
    SectionKey.PROBLEMS: "Hay vướng",
    SectionKey.HELPLINE: "Gọi số nào",
    SectionKey.IN_PERSON: "Nhờ giúp trực tiếp",
    SectionKey.LEGAL: "Xem căn cứ",
}
TO_PEOPLE: Rows = ((Button("Nhờ tổ hỗ trợ", "req.last"), Button("Gặp người thật", "ask.person")),)
"""Where the bot's knowledge ends."""
_SHOWN_SOURCES = 3
_SHOWN_AKIN = 3
_FOLLOW_UP_WORDS = 6
_KEPT_QUESTION = 500


@dataclass(frozen=True)
class SourceRef:
    """Where an answer comes from; `document` is a stable id."""

    document: str
    title: str
    section: str | None


@dataclass(frozen=True)
class Worded:
    """An answer ready to show, and its sources."""

    reply: Reply
    sources: tuple[SourceRef, ...] = ()


def word(decision: Decision, answerer: Answerer, calendar: Callable[[], WorkingDays], today: date) -> Worded:
    """Return what is said for a decision; the calendar is asked for where a deadline is told."""
    if decision.outcome is Outcome.ANSWER and decision.entry is not None:
        if decision.entry in answerer.knowledge.entries and decision.section is not None:
            entry = answerer.knowledge.entries[decision.entry]
            return Worded(section(entry, decision.section), sources_of(entry.facts, answerer.knowledge))
        if decision.entry in answerer.knowledge.entries:
            return _how_to(answerer.knowledge.entries[decision.entry], answerer.knowledge, today)
        if decision.entry in answerer.local.entries:
            return own_entry(answerer.local.entries[decision.entry])
        if decision.compared:
            return _comparison(decision, answerer)
        return _plan_fact(decision, answerer, calendar, today)
    if decision.outcome in (Outcome.CHOICES, Outcome.CLARIFY):
        rows = tuple((Button(short(choice.label), f"ask.entry:{choice.entry}"),) for choice in decision.choices)
        none_of_these = ((Button("Không phải các ý trên", "ask.none"),),)
        facts = _facts([choice.entry for choice in decision.choices], answerer)
        figures = [fact for fact in facts if isinstance(fact.record, Figure)]
        return Worded(Reply(render(f"questions/{decision.outcome}", figures=figures), rows + none_of_these))
    if decision.outcome is Outcome.SMALLTALK:
        return Worded(Reply(render("questions/smalltalk", remark=decision.remark)))
    if decision.outcome is Outcome.HANDOFF:
        return Worded(Reply(render("questions/handoff"), TO_PEOPLE))
    if decision.outcome is Outcome.LOG:
        return Worded(Reply(render("assistance/members_only")))
    text = unknown(answerer, decision.elsewhere)
    return Worded(Reply(text, (*TO_PEOPLE, (Button("Trợ giúp", "me.help"),))))


def subject_of(decision: Decision, question: str, before: str | None) -> str | None:
    """Return what "còn Quảng Nam thì sao?" would refer to next; None if the question was not about a plan.

    A question of a few words keeps the subject of the one before.
    """
    if not any(map(is_of_a_plan, (decision.entry or "", *(choice.entry for choice in decision.choices)))):
        return None
    return before if before and len(question.split()) <= _FOLLOW_UP_WORDS else question[:_KEPT_QUESTION]


def entry_of(decision: Decision, answerer: Answerer) -> str | None:
    """Return the entry that "mất bao lâu?" would refer to next, None if no entry was the answer."""
    return decision.entry if decision.entry in answerer.knowledge.entries else None


def unknown(answerer: Answerer, elsewhere: str | None = None) -> str:
    """Return what is said where no answer is known; `elsewhere` is a place that no plan covers."""
    plans = [f"{plan.document.place} {plan.document.year}" for plan in answerer.knowledge.plans.values()]
    return render("questions/unknown", elsewhere=elsewhere, plans=plans)


def section(entry: HowTo, key: SectionKey) -> Reply:
    """Return one section of an entry, with buttons to the others."""
    text = render("questions/section", entry=entry, heading=_SECTION_BUTTONS[key], body=entry.sections[key].strip())
    others = [
        Button(_SECTION_BUTTONS[other], f"ask.section:{entry.id}:{other}") for other in entry.sections if other != key
    ]
    return Reply(text, _pairs(others))


def _how_to(entry: HowTo, knowledge: Knowledge, today: date) -> Worded:
    sources = sources_of(entry.facts, knowledge)
    text = render(
        "questions/how_to",
        entry=entry,
        expired=entry.is_expired(today),
        stale=entry.is_stale(today),
        sources=[source.title for source in sources[:_SHOWN_SOURCES]],
    )
    sections = [Button(_SECTION_BUTTONS[key], f"ask.section:{entry.id}:{key}") for key in entry.sections]
    related = [
        Button(short(knowledge.entries[other].title), f"ask.entry:{other}")
        for other in entry.related
        if other in knowledge.entries
    ][:2]
    rows = (*_pairs(sections), *((button,) for button in related), _feedback(entry.id))
    return Worded(Reply(text, rows), sources)


def own_entry(entry: OwnEntry) -> Worded:
    """Return what is said for an area's own entry: who vouches for it, beside where it comes from."""
    text = render("questions/local", entry=entry)
    return Worded(Reply(text, (_feedback(entry.answers),)), (SourceRef(entry.answers, entry.source, None),))


def _plan_fact(decision: Decision, answerer: Answerer, calendar: Callable[[], WorkingDays], today: date) -> Worded:
    entry = decision.entry or ""
    plan, record = answerer.records[entry]
    values: dict[str, object] = {"record": record, "plan": plan.document, "asked_year": decision.asked_year}
    template = f"questions/{RECORD_NAMES[type(record)]}"
    if isinstance(record, Deadline):
        rule = plan_rule(plan, record)
        values["upcoming"] = None if rule is None else next_occurrence(rule, today, calendar())
        # Whoever asks "when is the report due" without saying who reports sees the others of the chain as well.
        values["others"] = [other for other in plan.deadlines if other.every and other.day and other.id != record.id]
    source = _source_in_plan(plan.document, record)
    others = tuple(
        (Button(short(_named(other)), f"ask.entry:{plan.document.id}/{other.id}"),) for other in _akin(plan, record)
    )
    return Worded(Reply(render(template, **values, source=source), (*others, _feedback(entry))), (source,))


def _akin(plan: Plan, record: AnyRecord) -> list[Point | Duty]:
    """Return some records that whoever asked for this one will want too: other difficulties, other duties of teams."""
    akin: list[Point | Duty] = []
    if isinstance(record, Point):
        akin = [other for other in plan.points if other.kind == record.kind and other.id != record.id]
    elif isinstance(record, Duty) and record.about_teams:
        akin = [other for other in plan.duties if other.about_teams and other.id != record.id]
    return akin[:_SHOWN_AKIN]


def _named(record: Point | Duty) -> str:
    return record.about if isinstance(record, Point) else f"{record.who}: {record.what}"


class _PlanFact(NamedTuple):
    """A record with its document and the name of its kind, as `questions/_side_by_side.j2` shows it."""

    document: PlanDocument
    record: AnyRecord
    kind: str


def _comparison(decision: Decision, answerer: Answerer) -> Worded:
    """Set what several places tell side by side, with a button to each."""
    facts = _facts(decision.compared, answerer)
    silent = [answerer.knowledge.plans[plan].document.place for plan in decision.silent]
    sources = tuple(_source_in_plan(fact.document, fact.record) for fact in facts)
    rows = tuple((Button(short(answerer.label(key)), f"ask.entry:{key}"),) for key in decision.compared)
    return Worded(Reply(render("questions/comparison", facts=facts, silent=silent), rows), sources)


def _facts(keys: Sequence[str], answerer: Answerer) -> list[_PlanFact]:
    """Return those of some entries and records that are records, with their documents."""
    found = [answerer.records[key] for key in keys if key in answerer.records]
    return [_PlanFact(plan.document, record, RECORD_NAMES[type(record)]) for plan, record in found]


def _source_in_plan(document: PlanDocument, record: PlanRecord) -> SourceRef:
    return SourceRef(document.id, document_title(document.title, document.issuer, document.year), record.section)


def document_title(title: str, issuer: str, year: int) -> str:
    """Return how a plan is cited: by title, issuing body and year."""
    named = title if str(year) in title else f"{title} ({year})"
    return f"{named}, {issuer}"


def sources_of(facts: tuple[Fact, ...], knowledge: Knowledge) -> tuple[SourceRef, ...]:
    """Return the documents behind facts, each title once, the most used first; advice of our own comes last."""
    uses: dict[str, int] = {}
    found: dict[str, SourceRef] = {}
    for fact in facts:
        if fact.source in knowledge.plans:
            document = knowledge.plans[fact.source].document
            title = document_title(document.title, document.issuer, document.year)
        else:
            title = _source_title(knowledge.sources[fact.source])
        found.setdefault(title, SourceRef(fact.source, title, fact.section))
        uses[title] = uses.get(title, 0) + 1
    ours = "general_advice"
    return tuple(sorted(found.values(), key=lambda source: (source.document == ours, -uses[source.title])))


def _source_title(source: Source) -> str:
    """Return a source's title with where and when it was read: "Nghị định 69/2024/NĐ-CP (luatvietnam.vn, 2024)"."""
    read_at = ", ".join(str(part) for part in (source.publisher, source.seen or source.year) if part)
    return f"{source.title} ({read_at})" if read_at else source.title


def _feedback(entry: str) -> tuple[Button, ...]:
    return (Button("Có ích", f"ask.good:{entry}"), Button("Chưa đúng", f"ask.bad:{entry}"))


def _pairs(buttons: list[Button]) -> Rows:
    return tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))


def short(label: str) -> str:
    """Return a label that fits a button on a small phone."""
    return label if len(label) <= 60 else f"{label[:59].rstrip()}…"
