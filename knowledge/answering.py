"""Decides what answers a question: an entry, a plan fact, choices, a question back, or nothing; it words nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from enum import StrEnum

from knowledge import cues
from knowledge.confidence import Signs, chances
from knowledge.likeness import likeness
from knowledge.loader import Knowledge
from knowledge.local import LocalKnowledge, OwnEntry, Taught, is_of_a_plan
from knowledge.places import Gazetteer, Named
from knowledge.ranking import Fit, gains
from knowledge.schema import (
    RECORD_NAMES,
    AnyRecord,
    BudgetLine,
    CitedDocument,
    Deadline,
    Duty,
    Figure,
    HowTo,
    Plan,
    Point,
    SectionKey,
    System,
)
from knowledge.search import Compared, Document, Hit, Index
from knowledge.spelling import Repairer, Word, read
from knowledge.synonyms import synonyms
from knowledge.vietnamese import canon, fold

# Fitted, like `models.yaml`, on tests/questions/development.
ANSWER_FROM = 0.55
"""Probability from which an answer is given rather than choices."""
CHOICES_FROM = 0.7
"""Probability, that one of them is right, from which entries are offered to choose from. Below it, more questions that
are not ours would be met with choices than questions of ours would find their answer among them."""
PLANS_FROM = 0.55
"""Probability, that one of the records near is right, from which a question is one for the plans."""
ENTRY_NEAREST = 6
"""Nearest phrasings that count for an entry, which has dozens; for a plan record, with few, the nearest one does."""
_ENTRY_SHARES = (0.3, 0.3, 0.3)
"""Shares of an entry's score, a tenth less than the whole: among dozens of phrasings some are near by chance, and what
is compared with entries, things not ours and what an area has taught, has few."""
_RECORD_SHARES = (0.5, 0.0, 0.5)
"""Shares of a plan record's score: with few phrasings a cosine of words tells no more than coverage."""
RECORD_CHOICES_FROM = 0.20
"""Score below which a plan record is not looked at."""
REMARK_FROM = 0.40
"""Score from which a longer text counts as a remark: "chán nói với máy quá, cho gặp người"."""
MOST_CHOICES = 4
SAME_INDICATOR = 0.12
"""Records of different plans within this distance of the best answer the same question for different places."""
_FOR_A_PLAN = 0.15
"""Probability, that one of the records is right, from which a question is looked up in the plans."""
_ALSO_FROM = 0.3
"""Probability from which an entry is offered beside the places of a plan's question."""
_CLEAR_LEAD = 0.3
_CLEAR_OF_RIVALS = 0.2
"""Leads from which more lead says no more."""
_KEYWORD_LENGTH = math.log1p(3)
_KEYWORD_COVERED = 0.9
_KEYWORD_LEAD = 0.1
"""A text of up to three words that an entry has all but completely is met with choices rather than refused, and rather
than answered if other entries have it as well."""
_PART_COVERED = 0.5
"""Share of a question that a record about a part of its plan's place must have to be about the question."""
_LOCAL_COVERED = 0.4
"""Share of a question from which something taught is offered, if it is ahead of all entries and of what is not ours."""
_LOOKED_AT = 30
"""Hits that are looked at: what is further behind is never an answer or a choice."""
_LIKELY = 16
"""Entries that are compared with a question: those whose questions it is most like."""
_LIKENESS = 0.15
"""What a margin of likeness of 1 adds to an entry's score when entries are ranked."""
_READ_AT_MOST = 400
"""Characters of a question that are read: a longer one says nothing more, and only costs time."""
_TEAMS = "to_cnscd"
"""The topic whose entries yield to a plan's own facts as soon as its place is named."""
_REMARK = "remark:"
_NOT_OURS = "not_ours:"
_FOREIGN = (_REMARK, _NOT_OURS)
PLANS = "plans"
"""The group of all questions for plans in the model of likeness."""


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
    entry: str | None = None
    """The entry that answered the question before: "mất bao lâu?" asks for its section on time."""
    areas: frozenset[int] = frozenset()
    """Their area and those it lies in: what was taught there holds for them."""


