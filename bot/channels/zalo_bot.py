"""The Zalo Bot Platform as a channel: its calls, its errors and its events, nothing of what they mean to the bot."""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import structlog

from bot.channels import asking, numbered
from bot.channels.asking import NEVER_LEFT, ApiError, NotUnderstood, Pauses, name_of, pause, unless
from bot.channels.base import (
    BadTokenError,
    Outgoing,
    Receive,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
    UnreadableEvent,
)
from bot.channels.events import LONGEST_KIND, Parsed, digest, hand_on, safely, whole
from handlers.message import Attachment, ChatRef, Incoming, Kind, Rows

NAME = "zalo_bot"
HOOK = "zalo-bot"
TEXT_LIMIT = 1950
"""The platform's is 2,000 of a unit that it does not name; the rest is margin."""
POLL_SECONDS = 30
"""What its documents show for getUpdates; a poll that finds nothing in that time ends with error 408."""
QUICK = 1.0
"""Seconds: a poll without a result that ends sooner was not waited for, and would become a storm."""
SECRET_LENGTHS = range(8, 257)

_PREFIX, _SUFFIX = "message.", ".received"
_KINDS = {
    "text": Kind.TEXT,
    "link": Kind.TEXT,
    "image": Kind.PHOTO,
    "sticker": Kind.STICKER,
    "voice": Kind.VOICE,
    "unsupported": Kind.OTHER,
}
_NOT_SAID = frozenset(("reaction",))
"""Nobody waits for an answer to these."""
_WORDS = ("text", "caption", "link")

log = structlog.get_logger(__name__)


