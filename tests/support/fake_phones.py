"""A fake platform and the phones in front of it: what the bot wrote to whom; it knows no rules of any platform."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.fake_server import FakeServer
from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class Seen:
    """A message of the bot as it stands on the phone's screen.

    Attributes:
        picture: The address it is fetched from.
        buttons: The title of each with what a press sends.
    """

    id: str
    text: str
    picture: str | None = None
    buttons: tuple[tuple[str, str], ...] = ()


@dataclass
class Chat:
    """One person's chat with the bot."""

    messages: list[Seen] = field(default_factory=list)
    blocked: bool = False
    is_open: bool = True
    """Whether the person has written lately, where that matters."""


class FakePhones(FakeServer):
    """The server with the phones; chats are known once somebody has written in them."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.deliveries: list[int | None] = []
        """The status that each event brought to the webhook was answered with; None without an answer."""
        self._chats: dict[str, Chat] = {}

    def add_chat(self, chat: str) -> None:
        """Make a chat known, as if its person had written to the bot long ago."""
        with self._changed:
            self._chats.setdefault(chat, Chat())

    def block(self, chat: str) -> None:
        """Let a person block the bot."""
        with self._changed:
            self._chats[chat].blocked = True

    def replies(self, chat: str) -> list[Seen]:
        """What the bot wrote in a chat."""
        with self._changed:
            known = self._chats.get(chat)
            return list(known.messages) if known else []

    def wait_for_message(self, chat: str, containing: str = "", *, after: int = 0, timeout: float = PATIENCE) -> Seen:
        """The first message of the bot that fits, leaving out the first `after`; blocks until it is there."""

        def fitting() -> Seen | None:
            return next((seen for seen in self.replies(chat)[after:] if containing in seen.text), None)

        return self.wait_for(
            fitting, lambda: f"no message {containing!r} in chat {chat}, only {self.replies(chat)[after:]}", timeout
        )

    def bring(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        """Bring an event to the webhook, and note what it was answered with."""
        parts = urlsplit(url)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.netloc, timeout=PATIENCE)
        try:
            connection.request("POST", parts.path, body, {"Content-Type": "application/json", **headers})
            status = connection.getresponse().status
        except OSError:
            status = None
        finally:
            connection.close()
        with self._changed:
            self.deliveries.append(status)
            self._changed.notify_all()
        return status

    def show(self, chat: str) -> None:
        """Print what the bot writes to a chat, for ever."""
        shown = 0
        while True:
            seen = self.wait_for_message(chat, after=shown, timeout=1e6)
            shown += 1
            more = [f"[hình: {seen.picture}]" if seen.picture else "", *(f"[{title}]" for title, _ in seen.buttons)]
            sys.stdout.write("\n".join(["", seen.text, *filter(None, more), ""]))
            sys.stdout.flush()
