"""A Zalo Official Account as a channel: its calls, its errors and its events, nothing of what they mean to the bot."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import httpx
import structlog

from bot.channels import asking, numbered
from bot.channels.asking import NEVER_LEFT, ApiError, NotUnderstood, Pauses, name_of, pause
from bot.channels.base import (
    Outgoing,
    Receive,
    Refused,
    RetryLater,
    SendError,
    Uncertain,
    Unreachable,
    UnreadableEvent,
)
from bot.channels.events import LONGEST_KIND, Parsed, digest, hand_on, safely
from bot.channels.zalo_oa_tokens import AccessTokens, ConsentNeeded, NoToken
from handlers.message import Attachment, ChatRef, Incoming, Kind, Rows
from handlers.rendering import ZONE

NAME = "zalo_oa"
HOOK = "zalo-oa"
TEXT_LIMIT = 2000
MOST_BUTTONS = 5
LONGEST_TITLE = 100
"""Of a button; one with a longer label makes all of them numbered lines."""
PRESSED = "#cnscd:"
"""What a press sends begins so: nobody types it by accident, and the account's filter of "#" commands lets it pass."""
LONGEST_ACTION = 64

CONSENT = "consent"
"""The trouble of a channel for which a person must consent anew; any other is Zalo's error code."""
TROUBLE_PAUSE = 600.0
"""Seconds between attempts while the account or the application as a whole is refused."""
TOO_MANY_TO_ONE = 3600.0
"""Seconds to leave somebody alone of whom Zalo says that they had too many messages; it does not say for how long."""
MINUTE = 60.0
"""Seconds over which Zalo counts requests."""
LOOKS_AFTER_TOKENS = 60.0
NIGHT_ENDS = 6
"""O'clock in Vietnam."""

_BAD_TOKEN = frozenset((-216, -220))
_OUT_OF_REACH = frozenset((-213, -217, -227, -230, -232, -244))
"""No follower, blocked, banned or long inactive, outside the window, restricted; over once the person writes again."""
_WHOLE_ACCOUNT = frozenset((-204, -205, -209, -211, -212, -219, -221, -223, -224, -235, -240, -320, -321))
"""Account gone or unverified, application off, package or money missing."""
_NOT_TAKEN = frozenset((-201, -210, -233, -248))
"""Parameters, kind of message, policy: the same message will never pass."""
_FORM_NOT_TAKEN = frozenset((-201, -210, -233))
"""A plainer form of the message may pass."""
_FAILED, _TOO_MANY, _TOO_MANY_TO_ONE, _NIGHT = -200, -32, -218, -234

_KINDS = {
    "user_send_text": Kind.TEXT,
    "user_send_link": Kind.TEXT,
    "user_send_image": Kind.PHOTO,
    "user_send_audio": Kind.VOICE,
    "user_send_sticker": Kind.STICKER,
    "user_send_file": Kind.FILE,
    "user_send_gif": Kind.OTHER,
    "user_send_video": Kind.OTHER,
    "user_send_location": Kind.OTHER,
    "user_send_business_card": Kind.OTHER,
}
_RELATIONS = {"follow": Kind.TEXT, "unfollow": Kind.LEFT, "user_withdraw": Kind.WITHDRAWN}
_NOT_SAID = frozenset(("user_received_message", "user_seen_message"))
"""Nobody waits for an answer to these."""
_ECHO = "oa_send_"
"""What the account itself has sent: this program, or with an `admin_id` a person at the account's own page."""
_GREETING = "/start"
"""What somebody says by following."""

# A quote inside a text is escaped, so that nothing that a person writes can look like this.
_TIMESTAMP = re.compile(rb'"timestamp"\s*:\s*"?(\d{1,20})"?')
_TIMESTAMPS_TRIED = 4

Trouble = Callable[[str], Awaitable[None]]
"""Is told what keeps the whole channel from sending, each time it does; a code or `CONSENT`."""

