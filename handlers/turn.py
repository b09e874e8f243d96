"""One message or one tick as its handlers see it: who, now, what is known, one transaction, and the way out."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Any

from db import areas, files, inbox, outbox, people, reminders
from db.engine import Transaction
from db.inbox import Standing
from db.outbox import Message
from db.people import PersonInfo
from handlers.message import Attachment, CalendarDay, ChatRef, Reply, Rows
from handlers.rendering import ZONE
from handlers.splitting import split, utf16_length
from knowledge.answering import Answerer, Asker, Decision, Outcome
from knowledge.local import is_of_a_plan
from knowledge.log_sentence import LogReading, parse
from knowledge.masking import Masked, mask
from knowledge.working_days import SpecialDay, WorkingDays

DIALOGUE_LASTS = timedelta(hours=12)
"""A dialogue left alone this long is over."""

_CLEAR_IN_DIALOGUE = 0.8
"""Probability from which a text in the middle of a dialogue is a question even if it does not ask like one."""
_TELLING_WORDS = 3
"""So few words that do not ask are what the dialogue waits for: "cài vneid" names what help is wanted with."""

REPLY_USEFUL = timedelta(days=1)
"""How long an answer is worth sending."""

_SURELY_NO_LOG = 0.95
"""Probability of an answer from which a text that could be a log sentence but tells of no help is a question."""
_SURELY_A_PLAN = 0.8
"""The same for an answer from a plan, whatever the text tells; where it tells of no help any answer of a plan is
enough: nobody logs "quang nam co may to cong nghe so"."""

COORDINATING = ("coordinator", "admin")
LOGGING = ("member", "leader", *COORDINATING)


FILE_LASTS = timedelta(days=7)
"""How long a file can be fetched after it was sent."""

Room = Callable[[Rows, Attachment | None], int]
"""Tells how long a text may be, in UTF-16 units, in one message with these buttons and this file."""


DrawCalendar = Callable[[Sequence[CalendarDay], datetime], bytes]
"""Makes the file that calendars read, at a moment."""


@dataclass(frozen=True)
class Rules:
    """What handlers need of the settings and of the program around them; times are Vietnam's."""

    reminder_time: time = time(7, 30)
    quiet_from: time = time(21, 0)
    quiet_to: time = time(6, 30)
    steps_before: tuple[int, ...] = (7, 3, 1, 0)
    """Days before the advised day on which those who must submit are reminded."""
    join_link: str | None = None
    """What opens a chat with the bot when a code is put behind it, where a channel has such links."""
    start_links: Mapping[str, str] = field(default_factory=dict)
    """The same by channel; a command's name may stand behind it in the place of a code."""
    text_limits: Mapping[str, int] = field(default_factory=dict)
    """Longest text by channel, in UTF-16 units."""
    rooms: Mapping[str, Room] = field(default_factory=dict)
    """For channels on which buttons or files take room from the text."""
    monthly_limits: Mapping[str, int] = field(default_factory=dict)
    """Messages a month, by channel that has such a limit."""
    windows: Mapping[str, timedelta] = field(default_factory=dict)
    """How long after somebody wrote last they can be written to, by channel that has such a limit."""
    draw_calendar: DrawCalendar | None = None


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
    if reading.decision.outcome is not Outcome.ANSWER:
        return False
    is_told = len(reading.masked.text.split()) > _TELLING_WORDS and reading.decision.score >= _CLEAR_IN_DIALOGUE
    return reading.log.is_question or is_told


def _is_surely_no_log(decision: Decision, log: LogReading) -> bool:
    """Tell whether a text is better understood as what `decision` takes it for than as a log sentence."""
    if decision.outcome in (Outcome.SMALLTALK, Outcome.HANDOFF):
        return True
    answers = decision.outcome in (Outcome.ANSWER, Outcome.CLARIFY)
    if is_of_a_plan(decision.entry or ""):
        answered = decision.outcome is Outcome.ANSWER and not log.tells_of_help
        return answered or (answers and decision.score >= _SURELY_A_PLAN)
    return answers and decision.score >= _SURELY_NO_LOG and not log.tells_of_help


