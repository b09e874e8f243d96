"""Turns one plain sentence into entries of the log of help given; it asks rather than guesses, and saves nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from knowledge.dates import Day, read_day
from knowledge.log_asking import is_question
from knowledge.log_form import OUTCOMES, read_forms
from knowledge.log_helped import count_people, find_companions, find_helped
from knowledge.log_likely_topic import likely_topic
from knowledge.log_measures import Measure, find_measures
from knowledge.log_outcome import Outcome, Signal, judge, phrases
from knowledge.log_people import Mention, is_of_pair
from knowledge.log_places import Place
from knowledge.log_report import is_report
from knowledge.log_sessions import Piece, find_sessions
from knowledge.log_shares import find_shares, is_lacking, is_set_apart
from knowledge.log_spans import Sentence, covered, find_topics, read
from knowledge.masking import mask
from knowledge.numbers import read_number
from knowledge.phrases import tokenize
from knowledge.vietnamese import fold

_NOTE_LENGTH = 200


@dataclass(frozen=True)
class LogEntry:
    """One session of help; what is named in `missing` must be asked back, and is None but for a day still to come.

    Attributes:
        minutes: How long it took, if told.
        companions: Who went along to help, as typed: "chị Hoa", "hai anh em trong tổ".
    """

    topics: tuple[str, ...]
    people: int | None
    place: str | None
    date: date | None
    outcome: Outcome | None
    missing: tuple[str, ...]
    note: str | None
    minutes: int | None = None
    """How long it took, None where that is not said."""
    companions: tuple[str, ...] = ()
    """The members who went along, as typed."""


@dataclass(frozen=True)
class LogReading:
    """What a sentence is understood as; `entries` is empty when it reports no help given."""

    is_log: bool
    masked_text: str
    entries: tuple[LogEntry, ...]
    is_question: bool
    """True if it asks something by its words, whether the answer is known or not."""
    tells_of_help: bool = False
    """True if a word says that somebody was helped, or that something got done; else only what was done is named."""

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
                    "date": None if entry.date is None or "date" in entry.missing else entry.date.isoformat(),
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
    forms = read_forms(masked)
    if forms:
        entries = tuple(_of_form(form.said, today) for form in forms)
        return LogReading(True, masked, entries, is_question=False, tells_of_help=True)
    sentence = read(masked, today, villages)
    if not sentence.tokens or not is_report(sentence):
        return LogReading(False, masked, (), is_question=is_question(sentence))
    tells = bool(sentence.gives) or any(signal.kind in {"done", "all_done"} for signal in sentence.signals)
    return LogReading(True, masked, tuple(_entries(sentence, today)), is_question=False, tells_of_help=tells)


def _entries(sentence: Sentence, today: date) -> list[LogEntry]:
    sessions = find_sessions(sentence)
    helped = find_helped(sentence)
    entries: list[LogEntry] = []
    for session in sessions:
        if entries and _is_still_to_come(sentence, session, today):
            if not entries[-1].topics:  # "hôm nay 3 hộ, mai hướng dẫn tiếp 4 hộ nữa, vneid"
                entries[-1] = _with_topics(entries[-1], _topics(sentence, session, helped))
            continue
        inherited = entries[-1] if entries else None
        entries.append(_entry(sentence, session, helped, today, inherited))
    told = [entry.topics for entry in entries if entry.topics]
    likely = None if told else likely_topic(sentence)
    if likely is not None:
        return [_with_topics(entry, (likely,)) for entry in entries]
    return [
        _with_topics(entry, told[0]) if not entry.topics and told and len(entries) > 1 else entry for entry in entries
    ]


def _is_left_for_later(sentence: Sentence, mention: Mention, today: date) -> bool:
    """Tell whether people are only promised help: "giúp 3 bà, mai làm tiếp cho 2 bà còn lại"."""
    start, _ = sentence.clause(mention.start)
    days = [day for day in sentence.days if start <= day.start < mention.start]
    return bool(days) and all(_is_promise(sentence, day, today) for day in days)


def _is_still_to_come(sentence: Sentence, session: Piece, today: date) -> bool:
    days = [day for day in sentence.days if session.holds(day.start)]
    return bool(days) and all(_is_promise(sentence, day, today) for day in days)


def _of_form(said: Mapping[str, str], today: date) -> LogEntry:
    """Make an entry of what the bot's own lines say."""
    day = read_day(said["date"], today) if "date" in said else today
    outcome = OUTCOMES.get(fold(said["outcome"]).strip(" .")) if "outcome" in said else "done"
    topics = tuple(sorted({topic.name for topic in find_topics(said["topics"])}))
    people = read_number(said["people"]) or None
    lacking = {
        "topics": not topics,
        "people": people is None,
        "date": day is None or day > today,
        "outcome": outcome is None,
    }
    return LogEntry(
        topics,
        people,
        said.get("place") or None,
        day,
        outcome,
        tuple(name for name, lacks in lacking.items() if lacks),
        said.get("note", "")[:_NOTE_LENGTH] or None,
        _minutes(find_measures(tokenize(f"mất {said.get('minutes', '')}"))),
        tuple(name.strip() for name in said.get("companions", "").split(",") if name.strip()),
    )


