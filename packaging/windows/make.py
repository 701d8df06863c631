"""Makes the Windows installer of the program: `make.py PROGRAM TARGET [VERSION]`. Called by `packaging/build.py`.

Needs makensis (nsis.sourceforge.io, or Debian's package nsis): any system's will do, the installer is the same.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
USUAL_PLACES = (r"C:\Program Files (x86)\NSIS\makensis.exe", r"C:\Program Files\NSIS\makensis.exe")


def main(program: Path, target: Path, number: str) -> None:
    """One file that installs `program`, in the folder `target`."""
    values = {
        "VERSION": number,
        "PROGRAM": program,
        "TARGET": target / f"Tidegate-{number}-windows-x64-setup.exe",
        "ICON": ROOT / "assets" / "tidegate.ico",
        "LICENCE": ROOT / "LICENSE",
    }
    script = ROOT / "packaging" / "windows" / "installer.nsi"
    subprocess.run(
        [makensis(), "-V2", "-WX", *(f"-D{name}={value}" for name, value in values.items()), script], check=True
    )


def makensis() -> str:
    found = shutil.which("makensis") or next((place for place in USUAL_PLACES if Path(place).is_file()), None)
    if found is None:
        sys.exit("makensis is missing: install NSIS, then start again.")
    return found


def version() -> str:
    return (ROOT / "app" / "__init__.py").read_text("utf-8").split('__version__ = "')[1].split('"')[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), sys.argv[3] if sys.argv[3:] else version())
