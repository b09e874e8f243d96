"""Telegram as a channel: python-telegram-bot's Bot carries the requests, loop and meaning are our own."""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
import warnings
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import structlog
from telegram import Bot, Message, Update, User
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning, PTBUserWarning

from bot.channels.base import (
    Moved,
    Outgoing,
    Receive,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
    UnreadableEvent,
)
from handlers.message import ChatRef, Incoming, Kind, Rows

NAME = "telegram"
CHATS_AT_ONCE = 8
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
TOKEN_PAUSE = 60.0
CONFLICT_LOG_EVERY = 60.0
_ANSWERS_GRACE = 2.0

ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]

# In this order: an animation comes with a document of the same content, for old clients.
_KINDS = {
    "text": Kind.TEXT,
    "photo": Kind.PHOTO,
    "voice": Kind.VOICE,
    "audio": Kind.VOICE,
    "sticker": Kind.STICKER,
    "animation": Kind.OTHER,
    "document": Kind.FILE,
}

# What Telegram itself writes into a private chat; nobody waits for an answer to it.
_SERVICE = (
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "write_access_allowed",
    "connected_website",
)

# Telegram has no code for "this chat takes nothing", only these descriptions of a 400.
_CHAT_IS_CLOSED = (
    "chat not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "not enough rights",
    "have no rights",
    "group chat was deactivated",
)

# The request cannot have left when one of these is the cause; everything else may have arrived.
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

_COMMAND_TO = re.compile(r"(/\w+)@(\w+)")

T = TypeVar("T")

log = structlog.get_logger(__name__)


class BadTokenError(Exception):
    """Telegram does not know the token; only a person can help."""


