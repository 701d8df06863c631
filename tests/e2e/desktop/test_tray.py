"""The tray icon and its menu, read and clicked over D-Bus as a panel does it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.desktop.session import Session, desktop_session, eventually, missing
from tests.e2e.desktop.tray_client import READ_CLIPBOARD, Icon, Panel, until
from tests.tidegate_process import KEY


async def address_of(icon: Icon) -> str:
    label = (await icon.shows("Copy address  http")).label
    return label.removeprefix("Copy address  ").removesuffix("/v1")


def ask(address: str, model: str = "tidegate-demo") -> int:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}]}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/chat/completions", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


async def test_the_menu_tells_the_state_and_offers_what_a_person_needs(session: Session, panel: Panel):
    session.tidegate("--hidden")
    icon = await panel.icon()
    address = await address_of(icon)
    assert await icon.labels() == [
        "Tidegate has no way to reach Claude yet. Add an API key,",
        "or sign in with Claude Code on this computer.",
        "Set up",
        f"Copy address  {address}/v1",
        "0 requests today",
        "Open dashboard",
        "Connect an app…",
        "Copy key",
        "Sign in…",
        "Pause",
        "Restart",
        "Start at login",
        "Check for updates (none are published yet)",
        "About and terms",
        "Quit Tidegate",
    ]
    assert await icon.property("IconName") == "attention-colour"
    assert (Path(await icon.property("IconThemePath")) / "attention-colour.png").is_file()


async def test_the_labels_follow_real_requests_and_the_ids_stay(session: Session, panel: Panel):
    session.tidegate("--hidden")
    icon = await panel.icon()
    address = await address_of(icon)
    before = [line.id for line in await icon.lines()]
    assert [await asyncio.to_thread(ask, address) for _ in range(3)] == [200, 200, 200]
    await icon.shows("3 requests today")
    assert await asyncio.to_thread(ask, address, "claude-opus-4-7") != 200
    await icon.shows("4 requests today, 1 failed")
    assert [line.id for line in await icon.lines()] == before
    assert "LayoutUpdated" not in panel.signals


async def test_pause_turns_questions_away_and_resume_takes_them_again(session: Session, panel: Panel):
    await panel.show_notifications()
    session.tidegate("--hidden")
    icon = await panel.icon()
    address = await address_of(icon)
    paused = await icon.click("Pause")
    assert (await icon.shows("Resume")).id == paused
    await icon.shows("Paused: chat apps are told to try again later.")
    assert await icon.property("IconName") == "stopped-colour"
    assert await asyncio.to_thread(ask, address) == 503
    await icon.click("Resume")
    await icon.shows("Pause")
    assert await asyncio.to_thread(ask, address) == 200
    await until(lambda: len(panel.notified) >= 2)
    assert [text for _, text in panel.notified] == [
        "Tidegate is paused: new questions are turned away until you resume it.",
        "Tidegate answers again.",
    ]


async def test_address_and_key_go_to_the_clipboard(session: Session, panel: Panel):
    session.tidegate("--hidden")
    icon = await panel.icon()
    address = await address_of(icon)
    for label, expected in (("Copy address", f"{address}/v1"), ("Copy key", KEY)):
        await icon.click(label)
        await icon.shows("✓ The")
        held = session.python("-c", READ_CLIPBOARD)
        assert (await asyncio.to_thread(held.communicate))[0].strip() == expected


async def test_start_at_login_is_what_the_system_says(session: Session, panel: Panel):
    session.tidegate("--hidden")
    icon = await panel.icon()
    await address_of(icon)
    entry = session.home / ".config" / "autostart" / "app.tidegate.Tidegate.desktop"
    assert (await icon.shows("Start at login")).checked is False
    await icon.click("Start at login")
    await icon.shows("✓ Tidegate starts when you log in.")
    assert entry.is_file()
    assert (await icon.shows("Start at login")).checked is True
    entry.unlink()  # as a person does in the desktop's own settings
    await icon.click("Pause")
    await icon.shows("Resume")
    assert (await icon.shows("Start at login")).checked is False


async def test_what_autostart_wrote_starts_tidegate_in_a_fresh_session(session: Session, tmp_path: Path):
    assert session.command("autostart", "on").returncode == 0
    entry = session.home / ".config" / "autostart" / "app.tidegate.Tidegate.desktop"
    launch = (
        "import sys; from app.core.system_gi import find_gi; find_gi(); from gi.repository import Gio; "
        "import os; info = Gio.DesktopAppInfo.new_from_filename(sys.argv[1]); os.chdir('/'); info.launch([], None)"
    )
    with desktop_session(tmp_path / "fresh") as fresh:
        async with Panel(fresh.environ["DBUS_SESSION_BUS_ADDRESS"]) as panel:
            assert fresh.start([sys.executable, "-c", launch, str(entry)]).wait(20) == 0
            icon = await panel.icon()
            await address_of(icon)
            assert fresh.windows() == []
            await icon.click("Quit")
            await asyncio.to_thread(eventually, lambda: not fresh.processes())


async def test_restart_keeps_icon_address_and_history(session: Session, panel: Panel):
    program = session.tidegate("--hidden")
    icon = await panel.icon()
    address = await address_of(icon)
    await asyncio.to_thread(ask, address)
    await icon.shows("1 request today")
    started = session.command("status", "--json").stdout
    await icon.click("Restart")
    await asyncio.to_thread(
        eventually,
        lambda: (
            (now := session.command("status", "--json")).returncode == 0
            and json.loads(now.stdout)["started_at"] > json.loads(started)["started_at"]
        ),
    )
    assert await address_of(icon) == address
    await icon.shows("1 request today")
    assert program.poll() is None
    assert len(panel.items) == 1


@pytest.mark.parametrize("way", ["menu", "SIGTERM", "SIGINT", "tidegate stop"])
async def test_quit_leaves_no_process_and_complains_of_nothing(session: Session, panel: Panel, way: str):
    program = session.tidegate("--hidden")
    icon = await panel.icon()
    await address_of(icon)
    await icon.click("Open dashboard")
    await asyncio.to_thread(eventually, session.windows)
    if way == "menu":
        await icon.click("Quit")
    elif way == "tidegate stop":
        assert (await asyncio.to_thread(session.command, "stop")).stdout == "Tidegate has ended.\n"
    else:
        program.send_signal(getattr(signal, way))
    out, err = await asyncio.to_thread(program.communicate, timeout=30)
    assert (program.returncode, out) == (0, "")
    assert "Traceback" not in err
    await asyncio.to_thread(eventually, lambda: not session.processes())


async def test_killed_it_leaves_no_process_and_the_next_start_works(session: Session, panel: Panel):
    program = session.tidegate("--hidden")
    icon = await panel.icon()
    await address_of(icon)
    await icon.click("Open dashboard")
    await asyncio.to_thread(eventually, session.windows)
    program.kill()
    program.communicate()
    await asyncio.to_thread(eventually, lambda: not session.processes())
    session.tidegate("--hidden")
    await address_of(await panel.icon(1))


async def test_the_end_of_the_screen_ends_everything(session: Session, panel: Panel):
    program = session.tidegate("--hidden")
    icon = await panel.icon()
    await address_of(icon)
    assert session.screen
    session.screen.kill()
    await asyncio.to_thread(program.communicate, timeout=30)
    await asyncio.to_thread(eventually, lambda: not session.processes())


MANY = """
import threading, time
import psutil
from app.core.account_state import AccountState, Kind
from app.core.conditions import Condition
from app.core.status import PlanWindow
from app.tray.icon import open_icon
from app.tray.menu import menu
from app.tray.state import Today, View, look, title
from tests.tray.statuses import NOON, status
import os

