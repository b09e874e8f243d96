"""Reads and writes tables as CSV and XLSX; it knows no column and no meaning."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

FORMATS = ("csv", "xlsx")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_WIDEST = 60


class UnreadableTable(Exception):
    """A file that is no table; the text is one line for the person who gave it."""


@dataclass(frozen=True)
class Row:
    """One line of a table: where it stands in its file, counted from 1, and its cells, tidied."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """One table: its file or sheet, the cells of its first line, and the lines behind it that hold anything."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read(path: Path) -> list[Sheet]:
    """Return the tables of a file: one of a CSV file (comma, semicolon or tab; UTF-8), each sheet of an XLSX file.

    Raises:
        UnreadableTable: if it is neither.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableTable(f"{path}: không đọc được ({error.strerror}).") from None
    if path.suffix.lower() == ".xlsx":
        return _read_xlsx(path.name, content)
    if content[:2] == b"PK":
        raise UnreadableTable(f"{path.name}: đây là tệp Excel; đổi đuôi thành .xlsx.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableTable(f'{path.name}: không phải UTF-8. Trong Excel chọn lưu dạng "CSV UTF-8".') from None
    return _sheets(path.name, _csv_rows(path.name, text))


def write(rows: Iterable[Sequence[Any]], header: Sequence[str], format_: str) -> bytes:
    """Return a table as a file's content; no cell of it is taken for a formula.

    CSV begins with a byte order mark, without which Excel reads UTF-8 as something else.
    """
    lines = [[safe(cell) for cell in row] for row in rows]
    if format_ == "xlsx":
        return _xlsx(header, lines)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *lines])
    return out.getvalue().encode("utf-8-sig")


def safe(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; an apostrophe says that it is text."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return "" if cell is None else cell


def _csv_rows(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableTable(f"{name}: dòng {start} không đọc được ({error}).") from None


def _read_xlsx(name: str, content: bytes) -> list[Sheet]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = []
        for sheet in book.worksheets:
            lines = enumerate(sheet.iter_rows(values_only=True), start=1)
            label = name if len(book.worksheets) == 1 else f"{name} [{sheet.title}]"
            found += _sheets(label, ((number, [_shown(cell) for cell in cells]) for number, cells in lines))
        return found
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise UnreadableTable(f"{name}: không phải tệp Excel (.xlsx) đọc được.") from None


def _shown(cell: Any) -> str:
    """Return a cell as it looks: whole numbers without a point, days as they are written."""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _sheets(name: str, lines: Iterable[tuple[int, Sequence[str]]]) -> list[Sheet]:
    """Return the table that some lines make; none if all of them are empty."""
    tidied = ((number, tuple(_tidy(cell) for cell in cells)) for number, cells in lines)
    full = [Row(number, cells) for number, cells in tidied if any(cells)]
    return [Sheet(name, full[0].cells, tuple(full[1:]))] if full else []


def _tidy(cell: str) -> str:
    """Return a cell without spaces around it and without the apostrophe that `safe` has put in front."""
    plain = " ".join(cell.replace("\x00", "").split())
    return plain[1:] if plain[:1] == "'" and plain[1:2] in _FORMULA_STARTS and plain[1:2] else plain


def _xlsx(header: Sequence[str], lines: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.append(list(header))
    for line in lines:
        sheet.append(list(line))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    for number, title in enumerate(header, start=1):
        longest = max([len(title), *(len(str(line[number - 1])) for line in lines)])
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 2, _WIDEST)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
