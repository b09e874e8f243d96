"""Tells which of some people a spoken name means ("chị Hoa"); it knows nobody itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz.distance import OSA

from knowledge.vietnamese import canon, fold, has_marks, words

_KIN = frozenset(("ong", "ba", "cu", "bac", "co", "chu", "di", "cau", "mo", "anh", "chi", "em", "thim", "duong", "o"))
"""Words of address in front of a name."""
_MISSPELT_FROM = 6
"""Shortest name (spaces counted) recognised with one slip: among shorter ones one letter makes another name."""
_JOINED = re.compile(r"\s*(?:,|&|\+|(?<!\w)(?:và|va|với|voi|cùng|cung)(?!\w))\s*", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\(.*?\)")


def apart(said: str) -> list[str]:
    """Return the single names in "bà Tám và ông Bảy, chị Hoa"."""
    return [name for name in _JOINED.split(said.strip()) if name]


def matching(said: str, names: Mapping[int, str]) -> list[int]:
    """Return the ids of those whom a name means, by its last words; none if nobody goes by it.

    Marks count where both sides write them: "chị Hoa" is Hoa rather than Hòa, "chi hoa" may be either.
    """
    spoken = _bare(said)
    if not spoken:
        return []
    ends = {person: _bare(name)[-len(spoken) :] for person, name in names.items()}
    # Who writes "chị" with its marks writes Hoa without any because it has none; but "cô tam" may just be in a hurry.
    for with_marks in (has_marks(said), has_marks(" ".join(spoken))):
        same = [
            person
            for person, name in names.items()
            if _same(ends[person], spoken, marked=with_marks and has_marks(name))
        ]
        if same:
            return same
    return [person for person in names if _misspelt(ends[person], spoken)]


def _bare(name: str) -> list[str]:
    """Return a name's words without the address in front and what stands in brackets."""
    bare = words(canon(_IN_BRACKETS.sub(" ", name)))
    return bare[1:] if len(bare) > 1 and fold(bare[0]) in _KIN else bare


def _same(name: list[str], spoken: list[str], *, marked: bool) -> bool:
    return name == spoken if marked else [fold(word) for word in name] == [fold(word) for word in spoken]


def _misspelt(name: list[str], spoken: list[str]) -> bool:
    typed, meant = fold(" ".join(spoken)), fold(" ".join(name))
    return len(typed) >= _MISSPELT_FROM and OSA.distance(typed, meant, score_cutoff=1) <= 1
