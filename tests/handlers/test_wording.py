"""What people are told in cases where a wrong word would mislead them."""

from __future__ import annotations

from collections.abc import Callable

from handlers.rendering import render
from knowledge.masking import REPLACEMENTS
from tests.support.conversation import Conversation

Converse = Callable[..., Conversation]


def test_every_kind_of_masked_number_is_named_in_vietnamese() -> None:
    for kind, replacement in REPLACEMENTS.items():
        assert f"Tôi đã che {replacement.strip('[]')} trong tin" in render("common/masked", kinds=(kind,))


def test_who_sends_an_identity_number_is_told_what_was_hidden(converse: Converse) -> None:
    assert "Tôi đã che số định danh trong tin" in converse("ba_tu").says("cccd 045123456789 quên mật khẩu vneid")


def test_an_adopted_rule_without_teams_is_not_called_none(converse: Converse) -> None:
    coordinator = converse("cuc", role="coordinator", area="Phường Đông Thanh")
    assert "chưa áp dụng hạn báo cáo nào" in coordinator.says("hạn")
    coordinator.presses("Áp dụng: trước ngày 15 tháng cuối quý (phường Đông Thanh)")
    assert "đã áp dụng 1 hạn báo cáo, nhưng chưa có tổ nào" in coordinator.says("hạn")