log = structlog.get_logger(__name__)


class ZaloOaChannel:
    """One Official Account; implements `bot.channels.base.Connected`."""

    name = NAME
    text_limit = TEXT_LIMIT

    def __init__(
        self,
        tokens: AccessTokens,
        base_url: str = "https://openapi.zalo.me",
        *,
        trouble: Trouble,
        public_url: str | None = None,
        request_timeout: float = 15.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Build without connecting.

        Args:
            base_url: The server's root, without `/v3.0`.
            public_url: Where people and Zalo reach our own server; without it no file can be given out.
            request_timeout: Seconds for each phase (connect, write, read) of every request.
        """
        asking.keep_addresses_out_of_the_log()
        self._tokens = tokens
        self._url = f"{base_url.rstrip('/')}/v3.0/oa/message/cs"
        self._trouble = trouble
        self._http = httpx.AsyncClient(timeout=request_timeout)
        self._public_url = public_url
        self._clock = clock
        self._pauses = Pauses()
        self._floods = asking.flood_pauses()
        self._rests_until = 0.0

    def is_group(self, _chat: str) -> bool:
        """See `Channel.is_group`: an account talks to single people."""
        return False

    async def start(self) -> None:
        """Do nothing: without a database there is no token to greet Zalo with; `keep_tokens` does."""

    async def close(self) -> None:
        """Close the connections."""
        await self._tokens.close()
        await self._http.aclose()

    async def keep_tokens(self, stop: asyncio.Event) -> None:
        """Renew the tokens in time, also while nobody writes, until `stop`."""
        while not stop.is_set():
            try:
                await self._tokens.get()
            except ConsentNeeded:
                await self._tell(CONSENT)
            except NoToken as error:
                log.warning("zalo_oa_no_token", why=str(error))
            await pause(stop, LOOKS_AFTER_TOKENS)

    async def take(self, event: dict[str, Any], receive: Receive, unreadable: UnreadableEvent) -> None:
        """Hand on one event; raises only if nothing could be stored."""
        await hand_on(NAME, safely(event, lambda: _parse(event, self._clock())), receive, unreadable)

    async def send(self, message: Outgoing) -> str:
        """See `Channel.send`."""
        try:
            sent = await self._sent(message)
        except Exception as error:  # even an answer that cannot be understood is an outcome of this send
            raise await self._send_error(error) from None
        self._pauses.reset()
        self._floods.reset()
        return str(sent.get("message_id", ""))

    # Sending

    async def _sent(self, message: Outgoing) -> dict[str, Any]:
        *richer, plain = self.forms(message)
        for form in richer:
            try:
                return await self._call(message.chat, form)
            except ApiError as error:
                if error.code not in _FORM_NOT_TAKEN:
                    raise
                log.warning("zalo_oa_form_refused", code=error.code, form=sorted(form))
        return await self._call(message.chat, plain)

    def forms(self, message: Outgoing) -> list[dict[str, Any]]:
        """Return the message as Zalo may take it, the best form first, the last one nothing but text."""
        file, below = message.attachment, numbered.choices(message.rows, message.first_number)
        address = None if self._public_url is None or message.path is None else self._public_url + message.path
        link = "" if file is None else numbered.file(file, address)
        buttons = [button for row in message.rows for button in row]
        forms = []
        if file is not None and file.is_picture and address is not None:
            words = numbered.joined(message.text, below)
            picture = {"template_type": "media", "elements": [{"media_type": "image", "url": address}]}
            forms.append(_with_template(picture, words))
        if 0 < len(buttons) <= MOST_BUTTONS and all(len(button.label) <= LONGEST_TITLE for button in buttons):
            shown = [
                {"title": button.label, "type": "oa.query.hide", "payload": PRESSED + button.action}
                for button in buttons
            ]
            words = numbered.joined(message.text, link)
            if words:  # what stands above the buttons
                forms.append(_with_template({"buttons": shown}, words))
        return [*forms, {"text": numbered.joined(message.text, link, below)}]

    async def _call(self, chat: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send one form of a message, with new tokens if Zalo refuses the old ones."""
        token = await self._tokens.get()
        try:
            return await self._request(token, chat, content)
        except ApiError as error:
            if error.code not in _BAD_TOKEN:
                raise
        return await self._request(await self._tokens.get(instead_of=token), chat, content)

    async def _request(self, token: str, chat: str, content: dict[str, Any]) -> dict[str, Any]:
        """Return what Zalo says of a message that it has taken.

        Raises:
            ApiError: Zalo says no.
            NotUnderstood: The answer is not Zalo's.
            httpx.HTTPError: There is no answer.
        """
        if time.monotonic() < self._rests_until:
            raise ApiError(_TOO_MANY, "no request left")
        body = {"recipient": {"user_id": chat}, "message": content}
        response = await self._http.post(self._url, json=body, headers={"access_token": token})
        if response.headers.get("x-ratelimit-remain", "").strip() == "0":
            self._rests_until = time.monotonic() + MINUTE
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or not isinstance(answer.get("error"), int):
            raise NotUnderstood(f"HTTP {response.status_code}")
        if answer["error"] != 0:
            raise ApiError(answer["error"], str(answer.get("message", ""))[:100])
        data = answer.get("data")
        sent: dict[str, Any] = data if isinstance(data, dict) else {}
        quota = sent.get("quota")
        log.info("zalo_oa_sent", quota=quota.get("quota_type", "charged") if isinstance(quota, dict) else "charged")
        return sent

    async def _send_error(self, error: Exception) -> SendError:
        if isinstance(error, ConsentNeeded):
            await self._tell(CONSENT)
            return RetryLater("consent needed", after=asking.TOKEN_PAUSE, whole_channel=True)
        if isinstance(error, NoToken):
            return RetryLater(f"no token: {error}", after=self._pauses.next(), whole_channel=True)
        if isinstance(error, NEVER_LEFT):
            return RetryLater(name_of(error))
        if not isinstance(error, ApiError):
            return Uncertain(name_of(error))
        if error.code in _WHOLE_ACCOUNT:
            await self._tell(str(error.code))
            return RetryLater(str(error), after=TROUBLE_PAUSE, whole_channel=True)
        return self._of_code(error.code, str(error))

    def _of_code(self, code: int, why: str) -> SendError:
        if code in _OUT_OF_REACH:
            return Unreachable(why)
        if code in _NOT_TAKEN:
            return Refused(why)
        if code in _BAD_TOKEN:  # a new one too
            return RetryLater(why, after=asking.TOKEN_PAUSE, whole_channel=True)
        if code == _TOO_MANY:
            rest = self._rests_until - time.monotonic()
            return RetryLater(why, after=rest if rest > 0 else self._floods.next(), whole_channel=True)
        if code == _TOO_MANY_TO_ONE:
            return RetryLater(why, after=TOO_MANY_TO_ONE)
        if code == _NIGHT:
            return RetryLater(why, after=until_morning(self._clock()))
        return RetryLater(why) if code == _FAILED else Uncertain(why)

    async def _tell(self, what: str) -> None:
        log.error("zalo_oa_in_trouble", what=what)
        try:
            await self._trouble(what)
        except Exception as error:  # telling must not change what became of the message
            log.warning("zalo_oa_trouble_not_told", error=name_of(error))


class ZaloOaHook:
    """What Zalo brings to our own server; implements `bot.web.hooks.Hook`."""

    name = HOOK

    def __init__(
        self, channel: ZaloOaChannel, app_id: str, secret_key: str, receive: Receive, unreadable: UnreadableEvent
    ) -> None:
        """Build.

        Args:
            secret_key: The account's own, from its webhook page; not the application's.
        """
        self._channel = channel
        self._app_id = app_id.encode()
        self._secret_key = secret_key.encode()
        self._receive = receive
        self.unreadable = unreadable

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """See `Hook.is_genuine`: the signature holds the event's own time, which is looked for without parsing."""
        given = headers.get("x-zevent-signature", "").strip().removeprefix("mac=").lower().encode()
        genuine = False
        for found in islice(_TIMESTAMP.finditer(body), _TIMESTAMPS_TRIED):
            genuine |= hmac.compare_digest(given, signature(self._app_id, body, found[1], self._secret_key))
        return genuine

    async def receive(self, event: dict[str, Any]) -> None:
        """See `Hook.receive`."""
        await self._channel.take(event, self._receive, self.unreadable)


def signature(app_id: bytes, body: bytes, timestamp: bytes, secret_key: bytes) -> bytes:
    """Return what Zalo signs an event with: a plain hash over all of it, in hexadecimal."""
    return hashlib.sha256(app_id + body + timestamp + secret_key).hexdigest().encode()


def room(public_url: str | None, rows: Rows, attachment: Attachment | None) -> int:
    """See `handlers.turn.Room`: should Zalo not take the buttons, they are written below the text."""
    return numbered.room_with_file(TEXT_LIMIT, public_url, rows, attachment)


def until_morning(now: datetime) -> float:
    """Return the seconds until Zalo's night ends in Vietnam."""
    local = now.astimezone(ZONE)
    morning = local.replace(hour=NIGHT_ENDS, minute=0, second=0, microsecond=0)
    return (morning + timedelta(days=morning <= local) - local).total_seconds()


def _with_template(payload: dict[str, Any], words: str) -> dict[str, Any]:
    return ({"text": words} if words else {}) | {"attachment": {"type": "template", "payload": payload}}


def _parse(event: dict[str, Any], received_at: datetime) -> Parsed:
    name = str(event.get("event_name", ""))
    kind = name[:LONGEST_KIND] or "nameless"
    if name in _NOT_SAID or name.startswith(_ECHO):
        return Parsed(digest(event), kind)
    if name in _RELATIONS:
        said = _GREETING if name == "follow" else ""
        return Parsed(digest(event), kind, _incoming(event, digest(event), received_at, _RELATIONS[name], said))
    message = event.get("message")
    if name not in _KINDS or not isinstance(message, dict):
        return Parsed(digest(event), kind, error="unknown event" if name not in _KINDS else "no message")
    key, words = str(message["msg_id"]), _words(message)
    action = words.removeprefix(PRESSED)
    if name == "user_send_text" and action != words and action.isascii() and 0 < len(action) <= LONGEST_ACTION:
        return Parsed(key, kind, _incoming(event, key, received_at, Kind.BUTTON, button=action))
    # A link whose address is not given is nothing that can be read.
    meant = Kind.OTHER if _KINDS[name] is Kind.TEXT and not words else _KINDS[name]
    return Parsed(key, kind, _incoming(event, key, received_at, meant, words))


def _incoming(
    event: dict[str, Any], key: str, received_at: datetime, kind: Kind, text: str = "", button: str | None = None
) -> Incoming:
    # Who follows or leaves is named apart; which of the names a withdrawal has is not documented.
    named = next(event[role] for role in ("follower", "sender", "user") if isinstance(event.get(role), dict))
    who = str(named["id"])
    return Incoming(
        event_key=key,
        chat=ChatRef(NAME, who),
        sender=who,
        sender_name="",  # no event says it
        received_at=received_at,
        kind=kind,
        text=text,
        button=button,
    )


def _words(message: dict[str, Any]) -> str:
    """Return what was written, or the address of a link."""
    if isinstance(message.get("text"), str) and message["text"]:
        return str(message["text"])
    for attached in message.get("attachments") or ():
        if attached.get("type") == "link" and isinstance(attached["payload"].get("url"), str):
            return str(attached["payload"]["url"])
    return ""
