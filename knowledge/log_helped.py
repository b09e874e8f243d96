"""Judges who of the people in a sentence was helped, who helped and whom a count includes; it finds no words."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.log_outcome import phrases, verb_words
from knowledge.log_people import Mention
from knowledge.log_person_words import people_words
from knowledge.log_spans import Sentence
from knowledge.phrases import Token, phrase_at, phrase_table

_WRITERS = ("tôi", "tui", "mình", "em", "tớ", "tau", "cháu")
"""Words by which the writers call themselves when they went with somebody."""
_RECORD_OPENING = 4
"""Behind so many tokens "ghi cho" opens no report any more."""


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
    passive = at + 1 < len(tokens) and (
        tokens[at].means(("được",)) or (tokens[at].means(("nhờ",)) and not tokens[at].plain)
    )
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
