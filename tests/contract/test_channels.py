"""What every channel has to keep: each message once and whole, every kind of content, and trouble on both ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bot.inviting import invite
from db.engine import Database
from db.models import Account, AssistanceSession, Event, Outbox, StoredFile
from handlers import router
from handlers.message import Attachment, Button, Incoming, Reply
from handlers.splitting import utf16_length
from handlers.turn import Turn
from tests.support.clock import Clock
from tests.support.doors import DOORS, Door
from tests.support.stage import Stage

LONG = "\n\n".join(f"Đoạn {number}: " + "nội dung của đoạn này " * 10 for number in range(40))
FAMILY = "👨‍👩‍👧‍👦"
"""One sign to its reader, eleven units to a platform."""
PICTURE = Attachment("biểu đồ.png", "image/png", b"\x89PNG picture")
FILE = Attachment("sổ tháng 11.csv", "text/csv", b"a;b")
CHOICES = ((Button("Đổi ý", "spec.change"), Button("Thôi", "spec.stop")),)
HARD = "Nguyễn <b>Văn</b> & *An* _x_ [y](z) `"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = [pytest.mark.anyio, on_sqlite]
pushed = pytest.mark.parametrize(
    "door", [door for door in DOORS if door.is_pushed], indirect=True, ids=lambda door: door.name
)


def says(reply: Reply) -> Callable[[Incoming, Turn], list[Reply]]:
    return lambda _incoming, _turn: [reply]


def press(rest: str, _incoming: Incoming, _turn: Turn) -> list[Reply]:
    return [Reply(f"Đã chọn: {rest}", CHOICES, replaces=True)]


@pytest.fixture(autouse=True)
def contents(monkeypatch: pytest.MonkeyPatch) -> None:
    """One command for each kind of content."""
    more = {
        "long": Reply(LONG, CHOICES),
        "picture": Reply("Biểu đồ", attachment=PICTURE),
        "file": Reply("Sổ", CHOICES, attachment=FILE),
        "choices": Reply("Bác chọn nhé", CHOICES),
        "hard": Reply(HARD),
        "signs": Reply(FAMILY * 500),
    }
    handlers = {name: says(reply) for name, reply in more.items()}
    monkeypatch.setattr(router, "COMMANDS", {**router.COMMANDS, **handlers})
    monkeypatch.setattr(router, "BUTTONS", {**router.BUTTONS, "spec": press})


def outbox(database: Database) -> list[Outbox]:
    with database.reading() as db:
        return list(db.scalars(select(Outbox).order_by(Outbox.id)))


def content_of(database: Database, file: bytes | str | None) -> bytes | None:
    """Return what somebody gets who opens a file on their screen."""
    if not isinstance(file, str):
        return file
    with database.reading() as db:
        return db.scalars(select(StoredFile.content).where(StoredFile.token == file)).one()


async def test_texts_choices_and_files_arrive_whole(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        for command in ("hard", "long", "picture", "file"):
            await stage.says("an", f"/{command}")
        shown = await door.screen("an")
    assert shown[0].text == HARD
    *_, last_of_long, picture, file = shown
    words = "".join(one.text for one in shown[1:-2])
    assert all(f"Đoạn {number}: " in words for number in range(40))
    assert last_of_long.labels == file.labels == ("Đổi ý", "Thôi")
    assert not any(one.labels for one in shown[:-3])
    if door.text_limit:
        assert all(utf16_length(one.text) <= door.text_limit for one in shown)
        assert len(shown) > 4
    assert content_of(database, picture.file) == PICTURE.content
    assert content_of(database, file.file) == FILE.content


async def test_a_sign_is_never_cut_in_two(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/signs")
        texts = [one.text for one in await door.screen("an")]
    assert "".join(texts) == FAMILY * 500
    assert all(text == FAMILY * (len(text) // len(FAMILY)) for text in texts)


async def test_a_choice_takes_the_place_of_what_it_was_made_on(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/choices")
        await stage.chooses("an", "Đổi ý")
        await stage.chooses("an", "Thôi")
        texts = [shown.text.partition("\n")[0] for shown in await door.screen("an")]
    assert texts[-1] == "Đã chọn: stop"
    assert len(texts) == (1 if door.replaces else 3)


async def test_what_is_brought_twice_is_done_once(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/choices", times=2)
        await stage.says("an", "/hard")
        assert len(await door.screen("an")) == 2
    with database.reading() as db:
        assert [event.outcome for event in db.scalars(select(Event))] == ["done", "done"]


async def test_a_dialogue_goes_on_after_a_restart(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", f"/start {invite(database, 'member', 'Xã Thử', 'Tổ thôn 2', clock()).code}")
        await stage.chooses("an", "Đồng ý")
        await stage.says("an", "hôm nay giúp 3 bà cài vneid ở thôn 2")
    async with Stage(database, clock, door) as stage:
        await stage.chooses("an", "Lưu")
        assert "Đã lưu" in (await door.screen("an"))[-1].text
    with database.reading() as db:
        assert [session.people for session in db.scalars(select(AssistanceSession))] == [3]


async def test_people_are_told_apart(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/choices")
        await stage.says("bé", "/hard")
        assert [len(await door.screen(person)) for person in ("an", "bé")] == [1, 1]


@pushed
async def test_who_has_blocked_the_bot_gets_nothing_more_until_they_write_again(
    door: Door, database: Database, clock: Clock
) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/hard")
        await stage.is_blocked_by("an")
        await stage.says("an", "/hard")
    assert [message.state for message in outbox(database)] == ["sent", "failed"]
    with database.reading() as db:
        assert db.scalars(select(Account)).one().unreachable_at is not None


@pushed
async def test_a_throttled_message_goes_out_later_and_once(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/hard")
        door.throttles_next()
        await stage.says("an", "/choices")
        assert len(await door.screen("an")) == 1
        clock.forward(minutes=1)
        await stage.settled()
        assert len(await door.screen("an")) == 2
    assert [(message.state, message.uncertain) for message in outbox(database)] == [("sent", 0), ("sent", 0)]


@pushed
async def test_only_where_nobody_knows_is_a_message_repeated(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", "/hard")
        door.swallows_next_answer()
        await stage.says("an", "/choices")
        clock.forward(minutes=1)
        await stage.settled()
        assert len(await door.screen("an")) == 3
    assert [(message.state, message.uncertain) for message in outbox(database)] == [("sent", 0), ("sent", 1)]


async def test_deadlines_come_as_a_calendar_file(door: Door, database: Database, clock: Clock) -> None:
    async with Stage(database, clock, door) as stage:
        await stage.says("an", f"/start {invite(database, 'coordinator', 'Xã Thử', None, clock()).code}")
        await stage.chooses("an", "Đồng ý")
        await stage.says("an", "nhắc tổ nộp báo cáo trước ngày 25 hằng tháng")
        await stage.chooses("an", "Lưu")
        await stage.says("an", "lịch hạn")
        shown = (await door.screen("an"))[-1]
    assert "tệp lịch của 12 hạn báo cáo" in shown.text
    assert (content_of(database, shown.file) or b"").count(b"BEGIN:VEVENT") == 12
