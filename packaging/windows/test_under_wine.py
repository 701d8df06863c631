"""Installs, upgrades and uninstalls with the real Windows installer, under Wine, and looks at files and registry.

    test_under_wine.py

Exit codes prove nothing here: an installer of the wrong kind returns 0 and installs nothing. The program inside is a
stand-in (`stand_in.nsi`), because the real one is built on Windows. Wants makensis and wine64. Everything happens in a
Wine prefix of its own, thrown away at the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WINE = shutil.which("wine64") or "/usr/lib/wine/wine64"
UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\Tidegate"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
SECONDS = 180


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tidegate-wine-", ignore_cleanup_errors=True) as folder:
        old, new = installers(Path(folder))
        with prefix(Path(folder, "prefix")) as windows:
            for step in (first, again, newer, removal, removal_with_data, another_place):
                print(f"  - {(step.__doc__ or '').splitlines()[0]}", flush=True)
                step(windows, old, new)
    print("  all steps passed")
    return 0


def first(windows: Windows, old: Path, _new: Path) -> None:
    """A silent installation for one person: files, menu entry, registry; not at login unless asked"""
    windows.run(old, "/S")
    windows.has("Programs/Tidegate/Tidegate.exe", "Programs/Tidegate/_internal/only-in-1.txt")
    windows.has("Programs/Tidegate/uninstall.exe")
    check(windows.menu.is_file(), "no menu entry")
    check(windows.value(UNINSTALL, "DisplayVersion") == "1.0.0", "the system does not list version 1.0.0")
    check(windows.value(RUN, "Tidegate") is None, "it starts at login unasked")


def again(windows: Windows, old: Path, _new: Path) -> None:
    """Asked to, it starts at login"""
    windows.run(old, "/S", "/AUTOSTART=1")
    check("--hidden" in (windows.value(RUN, "Tidegate") or ""), "it does not start at login")


def newer(windows: Windows, _old: Path, new: Path) -> None:
    """An upgrade ends the running program, replaces it, and leaves no file of the old version; settings stay"""
    windows.settings.mkdir(parents=True)
    (windows.settings / "config.toml").write_text("[server]\n")
    running = windows.start(windows.local / "Programs/Tidegate/Tidegate.exe")
    windows.await_file("tidegate-started")
    windows.run(new, "/S")
    windows.await_file("tidegate-ended")
    running.wait(SECONDS)
    check(windows.value(UNINSTALL, "DisplayVersion") == "2.0.0", "the system does not list version 2.0.0")
    windows.has("Programs/Tidegate/_internal/only-in-2.txt")
    windows.lacks("Programs/Tidegate/_internal/only-in-1.txt")
    check("--hidden" in (windows.value(RUN, "Tidegate") or ""), "the upgrade forgot the start at login")
    check((windows.settings / "config.toml").is_file(), "the upgrade took the settings")


def removal(windows: Windows, _old: Path, _new: Path) -> None:
    """The uninstaller ends the running program and leaves nothing but the person's data"""
    running = windows.start(windows.local / "Programs/Tidegate/Tidegate.exe")
    windows.await_file("tidegate-started")
    windows.uninstall()
    windows.await_file("tidegate-ended")
    running.wait(SECONDS)
    windows.lacks("Programs/Tidegate")
    check(not windows.menu.exists(), "the menu entry is left")
    check(windows.value(UNINSTALL, "DisplayVersion") is None, "the system still lists it")
    check(windows.value(RUN, "Tidegate") is None, "it still starts at login")
    check((windows.settings / "config.toml").is_file(), "it took what belongs to the person")


def removal_with_data(windows: Windows, _old: Path, new: Path) -> None:
    """Asked to, the uninstaller takes the data too"""
    windows.run(new, "/S")
    windows.uninstall("/DATA=1")
    windows.lacks("Programs/Tidegate")
    check(not windows.settings.exists(), "the data is left")


