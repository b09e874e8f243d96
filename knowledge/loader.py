"""Reads the base and the plans from their YAML files into typed records; it judges their form, not their sense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.schema import HowTo, Plan, PlanDocument, PlanRecord, Source, Topic
from knowledge.vietnamese import fold

R = TypeVar("R", bound=BaseModel)


class KnowledgeError(Exception):
    """Some knowledge files are wrong; `problems` has one line each, "file:line: entry: what"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class _Loader(yaml.CSafeLoader):
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
        lines: Where each entry and each record begins, by its id (`<plan>/<record>`): "base/vneid.yaml:12".
    """

    topics: Mapping[str, Topic]
    entries: Mapping[str, HowTo]
    sources: Mapping[str, Source]
    plans: Mapping[str, Plan]
    lines: Mapping[str, str]

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
    lines: dict[str, str] = {}
    base = root / "base"
    topics = {item.record.id: item.record for item in _items(Topic, base / "topics.yaml", problems)}
    sources = {item.key: item.record for item in _items(Source, base / "sources.yaml", problems)}
    entries: dict[str, HowTo] = {}
    for path in _yaml_files(base):
        if path.name not in {"topics.yaml", "sources.yaml"}:
            for item in _items(HowTo, path, problems):
                if item.key in entries:
                    problems.append(f"{item.where}: {item.key}: id này đã có ở {lines[item.key]}")
                entries[item.key] = item.record
                lines[item.key] = item.where
    plans = {}
    for folder in sorted((root / "plans").iterdir(), key=lambda item: item.name):
        if folder.is_dir() and any(_yaml_files(folder)):
            plan = _plan(folder, problems, lines)
            if plan is not None:
                plans[plan.document.id] = plan
    if problems:
        raise KnowledgeError(problems)
    return Knowledge(topics=topics, entries=entries, sources=sources, plans=plans, lines=lines)


def _plan(folder: Traversable, problems: list[str], lines: dict[str, str]) -> Plan | None:
    documents = [item.record for item in _items(PlanDocument, folder / "document.yaml", problems, single=True)]
    lists: dict[str, tuple[PlanRecord, ...]] = {}
    for name, model in Plan.files().items():
        path = folder / f"{name}.yaml"
        items = list(_items(model, path, problems)) if path.is_file() else []
        lists[name] = tuple(item.record for item in items)
        for item in items:
            key = f"{folder.name}/{item.key}"
            if key in lines:
                problems.append(f"{item.where}: {item.key}: id này đã có ở {lines[key]}")
            lines[key] = item.where
    if not documents:
        return None
    if documents[0].id != folder.name:
        problems.append(f"plans/{folder.name}/document.yaml: id phải trùng tên thư mục")
    return Plan.model_validate({"document": documents[0], **lists})


def _yaml_files(folder: Traversable) -> Iterator[Traversable]:
    yield from sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)


def _where(path: Traversable) -> str:
    """Return how a file is called in a problem: "base/vneid.yaml", "plans/duc_pho_2023/figures.yaml"."""
    folder = getattr(path, "parent", path).name
    return f"{folder}/{path.name}" if folder == "base" else f"plans/{folder}/{path.name}"


@dataclass(frozen=True)
class _Item(Generic[R]):
    """A valid item of a file, its key or id ("" for the only one), and where it begins."""

    key: str
    record: R
    where: str


def _items(model: type[R], path: Traversable, problems: list[str], *, single: bool = False) -> Iterator[_Item[R]]:
    """Yield each valid item of a file; note each invalid one in `problems`."""
    where = _where(path)
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        data: Any = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        problems.append(f"{where}: không đọc được: {' '.join(str(error).split())}")
        return
    if single and isinstance(root, yaml.MappingNode):
        found = [("", data, root)]
    elif isinstance(root, yaml.MappingNode):
        found = [(str(key.value), data[key.value], value) for key, value in root.value]
    elif isinstance(root, yaml.SequenceNode):
        found = [
            (str(item.get("id", f"mục {number}")) if isinstance(item, dict) else f"mục {number}", item, node)
            for number, (item, node) in enumerate(zip(data, root.value, strict=True), start=1)
        ]
    else:
        problems.append(f"{where}: phải là một danh sách các mục")
        return
    seen: set[str] = set()
    for key, value, node in found:
        line = f"{where}:{node.start_mark.line + 1}"
        try:
            record = model.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                place = ".".join(str(part) for part in detail["loc"])
                problems.append(f"{line}: {key}: {place}: {detail['msg']}")
            continue
        if key and key in seen:
            problems.append(f"{line}: {key}: id lặp lại trong tệp")
        seen.add(key)
        yield _Item(key, record, line)
