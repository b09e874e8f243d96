"""Puts the parts together, the only place that knows them all; it does none of their work."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import signal
import socket
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from rich.console import Console

from bot import demonstration
from bot.arrivals import LEFT_OVER, Arrivals
from bot.channels import telegram, zalo_bot, zalo_oa
from bot.channels.base import BadTokenError, Channel, Connected, Polled, Receive
from bot.channels.telegram import TelegramChannel, TelegramHook
from bot.channels.web import WebGateway
from bot.channels.zalo_bot import ZaloBotChannel, ZaloBotHook
from bot.channels.zalo_oa import ZaloOaChannel, ZaloOaHook
from bot.channels.zalo_oa_tokens import AccessTokens
from bot.delivery import Delivery
from bot.documents.calendar import calendar_file
from bot.files import FileLock
from bot.garbage import kept_to_the_end
from bot.inbox import Inbox, utc_now
from bot.leases import RENEW_EVERY, LeaseHolder
from bot.metrics import CONTENT_TYPE, Metrics
from bot.redirecting import Redirector
from bot.scheduler import ClockWatch, start_ticking, tick
from bot.settings import Settings
from bot.sharing import Company
from bot.web import files, hooks, metrics
from bot.web.server import WebServer
from db import files as kept_files
from db import leases, outbox, people
from db.engine import Database
from db.migrate import DatabaseTooNew, is_current, upgrade
from handlers.alarms import telling
from handlers.reminders.planning import in_quiet_hours
from handlers.router import MENU
from handlers.turn import Rules, Turn
from knowledge.answering import Answerer
from knowledge.loader import load
from knowledge.working_days import WorkingDays, working_days

CONFLICT_TOLD_AFTER = timedelta(minutes=3)
"""A process that takes over from another meets conflicts for some seconds, which need nobody's help."""

_log = structlog.get_logger(__name__)

_PLATFORMS = {
    TelegramChannel.name: ("Telegram", "CNSCD_TELEGRAM_TOKEN", "@BotFather"),
    ZaloBotChannel.name: ("Zalo Bot", "CNSCD_ZALO_BOT_TOKEN", "Zalo Bot Creator"),
    ZaloOaChannel.name: ("Zalo OA", "CNSCD_ZALO_OA_APP_ID", "developers.zalo.me"),
}
"""What a channel is called, what connects it, and where that is given out."""


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
        steps_before=settings.steps_before,
        text_limits={channel.name: channel.text_limit for channel in (TelegramChannel, ZaloBotChannel, ZaloOaChannel)},
        rooms={
            TelegramChannel.name: telegram.room,
            ZaloBotChannel.name: partial(zalo_bot.room, settings.public_url),
            ZaloOaChannel.name: partial(zalo_oa.room, settings.public_url),
        },
        monthly_limits={"zalo_bot": settings.zalo_bot_monthly_messages} if settings.zalo_bot_monthly_messages else {},
        windows={ZaloOaChannel.name: timedelta(days=settings.zalo_oa_window_days)},
        draw_calendar=calendar_file,
    )
    with kept_to_the_end():
        return Brain(Answerer(load()), working_days(), rules)


def wants_demo(settings: Settings) -> bool:
    """Tell whether the demonstration may exist: never beside a channel on which real people write.

    Raises:
        CannotRun: if it is asked for beside such a channel.
    """
    tokens = settings.channel_tokens
    if settings.demo and tokens:
        raise CannotRun(
            f"CNSCD_DEMO=1 không dùng chung với {', '.join(tokens)}: dữ liệu trình diễn không được lẫn người thật."
        )
    return not tokens if settings.demo is None else settings.demo


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
    possible = (_telegram(settings), _zalo_bot(settings), _zalo_oa(settings, database, brain))
    channels: list[Connected] = [channel for channel in possible if channel is not None]
    try:
        for channel in channels:
            await _start(channel)
        links = {channel.name: channel.join_link() for channel in channels if isinstance(channel, TelegramChannel)}
        known = {name: link for name, link in links.items() if link is not None}
        rules = replace(brain.rules, join_link=next(iter(known.values()), None), start_links=known)
        brain = replace(brain, rules=rules)
        migrate(database)
        if database.path is not None:
            with database.transaction() as db:  # nobody else can be alive on a locked SQLite file
                outbox.take_back_all(db, utc_now())
                leases.release_all(db)
        demo = prepare_demo(database, settings, utc_now())
        gc.collect()
        gc.freeze()  # what starting has left too: going through it would hold up a message now and then
        await _Process(settings, database, brain, channels, demo).serve(listener, console)
    finally:
        for channel in channels:
            await channel.close()


