"""Decides what answers a question: an entry, a plan fact, choices, a question back, or nothing; it words nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from rapidfuzz import fuzz

from knowledge.loader import Knowledge
from knowledge.places import Gazetteer, Named
from knowledge.schema import AnyRecord, BudgetLine, CitedDocument, Deadline, Duty, Figure, HowTo, Plan, System
from knowledge.search import Document, Hit, Index
from knowledge.spelling import Repairer, Word, read
from knowledge.vietnamese import canon, fold

# The scores and margins are fitted on tests/questions/development.yaml with knowledge/answer_eval.py; where two values
# did equally well, the one that gives fewer wrong answers stands.
ANSWER_FROM = 0.34
"""Score from which an entry is given as the answer. What keeps wrong ones away is the rivals and the margin."""
CHOICES_FROM = 0.34
"""Score from which entries are offered to choose from."""
CLEAR_MARGIN = 0.05
"""Lead over the next entry or rival that makes choices unnecessary; 0.03 doubles the answers given out of scope."""
RECORD_ANSWER_FROM = 0.35
RECORD_CHOICES_FROM = 0.30
RECORD_MARGIN = 0.03
"""The same three for facts of plans, whose phrasings are few and much alike."""
REMARK_FROM = 0.40
"""Score from which a longer text counts as a remark: "chán nói với máy quá, cho gặp người"."""
MOST_CHOICES = 4
_SAME_REMARK = 88
"""rapidfuzz ratio from which a short text counts as a remark of `words/smalltalk.yaml`."""
_PLACE_NAMED = 0.20
"""What speaks for a plan against an entry if the question names a place."""
_FIGURE_ASKED = 0.05
"""What speaks for a plan if a word asks for a figure ("chỉ tiêu")."""
_NO_FIGURE_ASKED = 0.12
"""What speaks against a plan if none does."""
_FITS = 0.06
"""What a record gains if the question names its kind, or its year."""
_SIDE_RECORD = 0.1
"""What a system, a cited document or a sum of money loses if no word asks for one, twice that without a place."""
_SAME_INDICATOR = 0.12
"""Records of different plans within this distance of the best answer the same question for different places."""
_LACKS = 0.3
"""A plan whose best record is this far below the best of all plans does not say what was asked."""
_NEAR = 0.15
"""Entries within this distance of the best are offered with it."""
_READ_AT_MOST = 400
"""Characters of a question that are read: a longer one says nothing more, and only costs time."""
_TEAMS = "to_cnscd"
"""The topic whose entries yield to a plan's own facts as soon as its place is named."""
_REMARK = "remark:"
_NOT_OURS = "not_ours:"


class Outcome(StrEnum):
    """The `kind` of the `ask` contract."""

    ANSWER = "answer"
    CHOICES = "choices"
    CLARIFY = "clarify"
    UNKNOWN = "unknown"
    SMALLTALK = "smalltalk"
    HANDOFF = "handoff"
    LOG = "log"


@dataclass(frozen=True)
class Choice:
    """Something to choose: an entry or record by id, and the words for it."""

    entry: str
    label: str


@dataclass(frozen=True)
class Asker:
    """What the bot knows of who asks: the plan of their area, and what was asked before in the chat."""

    plan: str | None = None
    before: str | None = None
    """The question before, if it was answered from a plan: its subject carries over to "còn Quảng Nam thì sao?"."""


@dataclass(frozen=True)
class Decision:
    """What to do with a question.

    Attributes:
        entry: Id of the entry, or `<plan>/<record>`; None unless `outcome` is ANSWER.
        remark: For small talk, which list it is from.
        elsewhere: A place that was asked about and that no plan covers.
        asked_year: The year asked about, if the answer is of another one.
    """

    outcome: Outcome
    entry: str | None = None
    score: float = 0.0
    choices: tuple[Choice, ...] = ()
    remark: str | None = None
    elsewhere: str | None = None
    asked_year: int | None = None