@dataclass(frozen=True)
class Decision:
    """What to do with a question.

    Attributes:
        entry: Id of the entry, `<plan>/<record>` or `local/<id>`; None unless `outcome` is ANSWER.
        remark: For small talk, which list it is from.
        elsewhere: A place that was asked about and that no plan covers.
        asked_year: The year asked about, if the answer is of another one.
        compared: For a comparison of places, the record of each place that has one, the best fit first.
        section: The section of the entry that is asked for, None for its first message.
        silent: For a comparison, the ids of the plans that were asked about and have no such figure.
    """

    outcome: Outcome
    entry: str | None = None
    score: float = 0.0
    choices: tuple[Choice, ...] = ()
    remark: str | None = None
    elsewhere: str | None = None
    asked_year: int | None = None
    section: SectionKey | None = None
    compared: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Weighed:
    """What could answer a question, best first, and what speaks for it."""

    signs: Signs
    asked: list[Word]
    """The question's words, places and year included."""
    named: Named
    entries: list[Hit]
    rivals: list[Hit]
    records: list[Hit]
    compares: bool
    """Whether a word asks for the same figure of several places."""


@dataclass(frozen=True)
class _Wants:
    """What a question's words say of the record they want: what they ask for, of which year, with which numbers."""

    cues: frozenset[str]
    year: int | None
    numbers: frozenset[str]


