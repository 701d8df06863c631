"""Makes .deb, .rpm and .tar.gz of the program. Called by `packaging/build.py`.

    make.py PROGRAM TARGET [--only-deb VERSION]     the latter for a test that wants another version to upgrade from

/usr/lib/tidegate/             the program with everything it brings
/usr/bin/tidegate              a link to it
/usr/share/…                   menu entry, icons, software centre's entry, manual, licences
/usr/lib/systemd/user/         a service for people without a screen, off
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "packaging" / "linux"
ID = "app.tidegate.Tidegate"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ICON_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)

DEB_DEPENDS = [
    "libc6 (>= 2.36)",
    "libstdc++6",
    "zlib1g",
    "libgirepository-1.0-1",
    "gir1.2-gtk-3.0",
    "gir1.2-ayatanaappindicator3-0.1 | gir1.2-appindicator3-0.1",
    "gir1.2-webkit2-4.1",
    "libcairo-gobject2",
    "dbus-user-session | dbus-x11",
]
DEB_RECOMMENDS = ["gnome-keyring | kwalletmanager", "xdg-utils", "wl-clipboard"]
RPM_DEPENDS = ["glibc >= 2.36", "gobject-introspection", "gtk3", "webkit2gtk4.1"]
RPM_RECOMMENDS = ["libayatana-appindicator-gtk3", "gnome-keyring", "xdg-utils", "wl-clipboard"]


def main(program: Path, target: Path, number: str, *, only_deb: bool) -> None:
    architecture = ARCHITECTURES[platform.machine()]
    with tempfile.TemporaryDirectory() as folder:
        share = shared_files(Path(folder), number)
        config = Path(folder, "nfpm.json")
        config.write_text(json.dumps(description(program, share, architecture, number), indent=1), "utf-8")
        nfpm = [str(Path(sys.executable).with_name("nfpm")), "package", "--config", str(config), "--packager"]
        names = {"deb": f"tidegate_{number}_{architecture}.deb", "rpm": f"tidegate-{number}.{platform.machine()}.rpm"}
        for kind in ("deb",) if only_deb else names:
            command = [*nfpm, kind, "--target", str(target / names[kind])]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        if not only_deb:
            archive(program, share, target / f"tidegate-{number}-linux-{platform.machine()}.tar.gz")


def version() -> str:
    return (ROOT / "app" / "__init__.py").read_text("utf-8").split('__version__ = "')[1].split('"')[0]


def shared_files(folder: Path, number: str) -> Path:
    """Everything beside the program, laid out as the archive ships it."""
    share = folder / "share"
    share.mkdir()
    day = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    values = {"@VERSION@": number, "@DATE@": day}
    for name in (f"{ID}.metainfo.xml", f"{ID}.desktop", "tidegate.service", "tidegate.1"):
        (share / name).write_text(filled((HERE / name).read_text("utf-8"), values), "utf-8")
    for size in ICON_SIZES:
        place(
            ROOT / "assets" / "png" / f"tidegate-{size}.png", share / f"icons/hicolor/{size}x{size}/apps/tidegate.png"
        )
    place(ROOT / "assets" / "mark.svg", share / "icons/hicolor/scalable/apps/tidegate.svg")
    packed(share / "tidegate.1.gz", (share / "tidegate.1").read_bytes())
    packed(share / "changelog.gz", (ROOT / "CHANGELOG.md").read_bytes())
    packed(share / "changelog.Debian.gz", debian_changelog(number).encode())
    (share / "copyright").write_text(copyright_file(), "utf-8")
    return share


def filled(text: str, values: Mapping[str, str]) -> str:
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def packed(target: Path, content: bytes) -> None:
    """Without a time in it, so that the same source gives the same file."""
    target.write_bytes(gzip.compress(content, 9, mtime=0))


def debian_changelog(number: str) -> str:
    moment = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))
    return f"tidegate ({number}) stable; urgency=medium\n\n  * See changelog.gz.\n\n -- {maintainer()}  {moment}\n"


def maintainer() -> str:
    return "The Tidegate project <maintainers@tidegate.invalid>"


def copyright_file() -> str:
    """In Debian's form."""
    words = [f" {line}" if line.strip() else " ." for line in (ROOT / "LICENSE").read_text("utf-8").splitlines()[2:]]
    return "\n".join(
        [
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
            "Upstream-Name: Tidegate",
            "Comment: The work of others below /usr/lib/tidegate is listed, with each licence, in LICENCES.txt there.",
            "",
            "Files: *",
            f"Copyright: {(ROOT / 'LICENSE').read_text('utf-8').splitlines()[2]}",
            "License: MIT",
            *words,
            "",
        ]
    )


