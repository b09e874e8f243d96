"""Tells whether a sentence asks something, or asks for help; what is then a report is judged elsewhere."""

from __future__ import annotations

from knowledge.log_outcome import is_negation, phrases
from knowledge.log_person_words import people_words
from knowledge.log_plans import says_past
from knowledge.log_spans import Sentence, covered

# Without marks these are mostly other words (đầu, chị, mở…).
_UNSAFE_QUESTIONS = frozenset(["chi", "nao", "dau", "mo"])
_CLOSING_WORDS = (
    "với", "nhé", "nha", "hả", "hỉ", "à", "vậy", "nghen", "nhỉ", "nhể", "chứ", "chớ", "hén", "hè", "rứa", "chăng",
    "chi", "mô",
)  # fmt: skip
"""Words that close a question or request."""
_UNSAFE_CLOSING = frozenset(["chi", "mo", "ha", "hen", "he", "cho", "chu", "a", "hi"])
"""Without marks these may as well be a name, a noun or "chờ"."""
_SOFTENERS = ("nhé", "nha", "nhe", "nghen", "nghe", "hen", "đó", "á")


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


def closes_as_request(sentence: Sentence) -> bool:
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
    if cut_off and (sentence.gives or not (counted or says_past(sentence))):
        return True  # "giúp bác với, bác không vào được", "cài zalo cho bà với, gọi số…"
    if len(sentence.tokens) in sentence.hidden:
        return False  # A number hidden at the end: what stands before it closes nothing.
    last = tokens[-1]
    told = counted or any(signal.kind in {"done", "all_done"} for signal in sentence.signals if sentence.gives)
    if last.means(("nhé", "nha", "nhe", "nghen", "nghe")) and told and says_past(sentence):
        return False  # "em làm được cho 4 cụ rồi nha", "hướng dẫn vneid xong rồi nha"
    if len(tokens) > 1 and last.means(_SOFTENERS) and tokens[-2].means(("rồi", "xong")):
        return False  # "giúp bác Tuế rồi nha"
    if sentence.hidden and sentence.gives and any(mention.name for mention in sentence.mentions):
        return False  # Nobody asks for help by sending somebody else's password.
    spoken_for = covered([*sentence.mentions, *sentence.signals, *sentence.places, *sentence.topics])
    unsafe = last.plain and last.fold in _UNSAFE_CLOSING and (sentence.gives or says_past(sentence))
    if last.means(_CLOSING_WORDS) and len(tokens) - 1 not in spoken_for and not unsafe:
        return True
    in_reason = any(start <= len(tokens) - 1 < end for start, end in sentence.reasons)
    return (
        len(tokens) - 1 not in covered(sentence.places)
        and last.means(("không", "hông", "chưa"))
        and not in_reason
        and not _clause_counts(sentence, len(tokens) - 1)
    )


def asks_first(sentence: Sentence) -> bool:
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
        and not (any(mention.numbered for mention in sentence.mentions) and says_past(sentence))
    )


def _is_answered(sentence: Sentence, asked: int) -> bool:
    """Tell whether the writer then helped with what was asked up to token `asked`: "bác Năm hỏi, em chỉ bác rồi"."""
    for at in [*sentence.gives, *sentence.acts]:
        start, end = sentence.clause(at)
        own = any(token.means(people_words().speakers) for token in sentence.tokens[start:at])
        past = any(phrases("past").at(sentence.tokens, position) for position in range(start, end))
        if start >= asked and own and past and not helps_speaker(sentence, at):
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


def helps_speaker(sentence: Sentence, at: int) -> bool:
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
