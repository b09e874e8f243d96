"""Keeps a process's answerer up to what coordinators have taught, in whichever process they did; it writes nothing."""

from __future__ import annotations

from threading import Lock

from db import local_entries
from db.engine import Transaction
from db.local_entries import Version
from handlers.questions.lessons import taught
from knowledge.answering import Answerer


class Learner:
    """Gives the answerer that knows everything taught so far; asked once a message, in its worker thread.

    Only the small index of what was taught is built anew, and only if something has changed.
    """

    def __init__(self, base: Answerer) -> None:
        self._base = base
        self._known: tuple[Version, Answerer] | None = None
        self._lock = Lock()

    def up_to_date(self, db: Transaction) -> Answerer:
        """Return the answerer that knows what this transaction sees."""
        version = local_entries.version(db)
        with self._lock:
            if self._known is None or self._known[0] != version:
                self._known = version, self._base.with_local(taught(db))
            return self._known[1]
