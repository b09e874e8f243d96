"""One message or one tick as its handlers see it: who, now, what is known, one transaction, and the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from db import inbox, outbox, people
from db.engine import Transaction
from db.inbox import Standing
from db.people import PersonInfo
from handlers.message import ChatRef, Reply
from handlers.rendering import ZONE
from handlers.splitting import split
from knowledge.answering import Answerer, Asker, Decision, Outcome
from knowledge.log_sentence import LogReading, parse
from knowledge.masking import Masked, mask
from knowledge.working_days import WorkingDays

DIALOGUE_LASTS = timedelta(hours=12)
"""A dialogue left alone this long is over."""

_CLEAR_IN_DIALOGUE = 0.8
"""Probability from which a text in the middle of a dialogue is a question even if it does not ask like one."""

REPLY_USEFUL = timedelta(days=1)
"""How long an answer is worth sending."""

_SURELY_NO_LOG = 0.9
"""Probability of an answer from which a text that could be a log sentence but tells of no help is a question."""
_SURELY_A_PLAN = 0.8
"""The same for an answer from a plan, whatever the text tells: nobody logs "quang nam co may to cong nghe so"."""

COORDINATING = ("coordinator", "admin")
LOGGING = ("member", "leader", *COORDINATING)


@dataclass(frozen=True)
class Rules:
    """What handlers need of the settings; times are Vietnam's."""

    reminder_time: time = time(7, 30)
    quiet_from: time = time(21, 0)
    quiet_to: time = time(6, 30)
    steps_before: tuple[int, ...] = (7, 3, 1, 0)
    """Days before the advised day on which those who must submit are reminded."""
    text_limits: Mapping[str, int] = field(default_factory=dict)
    """Longest text by channel, in UTF-16 units."""


@dataclass(frozen=True)
class Reading:
    """What was understood of a text before the transaction began; all of it masked.

    `decision` is LOG for what reads like a log sentence; `as_question` is what it would be as a question.
    """

    masked: Masked
    log: LogReading
    decision: Decision
    as_question: Decision

    @property
    def could_be_question(self) -> bool:
        """Tell whether a log sentence tells of no help, and is answered as a question just as well."""
        return not self.log.tells_of_help and self.as_question.outcome is Outcome.ANSWER


def understand(text: str, answerer: Answerer, asker: Asker, today: date, villages: Sequence[str]) -> Reading:
    """Mask a text, then read it both as a log sentence and as a question; pure."""
    masked = mask(text)
    log = parse(masked.text, today, villages=villages)
    as_question = answerer.decide(masked.without_replacements, asker)  # "[số định danh]" is no part of the question
    is_log = log.is_log and not _is_surely_no_log(as_question, log)
    return Reading(masked, log, Decision(Outcome.LOG, score=1.0) if is_log else as_question, as_question)


def is_clear_question(reading: Reading) -> bool:
    """Tell whether a text in the middle of a dialogue is a question that can be answered."""
    answers = reading.decision.outcome is Outcome.ANSWER
    return answers and (reading.log.is_question or reading.decision.score >= _CLEAR_IN_DIALOGUE)


def _is_surely_no_log(decision: Decision, log: LogReading) -> bool:
    """Tell whether a text is better understood as what `decision` takes it for than as a log sentence."""
    if decision.outcome in (Outcome.SMALLTALK, Outcome.HANDOFF):
        return True
    answers = decision.outcome in (Outcome.ANSWER, Outcome.CLARIFY)
    if "/" in (decision.entry or ""):
        return answers and decision.score >= _SURELY_A_PLAN
    return answers and decision.score >= _SURELY_NO_LOG and not log.tells_of_help


