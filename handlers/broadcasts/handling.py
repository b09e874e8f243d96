"""Handles broadcasts: to whom, what, a preview with numbers, sending, stopping, and the report to their author."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db import broadcasts, outbox, people, quotas, reminders
from handlers.message import Button, Incoming, Reply, Rows
from handlers.reminders.items import number
from handlers.reminders.planning import after_quiet_hours, in_quiet_hours
from handlers.rendering import render
from handlers.turn import Outgoing, Turn
from knowledge.masking import mask
from knowledge.vietnamese import fold

STATE = "broadcast"
USEFUL = timedelta(days=3)
REPORT_AFTER = timedelta(hours=24)
"""The author is told by then, even while some messages still wait."""
_LONGEST = 1_000
_SHOWN_AREAS = 8
_LABEL = 60

_ROLES = {"team": ("member", "leader"), "leader": ("leader",), "coordinator": ("coordinator",)}
"""Whom each choice reaches: everybody in the teams, their leaders, the coordinators."""
_ROLE_LABELS = {"team": "Tất cả thành viên tổ", "leader": "Tổ trưởng", "coordinator": "Cán bộ điều phối"}
_ROLE_WORDS = {
    "to truong": "leader",
    "cac to truong": "leader",
    "thanh vien": "team",
    "tat ca": "team",
    "moi nguoi": "team",
    "cac to": "team",
    "to": "team",
    "dieu phoi": "coordinator",
    "can bo": "coordinator",
}
_BEGINNING = re.compile(r"/?thong ?bao(?:@\w+)?(?: (?:cho|toi|den) (?P<role>.{2,30}?))?\s*")
_END_OF_BEGINNING = re.compile("[:,]")
_COMMAND = re.compile(r"^/thongbao(?:@\w+)?\s+(?P<text>.+)$", re.S)

Draft = dict[str, Any]
"""What is known so far: area (0 for all of the author's), role and text."""


@dataclass(frozen=True)
class _Reach:
    """Whom a broadcast would reach: person → address, and how many it would not."""

    addresses: dict[int, tuple[str, str]]
    unreachable: int
    muted: int

    @property
    def by_channel(self) -> dict[str, int]:
        return dict(sorted(Counter(channel for channel, _ in self.addresses.values()).items()))


def is_meant(text: str) -> bool:
    """Tell whether a text is a broadcast with its words: "thông báo cho tổ trưởng: …"."""
    return _parted(text) is not None


def begin(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Begin a broadcast; what the sentence says already is not asked for."""
    if not turn.coordinated_areas():
        return [Reply(render("broadcasts/not_allowed"))]
    return _next(turn, _read(mask(incoming.text).text))


def take_text(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Take the words of a broadcast, or words that change what is shown for sending."""
    if turn.reading is None or not turn.coordinated_areas():
        turn.leave()
        return [Reply(render("broadcasts/not_allowed"))]
    draft: Draft = dict(turn.standing.data)
    return _next(turn, {**draft, "text": turn.reading.masked.text})


def press(rest: str, incoming: Incoming, turn: Turn) -> list[Reply]:
    """Handle a button: `area:id`, `role:name`, `send`, `edit`, `cancel`, `stop:id`."""
    if not turn.coordinated_areas():
        return [Reply(render("broadcasts/not_allowed"))]
    what, _, argument = rest.partition(":")
    if what == "stop":
        return _stop(turn, argument)
    if turn.standing.state != STATE:
        return [Reply(render("common/old_button"))]
    draft: Draft = dict(turn.standing.data)
    if what == "cancel":
        turn.leave()
        return [Reply(render("broadcasts/cancelled"), replaces=True)]
    if what == "edit":
        return _next(turn, {name: value for name, value in draft.items() if name != "text"})
    if what == "area" and (argument == "0" or _has_area(turn, number(argument))):
        return _next(turn, {**draft, "area": int(argument)})
    if what == "role" and argument in _ROLES:
        return _next(turn, {**draft, "role": argument})
    if what == "send" and _is_whole(draft):
        return _send(turn, draft)
    return [Reply(render("common/old_button"))]


def report_finished(turn: Turn) -> list[int]:
    """Tell the authors of broadcasts that are drained, or a day old, what was delivered; return the messages' ids."""
    if in_quiet_hours(turn.now, turn.rules):
        return []
    told = []
    for info in broadcasts.unreported(turn.db):
        tally = outbox.tally(turn.db, batch=broadcasts.batch_of(info.id))
        waiting = tally.get("queued", 0) + tally.get("claimed", 0)
        if (waiting and turn.now < info.created_at + REPORT_AFTER) or not broadcasts.note_report(
            turn.db, info.id, turn.now
        ):
            continue
        rows = ((Button("Huỷ phần chưa gửi", f"cast.stop:{info.id}"),),) if waiting else ()
        reply = Reply(render("broadcasts/report", info=info, tally=tally, waiting=waiting), rows)
        message = turn.send(info.created_by, reply, kind="broadcast", useful_until=turn.now + USEFUL)
        told += [] if message is None else [message]
    return told


def _read(text: str) -> Draft:
    """Return what a sentence says of a broadcast: its role and words."""
    parted = _parted(text)
    if parted is not None:
        role = _ROLE_WORDS.get((parted[0] or "").strip())
        return {"text": parted[1].strip()} | ({} if role is None else {"role": role})
    command = _COMMAND.match(text.strip())
    return {"text": command["text"]} if command is not None else {}


def _parted(text: str) -> tuple[str | None, str] | None:
    """Return to whom and what, of "thông báo cho tổ trưởng: …"; None if a text does not begin so."""
    beginning, *rest = _END_OF_BEGINNING.split(text.strip(), maxsplit=1)
    found = _BEGINNING.fullmatch(fold(beginning))
    return (found["role"], rest[0]) if found is not None and rest else None


def _next(turn: Turn, draft: Draft) -> list[Reply]:
    """Ask for what is missing, one thing at a time, then show what would be sent."""
    coordinated = turn.coordinated_areas()
    turn.wait_for(STATE, **draft)
    if "area" not in draft:
        if len(coordinated) > 1:
            areas: Rows = tuple(
                (Button(area.name[:_LABEL], f"cast.area:{area.id}"),) for area in coordinated[:_SHOWN_AREAS]
            )
            return [
                Reply(render("broadcasts/which_area"), (*areas, (Button("Tất cả địa bàn của tôi", "cast.area:0"),)))
            ]
        draft["area"] = coordinated[0].id
    if "role" not in draft:
        turn.wait_for(STATE, **draft)
        return [
            Reply(
                render("broadcasts/which_role"),
                tuple((Button(word, f"cast.role:{role}"),) for role, word in _ROLE_LABELS.items()),
            )
        ]
    text = str(draft.get("text", "")).strip()
    if not text or len(text) > _LONGEST:
        turn.wait_for(STATE, **{name: value for name, value in draft.items() if name != "text"})
        return [Reply(render("broadcasts/which_text", longest=_LONGEST if text else None))]
    turn.wait_for(STATE, **draft)
    return _preview(turn, draft)


def _preview(turn: Turn, draft: Draft) -> list[Reply]:
    reach = _reach(turn, draft)
    short = _without_room(turn, reach)
    text = render(
        "broadcasts/preview",
        message=_worded(turn, draft),
        area=_area_name(turn, draft),
        role=_ROLE_LABELS[draft["role"]],
        reach=reach,
        short=short,
        at=_not_before(turn),
    )
    sends = (Button("Gửi", "cast.send"),) if reach.addresses and not short else ()
    return [Reply(text, ((*sends, Button("Sửa", "cast.edit"), Button("Huỷ", "cast.cancel")),))]


def _send(turn: Turn, draft: Draft) -> list[Reply]:
    """Queue the message for everybody who is reached now, under one batch."""
    reach = _reach(turn, draft)
    if not reach.addresses or _without_room(turn, reach):
        return _preview(turn, draft)
    area = draft["area"] or None
    new = broadcasts.add(
        turn.db,
        area_id=area,
        role=draft["role"],
        text=draft["text"],
        person_id=turn.person.id,
        now=turn.now,
        recipients=len(reach.addresses),
        unreachable=reach.unreachable,
    )
    at = _not_before(turn)
    reply = Reply(_worded(turn, draft))
    until = (at or turn.now) + USEFUL
    outgoing = [Outgoing(person_id, address, reply, until) for person_id, address in reach.addresses.items()]
    turn.send_all(outgoing, kind="broadcast", batch=broadcasts.batch_of(new), not_before=at)
    turn.leave()
    rows = ((Button("Huỷ phần chưa gửi", f"cast.stop:{new}"),),)
    return [Reply(render("broadcasts/queued", reach=reach, at=at), rows)]


def _stop(turn: Turn, argument: str) -> list[Reply]:
    """Drop what has not been sent yet; only for its author."""
    broadcast_id = number(argument)
    info = None if broadcast_id is None else broadcasts.one(turn.db, broadcast_id)
    if info is None or info.created_by != turn.person.id:
        return [Reply(render("common/old_button"))]
    dropped = broadcasts.drop_waiting(turn.db, info.id, turn.now)
    return [Reply(render("broadcasts/stopped", dropped=dropped, recipients=info.recipients))]


def _reach(turn: Turn, draft: Draft) -> _Reach:
    """Return whom a broadcast reaches today; its author reads it in the preview and gets none."""
    chosen = [area.id for area in turn.coordinated_areas() if draft["area"] in (0, area.id)]
    named = broadcasts.people_in(turn.db, chosen, _ROLES[draft["role"]], turn.now)
    others = [person_id for person_id in named if person_id != turn.person.id]
    wanting = reminders.reachable(turn.db, others)
    addresses = {person_id: address for person_id, address in wanting.items() if address is not None}
    return _Reach(addresses, len(wanting) - len(addresses), len(others) - len(wanting))


def _without_room(turn: Turn, reach: _Reach) -> dict[str, int]:
    """Return the channels whose monthly quota will not hold a message to each, with how many they still hold."""
    rooms = {
        channel: quotas.room(turn.db, channel, turn.now, turn.rules.monthly_limits) for channel in reach.by_channel
    }
    return {channel: room for channel, room in rooms.items() if room is not None and room < reach.by_channel[channel]}


def _worded(turn: Turn, draft: Draft) -> str:
    return render("broadcasts/message", text=draft["text"], author=people.label(turn.db, turn.person.id))


def _area_name(turn: Turn, draft: Draft) -> str | None:
    return next((area.name for area in turn.coordinated_areas() if area.id == draft["area"]), None)


def _has_area(turn: Turn, area_id: int | None) -> bool:
    return any(area.id == area_id for area in turn.coordinated_areas())


def _is_whole(draft: Draft) -> bool:
    return all(draft.get(name) is not None for name in ("area", "role", "text"))


def _not_before(turn: Turn) -> datetime | None:
    """Return the end of the quiet hours it is in, None outside of them."""
    at = after_quiet_hours(turn.now, turn.rules)
    return None if at == turn.now else at
