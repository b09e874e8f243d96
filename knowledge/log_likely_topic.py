"""Tells the likely topic of work that no listed word names, by a model fitted beforehand; it reads nothing else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from knowledge.likeness import Likeness
from knowledge.log_spans import Sentence, covered

NO_TOPIC = "none"
"""The group of sentences that name no topic."""
_NEVER_GUESSED = frozenset([NO_TOPIC, "to_cnscd", "other"])
_LIKELY = 0.0
_AHEAD = 0.2
"""How far the likeliest topic must lie ahead of the next."""
_FEWEST = 2
"""Fewer words beside "giúp" and the like tell no topic."""
_FILE = "log_likely_topic.npz"


def likely_topic(sentence: Sentence) -> str | None:
    """Return the topic that the words of the work are surely like, None if they are like none or like several."""
    words = words_of_work(sentence)
    if len(words) - len(sentence.gives) < _FEWEST:
        return None
    margins = _model().margins(words)
    second, first = sorted(margins, key=margins.__getitem__)[-2:]
    is_sure = margins[first] >= _LIKELY and margins[first] - margins[second] >= _AHEAD
    return first if is_sure and first not in _NEVER_GUESSED else None


def words_of_work(sentence: Sentence) -> list[str]:
    """Return the folded words that are no people, places, days, measures or reasons, and no label of a number."""
    elsewhere = covered(sentence.mentions) | covered(sentence.places) | covered(sentence.days)
    elsewhere |= covered(sentence.measures) | frozenset(at for span in sentence.reasons for at in range(*span))
    elsewhere |= frozenset(at - back for at in sentence.hidden for back in range(1, 5))
    return [
        token.fold
        for at, token in enumerate(sentence.tokens)
        if at not in elsewhere and not token.is_break and not token.is_number
    ]


@cache
def _model() -> Likeness:
    """Return the model that ships with the program; `python -m tests.support.fit_log` writes it."""
    return Likeness.from_bytes((files("knowledge") / _FILE).read_bytes())
