"""`cnscd kb check` also finds what shows only in what is said: answers too long for a channel, entries nobody tests."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
import yaml

from bot import checking
from bot.wiring import Brain
from handlers.turn import Rules
from knowledge.answering import Answerer
from knowledge.loader import load_from
from knowledge.working_days import working_days
from tests.knowledge.test_loader_and_check import TODAY, tree, written


def brain(root: Path) -> Brain:
    """Return what is built from a folder of knowledge."""
    return Brain(Answerer(load_from(root)), working_days(), Rules(reminder_time=time(7, 30)))


def test_an_answer_too_long_for_a_channel_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = tree()
    made["plans/thu_2023/duties.yaml"][0]["what"] = "Việc rất dài. " * 150
    (problem,) = checking.problems(brain(written(tmp_path, made)), TODAY)
    assert problem.startswith("plans/thu_2023/duties.yaml:1: viec_mot: câu trả lời dài ")


def test_the_test_questions_beside_the_program_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = brain(written(tmp_path, tree()))
    assert checking.problems(made, date(2026, 11, 21)) == []
    folder = tmp_path / checking.QUESTIONS / "development"
    folder.mkdir(parents=True)
    (folder / "a.yaml").write_text(yaml.safe_dump([{"q": "câu hỏi", "entry": "mot"}]), encoding="utf-8")
    assert checking.problems(made, TODAY) == ["base/khac.yaml:1: hai: chưa có câu hỏi thử nào"]
