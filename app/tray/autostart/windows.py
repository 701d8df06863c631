"""The Run key of the person's own registry, and the mark by which Windows' settings switch an entry off."""

from __future__ import annotations

import contextlib
import subprocess
from typing import Any, Protocol

from app.core.own_command import OwnCommand

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
NAME = "Tidegate"
_ON = b"\x02" + bytes(11)


class Registry(Protocol):
    """HKEY_CURRENT_USER, as far as this file touches it; raises OSError."""

    def read(self, key: str, name: str) -> str | bytes | None: ...

    def write(self, key: str, name: str, value: str | bytes) -> None: ...

    def delete(self, key: str, name: str) -> None:
        """Does nothing when there is none."""
        ...


class WindowsAutostart:
    def __init__(self, command: OwnCommand, registry: Registry) -> None:
        self._command = command
        self._registry = registry

    def is_on(self) -> bool:
        """The task manager leaves the entry and writes an odd number as its first byte elsewhere."""
        if not self._registry.read(RUN, NAME):
            return False
        mark = self._registry.read(APPROVED, NAME)
        return not (isinstance(mark, bytes) and mark[:1] and mark[0] % 2 == 1)

    def is_this_one(self) -> bool:
        """The installer puts quotes around it even where none are needed."""
        written = self._registry.read(RUN, NAME)
        return isinstance(written, str) and written.replace('"', "") == self._line().replace('"', "")

    def turn_on(self) -> None:
        self._registry.write(RUN, NAME, self._line())
        if self._registry.read(APPROVED, NAME) is not None:
            self._registry.write(APPROVED, NAME, _ON)

    def turn_off(self) -> None:
        self._registry.delete(RUN, NAME)
        self._registry.delete(APPROVED, NAME)

    def _line(self) -> str:
        return subprocess.list2cmdline(self._command.with_arguments("--hidden"))


def registry() -> Registry:
    """The real one."""
    return _CurrentUser()


class _CurrentUser:
    def __init__(self) -> None:
        import winreg  # noqa: PLC0415  only on Windows

        self._winreg: Any = winreg

    def read(self, key: str, name: str) -> str | bytes | None:
        reg = self._winreg
        try:
            with reg.OpenKey(reg.HKEY_CURRENT_USER, key) as opened:
                value = reg.QueryValueEx(opened, name)[0]
        except FileNotFoundError:
            return None
        return value if isinstance(value, str | bytes) else None

    def write(self, key: str, name: str, value: str | bytes) -> None:
        reg = self._winreg
        kind = reg.REG_SZ if isinstance(value, str) else reg.REG_BINARY
        with reg.CreateKey(reg.HKEY_CURRENT_USER, key) as opened:
            reg.SetValueEx(opened, name, 0, kind, value)

    def delete(self, key: str, name: str) -> None:
        reg = self._winreg
        with (
            contextlib.suppress(FileNotFoundError),
            reg.OpenKey(reg.HKEY_CURRENT_USER, key, 0, reg.KEY_SET_VALUE) as opened,
        ):
            reg.DeleteValue(opened, name)
