"""A long text in parts: nothing lost, nothing too long, cut where a reader expects it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.splitting import split, utf16_length

texts = st.text(alphabet=st.sampled_from("aáạ e\u0301\u0323b\n😀🏽c. \u200d\ufe0f🇻🇳👩"), max_size=300)


@given(texts, st.integers(min_value=2, max_value=60))
@settings(max_examples=300, deadline=None)
def test_every_part_fits_and_every_letter_arrives(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(utf16_length(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(texts)
def test_no_limit_and_a_text_that_fits_change_nothing(text: str) -> None:
    assert split(text, 0) == [text]
    assert split(text, max(1, utf16_length(text))) == [text]


def test_cut_at_the_largest_border_that_fits() -> None:
    assert split("một hai\n\nba bốn\nnăm", 14) == ["một hai", "ba bốn\nnăm"]
    assert split("một hai\nba bốn", 11) == ["một hai", "ba bốn"]
    assert split("một hai ba", 8) == ["một hai", "ba"]
    assert split("không", 3) == ["khô", "ng"]


def test_a_mark_stays_with_its_letter() -> None:
    assert split("aaae\u0301aaa", 4) == ["aaa", "e\u0301aa", "a"]


def test_what_is_one_sign_to_its_reader_stays_one() -> None:
    family, flag, hand, heart = "👨‍👩‍👧‍👦", "🇻🇳", "👍🏽", "❤️"
    for sign in (family, flag, hand, heart):
        length = utf16_length(sign)
        for room in range(length):
            parts = split(sign * 5, 2 * length + room)
            assert parts == [sign * 2, sign * 2, sign], sign


def test_length_is_counted_in_utf16_units() -> None:
    assert utf16_length("ạ😀") == 3
    assert split("😀😀😀", 4) == ["😀😀", "😀"]
