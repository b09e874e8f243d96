"""The fitted models weigh exactly the signs, and every part of them counts."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from knowledge.confidence import Signs, chances, checked, models, with_products

NOTHING = Signs(*(0.0 for _ in fields(Signs)))


def test_more_of_a_telling_sign_is_more_sure() -> None:
    sure = replace(
        NOTHING, entry=0.8, entry_lead=0.3, entry_covered=1.0, like=0.6, like_lead=1.2, like_rival=1.2, length=2.0
    )
    assert chances(NOTHING).entry_is_right < 0.1
    assert chances(sure).entry_is_right > 0.7
    assert chances(replace(sure, entry_rival=-0.2, like_rival=-0.5)).entry_is_right < chances(sure).entry_is_right


def test_products_are_of_each_sign_with_itself_and_every_later_one() -> None:
    assert with_products(np.array([2.0, 3.0, 5.0])).tolist() == [2, 3, 5, 4, 6, 10, 9, 15, 25]
    rows = np.array([[2.0, 3.0], [5.0, 7.0]])
    assert with_products(rows).tolist() == [with_products(row).tolist() for row in rows]


@pytest.mark.parametrize("part", ["weights", "products"])
@pytest.mark.parametrize("sign", ["entry", "colour"])
def test_a_model_with_other_signs_is_refused(part: str, sign: str) -> None:
    model = models().record_is_near
    changed = dict(getattr(model, part))
    if changed.pop(sign, None) is None:
        changed[sign] = 1.0
    wrong = models().model_copy(update={"record_is_near": model.model_copy(update={part: changed})})
    with pytest.raises(ValueError, match=f"record_is_near: {part}: {sign}"):
        checked(wrong)
