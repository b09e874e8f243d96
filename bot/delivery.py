"""Sends what is in the outbox through the channels, paced, and records each outcome; it words and queues nothing."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.channels.base import (
    Channel,
    Moved,
    Outgoing,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
    file_path,
)
from bot.inbox import CLAIM_LASTS, utc_now
from bot.lanes import Lanes
from bot.leases import RENEW_EVERY, TTL
from bot.metrics import Metrics
from bot.pacing import Pacer
from bot.storing import GroupCommit, until_done
from db import files, outbox, people, quotas
from db.engine import Database, Transaction, is_unavailable
from db.files import File
from db.outbox import Message
from handlers.message import Attachment, Button, ChatRef

_BATCH = 30
"""Due messages held at a time, of replies and of bulk: about a second's worth, so that none waits long in memory."""
_GRACE = 3.0
"""Seconds that requests under way get to end when the process stops."""
_LOOK_EVERY = 0.5
_COUNT_EVERY = 10.0
"""Seconds between looks for what this process has claimed without knowing."""
_AT_ONCE = 16
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 600.0
_CROWDED = 0.5
"""Seconds that a reply waits for this process's own part of the pace, about as long as it takes another to find it."""
_REQUEST_MAY_TAKE = timedelta(seconds=50)
"""No request is started this close to the end of its claim: another process might take the message over."""
_SURE_FOR = TTL - timedelta(seconds=RENEW_EVERY)
"""So long after the last beat of its heart, at the least, nobody takes over what a process has claimed."""

_OUTCOMES: Mapping[type[SendError], str] = {
    RetryLater: "retry",
    Uncertain: "uncertain",
    Refused: "refused",
    Unreachable: "unreachable",
    Moved: "moved",
}

_log = structlog.get_logger(__name__)

Redirect = Callable[[Transaction, Message, datetime], int | None]
"""Queues a message again for another account of its person; its new id, None if there is no such account."""


