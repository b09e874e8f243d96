"""The parser of log sentences, on its two sets and on any text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from knowledge.log_eval import (
    Score,
    as_typed,
    expected_entries,
    load_sentences,
    score,
    sentence_files,
    style_of,
    taken_for_logs,
)
from knowledge.log_places import PlaceWords
from knowledge.log_sentence import parse
from knowledge.vietnamese import fold

SETS = Path(__file__).parents[1] / "sentences"


def _set(name: str) -> tuple[list[dict[str, Any]], date]:
    data = yaml.safe_load((SETS / f"{name}.yaml").read_text(encoding="utf-8"))
    return data["sentences"], data["today"]


DEVELOPMENT, TODAY = _set("development")

# What the held-out sets reached when they were last measured, less a little; the aims are in `knowledge.log_eval`. The
# third and the fourth are by writers of whom the parser knew nothing.
HELD_OUT = {
    ("heldout", "heldout_more"): (0.91, 0.88),
    ("heldout_third",): (0.60, 0.82),
    ("heldout_fourth",): (0.80, 0.89),
}


@pytest.mark.parametrize("sentence", DEVELOPMENT, ids=lambda sentence: sentence["text"])
def test_development_sentence(sentence: dict[str, Any]) -> None:
    read = parse(sentence["text"], TODAY, villages=sentence.get("villages", ())).as_json()
    wanted = expected_entries(sentence, TODAY)
    # A set names a note only where it matters.
    expected = [{"note": got["note"]} | want for got, want in zip(read["entries"], wanted, strict=True)]
    assert read["is_log"] == bool(expected)
    assert [{**entry, "missing": sorted(entry["missing"])} for entry in read["entries"]] == [
        {**entry, "missing": sorted(entry["missing"])} for entry in expected
    ]


@pytest.fixture(scope="module")
def development() -> Score:
    return score(sentence_files(SETS / "development"))


def test_what_was_developed_with_is_understood(development: Score) -> None:
    assert development.share("clear right", "clear") >= 0.98
    assert development.share("ambiguous asked", "ambiguous") >= 0.98
    assert development.share("masked", "to mask") == 1.0
    assert development.counts[""]["masked wrongly"] == 0
    assert development.counts[""]["taken for logs"] <= 0.01 * development.counts[""]["sentences"]


@pytest.mark.parametrize("sets", HELD_OUT, ids=" ".join)
def test_held_out_sets_stay_above_their_bar(sets: tuple[str, ...]) -> None:
    result = score([SETS / f"{name}.yaml" for name in sets])
    # Nothing but two numbers: a failure must not show the sentences.
    clear, asked = result.share("clear right", "clear"), result.share("ambiguous asked", "ambiguous")
    del result
    least_clear, least_asked = HELD_OUT[sets]
    assert clear >= least_clear
    assert asked >= least_asked


def test_misses_say_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "heldout.yaml"
    file.write_text(
        "today: 2026-11-20\nsentences:\n"
        '- {text: "giúp 3 bà cài vneid", entries: [{topics: [dvctt], people: 3}]}\n'
        '- {text: "giúp mấy bà cài vneid, sđt 0905123456", masks: [phone], '
        "entries: [{topics: [vneid], people: null, missing: [people]}]}\n"
        '- {text: "giup 2 ba cai vneid"}\n',
        encoding="utf-8",
    )
    result = score([file])
    assert [miss.wrong for miss in result.misses] == ["topics: ['vneid'], đúng ra ['dvctt']", "1 buổi, đúng ra 0"]
    assert result.share("clear right", "clear") == 0
    assert result.share("ambiguous asked", "ambiguous") == 1
    assert result.counts["unaccented"]["taken for logs"] == 1
    assert not result.passes
    assert any("giúp 3 bà cài vneid" in line for line in result.lines())
    assert not any("giúp 3 bà cài vneid" in line for line in result.lines(worst=0))


def test_a_set_is_a_file_a_folder_or_the_beginning_of_names(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("heldout.yaml", "heldout_more.yaml", "other.yaml")]
    for file in files:
        file.write_text("", encoding="utf-8")
    assert sentence_files(tmp_path / "heldout") == files[:2]
    assert sentence_files(tmp_path) == files
    assert sentence_files(files[2]) == files[2:]
    assert sentence_files(tmp_path / "none") == []


def test_styles_of_typing() -> None:
    assert [style_of(text) for text in ("giúp 3 bà", "giup 3 ba", "gip 3 ng ko dc")] == [
        "accented", "unaccented", "noisy",
    ]  # fmt: skip
    assert as_typed(["một", "hai"]) == ["một", "hai"]
    assert taken_for_logs(["a", "b", "c", "d"], lambda text: text == "a") == 0.25


@pytest.mark.parametrize(
    ("text", "minutes", "companions"),
    [
        ("em với chị Lan hướng dẫn 3 hộ cài vneid mất 2 tiếng rưỡi", 150, ("chị Lan",)),
        ("giúp 3 bà cài vneid cùng chị Hoa, 30 phút", 30, ("chị Hoa",)),
        ("hai anh em trong tổ đi giúp 4 bà cài zalo từ 8h đến 9h30", 90, ("hai anh em trong tổ",)),
        ("giúp 2 bà cài zalo, có anh Bình đi cùng", None, ("anh Bình",)),
        ("giúp bà Tư cùng chồng cài vneid lúc 8 giờ sáng", None, ()),
        ("tôi giúp 5 hộ cài vneid cả buổi sáng", None, ()),
    ],
)
def test_how_long_and_with_whom(text: str, minutes: int | None, companions: tuple[str, ...]) -> None:
    (entry,) = parse(text, TODAY).entries
    assert (entry.minutes, entry.companions) == (minutes, companions)


def test_typing_keys_are_read() -> None:
    (entry,) = parse("giups 4 bacs nopj hoof sow truwcj tuyeens", TODAY).entries
    assert (entry.topics, entry.people) == (("dvctt",), 4)


# Several sentences on lines of their own lose their borders, and "bà Ba" becomes "ba ba", when marks are dropped.
_LOST_WITHOUT_MARKS = {"Hôm nay giúp bà Ba cài VNeID"}


def test_without_marks_nearly_all_reads_the_same() -> None:
    told = [item for item in DEVELOPMENT if "\n" not in item["text"] and item["text"] not in _LOST_WITHOUT_MARKS]
    changed = []
    for item in told:
        villages = item.get("villages", ())
        marked = parse(item["text"], TODAY, villages=villages)
        bare = parse(fold(item["text"]), TODAY, villages=villages)
        if [(e.topics, e.people, e.outcome) for e in marked.entries] != [
            (e.topics, e.people, e.outcome) for e in bare.entries
        ]:
            changed.append(item["text"])
    assert len(changed) <= 0.03 * len(told), changed


def _with_a_slip(text: str) -> str:
    """Swap, double or leave out a letter of one longer word, another one in each text."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if word.isalpha() and word.islower() and len(word) >= 4]
    if long:
        at = long[len(text) % len(long)]
        word, cut = words[at], 1 + len(text) % (len(words[at]) - 2)
        slips = (
            word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :],
            word[:cut] + word[cut:][:1] + word[cut:],
            word[:cut] + word[cut + 1 :],
        )
        words[at] = slips[len(words) % len(slips)]
    return " ".join(words)


