"""Choices on every channel when something comes unasked, or is asked beside a dialogue: each is taken for what it is.

On Zalo Bot, and on an Official Account that takes no buttons, everything here is chosen by typing.
"""

from __future__ import annotations

import pytest

from db.engine import Database
from tests.contract.test_requests import Scene
from tests.support.asking_help import MONDAY
from tests.support.clock import Clock
from tests.support.doors import DOORS, Door, ZaloOaDoor
from tests.support.looking import code_in, rows
from tests.support.stage import Stage
from tests.support.ticking import vn

LOG = "hôm nay giúp 3 bà cài vneid ở thôn 2"


class PlainZaloOaDoor(ZaloOaDoor):
    """An account whose buttons Zalo does not take."""

    name = "zalo_oa"

    def __init__(self) -> None:
        super().__init__()
        self.platform.takes_buttons = False


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_every_door = pytest.mark.parametrize(
    "door", [*DOORS, PlainZaloOaDoor], indirect=True, ids=[*(door.name for door in DOORS), "zalo_oa_without_buttons"]
)
pytestmark = [pytest.mark.anyio, on_sqlite, on_every_door]


@pytest.fixture
def scene(database: Database, clock: Clock, door: Door) -> Scene:
    return Scene(database, clock, door)


async def interrupted(scene: Scene, stage: Stage) -> None:
    """Let a request for help come while a member is about to save an entry."""
    await scene.joins(stage, "bình", "member")
    await stage.says("bình", LOG)
    await scene.asks(stage, "an")
    assert "Có bà con nhờ giúp" in await scene.hears("bình")


def saved(scene: Scene) -> int:
    return len(rows(scene.database, "assistance_session"))


async def test_the_dialogue_is_answered_first_and_then_what_came_in_between(scene: Scene) -> None:
    async with scene.open() as stage:
        await interrupted(scene, stage)
        await stage.chooses("bình", "Lưu")
        assert (saved(scene), scene.request()["state"]) == (1, "open")
        await stage.chooses("bình", "Tôi nhận")
        assert (saved(scene), scene.request()["state"]) == (1, "taken")


async def test_what_came_in_between_is_answered_first_and_then_the_dialogue(scene: Scene) -> None:
    async with scene.open() as stage:
        await interrupted(scene, stage)
        await stage.chooses("bình", "Tôi nhận")
        assert (saved(scene), scene.request()["state"]) == (0, "taken")
    async with scene.open() as stage:
        await stage.chooses("bình", "Lưu")
        assert saved(scene) == 1


async def test_a_reminder_in_a_dialogue_takes_no_number_of_it(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "cúc", "coordinator")
        await scene.joins(stage, "bình", "member")
        await stage.says("cúc", "nhắc ngày 25 hằng tháng nộp báo cáo tháng")
        await stage.chooses("cúc", "Lưu")
        scene.clock.set(vn(2026, 12, 18, 7, 20))
        await stage.says("bình", LOG)
        await scene.hears("bình")
        await scene.ticks(stage, vn(2026, 12, 18))
        assert "Nhắc hạn" in await scene.hears("bình")
        await stage.chooses("bình", "Xem căn cứ")
        assert saved(scene) == 0
        await stage.chooses("bình", "Lưu")
        assert saved(scene) == 1
        await stage.chooses("bình", "Đã nộp")
        assert [row["kind"] for row in rows(scene.database, "submission")] == ["submitted"]


async def test_of_two_requests_with_the_same_word_none_is_taken_by_guess(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "bình", "member")
        await scene.asks(stage, "an")
        await scene.asks(stage, "ba")
        await scene.hears("bình")
        await stage.says("bình", "tôi nhận")
        assert "Việc bà con nhờ" in await scene.hears("bình")
        assert [row["state"] for row in rows(scene.database, "help_request")] == ["open", "open"]


async def test_of_two_who_want_to_join_none_is_let_in_by_guess(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "lan", "leader")
        await stage.says("lan", "mời thành viên")
        await stage.chooses("lan", "Nhiều người")
        code = code_in(await scene.hears("lan"))
        for person in ("bình", "chi"):
            await stage.says(person, f"/start {code}")
            await stage.chooses(person, "Đồng ý")
        await scene.hears("lan")
        await stage.says("lan", "duyệt")
        assert 'Bác chọn "Duyệt" cho tin nào' in await scene.hears("lan")
        assert [row["accepted"] for row in rows(scene.database, "join_request")] == [None, None]
        await stage.chooses("lan", "Tin 1")
        assert [row["accepted"] for row in rows(scene.database, "join_request")] == [None, True]


async def test_in_a_conversation_with_a_citizen_numbers_and_words_are_for_the_citizen(scene: Scene) -> None:
    async with scene.open() as stage:
        await scene.joins(stage, "cúc", "coordinator")
        scene.clock.set(MONDAY)
        await stage.says("an", "gặp người thật")
        await stage.chooses("cúc", "Tôi trả lời")
        await stage.says("ba", "nhờ tổ hỗ trợ")
        await stage.chooses("ba", "Đồng ý")
        await stage.chooses("ba", "VNeID, căn cước")
        await stage.says("ba", "không rõ")
        await stage.says("ba", "mai")
        await stage.chooses("ba", "Gửi")
        assert "Có bà con nhờ giúp" in await scene.hears("cúc")
        await scene.hears("an")
        for said in ("1", "2", "Có", "Tôi nhận", "thôi", "xong"):
            await stage.says("cúc", said)
            assert await scene.hears("an") == f"Cán bộ Xã Thử: {said}"
        assert "/Tôi nhận" in await scene.hears("cúc"), "and is told how to take what came in between"
        assert scene.request()["state"] == "open"
        await stage.says("cúc", "/tôi nhận")
        assert scene.request()["state"] == "taken"
        assert "thêm dấu / đằng trước" in await scene.hears("cúc")
        await stage.says("cúc", "/1")
        assert "Gõ /xong để thôi nói chuyện trước" in await scene.hears("cúc"), (
            "a dialogue cannot hear who talks to a citizen"
        )
        assert await scene.hears("an") == ""
        await stage.chooses("cúc", "Trả lại cho trợ lý")
        assert "đã trả lời xong" in await scene.hears("an")