class Answerer:
    """Everything needed to answer, built once from the knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.records: dict[str, tuple[Plan, AnyRecord]] = {
            f"{plan.document.id}/{record.id}": (plan, record)
            for plan in knowledge.plans.values()
            for record in plan.records
        }
        self._places = Gazetteer(knowledge.plans.values())
        self._entries = Index([*map(_entry_document, knowledge.entries.values()), *_rivals(knowledge)])
        self._records = Index([_record_document(key, *found) for key, found in self.records.items()])
        known = self._entries.vocabulary + self._records.vocabulary + self._places.vocabulary
        self._repairer = Repairer(known)

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        """Return the raw ranking of entries and records, for looking into it."""
        asked = self._read(question)
        hits = [*self._entries.search(asked, keep=_is_ours), *self._records.search(asked, limit=limit)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]

    def label(self, entry: str) -> str:
        """Return what a button for an entry or record says."""
        if entry in self.knowledge.entries:
            return self.knowledge.entries[entry].title
        plan, record = self.records[entry]
        return f"{_subject(record)} – {plan.document.place} {plan.document.year}"

    def decide(self, question: str, asker: Asker = Asker()) -> Decision:
        """Decide what answers `question`."""
        plain = question.strip()
        if plain in self.knowledge.entries or plain in self.records:
            return Decision(Outcome.ANSWER, entry=plain, score=1.0)
        remark = _remark(plain)
        if remark is not None:
            return _remarked(remark, 1.0)
        asked = self._read(plain)
        named = self._places.read(asked)
        if asker.before is not None and _only_place_or_year(named):
            before = self._places.read(self._read(asker.before))
            if named.plans or named.elsewhere:
                named = replace(named, year=named.year or before.year, rest=before.rest)
            else:
                named = replace(before, year=named.year)
        # Another country stays in the question as words that no entry knows: "visa đi Hàn Quốc" is not ours.
        entries = self._entries.search(asked if named.abroad else named.rest)
        everywhere = self._ranked_records(named)
        entry = entries[0].score if entries else 0.0
        record = everywhere[0].score if everywhere else 0.0
        about_plans = record + self._plan_bonus(named) > entry or self._yields_to_plans(
            entries, everywhere, named, asker
        )
        if record >= RECORD_CHOICES_FROM and about_plans:
            if named.elsewhere and not named.plans:
                return Decision(Outcome.UNKNOWN, elsewhere=named.elsewhere[0], score=record)
            inside = [hit for hit in everywhere if not named.plans or _plan_of(hit.id) in named.plans]
            if not inside or inside[0].score < max(RECORD_CHOICES_FROM, record - _LACKS):
                return _unknown(record)
            decision = self._from_plans(inside, named, asker)
            rival = entries[0] if entries and _is_ours(entries[0].id) else None
            if decision.outcome is Outcome.CLARIFY and rival and rival.score >= max(CHOICES_FROM, record - _NEAR):
                return replace(decision, choices=(*decision.choices, Choice(rival.id, self.label(rival.id))))
            return decision
        return self._from_entries(entries)

    def _read(self, text: str) -> list[Word]:
        return self._repairer.repair(read(text[:_READ_AT_MOST]))

    def _plan_bonus(self, named: Named) -> float:
        """Return what speaks for a plan before anything is compared: a place, or a word that asks for a figure."""
        figure = _FIGURE_ASKED if _says(named.rest, _FIGURE_WORDS) else -_NO_FIGURE_ASKED
        return figure + (_PLACE_NAMED if named.plans or named.elsewhere else 0.0)

    def _ranked_records(self, named: Named) -> list[Hit]:
        """Return the records of all plans by how well they fit the question's words, kind and year, best first."""
        hits = self._records.search(named.rest, limit=len(self.records))
        # What is this far behind is never looked at again, see `decide`; most of a thousand records are.
        least = max(RECORD_CHOICES_FROM, hits[0].score - _LACKS) - 3 * _FITS if hits else 0.0
        hits = [hit for hit in hits if hit.score >= least]
        kinds = _kinds_asked(named.rest)
        asks_figure = _says(named.rest, _FIGURE_WORDS)
        has_place = bool(named.plans or named.elsewhere)
        weighed = []
        for hit in hits:
            plan, record = self.records[hit.id]
            own_year = getattr(record, "year", None) or plan.document.year
            gain = _FITS * ((_kind(record) in kinds) + (named.year is not None and own_year == named.year))
            if isinstance(record, Figure):
                gain += _FITS * asks_figure
            elif not isinstance(record, Duty | Deadline) and _kind(record) not in kinds:
                gain -= _SIDE_RECORD if has_place else 2 * _SIDE_RECORD
            weighed.append(replace(hit, score=max(0.0, min(1.0, hit.score + gain))))
        return sorted(weighed, key=lambda hit: (-hit.score, hit.id))

    def _from_entries(self, hits: Sequence[Hit]) -> Decision:
        best = hits[0] if hits else None
        if best is None or best.score < CHOICES_FROM:
            return _unknown(best.score if best else 0.0)
        ours = [hit for hit in hits if _is_ours(hit.id)]
        if best.id.startswith(_REMARK):
            return (
                _remarked(best.id.removeprefix(_REMARK), best.score)
                if best.score >= REMARK_FROM
                else Decision(Outcome.UNKNOWN, score=best.score)
            )
        if not _is_ours(best.id) and (not ours or best.score - ours[0].score >= CLEAR_MARGIN):
            return _unknown(best.score)
        second = next((hit for hit in hits[1:] if not self._refines(best.id, hit.id)), None)
        lead = best.score - (second.score if second else 0.0)
        if _is_ours(best.id) and best.score >= ANSWER_FROM and lead >= CLEAR_MARGIN:
            return Decision(Outcome.ANSWER, entry=best.id, score=best.score)
        near = [hit for hit in ours if hit.score >= best.score - _NEAR][:MOST_CHOICES]
        return self._offer(Outcome.CHOICES, [hit.id for hit in near], best.score)

    def _from_plans(self, hits: Sequence[Hit], named: Named, asker: Asker) -> Decision:
        best = hits[0]
        same = [hit for hit in hits if hit.score >= best.score - _SAME_INDICATOR]
        if not named.plans:
            own = [hit for hit in same if _plan_of(hit.id) == asker.plan]
            if not own:
                return self._offer(Outcome.CLARIFY, _first_of_each_plan(same), best.score)
            same = own
        elif len(named.plans) > 1 or _plan_of(best.id) in named.wider:
            return self._offer(Outcome.CLARIFY, _first_of_each_plan(same), best.score)
        best = same[0]
        rivals = [
            hit for hit in same[1:] if best.score - hit.score < RECORD_MARGIN and not self._twins(best.id, hit.id)
        ]
        if best.score >= RECORD_ANSWER_FROM and not rivals:
            return Decision(
                Outcome.ANSWER, entry=best.id, score=best.score, asked_year=self._other_year(best.id, named.year)
            )
        return self._offer(Outcome.CHOICES, [hit.id for hit in same], best.score)

    def _offer(self, outcome: Outcome, ids: Sequence[str], score: float) -> Decision:
        limit = MOST_CHOICES if outcome is Outcome.CHOICES else len(self.knowledge.plans)
        return Decision(outcome, choices=tuple(Choice(item, self.label(item)) for item in ids[:limit]), score=score)

    def _yields_to_plans(self, entries: Sequence[Hit], records: Sequence[Hit], named: Named, asker: Asker) -> bool:
        """Tell whether the best entry only says in general what a plan says for the place that is meant.

        The place is the one named; without one, a deadline is asked for the asker's own place.
        """
        entry = self.knowledge.entries.get(entries[0].id) if entries else None
        if entry is None or entry.topic != _TEAMS:
            return False
        near = [hit.id for hit in records if hit.score >= records[0].score - _SAME_INDICATOR]
        own = any(_plan_of(key) == asker.plan and isinstance(self.records[key][1], Deadline) for key in near)
        return bool(named.plans) or own

    def _refines(self, first: str, second: str) -> bool:
        """Tell whether one of two entries is a finer version of the other, so that either is right."""
        one, two = self.knowledge.entries.get(first), self.knowledge.entries.get(second)
        return one is not None and two is not None and (one.refines == second or two.refines == first)

    def _twins(self, first: str, second: str) -> bool:
        """Tell whether two records of a plan are the same indicator told twice (the document contradicts itself)."""
        one, two = self.records[first][1], self.records[second][1]
        return isinstance(one, Figure) and isinstance(two, Figure) and canon(one.indicator) == canon(two.indicator)

    def _other_year(self, entry: str, asked: int | None) -> int | None:
        plan, record = self.records[entry]
        own = getattr(record, "year", plan.document.year)
        return asked if asked is not None and asked != own else None


