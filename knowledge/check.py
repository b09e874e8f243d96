"""Judges the sense of what was loaded: references, lengths, ages, repeats; it mends nothing."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from knowledge.deadlines import MONTHS
from knowledge.loader import Knowledge
from knowledge.schema import HowTo, Plan
from knowledge.vietnamese import fold

LONGEST_SECTION = 900
LONGEST_TITLE = 40
LONGEST_ACTION = 64
"""Telegram's limit for the data of a button, in bytes."""
STALE_AFTER = timedelta(days=400)


def problems(knowledge: Knowledge, today: date) -> list[str]:
    """Return one line a problem, "file: entry: what", none if all is well."""
    return [*_entries(knowledge, today), *_phrasings(knowledge), *_plans(knowledge), *_marks(knowledge)]


def stats(knowledge: Knowledge) -> list[str]:
    """Return how large the base is, one line a kind."""
    by_topic = Counter(entry.topic for entry in knowledge.entries.values())
    phrasings = sum(len(entry.phrasings) for entry in knowledge.entries.values())
    lines = [f"{len(knowledge.entries)} mục hướng dẫn, {phrasings} cách hỏi"]
    lines += [f"  {topic}: {count}" for topic, count in sorted(by_topic.items())]
    for plan in knowledge.plans.values():
        kinds = Counter(figure.kind for figure in plan.figures)
        lines.append(
            f"{plan.document.id}: {kinds['target']} chỉ tiêu, {kinds['result']} kết quả, "
            f"{len(plan.duties)} nhiệm vụ, {len(plan.deadlines)} hạn, {len(plan.systems)} hệ thống, "
            f"{len(plan.cited)} văn bản, {len(plan.budget)} khoản kinh phí"
        )
    return lines


def _entries(knowledge: Knowledge, today: date) -> Iterator[str]:
    for entry in knowledge.entries.values():
        where = knowledge.files[entry.id]
        if entry.topic not in knowledge.topics:
            yield f"{where}: {entry.id}: topic {entry.topic} không có trong topics.yaml"
        if len(entry.title) > LONGEST_TITLE:
            yield f"{where}: {entry.id}: title dài hơn {LONGEST_TITLE} chữ"
        for fact in entry.facts:
            if fact.source not in knowledge.sources and fact.source not in knowledge.plans:
                yield f"{where}: {entry.id}: nguồn {fact.source} không có trong sources.yaml hay các kế hoạch"
        for related in (*entry.related, *([entry.refines] if entry.refines else [])):
            if related not in knowledge.entries:
                yield f"{where}: {entry.id}: mục liên quan {related} không có"
        for key, text in entry.sections.items():
            if len(text) > LONGEST_SECTION:
                yield f"{where}: {entry.id}: phần {key} dài hơn {LONGEST_SECTION} chữ"
        yield from _age(entry, where, today)


def _age(entry: HowTo, where: str, today: date) -> Iterator[str]:
    if entry.checked_on > today:
        yield f"{where}: {entry.id}: checked_on {entry.checked_on} ở tương lai"
    elif today - entry.checked_on > STALE_AFTER:
        yield f"{where}: {entry.id}: chưa kiểm lại từ {entry.checked_on}"
    if entry.valid_until is not None and entry.valid_until < today:
        yield f"{where}: {entry.id}: hết hiệu lực từ {entry.valid_until}"


def _phrasings(knowledge: Knowledge) -> Iterator[str]:
    owner: dict[str, str] = {}
    for entry in knowledge.entries.values():
        for phrasing in entry.phrasings:
            plain = fold(phrasing)
            if plain in owner:
                where = knowledge.files[entry.id]
                yield f"{where}: {entry.id}: cách hỏi «{phrasing}» đã có ở {owner[plain]}"
            owner[plain] = entry.id


def _plans(knowledge: Knowledge) -> Iterator[str]:
    for plan in knowledge.plans.values():
        seen: set[str] = set()
        for name, records in plan.by_file.items():
            for record in records:
                where = f"{plan.document.id}/{name}.yaml: {record.id}"
                if record.id in seen:
                    yield f"{where}: id lặp lại trong kế hoạch"
                seen.add(record.id)
                # The longest button of a record is its "Chưa đúng" or the adoption of a rule.
                action = f"due.adopt:999999:{plan.document.id}/{record.id}"
                if len(action.encode()) > LONGEST_ACTION:
                    yield f"{where}: id quá dài cho một nút bấm"
        yield from _deadlines(plan)


def _deadlines(plan: Plan) -> Iterator[str]:
    for rule in plan.deadlines:
        where = f"{plan.document.id}/deadlines.yaml: {rule.id}"
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
                yield f"{knowledge.files[entry.id]}: {entry.id}: chữ không ở dạng NFC: {text[:40]}"
