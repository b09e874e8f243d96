"""A fake Telegram on a real loopback port: the Bot API on one side, the people's phones on the other.

It keeps Telegram's rules as far as a bot can notice them: updates come again until their offset is passed, a second
poller ends the first, what is too long or unknown is refused.
Try it by hand with `python -m tests.support.fake_telegram --port 8081`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.fake_server import ApiError, FakeServer, Fault, Json, Request, units
from tests.support.waiting import PATIENCE

TOKEN = "123456789:fake-telegram-token"
BOT_ID = 123456789
DEFAULT_USER = 1001
DEFAULT_NAME = "Nguyễn Văn An"
LONGEST_POLL = 50
"""Seconds, whatever is asked for."""
_CONTENT = "name and content of the file"
"""A field of our own, which the bot never sees."""
_BRINGS_AGAIN_AFTER = 0.02
"""Seconds after which an update that was not acknowledged is brought again; the real server waits far longer."""


@dataclass(frozen=True)
class Seen:
    """A message as it stands on the phone's screen."""

    id: int
    from_bot: bool
    text: str
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    edited: bool = False
    file: tuple[str, bytes] | None = None

    @property
    def labels(self) -> list[str]:
        """The buttons' words in reading order."""
        return [label for row in self.rows for label, _ in row]


@dataclass
class _Chat:
    """What the server knows of a chat."""

    about: Json
    messages: dict[int, Json] = field(default_factory=dict)
    sent_at: deque[float] = field(default_factory=deque)
    blocked: bool = False
    moved_to: int | None = None


