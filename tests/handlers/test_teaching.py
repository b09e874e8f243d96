"""A coordinator teaches the bot what it could not answer, and whoever asked hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from db.engine import Database
from tests.support.clock import Clock
from tests.support.conversation import Conversation
from tests.support.looking import everything, rows
from tests.support.ticking import vn

Converse = Callable[..., Conversation]

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE, ELSEWHERE = "Xã Thử", "Xã Khác"
MARKET = "chợ làng mình họp mấy giờ rứa"
ANSWER = "Chợ họp từ 5 giờ sáng, ngày nào cũng họp, ở bãi sau trụ sở xã."
SOURCE = "Thông báo của xã ngày 2/11/2026"
SEEN = f"{ANSWER}\n\nNguồn: {SOURCE}, do cán bộ {HERE} duyệt ngày 21/11/2026."


@dataclass
class Commune:
    """A coordinator and a member of the same commune, and a member of another one."""

    coordinator: Conversation
    member: Conversation
    stranger: Conversation


@pytest.fixture
def commune(converse: Converse) -> Commune:
    """Two communes with people."""
    return Commune(
        converse("phối", role="coordinator", area=HERE),
        converse("an", role="member", area=HERE),
        converse("xa", role="member", area=ELSEWHERE, team="Tổ thôn 9"),
    )


def write(coordinator: Conversation, *, save: str = f"Lưu cho {HERE}", title: str = "Giờ họp chợ") -> str:
    """Write an answer to the first question that waits; return what is said on saving."""
    coordinator.says("câu chưa trả lời")
    coordinator.presses("1")
    coordinator.presses("Viết câu trả lời")
    for text in (title, ANSWER, SOURCE):
        coordinator.says(text)
    coordinator.presses("Việc khác")
    return coordinator.presses(save)


def lessons(database: Database) -> list[tuple[object, ...]]:
    """Return what was taught, without times."""
    names = ("area_id", "entry", "title", "phrasings", "approved_by")
    return [tuple(row[name] for name in names) for row in rows(database, "local_entry")]


def test_a_written_answer_is_given_at_once_in_its_area_only(commune: Commune, database: Database) -> None:
    commune.member.says(MARKET)
    commune.coordinator.says("/cauhoi")
    assert MARKET in commune.coordinator.presses("1")
    assert "Bước 1/4" in commune.coordinator.presses("Viết câu trả lời")
    assert "Bước 2/4" in commune.coordinator.presses("Lấy câu hỏi làm tên")
    assert "Bước 3/4" in commune.coordinator.says(ANSWER)
    assert "Bước 4/4" in commune.coordinator.says(SOURCE)
    preview = commune.coordinator.says("việc khác")
    assert preview.endswith(SEEN)
    assert rows(database, "local_entry") == [], "nothing is kept before it is confirmed"
    assert "Đã lưu «Chợ làng mình họp mấy giờ rứa»" in commune.coordinator.presses(f"Lưu cho {HERE}")

    told = commune.member.news()
    assert told == f"Bác từng hỏi: «{MARKET}»\nNay đã có câu trả lời:\n\n{SEEN}"
    for text in (MARKET, "cho lang minh hop may gio rua", "cho lang minh may gio hop"):
        assert commune.member.says(text) == SEEN
    assert "Câu này tôi chưa biết" in commune.stranger.says(MARKET)
    assert "Không còn câu hỏi nào" in commune.coordinator.says("câu chưa trả lời")


def test_one_tap_makes_a_question_a_further_phrasing(commune: Commune, database: Database) -> None:
    commune.member.says("quên mật khẩu vneid")
    commune.member.presses("Chưa đúng")
    commune.member.says("dịch vụ công")
    commune.member.presses("Không phải các ý trên")
    assert "Câu hỏi tôi chưa trả lời được: 2" in commune.coordinator.says("cau chua tra loi")
    commune.coordinator.presses("1")
    linked = commune.coordinator.presses(commune.coordinator.buttons()[0])
    assert linked.startswith("Tôi nhớ rồi: «dịch vụ công»")
    told = commune.member.news()
    assert "Nay đã có câu trả lời" in told
    answer = commune.member.says("dịch vụ công")
    assert "Kiểm tra ngày" in answer, "no choices any more"
    assert answer in told


@on_sqlite
def test_an_entry_that_is_not_near_is_looked_for(commune: Commune, database: Database) -> None:
    commune.member.says(MARKET)
    commune.coordinator.says("/cauhoi")
    commune.coordinator.presses("1")
    assert "vài từ của mục muốn tìm" in commune.coordinator.presses("Khác…")
    assert "Tôi không tìm thấy mục nào" in commune.coordinator.says("zzzz")
    assert "Bác bấm mục trả lời đúng" in commune.coordinator.says("trung tâm hành chính công mở cửa lúc nào")
    assert "Tôi nhớ rồi" in commune.coordinator.presses(commune.coordinator.buttons()[0])
    assert lessons(database)[0][3] == [MARKET]
    assert "Nguồn: " in commune.member.says(MARKET)


@on_sqlite
def test_a_question_can_be_set_aside(commune: Commune, database: Database) -> None:
    commune.member.says(MARKET)
    commune.coordinator.says("câu hỏi chưa trả lời")
    commune.coordinator.presses("1")
    assert "Đã bỏ qua" in commune.coordinator.presses("Bỏ qua")
    assert "Không còn câu hỏi nào" in commune.coordinator.says("/cauhoi")
    assert rows(database, "question")[0]["settled_by"] is not None
    assert lessons(database) == []
    assert commune.member.news() == "", "nobody is told of what was set aside"


def test_the_same_question_is_one_line_with_its_count(commune: Commune, converse: Converse) -> None:
    for text in (MARKET, MARKET.upper(), "cho lang minh hop may gio ruaa"):
        commune.member.says(text)
    commune.member.says("xe buýt về thôn có mấy chuyến")
    commune.stranger.says("câu của nơi khác zxcv qwer")
    told = commune.coordinator.says("/cauhoi")
    assert "Câu hỏi tôi chưa trả lời được: 2." in told
    assert "1. cho lang minh hop may gio ruaa (3 lần)" in told
    assert "nơi khác" not in told
    assert "Đã hỏi 3 lần." in commune.coordinator.presses("1")


@pytest.mark.parametrize("with_admin", [False, True])
def test_questions_without_an_area_are_seen_by_somebody(converse: Converse, with_admin: bool) -> None:
    first = converse("phối", role="coordinator", area=HERE)
    converse("khác", role="coordinator", area=ELSEWHERE)
    admin = converse("quản", role="admin") if with_admin else None
    converse("khách").says(MARKET)
    told = first.says("/cauhoi")
    assert (MARKET in told) is (admin is None)
    if admin is not None:
        assert MARKET in admin.says("/cauhoi")


@on_sqlite
def test_in_an_installation_of_one_commune_citizens_get_its_answers(converse: Converse) -> None:
    coordinator, citizen = converse("phối", role="coordinator", area=HERE), converse("khách")
    citizen.says(MARKET)
    write(coordinator)
    assert SEEN in citizen.news()
    assert citizen.says(MARKET) == SEEN


@on_sqlite
def test_an_admin_may_teach_everybody(commune: Commune, converse: Converse) -> None:
    admin = converse("quản", role="admin")
    commune.stranger.says(MARKET)
    write(admin, save="Lưu cho mọi nơi")
    for person in (commune.member, commune.stranger, converse("khách")):
        assert person.says(MARKET).startswith(f"{ANSWER}\n\nNguồn: {SOURCE}, do quản trị duyệt")


def test_a_withdrawn_answer_stops_at_once_and_can_be_given_back(commune: Commune) -> None:
    commune.member.says(MARKET)
    write(commune.coordinator)
    listed = commune.coordinator.says("câu trả lời riêng")
    assert f"1. Giờ họp chợ ({HERE}, duyệt 21/11/2026)" in listed
    assert "Đã rút: Giờ họp chợ" in commune.coordinator.presses("Rút 1")
    assert "Câu này tôi chưa biết" in commune.member.says(MARKET)
    assert "Đã dùng lại" in commune.coordinator.presses("Dùng lại")
    assert commune.member.says(MARKET) == SEEN
    commune.coordinator.presses("Rút lại")
    assert "chưa có câu trả lời riêng nào" in commune.coordinator.presses("Câu trả lời riêng")


@on_sqlite
def test_an_answer_can_be_written_without_a_question(commune: Commune, database: Database) -> None:
    commune.coordinator.says("câu trả lời riêng")
    commune.coordinator.presses("Viết câu trả lời mới")
    for text in ("Giờ họp chợ làng", ANSWER, SOURCE, "việc khác", f"Lưu cho {HERE}"):
        commune.coordinator.says(text)
    assert commune.member.says("giờ họp chợ làng") == SEEN


@on_sqlite
def test_each_part_can_be_mended_before_it_is_saved(commune: Commune) -> None:
    commune.coordinator.says("câu trả lời riêng")
    commune.coordinator.presses("Viết câu trả lời mới")
    assert "quá 40" in commune.coordinator.says("một cái tên rất dài " * 5)
    commune.coordinator.says("Giờ họp chợ làng")
    assert "quá 700" in commune.coordinator.says("dài " * 300)
    for text in ("sai", SOURCE, "việc khác"):
        commune.coordinator.says(text)
    assert "Bước 2/4" in commune.coordinator.presses("Sửa trả lời")
    assert commune.coordinator.says(ANSWER).endswith(SEEN)
    assert commune.coordinator.says("gì cũng được").endswith(SEEN), "a text is no confirmation"
    assert "tôi không lưu gì" in commune.coordinator.presses("Thôi, không viết")
    assert "Câu này tôi chưa biết" in commune.member.says("giờ họp chợ làng")


@on_sqlite
def test_personal_numbers_are_masked_in_what_is_taught(commune: Commune, database: Database) -> None:
    commune.member.says(f"{MARKET} gọi 0905123456")
    commune.coordinator.says("/cauhoi")
    commune.coordinator.presses("1")
    commune.coordinator.presses("Viết câu trả lời")
    for text in ("Giờ họp chợ", "Hỏi chị Ba, số 0905 123 456, căn cước 045085001234.", SOURCE, "việc khác"):
        commune.coordinator.says(text)
    commune.coordinator.presses(f"Lưu cho {HERE}")
    assert rows(database, "local_entry")[0]["phrasings"] == [f"{MARKET} gọi"]
    assert "0905" not in everything(database)
    assert "045085001234" not in everything(database)


def test_who_asked_long_ago_muted_or_was_answered_before_is_not_told(
    commune: Commune, converse: Converse, clock: Clock, database: Database
) -> None:
    early, muted = converse("sớm", role="member", area=HERE), converse("tắt", role="member", area=HERE)
    early.says(MARKET)
    clock.forward(days=31)
    for person in (muted, commune.member, commune.member):
        person.says(MARKET)
    muted.says("tắt nhắc")
    for person in (early, muted, commune.member):
        person.news()
    assert "cho 1 người đã hỏi" in write(commune.coordinator)
    assert (early.news(), muted.news()) == ("", "")
    assert commune.member.news().count("Nay đã có câu trả lời") == 1
    commune.coordinator.presses("Rút lại")
    commune.coordinator.presses("Dùng lại")
    assert commune.member.news() == ""


@on_sqlite
def test_nobody_is_told_at_night(commune: Commune, clock: Clock, database: Database) -> None:
    commune.member.says(MARKET)
    clock.set(vn(2026, 11, 21, 22, 0))
    write(commune.coordinator)
    told = next(row for row in rows(database, "outbox") if row["kind"] == "answer")
    assert told["not_before"] == vn(2026, 11, 22, 6, 30)


@pytest.mark.parametrize("role", [None, "member", "leader"])
@on_sqlite
def test_only_coordinators_teach(converse: Converse, database: Database, role: str | None) -> None:
    person = converse("ai", role=role)
    person.says(MARKET)
    for text in ("/cauhoi", "câu trả lời riêng", "/traloirieng"):
        assert "dành cho cán bộ điều phối" in person.says(text)
    for action in (
        "kb.list",
        "kb.open:1",
        "kb.link:1:vneid_la_gi",
        "kb.skip:1",
        "kb.drop:1",
        "kw.begin:0",
        "kw.save:1",
    ):
        assert "dành cho cán bộ điều phối" in person.sends_action(action)
    assert lessons(database) == []
    assert rows(database, "question")[0]["settled_at"] is None


@on_sqlite
def test_what_belongs_to_another_area_cannot_be_touched(
    commune: Commune, converse: Converse, database: Database
) -> None:
    commune.member.says(MARKET)
    other = converse("ngoài", role="coordinator", area=ELSEWHERE)
    for action in ("kb.open:1", "kb.link:1:vneid_la_gi", "kb.skip:1", "kb.find:1", "kw.begin:1"):
        assert "đã có người xử lý" in other.sends_action(action)
    write(commune.coordinator)
    for action in ("kb.drop:1", "kb.keep:1", "ask.entry:local/1", "ask.bad:local/1"):
        assert "nút này" in other.sends_action(action).lower()
    assert commune.member.says(MARKET) == SEEN


FORGED = (
    "kb. kb.open: kb.open:x kb.open:99 kb.link:1 kb.link:1:nothing kb.link:1:local/9 kb.list:-1 kb.list:999999 "
    "kb.lessons:77 kb.drop: kb.drop:٣ kb.keep:5 kb.zzz:1 kw. kw.begin: kw.begin:99 kw.save:all kw.save:2 "
    "kw.topic:vneid kw.edit:answer kw.title kw.stop"
)


@on_sqlite
def test_an_old_or_forged_button_breaks_nothing(commune: Commune, database: Database) -> None:
    commune.member.says(MARKET)
    for action in FORGED.split():
        assert commune.coordinator.sends_action(action)
    assert lessons(database) == []
    assert {row["outcome"] for row in rows(database, "event")} == {"done"}


@on_sqlite
def test_an_unfinished_draft_cannot_be_saved_nor_for_another_area(commune: Commune, database: Database) -> None:
    commune.coordinator.sends_action("kw.begin:0")
    for action in (f"kw.save:{1}", "kw.topic:nothing", "kw.edit:nothing", "kw.title"):
        commune.coordinator.sends_action(action)
    commune.coordinator.sends_action("kw.begin:0")
    for text in ("Giờ họp chợ làng", ANSWER, SOURCE, "việc khác"):
        commune.coordinator.says(text)
    for action in ("kw.save:2", "kw.save:all", "kw.save:"):
        commune.coordinator.sends_action(action)
    assert lessons(database) == []


@on_sqlite
def test_two_coordinators_do_not_settle_one_question_twice(
    commune: Commune, converse: Converse, database: Database
) -> None:
    second = converse("hai", role="coordinator", area=HERE)
    commune.member.says(MARKET)
    second.says("/cauhoi")
    second.presses("1")
    write(commune.coordinator)
    assert "đã có người xử lý" in second.presses(second.buttons()[0])
    assert len(lessons(database)) == 1


@on_sqlite
def test_long_lists_are_turned_page_by_page(commune: Commune, database: Database) -> None:
    for number in range(8):
        commune.member.says(f"zxcv asdf {number}")
    assert "7. " not in commune.coordinator.says("/cauhoi")
    second = commune.coordinator.presses("Xem tiếp")
    assert "7. zxcv asdf 1" in second
    assert "zxcv asdf 0" in commune.coordinator.says("8")


@on_sqlite
def test_erasing_who_asked_and_who_approved_keeps_the_answer(commune: Commune, database: Database) -> None:
    commune.member.says("xe buýt mấy chuyến một ngày vậy")
    commune.member.says(MARKET)
    write(commune.coordinator, title="Giờ họp chợ")
    for person in (commune.member, commune.coordinator):
        person.says("xóa dữ liệu")
        person.presses("Xóa dữ liệu của tôi")
    assert [row["text"] for row in rows(database, "question")] == []
    assert "Phối" not in everything(database)
    assert len(lessons(database)) == 1