async def _start(channel: Connected) -> None:
    try:
        await channel.start()
    except BadTokenError:
        title, variable, source = _PLATFORMS[channel.name]
        raise CannotRun(f"{variable}: {title} không nhận mã này. Lấy lại mã từ {source}.") from None


class _Process:
    """One running process: its channels, its inbox, its way out, its leases."""

    def __init__(
        self, settings: Settings, database: Database, brain: Brain, connected: Sequence[Connected], demo: bool
    ) -> None:
        self._settings = settings
        self._database = database
        self._brain = brain
        self._demo = demo
        holder = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._connected = connected
        channels: dict[str, Channel] = {channel.name: channel for channel in connected}
        self._company = Company(database, holder)
        self._work = LeaseHolder(database, "work", holder)
        modes = {TelegramChannel.name: settings.telegram_mode, ZaloBotChannel.name: settings.zalo_bot_mode}
        self._polling = {
            name: LeaseHolder(database, f"poll:{name}", holder) for name in channels if modes.get(name) == "polling"
        }
        self._metrics = Metrics()
        self._delivery = Delivery(
            database,
            channels,
            holder=holder,
            per_second={
                TelegramChannel.name: settings.telegram_max_per_second,
                ZaloBotChannel.name: settings.zalo_bot_max_per_second,
                ZaloOaChannel.name: settings.zalo_oa_max_per_second,
            },
            monthly=brain.rules.monthly_limits,
            may_send_bulk=self._work.held,
            is_alive=self._company.heartbeat.held,
            part=lambda: self._company.part(leads=self._work.held()),
            is_quiet=partial(in_quiet_hours, rules=brain.rules),
            redirect=Redirector(brain.answerer, brain.calendar, brain.rules),
            metrics=self._metrics,
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
            unsure=self._delivery.be_unsure,
            stored=self._web.stored,
            metrics=self._metrics,
        )
        # Zalo hands each event out only once.
        self._arrivals = {
            name: Arrivals(database, name, self._inbox.receive) for name in channels if name == ZaloBotChannel.name
        }
        self._clock_watch = ClockWatch()
        self._stop = asyncio.Event()

    async def serve(self, listener: socket.socket, console: Console) -> None:
        settings = self._settings
        token = None if settings.metrics_token is None else settings.metrics_token.get_secret_value()
        numbers = metrics.routes(token, CONTENT_TYPE, self._numbers)
        web = WebServer(
            self._web,
            secret_key=settings.secret(),
            https_only=(settings.public_url or "").startswith("https://"),
            embed_origins=settings.embedding_sites,
            more=[*hooks.routes(self._hooks()), *files.routes(self._file), *numbers],
            trusted_proxies=settings.trusted_proxies,
        )
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
                for channel in self._connected:
                    group.create_task(self._listen(channel))
        finally:
            await asyncio.to_thread(partial(ticker.shutdown, wait=True))
            for arrivals in self._arrivals.values():
                await arrivals.drain()
            await self._delivery.drain()
            await asyncio.to_thread(self._release)

    def _begin_to_stop(self, web: WebServer) -> None:
        self._stop.set()
        self._web.wake_all()
        web.stop()

    async def _listen(self, channel: Connected) -> None:
        """Take up what was left of an earlier run, then let the platform's events come in."""
        async with asyncio.TaskGroup() as group:
            if channel.name in self._arrivals:
                await self._take_up(self._arrivals[channel.name], timedelta(0))
                group.create_task(self._keep_taking_up(self._arrivals[channel.name]))
            if isinstance(channel, ZaloOaChannel):
                group.create_task(channel.keep_tokens(self._stop))
            elif isinstance(channel, TelegramChannel | ZaloBotChannel) and channel.name in self._polling:
                group.create_task(self._poll(channel, self._polling[channel.name]))
            elif isinstance(channel, TelegramChannel):
                url = f"{self._settings.public_url}/hooks/{telegram.HOOK}"
                group.create_task(channel.keep_webhook(url, self._telegram_secret(), self._stop))
            elif isinstance(channel, ZaloBotChannel):
                url = f"{self._settings.public_url}/hooks/{zalo_bot.HOOK}"
                group.create_task(channel.keep_webhook(url, self._zalo_bot_secret(), self._stop))

    async def _poll(self, channel: Polled, lease: LeaseHolder) -> None:
        """Poll while holding the lease; another process takes over when this one dies."""
        unreadable = partial(self._inbox.unreadable, channel.name)
        while not self._stop.is_set():
            if lease.held():
                await channel.poll(self._receive(channel), unreadable, self._stop, lease.held)
            else:
                await _sleep(self._stop, 1.0)

    def _receive(self, channel: Channel) -> Receive:
        arrivals = self._arrivals.get(channel.name)
        return self._inbox.receive if arrivals is None else arrivals.receive

    async def _keep_taking_up(self, arrivals: Arrivals) -> None:
        """Handle what another process, or a database that was away, has left behind."""
        while not self._stop.is_set():
            await _sleep(self._stop, LEFT_OVER.total_seconds())
            if self._work.held() and not self._stop.is_set():
                await self._take_up(arrivals, LEFT_OVER)

    async def _take_up(self, arrivals: Arrivals, older_than: timedelta) -> None:
        try:
            await arrivals.take_up(older_than)
        except Exception as error:
            _log.warning("arrivals_out_of_reach", error=type(error).__name__)

    def _hooks(self) -> list[hooks.Hook]:
        """Return the ways in of the channels to which events are brought."""
        found: list[hooks.Hook] = []
        for channel in self._connected:
            if channel.name in self._polling:
                continue
            receive, unreadable = self._receive(channel), partial(self._inbox.unreadable, channel.name)
            if isinstance(channel, TelegramChannel):
                found.append(TelegramHook(channel, self._telegram_secret(), receive, unreadable))
            elif isinstance(channel, ZaloBotChannel):
                found.append(ZaloBotHook(channel, self._zalo_bot_secret(), receive, unreadable))
            elif isinstance(channel, ZaloOaChannel):
                app_id, _, secret_key = _zalo_oa_keys(self._settings)
                found.append(ZaloOaHook(channel, app_id, secret_key, receive, unreadable))
        return found

    def _telegram_secret(self) -> str:
        given = self._settings.telegram_webhook_secret
        return self._settings.hook_secret(telegram.HOOK) if given is None else given.get_secret_value()

    def _zalo_bot_secret(self) -> str:
        given = self._settings.zalo_bot_secret
        return self._settings.hook_secret(zalo_bot.HOOK) if given is None else given.get_secret_value()

    def _file(self, token: str) -> kept_files.File | None:
        with self._database.reading() as db:
            return kept_files.get(db, token, utc_now())

    async def _keep_leases(self) -> None:
        while not self._stop.is_set():
            await asyncio.to_thread(self._renew)
            await _sleep(self._stop, RENEW_EVERY)

    def _renew(self) -> None:
        renewals = {self._company.name: self._company.renew}
        renewals |= {lease.name: lease.renew for lease in (self._work, *self._polling.values())}
        for name, renew in renewals.items():
            try:
                renew()
            except Exception as error:
                _log.warning("lease_not_renewed", lease=name, error=type(error).__name__)

    def _release(self) -> None:
        for lease in (*self._polling.values(), self._work, self._company.heartbeat):
            try:
                lease.release()
            except Exception as error:  # it ends by itself
                _log.warning("lease_not_released", lease=lease.name, error=type(error).__name__)

    def _tick(self) -> None:
        brain, now = self._brain, utc_now()
        self._tell_of_conflicts(brain, now)
        if self._work.held():
            self._clock_watch.look(self._database, now)
            kept = timedelta(days=self._settings.messages_kept_days)
            tick(self._database, brain.answerer, brain.calendar, brain.rules, now, messages_kept=kept)
            self._metrics.ticked(now.timestamp())

    def _tell_of_conflicts(self, brain: Brain, now: datetime) -> None:
        """Tell the administrators when another program takes Telegram's messages away for minutes."""
        for channel in self._connected:
            if isinstance(channel, TelegramChannel) and channel.in_conflict_for >= CONFLICT_TOLD_AFTER:
                with self._database.transaction() as db:
                    telling.conflict(Turn(db, now, brain.answerer, brain.calendar, brain.rules), "Telegram")

    def _numbers(self) -> bytes:
        held = {lease.name: lease.held() for lease in (self._work, *self._polling.values())}
        with self._database.reading() as db:
            return self._metrics.page(outbox.tally(db), held)

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
        names = {channel.name for channel in self._connected}
        for name, (title, variable, source) in _PLATFORMS.items():
            console.print(
                f"{title}: đang nối."
                if name in names
                else f"{title}: đặt {variable} (lấy từ {source}) rồi chạy lại để nối."
            )


