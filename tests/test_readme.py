"""The README tells the truth about what can be set, and about files."""

from __future__ import annotations

import re
from pathlib import Path

from app.core.settings import Settings
from app.core.settings_layers import fields, variable_of
from tests.tidegate_process import ROOT

README = (ROOT / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+\.\w+)` \| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
IN_WORDS = {"model.default": "the first listed", "updates.skipped": "none", "updates.feed": "the makers' own"}


def written(name: str) -> str:
    section, key = name.split(".")
    value = getattr(getattr(Settings(), section), key)
    if name in IN_WORDS:
        return IN_WORDS[name]
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value in ((), {}) else f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_stands_in_the_table_with_its_variable_and_its_default():
    assert ROW.findall(README) == [(name, variable_of(name), written(name)) for name in fields()]


def test_every_file_the_readme_names_exists():
    named = set(re.findall(r"`((?:app|packaging|requirements|\.ci)/[\w./*]+)`", README))
    assert named
    assert {name for name in named if not any(Path(ROOT).glob(name.rstrip("/")))} == set()
