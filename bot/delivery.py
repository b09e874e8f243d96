"""Sends what is in the outbox through the channels, paced, and records each outcome; it words and queues nothing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta

import structlog

from bot.channels.base import Channel, Moved, Outgoing, Refused, RetryLater, SendError, Uncertain, Unreachable
from bot.inbox import CLAIM_LASTS, utc_now
from bot.lanes import Lanes
from db import outbox, people
from db.engine import Database, is_unavailable
from db.outbox import Message
from handlers.message import Button, ChatRef

_BATCH = 30
"""Due messages held at a time: about a second's worth, so that they never wait long in memory."""
_GRACE = 3.0
"""Seconds that requests under way get to end when the process stops."""
_LOOK_EVERY = 1.0
_AT_ONCE = 16
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 600.0
_REQUEST_MAY_TAKE = timedelta(seconds=50)
"""No request is started this close to the end of its claim: another process might take the message over."""
_REPLY_SHARE = 1.25
"""Bulk goes out slower than the channel allows by this factor; the rest is kept for replies."""
_BULK_TO_ONE_CHAT = 1.0

_log = structlog.get_logger(__name__)


class Pacer:
    """Spaces requests of one channel: `per_second` in all, bulk a little slower and one a second to a chat."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._next = self._next_bulk = self._held = 0.0
        self._chats: dict[str, float] = {}
        self._bulk = asyncio.Lock()

    async def wait(self, chat: str, *, bulk: bool) -> None:
        """Wait for this message's turn; bulk waits in a line of its own, so that replies overtake it."""
        if not self._every:
            return
        if bulk:
            await self._sleep_until(self._chats.get(chat, 0.0))
            async with self._bulk:
                await self._sleep_until(self._next_bulk)
                now = self._clock()
                self._next_bulk = now + self._every * _REPLY_SHARE
                self._chats = {other: at for other, at in self._chats.items() if at > now}
                self._chats[chat] = now + _BULK_TO_ONE_CHAT
        slot = max(self._clock(), self._next)
        self._next = slot + self._every
        await self._sleep_until(slot)
        await self._sleep_until(self._held)  # it may have been asked for while this one waited

    def hold(self, seconds: float) -> None:
        """Send nothing for a time: the platform asked for it."""
        self._held = max(self._held, self._clock() + seconds)
        self._next = max(self._next, self._held)

    async def _sleep_until(self, moment: float) -> None:
        delay = moment - self._clock()
        if delay > 0:
            await asyncio.sleep(delay)


