"""Words that mean the same are found, the longest phrase first; no word is in two groups."""

from __future__ import annotations

import pytest

from knowledge.search import Document, Index
from knowledge.synonyms import Synonyms, synonyms

GROUPS = Synonyms({"hong": ["hỏng", "gãy", "không chạy"], "chay": ["chạy"], "may": ["điện thoại", "smartphone"]})


@pytest.mark.parametrize(
    ("text", "groups"),
    [("cai dien thoai bi gay", ["may", "hong"]), ("may khong chay", ["hong"]), ("chay di", ["chay"]), ("", [])],
)
def test_the_longest_member_counts(text: str, groups: list[str]) -> None:
    assert list(GROUPS.named(text.split())) == groups


def test_a_member_of_two_groups_is_refused() -> None:
    with pytest.raises(ValueError, match="«gãy» ở cả hong và mat"):
        Synonyms({"hong": ["hỏng", "gãy"], "mat": ["mất", "gãy"]})


def test_a_synonym_finds_what_was_said_in_another_word() -> None:
    documents = (Document("hong", ("điện thoại hỏng",)), Document("moi", ("điện thoại mới",)))
    assert [hit.id for hit in Index(documents, synonyms=GROUPS).search("smartphone gãy")] == ["hong", "moi"]
    assert Index(documents).search("smartphone gãy") == []


def test_the_groups_that_ship_load_and_are_found() -> None:
    assert list(synonyms().named(["lam", "mat", "dien", "thoai"]))
