"""Turns one plain sentence into entries of the log of help given; it asks rather than guesses, and saves nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from pydantic import RootModel

from knowledge.dates import Day, find_days
from knowledge.log_outcome import Outcome, Signal, find_signals, judge, phrases, verb_words
from knowledge.log_people import Mention, find_mentions, people_words
from knowledge.log_places import Place, find_places
from knowledge.masking import REPLACEMENTS, mask
from knowledge.phrases import Hit, PhraseTable, Token, WordList, load_words, nfc, tokenize

_NOTE_LENGTH = 200
# Without marks these are mostly other words (đầu, chị, mở, định làm gì / đình, một, dùng…).
_UNSAFE_QUESTIONS = frozenset(["chi", "nao", "dau", "mo"])
_UNSAFE_PLANS = frozenset(["dinh", "mot", "tinh", "dung", "lich"])


@dataclass(frozen=True)
class LogEntry:
    """One session of help; what is None and named in `missing` must be asked back."""

    topics: tuple[str, ...]
    people: int | None
    place: str | None
    date: date | None
    outcome: Outcome | None
    missing: tuple[str, ...]
    note: str | None


@dataclass(frozen=True)
class LogReading:
    """What a sentence is understood as; `entries` is empty when it reports no help given."""

    is_log: bool
    masked_text: str
    entries: tuple[LogEntry, ...]
    is_question: bool
    tells_of_help: bool = False
    """True if a word says that somebody was helped, or that something got done; else only what was done is named."""
    """True if it asks something by its words, whether the answer is known or not."""

    def as_json(self) -> dict[str, Any]:
        """Return the contract's keys for `log parse --jsonl`, without `id`."""
        return {
            "is_log": self.is_log,
            "masked_text": self.masked_text,
            "entries": [
                {
                    "topics": list(entry.topics),
                    "people": entry.people,
                    "place": entry.place,
                    "date": entry.date.isoformat() if entry.date else None,
                    "outcome": entry.outcome,
                    "missing": list(entry.missing),
                    "note": entry.note,
                }
                for entry in self.entries
            ],
        }


def parse(text: str, today: date, *, villages: Sequence[str] = ()) -> LogReading:
    """Read `text` as a report of help given; `villages` are the names of the member's commune."""
    masked = mask(text).text
    sentence = _read(masked, today, villages)
    if not sentence.tokens or not _is_report(sentence):
        return LogReading(False, masked, (), is_question=_is_question(sentence))
    tells = bool(sentence.gives) or any(signal.kind in {"done", "all_done"} for signal in sentence.signals)
    return LogReading(True, masked, tuple(_entries(sentence, today)), is_question=False, tells_of_help=tells)


class _Topic(WordList):
    strong: tuple[str, ...]
    weak: tuple[str, ...]


class _Topics(RootModel[Mapping[str, _Topic]]):
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


@dataclass(frozen=True)
class _Sentence:
    text: str
    tokens: list[Token]
    days: list[Day]
    places: list[Place]
    topics: list[Hit[tuple[str, bool]]]
    mentions: list[Mention]
    signals: list[Signal]
    reasons: list[tuple[int, int]]
    gives: list[int]
    acts: list[int]
    clauses: list[tuple[int, int]]

    def clause(self, at: int) -> tuple[int, int]:
        return next(((start, end) for start, end in self.clauses if start <= at < end), (0, len(self.tokens)))


