"""Looks into the Linux packages, with Debian's, RPM's and freedesktop's own tools:  check_packages.py FOLDER

FOLDER has one .deb and one .rpm, made by `make.py`. Called by `packaging/package_test.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from make import ID, RPM_DEPENDS  # type: ignore[import-not-found]  # the script beside this one

DEBIANS_OWN = ("/usr/share/lintian", "/usr/share/doc/tidegate/changelog.Debian.gz")
THE_SYSTEMS = ("libgtk", "libglib", "libgobject", "libgio", "libcairo", "libwebkit", "libstdc", "libreadline")
"""Must not come along: another copy takes the window down; the last is under the GPL."""


def main(folder: Path) -> int:
    deb, rpm = (next(folder.glob(f"*.{kind}")) for kind in ("deb", "rpm"))
    with tempfile.TemporaryDirectory() as unpacked:
        said("dpkg-deb", "--extract", deb, unpacked)
        root = Path(unpacked)
        desktop(root / "usr/share")
        program(root / "usr/lib/tidegate/_internal")
        same_in(rpm, root)
    said("lintian", "--fail-on", "error,warning", "--tag-display-limit", "0", deb)
    print("  menu entry, software centre's entry, files, licences, lintian: as they should be")
    return 0


def desktop(share: Path) -> None:
    """What menus and software centres read."""
    said("desktop-file-validate", share / "applications" / f"{ID}.desktop")
    said("appstreamcli", "validate", "--no-net", share / "metainfo" / f"{ID}.metainfo.xml")
    check((share / "icons/hicolor/scalable/apps/tidegate.svg").is_file(), "no icon")


def program(inside: Path) -> None:
    """What must come along, what must not, and whose work it is."""
    for name in ("gi/__init__.py", "app/ui/static/index.html"):
        check((inside / name).is_file(), f"{name} is not in the package")
    taken = [file.name for file in inside.rglob("lib*.so*") if file.name.startswith(THE_SYSTEMS)]
    check(not [name for name in taken if ".libs" not in name], f"these must be the system's: {taken}")
    licences = (inside / "LICENCES.txt").read_text("utf-8")
    parts = json.loads((inside / "sbom.cdx.json").read_text("utf-8"))["components"]
    named = {part["name"] for part in parts}
    check(
        {"Python", "python3-gi", "pyinstaller", "claude-agent-sdk"} <= named, f"the list of parts lacks some: {named}"
    )
    for name in sorted(named):
        check(f"\n{name}" in licences, f"{name} is in it, and its licence is not")
    check("Licence: see" not in licences, "the licence of a part is not known")
    shipped = (inside / "claude_agent_sdk/_bundled/claude").is_file()
    check(shipped is ("Claude Code" in named), "the list of parts is not that of this package")


def same_in(rpm: Path, root: Path) -> None:
    """The .rpm holds what the .deb does, asks for what it needs, and has the same scripts."""
    ours = {f"/{file.relative_to(root)}" for file in root.rglob("*") if file.is_symlink() or not file.is_dir()}
    listed = set(
        said("rpm", "--query", "--package", "--queryformat", "[%{FILEMODES:perms} %{FILENAMES}\n]", rpm).splitlines()
    )
    theirs = {line.split(" ", 1)[1] for line in listed if not line.startswith("d")}
    differing = {name for name in ours ^ theirs if not name.startswith(DEBIANS_OWN)}
    check(not differing, f"only in one of .deb and .rpm: {sorted(differing)[:5]}")
    required = said("rpm", "--query", "--package", "--requires", rpm)
    missing = [name for name in RPM_DEPENDS if name not in required]
    check(not missing, f"the .rpm does not ask for {missing}")
    scripts = said("rpm", "--query", "--package", "--scripts", rpm)
    for when in ("preinstall", "postinstall", "preuninstall"):
        check(f"{when} scriptlet" in scripts, f"the .rpm has nothing for {when}")


def said(*command: str | Path) -> str:
    """What the tool printed; its refusal ends this script."""
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    check(ran.returncode == 0, f"{command[0]}: {ran.stdout}{ran.stderr}")
    return ran.stdout


def check(holds: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        sys.exit(f"  ! {complaint}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
