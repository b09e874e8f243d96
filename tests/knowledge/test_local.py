"""What an area has taught answers there and nowhere else, and never puts a surer answer of the base aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.alike import grouped, question_key
from knowledge.answering import Asker, Decision, Outcome
from knowledge.local import Alias, OwnEntry, Taught, as_yaml
from knowledge.schema import FEWEST_PHRASINGS, HowTo, Source
from knowledge.vietnamese import fold
from tests.support.conversation import answerer

BASE = answerer()
HERE, THERE = Asker(areas=frozenset({7, 1})), Asker(areas=frozenset({8, 1}))
SPINNING = "cái ô tròn trên máy bấm vô hắn quay hoài"
MARKET = OwnEntry(
    2,
    7,
    ("chợ làng hôm mô họp",),
    title="Lịch họp chợ Đại Áng",
    answer="Chợ họp ngày mồng 3 và mồng 8 âm lịch, từ 5 giờ sáng, ở bãi sau trụ sở.",
    source="Thông báo của xã ngày 2/11/2026",
    topic="other",
    unit="Xã Thử",
    approved_on=date(2026, 11, 21),
)
ALIAS = Alias(1, 7, (SPINNING,), entry="vneid_quen_mat_khau")


def decide(question: str, asker: Asker, *taught: Taught) -> Decision:
    return BASE.with_local(taught).decide(question, asker)


@pytest.mark.parametrize("question", [SPINNING, fold(SPINNING).upper(), "cai o tron tren may bam vo quay hoai"])
def test_an_alias_answers_the_same_and_similar_words(question: str) -> None:
    decision = decide(question, HERE, ALIAS)
    assert (decision.outcome, decision.entry) == (Outcome.ANSWER, "vneid_quen_mat_khau")


@pytest.mark.parametrize("question", ["chợ làng hôm mô họp", "lich hop cho dai ang", "chợ đại áng họp khi nào"])
def test_an_own_entry_answers_by_its_phrasings_and_its_title(question: str) -> None:
    assert decide(question, HERE, MARKET).entry == "local/2"


@pytest.mark.parametrize("question", [SPINNING, "chợ làng hôm mô họp", "lịch họp chợ Đại Áng", "local/2"])
def test_nothing_is_given_outside_its_area(question: str) -> None:
    for asker in (THERE, Asker()):
        assert decide(question, asker, ALIAS, MARKET) == BASE.decide(question, asker)


def test_what_holds_everywhere_is_given_to_everybody() -> None:
    everywhere = replace(MARKET, area_id=None, unit=None)
    assert decide("chợ làng hôm mô họp", Asker(), everywhere).entry == "local/2"


@pytest.mark.parametrize("question", ["chợ Quảng Nam hôm mô họp", "chợ làng ở Hà Nội hôm mô họp"])
def test_an_own_entry_is_not_given_for_another_place(question: str) -> None:
    assert decide(question, HERE, MARKET).outcome is not Outcome.ANSWER


def test_a_place_that_was_taught_may_be_named() -> None:
    named = replace(MARKET, phrasings=("chợ ở Hà Nội hôm mô họp",))
    assert decide("chợ Hà Nội hôm mô thì họp", HERE, named).entry == "local/2"


def test_the_base_keeps_what_it_answers_more_surely() -> None:
    wifi = replace(MARKET, title="Quên mật khẩu wifi nhà văn hóa", phrasings=("quên mật khẩu wifi",))
    for question in ("quên mật khẩu vneid thì làm sao", "tôi quên mật khẩu VNeID"):
        assert decide(question, HERE, wifi) == BASE.decide(question, HERE)


def test_a_coordinator_may_correct_the_base_for_exactly_these_words() -> None:
    wrong = "quên mật khẩu vneid"
    assert decide(wrong, HERE, replace(MARKET, phrasings=(wrong,))).entry == "local/2"


@pytest.mark.parametrize("question", ["bị lừa mất tiền phải làm sao", "cảm ơn", "cho tôi gặp người thật"])
def test_a_warning_and_a_remark_are_never_put_aside(question: str) -> None:
    assert decide(question, HERE, replace(MARKET, phrasings=(question,))) == BASE.decide(question, HERE)


@pytest.mark.parametrize("question", ["chợ họp", "chợ họp hôm nào"])
def test_what_is_only_near_is_offered(question: str) -> None:
    decision = decide(question, HERE, MARKET)
    assert decision.outcome is Outcome.CHOICES
    assert decision.choices[0].entry == "local/2"


@pytest.mark.parametrize("question", ["đau răng uống thuốc gì", "kết quả xổ số", "giá vàng hôm nay", "xem phim ở đâu"])
def test_what_is_far_from_all_of_it_stays_unanswered(question: str) -> None:
    assert decide(question, HERE, MARKET, ALIAS) == BASE.decide(question, HERE)


def test_the_newest_lesson_in_the_same_words_holds() -> None:
    newer = replace(MARKET, id=3, answer="Chợ nay họp ngày rằm.")
    assert decide("chợ làng hôm mô họp", HERE, MARKET, newer).entry == "local/3"


def test_an_alias_of_what_is_gone_is_passed_over() -> None:
    gone = Alias(4, 7, (SPINNING,), entry="left_the_base")
    withdrawn = Alias(5, 7, (SPINNING,), entry="local/2")
    assert decide(SPINNING, HERE, gone, withdrawn) == BASE.decide(SPINNING, HERE)
    assert decide(SPINNING, HERE, MARKET, withdrawn).entry == "local/2"


def test_the_search_shows_what_was_taught() -> None:
    learned = BASE.with_local([MARKET])
    assert learned.search("chợ làng hôm mô họp", 5, HERE)[0].id == "local/2"
    assert learned.label("local/2") == MARKET.title
    assert "local/2" not in {hit.id for hit in learned.search("chợ làng hôm mô họp", 5, THERE)}


def test_no_figure_of_another_place_is_suggested() -> None:
    question = "có bao nhiêu tổ công nghệ số cộng đồng"
    of_plans = [key.partition("/")[0] for key in BASE.suggest(question, 8, Asker(plan="duc_pho_2023")) if "/" in key]
    assert set(of_plans) == {"duc_pho_2023"}
    assert not any("/" in key for key in BASE.suggest(question, 8, Asker()))
    assert "quang_nam_2024/to_cnscd_so_to" in BASE.suggest(f"Quảng Nam {question}", 8, Asker())


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_can_be_taught_and_asked(phrasings: Sequence[str], question: str) -> None:
    taught = replace(MARKET, phrasings=tuple(phrasings))
    decision = decide(question, HERE, taught)
    assert 0 <= decision.score <= 1
    assert (decision.entry is not None) == (decision.outcome is Outcome.ANSWER)


@given(st.lists(st.sampled_from(["a b", "a c", "mat khau", "mat khau vneid", "mat khaau vneid", ""]), max_size=12))
def test_every_question_is_in_one_group(keys: list[str]) -> None:
    groups = grouped(keys)
    assert sorted(position for group in groups for position in group) == list(range(len(keys)))
    assert [len(group) for group in groups] == sorted(map(len, groups), reverse=True)


def test_the_same_question_is_one_group_however_it_is_typed() -> None:
    asked = ["Chợ làng hôm mô họp?", "cho lang hom mo hop", "chợ làng hôm mô họpp", "mấy giờ chợ đóng"]
    assert grouped(list(map(question_key, asked))) == [[0, 1, 2], [3]]
    years = ["chỉ tiêu tổ công nghệ số năm 2023", "chỉ tiêu tổ công nghệ số năm 2024"]
    assert grouped(list(map(question_key, years))) == [[0], [1]]


def test_the_export_has_the_form_of_the_base() -> None:
    ways = tuple(f"chợ làng họp ngày nào, cách hỏi {number}" for number in range(FEWEST_PHRASINGS))
    text = as_yaml([ALIAS, replace(MARKET, phrasings=ways)], {"vneid": "VNeID", "other": "Việc khác"})
    parts = yaml.safe_load(text)
    entry = HowTo.model_validate(parts["entries_other"][0])
    assert (entry.title, entry.answer, entry.phrasings) == (MARKET.title, MARKET.answer, ways)
    assert Source.model_validate(parts["sources"][entry.facts[0].source]).title == MARKET.source
    assert parts["phrasings"] == {"vneid_quen_mat_khau": [SPINNING]}
    assert "cần ít nhất" not in text
    assert "mới có 1 cách hỏi, cần ít nhất 8" in as_yaml([MARKET], {"other": "Việc khác"})
    assert as_yaml([], {"other": "Việc khác"}) == ""