def _read(masked: str, today: date, villages: Sequence[str]) -> _Sentence:
    text = nfc(masked)
    for hidden in REPLACEMENTS.values():
        text = text.replace(nfc(hidden), " " * len(nfc(hidden)))
    tokens = tokenize(text, verb_words().abbreviations)
    topics = _topic_table().find(tokens)
    in_topic = _covered(topics)
    gives = [hit.start for hit in phrases("give").find(tokens, in_topic | _covered(phrases("not_help").find(tokens)))]
    handed = _handed(tokens, in_topic)
    alone = find_mentions(tokens, in_topic, handed)
    person_starts = {mention.start for mention in alone}
    teams = frozenset(
        at for mention in alone if mention.kind == "helpers" for at in range(mention.start - 1, mention.end) if at >= 0
    )
    in_aunt = frozenset(at for mention in alone if mention.name for at in range(mention.start + 1, mention.end))
    days = [day for day in find_days(tokens, today) if day.start not in in_topic and not _is_name(day, alone)]
    in_days = _covered(days)
    known = in_topic | in_days | _verb_tokens(tokens) | in_aunt
    places = find_places(tokens, text, villages, lambda at: at in known, lambda at: at in person_starts)
    places = [place for place in places if place.start not in in_topic | teams]
    in_places = _covered(places)
    days = [day for day in days if day.start not in in_places]
    reasons = _reasons(tokens, in_topic | in_places)
    in_reasons = frozenset(at for start, end in reasons for at in range(start, end))
    mentions = find_mentions(tokens, in_topic | in_places | in_reasons | _covered(days), handed)
    acts = [hit.start for hit in phrases("act").find(tokens, in_places | _covered(mentions) | _covered(days))]
    signals = find_signals(tokens, in_reasons)
    gives = [at for at in gives if at not in in_places and not _named_so(at, mentions)]
    return _Sentence(text, tokens, days, places, topics, mentions, signals, reasons, gives, acts, _clauses(tokens))


def _covered(spans: Sequence[Hit[Any] | Day | Place | Mention]) -> frozenset[int]:
    return frozenset(at for span in spans for at in range(span.start, span.end))


def _named_so(at: int, mentions: Sequence[Mention]) -> bool:
    return any(mention.start <= at < mention.end for mention in mentions)


def _is_name(day: Day, mentions: Sequence[Mention]) -> bool:
    """Tell whether a day word is a person's name: "chị Mai"."""
    return any(mention.start < day.start < mention.end for mention in mentions)


def _handed(tokens: Sequence[Token], taken: frozenset[int]) -> frozenset[int]:
    """Return the last tokens of the words behind which those helped stand."""
    hits = [*phrases("give").find(tokens, taken), *phrases("for_").find(tokens, taken)]
    after = {hit.end - 1 for hit in hits}
    return frozenset(after | {at for at, token in enumerate(tokens) if token.means(people_words().joiners)})


def _verb_tokens(tokens: Sequence[Token]) -> frozenset[int]:
    lists = ("give", "act", "past", "negation", "but", "then", "for_", "reasons", "done", "failed", "all")
    found = {at for name in lists for hit in phrases(name).find(tokens) for at in range(hit.start, hit.end)}
    people = people_words()
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


def _reasons(tokens: Sequence[Token], taken: frozenset[int]) -> list[tuple[int, int]]:
    """Return the spans that say why, each up to the end of its clause."""
    spans: list[tuple[int, int]] = []
    for hit in phrases("reasons").find(tokens, taken):
        if tokens[hit.start].fold == "tai" and hit.end - hit.start == 1:
            continue  # "tại" is mostly a preposition
        end = hit.end
        while end < len(tokens) and tokens[end].raw not in {";", "\n", ".", ",", "!"}:
            end += 1
        if end > hit.end and not (spans and hit.start < spans[-1][1]):
            spans.append((hit.start, end))
    return spans


# --- Is it a report? ---


def _is_report(sentence: _Sentence) -> bool:
    tokens = sentence.tokens
    if phrases("record").at(tokens, 0) and sentence.mentions:
        return True
    if _is_question(sentence) or _is_request(sentence):
        return False
    if not sentence.gives and phrases("strangers").find(tokens):
        return False  # somebody tells of a swindler's call
    giving = [at for at in sentence.gives if not _denied(tokens, at)]
    first = min([*giving, *sentence.acts, len(tokens)])
    if _is_planned(sentence, first):
        return False
    helped = _helped(sentence)
    numbered = any(mention.numbered for mention in helped)
    anchored = bool(sentence.days or sentence.places or _says_past(sentence))
    if giving:
        if any(_helps_speaker(sentence, at) for at in giving):
            return False
        return numbered or anchored or any(_is_somebody(sentence, mention) for mention in helped)
    if sentence.gives:
        return False
    return _reports_without_giving(sentence, helped, numbered, anchored)