@dataclass(frozen=True)
class Outgoing:
    """A message to somebody who did not ask, among many.

    Attributes:
        address: The channel and the chat.
        key: What makes it unique; that no message has it must be known.
    """

    person_id: int
    address: tuple[str, str]
    reply: Reply
    useful_until: datetime | None = None
    key: str | None = None


@dataclass
class Turn:
    """One transaction's view of the world.

    Attributes:
        now: Aware, UTC.
        shipped_calendar: The working days as the program knows them.
        chat: The chat being answered; None in a tick.
        who: The person being answered; None in a tick.
        standing: Where the chat stood when the message came.
        reading: What was understood of the text; None if there was no text to understand.
        claim: (holder, until) under which replies are claimed for sending at once; None to leave them queued.
        batch: What messages to others are queued for together, unless they say otherwise.
        left_out: Why messages to others were not queued, with how many.
        is_aside: Whether what came unasked is being answered: the choices of an open dialogue stay as they are, and
            the numbers of the answer's own come after theirs.
    """

    db: Transaction
    now: datetime
    answerer: Answerer
    shipped_calendar: WorkingDays
    rules: Rules
    chat: ChatRef | None = None
    who: PersonInfo | None = None
    standing: Standing = field(default_factory=Standing)
    reading: Reading | None = None
    claim: tuple[str, datetime] | None = None
    batch: str | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    is_aside: bool = False
    _next: tuple[str | None, dict[str, Any]] | None = None

    @cached_property
    def calendar(self) -> WorkingDays:
        """The working days, with those that administrators have declared on top."""
        return overlaid(self.shipped_calendar, self.db)

    @property
    def person(self) -> PersonInfo:
        """Who is being answered."""
        if self.who is None:
            raise LookupError("a tick answers nobody")
        return self.who

    @property
    def today(self) -> date:
        """The day it is in Vietnam."""
        return self.day_of(self.now)

    def day_of(self, moment: datetime) -> date:
        """Return the day that a moment falls on in Vietnam."""
        return moment.astimezone(ZONE).date()

    def local(self, day: date, at: time) -> datetime:
        """Return a moment given in Vietnam's time."""
        return datetime.combine(day, at, tzinfo=ZONE)

    def has_role(self, *roles: str) -> bool:
        """Tell whether the person has one of the roles, anywhere."""
        return any(role.role in roles for role in self.person.roles)

    def area_id(self) -> int | None:
        """Return the person's commune: of their team, or of their role (which may be a province); None if none."""
        for role in self.person.roles:
            if role.team_id is not None:
                return areas.team(self.db, role.team_id).area_id
            if role.area_id is not None:
                return areas.commune_of(self.db, role.area_id).id
        return None

    def team_ids(self) -> list[int]:
        """Return the teams in which the person is a member or leader."""
        return [role.team_id for role in self.person.roles if role.team_id is not None]

    def coordinated_areas(self) -> list[areas.AreaInfo]:
        """Return the communes that the person coordinates: of a province all of its, without an area all there are."""
        roles = [role for role in self.person.roles if role.role in COORDINATING]
        within = [areas.communes_within(self.db, role.area_id) for role in roles]
        return list({area.id: area for found in within for area in found}.values())

    def read(self, text: str) -> None:
        """Take up a text that was kept earlier as if it had just come."""
        villages = areas.villages(self.db, self.area_id())
        asker = Asker(areas=home_areas(self.db, self.area_id()))
        self.reading = understand(text, self.answerer, asker, self.today, villages)

    def wait_for(self, state: str, **data: Any) -> None:
        """Enter, or stay in, a dialogue: the next text goes to it."""
        self._next = (state, data)

    @property
    def is_waiting(self) -> bool:
        """Whether a dialogue has been entered, or stayed in, by this turn."""
        return self._next is not None and self._next[0] is not None

    def leave(self) -> None:
        """Leave the dialogue."""
        self._next = (None, {})

    def remember(self, **data: Any) -> None:
        """Keep something about the chat without waiting for an answer."""
        self._next = (None, data)

    def answer(self, replies: list[Reply], *, edits: str | None = None) -> list[Message]:
        """Queue the replies and write where the chat stands now; return what was queued.

        Args:
            edits: The message whose button was pressed, for a reply that replaces it.
        """
        chat = self.chat
        if chat is None:
            raise LookupError("a tick answers nobody")
        queued: list[Message] = []
        in_between = self.is_aside and self._next is None and self.standing.state is not None
        beside = self.standing.choices if in_between else ()
        numbers = _numbers(replies, beside)
        # Where delivery pushes, an answer that never gets through must not hold back later ones for ever; a page that
        # pulls its messages gets them whenever it is opened again.
        useful_until = None if self.claim is None else self.now + REPLY_USEFUL
        for number, reply in enumerate(replies):
            replaced = edits if reply.replaces and number == 0 else None
            queued += self._queue(
                chat,
                reply,
                edits=replaced,
                first_number=numbers[number],
                person_id=self.person.id,
                claim=self.claim,
                useful_until=useful_until,
                batch=self.batch,
            )
        state, data = self._next if self._next is not None else (self.standing.state, dict(self.standing.data))
        offered = [*beside, *((button.label, button.action) for reply in replies for button in reply.buttons)]
        # The choices of a dialogue end with it: "huỷ" said twice must not press the button of the first time.
        stays = state == self.standing.state or self.standing.state is None
        if any(reply.by_word for reply in replies):
            offered, stays = [], False
        inbox.keep_standing(
            self.db,
            chat.channel,
            chat.chat,
            state=state,
            data=data,
            choices=offered or (self.standing.choices if stays else ()),
            expires_at=self.now + DIALOGUE_LASTS,
        )
        return queued

    def send(
        self,
        person_id: int,
        reply: Reply,
        *,
        kind: str,
        key: str | None = None,
        batch: str | None = None,
        not_before: datetime | None = None,
        useful_until: datetime | None = None,
        priority: int = outbox.BULK,
    ) -> int | None:
        """Queue a message to somebody, on the channel they used last.

        Args:
            batch: What it is queued for together with others; the turn's own if none is given.

        Returns:
            The message's id; None if nobody can be reached there, or one with this key exists.
        """
        address = people.address_of(self.db, person_id)
        if address is None:
            self.left_out["unreachable"] += 1
            return None
        chat = ChatRef(*address)
        queued = self._queue(
            chat,
            reply,
            kind=kind,
            priority=priority,
            key=key,
            batch=batch or self.batch,
            not_before=not_before,
            useful_until=useful_until,
            person_id=person_id,
        )
        return queued[-1].id if queued else None

    def send_all(
        self,
        outgoing: Sequence[Outgoing],
        *,
        kind: str,
        batch: str | None = None,
        not_before: datetime | None = None,
    ) -> list[int]:
        """Queue messages to many people in a few statements; return the id of each one's last part, in order."""
        queued: list[dict[str, Any]] = []
        ends = []
        for message in outgoing:
            chat = ChatRef(*message.address)
            parts = self._parts(chat, message.reply)
            rows, token = _as_stored(message.reply), _new_token(message.reply.attachment)
            self._keep_file(token, message.reply.attachment, message.person_id)
            queued += [
                {
                    "channel": chat.channel,
                    "chat": chat.chat,
                    "person_id": message.person_id,
                    "kind": kind,
                    "text": part,
                    "rows": rows if number == len(parts) else [],
                    "attachment": token if number == len(parts) else None,
                    "batch": batch or self.batch,
                    "key": message.key if number == len(parts) else None,
                    "not_before": not_before,
                    "useful_until": message.useful_until,
                }
                for number, part in enumerate(parts, start=1)
            ]
            ends.append(len(queued) - 1)
        ids = outbox.queue_many(self.db, queued, self.now)
        return [ids[end] for end in ends]

    def _queue(
        self,
        chat: ChatRef,
        reply: Reply,
        *,
        person_id: int,
        key: str | None = None,
        edits: str | None = None,
        first_number: int | None = None,
        **options: Any,
    ) -> list[Message]:
        """Queue a reply in as many parts as the channel's limit asks for; buttons and file go with the last."""
        parts = self._parts(chat, reply)
        file = reply.attachment
        token = _new_token(file)
        queued = []
        for number, part in enumerate(parts, start=1):
            last = number == len(parts)
            message = outbox.queue(
                self.db,
                channel=chat.channel,
                chat=chat.chat,
                text=part,
                rows=_as_stored(reply) if last else [],
                first_number=first_number if last else None,
                attachment=token if last else None,
                now=self.now,
                key=key if last or key is None else f"{key}#{number}",
                # A message that is there cannot be given a file, and only one part can take its place.
                edits=edits if number == 1 and file is None else None,
                person_id=person_id,
                **options,
            )
            if message is None:
                continue
            queued.append(message)
            if last:
                self._keep_file(token, file, person_id)
        return queued

    def _keep_file(self, token: str | None, file: Attachment | None, person_id: int) -> None:
        if token is not None and file is not None:
            files.keep(
                self.db, token, file.name, file.media_type, file.content,
                person_id=person_id, now=self.now, expires_at=self.now + FILE_LASTS,
            )  # fmt: skip

    def _parts(self, chat: ChatRef, reply: Reply) -> list[str]:
        """Split a reply's text as its channel asks for; the last part leaves room for what goes with it."""
        parts = split(reply.text, self.rules.text_limits.get(chat.channel, 0))
        room = self.rules.rooms.get(chat.channel)
        if room is not None and utf16_length(parts[-1]) > room(reply.rows, reply.attachment):
            parts.append("")  # what does not fit under the text follows it
        return parts


