"""What stands around an answer: sources, sections, feedback, choices, what stays unanswered."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import date, timedelta

import pytest

from db.engine import Database
from handlers.questions import wording
from knowledge.answering import Decision, Outcome
from knowledge.schema import STALE_AFTER
from knowledge.working_days import working_days
from tests.support.clock import Clock
from tests.support.conversation import Conversation, answerer
from tests.support.looking import rows

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNKNOWN = "asdf zxcv qwer hjkl"


@on_sqlite
def test_the_sections_of_an_answer_open_one_another(converse: Converse) -> None:
    citizen = converse("khach")
    citizen.sends_action("ask.entry:vneid_la_gi")
    assert "Cần chuẩn bị" in citizen.buttons()
    assert "Từ 14 tuổi" in citizen.presses("Cần chuẩn bị")
    assert "Kiểm tra ngày 20/11/2026" in citizen.presses("Hay vướng")


def test_an_unanswered_question_is_kept_for_the_coordinator(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    assert "Câu này tôi chưa biết" in member.says(UNKNOWN)
    kept = rows(database, "question")
    assert [(row["text"], row["area_id"]) for row in kept] == [(UNKNOWN, 1)]


@on_sqlite
@pytest.mark.pressed
def test_a_wrong_answer_is_kept_with_its_question(converse: Converse, database: Database) -> None:
    citizen = converse("khach")
    citizen.says("quên mật khẩu vneid")
    assert "ghi lại để cán bộ xem" in citizen.presses("Chưa đúng")
    assert [row["text"] for row in rows(database, "question")] == ["quên mật khẩu vneid"]
    assert "Cảm ơn" in citizen.presses("Có ích")
    assert [row["helpful"] for row in rows(database, "feedback")] == [False, True]


@on_sqlite
def test_none_of_the_choices_keeps_the_question(converse: Converse, database: Database) -> None:
    citizen = converse("khach")
    assert "Ý bác là việc nào" in citizen.says("dịch vụ công")
    assert "Câu này tôi chưa biết" in citizen.presses("Không phải các ý trên")
    assert [row["text"] for row in rows(database, "question")] == ["dịch vụ công"]


def test_a_question_about_another_place_carries_its_subject_over(converse: Converse, clock: Clock) -> None:
    citizen = converse("khach")
    first = citizen.says("Đông Thanh báo cáo quý nộp ngày nào")
    assert "phường Đông Thanh" in first
    second = citizen.says("còn Quảng Nam thì sao")
    assert "Quảng Nam" in second
    assert "trước ngày 10" in second
    clock.forward(hours=13)
    assert "trước ngày 10" not in citizen.says("còn Quảng Nam thì sao"), "yesterday's subject is forgotten"


@on_sqlite
@pytest.mark.parametrize(
    ("asked", "heading"),
    [
        ("mất bao lâu ạ", "Chi phí, thời gian"),
        ("the can giay to gi", "Cần chuẩn bị"),
        ("căn cứ vào đâu?", "Xem căn cứ"),
    ],
)
def test_a_few_words_after_an_answer_open_its_section(converse: Converse, asked: str, heading: str) -> None:
    citizen = converse("khach")
    citizen.says("lên mức 2 vneid cần gì")
    assert citizen.says(asked).startswith(f"{heading} – ")


@on_sqlite
def test_a_followup_belongs_to_the_answer_just_before(converse: Converse, clock: Clock) -> None:
    citizen = converse("khach")
    assert "Chi phí, thời gian – " not in citizen.says("mất bao lâu ạ")
    citizen.says("lên mức 2 vneid cần gì")
    citizen.says("quảng nam có bao nhiêu tổ công nghệ số")
    assert "Chi phí, thời gian – " not in citizen.says("mất bao lâu ạ"), "a plan answered in between"
    citizen.says("lên mức 2 vneid cần gì")
    clock.forward(hours=13)
    assert "Chi phí, thời gian – " not in citizen.says("mất bao lâu ạ"), "yesterday's answer is forgotten"


@on_sqlite
def test_without_a_place_each_place_is_told_in_short(converse: Converse) -> None:
    citizen = converse("khach")
    told = citizen.says("có bao nhiêu tổ công nghệ số cộng đồng")
    assert "- Thị xã Đức Phổ: 99 tổ (kết quả năm 2023" in told
    assert "- Tỉnh Quảng Nam: 1.200 tổ (kết quả năm 2023" in told
    assert "Bác hỏi cho nơi nào" in told


@on_sqlite
def test_a_comparison_names_every_source_and_who_is_silent(converse: Converse) -> None:
    citizen = converse("khach")
    told = citizen.says("so sánh tỷ lệ hồ sơ trực tuyến các nơi")
    assert told.count("; P") >= 3, "each figure has its section"
    assert "Tôi không thấy con số này trong văn bản của: " in told
    assert "để tham khảo" in told
    assert "Nguồn: " in citizen.presses(citizen.buttons()[0])


@on_sqlite
def test_deadlines_of_two_places_are_told_in_one_message(converse: Converse) -> None:
    told = converse("khach").says("hạn báo cáo quý của bắc giang và quảng nam")
    assert "- Tỉnh Bắc Giang: trước ngày 20 của tháng cuối quý" in told
    assert "- Tỉnh Quảng Nam: hàng quý, trước ngày 10 của tháng cuối quý" in told
    assert "để tham khảo" not in told, "only figures are counted differently"


@on_sqlite
def test_a_person_can_always_be_asked_for(converse: Converse) -> None:
    citizen = converse("khach")
    citizen.says(UNKNOWN)
    assert "Trung tâm phục vụ hành chính công" in citizen.presses("Gặp người thật")
    assert "máy trả lời tự động" in citizen.says("gap nguoi that")


@pytest.mark.parametrize(
    ("entry", "today", "told"),
    [
        ("dong_thanh_2023/bao_cao_quy", date(2026, 12, 1), "trước ngày 15/12/2026, tức chậm nhất thứ Hai 14/12/2026"),
        ("bac_giang_2022/bc_quy_so_huyen", date(2026, 12, 1), "Nên nộp chậm nhất thứ Sáu 18/12/2026"),
        ("bac_giang_2022/gui_ke_hoach_cu_the", date(2026, 12, 1), "hạn ghi là 10/5/2022, nay đã qua"),
        ("dong_thanh_2023/bao_cao_nam_len_thanh_pho", date(2026, 12, 1), "không ghi ngày cụ thể"),
    ],
)
def test_a_deadline_tells_its_days(entry: str, today: date, told: str) -> None:
    worded = wording.word(Decision(Outcome.ANSWER, entry=entry), answerer(), working_days, today)
    assert told in worded.reply.text
    assert worded.sources[0].document == entry.partition("/")[0]


def test_an_expired_answer_says_so() -> None:
    knowledge = answerer().knowledge
    entry = next(iter(knowledge.entries.values())).model_copy(update={"valid_until": date(2026, 12, 31)})
    fresh = copy(answerer())
    fresh.knowledge = replace(knowledge, entries={entry.id: entry})
    decision = Decision(Outcome.ANSWER, entry=entry.id)
    assert "hết hạn" not in wording.word(decision, fresh, working_days, date(2026, 12, 31)).reply.text
    assert "nay đã hết hạn" in wording.word(decision, fresh, working_days, date(2027, 1, 1)).reply.text


def test_an_answer_not_checked_for_long_says_so() -> None:
    entry = next(iter(answerer().knowledge.entries.values()))
    decision = Decision(Outcome.ANSWER, entry=entry.id)
    grown_old = entry.checked_on + STALE_AFTER
    assert "đã lâu" not in wording.word(decision, answerer(), working_days, grown_old).reply.text
    assert "đã lâu chưa được kiểm lại" in (
        wording.word(decision, answerer(), working_days, grown_old + timedelta(days=1)).reply.text
    )


@on_sqlite
@pytest.mark.parametrize("role", [None, "member"])
def test_a_swindlers_call_gets_the_warning_and_is_no_log_sentence(converse: Converse, role: str | None) -> None:
    person = converse("ba_tu", role=role)
    assert person.says("co nguoi goi xung cong an bao cap nhat vneid").startswith("⚠ CẢNH BÁO")


@on_sqlite
def test_one_difficulty_leads_to_the_others(converse: Converse) -> None:
    citizen = converse("khach")
    first = citizen.says("đức phổ gặp khó khăn gì")
    assert first.startswith("Khó khăn, hạn chế mà văn bản của thị xã Đức Phổ năm 2023 nêu")
    other = citizen.buttons()[0]
    second = citizen.presses(other)
    assert second.startswith("Khó khăn, hạn chế")
    assert second != first


NEITHER_SURELY = "cài vneid cho 5 bác ở xóm Chùa"
"""Reads like a log sentence without a word of help, and like a question."""


@on_sqlite
def test_what_could_be_a_question_is_not_logged_without_asking(converse: Converse) -> None:
    member = converse("an", role="member")
    assert "Tôi hiểu là:" in member.says(NEITHER_SURELY)
    assert "Nguồn: " in member.presses("Không, tôi muốn hỏi")
    assert "Không, tôi muốn hỏi" not in (member.says("hôm nay giúp 3 bà cài vneid"), *member.buttons())


@on_sqlite
def test_the_story_of_somebody_who_does_not_log_is_answered(converse: Converse) -> None:
    assert "Nguồn: " in converse("khach").says(NEITHER_SURELY)


@on_sqlite
def test_an_unmarked_question_about_a_place_is_no_log_sentence(converse: Converse) -> None:
    member = converse("an", role="member")
    assert "1.200 tổ" in member.says("quang nam co may to cong nghe so")
