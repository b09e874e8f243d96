"""Tells whether a sentence reports help given, rather than asks, plans, thanks or tells of others; it counts nobody."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.log_asking import asks_first, closes_as_request, helps_speaker, is_question
from knowledge.log_hearsay import OPENING, is_by_writer, is_hearsay, is_news, is_of_outsiders, is_thanks
from knowledge.log_helped import find_helped
from knowledge.log_likeness import likeness_of_report
from knowledge.log_outcome import is_negation, phrases, verb_words
from knowledge.log_people import Mention
from knowledge.log_person_words import people_words
from knowledge.log_places import shop_before
from knowledge.log_plans import is_ahead, is_offer, is_planned, says_past
from knowledge.log_spans import Sentence, Topic, covered, verb_tokens
from knowledge.phrases import Token
from knowledge.vietnamese import fold

_NEIGHBOURS = frozenset(
    ["bà con", "anh em", "chị em", "cô bác", "chú bác", "các cụ", "các bác", "các bà", "các ông", "các hộ"]
)
_WRITERS = ("tôi", "tui", "em", "mình", "tớ", "chúng", "tụi", "bọn")
_LIKE_A_REPORT = 1.0
"""Log-odds from which a sentence that no single word settles is taken for a report."""
_SOMEBODY_TELLS, _WE_TELL = 0.8, 2.3
"""How much less is enough where somebody certain is spoken of, and where the writers speak of themselves too."""
_UNLIKE_A_REPORT = -3.1
"""Log-odds below which a sentence is no report whatever a single word tells."""
_SURELY_A_REPORT = 4.0
"""Log-odds from which words that ask are part of what was done: "xem giúp bác Nghĩa có mấy sim"."""
_MUCH_LIKE_A_REPORT = 0.6
"""Log-odds from which that somebody asked for help is only how the report of it begins."""


def is_report(sentence: Sentence) -> bool:
    """Tell whether the sentence reports help given; where no single word tells, all its words together do."""
    told = _told(sentence)
    if told is None:
        return likeness_of_report(sentence) >= _least_likeness(sentence)
    return told and (bool(sentence.hidden) or likeness_of_report(sentence) >= _UNLIKE_A_REPORT)


def _least_likeness(sentence: Sentence) -> float:
    """Return from which likeness on an open sentence is a report: less if it tells of somebody."""
    certain = any(mention.name or mention.numbered for mention in sentence.mentions)
    ours = any(token.means(_WRITERS) for token in sentence.tokens)
    return _LIKE_A_REPORT - _SOMEBODY_TELLS * certain - _WE_TELL * (certain and ours)


def _told(sentence: Sentence) -> bool | None:
    """Tell whether the sentence surely reports help given (True) or surely does not (False); None: nothing tells."""
    tokens = sentence.tokens
    if _opens_report(tokens, 0) and sentence.mentions:
        return True
    if is_question(sentence):
        surely = _is_told_by_writer(sentence) and likeness_of_report(sentence) >= _SURELY_A_REPORT
        return None if surely else False
    if _asks_to_record(sentence):
        return True
    if closes_as_request(sentence) or is_offer(tokens) or is_thanks(sentence):
        return False
    if asks_first(sentence):
        return likeness_of_report(sentence) >= _MUCH_LIKE_A_REPORT
    if not sentence.gives and phrases("strangers").find(tokens):
        return False  # somebody tells of a swindler's call
    if is_hearsay(sentence) or is_news(tokens) or is_of_outsiders(sentence):
        return False
    if _came_to_nothing(sentence) or _is_called_off(sentence):
        return False
    in_days = covered(sentence.days) | covered(sentence.places)
    giving = [at for at in sentence.gives if not (_denied(tokens, at, in_days) or _only_heard(tokens, at))]
    first = min([*giving, *sentence.acts, len(tokens)])
    if is_planned(sentence, first) or is_ahead(sentence, first):
        return False
    helped = find_helped(sentence)
    numbered = any(mention.numbered for mention in helped)
    anchored = bool(sentence.days or sentence.places or says_past(sentence))
    if _is_thanks_to_us(sentence) and (helped or sentence.topics):
        return True
    if giving:
        if any(helps_speaker(sentence, at) for at in giving):
            return False
        favours = all(tokens[at].means(("giùm", "dùm")) for at in giving)
        if favours and not (sentence.topics or anchored or sentence.hidden):
            return False  # "mua vé xe giùm hai cháu"
        if any(_is_for_writer(sentence, at) for at in giving):
            return False
        if helped and (sentence.hidden or any(is_by_writer(tokens, at) for at in giving)):
            return True  # Whoever tells somebody's number has helped them.
        if tokens[giving[0]].fold == "giup" and any(mention.kind == "generic" for mention in helped):
            return True  # "giúp người dân cài vneid", but "hướng dẫn người dân…" may be a question
        return numbered or anchored or any(_is_somebody(sentence, mention) for mention in helped) or None
    if sentence.gives or phrases("meetings").find(tokens):
        return False
    return _reports_without_giving(sentence, helped, numbered, anchored) or None


def _opens_report(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "báo cáo" or "ghi" at token `at` opens a report, not a word about one: "báo cáo quý của xã"."""
    hit = phrases("record").at(tokens, at)
    of_paper = hit is not None and hit.end < len(tokens) and phrases("reports_of").at(tokens, hit.end) is not None
    from_paper = at > 0 and tokens[at - 1].means(("theo", "trong"))
    return hit is not None and not of_paper and not from_paper


