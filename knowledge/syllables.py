"""Tells whether letters without marks could be a Vietnamese syllable; it knows no words."""

from __future__ import annotations

import re

_ONSETS = "ngh?|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx]"
_RIMES = (
    "a(?:[imoptuycn]|ch|ng|nh)?|e(?:[cmnoptu]|ch|ng|nh)?|i(?:[ampntu]|ch|nh|e[cmnptu]|eng)?|o(?:[cimnpt]|ng)?"
    "|oa(?:[cimnopty]|ch|ng|nh)?|oe[not]?|u(?:[acimnptu]|ng)?|u(?:a[nty]|ang|anh|e|ech|enh|o|o[cimnptu]|ong)"
    "|uy(?:[aptu]|ch|en|et|nh)?|y(?:e[mntu])?"
)
_SYLLABLE = re.compile(f"(?!k[aou]|c[iey])(?:{_ONSETS})?(?:{_RIMES})")


def is_syllable(folded: str) -> bool:
    """Tell whether a folded word is written like a syllable: "thon" is, "hlo" and "vneid" are not."""
    return _SYLLABLE.fullmatch(folded) is not None