def _telegram(settings: Settings) -> TelegramChannel | None:
    if settings.telegram_token is None:
        return None
    if settings.telegram_mode == "webhook" and settings.public_url is None:
        raise CannotRun("CNSCD_TELEGRAM_MODE=webhook cần CNSCD_PUBLIC_URL, địa chỉ https mà Telegram gọi tới được.")
    return TelegramChannel(
        settings.telegram_token.get_secret_value(),
        settings.telegram_base_url,
        settings.telegram_proxy,
        commands=MENU,
    )


def _zalo_bot(settings: Settings) -> ZaloBotChannel | None:
    if settings.zalo_bot_token is None:
        return None
    if settings.zalo_bot_mode == "webhook" and settings.public_url is None:
        raise CannotRun("CNSCD_ZALO_BOT_MODE=webhook cần CNSCD_PUBLIC_URL, địa chỉ https mà Zalo gọi tới được.")
    return ZaloBotChannel(
        settings.zalo_bot_token.get_secret_value(),
        settings.zalo_bot_base_url,
        public_url=settings.public_url,
        shown_name=settings.zalo_bot_name,
    )


def _zalo_oa(settings: Settings, database: Database, brain: Brain) -> ZaloOaChannel | None:
    if settings.zalo_oa_app_id is None:
        return None

    async def tell(what: str) -> None:
        await asyncio.to_thread(_tell_of_trouble, database, brain, _PLATFORMS[ZaloOaChannel.name][0], what)

    return ZaloOaChannel(
        zalo_oa_tokens(settings, database),
        settings.zalo_oa_base_url,
        trouble=tell,
        public_url=settings.public_url,
    )


