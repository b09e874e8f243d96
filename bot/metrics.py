"""Counts what the process does, for Prometheus; it decides nothing, and knows no person, chat or text."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's numbers; every method may be called from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._handled = Counter(
            "cnscd_events", "Events handled, by how it ended.", ("channel", "outcome"), registry=self._registry
        )
        self._seconds = Histogram(
            "cnscd_event_seconds",
            "Seconds from an event's arrival to its commit, the wait for its turn included.",
            ("channel",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._asked = Counter(
            "cnscd_questions", "Texts, by what they were taken for.", ("outcome",), registry=self._registry
        )
        self._attempts = Counter(
            "cnscd_send_attempts", "Attempts at sending, by how they ended.", ("channel", "outcome"),
            registry=self._registry,
        )  # fmt: skip
        self._outbox = Gauge("cnscd_outbox", "Messages in the outbox, by state.", ("state",), registry=self._registry)
        self._leases = Gauge("cnscd_lease_held", "1 while held.", ("lease",), registry=self._registry)
        self._ticked = Gauge(
            "cnscd_last_tick_timestamp_seconds", "When scheduled work was last done here.", registry=self._registry
        )

    def handled(self, channel: str, outcome: str) -> None:
        """Count an event: done, repeated, or failed."""
        self._handled.labels(channel, outcome).inc()

    def took(self, channel: str, seconds: float) -> None:
        """Note how long an event took up to its commit."""
        self._seconds.labels(channel).observe(seconds)

    def asked(self, outcome: str) -> None:
        """Count a text by what it was taken for."""
        self._asked.labels(outcome).inc()

    def attempted(self, channel: str, outcome: str) -> None:
        """Count an attempt at sending."""
        self._attempts.labels(channel, outcome).inc()

    def ticked(self, moment: float) -> None:
        """Note when scheduled work was done, in seconds since 1970."""
        self._ticked.set(moment)

    def page(self, outbox: Mapping[str, int], leases: Mapping[str, bool]) -> bytes:
        """Return everything as Prometheus reads it.

        Args:
            outbox: How many messages are in each state now.
            leases: Whether this process holds each now.
        """
        for state in ("queued", "claimed", "sent", "failed", "dropped"):
            self._outbox.labels(state).set(outbox.get(state, 0))
        for name, held in leases.items():
            self._leases.labels(name).set(held)
        return generate_latest(self._registry)
