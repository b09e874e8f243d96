"""Telegram as a channel: python-telegram-bot's Bot carries the requests, loop and meaning are our own."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from telegram import Bot, ChatMember, InputFile, Message, Update, User
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

from bot.channels import asking
from bot.channels.asking import NEVER_LEFT, Pauses, name_of, pause, unless
from bot.channels.base import (
    BadTokenError,
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
from bot.channels.events import LONGEST_KIND, digest
from handlers.message import Attachment, ChatRef, Incoming, Kind, Rows

NAME = "telegram"
HOOK = "telegram"
CHATS_AT_ONCE = 8
CAPTION_LIMIT = 1024
CONFLICT_LOG_EVERY = 60.0
_ANSWERS_GRACE = 2.0
_CONFIRMED_WITHIN = 2.0

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

_COMMAND_TO = re.compile(r"(/\w+)@(\w+)")

log = structlog.get_logger(__name__)


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
        self._pauses = Pauses()
        self._conflict_logged = -CONFLICT_LOG_EVERY
        self._conflict_since: float | None = None
        self._may_poll = False
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
            log.warning("telegram_unreachable", error=name_of(exc))

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

    async def take(self, update: dict[str, Any], receive: Receive, unreadable: UnreadableEvent) -> None:
        """Hand on one update that was brought; raises only if it must be brought again."""
        await self._hand_on(_parse(update, self._clock(), await self._introduce()), receive, unreadable)

    async def keep_webhook(self, url: str, secret: str, stop: asyncio.Event) -> None:
        """Tell Telegram where to bring updates; tries until it is told."""
        while not stop.is_set():
            try:
                await self._introduce()
                await self._call("setWebhook", url=url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
                log.info("telegram_webhook_set")
                return
            except BadRequest as exc:
                hint = "CNSCD_PUBLIC_URL must be an https address on port 443, 80, 88 or 8443"
                log.error("telegram_webhook_refused", why=str(exc), hint=hint)
                await pause(stop, asking.TOKEN_PAUSE)
            except Exception as exc:
                log.warning("telegram_webhook_not_set", error=name_of(exc))
                await pause(stop, self._pauses.next())

    @property
    def in_conflict_for(self) -> timedelta:
        """How long nothing but conflicts has come back from polling: somebody else polls this token."""
        return timedelta(seconds=0 if self._conflict_since is None else time.monotonic() - self._conflict_since)

    def is_group(self, chat: str) -> bool:
        """See `Channel.is_group`."""
        return chat.startswith("-")

    async def send(self, message: Outgoing) -> str:
        """See `Channel.send`."""
        try:
            if message.edits is not None and await self._edited(message, message.edits):
                return message.edits
            method, content = _sending(message)
            sent = await self._call(method, **content)
            return str(sent["message_id"])
        except Exception as exc:  # even an answer that cannot be understood is an outcome of this send
            # Not chained: PTB's and httpx's own errors hold requests and answers.
            raise self._send_error(exc, message.chat) from None

    def join_link(self) -> str | None:
        """Return what opens a chat with the bot when a code is put behind it; None before the server has answered."""
        return None if self._me is None else f"https://t.me/{self._me.username}?start="

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
            log.debug("telegram_call_failed", method=method, error=name_of(exc))

    # Receiving

    async def _next_batch(self, offset: int, stop: asyncio.Event) -> list[dict[str, Any]] | None:
        """The next updates, possibly none; None if there was no answer, after a fitting pause."""
        try:
            return await unless(stop, self._get_updates(offset))
        except Exception as exc:
            await pause(stop, self._pause_after(exc))
            return None

    async def _get_updates(self, offset: int) -> list[dict[str, Any]]:
        await self._introduce()
        await self._take_over_from_webhook()
        batch: list[dict[str, Any]] = await self._call(
            "getUpdates", offset=offset, timeout=self._poll_timeout, allowed_updates=ALLOWED_UPDATES
        )
        self._conflict_since = None
        if not batch:
            self._pauses.reset()
        return batch

    async def _take_over_from_webhook(self) -> None:
        """End a webhook that an earlier run has set, once: as long as there is one, polling is refused."""
        if self._may_poll:
            return
        about = await self._call("getWebhookInfo")
        if about.get("url"):
            await self._call("deleteWebhook")  # what waits for it is kept, and comes by polling
            log.warning("telegram_webhook_removed", hint="CNSCD_TELEGRAM_MODE is polling, and a webhook was set")
        self._may_poll = True

    def _pause_after(self, exc: Exception) -> float:
        """Log why polling failed; the seconds to wait before trying again."""
        match exc:
            case RetryAfter():
                seconds = _seconds(exc)
                log.warning("telegram_poll_flood", after=seconds)
                return seconds
            case InvalidToken() | EndPointNotFound():
                log.error("telegram_token_refused", again_in=asking.TOKEN_PAUSE)
                return asking.TOKEN_PAUSE
            case Conflict():
                if self._conflict_since is None:
                    self._conflict_since = time.monotonic()
                if time.monotonic() - self._conflict_logged >= CONFLICT_LOG_EVERY:
                    self._conflict_logged = time.monotonic()
                    log.warning("telegram_poll_conflict", hint="another process polls this token, or a webhook is set")
            case _:
                log.warning("telegram_poll_failed", error=name_of(exc))
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
        log.error("telegram_updates_not_stored", error=name_of(failure), again_in=seconds)
        await pause(stop, seconds)
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
        await self._best_effort("getUpdates", read_timeout=_CONFIRMED_WITHIN, offset=offset, timeout=0, limit=1)

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
                return RetryLater("token refused", after=asking.TOKEN_PAUSE, whole_channel=True)
            case TelegramError() if isinstance(exc.__cause__, TelegramError):
                # PTB could not read the answer, so some machine on the way gave it, whatever its status says.
                return Uncertain(f"{name_of(exc)}, not in Telegram's words")
            case Forbidden():
                return Unreachable(str(exc))
            case BadRequest():
                closed = any(words in str(exc).lower() for words in _CHAT_IS_CLOSED)
                return Unreachable(str(exc)) if closed else Refused(str(exc))
            case NetworkError() if isinstance(exc.__cause__, NEVER_LEFT):
                return RetryLater(name_of(exc))
            case _:
                return Uncertain(name_of(exc))

    def _flood_error(self, chat: str, seconds: float) -> RetryLater:
        """A 429 does not say whom it means: the one chat, until a second chat gets one in the meantime."""
        now = time.monotonic()
        other, until = self._flood
        everybody = other != chat and now < until
        self._flood = (chat, max(until if everybody else 0.0, now + seconds))
        return RetryLater("too many requests", after=seconds, whole_channel=everybody)


class TelegramHook:
    """What Telegram brings to our own server; implements `bot.web.hooks.Hook`."""

    name = HOOK

    def __init__(self, channel: TelegramChannel, secret: str, receive: Receive, unreadable: UnreadableEvent) -> None:
        self._channel = channel
        self._secret = secret.encode()
        self._receive = receive
        self.unreadable = unreadable

    def is_genuine(self, headers: Mapping[str, str], _body: bytes) -> bool:
        """See `Hook.is_genuine`."""
        return hmac.compare_digest(headers.get("x-telegram-bot-api-secret-token", "").encode(), self._secret)

    async def receive(self, event: dict[str, Any]) -> None:
        """See `Hook.receive`."""
        await self._channel.take(event, self._receive, self.unreadable)


def to_incoming(update: Update, received_at: datetime, me: User) -> Incoming | None:
    """Translate an update; None for what is not said to the bot.

    `message_ref` is always set, since an entry in the log must be found again when its message is edited.
    """
    if update.callback_query is not None:
        return _pressed(update, received_at)
    if update.my_chat_member is not None:
        return _left(update, received_at)
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


def _left(update: Update, received_at: datetime) -> Incoming | None:
    """Translate that somebody has blocked the bot; who lets it in again writes, which says as much."""
    change = update.my_chat_member
    if change is None or change.chat.type != "private" or change.new_chat_member.status != ChatMember.BANNED:
        return None
    return Incoming(
        event_key=str(update.update_id),
        chat=ChatRef(NAME, str(change.chat.id)),
        sender=str(change.from_user.id),
        sender_name="",
        received_at=received_at,
        kind=Kind.LEFT,
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
    kind = next((field for field in raw if field != "update_id"), "empty")[:LONGEST_KIND]
    if not isinstance(raw.get("update_id"), int):
        return _Parsed(digest(raw), kind, error="no update_id")
    key = str(raw["update_id"])
    try:
        update = Update.de_json(raw)
        query = update.callback_query.id if update.callback_query else None
        return _Parsed(key, kind, to_incoming(update, received_at, me), query)
    except Exception as exc:  # one odd update, whatever is odd about it, must not hold up all that follow
        return _Parsed(key, kind, error=name_of(exc))


def room(_rows: Rows, attachment: Attachment | None) -> int:
    """See `handlers.turn.Room`: buttons take none, a file turns the text into its caption."""
    return TelegramChannel.text_limit if attachment is None else CAPTION_LIMIT


def _sending(message: Outgoing) -> tuple[str, dict[str, Any]]:
    """The method that sends a new message, and its parameters."""
    file = message.attachment
    if file is None:
        return "sendMessage", _content(message)
    method, field = ("sendPhoto", "photo") if file.is_picture else ("sendDocument", "document")
    content = {"chat_id": message.chat, field: InputFile(file.content, filename=file.name), **_markup(message)}
    return method, content | ({"caption": message.text} if message.text else {})


def _content(message: Outgoing) -> dict[str, Any]:
    return {
        "chat_id": message.chat,
        "text": message.text,
        "link_preview_options": {"is_disabled": True},
        **_markup(message),
    }


def _markup(message: Outgoing) -> dict[str, Any]:
    return {"reply_markup": {"inline_keyboard": _keyboard(message.rows)}} if message.rows else {}


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
    asking.keep_addresses_out_of_the_log()
    # PTB's debug lines hold the token and all texts, its one error line a raw answer; errors reach us as exceptions.
    logging.getLogger("telegram").setLevel(logging.CRITICAL)
    # Raw calls are meant, see `TelegramChannel._call`.
    warnings.filterwarnings("ignore", r"Please use 'Bot\.\w+' instead of 'Bot\.do_api_request", PTBUserWarning)
    # PTB reads its own deprecated attribute when it raises RetryAfter; `_seconds` takes both types.
    warnings.filterwarnings("ignore", r".*attribute `retry_after` will be of type", PTBDeprecationWarning)


def _seconds(exc: RetryAfter) -> float:
    after = exc.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)
