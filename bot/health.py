"""Looks whether the installation can do its work; it mends nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.settings import Settings
from bot.wiring import CannotRun, open_database, require_current
from db import outbox, people
from knowledge import check
from knowledge.loader import KnowledgeError, load


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    says: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that can be looked at without changing anything."""
    return [_knowledge(), *_database(settings), _channels(settings)]


def _knowledge() -> Finding:
    try:
        problems = check.problems(load(), datetime.now(UTC).date())
    except KnowledgeError as error:
        problems = error.problems
    says = f"{len(problems)} chỗ cần sửa, chạy `cnscd kb check`" if problems else "không có lỗi"
    return Finding("kho kiến thức", not problems, says)


def _database(settings: Settings) -> list[Finding]:
    name = "cơ sở dữ liệu"
    try:
        with closing(open_database(settings, create_folder=False)) as database:
            if database.path is not None and not database.path.exists():
                return [Finding(name, False, "chưa có, chạy `cnscd run` hoặc `cnscd db upgrade`")]
            require_current(database)
            with database.reading() as db:
                counts, states = people.counts(db), outbox.tally(db)
    except CannotRun as error:
        return [Finding(name, False, str(error))]
    people_says = f"{counts['areas']} địa bàn, {counts['teams']} tổ, {counts['people']} người có vai trò"
    waiting, failed = states.get("queued", 0) + states.get("claimed", 0), states.get("failed", 0)
    return [
        Finding(name, True, f"mở được ({'SQLite' if database.is_sqlite else 'PostgreSQL'}), đúng phiên bản"),
        Finding("địa bàn", True, people_says),
        Finding("tin gửi đi", True, f"{waiting} đang chờ, {failed} không gửi được, {states.get('sent', 0)} đã gửi"),
    ]


def _channels(settings: Settings) -> Finding:
    on = ["web", *(["Telegram"] if settings.telegram_token else [])]
    return Finding("kênh", True, ", ".join(on))
