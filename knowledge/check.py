"""Judges the sense of what was loaded: references, figures, lengths, ages, repeats; it mends nothing."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import date

from rapidfuzz import fuzz, process

from knowledge.deadlines import MONTHS
from knowledge.figures import figures_in, without_steps
from knowledge.loader import Knowledge
from knowledge.schema import HowTo, Plan
from knowledge.vietnamese import fold

LONGEST_SECTION = 900
LONGEST_TITLE = 40
LONGEST_ACTION = 64
"""Telegram's limit for the data of a button, in bytes."""
_NEARLY_THE_SAME = 96
"""rapidfuzz ratio of two folded phrasings from which they differ by a letter or an ending at most."""


def problems(knowledge: Knowledge, today: date, tested: Collection[str] | None = None) -> list[str]:
    """Return one line a problem, "file:line: entry: what", none if all is well.

    Args:
        knowledge: What to judge.
        today: The day on which ages are judged.
        tested: The entries for which a test question exists; None if the questions are not at hand.
    """
    return [
        *_entries(knowledge, today),
        *_figures(knowledge),
        *_phrasings(knowledge),
        *_plans(knowledge),
        *_marks(knowledge),
        *(_untested(knowledge, tested) if tested is not None else ()),
    ]


def stats(knowledge: Knowledge) -> list[str]:
    """Return how large the base is, one line a kind."""
    entries = knowledge.entries.values()
    by_topic = Counter(entry.topic for entry in entries)
    phrasings = sum(len(entry.phrasings) for entry in entries)
    facts = [fact for entry in entries for fact in entry.facts]
    lines = [f"{len(entries)} mục hướng dẫn, {phrasings} cách hỏi, {len(facts)} điều có nguồn"]
    lines += [f"  {topic}: {count}" for topic, count in sorted(by_topic.items())]
    if entries:
        oldest = min(entries, key=lambda entry: (entry.checked_on, entry.id))
        unsure = sum(not fact.confirmed for fact in facts)
        lines.append(f"  kiểm lâu nhất: {oldest.id}, ngày {oldest.checked_on}; chưa xác nhận: {unsure} điều")
    lines.append(f"{len(knowledge.sources)} nguồn, {len(knowledge.plans)} văn bản")
    total: Counter[str] = Counter()
    asks = 0
    for plan in knowledge.plans.values():
        kinds = _records_by_kind(plan)
        total += kinds
        asks += sum(len(record.asks) for record in plan.records)
        lines.append(f"  {plan.document.id}: {_counted(kinds)}")
    lines.append(f"{total.total()} dữ kiện của các văn bản, {asks} cách hỏi: {_counted(total)}")
    return lines


_KINDS = {
    "target": "chỉ tiêu",
    "result": "kết quả",
    "duties": "nhiệm vụ",
    "deadlines": "hạn",
    "systems": "hệ thống",
    "cited": "văn bản được nêu",
    "budget": "khoản kinh phí",
    "points": "điểm khác",
}


def _records_by_kind(plan: Plan) -> Counter[str]:
    kinds = Counter[str](figure.kind for figure in plan.figures)
    kinds.update({name: len(records) for name, records in plan.by_file.items() if name != "figures"})
    return kinds


def _counted(kinds: Counter[str]) -> str:
    return ", ".join(f"{kinds[kind]} {name}" for kind, name in _KINDS.items())


def _entries(knowledge: Knowledge, today: date) -> Iterator[str]:
    for entry in knowledge.entries.values():
        where = f"{knowledge.lines[entry.id]}: {entry.id}"
        if entry.topic not in knowledge.topics:
            yield f"{where}: topic {entry.topic} không có trong topics.yaml"
        if len(entry.title) > LONGEST_TITLE:
            yield f"{where}: title dài hơn {LONGEST_TITLE} chữ"
        for fact in entry.facts:
            if fact.source not in knowledge.sources and fact.source not in knowledge.plans:
                yield f"{where}: nguồn {fact.source} không có trong sources.yaml hay các kế hoạch"
        for related in (*entry.related, *([entry.refines] if entry.refines else [])):
            if related not in knowledge.entries:
                yield f"{where}: mục liên quan {related} không có"
        for key, text in entry.sections.items():
            if len(text) > LONGEST_SECTION:
                yield f"{where}: phần {key} dài hơn {LONGEST_SECTION} chữ"
        if entry.checked_on > today:
            yield f"{where}: checked_on {entry.checked_on} ở tương lai"
        elif entry.is_stale(today):
            yield f"{where}: chưa kiểm lại từ {entry.checked_on}"
        if entry.is_expired(today):
            yield f"{where}: hết hiệu lực từ {entry.valid_until}"


