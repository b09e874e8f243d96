"""Whatever arrives gets one clear answer: odd messages, old buttons, plain words, numbers to hide, broken handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from db.engine import Database
from handlers import router
from handlers.message import Button, Incoming, Kind, Reply
from handlers.turn import Rules, Turn
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import everything, rows

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_what_is_no_text_is_answered_by_its_kind(converse: Converse) -> None:
    citizen = converse("khach")
    assert "chưa xem được ảnh" in citizen.sends(Kind.PHOTO)
    assert "chưa nghe được" in citizen.sends(Kind.VOICE)
    assert "chỉ đọc được chữ" in citizen.sends(Kind.STICKER)
    assert "chưa mở được tệp" in citizen.sends(Kind.FILE)
    assert "chưa đọc được loại tin này" in citizen.sends(Kind.OTHER)
    assert "Nguồn:" in citizen.sends(Kind.PHOTO, "quên mật khẩu vneid"), "a caption is read"


@on_sqlite
def test_a_text_without_a_word_is_no_question(converse: Converse, database: Database) -> None:
    citizen = converse("khach")
    for text in ("", "   ", "\n\t", "😀👍🏽", "???!!!", "\u200b\u200c", "\x00", "\x01\x02\x7f", "\ud83d"):
        assert "chưa thấy chữ nào" in citizen.says(text), repr(text)
    assert rows(database, "question") == []
    assert {row["outcome"] for row in rows(database, "event")} == {"done"}


def test_characters_that_no_database_takes_are_left_out(converse: Converse, database: Database) -> None:
    citizen = converse("khach")
    citizen.says("asdf \x00qwer \ud800zxcv hjkl")
    assert [row["text"] for row in rows(database, "question")] == ["asdf qwer zxcv hjkl"]
    assert [row["outcome"] for row in rows(database, "event")] == ["done"]


@on_sqlite
def test_a_very_long_text_is_not_read(converse: Converse, database: Database) -> None:
    citizen = converse("khach")
    assert "dài quá" in citizen.says("quên mật khẩu vneid " * 500)
    assert "mật khẩu" not in everything(database).replace("dài quá", "")
    assert "chia" not in citizen.says("a " * (router.LONGEST_TEXT // 2))


@on_sqlite
def test_html_comes_back_to_nobody(converse: Converse) -> None:
    member = converse("an", role="member")
    echo = member.says("hôm nay giúp 3 bà cài vneid ở <b>thôn 2</b><script>alert(1)</script>")
    assert "Số lượt người: 3" in echo
    assert "Nguồn:" in member.says("<i>quên mật khẩu vneid</i>") or "chưa lưu" in member.says("huỷ")


@on_sqlite
def test_unknown_commands_are_told(converse: Converse) -> None:
    citizen = converse("khach")
    for text in ("/abc", "/", "/ ", "/ABC@Bot x y", "/ghi2"):
        assert "không có lệnh đó" in citizen.says(text)
    assert "Tôi giúp được" in citizen.says("/TroGiup@cnscd_bot")


PLAIN_WORDS = (
    (("/trogiup", "trợ giúp", "tro giup", "Trợ giúp!", "menu"), "Tôi giúp được những việc sau"),
    (("/ghi", "ghi", "GHI", "ghi sổ", "ghi buoi ho tro"), "Mình ghi một buổi hỗ trợ"),
    (("/nhatky", "nhật ký", "nhat ky", "Nhật kí", "sổ của tôi"), "chưa ghi buổi nào"),
    (("/han", "hạn", "han", "hạn báo cáo", "Hạn nộp báo cáo?"), "chưa có hạn báo cáo nào"),
    (("/bantin", "bản tin", "ban tin tuan"), "dành cho cán bộ điều phối"),
    (("/baocao", "báo cáo", "bao cao", "số liệu quý"), "dành cho cán bộ điều phối"),
    (("/dulieu", "dữ liệu", "du lieu cua toi"), "Tôi đang giữ về bác"),
    (("/xoa", "xóa", "xoá dữ liệu", "xoa du lieu"), "Bác có chắc không"),
    (("/tat", "tắt", "tat nhac", "dừng", "dung", "Stop.", "dừng nhắc"), "Đã tắt nhắc"),
    (("/bat", "bật", "bat nhac"), "Đã bật nhắc"),
    (("/huy", "huỷ", "hủy", "HUY", "thôi", "thoát"), "không có việc gì đang làm dở"),
    (("/start", "bắt đầu", "bat dau"), "Tôi là trợ lý tự động"),
)


@on_sqlite
def test_commands_are_understood_as_plain_words(converse: Converse) -> None:
    member = converse("an", role="member")
    for words, told in PLAIN_WORDS:
        for word in words:
            assert told in member.says(word), word
            if told.startswith("Mình ghi"):
                member.says("/huy")


@on_sqlite
def test_another_word_with_the_same_letters_is_no_command(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("/start")
    for word in ("đúng", "đúng rồi", "dùng", "bắt", "hắn", "thơi", "ghì"):
        answer = member.says(word)
        for told in ("Đã tắt nhắc", "Đã bật nhắc", "hạn báo cáo nào", "Mình ghi", "đang làm dở"):
            assert told not in answer, word
    assert rows(database, "person")[0]["muted_at"] is None


@on_sqlite
@pytest.mark.parametrize("choice", ["1", "một", "số 1", "Quên mật khẩu VNeID", "quen mat khau vneid."])
def test_a_choice_is_made_by_number_or_by_its_words(converse: Converse, choice: str) -> None:
    citizen = converse("khach")
    citizen.says("/start")
    assert citizen.buttons()[0] == "Quên mật khẩu VNeID"
    assert "Quên passcode" in citizen.says(choice)


@on_sqlite
def test_through_several_messages_of_one_answer_the_numbers_run_on(
    converse: Converse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_messages(_incoming: Incoming, _turn: Turn) -> list[Reply]:
        return [Reply("một", ((Button("Trợ giúp", "me.help"),),)), Reply("hai", ((Button("Của tôi", "x.mine"),),))]

    pressed: list[str] = []

    def press(rest: str, _incoming: Incoming, _turn: Turn) -> list[Reply]:
        pressed.append(rest)
        return []

    monkeypatch.setattr(router, "COMMANDS", {"hai": two_messages})
    monkeypatch.setattr(router, "BUTTONS", {"x": press, "me": lambda *_: []})
    person = converse("an")
    person.says("/hai")
    assert [message.first_number for message in person.messages()] == [1, 2]
    person.says("1")
    assert pressed == []
    person.says("2")
    assert pressed == ["mine"]
    person.says("/hai")
    person.says("tro giup")
    assert pressed == ["mine"]


def test_a_number_beyond_the_choices_chooses_nothing(converse: Converse) -> None:
    citizen = converse("khach")
    citizen.says("/start")
    shown = len(citizen.buttons())
    for text in (str(shown + 1), "0", "99999999999999"):
        assert "Quên passcode" not in citizen.says(text)
        citizen.says("/start")


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("số cccd của tôi là 045085001234 thì cài vneid sao", "045085001234", "số định danh"),
        ("gọi cho tôi số 0905 123 456 nhé xem giúp cái asdf qwer", "0905 123 456", "số điện thoại"),
        ("mật khẩu của tôi là Abc@12345 zxcv qwer asdf", "Abc@12345", "mật khẩu"),
        ("hôm nay giúp bà Lý 0905123456 cài vneid ở thôn 2, chưa xong vì quên 045085001234", "045085001234", "số"),
    ],
)
def test_personal_numbers_are_hidden_before_anything_is_written(
    converse: Converse, database: Database, text: str, number: str, kind: str
) -> None:
    citizen, member = converse("khach"), converse("an", role="member")
    for person in (citizen, member):
        told = person.says(text)
        assert "Tôi đã che" in told
        assert kind in told
        person.sends_action("ask.none")
    if "Lưu" in member.buttons():
        member.presses("Lưu")
        assert len(rows(database, "assistance_session")) == 1
    written = everything(database)
    assert number not in written
    assert "0905123456" not in written


@on_sqlite
def test_a_personal_number_in_a_field_of_the_log_is_hidden_too(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 2 bà cài vneid ở chỗ cũ")
    assert "Tôi đã che" in member.says("nhà bà Lý, gọi 0905123456")
    member.presses("Lưu")
    assert "0905123456" not in everything(database)
    assert "[số điện thoại]" in rows(database, "assistance_session")[0]["place"]


FORGED = (
    "",
    ".",
    "nothing",
    "nothing.at.all",
    "log.set:x:9:people:abc",
    "log.undo:99999999999999999999999-1",
    "log.undo:",
    "log.undo:x-y",
    "due.submitted:1:2:3:4",
    "due.submitted:²:2026:²",
    "due.confirm:1:2026-W99:1",
    "due.waive:1::",
    "due.nudge:",
    "due.nudge:1:0000",
    "due.item:1:2026-Q4:-1",
    "due.item:x:2026-Q4:99999999999999999999",
    "due.flip:1:nothing",
    "due.to:1:²",
    "due.units:1:king",
    "due.ended:99999999999999999999",
    "own.save",
    "own.option:99999999999999999999",
    "cast.send",
    "cast.area:99999999999999999999",
    "cast.stop:²",
    "due.later:99999999999999999999:2026-Q4:1",
    "due.basis:",
    "due.adopt:x:y",
    "ask.section:x:y",
    "ask.section:vneid_la_gi:nothing",
    "ask.entry:nothing",
    "ask.good:nothing",
    "ask.bad:\x00",
    "sum.nothing",
    "me.nothing",
    "me.agree",
    "\U0001f600",
)


def test_an_old_or_forged_button_gets_one_clear_answer(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    expected = ("Nút này", "Không có buổi nào để hoàn tác", 'Bác nhắn "hạn" để xem', "Gửi thông báo là việc")
    for action in FORGED:
        answer = member.sends_action(action)
        assert any(words in answer for words in expected), action
        assert "---" not in answer
    assert {row["outcome"] for row in rows(database, "event")} == {"done"}
    assert rows(database, "feedback") == []


def break_down(incoming: Incoming, turn: Turn) -> list[Reply]:
    """Fail as a handler with a bug would, after it has written something."""
    turn.who = None
    raise ZeroDivisionError(f"about {incoming.text}")


def test_a_handler_that_raises_costs_one_message_only(
    converse: Converse, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid")
    before = rows(database, "dialogue")
    with monkeypatch.context() as patch:
        patch.setattr(router, "COMMANDS", {**router.COMMANDS, "dulieu": break_down})
        sent = frame(member, "/dulieu bí mật của bà Lý")
        assert "vừa bị lỗi" in handled(member, sent)
    assert handled(member, sent) == "", "the event does not come back, even now that it would work"
    failed = [row for row in rows(database, "event") if row["outcome"] == "failed"]
    assert [(row["key"], row["error"]) for row in failed] == [(sent.event_key, "ZeroDivisionError")]
    assert "bí mật" not in everything(database)
    assert rows(database, "dialogue") == before
    assert "Đã lưu" in member.presses("Lưu"), "the next message works, and the dialogue is where it was"


def test_the_same_event_twice_has_one_effect(converse: Converse, database: Database) -> None:
    member = converse("an", role="member")
    member.says("hôm nay giúp 3 bà cài vneid")
    draft = rows(database, "dialogue")[0]["data"]["draft"]
    sent = replace(frame(member, ""), kind=Kind.BUTTON, button=f"log.save:{draft}")
    assert "Đã lưu" in handled(member, sent)
    assert handled(member, sent) == ""
    assert len(rows(database, "assistance_session")) == 1


@on_sqlite
def test_nothing_about_a_person_is_said_or_done_in_a_group(
    converse: Converse, database: Database, clock: Clock
) -> None:
    member = converse("an", role="member")
    for text in ("hôm nay giúp 3 bà cài vneid", "/nhatky", "/xoa"):
        member.inbox.handle(replace(frame(member, text), chat=replace(member.chat, chat="group"), private=False))
    told = [row["text"] for row in rows(database, "outbox") if row["chat"] == "group"]
    assert len(told) == 3
    assert all("Buổi hỗ trợ đã ghi" not in text and "Tôi hiểu là" not in text for text in told)
    assert rows(database, "assistance_session") == []


def frame(person: Conversation, text: str) -> Incoming:
    """Return a message from the person with a key of its own."""
    return Incoming(
        event_key=f"once:{len(text)}",
        chat=person.chat,
        sender=person.name,
        sender_name=person.name,
        received_at=person.clock(),
        kind=Kind.TEXT,
        text=text,
    )


def handled(person: Conversation, incoming: Incoming) -> str:
    """Hand a message to the inbox; return what is said to it."""
    person.news()
    person.inbox.handle(incoming)
    return person.news()


def test_a_hidden_number_does_not_spoil_the_question(converse: Converse) -> None:
    reply = converse("ba_tu").says("quen mat khau vneid, so cccd 048123456789")
    assert "đã che" in reply
    assert "bấm Quên mật khẩu" in reply


def test_in_a_group_too_a_personal_number_is_told_and_nothing_private_is_done(converse: Converse) -> None:
    member = converse("an", role="member")
    assert "đã che" in member.says("quen mat khau vneid, so cccd 048123456789", private=False)
    assert "nhắn riêng" in member.says("hôm nay giúp 3 bà cài vneid", private=False)
    assert "nhắn riêng" in member.says("/nhatky", private=False)


def test_a_group_gives_the_link_into_the_private_chat_where_logging_goes_on(converse: Converse) -> None:
    member = converse("an", role="member")
    member.inbox._rules = replace(Rules(), start_links={"test": "https://t.me/cnscd_bot?start="})
    assert "https://t.me/cnscd_bot?start=ghi" in member.says("hôm nay giúp 3 bà cài vneid", private=False)
    assert "https://t.me/cnscd_bot?start=trogiup" in member.says("/nhatky", private=False)
    assert member.says("/start ghi") == member.says("/ghi")


@on_sqlite
def test_another_command_in_a_dialogue_begins_its_numbers_anew(converse: Converse) -> None:
    leader = converse("lan", role="leader")
    converse("an", role="member")
    leader.says("uỷ quyền")
    leader.says("danh sách tổ")
    assert leader.messages()[-1].first_number == 1
    assert "An" in leader.says("1")
