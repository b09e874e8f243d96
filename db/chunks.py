"""Cuts long lists of ids into pieces that fit one query; it asks nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

_AT_ONCE = 500
"""Ids in one query: SQLite takes some tens of thousands of values in a statement, and plans badly long before."""


def chunks(ids: Iterable[T]) -> Iterator[list[T]]:
    """Yield the ids in lists that one query takes."""
    remaining = iter(ids)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
