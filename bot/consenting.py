"""Lets an administrator of a Zalo Official Account consent, by a page to open and a code to bring back; no channel."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx

from bot.channels import zalo_oa_tokens
from bot.channels.asking import ApiError, NotUnderstood
from bot.settings import Settings
from bot.wiring import CannotRun
from bot.wiring import zalo_oa_tokens as tokens_of
from db import zalo_tokens
from db.engine import Database


def url(settings: Settings, redirect: str | None) -> str:
    """Return the page to open.

    Args:
        redirect: The callback address that the application has registered; our own public address if none is given.

    Raises:
        CannotRun: if no application or no address is set.
    """
    back = redirect or settings.public_url
    if settings.zalo_oa_app_id is None:
        raise CannotRun("Chưa đặt CNSCD_ZALO_OA_APP_ID.")
    if back is None:
        raise CannotRun("Cần --redirect, địa chỉ callback đã khai ở developers.zalo.me, hoặc CNSCD_PUBLIC_URL.")
    return zalo_oa_tokens.consent_url(
        settings.zalo_oa_app_id, _verifier(settings, settings.zalo_oa_app_id), back, settings.zalo_oa_oauth_url
    )


def take(settings: Settings, database: Database, code: str) -> datetime:
    """Exchange the code for tokens and keep them; return when the first of them ends.

    Raises:
        CannotRun: if Zalo does not take the code, or cannot be reached.
    """
    if settings.zalo_oa_app_id is None:
        raise CannotRun("Chưa đặt CNSCD_ZALO_OA_APP_ID.")
    asyncio.run(_exchange(settings, database, code.strip(), _verifier(settings, settings.zalo_oa_app_id)))
    with database.reading() as db:
        pair = zalo_tokens.load(db, settings.zalo_oa_app_id)
    if pair is None:
        raise LookupError("the pair was kept a moment ago")
    return pair.expires_at


async def _exchange(settings: Settings, database: Database, code: str, verifier: str) -> None:
    tokens = tokens_of(settings, database)
    try:
        await tokens.consent(code, verifier)
    except ApiError as error:
        raise CannotRun(f"Zalo không nhận mã này (lỗi {error.code}). Chạy lại `cnscd zalo consent-url`.") from None
    except (httpx.HTTPError, NotUnderstood) as error:
        raise CannotRun(f"Không nối được tới {settings.zalo_oa_oauth_url} ({type(error).__name__}).") from None
    finally:
        await tokens.close()


def _verifier(settings: Settings, app_id: str) -> str:
    return zalo_oa_tokens.verifier(settings.secret(), app_id)
