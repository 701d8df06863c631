"""The macOS scripts, with programs of the system that only take note: nothing here has run on a Mac."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.tidegate_process import ROOT

MACOS = ROOT / "packaging" / "macos"
IDENTITY = "Developer ID Application: Nobody (ABCDE12345)"


class Mac:
    """Stands in for the system's programs; `log` is what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.app = folder / "Tidegate.app"
        inside = self.app / "Contents"
        for part in ("Frameworks/libpython.dylib", "Frameworks/_ssl.so", "Frameworks/claude_agent_sdk/_bundled/claude",
                     "MacOS/tidegate", "Resources/script.sh"):  # fmt: skip
            (inside / part).parent.mkdir(parents=True, exist_ok=True)
            (inside / part).write_text(part)
            (inside / part).chmod(0o755)
        for name in ("codesign", "xcrun", "spctl"):
            self.program(name, f'echo "{name} $*" >>"$LOG"')
        self.program("file", 'case "$2" in *.sh) echo "shell script" ;; *) echo "Mach-O 64-bit" ;; esac')

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def run(self, script: str, *arguments: str | Path, **environ: str) -> list[str]:
        log = self.folder / "log"
        log.write_text("")
        path = f"{self.bin}:{os.defpath}"
        subprocess.run(
            ["bash", MACOS / script, *arguments],
            env={"PATH": path, "LOG": str(log), **environ}, check=True, timeout=60, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return log.read_text().splitlines()


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


def test_every_part_is_signed_with_the_hardened_runtime_the_program_last_and_the_cli_never(mac: Mac):
    asked = mac.run("sign.sh", mac.app, MACOS_IDENTITY=IDENTITY)
    *signed, verified = asked
    options = f"--force --sign {IDENTITY} --timestamp --options runtime --entitlements {MACOS}/entitlements.plist"
    assert all(line.startswith(f"codesign {options} ") for line in signed)
    parts = [line.removeprefix(f"codesign {options} {mac.app}") for line in signed]
    assert sorted(parts[:-1]) == [
        "/Contents/Frameworks/_ssl.so",
        "/Contents/Frameworks/libpython.dylib",
        "/Contents/MacOS/tidegate",
    ]
    assert parts[-1] == ""
    assert verified == f"codesign --verify --strict --verbose=2 {mac.app}"


def test_without_a_certificate_it_goes_without_the_runtime_that_would_load_nothing(mac: Mac):
    asked = mac.run("sign.sh", mac.app)
    assert all(line.startswith("codesign --force --sign - /") for line in asked[:-1])
    assert not any("runtime" in line for line in asked)


def test_notarising_sends_waits_staples_and_looks(mac: Mac):
    image = mac.folder / "Tidegate.dmg"
    key = {"MACOS_NOTARY_KEY": "/key.p8", "MACOS_NOTARY_KEY_ID": "ID", "MACOS_NOTARY_ISSUER": "ISSUER"}
    asked = mac.run("notarise.sh", image, **key)
    assert asked == [
        f"xcrun notarytool submit {image} --key /key.p8 --key-id ID --issuer ISSUER --wait --timeout 45m",
        f"xcrun stapler staple {image}",
        f"xcrun stapler validate {image}",
        f"spctl --assess --type open --context context:primary-signature --verbose {image}",
    ]


def test_notarising_without_a_secret_stops_before_anything_is_sent(mac: Mac):
    with pytest.raises(subprocess.CalledProcessError):
        mac.run("notarise.sh", mac.folder / "Tidegate.dmg")


def test_the_disk_image_shows_the_program_and_an_arrow_to_applications(mac: Mac):
    mac.program(
        "hdiutil",
        'case "$1" in\n'
        'create) (cd "$4" && find . -maxdepth 2 | sort && readlink Applications) >>"$LOG" ;;\n'
        'attach) echo "/dev/disk4 /Volumes/Tidegate" ;;\n'
        'convert) while [ $# -gt 1 ]; do shift; done; : >"$1" ;;\n'
        "esac",
    )
    mac.program("osascript", 'echo "arranged $2" >>"$LOG"')
    (mac.folder / "to").mkdir()
    asked = mac.run("make.sh", mac.app, mac.folder / "to")
    assert [line for line in asked if not line.startswith("codesign")] == [
        ".", "./.background", "./.background/background.png", "./Applications", "./Tidegate.app",
        "./Tidegate.app/Contents", "/Applications", "arranged Tidegate",
    ]  # fmt: skip
    [image] = (mac.folder / "to").iterdir()
    assert image.suffix == ".dmg"
