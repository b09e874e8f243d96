"""Saved entries: changed field by field, by a sentence, by editing the message, deleted; by whom, and with a trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from db.engine import Database
from handlers.message import Kind
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.logging_help import add_member, hand_in, sessions
from tests.support.looking import everything, rows

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SENTENCE = "hôm nay giúp 3 bà cài vneid ở thôn 2"


def logged(person: Conversation, sentence: str = SENTENCE, **more: object) -> None:
    """Say a sentence and save it."""
    person.says(sentence, **more)
    person.presses("Lưu")


def revisions(database: Database) -> list[tuple[object, object, bool]]:
    """Return before, after and whether it was a correction, of every change."""
    return [(row["before"], row["after"], row["correction"]) for row in rows(database, "session_revision")]


def test_an_entry_is_opened_from_the_diary_and_one_field_changed(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    logged(member)
    clock.forward(days=1)
    member.says("nhật ký")
    assert "Số lượt người: 3" in member.says("sửa 1")
    member.presses("Số người")
    assert "Số lượt người: 3 → 5" in member.presses("5")
    assert [entry["people"] for entry in sessions(database)] == [3]
    assert "Đã sửa xong" in member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [5]
    assert revisions(database) == [({"people": 3}, {"people": 5}, False)]
    assert not any(row["state"] for row in rows(database, "dialogue"))


CHANGES: tuple[tuple[str, str, str, object, object], ...] = (
    ("Lĩnh vực", "nộp hồ sơ dịch vụ công", "topics", ["vneid"], ["dvctt"]),
    ("Nơi", "chợ", "place", "thôn 2", "chợ"),
    ("Ngày", "hôm qua", "held_on", "2026-11-21", "2026-11-20"),
    ("Kết quả", "chưa xong", "outcome", "done", "failed"),
    ("Thời gian", "2 tiếng", "minutes", None, 120),
    ("Thời gian", "không", "minutes", 120, None),
    ("Đi cùng", "chị Hoa và anh Bảy", "members", [], [2, 3]),
    ("Đi cùng", "Trần Văn Bảy", "members", [2, 3], [3]),
    ("Đi cùng", "không có ai", "members", [3], []),
    ("Ghi chú", "vì máy cũ, gọi 0905123456", "note", None, "vì máy cũ, gọi [số điện thoại]"),
    ("Ghi chú", "không", "note", "vì máy cũ, gọi [số điện thoại]", None),
)


@on_sqlite
def test_each_field_of_a_saved_entry_can_be_changed(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    hoa, bay = (add_member(database, clock, name) for name in ("Nguyễn Thị Hoa", "Trần Văn Bảy"))
    assert (hoa, bay) == (2, 3)
    logged(member)
    for button, answer, *_ in CHANGES:
        member.says("sửa 1")
        member.presses(button)
        assert "→" in member.says(answer), answer
        member.presses("Lưu")
    changed = [({field: before}, {field: after}, False) for _, _, field, before, after in CHANGES]
    assert revisions(database) == changed
    assert "0905123456" not in everything(database)


@on_sqlite
def test_a_name_that_means_nobody_of_the_team_is_asked_again(converse: Converse) -> None:
    member = converse("an", role="member")
    logged(member)
    member.says("sửa 1")
    member.presses("Đi cùng")
    assert "chưa hiểu" in member.says("chị Chín")
    assert member.buttons() == ["Không có ai", "Huỷ"]


def test_a_whole_sentence_changes_what_it_says_and_keeps_the_rest(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    logged(member)
    clock.forward(days=2)
    member.says("sửa 1")
    reply = member.says("giúp 4 bà nộp hồ sơ dịch vụ công, 1 bà chưa xong vì máy cũ")
    assert "Số lượt người: 3 → 4" in reply
    assert "Ngày" not in reply
    assert "Nơi" not in reply
    member.presses("Lưu")
    (entry,) = sessions(database)
    assert (entry["people"], entry["topics"], entry["held_on"], entry["place"], entry["outcome"]) == (
        4,
        {"dvctt"},
        date(2026, 11, 21),
        "thôn 2",
        "partial",
    )


@on_sqlite
def test_a_sentence_for_an_open_entry_may_be_a_new_session_instead(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member)
    member.says("sửa 1")
    member.says("hôm nay giúp 7 bà học dùng zalo ở chợ")
    member.presses("Ghi thành buổi mới")
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [3, 7]


@on_sqlite
def test_a_change_can_be_left(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member)
    for word in ("Giữ như cũ", "huỷ", "3"):
        member.says("sửa 1")
        member.presses("Số người")
        member.says("9")
        member.says(word)
        assert not any(row["state"] for row in rows(database, "dialogue")), word
    assert [entry["people"] for entry in sessions(database)] == [3]
    assert revisions(database) == []


@pytest.mark.pressed
def test_deleting_asks_first_and_leaves_a_trace(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member)
    member.says("sửa 1")
    assert "phải không" in member.presses("Xoá buổi này")
    assert len(sessions(database)) == 1
    assert "giữ nguyên" in member.presses("Giữ như cũ")
    member.says("sửa 1")
    member.presses("Xoá buổi này")
    assert "Đã xoá" in member.presses("Xoá")
    assert sessions(database) == []
    assert revisions(database) == [({"people": 3}, {"undone": True}, False)]
    assert "không sửa được" in member.presses("Xoá")
    assert "xoá lúc" in member.sends_action("log.history:1")


def test_the_history_tells_who_changed_what(converse: Converse, clock: Clock) -> None:
    member, leader = converse("an", role="member"), converse("lan", role="leader")
    logged(member)
    clock.forward(days=1)
    leader.says("nhật ký")
    leader.presses("Cả tổ")
    leader.says("sửa 1")
    leader.presses("Số người")
    leader.says("4")
    leader.presses("Lưu")
    assert "Lan vừa sửa một buổi" in member.news()
    member.says("sửa 1")
    history = member.presses("Xem lịch sử")
    assert "An ghi lúc 09:00 ngày 21/11/2026" in history
    assert "Lan sửa lúc 09:00 ngày 22/11/2026" in history
    assert "Số lượt người: 3 → 4" in history


ON_AN_ENTRY = ("open", "history", "delete", "remove", "more", "again")


def test_who_may_change_whose_entry(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member)
    allowed = {
        "member": member,
        "leader": converse("lan", role="leader"),
        "coordinator": converse("cuc", role="coordinator"),
        "admin": converse("quan", role="admin"),
    }
    refused = {
        "other member": converse("binh", role="member"),
        "other leader": converse("dao", role="leader", team="Tổ thôn 3"),
        "other coordinator": converse("em", role="coordinator", area="Xã Khác"),
        "citizen": converse("khach"),
    }
    for name, person in allowed.items():
        assert "Buổi của An" in person.sends_action("log.open:1"), name
        person.says("/huy")
    for name, person in refused.items():
        for what in ON_AN_ENTRY:
            answer = person.sends_action(f"log.{what}:1")
            assert any(words in answer for words in ("không sửa được", "Chỉ thành viên", "chưa ghi buổi nào")), name
            assert "Số lượt người" not in answer
    assert revisions(database) == []
    for what in ON_AN_ENTRY:
        for number in ("999", "x", "", "-1", "99999999999999999999"):
            answer = member.sends_action(f"log.{what}:{number}")
            assert any(w in answer for w in ("không sửa được", "chưa ghi buổi nào", "Tôi hiểu là")), (what, number)
        member.says("/huy")
    assert {row["outcome"] for row in rows(database, "event")} == {"done"}


@on_sqlite
def test_whoever_lost_the_role_meanwhile_saves_no_change(converse: Converse, database: Database) -> None:
    member, leader = converse("an", role="member"), converse("lan", role="leader")
    logged(member)
    leader.sends_action("log.open:1")
    leader.presses("Số người")
    leader.says("9")
    member.says("sửa 1")
    member.presses("Xoá buổi này")
    member.presses("Xoá")
    assert "không sửa được" in leader.presses("Lưu")
    assert [row["people"] for row in rows(database, "assistance_session")] == [3]


def test_what_somebody_else_changed_meanwhile_is_shown_before_it_is_overwritten(
    converse: Converse, database: Database
) -> None:
    member, leader = converse("an", role="member"), converse("lan", role="leader")
    logged(member)
    for person in (member, leader):
        person.sends_action("log.open:1")
    leader.presses("Số người")
    leader.says("9")
    leader.presses("Lưu")
    member.presses("Nơi")
    member.says("chợ")
    shown = member.presses("Lưu")
    assert "vừa được sửa ở chỗ khác" in shown
    assert "Số lượt người: 9 → 3" in shown
    assert [(entry["people"], entry["place"]) for entry in sessions(database)] == [(9, "thôn 2")]
    member.presses("Lưu")
    assert [(entry["people"], entry["place"]) for entry in sessions(database)] == [(3, "chợ")]


def test_opening_an_entry_keeps_what_waits_to_be_saved(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member)
    member.says("hôm nay giúp 7 bà học dùng zalo ở chợ")
    member.sends_action("log.open:1")
    member.presses("Số người")
    member.says("5")
    assert "lúc nãy vẫn chờ bác lưu" in member.presses("Lưu")
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [5, 7]


@on_sqlite
def test_the_older_draft_can_be_saved_over_an_open_entry(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member)
    member.says("hôm nay giúp 7 bà học dùng zalo ở chợ")
    save = next(action for row in member.messages()[-1].rows for label, action in row if label == "Lưu")
    member.sends_action("log.open:1")
    assert "Đã lưu" in member.sends_action(save)
    assert [entry["people"] for entry in sessions(database)] == [3, 7]


# --- Edited messages ---


def test_an_edited_message_offers_before_and_after(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    logged(member, "hôm qua giúp 3 bà cài vneid ở chợ", message_ref="41")
    assert sessions(database)[0]["origin"] == "test:an:41"
    clock.forward(days=3)
    reply = member.says("hôm qua giúp 4 bà cài vneid ở chợ", message_ref="41", edited=True)
    assert "Số lượt người: 3 → 4" in reply
    assert "Ngày" not in reply, "its days are those of the day it was written on"
    assert member.buttons() == ["Sửa theo tin mới", "Giữ như cũ"]
    member.presses("Sửa theo tin mới")
    assert [(entry["people"], entry["held_on"]) for entry in sessions(database)] == [(4, date(2026, 11, 20))]
    assert revisions(database) == [({"people": 3}, {"people": 4}, False)]


@on_sqlite
def test_an_edited_message_may_be_ignored(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member, message_ref="41")
    member.says("hôm nay giúp 4 bà cài vneid ở thôn 2", message_ref="41", edited=True)
    assert "giữ nguyên" in member.presses("Giữ như cũ")
    assert [entry["people"] for entry in sessions(database)] == [3]
    assert "vẫn đúng như tin mới" in member.says(f"{SENTENCE}!", message_ref="41", edited=True)
    assert not any(row["state"] for row in rows(database, "dialogue"))


def test_an_edit_before_saving_replaces_the_draft(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE, message_ref="41")
    assert "Số lượt người: 4" in member.says("hôm nay giúp 4 bà cài vneid ở thôn 2", message_ref="41", edited=True)
    member.presses("Lưu")
    assert [(entry["people"], entry["origin"]) for entry in sessions(database)] == [(4, "test:an:41")]


@on_sqlite
def test_an_edit_that_tells_of_other_sessions_adds_and_takes_away(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member, message_ref="41")
    two = f"{SENTENCE}; hôm qua giúp 2 ông nộp hồ sơ dịch vụ công ở thôn 3"
    assert "Thêm một buổi" in member.says(two, message_ref="41", edited=True)
    member.presses("Sửa theo tin mới")
    assert [entry["people"] for entry in sessions(database)] == [3, 2]
    assert "Bỏ buổi ngày 20/11/2026" in member.says(SENTENCE, message_ref="41", edited=True)
    member.presses("Sửa theo tin mới")
    assert [entry["people"] for entry in sessions(database)] == [3]


@on_sqlite
def test_an_edit_that_tells_of_no_session_offers_to_delete(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member, message_ref="41")
    assert "không còn kể" in member.says("nhầm rồi", message_ref="41", edited=True)
    assert len(sessions(database)) == 1
    member.presses("Xoá buổi đã ghi")
    assert sessions(database) == []


@on_sqlite
def test_what_is_missing_in_an_edited_message_is_asked(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member, message_ref="41")
    assert "mấy người" in member.says("hôm nay giúp mấy bà cài vneid ở thôn 2", message_ref="41", edited=True)
    assert "3 → 6" in member.says("6")
    member.presses("Sửa theo tin mới")
    assert [entry["people"] for entry in sessions(database)] == [6]


@on_sqlite
def test_an_edit_in_the_middle_of_another_draft_loses_neither(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member, message_ref="41")
    member.says("hôm nay giúp mấy bà học dùng zalo ở chợ", message_ref="43")
    member.says("hôm nay giúp 4 bà cài vneid ở thôn 2", message_ref="41", edited=True)
    assert "mấy người" in member.presses("Sửa theo tin mới")
    member.says("8")
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [4, 8]


@on_sqlite
def test_an_edit_of_a_sentence_for_somebody_else_keeps_whose_it_is(converse: Converse, database: Database) -> None:
    leader, member = converse("lan", role="leader"), converse("nguyễn thị tám", role="member")
    logged(leader, f"ghi hộ bà Tám: {SENTENCE}", message_ref="41")
    edited = "ghi hộ bà Tám: hôm nay giúp 5 bà cài vneid ở thôn 2"
    assert "3 → 5" in leader.says(edited, message_ref="41", edited=True)
    leader.presses("Sửa theo tin mới")
    assert [(entry["people"], entry["person_id"]) for entry in sessions(database)] == [(5, 2)]
    assert "Lan vừa sửa" in member.news()


@on_sqlite
def test_an_edited_answer_presses_no_button(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp mấy bà cài vneid", message_ref="41")
    member.says("3", message_ref="43")
    member.says("1", message_ref="43", edited=True)  # the first button by now is Lưu
    assert sessions(database) == []


# --- After the report was handed in ---


def test_after_the_report_a_change_is_a_correction_and_shown(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member, coordinator = converse("an", role="member"), converse("cuc", role="coordinator")
    logged(member)
    hand_in(database, clock, "2026-Q4")
    clock.forward(hours=1)
    member.says("sửa 1")
    member.presses("Số người")
    assert "Báo cáo quý 4/2026 của tổ đã nộp rồi" in member.says("5")
    assert "đính chính" in member.presses("Lưu")
    assert revisions(database) == [({"people": 3}, {"people": 5}, True)]
    assert sessions(database)[0]["corrected_at"] == clock()
    assert "(đã đính chính)" in member.says("nhật ký")
    for asked in ("bản tin", "báo cáo"):
        assert "- Tổ thôn 2, buổi 21/11/2026: Số lượt người 3 → 5" in coordinator.says(asked)


def test_after_the_report_undoing_and_adding_are_corrections_too(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member, coordinator = converse("an", role="member"), converse("cuc", role="coordinator")
    logged(member)
    hand_in(database, clock, "2026-Q4")
    assert "đính chính" in member.presses("Hoàn tác")
    assert "được ghi là đính chính" in member.says("hôm qua giúp 2 bà cài vneid ở thôn 2")
    member.presses("Lưu")
    summary = coordinator.says("bản tin")
    assert "Đính chính sau khi nộp báo cáo (2)" in summary
    assert "buổi 21/11/2026: xoá" in summary
    assert "buổi 20/11/2026: ghi thêm" in summary
    assert [correction for *_, correction in revisions(database)] == [True, True]


@on_sqlite
@pytest.mark.parametrize(
    ("period", "kind", "team_id", "corrects"),
    [
        ("2026-Q4", "submitted", 1, True),
        ("2026-11", "claimed", 1, True),
        ("2026-Q3", "submitted", 1, False),
        ("2026-Q4", "waived", 1, False),
        ("2026-Q4", "submitted", 2, False),
    ],
)
def test_only_the_report_that_holds_the_day_makes_a_correction(
    converse: Converse, database: Database, clock: Clock, period: str, kind: str, team_id: int, corrects: bool
) -> None:
    member = converse("an", role="member")
    converse("binh", role="member", team="Tổ thôn 3")
    logged(member)
    hand_in(database, clock, period, kind=kind, team_id=team_id)
    assert ("đính chính" in member.presses("Hoàn tác")) is corrects
    assert [correction for *_, correction in revisions(database)] == [corrects]


@on_sqlite
def test_a_day_after_the_report_was_handed_in_is_no_correction(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    hand_in(database, clock, "2026-Q4")
    clock.forward(days=1)
    assert "đính chính" not in member.says(SENTENCE)
    member.presses("Lưu")
    assert "đính chính" not in member.presses("Hoàn tác")


# --- What is not text, and other ways in ---


NOT_TEXT = (
    (Kind.VOICE, "chưa nghe được"),
    (Kind.PHOTO, "chưa xem được ảnh"),
    (Kind.FILE, "tệp"),
    (Kind.STICKER, "chỉ đọc được chữ"),
)


@on_sqlite
def test_what_is_not_text_is_answered_with_how_to_write_it(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    for kind, words in NOT_TEXT:
        told = member.sends(kind)
        assert words in told
        assert "hôm nay giúp 3 bà cài VNeID" in told
    member.says("hôm nay giúp mấy bà cài vneid")
    for kind, words in NOT_TEXT:
        told = member.sends(kind)
        assert words in told
        assert "mấy người" in told
    member.says("3")
    member.presses("Lưu")
    assert [entry["people"] for entry in sessions(database)] == [3]


def test_the_command_takes_the_sentence_behind_it(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    assert "Số lượt người: 3" in member.says(f"/ghi {SENTENCE}, gọi 0905123456", message_ref="41")
    member.presses("Lưu")
    assert [(entry["people"], entry["origin"]) for entry in sessions(database)] == [(3, "test:an:41")]
    assert "0905123456" not in everything(database)
    assert "3 → 4" in member.says("/ghi hôm nay giúp 4 bà cài vneid ở thôn 2", message_ref="41", edited=True)
    member.says("/huy")
    assert "chưa hiểu câu này" in member.says("/ghi linh tinh")
    assert "VNeID, căn cước" in member.buttons()


@pytest.mark.pressed
def test_what_was_meant_as_a_question_drops_the_draft(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("cài vneid cho 5 bác ở xóm Chùa")
    answer = member.presses("Không, tôi muốn hỏi")
    assert "Nguồn:" in answer
    assert not any(row["state"] for row in rows(database, "dialogue"))
    assert "lần ghi trước" in member.presses("Huỷ")
    assert sessions(database) == []


def test_several_in_a_row_keep_place_and_day(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    logged(member, "hôm qua giúp 3 bà cài vneid ở chợ")
    member.presses("Ghi tiếp")
    member.presses("Dịch vụ công trực tuyến")
    member.presses("2")
    member.presses("Lưu")
    member.presses("Như lần trước")
    member.presses("Lưu")
    assert [(entry["people"], entry["place"], entry["held_on"]) for entry in sessions(database)] == [
        (3, "chợ", date(2026, 11, 20)),
        (2, "chợ", date(2026, 11, 20)),
        (2, "chợ", date(2026, 11, 21)),
    ]


@on_sqlite
def test_how_long_it_took_is_kept_where_it_was_said(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    assert "Thời gian: 1 giờ 30 phút" in member.says("hôm nay giúp 3 bà cài vneid ở chợ, mất 1 tiếng rưỡi")
    member.presses("Lưu")
    assert [entry["minutes"] for entry in sessions(database)] == [90]
