"""Cuts a sentence into the sessions of help it tells of; what each one says is read elsewhere."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date

from knowledge.log_helped import find_helped
from knowledge.log_shares import find_shares
from knowledge.log_spans import Sentence, covered
from knowledge.phrases import phrase_at


@dataclass(frozen=True)
class Piece:
    """A part of a sentence: its tokens `start` up to `end`."""

    start: int
    end: int

    def holds(self, at: int) -> bool:
        """Tell whether token `at` is in the part."""
        return self.start <= at < self.end


def find_sessions(sentence: Sentence) -> list[Piece]:
    """Cut the sentence where the day, the part of the day or the place changes and other people are helped."""
    helped = find_helped(sentence)
    shares = find_shares(sentence, helped)
    mains = [mention for mention in helped if (mention not in shares and mention.numbered) or mention.name]
    sessions: list[Piece] = []
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
            sessions[-1] = Piece(current.start, piece.end)
    return sessions


def _pieces(sentence: Sentence) -> list[Piece]:
    tokens = sentence.tokens
    cuts = {0}
    inside = covered(sentence.mentions) | covered(sentence.places) | covered(sentence.days) | covered(sentence.topics)
    for at, token in enumerate(tokens):
        if at in inside:
            continue
        if token.raw in {",", ";", ".", "\n"}:
            cuts.add(at + 1)
        elif token.means(("rồi", "và", "còn", "xong")) or phrase_at(("sau đó", "tiếp đó"), tokens, at):
            cuts.add(at)
    for day in sentence.days:
        end = sentence.clause(day.start)[1]
        if any(day.end <= mention.start < end and (mention.numbered or mention.name) for mention in sentence.mentions):
            cuts.add(day.start)
    bounds = [*sorted(cuts), len(tokens)]
    return [Piece(start, end) for start, end in itertools.pairwise(bounds) if end > start]


def _moved(sentence: Sentence, current: Piece, piece: Piece) -> bool:
    def days(of: Piece) -> set[tuple[date | None, str | None]]:
        return {(day.date, day.part) for day in sentence.days if of.holds(day.start)}

    def places(of: Piece) -> set[str | None]:
        return {place.name for place in sentence.places if of.holds(place.start)}

    other_day = bool(days(piece)) and bool(days(current)) and not days(piece) & days(current)
    other_place = bool(places(piece)) and bool(places(current)) and not places(piece) & places(current)
    return other_day or other_place
