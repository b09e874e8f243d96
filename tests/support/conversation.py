"""Talks to the bot through its real inbox and database, as one person in one chat; no channel, no network."""

from __future__ import annotations

import itertools
from functools import cache

from bot.documents.calendar import calendar_file
from bot.inbox import Inbox
from bot.inviting import invite
from db import joining, outbox, people
from db.engine import Database
from db.outbox import Message
from handlers.message import ChatRef, Incoming, Kind
from handlers.people.codes import code_hash
from handlers.turn import Rules
from knowledge.answering import Answerer
from knowledge.loader import load
from knowledge.working_days import working_days
from tests.support.clock import Clock

CHANNEL = "test"
_keys = itertools.count(1)


@cache
def answerer() -> Answerer:
    """Return the real answerer, built once for the run."""
    return Answerer(load())


class Conversation:
    """One person talking.

    Args:
        role: Has joined with an invitation of this role, consent included; None for a citizen. It is written straight
            into the database: how people join has tests of its own, and every test begins with this.
        types: Whether buttons are not pressed but chosen by typing, as on Zalo Bot.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        name: str,
        *,
        role: str | None = None,
        area: str = "Xã Thử",
        team: str = "Tổ thôn 2",
        channel: str = CHANNEL,
        types: bool = False,
    ) -> None:
        self.database = database
        self.clock = clock
        self.name = name
        self.types = types
        self.chat = ChatRef(channel, name)
        self.inbox = Inbox(
            database, answerer(), working_days(), Rules(draw_calendar=calendar_file), holder="test", clock=clock
        )
        self._seen = 0
        if role is not None:
            needs_area, needs_team = role != "admin", role in ("member", "leader")
            invitation = invite(database, role, area if needs_area else None, team if needs_team else None, clock())
            self._join(invitation.code)

    def _join(self, code: str) -> None:
        now = self.clock()
        with self.database.transaction() as db:
            person_id = people.recognise(db, self.chat.channel, self.name, now).id
            people.note_notice(db, person_id, now)
            people.note_consent(db, person_id, self.name.title(), now)
            open_invite = joining.open_invite(db, code_hash(code), now)
            assert open_invite is not None
            joining.use_invite(db, open_invite.id, person_id, now)
            people.add_role(
                db, person_id, open_invite.role, now, area_id=open_invite.area_id, team_id=open_invite.team_id
            )

    def says(self, text: str, **more: object) -> str:
        """Send a text; return what the bot answers, several messages joined by a line of dashes."""
        return self._send(Incoming(kind=Kind.TEXT, text=text, **self._frame(), **more))  # type: ignore[arg-type]

    def presses(self, label: str) -> str:
        """Press the newest button with this label; return what the bot answers."""
        for message in reversed(self.messages()):
            actions = [action for row in message.rows for shown, action in row if shown == label]
            if actions:
                return self.says(_typed(message, label)) if self.types else self.sends_action(actions[0])
        raise AssertionError(f"no button «{label}»; offered: {self.buttons()}")

    def sends_action(self, action: str) -> str:
        """Press a button by its action, whether it was offered or not."""
        return self._send(Incoming(kind=Kind.BUTTON, button=action, **self._frame()))  # type: ignore[arg-type]

    def sends(self, kind: Kind, text: str = "") -> str:
        """Send something that is not a text."""
        return self._send(Incoming(kind=kind, text=text, **self._frame()))  # type: ignore[arg-type]

    def buttons(self) -> list[str]:
        """Return the labels under the newest message that has any."""
        for message in reversed(self.messages()):
            if message.rows:
                return [label for row in message.rows for label, _ in row]
        return []

    def messages(self) -> list[Message]:
        """Return everything the bot has sent or will send to this chat, oldest first."""
        with self.database.reading() as db:
            return outbox.last_of_chat(db, self.chat.channel, self.chat.chat, 1000, now=self.clock())

    def news(self) -> str:
        """Return what the bot has said since the last look, without having been asked."""
        with self.database.reading() as db:
            channel, chat = self.chat.channel, self.chat.chat
            new = outbox.of_chat(db, channel, chat, after=self._seen, limit=1000, now=self.clock())
        self._seen = max((message.id for message in new), default=self._seen)
        return "\n---\n".join(message.text for message in new)

    def _send(self, incoming: Incoming) -> str:
        self.news()
        self.inbox.handle(incoming)
        return self.news()

    def _frame(self) -> dict[str, object]:
        return {
            "event_key": f"e{next(_keys)}",
            "chat": self.chat,
            "sender": self.name,
            "sender_name": self.name.title(),
            "received_at": self.clock(),
        }


def _typed(message: Message, label: str) -> str:
    """Return what is typed to choose a label where there are no buttons."""
    labels = [shown for row in message.rows for shown, _ in row]
    return label if message.first_number is None else str(message.first_number + labels.index(label))
