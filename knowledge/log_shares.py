"""Tells which counts are a share of people already counted ("giúp 5 bác, 2 bác chưa được"); it adds nothing up."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.log_outcome import is_negation
from knowledge.log_people import Mention
from knowledge.log_person_words import people_words
from knowledge.log_spans import Sentence
from knowledge.phrases import Token, phrase_at

_LABEL_REACH = 3
"""Tokens between people and the hidden number that tells who they are."""


def find_shares(sentence: Sentence, helped: Sequence[Mention]) -> list[Mention]:
    """Return those mentions that are a share of people already counted: "3 bà cài vneid, 1 bà chưa xong"."""
    shares: list[Mention] = _adding_up(sentence, helped)
    for index, mention in enumerate(helped):
        if mention in shares or _is_one_of(sentence, mention, helped[:index]):
            shares += [mention] if mention not in shares else []
            continue
        mains = [other for other in helped[:index] if other not in shares]
        if not mains or not mention.numbered:
            continue
        if _is_share(sentence, mention, mains):
            shares.append(mention)
    return shares


def _is_one_of(sentence: Sentence, mention: Mention, earlier: Sequence[Mention]) -> bool:
    """Tell whether only how it went with one of those counted is said: "giúp 5 cụ, cụ Sửu chưa được"."""
    start, end = sentence.clause(mention.start)
    busy = any(start <= at < end for at in [*sentence.gives, *(topic.start for topic in sentence.topics)])
    judged = any(mention.end <= signal.start < end for signal in sentence.signals)
    counted = any(
        other.noun in {mention.noun, "nguoi", "cao"} and (other.count or 0) > 1 and other.end <= start
        for other in earlier
    )
    if counted and mention.start and sentence.tokens[mention.start - 1].means(("trừ",)):
        return True  # "giúp 10 người, trừ bà Lan"
    if counted and is_set_apart(sentence.tokens, mention) and not mention.numbered and judged:
        return True  # "cả nhà 6 người làm căn cước, riêng đứa út chưa được"
    return bool(mention.name) and judged and counted and not busy


def is_set_apart(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether somebody is set apart from the others: "riêng đứa út chưa được"."""
    return mention.start > 0 and tokens[mention.start - 1].means(("riêng", "mỗi"))


def _adding_up(sentence: Sentence, helped: Sequence[Mention]) -> list[Mention]:
    """Return the parts that add up to a count before them: "giúp 3 cụ. Hai cụ xong, một cụ chưa"."""
    for index, main in enumerate(helped):
        parts = [
            other
            for other in helped[index + 1 :]
            if (other.numbered and other.noun in {main.noun, "nguoi"}) or (other.name and other.noun == main.noun)
        ]
        starts = [place.start for place in sentence.places] + [day.start for day in sentence.days]
        later = [start for start in starts if parts and start > parts[0].start]
        if len(parts) > 1 and not later and main.numbered and sum(part.count or 0 for part in parts) == main.count:
            return parts
    return []


def _is_share(sentence: Sentence, mention: Mention, mains: Sequence[Mention]) -> bool:
    tokens = sentence.tokens
    known = [other.count for other in mains if other.count is not None]
    if mention.count is not None and known and mention.count > sum(known):
        return False
    start, end = _labelled_clause(sentence, mention.start)
    if mains[-1].end <= start and _is_elsewhere(sentence, start, mention.start):
        return False
    if any(phrase_at(people_words().parts, tokens, at) for at in range(start, mention.start)):
        return True
    before = tokens[mention.start - 1]
    if before.means(("được", "xong", "mới", "chỉ", "cả")):
        return True
    busy = any(start <= at < end for at in sentence.gives) or any(
        start <= topic.start < end and topic.is_strong for topic in sentence.topics
    )
    told = [signal for signal in sentence.signals if start <= signal.start < end]
    failing = any(signal.kind == "failed" and signal.start >= mention.end for signal in told)
    if before.means(("còn",)) and (failing or not busy):
        return True
    if _tells_of_hidden(sentence, mention):
        return True
    if not busy and mains[-1].end <= start and is_lacking(sentence, mention):
        return True
    if start <= mains[-1].start:
        return _is_judged_alone(sentence, mention, mains[-1])
    if _narrows(sentence, mention, mains[-1]):
        return True
    same = mention.noun in {other.noun for other in mains} or mention.kind == "counted"
    came = mention.noun == "nguoi" and before.means(("cho",)) and not _is_worked_on(sentence, mains[-1])
    nouns = {token.fold for token in tokens[mains[-1].start : mains[-1].end]}
    again = mention.noun in nouns and mention.end < len(tokens) and tokens[mention.end].means(("đều", "cũng", "ai"))
    if mention.count == mains[-1].count and again and mains[-1].end <= start:
        return True  # "dạy 8 chị phụ nữ, 8 chị đều đăng bài được"
    if mention.count == sum(known) and came:
        return True  # "2 vợ chồng ông Bé tới nhà, tôi cài cho 2 người"
    if mention.count == sum(known) and not busy and mention.end < end and _means_all(mention, mains):
        return True  # "kích hoạt cho ba má tui, hai ông bà mừng lắm"
    if mention.count == sum(known) and (start, end) == (mention.start, mention.end) and mention.noun == "nguoi":
        return True  # "ký số cho kế toán hợp tác xã, 1 người"
    if not same or busy or not told:
        return False
    if start > 0 and failing and tokens[start - 1].means(("mà", "nhưng")):
        return True  # "4 bác cài được hết mà 1 bác chưa được"
    main_start, main_end = sentence.clause(mains[-1].start)
    return not any(main_start <= signal.start < main_end and signal.kind == "done" for signal in sentence.signals)


