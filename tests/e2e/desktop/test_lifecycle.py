"""Restarts, crashes and ends of the desktop program, while an answer runs and while nobody waits for it."""

from __future__ import annotations

import asyncio
import http.cookiejar
import json
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.e2e.desktop.answers import RunningAnswer
from tests.e2e.desktop.session import Session, eventually
from tests.e2e.desktop.session_manager import SessionManager
from tests.e2e.desktop.tray_client import Icon, Panel, until
from tests.tidegate_process import ROOT

CRASHES = f"""
import asyncio, os, pathlib, sys
sys.path.insert(0, {str(ROOT)!r})
from app.proxy.server import Server

asked = pathlib.Path(os.environ["CRASH"])
serve = Server.run

async def run(self, *arguments, **more):
    serving = asyncio.ensure_future(serve(self, *arguments, **more))
    while not serving.done():
        if asked.exists():
            asked.unlink()
            serving.cancel()
            raise ZeroDivisionError
        await asyncio.sleep(0.05)
    return serving.result()

Server.run = run
"""
"""A mistake in the middle of serving, made when a test asks for it."""


async def started(session: Session, panel: Panel, **more: str) -> tuple[subprocess.Popen[str], Icon, str]:
    """A Tidegate that serves, hidden in the tray, and its address."""
    program = session.tidegate("--hidden", **more)
    icon = await panel.icon()
    return program, icon, await address_of(icon)


async def address_of(icon: Icon) -> str:
    return (await icon.shows("Copy address  http")).label.removeprefix("Copy address  ").removesuffix("/v1")


async def test_restart_clicked_twice_while_an_answer_runs_is_one_restart_and_loses_nothing(
    session: Session, panel: Panel
):
    program, icon, address = await started(session, panel)
    answer = await asyncio.to_thread(RunningAnswer, address)
    await icon.click("Restart")
    assert not (await icon.shows("Restarting…")).enabled
    await icon.shows("Tidegate restarts as soon as the running answer has ended.")
    assert session.command("restart").returncode == 0  # and whoever asks a second time, another way
    assert await asyncio.to_thread(answer.is_whole)
    await icon.shows("✓ Tidegate has begun anew.")
    assert await address_of(icon) == address
    assert program.poll() is None


async def test_a_change_of_the_port_loses_no_running_answer(session: Session, panel: Panel):
    port = free_port()
    del session.environ["TIDEGATE_PORT"]
    config = session.home / "state" / "config.toml"
    config.parent.mkdir(mode=0o700)
    config.write_text(f"[server]\nport = {free_port()}\n")
    program, icon, address = await started(session, panel)
    answer = await asyncio.to_thread(RunningAnswer, address)
    told = await asyncio.to_thread(set_in_the_dashboard, session, address, {"server.port": port})
    assert told["address"] == f"http://127.0.0.1:{port}"
    assert await asyncio.to_thread(answer.is_whole)
    await icon.shows(f"Copy address  http://127.0.0.1:{port}/v1")
    assert program.poll() is None


async def test_quit_lets_the_answer_end_and_a_second_click_does_not_wait(session: Session, panel: Panel):
    program, icon, address = await started(session, panel)
    answer = await asyncio.to_thread(RunningAnswer, address)
    await icon.click("Quit Tidegate")
    await icon.shows("Tidegate closes as soon as the running answer has ended.")
    await icon.click("Quit at once")
    assert not await asyncio.to_thread(answer.is_whole)
    await asyncio.to_thread(program.communicate, timeout=30)
    await asyncio.to_thread(eventually, lambda: not session.processes())


async def test_a_start_while_it_ends_waits_and_becomes_the_next_one(session: Session, panel: Panel):
    first, icon, address = await started(session, panel)
    answer = await asyncio.to_thread(RunningAnswer, address)
    await icon.click("Quit Tidegate")
    await icon.shows("Tidegate closes")
    second = session.tidegate()
    assert await asyncio.to_thread(answer.is_whole)
    await asyncio.to_thread(first.communicate, timeout=30)
    await address_of(await panel.icon(1))
    assert second.poll() is None


