"""Turns templates into what the bot says, in one jinja2 environment strict about missing values; it decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from knowledge.masking import REPLACEMENTS
from knowledge.schema import Topic

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Everything shown to people is in this zone; Vietnam has no daylight saving time."""

_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_BLANK_LINES = re.compile(r"\n{3,}")


def render(template: str, **values: Any) -> str:
    """Return a template's text, without blank lines at its ends or in threes."""
    text = environment().get_template(f"{template}.j2").render(**values)
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip()


@cache
def environment() -> Environment:
    """Return the environment; plain text, so nothing is escaped."""
    env = Environment(
        loader=PackageLoader("handlers", "templates/vi"),
        auto_reload=False,  # or every message looks whether a file has changed
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - plain text on every channel, never HTML
    )
    env.filters.update(
        ngay=short_day,
        thu_ngay=weekday,
        thu=weekday_name,
        so=grouped,
        gio=clock,
        topic_title=topic_title,
        thoi_luong=duration,
        name_in=name_in,
        so_voi=compared,
        ky=period_name,
        secret_name=secret_name,
        goi=address,
    )
    return env


def short_day(day: date) -> str:
    """Return "14/12/2026"."""
    return f"{day.day}/{day.month}/{day.year}"


def weekday(day: date) -> str:
    """Return "thứ Hai 14/12/2026"."""
    return f"{_WEEKDAYS[day.weekday()]} {short_day(day)}"


def weekday_name(number: int) -> str:
    """Return 1 as "thứ Hai"."""
    return _WEEKDAYS[number - 1]


def grouped(number: int) -> str:
    """Return 1200 as "1.200"."""
    return f"{number:,}".replace(",", ".")


def clock(moment: datetime) -> str:
    """Return "07:30 ngày 14/12/2026" in Vietnam's time."""
    local = moment.astimezone(ZONE)
    return f"{local:%H:%M} ngày {short_day(local.date())}"


def duration(minutes: int) -> str:
    """Return 90 as "1 giờ 30 phút"."""
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} giờ" if hours else "", f"{rest} phút" if rest else "") if part)


def name_in(key: int, names: Mapping[int, str]) -> str:
    """Return the name that belongs to a number."""
    return names[key]


def topic_title(topic: str, topics: Mapping[str, Topic]) -> str:
    """Return what a topic is called."""
    return topics[topic].title


def compared(now: int, before: int) -> str:
    """Return a number set beside the one before: "tăng 3 so với kỳ trước"."""
    if now == before:
        return "bằng kỳ trước"
    return f"{'tăng' if now > before else 'giảm'} {grouped(abs(now - before))} so với kỳ trước là {grouped(before)}"


def secret_name(kind: str) -> str:
    """Return what a kind of masked number is called."""
    return REPLACEMENTS[kind].strip("[]")


def address(pronoun: str | None) -> str:
    """Return how to address somebody who has not said it, or has: bác, cô, chú, anh or chị."""
    return pronoun or "bác"


def period_name(period: str) -> str:
    """Return what people call a period: "2026-Q4" is "quý 4/2026", a week its days, a single day itself."""
    if len(period) == len("2026-12-14"):
        return f"ngày {short_day(date.fromisoformat(period))}"
    year, _, part = period.partition("-")
    if part.startswith("W"):
        monday = date.fromisocalendar(int(year), int(part[1:]), 1)
        sunday = monday + timedelta(days=6)
        return f"tuần {monday.day}/{monday.month}–{short_day(sunday)}"
    if not part:
        return f"năm {year}"
    if part.startswith("Q"):
        return f"quý {part[1:]}/{year}"
    if part.startswith("H"):
        return f"6 tháng {'đầu' if part == 'H1' else 'cuối'} năm {year}"
    return f"tháng {int(part)}/{year}"
