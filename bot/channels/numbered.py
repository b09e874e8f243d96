"""Buttons and files written out as text, for channels that have neither; it sends nothing."""

from __future__ import annotations

from bot.channels.base import file_path
from handlers.message import Attachment, Rows
from handlers.rendering import render
from handlers.splitting import utf16_length
from handlers.turn import FILE_LASTS

LONGEST = 1200
"""Most that choices may take of a message, in UTF-16 units; labels are shortened until they do."""
_AROUND = 50
"""Room for the line above the choices."""
_TOKEN = "x" * 43
"""As long as the token in a file's address."""
_PER_CHOICE = 5
"""Room for a choice's number and the end of its line."""
_WIDEST_NUMBER = 100


def choices(rows: Rows, first_number: int | None) -> str:
    """Return the buttons as lines to choose from by number, or as words to choose by where they have no numbers."""
    labels = [button.label for row in rows for button in row]
    room = (LONGEST - _AROUND) // max(len(labels), 1) - _PER_CHOICE
    return render("common/choices_as_text", labels=[_shortened(label, room) for label in labels], first=first_number)


def file(attachment: Attachment, address: str | None) -> str:
    """Return the lines that stand for a file; `address` is where it can be fetched, None if nowhere."""
    return render("common/file_as_text", address=address, is_picture=attachment.is_picture, days=FILE_LASTS.days)


def joined(*parts: str) -> str:
    """Return the parts that are not empty with a blank line between them."""
    return "\n\n".join(part for part in parts if part)


def room(limit: int, *below: str) -> int:
    """Return how long a text may be with these parts below it."""
    return limit - utf16_length(joined("x", *below)) + 1


def room_with_file(limit: int, public_url: str | None, rows: Rows, attachment: Attachment | None) -> int:
    """See `handlers.turn.Room`: both are written below the text, the choices in one way or the other."""
    address = None if public_url is None or attachment is None else f"{public_url}{file_path(_TOKEN, attachment.name)}"
    link = "" if attachment is None else file(attachment, address)
    return min(room(limit, link, choices(rows, first)) for first in (_WIDEST_NUMBER, None))


def _shortened(label: str, room: int) -> str:
    return label if utf16_length(label) <= room else label[: room // 2].rstrip() + "…"
