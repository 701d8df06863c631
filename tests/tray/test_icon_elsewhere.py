"""What holds for the icon's menu on macOS and on Windows, where it is never run by these tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from app.tray.state import Look
from tests.tray.elsewhere import LINES, NEXT, Running, System, running_on
from tests.tray.fake_macos import Mac
from tests.tray.fake_windows import Windows


@pytest.fixture(params=["darwin", "win32"])
def running(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running[System]]:
    if request.param == "darwin" and sys.platform == "win32":
        pytest.skip("wants SIGHUP, as macOS has it")
    system: System = Mac() if request.param == "darwin" else Windows()
    with running_on(system, request.param, monkeypatch) as found:
        yield found


def test_the_menu_has_the_lines_to_be_seen_and_a_click_says_which_one(running: Running[System]):
    running.system.open_menu()
    assert running.system.lines() == ["(Claude answered at 14:02.)", "Open dashboard", "✓ Start at login"]
    running.system.choose("Start at login")
    assert running.next_click() == "autostart"


def test_an_open_menu_follows_in_place_and_a_click_means_the_line_under_the_hand(running: Running[System]):
    running.system.open_menu()
    before = running.system.ids()
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    assert running.system.lines() == ["(Paused.)", "(Open dashboard)", "Seen now", "Start at login"]
    after = running.system.ids()
    assert after["Paused."] == before["Claude answered at 14:02."]
    assert (after["Open dashboard"], after["Start at login"]) == (before["Open dashboard"], before["Start at login"])
    running.icon.show(Look.READY, "Tidegate: ready", LINES)
    assert running.system.lines() == ["(Claude answered at 14:02.)", "Open dashboard", "✓ Start at login"]
    assert running.system.ids() == before
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    running.system.choose("Seen now")
    assert running.next_click() == "hidden"


def test_what_changes_while_it_is_closed_is_there_when_it_opens_and_without_a_choice_nothing_happens(
    running: Running[System],
):
    running.system.open_menu()
    running.system.close_menu()
    running.icon.show(Look.STOPPED, "Tidegate: paused", NEXT)
    running.system.open_menu()
    assert running.system.lines()[0] == "(Paused.)"
    running.system.choose("Start at login")
    assert running.next_click() == "autostart"
    assert running.clicked.empty()


def test_the_menu_is_touched_on_the_main_thread_only(running: Running[System]):
    running.system.open_menu()
    for lines in (NEXT, LINES, NEXT):
        running.icon.show(Look.BUSY, "Tidegate: busy", lines)
    running.system.close_menu()
    assert running.system.threads == {running.thread.ident}


@pytest.mark.parametrize("opened", [False, True])
def test_a_stop_takes_the_icon_away_also_under_an_open_menu(running: Running[System], opened: bool):
    if opened:
        running.system.open_menu()
    assert running.system.shows_icon()
    running.end()
    assert not running.system.shows_icon()