class Answerer:
    """Everything needed to answer, built once from the knowledge."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.records: dict[str, tuple[Plan, AnyRecord]] = {
            f"{plan.document.id}/{record.id}": (plan, record)
            for plan in knowledge.plans.values()
            for record in plan.records
        }
        entries = tuple(map(_entry_document, knowledge.entries.values()))
        self._entries = Index(entries, nearest=ENTRY_NEAREST, shares=_ENTRY_SHARES, synonyms=synonyms())
        rivals = tuple(_rivals(knowledge))
        self._rivals = Index(rivals, nearest=ENTRY_NEAREST, synonyms=synonyms(), background=self._entries)
        records = tuple(_record_document(key, *found) for key, found in self.records.items())
        self._records = Index(records, shares=_RECORD_SHARES)
        told = {key: read(_told(record)) for key, (_, record) in self.records.items()}
        self._numbers = {key: cues.numbers(words) for key, words in told.items()}
        """The numbers that each record tells or is asked for by."""
        indexes = (self._entries, self._rivals, self._records)
        self._vocabulary = sum((index.vocabulary for index in indexes), Counter())
        pairs = sum((index.pairs for index in indexes), Counter())
        self._places = Gazetteer(knowledge.plans.values(), self._vocabulary + pairs)
        self._naming = {
            place: frozenset(key for key, words in told.items() if _plan_of(key) == plan and _is_in(place, words))
            for place, plan in self._places.within.items()
        }
        """By place within that of a plan, the records that name it: nothing else of the plan is about it alone."""
        self._repairer = Repairer(self._vocabulary + self._places.vocabulary, pairs)
        self.local = LocalKnowledge()

    def with_local(self, taught: Sequence[Taught]) -> Answerer:
        """Return an answerer that knows this too, the newest last; quick, since everything else is shared."""
        if not taught and not self.local:
            return self
        learned = copy(self)
        learned.local = LocalKnowledge(taught, self._entries, lambda text: self._repairer.repair(read(text)))
        return learned

    def knows(self, entry: str, asker: Asker = Asker()) -> bool:
        """Tell whether an id is that of an entry or record that may answer this asker."""
        own = self.local.entries.get(entry)
        if own is not None:
            return own.holds(asker.areas)
        return entry in self.knowledge.entries or entry in self.records

    def search(self, question: str, limit: int = 10, asker: Asker = Asker()) -> list[Hit]:
        """Return the raw ranking of entries and records, what the asker's area has taught included."""
        asked = self._repairer.repair(read(question[:_READ_AT_MOST]))
        found = {hit.id: hit for hit in self._entries.search(asked, limit)}
        found |= {hit.id: hit for hit in self._records.search(asked, limit)}
        for item, hit in self.local.nearest(asked, asker.areas):
            if self._leads_somewhere(item, asker) and hit.score > getattr(found.get(item.answers), "score", 0.0):
                found[item.answers] = replace(hit, id=item.answers)
        return sorted(found.values(), key=lambda hit: (-hit.score, hit.id))[:limit]

    def suggest(self, question: str, limit: int, asker: Asker) -> list[str]:
        """Return what might answer a question, best first, for a person who chooses.

        Of the plans only those of the asker's place and of the places named.
        """
        plans = {*self._with_places(question[:_READ_AT_MOST])[1].plans, asker.plan}
        hits = self.search(question, _LOOKED_AT, asker)
        return [hit.id for hit in hits if not is_of_a_plan(hit.id) or _plan_of(hit.id) in plans][:limit]

    def label(self, entry: str) -> str:
        """Return what a button for an entry or record says."""
        if entry in self.knowledge.entries:
            return self.knowledge.entries[entry].title
        if entry in self.local.entries:
            return self.local.entries[entry].title
        plan, record = self.records[entry]
        return f"{_subject(record)} – {plan.document.place} {plan.document.year}"

    def groups(self) -> Iterator[tuple[str, str]]:
        """Yield every text that the model of likeness learns from, with the name of its group."""
        for documents in (self._entries.documents, self._rivals.documents):
            yield from ((document.id, text) for document in documents for text in document.phrasings)
        for kind, texts in cues.not_ours_mixed().items():
            yield from ((_NOT_OURS + kind, text) for text in texts)
        yield from ((PLANS, text) for document in self._records.documents for text in document.phrasings)

    def compared_words(self, question: str) -> list[str]:
        """Return the folded words of a question that are compared with entries: a place is taken out, unless abroad."""
        return [word.fold for word in _compared(*self._with_places(question))]

    def decide(self, question: str, asker: Asker = Asker()) -> Decision:
        """Decide what answers `question`."""
        plain = question.strip()
        if self.knows(plain, asker):
            return Decision(Outcome.ANSWER, entry=plain, score=1.0)
        remark = cues.remark(plain)
        if remark is not None:
            return _remarked(remark, 1.0)
        followed = self._followed(plain, asker)
        if followed is not None:
            return followed
        found = self.weigh(plain, asker)
        decision = self._from_base(found, asker)
        return self._from_local(plain, found, asker, decision) if self.local else decision

    def _from_base(self, found: Weighed, asker: Asker) -> Decision:
        """Decide by what everybody may know."""
        signs, named, ours = found.signs, found.named, found.entries
        remarked = _longer_remark(found.rivals, signs.entry_rival)
        if remarked is not None:
            return remarked
        if found.records and named.elsewhere and not named.plans and _is_for_a_plan(signs):
            return Decision(Outcome.UNKNOWN, elsewhere=named.elsewhere[0])
        chance = chances(signs)
        entry = chance.entry_is_right
        for_a_plan = chance.record_is_near >= _FOR_A_PLAN and chance.record_is_right > entry
        if found.records and (for_a_plan or self._yields_to_plans(ours, found.records, named, asker)):
            decision = self._from_plans(found, asker)
            if decision.outcome is Outcome.CLARIFY and ours and entry >= _ALSO_FROM:
                return replace(decision, choices=(*decision.choices, Choice(ours[0].id, self.label(ours[0].id))))
            if decision.outcome is not Outcome.UNKNOWN:
                return decision
        if ours and entry >= ANSWER_FROM and not (_is_keyword(signs) and signs.entry_lead < _KEYWORD_LEAD):
            return Decision(Outcome.ANSWER, entry=ours[0].id, score=entry)
        if not ours or (chance.entry_is_near < CHOICES_FROM and not _is_keyword(signs)):
            return _unknown(entry)
        return self._offer(Outcome.CHOICES, [hit.id for hit in ours[:MOST_CHOICES]], entry)

    def _from_local(self, question: str, found: Weighed, asker: Asker, base: Decision) -> Decision:
        """Decide whether something taught for the asker's area answers better than `base` does.

        What was taught in exactly these words is meant for them. Otherwise it must be likelier than the answer of the
        base. A warning of the base and a remark are never put aside.
        """
        if base.remark is not None or self._warns(base):
            return base
        same = self.local.same(question, asker.areas)
        if same is not None and self._leads_somewhere(same, asker):
            return Decision(Outcome.ANSWER, entry=same.answers, score=1.0)
        nearest = self.local.nearest(found.asked, asker.areas)
        near = [(item, hit) for item, hit in nearest if self._leads_somewhere(item, asker)]
        if not near or not self._is_of_the_place(near[0][0], found.named, asker):
            return base
        own, signs = near[0][0].answers, self._signs_of_local(near, found)
        right = chances(signs).taught_is_right
        if right >= ANSWER_FROM and (base.outcome is not Outcome.ANSWER or right > base.score):
            return Decision(Outcome.ANSWER, entry=own, score=right)
        # The models were fitted to entries with dozens of phrasings; what was taught has one or two, and scores lower.
        is_ahead = min(signs.entry_lead, signs.entry_rival) > 0 and signs.entry_covered >= _LOCAL_COVERED
        if not is_ahead or base.outcome not in (Outcome.CHOICES, Outcome.CLARIFY, Outcome.UNKNOWN):
            return base
        return self._offer(Outcome.CHOICES, list(dict.fromkeys([own, *(item.entry for item in base.choices)])), right)

    def _leads_somewhere(self, taught: Taught, asker: Asker) -> bool:
        """Tell whether the entry that was meant can still be had: it may have left the base or been withdrawn."""
        return self.knows(taught.answers, asker)

    def _warns(self, decision: Decision) -> bool:
        entry = self.knowledge.entries.get(decision.entry or "")
        return entry is not None and entry.urgent

    def _is_of_the_place(self, taught: Taught, named: Named, asker: Asker) -> bool:
        """Tell whether every place that a question names is the asker's own or named by what was taught too."""
        foreign = {*named.plans, *map(fold, named.elsewhere)} - {asker.plan}
        if not foreign:
            return True
        told = [taught.answer, taught.unit or ""] if isinstance(taught, OwnEntry) else []
        there = [self._with_places(text)[1] for text in (*taught.asked_as, *told)]
        return foreign <= {place for found in there for place in (*found.plans, *map(fold, found.elsewhere))}

    def _signs_of_local(self, near: Sequence[tuple[Taught, Hit]], found: Weighed) -> Signs:
        """Return the signs for the nearest of what was taught, as if it were the best entry of the base."""
        (own, best), *others = near
        behind = [hit.score for item, hit in others if item.answers != own.answers]
        behind += [hit.score for hit in found.entries if hit.id != own.answers][:1]
        rival = found.rivals[0].score if found.rivals else 0.0
        return replace(
            found.signs,
            entry=best.score,
            entry_lead=min(best.score - max(behind, default=0.0), _CLEAR_LEAD),
            entry_rival=_within(best.score - rival, _CLEAR_OF_RIVALS),
            entry_covered=best.covered,
            # The place, if one is named, is that of what was taught: it points to no plan.
            place=0.0,
            elsewhere=0.0,
            record_here=0.0,
            figure_here=0.0,
        )

    def _followed(self, text: str, asker: Asker) -> Decision | None:
        """Return the section of the entry before that a few words ask for: "thế mất bao lâu ạ?".

        An entry without that section is given once more: what it knows of the matter stands in its first message.
        """
        entry = self.knowledge.entries.get(asker.entry or "")
        if entry is None:
            return None
        key = cues.follow_up(self._repairer.repair(read(text[:_READ_AT_MOST])))
        if key is None:
            return None
        section = SectionKey(key) if key in entry.sections else None
        return Decision(Outcome.ANSWER, entry=entry.id, score=1.0, section=section)

    def weigh(self, question: str, asker: Asker = Asker()) -> Weighed:
        """Return what could answer a question and what speaks for it."""
        asked, named = self._with_places(question)
        if asker.before is not None and _leaves_the_subject(named):
            _, before = self._named(asker.before)
            if named.plans or named.elsewhere:
                named = replace(named, year=named.year or before.year, rest=before.rest)
            else:
                named = replace(before, year=named.year)
        compares = cues.says(named.rest, cues.cues().compares)
        if compares:
            named = replace(named, rest=cues.without(named.rest, cues.cues().compares))
        words = _compared(asked, named)
        margins = likeness().margins([word.fold for word in words])
        ours = self._ranked_entries(words, margins)
        rivals = self._rivals.search(words, 1)
        compared = self._records.compare(named.rest)
        wants = _wants(named)
        everywhere = self._ranked_records(wants, compared)
        records = self._ranked_records(wants, compared, named.plans) if named.plans else everywhere
        about = self._about_a_part(named, wants, compared)
        if about:
            records, named = about, replace(named, plans=(_plan_of(about[0].id),), elsewhere=())
        best = ours[0].score if ours else 0.0
        others = [hit for hit in ours[1:] if not self._refines(ours[0].id, hit.id)]
        second = others[0].score if others else 0.0
        like = margins.get(ours[0].id, 0.0) if ours else 0.0
        record = records[0].score if records else 0.0
        other = next((hit.score for hit in records[1:] if not self._twins(records[0].id, hit.id)), 0.0)
        here = bool(named.plans) or compares
        signs = Signs(
            entry=best,
            entry_lead=min(best - second, _CLEAR_LEAD),
            entry_rival=_within(best - (rivals[0].score if rivals else 0.0), _CLEAR_OF_RIVALS),
            entry_covered=ours[0].covered if ours else 0.0,
            record=record,
            record_here=record if here else 0.0,
            record_lead=min(record - other, _CLEAR_OF_RIVALS),
            record_behind=record - (everywhere[0].score if everywhere else 0.0),
            record_covered=records[0].covered if records else 0.0,
            place=float(here),
            elsewhere=float(bool(named.elsewhere)),
            abroad=float(named.abroad),
            figure=float("figure" in wants.cues),
            figure_here=float("figure" in wants.cues and here),
            kind=float(bool(records) and _kind(self.records[records[0].id][1]) in wants.cues),
            like=like,
            like_lead=like - max((margins.get(hit.id, 0.0) for hit in others), default=0.0),
            like_rival=like
            - max((margin for name, margin in margins.items() if name.startswith(_FOREIGN)), default=0.0),
            like_plan=margins.get(PLANS, 0.0),
            length=math.log1p(len(words)),
            unknown=sum(word.fold not in self._vocabulary for word in words) / max(len(words), 1),
        )
        return Weighed(signs, asked, named, ours, rivals, records, compares)

    def _ranked_entries(self, words: Sequence[Word], margins: Mapping[str, float]) -> list[Hit]:
        """Return the entries by score and likeness together, best first; their scores stay those of the search."""
        known = sorted((name for name in margins if name in self.knowledge.entries), key=margins.__getitem__)
        unlikely = frozenset(known[:-_LIKELY])
        hits = self._entries.search(words, _LOOKED_AT, keep=lambda key: key not in unlikely)
        return sorted(hits, key=lambda hit: (-hit.score - _LIKENESS * margins.get(hit.id, 0.0), hit.id))

    def _with_places(self, text: str) -> tuple[list[Word], Named]:
        """Return the words of a text, and what they say of place and year, unlisted places included."""
        told, unlisted = self._places.without_unlisted(text)
        asked, named = self._named(told)
        if unlisted is not None and not named.plans and not named.elsewhere:
            named = replace(named, elsewhere=(unlisted,))
        return asked, named

    def _named(self, text: str) -> tuple[list[Word], Named]:
        """Return the words of a text, and what they say of place and year.

        Places are looked for before words are repaired, or "đồg hới" would become "đòi hỏi".
        """
        typed = read(text[:_READ_AT_MOST])
        asked = self._repairer.repair(typed)
        named = self._places.read(typed)
        if not named.plans and not named.elsewhere:
            return asked, self._places.read(asked)
        return asked, replace(named, rest=self._repairer.repair(named.rest))

    def _ranked_records(
        self,
        wants: _Wants,
        compared: Compared | None,
        plans: Collection[str] = (),
        naming: Collection[str] = (),
    ) -> list[Hit]:
        """Return the records (of these plans, of these ids, or all) by how well they fit what the question wants."""
        keep = (lambda key: _plan_of(key) in plans or key in naming) if plans or naming else None
        fitting = self._fitting(wants, self._records.pick(compared, _LOOKED_AT, keep=keep))
        weighed = [replace(hit, score=max(0.0, hit.score + gains().of(fit))) for hit, fit in fitting]
        best_first = sorted(weighed, key=lambda hit: (-hit.score, hit.id))
        return [hit for hit in best_first if hit.score >= RECORD_CHOICES_FROM]

    def fits(self, question: str) -> list[tuple[Hit, Fit]]:
        """Return the records of the places named, or of all, with their raw scores and how else they fit."""
        _, named = self._with_places(question)
        keep = (lambda key: _plan_of(key) in named.plans) if named.plans else None
        return self._fitting(
            _wants(named), self._records.pick(self._records.compare(named.rest), _LOOKED_AT, keep=keep)
        )

    def _fitting(self, wants: _Wants, hits: Sequence[Hit]) -> list[tuple[Hit, Fit]]:
        return [(hit, self._fit(wants, hit)) for hit in hits]

    def _fit(self, wants: _Wants, hit: Hit) -> Fit:
        record = self.records[hit.id][1]
        year = getattr(record, "year", None)
        return Fit(
            covered=hit.covered,
            year=0 if None in (wants.year, year) else 1 if year == wants.year else -1,
            numbers=len(wants.numbers & self._numbers[hit.id]) / max(len(wants.numbers), 1),
            cues=wants.cues,
            kind=_kind(record),
        )

    def _about_a_part(self, named: Named, wants: _Wants, compared: Compared | None) -> list[Hit]:
        """Return the records that name a part of their plan's place, if the question names that part and is theirs."""
        part = fold(named.elsewhere[0]) if named.elsewhere else ""
        naming = self._naming.get(part, frozenset())
        if not naming or not {self._places.within[part]}.issuperset(named.plans):
            return []
        hits = self._ranked_records(wants, compared, naming=naming)
        return hits if hits and hits[0].covered >= _PART_COVERED else []

    def _from_plans(self, found: Weighed, asker: Asker) -> Decision:
        """Decide among plan records: of the place that is named, else the asker's own; without either, ask."""
        hits, named = found.records, found.named
        # That this is a question for a plan is decided; which place is meant is settled below.
        chance = chances(_in_a_place(found.signs))
        right = chance.record_is_right
        best = hits[0]
        same = [hit for hit in hits if hit.score >= best.score - SAME_INDICATOR]
        if chance.record_is_near < PLANS_FROM:
            return _unknown(right)
        if isinstance(self.records[best.id][1], CitedDocument):
            same = self._of_the_same_number(same, named)
        is_figure = isinstance(self.records[best.id][1], Figure)
        several = len(named.plans) > 1 and not named.wider
        if several or (found.compares and is_figure):
            decision = self._compare(hits, best, named, right)
            if is_figure or len(decision.compared) > 1:
                return decision
        if not named.plans:
            own = [hit for hit in same if _plan_of(hit.id) == asker.plan]
            if not own and (named.elsewhere or not self._is_clear_without_place(same, asker)):
                return self._offer(Outcome.CLARIFY, _first_of_each_plan(same), right)
            same = own or same
        elif len(named.plans) > 1 or (_plan_of(best.id) in named.wider and not self._is_named_by_all(best)):
            return self._offer(Outcome.CLARIFY, _first_of_each_plan(same), right)
        if right >= ANSWER_FROM:
            year = self._other_year(same[0].id, named.year)
            return Decision(Outcome.ANSWER, entry=same[0].id, score=right, asked_year=year)
        return self._offer(Outcome.CHOICES, [hit.id for hit in same], right)

    def _is_clear_without_place(self, hits: Sequence[Hit], asker: Asker) -> bool:
        """Tell whether only one plan tells what is asked, so that the answer may say whose it is.

        Who has a plan of their own may mean their own place by a figure or a duty.
        """
        if self._is_one_document(hits):
            return True
        one_plan = len({_plan_of(hit.id) for hit in hits}) == 1
        return one_plan and (asker.plan is None or self._is_named_by_all(hits[0]))

    def _is_one_document(self, hits: Sequence[Hit]) -> bool:
        """Tell whether several plans cite the same document, so that each tells the same of it."""
        cited = [record for hit in hits if isinstance(record := self.records[hit.id][1], CitedDocument)]
        names = {(record.number, record.issuer) for record in cited}
        days = {record.dated for record in cited if record.dated}
        return len(cited) == len(hits) and len(names) == 1 and len(days) <= 1 and cited[0].number is not None

    def _is_named_by_all(self, hit: Hit) -> bool:
        """Tell whether a record is of a document or system: it is the same in the plan's place and in the province."""
        return isinstance(self.records[hit.id][1], CitedDocument | System)

    def _of_the_same_number(self, hits: list[Hit], named: Named) -> list[Hit]:
        """Return those of some records that have the number which the question names, as the best one has; else all."""
        numbers = cues.numbers(named.rest) & self._numbers[hits[0].id]
        return [hit for hit in hits if numbers & self._numbers[hit.id]] if numbers else hits

    def _compare(self, hits: Sequence[Hit], best: Hit, named: Named, right: float) -> Decision:
        """Set what each place tells side by side, as far as it answers the same question."""
        kind = type(self.records[best.id][1])
        # Beside another figure stands only the same one; of what is told in words the nearest may stand there.
        reach = SAME_INDICATOR if kind is Figure else 2 * SAME_INDICATOR
        near = [hit for hit in hits if hit.score >= best.score - reach]
        compared = tuple(_first_of_each_plan([hit for hit in near if isinstance(self.records[hit.id][1], kind)]))
        asked = named.plans or tuple(self.knowledge.plans)
        silent = tuple(plan for plan in asked if plan not in map(_plan_of, compared))
        return Decision(Outcome.ANSWER, entry=best.id, score=right, compared=compared, silent=silent)

    def _offer(self, outcome: Outcome, ids: Sequence[str], score: float) -> Decision:
        limit = MOST_CHOICES if outcome is Outcome.CHOICES else len(self.knowledge.plans)
        return Decision(outcome, choices=tuple(Choice(item, self.label(item)) for item in ids[:limit]), score=score)

    def _yields_to_plans(self, entries: Sequence[Hit], records: Sequence[Hit], named: Named, asker: Asker) -> bool:
        """Tell whether the best entry only says in general what a plan says for the place that is meant.

        The place is the one named; without one, a deadline is asked for the asker's own place, a figure for any.
        """
        entry = self.knowledge.entries.get(entries[0].id) if entries else None
        if entry is None or entry.topic != _TEAMS:
            return False
        near = [hit.id for hit in records if hit.score >= records[0].score - SAME_INDICATOR]
        own = any(_plan_of(key) == asker.plan and isinstance(self.records[key][1], Deadline) for key in near)
        figure = isinstance(self.records[near[0]][1], Figure) and cues.says(named.rest, cues.cues().count)
        return bool(named.plans) or own or figure

    def _refines(self, first: str, second: str) -> bool:
        """Tell whether one of two entries is a finer version of the other, so that either is right."""
        one, two = self.knowledge.entries.get(first), self.knowledge.entries.get(second)
        return one is not None and two is not None and (one.refines == second or two.refines == first)

    def _twins(self, first: str, second: str) -> bool:
        """Tell whether two records of a plan are the same indicator told twice (the document contradicts itself)."""
        one, two = self.records[first][1], self.records[second][1]
        if not isinstance(one, Figure) or not isinstance(two, Figure):
            return False
        return (canon(one.indicator), one.scope) == (canon(two.indicator), two.scope)

    def _other_year(self, entry: str, asked: int | None) -> int | None:
        plan, record = self.records[entry]
        own = getattr(record, "year", plan.document.year)
        return asked if asked is not None and asked != own else None


