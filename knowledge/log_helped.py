"""Judges who of the people in a sentence was helped, who helped and whom a count includes; it finds no words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from knowledge.log_outcome import is_negation, phrases, verb_words
from knowledge.log_people import Mention, people_words
from knowledge.log_spans import Sentence
from knowledge.phrases import PhraseTable, Token

_WRITERS = ("tôi", "tui", "mình", "em", "tớ", "tau", "cháu")
"""Words by which the writers call themselves when they went with somebody."""
_RECORD_OPENING = 4
"""Behind so many tokens "ghi cho" opens no report any more."""
_LABEL_REACH = 3
"""Tokens between people and the hidden number that tells who they are."""


def find_helped(sentence: Sentence) -> list[Mention]:
    """Return the mentions of those helped, without those who went to help and without repeated ones."""
    tokens = sentence.tokens
    kept: list[Mention] = []
    details = _details(sentence)
    unmet = _unmet(sentence)
    for mention in sentence.mentions:
        if (
            mention in details
            or mention in unmet
            or _is_background(sentence, mention)
            or _is_addressed(tokens, mention)
            or mention.kind == "helpers"
            or _is_recorded_for(tokens, mention)
            or _is_helper(sentence, mention)
            or _in_brackets(tokens, mention, bool(kept))
        ):
            continue
        if kept and not mention.numbered and _repeats(tokens, mention, kept):
            continue
        if kept and _is_meant_for(sentence, mention, kept[-1]):
            continue
        if mention.kind == "generic" and (kept or _is_listed(sentence, mention) or _is_counted_on(sentence, mention)):
            continue
        kept.append(mention)
    kept = [mention for mention in kept if not _is_counted_later(sentence, mention, kept)]
    counted = any(mention.numbered for mention in kept)
    # "bà con hỏi nhiều, hôm nay giúp được 4 bác": those helped are told by number behind the verb.
    return [
        mention for mention in kept if not (counted and mention.kind == "generic" and _stands_apart(sentence, mention))
    ]


def _is_counted_on(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether those spoken of in general are counted in the same clause: "bà con xóm mình 6 người"."""
    _, end = sentence.clause(mention.start)
    worked = [*sentence.acts, *sentence.gives, *(topic.start for topic in sentence.topics)]
    return any(
        mention.end <= other.start < end
        and other.noun == "nguoi"
        and other.count is not None
        and not any(mention.end <= at < other.start for at in worked)
        for other in sentence.mentions
    )


