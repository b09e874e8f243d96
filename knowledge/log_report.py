"""Tells whether a sentence reports help given, rather than asks, plans, thanks or tells of others; it counts nobody."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.log_helped import find_helped
from knowledge.log_likeness import likeness_of_report
from knowledge.log_outcome import Signal, is_negation, phrases, verb_words
from knowledge.log_people import Mention, people_words
from knowledge.log_places import shop_before
from knowledge.log_spans import Sentence, Topic, covered, verb_tokens
from knowledge.phrases import Token
from knowledge.vietnamese import fold

# Without marks these are mostly other words (đầu, chị, mở, định làm gì / đình, một, dùng…).
_UNSAFE_QUESTIONS = frozenset(["chi", "nao", "dau", "mo"])
_CLOSING_WORDS = (
    "với", "nhé", "nha", "hả", "hỉ", "à", "vậy", "nghen", "nhỉ", "nhể", "chứ", "chớ", "hén", "hè", "rứa", "chăng",
    "chi", "mô",
)  # fmt: skip
"""Words that close a question or request."""
_UNSAFE_CLOSING = frozenset(["chi", "mo", "ha", "hen", "he", "cho", "chu", "a", "hi"])
"""Without marks these may as well be a name, a noun or "chờ"."""
_SOFTENERS = ("nhé", "nha", "nhe", "nghen", "nghe", "hen", "đó", "á")
_NEIGHBOURS = frozenset(
    ["bà con", "anh em", "chị em", "cô bác", "chú bác", "các cụ", "các bác", "các bà", "các ông", "các hộ"]
)
_WRITERS = ("tôi", "tui", "em", "mình", "tớ", "chúng", "tụi", "bọn")
_LIKE_A_REPORT = 0.5
"""Log-odds from which a sentence that no single word settles is taken for a report."""
_SOMEBODY_TELLS, _WE_TELL = 0.8, 2.0
"""How much less is enough where somebody certain is spoken of, and where the writers speak of themselves too."""
_UNLIKE_A_REPORT = -3.6
"""Log-odds below which a sentence is no report whatever a single word tells."""
_SURELY_A_REPORT = 4.0
"""Log-odds from which words that ask are part of what was done: "xem giúp bác Nghĩa có mấy sim"."""
_MUCH_LIKE_A_REPORT = 0.6
"""Log-odds from which that somebody asked for help is only how the report of it begins."""
_OPENING = 5
"""Tokens in front of which "ghi" or "báo cáo" opens a report."""
_NEWS_REACH = 4
"""Tokens behind a source of news within which it is told to say something."""
_UNSAFE_PLANS = frozenset(["dinh", "mot", "tinh", "dung", "lich"])


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
    if _closes_as_request(sentence) or _is_offer(tokens) or _is_thanks(sentence):
        return False
    if _asks_first(sentence):
        return likeness_of_report(sentence) >= _MUCH_LIKE_A_REPORT
    if not sentence.gives and phrases("strangers").find(tokens):
        return False  # somebody tells of a swindler's call
    if _is_hearsay(sentence) or _is_news(tokens) or _is_of_outsiders(sentence):
        return False
    if _came_to_nothing(sentence) or _is_called_off(sentence):
        return False
    in_days = covered(sentence.days) | covered(sentence.places)
    giving = [at for at in sentence.gives if not (_denied(tokens, at, in_days) or _only_heard(tokens, at))]
    first = min([*giving, *sentence.acts, len(tokens)])
    if _is_planned(sentence, first) or _is_ahead(sentence, first):
        return False
    helped = find_helped(sentence)
    numbered = any(mention.numbered for mention in helped)
    anchored = bool(sentence.days or sentence.places or _says_past(sentence))
    if _is_thanks_to_us(sentence) and (helped or sentence.topics):
        return True
    if giving:
        if any(_helps_speaker(sentence, at) for at in giving):
            return False
        favours = all(tokens[at].means(("giùm", "dùm")) for at in giving)
        if favours and not (sentence.topics or anchored or sentence.hidden):
            return False  # "mua vé xe giùm hai cháu"
        if any(_is_for_writer(sentence, at) for at in giving):
            return False
        if helped and (sentence.hidden or any(_is_by_writer(tokens, at) for at in giving)):
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
    opening = next((at for at in range(min(_OPENING, len(tokens))) if _opens_report(tokens, at)), None)
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


def _is_bare_ho(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether "ho" in front of people is họ rather than hộ: "ho co nhan don", but not "cai ho cau Phat"."""
    before = tokens[mention.start - 1]
    return before.plain and before.fold == "ho" and not tokens[mention.end - 1].is_capital


