"""Scores how well questions are answered, in three styles of typing; it decides nothing and prints nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

from knowledge.answering import Answerer, Decision, Outcome
from knowledge.loader import Knowledge
from knowledge.schema import Line, Record
from knowledge.vietnamese import fold

STYLES = ("accented", "unaccented", "noisy")
GRADES = ("right", "offered", "wrong", "refused")
"""Of a question: answered rightly; the right answer among the choices; answered wrongly; not answered and not offered.

Out of scope the same words mean: refused by saying so (right), met with choices (offered), answered (wrong).
"""
_DAMAGED = 0.3
"""Share of the words that the noisy style damages."""
_SHORTHAND = {
    "không": ("ko", "k", "hok"), "được": ("dc", "đc"), "gì": ("j", "chi"), "vậy": ("z",), "rồi": ("r",), "với": ("vs",),
    "người": ("ng",), "sao": ("răng",), "đâu": ("mô",), "điện thoại": ("dt",), "mật khẩu": ("mk",),
    "tài khoản": ("tk",), "ngân hàng": ("nh",), "hồ sơ": ("hs",), "bao nhiêu": ("bn",), "đăng ký": ("dk", "đk"),
    "thế nào": ("ntn",), "báo cáo": ("bc",), "chuyển khoản": ("ck",), "dịch vụ công": ("dvc",),
}  # fmt: skip


class Case(Record):
    """A question with what may be answered: an entry or record, one of several, or only a kind of outcome."""

    q: Line
    entry: Line | None = None
    entries: tuple[Line, ...] = ()
    kind: Literal["answer", "clarify", "unknown", "smalltalk", "handoff"] = "answer"

    @property
    def named(self) -> frozenset[str]:
        """The ids that the case itself names as right."""
        return frozenset((*self.entries, *([self.entry] if self.entry else [])))

    def expected(self, knowledge: Knowledge) -> frozenset[str]:
        """Return the ids that are right, as far as the base has them, with the entries that refine them."""
        named = self.named
        known = {name for name in named if name in knowledge.entries or "/" in name}
        return frozenset(known | {entry.id for entry in knowledge.entries.values() if entry.refines in named})

    def topic(self, knowledge: Knowledge) -> str:
        """Return the group under which the case is counted."""
        expected = sorted(self.expected(knowledge))
        if not expected:
            return self.kind if self.kind != "answer" else "unknown"
        return "plans" if "/" in expected[0] else knowledge.entries[expected[0]].topic


class Miss(NamedTuple):
    """A question that did not get its right answer."""

    style: str
    grade: str
    score: float
    question: str
    got: str
    expected: str


@dataclass(frozen=True)
class Evaluation:
    """Counts of grades by style and topic, and every miss, the surest wrong ones first.

    `sureness` counts the grades of the answers given by the tenth that their probability lies in: 9 for 0.9 to 1.
    """

    counts: dict[tuple[str, str], Counter[str]]
    misses: tuple[Miss, ...]
    sureness: dict[int, Counter[str]]

    def share(self, style: str, grade: str, topics: Iterable[str] | None = None) -> float:
        """Return the share of a grade among a style's questions of `topics`, of all in scope if none are given."""
        wanted = set(topics) if topics is not None else {topic for _, topic in self.counts} - {"unknown"}
        total: Counter[str] = Counter()
        for (counted_style, topic), counts in self.counts.items():
            if counted_style == style and topic in wanted:
                total += counts
        return total[grade] / max(total.total(), 1)

    @property
    def passes(self) -> bool:
        """Tell whether every style that was asked reaches its bar."""
        asked = {style for style, _ in self.counts}
        return all(self.share(style, "right") >= BAR[style] for style in asked)

    def lines(self, worst: int = 20) -> list[str]:
        """Render the table by style and topic, then the worst misses."""
        rendered = [f"{'style':<11}{'topic':<12}{'questions':>10}" + "".join(f"{grade:>9}" for grade in GRADES)]
        for style in STYLES:
            for topic in sorted({topic for _, topic in self.counts}):
                counts = self.counts.get((style, topic), Counter())
                shares = "".join(f"{counts[grade] / max(counts.total(), 1):>9.1%}" for grade in GRADES)
                rendered.append(f"{style:<11}{topic:<12}{counts.total():>10}{shares}")
            shares = "".join(f"{self.share(style, grade):>9.1%}" for grade in GRADES)
            within = self.share(style, "right") + self.share(style, "offered")
            rendered.append(f"{style:<11}{'in scope':<22}{shares}   right or among the choices {within:.1%}")
        rendered.extend(
            f"{counts.total():>5} answers given as {tenth / 10:.1f} sure, right {counts['right'] / counts.total():.1%}"
            for tenth, counts in sorted(self.sureness.items())
        )
        rendered.extend(
            f"{miss.grade:<8} {miss.score:.2f} {miss.style:<11} {miss.question} → {miss.got} (đúng: {miss.expected})"
            for miss in self.misses[:worst]
        )
        return rendered