@pytest.mark.parametrize(
    ("changed", "understood", "asked"),
    [(fold, 0.90, 0.95), (str.casefold, 0.93, 0.97), (_with_a_slip, 0.88, 0.90)],
    ids=["no marks, no capitals", "no capitals", "a slip"],
)
def test_hurried_typing_is_mostly_understood(changed: Callable[[str], str], understood: float, asked: float) -> None:
    counted: Counter[str] = Counter()
    for path in sentence_files(SETS / "development"):
        sentences, today = load_sentences(path)
        for sentence in sentences[::4]:
            wanted = expected_entries(sentence, today)
            if not wanted:
                continue
            read = parse(changed(sentence["text"]), today, villages=sentence.get("villages", ())).as_json()["entries"]
            kind = "doubtful" if any(entry["missing"] for entry in wanted) else "clear"
            counted[kind] += 1
            if kind == "clear":
                fields = ("people", "date", "outcome")
                counted["right"] += [[sorted(got["topics"]), *map(got.get, fields)] for got in read] == [
                    [sorted(want["topics"]), *map(want.get, fields)] for want in wanted
                ]
            else:
                counted["asked"] += len(read) == len(wanted) and all(
                    set(want["missing"]) <= set(got["missing"]) for want, got in zip(wanted, read, strict=True)
                )
    assert counted["right"] >= understood * counted["clear"], counted
    assert counted["asked"] >= asked * counted["doubtful"], counted


_WORDS = st.sampled_from(
    [
        "giúp",
        "3",
        "bà",
        "ba",
        "Ba",
        "bác",
        "Tư",
        "cài",
        "vneid",
        "ở",
        "thôn",
        "2",
        "chợ",
        "hôm",
        "qua",
        "sáng",
        "chưa",
        "xong",
        "không",
        "được",
        ",",
        ";",
        ".",
        "\n",
        "rồi",
        "và",
        "chiều",
        "nhà",
        "mấy",
        "vì",
        "tổ",
        "hai",
        "vợ",
        "chồng",
        "15/11",
        "năm",
        "mười",
        "chục",
        "tuần",
        "trước",
        "mai",
        "với",
        "?",
        "o",
        "chi",
        "sang",
        "toi",
        "[",
    ]
)