def _record_document(key: str, plan: Plan, record: AnyRecord) -> Document:
    said = [*record.asks, _subject(record)]
    if isinstance(record, Figure) and record.scope:
        said.append(f"{record.indicator} {record.scope.replace(plan.document.place, '')}")
    if isinstance(record, Deadline):
        # The place is taken out of a question before its words are compared, so it must not stand here either.
        said.append(f"{record.who.replace(plan.document.place, '')} báo cáo khi nào")
    return Document(id=key, phrasings=tuple(said))


def _wants(named: Named) -> _Wants:
    return _Wants(
        cues=cues.asked_for(named.rest),
        year=named.year,
        numbers=cues.numbers(named.rest),
    )


def _is_in(place: str, words: Sequence[Word]) -> bool:
    return f" {place} " in f" {' '.join(word.fold for word in words)} "


def _told(record: AnyRecord) -> str:
    """Return what a record tells and how it is asked for, without what is only said about it."""
    told = record.model_dump(exclude={"id", "section", "note", "year", "kind"})
    return " ".join(str(value) for value in told.values() if value is not None)


def _rivals(knowledge: Knowledge) -> list[Document]:
    """Return what competes with the entries: remarks, and neighbouring questions that have no entry."""
    remarks = [Document(_REMARK + kind, texts) for kind, texts in cues.remarks().items()]
    return remarks + [
        Document(_NOT_OURS + name, texts) for name, texts in cues.not_ours().items() if name not in knowledge.entries
    ]


