"""Looks whether the installation can do its work; it mends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.settings import Settings
from bot.wiring import CannotRun, open_database, require_current
from db import outbox, people, runs, zalo_tokens
from db.runs import RunInfo
from db.zalo_tokens import Pair
from handlers.rendering import ZONE
from knowledge import check
from knowledge.loader import KnowledgeError, load

_SHOWN_RUNS = 4
_RUN_NAMES = {"reminders": "lượt nhắc", "summaries": "bản tin tuần", runs.CLOCK: "đồng hồ"}


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
                counts, states = people.counts(db, datetime.now(UTC)), outbox.tally(db)
                pair = zalo_tokens.load(db, settings.zalo_oa_app_id or "")
                last_runs = [(run, runs.outcome(db, run)) for run in runs.last(db, _SHOWN_RUNS)]
    except CannotRun as error:
        return [Finding(name, False, str(error))]
    people_says = f"{counts['areas']} địa bàn, {counts['teams']} tổ, {counts['people']} người có vai trò"
    waiting, failed = states.get("queued", 0) + states.get("claimed", 0), states.get("failed", 0)
    return [
        Finding(name, True, f"mở được ({'SQLite' if database.is_sqlite else 'PostgreSQL'}), đúng phiên bản"),
        Finding("địa bàn", True, people_says),
        Finding("tin gửi đi", True, f"{waiting} đang chờ, {failed} không gửi được, {states.get('sent', 0)} đã gửi"),
        *(_run(run, outcome) for run, outcome in last_runs),
        *([] if settings.zalo_oa_app_id is None else [_zalo_oa(pair)]),
    ]


def _run(run: RunInfo, outcome: Mapping[str, int]) -> Finding:
    name = f"{_RUN_NAMES.get(run.kind, run.kind)} {run.due_at.astimezone(ZONE):%d/%m %H:%M}"
    if run.kind == runs.CLOCK:
        return Finding(name, True, f"đồng hồ máy bị chỉnh {run.error}")
    if run.error == runs.MISSED:
        return Finding(name, False, "không chạy (máy tắt hoặc mất kết nối)")
    if run.finished_at is None:
        return Finding(name, False, f"chưa xong, lỗi {run.error}" if run.error else "chưa xong")
    waiting = outcome.get("queued", 0) + outcome.get("claimed", 0)
    says = (
        f"dự kiến {run.expected}, xếp hàng {run.queued}, bỏ ra {sum(run.left_out.values())}; "
        f"đã gửi {outcome.get('sent', 0)}, không gửi được {outcome.get('failed', 0)}, "
        f"hết hạn {outcome.get('dropped', 0)}, đang chờ {waiting}"
    )
    return Finding(name, True, says)


def _channels(settings: Settings) -> Finding:
    connected = {
        "Telegram": settings.telegram_token,
        "Zalo Bot": settings.zalo_bot_token,
        "Zalo OA": settings.zalo_oa_app_id,
    }
    return Finding("kênh", True, ", ".join(["web", *(name for name, given in connected.items() if given)]))


def _zalo_oa(pair: Pair | None) -> Finding:
    name = "mã Zalo OA"
    if pair is None:
        return Finding(name, True, "chưa lấy lần nào")
    if pair.refused_at is not None:
        since = f"{pair.refused_at.astimezone(ZONE):%d/%m %H:%M}"
        return Finding(name, False, f"Zalo không nhận từ {since}, chạy `cnscd zalo consent-url` để cấp quyền lại")
    return Finding(name, True, f"đang dùng được, sẽ tự đổi trước {pair.expires_at.astimezone(ZONE):%d/%m %H:%M}")