class ZaloBotChannel:
    """One bot account; implements `bot.channels.base.Polled`."""

    name = NAME
    text_limit = TEXT_LIMIT

    def __init__(
        self,
        token: str,
        base_url: str = "https://bot-api.zaloplatforms.com",
        *,
        public_url: str | None = None,
        shown_name: str | None = None,
        poll_seconds: int = POLL_SECONDS,
        request_timeout: float = 15.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Build without connecting.

        Args:
            base_url: The server's root, without `/bot`.
            public_url: Where people and Zalo reach our own server; without it no file can be given out.
            shown_name: What the bot is called in Zalo, to cut it from what is said to it in a group.
            request_timeout: Seconds for each phase (connect, write, read) of every request but a poll.
        """
        asking.keep_addresses_out_of_the_log()
        self._root = f"{base_url.rstrip('/')}/bot{token}"
        self._http = httpx.AsyncClient(timeout=request_timeout)
        self._poll_timeout = httpx.Timeout(request_timeout, read=poll_seconds + 10)
        self._poll_seconds = poll_seconds
        self._public_url = None if public_url is None else public_url.rstrip("/")
        self._names = [shown_name] if shown_name else []
        self._clock = clock
        self._known = False
        self._may_poll = False
        self._pauses = Pauses()
        self._floods = asking.flood_pauses()

    def is_group(self, _chat: str) -> bool:
        """See `Channel.is_group`: ids do not tell, and no limit of their own is known for groups."""
        return False

    async def start(self) -> None:
        """Greet the server, best effort: without a network it is tried again later.

        Raises:
            BadTokenError: The server was reached and refuses the token.
        """
        try:
            await self._introduce()
        except ApiError as error:
            if error.code == 401:
                raise BadTokenError("Zalo refuses the token") from None
            log.warning("zalo_bot_not_greeted", code=error.code)
        except Exception as error:
            log.warning("zalo_bot_unreachable", error=name_of(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def poll(
        self,
        receive: Receive,
        unreadable: UnreadableEvent,
        stop: asyncio.Event,
        may_ask: Callable[[], bool] = lambda: True,
    ) -> None:
        """See `Polled.poll`; an update is handed out once, so that it is held until it is stored."""
        while not stop.is_set() and may_ask():
            try:
                updates = await unless(stop, self._get_updates(stop))
            except Exception as error:
                await pause(stop, self._pause_after(error))
                continue
            for update in updates or ():
                await self._store(update, receive, unreadable, stop)

    async def take(self, event: dict[str, Any], receive: Receive, unreadable: UnreadableEvent) -> None:
        """Hand on one event; raises only if nothing could be stored."""
        parsed = safely(event, lambda: _parse(event, self._clock(), self._names))
        await hand_on(NAME, parsed, receive, unreadable)

    async def keep_webhook(self, url: str, secret: str, stop: asyncio.Event) -> None:
        """Tell Zalo where to bring events; tries until it is told."""
        while not stop.is_set():
            try:
                await self._call("setWebhook", {"url": url, "secret_token": secret})
                log.info("zalo_bot_webhook_set")
                return
            except ApiError as error:
                hint = "CNSCD_PUBLIC_URL must be a public https address"
                log.error("zalo_bot_webhook_refused", code=error.code, why=error.description, hint=hint)
                await pause(stop, asking.TOKEN_PAUSE)
            except Exception as error:
                log.warning("zalo_bot_webhook_not_set", error=name_of(error))
                await pause(stop, self._pauses.next())

    async def send(self, message: Outgoing) -> str:
        """See `Channel.send`."""
        try:
            sent = await self._sent(message)
        except Exception as error:  # even an answer that cannot be understood is an outcome of this send
            # Not chained: httpx's own errors hold the address, and with it the token.
            raise self._send_error(error) from None
        self._floods.reset()
        return str(sent["message_id"]) if isinstance(sent, dict) and "message_id" in sent else ""

    async def _introduce(self) -> None:
        """Learn what the bot is called, once."""
        if not self._known:
            about = await self._call("getMe", {})
            named = (about.get(field) for field in ("display_name", "account_name")) if isinstance(about, dict) else ()
            self._names += [name for name in named if isinstance(name, str) and name]
            self._known = True

    async def _call(self, method: str, parameters: dict[str, Any], *, polls: bool = False) -> Any:
        """Return a call's result.

        Raises:
            ApiError: The platform says no.
            NotUnderstood: The answer is not the platform's.
            httpx.HTTPError: There is no answer.
        """
        allowed = self._poll_timeout if polls else self._http.timeout
        response = await self._http.post(f"{self._root}/{method}", json=parameters, timeout=allowed)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
            raise NotUnderstood(f"HTTP {response.status_code}")
        if answer["ok"]:
            return answer.get("result")
        raise ApiError(whole(answer.get("error_code")), str(answer.get("description", ""))[:100])

    # Receiving

    async def _get_updates(self, stop: asyncio.Event) -> list[dict[str, Any]]:
        """The next update, in a list; empty if there was none."""
        await self._introduce()
        await self._take_over_from_webhook()
        asked = time.monotonic()
        try:
            result = await self._call("getUpdates", {"timeout": str(self._poll_seconds)}, polls=True)
        except ApiError as error:
            if error.code != 408:
                raise
            result = None  # nobody has written
        self._pauses.reset()
        updates = [item for item in (result if isinstance(result, list) else [result]) if isinstance(item, dict)]
        if not updates and time.monotonic() - asked < QUICK:
            await pause(stop, QUICK)
        return updates

    async def _take_over_from_webhook(self) -> None:
        """End a webhook that is set: as long as there is one, a poll finds nothing and does not say why."""
        if self._may_poll:
            return
        try:
            about = await self._call("getWebhookInfo", {})
        except ApiError as error:
            if error.code != 404:  # which is the answer where none is set
                raise
            about = None
        if isinstance(about, dict) and about.get("url"):
            await self._call("deleteWebhook", {})
            log.warning("zalo_bot_webhook_removed", hint="CNSCD_ZALO_BOT_MODE is polling, and a webhook was set")
        self._may_poll = True

    async def _store(
        self, update: dict[str, Any], receive: Receive, unreadable: UnreadableEvent, stop: asyncio.Event
    ) -> None:
        """Hand an update on until it is stored; it would not come again."""
        while True:
            try:
                await self.take(update, receive, unreadable)
                self._pauses.reset()
                return
            except Exception as error:
                if stop.is_set():
                    log.error("zalo_bot_event_lost", error=name_of(error))
                    return
                log.error("zalo_bot_event_not_stored", error=name_of(error))
                await pause(stop, self._pauses.next())

    def _pause_after(self, error: Exception) -> float:
        """Log why polling failed; the seconds to wait before trying again."""
        if isinstance(error, ApiError) and error.code == 401:
            log.error("zalo_bot_token_refused", again_in=asking.TOKEN_PAUSE)
            return asking.TOKEN_PAUSE
        if isinstance(error, ApiError):
            hint = "another program may poll this token" if error.code == 409 else None
            log.warning("zalo_bot_poll_failed", code=error.code, hint=hint)
        else:
            log.warning("zalo_bot_poll_failed", error=name_of(error))
        return self._pauses.next()

    # Sending

    async def _sent(self, message: Outgoing) -> Any:
        file, below = message.attachment, numbered.choices(message.rows, message.first_number)
        address = None if self._public_url is None or message.path is None else self._public_url + message.path
        if file is not None and file.is_picture and address is not None:
            picture = {"chat_id": message.chat, "photo": address}
            words = numbered.joined(message.text, below)
            try:
                return await self._call("sendPhoto", picture | ({"caption": words} if words else {}))
            except ApiError as error:
                if error.code != 400:
                    raise
                log.warning("zalo_bot_picture_refused", why=error.description)
        link = "" if file is None else numbered.file(file, address)
        text = numbered.joined(message.text, link, below)
        return await self._call("sendMessage", {"chat_id": message.chat, "text": text})

    def _send_error(self, error: Exception) -> SendError:
        if isinstance(error, NEVER_LEFT):
            return RetryLater(name_of(error))
        if not isinstance(error, ApiError):
            return Uncertain(name_of(error))
        why = str(error)
        match error.code:
            case 400:
                return Refused(why)
            case 401:
                return RetryLater("token refused", after=asking.TOKEN_PAUSE, whole_channel=True)
            case 403 if "server error" not in error.description.lower():  # its documents use 403 for that too
                return Unreachable(why)
            case 404 if self._known:
                return Unreachable(why)
            case 404:  # until the server has answered once, its address may be the wrong one
                return RetryLater(why, after=asking.TOKEN_PAUSE, whole_channel=True)
            case 429:
                after = self._floods.next()
                log.warning("zalo_bot_too_many_requests", why=error.description, again_in=round(after))
                return RetryLater(why, after=after, whole_channel=True)
            case _:
                return Uncertain(why)


class ZaloBotHook:
    """What Zalo brings to our own server; implements `bot.web.hooks.Hook`."""

    name = HOOK

    def __init__(self, channel: ZaloBotChannel, secret: str, receive: Receive, unreadable: UnreadableEvent) -> None:
        self._channel = channel
        self._secret = secret.encode()
        self._receive = receive
        self.unreadable = unreadable

    def is_genuine(self, headers: Mapping[str, str], _body: bytes) -> bool:
        """See `Hook.is_genuine`."""
        return hmac.compare_digest(headers.get("x-bot-api-secret-token", "").encode(), self._secret)

    async def receive(self, event: dict[str, Any]) -> None:
        """See `Hook.receive`."""
        await self._channel.take(event, self._receive, self.unreadable)


def room(public_url: str | None, rows: Rows, attachment: Attachment | None) -> int:
    """See `handlers.turn.Room`: both are written below the text."""
    return numbered.room_with_file(TEXT_LIMIT, public_url, rows, attachment)


def _parse(event: dict[str, Any], received_at: datetime, names: list[str]) -> Parsed:
    # Some receivers met the event itself, without the envelope around it.
    inside = event["result"] if isinstance(event.get("result"), dict) else event
    name = str(inside.get("event_name", ""))
    kind = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)[:LONGEST_KIND] or "nameless"
    if kind in _NOT_SAID:
        return Parsed(digest(event), kind)
    message = inside.get("message")
    if kind not in _KINDS or not isinstance(message, dict):
        error = "unknown event" if kind not in _KINDS else "no message"
        return Parsed(digest(event), kind, error=error)
    sender, chat = message["from"], message["chat"]
    key = str(message["message_id"])
    if sender.get("is_bot") is True:
        return Parsed(key, kind)
    private = chat.get("chat_type") != "GROUP"
    words = next((message[field] for field in _WORDS if isinstance(message.get(field), str)), "")
    said = words if private else _without_name(words, names)
    incoming = Incoming(
        event_key=key,
        chat=ChatRef(NAME, str(chat["id"])),
        sender=str(sender["id"]),
        sender_name=str(sender.get("display_name") or ""),
        received_at=received_at,
        # A link whose address is not given is nothing that can be read.
        kind=Kind.OTHER if kind == "link" and not words else _KINDS[kind],
        text=said,
        private=private,
    )
    return Parsed(key, kind, incoming)


def _without_name(words: str, names: list[str]) -> str:
    """Cut the mention that brought a group's message to the bot; no field tells how far it reaches."""
    for name in sorted(names, key=len, reverse=True):
        if words.lower().startswith(f"@{name.lower()}"):
            return words[len(name) + 1 :].lstrip(" ,:")
    # Every bot's name begins with "Bot", so that somebody else's name at the beginning stays.
    return re.sub(r"^@bot\S*[\s,:]*", "", words, flags=re.IGNORECASE)
