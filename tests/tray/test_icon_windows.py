"""The icon on Windows: pystray's real back end and ours, with the system's calls played by `fake_windows`."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.tray import icon_windows
from app.tray.board import NoClipboard
from app.tray.menu import Entry
from app.tray.state import Look
from tests.tray.elsewhere import LINES, NEXT, Running, running_on
from tests.tray.fake_windows import NUMBERS, OURS, Windows

QUERY_END, END = 0x11, 0x16
DEFAULT, HIGHLIGHT = 0x1000, 0x80


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running[Windows]]:
    with running_on(Windows(), "win32", monkeypatch) as found:
        yield found


def test_an_ampersand_is_no_mark_for_a_key_and_the_default_is_set_off(running: Running[Windows]):
    lines = (*LINES[:-1], Entry("quit", "Salt & pepper"))
    running.icon.show(Look.READY, "Tidegate", lines)
    assert [(row.text, bool(row.state & DEFAULT)) for row in running.system.rows() if row.id] == [
        ("Claude answered at 14:02.", False),
        ("Open dashboard", True),
        ("Salt && pepper", False),
    ]


def test_a_line_that_changes_under_the_hand_stays_highlighted(running: Running[Windows]):
    running.system.open_menu()
    row = running.system.rows()[-1]
    running.system.on_main(lambda: setattr(row, "state", row.state | HIGHLIGHT))
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    running.system.on_main(lambda: None)
    assert (row.text, row.state) == ("Start at login", HIGHLIGHT)
    assert running.system.rows()[-1] is row


def test_an_open_menu_is_drawn_anew_and_no_other_programs(running: Running[Windows]):
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    running.system.on_main(lambda: None)
    assert running.system.redrawn == set()
    running.system.open_menu()
    running.icon.show(Look.READY, "Tidegate: ready", LINES)
    running.system.on_main(lambda: None)
    assert running.system.redrawn == {OURS}


def test_separators_are_between_the_lines_they_part(running: Running[Windows]):
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    assert [row.text or "-" for row in running.system.rows()] == [
        "Paused.", "-", "Open dashboard", "Seen now", "Start at login"
    ]  # fmt: skip


def test_a_click_on_the_icon_itself_does_what_is_the_default(running: Running[Windows]):
    running.system.left_click()
    assert running.next_click() == "open"


def test_look_and_tooltip_follow_and_a_notification_fits(running: Running[Windows]):
    shell = running.system.shell
    running.icon.show(Look.ATTENTION, "Tidegate: needs you", LINES)
    assert (shell.tip, len(set(shell.pictures))) == ("Tidegate: needs you", 2)
    running.icon.notify("Tidegate", "word " * 100)
    [(heading, text)] = shell.told
    assert (heading, len(text)) == ("Tidegate", 255)


def test_a_taskbar_that_begins_anew_shows_the_icon_again(running: Running[Windows]):
    running.system.shell.shown = False
    running.system.send(NUMBERS["WM_TASKBARCREATED"])
    assert running.system.shell.shown


def test_the_end_of_the_session_is_agreed_to_and_waited_for(running: Running[Windows]):
    assert running.system.send(QUERY_END) == 1
    running.system.send(END, 0)  # somebody else wanted it to go on
    assert not running.session_ended.is_set()
    running.system.send(END, 1)
    assert running.session_ended.is_set()


def test_a_text_goes_to_the_clipboard_program_as_it_reads_it(
    running: Running[Windows], monkeypatch: pytest.MonkeyPatch
):
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
