"""Fixtures of the tests that let the program run, whole or in parts."""

from __future__ import annotations

import pytest

from bot.health import Finding
from bot.web import hooks
from tests.support.conversation import answerer
from tests.support.waiting import PATIENCE


@pytest.fixture
def at_ease(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program starts at once, with knowledge that is built once for all tests, and may take its time to answer."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("bot.wiring.load", lambda: None)
    monkeypatch.setattr("bot.wiring.Answerer", lambda _knowledge: answerer())
    monkeypatch.setattr("bot.health._knowledge", lambda: Finding("kho kiến thức", ok=True, says="chưa xem"))
    monkeypatch.setattr(hooks, "ANSWERS_WITHIN", PATIENCE)
    monkeypatch.setattr(hooks, "BRINGS_WITHIN", PATIENCE)
