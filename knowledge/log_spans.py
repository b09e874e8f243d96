"""Finds everything in a log sentence that means something by itself: days, places, topics, people, signs of success."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from pydantic import RootModel

from knowledge.dates import Day, find_days
from knowledge.log_measures import Measure, find_documents, find_measures
from knowledge.log_outcome import Signal, find_signals, phrases, verb_words
from knowledge.log_people import Mention, find_mentions, is_of_pair
from knowledge.log_person_words import people_words
from knowledge.log_places import Place, find_places, is_head, spot_before
from knowledge.log_repair import repair
from knowledge.masking import REPLACEMENTS
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words, nfc, tokenize

_GLUED_UNIT = re.compile(
    r"(?<![^\W_])([0-9]{1,4})(ng|nguoi|người|ho|hộ|ba|bà|bac|bác|cu|cụ|chi|chị|anh|ong|ông|co|cô|chu|chú|em|di|dì)(?![^\W_])",
    re.IGNORECASE,
)
"""A count typed together with whom it counts: "5ng"."""
_GLUED_COUNT = re.compile(
    r"(?<![^\W_])(gi[uú]p|hd|ht|cho|[dđ][uưc]?[oợ]?c|d[aạ]y|ch[iỉ]|b[aà]y)([0-9]{1,3})(?=\s)", re.IGNORECASE
)
"""A verb typed together with a count: "giúp5 bác"."""
_PUPILS = re.compile(r"(?<=[0-9] )hs(?= (?:l[oớ]p|c[aấ]p|tr[uư][oờ]ng|thcs|thpt|ti[eể]u)(?![^\W_]))", re.IGNORECASE)
"""Elsewhere "hs" is short for hồ sơ."""
_SHARE = re.compile(
    r"((?<![^\W_])(?:đạt|dat|được|duoc|dc|đc|giúp|giup|xong|trợ|tro|dẫn|dan|hd) )([0-9]{1,3})/([0-9]{1,3})(?![0-9/])",
    re.IGNORECASE,
)
"""Behind a word like "đạt" or "giúp" two numbers are a share: "đạt 8/10"; elsewhere they are mostly a day."""


_REPLACED = re.compile("|".join(re.escape(nfc(hidden)) for hidden in REPLACEMENTS.values()))
_NUMBERING = ("số", "là", "mã", "của")
"""Words between a label and its hidden number: "cccd số […]" names no topic."""
_TRADE_REACH = 4
_NO_TOPIC = "nothing"
"""The list of what holds words of a topic and names none."""
_LURE_REACH = 2
_THAT = frozenset(["sau", "gi", "trong", "muc", "giup", "cho", "o", "luc", "ngay", "hom", "bua", "ben", "nao"])
_FAKE = frozenset(["gia", "mao", "lua"])
_LISTING = ("và", "với", "rồi", "cùng", "va")


class _TopicWords(WordList):
    strong: tuple[str, ...]
    weak: tuple[str, ...]


class _Topics(RootModel[Mapping[str, _TopicWords]]):
    """The file of topic words."""


@cache
def _topic_table() -> PhraseTable[tuple[str, bool]]:
    topics = load_words(_Topics, "help_topics").root
    return PhraseTable(
        (phrase, (topic, strong))
        for topic, words in topics.items()
        for strong, listed in ((True, words.strong), (False, words.weak))
        for phrase in listed
    )


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic told at tokens `start` up to `end`; a weak one counts only where no strong one is told."""

    start: int
    end: int
    name: str
    is_strong: bool


def find_topics(text: str) -> list[Topic]:
    """Return the topics named in a text that is no sentence."""
    return _topics(tokenize(nfc(text), verb_words().abbreviations))


def _topics(tokens: Sequence[Token]) -> list[Topic]:
    found = [*(_topic(tokens, hit) for hit in _topic_table().find(tokens)), *_trade(tokens)]
    return [
        topic
        for topic in found
        if not (
            _is_lure(tokens, topic, found)
            or _is_our_team(tokens, topic)
            or _is_platform(topic, found)
            or topic.name == _NO_TOPIC
        )
    ]


def _is_platform(topic: Topic, topics: Sequence[Topic]) -> bool:
    """Tell whether a topic is only where something is sold: "mở gian hàng tiktok"."""
    return topic.name == "ky_nang" and any(other.name == "tmdt" and other.end == topic.start for other in topics)


