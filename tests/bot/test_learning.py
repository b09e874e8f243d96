"""What one process is taught, every other one knows with its next message; the commands know it too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import update
from typer.testing import CliRunner

from bot.asking import Asking
from bot.cli import app
from bot.learning import Learner
from bot.wiring import Brain
from db import areas, local_entries, people
from db.engine import Database
from db.models import Area
from handlers.turn import Rules
from knowledge.answering import Asker
from knowledge.working_days import working_days
from tests.support.clock import START, Clock
from tests.support.conversation import answerer

QUESTION = "chợ làng mình họp mấy giờ rứa"


def teach(database: Database, area_id: int | None, now: datetime = START) -> int:
    with database.transaction() as db:
        return local_entries.teach_entry(
            db,
            topic="other",
            title="Giờ họp chợ",
            answer="Chợ họp từ 5 giờ sáng.",
            source="Thông báo của xã",
            phrasings=[QUESTION],
            area_id=area_id,
            by=1,
            now=now,
        )


@pytest.fixture
def taught(database: Database) -> Database:
    """A database with two communes and an answer of the first one's own."""
    with database.transaction() as db:
        people.add_person(db, "Phối", START)
        for name in ("Xã Thử", "Xã Khác"):
            areas.add_area(db, name)
    teach(database, 1)
    return database


def answers(learner: Learner, database: Database, area_id: int) -> bool:
    with database.reading() as db:
        return learner.up_to_date(db).decide(QUESTION, Asker(areas=frozenset({area_id}))).entry is not None


def test_every_process_follows_each_change(taught: Database) -> None:
    first, second = Learner(answerer()), Learner(answerer())
    for holds in (True, False, True):
        assert (answers(first, taught, 1), answers(second, taught, 1)) == (holds, holds)
        with taught.transaction() as db:  # at the very same moment, as a clock that was set back would show it
            if holds:
                local_entries.withdraw(db, 1, by=1, now=START)
            else:
                local_entries.give_back(db, 1, now=START)


def test_nothing_is_built_while_nothing_changes(taught: Database) -> None:
    learner = Learner(answerer())
    with taught.reading() as db:
        assert learner.up_to_date(db) is learner.up_to_date(db)


def test_what_was_taught_moves_with_an_area_that_is_merged(taught: Database) -> None:
    learner = Learner(answerer())
    assert not answers(learner, taught, 2)
    with taught.transaction() as db:
        db.execute(update(Area).where(Area.id == 1).values(merged_into_id=2))
    assert answers(learner, taught, 2)


def test_questions_on_the_command_line_know_it(taught: Database) -> None:
    asking = Asking(Brain(answerer(), working_days(), Rules()), taught, Clock()().date())
    here = asking.answer_object({"id": 1, "q": QUESTION, "area": "xa thu"})
    assert (here["kind"], here["entry"]) == ("answer", "local/1")
    assert here["sources"] == [{"document": "local/1", "title": "Thông báo của xã", "section": None}]
    for area in ("Xã Khác", None):
        assert asking.answer_object({"id": 2, "q": QUESTION, "area": area})["kind"] != "answer"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_commands_show_and_export_it(taught: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CNSCD_DATABASE_URL", str(taught.url))
    run = CliRunner().invoke
    assert run(app, ["kb", "search", QUESTION]).stdout.splitlines()[0].endswith("local/1  Giờ họp chợ")
    file = tmp_path / "taught.yaml"
    assert run(app, ["kb", "export", "--area", "xã thử", "--out", str(file)]).exit_code == 0
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["entries_other"][0]["phrasings"] == [QUESTION]
    assert run(app, ["kb", "export", "--area", "Xã Khác"]).stdout.strip() == ""
    assert run(app, ["kb", "export", "--area", "Xã Lạ"]).exit_code == 2
