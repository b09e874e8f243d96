"""Help requests and conversations taken over, as transcripts on every channel: by the clock, through a restart."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest

from bot.inviting import invite
from db.engine import Database
from tests.support.asking_help import MONDAY
from tests.support.clock import Clock
from tests.support.doors import DOORS, Door
from tests.support.looking import rows
from tests.support.stage import Stage
from tests.support.ticking import tick_at, vn
from tests.support.waiting import until

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = [pytest.mark.anyio, on_sqlite]
blockable = pytest.mark.parametrize(
    "door", [door for door in DOORS if door.is_pushed], indirect=True, ids=lambda door: door.name
)


class Scene:
    """People in front of one channel; tells what is new on a screen."""

    def __init__(self, database: Database, clock: Clock, door: Door) -> None:
        clock.set(MONDAY)
        self.database = database
        self.clock = clock
        self.door = door
        self._seen: dict[str, Counter[str]] = {}

    def open(self) -> Stage:
        """Return the program anew, as after a restart."""
        return Stage(self.database, self.clock, self.door)

    async def joins(self, stage: Stage, person: str, role: str) -> None:
        """Let somebody join, in the only commune and its only team."""
        team = "Tổ thôn 2" if role in {"member", "leader"} else None
        await stage.says(person, f"/start {invite(self.database, role, 'Xã Thử', team, self.clock()).code}")
        await stage.chooses(person, "Đồng ý")
        await self.hears(person)

    async def asks(self, stage: Stage, person: str) -> None:
        """Let a citizen ask for help, consent included."""
        await stage.says(person, "nhờ tổ hỗ trợ")
        await stage.chooses(person, "Đồng ý")
        await stage.chooses(person, "VNeID, căn cước")
        await stage.says(person, "thôn 2")
        await stage.chooses(person, "Chiều mai")
        await stage.chooses(person, "Gửi")
        assert "Đã gửi tới" in await self.hears(person)

    async def hears(self, person: str) -> str:
        """Return what has come onto somebody's screen since the last look."""
        shown = Counter(one.text for one in await self.door.screen(person))
        new = shown - self._seen.get(person, Counter())
        self._seen[person] = shown
        return "\n".join(new)

    async def chooses_first(self, stage: Stage, person: str) -> None:
        """Let somebody choose the first name that is offered: what people are called differs by channel."""
        labels = next(one.labels for one in reversed(await self.door.screen(person)) if one.labels)
        await stage.chooses(person, labels[0])

    async def ticks(self, stage: Stage, moment: datetime) -> None:
        """Let the scheduler tick at a moment."""
        tick_at(self.clock, self.database, moment)
        await stage.settled()

    def request(self) -> dict[str, object]:
        """Return the only request as it is stored."""
        (row,) = rows(self.database, "help_request")
        return row


@pytest.fixture
def scene(database: Database, clock: Clock, door: Door) -> Scene:
    return Scene(database, clock, door)


async def test_a_request_is_taken_through_a_restart_and_closed_by_the_log(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "bình", "member")
        await scene.asks(stage, "an")
        assert "Có bà con nhờ giúp" in await scene.hears("bình")
        await stage.chooses("bình", "Tôi nhận")
        assert "đã nhận giúp bác" in await scene.hears("an")
        await stage.chooses("bình", "Nhắn bà con")
    async with scene.open() as stage:
        await stage.says("bình", "mai 2 giờ tôi tới, số tôi 0912345678")
        told = await scene.hears("an")
        assert "Tổ thôn 2 nhắn" in told
        assert "0912345678" not in told
        await stage.chooses("an", "Nhắn lại tổ")
        await stage.says("an", "vâng tôi chờ")
        assert "vâng tôi chờ" in await scene.hears("bình")
        await stage.chooses("bình", "Xem việc này")
        await stage.chooses("bình", "Xong")
        await stage.chooses("bình", "Lưu")
        assert "Bác thấy có ích không" in await scene.hears("an")
        await stage.chooses("an", "Có ích")
        assert "có ích" in await scene.hears("bình")
    row = scene.request()
    assert (row["state"], row["helped"]) == ("closed", True)
    assert row["session_id"] is not None


async def test_two_press_at_the_same_moment_and_one_wins(scene: Scene) -> None:
    async with scene.open() as stage:
        for person in ("bình", "chi"):
            await scene.joins(stage, person, "member")
        await scene.asks(stage, "an")
        for person in ("bình", "chi"):
            await scene.hears(person)
        handled = len(rows(scene.database, "event"))
        await asyncio.gather(*(stage.chooses(person, "Tôi nhận") for person in ("bình", "chi")))
        await until(lambda: len(rows(scene.database, "event")) == handled + 2)
        await stage.settled()
        heard = [await scene.hears("bình"), await scene.hears("chi")]
    assert sum("Bác đã nhận việc này" in one for one in heard) == 1
    assert sum("đã nhận việc này rồi" in one for one in heard) == 1


