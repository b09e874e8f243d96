"""The same people in front of every channel: what they say and choose, what their screens show; it judges nothing."""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.channels import telegram, zalo_bot, zalo_oa
from bot.channels.base import Connected, Receive, UnreadableEvent
from bot.channels.telegram import TelegramChannel
from bot.channels.web import CHANNEL as WEB
from bot.channels.zalo_bot import ZaloBotChannel
from bot.channels.zalo_oa import ZaloOaChannel, ZaloOaHook
from bot.channels.zalo_oa_tokens import AccessTokens
from bot.web.hooks import Hook
from db.engine import Database
from handlers.turn import Room
from tests.support.clock import Clock
from tests.support.fake_phones import FakePhones, Seen
from tests.support.fake_telegram import FakeTelegram
from tests.support.fake_zalo import FakeZalo
from tests.support.fake_zalo_oa import APP_ID, APP_SECRET, SECRET_KEY, FakeZaloOa
from tests.support.waiting import PATIENCE

PUBLIC = "http://bot.test"
_CHOICE = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_WORDS = re.compile(r"Bác nhắn (?:chữ|một trong các chữ sau) để chọn: (.+)$")
_FILE = re.compile(r"/files/([\w-]{43})/")


Poll = Coroutine[Any, Any, None]


@dataclass(frozen=True)
class Shown:
    """One message of the bot on somebody's screen.

    Attributes:
        labels: What can be chosen, in reading order.
        file: What came with it: its content, or the token that it is fetched by.
    """

    text: str
    labels: tuple[str, ...] = ()
    file: bytes | str | None = None


class Door(ABC):
    """One channel, its platform, and the people in front of it, who are known by name."""

    name: str
    text_limit = 0
    room: Room | None = None
    is_pushed = True
    """False where people fetch what is said to them."""
    replaces = True
    """Whether a message that is replaced leaves the screen."""
    tells_of_blocks = False
    """Whether the platform says at once that somebody has blocked the bot."""
    hands_out_once = False
    """Whether an event that was lost after it was fetched never comes again."""

    def connect(self, _database: Database, _clock: Clock) -> Connected | None:
        """Return the channel anew, as after a start; None where nothing is pushed."""
        return None

    def poll(self, _receive: Receive, _unreadable: UnreadableEvent, _stop: asyncio.Event) -> Poll | None:
        """Return the loop of the channel connected last that asks for what has arrived; None where nothing does."""
        return None

    def hook(self, _receive: Receive, _unreadable: UnreadableEvent) -> Hook | None:
        """Return the way in of the channel connected last, where events are brought; None where it polls."""
        return None

    def blocks(self, person: str) -> None:
        """Let somebody block the bot, where that can be done."""
        raise NotImplementedError

    def throttles_next(self) -> None:
        """Let the platform refuse the next message: there were too many."""
        raise NotImplementedError

    def swallows_next_answer(self) -> None:
        """Let the platform take the next message and cut the connection before it says so."""
        raise NotImplementedError

    def serve(self, app: Starlette) -> None:
        """Take the program's HTTP application, as after a start, where people or the platform come to it."""
        return

    @abstractmethod
    async def close(self) -> None:
        """Close the platform, and what people hold open."""

    @abstractmethod
    async def says(self, person: str, text: str, *, times: int = 1) -> None:
        """Let somebody write, and let it be brought so many times."""

    @abstractmethod
    async def chooses(self, person: str, label: str) -> None:
        """Let somebody choose what the newest message with this label offers."""

    @abstractmethod
    async def screen(self, person: str) -> list[Shown]:
        """Return what the bot's side of somebody's screen shows."""


class TelegramDoor(Door):
    """Telegram, polled."""

    name = telegram.NAME
    tells_of_blocks = True
    text_limit = TelegramChannel.text_limit
    room = staticmethod(telegram.room)

    def __init__(self) -> None:
        self.platform = FakeTelegram().start()
        self._chats: dict[str, int] = {}

    def connect(self, _database: Database, _clock: Clock) -> TelegramChannel:
        self._channel = TelegramChannel(
            self.platform.token, self.platform.url, poll_timeout=5, request_timeout=PATIENCE
        )
        return self._channel

    def poll(self, receive: Receive, unreadable: UnreadableEvent, stop: asyncio.Event) -> Poll:
        return self._channel.poll(receive, unreadable, stop)

    async def close(self) -> None:
        self.platform.close()

    async def says(self, person: str, text: str, *, times: int = 1) -> None:
        self.platform.user_says(self.chat(person), text)
        for _ in range(times - 1):
            self.platform.bring_again()

    async def chooses(self, person: str, label: str) -> None:
        self.platform.user_presses(self.chat(person), label)

    async def screen(self, person: str) -> list[Shown]:
        seen = self.platform.replies(self.chat(person))
        return [Shown(one.text, tuple(one.labels), one.file and one.file[1]) for one in seen]

    def blocks(self, person: str) -> None:
        self.platform.block(self.chat(person))

    def throttles_next(self) -> None:
        self.platform.fail_next("sendMessage", 429, "Too Many Requests: retry after 2", retry_after=2)

    def swallows_next_answer(self) -> None:
        self.platform.drop_next("sendMessage")

    def chat(self, person: str) -> int:
        """Return a person's id there."""
        return self._chats.setdefault(person, 1001 + len(self._chats))


