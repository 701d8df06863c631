"""The clipboard under Wayland, where only the program in front may fill it: a real compositor, without a screen."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desktop.session import Session, eventually
from tests.e2e.desktop.tray_client import Icon, Panel

pytestmark = pytest.mark.skipif(
    not (shutil.which("sway") and shutil.which("wl-copy")), reason="wants the Debian packages sway and wl-clipboard"
)


NOBODY = 65_534


@pytest.fixture
def wayland(session: Session) -> Iterator[Session]:
    """A session that has Wayland and no X."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config").write_text("xwayland disable\n")
        command = ["sway", "--config", str(folder / "config")]
        if os.getuid() == 0:  # sway refuses to run as root
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
            os.chown(folder, NOBODY, -1)
        quiet = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
        session.start(command, **quiet, XDG_RUNTIME_DIR=name, HOME=name)
        [socket] = eventually(lambda: [path for path in folder.glob("wayland-*") if path.is_socket()])
        del session.environ["DISPLAY"], session.environ["GDK_BACKEND"]
        session.environ["WAYLAND_DISPLAY"] = str(socket)
        yield session


async def started(session: Session, panel: Panel) -> Icon:
    session.tidegate("--hidden")
    icon = await panel.icon()
    await icon.shows("Copy address  http")
    return icon


async def test_what_the_menu_copies_is_on_the_clipboard(wayland: Session, panel: Panel):
    icon = await started(wayland, panel)
    address = (await icon.shows("Copy address  http")).label.removeprefix("Copy address  ")
    await icon.click("Copy address")
    await icon.shows("✓ The address is copied.")
    assert wayland.run("wl-paste", "--no-newline").stdout == address


async def test_without_the_program_for_it_nothing_is_claimed_and_it_is_said_what_to_install(
    wayland: Session, panel: Panel
):
    path = wayland.environ["PATH"]
    wayland.environ["PATH"] = str(wayland.home / "bin")
    icon = await started(wayland, panel)
    wayland.environ["PATH"] = path
    await icon.click("Copy address")
    await icon.shows("✗ Under Wayland, copying from the tray needs wl-clipboard")
    assert wayland.run("wl-paste").returncode != 0
