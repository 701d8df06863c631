"""The Run key: the registry, which only Windows has, is a dictionary here; CI runs the real one on Windows."""

from __future__ import annotations

import sys

import pytest

from app.core.own_command import OwnCommand
from app.tray.autostart import LoginStart
from app.tray.autostart.windows import APPROVED, NAME, RUN, WindowsAutostart, registry

COMMAND = OwnCommand(r"C:\Program Files\Tidegate\tidegate.exe")
SWITCHED_OFF = b"\x03" + bytes(11)


class Drawer(dict[tuple[str, str], str | bytes]):
    """HKEY_CURRENT_USER."""

    def read(self, key: str, name: str) -> str | bytes | None:
        return self.get((key, name))

    def write(self, key: str, name: str, value: str | bytes) -> None:
        self[key, name] = value

    def delete(self, key: str, name: str) -> None:
        self.pop((key, name), None)


class Locked(Drawer):
    """A registry that a company's rules close."""

    def write(self, key: str, name: str, value: str | bytes) -> None:
        raise PermissionError(13, "Access is denied")


def test_on_writes_a_quoted_command_that_starts_it_hidden_and_off_removes_all():
    drawer = Drawer()
    login = LoginStart(WindowsAutostart(COMMAND, drawer))
    assert login.switch(on=True).ok
    assert drawer == {(RUN, NAME): r'"C:\Program Files\Tidegate\tidegate.exe" --hidden'}
    assert login.switch(on=False).ok
    assert (login.is_on(), drawer) == (False, {})


def test_what_the_task_manager_switched_off_is_off_until_it_is_asked_for_again():
    drawer = Drawer({(RUN, NAME): "tidegate", (APPROVED, NAME): SWITCHED_OFF})
    login = LoginStart(WindowsAutostart(COMMAND, drawer))
    assert login.is_on() is False
    assert login.switch(on=True).ok
    assert login.is_on() is True


def test_a_registry_that_refuses_is_said():
    outcome = LoginStart(WindowsAutostart(COMMAND, Locked())).switch(on=True)
    assert (outcome.ok, outcome.sentence) == (False, "The start at login can't be changed: Access is denied.")


@pytest.mark.skipif(sys.platform != "win32", reason="the real registry, under a key of the test's own")
def test_the_real_registry_keeps_and_forgets():
    real = registry()
    key = r"Software\TidegateTest"
    assert real.read(key, NAME) is None
    real.write(key, NAME, "words")
    real.write(key, "bytes", SWITCHED_OFF)
    assert (real.read(key, NAME), real.read(key, "bytes")) == ("words", SWITCHED_OFF)
    for name in (NAME, "bytes", "absent"):
        real.delete(key, name)
    assert real.read(key, NAME) is None
