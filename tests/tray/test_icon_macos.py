"""The icon on macOS: pystray's real back end and ours, with the system's calls played by `fake_macos`."""

from __future__ import annotations

import queue
import signal
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.tray import icon as icon_module
from app.tray import icon_macos
from app.tray.icon import Icon, open_icon
from app.tray.menu import Entry
from app.tray.state import Look
from tests.tray.fake_macos import LIMIT_SECONDS, Mac

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="wants SIGHUP, as macOS has it")

LINES = (
    Entry("state", "Claude answered at 14:02.", enabled=False),
    None,
    Entry("open", "Open dashboard", default=True),
    Entry("hidden", "Not to be seen", visible=False),
    Entry("autostart", "Start at login", checked=True),
)
NEXT = (
    Entry("state", "Paused.", enabled=False),
    None,
    Entry("open", "Open dashboard", default=True),
    Entry("hidden", "Seen now"),
    Entry("autostart", "Start at login", checked=False),
)


class Running:
    """An icon whose loop runs on a thread of its own, which plays the main one."""

    def __init__(self, mac: Mac) -> None:
        self.mac = mac
        self.clicked: queue.Queue[str] = queue.Queue()
        self.session_ended = threading.Event()
        self.icon: Icon = open_icon(self.clicked.put, self.session_ended.set, {})
        self.icon.show(Look.READY, "Tidegate: ready", LINES)  # the tray begins before the icon is seen
        shown = threading.Event()
        self.thread = threading.Thread(target=self.icon.run, args=(shown.set,))
        self.thread.start()
        assert shown.wait(LIMIT_SECONDS)

    def end(self) -> None:
        self.icon.stop()
        self.thread.join(LIMIT_SECONDS)
        assert not self.thread.is_alive()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    mac = Mac()
    before = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "pystray"}
    for name in before:
        del sys.modules[name]
    monkeypatch.setenv("PYSTRAY_BACKEND", "darwin")
    for name, module in mac.modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(icon_module, "sys", SimpleNamespace(platform="darwin"))
    found = Running(mac)
    try:
        yield found
    finally:
        if found.thread.is_alive():
            found.end()
        for name in [name for name in sys.modules if name.split(".")[0] == "pystray"]:
            del sys.modules[name]
        sys.modules.update(before)


def test_the_lines_change_in_place_and_a_click_says_which_one(running: Running):
    assert running.mac.lines() == ["(Claude answered at 14:02.)", "Open dashboard", "✓ Start at login"]
    before = running.mac.items()
    running.mac.choose("Start at login")
    assert running.clicked.get(timeout=LIMIT_SECONDS) == "autostart"
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    assert running.mac.lines() == ["(Paused.)", "Open dashboard", "Seen now", "Start at login"]
    assert running.mac.items() == before


def test_everything_of_the_menu_bar_is_done_on_the_main_thread(running: Running):
    running.icon.show(Look.BUSY, "Tidegate: busy", NEXT)
    running.mac.lines()
    assert running.mac.threads == {running.thread.ident}


def test_the_picture_is_for_the_system_to_tint_and_the_tooltip_is_there_from_the_start(running: Running):
    image, tooltip = running.mac.on_main(lambda: (running.mac.button.image(), running.mac.button.toolTip()))
    template, size, data = running.mac.on_main(lambda: (image.template(), image.size(), image.data()))
    assert (template, size, data[:4], tooltip) == (True, (18, 18), b"\x89PNG", "Tidegate: ready")
    assert running.mac.policy == 1  # no icon in the Dock


def test_opened_a_second_time_it_shows_its_window(running: Running):
    delegate = running.mac.application.delegate
    assert running.mac.on_main(lambda: delegate.applicationShouldHandleReopen_hasVisibleWindows_(None, False)) is False
    assert running.clicked.get(timeout=LIMIT_SECONDS) == "open"


@pytest.mark.parametrize(("centre", "name"), [("workspace", "power off"), ("centre", "terminate")])
def test_log_out_and_an_end_by_the_system_are_heard(running: Running, centre: str, name: str):
    running.mac.on_main(lambda: getattr(running.mac, centre).post(name))
    assert running.session_ended.is_set()


def test_signals_reach_those_who_heed_them(monkeypatch: pytest.MonkeyPatch):
    heard: list[int] = []
    monkeypatch.setattr(signal, "getsignal", lambda _: lambda number, _frame: heard.append(number))
    for number in (signal.SIGTERM, signal.SIGHUP):
        icon_macos._handler(number)(number)
    assert heard == [signal.SIGTERM, signal.SIGHUP]


def test_the_signals_of_an_end_are_taken_over(running: Running):
    assert set(running.mac.signals) == {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def test_a_stop_takes_the_icon_away(running: Running):
    running.end()
    assert running.mac.removed == [running.mac.status_item]


def test_what_is_told_and_copied_goes_to_the_systems_programs_as_data(
    running: Running, monkeypatch: pytest.MonkeyPatch
):
    ran: list[tuple[list[str], bytes | None]] = []

    def run(command: list[str], *, input: bytes | None = None, **_: Any) -> None:  # noqa: A002  subprocess's own name
        ran.append((command, input))

    monkeypatch.setattr(icon_macos, "subprocess", SimpleNamespace(run=run))
    running.icon.notify("Tidegate", 'words" & do shell script "x')
    running.icon.copy("tg-key")
    (notify, _), (copy, copied) = ran
    assert notify[0] == "/usr/bin/osascript"
    assert notify[-2:] == ['words" & do shell script "x', "Tidegate"]
    assert "words" not in notify[2]
    assert (copy, copied) == (["/usr/bin/pbcopy"], b"tg-key")