def _compared(asked: list[Word], named: Named) -> Sequence[Word]:
    """Return the words that are compared with entries.

    Another country stays among them as words that no entry knows: "visa đi Hàn Quốc" is not ours.
    """
    return asked if named.abroad else named.rest


def _plan_of(key: str) -> str:
    return key.partition("/")[0]


def _first_of_each_plan(hits: Sequence[Hit]) -> list[str]:
    first: dict[str, str] = {}
    for hit in hits:
        first.setdefault(_plan_of(hit.id), hit.id)
    return list(first.values())


def _within(value: float, bound: float) -> float:
    return max(-bound, min(bound, value))


def _is_keyword(signs: Signs) -> bool:
    """Tell whether a text is no question but a word or two of ours: "căn cước", "mã qr"."""
    return signs.length <= _KEYWORD_LENGTH and signs.entry_covered >= _KEYWORD_COVERED and signs.entry_rival > 0


def _in_a_place(signs: Signs) -> Signs:
    """Return the signs as they would be if the question named a place of a plan."""
    return replace(signs, place=1.0, elsewhere=0.0, abroad=0.0, record_here=signs.record, figure_here=signs.figure)


def _is_for_a_plan(signs: Signs) -> bool:
    """Tell whether a question about a place without a plan would be one for its plan if there were one."""
    as_if = chances(_in_a_place(signs)).record_is_near
    return as_if >= PLANS_FROM and as_if > chances(signs).entry_is_right


def _longer_remark(rivals: Sequence[Hit], lead: float) -> Decision | None:
    """Return the decision for a text that is a remark rather than a question, None if it is none."""
    if lead > 0 or not rivals or not rivals[0].id.startswith(_REMARK) or rivals[0].score < REMARK_FROM:
        return None
    return _remarked(rivals[0].id.removeprefix(_REMARK), rivals[0].score)


def _unknown(score: float) -> Decision:
    return Decision(Outcome.UNKNOWN, score=score)


def _remarked(kind: str, score: float) -> Decision:
    return Decision(Outcome.HANDOFF if kind == "handoff" else Outcome.SMALLTALK, remark=kind, score=score)


def _leaves_the_subject(named: Named) -> bool:
    """Tell whether a question says nothing but a place or a year: "còn Quảng Nam thì sao"."""
    return bool(named.plans or named.elsewhere or named.year) and cues.only_carries_over(named.rest)


def _kind(record: AnyRecord) -> str:
    return record.kind if isinstance(record, Figure) else RECORD_NAMES[type(record)]


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
        case Point():
            return record.about


def _entry_document(entry: HowTo) -> Document:
    return Document(id=entry.id, phrasings=(entry.title, *entry.phrasings))
