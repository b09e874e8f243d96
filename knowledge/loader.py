"""Reads the base and the plans from their YAML files into typed records; it judges their form, not their sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.schema import (
    BudgetLine,
    CitedDocument,
    Deadline,
    Duty,
    Figure,
    HowTo,
    Plan,
    PlanDocument,
    PlanRecord,
    Source,
    System,
    Topic,
)
from knowledge.vietnamese import fold

R = TypeVar("R", bound=BaseModel)


_RECORD_FILES: dict[str, type[PlanRecord]] = {
    "figures": Figure,
    "duties": Duty,
    "deadlines": Deadline,
    "systems": System,
    "cited": CitedDocument,
    "budget": BudgetLine,
}
"""The files of a plan's folder beside `document.yaml`, each optional."""


class KnowledgeError(Exception):
    """Some knowledge files are wrong; `problems` has one line each, "file: entry: what"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping: plain YAML would keep the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping out of its node."""
        found = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            names = [key.value for key, _ in node.value]
            twice = next(name for name in names if names.count(name) > 1)
            raise yaml.constructor.ConstructorError(problem=f"«{twice}» lặp lại", problem_mark=node.start_mark)
        return found


@dataclass(frozen=True)
class Knowledge:
    """Everything the bot knows, by id; entries and plans in the order of their files.

    Attributes:
        files: The file that each entry stands in, by the entry's id: "base/vneid.yaml".
    """

    topics: Mapping[str, Topic]
    entries: Mapping[str, HowTo]
    sources: Mapping[str, Source]
    plans: Mapping[str, Plan]
    files: Mapping[str, str]

    def plan_of_place(self, name: str) -> Plan | None:
        """Return the plan with this id, or of the place that `name` contains; None if none or several are meant."""
        if name in self.plans:
            return self.plans[name]
        wanted = f" {fold(name)} "
        found = [
            plan
            for plan in self.plans.values()
            if any(f" {fold(alias)} " in wanted for alias in (plan.document.place, *plan.document.place_aliases))
        ]
        return found[0] if len(found) == 1 else None


@cache
def load() -> Knowledge:
    """Load the knowledge that ships with the program.

    Raises:
        KnowledgeError: naming every wrong file and entry.
    """
    return load_from(files("knowledge"))


def load_from(root: Traversable) -> Knowledge:
    """Load from `root`, which holds `base/` and `plans/`.

    Raises:
        KnowledgeError: naming every wrong file and entry.
    """
    problems: list[str] = []
    base = root / "base"
    topics = {topic.id: topic for topic in _records(Topic, base / "topics.yaml", problems)}
    sources = dict(_validated(Source, base / "sources.yaml", problems))
    entries: dict[str, HowTo] = {}
    stands_in: dict[str, str] = {}
    for path in _yaml_files(base):
        if path.name not in {"topics.yaml", "sources.yaml"}:
            for entry in _records(HowTo, path, problems):
                if stands_in.get(entry.id, _where(path)) != _where(path):
                    problems.append(f"{_where(path)}: {entry.id}: id này đã có ở {stands_in[entry.id]}")
                entries[entry.id] = entry
                stands_in[entry.id] = _where(path)
    plans = {}
    for folder in sorted((root / "plans").iterdir(), key=lambda item: item.name):
        if folder.is_dir() and any(_yaml_files(folder)):
            plan = _plan(folder, problems)
            if plan is not None:
                plans[plan.document.id] = plan
    if problems:
        raise KnowledgeError(problems)
    return Knowledge(topics=topics, entries=entries, sources=sources, plans=plans, files=stands_in)


def _plan(folder: Traversable, problems: list[str]) -> Plan | None:
    documents = [record for _, record in _validated(PlanDocument, folder / "document.yaml", problems, single=True)]
    lists: dict[str, tuple[Any, ...]] = {}
    for name, model in _RECORD_FILES.items():
        path = folder / f"{name}.yaml"
        lists[name] = tuple(_records(model, path, problems)) if path.is_file() else ()
    if not documents:
        return None
    if documents[0].id != folder.name:
        problems.append(f"plans/{folder.name}/document.yaml: id phải trùng tên thư mục")
    return Plan(document=documents[0], **lists)


def _yaml_files(folder: Traversable) -> Iterator[Traversable]:
    yield from sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)


def _records(model: type[R], path: Traversable, problems: list[str]) -> Iterator[R]:
    for _, record in _validated(model, path, problems):
        yield record


def _where(path: Traversable) -> str:
    """Return how a file is called in a problem: "base/vneid.yaml"."""
    return f"{getattr(path, 'parent', path).name}/{path.name}"


def _validated(
    model: type[R], path: Traversable, problems: list[str], *, single: bool = False
) -> Iterator[tuple[str, R]]:
    """Yield (key or id, record) of each valid item; note each invalid one in `problems`."""
    where = _where(path)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        problems.append(f"{where}: không đọc được: {' '.join(str(error).split())}")
        return
    if single:
        items = [("", data)]
    elif isinstance(data, dict):
        items = [(str(key), value) for key, value in data.items()]
    elif isinstance(data, list):
        items = [
            (str(item.get("id", f"mục {number}")) if isinstance(item, dict) else f"mục {number}", item)
            for number, item in enumerate(data, start=1)
        ]
    else:
        problems.append(f"{where}: phải là một danh sách các mục")
        return
    seen: set[str] = set()
    for key, item in items:
        try:
            record = model.model_validate(item)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                place = ".".join(str(part) for part in detail["loc"])
                problems.append(f"{where}: {key}: {place}: {detail['msg']}")
            continue
        if key and key in seen:
            problems.append(f"{where}: {key}: id lặp lại trong tệp")
        seen.add(key)
        yield key, record
