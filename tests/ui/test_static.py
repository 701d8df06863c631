"""The dashboard's files: nothing is read as markup, nothing comes from elsewhere, nothing has grown too big."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.ui.api.pages import STATIC

SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
STYLES = sorted((STATIC / "css").rglob("*.css"))
PAGES = sorted(STATIC.glob("*.html"))
MARKUP = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "DOMParser",
    "eval(",
    "new Function",
    "srcdoc",
)


def place(path: Path) -> str:
    return path.relative_to(STATIC).as_posix()


@pytest.mark.parametrize("path", SCRIPTS, ids=place)
def test_no_script_reads_a_text_as_markup_or_code(path: Path):
    assert [word for word in MARKUP if word in path.read_text("utf-8")] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=place)
def test_a_script_has_one_job_and_says_which(path: Path):
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= 200


@pytest.mark.parametrize("path", PAGES, ids=place)
def test_a_page_holds_no_script_and_no_style_of_its_own(path: Path):
    text = path.read_text("utf-8")
    assert re.findall(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", text) == []


@pytest.mark.parametrize("path", [*PAGES, *STYLES], ids=place)
def test_nothing_is_fetched_from_anywhere_else(path: Path):
    assert re.findall(r"https?://|@import|url\(", path.read_text("utf-8")) == []


def test_every_file_a_page_or_a_script_names_is_there():
    named = {
        (STATIC / name.removeprefix("/static/")).resolve()
        for page in PAGES
        for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.read_text("utf-8"))
    } | {
        (script.parent / name).resolve()
        for script in SCRIPTS
        for name in re.findall(r'from "(\.[^"]+)"', script.read_text("utf-8"))
    }
    assert {path for path in named if not path.is_file()} == set()


def test_the_mark_on_the_pages_is_the_one_among_the_assets():
    source = Path(__file__).parents[2] / "assets" / "mark.svg"
    assert (STATIC / "mark.svg").read_text("utf-8") == source.read_text("utf-8")
