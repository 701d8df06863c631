"""What the icon shows now: written by the thread that watches, read by the one that draws."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from app.core.errors import TidegateError
from app.tray.images import Kind
from app.tray.menu import Line
from app.tray.state import Look


class NoTray(TidegateError):
    """No tray icon is possible here; the sentence says why and what to install."""


class NoClipboard(TidegateError):
    """The clipboard can't be reached from here; the sentence says what helps."""


class Changed(msgspec.Struct, frozen=True):
    """What of the board is new."""

    look: bool
    lines: bool


class Board:
    """Lives as long as its icon. Thread-safe."""

    def __init__(self, on_click: Callable[[str], None], kind: Kind) -> None:
        self._on_click = on_click
        self._lock = threading.Lock()
        self.kind = kind
        """Changed by `dress` only."""
        self.look = Look.READY
        self.lines: tuple[Line, ...] = ()

    def put(self, look: Look, lines: tuple[Line, ...]) -> Changed:
        with self._lock:
            changed = Changed(look=look is not self.look, lines=lines != self.lines)
            self.look, self.lines = look, lines
        return changed

    def click(self, number: int) -> None:
        """A line was clicked; what follows is done elsewhere, so that the menu never waits."""
        lines = self.lines
        line = lines[number] if number < len(lines) else None
        if line is not None and line.enabled:
            self._on_click(line.name)

    def clicks(self) -> list[Callable[[object], None]]:
        """What pystray calls for each line, by its number."""
        return [lambda _, number=number: self.click(number) for number in range(len(self.lines))]  # type: ignore[misc]

    def click_default(self) -> None:
        """The icon itself was clicked, or the program was opened a second time."""
        for number, line in enumerate(self.lines):
            if line is not None and line.default:
                self.click(number)
