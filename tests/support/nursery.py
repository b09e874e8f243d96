"""Starts the program again and again in a blink: a process that has everything loaded forks each time; no test is here.

What is started so is a process of its own, which may be killed like any other, and runs what `cnscd run` runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from rich.console import Console

from bot import wiring
from bot.settings import Settings, load_settings
from tests.support.process import environment
from tests.support.waiting import wait_until

_ROOT = Path(__file__).parents[2]


class Nursery:
    """Processes that all run the program with the same settings; whatever is left is killed at the end.

    Args:
        folder: Where they run, and write their log.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = {"http_port": "0", **settings}
        self._running: set[int] = set()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "cnscd.log").open("ab") as log:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.support.nursery"],
                cwd=self._folder,
                env=environment(**self._settings) | {"PYTHONPATH": str(_ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(self, *exc: object) -> None:
        for process in list(self._running):
            self.kill(process)
        self._parent.kill()
        self._parent.communicate()

    def launch(self) -> int:
        """Start a process, and return its id."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\n")
        self._parent.stdin.flush()
        process = int(self._parent.stdout.readline())
        self._running.add(process)
        return process

    def kill(self, process: int) -> None:
        """End a process as a power cut does."""
        with suppress(ProcessLookupError):  # it has ended before
            os.kill(process, signal.SIGKILL)
        wait_until(lambda: not _is_there(process))
        self._running.discard(process)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    """Load everything once, then fork a running program for each line that is read."""
    settings = load_settings()
    brain = wiring.think(settings)

    def think(settings: Settings) -> wiring.Brain:
        return brain  # the same that each of them would load

    wiring.think = think
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead leave no trace
    for _ in sys.stdin:
        process = os.fork()
        if not process:
            _run(settings)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


def _run(settings: Settings) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # those of the parent speak of something else
        os.dup2(silence, stream)
    wiring.run(settings, Console(quiet=True))
    os._exit(0)


if __name__ == "__main__":
    main()
