"""Queues what an account takes no more for another account of the same person; it sends nothing."""

from __future__ import annotations

from datetime import datetime

from db import files, outbox, people
from db.engine import Transaction
from db.outbox import Message
from handlers.message import Attachment, Button, Reply
from handlers.turn import Rules, Turn
from knowledge.answering import Answerer
from knowledge.working_days import WorkingDays


class Redirector:
    """Implements `bot.delivery.Redirect`: the message is made anew, since another channel has other limits."""

    def __init__(self, answerer: Answerer, calendar: WorkingDays, rules: Rules) -> None:
        self._answerer = answerer
        self._calendar = calendar
        self._rules = rules

    def __call__(self, db: Transaction, message: Message, now: datetime) -> int | None:
        """Queue the message for the account that its person used last before; None if there is none."""
        if message.person_id is None or people.address_of(db, message.person_id) in (
            None,
            (message.channel, message.chat),  # a group that is gone, while the person can still be reached
        ):
            return None
        file = None if message.attachment is None else files.get(db, message.attachment, now)
        reply = Reply(
            message.text,
            tuple(tuple(Button(label, action) for label, action in row) for row in message.rows),
            attachment=None if file is None else Attachment(file.name, file.media_type, file.content),
        )
        successor = Turn(db, now, self._answerer, self._calendar, self._rules).send(
            message.person_id,
            reply,
            kind=message.kind,
            key=None if message.key is None else f"{message.key}@{message.channel}",
            batch=message.batch,
            useful_until=message.useful_until,
        )
        if successor is not None:
            outbox.replace(db, message.id, successor)
        return successor
