"""Every channel as a fixture: what is added here has to keep the whole contract."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot import delivery
from bot.channels import asking
from bot.web import hooks
from tests.support.doors import DOORS, Door
from tests.support.waiting import PATIENCE


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause too long to wait for; nothing leaves this machine, which may be slow."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(hooks, "ANSWERS_WITHIN", PATIENCE)
    monkeypatch.setattr(delivery, "_LOOK_EVERY", 0.02)
    monkeypatch.setattr(asking, "_FIRST_FLOOD_PAUSE", 0.02)


@pytest.fixture(params=DOORS, ids=lambda door: door.name)
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    """Each channel in its turn."""
    opened: Door = request.param()
    yield opened
    await opened.close()