class FakeTelegram(FakeServer):
    """The server, and the phones in front of it; every method may be called from any thread.

    Attributes:
        enforce_limits: True to answer 429 above 30 messages/s in all, 1/s in a chat, 20/min in a group.
        clock: The seconds by which these are counted.
        polls: How many polls have begun, if only to end the one before.
        commands: The menu that the bot has set.
        takes_loopback: True to take a webhook's address on this machine, which the real one refuses.
        deliveries: The status that each update brought to the webhook was answered with; None without an answer.
    """

    def __init__(self, *, token: str = TOKEN, username: str = "cnscd_test_bot", port: int = 0) -> None:
        super().__init__(port)
        self.token = token
        self.username = username
        self.enforce_limits = False
        self.clock: Callable[[], float] = time.monotonic
        self.polls = 0
        self.commands: list[Json] = []
        self.takes_loopback = False
        self.deliveries: list[int | None] = []
        self._me = {"id": BOT_ID, "is_bot": True, "first_name": "Tổ CNSCĐ", "username": username}
        self._chats: dict[int, _Chat] = {}
        self._updates: deque[Json] = deque()
        self._newest: Json = {}
        self._allowed: list[str] | None = None
        self._webhook = ""
        self._webhook_secret = ""
        self._queries: dict[str, bool] = {}
        self._sent_at: deque[float] = deque()
        self._last_update = 700_000_000
        self._last_message = 0
        self._last_query = 0

    # The phones. A negative chat id is a group.

    def user_says(
        self,
        chat: int,
        text: str,
        *,
        name: str = DEFAULT_NAME,
        user: int | None = None,
        reply_to: int | None = None,
        forwarded: bool = False,
    ) -> int:
        """Send a text to the bot; the message's id."""
        more: Json = {}
        if forwarded:
            more["forward_origin"] = {"type": "hidden_user", "sender_user_name": "Ai đó", "date": _now()}
        return self.user_sends(chat, {"text": text, **_entities(text), **more}, name=name, user=user, reply_to=reply_to)

    def user_sends_photo(
        self, chat: int, caption: str = "", *, name: str = DEFAULT_NAME, user: int | None = None
    ) -> int:
        content: Json = {"photo": [_file() | {"width": 90, "height": 60}]}
        if caption:
            entities = _entities(caption).get("entities", [])
            content |= {"caption": caption, "caption_entities": entities}
        return self.user_sends(chat, content, name=name, user=user)

    def user_sends_sticker(self, chat: int, *, name: str = DEFAULT_NAME, user: int | None = None) -> int:
        shape = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return self.user_sends(chat, {"sticker": _file() | shape}, name=name, user=user)

    def user_sends_voice(self, chat: int, *, name: str = DEFAULT_NAME, user: int | None = None) -> int:
        return self.user_sends(chat, {"voice": _file() | {"duration": 3}}, name=name, user=user)

    def user_sends(
        self,
        chat: int,
        content: Json,
        *,
        name: str = DEFAULT_NAME,
        user: int | None = None,
        reply_to: int | None = None,
    ) -> int:
        """Send a message with these fields of the Bot API's Message; the message's id."""
        with self._changed:
            place = self._known(chat, name)
            self._last_message += 1
            message = {
                "message_id": self._last_message,
                "from": _user(chat, user, name),
                "chat": place.about,
                "date": _now(),
                **content,
            }
            if reply_to is not None:
                message["reply_to_message"] = place.messages[reply_to]
            place.messages[self._last_message] = message
            self._push({"message": message})
            return self._last_message

    def user_edits(self, chat: int, message_id: int, text: str) -> None:
        """Change the text of a message that a person sent."""
        with self._changed:
            message = self._chats[chat].messages[message_id]
            message.pop("entities", None)
            message |= {"text": text, "edit_date": _now(), **_entities(text)}
            self._push({"edited_message": message})

    def user_presses(self, chat: int, label: str, *, name: str = DEFAULT_NAME, user: int | None = None) -> str:
        """Press the button of the latest message that has one with this label; the callback query's id."""
        with self._changed:
            for message in reversed(self._chats[chat].messages.values()):
                for action in (action for row in _rows(message) for words, action in row if words == label):
                    return self._press(message, action, _user(chat, user, name))
            shown = [seen.labels for seen in self.messages(chat)]
        raise LookupError(f"no button {label!r} in chat {chat}; there are {shown}")

    def block(self, chat: int) -> None:
        """Block the bot, as a person does in a private chat."""
        self._set_blocked(chat, blocked=True)

    def unblock(self, chat: int) -> None:
        self._set_blocked(chat, blocked=False)

    def add_chat(self, chat: int, name: str = DEFAULT_NAME) -> None:
        """Make a chat known, as if its person had written to the bot long ago."""
        with self._changed:
            self._known(chat, name)

    def migrate(self, chat: int, to: int) -> None:
        """Turn a group into a supergroup with another id."""
        with self._changed:
            self._known(chat, "").moved_to = to
            self._known(to, "")

    def delete_message(self, chat: int, message_id: int) -> None:
        """Delete on the phone; the bot hears nothing of it."""
        with self._changed:
            del self._chats[chat].messages[message_id]

    def raw_update(self, update: Json) -> int:
        """Queue an update as it is, whatever the bot has asked for; its id, made up if it has none."""
        with self._changed:
            if "update_id" not in update:
                self._last_update += 1
                update = {"update_id": self._last_update, **update}
            self._last_update = max(self._last_update, update["update_id"])
            self._newest = update
            self._updates.append(update)
            self._changed.notify_all()
            return int(update["update_id"])

    def bring_again(self) -> None:
        """Hand out the newest update once more, as after an acknowledgement that was lost."""
        with self._changed:
            self._updates.append(self._newest)
            self._changed.notify_all()

    def messages(self, chat: int) -> list[Seen]:
        """All that a chat shows, both sides, in order, edits applied."""
        with self._changed:
            known = self._chats.get(chat)
            return [_seen(message) for message in known.messages.values()] if known else []

    def replies(self, chat: int) -> list[Seen]:
        """What the bot wrote in a chat."""
        return [message for message in self.messages(chat) if message.from_bot]

    def wait_for_message(
        self,
        chat: int,
        containing: str = "",
        *,
        predicate: Callable[[Seen], bool] = lambda message: True,
        after: int = 0,
        timeout: float = PATIENCE,
    ) -> Seen:
        """The first message of the bot that fits, among those with an id above `after`; blocks until it is there."""

        def fitting() -> Seen | None:
            replies = (reply for reply in self.replies(chat) if reply.id > after)
            return next((reply for reply in replies if containing in reply.text and predicate(reply)), None)

        return self.wait_for(
            fitting, lambda: f"no message {containing!r} in chat {chat}, only {self.replies(chat)}", timeout
        )

    # What a test may look at and break

    def answered(self, query: str) -> bool:
        """Whether the bot has answered a callback query."""
        with self._changed:
            return self._queries[query]

    @property
    def pending_updates(self) -> int:
        """How many updates the bot has not confirmed."""
        with self._changed:
            return len(self._updates)

    # The Bot API

    def respond(self, request: Request, path: str, fault: Fault) -> tuple[int, Json]:
        """See `FakeServer.respond`."""
        try:
            if fault.error:
                raise fault.error
            found = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
            if found is None:
                raise ApiError(404, "Not Found")
            result = self._run(found[1], found[2], request.params) if fault.accepted else None
            return 200, {"ok": True, "result": result}
        except ApiError as error:
            body = {"ok": False, "error_code": error.code, "description": error.description}
            return error.code, body | ({"parameters": error.parameters} if error.parameters else {})

    def _run(self, token: str, method: str, params: Json) -> Any:
        if ":" not in token:
            raise ApiError(404, "Not Found")
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        methods: dict[str, Callable[[Json], Any]] = {
            "getme": lambda _: {**self._me, "can_join_groups": True, "can_read_all_group_messages": False},
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": lambda params: self._set_webhook({**params, "url": ""}),
            "getwebhookinfo": self._get_webhook_info,
            "sendmessage": lambda params: self._send(params, _sendable(params)),
            "senddocument": lambda params: self._send(params, _with_file(params, "document")),
            "sendphoto": lambda params: self._send(params, _with_file(params, "photo")),
            "editmessagetext": self._edit_message_text,
            "answercallbackquery": self._answer_callback_query,
            "setmycommands": self._set_my_commands,
            "sendchataction": lambda params: bool(self._reachable(params)),
        }
        if method.lower() not in methods:
            raise ApiError(404, "Not Found")
        with self._changed:
            result = methods[method.lower()](params)
            self._changed.notify_all()
            return result

    def _get_updates(self, params: Json) -> list[Json]:
        offset, limit = _int(params, "offset", 0), min(max(_int(params, "limit", 100), 1), 100)
        if self._webhook:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        mine = self._end_open_poll()
        if "allowed_updates" in params:
            self._allowed = _structure(params, "allowed_updates") or None
        if offset < 0:
            self._updates = deque(list(self._updates)[offset:])
        while offset > 0 and self._updates and self._updates[0]["update_id"] < offset:
            self._updates.popleft()
        self._changed.wait_for(
            lambda: self._updates or self.polls != mine or self._closed, min(_int(params, "timeout", 0), LONGEST_POLL)
        )
        if self.polls != mine:
            reason = "setWebhook request" if self._webhook else "other getUpdates request"
            raise ApiError(409, f"Conflict: terminated by {reason}; make sure that only one bot instance is running")
        return list(self._updates)[:limit]

    def _end_open_poll(self) -> int:
        self.polls += 1
        self._changed.notify_all()
        return self.polls

    def _set_webhook(self, params: Json) -> bool:
        url, secret = str(params.get("url", "")), str(params.get("secret_token", ""))
        if url and not self.takes_loopback and not url.startswith("https://"):
            raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch("[A-Za-z0-9_-]{0,256}", secret):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        begins = bool(url) and not self._webhook
        self._webhook, self._webhook_secret = url, secret
        if "allowed_updates" in params:
            self._allowed = _structure(params, "allowed_updates") or None
        if url:
            self._end_open_poll()
        if begins:
            threading.Thread(target=self._bring_all, daemon=True).start()
        if str(params.get("drop_pending_updates", "")).lower() == "true":
            self._updates.clear()
        return True

    def _bring_all(self) -> None:
        """Bring what is queued to the webhook, one after the other, each until it is acknowledged."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._updates or not self._webhook or self._closed)
                if not self._webhook or self._closed:
                    return
                update, url, secret = self._updates[0], self._webhook, self._webhook_secret
            status = _post(url, update, secret)
            with self._changed:
                self.deliveries.append(status)
                if status is not None and 200 <= status < 300:
                    self._updates.remove(update)
                else:
                    self._changed.wait_for(lambda: not self._webhook or self._closed, _BRINGS_AGAIN_AFTER)
                self._changed.notify_all()

    def _get_webhook_info(self, _: Json) -> Json:
        return {
            "url": self._webhook,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates),
        }

    def _send(self, params: Json, content: Json) -> Json:
        place = self._reachable(params)
        if self.enforce_limits:
            self._count(place)
        self._last_message += 1
        message = {
            "message_id": self._last_message,
            "from": self._me,
            "chat": place.about,
            "date": _now(),
            **content,
        }
        place.messages[self._last_message] = message
        return {field: value for field, value in message.items() if field != _CONTENT}

    def _edit_message_text(self, params: Json) -> Json:
        place = self._reachable(params)
        content = _sendable(params)
        message = place.messages.get(_int(params, "message_id", 0))
        if message is None:
            raise ApiError(400, "Bad Request: message to edit not found")
        if message["from"] != self._me:
            raise ApiError(400, "Bad Request: message can't be edited")
        if {key: message[key] for key in ("text", "entities", "reply_markup") if key in message} == content:
            raise ApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        message.pop("reply_markup", None)
        message.pop("entities", None)
        message |= {**content, "edit_date": _now()}
        return message

    def _answer_callback_query(self, params: Json) -> bool:
        query = str(params.get("callback_query_id", ""))
        if query not in self._queries:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._queries[query] = True
        return True

    def _set_my_commands(self, params: Json) -> bool:
        commands = _structure(params, "commands") or []
        if not all(re.fullmatch("[a-z0-9_]{1,32}", command["command"]) for command in commands):
            raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
        if not all(1 <= len(command["description"]) <= 256 for command in commands):
            raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = commands
        return True

    def _reachable(self, params: Json) -> _Chat:
        """The chat to write to, or Telegram's reason why not."""
        if not str(params.get("chat_id", "")):
            raise ApiError(400, "Bad Request: chat_id is empty")
        place = self._chats.get(_int(params, "chat_id", 0))
        if place is None:
            raise ApiError(400, "Bad Request: chat not found")
        if place.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if place.moved_to is not None:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, description, migrate_to_chat_id=place.moved_to)
        return place

    def _count(self, place: _Chat) -> None:
        """Refuse what is above the limits; only what passes counts."""
        own = (20, 60.0) if place.about["type"] != "private" else (1, 1.0)
        for sent_at, (most, span) in ((self._sent_at, (30, 1.0)), (place.sent_at, own)):
            wait = _wait(sent_at, most, span, self.clock())
            if wait:
                raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        for sent_at in (self._sent_at, place.sent_at):
            sent_at.append(self.clock())

    # Inside

    def _known(self, chat: int, name: str) -> _Chat:
        if chat not in self._chats:
            self._chats[chat] = _Chat(_about(chat, name))
        return self._chats[chat]

    def _push(self, update: Json) -> None:
        """Queue an update unless the bot has asked for other kinds only."""
        if self._allowed is None or next(iter(update)) in self._allowed:
            # A copy, since the message may be edited before it is fetched.
            self.raw_update(json.loads(json.dumps(update)))

    def _press(self, message: Json, action: str, person: Json) -> str:
        self._last_query += 1
        query = str(self._last_query)
        self._queries[query] = False
        self._push(
            {
                "callback_query": {
                    "id": query,
                    "from": person,
                    "chat_instance": str(message["chat"]["id"] * 7),
                    "message": message,
                    "data": action,
                }
            }
        )
        return query

    def _set_blocked(self, chat: int, *, blocked: bool) -> None:
        with self._changed:
            place = self._known(chat, DEFAULT_NAME)
            place.blocked = blocked
            states: list[Json] = [{"status": "member", "user": self._me}]
            states.append({"status": "kicked", "user": self._me, "until_date": 0})
            old, new = states if blocked else reversed(states)
            self._push(
                {
                    "my_chat_member": {
                        "chat": place.about,
                        "from": _user(chat, None, DEFAULT_NAME),
                        "date": _now(),
                        "old_chat_member": old,
                        "new_chat_member": new,
                    }
                }
            )


