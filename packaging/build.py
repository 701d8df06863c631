"""Makes a program of Tidegate, and packages of the program, for the system this runs on: `make package`.

    build.py [--without-cli] [--only-program | --only-packages]

    dist/tidegate/    the program (dist/Tidegate.app on macOS)
    dist/packages/    what people download, and whose work is in it: licences and the list of parts

--only-packages takes the program that is there: between the two, a release signs it.

--without-cli leaves out the agent engine's program, which is five sixths of the weight: for tests of everything else.
Runs in `.venv-package` (see `prepare.py`).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
WORK, DIST = ROOT / "build", ROOT / "dist"
PACKAGES = DIST / "packages"
PAPERS = ("LICENCES.txt", "sbom.cdx.json")
MAKERS = {
    "linux": [sys.executable, "linux/make.py"],
    "win32": [sys.executable, "windows/make.py"],
    "darwin": ["bash", "macos/make.sh"],
}


class BuildError(Exception):
    """A sentence that says what went wrong."""


def main() -> int:
    asked = _asked()
    started = time.monotonic()
    try:
        program = DIST / ("Tidegate.app" if sys.platform == "darwin" else "tidegate")
        if not asked.only_packages:
            freeze(program)
            if not asked.without_cli:
                add_cli(program)
            add_papers(program, with_cli=not asked.without_cli)
            say(f"the program is {size(program):.0f} MB; it tests itself")
            run(executable(program), "--self-test")
        if not asked.only_program:
            pack(program)
    except (BuildError, subprocess.CalledProcessError) as problem:
        print(f"Not built: {problem}", file=sys.stderr)
        return 1
    say(f"done in {time.monotonic() - started:.0f} s")
    return 0


def freeze(program: Path) -> None:
    """The program without the CLI."""
    say("PyInstaller makes the program: about half a minute")
    for old in {DIST / "tidegate", program}:
        shutil.rmtree(old, ignore_errors=True)
    run(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
        "--distpath", DIST, "--workpath", WORK, PACKAGING / "tidegate.spec")  # fmt: skip
    if sys.platform == "darwin":
        shutil.rmtree(DIST / "tidegate")


def executable(program: Path) -> Path:
    """What a console starts."""
    if program.suffix == ".app":
        return program / "Contents" / "MacOS" / "tidegate"
    return program / ("tidegate-console.exe" if sys.platform == "win32" else "tidegate")


def add_cli(program: Path) -> None:
    """Copy the CLI as it is, after everything that could strip, sign or patch it, and compare it with its hash."""
    name = "claude.exe" if sys.platform == "win32" else "claude"
    say("adding the agent engine's program, byte for byte")
    for file in distribution("claude-agent-sdk").files or ():
        if file.parts[:2] == ("claude_agent_sdk", "_bundled") and not file.name.startswith("."):
            target = place(program, Path(*file.parts), code=file.name == name)
            shutil.copy2(str(file.locate()), target)
            with target.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").digest()
            if file.hash is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                raise BuildError(f"{file} is not the file its makers published. Remove .venv-package and start again.")
            if file.name == name:
                target.chmod(0o755)
                say(f"{file.name}: SHA-256 {digest.hex()}")


def add_papers(program: Path, *, with_cli: bool) -> None:
    """Whose work is in it, in words and as a list."""
    say("whose work is in it")
    run(sys.executable, PACKAGING / "shipped.py", WORK / "tidegate" / "sources.txt", WORK,
        *(["--with-cli"] if with_cli else []))  # fmt: skip
    for paper in PAPERS:
        shutil.copyfile(WORK / paper, place(program, Path(paper), code=False))


def place(program: Path, part: Path, *, code: bool) -> Path:
    """Where a file of the bundle has to be written, in a folder that is there.

    A Mac's signature takes all that is in Frameworks for code, so everything else is in Resources, and a link is where
    the program looks for it.
    """
    if program.suffix != ".app":
        target = program / "_internal" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
    seen, target = (program / "Contents" / folder / part for folder in ("Frameworks", "Resources"))
    seen.parent.mkdir(parents=True, exist_ok=True)
    if code:
        return seen
    target.parent.mkdir(parents=True, exist_ok=True)
    if seen.parent.resolve() != target.parent.resolve():
        seen.unlink(missing_ok=True)
        seen.symlink_to(os.path.relpath(target.parent.resolve() / part.name, seen.parent.resolve()))
    return target


def pack(program: Path) -> None:
    """What people download."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    PACKAGES.mkdir(parents=True)
    maker, script = MAKERS[sys.platform]
    run(maker, PACKAGING / script, program, PACKAGES)
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    for paper in PAPERS:
        named = f"tidegate-{system}-{platform.machine().lower()}-{paper}"
        shutil.copyfile(place(program, Path(paper), code=False), PACKAGES / named)
    for package in sorted(PACKAGES.iterdir()):
        say(f"{package.relative_to(ROOT)}  {size(package):.1f} MB")


def size(path: Path) -> float:
    """In MB (10^6 bytes), of a file or a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()]
    return sum(file.stat().st_size for file in files) / 1e6


def say(sentence: str) -> None:
    print(f"package: {sentence}", flush=True)


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a program and packages of Tidegate for this system.")
    parser.add_argument("--without-cli", action="store_true", help="leave out the agent engine's program")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--only-program", action="store_true", help="make no packages")
    part.add_argument("--only-packages", action="store_true", help="make no program: take the one that is there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
