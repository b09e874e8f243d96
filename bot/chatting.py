"""The conversation in a terminal: one line in, the replies out; buttons are numbered."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import closing

from rich.console import Console

from bot import demonstration, wiring
from bot.channels import numbered
from bot.inbox import Inbox, utc_now
from bot.settings import Settings
from db import outbox
from db.engine import Database
from handlers.message import Button, ChatRef, Incoming, Kind

CHANNEL = "console"
_ROLES = dict(demonstration.ROLES)


def converse(settings: Settings, role: str | None) -> None:
    """Talk until the end of input.

    Args:
        role: Whom to play in the demonstration; None to be the person at this terminal.

    Raises:
        wiring.CannotRun: if the role cannot be played.
    """
    if role is not None and role not in _ROLES:
        raise wiring.CannotRun(f"--as {role}: phải là một trong {', '.join(_ROLES)}.")
    with closing(wiring.open_database(settings)) as database:
        _talk(settings, database, role)


def _talk(settings: Settings, database: Database, role: str | None) -> None:
    wiring.migrate(database)
    demo = wiring.prepare_demo(database, settings, utc_now())
    if role is not None and not demo:
        raise wiring.CannotRun(
            "--as chỉ dùng trong bản trình diễn, khi chưa có dữ liệu thật. Bỏ --as rồi nhắn /start MÃ."
        )
    brain = wiring.think(settings)
    inbox = Inbox(database, brain.answerer, brain.calendar, brain.rules, holder="console")
    # The demonstration's people have web accounts; the terminal shows the same conversations.
    chat = ChatRef("web", f"demo-{role}") if role is not None else ChatRef(CHANNEL, "terminal")
    console = Console(soft_wrap=True, highlight=False)
    seen = _newest(database, chat)
    for text in _typed(console):
        inbox.handle(
            Incoming(
                event_key=uuid.uuid4().hex,
                chat=chat,
                sender=chat.chat,
                sender_name="",
                received_at=utc_now(),
                kind=Kind.TEXT,
                text=text,
            )
        )
        seen = _show(database, chat, seen, console)


def _typed(console: Console) -> Iterator[str]:
    """Yield /start first, so that the bot greets, then each typed line."""
    yield "/start"
    interactive = sys.stdin.isatty()
    while True:
        try:
            line = console.input("[bold]bạn>[/bold] " if interactive else "")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip():
            yield line


def _newest(database: Database, chat: ChatRef) -> int:
    with database.reading() as db:
        messages = outbox.last_of_chat(db, chat.channel, chat.chat, 1, now=utc_now())
    return messages[-1].id if messages else 0


def _show(database: Database, chat: ChatRef, seen: int, console: Console) -> int:
    """Print what is new, numbered choices under it, and mark it as sent."""
    with database.reading() as db:
        messages = outbox.of_chat(db, chat.channel, chat.chat, after=seen, limit=100, now=utc_now())
    for message in messages:
        rows = tuple(tuple(Button(label, action) for label, action in row) for row in message.rows)
        console.print(numbered.joined(message.text, numbered.choices(rows, message.first_number)), markup=False)
        console.print()
        seen = message.id
    if messages:
        with database.transaction() as db:
            outbox.acknowledge(db, chat.channel, chat.chat, up_to=seen, now=utc_now())
    return seen