def _post(url: str, update: Json, secret: str) -> int | None:
    """Bring one update; the status it was answered with, None without an answer."""
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.netloc, timeout=PATIENCE)
    headers = {"Content-Type": "application/json"} | ({"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {})
    try:
        connection.request("POST", parts.path, json.dumps(update), headers)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def _now() -> int:
    return int(time.time())


def _file() -> Json:
    return {"file_id": "fake-file", "file_unique_id": "fake"}


def _person(name: str) -> Json:
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last} if last else {"first_name": first}


def _user(chat: int, user: int | None, name: str) -> Json:
    """Who writes: in a private chat the person has the chat's id."""
    own = chat if chat > 0 else DEFAULT_USER
    return {"id": own if user is None else user, "is_bot": False, "language_code": "vi", **_person(name)}


def _about(chat: int, name: str) -> Json:
    if chat > 0:
        return {"id": chat, "type": "private", **_person(name)}
    return {"id": chat, "type": "supergroup" if chat < -(10**12) else "group", "title": "Tổ CNSCĐ thôn"}


def _entities(text: str) -> Json:
    """Commands and mentions as Telegram marks them, counted in UTF-16 units."""
    entities = [
        {
            "type": "bot_command" if match[0].startswith("/") else "mention",
            "offset": units(text[: match.start()]),
            "length": units(match[0]),
        }
        for match in re.finditer(r"(?<![\w/])/[A-Za-z0-9_]+(?:@\w+)?|(?<!\w)@[A-Za-z0-9_]{4,}", text)
    ]
    return {"entities": entities} if entities else {}


def _int(params: Json, name: str, default: int) -> int:
    try:
        return int(params.get(name, default))
    except ValueError:
        raise ApiError(400, f"Bad Request: {name} must be an integer") from None


def _structure(params: Json, name: str) -> Any:
    """A parameter that is JSON even inside a form."""
    value = params.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ApiError(400, f"Bad Request: can't parse {name} JSON object") from None


def _sendable(params: Json) -> Json:
    """Text, its entities and its keyboard, if Telegram would take them."""
    text = str(params.get("text", "")).strip()
    if not text:
        raise ApiError(400, "Bad Request: message text is empty")
    if units(text) > 4096:
        raise ApiError(400, "Bad Request: message is too long")
    return {"text": text, **_entities(text), **_keyboard(params)}


def _with_file(params: Json, kind: str) -> Json:
    """A file and its caption, if Telegram would take them."""
    content, caption = params.get(kind), str(params.get("caption", "")).strip()
    if not isinstance(content, bytes) or not content:
        raise ApiError(400, "Bad Request: there is no file in the request")
    if units(caption) > 1024:
        raise ApiError(400, "Bad Request: message caption is too long")
    name = params[f"{kind}:name"]
    file = [_file() | {"width": 90, "height": 60}] if kind == "photo" else _file() | {"file_name": name}
    words = {"caption": caption} if caption else {}
    return {kind: file, _CONTENT: (name, content), **words, **_keyboard(params)}


def _keyboard(params: Json) -> Json:
    """The buttons, if Telegram would take them."""
    markup = _structure(params, "reply_markup")
    if not markup or not markup.get("inline_keyboard"):
        return {}
    for button in (button for row in markup["inline_keyboard"] for button in row):
        if not button.get("text"):
            raise ApiError(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed")
        if "url" not in button and not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": markup}


def _wait(sent_at: deque[float], most: int, span: float, now: float) -> int:
    """Whole seconds until one more message is allowed, 0 if it is now."""
    while sent_at and sent_at[0] <= now - span:
        sent_at.popleft()
    return 0 if len(sent_at) < most else max(1, math.ceil(sent_at[0] + span - now))


def _rows(message: Json) -> tuple[tuple[tuple[str, str], ...], ...]:
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
    return tuple(tuple((button["text"], button.get("callback_data", "")) for button in row) for row in keyboard)


def _seen(message: Json) -> Seen:
    return Seen(
        id=message["message_id"],
        from_bot=message["from"]["is_bot"],
        text=message.get("text") or message.get("caption") or "",
        rows=_rows(message),
        edited="edit_date" in message,
        file=message.get(_CONTENT),
    )


def main() -> None:
    """Play the person of chat 1: lines are said, `!label` presses a button."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    with FakeTelegram(token=options.token, port=options.port) as fake:
        sys.stdout.write(f"CNSCD_TELEGRAM_BASE_URL={fake.url} CNSCD_TELEGRAM_TOKEN={fake.token}\n")
        sys.stdout.flush()
        threading.Thread(target=_show, args=(fake,), daemon=True).start()
        for line in map(str.strip, sys.stdin):
            try:
                if line.startswith("!"):
                    fake.user_presses(1, line[1:])
                elif line:
                    fake.user_says(1, line)
            except LookupError as error:
                sys.stdout.write(f"{error}\n")


def _show(fake: FakeTelegram) -> None:
    """Print what the bot writes to chat 1, edits too."""
    shown: set[Seen] = set()
    while True:
        fresh = fake.wait_for_message(1, predicate=lambda message: message not in shown, timeout=1e6)
        shown.add(fresh)
        sys.stdout.write(f"{fresh.text}\n{' '.join(f'[{label}]' for label in fresh.labels)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