class Delivery:
    """The one way out.

    Args:
        channels: By name.
        per_second: Pace by channel name; 0 for none.
        monthly: Messages a month, by name of a channel that has such a limit.
        may_send_bulk: Whether this process holds the lease for everything that it did not answer itself.
        is_alive: Whether this process still counts as alive to the others, so that its claims stand.
        part: Which part of every pace is this process's, if others send over the same token.
        is_quiet: Whether it is a time at which nobody gets what they did not ask for, but for alarms.
        redirect: What to do with a message, not a reply, whose account cannot be reached any more.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        holder: str,
        per_second: Mapping[str, float],
        may_send_bulk: Callable[[], bool],
        monthly: Mapping[str, int] | None = None,
        is_alive: Callable[[], bool] = lambda: True,
        part: Callable[[], float] = lambda: 1.0,
        is_quiet: Callable[[datetime], bool] = lambda _now: False,
        redirect: Redirect = lambda _db, _message, _now: None,
        clock: Callable[[], datetime] = utc_now,
        metrics: Metrics | None = None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._holder = holder
        self._pacers = {
            name: Pacer(per_second.get(name, 0), channel.is_group, part=part) for name, channel in channels.items()
        }
        self._monthly = monthly or {}
        self._may_send_bulk = may_send_bulk
        self._is_alive = is_alive
        self._is_quiet = is_quiet
        self._redirect = redirect
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._lanes = Lanes()
        # Apart, so that bulk requests that hang never keep replies from going out.
        self._room = {bulk: asyncio.Semaphore(_AT_ONCE) for bulk in (False, True)}
        self._due = {False: 0, True: 0}
        self._in_hand = Counter[int]()
        self._strays = set[int]()
        self._counted = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._outcomes = GroupCommit(database)
        self._left_behind: set[tuple[str, str]] = set()  # chats with a reply that may be open although it was claimed
        self._looked = -_LOOK_EVERY
        self._wake = asyncio.Event()

    def submit(self, chat: ChatRef, claimed: Sequence[Message]) -> None:
        """Send replies to a chat that this process has just claimed, in order."""
        self._in_hand.update(message.id for message in claimed)
        self._start(self._send_claimed(chat, claimed))

    def be_unsure(self, chat: ChatRef) -> None:
        """Take into account that a reply to a chat may be claimed by this process without its knowing."""
        self._left_behind.add((chat.channel, chat.chat))

    async def run(self, stop: asyncio.Event) -> None:
        """Send whatever is due until `stop`; one message that hangs holds up no other chat."""
        while not stop.is_set():
            await self._give_back_strays()
            claimed = await self._look()
            for message in claimed:
                self._in_hand[message.id] += 1
                self._due[_is_bulk(message)] += 1
                self._start(self._send_due(message))
            if not claimed:
                await self._pause(stop)

    async def drain(self) -> None:
        """Let what is under way come to an end, but not for long; what has not begun is given back."""
        await _end(self._tasks)
        await self._outcomes.drain(_GRACE)
        try:
            await asyncio.wait_for(self._outcomes.write(lambda db: outbox.give_back(db, self._holder)), _GRACE)
        except TimeoutError:
            _log.warning("claims_not_given_back")  # they end with this process's heartbeat

    async def _look(self) -> list[Message]:
        """Claim what is due and fits: bulk by the half batch, replies at every look."""
        if not self._channels or not self._is_alive() or not self._may_send_bulk():
            return []
        room = {bulk: _BATCH - due for bulk, due in self._due.items()}
        if room[True] >= _BATCH // 2:
            return await self._claim(room[True], outbox.BULK)
        if room[False] > 0 and time.monotonic() - self._looked >= _LOOK_EVERY:
            return await self._claim(room[False], outbox.REPLY)
        return []

    async def _give_back_strays(self) -> None:
        """Queue what is claimed by this process without its knowing: the commit arrived, and its answer did not.

        To the others such a claim stands, since this process lives. What was claimed this moment and is about to be
        taken in hand is no stray at the next look.
        """
        if time.monotonic() - self._counted < _COUNT_EVERY or not self._is_alive():
            return
        self._counted = time.monotonic()

        def look() -> list[int]:
            with self._database.reading() as db:
                return outbox.claimed_by(db, self._holder)

        try:
            claimed = await asyncio.to_thread(look)
        except Exception as error:
            if not is_unavailable(error):
                raise
            return
        strays = {message for message in claimed if not self._in_hand[message]}
        for message in strays & self._strays:
            _log.warning("stray_given_back", message=message)
            await self._outcomes.write(partial(outbox.give_back, holder=self._holder, message_id=message))
        self._strays = strays

    async def _claim(self, limit: int, up_to: int) -> list[Message]:
        self._looked = time.monotonic()
        resting = [(name, chat) for name, pacer in self._pacers.items() for chat in pacer.resting()]

        def claim() -> list[Message]:
            now = self._clock()
            with self._database.transaction() as db:
                claimed = outbox.claim_due(
                    db,
                    self._channels.keys(),
                    self._holder,
                    now=now,
                    until=now + CLAIM_LASTS,
                    limit=limit,
                    up_to=up_to,
                    resting=resting,
                    replies_only=self._only_for_replies(db, now),
                )
                # Before the commit: from then on a reply to the same chat may be claimed by its turn.
                for message in claimed:
                    self._leave_behind(message)
                return claimed

        try:
            return await asyncio.to_thread(claim)
        except Exception as error:
            if not is_unavailable(error):
                raise
            _log.warning("outbox_out_of_reach", error=type(error).__name__)
            return []

    def _only_for_replies(self, db: Transaction, now: datetime) -> Collection[str]:
        """Return the channels that take nothing but replies: all in quiet hours, and those whose month is used up."""
        if self._is_quiet(now):
            return list(self._channels)
        return [name for name, limit in self._monthly.items() if not quotas.bulk_left(db, name, now, limit)]

    async def _send_claimed(self, chat: ChatRef, claimed: Sequence[Message]) -> None:
        """Send replies in order; one that has to be tried again later, or an earlier one, keeps back the rest."""
        try:
            async with self._lanes.enter(chat.channel, chat.chat):
                kept_back = not await self._may_go(claimed[0])
                for message in claimed:
                    if kept_back or self._is_crowded(message.channel):
                        kept_back = True  # those behind it must not overtake it
                        await self._give_back(message)
                    else:
                        kept_back = not await self._deliver(message)
        finally:
            self._let_go(claimed)

    async def _may_go(self, message: Message) -> bool:
        """Tell whether a reply is still this process's to send, and no earlier one to its chat is open.

        When it was claimed, all earlier ones were at an end or claimed by this process (`outbox.queue`). So the
        database is asked only where the process has left one behind, or where the claim is so old that its heart may
        have missed a beat since.
        """
        chat = (message.channel, message.chat)
        old = message.claimed_until is None or self._clock() > message.claimed_until - CLAIM_LASTS + _SURE_FOR
        if not old and chat not in self._left_behind:
            return True

        def look() -> bool:
            with self._database.reading() as db:
                return outbox.may_go(db, message, self._holder)

        if not await until_done(look):
            return False
        self._left_behind.discard(chat)
        return True

    def _leave_behind(self, message: Message) -> None:
        if not _is_bulk(message):
            self._left_behind.add((message.channel, message.chat))

    def _is_crowded(self, channel: str) -> bool:
        """Tell whether a reply goes out sooner through the process that sends all the rest and has most of the pace."""
        return not self._may_send_bulk() and self._pacers[channel].expected_wait() > _CROWDED

    async def _send_due(self, message: Message) -> None:
        try:
            async with self._lanes.enter(message.channel, message.chat):
                await self._deliver(message)
        finally:
            self._let_go([message])
            self._due[_is_bulk(message)] -= 1
            self._wake.set()

    def _let_go(self, messages: Sequence[Message]) -> None:
        self._in_hand.subtract(message.id for message in messages)
        self._in_hand = +self._in_hand

    async def _deliver(self, message: Message) -> bool:
        """Send one claimed message and record what became of it; False if it has to be tried again."""
        pacer, bulk = self._pacers[message.channel], _is_bulk(message)
        outgoing = await self._outgoing(message)
        await pacer.rest(message.chat)
        async with self._room[bulk]:
            async with pacer.request(message.chat, bulk=bulk):
                now = self._clock()
                useful = message.useful_until is None or now < message.useful_until
                may_start = self._may_start(message, now)
                outcome = await self._attempt(message, outgoing) if useful and may_start else None
            if not may_start:
                return await self._give_back(message)
            return await self._record(message, outcome)

    def _may_start(self, message: Message, now: datetime) -> bool:
        """Tell whether a claim still stands for long enough: a process that was paused starts nothing."""
        if message.claimed_until is None or now > message.claimed_until - _REQUEST_MAY_TAKE:
            return False
        return self._is_alive() and (not _is_bulk(message) or self._may_send_bulk())

    async def _attempt(self, message: Message, outgoing: Outgoing) -> str | SendError:
        """Send, and return the platform's id of the message or what went wrong."""
        try:
            return await self._channels[message.channel].send(outgoing)
        except SendError as error:
            return error
        except asyncio.CancelledError:  # the process stops
            await self._record(message, Uncertain("cut off"))
            raise
        except Exception as error:  # a channel's own mistake: its request may have left all the same
            _log.error("channel_failed", channel=message.channel, error=type(error).__name__, exc_info=True)
            return Uncertain(type(error).__name__)

    async def _outgoing(self, message: Message) -> Outgoing:
        """Return what the channel is to send; a file whose time is over is left out."""
        found: list[File | None] = [None]

        def load() -> None:
            if message.attachment is not None:
                with self._database.reading() as db:
                    found[0] = files.get(db, message.attachment, self._clock())

        if message.attachment is not None:
            await until_done(load)
        file = found[0]
        rows = tuple(tuple(Button(label, action) for label, action in row) for row in message.rows)
        return Outgoing(
            message.chat,
            message.text,
            rows,
            message.edits,
            attachment=None if file is None else Attachment(file.name, file.media_type, file.content),
            path=None if file is None else file_path(file.token, file.name),
            first_number=message.first_number,
        )

    async def _give_back(self, message: Message) -> bool:
        """Queue a message again of which no request has begun; not for this process, if another has taken it over."""
        _log.info("given_back", message=message.id, channel=message.channel)
        self._leave_behind(message)
        await self._outcomes.write(lambda db: outbox.give_back(db, self._holder, message.id))
        return False

    async def _record(self, message: Message, outcome: str | SendError | None) -> bool:
        """Write an attempt's outcome, the platform's id or what went wrong, and tell whether it is final.

        Until it is written the claim stands, and the end of this process makes the outcome uncertain. None stands for
        a message that came to be of no use before it could be sent.
        """
        now = self._clock()
        pause = timedelta(seconds=_pause_before(message, outcome))

        def write(db: Transaction) -> None:
            if isinstance(outcome, SendError):
                self._write_error(db, message, outcome, now, pause)
            elif outcome is None:
                if outbox.finish(db, message.id, "dropped", now=now, error="no longer useful"):
                    self._note(db, message, "dropped", now)
            else:
                if outbox.finish(db, message.id, "sent", now=now, provider_ref=outcome):
                    self._note(db, message, "sent", now)

        if isinstance(outcome, SendError):
            _log.info("not_delivered", message=message.id, channel=message.channel, why=type(outcome).__name__)
        if isinstance(outcome, RetryLater) and outcome.whole_channel and outcome.after is not None:
            self._pacers[message.channel].hold(outcome.after)
        if outcome is not None:
            ended = _OUTCOMES[type(outcome)] if isinstance(outcome, SendError) else "sent"
            self._metrics.attempted(message.channel, ended)
        is_final = not isinstance(outcome, SendError) or isinstance(outcome, Refused | Unreachable)
        if not is_final:
            self._leave_behind(message)
        await self._outcomes.write(write)
        return is_final

    def _write_error(
        self, db: Transaction, message: Message, error: SendError, now: datetime, pause: timedelta
    ) -> None:
        why = str(error)[:200]
        if isinstance(error, Refused | Unreachable):
            if not outbox.finish(db, message.id, "failed", now=now, error=why):
                return
            if isinstance(error, Unreachable):
                people.mark_unreachable(db, message.channel, message.chat, now)
                if message.kind != "reply" and message.person_id is not None:
                    self._redirect(db, message, now)
        else:
            uncertain = isinstance(error, Uncertain)
            mine = outbox.put_back(db, message.id, self._holder, not_before=now + pause, error=why, uncertain=uncertain)
            if isinstance(error, Moved):
                outbox.move_chat(db, message.channel, message.chat, error.chat)
            if not mine:  # who took it over has noted this attempt as uncertain
                return
        self._note(db, message, _OUTCOMES[type(error)], now, why)

    def _note(self, db: Transaction, message: Message, outcome: str, now: datetime, why: str | None = None) -> None:
        outbox.note_attempt(db, message.id, message.attempts, self._holder, outcome, now=now, error=why)
        if outcome in ("sent", "uncertain") and message.channel in self._monthly:
            quotas.record_use(db, message.channel, now)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("delivery_failed", error=type(task.exception()).__name__, exc_info=task.exception())

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [
            asyncio.create_task(stop.wait()),
            asyncio.create_task(self._wake.wait()),
        ]
        _, waiting = await asyncio.wait(waits, timeout=_LOOK_EVERY, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        self._wake.clear()


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Let tasks end, but not for long."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=_GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _is_bulk(message: Message) -> bool:
    return message.priority != outbox.REPLY


def _pause_before(message: Message, outcome: str | SendError | None) -> float:
    """Return the seconds until the next attempt: what the platform asks for, else doubling with jitter."""
    if isinstance(outcome, RetryLater) and outcome.after is not None:
        return outcome.after
    if isinstance(outcome, Moved):
        return 0.0
    doubled: float = _FIRST_PAUSE * 2 ** min(max(message.attempts - 1, 0), 12)
    return min(doubled, _LONGEST_PAUSE) * random.uniform(0.7, 1.3)