class ZaloBotDoor(Door):
    """The Zalo Bot Platform, polled: choices are numbers, files are addresses."""

    name = zalo_bot.NAME
    text_limit = ZaloBotChannel.text_limit
    room = partial(zalo_bot.room, PUBLIC)
    replaces = False
    hands_out_once = True

    def __init__(self) -> None:
        self.platform = FakeZalo().start()

    def connect(self, _database: Database, _clock: Clock) -> ZaloBotChannel:
        self._channel = ZaloBotChannel(
            self.platform.token, self.platform.url, public_url=PUBLIC, request_timeout=PATIENCE
        )
        return self._channel

    def poll(self, receive: Receive, unreadable: UnreadableEvent, stop: asyncio.Event) -> Poll:
        return self._channel.poll(receive, unreadable, stop)

    async def close(self) -> None:
        self.platform.close()

    async def says(self, person: str, text: str, *, times: int = 1) -> None:
        self.platform.user_says(self.chat(person), text, times=times)

    async def chooses(self, person: str, label: str) -> None:
        await self.says(person, _typed(await self.screen(person), label))

    async def screen(self, person: str) -> list[Shown]:
        return _written_out(self.platform, self.chat(person))

    def blocks(self, person: str) -> None:
        self.platform.block(self.chat(person))

    def throttles_next(self) -> None:
        self.platform.fail_next("sendMessage", 429, "Too many requests")

    def swallows_next_answer(self) -> None:
        self.platform.drop_next("sendMessage")

    def chat(self, person: str) -> str:
        """Return a person's id there."""
        return f"zalo-{person}"


class ZaloOaDoor(Door):
    """A Zalo Official Account, which brings signed events: few choices are buttons, many are numbers."""

    name = zalo_oa.NAME
    text_limit = ZaloOaChannel.text_limit
    room = partial(zalo_oa.room, PUBLIC)
    replaces = False

    def __init__(self) -> None:
        self.platform = _ByHand().start()
        self._first_token = self.platform.refresh_token
        self._channel: ZaloOaChannel | None = None
        self._app: Starlette | None = None

    def connect(self, database: Database, clock: Clock) -> ZaloOaChannel:
        tokens = AccessTokens(database, APP_ID, APP_SECRET, self._first_token, self.platform.url, clock=clock)
        self._channel = ZaloOaChannel(
            tokens, self.platform.url, trouble=_untold, public_url=PUBLIC, request_timeout=PATIENCE, clock=clock
        )
        return self._channel

    def hook(self, receive: Receive, unreadable: UnreadableEvent) -> Hook:
        assert self._channel is not None, "not connected"
        return ZaloOaHook(self._channel, APP_ID, SECRET_KEY, receive, unreadable)

    def serve(self, app: Starlette) -> None:
        self._app = app

    async def close(self) -> None:
        self.platform.close()

    async def says(self, person: str, text: str, *, times: int = 1) -> None:
        self.platform.user_says(self.chat(person), text, times=times)
        await self._bring()

    async def chooses(self, person: str, label: str) -> None:
        shown = await self.screen(person)
        pressed = any(label == title for seen in self._replies(person) for title, _ in seen.buttons)
        if not pressed:
            return await self.says(person, _typed(shown, label))
        self.platform.user_presses(self.chat(person), label)
        return await self._bring()

    async def screen(self, person: str) -> list[Shown]:
        written = _written_out(self.platform, self.chat(person))
        titles = [tuple(title for title, _ in seen.buttons) for seen in self._replies(person)]
        return [Shown(one.text, of_one or one.labels, one.file) for one, of_one in zip(written, titles, strict=True)]

    def blocks(self, person: str) -> None:
        self.platform.block(self.chat(person))

    def throttles_next(self) -> None:
        self.platform.fail_next("cs", -32, "Your app's request limit has been exceeded")

    def swallows_next_answer(self) -> None:
        self.platform.drop_next("cs")

    def chat(self, person: str) -> str:
        """Return a person's id there."""
        return f"oa-{person}"

    def _replies(self, person: str) -> list[Seen]:
        return self.platform.replies(self.chat(person))

    async def _bring(self) -> None:
        assert self._app is not None, "not served"
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as zalo:
            for body, headers in self.platform.waiting:
                answer = await zalo.post(f"/hooks/{zalo_oa.HOOK}", content=body, headers=headers)
                assert answer.status_code == 200, answer.text
        self.platform.waiting.clear()