def _record_document(key: str, plan: Plan, record: AnyRecord) -> Document:
    said = [*record.asks, _subject(record)]
    if isinstance(record, Deadline):
        # The place is taken out of a question before its words are compared, so it must not stand here either.
        said.append(f"{record.who.replace(plan.document.place, '')} báo cáo khi nào")
    return Document(id=key, phrasings=tuple(said))


def _rivals(knowledge: Knowledge) -> list[Document]:
    """Return what competes with the entries: remarks, and neighbouring questions that have no entry."""
    remarks = [Document(_REMARK + kind, texts) for kind, texts in _remarks().items()]
    return remarks + [
        Document(_NOT_OURS + name, texts) for name, texts in _not_ours().items() if name not in knowledge.entries
    ]


def _is_ours(key: str) -> bool:
    return not key.startswith((_REMARK, _NOT_OURS))


def _plan_of(key: str) -> str:
    return key.partition("/")[0]


def _first_of_each_plan(hits: Sequence[Hit]) -> list[str]:
    first: dict[str, str] = {}
    for hit in hits:
        first.setdefault(_plan_of(hit.id), hit.id)
    return list(first.values())


def _unknown(score: float) -> Decision:
    return Decision(Outcome.UNKNOWN, score=score)


def _remarked(kind: str, score: float) -> Decision:
    return Decision(Outcome.HANDOFF if kind == "handoff" else Outcome.SMALLTALK, remark=kind, score=score)


