"""Finds the places and the year that a question names; it knows which plan belongs to which place, nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import OSA

from knowledge.schema import Plan, Record
from knowledge.shipped import read_yaml
from knowledge.spelling import Word, read
from knowledge.vietnamese import canon, fold

_MISSPELT_FROM = 7
"""Shortest name (spaces counted) that is recognised with one slip: among shorter ones one letter makes another name."""
_SET_PHRASE = 0.15
"""Share of a word's uses from which it counts as one phrase with the word before it: "đồng" in "cộng đồng"."""
_KINDS = frozenset(["thanh pho", "tinh", "thi xa", "thi tran", "phuong", "quan", "huyen", "xa", "tp", "tx", "h", "p"])
_OF_A_LEVEL = frozenset(["cap", "cac", "moi", "tung", "xa", "phuong", "tran"])
"""Words before a kind that show that it names no place but a level below it: "cấp xã", "các xã, phường"."""
_UNLISTED = re.compile(
    r"\b(?:(?:tỉnh|thành phố|tp|thị xã|thị trấn|huyện|quận|phường|xã|đặc khu) |(?:[Tt][Pp]|[Tt][Xx]|[HhQqPp])\. ?)"
    r"(?P<name>[^\W\d_a-zà-ỹđ]\w*(?: [^\W\d_a-zà-ỹđ]\w*){0,3})",
)
"""A place by its kind and its capital letters, whether or not any list has it."""
_YEAR = re.compile(r"20[12]\d")


@dataclass(frozen=True)
class Named:
    """What a question says about where and when.

    Attributes:
        plans: Ids of the plans whose place is named.
        wider: Those of them of which only a wider area is named, such as the province: their figures are not its.
        elsewhere: Other places that are named, as the word list spells them.
        abroad: Whether one of them is another country.
        year: The year that is named, None if none is.
        rest: The question's words without places and year.
    """

    plans: tuple[str, ...]
    wider: frozenset[str]
    elsewhere: tuple[str, ...]
    abroad: bool
    year: int | None
    rest: list[Word]


class OtherPlaces(Record):
    """The form of `words/places.yaml`."""

    home: tuple[str, ...]
    abroad: tuple[str, ...]
    within: dict[str, tuple[str, ...]]
    """By plan, parts of its place that its records name; each is one of `home` too."""