async def test_it_is_raised_by_working_hours_given_back_passed_on_and_cancelled(scene: Scene) -> None:
    async with scene.open() as stage:
        for person, role in (("lan", "leader"), ("cúc", "coordinator"), ("bình", "member"), ("chi", "member")):
            await scene.joins(stage, person, role)
        await scene.asks(stage, "an")
        await scene.ticks(stage, vn(2026, 11, 23, 9, 59))
        assert await scene.hears("lan") == ""
        await scene.ticks(stage, vn(2026, 11, 23, 10, 0))
        assert "chưa ai nhận" in await scene.hears("lan")
        assert "báo thêm tổ trưởng" in await scene.hears("an")
    async with scene.open() as stage:
        await scene.ticks(stage, vn(2026, 11, 23, 16, 0))
        assert "chưa ai nhận" in await scene.hears("cúc")
        await stage.chooses("bình", "Tôi nhận")
        await scene.hears("chi")
        await stage.chooses("bình", "Trả lại")
        assert "không đi được" in await scene.hears("an")
        assert "vừa được trả lại" in await scene.hears("chi")
        await stage.chooses("chi", "Tôi nhận")
        await stage.chooses("chi", "Chuyển cho…")
        await scene.chooses_first(stage, "chi")
        assert "vừa được chuyển cho bác" in await scene.hears("lan")
        await stage.chooses("an", "Thôi, không cần nữa")
        assert "Bác khỏi đi" in await scene.hears("lan")
    assert scene.request()["state"] == "cancelled"


async def test_who_took_it_and_is_silent_is_asked_through_a_restart_and_the_leader_finds_another(scene: Scene) -> None:
    async with scene.open() as stage:
        for person, role in (("lan", "leader"), ("bình", "member"), ("chi", "member")):
            await scene.joins(stage, person, role)
        scene.clock.set(vn(2026, 11, 30, 8, 0))
        await scene.asks(stage, "an")
        await stage.chooses("bình", "Tôi nhận")
        await scene.hears("bình")
        await scene.ticks(stage, vn(2026, 12, 2, 8, 0))
        assert "chưa thấy bác báo xong" in await scene.hears("bình")
        await stage.chooses("bình", "Còn làm")
        assert "bác cứ làm tiếp" in await scene.hears("bình")
        await scene.ticks(stage, vn(2026, 12, 4, 8, 0))
        assert "chưa thấy bác báo xong" in await scene.hears("bình")
    async with scene.open() as stage:
        await scene.hears("lan")
        await scene.ticks(stage, vn(2026, 12, 7, 8, 0))
        assert "đến nay chưa thấy báo xong" in await scene.hears("lan")
        await scene.hears("chi")
        await stage.chooses("lan", "Tìm người khác")
        assert "vừa nhờ người khác" in await scene.hears("bình")
        assert "vừa được trả lại" in await scene.hears("chi")
        await stage.chooses("chi", "Tôi nhận")
        await stage.chooses("chi", "Xong")
        await stage.chooses("chi", "Lưu")
    assert scene.request()["state"] == "closed"


@blockable
async def test_a_citizen_who_blocked_the_bot_is_shown_as_not_reachable(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "bình", "member")
        await scene.asks(stage, "an")
        await stage.is_blocked_by("an")
        await stage.chooses("bình", "Tôi nhận")
        await stage.says("bình", "yêu cầu")
        await stage.chooses("bình", "VNeID, căn cước, thôn 2")
        assert "không nhắn được cho bà con này" in await scene.hears("bình")


async def test_a_person_has_the_conversation_through_a_restart_and_hands_it_back(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "cúc", "coordinator")
        await stage.says("an", "chợ làng mình họp mấy giờ rứa")
        await stage.chooses("an", "Gặp người thật")
        assert "chợ làng mình họp mấy giờ rứa" in await scene.hears("cúc")
        await stage.chooses("cúc", "Tôi trả lời")
        assert "gõ /xong để trả lại" in await scene.hears("cúc")
        await scene.hears("an")
        await stage.says("an", "quên mật khẩu vneid, số tôi 0905123456")
    async with scene.open() as stage:
        heard = await scene.hears("cúc")
        assert "quên mật khẩu vneid" in heard
        assert "0905123456" not in heard
        assert "Nguồn:" not in await scene.hears("an"), "the bot is silent"
        await stage.says("cúc", "Họp sáng thứ bảy bác nhé")
        assert await scene.hears("an") == "Cán bộ Xã Thử: Họp sáng thứ bảy bác nhé"
        await stage.chooses("cúc", "Trả lại cho trợ lý")
        assert "đã trả lời xong" in await scene.hears("an")
        await stage.says("an", "quên mật khẩu vneid")
        assert "Nguồn:" in await scene.hears("an")


async def test_out_of_hours_idle_and_left(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "cúc", "coordinator")
        scene.clock.set(vn(2026, 11, 20, 20, 0))
        await stage.says("an", "gặp người thật")
        assert "từ 07:30 ngày 23/11/2026" in await scene.hears("an")
        await scene.ticks(stage, vn(2026, 11, 23, 7, 30))
        assert "muốn gặp người thật" in await scene.hears("cúc")
        await stage.chooses("cúc", "Tôi trả lời")
    async with scene.open() as stage:
        await scene.hears("an")
        await scene.ticks(stage, vn(2026, 11, 23, 7, 30) + timedelta(minutes=30))
        assert "yên 30 phút" in await scene.hears("cúc")
        assert "tôi lại trả lời bác" in await scene.hears("an")
        await stage.says("an", "gặp người thật")
        await stage.chooses("cúc", "Tôi trả lời")
        await stage.says("an", "/huy")
        assert "đã thôi cuộc nói chuyện" in await scene.hears("cúc")
        assert "Tôi lại trả lời bác" in await scene.hears("an")


async def test_a_coordinator_writes_the_rota(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "cúc", "coordinator")
        await stage.says("cúc", "lịch trực")
        await scene.chooses_first(stage, "cúc")
        await stage.says("cúc", "thứ hai đến thứ sáu 7h30-11h30 và 13h30-17h")
        assert "- thứ Sáu: 07:30–11:30" in await scene.hears("cúc")
