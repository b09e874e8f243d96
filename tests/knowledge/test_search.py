"""The ranking: nearest document first, scores between 0 and 1, marks and small slips of no account."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search import Document, Index
from knowledge.spelling import read

INDEX = Index(
    (
        Document("khai_sinh", ("làm giấy khai sinh cho con", "đăng ký khai sinh", "khai sinh mất mấy ngày")),
        Document("tam_tru", ("đăng ký tạm trú", "tạm trú cho người thuê nhà", "gia hạn tạm trú")),
        Document("mat_khau", ("quên mật khẩu", "đổi mật khẩu", "lấy lại mật khẩu")),
    )
)


def ids(text: str) -> list[str]:
    return [hit.id for hit in INDEX.search(read(text))]


def test_the_nearest_comes_first() -> None:
    assert ids("tôi muốn đăng ký tạm trú")[0] == "tam_tru"
    assert ids("quen mat khau roi")[0] == "mat_khau"


def test_a_phrasing_itself_scores_high_and_names_itself() -> None:
    best = INDEX.search(read("khai sinh mất mấy ngày"))[0]
    assert best.id == "khai_sinh"
    assert best.score > 0.7
    assert best.phrasing == "khai sinh mất mấy ngày"


def test_a_slip_is_bridged_by_letters() -> None:
    assert ids("quen mat khauu")[0] == "mat_khau"


def test_a_text_that_says_a_word_often_is_nearer_than_one_that_says_it_once() -> None:
    others = {
        f"other_{number}": text for number, text in enumerate(["đồng lúa chín", "ao cá nhà", "núi đá vôi", "chợ quê"])
    }
    texts = {"once": "sông, đồng, ao, chợ, núi", "often": "sông, đồng, ao, chợ, núi, sông, sông"} | others
    assert [hit.id for hit in Index.build(texts.items()).search("sông")] == ["often", "once"]


def test_words_that_no_document_has_lower_the_score() -> None:
    plain = INDEX.search(read("đăng ký khai sinh"))[0].score
    assert INDEX.search(read("đăng ký khai sinh cho voi con ở sở thú"))[0].score < plain


def test_keep_and_limit() -> None:
    assert [hit.id for hit in INDEX.search(read("đăng ký"), keep=lambda key: key == "tam_tru")] == ["tam_tru"]
    assert len(INDEX.search(read("đăng ký"), k=1)) == 1


def test_nothing_in_common_finds_nothing() -> None:
    assert INDEX.search([]) == []
    assert ids("xyz") == []


@given(st.text(max_size=200))
def test_scores_stay_between_0_and_1(text: str) -> None:
    assert all(0 <= hit.score <= 1 for hit in INDEX.search(read(text)))


def test_texts_are_found_alike_however_many_are_indexed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = (*INDEX.documents, Document("none", ("?!", "…")), Document("last", ("sổ đỏ", "!")))
    questions = ["đăng ký tạm trú", "quen mat khauu", "khai sinh cho con", "so do"]
    found = []
    for at_a_time in (1, 2, 5, 1000):
        monkeypatch.setattr("knowledge.search._BATCH", at_a_time)
        index = Index(documents)
        found.append([index.search(question) for question in questions])
    assert all(found[0])
    assert all(hits == found[0] for hits in found)


def test_more_texts_than_a_batch_and_more_features_than_16_bits_number_are_told_apart() -> None:
    texts = {f"n{number}": " ".join(str(16 * number + place) for place in range(16)) for number in range(2_300)}
    index = Index.build(texts.items())
    assert len(index.vocabulary) + len(index.pairs) > 1 << 16
    for key in ("n0", "n999", "n1000", "n2299"):
        assert index.search(read(texts[key]), 1)[0].id == key