BAR = {"accented": 0.84, "unaccented": 0.82, "noisy": 0.69}
"""Shares of right answers under which an evaluation counts as failed: a little below what held-out questions reach."""


def load_cases(path: Path) -> list[Case]:
    """Read a question set: a file, or all files of a folder."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return [Case.model_validate(item) for file in files for item in yaml.safe_load(file.read_text(encoding="utf-8"))]


def evaluate(answerer: Answerer, cases: Iterable[Case], styles: Iterable[str] = STYLES) -> Evaluation:
    """Ask every case in every style and grade what is decided."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    misses: list[Miss] = []
    sureness: dict[int, Counter[str]] = {}
    asked_styles = tuple(styles)
    for case in cases:
        expected = case.expected(answerer.knowledge)
        topic = case.topic(answerer.knowledge)
        for style in asked_styles:
            question = typed(case.q, style)
            decision = answerer.decide(question)
            grade = _grade(decision, expected, {topic, case.kind})
            counts.setdefault((style, topic), Counter())[grade] += 1
            if decision.outcome is Outcome.ANSWER:
                sureness.setdefault(min(int(decision.score * 10), 9), Counter())[grade] += 1
            if grade != "right":
                got = decision.entry or f"{decision.outcome} {' '.join(choice.entry for choice in decision.choices)}"
                misses.append(Miss(style, grade, decision.score, question, got, " | ".join(sorted(expected)) or topic))
    order = ("wrong", "refused", "offered")
    misses.sort(key=lambda miss: (order.index(miss.grade), -miss.score))
    return Evaluation(counts, tuple(misses), sureness)


def _grade(decision: Decision, expected: frozenset[str], kinds: set[str]) -> str:
    outcome = decision.outcome
    if outcome is Outcome.ANSWER:
        return "right" if decision.entry in expected else "wrong"
    if outcome.value in kinds:
        return "right"
    asks_back = outcome in (Outcome.CHOICES, Outcome.CLARIFY)
    if asks_back and (kinds & {"unknown", "clarify"} or expected & {choice.entry for choice in decision.choices}):
        return "offered"
    return "refused"


def typed(question: str, style: str) -> str:
    """Return `question` as typed in a style; always the same for the same question."""
    if style == "accented":
        return question
    if style == "unaccented":
        return fold(question)
    chance = random.Random(question)
    text = fold(question) if chance.random() < 0.5 else question  # hurried people often type no marks at all
    damaged: list[str] = []
    for word in _with_shorthand(text, chance).split():
        if chance.random() >= _DAMAGED or len(word) < 2:
            damaged.append(word)
            continue
        kind = chance.choice(("marks", "swap", "drop", "double", "glue"))
        place = chance.randrange(len(word) - 1)
        if kind == "marks":
            damaged.append(fold(word))
        elif kind == "swap":
            damaged.append(word[:place] + word[place + 1] + word[place] + word[place + 2 :])
        elif kind == "drop":
            damaged.append(word[:place] + word[place + 1 :])
        elif kind == "double":
            damaged.append(word[:place] + word[place] * 2 + word[place + 1 :])
        elif damaged:
            damaged[-1] += word
        else:
            damaged.append(word)
    return " ".join(damaged)


def _with_shorthand(text: str, chance: random.Random) -> str:
    """Write some words in chat shorthand, as often as words are damaged."""
    padded = f" {text} "
    for full, short in _SHORTHAND.items():
        for written in {full: None, fold(full): None}:
            if f" {written} " in padded and chance.random() < _DAMAGED:
                padded = padded.replace(f" {written} ", f" {chance.choice(short)} ")
    return padded.strip()