def _figures(knowledge: Knowledge) -> Iterator[str]:
    """Tell of every figure in an answer that no sourced fact of the entry has."""
    for entry in knowledge.entries.values():
        sourced = _sourced_figures(entry, knowledge)
        for part, text in (("answer", entry.answer), *entry.sections.items()):
            unknown = sorted(set(figures_in(without_steps(text))) - sourced)
            if unknown:
                yield f"{knowledge.lines[entry.id]}: {entry.id}: số {', '.join(unknown)} trong {part} không có ở facts"


def _sourced_figures(entry: HowTo, knowledge: Knowledge) -> set[str]:
    """Return the figures in the claims of an entry and in the titles and dates of their sources."""
    texts = []
    for fact in entry.facts:
        source = knowledge.sources.get(fact.source)
        texts += [fact.claim, fact.section or ""]
        if source is not None:
            texts += [source.title, source.seen or "", str(source.year or "")]
    return {figure for text in texts for figure in figures_in(text)}


def _phrasings(knowledge: Knowledge) -> Iterator[str]:
    """Tell of ways to ask that stand in two places, or nearly so in two entries: but for a letter, or the order."""
    asked = sorted(
        ((fold(phrasing), phrasing, entry.id) for entry in knowledge.entries.values() for phrasing in entry.phrasings),
        key=lambda item: (len(item[0]), item),
    )
    texts = [plain for plain, _, _ in asked]
    lengths = [len(plain) for plain in texts]
    by_words: defaultdict[str, list[int]] = defaultdict(list)
    for number, plain in enumerate(texts):
        by_words[_in_order(plain)].append(number)
    for number, (plain, phrasing, owner) in enumerate(asked):
        longest = len(plain) * (200 - _NEARLY_THE_SAME) / _NEARLY_THE_SAME
        behind = texts[number + 1 : bisect_right(lengths, longest)]
        alike = process.extract(plain, behind, scorer=fuzz.ratio, score_cutoff=_NEARLY_THE_SAME, limit=None)
        found = {number + 1 + position for _, _, position in alike}
        for other in sorted(found.union(same for same in by_words[_in_order(plain)] if same > number)):
            if texts[other] == plain or asked[other][2] != owner:
                yield f"{knowledge.lines[owner]}: {owner}: cách hỏi «{phrasing}» đã có ở {asked[other][2]}"


def _in_order(text: str) -> str:
    return " ".join(sorted(text.split()))


def _plans(knowledge: Knowledge) -> Iterator[str]:
    for plan in knowledge.plans.values():
        for record in plan.records:
            # The longest button of a record is its "Chưa đúng" or the adoption of a rule.
            action = f"due.adopt:999999:{plan.document.id}/{record.id}"
            if len(action.encode()) > LONGEST_ACTION:
                where = knowledge.lines[f"{plan.document.id}/{record.id}"]
                yield f"{where}: {record.id}: id quá dài cho một nút bấm"
        yield from _deadlines(plan, knowledge)


def _deadlines(plan: Plan, knowledge: Knowledge) -> Iterator[str]:
    for rule in plan.deadlines:
        where = f"{knowledge.lines[f'{plan.document.id}/{rule.id}']}: {rule.id}"
        if rule.day is not None and rule.every is None:
            yield f"{where}: có ngày mà không có nhịp (every)"
        if rule.day is not None and rule.every in {"quarter", "half", "year"} and rule.month is None:
            yield f"{where}: nhịp {rule.every} cần month"
        if rule.month is not None and rule.every is not None and rule.month > MONTHS[rule.every]:
            yield f"{where}: month {rule.month} dài hơn nhịp {rule.every}"


def _marks(knowledge: Knowledge) -> Iterator[str]:
    for entry in knowledge.entries.values():
        for text in (entry.title, entry.answer, *entry.phrasings):
            if unicodedata.normalize("NFC", text) != text:
                yield f"{knowledge.lines[entry.id]}: {entry.id}: chữ không ở dạng NFC: {text[:40]}"


def _untested(knowledge: Knowledge, tested: Collection[str]) -> Iterator[str]:
    for entry in knowledge.entries.values():
        if entry.id not in tested:
            yield f"{knowledge.lines[entry.id]}: {entry.id}: chưa có câu hỏi thử nào"
