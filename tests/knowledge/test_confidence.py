"""The fitted models weigh exactly the signs, and every part of them counts."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from knowledge.confidence import Signs, checked, models

NOTHING = Signs(*(0.0 for _ in fields(Signs)))


def test_more_of_a_telling_sign_is_more_sure() -> None:
    right = models().entry_is_right
    sure = replace(NOTHING, entry=0.8, entry_lead=0.3, entry_covered=1.0, length=2.0)
    assert right.probability(NOTHING) < 0.01
    assert right.probability(sure) > 0.7
    assert right.probability(replace(sure, entry_rival=-0.2)) < right.probability(sure)


@pytest.mark.parametrize("change", [{"entry": None}, {"colour": 1.0}])
def test_a_model_with_other_signs_is_refused(change: dict[str, float | None]) -> None:
    model = models().record_is_near
    weights = {sign: weight for sign, weight in {**model.weights, **change}.items() if weight is not None}
    wrong = models().model_copy(update={"record_is_near": model.model_copy(update={"weights": weights})})
    with pytest.raises(ValueError, match=r"record_is_near: (entry|colour)"):
        checked(wrong)
