"""When something is due, read from a coordinator's sentence: with and without marks, and what is refused or asked."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.deadlines import MONTHS, Every, Rhythm, Rule, upcoming
from knowledge.schedules import FARTHEST, Problem, is_meant, moves, read
from knowledge.schema import Wording
from knowledge.vietnamese import fold
from knowledge.working_days import working_days

TODAY = date(2026, 11, 21)
"""A Saturday."""
BEFORE, UNTIL = Wording.BEFORE, Wording.UNTIL


def once(day: date, wording: Wording = UNTIL) -> Rhythm:
    return Rhythm(Every.ONCE, wording, on=day)


CLEAR = [
    ("nhắc tổ nộp báo cáo tháng trước ngày 25 hằng tháng", "nộp báo cáo tháng", Rhythm(Every.MONTH, BEFORE, day=25)),
    ("nhắc các tổ nộp báo cáo chậm nhất ngày 25 hàng tháng", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=25)),
    ("nhắc thứ sáu hằng tuần gửi số liệu", "gửi số liệu", Rhythm(Every.WEEK, UNTIL, day=5)),
    ("nhắc tổ gửi số liệu trước thứ hai mỗi tuần", "gửi số liệu", Rhythm(Every.WEEK, BEFORE, day=1)),
    ("nhắc tổ gửi ảnh vào chủ nhật hằng tuần", "gửi ảnh", Rhythm(Every.WEEK, UNTIL, day=7)),
    ("nhắc tổ nộp báo cáo quý trước ngày 15 tháng cuối quý", "nộp báo cáo quý", Rhythm(Every.QUARTER, BEFORE, 15, 3)),
    ("nhắc tháng cuối quý, ngày 10, nộp số liệu", "nộp số liệu", Rhythm(Every.QUARTER, UNTIL, 10, 3)),
    ("nhắc tổ nộp số liệu ngày 5 tháng đầu quý", "nộp số liệu", Rhythm(Every.QUARTER, UNTIL, 5, 1)),
    ("nhắc tổ nộp số liệu ngày 5 tháng thứ hai của quý", "nộp số liệu", Rhythm(Every.QUARTER, UNTIL, 5, 2)),
    (
        "nhắc tổ nộp báo cáo 6 tháng một lần, ngày 15 tháng 6 và ngày 15 tháng 12",
        "nộp báo cáo",
        Rhythm(Every.HALF, UNTIL, 15, 6),
    ),
    ("nhắc tổ nộp báo cáo năm trước 30/11 hằng năm", "nộp báo cáo năm", Rhythm(Every.YEAR, BEFORE, 30, 11)),
    ("nhắc nộp báo cáo chuyển đổi số trước ngày 20/12", "nộp báo cáo chuyển đổi số", once(date(2026, 12, 20), BEFORE)),
    ("nhắc nộp báo cáo quý 4 trước 15/12/26", "nộp báo cáo quý 4", once(date(2026, 12, 15), BEFORE)),
    ("nhắc tổ nộp danh sách ngày 5 tháng sau", "nộp danh sách", once(date(2026, 12, 5))),
    ("nhắc tổ nộp danh sách cuối tháng này", "nộp danh sách", once(date(2026, 11, 30))),
    ("nhắc tổ họp thứ hai tuần sau", "họp", once(date(2026, 11, 23))),
    ("nhắc tổ gửi danh sách ngày mai", "gửi danh sách", once(date(2026, 11, 22))),
    ("nhắc cơ quan gửi báo cáo cuối hằng tháng", "gửi báo cáo", Rhythm(Every.MONTH, UNTIL, day=31)),
    ("thứ 6 hàng tuần nhắc tổ gửi số liệu", "gửi số liệu", Rhythm(Every.WEEK, UNTIL, day=5)),
    ("hằng tháng, ngày 25, nhắc các tổ nộp báo cáo", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=25)),
    ("15/12 này nộp báo cáo năm", "nộp báo cáo năm", once(date(2026, 12, 15))),
    ("nhắc tổ nộp báo cáo trước 20/1 này", "nộp báo cáo", once(date(2027, 1, 20), BEFORE)),
    ("nhắc tổ mỗi 6 tháng nộp báo cáo trước ngày 20/6", "nộp báo cáo", Rhythm(Every.HALF, BEFORE, 20, 6)),
    ("nhắc tổ nộp báo cáo trước ngày 20/6 và 20/12 hằng năm", "nộp báo cáo", Rhythm(Every.HALF, BEFORE, 20, 6)),
    ("nhắc tổ nộp báo cáo ngày 15 các tháng 3, 6, 9, 12", "nộp báo cáo", Rhythm(Every.QUARTER, UNTIL, 15, 3)),
    ("nhắc tổ nộp báo cáo 5/1, 5/4, 5/7 và 5/10", "nộp báo cáo", Rhythm(Every.QUARTER, UNTIL, 5, 1)),
    ("nhắc tổ nộp báo cáo hằng quý, ngày 10 tháng cuối", "nộp báo cáo", Rhythm(Every.QUARTER, UNTIL, 10, 3)),
    ("nhắc tổ nộp báo cáo nửa năm một lần, ngày 10 tháng cuối", "nộp báo cáo", Rhythm(Every.HALF, UNTIL, 10, 6)),
    ("mỗi quý 1 lần nhắc tổ gửi ảnh trước ngày 10 tháng đầu quý sau", "gửi ảnh", Rhythm(Every.QUARTER, BEFORE, 10, 1)),
    ("nhắc tổ nộp báo cáo trước ngày 15 tháng cuối quý này", "nộp báo cáo", once(date(2026, 12, 15), BEFORE)),
    ("nhắc tổ nộp số liệu cuối mỗi quý", "nộp số liệu", Rhythm(Every.QUARTER, UNTIL, 31, 3)),
    ("nhắc tổ nộp báo cáo cuối năm trước ngày 5/12", "nộp báo cáo cuối năm", once(date(2026, 12, 5), BEFORE)),
    ("nhắc tổ nộp danh sách cuối tháng 12", "nộp danh sách", once(date(2026, 12, 31))),
    ("nhắc tổ nộp báo cáo trước 25 hằng tháng", "nộp báo cáo", Rhythm(Every.MONTH, BEFORE, day=25)),
    ("nhắc tổ nộp báo cáo trc ng 25 hg thg", "nộp báo cáo", Rhythm(Every.MONTH, BEFORE, day=25)),
    ("nhắc tổ nộp báo cáo ngày 25hàng tháng", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=25)),
    ("nhắc tổ gửi số liệu chiều t6 hàng tuần", "gửi số liệu", Rhythm(Every.WEEK, UNTIL, day=5)),
    ("nhắc tổ gửi danh sách trong 3 ngày tới", "gửi danh sách", once(date(2026, 11, 24))),
    ("nhắc tổ gửi danh sách 2 tuần nữa", "gửi danh sách", once(date(2026, 12, 5))),
    ("nhắc tổ gửi danh sách trong hôm nay", "gửi danh sách", once(TODAY)),
    ("nhắc anh em nộp báo cáo trước ngày 25 hằng tháng", "nộp báo cáo", Rhythm(Every.MONTH, BEFORE, day=25)),
    ("giúp tôi nhắc các tổ nộp báo cáo ngày 5 hằng tháng nhé", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=5)),
    ("yêu cầu các tổ nộp báo cáo trước ngày 25 hằng tháng", "nộp báo cáo", Rhythm(Every.MONTH, BEFORE, day=25)),
    ("nhắc tổ nộp báo cáo quý vào ngày 25 tháng cuối", "nộp báo cáo quý", Rhythm(Every.QUARTER, UNTIL, 25, 3)),
    ("tháng nào cũng nhắc tổ nộp báo cáo ngày 25", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=25)),
    ("nhắc tổ nộp báo cáo từ ngày 20 đến ngày 25 hằng tháng", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=25)),
    ("nhắc tổ nộp báo cáo trước ngày 5/3 năm sau", "nộp báo cáo", once(date(2027, 3, 5), BEFORE)),
    ("đặt hạn: tổ nộp báo cáo ngày 25 hằng tháng", "nộp báo cáo", Rhythm(Every.MONTH, UNTIL, day=25)),
    ("nhắc tổ nộp báo cáo trực Tết trước ngày 5/2/2027", "nộp báo cáo trực Tết", once(date(2027, 2, 5), BEFORE)),
]


@pytest.mark.parametrize(("text", "what", "rhythm"), CLEAR)
@pytest.mark.parametrize("typed", [str, fold, str.upper], ids=["as spelled", "without marks", "loud"])
def test_a_clear_sentence(text: str, what: str, rhythm: Rhythm, typed: type[str]) -> None:
    found = read(typed(text), TODAY)
    assert (found.options, found.problem) == ((rhythm,), None)
    assert fold(found.what) == fold(what)


def test_numbers_may_be_words() -> None:
    assert read("nhắc tổ nộp báo cáo trước ngày mười lăm hằng tháng", TODAY).options == (
        Rhythm(Every.MONTH, BEFORE, day=15),
    )


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("nhắc tổ nộp báo cáo ngày 25", (Rhythm(Every.MONTH, UNTIL, day=25), once(date(2026, 11, 25)))),
        ("nhắc tổ nộp báo cáo ngày 5", (Rhythm(Every.MONTH, UNTIL, day=5), once(date(2026, 12, 5)))),
        ("nhắc tổ nộp báo cáo thứ sáu", (once(date(2026, 11, 27)), Rhythm(Every.WEEK, UNTIL, day=5))),
        ("nhắc tổ nộp báo cáo trước thứ bảy", (once(date(2026, 11, 28), BEFORE), Rhythm(Every.WEEK, BEFORE, day=6))),
        ("nhắc tổ nộp báo cáo ngày 5/3", (once(date(2027, 3, 5)), Rhythm(Every.YEAR, UNTIL, 5, 3))),
        ("nhắc tổ nộp báo cáo ngày 29/2", (once(date(2028, 2, 29)), Rhythm(Every.YEAR, UNTIL, 29, 2))),
        (
            "nhắc tổ nộp báo cáo hằng quý trước ngày 10",
            (Rhythm(Every.QUARTER, BEFORE, 10, 3), Rhythm(Every.QUARTER, BEFORE, 10, 1)),
        ),
        (
            "nhắc tổ nộp báo cáo quý trước ngày 10 tháng đầu quý sau",
            (Rhythm(Every.QUARTER, BEFORE, 10, 1), once(date(2027, 1, 10), BEFORE)),
        ),
        (
            "nhắc tổ nộp báo cáo quý trước ngày 25",
            (
                Rhythm(Every.QUARTER, BEFORE, 25, 3),
                Rhythm(Every.QUARTER, BEFORE, 25, 1),
                once(date(2026, 11, 25), BEFORE),
            ),
        ),
        (
            "nhắc tổ nộp tiền quỹ ngày 25 của tháng",
            (Rhythm(Every.MONTH, UNTIL, day=25), once(date(2026, 11, 25))),
        ),
        ("nhắc tổ nộp số liệu cuối quý", (Rhythm(Every.QUARTER, UNTIL, 31, 3), once(date(2026, 12, 31)))),
        ("nhắc tổ nộp báo cáo cuối năm", (Rhythm(Every.YEAR, UNTIL, 31, 12), once(date(2026, 12, 31)))),
        ("nhắc tổ nộp báo cáo, hạn 25", (Rhythm(Every.MONTH, UNTIL, day=25), once(date(2026, 11, 25)))),
    ],
)
def test_a_doubtful_sentence_leaves_a_choice(text: str, options: tuple[Rhythm, ...]) -> None:
    found = read(text, TODAY)
    assert (found.options, found.problem) == (options, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nhắc tổ nộp báo cáo", Problem.NO_DAY),
        ("nhắc tổ nộp báo cáo hằng tháng", Problem.NO_DAY),
        ("nhắc tổ nộp báo cáo trước 3 ngày", Problem.NO_DAY),
        ("nhắc tổ nộp báo cáo ngày 15 hằng năm", Problem.NO_DAY),
        ("nhắc tổ trước ngày 25 hằng tháng", Problem.NO_WHAT),
        ("nhắc tổ nộp ngày 25 hằng tháng", Problem.NO_WHAT),
        ("nhắc tổ nộp báo cáo trước 30/2", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo ngày 30/2 hằng năm", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo ngày 29/2/2027", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo ngày 32 hằng tháng", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo ngày 1/13", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo ngày 1/1/0000", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo ngày 20/12/2025", Problem.PAST),
        ("nhắc tổ nộp báo cáo trước 21/11/2026", Problem.PAST),
        ("nhắc tổ nộp báo cáo ngày 20/12/2062", Problem.FAR),
        ("nhắc tổ nộp báo cáo ngày 5/12 và ngày 9/12", Problem.SEVERAL),
        ("nhắc tổ nộp báo cáo ngày 5/12/2026 hằng năm", Problem.SEVERAL),
        ("nhắc tổ nộp báo cáo thứ sáu hằng tháng", Problem.SEVERAL),
        ("nhắc tổ nộp báo cáo ngày 1 và 15 hằng tháng", Problem.SEVERAL),
        ("nhắc tổ nộp báo cáo ngày 10, 20, 30 hằng tháng", Problem.SEVERAL),
        ("nhắc tổ nộp báo cáo ngày 15 các tháng 3, 6, 10", Problem.SEVERAL),
        ("nhắc tổ nộp báo cáo cuối tháng 13", Problem.IMPOSSIBLE),
        ("nhắc tổ nộp báo cáo thứ sáu tuần trước", Problem.PAST),
        ("nhắc tổ nộp báo cáo 2 tuần một lần vào thứ sáu", Problem.RHYTHM),
        ("nhắc tổ nộp báo cáo cách tuần vào thứ sáu", Problem.RHYTHM),
        ("nhắc tổ nộp báo cáo hằng ngày", Problem.RHYTHM),
        ("nhắc tổ nộp báo cáo ngày làm việc thứ 5 hằng tháng", Problem.RHYTHM),
        ("nhắc tổ nộp báo cáo mỗi tháng 2 lần ngày 1 và ngày 15", Problem.RHYTHM),
        ("nhắc tổ nộp báo cáo ngày 5/1 năm nay", Problem.PAST),
        ("nhắc tổ nộp báo cáo trước 20 tháng chạp", Problem.LUNAR),
        ("nhắc tổ nộp báo cáo trước ngày 15/12 âm", Problem.LUNAR),
        ("nhắc tổ nộp báo cáo mỗi 2 tháng vào ngày 5", Problem.RHYTHM),
        ("mỗi thứ hai đầu tháng nhắc tổ nộp số liệu", Problem.RHYTHM),
        ("nhắc tổ nộp số liệu thứ sáu tuần cuối cùng của tháng", Problem.RHYTHM),
        ("nhắc tổ 2 nộp báo cáo trước ngày 25 hằng tháng", Problem.ONE_UNIT),
        ("nhắc tổ thôn 3 nộp báo cáo trước ngày 25/12", Problem.ONE_UNIT),
        ("nhắc tôi gọi điện ngày mai", Problem.PERSONAL),
        ("moi quy nop 1 lan truoc ngay 10 thang dau quy sau", Problem.NO_WHAT),
        ("nhắc tổ nộp báo cáo trước Tết 1 tuần", Problem.LUNAR),
        ("nhac to nop bao cao truoc tet 1 tuan", Problem.LUNAR),
        ("nhắc tổ đi chùa rằm hằng tháng", Problem.LUNAR),
        ("nhắc tổ nộp ngày 10/3 âm lịch", Problem.LUNAR),
    ],
)
def test_what_cannot_be_kept_is_told(text: str, problem: Problem) -> None:
    assert read(text, TODAY).problem is problem


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("nhắc tổ nộp báo cáo ngày 25 hằng tháng", "team"),
        ("nhắc các thôn nộp báo cáo ngày 25 hằng tháng", "village"),
        ("nhắc cơ quan nộp báo cáo ngày 25 hằng tháng", "office"),
        ("nhắc nộp báo cáo ngày 25 hằng tháng", None),
        ("ngày 25 hằng tháng nhắc các xóm nộp báo cáo", "village"),
        ("nhắc các tổ dân phố nộp báo cáo ngày 25 hằng tháng", "village"),
        ("nhắc trưởng thôn nộp báo cáo ngày 25 hằng tháng", "village"),
    ],
)
def test_who_is_named_hands_in(text: str, kind: str | None) -> None:
    assert read(text, TODAY).unit_kind == kind


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("nhắc tổ nộp báo cáo", True),
        ("Nhac thu sau gui so lieu", True),
        ("/nhac nộp báo cáo ngày 5", True),
        ("nhắc họp 20/12", True),
        ("thứ sáu hằng tuần nhắc tổ gửi số liệu", True),
        ("moi quy nop 1 lan truoc ngay 10 thang dau quy sau", True),
        ("15/12 này nộp báo cáo năm", True),
        ("các tổ phải nộp báo cáo trước ngày 25 hằng tháng", True),
        ("các tổ phải nộp báo cáo trước ngày nào", False),
        ("ngày 15 tháng cuối quý nộp báo cáo gì?", False),
        ("15/12 nộp hồ sơ giúp 2 bà", False),
        ("yêu cầu các tổ nộp báo cáo", False),
        ("nhắc lại sau", False),
        ("nhắc hạn là gì", False),
        ("hôm nay nhắc tổ nộp báo cáo ngày 5", False),
        ("tổ nộp báo cáo ngày 5", False),
    ],
)
def test_only_a_sentence_that_asks_for_a_reminder_is_taken_for_one(text: str, meant: bool) -> None:
    assert is_meant(text) is meant


@pytest.mark.parametrize(
    ("rhythm", "moved"),
    [
        (Rhythm(Every.MONTH, UNTIL, day=28), False),
        (Rhythm(Every.MONTH, UNTIL, day=29), True),
        (Rhythm(Every.QUARTER, UNTIL, 31, 3), True),
        (Rhythm(Every.QUARTER, UNTIL, 30, 3), False),
        (Rhythm(Every.YEAR, UNTIL, 31, 12), False),
        (Rhythm(Every.YEAR, UNTIL, 29, 2), True),
        (Rhythm(Every.WEEK, UNTIL, day=7), False),
        (once(date(2026, 12, 31)), False),
    ],
)
def test_a_day_that_some_months_lack_is_known(rhythm: Rhythm, moved: bool) -> None:
    assert moves(rhythm) is moved


_LEADS = {BEFORE: "trước ngày", UNTIL: "chậm nhất ngày"}
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@given(st.sampled_from(Wording), st.integers(1, 31), days)
def test_every_day_of_the_month_is_read_back(wording: Wording, day: int, today: date) -> None:
    found = read(f"nhắc tổ nộp báo cáo {_LEADS[wording]} {day} hằng tháng", today)
    assert found.options == (Rhythm(Every.MONTH, wording, day=day),)
    assert found.what == "nộp báo cáo"


@given(st.sampled_from(Wording), days, days)
def test_every_full_date_is_kept_or_refused_for_its_reason(wording: Wording, named: date, today: date) -> None:
    found = read(f"nhắc tổ nộp báo cáo {_LEADS[wording]} {named.day}/{named.month}/{named.year}", today)
    last = named - timedelta(days=wording is BEFORE)
    if last < today:
        assert found.problem is Problem.PAST
    elif named - today > FARTHEST:
        assert found.problem is Problem.FAR
    else:
        assert found.options == (once(named, wording),)


SAID = """tổ nộp trước ngày 5 15 29 31 32 0 tháng 2 6 13 quý năm tuần hằng mỗi cuối đầu thứ sáu 30/2 29/2 5/3 1/1/2027
    20/12/26 mai này sau một lần và chủ nhật hết nửa đầu các nay 3, nữa trong 12 5/9 , / - ."""
words = st.sampled_from(SAID.split())


@given(st.lists(words, max_size=9), days)
@settings(max_examples=250, deadline=None)
def test_whatever_is_understood_can_come_true(said: list[str], today: date) -> None:
    found = read(f"nhắc {' '.join(said)}", today)
    assert bool(found.options) is (found.problem in (None, Problem.NO_WHAT))
    for rhythm in found.options:
        coming = upcoming(Rule("own/1", "x", rhythm), today, working_days(), 2)
        assert len(coming) == (1 if rhythm.every is Every.ONCE else 2)
        assert all(item.last_day >= today for item in coming)
        if rhythm.every in MONTHS:
            assert 1 <= (rhythm.month or 1) <= MONTHS[rhythm.every]