class Gazetteer:
    """The places of the plans, and other places."""

    def __init__(self, plans: Iterable[Plan], common: Mapping[str, int] | None = None) -> None:
        """Learn the places.

        Args:
            plans: Whose places they are.
            common: How often questions use folded words, and pairs of them with a space between: a run of known words
                is never taken for a misspelt place, nor the second half of a set phrase for the beginning of one.
        """
        plans = tuple(plans)
        self._common = common or {}
        others = _others()
        self._mentioned = {
            _plain(name)
            for plan in plans
            for record in plan.records
            for name in _capitalised(" ".join(str(value) for value in record.model_dump().values()))
            if " " in name
        }
        """Places within those of the plans, as far as the records name them, by two words or more: one capital letter
        behind a kind may begin a sentence ("cấp xã Hoàn thành")."""
        self._abroad = frozenset(map(_plain, others.abroad))
        self._names: dict[str, set[str]] = {}
        """Folded name → plan ids; an empty set for a place without a plan."""
        self._canon: dict[str, set[str]] = {}
        self._labels: dict[str, str] = {}
        self._own: dict[str, str] = {}
        """Plan id → folded name of its own place, without its kind."""
        for plan in plans:
            self._own[plan.document.id] = _without_kind(_plain(plan.document.place))
            for alias in (plan.document.place, *plan.document.place_aliases):
                self._add(alias, plan.document.id)
        self.within = {_plain(name): plan for plan, names in others.within.items() for name in names}
        """Folded name of a part of a plan's place → plan id."""
        self._home = frozenset(map(_plain, others.home))
        for name in (*others.home, *others.abroad):
            self._add(name, None)
        self._longest = max(len(name.split()) for name in self._names)
        self._misspelt: dict[int, list[str]] = {}
        for name in self._names:
            if len(name) >= _MISSPELT_FROM and " " in name:
                self._misspelt.setdefault(len(name.split()), []).append(name)
        self._glued = {name.replace(" ", ""): name for names in self._misspelt.values() for name in names}

    def _add(self, name: str, plan: str | None) -> None:
        plain = _plain(name)
        self._names.setdefault(plain, set()).update({plan} if plan else ())
        self._canon.setdefault(plain, set()).update({canon(name), " ".join(word.canon for word in read(name))})
        self._labels.setdefault(plain, name)

    @property
    def vocabulary(self) -> Counter[str]:
        """The folded words of all names."""
        return Counter(word for name in self._names for word in name.split())

    def without_unlisted(self, text: str) -> tuple[str, str | None]:
        """Take a place that neither a list nor a record knows out of a text: "xã Tân Lập"; return the rest and it.

        It is told by its kind and its capital letters, so what was typed without them is not noticed.
        """
        for match in _UNLISTED.finditer(unicodedata.normalize("NFC", text)):
            if not self._is_known(_plain(match["name"])) and _plain(match.group()) not in self._names:
                return f"{text[: match.start()]} {text[match.end() :]}", match.group()
        return text, None

    def _is_known(self, name: str) -> bool:
        """Tell whether a folded name, or the beginning of it, is of a place that we know."""
        words = name.split()
        begun = {" ".join(words[:length]) for length in range(1, len(words) + 1)}
        return bool(begun & self._mentioned or begun & self._names.keys())

    def read(self, found: list[Word]) -> Named:
        """Take places and year out of a question's words."""
        plans: dict[str, bool] = {}
        elsewhere: dict[str, None] = {}
        abroad = False
        year: int | None = None
        rest: list[Word] = []
        position = 0
        while position < len(found):
            name, length = self._at(found, position)
            if name is not None:
                for plan in sorted(self._names[name]):
                    plans[plan] = plans.get(plan, True) and self._is_wider(name, plan)
                if not self._names[name]:
                    elsewhere[self._labels[name]] = None
                    abroad |= name in self._abroad
                kind = len(name.split()) - len(_without_kind(name).split())
                if kind and _names_a_level(rest):
                    rest.extend(found[position : position + kind])
                else:
                    _drop_kind(rest)
                position += length
                continue
            word = found[position]
            if _YEAR.fullmatch(word.fold):
                year = int(word.fold)
                if rest and rest[-1].fold == "nam":
                    rest.pop()
            else:
                rest.append(word)
            position += 1
        wider = frozenset(plan for plan, is_wider in plans.items() if is_wider)
        return Named(tuple(plans), wider, tuple(elsewhere), abroad, year, rest)

    def _is_wider(self, name: str, plan: str) -> bool:
        bare = _without_kind(name)
        return bare in self._home and bare != self._own[plan]

    def _at(self, found: list[Word], position: int) -> tuple[str | None, int]:
        """Return the place that begins at `position` with its number of words."""
        for length in range(min(self._longest, len(found) - position), 0, -1):
            run = found[position : position + length]
            typed = " ".join(word.fold for word in run)
            if typed in self._names:
                if self._marks_agree(typed, run) and not self._is_part_of_phrases(found, position, run):
                    return typed, length
                continue
            if any(word.fold not in self._common for word in run):
                for name in self._misspelt.get(length, ()):
                    if _is_misspelt(typed, name):
                        return name, length
        return self._one_word(found[position].fold)

    def _is_part_of_phrases(self, found: list[Word], position: int, run: list[Word]) -> bool:
        """Tell whether an end of the run belongs to its neighbour: no Đông Thanh is in "cộng đồng thành phố"."""
        if " ".join(word.canon for word in run) in self._canon[" ".join(word.fold for word in run)] and any(
            word.typed_marks for word in run
        ):
            return False
        end = position + len(run)
        before = position > 0 and self._is_phrase(found[position - 1], run[0], ours=run[0])
        return before or (end < len(found) and self._is_phrase(run[-1], found[end], ours=run[-1]))

    def _is_phrase(self, first: Word, second: Word, ours: Word) -> bool:
        """Tell whether two neighbours are a set phrase: one of them is mostly used with the other."""
        together = self._common.get(f"{first.fold} {second.fold}", 0)
        other = first if ours is second else second
        mostly = 2 * _SET_PHRASE * self._common.get(other.fold, 0)
        return together > min(_SET_PHRASE * self._common.get(ours.fold, 0), mostly) > 0

    def _one_word(self, typed: str) -> tuple[str | None, int]:
        """Return the place whose name is typed without its spaces: "quangnam", "dnghoi"."""
        if typed in self._glued:
            return self._glued[typed], 1
        if len(typed) < _MISSPELT_FROM - 1 or typed in self._common:
            return None, 0
        for glued, name in self._glued.items():
            if OSA.distance(typed, glued, score_cutoff=1) <= 1:
                return name, 1
        return None, 0

    def _marks_agree(self, name: str, run: list[Word]) -> bool:
        """Refuse "bác giảng" as Bắc Giang, but not "bác giang": marks may be left out, or wrong on one letter."""
        typed = " ".join(word.canon for word in run)
        if typed == name or not run[0].typed_marks:
            return True
        slips = int(len(name) >= _MISSPELT_FROM)
        return any(OSA.distance(typed, own) <= slips for own in self._canon[name])


def _capitalised(text: str) -> Iterator[str]:
    return (match["name"] for match in _UNLISTED.finditer(text))


def _is_misspelt(typed: str, name: str) -> bool:
    """Tell whether `typed` is `name` with one slip, in a word of three letters or more: "nam có" is not "nam cũ"."""
    return OSA.distance(typed, name, score_cutoff=1) <= 1 and all(
        word == meant or len(meant) > 2 for word, meant in zip(typed.split(), name.split(), strict=True)
    )


def _drop_kind(rest: list[Word]) -> None:
    """Take "tỉnh", "thị xã" … off the end of the words before a name."""
    for length in (2, 1):
        if " ".join(word.fold for word in rest[-length:]) in _KINDS:
            if not _names_a_level(rest[:-length]):
                del rest[-length:]
            return


def _names_a_level(before: list[Word]) -> bool:
    """Tell whether a kind of place behind these words names a level of the administration and no place."""
    return bool(before) and before[-1].fold in _OF_A_LEVEL


def _without_kind(name: str) -> str:
    for kind in sorted(_KINDS, key=len, reverse=True):
        if name.startswith(f"{kind} "):
            return name.removeprefix(f"{kind} ")
    return name


@cache
def _others() -> OtherPlaces:
    return OtherPlaces.model_validate(read_yaml("words", "places.yaml"))


def _plain(name: str) -> str:
    """Return a folded name in the words that a question is read in ("TP" written out, dots gone)."""
    written_out = [word.fold for word in read(name)]
    # A part that reads as a mere particle, as in Nha Trang, must not leave the rest of the name alone.
    return " ".join(written_out) if len(written_out) >= len(name.split()) else fold(name)