def _is_of_age(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether people are only told by their age: "làm căn cước cho bé dưới 6 tuổi"."""
    behind = tokens[mention.end : mention.end + 3]
    return len(behind) == 3 and behind[0].means(("dưới", "trên", "từ")) and behind[2].means(("tuổi",))


def _is_by_writer(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the writers say that they gave the help: "em hướng dẫn người dân", but not "nhờ em giúp"."""
    speaks = at > 0 and tokens[at - 1].means(people_words().speakers)
    return speaks and not (at > 1 and tokens[at - 2].means(("nhờ", "mong", "xin", "muốn")))


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
    asked = any(token.raw == "?" for token in tokens) or _closes_as_request(sentence)
    speaks = any(
        any(token.means(people_words().speakers) for token in tokens[max(0, at - 3) : at]) for at in sentence.gives[:1]
    )
    return speaks and not asked and any(mention.name or mention.numbered for mention in sentence.mentions)


def _is_offer(tokens: Sequence[Token]) -> bool:
    """Tell whether a clause in front of any past deed opens like "để em rảnh em ghé" or "nếu mai không mưa"."""
    return any(hit.start == 0 or tokens[hit.start - 1].is_break for hit in phrases("offers").find(tokens))


def _is_thanks(sentence: Sentence) -> bool:
    """Tell whether the one who helped is thanked: "cảm ơn cháu Hiền hôm qua đã bày cho bác"."""
    thanks = phrases("thanks").find(sentence.tokens)
    if not thanks or thanks[0].start >= _OPENING:
        return False
    deeds = [at for at in [*sentence.gives, *sentence.acts] if at >= thanks[0].end]
    if not sentence.gives:
        return True
    return not deeds or sentence.clause(deeds[0]) == sentence.clause(thanks[0].start)


def _is_hearsay(sentence: Sentence) -> bool:
    """Tell whether what was done is only heard of; "giúp bác Tư, bác khoe với cả xóm" tells of help first."""
    heard = phrases("hearsay").find(sentence.tokens, covered(sentence.topics))
    told = bool(heard) and heard[0].start < min([*sentence.gives, len(sentence.tokens)])
    if told and any(_is_by_writer(sentence.tokens, at) and at > heard[0].end + 1 for at in sentence.gives):
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


def _is_news(tokens: Sequence[Token]) -> bool:
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


def _is_of_outsiders(sentence: Sentence) -> bool:
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


def _came_to_nothing(sentence: Sentence) -> bool:
    """Tell whether those to be helped were not met at all: "2 bác nhờ cài mà em chưa qua được"."""
    unmet = [signal for signal in sentence.signals if signal.kind == "unmet"]
    succeeded = any(signal.kind in {"done", "all_done", "partial", "waiting"} for signal in sentence.signals)
    return bool(unmet) and not succeeded and not sentence.gives and not _says_past(sentence, unmet)


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
        if end > at + 1 and (end == len(tokens) or tokens[end].is_break) and _says_past(sentence):
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


def is_question(sentence: Sentence) -> bool:
    """Tell whether the sentence asks something by its words."""
    tokens = sentence.tokens
    if any(token.raw == "?" for token in tokens):
        return True
    harmless = phrases("not_questions").find(tokens)
    if phrases("sure_questions").find(tokens, covered(harmless)):
        return True
    blocked = covered(harmless) | covered(sentence.mentions) | covered(sentence.topics) | covered(sentence.places)
    blocked |= (
        frozenset(at for start, end in sentence.reasons for at in range(start, end)) if sentence.gives else frozenset()
    )
    blocked |= frozenset(sentence.gives) | covered(sentence.days)
    unsure = [signal for signal in sentence.signals if signal.kind == "unsure"]
    blocked |= frozenset(at for signal in unsure for at in range(signal.start, sentence.clause(signal.start)[1]))
    for hit in phrases("questions").find(tokens, blocked):
        token = tokens[hit.start]
        unsafe = hit.end - hit.start == 1 and token.plain and token.fold in _UNSAFE_QUESTIONS
        if _is_nothing(sentence, hit.start):
            continue
        if not unsafe or hit.end == len(tokens) or tokens[hit.end].is_break:
            return True
    return False


def _is_nothing(sentence: Sentence, at: int) -> bool:
    """Tell whether a question word means nobody or nothing: "không cài được cho ai"."""
    start, _ = sentence.clause(at)
    negated = any(is_negation(token) for token in sentence.tokens[start:at])
    return negated and sentence.tokens[at].means(("ai", "gì", "đâu", "cái", "nào"))


def _closes_as_request(sentence: Sentence) -> bool:
    """Tell whether help is asked for by a closing word like "với" or "nhé"."""
    tokens = sentence.tokens
    while tokens and (tokens[-1].is_break or tokens[-1].means(("ạ", "ad"))):
        tokens = tokens[:-1]
    if not tokens:
        return False
    if any(signal.kind == "unsure" for signal in sentence.signals):
        return False
    cut_off = any(tokens[at].means(("với",)) and tokens[at + 1].is_break for at in range(len(tokens) - 1))
    counted = any(mention.numbered for mention in sentence.mentions)
    if cut_off and (sentence.gives or not (counted or _says_past(sentence))):
        return True  # "giúp bác với, bác không vào được", "cài zalo cho bà với, gọi số…"
    if len(sentence.tokens) in sentence.hidden:
        return False  # A number hidden at the end: what stands before it closes nothing.
    last = tokens[-1]
    told = counted or any(signal.kind in {"done", "all_done"} for signal in sentence.signals if sentence.gives)
    if last.means(("nhé", "nha", "nhe", "nghen", "nghe")) and told and _says_past(sentence):
        return False  # "em làm được cho 4 cụ rồi nha", "hướng dẫn vneid xong rồi nha"
    if len(tokens) > 1 and last.means(_SOFTENERS) and tokens[-2].means(("rồi", "xong")):
        return False  # "giúp bác Tuế rồi nha"
    if sentence.hidden and sentence.gives and any(mention.name for mention in sentence.mentions):
        return False  # Nobody asks for help by sending somebody else's password.
    spoken_for = covered([*sentence.mentions, *sentence.signals, *sentence.places, *sentence.topics])
    unsafe = last.plain and last.fold in _UNSAFE_CLOSING and (sentence.gives or _says_past(sentence))
    if last.means(_CLOSING_WORDS) and len(tokens) - 1 not in spoken_for and not unsafe:
        return True
    in_reason = any(start <= len(tokens) - 1 < end for start, end in sentence.reasons)
    return (
        len(tokens) - 1 not in covered(sentence.places)
        and last.means(("không", "hông", "chưa"))
        and not in_reason
        and not _clause_counts(sentence, len(tokens) - 1)
    )


def _asks_first(sentence: Sentence) -> bool:
    """Tell whether a word like "nhờ" or "cần" stands in front of the work, and no word tells that it was then done."""
    tokens = sentence.tokens
    in_people = covered(sentence.mentions)
    start_asked = [
        hit
        for hit in phrases("asked").find(tokens, covered(sentence.topics) | covered(sentence.days))
        if (hit.value != "hỏi" or hit.start < 3)
        and not (hit.value == "đừng" and tokens[hit.start].plain)  # "noi dung", "dung"
        and not (hit.start and is_negation(tokens[hit.start - 1]) and tokens[hit.start].fold == "nho")  # "không nhớ"
        and not (hit.end - hit.start == 1 and (hit.start in in_people or _is_other_word(sentence, hit.start)))
    ]
    early = min([*sentence.gives, *sentence.acts, len(tokens)])
    told_since = any(hit.end <= day.start <= early for hit in start_asked for day in sentence.days)
    if start_asked and _is_answered(sentence, start_asked[-1].end):
        return False
    return (
        any(hit.start <= early for hit in start_asked)
        and not told_since
        and not (any(mention.numbered for mention in sentence.mentions) and _says_past(sentence))
    )


def _is_answered(sentence: Sentence, asked: int) -> bool:
    """Tell whether the writer then helped with what was asked up to token `asked`: "bác Năm hỏi, em chỉ bác rồi"."""
    for at in [*sentence.gives, *sentence.acts]:
        start, end = sentence.clause(at)
        own = any(token.means(people_words().speakers) for token in sentence.tokens[start:at])
        past = any(phrases("past").at(sentence.tokens, position) for position in range(start, end))
        if start >= asked and own and past and not _helps_speaker(sentence, at):
            return True
    return False


def _clause_counts(sentence: Sentence, at: int) -> bool:
    """Tell whether a closing "không" or "chưa" is said of some of those counted before."""
    if sentence.tokens[at - 1].means(("mà", "nhưng", "vẫn", "thì", "cũng")):
        return True
    if sentence.tokens[at - 1].is_number and at - 1 not in covered(sentence.places):
        return True  # "nộp hồ sơ: 3 xong, 3 chưa"
    start, end = sentence.clause(at)
    counted = [mention for mention in sentence.mentions if mention.numbered and start <= mention.start < at]
    if len(counted) > 1 and counted[-1].end == at:
        return True  # "3 bà cài vneid 2 bà xong 1 bà chưa"
    earlier = any(mention.start < start for mention in sentence.mentions)
    return earlier and any(start <= mention.start < end for mention in sentence.mentions)


def _is_other_word(sentence: Sentence, at: int) -> bool:
    """Tell whether "can" and "hoi" without marks are cán bộ, căn cước or hồi rather than cần and hỏi."""
    follows = any(day.start == at + 1 for day in sentence.days)
    compound = phrases("not_asked").at(sentence.tokens, at) is not None
    return sentence.tokens[at].plain and (follows or compound)


def _is_planned(sentence: Sentence, first: int) -> bool:
    """Tell whether a word in front of the first deed, at token `first`, says that it is still to come."""
    tokens = sentence.tokens
    certain = [mention for mention in sentence.mentions if mention.name or mention.numbered]
    for hit in phrases("planned").find(tokens, covered(certain) | covered(sentence.places)):
        if hit.start and tokens[hit.start - 1].means(("theo",)):
            continue  # "theo kế hoạch 78/KH-UBND" is no plan to help
        if sentence.clause(hit.start) != sentence.clause(first) and _is_dated(sentence, first):
            continue  # "mai là hạn rồi, hôm nay giúp 2 hộ"
        unsafe = hit.end - hit.start == 1 and tokens[hit.start].plain and tokens[hit.start].fold in _UNSAFE_PLANS
        unsafe = unsafe and not (hit.start and tokens[hit.start - 1].means(people_words().speakers))  # "e dinh"
        if any(day.date and day.date <= sentence.today and day.start <= hit.start < day.end for day in sentence.days):
            continue
        vague = [day for day in sentence.days if day.date is None and day.start <= hit.start < day.end]
        ahead = tokens[hit.end - 1].means(("sau", "tới")) and any(day.end == hit.end for day in vague)
        unsafe = unsafe or (bool(vague) and not ahead)  # "từ đầu tuần tới giờ" is no coming week
        told_since = any(
            hit.end < day.start <= first and day.date is not None and not day.bare for day in sentence.days
        )  # "định chiều nay giúp 5 bác" is still to come
        if not unsafe and not told_since and hit.start < max(first, 1):
            return True
    return False


def _is_ahead(sentence: Sentence, first: int) -> bool:
    """Tell whether the day of the first deed, at token `first`, is still to come: "thứ bảy này tổ hướng dẫn 20 hộ"."""
    start, end = sentence.clause(first)
    days = [day for day in sentence.days if day.date is not None]
    ahead = [day for day in days if day.date is not None and day.date > sentence.today and start <= day.start < end]
    troubled = any(signal.kind in {"failed", "partial"} for signal in sentence.signals)
    if troubled or len(ahead) < len(days):
        return False  # "chưa xong, mai làm tiếp"
    words = [token for day in ahead for token in sentence.tokens[day.start : day.end]]
    written = any("/" in word.raw or "-" in word.raw or word.means(("ngày", "tháng")) for word in words)
    arranged = phrases("arranged").find(sentence.tokens[start:first])
    return bool(ahead) and (bool(arranged) or not written) and not _says_past(sentence)


def _is_dated(sentence: Sentence, at: int) -> bool:
    """Tell whether the clause around token `at` names its own day."""
    start, end = sentence.clause(at)
    return any(start <= day.start < end for day in sentence.days)


def _says_past(sentence: Sentence, apart: Sequence[Signal] = ()) -> bool:
    """Tell whether a word says that something is past; those in the signals `apart` say nothing."""
    return bool(phrases("past").find(sentence.tokens, covered([*sentence.topics, *sentence.places, *apart])))


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


def _helps_speaker(sentence: Sentence, at: int) -> bool:
    """Tell whether the verb at `at` is followed by the writer: "giúp tôi", "hướng dẫn cho em"."""
    hit = phrases("give").at(sentence.tokens, at)
    if hit is None or hit.end >= len(sentence.tokens):
        return False
    position = hit.end + (sentence.tokens[hit.end].means(("cho",)) and hit.end + 1 < len(sentence.tokens))
    named = any(m.start == position and (m.name or m.numbered) for m in sentence.mentions)
    if named:
        return False
    token = sentence.tokens[position]
    if token.means(("tôi", "tui", "mình", "tớ")) and not (token.plain and token.fold == "to"):  # tổ
        return True
    # "giúp em cài" is a request, "giúp em học sinh lớp 9" and "giúp con bà Lan" are not.
    return token.means(("em", "con", "cháu")) and _ends_or_acts(sentence, position + 1)


def _ends_or_acts(sentence: Sentence, at: int) -> bool:
    tokens = sentence.tokens
    if at >= len(tokens) or tokens[at].is_break or tokens[at].means(("với", "cách", "cái", "chút", "việc", "vụ")):
        return True
    is_someone = phrases("pupils").at(tokens, at) is not None or at in covered(sentence.mentions)
    return not is_someone and (at in covered(sentence.topics) or phrases("act").at(tokens, at) is not None)