@dataclass
class Turn:
    """One transaction's view of the world.

    Attributes:
        now: Aware, UTC.
        chat: The chat being answered; None in a tick.
        who: The person being answered; None in a tick.
        standing: Where the chat stood when the message came.
        reading: What was understood of the text; None if there was no text to understand.
        claim: (holder, until) under which replies are claimed for sending at once; None to leave them queued.
    """

    db: Transaction
    now: datetime
    answerer: Answerer
    calendar: WorkingDays
    rules: Rules
    chat: ChatRef | None = None
    who: PersonInfo | None = None
    standing: Standing = field(default_factory=Standing)
    reading: Reading | None = None
    claim: tuple[str, datetime] | None = None
    _next: tuple[str | None, dict[str, Any]] | None = None

    @property
    def person(self) -> PersonInfo:
        """Who is being answered."""
        if self.who is None:
            raise LookupError("a tick answers nobody")
        return self.who

    @property
    def today(self) -> date:
        """The day it is in Vietnam."""
        return self.now.astimezone(ZONE).date()

    def local(self, day: date, at: time) -> datetime:
        """Return a moment given in Vietnam's time."""
        return datetime.combine(day, at, tzinfo=ZONE)

    def has_role(self, *roles: str) -> bool:
        """Tell whether the person has one of the roles, anywhere."""
        return any(role.role in roles for role in self.person.roles)

    def area_id(self) -> int | None:
        """Return the person's commune: of their team, or of their role; None if they have none."""
        for role in self.person.roles:
            if role.team_id is not None:
                return people.team(self.db, role.team_id).area_id
            if role.area_id is not None:
                return role.area_id
        return None

    def team_ids(self) -> list[int]:
        """Return the teams in which the person is a member or leader."""
        return [role.team_id for role in self.person.roles if role.team_id is not None]

    def coordinated_areas(self) -> list[people.AreaInfo]:
        """Return the areas that the person coordinates: all of them for a role without an area."""
        roles = [role for role in self.person.roles if role.role in COORDINATING]
        if any(role.area_id is None for role in roles):
            return [area for area in people.areas(self.db) if area.kind == "commune"]
        return [people.area(self.db, role.area_id) for role in roles if role.area_id is not None]

    def read(self, text: str) -> None:
        """Take up a text that was kept earlier as if it had just come."""
        villages = people.villages(self.db, self.area_id())
        self.reading = understand(text, self.answerer, Asker(), self.today, villages)

    def wait_for(self, state: str, **data: Any) -> None:
        """Enter, or stay in, a dialogue: the next text goes to it."""
        self._next = (state, data)

    def leave(self) -> None:
        """Leave the dialogue."""
        self._next = (None, {})

    def remember(self, **data: Any) -> None:
        """Keep something about the chat without waiting for an answer."""
        self._next = (None, data)

    def answer(self, replies: list[Reply], *, edits: str | None = None) -> list[int]:
        """Queue the replies and write where the chat stands now; return the queued messages' ids.

        Args:
            edits: The message whose button was pressed, for a reply that replaces it.
        """
        chat = self.chat
        if chat is None:
            raise LookupError("a tick answers nobody")
        ids = []
        # Where delivery pushes, an answer that never gets through must not hold back later ones for ever; a page that
        # pulls its messages gets them whenever it is opened again.
        useful_until = None if self.claim is None else self.now + REPLY_USEFUL
        for number, reply in enumerate(replies):
            replaced = edits if reply.replaces and number == 0 else None
            ids += self._queue(
                chat,
                reply,
                edits=replaced,
                person_id=self.person.id,
                claim=self.claim,
                useful_until=useful_until,
            )
        state, data = self._next if self._next is not None else (self.standing.state, dict(self.standing.data))
        offered = [(button.label, button.action) for reply in replies for button in reply.buttons]
        # The choices of a dialogue end with it: "huỷ" said twice must not press the button of the first time.
        stays = state == self.standing.state or self.standing.state is None
        inbox.keep_standing(
            self.db,
            chat.channel,
            chat.chat,
            state=state,
            data=data,
            choices=offered or (self.standing.choices if stays else ()),
            expires_at=self.now + DIALOGUE_LASTS,
        )
        return ids

    def send(
        self,
        person_id: int,
        reply: Reply,
        *,
        kind: str,
        key: str | None = None,
        not_before: datetime | None = None,
        useful_until: datetime | None = None,
    ) -> int | None:
        """Queue a message to somebody, on the channel they used last.

        Returns:
            The message's id; None if nobody can be reached there, or one with this key exists.
        """
        address = people.address_of(self.db, person_id)
        if address is None:
            return None
        chat = ChatRef(*address)
        ids = self._queue(
            chat,
            reply,
            kind=kind,
            priority=outbox.BULK,
            key=key,
            not_before=not_before,
            useful_until=useful_until,
            person_id=person_id,
        )
        if ids and reply.buttons:
            now_at = inbox.standing(self.db, chat.channel, chat.chat, self.now)
            inbox.keep_standing(
                self.db,
                chat.channel,
                chat.chat,
                state=now_at.state,
                data=now_at.data,
                choices=now_at.choices if now_at.state else [(item.label, item.action) for item in reply.buttons],
                expires_at=self.now + DIALOGUE_LASTS,
            )
        return ids[-1] if ids else None

    def _queue(self, chat: ChatRef, reply: Reply, *, key: str | None = None, **options: Any) -> list[int]:
        """Queue a reply in as many parts as the channel's limit asks for; the buttons go under the last."""
        parts = split(reply.text, self.rules.text_limits.get(chat.channel, 0))
        ids = []
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            queued = outbox.queue(
                self.db,
                channel=chat.channel,
                chat=chat.chat,
                text=part,
                rows=[[[item.label, item.action] for item in row] for row in reply.rows] if last else [],
                now=self.now,
                key=key if last or key is None else f"{key}#{number}",
                **options,
            )
            if queued is not None:
                ids.append(queued)
        return ids


def look_up(db: Transaction, channel: str, address: str, standing: Standing) -> tuple[Asker, list[str]]:
    """Return what the answerer may know of a sender, and the villages of their commune; reads only."""
    role = people.role_of_account(db, channel, address)
    area_id = None
    if role is not None:
        area_id = role.area_id if role.team_id is None else people.team(db, role.team_id).area_id
    plan = None if area_id is None else people.area(db, area_id).plan
    villages = [] if area_id is None else people.villages(db, area_id)
    return Asker(plan=plan, before=standing.data.get("question"), entry=standing.data.get("entry")), villages
