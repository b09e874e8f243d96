"""Reads the YAML files that ship beside the code; it knows the form of none and reads no other file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml


def read_yaml(*path: str) -> Any:
    """Return what a file of this package holds; `read_yaml("words", "cues.yaml")`."""
    text = files("knowledge").joinpath(*path).read_text(encoding="utf-8")
    # The parser written in C: the other one takes ten times as long, which every start of the program would wait for.
    return yaml.load(text, yaml.CSafeLoader)