def _new_token(file: Attachment | None) -> str | None:
    """Return what a file is found by, which nobody can guess; None if there is no file."""
    return None if file is None else secrets.token_urlsafe(32)


def _numbers(replies: Sequence[Reply], before: Sequence[tuple[str, str]]) -> list[int | None]:
    """Return the number of each reply's first button: they run on through the answer, so that each stands for one.

    None for all where a label is a number itself, which a typed number then means, or has to be chosen by its words.

    Args:
        before: The choices that stay, whose numbers are taken.
    """
    labels = [*(label for label, _ in before), *(button.label for reply in replies for button in reply.buttons)]
    if any(label.isdigit() for label in labels) or any(reply.by_word for reply in replies):
        return [None] * len(replies)
    firsts = accumulate((len(reply.buttons) for reply in replies), initial=len(before) + 1)
    return [first if reply.buttons else None for reply, first in zip(replies, firsts, strict=False)]


def _as_stored(reply: Reply) -> list[list[list[str]]]:
    """Return the buttons as the outbox keeps them."""
    return [[[item.label, item.action] for item in row] for row in reply.rows]


def overlaid(calendar: WorkingDays, db: Transaction) -> WorkingDays:
    """Return the calendar with the days on top that administrators have declared."""
    return calendar.with_overrides(
        SpecialDay(day=day, kind="working" if working else "holiday", name=note or "ngày nghỉ")
        for day, working, note in reminders.day_overrides(db)
    )


def look_up(db: Transaction, channel: str, address: str, standing: Standing, now: datetime) -> tuple[Asker, list[str]]:
    """Return what the answerer may know of a sender, and the villages of their commune; reads only."""
    role = people.role_of_account(db, channel, address, now)
    area_id = None
    if role is not None:
        area_id = role.area_id if role.team_id is None else areas.team(db, role.team_id).area_id
    plan = None if area_id is None else areas.area(db, area_id).plan
    villages = [] if area_id is None else areas.villages(db, area_id)
    asker = Asker(
        plan=plan,
        before=standing.data.get("question"),
        entry=standing.data.get("entry"),
        areas=home_areas(db, area_id),
    )
    return asker, villages


def home_areas(db: Transaction, area_id: int | None) -> frozenset[int]:
    """Return the areas whose own answers hold for somebody of an area: itself, and those it lies in.

    Somebody of whom no area is known belongs to the only commune, where there is only one.
    """
    home = areas.only_commune(db) if area_id is None else area_id
    return frozenset() if home is None else frozenset(areas.ancestors(db, home))