def _is_somebody(sentence: _Sentence, mention: Mention) -> bool:
    """Tell whether a certain person is meant, also where a name is typed small: "giup bac hung"."""
    if mention.name or mention.noun == "bà con":
        return True
    tokens, at = sentence.tokens, mention.end
    if mention.kind != "kin" or at >= len(tokens) or mention.owned:
        return False
    spoken_for = _covered(sentence.topics) | _covered(sentence.days) | _verb_tokens(tokens)
    return not tokens[at].is_break and not tokens[at].is_number and at not in spoken_for


def _reports_without_giving(sentence: _Sentence, helped: Sequence[Mention], numbered: bool, anchored: bool) -> bool:
    """Judge "3 bà cài vneid" and "sáng nay cài vneid ở thôn 2", which only name what was done."""
    if not sentence.topics and not sentence.acts:
        return False
    tokens = sentence.tokens
    handed_on = any(tokens[mention.start - 1].means(verb_words().for_) for mention in helped if mention.start)
    if handed_on and sentence.acts:
        return numbered or anchored or any(mention.name for mention in helped)
    if numbered:
        spoken_of = _covered(sentence.mentions) | _covered(sentence.topics)
        return not any(token.means(("có", "bị", "chung")) for at, token in enumerate(tokens) if at not in spoken_of)
    done = any(signal.kind in {"done", "all_done"} for signal in sentence.signals)
    failed = any(signal.kind == "failed" for signal in sentence.signals)
    if done and not failed and any(mention.name and _asked_us(sentence, mention) for mention in helped):
        return True
    own = any(token.means(people_words().owners) and not token.is_capital for token in tokens)
    return bool(sentence.acts) and not failed and not own and bool(sentence.days) and bool(sentence.topics)


def _asked_us(sentence: _Sentence, mention: Mention) -> bool:
    """Tell whether the person came for help: "bác Tư nhờ cài vneid"."""
    behind = sentence.tokens[mention.end : mention.end + 2]
    return any(token.means(("nhờ",)) for token in behind)


def _is_question(sentence: _Sentence) -> bool:
    tokens = sentence.tokens
    if any(token.raw == "?" for token in tokens):
        return True
    harmless = phrases("not_questions").find(tokens)
    if phrases("sure_questions").find(tokens, _covered(harmless)):
        return True
    blocked = _covered(harmless) | _covered(sentence.mentions) | _covered(sentence.topics) | _covered(sentence.places)
    blocked |= (
        frozenset(at for start, end in sentence.reasons for at in range(start, end)) if sentence.gives else frozenset()
    )
    blocked |= frozenset(sentence.gives) | _covered(sentence.days)
    for hit in phrases("questions").find(tokens, blocked):
        token = tokens[hit.start]
        unsafe = hit.end - hit.start == 1 and token.plain and token.fold in _UNSAFE_QUESTIONS
        if not unsafe or hit.end == len(tokens) or tokens[hit.end].is_break:
            return True
    return False


def _is_request(sentence: _Sentence) -> bool:
    tokens = sentence.tokens
    while tokens and (tokens[-1].is_break or tokens[-1].means(("ạ", "ad"))):
        tokens = tokens[:-1]
    if not tokens:
        return False
    last = tokens[-1]
    first_number = any(mention.numbered for mention in sentence.mentions)
    if last.means(("với", "nhé", "nha", "hả", "hỉ", "à", "vậy", "nghen")):
        return True
    if last.means(("không", "hông")) or (last.means(("chưa",)) and not _clause_counts(sentence, len(tokens) - 1)):
        return True
    start_asked = [
        hit
        for hit in phrases("asked").find(tokens, _covered(sentence.topics) | _covered(sentence.days))
        if hit.value != "hỏi" or hit.start < 3
    ]
    early = min([*sentence.gives, *sentence.acts, len(tokens)])
    return any(hit.start <= early for hit in start_asked) and not (first_number and _says_past(sentence))


def _clause_counts(sentence: _Sentence, at: int) -> bool:
    start, end = sentence.clause(at)
    earlier = any(mention.start < start for mention in sentence.mentions)
    return earlier and any(start <= mention.start < end for mention in sentence.mentions)


