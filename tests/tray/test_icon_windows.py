"""The icon on Windows: pystray's real back end and ours, with the system's calls played by `fake_windows`."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.tray import icon as icon_module
from app.tray import icon_windows
from app.tray.board import NoClipboard
from app.tray.icon import Icon, open_icon
from app.tray.menu import Entry
from app.tray.state import Look
from tests.tray.fake_windows import LIMIT_SECONDS, NUMBERS, Windows

QUERY_END, END = 0x11, 0x16
LINES = (
    Entry("state", "Claude answered at 14:02.", enabled=False),
    None,
    Entry("open", "Open dashboard", default=True),
    Entry("hidden", "Not to be seen", visible=False),
    Entry("autostart", "Start at login", checked=True),
    Entry("quit", "Salt & pepper"),
)


class Running:
    """An icon whose messages are handled on a thread of their own, as the main thread does it."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.clicked: queue.Queue[str] = queue.Queue()
        self.session_ended = threading.Event()
        self.icon: Icon = open_icon(self.clicked.put, self.session_ended.set, {})
        shown = threading.Event()
        self.thread = threading.Thread(target=self.icon.run, args=(shown.set,))
        self.thread.start()
        assert shown.wait(LIMIT_SECONDS)

    def next_click(self) -> str:
        return self.clicked.get(timeout=LIMIT_SECONDS)

    def end(self) -> None:
        self.icon.stop()
        self.thread.join(LIMIT_SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    windows = Windows()
    before = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "pystray"}
    for name in before:
        del sys.modules[name]
    monkeypatch.setenv("PYSTRAY_BACKEND", "win32")
    monkeypatch.setitem(sys.modules, "pystray._util.win32", windows.module)
    monkeypatch.setattr(icon_module, "sys", SimpleNamespace(platform="win32"))
    found = Running(windows)
    try:
        yield found
    finally:
        if found.thread.is_alive():
            found.end()
        for name in [name for name in sys.modules if name.split(".")[0] == "pystray"]:
            del sys.modules[name]
        sys.modules.update(before)


def test_the_menu_is_made_when_it_is_opened_and_a_click_says_which_line(running: Running):
    running.icon.show(Look.READY, "Tidegate", LINES)
    assert running.windows.menus == {}
    assert running.windows.right_click("Start at login") == [
        "(Claude answered at 14:02.)",
        "Open dashboard*",
        "✓ Start at login",
        "Salt && pepper",
    ]
    assert running.next_click() == "autostart"
    running.icon.show(Look.READY, "Tidegate", (Entry("quit", "Quit Tidegate"),))
    assert running.windows.right_click("Quit") == ["Quit Tidegate"]
    assert running.next_click() == "quit"
    assert running.windows.menu_threads == {running.thread.ident}
    assert len(running.windows.menus) == 1


def test_a_menu_that_is_closed_without_a_choice_does_nothing(running: Running):
    running.icon.show(Look.READY, "Tidegate", LINES)
    running.windows.right_click()
    running.windows.left_click()
    assert running.next_click() == "open"
    assert running.clicked.empty()


def test_look_and_tooltip_follow_and_a_notification_fits(running: Running):
    shell = running.windows.shell
    running.icon.show(Look.ATTENTION, "Tidegate: needs you", LINES)
    assert (shell.tip, len(set(shell.pictures))) == ("Tidegate: needs you", 2)
    running.icon.notify("Tidegate", "word " * 100)
    [(heading, text)] = shell.told
    assert (heading, len(text)) == ("Tidegate", 255)


def test_a_taskbar_that_begins_anew_shows_the_icon_again(running: Running):
    running.windows.shell.shown = False
    running.windows.send(NUMBERS["WM_TASKBARCREATED"])
    assert running.windows.shell.shown


def test_the_end_of_the_session_is_agreed_to_and_waited_for(running: Running):
    assert running.windows.send(QUERY_END) == 1
    running.windows.send(END, 0)  # somebody else wanted it to go on
    assert not running.session_ended.is_set()
    running.windows.send(END, 1)
    assert running.session_ended.is_set()


def test_a_stop_takes_the_icon_away(running: Running):
    assert running.windows.shell.shown
    running.end()
    assert not running.windows.shell.shown


def test_a_text_goes_to_the_clipboard_program_as_it_reads_it(running: Running, monkeypatch: pytest.MonkeyPatch):
    ran: list[tuple[list[str], bytes]] = []

    def run(command: list[str], *, input: bytes, **_: Any) -> None:  # noqa: A002  subprocess's own name
        ran.append((command, input))
        if len(ran) > 2:
            raise OSError

    monkeypatch.setattr(icon_windows, "subprocess", SimpleNamespace(run=run))
    running.icon.copy("http://127.0.0.1:3456/v1")
    running.icon.copy("schlüssel")
    assert ran == [(["clip.exe"], b"http://127.0.0.1:3456/v1"), (["clip.exe"], "schlüssel".encode("utf-16"))]
    with pytest.raises(NoClipboard):
        running.icon.copy("x")
