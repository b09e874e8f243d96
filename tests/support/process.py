"""Starts the program as a person would, in a process of its own, and ends it gently or not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from tests.support.waiting import PATIENCE


def environment(**settings: str) -> dict[str, str]:
    """Return this process's environment with no settings of the bot but the given ones, named without the prefix.

    There are no quiet hours unless they are given: what a test sees must not depend on the time of the day.
    """
    settings = {"quiet_hours": "00:00-00:00", **settings}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CNSCD_")}
    return clean | {f"CNSCD_{name.upper()}": value for name, value in settings.items()}


def processor_seconds(process: int) -> float:
    """Return how long a process has had a processor, by its id."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cnscd(*arguments: str, folder: Path, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=environment(**settings),
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class RunningBot:
    """`cnscd run`, serving from `start` until `stop` or `kill`.

    Args:
        folder: Where it is started; without another setting its data is kept there.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = {"http_port": "0", **settings}
        self._log = folder / "cnscd.log"
        self._said = folder / "cnscd.out"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start, and return once it serves."""
        self.launch()
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"does not serve (status {self.process.poll()}): {self.log}")
            time.sleep(0.05)
        return self

    def launch(self) -> None:
        """Start, without waiting for anything."""
        with self._said.open("wb") as out, self._log.open("ab") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self._folder,
                env=environment(**self._settings),
                stdout=out,
                stderr=err,
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process started last."""
        assert self._process is not None, "not started"
        return self._process

    @property
    def url(self) -> str:
        """Where it serves, empty while it has not said so."""
        found = re.search(r"http://\S+", self._said.read_text(encoding="utf-8"))
        return found[0] if found else ""

    @property
    def log(self) -> str:
        """Everything it has written to stderr, in all its lives."""
        return self._log.read_text(encoding="utf-8")

    @property
    def memory(self) -> int:
        """The resident memory in bytes."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> int:
        """Ask it to end as the system does, and return its status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.kill()

    def _is_ready(self) -> bool:
        if not self.url:
            return False
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False