def _is_listed(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether those spoken of in general are named behind a colon: "chị em ở khu phố 1: chị Sa, chị Na"."""
    later = [other for other in sentence.mentions if other.start > mention.start]
    colons = [at for at in range(mention.end, len(sentence.tokens)) if sentence.tokens[at].raw == ":"]
    return bool(colons) and any(other.start == colons[0] + 1 and other.name for other in later)


def _unmet(sentence: Sentence) -> list[Mention]:
    """Return those who were not met, where others were helped: "giúp bác Phúc, còn bác Lộc thì chưa gặp được"."""
    found: list[Mention] = []
    for signal in sentence.signals:
        if signal.kind == "unmet":
            start, _ = sentence.clause(signal.start)
            near = [m for m in sentence.mentions if start <= m.start and m.end <= signal.start and m.name]
            found.extend(near[-1:])
    return found


def _is_background(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether a count only says how many there are: "xóm Hạ có 32 hộ, nay em đi được 10 hộ"."""
    start, end = sentence.clause(mention.start)
    worked = [*sentence.gives, *sentence.acts, *(topic.start for topic in sentence.topics)]
    worked += [signal.start for signal in sentence.signals]
    later = [other for other in sentence.mentions if other.start >= end and other.noun == mention.noun]
    return (
        mention.numbered
        and sentence.tokens[mention.start - 1].means(("có",))
        and not any(start <= at < end for at in worked)
        and any(
            (other.count or 0) < (mention.count or 0) and sentence.tokens[other.start - 1].means(("được",))
            for other in later
        )
    )


def _is_meant_for(sentence: Sentence, mention: Mention, helped: Mention) -> bool:
    """Tell whether somebody else only profits: "giúp cô Mùi đóng học phí cho 2 con"."""
    start, _ = sentence.clause(mention.start)
    direct = any(at in sentence.gives for at in range(max(0, helped.start - 3), helped.start))
    worked = any(helped.end <= at < mention.start for at in [*sentence.acts, *(t.start for t in sentence.topics)])
    handed = sentence.tokens[mention.start - 1].means(("cho",))
    return handed and direct and worked and start <= helped.start and sentence.tokens[mention.start - 1].fold == "cho"


def _is_recorded_for(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether the log is only kept for them: "tôi ghi lại cho hai cháu"."""
    end = mention.start - (mention.start > 0 and tokens[mention.start - 1].means(("cho", "hộ", "giùm", "giúp")))
    return any(
        (hit := phrases("record").at(tokens, at)) is not None and hit.end in {end, mention.start}
        for at in range(max(_RECORD_OPENING, mention.start - 4), mention.start)
    )


def _is_addressed(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether somebody is only spoken to: "báo cáo anh", "kính gửi tổ trưởng"."""
    return not mention.numbered and any(
        (hit := phrase_table(people_words().addressed).at(tokens, at)) is not None and hit.end == mention.start
        for at in range(max(0, mention.start - 2), mention.start)
    )


def _stands_apart(sentence: Sentence, mention: Mention) -> bool:
    start, _ = sentence.clause(mention.start)
    led = any(start <= at < mention.start for at in [*sentence.gives, *sentence.acts])
    return not led or any(_sums_up(sentence, other) for other in sentence.mentions if other.start > mention.start)


def _is_counted_later(sentence: Sentence, mention: Mention, helped: Sequence[Mention]) -> bool:
    """Tell whether "các hộ" are counted behind the work: "hướng dẫn các hộ lên sàn, 7 hộ tham gia"."""
    return (
        mention.numbered
        and mention.count is None
        and any(
            other.start > mention.start
            and other.noun in {mention.noun, "nguoi", "ban"}
            and other.count is not None
            and _sums_up(sentence, other)
            for other in helped
        )
    )


def _sums_up(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether a count behind the work says for how many it was done: "giúp bà con cài VNeID được 13 người"."""
    before = sentence.tokens[mention.start - 1]
    _, end = sentence.clause(mention.start)
    failed = any(mention.start <= signal.start < end and signal.kind == "failed" for signal in sentence.signals)
    return (
        mention.numbered
        and not failed
        and (before.raw in {",", ":"} or before.means(("được", "là", "gồm", "cộng", "có")))
    )


def _is_helper(sentence: Sentence, mention: Mention) -> bool:
    tokens = sentence.tokens
    before = tokens[mention.start - 1] if mention.start else None
    if _is_helped_by_us(sentence, mention):
        return False
    lone = mention.end == mention.start + 1 and not mention.numbered
    speaker = lone and tokens[mention.start].means(people_words().speakers)
    handed = before is not None and before.means((*verb_words().for_, "dẫn", "trợ", "chỉ", "bày", "dạy"))
    if speaker and not handed:
        return True
    labelled = mention.end < len(tokens) and tokens[mention.end].raw == ":"
    if (speaker or labelled) and not mention.numbered and _has_it_recorded(tokens, mention):
        return True
    if _goes_along(sentence, mention) or _joins_speaker(sentence, mention):
        return True
    if mention.kind == "household" and mention.numbered and before is not None and before.means(verb_words().visits):
        return False
    start, end = sentence.clause(mention.start)
    if _heads_report(sentence, mention):
        return True
    behind = [at for at in [*sentence.gives, *_acts_for_others(sentence)] if at >= mention.end]
    giver = next((at for at in behind if at < end), None)
    earlier = any(at < mention.start for at in sentence.gives)
    if giver is None:
        verbless = not any(start <= at < end for at in [*sentence.gives, *sentence.acts])
        silent = not any(start <= hit.start < end for hit in sentence.topics) and not mention.numbered
        served = bool(behind) and any(_is_served(tokens, at) for at in range(mention.end, min(behind)))
        return bool(behind) and verbless and silent and not earlier and bool(mention.name) and not served
    if any(_is_served(tokens, at) for at in range(mention.end + _is_our_pair(tokens, mention), giver)):
        return False
    return not any(start <= at < mention.start for at in sentence.gives)


def _is_helped_by_us(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether somebody, alone or with others, had it done by us: "bà Vườn và cháu được em hướng dẫn"."""
    tokens = sentence.tokens
    ends = {other.start: other.end for other in sentence.mentions}
    at = mention.end
    while at + 1 < len(tokens) and tokens[at].means((*people_words().joiners, ",")) and at + 1 in ends:
        at = ends[at + 1]
    passive = at + 1 < len(tokens) and tokens[at].means(("được", "nhờ")) and not tokens[at].plain
    return passive and tokens[at + 1].means(people_words().speakers)


def _has_it_recorded(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether the writers only have it written down for them: "ad ghi giúp em: xóm Bến, 8 bà"."""
    return any(
        phrases("record").at(tokens, at) is not None and tokens[at + 1].means(("giúp", "hộ", "giùm", "dùm"))
        for at in range(max(0, mention.start - 2), mention.start - 1)
    )


def _heads_report(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether a name stands in front of the colon that opens a report: "đ/c Quyết, đ/c Toàn: xóm Gò, 10 hộ"."""
    tokens = sentence.tokens
    colon = next((at for at, token in enumerate(tokens) if token.raw == ":"), 0)
    if not mention.name or mention.end > colon:
        return False
    told = [*sentence.gives, *sentence.acts, *(t.start for t in sentence.topics), *(p.start for p in sentence.places)]
    counted = any(other.numbered and other.start > colon for other in sentence.mentions)
    return counted and not any(at < colon for at in told)


def _goes_along(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether the words around a mention say that it went along to help: "cùng chị Hoa", "có anh Bình đi cùng"."""
    tokens, words = sentence.tokens, people_words()
    if mention.noun in words.family_nouns or _is_helped_with(tokens, mention.start):
        return False  # "giúp bà Tư cùng chồng", "thao tác cùng bà Hai"
    with_them = any(
        (hit := phrase_table(words.companions).at(tokens, at)) is not None and hit.end == mention.start
        for at in range(max(0, mention.start - 3), mention.start)
    )
    if with_them and not mention.numbered:
        return True
    along = phrase_table(words.came_along).at(tokens, mention.end) if mention.end < len(tokens) else None
    return (
        along is not None
        and not any(along.start <= topic.start < along.end for topic in sentence.topics)  # "làm chứng thực"
        and phrases("not_help").at(tokens, mention.end) is None  # "chị phụ huynh"
    )


def _is_helped_with(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word of helping that itself ends with "cùng" or "với" stands in front of token `at`."""
    return any(
        (hit := phrases("give").at(tokens, start)) is not None and hit.end == at
        for start in range(max(0, at - 3), at - 1)
    )


def _joins_speaker(sentence: Sentence, mention: Mention) -> bool:
    """Tell whether somebody goes as one with the writer in front of all work: "bác To và tôi", "tôi và hai em"."""
    tokens = sentence.tokens
    words = people_words()
    if mention.noun in words.family_nouns and not mention.numbered:
        return False
    deeds = [*sentence.gives, *sentence.acts]
    if any(at < mention.start for at in deeds) or not any(at >= mention.end for at in deeds):
        return False
    before, after = mention.start - 1, _after_role(tokens, mention.end)
    led = before > 0 and tokens[before].means(words.joiners) and tokens[before - 1].means(_WRITERS)
    followed = after + 1 < len(tokens) and tokens[after].means(words.joiners) and tokens[after + 1].means(_WRITERS)
    return led or followed


def _after_role(tokens: Sequence[Token], at: int) -> int:
    """Return the token behind a title that follows a name: "chị Thảo tổ trưởng"."""
    hit = phrase_table(people_words().titles).at(tokens, at) if at < len(tokens) else None
    return hit.end if hit else at


def _is_our_pair(tokens: Sequence[Token], mention: Mention) -> bool:
    """Tell whether "hai chị em tôi" and "anh em mình" are the writers themselves."""
    ours = mention.numbered or mention.noun in {"em", "anh em", "chi em", "chị em"}
    return (
        ours
        and mention.end - mention.start > 1
        and mention.end < len(tokens)
        and tokens[mention.end].means(people_words().owners)
    )


def _is_served(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a token between people and the verb says that they are served: "bác Tư nhờ em", "được chị Lan"."""
    if tokens[at].means(("được", "nhờ", "cần")):
        return True
    joined = tokens[at - 1].means(people_words().joiners)
    return tokens[at].means(people_words().owners) and not joined  # "anh Tuấn với em" goes as one


def find_companions(sentence: Sentence, start: int, end: int) -> tuple[str, ...]:
    """Return those between tokens `start` and `end` who went to help beside the writer, as typed."""
    tokens = sentence.tokens
    found = []
    for mention in sentence.mentions:
        if not start <= mention.start < end:
            continue
        own = tokens[mention.start].means(people_words().speakers) and mention.kind != "helpers" and not mention.name
        if not own and (mention.kind == "helpers" or _is_helper(sentence, mention)):
            of_team = mention.end < len(tokens) and phrase_table(people_words().of_team).at(tokens, mention.end)
            last = tokens[(of_team.end if of_team else mention.end) - 1]
            found.append(" ".join(sentence.text[tokens[mention.start].start : last.end].split()))
    return tuple(found)


def _details(sentence: Sentence) -> list[Mention]:
    """Return the mentions that only name those counted before: "3 người: bà Hai, ông Tám, chị Lành"."""
    details: list[Mention] = []
    for index, counted in enumerate(sentence.mentions):
        if not counted.numbered or counted.kind == "helpers" or counted.count is None or counted in details:
            continue
        following = _named_after(sentence, counted, sentence.mentions[index + 1 :])
        if following and sum(mention.count or 0 for mention in following) == counted.count:
            details.extend(following)
    return details


def _named_after(sentence: Sentence, counted: Mention, later: Sequence[Mention]) -> list[Mention]:
    """Return the run of mentions behind "3 người:" or "3 người gồm", up to a verb, topic or the end of the sentence."""
    tokens = sentence.tokens
    if counted.end >= len(tokens):
        return []
    opened = tokens[counted.end].raw in {":", "("} or phrase_at(people_words().consisting, tokens, counted.end)
    listed = tokens[counted.end].raw == "," and counted.noun in {"nguoi", "cu", "ho", "con"}
    named = bool(later) and all(mention.name and mention.noun == counted.noun for mention in later)
    if not opened and not listed and not named:
        return []
    busy = {*sentence.gives, *sentence.acts, *(hit.start for hit in sentence.topics)}
    run: list[Mention] = []
    end = counted.end
    for mention in later:
        between = range(end, mention.start)
        if not named and (
            any(at in busy or tokens[at].raw in {".", ";", "\n"} for at in between) or (run and len(between) > 1)
        ):
            break
        run.append(mention)
        end = mention.end
    return run if opened or len(run) > 1 else []


def _acts_for_others(sentence: Sentence) -> list[int]:
    """Return the verbs done for somebody: "cài vneid cho 3 bà"."""
    tokens = sentence.tokens
    given = {
        mention.start - 1
        for mention in sentence.mentions
        if mention.start and tokens[mention.start - 1].means(verb_words().for_)
    }
    return [
        at
        for at in sentence.acts
        if any(sentence.clause(at) == sentence.clause(other) and at < other for other in given)
    ]


def _in_brackets(tokens: Sequence[Token], mention: Mention, counted: bool) -> bool:
    """Tell whether people are only detailed: "6 người (2 nam, 4 nữ)"."""
    opened = sum(token.raw == "(" for token in tokens[: mention.start])
    closed = sum(token.raw == ")" for token in tokens[: mention.start])
    return counted and opened > closed


def _repeats(tokens: Sequence[Token], mention: Mention, earlier: Sequence[Mention]) -> bool:
    if mention.name:
        return any(other.name == mention.name and other.noun == mention.noun for other in earlier)
    before = tokens[mention.start - 1] if mention.start else None
    joined = before is not None and before.means(people_words().joiners) and earlier[-1].end == mention.start - 1
    return not joined


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


def phrase_at(listed: tuple[str, ...], tokens: Sequence[Token], at: int) -> bool:
    """Tell whether one of the `listed` phrases begins at token `at`."""
    return phrase_table(listed).at(tokens, at) is not None


@cache
def phrase_table(listed: tuple[str, ...]) -> PhraseTable[str]:
    """Return the table of a list of phrases."""
    return PhraseTable((phrase, phrase) for phrase in listed)


def _is_each(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "mỗi" means each; behind "được" it means only: "giúp được mỗi 1 cụ"."""
    only = at > 0 and tokens[at - 1].means(("được", "có", "chỉ"))
    return tokens[at].canon == "mỗi" and not only


def count_people(tokens: Sequence[Token], mains: Sequence[Mention]) -> int | None:
    """Return how many `mains` are in all: of persons if any are told, else of households; None if not exactly told."""
    for mention in mains:
        if any(phrase_at(people_words().totals, tokens, at) for at in range(max(0, mention.start - 2), mention.start)):
            return mention.count
    for mention in mains:
        if mention.numbered and any(_is_each(tokens, at) for at in range(max(0, mention.start - 2), mention.start)):
            return None  # "2 hộ, mỗi hộ 3 người": asked rather than reckoned
    persons = [mention for mention in mains if mention.kind != "household"] or list(mains)
    if not persons or any(mention.count is None for mention in persons):
        return None
    return sum(mention.count or 0 for mention in persons) or None
