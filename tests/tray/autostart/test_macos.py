"""The LaunchAgent: the file is real; launchd, which only macOS has, is played by the text it prints."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path

import pytest

from app.core.own_command import OwnCommand
from app.tray.autostart import LoginStart, macos
from app.tray.autostart.macos import LABEL, MacAutostart

COMMAND = OwnCommand("/Applications/Tidegate.app/Contents/MacOS/tidegate")


class Launchd:
    """Stands for `launchctl print-disabled` and `enable`."""

    def __init__(self, words: str = "") -> None:
        self.words = words

    def enable(self) -> None:
        self.words = self.words.replace("disabled", "enabled").replace("true", "false")


def login(folder: Path, launchd: Launchd) -> LoginStart:
    return LoginStart(MacAutostart(COMMAND, folder, disabled=lambda: launchd.words, enable=launchd.enable))


def test_on_writes_a_property_list_that_starts_it_hidden_and_off_removes_it(tmp_path: Path):
    agents = tmp_path / "LaunchAgents"
    switch = login(agents, Launchd())
    assert switch.switch(on=True).ok
    written = plistlib.loads((agents / f"{LABEL}.plist").read_bytes())
    assert written == {
        "Label": LABEL,
        "ProgramArguments": [COMMAND.program, "--hidden"],
        "RunAtLoad": True,
        "KeepAlive": False,
        "LimitLoadToSessionType": "Aqua",
        "ProcessType": "Interactive",
    }
    assert switch.switch(on=False).ok
    assert (switch.is_on(), list(agents.iterdir())) == (False, [])


@pytest.mark.parametrize("state", ["disabled", "true"])
def test_what_the_system_settings_switched_off_is_off_until_it_is_asked_for_again(tmp_path: Path, state: str):
    launchd = Launchd(f'disabled services = {{\n\t"com.example" => enabled\n\t"{LABEL}" => {state}\n}}')
    switch = login(tmp_path, launchd)
    (tmp_path / f"{LABEL}.plist").write_bytes(b"")
    assert switch.is_on() is False
    assert switch.switch(on=True).ok
    assert switch.is_on() is True


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such program")
def test_a_system_that_does_not_answer_is_an_error_like_any_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(macos, "_SECONDS", 0.05)
    with pytest.raises(OSError, match="tail does not answer"):
        macos._ran(["tail", "-f", "/dev/null"])
