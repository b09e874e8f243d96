"""The tokens of a Zalo Official Account: one pair for all processes, renewed by one of them at a time.

A refresh token works once, and a new access token ends the old one: a new pair is committed before anybody uses it, and
a renewal that has begun is never cut off. What it must not do: send messages, or tell people of what went wrong.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import httpx
import structlog

from bot.channels.asking import ApiError, NotUnderstood, name_of
from bot.channels.events import whole
from db import leases, zalo_tokens
from db.engine import Database, is_unavailable
from db.zalo_tokens import Pair

MARGIN = timedelta(minutes=10)
"""An access token is renewed this long before its end."""
WAITS_AT_MOST = 20.0
"""Seconds that somebody waits for a renewal, which itself goes on."""
ASKS_AGAIN_AFTER = 600.0
"""Seconds after a refusal: only a person can change that, or Zalo was wrong."""

_TTL = timedelta(seconds=150)
"""Of the lease under which one process renews; longer than its requests, of which there may be two."""
_GRACE = 60.0
"""Seconds that a renewal gets to end when the process stops."""
_LOOKS_EVERY = 0.2
_LASTS = timedelta(hours=25)
"""Of an access token, as documented, should an answer not say so."""
_PATH = "/v4/oa/access_token"

log = structlog.get_logger(__name__)


class ConsentNeeded(Exception):
    """Zalo takes no token of ours: somebody must consent anew."""


class NoToken(Exception):
    """There is no token now, but there may be one soon; the text says why by class names only."""


class AccessTokens:
    """Gives the access token that is good now.

    Args:
        given: A refresh token from the settings: the first one, and the one to try when the kept one is refused.
        oauth_url: Root of the server that renews.
    """

    def __init__(
        self,
        database: Database,
        app_id: str,
        app_secret: str,
        given: str | None = None,
        oauth_url: str = "https://oauth.zaloapp.com",
        *,
        request_timeout: float = 15.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._app_id = app_id
        self._app_secret = app_secret
        self._given = given
        self._url = f"{oauth_url.rstrip('/')}{_PATH}"
        self._http = httpx.AsyncClient(timeout=request_timeout)
        self._clock = clock
        self._lease = f"zalo_oa:{app_id[:40]}"
        self._holder = uuid.uuid4().hex
        self._kept: Pair | None = None
        self._renewing: asyncio.Task[str] | None = None
        self._refused_until = 0.0

    async def get(self, *, instead_of: str | None = None) -> str:
        """Return a good access token.

        Args:
            instead_of: One that Zalo has just refused.

        Raises:
            ConsentNeeded: A person must act.
            NoToken: It is worth another try.
        """
        if self._kept is not None and self._is_good(self._kept, instead_of):
            return self._kept.access_token
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renewed(instead_of))
        try:
            return await asyncio.wait_for(asyncio.shield(self._renewing), WAITS_AT_MOST)
        except ConsentNeeded:
            raise
        except Exception as error:
            raise NoToken(name_of(error)) from None

    async def consent(self, code: str, verifier: str) -> None:
        """Exchange what Zalo has given to a person who consented, and keep the new pair.

        Raises:
            ApiError: Zalo refuses the code.
            httpx.HTTPError, NotUnderstood: There is no answer of Zalo's.
        """
        # A renewal under way would write over the new pair.
        while not await asyncio.to_thread(self._acquire):  # noqa: ASYNC110 - it may be another process that renews
            await asyncio.sleep(_LOOKS_EVERY)
        try:
            form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
            await self._keep(await self._ask(form))
        finally:
            await asyncio.to_thread(self._release)

    async def close(self) -> None:
        """Let a renewal that has begun come to its end, and close the connections."""
        if self._renewing is not None:
            await asyncio.wait({self._renewing}, timeout=_GRACE)
            self._renewing.cancel()
        await self._http.aclose()

    def _is_good(self, pair: Pair, instead_of: str | None) -> bool:
        in_time = self._clock() < pair.expires_at - MARGIN
        return in_time and pair.access_token not in ("", instead_of) and pair.refused_at is None

    async def _renewed(self, instead_of: str | None) -> str:
        """Return what another process has renewed in the meantime, or renew under the lease."""
        while True:
            pair = await asyncio.to_thread(self._load)
            if pair is not None and self._is_good(pair, instead_of):
                self._kept = pair
                return pair.access_token
            if time.monotonic() < self._refused_until:
                raise ConsentNeeded
            if await asyncio.to_thread(self._acquire):
                break
            await asyncio.sleep(_LOOKS_EVERY)
        try:
            pair = await asyncio.to_thread(self._load)  # it may have changed before the lease was ours
            if pair is None or not self._is_good(pair, instead_of):
                pair = await self._refreshed(pair)
            self._kept = pair
            return pair.access_token
        finally:
            await asyncio.to_thread(self._release)

    async def _refreshed(self, pair: Pair | None) -> Pair:
        """Exchange a refresh token for a new pair, and keep it before anything is done with it."""
        kept = None if pair is None else pair.refresh_token
        for token in dict.fromkeys(token for token in (kept, self._given) if token):
            try:
                new = await self._ask({"grant_type": "refresh_token", "refresh_token": token})
            except ApiError as error:
                log.warning("zalo_oa_refresh_refused", code=error.code, given=token == self._given)
            else:
                await self._keep(new)
                log.info("zalo_oa_tokens_renewed", until=new.expires_at.isoformat())
                return new
        self._refused_until = time.monotonic() + ASKS_AGAIN_AFTER
        await asyncio.to_thread(self._note_refused)
        raise ConsentNeeded

    async def _ask(self, parameters: Mapping[str, str]) -> Pair:
        form = {"app_id": self._app_id, **parameters}
        asked = self._clock()
        response = await self._http.post(self._url, data=form, headers={"secret_key": self._app_secret})
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or response.status_code >= 500:
            raise NotUnderstood(f"HTTP {response.status_code}")
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if isinstance(access, str) and isinstance(refresh, str) and access and refresh:
            lasts = timedelta(seconds=whole(answer.get("expires_in"))) or _LASTS
            return Pair(access, refresh, asked + lasts)
        if "error" not in answer:
            raise NotUnderstood(f"HTTP {response.status_code}")
        raise ApiError(whole(answer["error"]), str(answer.get("error_name", ""))[:100])

    async def _keep(self, pair: Pair) -> None:
        """Commit a pair, however long the database is away: the old one is worth nothing any more."""

        def write() -> None:
            with self._database.transaction() as db:
                zalo_tokens.save(db, self._app_id, pair, self._clock())

        while True:
            try:
                return await asyncio.to_thread(write)
            except Exception as error:
                if not is_unavailable(error):
                    raise
                log.error("zalo_oa_tokens_not_stored", error=type(error).__name__)
                await asyncio.sleep(_LOOKS_EVERY)

    def _load(self) -> Pair | None:
        with self._database.reading() as db:
            return zalo_tokens.load(db, self._app_id)

    def _note_refused(self) -> None:
        with self._database.transaction() as db:
            zalo_tokens.note_refused(db, self._app_id, self._clock())

    def _acquire(self) -> bool:
        with self._database.transaction() as db:
            return leases.acquire(db, self._lease, self._holder, _TTL)

    def _release(self) -> None:
        with self._database.transaction() as db:
            leases.release(db, self._lease, self._holder)


def verifier(secret: str, app_id: str) -> str:
    """Return the PKCE verifier of an application: 43 letters and digits, the same each time.

    Zalo's documents speak of Base64 for the challenge, its users of Base64url: this one reads the same in both.
    """
    for number in itertools.count():
        made = hmac.new(secret.encode(), f"zalo-consent:{app_id}:{number}".encode(), "sha256").digest()
        candidate = _encoded(made)
        if candidate.isalnum() and challenge(candidate).isalnum():
            return candidate
    raise AssertionError  # the numbers do not end


def challenge(code_verifier: str) -> str:
    """Return what Zalo gets to see of the verifier while somebody consents."""
    return _encoded(hashlib.sha256(code_verifier.encode()).digest())


def consent_url(app_id: str, code_verifier: str, redirect_url: str, oauth_url: str) -> str:
    """Return the page on which an administrator of the Official Account consents."""
    asked = {"app_id": app_id, "redirect_uri": redirect_url, "code_challenge": challenge(code_verifier)}
    return f"{oauth_url.rstrip('/')}/v4/oa/permission?{urlencode(asked)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