class _ByHand(FakeZaloOa):
    """Keeps its events, to be brought without a port of the program's."""

    def __init__(self) -> None:
        super().__init__(hook="by hand")
        self.waiting: list[tuple[bytes, dict[str, str]]] = []

    def bring(self, url: str, body: bytes, headers: Mapping[str, str]) -> int | None:
        self.waiting.append((body, dict(headers)))
        return 200


async def _untold(_what: str) -> None:
    raise AssertionError("the account is in trouble")


class WebDoor(Door):
    """The web chat: a browser a person, without the page's script."""

    name = WEB
    is_pushed = False

    def __init__(self) -> None:
        self._browsers: dict[str, httpx.AsyncClient] = {}
        self._cookies: defaultdict[str, httpx.Cookies] = defaultdict(httpx.Cookies)
        self._app: Starlette | None = None
        self._sent = 0

    def serve(self, app: Starlette) -> None:
        self._app = app
        for person, browser in self._browsers.items():
            self._cookies[person] = browser.cookies
        self._browsers = {}

    async def close(self) -> None:
        for browser in self._browsers.values():
            await browser.aclose()

    async def says(self, person: str, text: str, *, times: int = 1) -> None:
        await self._post(person, times, text=text)

    async def chooses(self, person: str, label: str) -> None:
        for message in reversed(await self._messages(person)):
            for button in (button for row in message["buttons"] for button in row if button["label"] == label):
                return await self._post(person, 1, button=button["action"], under=message["id"])
        raise LookupError(f"no button {label!r} for {person}")

    async def screen(self, person: str) -> list[Shown]:
        shown = []
        for message in await self._messages(person):
            labels = tuple(button["label"] for row in message["buttons"] for button in row)
            token = _FILE.search(message["file"]["path"]) if "file" in message else None
            shown.append(Shown(message["text"], labels, token and token[1]))
        return shown

    async def _post(self, person: str, times: int, **content: Any) -> None:
        self._sent += 1
        for _ in range(times):
            answer = await self._browser(person).post("/api/messages", json={"id": str(self._sent), **content})
            assert answer.status_code == 202, answer.text

    async def _messages(self, person: str) -> list[dict[str, Any]]:
        """Return what the page would show: what was replaced is gone."""
        answer = await self._browser(person).get("/api/messages?recent=1")
        messages: list[dict[str, Any]] = answer.json()["messages"]
        gone = {message.get("replaces") for message in messages}
        return [message for message in messages if message["id"] not in gone]

    def _browser(self, person: str) -> httpx.AsyncClient:
        if person not in self._browsers:
            assert self._app is not None, "not served"
            transport = httpx.ASGITransport(app=self._app)
            self._browsers[person] = httpx.AsyncClient(
                transport=transport, base_url=PUBLIC, cookies=self._cookies[person]
            )
        return self._browsers[person]


DOORS: tuple[type[Door], ...] = (TelegramDoor, ZaloBotDoor, ZaloOaDoor, WebDoor)
"""Every channel."""


def _written_out(platform: FakePhones, chat: str) -> list[Shown]:
    """Return messages on which choices are numbered lines, and files addresses."""
    shown = []
    for seen in platform.replies(chat):
        labels = tuple(_numbered(seen.text).values()) or _worded(seen.text)
        token = _FILE.search(seen.picture or seen.text)
        shown.append(Shown(seen.text, labels, token and token[1]))
    return shown


def _numbered(text: str) -> dict[str, str]:
    """Return the choices of a message by their numbers."""
    _, _, lines = text.partition("Bác nhắn số để chọn:\n")
    return dict(_CHOICE.findall(lines))


def _worded(text: str) -> tuple[str, ...]:
    """Return the choices of a message that has no numbers."""
    found = _WORDS.search(text)
    return () if found is None else tuple(found[1].split(" · "))


def _typed(shown: list[Shown], label: str) -> str:
    """Return what is typed to choose a label of the newest message that offers it: its number, else its words."""
    for message in reversed(shown):
        if label in message.labels:
            return next((number for number, of_it in _numbered(message.text).items() if of_it == label), label)
    raise LookupError(f"no choice {label!r}; there are {[message.labels for message in shown]}")