@cache
def _not_ours() -> Mapping[str, tuple[str, ...]]:
    return _lists("not_ours")


@cache
def _remarks() -> Mapping[str, tuple[str, ...]]:
    return _lists("smalltalk")


def _lists(name: str) -> Mapping[str, tuple[str, ...]]:
    data = yaml.safe_load((files("knowledge") / "words" / f"{name}.yaml").read_text(encoding="utf-8"))
    return {key: tuple(texts) for key, texts in data.items()}


def _remark(text: str) -> str | None:
    """Return which kind of remark a short text is, None for anything else."""
    typed = fold(text).strip(" .!?,")
    score, kind = max((fuzz.ratio(typed, fold(one)), kind) for kind, texts in _remarks().items() for one in texts)
    return kind if score >= _SAME_REMARK else None


_CARRIERS = frozenset(
    ["con", "thi", "sao", "the", "nao", "o", "tai", "nam", "va", "a", "vay", "nua", "cua", "cho", "toi", "hoi", "la"]
)


def _only_place_or_year(named: Named) -> bool:
    """Tell whether a question says nothing but a place or a year: "còn Quảng Nam thì sao"."""
    says = bool(named.plans or named.elsewhere or named.year)
    return says and all(word.fold in _CARRIERS for word in named.rest)


_KIND_WORDS = {
    "target": ("chỉ tiêu", "mục tiêu", "phấn đấu", "đặt ra", "phải đạt"),
    "result": ("kết quả", "đạt được", "hiện có", "đã có", "đã đạt", "hiện nay"),
    "deadline": ("hạn", "trước ngày", "ngày nào", "khi nào", "bao giờ", "hôm nào", "nộp", "gửi"),
    "duty": ("nhiệm vụ", "trách nhiệm", "làm gì", "làm những gì", "phải làm", "phụ trách", "chủ trì"),
    "system": ("hệ thống", "ứng dụng", "phần mềm", "nền tảng", "tổng đài", "trang"),
    "cited": ("văn bản", "quyết định", "công văn", "nghị quyết", "căn cứ", "số mấy"),
    "budget": ("kinh phí", "tiền", "ngân sách", "chi phí", "đồng", "chi bao nhiêu"),
}


_FIGURE_WORDS = (
    "bao nhiêu", "mấy", "tỷ lệ", "chỉ tiêu", "mục tiêu", "phần trăm", "đạt", "số lượng", "tổng số", "kế hoạch",
    "số tổ", "nhiệm vụ",
)  # fmt: skip


def _says(found: list[Word], phrases: Sequence[str]) -> bool:
    text = f" {' '.join(word.fold for word in found)} "
    return any(f" {fold(phrase)} " in text for phrase in phrases)


def _kinds_asked(rest: list[Word]) -> set[str]:
    """Return which kinds of record a question's words point to."""
    return {kind for kind, said in _KIND_WORDS.items() if _says(rest, said)}


_KINDS: Mapping[type[AnyRecord], str] = {
    Duty: "duty",
    Deadline: "deadline",
    System: "system",
    CitedDocument: "cited",
    BudgetLine: "budget",
}


def _kind(record: AnyRecord) -> str:
    return record.kind if isinstance(record, Figure) else _KINDS[type(record)]


def _subject(record: AnyRecord) -> str:
    match record:
        case Figure():
            return record.indicator
        case Duty():
            return f"Nhiệm vụ: {record.who}"
        case Deadline():
            return f"Hạn báo cáo: {record.when}"
        case System():
            return record.name
        case CitedDocument():
            return f"Văn bản: {record.number or record.subject}"
        case BudgetLine():
            return f"Kinh phí: {record.what}"


def _entry_document(entry: HowTo) -> Document:
    return Document(id=entry.id, phrasings=(entry.title, *entry.phrasings))
