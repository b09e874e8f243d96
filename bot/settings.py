"""The settings from the environment or a `.env` file, checked once at the start; it opens nothing."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from datetime import time
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CNSCD_"
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
    trusted_proxies: str = ""
    telegram_token: SecretStr | None = None
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_base_url: str = "https://api.telegram.org"
    telegram_proxy: str | None = None
    telegram_webhook_secret: SecretStr | None = None
    telegram_max_per_second: float = Field(default=30, ge=0)
    """0 lifts all pacing, for load tests."""
    zalo_bot_token: SecretStr | None = None
    zalo_bot_mode: Literal["polling", "webhook"] = "polling"
    zalo_bot_base_url: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_secret: SecretStr | None = None
    zalo_oa_app_id: str | None = None
    zalo_oa_app_secret: SecretStr | None = None
    zalo_oa_secret_key: SecretStr | None = None
    zalo_oa_refresh_token: SecretStr | None = None
    zalo_oa_base_url: str = "https://openapi.zalo.me"
    timezone: Literal["Asia/Ho_Chi_Minh"] = "Asia/Ho_Chi_Minh"
    reminder_time: time = time(7, 30)
    quiet_hours: str = "21:00-06:30"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("quiet_hours")
    @classmethod
    def _is_a_span(cls, value: str) -> str:
        if not _QUIET.fullmatch(value):
            raise ValueError("phải có dạng 21:00-06:30")
        return value

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'cnscd.sqlite').absolute()}"

    @property
    def quiet(self) -> tuple[time, time]:
        """When quiet hours begin and end."""
        start, _, end = self.quiet_hours.partition("-")
        return time.fromisoformat(start), time.fromisoformat(end)

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
