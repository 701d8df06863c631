"""Installs, uses, upgrades, removes and purges the .deb in a Debian of its own, made for this and thrown away.

    test_in_root.py OLDER.deb NEWER.deb [--suite bookworm|trixie] [--roots FOLDER]

Wants root and debootstrap. The Debian has nothing but its base system, so a library the package forgot to ask for is
missing there. Everything in it runs in namespaces of its own and ends with this script, at the latest after 20 minutes.
FOLDER keeps the made base systems, for the next time. What happens inside is in `steps_in_root.sh`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
BASE_PACKAGES = "ca-certificates,curl,xvfb,xauth,dbus-x11,procps,util-linux"
"""Beside the base system: what plays the desktop."""
LIMIT_SECONDS = 20 * 60


def main() -> int:
    asked = _asked()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tidegate-root-") as folder:
        root = Path(folder) / asked.suite
        fresh(root, asked.suite, asked.roots)
        say(f"{asked.suite}: a base system after {time.monotonic() - started:.0f} s")
        (root / "packages").mkdir()
        shutil.copy(asked.older, root / "packages" / "older.deb")
        shutil.copy(asked.newer, root / "packages" / "newer.deb")
        shutil.copy(HERE / "steps_in_root.sh", root / "packages" / "steps.sh")
        result = inside(root, "sh /packages/steps.sh")
    say(f"{asked.suite}: {'passed' if result == 0 else 'FAILED'} after {time.monotonic() - started:.0f} s")
    return result


def fresh(root: Path, suite: str, kept: Path | None) -> None:
    """A base system below `root`; out of the folder of kept ones, if there is one."""
    archive = kept / f"{suite}.tar" if kept else None
    root.mkdir()
    if archive and archive.is_file():
        subprocess.run(["tar", "--extract", "--file", archive, "--directory", root], check=True)
        return
    options = ["--foreign", "--variant=minbase", f"--include={BASE_PACKAGES}", "--merged-usr"]
    log = root.parent / "debootstrap.log"
    with log.open("wb") as output:

        def made(*command: str) -> bool:
            return subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0

        done = made("debootstrap", *options, suite, str(root), mirror())
        if done:
            # In two stages, so that this is there for the second: what is thrown away need not be safe on the disk.
            (root / "etc/dpkg/dpkg.cfg.d").mkdir(parents=True, exist_ok=True)
            (root / "etc/dpkg/dpkg.cfg.d/thrown-away").write_text("force-unsafe-io\n")
            done = made(*apart(f"exec chroot {root} /debootstrap/debootstrap --second-stage"))
    if not done:
        print(log.read_text("utf-8", "replace")[-2000:], file=sys.stderr)
        sys.exit("debootstrap could not make a base system")
    if archive:
        archive.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "--create", "--file", archive, "--directory", root, "."], check=True)


def mirror() -> str:
    """Where this machine's own packages come from."""
    for source in SOURCES:
        if source.is_file() and (
            found := re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+)", source.read_text(), re.MULTILINE)
        ):
            return found[1]
    sys.exit("This machine's package source is not known; the test needs a Debian or Ubuntu to run on.")


def inside(root: Path, command: str) -> int:
    """Run a command in the root, with processes and mounts of its own; what it leaves running dies with it."""
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    # Without DEP-11 lists: nothing reads them, and they are the larger half of what there is to fetch.
    (root / "etc/apt/apt.conf.d/90test").write_text(
        'Acquire::IndexTargets::deb::DEP-11 { DefaultEnabled "false"; };\nAcquire::Languages "none";\n'
    )
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    mounts = (
        f"mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev && mount -t tmpfs run {root}/run"
        f" && exec chroot {root} {command}"
    )
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        **{
            name: value
            for name, value in os.environ.items()
            if name.lower() in ("http_proxy", "https_proxy", "no_proxy")
        },
    }
    try:
        return subprocess.run(apart(mounts), env=environment, timeout=LIMIT_SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        say(f"gave up after {LIMIT_SECONDS // 60} minutes")
        return 124


def apart(command: str) -> list[str]:
    """With processes and mounts of its own, which end with it, and it with this script, however that ends."""
    own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", command]
    return ["setpriv", "--pdeathsig", "KILL", "--", *own]


def say(sentence: str) -> None:
    print(f"root: {sentence}", flush=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Install, use, upgrade and remove the package in a Debian of its own.")
    parser.add_argument("older", type=Path)
    parser.add_argument("newer", type=Path)
    parser.add_argument("--suite", default="bookworm", choices=["bookworm", "trixie"])
    parser.add_argument("--roots", type=Path, help="keeps the made base systems here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
