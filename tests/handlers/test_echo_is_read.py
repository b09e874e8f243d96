"""What the bot repeats of a log sentence is understood as the same entry when it is sent back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handlers.assistance.draft import Draft
from handlers.rendering import render
from knowledge.loader import load
from knowledge.log_eval import load_sentences, sentence_files
from knowledge.log_sentence import LogReading, parse

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


def test_changed_lines_are_read_as_changed() -> None:
    lines = ("Việc: VNeID, căn cước", "Số lượt người: rất đông", "Kết quả: chưa xong", "Đi cùng: chị Hoa, anh Ba")
    text = "\n- ".join(["Tôi hiểu là:", *lines])
    (entry,) = parse(text, load_sentences(FILES[0])[1]).entries
    assert (entry.people, entry.missing, entry.outcome) == (None, ("people",), "failed")
    assert entry.companions == ("chị Hoa", "anh Ba")
