"""What the documents must keep saying: every setting, every command and option, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup, TyperOption

from bot import cli
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = sorted(f"{PREFIX}{name}".upper() for name in Settings.model_fields)
DOCUMENTS = sorted(path for folder in (ROOT, ROOT / "docs", ROOT / "deploy") for path in folder.glob("*.md"))
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
_NAMED_SETTING = re.compile(rf"{PREFIX}[A-Z][A-Z_]*[A-Z]")
_CALL = re.compile(
    r"(?<![\w./-])(?:\.venv/bin/)?cnscd ((?:[a-z][a-z-]* ?)+)((?: ?--[a-z-]+(?: (?:\"[^\"]*\"|[^\s`|\"-][^\s`|]*))?)*)"
)


LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _options_by_command() -> Iterator[tuple[str, set[str]]]:
    """Yield the full name of every command, "kb check", with its options."""
    top = typer.main.get_command(cli.app)
    assert isinstance(top, TyperGroup)
    for name, command in top.commands.items():
        inside = command.commands.items() if isinstance(command, TyperGroup) else [("", command)]
        for inner, one in inside:
            options = {option for item in one.params if isinstance(item, TyperOption) for option in item.opts}
            yield f"{name} {inner}".strip(), options


COMMANDS = dict(_options_by_command())


def test_there_is_something_to_compare() -> None:
    assert len(SETTINGS) > 20
    assert {"run", "kb check", "db upgrade"} <= set(COMMANDS)
    assert {path.name for path in DOCUMENTS} >= {"README.md", "settings.md", "knowledge.md", "RUNBOOK.md"}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_explained_once_and_listed_in_the_example(name: str) -> None:
    rows = [line for line in _read("docs/settings.md").splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    template = _read("deploy/env.example").splitlines()
    (place,) = (number for number, line in enumerate(template) if line.startswith(f"#{name}="))
    assert re.fullmatch(r"# [^-].*", template[place - 1]), "the line above says what it is"


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in {"CNSCD_DATABASE_URL", "CNSCD_DEMO"}])
def test_the_default_that_is_told_is_the_default(name: str) -> None:
    default = Settings.model_fields[name.removeprefix(PREFIX).lower()].default
    row = next(line for line in _read("docs/settings.md").splitlines() if line.startswith(f"| `{name}` |"))
    told = row.split("|")[2].strip()
    if default is None:
        assert told in {"none", "made once, kept in `CNSCD_DATA_DIR/secret.key`"}
    elif default == "":
        assert told == "empty"
    else:
        assert told == f"`{default:%H:%M}`" if hasattr(default, "hour") else told == f"`{default}`"


@pytest.mark.parametrize("path", [*DOCUMENTS, *(ROOT / "deploy").glob("*")], ids=lambda path: path.name)
def test_no_document_names_a_setting_that_does_not_exist(path: Path) -> None:
    named = set(_NAMED_SETTING.findall(path.read_text(encoding="utf-8")))
    assert named <= set(SETTINGS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_tells_every_command_with_every_option(name: str) -> None:
    rows = [line for line in _read("README.md").splitlines() if line.startswith(f"| `cnscd {name}")]
    assert len(rows) == 1
    assert set(re.findall(r"--[a-z-]+", rows[0])) == COMMANDS[name] - {"--help"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_call_in_a_document_exists(path: Path) -> None:
    for words, options in _CALL.findall(path.read_text(encoding="utf-8")):
        first, _, rest = words.strip().partition(" ")
        name = f"{first} {rest.split(' ')[0]}" if first in {"kb", "log", "db", "zalo"} else first
        assert name in COMMANDS, f"cnscd {words}"
        assert set(re.findall(r"--[a-z-]+", options)) <= COMMANDS[name], f"cnscd {words}{options}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_the_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", _read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", _read("README.md") + _read("CONTRIBUTING.md")))
    assert {"run", "test"} <= named <= targets


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_files_pin_with_hashes_and_name_no_index(name: str) -> None:
    lines = _read(name).splitlines()
    pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]
    assert len(pinned) > 30
    for number in pinned:
        assert re.match(r"[a-z0-9._-]+==\S+( ; .+)? \\$", lines[number]), lines[number]
        assert lines[number + 1].strip().startswith("--hash=sha256:")
    assert not re.search(r"https?:|file:|index.url|find.links|trusted-host", "\n".join(lines))


def test_the_running_lock_is_part_of_the_others() -> None:
    running, *others = (set(re.findall(r"^[a-z0-9._-]+==[^ \n]+", _read(name), re.MULTILINE)) for name in LOCKS)
    assert all(running < other for other in others)