def _minutes(measures: Sequence[Measure]) -> int | None:
    return next((measure.minutes for measure in measures if measure.minutes is not None), None)


def _with_topics(entry: LogEntry, topics: tuple[str, ...]) -> LogEntry:
    """Give a session the topic told for its neighbour: "2 bà ở thôn 1 và 3 bà ở thôn 2 cài vneid"."""
    if not topics:
        return entry
    return replace(entry, topics=topics, missing=tuple(field for field in entry.missing if field != "topics"))


def _entry(
    sentence: Sentence, session: Piece, helped: Sequence[Mention], today: date, inherited: LogEntry | None
) -> LogEntry:
    own = [mention for mention in helped if session.holds(mention.start)]
    own = [mention for mention in own if not _is_left_for_later(sentence, mention, today)] or own
    shares = find_shares(sentence, own)
    mains = [mention for mention in own if mention not in shares]
    people = count_people(sentence.tokens, mains)
    topics = _topics(sentence, session, mains)
    place, vague_place = _place(sentence, session)
    day = _day(sentence, session, today, inherited)
    outcome = _outcome(sentence, session, shares, people)
    missing = [
        field
        for field, lacks in (
            ("topics", not topics),
            ("people", people is None),
            ("place", vague_place),
            ("date", day is None or day > today),
            ("outcome", outcome is None),
        )
        if lacks
    ]
    minutes = _minutes([measure for measure in sentence.measures if session.holds(measure.start)])
    companions = find_companions(sentence, session.start, session.end)
    if not companions and inherited is not None:
        companions = inherited.companions
    return LogEntry(topics, people, place, day, outcome, tuple(missing), _note(sentence, session), minutes, companions)


def _topics(sentence: Sentence, session: Piece, mains: Sequence[Mention]) -> tuple[str, ...]:
    """Return the topics; a weak one counts where its people are told no strong one."""
    elsewhere = covered(sentence.places) | covered(sentence.mentions)
    found = [topic for topic in sentence.topics if session.holds(topic.start) and topic.start not in elsewhere]
    in_reasons = frozenset(at for start, end in sentence.reasons for at in range(start, end))
    # "…chưa được vì căn cước hết hạn", but "khoá thẻ vì bị lừa"
    found = [topic for topic in found if topic.start not in in_reasons or topic.name == "an_toan"] or found
    starts = sorted(mention.start for mention in mains if mention.numbered or mention.name)
    parts = [[topic for topic in found if bisect_right(starts, topic.start) == part] for part in range(len(starts) + 1)]
    told = [{topic.name for topic in part if topic.is_strong} or {topic.name for topic in part} for part in parts]
    strong = {topic.name for topic in found if topic.is_strong}
    if told[0]:
        return tuple(sorted(strong or set().union(*told)))
    return tuple(sorted(set().union(*told[1:])))


def _place(sentence: Sentence, session: Piece) -> tuple[str | None, bool]:
    """Return the place, and whether only a vague one is said."""
    found = [place for place in sentence.places if session.holds(place.start)]
    named: list[str] = []
    last: Place | None = None
    for place in found:
        if place.name is None or place.name in named:
            continue
        if last is not None and 0 < place.start - last.end <= 1 and place.name == _typed(sentence, place):
            named[-1] = _typed(sentence, replace(place, start=last.start))  # "nhà bà Nhớn ở xóm Ao" is one place
        else:
            named.append(place.name)
        last = place
    return (", ".join(named) or None), bool(found) and not named


