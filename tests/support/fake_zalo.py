"""A fake Zalo Bot Platform on a real loopback port: its calls on one side, the people's phones on the other.

It keeps the documented rules as far as a bot can notice them: an API error comes inside HTTP 200, a poll hands out one
update, once, and ends with 408 if there is none, a webhook silences polling, text is 1 to 2,000 long, and a group
brings only what mentions or answers the bot. What the documents leave open (a person who blocks the bot, an unknown
chat) is a guess. Try it by hand with `python -m tests.support.fake_zalo --port 8082`.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import re
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.support.fake_phones import Chat, FakePhones, Seen
from tests.support.fake_server import ApiError, Fault, Json, Request, units

TOKEN = "12345689:fake-zalo-token"
BOT_NAME = "Bot Tổ CNSCĐ"
DEFAULT_NAME = "Nguyễn Văn An"
LONGEST_TEXT = 2000


class FakeZalo(FakePhones):
    """The server, and the phones in front of it; chats are known once somebody has written in them.

    Attributes:
        idle_seconds: How long a poll waits at most, whatever it asks for.
        quota: Messages left of the month; None for no end.
        flat: True to bring events without the envelope around them, as some receivers met them.
        takes_loopback: True to take a webhook's address on this machine, which the real one refuses.
    """

    def __init__(self, *, token: str = TOKEN, port: int = 0, idle_seconds: float = 30.0) -> None:
        super().__init__(port)
        self.token = token
        self.idle_seconds = idle_seconds
        self.quota: int | None = None
        self.flat = False
        self.takes_loopback = False
        self._updates: deque[Json] = deque()
        self._webhook: tuple[str, str] | None = None

    # The phones

    def user_says(
        self, chat: str, text: str, *, name: str = DEFAULT_NAME, user: str | None = None, times: int = 1
    ) -> str:
        """Send a text to the bot, which Zalo brings `times` times; the message's id.

        Args:
            user: Who writes in a group, where the chat has an id of its own.
        """
        return self.user_sends(chat, "text", {"text": text}, name=name, user=user, times=times)

    def user_sends(
        self,
        chat: str,
        kind: str,
        content: Json,
        *,
        name: str = DEFAULT_NAME,
        user: str | None = None,
        replies: bool = False,
        times: int = 1,
    ) -> str:
        """Send a message of some kind; in a group it reaches the bot only as a mention or, if `replies`, an answer."""
        message_id = uuid.uuid4().hex[:20]
        in_group = user is not None
        message = {
            "from": {"id": chat if user is None else user, "display_name": name, "is_bot": False},
            "chat": {"id": chat, "chat_type": "GROUP" if in_group else "PRIVATE"},
            "message_id": message_id,
            "date": int(time.time() * 1000),
            **content,
        }
        with self._changed:
            self._chats.setdefault(chat, Chat())
        if not in_group or replies or str(content.get("text", "")).startswith(f"@{BOT_NAME}"):
            self.raw_event(_enveloped(f"message.{kind}.received", message), times=times)
        return message_id

    def user_sends_what_is_withheld(self) -> None:
        """Send what the platform may not pass on: nothing tells from whom it came."""
        self.raw_event({"ok": True, "result": {"event_name": "message.unsupported.received"}})

    def raw_event(self, event: Json, *, times: int = 1) -> None:
        """Bring an event as it is."""
        given = event["result"] if self.flat and "result" in event else event
        for _ in range(times):
            with self._changed:
                webhook = self._webhook
                if webhook is None:
                    self._updates.append(given)
                    self._changed.notify_all()
            if webhook is not None:
                url, secret = webhook
                # Once: whether Zalo would bring it again is not known.
                self.bring(url, json.dumps(given).encode(), {"X-Bot-Api-Secret-Token": secret})

    @property
    def pending_updates(self) -> int:
        """How many updates no poll has fetched."""
        with self._changed:
            return len(self._updates)

    # The platform

    def respond(self, request: Request, path: str, fault: Fault) -> tuple[int, Json]:
        """See `FakeServer.respond`: the status is 200 whatever happens."""
        try:
            if fault.error:
                raise fault.error
            found = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
            if found is None or found[1] != self.token:
                raise ApiError(401, "Unauthorized")
            return 200, {"ok": True, "result": self._run(found[2], request) if fault.accepted else None}
        except ApiError as error:
            return 200, {"ok": False, "description": error.description, "error_code": error.code}

    def _run(self, method: str, request: Request) -> Any:
        methods: dict[str, Callable[[Json], Any]] = {
            "getMe": lambda _: {
                "id": "1459232241454765289",
                "account_name": "bot.VDKyGxQvd",
                "account_type": "BASIC",
                "can_join_groups": False,
            },
            "getUpdates": lambda params: self._get_updates(params, request.is_given_up),
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "sendMessage": lambda params: self._send(params, "text"),
            "sendPhoto": lambda params: self._send(params, "caption"),
            "sendChatAction": lambda _: {"ok": True},
        }
        if method not in methods:
            raise ApiError(400, "Bad request: unknown method")
        with self._changed:
            result = methods[method](request.params)
            self._changed.notify_all()
            return result

    def _get_updates(self, params: Json, is_given_up: Callable[[], bool]) -> Json:
        """One update, gone once it is handed out: there is no way to say that it never arrived."""
        waits = min(float(params.get("timeout", 30)), self.idle_seconds)
        ready = self._changed.wait_for(lambda: (self._updates and not self._webhook) or self._closed, waits)
        if not ready or self._closed or is_given_up():
            raise ApiError(408, "Request timeout")
        update: Json = self._updates.popleft()
        result: Json = update.get("result", update)
        return result

    def _set_webhook(self, params: Json) -> Json:
        url, secret = str(params.get("url", "")), str(params.get("secret_token", ""))
        if not 8 <= len(secret) <= 256:
            raise ApiError(400, "Bad request: secret_token must have 8 to 256 characters")
        if not self.takes_loopback and not _is_public(url):
            raise ApiError(400, "Bad request: url must be a public HTTPS address")
        self._webhook = (url, secret)
        return {"url": url, "updated_at": int(time.time() * 1000)}

    def _delete_webhook(self, _: Json) -> Json:
        self._webhook = None
        return {"url": "", "updated_at": int(time.time() * 1000)}

    def _get_webhook_info(self, _: Json) -> Json:
        if self._webhook is None:
            raise ApiError(404, "Not found")
        return {"url": self._webhook[0], "updated_at": int(time.time() * 1000)}

    def _send(self, params: Json, field_name: str) -> Json:
        chat, text = str(params.get("chat_id", "")), str(params.get(field_name, ""))
        picture = params.get("photo")
        if units(text) > LONGEST_TEXT or (field_name == "text" and not text.strip()):
            raise ApiError(400, f"Bad request: {field_name} must have 1 to 2000 characters")
        if field_name == "caption" and not str(picture).startswith(("http://", "https://")):
            raise ApiError(400, "Bad request: photo must be an address")
        if chat not in self._chats:
            raise ApiError(404, "Not found")
        if self._chats[chat].blocked:
            raise ApiError(403, "Forbidden: the user has blocked the bot")
        if self.quota is not None:
            if self.quota <= 0:
                raise ApiError(429, "Quota exceeded")
            self.quota -= 1
        seen = Seen(uuid.uuid4().hex[:20], text, picture)
        self._chats[chat].messages.append(seen)
        return {"message_id": seen.id, "date": int(time.time() * 1000)}


def _enveloped(event_name: str, message: Json) -> Json:
    return {"ok": True, "result": {"event_name": event_name, "message": message}}


def _is_public(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "https" and ipaddress.ip_address(parts.hostname or "").is_global
    except ValueError:
        return parts.scheme == "https" and parts.hostname not in (None, "localhost")


def main() -> None:
    """Play one person: what is typed is said to the bot, what the bot says is shown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--name", default=DEFAULT_NAME)
    options = parser.parse_args()
    person = uuid.uuid4().hex[:20]
    with FakeZalo(token=options.token, port=options.port) as fake:
        fake.takes_loopback = True
        sys.stdout.write(f"CNSCD_ZALO_BOT_BASE_URL={fake.url} CNSCD_ZALO_BOT_TOKEN={fake.token}\n")
        sys.stdout.flush()
        threading.Thread(target=fake.show, args=(person,), daemon=True).start()
        for line in map(str.strip, sys.stdin):
            if line:
                fake.user_says(person, line, name=options.name)


if __name__ == "__main__":
    main()
