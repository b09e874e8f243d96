"""Logging help given, as conversations: one sentence, by buttons, corrected, cancelled, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import rows

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SENTENCE = "hôm nay giúp 3 bà cài vneid ở thôn 2, 1 bà chưa xong vì máy cũ"


def saved(database: Database) -> list[dict[str, object]]:
    """Return what was saved and not taken back, with the topics of each."""
    topics: dict[int, set[str]] = {}
    for row in rows(database, "session_topic"):
        topics.setdefault(row["session_id"], set()).add(row["topic"])
    kept = [row for row in rows(database, "assistance_session") if row["undone_at"] is None]
    return [
        {
            "topics": topics[row["id"]],
            "people": row["people"],
            "place": row["place"],
            "date": row["held_on"],
            "outcome": row["outcome"],
        }
        for row in kept
    ]


def test_everything_said_is_saved(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    assert saved(database) == []
    assert "Đã lưu buổi hỗ trợ" in member.presses("Lưu")
    assert saved(database) == [
        {"topics": {"vneid"}, "people": 3, "place": "thôn 2", "date": date(2026, 11, 21), "outcome": "partial"}
    ]
    entry = rows(database, "assistance_session")[0]
    assert "máy cũ" in entry["note"]
    assert (entry["team_id"], entry["area_id"]) == (1, 1)


def test_guided_by_buttons_in_four_taps(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("/start")
    member.presses("Ghi buổi hỗ trợ")
    member.presses("Dịch vụ công trực tuyến")
    echo = member.presses("5")
    assert "Số lượt người: 5" in echo
    member.presses("Lưu")
    assert saved(database) == [
        {"topics": {"dvctt"}, "people": 5, "place": "thôn 2", "date": date(2026, 11, 21), "outcome": "done"}
    ]


@on_sqlite
def test_guided_by_numbers_where_there_are_no_buttons(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("ghi")
    member.says("2")
    member.says("12")
    member.says("một")
    assert saved(database) == [
        {"topics": {"dvctt"}, "people": 12, "place": "thôn 2", "date": date(2026, 11, 21), "outcome": "done"}
    ]


def test_like_last_time(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    member.says("ghi")
    assert "Như lần trước" not in member.buttons()
    member.says("huỷ")
    member.says("hôm nay hướng dẫn 4 ông nộp hồ sơ dịch vụ công ở chợ")
    member.presses("Lưu")
    clock.forward(days=2)
    member.says("ghi")
    echo = member.presses("Như lần trước")
    assert "Số lượt người: 4" in echo
    member.presses("Lưu")
    assert [(entry["people"], entry["place"], entry["date"]) for entry in saved(database)] == [
        (4, "chợ", date(2026, 11, 21)),
        (4, "chợ", date(2026, 11, 23)),
    ]


@on_sqlite
def test_like_last_time_without_a_last_time(converse: Converse) -> None:
    assert "chưa ghi buổi nào" in converse("an", role="member").says("như lần trước")


@on_sqlite
@pytest.mark.parametrize(
    ("sentence", "asked", "answer", "field", "value"),
    [
        ("hôm nay giúp mấy bà cài vneid", "mấy người", "3", "people", 3),
        ("hôm nay giúp mấy bà cài vneid", "mấy người", "ba bà", "people", 3),
        ("hôm nay giúp mấy bà cài vneid", "mấy người", "số 3", "people", 3),
        ("hôm nay giúp mấy bà cài vneid", "mấy người", "khoảng 25 người", "people", 25),
        ("sáng nay giúp 2 bà ở thôn 2", "việc gì", "cài vneid", "topics", {"vneid"}),
        ("sáng nay giúp 2 bà ở thôn 2", "việc gì", "nộp hồ sơ dịch vụ công", "topics", {"dvctt"}),
        ("bữa trước giúp 2 bà cài vneid", "ngày nào", "hôm qua", "date", date(2026, 11, 20)),
        ("bữa trước giúp 2 bà cài vneid", "ngày nào", "15/11", "date", date(2026, 11, 15)),
        ("hôm nay giúp 2 bà cài vneid ở chỗ cũ", "ở đâu", "nhà văn hóa thôn 4", "place", "nhà văn hóa thôn 4"),
        ("hôm nay giúp 2 bà cài vneid ở chỗ cũ", "ở đâu", "cho", "place", "cho"),
    ],
)
def test_what_is_missing_is_asked_back(
    converse: Converse, database: Database, sentence: str, asked: str, answer: str, field: str, value: object
) -> None:
    member = converse("an", role="member")
    assert asked in member.says(sentence)
    assert "Tôi hiểu là" in member.says(answer)
    member.presses("Lưu")
    assert saved(database)[0][field] == value


@on_sqlite
@pytest.mark.parametrize(("answer", "outcome"), [("xong hết", "done"), ("chua xong", "failed"), ("2", "partial")])
def test_a_contradictory_outcome_is_asked_back(
    converse: Converse, database: Database, answer: str, outcome: str
) -> None:
    member = converse("an", role="member")
    assert "Kết quả ra sao" in member.says("hôm nay giúp 2 bà cài vneid ở thôn 2, xong rồi mà chưa xong")
    member.says(answer)
    member.presses("Lưu")
    assert saved(database)[0]["outcome"] == outcome


@on_sqlite
def test_several_missing_fields_are_asked_one_after_the_other(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    assert "mấy người" in member.says("bữa trước giúp mấy bà cài vneid ở chỗ cũ")
    assert "ở đâu" in member.says("3")
    assert "ngày nào" in member.presses("thôn 2")
    assert "Tôi hiểu là" in member.presses("Hôm qua")
    member.presses("Lưu")
    assert saved(database) == [
        {"topics": {"vneid"}, "people": 3, "place": "thôn 2", "date": date(2026, 11, 20), "outcome": "done"}
    ]


@on_sqlite
@pytest.mark.parametrize(
    ("button", "answer", "field", "value"),
    [
        ("Lĩnh vực", "Thanh toán không dùng tiền mặt", "topics", {"thanh_toan"}),
        ("Số người", "7", "people", 7),
        ("Số người", "mười lăm", "people", 15),
        ("Nơi", "chợ Đông Ba", "place", "chợ Đông Ba"),
        ("Ngày", "hôm kia", "date", date(2026, 11, 19)),
        ("Kết quả", "Chưa xong", "outcome", "failed"),
    ],
)
def test_each_field_can_be_corrected(
    converse: Converse, database: Database, button: str, answer: str, field: str, value: object
) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    before = {"topics": {"vneid"}, "people": 3, "place": "thôn 2", "date": date(2026, 11, 21), "outcome": "partial"}
    assert "sửa chỗ nào" in member.presses("Sửa")
    member.presses(button)
    assert "Tôi hiểu là" in member.says(answer)
    member.presses("Lưu")
    assert saved(database) == [{**before, field: value}]


@on_sqlite
@pytest.mark.parametrize(
    ("steps", "word"),
    [
        (["ghi"], "Huỷ"),
        (["ghi", "1"], "huy"),
        (["ghi", "1", "3"], "/huy"),
        ([SENTENCE], "hủy bỏ"),
        ([SENTENCE, "sửa"], "thôi"),
        ([SENTENCE, "sửa", "nơi"], "Hủy!"),
    ],
)
def test_cancelling_works_at_every_step(converse: Converse, database: Database, steps: list[str], word: str) -> None:
    member = converse("an", role="member")
    for step in steps:
        member.says(step)
    assert rows(database, "dialogue")[0]["state"] == "log"
    assert "chưa lưu gì" in member.says(word)
    assert not any(row["state"] for row in rows(database, "dialogue"))
    assert saved(database) == []
    assert "không có việc gì đang làm dở" in member.says("/huy")


@on_sqlite
def test_cancelling_twice_by_word_says_that_nothing_is_open(converse: Converse) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    member.says("/huy")
    assert "không có việc gì đang làm dở" in member.says("huỷ")


@on_sqlite
def test_agreeing_by_word_saves(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    for number, word in enumerate(("đúng", "dung", "Đúng rồi ạ", "ok", "vâng", "lưu", "1"), start=1):
        member.says(f"hôm nay giúp {number} bà cài vneid ở thôn 2")
        assert "Đã lưu" in member.says(word), word
        assert len(saved(database)) == number
    assert rows(database, "person")[0]["muted_at"] is None


@pytest.mark.pressed
def test_undone_by_button_once(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    member.presses("Lưu")
    assert "Đã hoàn tác buổi vừa ghi" in member.presses("Hoàn tác")
    assert saved(database) == []
    assert "Không có buổi nào để hoàn tác" in member.presses("Hoàn tác")


@on_sqlite
@pytest.mark.parametrize("word", ["hoàn tác", "hoan tac", "Hoàn tác!"])
def test_undone_by_word_also_after_something_else_was_said(converse: Converse, database: Database, word: str) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    member.presses("Lưu")
    member.says("quên mật khẩu vneid")
    assert "Đã hoàn tác" in member.says(word)
    assert saved(database) == []


@on_sqlite
def test_the_word_alone_does_not_take_back_what_is_older_than_a_day(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    member.presses("Lưu")
    member.says("quên mật khẩu vneid")
    clock.forward(hours=25)
    assert "Không có buổi nào" in member.says("hoàn tác")
    assert len(saved(database)) == 1


def test_somebody_elses_entry_cannot_be_taken_back(converse: Converse, database: Database) -> None:
    member, other = converse("an", role="member"), converse("binh", role="member")
    member.says(SENTENCE)
    member.presses("Lưu")
    first = rows(database, "assistance_session")[0]["id"]
    assert "không phải bác ghi" in other.sends_action(f"log.undo:{first}-{first}")
    assert "không phải bác ghi" in other.sends_action("log.undo:1-999999")
    assert "Chỉ thành viên" in converse("khach").sends_action(f"log.undo:{first}-{first}")
    assert len(saved(database)) == 1


def test_several_sessions_in_one_message_are_saved_and_undone_together(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    echo = member.says("sáng giúp 3 bà cài vneid ở thôn 2; chiều giúp 2 ông nộp hồ sơ dịch vụ công ở thôn 3")
    assert "Buổi 1" in echo
    assert "Buổi 2" in echo
    assert "Đã lưu 2 buổi hỗ trợ" in member.presses("Lưu")
    assert [(entry["people"], entry["place"]) for entry in saved(database)] == [(3, "thôn 2"), (2, "thôn 3")]
    assert "Đã hoàn tác 2 buổi" in member.presses("Hoàn tác")
    assert saved(database) == []


@on_sqlite
def test_one_of_several_sessions_can_be_corrected(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("sáng giúp 3 bà cài vneid ở thôn 2; chiều giúp 2 ông nộp hồ sơ dịch vụ công ở thôn 3")
    member.presses("Sửa")
    assert "Buổi thứ 2" in member.presses("Buổi 2: Số người")
    member.says("9")
    member.presses("Lưu")
    assert [entry["people"] for entry in saved(database)] == [3, 9]


@on_sqlite
def test_more_sessions_than_a_message_can_offer_buttons_for_are_asked_in_parts(
    converse: Converse, database: Database
) -> None:
    member = converse("an", role="member")
    days = [f"ngày {day}/11 giúp {day} bà cài vneid ở thôn {day}" for day in range(1, 15)]
    assert "chia thành mấy tin" in member.says("; ".join(days))
    assert "Buổi 10" in member.says("; ".join(days[:10]))
    assert "Đã lưu 10 buổi" in member.presses("Lưu")


@on_sqlite
@pytest.mark.parametrize(
    ("begun", "question"),
    [
        ("ghi", "quên mật khẩu vneid thì làm sao"),
        ("bữa trước giúp 2 bà cài vneid", "quen mat khau vneid"),
        ("hôm nay giúp 2 bà cài vneid ở chỗ cũ", "vneid mức 2 làm ở đâu"),
        (SENTENCE, "làm sao đăng ký khai sinh trên mạng?"),
    ],
)
def test_a_clear_question_is_answered_and_the_entry_offered_again(
    converse: Converse, database: Database, begun: str, question: str
) -> None:
    member = converse("an", role="member")
    member.says(begun)
    before = rows(database, "dialogue")[0]["data"]
    offered = [label for label in member.buttons() if label != "Như lần trước"]
    reply = member.says(question)
    assert "Nguồn:" in reply
    assert "lúc nãy vẫn chờ bác lưu" in reply or "ghi tiếp buổi hỗ trợ" in reply
    assert rows(database, "dialogue")[0]["data"] == before
    assert member.buttons() == offered


@on_sqlite
def test_an_answer_that_is_not_understood_is_asked_again(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp mấy bà cài vneid")
    again = member.says("blah")
    assert "chưa hiểu câu trả lời" in again
    assert "mấy người" in again
    member.says("4")
    assert "chưa lưu" in member.says("blah blah")
    member.presses("Lưu")
    assert saved(database)[0]["people"] == 4


@on_sqlite
def test_a_sentence_on_the_same_topic_instead_of_an_answer_replaces_the_draft(
    converse: Converse, database: Database
) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp mấy bà cài vneid")
    assert "Số lượt người: 5" in member.says("hôm qua giúp 5 ông cài vneid ở chợ")
    member.presses("Lưu")
    assert [(entry["people"], entry["place"]) for entry in saved(database)] == [(5, "chợ")]


@on_sqlite
def test_a_hurried_correction_puts_one_thing_right(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hqua hd 3 bac o thon 2 cai vneid")
    assert "Số lượt người: 4" in member.says("sửa 3 thành 4")
    assert "thôn 3" in member.says("không phải thôn 2 mà thôn 3").casefold()
    assert "Ngày: thứ Bảy 21/11/2026" in member.says("à nhầm, hôm nay")
    assert "Zalo" in member.says("đổi vneid thành cài zalo")
    assert "Kết quả: xong một phần" in member.says("ý tôi là xong một phần")
    member.presses("Lưu")
    (entry,) = saved(database)
    assert (entry["people"], entry["outcome"]) == (4, "partial")


@on_sqlite
def test_a_day_that_has_not_come_is_asked_again(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    assert "ngày nào" in member.says("30/11 đã giúp 3 bà cài vneid")
    assert "chưa hiểu" in member.says("30/11")
    assert "Ngày: thứ Sáu 20/11/2026" in member.says("hôm qua")
    member.presses("Sửa")
    member.presses("Ngày")
    assert "chưa hiểu" in member.says("25/11")
    assert saved(database) == []


@on_sqlite
@pytest.mark.parametrize("said", ["99999999999", "12345678", "0"])
def test_an_impossible_number_is_asked_back_and_never_guessed(
    converse: Converse, database: Database, said: str
) -> None:
    member = converse("an", role="member")
    assert "mấy người" in member.says(f"hôm nay giúp {said} bà cài vneid")
    assert "chưa hiểu" in member.says(said)
    assert saved(database) == []


@on_sqlite
def test_a_citizen_cannot_log(converse: Converse, database: Database) -> None:
    citizen = converse("khach")
    assert "Chỉ thành viên" in citizen.says("hôm nay giúp 3 bà cài vneid ở thôn 2")
    assert "Chỉ thành viên" in citizen.says("/ghi")
    assert "Chỉ thành viên" in citizen.says("nhật ký")
    assert "Chỉ thành viên" in citizen.says("ghi hộ bà Tám: hôm nay giúp 3 bà cài vneid")
    assert "Chỉ thành viên" in citizen.says("sửa 1")
    for action in ("log.begin", "log.again", "log.diary", "log.save:abc", "log.open:1", "log.for:1", "log.remove:1"):
        assert "Chỉ thành viên" in citizen.sends_action(action)
    assert saved(database) == []


@on_sqlite
def test_the_buttons_of_another_draft_do_nothing(converse: Converse, database: Database) -> None:
    member, other = converse("an", role="member"), converse("binh", role="member")
    member.says(SENTENCE)
    draft = rows(database, "dialogue")[0]["data"]["draft"]
    member.says("huỷ")
    member.says("hôm qua giúp 5 ông cài vneid ở chợ")
    other.says("hôm qua giúp 6 ông cài vneid ở chợ")
    for person in (member, other):
        for what in ("save", "cancel", "edit", "field", "set", "sure", "drop", "new"):
            assert "của lần ghi trước" in person.sends_action(f"log.{what}:{draft}:0:people:1")
    assert saved(database) == []
    member.presses("Lưu")
    assert [entry["people"] for entry in saved(database)] == [5]


MALFORMED = (
    "set:{}:9:people:3",
    "set:{}:-1:people:3",
    "set:{}:x:people:3",
    "set:{}:0:people:abc",
    "set:{}:0:people:-4",
    "set:{}:0:people:0",
    "set:{}:0:people:99999999999999999999",
    "set:{}:0:topics:nothing",
    "set:{}:0:date:2030-01-01",
    "set:{}:0:date:x",
    "set:{}:0:outcome:x",
    "set:{}:0:weird:1",
    "set:{}:0",
    "set:{}:",
    "set:{}",
    "field:{}:0:weird",
    "field:{}:9:people",
    "field:{}:-3:people",
    "field:{}:x:people",
    "field:{}",
    "sure:{}:0:people",
    "sure:{}:9:twin",
    "drop:{}:0",
    "set:{}:0:companions:1",
    "set:{}:0:minutes:7",
    "nothing:{}",
)


@on_sqlite
def test_a_malformed_button_leaves_the_draft_as_it_is(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    before = rows(database, "dialogue")[0]["data"]
    for rest in MALFORMED:
        assert "Nút này đã cũ" in member.sends_action("log." + rest.format(before["draft"])), rest
        assert rows(database, "dialogue")[0]["data"] == before
    assert not [row for row in rows(database, "event") if row["outcome"] != "done"]
    member.presses("Lưu")
    assert len(saved(database)) == 1


def test_a_dialogue_is_over_after_twelve_hours(converse: Converse, database: Database, clock: Clock) -> None:
    member = converse("an", role="member")
    member.says(SENTENCE)
    clock.forward(hours=11, minutes=59)
    assert "lúc nãy vẫn chờ bác lưu" in member.says("quên mật khẩu vneid")
    clock.forward(hours=12)
    assert "của lần ghi trước" in member.presses("Lưu")
    assert saved(database) == []
    assert "lúc nãy" not in member.says("quên mật khẩu vneid")


# Told in a hurry


@on_sqlite
def test_a_sentence_behind_one_that_is_not_saved_yet_loses_neither(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 2 ông nộp hồ sơ dịch vụ công")
    assert "Thanh toán" in member.says("hôm nay giúp 5 người ở chợ thanh toán qr")
    assert "việc gì" in member.says("ghi")
    member.says("huỷ")
    told = member.says("lưu")
    assert told.index("Đã lưu") < told.index("Buổi hỗ trợ lúc nãy vẫn chờ bác lưu")
    assert "Dịch vụ công" in told
    assert "Đã lưu" in member.says("lưu")
    assert [entry["people"] for entry in saved(database)] == [5, 2]
    assert rows(database, "dialogue")[0]["state"] is None


@on_sqlite
@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("4 người", "Số lượt người: 4"),
        ("bốn bà", "Số lượt người: 4"),
        ("hom qua", "Ngày: thứ Sáu 20/11/2026"),
        ("chua xong", "Kết quả: chưa xong"),
        ("thon 2", "Nơi: thôn 2"),
        ("ở chợ Đình", "Nơi: chợ Đình"),
        ("2 tiếng", "Thời gian: 2 giờ"),
        ("ngày mai", None),
        ("ừm để xem", None),
    ],
)
def test_while_it_is_shown_a_few_plain_words_put_it_right(
    converse: Converse, database: Database, said: str, line: str | None
) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid ở nhà văn hoá")
    answer = member.says(said)
    assert (line or "chưa lưu") in answer
    assert "Lưu" in member.buttons()
    assert saved(database) == []