def is_lacking(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether some of those counted lack what was needed: "13 người, 2 người không có sim"."""
    tokens, at = sentence.tokens, mention.end
    while at < len(tokens) and tokens[at].means(("thì", "bị", "do", "vì", "còn", "vẫn", "đang")):
        at += 1
    return at < len(tokens) and (
        tokens[at].means(("thiếu", "quên", "mất", "hết", "hỏng", "kẹt", "vướng"))
        or (is_negation(tokens[at]) and at + 1 < len(tokens) and tokens[at + 1].means(("có", "đủ", "mang", "nhớ")))
    )


def _is_worked_on(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether the clause of people says what was done for them."""
    start, end = sentence.clause(mention.start)
    return any(start <= at < end for at in [*sentence.gives, *sentence.acts, *(t.start for t in sentence.topics)])


def _means_all(mention: Mention, mains: Sequence[Mention]) -> bool:
    """Tell whether a count may speak once more of all those counted before."""
    pairs = (*people_words().pairs, *people_words().couples)
    return mention.noun in {"nguoi", *(other.noun for other in mains)} or mention.noun in pairs


def _labelled_clause(sentence: Sentence, at: int) -> tuple[int, int]:
    """Return the clause around token `at` with the label in front of its colon: "thôn Bến: 4 hộ"."""
    start, end = sentence.clause(at)
    labelled = start > 1 and sentence.tokens[start - 1].raw == ":"
    return (sentence.clause(start - 2)[0] if labelled else start), end


def _is_elsewhere(sentence: Sentence, start: int, end: int) -> bool:
    """Tell whether another place or day is named in front of a count, from the beginning of its clause."""
    return any(start <= at < end for at in [*(p.start for p in sentence.places), *(d.start for d in sentence.days)])


def _narrows(sentence: Sentence, mention: Mention, main: Mention) -> bool:
    """Tell whether some of those just counted are spoken of: "20 hội viên bán hàng, 12 người mở được gian hàng"."""
    tokens = sentence.tokens
    start, end = _labelled_clause(sentence, mention.start)
    main_start, main_end = _labelled_clause(sentence, main.start)
    if mention.start != start or not main.numbered or any(start <= at < end for at in sentence.gives):
        return False
    told = {topic.name for topic in sentence.topics if main_start <= topic.start < main_end}
    said = {topic.name for topic in sentence.topics if start <= topic.start < end}
    if mention.noun == "nguoi" and main.noun != "nguoi":
        return said <= told
    nouns = {token.fold for token in tokens[main.start : main.end]}
    return mention.noun in nouns and not told and main.end == main_end


def _tells_of_hidden(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether somebody is named only with a number: "giúp 3 người, 1 người sđt […]"."""
    labelled = any(mention.end <= at <= mention.end + _LABEL_REACH for at in sentence.hidden)
    owner = mention.start > 0 and sentence.tokens[mention.start - 1].means(("của", "là"))  # "sđt […] là của 1 người"
    return labelled or (owner and any(0 < mention.start - at <= _LABEL_REACH for at in sentence.hidden))


def _is_judged_alone(sentence: Sentence, mention: Mention, main: Mention) -> bool:
    """Tell whether only how it went is said behind a count: "giúp 6 người cài vneid 4 người được 2 người chưa"."""
    worked = any(main.end <= at < mention.start for at in [*sentence.acts, *(hit.start for hit in sentence.topics)])
    worked = worked or sentence.tokens[mention.start - 1].means(("thì", "mà"))  # "cài cho 6 cụ thì 4 cụ được"
    return worked and any(signal.start == mention.end for signal in sentence.signals)
