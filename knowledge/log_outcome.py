"""Judges how a session of help went from the words of its sentence; whom it counts is given to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from knowledge.numbers import number_at
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words

Outcome = Literal["done", "partial", "failed"]
_NEGATION_REACH = 5
_UNSAFE_NEGATIONS = frozenset(["no", "cha", "nao"])


class VerbWords(WordList):
    """The lists of `words/help_verbs.yaml`: verbs of help, and words that tell whether and how it was given."""

    give: tuple[str, ...]
    loose_give: tuple[str, ...]
    act: tuple[str, ...]
    past: tuple[str, ...]
    planned: tuple[str, ...]
    arranged: tuple[str, ...]
    offers: tuple[str, ...]
    thanks: tuple[str, ...]
    skills: tuple[str, ...]
    unmet: tuple[str, ...]
    called_off: tuple[str, ...]
    away: tuple[str, ...]
    stages: tuple[str, ...]
    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    pupils: tuple[str, ...]
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
    just_now: tuple[str, ...]
    within: tuple[str, ...]
    unsure: tuple[str, ...]
    by_means: tuple[str, ...]
    shares: tuple[str, ...]
    hearsay: tuple[str, ...]
    sources: tuple[str, ...]
    sayings: tuple[str, ...]
    from_news: tuple[str, ...]
    strange_helpers: tuple[str, ...]
    repairs: tuple[str, ...]
    outsiders: tuple[str, ...]
    deals: tuple[str, ...]
    over_net: tuple[str, ...]
    all: tuple[str, ...]
    some: tuple[str, ...]
    finally_: tuple[str, ...]
    but: tuple[str, ...]
    reasons: tuple[str, ...]
    then: tuple[str, ...]
    record: tuple[str, ...]
    reports_of: tuple[str, ...]
    visits: tuple[str, ...]
    escorts: tuple[str, ...]
    not_help: tuple[str, ...]
    sure_questions: tuple[str, ...]
    strangers: tuple[str, ...]
    meetings: tuple[str, ...]
    for_: tuple[str, ...]
    unmarked: tuple[str, ...]
    abbreviations: dict[str, str]


@cache
def verb_words() -> VerbWords:
    """Return the lists of verbs and signs, read once."""
    return load_words(VerbWords, "help_verbs")


@cache
def phrases(name: str) -> PhraseTable[str]:
    """Return the table of one list of `help_verbs`."""
    return PhraseTable((phrase, phrase) for phrase in getattr(verb_words(), name))


@dataclass(frozen=True, slots=True)
class Signal:
    """A sign at tokens `start` up to `end` of how it went; `acts` are the verbs of what was not done.

    `is_trouble` marks what went wrong ("bị khoá") rather than what was not done in the end.
    """

    start: int
    end: int
    kind: str  # all_done, done, waiting, failed, partial, nobody, unmet, unsure
    acts: tuple[str, ...] = ()
    is_trouble: bool = False


def find_signals(tokens: Sequence[Token], skipped: frozenset[int], counted: frozenset[int]) -> list[Signal]:
    """Return the signs of success and failure, leaving out `skipped` tokens; at a `counted` one a count has ended."""
    signals: list[Signal] = []
    position = 0
    while position < len(tokens):
        signal = None
        if position not in skipped:
            neutral = phrases("negated_neutral").at(tokens, position)
            if neutral is not None and _doubted(tokens, position) is None and _unmet(tokens, position) is None:
                position = neutral.end
                continue
            signal = (
                _fraction(tokens, position)
                or _rest(tokens, position)
                or _unmet(tokens, position)
                or _listed(tokens, position)
                or _negated(tokens, position)
                or _achieved(tokens, position)
            )
            closes = position in counted or position == 0 or tokens[position - 1].is_break
            signal = signal or (_closing(tokens, position) if closes else None)
        if signal is not None:
            signals.append(signal)
        position = signal.end if signal else position + 1
    return signals


def _listed(tokens: Sequence[Token], at: int) -> Signal | None:
    doubt = _doubted(tokens, at)
    if doubt is not None:
        return doubt
    for kind in ("unsure", "all_done", "partial", "waiting", "failed", "done"):
        hit = phrases(kind).at(tokens, at)
        if hit is not None and kind == "partial" and phrases("just_now").at(tokens, at) and not _limits(tokens, hit):
            return Signal(at, hit.end, "done")
        if hit is not None:
            return Signal(at, hit.end, kind, is_trouble=kind == "failed")
    hit = phrases("nobody").at(tokens, at)
    return Signal(at, hit.end, "nobody") if hit else None


def _unmet(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "chưa gặp được" and "đi vắng": there was nobody to help; "chưa qua được bước hai" is work that failed."""
    absent = phrases("away").at(tokens, at)
    if absent is not None:
        return Signal(at, absent.end, "unmet")
    negation = phrases("negation").at(tokens, at)
    if negation is None or not is_negation(tokens[at]) or negation.end >= len(tokens):
        return None
    met = phrases("unmet").at(tokens, negation.end)
    if met is None:
        return None
    end = met.end + (met.end < len(tokens) and tokens[met.end].means(("được",)))
    in_work = end < len(tokens) and tokens[end].means(verb_words().stages)
    return None if in_work else Signal(at, end, "unmet")


