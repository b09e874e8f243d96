"""The life of one message: read, one transaction, replies into the outbox; it sends nothing."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.lanes import Lanes
from bot.learning import Learner
from bot.metrics import Metrics
from db import inbox, outbox, people
from db.engine import Database, is_unavailable
from db.outbox import Message
from handlers import router
from handlers.message import ChatRef, Incoming, Kind
from handlers.rendering import ZONE, render
from handlers.turn import Reading, Rules, Turn, look_up, understand
from knowledge.answering import Answerer
from knowledge.working_days import WorkingDays

CLAIM_LASTS = timedelta(minutes=2)
"""Longer than a request may take, pacing included: after it a claim belongs to a process that died."""
_WORKERS_ON_SQLITE, _WORKERS = 1, 4
"""Threads that handle messages. Python lets one of them work at a time, and several get in each other's way: a question
then costs twice as much. Only where turns wait for a database server is there something to do meanwhile."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL keeps no NUL, and no database half of a surrogate pair."""

_log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """Return the moment; the one clock of the running process."""
    return datetime.now(UTC)


class Inbox:
    """Handles messages, those of one chat in order, of different chats concurrently.

    Args:
        pushed: Channels through which delivery pushes; their replies are claimed at once for `deliver`.
        deliver: Called after the commit with the chat and the replies to it that were claimed.
        unsure: Called with a chat of which nobody knows whether replies to it were committed, and claimed.
        stored: Called with channel and chat after each commit, for channels whose clients pull.
    """

    def __init__(
        self,
        database: Database,
        answerer: Answerer,
        calendar: WorkingDays,
        rules: Rules,
        *,
        holder: str,
        pushed: frozenset[str] = frozenset(),
        deliver: Callable[[ChatRef, list[Message]], None] = lambda _chat, _claimed: None,
        unsure: Callable[[ChatRef], None] = lambda _chat: None,
        stored: Callable[[str, str], None] = lambda _channel, _chat: None,
        clock: Callable[[], datetime] = utc_now,
        metrics: Metrics | None = None,
    ) -> None:
        self._database = database
        self._learner = Learner(answerer)
        self._calendar = calendar
        self._rules = rules
        self._holder = holder
        self._pushed = pushed
        self._deliver = deliver
        self._unsure = unsure
        self._stored = stored
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._lanes = Lanes()
        self._workers = ThreadPoolExecutor(_WORKERS_ON_SQLITE if database.is_sqlite else _WORKERS, "turn")

    async def receive(self, incoming: Incoming) -> None:
        """Handle one message up to its commit; a repeat does nothing.

        Raises:
            Exception: only if nothing could be stored; then the event must not be acknowledged.
        """
        chat, arrived = incoming.chat, time.perf_counter()
        async with self._lanes.enter(chat.channel, chat.chat):
            try:
                claimed = await asyncio.get_running_loop().run_in_executor(self._workers, self.handle, incoming)
            except Exception:  # the commit may have arrived although its answer did not
                self._unsure(chat)
                raise
            if claimed:
                self._deliver(chat, claimed)
        self._metrics.took(chat.channel, time.perf_counter() - arrived)
        self._stored(chat.channel, chat.chat)

    async def unreadable(self, channel: str, *, event_key: str, kind: str, error: str) -> None:
        """Record an event that the channel could not parse."""

        def record() -> None:
            with self._database.transaction() as db:
                inbox.record_event(
                    db, channel, event_key, kind=kind, now=self._clock(), outcome="unreadable", error=error
                )

        await asyncio.to_thread(record)

    def handle(self, incoming: Incoming) -> list[Message]:
        """Handle one message in one transaction; return the replies to send at once."""
        incoming = storable(incoming)
        try:
            answerer, reading = self._read(incoming)
            with self._database.transaction() as db:
                return self._in_turn(incoming, reading, Turn(db, self._clock(), answerer, self._calendar, self._rules))
        except Exception as error:
            if is_unavailable(error):
                raise
            # The type and the place, never the text: it may hold anything.
            _log.error(
                "message_failed",
                channel=incoming.chat.channel,
                event_key=incoming.event_key,
                error=_name(error),
                exc_info=True,
            )
            self._metrics.handled(incoming.chat.channel, "failed")
            return self._record_failure(incoming, _name(error))

    def _read(self, incoming: Incoming) -> tuple[Answerer, Reading | None]:
        """Understand the text before the transaction begins, by all that was taught up to now."""
        text = incoming.text.strip()
        chat = incoming.chat
        now = self._clock()
        with self._database.reading() as db:
            answerer = self._learner.up_to_date(db)
            if incoming.button is not None or not text or text.startswith("/") or len(text) > router.LONGEST_TEXT:
                return answerer, None
            standing = inbox.standing(db, chat.channel, chat.chat, now)
            asker, villages = look_up(db, chat.channel, incoming.sender, standing, now)
        return answerer, understand(text, answerer, asker, now.astimezone(ZONE).date(), villages)

    def _in_turn(self, incoming: Incoming, reading: Reading | None, turn: Turn) -> list[Message]:
        chat = incoming.chat
        inbox.lock_chat(turn.db, chat.channel, chat.chat)
        if incoming.sender != chat.chat:  # somebody new may write in a group and in private at the same moment
            inbox.lock_chat(turn.db, chat.channel, incoming.sender)
        if not inbox.record_event(turn.db, chat.channel, incoming.event_key, kind=incoming.kind, now=turn.now):
            self._metrics.handled(chat.channel, "repeated")
            return []
        turn.chat = chat
        turn.who = people.recognise(turn.db, chat.channel, incoming.sender, turn.now)
        turn.standing = inbox.standing(turn.db, chat.channel, chat.chat, turn.now)
        turn.reading = reading
        turn.claim = self._claim(chat.channel, turn.now)
        replies = router.respond(incoming, turn)
        queued = turn.answer(replies, edits=incoming.message_ref if incoming.kind is Kind.BUTTON else None)
        self._metrics.handled(chat.channel, "done")
        if reading is not None:
            self._metrics.asked(reading.decision.outcome.value)
        return [message for message in queued if message.claimed_until is not None]

    def _record_failure(self, incoming: Incoming, error: str) -> list[Message]:
        """Record the failed event and apologise: a message that breaks a handler must not come back for ever."""
        chat, now = incoming.chat, self._clock()
        with self._database.transaction() as db:
            new = inbox.record_event(
                db, chat.channel, incoming.event_key, kind=incoming.kind, now=now, outcome="failed", error=error
            )
            if not new:
                return []
            text = render("common/failed")
            claim = self._claim(chat.channel, now)
            queued = outbox.queue(db, channel=chat.channel, chat=chat.chat, text=text, rows=[], now=now, claim=claim)
        return [queued] if queued is not None and queued.claimed_until is not None else []

    def _claim(self, channel: str, now: datetime) -> tuple[str, datetime] | None:
        return (self._holder, now + CLAIM_LASTS) if channel in self._pushed else None


def storable(incoming: Incoming) -> Incoming:
    """Return the message without the characters that a database refuses."""
    text, name = (_UNSTORABLE.sub("", written) for written in (incoming.text, incoming.sender_name))
    return replace(incoming, text=text, sender_name=name)


def _name(error: BaseException) -> str:
    return type(error).__name__