def zalo_oa_tokens(settings: Settings, database: Database) -> AccessTokens:
    """Return what keeps the tokens of the Official Account.

    Raises:
        CannotRun: if a key of its application is missing.
    """
    app_id, app_secret, _ = _zalo_oa_keys(settings)
    given = settings.zalo_oa_refresh_token
    return AccessTokens(
        database,
        app_id,
        app_secret,
        None if given is None else given.get_secret_value(),
        settings.zalo_oa_oauth_url,
    )


def _zalo_oa_keys(settings: Settings) -> tuple[str, str, str]:
    """Return the application's id and secret, and the key that signs events."""
    app_id, app_secret, key = settings.zalo_oa_app_id, settings.zalo_oa_app_secret, settings.zalo_oa_secret_key
    if app_id is None or app_secret is None or key is None:
        raise CannotRun(
            "Zalo OA cần đủ ba thiết lập CNSCD_ZALO_OA_APP_ID, CNSCD_ZALO_OA_APP_SECRET và CNSCD_ZALO_OA_SECRET_KEY."
        )
    return app_id, app_secret.get_secret_value(), key.get_secret_value()


def _tell_of_trouble(database: Database, brain: Brain, channel: str, what: str) -> None:
    with database.transaction() as db:
        turn = Turn(db, utc_now(), brain.answerer, brain.calendar, brain.rules)
        telling.channel_trouble(turn, channel, what)


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
