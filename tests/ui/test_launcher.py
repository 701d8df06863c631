"""The launcher, with a child that answers as a window does: a screen is not everywhere."""

from __future__ import annotations

import itertools
import os
import queue
import sys
from pathlib import Path

import pytest

from app.ui.launcher import NO_WEB_VIEW, Launcher
from app.ui.window import remembered

LIMIT_SECONDS = 20
WINDOW = """
import sys
with open(sys.argv[1], "a") as heard:
    for line in sys.stdin:
        print(line.strip(), file=heard, flush=True)
        print("shown", flush=True)
    print("closed", file=heard, flush=True)
"""
CLOSING = """
import sys
first = sys.stdin.readline()
print("shown", flush=True)
print(first.strip(), file=open(sys.argv[1], "a"), flush=True)
sys.stdin.readline()  # takes what is said to it, and ends
"""


class Browser:
    """What the person's browser was asked to open."""

    def __init__(self) -> None:
        self.opened: queue.Queue[str] = queue.Queue()

    def __call__(self, address: str) -> bool:
        self.opened.put(address)
        return True


def launcher(program: str, heard: Path, browser: Browser, **environ: str) -> Launcher:
    numbers = itertools.count(1)
    command = (sys.executable, "-c", program, str(heard))
    known = {"DISPLAY": ":0", "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")} | environ
    return Launcher(command, known, lambda: f"http://x/open?code={next(numbers)}", browse=browser)


def test_one_window_is_opened_and_then_told(tmp_path: Path):
    heard, browser = tmp_path / "heard", Browser()
    window = launcher(WINDOW, heard, browser)
    for page in ("welcome", "", "connect"):
        assert window.open(page).ok
    window.close()
    assert heard.read_text().splitlines() == [
        "open http://x/open?code=1#welcome",
        "show",
        "open http://x/open?code=3#connect",
        "closed",
    ]
    assert browser.opened.empty()


def test_a_window_that_is_open_follows_when_tidegate_has_moved(tmp_path: Path):
    heard = tmp_path / "heard"
    ports = iter((3456, 4000, 4000))
    known = {"DISPLAY": ":0", "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
    command = (sys.executable, "-c", WINDOW, str(heard))
    window = Launcher(command, known, lambda: f"http://127.0.0.1:{next(ports)}/open?code=x", browse=Browser())
    for _ in range(3):
        window.open()
    window.close()
    assert heard.read_text().splitlines() == [
        "open http://127.0.0.1:3456/open?code=x",
        "open http://127.0.0.1:4000/open?code=x",
        "show",
        "closed",
    ]


def test_without_a_web_view_the_browser_opens_and_stays_the_way(tmp_path: Path):
    browser = Browser()
    window = launcher(f"import sys; sys.stdin.readline(); sys.exit({NO_WEB_VIEW})", tmp_path / "heard", browser)
    assert window.open("welcome").ok
    assert browser.opened.get(timeout=LIMIT_SECONDS) == "http://x/open?code=2#welcome"
    assert window.open().sentence == "The dashboard is open in your browser."
    assert browser.opened.get(timeout=LIMIT_SECONDS) == "http://x/open?code=3"


def test_a_window_that_was_just_closing_when_it_was_asked_for_opens_again(tmp_path: Path):
    heard, browser = tmp_path / "heard", Browser()
    window = launcher(CLOSING, heard, browser)
    window.open("one")
    window.open("two")
    while not heard.exists() or len(heard.read_text().splitlines()) < 2:
        pass  # bounded by the test's own limit
    window.close()
    first, again = heard.read_text().splitlines()
    assert first == "open http://x/open?code=1#one"
    assert again.endswith("#two")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_without_a_screen_nothing_is_started_and_it_is_said(tmp_path: Path):
    outcome = Launcher(("/nowhere",), {}, lambda: "http://x", browse=lambda _: False).open()
    assert (outcome.ok, outcome.sentence) == (
        False,
        "No browser could be opened. Run `tidegate dashboard` for a link.",
    )


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"width": "wide"}', '{"width": 900}'])
def test_a_remembered_place_that_makes_no_sense_is_forgotten(tmp_path: Path, content: str):
    (tmp_path / "window.json").write_text(content)
    assert remembered(tmp_path / "window.json") == {}
    assert remembered(tmp_path / "absent.json") == {}


def test_a_window_never_comes_back_too_small_to_use(tmp_path: Path):
    (tmp_path / "window.json").write_text('{"width": 10, "height": 10, "x": 5, "y": 6}')
    assert remembered(tmp_path / "window.json") == {"width": 720, "height": 480, "x": 5, "y": 6}