def _is_planned(sentence: _Sentence, first: int) -> bool:
    tokens = sentence.tokens
    for hit in phrases("planned").find(tokens, _covered(sentence.mentions) | _covered(sentence.places)):
        unsafe = hit.end - hit.start == 1 and tokens[hit.start].plain and tokens[hit.start].fold in _UNSAFE_PLANS
        if not unsafe and hit.start < max(first, 1):
            return True
    return False


def _says_past(sentence: _Sentence) -> bool:
    return bool(phrases("past").find(sentence.tokens, _covered(sentence.topics)))


def _denied(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether "không", "chưa" or "đừng" stands in front of the verb at `at`."""
    before = tokens[max(0, at - 2) : at]
    return any(token.means((*verb_words().negation, "đừng")) for token in before)


def _helps_speaker(sentence: _Sentence, at: int) -> bool:
    """Tell whether the verb at `at` is followed by the writer: "giúp tôi", "hướng dẫn cho em"."""
    hit = phrases("give").at(sentence.tokens, at)
    if hit is None or hit.end >= len(sentence.tokens):
        return False
    position = hit.end + (sentence.tokens[hit.end].means(("cho",)) and hit.end + 1 < len(sentence.tokens))
    named = any(m.start == position and (m.name or m.numbered) for m in sentence.mentions)
    if named:
        return False
    token = sentence.tokens[position]
    plain_words = ("tôi", "tui", "mình", "em", "tớ", "con", "cháu")
    if token.plain and token.fold == "toi":
        return True
    return token.means(plain_words)


# --- Who was helped? ---


def _helped(sentence: _Sentence) -> list[Mention]:
    """Return the mentions of those helped, without those who went to help and without repeated ones."""
    tokens = sentence.tokens
    kept: list[Mention] = []
    for mention in sentence.mentions:
        if mention.kind == "helpers" or _is_helper(sentence, mention) or _in_brackets(tokens, mention, bool(kept)):
            continue
        if kept and not mention.numbered and _repeats(tokens, mention, kept):
            continue
        if mention.kind == "generic" and kept:
            continue
        kept.append(mention)
    return kept


def _is_helper(sentence: _Sentence, mention: Mention) -> bool:
    tokens = sentence.tokens
    before = tokens[mention.start - 1] if mention.start else None
    speaker = tokens[mention.start].means(people_words().speakers) and not mention.name and not mention.numbered
    handed = before is not None and before.means((*verb_words().for_, "dẫn", "trợ", "chỉ", "bày", "dạy"))
    if speaker and not handed:
        return True
    if before is not None and before.means(("cùng",)) and not mention.numbered:
        return True
    if mention.kind == "household" and mention.numbered and before is not None and before.means(verb_words().visits):
        return False
    start, end = sentence.clause(mention.start)
    behind = [at for at in [*sentence.gives, *_acts_for_others(sentence)] if at >= mention.end]
    giver = next((at for at in behind if at < end), None)
    earlier = any(at < mention.start for at in sentence.gives)
    if giver is None:
        verbless = not any(start <= at < end for at in [*sentence.gives, *sentence.acts])
        silent = not any(start <= hit.start < end for hit in sentence.topics) and not mention.numbered
        return bool(behind) and verbless and silent and not earlier and bool(mention.name)
    between = tokens[mention.end : giver]
    if any(token.means(("được", "nhờ", "cần", *people_words().owners)) for token in between):
        return False
    return not any(start <= at < mention.start for at in sentence.gives)


def _acts_for_others(sentence: _Sentence) -> list[int]:
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


def _shares(sentence: _Sentence, helped: Sequence[Mention]) -> list[Mention]:
    """Return those mentions that are a share of people already counted: "3 bà cài vneid, 1 bà chưa xong"."""
    shares: list[Mention] = []
    for index, mention in enumerate(helped):
        mains = [other for other in helped[:index] if other not in shares]
        if not mains or not mention.numbered:
            continue
        if _is_share(sentence, mention, mains):
            shares.append(mention)
    return shares


def _is_share(sentence: _Sentence, mention: Mention, mains: Sequence[Mention]) -> bool:
    tokens = sentence.tokens
    known = [other.count for other in mains if other.count is not None]
    if mention.count is not None and known and mention.count > sum(known):
        return False
    start, end = sentence.clause(mention.start)
    if any(_phrase_at(people_words().parts, tokens, at) for at in range(start, mention.start)):
        return True
    before = tokens[mention.start - 1]
    if before.means(("được", "xong", "mới", "chỉ", "cả")):
        return True
    if start <= mains[-1].start:
        return False
    same = mention.noun in {other.noun for other in mains} or mention.kind == "counted"
    busy = any(start <= at < end for at in sentence.gives) or any(start <= hit.start < end for hit in sentence.topics)
    told = [signal for signal in sentence.signals if start <= signal.start < end]
    if not same or busy or not told:
        return False
    main_start, main_end = sentence.clause(mains[-1].start)
    return not any(main_start <= signal.start < main_end and signal.kind == "done" for signal in sentence.signals)


def _phrase_at(listed: Sequence[str], tokens: Sequence[Token], at: int) -> bool:
    return _listed_table(tuple(listed)).at(tokens, at) is not None


@cache
def _listed_table(listed: tuple[str, ...]) -> PhraseTable[str]:
    return PhraseTable((phrase, phrase) for phrase in listed)


def _count(tokens: Sequence[Token], mains: Sequence[Mention]) -> int | None:
    for mention in mains:
        if any(_phrase_at(people_words().totals, tokens, at) for at in range(max(0, mention.start - 2), mention.start)):
            return mention.count
    persons = [mention for mention in mains if mention.kind != "household"] or list(mains)
    if not persons or any(mention.count is None for mention in persons):
        return None
    return sum(mention.count or 0 for mention in persons) or None


# --- Sessions ---


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end


def _entries(sentence: _Sentence, today: date) -> list[LogEntry]:
    sessions = _sessions(sentence)
    helped = _helped(sentence)
    entries: list[LogEntry] = []
    for session in sessions:
        inherited = entries[-1] if entries else None
        entries.append(_entry(sentence, session, helped, today, inherited))
    told = [entry.topics for entry in entries if entry.topics]
    return [
        _with_topics(entry, told[0]) if not entry.topics and told and len(entries) > 1 else entry for entry in entries
    ]


def _with_topics(entry: LogEntry, topics: tuple[str, ...]) -> LogEntry:
    """Give a session the topic told for its neighbour: "2 bà ở thôn 1 và 3 bà ở thôn 2 cài vneid"."""
    return replace(entry, topics=topics, missing=tuple(field for field in entry.missing if field != "topics"))


def _sessions(sentence: _Sentence) -> list[_Piece]:
    """Cut the sentence where the day, the part of the day or the place changes and other people are helped."""
    helped = _helped(sentence)
    shares = _shares(sentence, helped)
    mains = [mention for mention in helped if (mention not in shares and mention.numbered) or mention.name]
    sessions: list[_Piece] = []
    for piece in _pieces(sentence):
        if not sessions:
            sessions.append(piece)
            continue
        current = sessions[-1]
        works = any(current.holds(mention.start) for mention in mains) or any(
            current.holds(t.start) for t in sentence.topics
        )
        people = any(piece.holds(mention.start) for mention in mains)
        if works and people and _moved(sentence, current, piece):
            sessions.append(piece)
        else:
            sessions[-1] = _Piece(current.start, piece.end)
    return sessions


def _pieces(sentence: _Sentence) -> list[_Piece]:
    tokens = sentence.tokens
    cuts = {0}
    inside = (
        _covered(sentence.mentions) | _covered(sentence.places) | _covered(sentence.days) | _covered(sentence.topics)
    )
    for at, token in enumerate(tokens):
        if at in inside:
            continue
        if token.raw in {",", ";", ".", "\n"}:
            cuts.add(at + 1)
        elif token.means(("rồi", "và", "còn", "xong")) or _phrase_at(("sau đó", "tiếp đó"), tokens, at):
            cuts.add(at)
    for day in sentence.days:
        end = sentence.clause(day.start)[1]
        if any(day.end <= mention.start < end and mention.numbered for mention in sentence.mentions):
            cuts.add(day.start)
    bounds = [*sorted(cuts), len(tokens)]
    return [_Piece(start, end) for start, end in itertools.pairwise(bounds) if end > start]


def _moved(sentence: _Sentence, current: _Piece, piece: _Piece) -> bool:
    def days(of: _Piece) -> set[tuple[date | None, str | None]]:
        return {(day.date, day.part) for day in sentence.days if of.holds(day.start)}

    def places(of: _Piece) -> set[str | None]:
        return {place.name for place in sentence.places if of.holds(place.start)}

    other_day = bool(days(piece)) and bool(days(current)) and not days(piece) & days(current)
    other_place = bool(places(piece)) and bool(places(current)) and not places(piece) & places(current)
    return other_day or other_place


def _entry(
    sentence: _Sentence, session: _Piece, helped: Sequence[Mention], today: date, inherited: LogEntry | None
) -> LogEntry:
    own = [mention for mention in helped if session.holds(mention.start)]
    shares = _shares(sentence, own)
    mains = [mention for mention in own if mention not in shares]
    people = _count(sentence.tokens, mains)
    topics = _topics(sentence, session)
    place, vague_place = _place(sentence, session)
    day = _day(sentence, session, today, inherited)
    outcome = _outcome(sentence, session, shares, people)
    missing = [
        field
        for field, lacks in (
            ("topics", not topics),
            ("people", people is None),
            ("place", vague_place),
            ("date", day is None),
            ("outcome", outcome is None),
        )
        if lacks
    ]
    return LogEntry(topics, people, place, day, outcome, tuple(missing), _note(sentence, session))


def _topics(sentence: _Sentence, session: _Piece) -> tuple[str, ...]:
    in_places = _covered(sentence.places)
    found = [hit.value for hit in sentence.topics if session.holds(hit.start) and hit.start not in in_places]
    strong = {topic for topic, is_strong in found if is_strong}
    return tuple(sorted(strong or {topic for topic, _ in found}))


def _place(sentence: _Sentence, session: _Piece) -> tuple[str | None, bool]:
    """Return the place, and whether only a vague one is said."""
    found = [place for place in sentence.places if session.holds(place.start)]
    named = list(dict.fromkeys(place.name for place in found if place.name))
    return (", ".join(named) or None), bool(found) and not named


def _day(sentence: _Sentence, session: _Piece, today: date, inherited: LogEntry | None) -> date | None:
    found = [day for day in sentence.days if session.holds(day.start) and not _is_promise(sentence, day, today)]
    if inherited is not None and all(day.bare for day in found):
        return inherited.date
    clear = {day.date for day in found if not day.bare}
    if not clear:
        return today
    return clear.pop() if len(clear) == 1 else None


def _is_promise(sentence: _Sentence, day: Day, today: date) -> bool:
    """Tell whether a coming day is only when the work goes on: "mai làm tiếp"."""
    written = any(token.is_number for token in sentence.tokens[day.start : day.end])
    return day.date is not None and day.date > today and not written


def _outcome(sentence: _Sentence, session: _Piece, shares: Sequence[Mention], people: int | None) -> Outcome | None:
    signals = [signal for signal in sentence.signals if session.holds(signal.start)]

    def share_of(signal: Signal) -> int | None:
        start, end = sentence.clause(signal.start)
        near = [mention for mention in shares if start <= mention.start < end]
        if near:
            return near[-1].count
        alone = [m for m in sentence.mentions if start <= m.start < end and m.numbered and m.end <= signal.start]
        return alone[-1].count if alone and len(sentence.mentions) > 1 else None

    outcome = judge(sentence.tokens, signals, people, share_of)
    if outcome == "done" and people is not None:
        done = [m.count for m in shares if sentence.tokens[m.start - 1].means(("được", "xong"))]
        if done and done[-1] is not None and done[-1] < people:
            return "partial"
    return outcome


def _note(sentence: _Sentence, session: _Piece) -> str | None:
    parts = [
        sentence.text[sentence.tokens[start].start : sentence.tokens[end - 1].end]
        for start, end in sentence.reasons
        if session.holds(start)
    ]
    return "; ".join(" ".join(part.split()) for part in parts)[:_NOTE_LENGTH] or None
