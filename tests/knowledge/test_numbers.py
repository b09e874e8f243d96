"""Numbers in digits and in words."""

from __future__ import annotations

import pytest

from knowledge.numbers import number_at, read_number
from knowledge.phrases import tokenize


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5), ("1.200", 1200), ("ba", 3), ("mười", 10), ("mười hai", 12), ("mười lăm", 15), ("hai mươi", 20),
        ("hai mươi mốt", 21), ("hai mốt", 21), ("ba mươi tư", 34), ("hai chục", 20), ("2 chục", 20), ("năm", 5),
        ("một trăm", 100), ("một trăm linh năm", 105), ("hai trăm ba mươi", 230), ("một nghìn hai trăm", 1200),
        ("muoi hai", 12), ("hai muoi mot", 21),
    ],
)  # fmt: skip
def test_exact_numbers(text: str, value: int) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize("text", ["chục", "mấy chục", "hai ba", "2-3", "mười mấy", "bà", "3,5", ""])
def test_what_names_no_exact_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize("text", ["năm 2024", "năm ngoái", "năm nay"])
def test_year_is_not_five(text: str) -> None:
    assert number_at(tokenize(text), 0) is None