def _typed(sentence: Sentence, place: Place) -> str:
    first, last = sentence.tokens[place.start], sentence.tokens[place.end - 1]
    return " ".join(sentence.text[first.start : last.end].split())


def _day(sentence: Sentence, session: Piece, today: date, inherited: LogEntry | None) -> date | None:
    found = [day for day in sentence.days if session.holds(day.start) and not _is_promise(sentence, day, today)]
    found = [day for day in found if _tells_when(sentence, day)] or found
    if inherited is not None and all(day.bare for day in found):
        return inherited.date
    clear = {day.date for day in found if not day.bare}
    if not clear:
        return today
    return clear.pop() if len(clear) == 1 else None


def _tells_when(sentence: Sentence, day: Day) -> bool:
    """Tell whether the clause of a day says what was done: "năm nay bà con hỏi nhiều" only leads up to it."""
    start, end = sentence.clause(day.start)
    return any(start <= at < end for at in sentence.gives)


def _is_promise(sentence: Sentence, day: Day, today: date) -> bool:
    """Tell whether a coming day is only when the work goes on: "mai làm tiếp"."""
    written = any(token.is_number for token in sentence.tokens[day.start : day.end])
    return day.date is not None and day.date > today and not written


def _outcome(sentence: Sentence, session: Piece, shares: Sequence[Mention], people: int | None) -> Outcome | None:
    signals = [signal for signal in sentence.signals if session.holds(signal.start)]
    signals = [signal for signal in signals if not (_leads_up(sentence, signal) or _is_repaired(sentence, signal))]

    def share_of(signal: Signal) -> int | None:
        start, end = sentence.clause(signal.start)
        near = [mention for mention in shares if start <= mention.start < end]
        if near:
            return near[-1].count
        following = [m.count for m in sentence.mentions if m.numbered and m.start == signal.end]
        if following and signal.kind == "partial" and sentence.tokens[signal.start].fold == "chi":
            return following[0]  # "chỉ được 6 bà": whom they showed, or how few of them
        alone = [
            m
            for m in sentence.mentions
            if start <= m.start < end
            and m.end <= signal.start
            and (m.numbered or m.name or is_of_pair(m, sentence.mentions) or is_set_apart(sentence.tokens, m))
        ]
        return alone[-1].count if alone and len(sentence.mentions) > 1 else None

    counted = [m.count for m in shares if m.numbered and any(signal.start == m.end for signal in signals)]
    if people is not None and None not in counted and len(counted) > 1 and sum(c or 0 for c in counted) > people:
        return None  # of 5 "3 xong, 3 chưa"
    outcome = judge(sentence.tokens, signals, people, share_of)
    if outcome == "done" and people is not None:
        if any(is_lacking(sentence, m) and (m.count or people) < people for m in shares):
            return "partial"
        if any(sentence.tokens[m.start - 1].means(("trừ",)) for m in shares):
            return "partial"  # "trừ bà Lan ra thì xong cả"
        done = [m.count for m in shares if sentence.tokens[m.start - 1].means(("được", "xong"))]
        if done and done[-1] is not None and done[-1] < people:
            return "partial"
        told = [share_of(signal) for signal in signals if signal.kind == "done"] if shares else []
        if told and None not in told and sum(share or 0 for share in told) < people:
            return "partial"
    return outcome


def _leads_up(sentence: Sentence, signal: Signal) -> bool:
    """Tell whether a failure is why help was given at all: "ông không đi lại được, em đến tận nhà làm giúp"."""
    _, end = sentence.clause(signal.start)
    deeds = [at for at in sentence.gives if at >= end]
    worked = any(at < end for at in sentence.gives) or any(mention.numbered for mention in sentence.mentions)
    return signal.kind == "failed" and bool(deeds) and not worked


def _is_repaired(sentence: Sentence, signal: Signal) -> bool:
    """Tell whether a failure is only the trouble that was repaired: "khắc phục lỗi không đăng nhập được"."""
    start, _ = sentence.clause(signal.start)
    return signal.is_trouble and any(phrases("repairs").at(sentence.tokens, at) for at in range(start, signal.start))


def _note(sentence: Sentence, session: Piece) -> str | None:
    parts = [
        sentence.text[sentence.tokens[start].start : sentence.tokens[end - 1].end]
        for start, end in sentence.reasons
        if session.holds(start)
    ]
    return "; ".join(" ".join(part.split()) for part in parts)[:_NOTE_LENGTH] or None
