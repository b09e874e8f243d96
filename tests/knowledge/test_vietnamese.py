"""Two layers of Vietnamese text: one spelling for each word, and the same without marks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.vietnamese import canon, fold, has_marks, words

LETTERS = "aàáảãạăằắặâầấậbcdđeèéẹêềếệghiìíịklmnoòóọôồốộơờớợpqrstuùúụưừứựvxyỳýỵ -.,19AĐÊƠ"
texts = st.text(alphabet=LETTERS, max_size=40)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("khoá", "khóa"),
        ("Hoà Bình", "hòa bình"),
        ("THUỶ", "thủy"),
        ("khoẻ", "khỏe"),
        ("quý", "quý"),
        ("quỳ", "quỳ"),
        ("hoàn", "hoàn"),
        ("toàn  dân\n", "toàn dân"),
        (unicodedata.normalize("NFD", "Đường Trường Sơn"), "đường trường sơn"),
    ],
)
def test_one_spelling(text: str, same: str) -> None:
    assert canon(text) == same


@pytest.mark.parametrize(
    ("text", "bare"), [("Địa bàn", "dia ban"), ("ĐƯỜNG", "duong"), ("khoá", "khoa"), ("ươ", "uo"), ("Nguyễn", "nguyen")]
)
def test_without_marks(text: str, bare: str) -> None:
    assert fold(text) == bare


@given(texts)
def test_both_layers_are_stable_and_do_not_depend_on_how_letters_are_composed(text: str) -> None:
    assert canon(canon(text)) == canon(text)
    assert fold(fold(text)) == fold(text) == fold(canon(text))
    assert canon(unicodedata.normalize("NFD", text)) == canon(text)
    assert fold(text).isascii()


@given(texts)
def test_marks_are_noticed(text: str) -> None:
    assert not has_marks(fold(text))
    assert has_marks(text) == (canon(text) != fold(text))


def test_words_keep_numbers_whole() -> None:
    assert words("tăng 1.200 người, 15,5% (quý 4).") == ["tăng", "1.200", "người", "15,5", "quý", "4"]
    assert words("😀 ... !") == []
