"""Scores the log parser on sets of sentences with their expected entries, by style of typing; it prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from knowledge.answer_eval import STYLES, typed
from knowledge.log_outcome import verb_words
from knowledge.log_sentence import parse
from knowledge.masking import mask
from knowledge.vietnamese import canon, fold, has_marks, words

FIELDS = ("topics", "people", "place", "date", "outcome", "missing")

WHOLE_BAR = 0.95
"""Share of unambiguous logs of which every field must be right."""
ASKED_BAR = 0.97
"""Share of ambiguous logs of which what is not told must be asked back."""
FALSE_BAR = 0.01
"""Most sentences without personal numbers that may be masked, and most questions that may be taken for logs."""


class Miss(NamedTuple):
    """A sentence that was not understood whole, with what is wrong."""

    text: str
    wrong: str


@dataclass
class Score:
    """What was counted in one set, in all ("") and by style, under the names that `lines` explains."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)

    def share(self, part: str, whole: str, style: str = "") -> float:
        """Return one count as a share of another, 0 to 1; of nothing it is 1."""
        counted = self.counts.get(style, Counter())
        return counted[part] / counted[whole] if counted[whole] else 1.0

    @property
    def passes(self) -> bool:
        """Tell whether all bars are reached."""
        return (
            self.share("clear right", "clear") >= WHOLE_BAR
            and self.share("ambiguous asked", "ambiguous") >= ASKED_BAR
            and self.share("masked", "to mask") == 1.0
            and self.counts.get("", Counter())["masked wrongly"]
            <= FALSE_BAR * self.counts.get("", Counter())["not to mask"]
        )

    def lines(self, worst: int = 20) -> list[str]:
        """Render the shares by style, then the first `worst` misses."""
        rendered = [
            f"{'kiểu gõ':<12}{'câu':>5}{'rõ, đúng hết':>15}{'mơ hồ, hỏi lại':>16}{'sót câu ghi':>13}{'nhận nhầm':>11}"
            f"{'che đúng':>10}{'che nhầm':>10}"
        ]
        for style in (*STYLES, ""):
            counted = self.counts.get(style, Counter())
            rendered.append(
                f"{style or 'tất cả':<12}{counted['sentences']:>5}{self.share('clear right', 'clear', style):>15.1%}"
                f"{self.share('ambiguous asked', 'ambiguous', style):>16.1%}{counted['logs missed']:>13}"
                f"{counted['taken for logs']:>11}{self.share('masked', 'to mask', style):>10.1%}"
                f"{counted['masked wrongly']:>10}"
            )
        rendered.append("từng ô: " + "  ".join(f"{name} {self.share(name, 'entries'):.1%}" for name in FIELDS))
        rendered.extend(f"✗ {miss.text}\n    {miss.wrong}" for miss in self.misses[:worst])
        return rendered


def sentence_files(named: Path) -> list[Path]:
    """Return the files of a set: a file, a folder's files, or those whose names begin with it ("…/heldout")."""
    if named.is_dir():
        return sorted(named.glob("*.yaml"))
    return [named] if named.is_file() else sorted(named.parent.glob(f"{named.name}*.yaml"))


def load_sentences(path: Path) -> tuple[list[dict[str, Any]], date]:
    """Read a file: its sentences, and the day on which they were written."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data["sentences"], data["today"]


def expected_entries(sentence: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    """Return the expected entries of a sentence with what the set leaves out filled in."""
    defaults: dict[str, Any] = {"date": today, "outcome": "done", "place": None, "missing": []}
    entries = [defaults | entry for entry in sentence.get("entries", [])]
    return [{**entry, "date": entry["date"].isoformat() if entry["date"] else None} for entry in entries]


def score(files: Iterable[Path], *, written: Callable[[str], str] = lambda text: text) -> Score:
    """Score the parser on the sentences of `files`, each text changed by `written` first (marks dropped…)."""
    result = Score()
    for path in files:
        sentences, today = load_sentences(path)
        for sentence in sentences:
            _count(result, sentence, written(sentence["text"]), today)
    return result


def style_of(text: str) -> str:
    """Return how a sentence is typed: with chat shorthand (noisy), with marks, or without."""
    short = verb_words().abbreviations
    if any(word in short and fold(word) != fold(short[word]) for word in words(canon(text))):
        return "noisy"
    return "accented" if has_marks(text) else "unaccented"


def as_typed(questions: Iterable[str]) -> list[str]:
    """Return the questions, each typed in one of the styles in turn."""
    return [typed(question, STYLES[number % len(STYLES)]) for number, question in enumerate(questions)]


def taken_for_logs(questions: Sequence[str], is_log: Callable[[str], bool]) -> float:
    """Return the share of `questions` that `is_log` takes for log sentences."""
    return sum(map(is_log, questions)) / max(1, len(questions))


def _count(result: Score, sentence: Mapping[str, Any], text: str, today: date) -> None:
    expected = expected_entries(sentence, today)
    read = parse(text, today, villages=sentence.get("villages", ())).as_json()
    found: list[dict[str, Any]] = read["entries"]
    wrong = [] if len(found) == len(expected) else [f"{len(found)} buổi, đúng ra {len(expected)}"]
    counted: Counter[str] = Counter(["sentences", *_masks(sentence, text)])
    counted["entries"] = len(expected)
    for entry, got in zip(expected, [*found, *[{}] * len(expected)], strict=False):
        for name in FIELDS:
            right = name in got and _same(got[name], entry[name])
            counted[name] += right
            if not right and got:
                wrong.append(f"{name}: {got[name]}, đúng ra {entry[name]}")
    if not expected:
        counted["taken for logs"] += bool(found)
    else:
        counted["logs missed"] += not found
        counted.update(_judged(expected, found, not wrong))
    for style in ("", sentence.get("style") or style_of(text)):
        result.counts.setdefault(style, Counter()).update(counted)
    if wrong:
        result.misses.append(Miss(text, "; ".join(wrong)))


def _judged(expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], right: bool) -> list[str]:
    if not any(entry["missing"] for entry in expected):
        return ["clear", *(["clear right"] if right else [])]
    asked = len(expected) == len(found) and all(
        set(entry["missing"]) <= set(got["missing"]) for entry, got in zip(expected, found, strict=True)
    )
    return ["ambiguous", *(["ambiguous asked"] if asked else [])]


def _masks(sentence: Mapping[str, Any], text: str) -> list[str]:
    hidden, personal = list(mask(text).kinds), sentence.get("masks", [])
    if not personal:
        return ["not to mask", *(["masked wrongly"] if hidden else [])]
    return ["to mask", *(["masked"] if sorted(hidden) == sorted(personal) else [])]


def _same(got: Any, expected: Any) -> bool:
    return bool(sorted(got) == sorted(expected)) if isinstance(expected, list) else bool(got == expected)
