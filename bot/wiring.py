"""Puts the parts together, the only place that knows them all; it does none of their work."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from rich.console import Console

from bot import demonstration
from bot.channels.base import Channel
from bot.channels.telegram import BadTokenError, TelegramChannel
from bot.channels.web import WebGateway
from bot.delivery import Delivery
from bot.files import FileLock
from bot.inbox import Inbox, utc_now
from bot.leases import RENEW_EVERY, LeaseHolder
from bot.scheduler import start_ticking, tick
from bot.settings import Settings
from bot.web.server import WebServer
from db import leases, outbox, people
from db.engine import Database
from db.migrate import DatabaseTooNew, is_current, upgrade
from handlers.router import MENU
from handlers.turn import Rules
from knowledge.answering import Answerer
from knowledge.loader import load
from knowledge.working_days import WorkingDays, working_days

_log = structlog.get_logger(__name__)


class CannotRun(Exception):
    """The program cannot do what was asked; the text is one clear line for the person who runs it."""


@dataclass(frozen=True)
class Brain:
    """Everything that is built once and never changes."""

    answerer: Answerer
    calendar: WorkingDays
    rules: Rules


def open_database(settings: Settings, *, create_folder: bool = True) -> Database:
    """Open the configured database.

    Args:
        create_folder: Make the folder of an SQLite file.

    Raises:
        CannotRun: if its address cannot be used.
    """
    try:
        database = Database(settings.database)
    except Exception as error:
        raise CannotRun(f"CNSCD_DATABASE_URL: địa chỉ không dùng được ({type(error).__name__}).") from None
    if database.path is not None and create_folder:
        try:
            database.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotRun(f"Không tạo được thư mục {database.path.parent} ({error.strerror}).") from None
    return database


def migrate(database: Database) -> tuple[str | None, str]:
    """Bring the database to the code's revision.

    Raises:
        CannotRun: if it is newer than the code, or out of reach.
    """
    try:
        return upgrade(database)
    except DatabaseTooNew as error:
        raise CannotRun(
            f"Cơ sở dữ liệu đã ở phiên bản mới hơn chương trình ({error}). Hãy cài bản chương trình mới rồi chạy lại."
        ) from None
    except Exception as error:
        raise CannotRun(f"Không mở được cơ sở dữ liệu: {_reason(error)}") from None


def require_current(database: Database) -> None:
    """Make sure that a command other than `run` finds the tables as it expects them.

    Raises:
        CannotRun: if they are not.
    """
    try:
        current = is_current(database)
    except DatabaseTooNew as error:
        raise CannotRun(f"Cơ sở dữ liệu đã ở phiên bản mới hơn chương trình ({error}).") from None
    except Exception as error:
        raise CannotRun(f"Không mở được cơ sở dữ liệu: {_reason(error)}") from None
    if not current:
        raise CannotRun("Cơ sở dữ liệu chưa sẵn sàng: chạy `cnscd db upgrade` trước.")


def is_usable(database: Database) -> bool:
    """Tell whether a command that can do without the database may read it."""
    try:
        require_current(database)
    except CannotRun:
        return False
    return True


def think(settings: Settings) -> Brain:
    """Load the knowledge.

    Raises:
        knowledge.loader.KnowledgeError: naming every wrong file and entry.
    """
    quiet_from, quiet_to = settings.quiet
    rules = Rules(
        reminder_time=settings.reminder_time,
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        text_limits={TelegramChannel.name: TelegramChannel.text_limit},
    )
    return Brain(Answerer(load()), working_days(), rules)


def wants_demo(settings: Settings) -> bool:
    """Tell whether the demonstration may exist: never beside a channel on which real people write.

    Raises:
        CannotRun: if it is asked for beside such a channel.
    """
    has_channel = settings.telegram_token is not None
    if settings.demo and has_channel:
        raise CannotRun(
            "CNSCD_DEMO=1 không dùng chung với CNSCD_TELEGRAM_TOKEN: dữ liệu trình diễn không được lẫn người thật."
        )
    return not has_channel if settings.demo is None else settings.demo


def prepare_demo(database: Database, settings: Settings, now: datetime) -> bool:
    """Build or remove the demonstration as the settings and the data ask for; tell whether it exists now."""
    wanted = wants_demo(settings)
    with database.transaction() as db:
        done = demonstration.keep_up(db, now, wanted=wanted)
        if done:
            _log.info("demonstration", done=done)
        return people.has_demo_data(db)


@contextmanager
def sole_process(database: Database) -> Iterator[None]:
    """Hold an SQLite file for this process alone; PostgreSQL serves several.

    Raises:
        CannotRun: if another process holds it.
    """
    if database.path is None:
        yield
        return
    lock = FileLock(Path(f"{database.path}.lock"))
    if not lock.acquire():
        raise CannotRun(
            f"Đã có một `cnscd run` khác đang dùng {database.path}. "
            "Dừng tiến trình đó trước, hoặc dùng PostgreSQL để chạy nhiều tiến trình."
        )
    try:
        yield
    finally:
        lock.release()


def listening_socket(settings: Settings) -> socket.socket:
    """Open the web server's port.

    Raises:
        CannotRun: if it is in use or may not be opened.
    """
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
        listener.listen()  # now, since two processes may hold one port until the first of them listens
    except OSError:
        listener.close()
        raise CannotRun(
            f"Cổng {settings.http_host}:{settings.http_port} đang có chương trình khác dùng, hoặc không mở được. "
            "Đặt CNSCD_HTTP_PORT thành cổng khác."
        ) from None
    return listener


def run(settings: Settings, console: Console) -> None:
    """Serve every configured channel, the scheduler and delivery until told to stop.

    Raises:
        CannotRun: before anything is served.
    """
    wants_demo(settings)
    brain = think(settings)
    database = open_database(settings)
    with sole_process(database), listening_socket(settings) as listener:
        try:
            asyncio.run(_serve(settings, database, brain, listener, console))
        finally:
            database.close()


async def _serve(
    settings: Settings, database: Database, brain: Brain, listener: socket.socket, console: Console
) -> None:
    """Serve once everything is known to be in order; the database is touched last."""
    telegram = _telegram(settings)
    try:
        if telegram is not None:
            await telegram.start()
        migrate(database)
        if database.path is not None:
            with database.transaction() as db:  # nobody else can be alive on a locked SQLite file
                outbox.release_all(db)
                leases.release_all(db)
        demo = prepare_demo(database, settings, utc_now())
        await _Process(settings, database, brain, telegram, demo).serve(listener, console)
    except BadTokenError:
        raise CannotRun("CNSCD_TELEGRAM_TOKEN: Telegram không nhận mã này. Lấy lại mã từ @BotFather.") from None
    finally:
        if telegram is not None:
            await telegram.close()


class _Process:
    """One running process: its channels, its inbox, its way out, its leases."""

    def __init__(
        self, settings: Settings, database: Database, brain: Brain, telegram: TelegramChannel | None, demo: bool
    ) -> None:
        self._settings = settings
        self._database = database
        self._brain = brain
        self._demo = demo
        holder = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._telegram = telegram
        channels: dict[str, Channel] = {self._telegram.name: self._telegram} if self._telegram else {}
        self._work = LeaseHolder(database, "work", holder)
        self._polling = LeaseHolder(database, "poll:telegram", holder)
        self._delivery = Delivery(
            database,
            channels,
            holder=holder,
            per_second={TelegramChannel.name: settings.telegram_max_per_second},
            may_send_bulk=self._work.held,
        )
        # A page that has a public address is seen by others, even where the server itself listens on loopback.
        plays = demo and _is_loopback(settings.http_host) and settings.public_url is None
        self._web = WebGateway(
            database, lambda: self._inbox, self._problems, persons=demonstration.ROLES if plays else ()
        )
        self._inbox = Inbox(
            database,
            brain.answerer,
            brain.calendar,
            brain.rules,
            holder=holder,
            pushed=frozenset(channels),
            deliver=self._delivery.submit,
            stored=self._web.stored,
        )
        self._stop = asyncio.Event()

    async def serve(self, listener: socket.socket, console: Console) -> None:
        web = WebServer(self._web, secret_key=self._settings.secret())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._begin_to_stop, web)
        await asyncio.to_thread(self._renew)
        ticker = start_ticking(self._tick)
        self._announce(console, listener)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(web.serve(listener))
                group.create_task(self._delivery.run(self._stop))
                group.create_task(self._keep_leases())
                if self._telegram is not None:
                    group.create_task(self._poll(self._telegram))
        finally:
            await asyncio.to_thread(partial(ticker.shutdown, wait=True))
            await self._delivery.drain()
            for lease in (self._work, self._polling):
                await asyncio.to_thread(lease.release)

    def _begin_to_stop(self, web: WebServer) -> None:
        self._stop.set()
        self._web.wake_all()
        web.stop()

    async def _poll(self, channel: TelegramChannel) -> None:
        """Poll while holding the lease; another process takes over when this one dies."""
        unreadable = partial(self._inbox.unreadable, channel.name)
        while not self._stop.is_set():
            if self._polling.held():
                await channel.poll(self._inbox.receive, unreadable, self._stop, self._polling.held)
            else:
                await _sleep(self._stop, 1.0)

    async def _keep_leases(self) -> None:
        while not self._stop.is_set():
            await asyncio.to_thread(self._renew)
            await _sleep(self._stop, RENEW_EVERY)

    def _renew(self) -> None:
        for lease in (self._work, *((self._polling,) if self._telegram else ())):
            try:
                lease.renew()
            except Exception as error:
                _log.warning("lease_not_renewed", lease=lease.name, error=type(error).__name__)

    def _tick(self) -> None:
        if self._work.held():
            brain = self._brain
            tick(self._database, brain.answerer, brain.calendar, brain.rules, utc_now())

    def _problems(self) -> dict[str, str]:
        """Return what keeps this process from doing its work, by part."""
        try:
            with self._database.reading() as db:
                outbox.tally(db)
        except Exception as error:
            return {"database": type(error).__name__}
        return {}

    def _announce(self, console: Console, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        console.print(f"[bold]Trợ lý đang chạy:[/bold] http://{host}:{port}")
        if self._demo:
            console.print("Đang dùng dữ liệu trình diễn (không thật). Bắt đầu dùng thật: `cnscd invite --role admin`.")
        console.print(
            "Telegram: đang nối."
            if self._telegram
            else "Telegram: đặt CNSCD_TELEGRAM_TOKEN (lấy từ @BotFather) rồi chạy lại để nối."
        )
        console.print("Zalo: bản này chưa nối được Zalo; các thiết lập CNSCD_ZALO_… để dành cho bản sau.")


def _telegram(settings: Settings) -> TelegramChannel | None:
    if settings.telegram_token is None:
        return None
    if settings.telegram_mode != "polling":
        raise CannotRun("CNSCD_TELEGRAM_MODE: bản này chỉ nhận tin Telegram bằng polling.")
    return TelegramChannel(
        settings.telegram_token.get_secret_value(),
        settings.telegram_base_url,
        settings.telegram_proxy,
        commands=MENU,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def _reason(error: BaseException) -> str:
    """Return an error's first line, without the address it may quote."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
