"""What delivery and wiring may expect of a channel: one protocol and the ways a send can end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from handlers.message import Attachment, Incoming, Rows


class BadTokenError(Exception):
    """The platform does not know the token; only a person can help."""


class SendError(Exception):
    """Base of everything that a send can end with, other than success; the text says why, without any content."""


class Refused(SendError):
    """The platform will never take this message (text refused); others to the same chat may pass."""


class Unreachable(SendError):
    """Nothing can be delivered to this chat any more (blocked, deactivated, gone)."""


class RetryLater(SendError):
    """Definitely not delivered now, worth another try.

    Attributes:
        after: Seconds to wait as the platform demands, None where it names none.
        whole_channel: True where the platform asks to pause for all chats, not only for this one.
    """

    def __init__(self, why: str, *, after: float | None = None, whole_channel: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.whole_channel = whole_channel


class Uncertain(SendError):
    """The request was under way when something broke: nobody knows whether it was delivered."""


class Moved(SendError):
    """The chat has a new id (a group became a supergroup); send there."""

    def __init__(self, chat: str) -> None:
        super().__init__("chat moved")
        self.chat = chat


@dataclass(frozen=True)
class Outgoing:
    """One message ready to send, already short enough for the channel.

    Attributes:
        text: May be empty where there are buttons or an attachment.
        first_number: Of the buttons, where they are written out; None where they are chosen by their words.
        edits: The platform's id of a message to replace, None to send a new one.
        path: Where our own server gives out the attachment, see `file_path`; None if there is no attachment.
    """

    chat: str
    text: str
    rows: Rows = ()
    edits: str | None = None
    attachment: Attachment | None = None
    path: str | None = None
    first_number: int | None = None


def file_path(token: str, name: str) -> str:
    """Return where our own server gives out a kept file, without the server's address."""
    return f"/files/{token}/{quote(name, safe='')}"


Receive = Callable[[Incoming], Awaitable[None]]
"""Handles one event up to its commit; raises only if nothing could be stored, and then nothing may be acknowledged."""


class UnreadableEvent(Protocol):
    """Records an event that the channel could not parse, so that it can be stepped over."""

    async def __call__(self, *, event_key: str, kind: str, error: str) -> None:
        """Store the event's key, its kind and the error's type; never its content."""


class Channel(Protocol):
    """A transport that pushes messages out."""

    name: str
    text_limit: int
    """In UTF-16 code units, as the platforms count."""

    def is_group(self, chat: str) -> bool:
        """Tell whether several people read a chat; the platforms let less go there."""

    async def send(self, message: Outgoing) -> str:
        """Send, and return the platform's id of the message.

        Raises:
            SendError: one of the classes above, always.
        """


class Connected(Channel, Protocol):
    """A channel that makes requests."""

    async def start(self) -> None:
        """Greet the platform, best effort.

        Raises:
            BadTokenError: It was reached and refuses the token.
        """

    async def close(self) -> None:
        """Close the connections."""


class Polled(Connected, Protocol):
    """A channel that asks for what has arrived."""

    async def poll(
        self, receive: Receive, unreadable: UnreadableEvent, stop: asyncio.Event, may_ask: Callable[[], bool]
    ) -> None:
        """Hand on what arrives until `stop`, or until this process may not ask any more."""
