"""A fake Zalo for Official Accounts on a real loopback port: tokens, messages and signed events, and people's phones.

It keeps the documented rules as far as a bot can notice them: a refresh token works once and the new access token ends
the old one, an error comes inside HTTP 200, nobody is written to who has not written lately, text is at most 2,000
long, buttons are at most five, and an event is brought again only where nobody answered. The form of the errors of the
token server is what people report of it. Try it by hand with `python -m tests.support.fake_zalo_oa --hook ADDRESS`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.fake_phones import Chat, FakePhones, Seen
from tests.support.fake_server import ApiError, Fault, Json, Request, units

APP_ID = "4318712345678901234"
APP_SECRET = "fake-app-secret"
SECRET_KEY = "fake-oa-secret-key"
OA_ID = "579745863508352884"
LONGEST_TEXT = 2000
MOST_BUTTONS = 5
LASTS = 90_000


class FakeZaloOa(FakePhones):
    """The server, and the phones in front of it.

    Attributes:
        hook: Where events are brought; empty for nowhere.
        again_after: Seconds until an event that nobody answered is brought again; the real ones are minutes.
        trouble: What the whole account is refused with; None while all is well.
        requests_left: Of this minute; None for no end.
        takes_buttons: False to refuse every form of a message but text.
        lasts: Seconds that a new access token is said to last.
    """

    def __init__(self, *, port: int = 0, hook: str = "") -> None:
        super().__init__(port)
        self.hook = hook
        self.again_after: Sequence[float] = (0.05, 0.1, 0.2)
        self.trouble: int | None = None
        self.requests_left: int | None = None
        self.takes_buttons = True
        self.lasts = LASTS
        self.refresh_token = _new("refresh")
        """The only one that works."""
        self._access_token = ""
        self._ended: set[str] = set()
        self._consents: dict[str, str] = {}

    # What an administrator does

    def consent(self, url: str) -> str:
        """Open the page of consent and agree; the code that the browser is sent back with."""
        asked = parse_qs(urlsplit(url).query)
        if asked["app_id"] != [APP_ID] or not asked["redirect_uri"][0].startswith("http"):
            raise ValueError("the page shows an error")
        code = _new("code")
        with self._changed:
            self._consents[code] = asked["code_challenge"][0]
        return code

    def end_access(self) -> None:
        """Let the access token expire before its time."""
        with self._changed:
            self._ended.add(self._access_token)

    def revoke(self) -> None:
        """Take the consent back: no token works any more."""
        with self._changed:
            self.refresh_token = _new("refresh")
            self._access_token = _new("access")

    # The phones

    def user_says(self, user: str, text: str, *, times: int = 1) -> str:
        """Send a text to the account, which Zalo brings `times` times; the message's id."""
        return self.user_sends(user, "text", {"text": text}, times=times)

    def user_presses(self, user: str, title: str) -> str:
        """Press the newest button with a title."""
        for seen in reversed(self.replies(user)):
            for shown, payload in seen.buttons:
                if shown == title:
                    return self.user_says(user, payload)
        raise LookupError(f"no button {title!r}, only {[seen.buttons for seen in self.replies(user)]}")

    def user_sends(self, user: str, kind: str, content: Json, *, times: int = 1) -> str:
        """Send a message of some kind."""
        message_id = uuid.uuid4().hex[:20]
        with self._changed:
            self._chats.setdefault(user, Chat()).is_open = True
        event = {
            "app_id": APP_ID,
            "sender": {"id": user},
            "user_id_by_app": f"app-{user}",
            "recipient": {"id": OA_ID},
            "event_name": f"user_send_{kind}",
            "message": {"msg_id": message_id, **content},
            "timestamp": _timestamp(),
        }
        self.raw_event(event, times=times)
        return message_id

    def user_follows(self, user: str) -> None:
        """Follow the account."""
        with self._changed:
            self._chats.setdefault(user, Chat()).is_open = True
        self.raw_event(self._relation("follow", user))

    def user_unfollows(self, user: str) -> None:
        """Follow the account no more."""
        with self._changed:
            self._chats[user].is_open = False
        self.raw_event(self._relation("unfollow", user))

    def user_withdraws(self, user: str) -> None:
        """Take back what the account may keep."""
        self.raw_event(self._relation("user_withdraw", user))

    def silent_for_long(self, user: str) -> None:
        """Let a person have written last more than seven days ago."""
        with self._changed:
            self._chats.setdefault(user, Chat()).is_open = False

    def raw_event(self, event: Json, *, times: int = 1, secret_key: str = SECRET_KEY) -> None:
        """Bring an event as it is, signed."""
        body = json.dumps(event, ensure_ascii=False).encode()
        signed = APP_ID.encode() + body + str(event.get("timestamp", "")).encode() + secret_key.encode()
        headers = {"X-ZEvent-Signature": f"mac={hashlib.sha256(signed).hexdigest()}"}
        for _ in range(times if self.hook else 0):
            self._bring_until_answered(body, headers)

    def _bring_until_answered(self, body: bytes, headers: Mapping[str, str]) -> None:
        for number, seconds in enumerate((*self.again_after, None)):
            retry = {"num_retry": str(number)} if number else {}
            if self.bring(self.hook, body, {**headers, **retry}) is not None or seconds is None:
                return
            time.sleep(seconds)

    @staticmethod
    def _relation(name: str, user: str) -> Json:
        who = {"follower": {"id": user}} if name != "user_withdraw" else {"sender": {"id": user}}
        return {"app_id": APP_ID, "oa_id": OA_ID, "event_name": name, **who, "timestamp": _timestamp()}

    # The platform

    def headers(self) -> Mapping[str, str]:
        """See `FakeServer.headers`."""
        with self._changed:
            left = self.requests_left
        return {} if left is None else {"X-RateLimit-Limit": "4000", "X-RateLimit-Remain": str(left)}

    def respond(self, request: Request, path: str, fault: Fault) -> tuple[int, Json]:
        """See `FakeServer.respond`: the status is 200 whatever happens, but for a fault with an HTTP status."""
        try:
            if fault.error:
                raise fault.error
            with self._changed:
                result = self._run(path, request) if fault.accepted else {}
                self._changed.notify_all()
                return 200, result
        except ApiError as error:
            if error.code >= 400:
                return error.code, {"oops": error.description}
            return 200, {"error": error.code, "message": error.description, "error_name": error.description}

    def _run(self, path: str, request: Request) -> Json:
        if path == "/v4/oa/access_token":
            return self._tokens(request)
        if path != "/v3.0/oa/message/cs":
            raise ApiError(404, "no such path")
        data = self._send(request.params, request.headers.get("access_token", ""))
        return {"data": data, "error": 0, "message": "Success"}

    def _tokens(self, request: Request) -> Json:
        form = request.params
        if request.headers.get("secret_key") != APP_SECRET or form.get("app_id") != APP_ID:
            raise ApiError(-14004, "Invalid app or secret key")
        if form.get("grant_type") == "authorization_code":
            challenge = self._consents.pop(str(form.get("code")), None)
            if challenge is None or challenge != _challenge(str(form.get("code_verifier"))):
                raise ApiError(-14010, "Invalid code or verifier")
        elif form.get("refresh_token") != self.refresh_token:
            raise ApiError(-14014, "Invalid refresh token")
        self.refresh_token, self._access_token = _new("refresh"), _new("access")
        return {
            "access_token": self._access_token,
            "refresh_token": self.refresh_token,
            "expires_in": str(self.lasts),
        }

    def _send(self, params: Json, token: str) -> Json:
        if self.requests_left is not None:
            if self.requests_left <= 0:
                raise ApiError(-32, "Rate limit exceeded")
            self.requests_left -= 1
        if token in self._ended:
            raise ApiError(-220, "Access token has expired")
        if not token or token != self._access_token:
            raise ApiError(-216, "Access token is invalid")
        if self.trouble is not None:
            raise ApiError(self.trouble, "the account as a whole")
        message: Json = params["message"]
        payload: Json = message.get("attachment", {}).get("payload", {})
        chat = self._chats.get(str(params["recipient"]["user_id"]))
        if chat is None:
            raise ApiError(-213, "User has not followed the account")
        if chat.blocked:
            raise ApiError(-217, "User has blocked invitations")
        if not chat.is_open:
            raise ApiError(-230, "User has not interacted in 7 days")
        seen = self._as_seen(str(message.get("text", "")), payload)
        chat.messages.append(seen)
        quota = {"quota_type": "reply", "remain": "", "total": ""}
        return {"message_id": seen.id, "user_id": params["recipient"]["user_id"], "sent_time": "", "quota": quota}

    def _as_seen(self, text: str, payload: Json) -> Seen:
        buttons = tuple((str(button["title"]), str(button["payload"])) for button in payload.get("buttons", ()))
        pictures = [element["url"] for element in payload.get("elements", ())]
        if payload and not self.takes_buttons:
            raise ApiError(-201, "Params is invalid")
        if units(text) > LONGEST_TEXT or not (text or pictures):
            raise ApiError(-210, "Params exceed the limit")
        if len(buttons) > MOST_BUTTONS or any(not 0 < len(title) <= 100 for title, _ in buttons):
            raise ApiError(-201, "Params is invalid")
        return Seen(uuid.uuid4().hex[:20], text, next(iter(pictures), None), buttons)


