"""What starts this very program again, in a package for Windows, played here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.core.own_command import own_command


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The second program of the Windows package, for commands typed into a console; it is the one that runs."""
    for name in ("Tidegate.exe", "tidegate-console.exe"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "tidegate-console.exe"))
    return tmp_path


def test_what_a_login_starts_opens_no_console_window(console: Path):
    assert own_command({}, quiet=True).with_arguments("--hidden") == (str(console / "Tidegate.exe"), "--hidden")


def test_what_a_console_starts_may_use_it(console: Path):
    assert own_command({}).program == str(console / "tidegate-console.exe")


def test_a_package_with_one_program_has_only_that(console: Path):
    (console / "Tidegate.exe").unlink()
    assert own_command({}, quiet=True).program == str(console / "tidegate-console.exe")
