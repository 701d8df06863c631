"""XDG autostart, in a folder of the test's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.core.own_command import OwnCommand
from app.tray.autostart import LoginStart
from app.tray.autostart.linux import LinuxAutostart, autostart_folder, desktop_entry

COMMAND = OwnCommand("/opt/Tide gate/tidegate")
NAME = "app.tidegate.Tidegate.desktop"


def test_on_writes_an_entry_and_off_removes_it(tmp_path: Path):
    login = LoginStart(LinuxAutostart(COMMAND, tmp_path / "autostart"))
    seen = [login.is_on(), login.switch(on=True).ok, login.is_on(), login.switch(on=False).ok, login.is_on()]
    assert seen == [False, True, True, True, False]
    assert list((tmp_path / "autostart").iterdir()) == []


@pytest.mark.parametrize("mark", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_what_a_desktop_switched_off_is_off_until_it_is_asked_for_again(tmp_path: Path, mark: str):
    login = LoginStart(LinuxAutostart(COMMAND, tmp_path))
    login.switch(on=True)
    entry = (tmp_path / NAME).read_text().replace("X-GNOME-Autostart-enabled=true", "")
    (tmp_path / NAME).write_text(f"{entry}\n{mark}\n")
    assert login.is_on() is False
    assert login.switch(on=True).ok
    assert login.is_on() is True


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no section", b"[Other]\na=b\n"])
def test_a_file_that_is_no_entry_is_off(tmp_path: Path, content: bytes):
    (tmp_path / NAME).write_bytes(content)
    assert LinuxAutostart(COMMAND, tmp_path).is_on() is False


@pytest.mark.skipif(sys.platform == "win32", reason="wants a shell")
@pytest.mark.parametrize("program", ["/usr/bin/tidegate", "/opt/Tide gate/tidegate", '/odd/"$HOME"`x`\\%f'])
def test_the_command_survives_the_quoting_of_the_specification(program: str):
    [line] = [line for line in desktop_entry(OwnCommand(program)).splitlines() if line.startswith("Exec=")]
    as_string = line.removeprefix("Exec=").replace("\\\\", "\\")  # what reading a string value undoes
    command = f"printf '%s\\n' {as_string.replace('%%', '%')}"  # quoted as for a shell, says the specification
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [program, "--hidden"]


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path):
    (tmp_path / "autostart").write_text("a file in the way")
    outcome = LoginStart(LinuxAutostart(COMMAND, tmp_path / "autostart")).switch(on=True)
    assert not outcome.ok
    assert outcome.sentence.startswith("The start at login can't be changed: ")


def test_the_folder_is_where_the_specification_says(tmp_path: Path):
    assert autostart_folder({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "autostart"
    assert autostart_folder({"XDG_CONFIG_HOME": "not/absolute"}) == Path.home() / ".config" / "autostart"
