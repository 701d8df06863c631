"""A desktop session of its own: message bus, screen, window manager. Nothing of the person's session is seen."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.core.system_gi import find_gi
from tests.e2e.desktop.tray_client import READ_CLIPBOARD
from tests.tidegate_process import ROOT, environment

Result = TypeVar("Result")
PROGRAMS = ("Xvfb", "dbus-daemon", "openbox", "wmctrl", "xdotool")
_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir={folder}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy>
</busconfig>"""
"""Without service folders: nothing is started but what a test starts."""
LIMIT_SECONDS = 30.0
_SCREENS = itertools.count(200 + os.getpid() % 500 * 100)
"""Not the first free one: a test of a package has a /tmp of its own, and may have a server by the same number. Nor one
that another run of tests beside this one takes, whose process has the next number."""


def missing() -> str:
    """Why these tests can't run here, as a sentence; empty when they can."""
    if sys.platform != "linux":
        return "tests of the Linux desktop"
    if absent := [name for name in PROGRAMS if not shutil.which(name)]:
        return f"wants {', '.join(absent)}: see packaging/debian-packages.txt"
    return find_gi() or ""


@dataclass
class Session:
    """A running session and what was started in it."""

    home: Path
    environ: dict[str, str]
    _stack: ExitStack = field(default_factory=ExitStack)
    _others: set[int] = field(default_factory=set)
    screen: subprocess.Popen[bytes] | None = None

    def tidegate(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start the desktop program; it ends with the session."""
        return self.python("-m", "app", *arguments, **more)

    def python(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start Python with the session's environment."""
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env={**self.environ, **more}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._stack.callback(_end, process)
        return process

    def start(self, command: Sequence[str], *, says: str = "", **more: str) -> subprocess.Popen[bytes]:
        """Start a program that is only told something; it ends with the session."""
        process = subprocess.Popen(command, cwd=ROOT, env={**self.environ, **more}, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        self._others.add(process.pid)
        self._stack.callback(_end, process)
        assert process.stdin
        process.stdin.write(says.encode())
        process.stdin.close()
        return process

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        return subprocess.run(command, cwd=ROOT, env={**self.environ, **more}, capture_output=True, text=True,
                              timeout=60, check=False)  # fmt: skip

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `tidegate …` to its end."""
        return self.run(sys.executable, "-m", "app", *arguments)

    def windows(self) -> list[str]:
        """Ids of Tidegate's windows."""
        lines = self.run("wmctrl", "-l").stdout.splitlines()
        return [line.split()[0] for line in lines if line.split(None, 3)[3:] == ["Tidegate"]]

    def processes(self) -> list[int]:
        """Every process of Tidegate's and what it started, the CLI too, except what only just died."""
        found = [int(each.name) for each in Path("/proc").glob("[0-9]*")]
        return [pid for pid in found if pid not in self._others and self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        mark = f"HOME={self.home}".encode()  # the one thing of ours that the CLI gets
        try:
            words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return mark in words and state != "Z" and pid != os.getpid()


@contextmanager
def desktop_session(home: Path, *, bus: bool = True, window_manager: bool = True) -> Iterator[Session]:
    """Everything ends with the block, also what a test left running."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:  # a bus's path may not be long
        environ = {**environment(home), "NO_AT_BRIDGE": "1", "XDG_RUNTIME_DIR": folder, "GDK_BACKEND": "x11"}
        environ["PATH"] = f"{home / 'bin'}:{environ['PATH']}"
        (home / "bin").mkdir(parents=True)
        _fake_browser(home)
        session = Session(home, environ, stack)
        session.screen, environ["DISPLAY"] = _screen(stack)
        if bus:
            environ["DBUS_SESSION_BUS_ADDRESS"] = _bus(stack, Path(folder))
        if window_manager:
            _manage_windows(session)
        yield session


def _manage_windows(session: Session) -> None:
    """A window manager that ended before it managed anything is started once more."""
    manager = session.start(["openbox"])

    def is_there() -> bool:
        nonlocal manager
        if manager.poll() is not None:
            manager = session.start(["openbox"])
        return session.run("wmctrl", "-m").returncode == 0

    eventually(is_there)


def browsed(session: Session) -> list[str]:
    """What the browser was asked to open."""
    record = session.home / "browsed"
    return record.read_text().splitlines() if record.exists() else []


def words_in_the_window(session: Session, wanted: str) -> str:
    """What a person would read: they select everything and copy it. Empty while it is not there yet."""
    windows = session.windows()
    if not windows:
        return ""
    session.run("xdotool", "windowactivate", "--sync", windows[0], "key", "ctrl+a", "ctrl+c")
    words = session.run(sys.executable, "-c", READ_CLIPBOARD).stdout
    return words if wanted in words else ""


def eventually(look: Callable[[], Result], *, seconds: float = LIMIT_SECONDS) -> Result:
    """Look until there is something true to see."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, f"never happened: {look}"
        time.sleep(0.05)
    return seen


def _screen(stack: ExitStack) -> tuple[subprocess.Popen[bytes], str]:
    process = subprocess.Popen(
        ["Xvfb", f":{next(_SCREENS)}", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(_end, process)
    assert process.stdout
    return process, f":{process.stdout.readline().decode().strip()}"


def _bus(stack: ExitStack, folder: Path) -> str:
    config = folder / "bus.conf"
    config.write_text(_BUS_CONFIG.format(folder=folder))
    process = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    stack.callback(_end, process)
    assert process.stdout
    return process.stdout.readline().decode().strip()


def _fake_browser(home: Path) -> None:
    """Stands for the person's browser: what counts is which address it is given."""
    script = home / "bin" / "xdg-open"
    script.write_text(f'#!/bin/sh\necho "$1" >> "{home}/browsed"\n')
    script.chmod(0o755)


def _end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