class Delivery:
    """The one way out.

    Args:
        channels: By name.
        per_second: Pace by channel name; 0 for none.
        may_send_bulk: Whether this process holds the lease for everything that it did not answer itself.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        holder: str,
        per_second: Mapping[str, float],
        may_send_bulk: Callable[[], bool],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._channels = channels
        self._holder = holder
        self._pacers = {name: Pacer(per_second.get(name, 0)) for name in channels}
        self._may_send_bulk = may_send_bulk
        self._clock = clock
        self._lanes = Lanes()
        # Apart, so that bulk requests that hang never keep replies from going out.
        self._room = {bulk: asyncio.Semaphore(_AT_ONCE) for bulk in (False, True)}
        self._tasks: set[asyncio.Task[None]] = set()
        self._due = 0
        self._wake = asyncio.Event()

    def submit(self, chat: ChatRef, message_ids: list[int]) -> None:
        """Send replies to a chat that this process has just claimed, in order."""
        self._start(self._send_claimed(chat, message_ids))

    async def run(self, stop: asyncio.Event) -> None:
        """Send whatever is due until `stop`; one message that hangs holds up no other chat."""
        while not stop.is_set():
            room = _BATCH - self._due
            claimed = await self._claim(room) if room >= _BATCH // 2 else []
            for message in claimed:
                self._due += 1
                self._start(self._send_due(message))
            if not claimed:
                await self._pause(stop)

    async def drain(self) -> None:
        """Let what is under way come to an end, but not for long; what has not begun is given back."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

        def release() -> None:
            with self._database.transaction() as db:
                outbox.release(db, self._holder)

        await self._store(release)

    async def _claim(self, limit: int) -> list[Message]:
        if not self._channels or not self._may_send_bulk():
            return []

        def claim() -> list[Message]:
            now = self._clock()
            with self._database.transaction() as db:
                return outbox.claim_due(
                    db, self._channels.keys(), self._holder, now=now, until=now + CLAIM_LASTS, limit=limit
                )

        try:
            return await asyncio.to_thread(claim)
        except Exception as error:
            if not is_unavailable(error):
                raise
            _log.warning("outbox_out_of_reach", error=type(error).__name__)
            return []

    async def _send_claimed(self, chat: ChatRef, message_ids: list[int]) -> None:
        """Send replies in order; one that has to be tried again later, or an earlier one, keeps back the rest."""

        def load() -> tuple[list[Message], bool]:
            with self._database.reading() as db:
                messages = outbox.get(db, message_ids, self._holder)
                return messages, bool(messages) and outbox.reply_is_open(db, messages[0])

        async with self._lanes.enter(chat.channel, chat.chat):
            messages, kept_back = await asyncio.to_thread(load)
            for message in messages:
                if kept_back:
                    await self._record(message, RetryLater("an earlier reply waits", after=0))
                else:
                    kept_back = not await self._deliver(message)

    async def _send_due(self, message: Message) -> None:
        try:
            async with self._lanes.enter(message.channel, message.chat):
                await self._deliver(message)
        finally:
            self._due -= 1
            self._wake.set()

    async def _deliver(self, message: Message) -> bool:
        """Send one claimed message and record what became of it; False if it has to be tried again."""
        channel, pacer = self._channels[message.channel], self._pacers[message.channel]
        bulk = message.priority != outbox.REPLY
        async with self._room[bulk]:
            await pacer.wait(message.chat, bulk=bulk)
            now = self._clock()
            # A process that slept past its claim starts nothing: another may have taken the message over.
            if message.claimed_until is None or now > message.claimed_until - _REQUEST_MAY_TAKE:
                return await self._record(message, RetryLater("claim too old", after=0))
            if message.useful_until is not None and now >= message.useful_until:
                return await self._record(message, None, state="dropped")
            try:
                reference = await channel.send(_outgoing(message))
            except SendError as error:
                return await self._record(message, error)
            except asyncio.CancelledError:  # the process stops
                await self._record(message, Uncertain("cut off"))
                raise
            return await self._record(message, None, reference=reference)

    async def _record(
        self, message: Message, error: SendError | None, *, state: str = "sent", reference: str | None = None
    ) -> bool:
        """Write an attempt's outcome and tell whether it is final.

        Until it is written the claim stands, and its end makes the outcome uncertain.
        """
        now = self._clock()
        pause = timedelta(seconds=_pause_before(message, error))

        def write() -> None:
            with self._database.transaction() as db:
                if error is None:
                    outbox.finish(db, message.id, state, now=now, provider_ref=reference)
                elif isinstance(error, Refused | Unreachable):
                    outbox.finish(db, message.id, "failed", now=now, error=str(error))
                    if isinstance(error, Unreachable):
                        people.mark_unreachable(db, message.channel, message.chat, now)
                else:
                    outbox.put_back(
                        db,
                        message.id,
                        self._holder,
                        not_before=now + pause,
                        error=str(error),
                        uncertain=isinstance(error, Uncertain),
                        chat=error.chat if isinstance(error, Moved) else None,
                    )

        if error is not None:
            _log.info("not_delivered", message=message.id, channel=message.channel, why=type(error).__name__)
        if isinstance(error, RetryLater) and error.whole_channel and error.after is not None:
            self._pacers[message.channel].hold(error.after)
        await self._store(write)
        return error is None or isinstance(error, Refused | Unreachable)

    async def _store(self, write: Callable[[], None]) -> None:
        """Write to the database, which may be away for a moment."""
        for attempt in range(5):
            try:
                await asyncio.to_thread(write)
            except Exception as failure:
                if not is_unavailable(failure):
                    raise
                _log.warning("outcome_not_stored", error=type(failure).__name__)
                await asyncio.sleep(0.2 * 2**attempt)
            else:
                return

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("delivery_failed", error=type(task.exception()).__name__)

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [
            asyncio.create_task(stop.wait()),
            asyncio.create_task(self._wake.wait()),
        ]
        _, waiting = await asyncio.wait(waits, timeout=_LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        self._wake.clear()


def _pause_before(message: Message, error: SendError | None) -> float:
    """Return the seconds until the next attempt: what the platform asks for, else doubling with jitter."""
    if isinstance(error, RetryLater) and error.after is not None:
        return error.after
    if isinstance(error, Moved):
        return 0.0
    doubled: float = _FIRST_PAUSE * 2 ** min(max(message.attempts - 1, 0), 12)
    return min(doubled, _LONGEST_PAUSE) * random.uniform(0.7, 1.3)


def _outgoing(message: Message) -> Outgoing:
    rows = tuple(tuple(Button(label, action) for label, action in row) for row in message.rows)
    return Outgoing(message.chat, message.text, rows, message.edits)
