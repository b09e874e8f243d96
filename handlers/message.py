"""What comes in and what goes out, free of any channel; frozen data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a person sent."""

    TEXT = "text"
    BUTTON = "button"
    PHOTO = "photo"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"
    OTHER = "other"
    LEFT = "left"
    """Nothing: the person wants no more messages."""
    WITHDRAWN = "withdrawn"
    """Nothing: the person has taken back, on the platform itself, that their data may be kept."""


@dataclass(frozen=True)
class ChatRef:
    """Where to answer: the channel's name and its own id of the chat."""

    channel: str
    chat: str


@dataclass(frozen=True)
class Incoming:
    """One message or button press.

    Attributes:
        event_key: The platform's own id of the event, unique within the channel.
        sender: The platform's id of the person; equal to the chat in private chats.
        received_at: Aware, UTC.
        text: What was written, or the caption of a picture; empty if nothing.
        button: The action of the pressed button, None unless `kind` is BUTTON.
        message_ref: The platform's id of the message that was edited, or whose button was pressed.
        private: False in a group.
    """

    event_key: str
    chat: ChatRef
    sender: str
    sender_name: str
    received_at: datetime
    kind: Kind
    text: str = ""
    button: str | None = None
    message_ref: str | None = None
    edited: bool = False
    forwarded: bool = False
    private: bool = True


@dataclass(frozen=True)
class Button:
    """A choice under a reply; `action` is ASCII and at most 64 bytes."""

    label: str
    action: str


Rows = tuple[tuple[Button, ...], ...]


PICTURES = frozenset(("image/png", "image/jpeg"))
"""Media types that every channel can show at once."""


@dataclass(frozen=True)
class Attachment:
    """A file or picture that goes with a reply; `name` is what the person's phone calls it, with its ending."""

    name: str
    media_type: str
    content: bytes

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown at once."""
        return self.media_type in PICTURES


@dataclass(frozen=True)
class CalendarDay:
    """What a calendar file tells of one day; the same `uid` again, in a newer file, changes what was told before."""

    uid: str
    day: date
    title: str
    text: str


@dataclass(frozen=True)
class Reply:
    """One answer: plain text with rows of buttons under it.

    Attributes:
        replaces: True to replace the message whose button was pressed, where the channel can.
        by_word: True where a typed number means something else, so that the buttons are chosen by their words.
        attachment: Goes with the last message of the answer; a channel that sends no files gives its address instead.
    """

    text: str
    rows: Rows = ()
    replaces: bool = False
    attachment: Attachment | None = None
    by_word: bool = False

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All buttons in reading order."""
        return tuple(button for row in self.rows for button in row)
