"""The icon on macOS: pystray's real back end and ours, with the system's calls played by `fake_macos`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.tray import icon_macos
from tests.tray.elsewhere import Running, running_on
from tests.tray.fake_macos import Mac

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="wants SIGHUP, as macOS has it")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running[Mac]]:
    with running_on(Mac(), "darwin", monkeypatch) as found:
        yield found


def test_the_picture_is_for_the_system_to_tint_and_the_tooltip_is_there_from_the_start(running: Running[Mac]):
    image, tooltip = running.system.on_main(lambda: (running.system.button.image(), running.system.button.toolTip()))
    template, size, data = running.system.on_main(lambda: (image.template(), image.size(), image.data()))
    assert (template, size, data[:4], tooltip) == (True, (18, 18), b"\x89PNG", "Tidegate: ready")
    assert running.system.policy == 1  # no icon in the Dock


def test_opened_a_second_time_it_shows_its_window(running: Running[Mac]):
    delegate = running.system.application.delegate
    assert (
        running.system.on_main(lambda: delegate.applicationShouldHandleReopen_hasVisibleWindows_(None, False)) is False
    )
    assert running.next_click() == "open"


@pytest.mark.parametrize(("centre", "name"), [("workspace", "power off"), ("centre", "terminate")])
def test_log_out_and_an_end_by_the_system_are_heard(running: Running[Mac], centre: str, name: str):
    running.system.on_main(lambda: getattr(running.system, centre).post(name))
    assert running.session_ended.is_set()


def test_signals_reach_those_who_heed_them(monkeypatch: pytest.MonkeyPatch):
    heard: list[int] = []
    monkeypatch.setattr(signal, "getsignal", lambda _: lambda number, _frame: heard.append(number))
    for number in (signal.SIGTERM, signal.SIGHUP):
        icon_macos._handler(number)(number)
    assert heard == [signal.SIGTERM, signal.SIGHUP]


def test_the_signals_of_an_end_are_taken_over(running: Running[Mac]):
    assert set(running.system.signals) == {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def test_what_is_told_and_copied_goes_to_the_systems_programs_as_data(
    running: Running[Mac], monkeypatch: pytest.MonkeyPatch
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
