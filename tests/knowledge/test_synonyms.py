"""Words that mean the same are found, the longest phrase first; no word is in two groups."""

from __future__ import annotations

import pytest

from knowledge.search import Document, Index
from knowledge.synonyms import Synonyms, synonyms

GROUPS = Synonyms({"hong": ["hỏng", "gãy", "không chạy"], "chay": ["chạy"], "may": ["xe đạp", "xe thồ", "xích lô"]})


@pytest.mark.parametrize(
    ("text", "groups"),
    [("cai xe tho bi gay", ["may", "hong"]), ("may khong chay", ["hong"]), ("chay di", ["chay"]), ("", [])],
)
def test_the_longest_member_counts(text: str, groups: list[str]) -> None:
    assert list(GROUPS.named(text.split())) == groups


def test_a_member_of_two_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="«gãy» ở cả hong và mat"):
        Synonyms({"hong": ["hỏng", "gãy"], "mat": ["mất", "gãy"]})


def test_a_synonym_finds_what_was_said_in_another_word() -> None:
    documents = (Document("hong", ("xe đạp hỏng",)), Document("moi", ("xe đạp mới",)))
    assert [hit.id for hit in Index(documents, synonyms=GROUPS).search("xích lô gãy")] == ["hong", "moi"]
    assert Index(documents).search("xích lô gãy") == []


def test_the_groups_that_ship_load_and_are_found() -> None:
    assert list(synonyms().named(["lam", "mat", "dien", "thoai"]))