class TelegramChannel:
    """One bot account; implements `bot.channels.base.Channel`."""

    name = NAME
    text_limit = 4096

    def __init__(
        self,
        token: str,
        base_url: str = "https://api.telegram.org",
        proxy: str | None = None,
        poll_timeout: int = 25,
        *,
        commands: Sequence[tuple[str, str]] = (),
        request_timeout: float = 15.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Build without connecting.

        Args:
            base_url: The server's root, without `/bot`.
            poll_timeout: Seconds that the server may hold back an empty answer.
            commands: The menu, as (command without slash, description).
            request_timeout: Seconds for each phase (connect, write, read) of every other request.

        Raises:
            BadTokenError: The token is empty.
        """
        _quieten_libraries()
        root = base_url.rstrip("/")
        self._http = (
            _http(proxy, read_timeout=request_timeout, others=request_timeout, pool=32),
            # Apart, or a long poll would sit on a connection that answers need.
            _http(proxy, read_timeout=poll_timeout + 10, others=request_timeout, pool=1),
        )
        try:
            self._bot = Bot(
                token,
                base_url=f"{root}/bot",
                base_file_url=f"{root}/file/bot",
                request=self._http[0],
                get_updates_request=self._http[1],
            )
        except InvalidToken:
            raise BadTokenError("no Telegram token given") from None
        self._poll_timeout = poll_timeout
        self._commands = [{"command": command, "description": text} for command, text in commands]
        self._clock = clock
        self._me: User | None = None
        self._pauses = _Pauses()
        self._conflict_logged = -CONFLICT_LOG_EVERY
        self._flood: tuple[str, float] = ("", 0.0)
        self._answers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Greet the server, best effort: without a network `poll` tries again.

        Raises:
            BadTokenError: The server was reached and refuses the token.
        """
        try:
            await self._introduce()
        except InvalidToken:
            # PTB's message holds the token, so neither it nor the chain may be shown.
            raise BadTokenError("Telegram refuses the token") from None
        except TelegramError as exc:
            log.warning("telegram_unreachable", error=_name(exc))

    async def close(self) -> None:
        """Finish what is under way, but not for long, and close the connections."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=_ANSWERS_GRACE)
        # Not by `Bot.shutdown`, which leaves the connections open if the greeting never succeeded.
        await asyncio.gather(*(http.shutdown() for http in self._http))

    async def poll(
        self,
        receive: Receive,
        unreadable: UnreadableEvent,
        stop: asyncio.Event,
        may_ask: Callable[[], bool] = lambda: True,
    ) -> None:
        """Hand on updates until `stop`; whatever was not handled whole is asked for again.

        Args:
            may_ask: Whether this process is still the one that polls; polling ends when it is not.
        """
        offset = confirmed = 0
        while not stop.is_set() and may_ask():
            batch = await self._next_batch(offset, stop)
            if batch is None:
                continue
            confirmed = offset
            if batch and await self._handled(batch, receive, unreadable, stop):
                offset = batch[-1]["update_id"] + 1
        # A fresh client: httpcore loses the pool's only place for good if a call is cut off just before it connects.
        await self._http[1].shutdown()
        await self._http[1].initialize()
        if offset != confirmed and may_ask():
            await self._confirm(offset)

    async def send(self, message: Outgoing) -> str:
        """See `Channel.send`."""
        try:
            if message.edits is not None and await self._edited(message, message.edits):
                return message.edits
            sent = await self._call("sendMessage", **_content(message))
            return str(sent["message_id"])
        except Exception as exc:  # even an answer that cannot be understood is an outcome of this send
            # Not chained: PTB's and httpx's own errors hold requests and answers.
            raise self._send_error(exc, message.chat) from None

    async def _introduce(self) -> User:
        """Learn the bot's own name and set its menu, once."""
        if self._me is None:
            await self._bot.initialize()
            self._me = self._bot.bot
            if self._commands:  # an empty list would take away a menu set elsewhere
                await self._best_effort("setMyCommands", commands=self._commands)
        return self._me

    async def _call(self, method: str, *, read_timeout: float | None = None, **parameters: Any) -> Any:
        """Call raw: PTB's typed methods fail whole when one field of an answer is not to their taste."""
        timeouts: dict[str, Any] = {} if read_timeout is None else {"read_timeout": read_timeout}
        return await self._bot.do_api_request(method, api_kwargs=parameters, **timeouts)

    async def _best_effort(self, method: str, **parameters: Any) -> None:
        try:
            await self._call(method, **parameters)
        except Exception as exc:
            log.debug("telegram_call_failed", method=method, error=_name(exc))

    # Receiving

    async def _next_batch(self, offset: int, stop: asyncio.Event) -> list[dict[str, Any]] | None:
        """The next updates, possibly none; None if there was no answer, after a fitting pause."""
        try:
            return await _unless(stop, self._get_updates(offset))
        except Exception as exc:
            await _pause(stop, self._pause_after(exc))
            return None

    async def _get_updates(self, offset: int) -> list[dict[str, Any]]:
        await self._introduce()
        batch: list[dict[str, Any]] = await self._call(
            "getUpdates", offset=offset, timeout=self._poll_timeout, allowed_updates=ALLOWED_UPDATES
        )
        if not batch:
            self._pauses.reset()
        return batch

    def _pause_after(self, exc: Exception) -> float:
        """Log why polling failed; the seconds to wait before trying again."""
        match exc:
            case RetryAfter():
                seconds = _seconds(exc)
                log.warning("telegram_poll_flood", after=seconds)
                return seconds
            case InvalidToken() | EndPointNotFound():
                log.error("telegram_token_refused", again_in=TOKEN_PAUSE)
                return TOKEN_PAUSE
            case Conflict():
                if time.monotonic() - self._conflict_logged >= CONFLICT_LOG_EVERY:
                    self._conflict_logged = time.monotonic()
                    log.warning("telegram_poll_conflict", hint="another process polls this token, or a webhook is set")
            case _:
                log.warning("telegram_poll_failed", error=_name(exc))
        return self._pauses.next()

    async def _handled(
        self, batch: list[dict[str, Any]], receive: Receive, unreadable: UnreadableEvent, stop: asyncio.Event
    ) -> bool:
        """Hand on a batch, each chat in order; False, after a pause, if any of it could not be stored."""
        me = await self._introduce()
        received_at = self._clock()
        lanes: dict[str, list[_Parsed]] = {}
        for raw in batch:
            parsed = _parse(raw, received_at, me)
            lanes.setdefault(parsed.lane, []).append(parsed)
        free = asyncio.Semaphore(CHATS_AT_ONCE)

        async def follow(lane: list[_Parsed]) -> None:
            async with free:
                for parsed in lane:
                    await self._hand_on(parsed, receive, unreadable)

        outcomes = await asyncio.gather(*map(follow, lanes.values()), return_exceptions=True)
        failure = next((outcome for outcome in outcomes if outcome is not None), None)
        if failure is None:
            self._pauses.reset()
            return True
        if not isinstance(failure, Exception):
            raise failure
        seconds = self._pauses.next()
        log.error("telegram_updates_not_stored", error=_name(failure), again_in=seconds)
        await _pause(stop, seconds)
        return False

    async def _hand_on(self, parsed: _Parsed, receive: Receive, unreadable: UnreadableEvent) -> None:
        if parsed.error is not None:
            log.warning("telegram_update_unreadable", update=parsed.key, kind=parsed.kind, error=parsed.error)
            await unreadable(event_key=parsed.key, kind=parsed.kind, error=parsed.error)
        if parsed.incoming is not None:
            await receive(parsed.incoming)
        if parsed.query is not None:
            # Beside the batch: it only stops the button's spinner, and must not hold up anybody's message.
            task = asyncio.create_task(self._best_effort("answerCallbackQuery", callback_query_id=parsed.query))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _confirm(self, offset: int) -> None:
        """Tell the server what was handled; what it hands out in return stays unconfirmed and comes again."""
        await self._best_effort("getUpdates", read_timeout=2.0, offset=offset, timeout=0, limit=1)

    # Sending

    async def _edited(self, message: Outgoing, message_id: str) -> bool:
        """Replace a message; False if Telegram will not, for which a new message is the remedy."""
        try:
            await self._call("editMessageText", message_id=message_id, **_content(message))
        except BadRequest as exc:
            return "message is not modified" in str(exc).lower()
        return True

    def _send_error(self, exc: Exception, chat: str) -> SendError:
        match exc:
            case RetryAfter():
                return self._flood_error(chat, _seconds(exc))
            case ChatMigrated():
                return Moved(str(exc.new_chat_id))
            case InvalidToken() | EndPointNotFound():
                return RetryLater("token refused", after=TOKEN_PAUSE, whole_channel=True)
            case TelegramError() if isinstance(exc.__cause__, TelegramError):
                # PTB could not read the answer, so some machine on the way gave it, whatever its status says.
                return Uncertain(f"{_name(exc)}, not in Telegram's words")
            case Forbidden():
                return Unreachable(str(exc))
            case BadRequest():
                closed = any(words in str(exc).lower() for words in _CHAT_IS_CLOSED)
                return Unreachable(str(exc)) if closed else Refused(str(exc))
            case NetworkError() if isinstance(exc.__cause__, _NEVER_LEFT):
                return RetryLater(_name(exc))
            case _:
                return Uncertain(_name(exc))

    def _flood_error(self, chat: str, seconds: float) -> RetryLater:
        """A 429 does not say whom it means: the one chat, until a second chat gets one in the meantime."""
        now = time.monotonic()
        other, until = self._flood
        everybody = other != chat and now < until
        self._flood = (chat, max(until if everybody else 0.0, now + seconds))
        return RetryLater("too many requests", after=seconds, whole_channel=everybody)


def to_incoming(update: Update, received_at: datetime, me: User) -> Incoming | None:
    """Translate an update; None for what is not said to the bot.

    `message_ref` is always set, since an entry in the log must be found again when its message is edited.
    """
    if update.callback_query is not None:
        return _pressed(update, received_at)
    message = update.message or update.edited_message
    if message is None or any(getattr(message, service) for service in _SERVICE):
        return None
    text = _said_to(me, message)
    if text is None:
        return None
    # Anonymous admins and channels all share one made-up user; what they speak as tells them apart.
    sender = message.sender_chat or message.from_user or message.chat
    return Incoming(
        event_key=str(update.update_id),
        chat=ChatRef(NAME, str(message.chat.id)),
        sender=str(sender.id),
        sender_name=sender.full_name if isinstance(sender, User) else sender.effective_name or "",
        received_at=received_at,
        kind=next((kind for field, kind in _KINDS.items() if getattr(message, field)), Kind.OTHER),
        text=text,
        message_ref=str(message.message_id),
        edited=update.edited_message is not None,
        forwarded=message.forward_origin is not None,
        private=message.chat.type == "private",
    )


def _pressed(update: Update, received_at: datetime) -> Incoming | None:
    query = update.callback_query
    if query is None or query.message is None:  # the button of a message sent through inline mode, which we never do
        return None
    return Incoming(
        event_key=str(update.update_id),
        chat=ChatRef(NAME, str(query.message.chat.id)),
        sender=str(query.from_user.id),
        sender_name=query.from_user.full_name,
        received_at=received_at,
        kind=Kind.BUTTON if query.data else Kind.OTHER,
        button=query.data or None,
        message_ref=str(query.message.message_id),
        private=query.message.chat.type == "private",
    )


def _said_to(me: User, message: Message) -> str | None:
    """The words without the bot's own name, None if a group's talk is not for it."""
    text = message.text or message.caption or ""
    private = message.chat.type == "private"
    if command := _COMMAND_TO.match(text):
        if not private and command[2].lower() != (me.username or "").lower():
            return None
        text = command[1] + text[command.end() :]
    if private:
        return text
    words, mentions = re.subn(rf"\s*(?<!\w)@{me.username}\b[\s,:]*", " ", text, flags=re.IGNORECASE)
    answered = message.reply_to_message and message.reply_to_message.from_user
    if mentions or re.match(r"/\w", text) or (answered and answered.id == me.id):
        return words.strip()
    return None


@dataclass(frozen=True)
class _Parsed:
    """One update of a batch: something to receive, something unreadable, or nothing to do.

    Attributes:
        query: The id of the callback query to answer.
    """

    key: str
    kind: str
    incoming: Incoming | None = None
    query: str | None = None
    error: str | None = None

    @property
    def lane(self) -> str:
        """What has the same lane is handled in order."""
        return self.incoming.chat.chat if self.incoming else f"update {self.key}"


def _parse(raw: dict[str, Any], received_at: datetime, me: User) -> _Parsed:
    key = str(raw["update_id"])
    kind = next((field for field in raw if field != "update_id"), "empty")
    try:
        update = Update.de_json(raw)
        query = update.callback_query.id if update.callback_query else None
        return _Parsed(key, kind, to_incoming(update, received_at, me), query)
    except Exception as exc:  # one odd update, whatever is odd about it, must not hold up all that follow
        return _Parsed(key, kind, error=_name(exc))


class _Pauses:
    """Doubling pauses; the upper half of each is drawn, so that processes do not come back in step."""

    def __init__(self) -> None:
        self._length = FIRST_PAUSE

    def next(self) -> float:
        length, self._length = self._length, min(self._length * 2, LONGEST_PAUSE)
        return length * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        self._length = FIRST_PAUSE


def _content(message: Outgoing) -> dict[str, Any]:
    content: dict[str, Any] = {
        "chat_id": message.chat,
        "text": message.text,
        "link_preview_options": {"is_disabled": True},
    }
    if message.rows:
        content["reply_markup"] = {"inline_keyboard": _keyboard(message.rows)}
    return content


def _keyboard(rows: Rows) -> list[list[dict[str, str]]]:
    return [[{"text": button.label, "callback_data": button.action} for button in row] for row in rows]


def _http(proxy: str | None, *, read_timeout: float, others: float, pool: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=pool,
        read_timeout=read_timeout,
        write_timeout=others,
        connect_timeout=others,
        pool_timeout=5.0,
        proxy=proxy,
    )


def _quieten_libraries() -> None:
    """Keep secrets out of the log and PTB's advice out of the way, each by name."""
    # httpx logs every URL, and Telegram's hold the token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # PTB's debug lines hold the token and all texts, its one error line a raw answer; errors reach us as exceptions.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
    # Raw calls are meant, see `TelegramChannel._call`.
    warnings.filterwarnings("ignore", r"Please use 'Bot\.\w+' instead of 'Bot\.do_api_request", PTBUserWarning)
    # PTB reads its own deprecated attribute when it raises RetryAfter; `_seconds` takes both types.
    warnings.filterwarnings("ignore", r".*attribute `retry_after` will be of type", PTBDeprecationWarning)


def _name(exc: BaseException) -> str:
    """What went wrong, by class names only: messages may hold the token or an answer."""
    cause = exc.__cause__
    return type(exc).__name__ if cause is None else f"{type(exc).__name__} from {type(cause).__name__}"


def _seconds(exc: RetryAfter) -> float:
    after = exc.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _unless(stop: asyncio.Event, call: Coroutine[Any, Any, T]) -> T | None:
    """The call's result; None if `stop` came first, which cuts the call off."""
    calling = asyncio.create_task(call)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({calling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return calling.result() if calling.done() else None
    finally:
        calling.cancel()
        stopping.cancel()
        await asyncio.wait({calling, stopping})
