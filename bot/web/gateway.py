"""What the web chat needs from the rest of the bot: one protocol and one message; it must not know HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from handlers.message import Incoming, Rows


@dataclass(frozen=True)
class WebFile:
    """A file that goes with a message: its name, and where on this server it can be fetched."""

    name: str
    path: str
    is_picture: bool


@dataclass(frozen=True)
class WebMessage:
    """One message of the bot as a page shows it.

    Attributes:
        id: Rises within a chat, starts above 0.
        at: Aware, UTC.
        replaces: The id of an earlier message in whose place this one is shown.
    """

    id: int
    text: str
    rows: Rows
    at: datetime
    file: WebFile | None = None
    replaces: int | None = None


class Gateway(Protocol):
    """The bot behind the page."""

    async def receive(self, incoming: Incoming) -> None:
        """Handle one event up to its commit and ignore a repeated event key; raises if nothing could be stored."""

    async def messages(self, chat: str, after: int, limit: int) -> list[WebMessage]:
        """The first messages of the chat with an id above `after`, oldest first."""

    async def recent(self, chat: str, limit: int) -> list[WebMessage]:
        """The last messages of the chat, oldest first."""

    async def acknowledge(self, chat: str, up_to: int) -> None:
        """The page has shown everything up to this id; the id comes from outside and may be too high."""

    async def wait(self, chat: str, seconds: float) -> None:
        """Return when something new may be there, or when the time is over.

        Must begin to listen before its first await: the caller starts it, looks for messages, and only then relies
        on it, so that nothing is missed in between.
        """

    async def persons(self) -> dict[str, str]:
        """Whom a visitor may play: labels by id, empty outside the demonstration and from the moment it is gone."""

    async def healthy(self) -> dict[str, str]:
        """Empty when ready, otherwise what is wrong by the name of the part."""
