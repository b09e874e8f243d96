"""Runs the whole program inside the test's process, which saves its start; it ends as the system would end it."""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from bot import wiring
from bot.settings import Settings
from tests.support.waiting import PATIENCE


class _Screen(io.StringIO):
    """What the program prints; tells when it has said where it serves."""

    def __init__(self) -> None:
        super().__init__()
        self.serves = threading.Event()
        self.given_up = False

    def write(self, text: str) -> int:
        if "http://" in text:
            self.serves.set()
        return super().write(text)


def serve(script: Callable[[], object], settings: Settings) -> None:
    """Serve until the script, in a thread beside the program, has come to its end.

    The knowledge is loaded anew each time unless the test has put its own in the place of `bot.wiring.Answerer`.
    """
    screen = _Screen()

    def follow() -> None:
        if not screen.serves.wait(PATIENCE) or screen.given_up:
            return
        try:
            script()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    with ThreadPoolExecutor(1) as beside:
        following = beside.submit(follow)
        try:
            wiring.run(settings, Console(file=screen))
        except BaseException:
            screen.given_up = True
            screen.serves.set()
            raise
        following.result()