icon = open_icon(lambda name: None, lambda: None, os.environ)
EXPIRED = AccountState(Kind.EXPIRED, Condition.SIGN_IN_EXPIRED, NOON)

def view(number):
    # every part of the menu changes: labels, marks, what is visible and what can be clicked
    windows = tuple(PlanWindow(f"w{each}", "5 hours", number / 5_000, NOON, "allowed") for each in range(number % 5))
    shown = status(EXPIRED if number % 7 == 3 else None, windows=windows, running=number % 3, paused=number % 11 == 5)
    busy = frozenset({"refresh", "restart"} if number % 2 else ())
    said = f"✓ Click {number}." if number % 3 else ""
    return View(shown, Today(number, number // 2), autostart=bool(number % 2), said=said, under_way=busy)

def update():
    sizes = []
    for number in range(5_000):
        seen = view(number)
        icon.show(look(seen), f"{number} {title(seen)}", menu(seen, NOON))
        if number % 100 == 0:
            time.sleep(0.02)
        if number in (1_000, 4_999):
            sizes.append(psutil.Process().memory_info().rss >> 10)
    print(*sizes, flush=True)

icon.run(threading.Thread(target=update).start)
"""


@pytest.mark.timeout(180)
async def test_five_thousand_updates_cost_no_memory_and_no_id(session: Session, panel: Panel):
    program = session.python("-c", MANY)
    icon = await panel.icon()
    await icon.shows("Claude answered")
    before = [line.id for line in await icon.lines()]
    assert program.stdout
    sizes = await asyncio.to_thread(program.stdout.readline)
    await icon.shows("4,999 requests today, 2,499 failed")
    assert [line.id for line in await icon.lines()] == before
    assert "LayoutUpdated" not in panel.signals
    early, late = map(int, re.findall(r"\d+", sizes))
    assert late - early < 4_000, f"{early} kB became {late} kB"


@pytest.mark.skipif(bool(missing()), reason=missing())
async def test_on_a_desktop_without_icons_the_window_opens_and_it_is_said_there(session: Session):
    session.tidegate()
    await asyncio.to_thread(eventually, session.windows)

    def said() -> list[str]:
        ran = session.command("status", "--json")
        notices = json.loads(ran.stdout)["notices"] if ran.returncode == 0 else []
        return [notice["sentence"] for notice in notices if notice["kind"] == "desktop"]

    [sentence] = await asyncio.to_thread(eventually, said)
    assert sentence.startswith("This desktop shows no tray icons; on GNOME, the extension AppIndicator brings them.")
