"""The shape of the whole: what a module says of itself, what is packed, and what must not be in the tree."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "knowledge", "db")
NOT_OURS = {
    ".git", ".venv", "data", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
    ".import_linter_cache", ".coverage",
}  # fmt: skip
MODULES = sorted(path for folder in (*PACKAGES, "tests") for path in (ROOT / folder).rglob("*.py"))


def test_every_module_says_in_a_sentence_what_it_is_for() -> None:
    for path in MODULES:
        said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert said, f"{path} says nothing"
        assert said.splitlines()[0].endswith((".", ":")), f"{path} does not end its first sentence on its first line"


def test_no_file_names_the_place_where_it_was_made() -> None:
    ours = (path for path in ROOT.rglob("*") if not set(path.relative_to(ROOT).parts) & NOT_OURS and path.is_file())
    for path in ours:
        assert str(ROOT).encode() not in path.read_bytes(), path


def test_words_to_people_are_in_templates_only() -> None:
    """No handler sends a sentence that it holds itself; labels of buttons are words, not sentences."""
    for path in (ROOT / "handlers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reply":
                assert not (node.args and isinstance(node.args[0], ast.Constant)), f"{path}:{node.lineno}"


def test_the_wheel_holds_the_four_packages_and_their_data_alone(tmp_path: Path) -> None:
    subprocess.run(  # noqa: S603 - our own build
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    kept = {
        path.relative_to(ROOT).as_posix()
        for folder in PACKAGES
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == kept
    assert {Path(name).suffix for name in packed} == {
        ".npz",
        ".py",
        ".yaml",
        ".j2",
        ".html",
        ".css",
        ".js",
        ".svg",
        ".mako",
    }
