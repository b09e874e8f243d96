"""What the bot repeats of a log sentence is understood as the same entry when it is sent back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.assistance.draft import Draft
from handlers.rendering import render
from knowledge.loader import load
from knowledge.log_eval import load_sentences, sentence_files
from knowledge.log_sentence import LogEntry, LogReading, parse

SETS = Path(__file__).parents[1] / "sentences"
FILES = sentence_files(SETS / "development")


def _meaning(reading: LogReading) -> list[tuple[Any, ...]]:
    return [(e.topics, e.people, e.place, e.date, e.outcome, e.missing, e.minutes, e.note) for e in reading.entries]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_echo_is_read_as_the_same_entries(path: Path) -> None:
    sentences, today = load_sentences(path)
    topics = load().topics
    echoed = 0
    for sentence in sentences:
        read = parse(sentence["text"], today, villages=sentence.get("villages", ()))
        if not read.entries or any(entry.missing for entry in read.entries):
            continue
        echo = render(
            "assistance/echo", drafts=[Draft.understood(entry) for entry in read.entries], topics=topics, resumed=False
        )
        assert _meaning(parse(echo, today)) == _meaning(read), sentence["text"]
        echoed += 1
    assert echoed > len(sentences) / 3


TODAY = date(2026, 12, 3)
TOPICS = load().topics
ENTRIES = st.builds(
    LogEntry,
    topics=st.sets(st.sampled_from(sorted(TOPICS)), min_size=1, max_size=3).map(lambda names: tuple(sorted(names))),
    people=st.integers(1, 2000),
    place=st.none()
    | st.sampled_from(["thôn 2", "nhà bà Tư", "chợ Gò", "UBND xã", "to 14 phuong Hoa Minh", "ấp Năm Căn"]),
    date=st.dates(date(2025, 1, 1), TODAY),
    outcome=st.sampled_from(["done", "partial", "failed"]),
    missing=st.just(()),
    note=st.none() | st.sampled_from(["vì máy cũ", "do mạng yếu; vì hết pin", "tại mất điện 2 lần"]),
    minutes=st.none() | st.integers(1, 600),
)


@given(st.lists(ENTRIES, min_size=1, max_size=4))
def test_whatever_is_repeated_is_read_as_the_same(entries: list[LogEntry]) -> None:
    drafts = [Draft.understood(entry) for entry in entries]
    echo = render("assistance/echo", drafts=drafts, topics=TOPICS, resumed=False)
    assert _meaning(parse(echo, TODAY)) == _meaning(LogReading(True, echo, tuple(entries), is_question=False))


def test_changed_lines_are_read_as_changed() -> None:
    lines = ("Việc: VNeID, căn cước", "Số lượt người: rất đông", "Kết quả: chưa xong", "Đi cùng: chị Hoa, anh Ba")
    text = "\n- ".join(["Tôi hiểu là:", *lines])
    (entry,) = parse(text, load_sentences(FILES[0])[1]).entries
    assert (entry.people, entry.missing, entry.outcome) == (None, ("people",), "failed")
    assert entry.companions == ("chị Hoa", "anh Ba")