def _doubted(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "không biết xong chưa" and "chẳng rõ được hay không": the writer does not know."""
    negation = phrases("negation").at(tokens, at)
    if negation is None or not is_negation(tokens[at]) or negation.end >= len(tokens):
        return None
    if not tokens[negation.end].means(("biết", "rõ", "nhớ", "chắc")):
        return None
    end = _clause_end(tokens, negation.end)
    if end == negation.end + 1 and tokens[negation.end].means(("rõ", "chắc")):
        return Signal(at, end, "unsure")  # "kết quả chưa rõ"
    told = any(
        phrases(name).at(tokens, position) for position in range(negation.end + 1, end) for name in ("succeeded", "act")
    )
    return Signal(at, end, "unsure") if told and tokens[end - 1].means(("chưa", "không", "nữa")) else None


def _rest(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "chị còn lại chưa có" as some of them: what is left has not got it."""
    left = tokens[at].means(("còn",)) and at + 2 < len(tokens) and tokens[at + 1].means(("lại",))
    if not left or not is_negation(tokens[at + 2]):
        return None
    return Signal(at, at + 2, "partial")


def _fraction(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "3 trong 5 bác" as some of them."""
    part = number_at(tokens, at)
    if part is None or part.value is None:
        return None
    within = phrases("within").at(tokens, at + part.length) if at + part.length < len(tokens) else None
    whole = number_at(tokens, within.end) if within is not None else None
    if within is None or whole is None or whole.value is None or part.value >= whole.value:
        return None
    return Signal(at, within.end, "partial")


def _limits(tokens: Sequence[Token], hit: Hit[str]) -> bool:
    """Tell whether "mới xong" is followed by how much: "mới xong 1 bà"; else it was finished just now."""
    return hit.end < len(tokens) and (
        number_at(tokens, hit.end) is not None or phrases("shares").at(tokens, hit.end) is not None
    )


def _achieved(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "cài được" as done; "được hướng dẫn" says nothing of how it went."""
    closes = at + 1 >= len(tokens) or tokens[at + 1].is_break
    if closes and tokens[at].means(("rồi",)) and not _is_denied_clause(tokens, at):
        return Signal(at, at + 1, "done")
    act = phrases("act").at(tokens, at)
    if act is None or act.end >= len(tokens) or not tokens[act.end].means(("được",)):
        return None
    return Signal(at, act.end + 1, "done")


def _is_denied_clause(tokens: Sequence[Token], at: int) -> bool:
    start = at
    while start > 0 and not tokens[start - 1].is_break:
        start -= 1
    return any(is_negation(tokens[position]) for position in range(start, at))


def _closing(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read the single word behind a count: "1 người được 1 người không"."""
    ends = at + 1 >= len(tokens) or tokens[at + 1].is_break or tokens[at + 1].is_number
    ends = ends or tokens[at + 1].means(("mà", "nhưng"))
    if ends and tokens[at].means(("được",)):
        return Signal(at, at + 1, "done")
    return Signal(at, at + 1, "failed") if ends and tokens[at].means(("không", "chưa")) else None


def is_negation(token: Token) -> bool:
    """Tell whether a word is "không" or the like; without marks "no" and "cha" are mostly other words."""
    return token.means(verb_words().negation) and not (token.plain and token.fold in _UNSAFE_NEGATIONS)


def _negated(tokens: Sequence[Token], at: int) -> Signal | None:
    """Read "chưa xong", "không vào được", "chưa kích hoạt" and a closing "chưa" as not done."""
    negation = phrases("negation").at(tokens, at)
    if negation is None or not is_negation(tokens[at]):
        return None
    acted: list[str] = []
    for position in range(negation.end, min(len(tokens), negation.end + _NEGATION_REACH)):
        if tokens[position].is_break:
            break
        succeeded = phrases("succeeded").at(tokens, position)
        closing = succeeded is not None
        # "không vào được": the verb is the success word itself only where no closing word follows.
        if closing and not _another_follows(tokens, position):
            end = succeeded.end if succeeded else position + 1
            named = at > 0 and tokens[at - 1].means(
                ("lỗi", "vụ", "cảnh", "chuyện", "tình trạng", "trạng", "việc", "bệnh")
            )  # "xử lý lỗi không đăng nhập được"
            return Signal(at, end, "failed", tuple(acted), is_trouble=named)
        if closing or phrases("act").at(tokens, position) is not None:
            acted.append(tokens[position].fold)
    if any(tokens[position].means(("ai",)) for position in range(negation.end, _clause_end(tokens, negation.end))):
        return Signal(at, negation.end, "nobody")
    at_end = negation.end >= len(tokens) or tokens[negation.end].is_break
    if tokens[at].fold == "chua" and (at_end or acted):
        return Signal(at, negation.end, "failed", tuple(acted))
    return None


def _clause_end(tokens: Sequence[Token], at: int) -> int:
    return next((position for position in range(at, len(tokens)) if tokens[position].is_break), len(tokens))


def _another_follows(tokens: Sequence[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].means(("được", "nổi"))


def judge(
    tokens: Sequence[Token], signals: Sequence[Signal], total: int | None, share_of: Callable[[Signal], int | None]
) -> Outcome | None:
    """Return the outcome, or None where the words contradict each other; `share_of` tells whom a sign speaks of."""
    kinds = {signal.kind for signal in signals}
    failures = [signal for signal in signals if signal.kind == "failed" and not _overcome(signal, signals)]
    if "unsure" in kinds:
        return None
    if "nobody" in kinds:
        return None if "all_done" in kinds else "failed"
    if not failures:
        return _without_failure(signals, total, share_of)
    if "partial" in kinds and all(failure.is_trouble for failure in failures):
        return "partial"  # "đang làm dở thì mất điện"
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
    if known and total is None:
        return "partial"  # "mấy ông…, 2 ông chưa được"
    if known and "done" not in kinds:
        return "failed"
    if kinds & {"done", "waiting"}:
        return "partial" if any(_is_other_work(tokens, signal) for signal in failures) else None
    return "failed"


def _overcome(trouble: Signal, signals: Sequence[Signal]) -> bool:
    """Tell whether a trouble named before the success was only on the way: "bị khoá, mở lại được rồi"."""
    return trouble.is_trouble and any(
        signal.start > trouble.start and signal.kind in {"done", "all_done", "waiting"} for signal in signals
    )


def _is_other_work(tokens: Sequence[Token], failure: Signal) -> bool:
    """Tell whether what failed is something else than what was done: "cài xong nhưng chưa kích hoạt được"."""
    before = {token.fold for token in tokens[: failure.start]}
    return any(act not in before for act in failure.acts)


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
    return any(
        phrases("some").at(tokens, at) and not (tokens[at].plain and tokens[at].fold == "may")  # máy
        for at in range(start, signal.start)
    )