async def test_started_by_the_system_although_it_runs_already_shows_nothing(session: Session, panel: Panel):
    await started(session, panel)
    ran = await asyncio.to_thread(session.command, "--hidden")
    assert (ran.returncode, ran.stdout, ran.stderr, session.windows()) == (0, "", "", [])


async def test_a_crash_of_the_server_is_said_and_it_serves_again_by_itself(session: Session, panel: Panel):
    await panel.show_notifications()
    (session.home / "lib").mkdir()
    (session.home / "lib" / "sitecustomize.py").write_text(CRASHES)
    crash = session.home / "crash"
    program, icon, address = await started(session, panel, PYTHONPATH=str(session.home / "lib"), CRASH=str(crash))
    crash.touch()
    broken = "Something went wrong inside Tidegate; it starts again by itself."
    await icon.shows(broken[:50])
    assert await icon.property("IconName") == "attention-colour"
    assert await address_of(icon) == address
    assert panel.notified == [("Tidegate does not run", broken)]
    assert session.command("status").returncode == 0
    assert program.poll() is None


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
async def test_a_signal_lets_the_running_answer_end(session: Session, panel: Panel, name: str):
    program, _, address = await started(session, panel)
    answer = await asyncio.to_thread(RunningAnswer, address)
    program.send_signal(getattr(signal, name))
    assert await asyncio.to_thread(answer.is_whole)
    _, err = await asyncio.to_thread(program.communicate, timeout=30)
    assert (program.returncode, "Traceback" in err) == (0, False)
    await asyncio.to_thread(eventually, lambda: not session.processes())


async def test_logging_out_is_heard_from_the_session_manager_and_ends_it_cleanly(session: Session, panel: Panel):
    async with SessionManager(session.environ["DBUS_SESSION_BUS_ADDRESS"]) as manager:
        program, icon, _ = await started(session, panel, DESKTOP_AUTOSTART_ID="start-7")
        await until(lambda: manager.registered == [("app.tidegate.Tidegate", "start-7")])
        await icon.click("Open dashboard")
        await asyncio.to_thread(eventually, session.windows)
        await manager.say("QueryEndSession")
        await until(lambda: manager.agreed == [True])
        await manager.say("CancelEndSession")
        await icon.shows("Copy address  http")
        await manager.say("EndSession")
        _, err = await asyncio.to_thread(program.communicate, timeout=30)
    assert (program.returncode, "Traceback" in err) == (0, False)
    assert not (session.home / "state" / "run" / "control.json").exists()
    await asyncio.to_thread(eventually, lambda: not session.processes())


async def test_a_web_page_that_asks_for_access_is_told_once(session: Session, panel: Panel):
    await panel.show_notifications()
    _, icon, address = await started(session, panel)

    def ask(page: str) -> int:
        request = urllib.request.Request(f"{address}/v1/models", headers={"Origin": page})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code

    pages = ["https://chat.example", "https://chat.example", "https://other.example"]
    assert [await asyncio.to_thread(ask, page) for page in pages] == [403] * 3
    await until(lambda: len(panel.notified) >= 2)
    assert [(heading, text.split()[0]) for heading, text in panel.notified] == [
        ("A web page asks for access", "https://chat.example"),
        ("A web page asks for access", "https://other.example"),
    ]
    await icon.click("Quit")


async def test_settings_of_the_icon_work_at_once(session: Session, panel: Panel):
    await panel.show_notifications()
    _, icon, address = await started(session, panel)
    await asyncio.to_thread(set_in_the_dashboard, session, address, {"tray.icon": "dark", "tray.notifications": False})
    await icon.click("Pause")
    await icon.shows("✓ Tidegate is paused")
    assert await icon.property("IconName") == "stopped-dark"
    assert panel.notified == []


def set_in_the_dashboard(session: Session, address: str, values: dict[str, object]) -> dict[str, object]:
    """As the dashboard does it, once it is opened by its link."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    opener.open(session.command("dashboard", "--link").stdout.strip(), timeout=30).close()
    headers = {"Content-Type": "application/json"}
    body = json.dumps(values).encode()
    change = urllib.request.Request(f"{address}/dashboard/settings", body, headers, method="PUT")
    with opener.open(change, timeout=30) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