def description(program: Path, share: Path, architecture: str, number: str) -> dict[str, object]:
    """For nfpm, which reads JSON as the YAML it is."""
    files = {
        f"/usr/share/applications/{ID}.desktop": f"{ID}.desktop",
        f"/usr/share/metainfo/{ID}.metainfo.xml": f"{ID}.metainfo.xml",
        "/usr/lib/systemd/user/tidegate.service": "tidegate.service",
        "/usr/share/man/man1/tidegate.1.gz": "tidegate.1.gz",
        "/usr/share/doc/tidegate/changelog.gz": "changelog.gz",
        "/usr/share/doc/tidegate/copyright": "copyright",
    }
    contents: list[dict[str, object]] = [
        {"src": str(program), "dst": "/usr/lib/tidegate", "type": "tree"},
        {"src": "../lib/tidegate/tidegate", "dst": "/usr/bin/tidegate", "type": "symlink"},
        {"src": str(share / "icons"), "dst": "/usr/share/icons", "type": "tree"},
        {"src": str(HERE / "lintian-overrides"), "dst": "/usr/share/lintian/overrides/tidegate", "packager": "deb"},
        {
            "src": str(share / "changelog.Debian.gz"),
            "dst": "/usr/share/doc/tidegate/changelog.Debian.gz",
            "packager": "deb",
        },
    ]
    contents += [{"src": str(share / name), "dst": installed} for installed, name in files.items()]
    for entry in contents:
        if entry.get("type") not in ("tree", "symlink"):
            entry["file_info"] = {"mode": 0o644, "owner": "root", "group": "root"}
    scripts = {step: str(HERE / "scripts" / f"{step}.sh") for step in ("preinstall", "postinstall", "preremove")}
    return {
        "name": "tidegate",
        "arch": architecture,
        "platform": "linux",
        "version": number,
        "version_schema": "semver",
        "section": "net",
        "priority": "optional",
        "maintainer": maintainer(),
        "license": "MIT",
        "description": "local address through which chat apps talk to Claude\n"
        "Tidegate gives the chat apps on this computer one address that speaks OpenAI's\n"
        "and Anthropic's interface and answers with Claude, for one person, with that\n"
        "person's own credential. An icon in the tray tells what was proven, and when.",
        "umask": 0o022,
        "contents": contents,
        "scripts": scripts,
        "overrides": {
            "deb": {"depends": DEB_DEPENDS, "recommends": DEB_RECOMMENDS},
            "rpm": {"depends": RPM_DEPENDS, "recommends": RPM_RECOMMENDS},
        },
        # Made and unpacked in seconds; xz would take minutes to save six per cent of it.
        "deb": {"compression": "zstd"},
        "rpm": {"compression": "zstd", "group": "Applications/Internet"},
    }


def archive(program: Path, share: Path, target: Path) -> None:
    """The program with an installer for people without administrator's rights."""
    name = target.name.removesuffix(".tar.gz")

    def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        return entry

    with tarfile.open(target, "w:gz", compresslevel=6) as packed_up:
        packed_up.add(program, f"{name}/tidegate", filter=anonymous)
        packed_up.add(HERE / "install.sh", f"{name}/install.sh", filter=anonymous)
        for part in ("icons", f"{ID}.desktop", "tidegate.service"):
            packed_up.add(share / part, f"{name}/share/{part}", filter=anonymous)


if __name__ == "__main__":
    older = sys.argv[4] if sys.argv[3:4] == ["--only-deb"] else None
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), older or version(), only_deb=older is not None)
