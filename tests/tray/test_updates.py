"""The menu's line about newer versions, and what a click on it does."""

from __future__ import annotations

import pytest

from app.core.commands import Outcome
from app.core.status import NewVersion, Status
from app.tray.actions import Actions
from app.tray.menu import Entry, menu
from app.tray.state import View
from tests.tray.statuses import NOON, status

NEW = NewVersion("2.0.0", "https://tidegate.example/2.0.0", "It flies.", "")


def line(shown: Status | None) -> Entry | None:
    entries = [entry for entry in menu(View(status=shown), NOON) if entry]
    return next((entry for entry in entries if entry.name == "updates"), None)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (None, Entry("updates", "Check for updates", enabled=False)),
        (status(), Entry("updates", "Check for updates (none are published yet)", enabled=False)),
        (status(updates_problem=None), Entry("updates", "Check for updates")),
        (status(updates_problem=None, update=NEW), Entry("updates", "Get Tidegate 2.0.0…")),
    ],
    ids=["no server", "none published", "can look", "found"],
)
def test_the_line_says_what_there_is(shown, expected):
    assert line(shown) == expected


class Program:
    """Commands and desk of a program that found, or did not find, a newer version."""

    def __init__(self, shown: Status) -> None:
        self.shown = shown
        self.opened: list[str] = []

    def status(self) -> Status:
        return self.shown

    def look_for_update(self) -> Outcome:
        return Outcome(ok=True, sentence="Tidegate 1.0.0 is the newest version.")

    def browse(self, address: str) -> Outcome:
        self.opened.append(address)
        return Outcome(ok=True, sentence="")

    def __getattr__(self, name: str):
        return lambda *_: Outcome(ok=False, sentence=name)


def test_a_click_looks_and_once_there_is_a_version_opens_its_page():
    program = Program(status(updates_problem=None))
    actions = Actions(lambda: program, program, lambda: False)
    assert actions.do("updates").sentence == "Tidegate 1.0.0 is the newest version."
    assert program.opened == []
    program.shown = status(updates_problem=None, update=NEW)
    assert actions.do("updates").ok
    assert program.opened == ["https://tidegate.example/2.0.0"]
