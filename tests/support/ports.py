"""Finds a port that nobody else takes meanwhile: none of those that the system gives to outgoing connections."""

from __future__ import annotations

import random
import socket

_NOT_GIVEN_BY_THE_SYSTEM = range(10_000, 32_768)


def free_port() -> int:
    """Return the number of a port that nothing listens on."""
    draw = random.SystemRandom()  # other test processes draw too, and tests may have seeded the common one
    while True:
        port = draw.choice(_NOT_GIVEN_BY_THE_SYSTEM)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
