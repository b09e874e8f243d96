"""The settings: what is wrong is named, what is not ours is left alone, secrets are kept and never shown."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from pathlib import Path

import pytest

from bot.settings import BadSettings, Settings, load_settings


def test_without_any_setting_there_is_a_working_default(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.database == f"sqlite:///{tmp_path}/data/cnscd.sqlite"
    assert (settings.http_host, settings.http_port, settings.telegram_token) == ("127.0.0.1", 8080, None)
    assert settings.quiet == (time(21, 0), time(6, 30))
    assert settings.reminder_time == time(7, 30)
    assert list(tmp_path.iterdir()) == []


def test_a_reminder_time_in_quiet_hours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNSCD_REMINDER_TIME", "22:00")
    with pytest.raises(BadSettings) as refused:
        load_settings()
    assert "CNSCD_QUIET_HOURS: " in str(refused.value)
    monkeypatch.setenv("CNSCD_QUIET_HOURS", "23:00-06:30")
    assert load_settings().reminder_time == time(22, 0)


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNSCD_TELEGRAM_TOKN", "123:secret")
    monkeypatch.setenv("CNSCD_COLOUR", "red")
    with pytest.raises(BadSettings) as refused:
        load_settings()
    assert "CNSCD_TELEGRAM_TOKN" in str(refused.value)
    assert "CNSCD_COLOUR" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "eighty"),
        ("HTTP_PORT", "70000"),
        ("HTTP_PORT", "-1"),
        ("TELEGRAM_MODE", "carrier pigeon"),
        ("TELEGRAM_MAX_PER_SECOND", "-5"),
        ("QUIET_HOURS", "21-6"),
        ("QUIET_HOURS", "25:00-06:30"),
        ("REMINDER_TIME", "half past seven"),
        ("REMINDER_STEPS", "7,,1"),
        ("REMINDER_STEPS", "31"),
        ("REMINDER_STEPS", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("TRUSTED_PROXIES", "proxy"),
        ("TRUSTED_PROXIES", "127.0.0.1,"),
        ("TIMEZONE", "Mars/Olympus"),
        ("DEMO", "perhaps"),
        ("PUBLIC_URL", "tro-ly.xa.vn"),
        ("PUBLIC_URL", "https://tro-ly.xa.vn/chat"),
        ("PUBLIC_URL", "https://ai:do@tro-ly.xa.vn"),
        ("ZALO_BOT_SECRET", "short"),
        ("ZALO_BOT_SECRET", "x" * 257),
        ("ZALO_BOT_MAX_PER_SECOND", "-1"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"CNSCD_{name}", value)
    with pytest.raises(BadSettings) as refused:
        load_settings()
    assert f"CNSCD_{name}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("HTTP_PORT", "x"), ("LOG_LEVEL", "x"), ("NOTHING", "x")):
        monkeypatch.setenv(f"CNSCD_{name}", value)
    with pytest.raises(BadSettings) as refused:
        load_settings()
    assert all(f"CNSCD_{name}" in str(refused.value) for name in ("HTTP_PORT", "LOG_LEVEL", "NOTHING"))


def test_a_secret_with_an_error_elsewhere_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNSCD_TELEGRAM_TOKEN", "123:very-secret")
    monkeypatch.setenv("CNSCD_HTTP_PORT", "x")
    with pytest.raises(BadSettings) as refused:
        load_settings()
    assert "very-secret" not in str(refused.value)
    monkeypatch.delenv("CNSCD_HTTP_PORT")
    assert "very-secret" not in repr(load_settings())


def test_a_file_is_read_and_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text('CNSCD_HTTP_PORT=9000\nCNSCD_HTTP_HOST="0.0.0.0"\n# a note\nOTHER=1\n', encoding="utf-8")
    monkeypatch.setenv("CNSCD_HTTP_PORT", "9001")
    settings = load_settings()
    assert (settings.http_port, settings.http_host) == (9001, "0.0.0.0")  # noqa: S104 - it is only read


def test_an_unknown_variable_in_the_file_is_named() -> None:
    Path(".env").write_text("cnscd_porrt=1\n", encoding="utf-8")
    with pytest.raises(BadSettings, match="CNSCD_PORRT"):
        load_settings()


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_TOKEN", "HTTP_PORT", "DEMO", "DATABASE_URL", "SECRET_KEY"):
        monkeypatch.setenv(f"CNSCD_{name}", "")
    settings = load_settings()
    assert settings == Settings()
    assert (settings.telegram_token, settings.http_port, settings.demo) == (None, 8080, None)


def test_other_variables_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PORT", "DATABASE_URL", "TELEGRAM_TOKEN", "DEMO"):
        monkeypatch.setenv(name, "nonsense")
    assert load_settings() == Settings()


def test_the_secret_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        secret = Settings().secret()
    finally:
        os.umask(umask)
    path = tmp_path / "data" / "secret.key"
    assert len(secret) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Settings().secret() == secret
    assert [one.name for one in path.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_the_secret() -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: Settings().secret(), range(8)))
    assert len(secrets) == 1
    assert secrets != {""}


def test_a_public_address_never_ends_in_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNSCD_PUBLIC_URL", "https://tro-ly.xa.vn:8443/")
    assert load_settings().public_url == "https://tro-ly.xa.vn:8443"


def test_each_hook_has_a_lasting_secret_of_its_own_that_gives_away_nothing_of_the_key() -> None:
    secrets = [Settings().hook_secret(hook) for hook in ("zalo-bot", "telegram", "zalo-bot")]
    assert secrets[0] == secrets[2] != secrets[1]
    assert len(secrets[0]) == 64
    assert Settings().secret() not in secrets[0]


def test_the_channels_on_which_real_people_write_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().channel_tokens == []
    monkeypatch.setenv("CNSCD_ZALO_BOT_TOKEN", "1:a")
    assert Settings().channel_tokens == ["CNSCD_ZALO_BOT_TOKEN"]


def test_a_given_secret_is_used_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNSCD_SECRET_KEY", "given")
    assert load_settings().secret() == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    with pytest.raises(BadSettings, match="CNSCD_DATA_DIR"):
        Settings().secret()