def _new(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex}"


def _timestamp() -> str:
    return str(int(time.time() * 1000))


def _challenge(verifier: str) -> str:
    return base64.b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def settings(fake: FakeZaloOa) -> dict[str, Any]:
    """Return what connects a bot to it, by the names of the settings."""
    return {
        "zalo_oa_app_id": APP_ID,
        "zalo_oa_app_secret": APP_SECRET,
        "zalo_oa_secret_key": SECRET_KEY,
        "zalo_oa_refresh_token": fake.refresh_token,
        "zalo_oa_base_url": fake.url,
        "zalo_oa_oauth_url": fake.url,
    }


def main() -> None:
    """Play one person: what is typed is said to the bot, "[title]" presses a button, what the bot says is shown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=8083)
    parser.add_argument("--hook", default="http://127.0.0.1:8080/hooks/zalo-oa")
    options = parser.parse_args()
    person = uuid.uuid4().hex[:19]
    with FakeZaloOa(port=options.port, hook=options.hook) as fake:
        sys.stdout.write(" ".join(f"CNSCD_{name.upper()}={value}" for name, value in settings(fake).items()) + "\n")
        sys.stdout.flush()
        threading.Thread(target=fake.show, args=(person,), daemon=True).start()
        for line in map(str.strip, sys.stdin):
            if line.startswith("["):
                try:
                    fake.user_presses(person, line.strip("[]"))
                except LookupError as error:
                    sys.stdout.write(f"{error}\n")
            elif line:
                fake.user_says(person, line)


if __name__ == "__main__":
    main()
