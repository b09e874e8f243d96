"""Times of day, lengths of time, money and things in log sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.log_measures import find_documents, find_measures
from knowledge.phrases import nfc, tokenize


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2 tiếng", 120), ("hai tiếng rưỡi", 150), ("30 phút", 30), ("30p", 30), ("nửa tiếng", 30),
        ("mất 1 giờ 15 phút", 75), ("từ 7h đến 9h30", 150), ("8h-10h", 120), ("2 tieng", 120), ("hết 2h", 120),
    ],
)  # fmt: skip
def test_lengths(text: str, minutes: int) -> None:
    assert [measure.minutes for measure in find_measures(tokenize(text))] == [minutes]


@pytest.mark.parametrize(
    "text", ["lúc 8 giờ", "8h30", "500 nghìn", "72 tuổi", "3 bộ", "2 máy", "20kg", "từ 9h đến 7h", "3000 phút"]
)
def test_what_tells_no_length(text: str) -> None:
    assert [measure.minutes for measure in find_measures(tokenize(text))] == [None]


@pytest.mark.parametrize("text", ["3 bà", "ba cai vneid", "thôn 2", "15/11", "một", ""])
def test_no_measures(text: str) -> None:
    assert find_measures(tokenize(text)) == []


def test_numbers_of_documents() -> None:
    text = "theo kế hoạch 78/KH-UBND và 59/2022/NĐ-CP giúp 3 bà"
    tokens = tokenize(text)
    found = [text[tokens[item.start].start : tokens[item.end - 1].end] for item in find_documents(tokens, text)]
    assert found == ["78/KH-UBND", "59/2022/NĐ-CP"]


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    tokens = tokenize(nfc(text))
    for measure in [*find_measures(tokens), *find_documents(tokens, nfc(text))]:
        assert 0 <= measure.start < measure.end <= len(tokens)
