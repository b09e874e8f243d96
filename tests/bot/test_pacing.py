"""The pace, by a clock that jumps: limits hold whatever the network does, and replies come before bulk."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import defaultdict

import pytest

from bot.pacing import Pacer
from tests.support import virtual_time


def paced(per_second: float, *waits: tuple[str, bool], takes: float = 0.0) -> list[tuple[str, float]]:
    """Let all ask at once, each chat's in order; return who went when.

    Args:
        waits: (chat, whether it is bulk).
        takes: Seconds until each request is answered.
    """

    async def work() -> list[tuple[str, float]]:
        pacer = Pacer(per_second, lambda chat: chat.startswith("-"), virtual_time.now)
        went: list[tuple[str, float]] = []
        lanes: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

        async def one(chat: str, bulk: bool) -> None:
            async with lanes[chat]:
                await pacer.rest(chat)
                async with pacer.request(chat, bulk=bulk):
                    went.append((chat, round(virtual_time.now(), 3)))
                    await asyncio.sleep(takes)

        await asyncio.gather(*(one(chat, bulk) for chat, bulk in waits))
        return went

    return virtual_time.run(work())


def numbered(count: int, *, bulk: bool) -> list[tuple[str, bool]]:
    return [(f"{number}", bulk) for number in range(count)]


@pytest.mark.parametrize("bulk", [False, True])
def test_requests_are_spaced_by_the_channels_pace(bulk: bool) -> None:
    assert paced(10, *numbered(4, bulk=bulk)) == [("0", 0), ("1", 0.1), ("2", 0.2), ("3", 0.3)]


def test_a_chat_takes_one_a_second_and_keeps_back_no_other() -> None:
    went = paced(10, ("a", True), ("a", False), ("b", True), ("c", True))
    assert dict(went)["c"] <= 0.5
    first, second = (at for chat, at in went if chat == "a")
    assert second - first >= 1


def test_a_group_takes_twenty_a_minute() -> None:
    times = [at for _, at in paced(30, *[("-1", True)] * 45)]
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(times))
    assert all(times[number + 20] - times[number] >= 60 for number in range(25))
    assert times[-1] < 150


def test_a_reply_waits_for_no_bulk() -> None:
    went = dict(paced(10, *numbered(100, bulk=True), ("asker", False)))
    assert went["asker"] <= 0.2
    assert went["99"] == pytest.approx(10.0, abs=0.3)


def test_bulk_waits_for_all_replies() -> None:
    went = dict(paced(10, ("first", True), ("bulk", True), *numbered(30, bulk=False)))
    assert went["bulk"] > max(went[f"{number}"] for number in range(30))


@pytest.mark.parametrize("takes", [0.0, 0.05, 0.4, 3.0])
def test_the_platform_never_counts_too_many_in_a_second(takes: float) -> None:
    """It may count a request at any moment until it answers, each at another one."""
    draw = random.Random(takes)
    went = paced(
        30, *(item for number in range(60) for item in ((f"{number}a", True), (f"{number}b", False))), takes=takes
    )
    for _ in range(20):
        counted = sorted(at + draw.uniform(0, takes) for _, at in went)
        assert all(later - earlier > 0.999 for earlier, later in zip(counted, counted[30:], strict=False))


def test_the_pace_is_used_up_where_answers_are_quick() -> None:
    times = [at for _, at in paced(30, *numbered(900, bulk=True), takes=0.02)]
    assert 899 / times[-1] >= 0.95 * 30


def test_a_slow_server_is_not_overrun() -> None:
    async def work() -> int:
        pacer, under_way, most = Pacer(30, clock=virtual_time.now), 0, 0

        async def one(number: int) -> None:
            nonlocal under_way, most
            async with pacer.request(f"{number}", bulk=True):
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(60)
                under_way -= 1

        await asyncio.gather(*map(one, range(90)))
        return most

    assert virtual_time.run(work()) == 30


def test_a_pause_that_the_platform_asks_for_is_kept_also_by_those_that_waited_already() -> None:
    async def work() -> list[float]:
        pacer, went = Pacer(10, clock=virtual_time.now), list[float]()

        async def one(chat: str) -> None:
            async with pacer.request(chat, bulk=False):
                went.append(virtual_time.now())

        waits = [asyncio.create_task(one(chat)) for chat in "abc"]
        await asyncio.sleep(0.05)
        pacer.hold(7)
        await asyncio.gather(*waits)
        return went

    first, *others = virtual_time.run(work())
    assert first == 0
    assert all(at >= 7.05 for at in others)


def test_a_lifted_pace_lets_everything_through_at_once() -> None:
    assert {at for _, at in paced(0, *(("-1", True) for _ in range(50)))} == {0.0}


def test_the_chats_that_rest_are_known_and_forgotten() -> None:
    async def work() -> list[list[str]]:
        pacer = Pacer(30, clock=virtual_time.now)
        async with pacer.request("a", bulk=True):
            pass
        seen = [pacer.resting()]
        await asyncio.sleep(1.01)
        return [*seen, pacer.resting()]

    assert virtual_time.run(work()) == [["a"], []]


def test_less_than_one_a_second_is_a_pace_too() -> None:
    assert [at for _, at in paced(0.5, *numbered(3, bulk=True))] == [0, 2, 4]