def _is_our_team(tokens: Sequence[Token], topic: Topic) -> bool:
    """Tell whether the team is only named as the one who helped: "tổ công nghệ số cộng đồng đã hướng dẫn"."""
    return topic.name == "to_cnscd" and not topic.is_strong and bool(phrases("give").find(tokens[topic.end :]))


def _topic(tokens: Sequence[Token], hit: Hit[tuple[str, bool]]) -> Topic:
    """Make a topic of a listed word; what only tells the means ("trên facebook", "không có smartphone") is weak."""
    name, is_strong = hit.value
    before = tokens[hit.start - 1] if hit.start else None
    is_means = before is not None and before.means(verb_words().by_means)
    return Topic(hit.start, hit.end, name, is_strong and not is_means)


def _is_label(tokens: Sequence[Token], topic: Topic, hidden: frozenset[int]) -> bool:
    """Tell whether a topic only says what was hidden behind it: "số căn cước […]", but not "làm căn cước […]"."""
    worked = topic.start > 0 and phrases("act").at(tokens, topic.start - 1) is not None
    end = topic.end
    owners = _spoken_of(tokens)
    while (
        end < len(tokens)
        and end not in hidden
        and (tokens[end].is_break or tokens[end].means(_NUMBERING) or end in owners)
    ):
        end += 1
    return not worked and end in hidden


