"""What can be checked of `deploy/` without a machine to deploy to: form, rights, and what is reached from outside."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = ("compose.yaml", "compose.sqlite.yaml")


def services(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))["services"]
    return found


@pytest.mark.parametrize("name", COMPOSE)
def test_a_container_of_the_bot_may_do_little_and_is_reached_by_this_machine_or_the_proxy_only(name: str) -> None:
    bot = services(name)["bot"]
    assert bot["read_only"]
    assert bot["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in bot.get("ports", []))
    assert (DEPLOY / bot["build"]["context"] / bot["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", COMPOSE)
def test_what_a_container_is_given_is_accepted_as_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in services(name)["bot"]["environment"].items():
        monkeypatch.setenv(variable, str(value).replace("${DOMAIN:?set it in .env}", "tro-ly.xa.vn"))
    settings = Settings()
    assert settings.http_host == "0.0.0.0"  # noqa: S104 - inside its container
    assert str(settings.data_dir) == "/data"


def test_only_the_proxy_is_open_to_everybody_and_it_keeps_the_numbers_to_itself() -> None:
    published = {name: service["ports"] for name, service in services("compose.yaml").items() if "ports" in service}
    assert published == {"proxy": ["80:80", "443:443"]}
    proxy = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert "@inside path /metrics /readyz" in proxy
    assert "respond @inside 404" in proxy


def test_the_image_runs_as_somebody_without_rights() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines.index("USER cnscd") < lines.index('CMD ["cnscd", "run"]')
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    assert {"bot", "handlers", "knowledge", "db"} <= copied
    assert all((DEPLOY.parent / name).exists() for name in copied)


def test_the_service_is_shut_in_and_does_not_start_again_on_a_wrong_setting() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names are as they are
    unit.read(DEPLOY / "cnscd.service")
    service = unit["Service"]
    assert service["RestartPreventExitStatus"] == "2"
    assert service["CapabilityBoundingSet"] == ""
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictNamespaces"):
        assert service[name] == "true"