def another_place(windows: Windows, _old: Path, new: Path) -> None:
    """It installs where it is told, and takes nothing there that is not its own"""
    place = windows.local / "Elsewhere"
    windows.run(new, "/S", r"/D=C:\users\tester\AppData\Local\Elsewhere")
    check((place / "Tidegate.exe").is_file(), "it is not where it was told to be")
    (place / "mine.txt").write_text("mine")
    windows.uninstall(place=place)
    check(sorted(path.name for path in place.iterdir()) == ["mine.txt"], "it took or left something it should not")


class Windows:
    """A Wine prefix of one person's; lives inside `prefix()`."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._environment = environment
        home = folder / "drive_c/users/tester"
        self.local = home / "AppData/Local"
        self.settings = self.local / "Tidegate"
        self.menu = home / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Tidegate.lnk"
        self._temporary = (home / "AppData/Local/Temp", home / "Temp")

    def run(self, *command: str | Path) -> str:
        """Run to the end; returns what it said."""
        done = subprocess.run(
            [WINE, *command], env=self._environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return done.stdout

    def start(self, program: Path) -> subprocess.Popen[bytes]:
        for folder in self._temporary:
            for name in ("tidegate-started", "tidegate-ended"):
                (folder / name).unlink(missing_ok=True)
        return subprocess.Popen(
            [WINE, program], env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def uninstall(self, *options: str, place: Path | None = None) -> None:
        """The uninstaller goes on in a copy of itself; `_?=` keeps it here, and then it can't remove its own file."""
        place = place or self.local / "Programs/Tidegate"
        self.run(place / "uninstall.exe", "/S", *options)
        await_(lambda: not (place / "uninstall.exe").exists(), "the uninstaller did not end")

    def value(self, key: str, name: str) -> str | None:
        """A text in the person's registry."""
        for line in self.run("reg", "query", rf"HKCU\{key}", "/v", name).splitlines():
            found = line.split(None, 2)
            if found[:1] == [name]:
                return found[2].strip()
        return None

    def has(self, *names: str) -> None:
        for name in names:
            check((self.local / name).exists(), f"{name} is missing")

    def lacks(self, name: str) -> None:
        await_(lambda: not (self.local / name).exists(), f"{name} is left")

    def await_file(self, name: str) -> None:
        await_(lambda: any((folder / name).exists() for folder in self._temporary), f"no {name}")


@contextmanager
def prefix(folder: Path) -> Iterator[Windows]:
    """A new Wine prefix, without a screen; its server ends with it."""
    environment = {
        "HOME": str(folder.parent),
        "PATH": os.defpath,
        "WINEPREFIX": str(folder),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=",
        "USER": "tester",
        "LOGNAME": "tester",
    }
    windows = Windows(folder, environment)
    windows.run("wineboot", "--init")
    try:
        yield windows
    finally:
        subprocess.run([wineserver(), "-k"], env=environment, timeout=60, check=False)


def wineserver() -> str:
    places = (shutil.which("wineserver"), "/usr/lib/wine/wineserver64", "/usr/lib/wine/wineserver")
    return next(place for place in places if place and Path(place).is_file())


def installers(folder: Path) -> tuple[Path, Path]:
    """Two versions of the installer around the stand-in."""
    made: list[Path] = []
    for number in ("1.0.0", "2.0.0"):
        program = folder / number
        (program / "_internal").mkdir(parents=True)
        (program / "_internal" / f"only-in-{number[0]}.txt").write_text(number)
        values = [f"-DVERSION={number}", f"-DTARGET={program / 'Tidegate.exe'}"]
        subprocess.run(["makensis", "-V1", *values, str(HERE / "stand_in.nsi")], check=True)
        shutil.copy(program / "Tidegate.exe", program / "tidegate-console.exe")
        subprocess.run([sys.executable, HERE / "make.py", program, folder, number], check=True)
        made += folder.glob(f"*{number}*.exe")
    return made[0], made[1]


def await_(holds: Callable[[], bool], complaint: str) -> None:
    until = time.monotonic() + 60
    while not holds():
        check(time.monotonic() < until, complaint)
        time.sleep(0.1)


def check(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        sys.exit(f"  ! {complaint}")


if __name__ == "__main__":
    sys.exit(main())
