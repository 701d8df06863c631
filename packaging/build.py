"""Makes a program of Tidegate, and packages of the program, for the system this runs on: `make package`.

    build.py [--without-cli] [--only-program]

    dist/tidegate/    the program (dist/Tidegate.app on macOS)
    dist/packages/    what people download

--without-cli leaves out the agent engine's program, which is five sixths of the weight: for tests of everything else.
Runs in `.venv-package` (see `prepare.py`).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
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
        program = freeze()
        inside = inside_of(program)
        if not asked.without_cli:
            add_cli(inside)
        say("whose work is in it")
        run(sys.executable, PACKAGING / "shipped.py", WORK / "tidegate" / "sources.txt", inside,
            *([] if asked.without_cli else ["--with-cli"]))  # fmt: skip
        say(f"the program is {size(program):.0f} MB; it tests itself")
        run(executable(program), "--self-test")
        if not asked.only_program:
            shutil.rmtree(PACKAGES, ignore_errors=True)
            PACKAGES.mkdir(parents=True)
            maker, script = MAKERS[sys.platform]
            run(maker, PACKAGING / script, program, PACKAGES)
            for package in sorted(PACKAGES.iterdir()):
                say(f"{package.relative_to(ROOT)}  {size(package):.1f} MB")
    except (BuildError, subprocess.CalledProcessError) as problem:
        print(f"Not built: {problem}", file=sys.stderr)
        return 1
    say(f"done in {time.monotonic() - started:.0f} s")
    return 0


def freeze() -> Path:
    """The program without the CLI."""
    say("PyInstaller makes the program: about half a minute")
    for old in (DIST / "tidegate", DIST / "Tidegate.app"):
        shutil.rmtree(old, ignore_errors=True)
    run(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR",
        "--distpath", DIST, "--workpath", WORK, PACKAGING / "tidegate.spec")  # fmt: skip
    if sys.platform == "darwin":
        shutil.rmtree(DIST / "tidegate")
        return DIST / "Tidegate.app"
    return DIST / "tidegate"


def inside_of(program: Path) -> Path:
    """The folder that holds Python and the libraries."""
    return program / "Contents" / "Frameworks" if program.suffix == ".app" else program / "_internal"


def executable(program: Path) -> Path:
    """What a console starts."""
    if program.suffix == ".app":
        return program / "Contents" / "MacOS" / "tidegate"
    return program / ("tidegate-console.exe" if sys.platform == "win32" else "tidegate")


def add_cli(inside: Path) -> None:
    """Copy the CLI as it is, after everything that could strip, sign or patch it, and compare it with its hash."""
    name = "claude.exe" if sys.platform == "win32" else "claude"
    say("adding the agent engine's program, byte for byte")
    for file in distribution("claude-agent-sdk").files or ():
        if file.parts[:2] == ("claude_agent_sdk", "_bundled") and not file.name.startswith("."):
            target = inside / Path(*file.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), target)
            with target.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").digest()
            if file.hash is None or base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                raise BuildError(f"{file} is not the file its makers published. Remove .venv-package and start again.")
            if file.name == name:
                target.chmod(0o755)
                say(f"{file.name}: SHA-256 {digest.hex()}")


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
    parser.add_argument("--only-program", action="store_true", help="make no packages")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
