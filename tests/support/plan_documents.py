"""Divides the text of a plan into its sections and finds the figures in each; it knows no record.

`python -m tests.support.plan_documents FOLDER` writes the figures of `tests/plans/*.yaml` anew out of the documents in
a folder; names and beginnings of the sections are written by hand.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import yaml

from knowledge.figures import figures_in, without_steps
from knowledge.schema import Line, Record

_MARKUP = re.compile(r"<(?!https?:)[^>]*>|[#*\\]")
_ASIDE = re.compile(r"\([^)]*\)")


class Section(Record):
    """A section of a document: how records name it, how its first line begins, and the figures in it."""

    name: Line
    begins: Line
    figures: tuple[Line, ...] = ()


class Outline(Record):
    """The form of a file of `tests/plans`: the sections of one document, in its order."""

    sections: tuple[Section, ...]

    def figures_of(self, label: str) -> set[str]:
        """Return the figures that stand in the sections that a record's `section` names.

        Raises:
            ValueError: naming a section that the outline does not have.
        """
        found: set[str] = set()
        for name in named(label):
            found.update(figure for one in self.within(name) for figure in one.figures)
        return found

    def within(self, name: str) -> list[Section]:
        """Return the section of this name with its subsections.

        Raises:
            ValueError: if there is none.
        """
        inside = [one for one in self.sections if _belongs(one.name, name)]
        if not inside:
            raise ValueError(f"không có «{name}»")
        return inside


def load_outline(path: Path) -> Outline:
    """Read one file of `tests/plans`."""
    return Outline.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def _belongs(section: str, name: str) -> bool:
    return section == name or section.startswith((f"{name}.", f"{name}, ", f"{name} ("))


def named(label: str) -> Iterator[str]:
    """Yield the single sections of a label: "Mục II.3 và II.6; Phụ lục, số 1–2" names four."""
    for part in label.split("; "):
        asides = _ASIDE.findall(part)
        plain = _ASIDE.sub("()", part)
        found = [match.start() for match in re.finditer(r"(?:các )?(?:mục|số) ", plain, re.IGNORECASE)]
        if not found:
            yield part
            continue
        last = found[-1]
        head, (word, items) = plain[:last], plain[last:].removeprefix("các ").split(" ", 1)
        for item in re.split(r", | và ", items):
            for single in _range(item):
                yield _with_asides(f"{head}{word} {single}", asides)


def _with_asides(name: str, asides: list[str]) -> str:
    """Put back what stood in parentheses, in order."""
    for aside in asides:
        name = name.replace("()", aside, 1)
    return name


def _range(item: str) -> Iterator[str]:
    """Yield the members of "1–4" or "II.1.2 đến II.1.11", or the item itself."""
    first, dash, last = item.replace(" đến ", "–").partition("–")
    if not dash:
        yield item
        return
    head = first.rpartition(".")[0]
    begin, end = int(first.rpartition(".")[2]), int(last.rpartition(".")[2])
    for number in range(begin, end + 1):
        yield f"{head}.{number}" if head else str(number)


def plain(text: str) -> str:
    """Return text without the markup of its conversion, in NFC."""
    return unicodedata.normalize("NFC", _MARKUP.sub("", text))


def figures_of_section(text: str) -> set[str]:
    """Return the figures of a section, without the numbers that only count its lines or parts."""
    return set(figures_in(without_steps(text)))


def divide(text: str, sections: Iterable[Section]) -> dict[str, str]:
    """Return the text of each section, from the line that begins it to the next section.

    Raises:
        ValueError: naming the first section whose beginning is not found behind the one before.
    """
    lines = [plain(line).strip() for line in text.splitlines()]
    starts: list[tuple[str, int]] = []
    position = 0
    for section in sections:
        wanted = plain(section.begins).strip()
        while position < len(lines) and not lines[position].startswith(wanted):
            position += 1
        if position == len(lines):
            raise ValueError(f"không thấy «{section.begins}» ({section.name})")
        starts.append((section.name, position))
        position += 1
    ends = [*starts, ("", len(lines))]
    return {name: "\n".join(lines[start:end]) for (name, start), (_, end) in pairwise(ends)}


def divided_document(folder: Path, outline: Outline) -> dict[str, str]:
    """Return the sections of the one document in a folder that has all of the outline's.

    Raises:
        ValueError: if none or several have them.
    """
    found = []
    for path in sorted(folder.glob("*.txt")):
        try:
            found.append(divide(path.read_text(encoding="utf-8"), outline.sections))
        except ValueError:
            continue
    if len(found) != 1:
        raise ValueError(f"{len(found)} documents in {folder} have these sections")
    return found[0]


def _write(path: Path, folder: Path) -> None:
    outline = load_outline(path)
    divided = divided_document(folder, outline)
    lines = ["sections:"]
    for section in outline.sections:
        figures = sorted(figures_of_section(divided[section.name]), key=lambda figure: (float(figure), figure))
        quoted = ", ".join(f'"{figure}"' for figure in figures)
        begins = section.begins.replace('"', '\\"').replace("\t", "\\t")
        lines += [f'- name: "{section.name}"', f'  begins: "{begins}"', f"  figures: [{quoted}]"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for outline_path in sorted((Path(__file__).parents[1] / "plans").glob("*.yaml")):
        _write(outline_path, Path(sys.argv[1]))
