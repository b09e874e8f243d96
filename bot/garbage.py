"""Keeps what is built once out of garbage collection; it knows nothing of what is built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_to_the_end() -> Iterator[None]:
    """Keep whatever exists at the end of this out of garbage collection, which would only find it still in use.

    Meanwhile nothing is collected: going through all that has been built again and again takes longer than building.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
