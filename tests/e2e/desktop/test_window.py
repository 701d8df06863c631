"""The dashboard's window: one at a time, a process of its own, and a browser where there can be none."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import psutil

from tests.e2e.desktop.session import Session, browsed, desktop_session, eventually, words_in_the_window
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


async def test_the_first_start_by_a_person_opens_the_welcome_and_the_next_one_nothing(session: Session, panel: Panel):
    by_the_system = session.tidegate("--hidden")
    await (await panel.icon()).click("Quit")
    await asyncio.to_thread(by_the_system.communicate, timeout=30)
    first = session.tidegate()
    await asyncio.to_thread(eventually, session.windows)
    words = await asyncio.to_thread(eventually, lambda: words_in_the_window(session, "Welcome to Tidegate"))
    assert [step for step in ("1. Reach Claude", "2. Starting up", "3. Your first app") if step not in words] == []
    await (await panel.icon(1)).click("Quit")
    await asyncio.to_thread(first.communicate, timeout=30)
    session.tidegate()
    await (await panel.icon(2)).shows("Copy address  http")
    await asyncio.to_thread(eventually, lambda: session.command("status").returncode == 0)
    assert session.windows() == []


WITHOUT_WEBKIT = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import app.ui.window as window

def absent():
    raise window.NoWebView("It needs WebKit.")

window.require_web_view = absent
"""


async def test_without_a_web_engine_each_entry_opens_its_page_in_the_browser_by_a_link_that_works_once(
    session: Session, panel: Panel
):
    (session.home / "lib").mkdir()
    (session.home / "lib" / "sitecustomize.py").write_text(WITHOUT_WEBKIT)
    session.tidegate("--hidden", PYTHONPATH=str(session.home / "lib"))
    icon = await panel.icon()
    await icon.shows("Copy address  http")
    pages = {
        "Open dashboard": "",
        "Connect an app": "#connect",
        "About and terms": "#settings/about",
        "Set up": "#welcome",
    }
    for number, (label, page) in enumerate(pages.items(), 1):
        await icon.click(label)
        await asyncio.to_thread(eventually, lambda number=number: len(browsed(session)) == number)
        assert re.fullmatch(rf"http://127\.0\.0\.1:\d+/open\?code=[\w-]+{page}", browsed(session)[-1])
    assert len(set(browsed(session))) == len(pages)


PAGE_WITH_LINKS = """
import http.server, pathlib, sys, threading, io, os
from app.ui.window import show

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        style = "position:fixed;left:0;width:100%;height:50%;background:#cde;top:"
        self.wfile.write(
            f"<a style='{style}0' href='http://outside.invalid/new' target=_blank rel='noreferrer noopener'>new</a>"
            f"<a style='{style}50%' href='http://localhost:{server.server_port}/same'>same</a>".encode()
        )
    def log_message(self, *_):
        print(self.path, file=sys.stderr, flush=True)

server = http.server.HTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
commands, told = os.pipe()
os.write(told, f"open http://127.0.0.1:{server.server_port}/home\\n".encode())
show(os.fdopen(commands), pathlib.Path(sys.argv[1]), os.environ)
"""
"""A page whose upper half is a link as the dashboard has them; the lower half leads elsewhere in the same window."""


async def test_links_that_leave_the_dashboard_open_in_the_browser_and_the_window_stays(session: Session):
    window = session.python("-c", PAGE_WITH_LINKS, str(session.home / "window.json"))
    assert window.stdout
    assert window.stdout.readline() == "shown\n"
    [shown] = await asyncio.to_thread(eventually, session.windows)
    assert window.stderr
    assert window.stderr.readline() == "/home\n"

    def clicked(place: str) -> list[str]:
        session.run("xdotool", "mousemove", "--window", shown, "300", place, "click", "1")
        return [address for address in browsed(session) if address.endswith("new" if place == "150" else "same")]

    [address] = (await asyncio.to_thread(eventually, lambda: clicked("150")))[:1]
    assert address == "http://outside.invalid/new"
    [address] = (await asyncio.to_thread(eventually, lambda: clicked("600")))[:1]
    assert address.endswith("/same")
    asked = [await asyncio.to_thread(window.stderr.readline) for _ in range(2)]
    assert asked == ["/same\n", "/\n"]  # nothing for the first one; home again after the second
    assert session.windows() == [shown]


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
