"""The settings from the environment or a `.env` file, checked once at the start; it opens nothing."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from contextlib import suppress
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from handlers.reminders.planning import is_within

PREFIX = "CNSCD_"
_ADDRESS = re.compile(r"https?://[^\s/?#@]+/?")
_SECRET_OF_HOOK = re.compile(r"[A-Za-z0-9_-]+")
_SITE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/?")
_STEPS = re.compile(r"([12]?\d|30)(,([12]?\d|30))*")
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class BadSettings(Exception):
    """Some settings are wrong; each line names the variable and what it should be."""


class Settings(BaseSettings):
    """Every setting, by its name without the prefix (docs/settings.md explains each)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str | None = None
    data_dir: Path = Path("data")
    demo: bool | None = None
    """None: on while there is no real data and no channel but the web."""
    secret_key: SecretStr | None = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    public_url: str | None = None
    trusted_proxies: str = "127.0.0.1,::1"
    """Whose word is taken on where a visitor comes from."""
    embed_origins: str = ""
    """Sites that may show the web chat in a frame, with commas between them."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    telegram_token: SecretStr | None = None
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_base_url: str = "https://api.telegram.org"
    telegram_proxy: str | None = None
    telegram_webhook_secret: SecretStr | None = Field(default=None, min_length=8, max_length=256)
    telegram_max_per_second: float = Field(default=30, ge=0)
    """0 lifts all pacing, for load tests."""
    zalo_bot_token: SecretStr | None = None
    zalo_bot_mode: Literal["polling", "webhook"] = "polling"
    zalo_bot_base_url: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_secret: SecretStr | None = Field(default=None, min_length=8, max_length=256)
    zalo_bot_name: str | None = None
    """What the bot is called in Zalo, as people see it in a group's mention."""
    zalo_bot_max_per_second: float = Field(default=5, ge=0)
    zalo_bot_monthly_messages: int = Field(default=3000, ge=0)
    """0 for no limit."""
    zalo_oa_app_id: str | None = None
    zalo_oa_app_secret: SecretStr | None = None
    zalo_oa_secret_key: SecretStr | None = None
    zalo_oa_refresh_token: SecretStr | None = None
    zalo_oa_base_url: str = "https://openapi.zalo.me"
    zalo_oa_oauth_url: str = "https://oauth.zaloapp.com"
    zalo_oa_max_per_second: float = Field(default=20, ge=0)
    zalo_oa_window_days: int = Field(default=7, ge=1)
    """How long after somebody wrote last the bot may write to them on its own account."""
    timezone: Literal["Asia/Ho_Chi_Minh"] = "Asia/Ho_Chi_Minh"
    reminder_time: time = time(7, 30)
    reminder_steps: str = "7,3,1,0"
    """Days before the advised day."""
    quiet_hours: str = Field(default="21:00-06:30", validate_default=True)
    messages_kept_days: int = Field(default=90, ge=7)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not _ADDRESS.fullmatch(value):
            raise ValueError("phải có dạng https://tro-ly.xa.vn, không có gì sau tên miền")
        return None if value is None else value.rstrip("/")

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _is_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _SECRET_OF_HOOK.fullmatch(value.get_secret_value()):
            raise ValueError("chỉ gồm chữ không dấu, số, gạch ngang và gạch dưới")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        try:
            for network in value.split(","):
                ip_network(network.strip())
        except ValueError:
            raise ValueError("phải là địa chỉ hay dải địa chỉ IP, như 127.0.0.1,172.16.0.0/12") from None
        return value

    @field_validator("embed_origins")
    @classmethod
    def _are_addresses(cls, value: str) -> str:
        if value and not all(_SITE.fullmatch(site) for site in value.split(",")):
            raise ValueError("phải là các địa chỉ dạng https://xa-thu.gov.vn, giữa chúng chỉ có dấu phẩy")
        return value

    @property
    def embedding_sites(self) -> list[str]:
        """The sites that may show the web chat in a frame."""
        return [site.rstrip("/") for site in self.embed_origins.split(",") if site]

    @field_validator("quiet_hours")
    @classmethod
    def _is_a_span(cls, value: str, info: ValidationInfo) -> str:
        if not _QUIET.fullmatch(value):
            raise ValueError("phải có dạng 21:00-06:30")
        reminder_time = info.data.get("reminder_time")
        if reminder_time is not None and is_within(reminder_time, *_span(value)):
            raise ValueError("không được trùm lên giờ nhắc (CNSCD_REMINDER_TIME)")
        return value

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'cnscd.sqlite').absolute()}"

    @field_validator("reminder_steps")
    @classmethod
    def _are_days(cls, value: str) -> str:
        if not _STEPS.fullmatch(value):
            raise ValueError("phải là các số ngày từ 0 đến 30, như 7,3,1,0")
        return value

    @property
    def steps_before(self) -> tuple[int, ...]:
        """How many days before the advised day those who must submit are reminded."""
        return tuple(int(days) for days in self.reminder_steps.split(","))

    @property
    def quiet(self) -> tuple[time, time]:
        """When quiet hours begin and end."""
        return _span(self.quiet_hours)

    @property
    def channel_tokens(self) -> list[str]:
        """The variables that are set and connect a channel on which real people write."""
        names = ("telegram_token", "zalo_bot_token", "zalo_oa_app_id")
        return [f"{PREFIX}{name}".upper() for name in names if getattr(self, name) is not None]

    def hook_secret(self, hook: str) -> str:
        """Return what proves that an event comes from a platform, where no secret of its own is set for it.

        Raises:
            BadSettings: see `secret`.
        """
        return hmac.new(self.secret().encode(), f"hook:{hook}".encode(), "sha256").hexdigest()

    def secret(self) -> str:
        """Return the secret key; made once and kept in `data_dir` if none is given.

        Raises:
            BadSettings: if it can neither be read nor made there.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        path = self.data_dir / "secret.key"
        try:
            if not path.exists():
                _make_secret(path)
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSettings(f"{PREFIX}DATA_DIR: không đọc hoặc ghi được {path} ({error.strerror})") from None


def _span(quiet_hours: str) -> tuple[time, time]:
    start, _, end = quiet_hours.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _make_secret(path: Path) -> None:
    """Put a new secret in its place whole, so that of several processes all read the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, encoding="utf-8") as file:  # its owner alone may read it
        file.write(secrets.token_urlsafe(32))
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)


def load_settings() -> Settings:
    """Read and check the settings.

    Raises:
        BadSettings: naming every unknown variable and every bad value; values are never repeated, they may be secrets.
    """
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    given = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    problems = [f"{name}: không có thiết lập này" for name in sorted(given - known) if name.startswith(PREFIX)]
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
        raise BadSettings("; ".join(problems)) from None
    if problems:
        raise BadSettings("; ".join(problems))
    return settings
