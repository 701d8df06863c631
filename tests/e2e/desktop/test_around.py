"""What is around Tidegate on a desktop: a real notification daemon or none, a real keyring or none."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest

from app.controller import LASTS
from tests.e2e.desktop.session import Session, eventually
from tests.e2e.desktop.tray_client import Panel


@pytest.mark.skipif(shutil.which("dunst") is None, reason="wants the Debian package dunst")
async def test_a_real_notification_daemon_shows_what_came_of_a_click(session: Session, panel: Panel):
    session.start(["dunst"])
    session.tidegate("--hidden")
    icon = await panel.icon()
    await icon.shows("Copy address  http")

    def shown() -> list[str]:
        count = session.run("dunstctl", "count", "displayed").stdout.strip()
        if count in ("", "0"):
            return []
        session.run("dunstctl", "close-all")
        told = json.loads(session.run("dunstctl", "history").stdout)
        return [each["body"]["data"] for each in told["data"][0]]

    await icon.click("Pause")
    said = await asyncio.to_thread(eventually, shown)
    assert said == ["Tidegate is paused: new questions are turned away until you resume it."]


async def test_without_a_notification_daemon_the_menu_says_it_and_nothing_breaks(session: Session, panel: Panel):
    program = session.tidegate("--hidden")
    icon = await panel.icon()
    await icon.shows("Copy address  http")
    await icon.click("Pause")
    await icon.shows("✓ Tidegate is paused")
    await icon.click("Quit")
    _, err = await asyncio.to_thread(program.communicate, timeout=30)
    assert (program.returncode, "Traceback" in err) == (0, False)


@pytest.mark.skipif(shutil.which("gnome-keyring-daemon") is None, reason="wants the Debian package gnome-keyring")
async def test_a_real_keyring_keeps_the_key_from_start_to_start(session: Session, panel: Panel):
    del session.environ["TIDEGATE_API_KEY"], session.environ["PYTHON_KEYRING_BACKEND"]
    session.environ["XDG_DATA_HOME"] = str(session.home / "data")
    (session.home / "data").mkdir()
    session.start(["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"], says="\n")
    kept = []
    for number in range(2):
        program = session.tidegate("--hidden")
        await (await panel.icon(number)).shows("Copy address  http")
        kept.append(session.command("key", "show").stdout)
        assert session.command("stop").returncode == 0
        await asyncio.to_thread(program.communicate, timeout=30)
    assert kept[0].startswith("tg-")
    assert kept[0] == kept[1]


async def test_without_a_keyring_it_serves_and_says_that_the_key_will_not_last(session: Session, panel: Panel):
    del session.environ["TIDEGATE_API_KEY"]
    session.tidegate("--hidden")
    icon = await panel.icon()
    await icon.shows("Copy address  http")
    status = json.loads(session.command("status", "--json").stdout)
    assert [notice["sentence"] for notice in status["notices"] if notice["kind"] == "keyring"] == [
        f"This system has no keyring. {LASTS}"
    ]


def test_the_doctor_finds_nothing_wrong_with_a_whole_desktop_but_says_what_is_not_set_up(session: Session):
    ran = session.command("doctor", "--json")
    found = {each["about"]: each["verdict"] for each in json.loads(ran.stdout)}
    assert (found["window"], found["folder"], found["port"]) == ("good", "note", "good")
    assert found["tray"] == "note"
    assert ran.returncode == 0