@example("Ahi'BA")
@given(st.one_of(st.text(max_size=80), st.lists(_WORDS, max_size=25).map(" ".join)))
def test_any_text_is_parsed(text: str) -> None:
    read = parse(text, TODAY, villages=("thôn Đông Hải", ""))
    assert bool(read.entries) == read.is_log
    for entry in read.entries:
        assert (entry.people is None) == ("people" in entry.missing)
        assert (entry.date is None) == ("date" in entry.missing)
        assert (entry.outcome is None) == ("outcome" in entry.missing)


def test_personal_data_never_reaches_an_entry() -> None:
    read = parse("giúp bà Lý cài vneid không được vì sđt 0905123456 bị khoá", TODAY)
    assert "0905123456" not in str(read.as_json())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Tui chở dì Bảy ra bưu điện làm lại sim", True),
        ("cứu được cái zalo của bà Nhàn", True),
        ("Bác Thắng đăng nhập VNeID không được, em cài lại máy rồi thử mãi vẫn không vào", True),
        ("Chiều nay tôi xem giúp bác Nghĩa có mấy sim đứng tên bác trên VNeID", True),
        ("bác Tám nói hôm qua có người đến cài VNeID cho bác", False),
        ("làm căn cước mấy ngày có", False),
        ("tích hợp mất mấy ngày", False),
        ("cấp chữ ký số mấy ngày", False),
        ("hướng dẫn cài vneid", False),
    ],
)
def test_all_words_together_tell_a_report(text: str, told: bool) -> None:
    assert parse(text, TODAY).is_log == told


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("giúp bà Sáu xác nhận chính chủ sim", ("vneid",)),
        ("Giúp anh Sang bán cá khô cho khách ở xa, chốt đơn trên máy", ("tmdt",)),
        ("Giúp 5 bác ở thôn Bãi.", ()),
        ("cài dùm 2 o, cccd 045 180 000 732", ()),
    ],
)
def test_a_topic_that_no_list_names_is_taken_only_where_it_is_sure(text: str, topics: tuple[str, ...]) -> None:
    (entry,) = parse(text, TODAY).entries
    assert entry.topics == topics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Khắc phục cho anh Dũng lỗi không đăng nhập được VNeID", (1, "done", None)),
        ("Bà Vườn và cháu được em hướng dẫn nộp hồ sơ khai sinh online", (2, "done", None)),
        ("Em hỗ trợ 3 chị tiểu thương, hai chị đã có mã QR nhận tiền, chị còn lại chưa có", (3, "partial", None)),
        ("di cung anh Tien vao ban Huoi, cai dinh danh 13 nguoi, 2 nguoi khong co sim", (13, "partial", "ban Huoi")),
        ("ck ho ba Ty 500k tra tien dien, ba tu lam dc lun", (1, "done", None)),
        ("giup ba Lan, ba Sau, ba tu cai vneid", (3, "done", None)),
        ("Em dạy 3 bác ở câu lạc bộ dưỡng sinh dùng Zalo", (3, "done", "câu lạc bộ dưỡng sinh")),
        ("thôn bến đá,hqua,10ng,vneid,xong", (10, "done", "thôn bến đá")),
        ("Đăng ký chữ ký số cho anh Khải kế toán hợp tác xã", (1, "done", None)),
    ],
)
def test_who_where_and_how_it_went(text: str, expected: tuple[int, str, str | None]) -> None:
    (entry,) = parse(text, TODAY).entries
    assert (entry.people, entry.outcome, entry.place) == expected


def test_an_unknown_key_in_a_word_list_is_an_error() -> None:
    with pytest.raises(ValidationError):
        PlaceWords.model_validate({"named": [], "surprise": []})


@pytest.mark.parametrize(
    ("typed", "place"),
    [("thôn 2", "thôn 2"), ("kp 2", "Khu phố 2"), ("khu phố 2", "Khu phố 2"), ("xóm dong hai", "thôn Đông Hải")],
)
def test_a_village_is_meant_by_its_kind_and_number_or_by_its_name(typed: str, place: str) -> None:
    villages = ("Khu phố 2", "thôn Đông Hải")
    (entry,) = parse(f"hôm nay giúp 3 bà ở {typed} cài vneid", TODAY, villages=villages).entries
    assert entry.place == place
