"""Tells whether others than the writers helped, or tell of it: news, hearsay, thanks; it judges no plan."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.log_outcome import phrases, verb_words
from knowledge.log_person_words import people_words
from knowledge.log_spans import Sentence, covered
from knowledge.phrases import Token

OPENING = 5
"""Tokens in front of which "ghi" or "báo cáo" opens a report."""
_NEWS_REACH = 4
"""Tokens behind a source of news within which it is told to say something."""


def is_by_writer(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the writers say that they gave the help: "em hướng dẫn người dân", but not "nhờ em giúp"."""
    speaks = at > 0 and tokens[at - 1].means(people_words().speakers)
    return speaks and not (at > 1 and tokens[at - 2].means(("nhờ", "mong", "xin", "muốn")))


def is_thanks(sentence: Sentence) -> bool:
    """Tell whether the one who helped is thanked: "cảm ơn cháu Hiền hôm qua đã bày cho bác"."""
    thanks = phrases("thanks").find(sentence.tokens)
    if not thanks or thanks[0].start >= OPENING:
        return False
    deeds = [at for at in [*sentence.gives, *sentence.acts] if at >= thanks[0].end]
    if not sentence.gives:
        return True
    return not deeds or sentence.clause(deeds[0]) == sentence.clause(thanks[0].start)


def is_hearsay(sentence: Sentence) -> bool:
    """Tell whether what was done is only heard of; "giúp bác Tư, bác khoe với cả xóm" tells of help first."""
    heard = phrases("hearsay").find(sentence.tokens, covered(sentence.topics))
    told = bool(heard) and heard[0].start < min([*sentence.gives, len(sentence.tokens)])
    if told and any(is_by_writer(sentence.tokens, at) and at > heard[0].end + 1 for at in sentence.gives):
        return False  # "bà khoe đã tự gọi được sau khi em chỉ"
    return told or _is_told_by_others(sentence)


def _is_told_by_others(sentence: Sentence) -> bool:
    """Tell whether somebody else says what yet others did: "bác Tám nói hôm qua có người đến cài"."""
    tokens = sentence.tokens
    if any(token.means(people_words().speakers) for token in tokens):
        return False
    return any(
        mention.end < len(tokens)
        and phrases("sayings").at(tokens, mention.end) is not None
        and any(phrases("strange_helpers").find(tokens[mention.end : sentence.clause(mention.end)[1]]))
        for mention in sentence.mentions
    )


def is_news(tokens: Sequence[Token]) -> bool:
    """Tell whether a source of news is told to say it: "đài xã nói", "báo Nghệ An đăng tin"."""
    return any(
        phrases("sayings").at(tokens, at)
        for source in phrases("sources").find(tokens)
        if source.start == 0
        or tokens[source.start - 1].is_break
        or tokens[source.start - 1].means(verb_words().from_news)
        for at in range(source.end, min(source.end + _NEWS_REACH, len(tokens)))
        if not any(token.is_break for token in tokens[source.end : at])
    )


def is_of_outsiders(sentence: Sentence) -> bool:
    """Tell whether only people of other offices are told to have helped: "cán bộ ngân hàng xuống mở tài khoản cho"."""
    tokens = sentence.tokens
    if any(token.means(people_words().speakers) and not token.means(("con",)) for token in tokens):
        return False
    deeds = min([*sentence.gives, *sentence.acts, len(tokens)])
    days = covered(sentence.days)
    for hit in phrases("outsiders").find(tokens):
        opens = all(
            at in days or tokens[at].is_break or tokens[at].means(("có", "các", "mấy")) for at in range(hit.start)
        )
        if opens and hit.end <= max(deeds, hit.end):
            return True
    return False
