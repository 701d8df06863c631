"""The dashboard's window: one at a time, a process of its own, and a browser where there can be none."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import psutil

from tests.e2e.desktop.session import Session, browsed, desktop_session, eventually
from tests.e2e.desktop.tray_client import Icon, Panel
from tests.tidegate_process import ROOT

WITHOUT_GI = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import app.core.system_gi as system_gi
system_gi.find_gi.__defaults__ = ((),)  # as on a computer that has none
"""


async def opened(session: Session, panel: Panel) -> Icon:
    """A Tidegate whose window is open."""
    session.tidegate("--hidden")
    icon = await panel.icon()
    await icon.shows("Copy address  http")
    await icon.click("Open dashboard")
    await asyncio.to_thread(eventually, session.windows)
    return icon


def window_process(session: Session) -> psutil.Process:
    """The child that shows the window."""
    [found] = [process for process in map(psutil.Process, session.processes()) if "--window" in process.cmdline()]
    return found


def is_active(session: Session) -> bool:
    active = session.run("xdotool", "getactivewindow").stdout.strip()
    return bool(active) and [hex(int(active))] == [hex(int(window, 16)) for window in session.windows()]


async def test_asked_again_the_one_window_comes_to_the_front(session: Session, panel: Panel):
    icon = await opened(session, panel)
    [window] = session.windows()
    session.run("xdotool", "windowminimize", window)
    await icon.click("Open dashboard")
    await asyncio.to_thread(eventually, lambda: is_active(session))
    assert session.windows() == [window]


async def test_closed_it_leaves_the_tray_and_remembers_size_and_place(session: Session, panel: Panel):
    icon = await opened(session, panel)
    session.run("wmctrl", "-r", "Tidegate", "-e", "0,140,90,900,620")
    [window] = session.windows()
    await asyncio.to_thread(eventually, lambda: "900x620" in session.run("xdotool", "getwindowgeometry", window).stdout)
    session.run("wmctrl", "-c", "Tidegate")
    await asyncio.to_thread(eventually, lambda: not session.windows())
    await icon.click("Open dashboard")
    [window] = await asyncio.to_thread(eventually, session.windows)
    shown = session.run("xdotool", "getwindowgeometry", window).stdout
    assert "900x620" in shown
    x, y = map(int, re.findall(r"Position: (\d+),(\d+)", shown)[0])
    assert (x - 140, y - 90) < (40, 40)


async def test_killed_it_leaves_the_tray_which_opens_another(session: Session, panel: Panel):
    icon = await opened(session, panel)
    os.kill(window_process(session).pid, signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: not session.windows())
    await icon.click("Open dashboard")
    await asyncio.to_thread(eventually, session.windows)


async def test_its_address_stands_in_no_command_line(session: Session, panel: Panel):
    await opened(session, panel)
    assert not [
        process for process in map(psutil.Process, session.processes()) if "code=" in " ".join(process.cmdline())
    ]


async def test_a_second_start_shows_the_window_of_the_first_and_ends(session: Session, panel: Panel):
    session.tidegate("--hidden")
    await (await panel.icon()).shows("Copy address  http")
    assert session.windows() == []
    second = await asyncio.to_thread(session.command)
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == "Tidegate is running already; this is its window.\n"
    await asyncio.to_thread(eventually, session.windows)
    assert len(panel.items) == 1


async def test_the_first_start_opens_the_window_and_the_next_one_does_not(session: Session, panel: Panel):
    first = session.tidegate()
    await asyncio.to_thread(eventually, session.windows)
    await (await panel.icon()).click("Quit")
    await asyncio.to_thread(first.communicate, timeout=30)
    session.tidegate()
    await (await panel.icon(1)).shows("Copy address  http")
    await asyncio.to_thread(eventually, lambda: session.command("status").returncode == 0)
    assert session.windows() == []


def test_without_gi_the_browser_opens_the_welcome_and_one_sentence_says_what_to_install(session: Session):
    (session.home / "lib").mkdir()
    (session.home / "lib" / "sitecustomize.py").write_text(WITHOUT_GI)
    program = session.tidegate(PYTHONPATH=str(session.home / "lib"))
    [link] = eventually(lambda: browsed(session))
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/open\?code=[\w-]+#welcome", link)
    assert session.command("stop").returncode == 0
    out, err = program.communicate(timeout=30)
    assert "Tidegate is ready." in out
    assert err.count("No tray icon. It needs python3-gi: on Debian and Ubuntu, `apt install python3-gi`") == 1
    assert "Traceback" not in err


def test_without_a_message_bus_the_window_opens_and_one_sentence_says_why(tmp_path: Path, session: Session):
    with desktop_session(tmp_path / "other", bus=False) as lonely:
        program = lonely.tidegate()
        eventually(lonely.windows)
        assert lonely.command("stop").returncode == 0
        _, err = program.communicate(timeout=30)
    assert "No tray icon: there is no message bus. Start Tidegate from inside a desktop session." in err
    assert "Traceback" not in err


def test_without_a_screen_the_link_is_printed_and_tidegate_serves(session: Session):
    program = session.tidegate(DISPLAY="")
    assert program.stdout
    lines: list[str] = []
    while not lines or not lines[-1].startswith("Dashboard"):
        lines.append(program.stdout.readline())
    assert re.fullmatch(r"Dashboard, once and within a minute: http://127\.0\.0\.1:\d+/open\?code=[\w-]+\n", lines[-1])
    assert session.command("stop").returncode == 0
    assert browsed(session) == []
    assert "there is no screen to show it on" in program.communicate(timeout=30)[1]
