"""What a plan record gains follows what the question's words ask for, for every cue and kind there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge import cues
from knowledge.ranking import NO_CUE, Fit, gains
from knowledge.spelling import read

PLAIN = Fit(covered=0.5, year=0, numbers=0.0, cues=frozenset(), kind="result")
KINDS = ("target", "result", "deadline", "duty", "system", "cited", "budget", "point")


def test_every_cue_has_a_gain_for_every_kind() -> None:
    names = {*cues.cues().kinds, *cues.ASKS_A_NUMBER, NO_CUE}
    assert {cue: set(by_kind) for cue, by_kind in gains().kinds.items()} == {cue: set(KINDS) for cue in names}


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("ai lo việc số hóa", "duty"),
        ("mua máy hết mấy triệu", "budget"),
        ("phải nộp trước ngày nào", "deadline"),
        ("công văn ấy về việc gì", "cited"),
    ],
)
def test_the_kind_that_is_asked_for_gains_more_than_a_system(question: str, kind: str) -> None:
    asked = replace(PLAIN, cues=cues.asked_for(read(question)))
    assert gains().of(replace(asked, kind=kind)) > gains().of(replace(asked, kind="system"))


def test_the_named_year_gains_and_another_one_loses() -> None:
    assert gains().of(replace(PLAIN, year=1)) > gains().of(PLAIN) > gains().of(replace(PLAIN, year=-1))


def test_numbers_are_compared_however_they_are_written() -> None:
    assert cues.numbers(read("13.014 lượt, đạt 100% ở 9 nơi")) == cues.numbers(read("13014"))