def _spoken_of(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the tokens of people, where nothing else of the text is known yet."""
    found = find_mentions(tokens, frozenset(), frozenset(range(len(tokens))))
    return covered([mention for mention in found if not mention.numbered])


def _is_lure(tokens: Sequence[Token], topic: Topic, topics: Sequence[Topic]) -> bool:
    """Tell whether a topic is only what swindlers speak of: "lừa đảo chuyển khoản", "tin nhắn ngân hàng giả mạo"."""
    for swindle in topics:
        if swindle.name == "an_toan" and swindle.start == topic.end and tokens[swindle.start].fold in _FAKE:
            return topic.name != "an_toan"
        between = tokens[swindle.end : topic.start]
        if (
            swindle.name == "an_toan"
            and swindle.is_strong
            and swindle.end <= topic.start
            and len(between) <= _LURE_REACH
        ):
            return not any(token.is_break or token.means(_LISTING) for token in between) and not any(
                phrases("act").at(tokens, at) for at in range(swindle.end, topic.start)
            )
    return False


def _trade(tokens: Sequence[Token]) -> list[Topic]:
    """Find "mua phân bón trên mạng": buying and selling, whatever it is, over the net."""
    found = []
    for deal in phrases("deals").find(tokens):
        for at in range(deal.end, min(deal.end + _TRADE_REACH, len(tokens))):
            over_net = phrases("over_net").at(tokens, at)
            if tokens[at].is_break:
                break
            if over_net is not None:
                found.append(Topic(over_net.start, over_net.end, "tmdt", is_strong=True))
                break
    return found


@dataclass(frozen=True)
class Sentence:
    """A masked sentence with what was found in it; all positions are those of its tokens."""

    text: str
    today: date
    tokens: list[Token]
    days: list[Day]
    places: list[Place]
    topics: list[Topic]
    mentions: list[Mention]
    signals: list[Signal]
    reasons: list[tuple[int, int]]
    gives: list[int]
    acts: list[int]
    clauses: list[tuple[int, int]]
    measures: list[Measure]
    hidden: frozenset[int]
    """Tokens in front of which a personal number was hidden; the number of tokens if one ends the text."""

    def clause(self, at: int) -> tuple[int, int]:
        """Return where the clause around token `at` begins and ends."""
        return next(((start, end) for start, end in self.clauses if start <= at < end), (0, len(self.tokens)))


def read(masked: str, today: date, villages: Sequence[str]) -> Sentence:
    """Find what is in a `masked` text; `villages` are the names of the member's commune."""
    text = _SHARE.sub(_in_words, nfc(masked))
    text = _GLUED_COUNT.sub(r"\1 \2", text)
    text = _PUPILS.sub("học sinh", _GLUED_UNIT.sub(r"\1 \2", text))
    gaps = [match.span() for match in _REPLACED.finditer(text)]
    text = _REPLACED.sub(lambda match: " " * len(match.group()), text)
    tokens = repair(tokenize(text, verb_words().abbreviations))
    hidden = frozenset(sum(token.end <= start for token in tokens) for start, _ in gaps)
    topics = _topics(tokens)
    topics = [topic for topic in topics if not _is_label(tokens, topic, hidden)]
    in_topic = covered(topics)
    gives = [hit.start for hit in phrases("give").find(tokens, in_topic | covered(phrases("not_help").find(tokens)))]
    handed = _handed(tokens, in_topic)
    measures = [*find_documents(tokens, text), *find_measures(tokens)]
    measures = [measure for measure in measures if measure.start not in in_topic]
    in_measures = covered(measures)
    alone = find_mentions(tokens, in_topic | in_measures, handed)
    person_ends = {mention.start: mention.end for mention in alone}
    teams = frozenset(
        at for mention in alone if mention.kind == "helpers" for at in range(mention.start - 1, mention.end) if at >= 0
    )
    in_aunt = frozenset(
        at
        for mention in alone
        if mention.name and not (mention.start and tokens[mention.start].is_capital)  # "chợ Bà Rén" is all one name
        if not is_head(tokens, mention.start)  # "o ban Na Lan" is no friend
        for at in range(mention.start + 1, mention.end)
    )
    days = [
        day
        for day in find_days(tokens, today)
        if day.start not in in_topic and not _is_name(day, alone) and not in_measures & set(range(day.start, day.end))
    ]
    days = [day for day in days if not (day.end < len(tokens) and tokens[day.end].means(("khác",)))]  # "hẹn bữa khác"
    # "tiền điện tháng 10" tells which bill, not when.
    days = [day for day in days if not (tokens[day.start].fold == "thang" and day.start - 1 in in_topic)]
    in_days = covered(days)
    known = in_topic | in_days | in_aunt
    verbs = verb_tokens(tokens)

    def is_known(at: int) -> bool:
        """Tell whether a token is no part of a name; a capital verb behind another word is: "phường Hoà Minh"."""
        inside = tokens[at].is_capital and at > 0 and not tokens[at - 1].is_break
        return at in known or (at in verbs and not inside)

    places = find_places(tokens, text, villages, is_known, person_ends)
    places = [place for place in places if place.start not in in_topic | teams | in_measures]
    places = [place for place in places if not _is_still_to_go(tokens, place)]
    places = [place for place in places if not _is_of_team(tokens, place)] or places
    places += [
        Place(spot, day.end, None)
        for day in days
        if day.date is None and (spot := spot_before(tokens, day.start)) is not None
    ]
    in_places = covered(places)
    days = [day for day in days if day.start not in in_places]
    reasons = _reasons(tokens, in_topic | in_places | covered(days) | in_aunt)
    in_reasons = frozenset(at for start, end in reasons for at in range(start, end))
    measures = [measure for measure in measures if measure.start not in in_places]
    elsewhere = in_topic | in_places | in_reasons | covered(days) | covered(measures)
    mentions = find_mentions(tokens, elsewhere, handed)
    acts = [hit.start for hit in phrases("act").find(tokens, in_places | covered(mentions) | covered(days))]
    counted = frozenset(mention.end for mention in mentions if mention.numbered or is_of_pair(mention, mentions))
    signals = find_signals(tokens, in_reasons | in_places | covered(mentions) | _conditions(tokens), counted)
    signals = [s for s in signals if not (s.kind == "unsure" and s.start - 1 in covered(days))]  # not sure of the day
    missed = {signal.end for signal in signals if signal.kind == "unmet"}
    places = [place for place in places if place.start not in missed]  # "chưa đi được thôn 4"
    gives = [at for at in gives if at not in in_places and not _named_so(at, mentions)]
    in_trouble = covered([signal for signal in signals if signal.is_trouble])  # "máy không hỗ trợ" gives no help
    gives = [at for at in gives if at not in in_trouble and _has_object(tokens, at, mentions)]
    return Sentence(
        text,
        today,
        tokens,
        days,
        places,
        topics,
        mentions,
        signals,
        reasons,
        gives,
        acts,
        _clauses(tokens),
        measures,
        hidden,
    )


def _in_words(share: re.Match[str]) -> str:
    """Write "8/10" as "8 trong 10"; what is more than the whole stays as it is."""
    return f"{share[1]}{share[2]} trong {share[3]}" if int(share[2]) <= int(share[3]) else share[0]


def _is_still_to_go(tokens: Sequence[Token], place: Place) -> bool:
    """Tell whether somebody has yet to go there: "phải lên công an xã mới làm tiếp được"."""
    before = tokens[place.start - 2] if place.start > 1 else None
    return before is not None and before.means(
        ("phải", "hẹn") if before.plain else ("phải", "hẹn", "cần", "bảo", "kêu")
    )


def _is_of_team(tokens: Sequence[Token], place: Place) -> bool:
    """Tell whether a place only says whose team it was: "tổ CNSCĐ thôn Phú Mỹ"."""
    return any(hit.value[0] == "to_cnscd" and hit.end == place.start for hit in _topic_table().find(tokens))


def covered(spans: Sequence[Hit[Any] | Topic | Day | Place | Mention | Measure | Signal]) -> frozenset[int]:
    """Return the tokens of `spans`."""
    return frozenset(at for span in spans for at in range(span.start, span.end))


def _named_so(at: int, mentions: Sequence[Mention]) -> bool:
    return any(mention.start <= at < mention.end for mention in mentions)


def _has_object(tokens: Sequence[Token], at: int, mentions: Sequence[Mention]) -> bool:
    """Tell whether a verb is surely one of help: "chỉ", "bày" and, without marks, "day" need somebody behind them."""
    give = phrases("give").at(tokens, at)
    if give is None or phrases("loose_give").at(tokens, at) is None:
        return True
    if not (tokens[at].plain or tokens[at].fold in {"chi", "phu"} or tokens[at].canon == "dậy"):
        return True
    end = give.end + tokens[give.end].means(verb_words().for_) if give.end < len(tokens) else give.end
    stop = next((position for position in range(at, len(tokens)) if tokens[position].is_break), len(tokens))
    if end < len(tokens) and tokens[end].means(("được",)):
        end += 1  # "chỉ được kha khá bà con ở chợ"
    if end < len(tokens) and tokens[end].means(("nhóm", "lớp", "tốp")):
        end += 1  # "dạy cho nhóm 6 em"
    handed = any(at < m.start < stop and tokens[m.start - 1].means(("cho",)) for m in mentions)
    before = tokens[max(0, at - 3) : at]  # "được tôi chỉ cách"; without marks "nho" is mostly nhớ
    passive = any(token.means(("được",)) or (token.means(("nhờ",)) and not token.plain) for token in before)
    return handed or passive or any(mention.start == end for mention in mentions)


def _is_name(day: Day, mentions: Sequence[Mention]) -> bool:
    """Tell whether a day word is a person's name: "chị Mai"."""
    return any(mention.start < day.start < mention.end for mention in mentions)


def _handed(tokens: Sequence[Token], taken: frozenset[int]) -> frozenset[int]:
    """Return the last tokens of the words behind which those helped stand."""
    hits = [*phrases("give").find(tokens, taken), *phrases("for_").find(tokens, taken)]
    after = {hit.end - 1 for hit in hits}
    return frozenset(after | {at for at, token in enumerate(tokens) if token.means(people_words().joiners)})


def verb_tokens(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the tokens of verbs and small words, which end a name."""
    lists = ("give", "act", "past", "negation", "but", "then", "for_", "reasons", "done", "failed", "all")
    found = {at for name in lists for hit in phrases(name).find(tokens) for at in range(hit.start, hit.end)}
    people = people_words()
    found = {at for at in found if not (tokens[at].plain and tokens[at].fold == "phu")}  # "thon Phu Binh"
    return frozenset(
        found | {at for at, token in enumerate(tokens) if token.means((*people.speakers, *people.joiners))}
    )


def _clauses(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    clauses, start = [], 0
    for at, token in enumerate(tokens):
        if token.is_break or token.means(("nhưng", "mà")):
            clauses.append((start, at))
            start = at + 1
    return [*clauses, (start, len(tokens))]


def _conditions(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the tokens behind "khi" and "nếu": "gọi tổng đài khi báo lỗi" tells of no failure."""
    return frozenset(
        at
        for start, end in _clauses(tokens)
        for first in range(start, end)
        if tokens[first].means(("khi", "nếu", "lỡ"))
        for at in range(first, end)
    )


def _reasons(tokens: Sequence[Token], taken: frozenset[int]) -> list[tuple[int, int]]:
    """Return the spans that say why, each up to the end of its clause."""
    spans: list[tuple[int, int]] = []
    for hit in phrases("reasons").find(tokens, taken):
        if tokens[hit.start].fold == "tai" and hit.end - hit.start == 1:
            continue  # "tại" is mostly a preposition
        if hit.start and tokens[hit.start].plain and tokens[hit.start - 1].fold in _THAT:
            continue  # "sau do", "gi do" without marks: sau đó, gì đó
        end = hit.end
        while end < len(tokens) and tokens[end].raw not in {";", "\n", ".", ",", "!"}:
            end += 1
        if end > hit.end and not (spans and hit.start < spans[-1][1]):
            spans.append((hit.start, end))
    return spans
