"""Judges how a session of help went from the words of its sentence; whom it counts is given to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from knowledge.phrases import PhraseTable, Token, WordList, load_words

Outcome = Literal["done", "partial", "failed"]
_NEGATION_REACH = 5


class VerbWords(WordList):
    give: tuple[str, ...]
    act: tuple[str, ...]
    past: tuple[str, ...]
    passive: tuple[str, ...]
    planned: tuple[str, ...]
    asked: tuple[str, ...]
    asked_at_end: tuple[str, ...]
    questions: tuple[str, ...]
    not_questions: tuple[str, ...]
    nobody: tuple[str, ...]
    negation: tuple[str, ...]
    negated_neutral: tuple[str, ...]
    succeeded: tuple[str, ...]
    done: tuple[str, ...]
    all_done: tuple[str, ...]
    waiting: tuple[str, ...]
    failed: tuple[str, ...]
    partial: tuple[str, ...]
    all: tuple[str, ...]
    some: tuple[str, ...]
    finally_: tuple[str, ...]
    but: tuple[str, ...]
    reasons: tuple[str, ...]
    then: tuple[str, ...]
    record: tuple[str, ...]
    visits: tuple[str, ...]
    not_help: tuple[str, ...]
    sure_questions: tuple[str, ...]
    strangers: tuple[str, ...]
    for_: tuple[str, ...]
    abbreviations: dict[str, str]


@cache
def verb_words() -> VerbWords:
    return load_words(VerbWords, "help_verbs")


@cache
def phrases(name: str) -> PhraseTable[str]:
    """Return the table of one list of `help_verbs`."""
    return PhraseTable((phrase, phrase) for phrase in getattr(verb_words(), name))


@dataclass(frozen=True, slots=True)
class Signal:
    """A sign at tokens `start` up to `end` of how it went; `act` tells that it names what was or was not done."""

    start: int
    end: int
    kind: str  # all_done, done, waiting, failed, partial
    act: bool = False


def find_signals(tokens: Sequence[Token], skipped: frozenset[int]) -> list[Signal]:
    """Return the signs of success and failure, leaving out `skipped` tokens."""
    signals: list[Signal] = []
    position = 0
    while position < len(tokens):
        signal = None
        if position not in skipped:
            neutral = phrases("negated_neutral").at(tokens, position)
            if neutral is not None:
                position = neutral.end
                continue
            signal = _listed(tokens, position) or _negated(tokens, position)
        if signal is not None:
            signals.append(signal)
        position = signal.end if signal else position + 1
    return signals


def _listed(tokens: Sequence[Token], at: int) -> Signal | None:
    for kind in ("all_done", "partial", "waiting", "failed", "done"):
        hit = phrases(kind).at(tokens, at)
        if hit is not None:
            return Signal(at, hit.end, kind)
    hit = phrases("nobody").at(tokens, at)
    return Signal(at, hit.end, "nobody") if hit else None


def _negated(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "chưa xong", "không vào được", "chưa kích hoạt" and a closing "chưa" as not done."""
    negation = phrases("negation").at(tokens, at)
    if negation is None:
        return None
    acted = False
    for position in range(negation.end, min(len(tokens), negation.end + _NEGATION_REACH)):
        if tokens[position].is_break:
            break
        closing = tokens[position].means(verb_words().succeeded)
        acts = phrases("act").at(tokens, position) is not None and not closing
        # "không vào được": the verb is the success word itself only where no closing word follows.
        if closing and not _another_follows(tokens, position):
            return Signal(at, position + 1, "failed", acted)
        acted = acted or acts or closing
    at_end = negation.end >= len(tokens) or tokens[negation.end].is_break
    if tokens[at].fold == "chua" and (at_end or acted):
        return Signal(at, negation.end, "failed", acted)
    return None


def _another_follows(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].means(("được", "nổi"))


def judge(
    tokens: Sequence[Token], signals: Sequence[Signal], total: int | None, share_of: Callable[[Signal], int | None]
) -> Outcome | None:
    """Return the outcome, or None where the words contradict each other; `share_of` tells whom a sign speaks of."""
    kinds = {signal.kind for signal in signals}
    failures = [signal for signal in signals if signal.kind == "failed"]
    if "nobody" in kinds:
        return "failed"
    if not failures:
        return _without_failure(signals, total, share_of)
    if _turned_out_well(tokens, failures[-1]):
        return "done"
    if "all_done" in kinds:
        return None
    shares = [share_of(signal) for signal in failures]
    known = [share for share in shares if share is not None]
    if known and total is not None and sum(known) < total:
        return "partial"
    if any(_says_some(tokens, signal) for signal in failures):
        return "partial"
    if known and total is not None:
        return "failed"
    if kinds & {"done", "waiting"}:
        return "partial" if any(signal.act for signal in failures) else None
    return "failed"


def _without_failure(signals: Sequence[Signal], total: int | None, share_of: Callable[[Signal], int | None]) -> Outcome:
    for signal in signals:
        share = share_of(signal)
        if signal.kind == "partial" and not (share is not None and share == total):
            return "partial"
    return "done"


def _turned_out_well(tokens: Sequence[Token], failure: Signal) -> bool:
    return any(phrases("finally_").at(tokens, at) for at in range(failure.end, len(tokens)))


def _says_some(tokens: Sequence[Token], signal: Signal) -> bool:
    start = signal.start
    while start > 0 and not tokens[start - 1].is_break and signal.start - start < 6:
        start -= 1
    return any(phrases("some").at(tokens, at) for at in range(start, signal.start))
