"""Compares places as people type them: whether two are one, and whether one lies outside a commune; it knows no map."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from knowledge.vietnamese import fold, words

_SAME = 86.0
_COMMUNE = re.compile(r"\b(?:xa|phuong|thi tran|dac khu) (?P<name>.+)")
_WIDER = re.compile(r"\b(?:tinh|thanh pho|tp|huyen|quan|thi xa) .*")
"""What a commune lies in is said behind it and told apart by nobody here."""
_OWN = frozenset(("minh", "nha", "ta", "toi", "nay", "tui"))
"""Behind "xã" they mean one's own."""
_VILLAGE = re.compile(
    r"\b(?P<kind>thon|xom|ban|ap|lang|buon|khu pho|kp|to dan pho|tdp|khom|khoi pho|khoi) (?P<name>.+)"
)
_WRITTEN_OUT = {"kp": "khu pho", "tdp": "to dan pho"}
_IN_BRACKETS = re.compile(r"\(.*?\)")


def same_place(one: str | None, other: str | None) -> bool:
    """Tell whether two places may be one; a place that is not said may be any."""
    return one is None or other is None or _alike(_plain(one), _plain(other))


def is_elsewhere(place: str, communes: Sequence[str], villages: Sequence[str]) -> bool:
    """Tell whether a place names another commune, or a village that the commune does not have.

    Args:
        communes: The commune's own names, former ones too; without any no commune is another one.
        villages: All its villages; of a kind of village that is not among them ("xóm") nothing is known.
    """
    written = _WIDER.sub("", _plain(place)).strip()
    commune = _COMMUNE.search(written)
    if commune is not None and communes and not set(commune["name"].split()) & _OWN:
        return not any(_is_named(commune["name"], _bare(own)) for own in communes)
    return _is_strange_village(written, [_plain(village) for village in villages])


def _is_strange_village(written: str, villages: Sequence[str]) -> bool:
    found = _VILLAGE.search(written)
    if found is None:
        return False
    kind = _WRITTEN_OUT.get(found["kind"], found["kind"])
    known = [village.removeprefix(f"{kind} ") for village in villages if village.startswith(f"{kind} ")]
    return bool(known) and not any(_is_named(found["name"], name) for name in known)


def _is_named(written: str, name: str) -> bool:
    """Tell whether what is written is a name, or begins with it: "2 gan cho" is village 2."""
    begun = " ".join(written.split()[: len(name.split())])
    return _alike(begun, name)


def _alike(one: str, other: str) -> bool:
    return _digits(one) == _digits(other) and fuzz.ratio(one, other) >= _SAME


def _bare(commune: str) -> str:
    """Return a commune's folded name without its kind."""
    written = _plain(commune)
    kind = _COMMUNE.match(written)
    return kind["name"] if kind is not None else written


def _plain(place: str) -> str:
    return " ".join(words(fold(_IN_BRACKETS.sub(" ", place))))


def _digits(written: str) -> list[str]:
    return re.findall(r"\d+", written)