def _asks_to_record(sentence: Sentence) -> bool:
    """Tell whether it opens like "ghi giúp tôi", "em xin báo cáo" or "tôi muốn ghi", and tells of people."""
    tokens = sentence.tokens
    opening = next((at for at in range(min(OPENING, len(tokens))) if _opens_report(tokens, at)), None)
    if opening is None:
        return False
    told = any(m.start > opening and (m.numbered or m.name) for m in sentence.mentions)
    return told and bool(sentence.topics or sentence.gives or sentence.acts)


def _is_somebody(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether a certain person is meant, also where a name is typed small: "giup bac hung"."""
    if mention.name or mention.noun in _NEIGHBOURS:
        return True
    tokens, at = sentence.tokens, mention.end
    if mention.kind != "kin" or at >= len(tokens) or mention.owned:
        return False
    spoken_for = covered(sentence.topics) | covered(sentence.days) | verb_tokens(tokens)
    return not tokens[at].is_break and not tokens[at].is_number and at not in spoken_for


def _reports_without_giving(sentence: Sentence, helped: Sequence[Mention], numbered: bool, anchored: bool) -> bool:
    """Judge "3 bà cài vneid" and "sáng nay cài vneid ở thôn 2", which only name what was done."""
    tokens = sentence.tokens
    if not sentence.topics and not sentence.acts:
        return any(mention.numbered and tokens[mention.start - 1].means(("xong",)) for mention in helped)
    if any(_labels_people(sentence, topic) for topic in sentence.topics):
        return True
    if any(_is_of_age(tokens, mention) for mention in sentence.mentions):
        return False
    if any(_is_taken_along(sentence, mention) for mention in sentence.mentions):
        return True
    if helped and any(_is_done_for(tokens, at) for at in sentence.acts):
        return True
    done = any(signal.kind in {"done", "all_done"} for signal in sentence.signals)
    served = [
        m
        for m in sentence.mentions
        if (for_ := shop_before(tokens, m.start) - 1) >= 0
        and tokens[for_].means(verb_words().for_)
        and not _is_bare_ho(tokens, m)
    ]
    if served and sentence.hidden:
        return True
    if served and sentence.acts:
        told = bool(sentence.topics) or anchored
        others = [mention for mention in helped if mention.numbered and not _is_own_family(tokens, mention)]
        return (numbered and (anchored or (told and bool(others)))) or any(
            m.name or (_is_other(m) and (anchored or _is_somebody(sentence, m))) for m in [*helped, *served]
        )
    counted = any(
        mention.numbered and (mention.count is not None or not _is_bare(tokens, mention)) for mention in helped
    )
    if counted and not (sentence.topics or anchored):
        return False
    if counted:
        if _came_for_help(sentence):
            return True
        if any(m.start and tokens[m.start - 1].means(("còn",)) for m in helped) and not done:
            return False  # "thôn mình còn 35 hộ chưa cài"
        spoken_of = covered(sentence.mentions) | _background(sentence, helped)
        return not any(token.means(("có", "bị", "chung")) for at, token in enumerate(tokens) if at not in spoken_of)
    failed = any(signal.kind == "failed" for signal in sentence.signals)
    if done and not failed and any(mention.name and not mention.owned for mention in helped):
        return True  # "bà Thu cài VNeID xong"
    if _visited(sentence) and not failed:
        return True
    own = any(token.means(people_words().owners) and not token.is_capital for token in tokens)
    dated = any(day.date is not None for day in sentence.days)
    return bool(sentence.acts) and not failed and not own and dated and bool(sentence.topics)


def _labels_people(sentence: Sentence, topic: Topic) -> bool:
    """Tell whether those helped are listed behind a topic: "VNeID: bà Tư, ông Năm"."""
    labelled = topic.end < len(sentence.tokens) and sentence.tokens[topic.end].raw == ":"
    return labelled and any(m.start == topic.end + 1 and (m.name or m.numbered) for m in sentence.mentions)


def _is_taken_along(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether the writers took somebody along to have it done: "tui chở dì Bảy ra bưu điện làm lại sim"."""
    tokens, at = sentence.tokens, mention.start - 1
    if at < 0 or not (mention.name or mention.numbered) or not tokens[at].means(verb_words().escorts):
        return False
    ours = at == 0 or tokens[at - 1].means(_WRITERS) or tokens[at - 1].means(verb_words().past)
    return ours and any(other > mention.end for other in [*sentence.acts, *(topic.start for topic in sentence.topics)])


def _is_bare_ho(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether "ho" in front of people is họ rather than hộ: "ho co nhan don", but not "cai ho cau Phat"."""
    before = tokens[mention.start - 1]
    return before.plain and before.fold == "ho" and not tokens[mention.end - 1].is_capital


def _is_of_age(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether people are only told by their age: "làm căn cước cho bé dưới 6 tuổi"."""
    behind = tokens[mention.end : mention.end + 3]
    return len(behind) == 3 and behind[0].means(("dưới", "trên", "từ")) and behind[2].means(("tuổi",))


def _is_for_writer(sentence: Sentence, at: int) -> bool:
    """Tell whether somebody gave the help to the writer: "tôi được em Lan giúp"."""
    tokens = sentence.tokens
    for helper in sentence.mentions:
        if helper.end == at and helper.start > 1 and tokens[helper.start - 1].means(("được", "nhờ")):
            along = helper.start > 2 and tokens[helper.start - 3].means(people_words().joiners)  # "bà Bảy và cháu"
            return not along and tokens[helper.start - 2].means(("tôi", "tui", "mình", "em", "con", "cháu"))
    return False


def _is_done_for(tokens: Sequence[Token], act: int) -> bool:
    """Tell whether others had it done by the writer: "bà nội được em cài định danh", "được tổ tới tận nhà cài"."""
    words = people_words()
    while act > 1:
        if tokens[act - 1].means(words.speakers) and tokens[act - 2].means(("được", "nhờ")):
            return True
        if not tokens[act - 1].means((*verb_words().visits, "tận", "nhà", "nơi")):
            return False
        act -= 1
    return False


def _is_told_by_writer(sentence: Sentence) -> bool:
    """Tell whether the writers tell of help for somebody in front of all else, and ask nobody: "tôi xem giúp bác"."""
    tokens = sentence.tokens
    asked = any(token.raw == "?" for token in tokens) or closes_as_request(sentence)
    speaks = any(
        any(token.means(people_words().speakers) for token in tokens[max(0, at - 3) : at]) for at in sentence.gives[:1]
    )
    return speaks and not asked and any(mention.name or mention.numbered for mention in sentence.mentions)


def _came_to_nothing(sentence: Sentence) -> bool:
    """Tell whether those to be helped were not met at all: "2 bác nhờ cài mà em chưa qua được"."""
    unmet = [signal for signal in sentence.signals if signal.kind == "unmet"]
    succeeded = any(signal.kind in {"done", "all_done", "partial", "waiting"} for signal in sentence.signals)
    return bool(unmet) and not succeeded and not sentence.gives and not says_past(sentence, unmet)


def _is_called_off(sentence: Sentence) -> bool:
    """Tell whether the visit was put off before anybody was helped: "đi hỗ trợ mà xe hỏng nên hoãn lại"."""
    put_off = phrases("called_off").find(sentence.tokens, covered(sentence.places))
    told = any(mention.numbered or mention.name for mention in find_helped(sentence))
    succeeded = any(signal.kind in {"done", "all_done", "partial", "waiting"} for signal in sentence.signals)
    return bool(put_off) and not told and not succeeded


def _is_thanks_to_us(sentence: Sentence) -> bool:
    """Tell whether what got done is owed to the writer: "3 bác kích hoạt được nhờ tổ em"."""
    tokens = sentence.tokens
    worked = [*sentence.acts, *(topic.start for topic in sentence.topics)]
    for at, token in enumerate(tokens):
        if not token.means(("nhờ",)) or not any(before < at for before in worked):
            continue
        end = at + 1
        while end < len(tokens) and tokens[end].means(people_words().speakers):
            end += 1
        if end > at + 1 and (end == len(tokens) or tokens[end].is_break) and says_past(sentence):
            return True
    return False


def _background(sentence: Sentence, helped: Sequence[Mention]) -> frozenset[int]:
    """Return the tokens of clauses that only tell how many there are: "xóm Hạ có 32 hộ, nay đi được 10 hộ"."""
    stated = [mention for mention in sentence.mentions if sentence.tokens[mention.start - 1].means(("có",))]
    apart = [mention for mention in stated if mention.numbered and mention not in helped]
    return frozenset(at for mention in apart for at in range(*sentence.clause(mention.start)))


def _came_for_help(sentence: Sentence) -> bool:
    """Tell whether people came to be helped, and were: "có 3 người tới nhờ làm căn cước, 2 người làm được"."""
    tokens = sentence.tokens
    told = any(signal.kind in {"done", "all_done", "failed", "partial"} for signal in sentence.signals)
    came = any(
        token.means(("nhờ", "đến", "tới"))
        for mention in sentence.mentions
        if mention.numbered
        for token in tokens[mention.end : mention.end + 2]
    )
    return told and came


def _is_bare(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether a vague count is typed without marks: "may" may be máy, mấy or may."""
    return tokens[mention.start].plain


def _is_own_family(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether the writer's own children or parents may be meant: "cho 2 con", "cho bố mẹ", but not "bố mẹ Lan"."""
    last = tokens[mention.end - 1]
    return mention.noun in people_words().own_family and not mention.name and not last.is_capital


def _is_other(mention: Mention) -> bool:
    """Tell whether somebody beside the writer's own family is meant: "cho bà", but not "cho cháu" or "cho người lạ"."""
    words = people_words()
    own = mention.noun in words.family_nouns or mention.owned or mention.noun in {fold(word) for word in words.owners}
    return not own and mention.noun not in {"người", "cả nhà", "gia đình"}


def _visited(sentence: Sentence) -> bool:
    """Tell whether somebody's house was gone to for it: "đến nhà cụ Sửu cài VNeID"."""
    tokens = sentence.tokens
    homes = [place for place in sentence.places if tokens[place.start].fold == "nha" and place.end - place.start > 2]
    return bool(sentence.topics) and any(
        place.start and tokens[place.start - 1].means(verb_words().visits) for place in homes
    )


def _denied(tokens: Sequence[Token], at: int, in_days: frozenset[int]) -> bool:
    """Tell whether "không", "chưa" or "đừng" stands in front of the verb at `at`."""
    before = [tokens[position] for position in range(max(0, at - 2), at) if position not in in_days]
    if any(token.means(("nhớ", "biết", "rõ")) for token in before):
        return False  # "không nhớ hôm nào giúp 3 ông"
    return any(is_negation(token) or token.means(("đừng",)) for token in before)


def _only_heard(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the help was listened to: "nghe phổ biến quyết định", "đi dự tập huấn"."""
    seen = tokens[at].fold != "giup" and tokens[at - 1].means(("xem",))  # but "xem giúp bác"
    return at > 0 and (seen or tokens[at - 1].means(("nghe", "dự")))
