"""Makes the virtual environment that `make` runs things in; does nothing when it is already as the lists say.

    prepare.py run     .venv with requirements/run.txt and Tidegate itself, editable
    prepare.py check   the same with requirements/test.txt
    prepare.py test    as check, and the system packages of packaging/debian-packages.txt, and axe-core from npm
    prepare.py package .venv-package with requirements/package.txt, and the packages of packaging/linux/to-build.txt
    prepare.py proof   as package and test, and the packages of packaging/linux/to-test.txt
    prepare.py tools   .venv-tools with requirements/tools.txt

Standard library only: it runs before anything is installed. Nothing is installed that no hash vouches for.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEBIAN_PACKAGES = ROOT / "packaging" / "debian-packages.txt"
DEBIAN_PACKAGES_TO_BUILD = ROOT / "packaging" / "linux" / "to-build.txt"
DEBIAN_PACKAGES_TO_PROVE = ROOT / "packaging" / "linux" / "to-test.txt"
AS_SOURCE = ("proxy-tools",)
"""Packages that come as source only; plain Python, built by the setuptools of requirements/build.txt."""
AXE = ROOT / ".cache" / "axe-core" / "axe.min.js"
AXE_VERSION = "4.14.1"
AXE_SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
BIN = "Scripts" if os.name == "nt" else "bin"
EXE = ".exe" if os.name == "nt" else ""


class PreparationError(Exception):
    """A sentence that says what is missing and how to get it."""


def main(goal: str) -> int:
    try:
        if goal == "tools":
            ensure(ROOT / ".venv-tools", ["tools"], with_tidegate=False)
        elif goal == "package":
            ensure_packager()
        elif goal == "run":
            ensure(ROOT / ".venv", ["run", "test"], with_tidegate=True)
        else:
            ensure(ROOT / ".venv", ["test"], with_tidegate=True)
        if goal == "proof":
            ensure_packager()
            install_missing_system_packages(DEBIAN_PACKAGES_TO_PROVE)
        if goal in ("test", "proof"):
            install_missing_system_packages(DEBIAN_PACKAGES)
            fetch_axe()
    except PreparationError as problem:
        print(problem, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as failed:
        print(f"Set-up stopped: `{' '.join(map(str, failed.cmd))}` failed. The lines above say why.", file=sys.stderr)
        return 2
    return 0


def ensure_packager() -> None:
    """What makes packages. PyInstaller compiles what it takes along by itself."""
    install_missing_system_packages(DEBIAN_PACKAGES_TO_BUILD)
    ensure(ROOT / ".venv-package", ["package"], with_tidegate=True, compiled=False)


def ensure(venv: Path, lists: Sequence[str], *, with_tidegate: bool, compiled: bool = True) -> None:
    """Bring `venv` to the first of `lists`; any of them counts as done (the test list contains the run list).

    `compiled`: takes a while now, and makes each start faster.
    """
    stamps = {name: _stamp(name) for name in lists}
    for name, stamp in stamps.items():
        note = venv / f"{name}.stamp"
        if note.is_file() and note.read_text() == stamp and _starts(_python(venv)):
            return
    name = lists[0]
    say(f"preparing {venv.name} with Python {sys.version_info.major}.{sys.version_info.minor} (only this once)")
    with tempfile.TemporaryDirectory() as borrowed:
        pip = _make_venv(venv, Path(borrowed))
        say(f"installing the packages of requirements/{name}.txt, about 170 MB")
        install = [*pip, "install", "--require-hashes", "--only-binary", ":all:", "--no-deps"]
        install += [] if compiled else ["--no-compile"]
        if with_tidegate:
            _run([*install, "--quiet", "-r", ROOT / "requirements" / "build.txt"])
            install += ["--no-build-isolation", *(part for package in AS_SOURCE for part in ("--no-binary", package))]
        _run([*install, "-r", ROOT / "requirements" / f"{name}.txt"])
        if with_tidegate:
            _run([*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT])
    (venv / f"{name}.stamp").write_text(stamps[name])
    say(f"{venv.name} is ready")


def install_missing_system_packages(listed: Path) -> None:
    """On Debian with the right to: install what is listed. Otherwise say what is missing; those tests are skipped."""
    wanted = [line.split("#")[0].strip() for line in listed.read_text().splitlines()]
    missing = [package for package in wanted if package and not _debian_has(package)]
    if not missing:
        return
    names = " ".join(missing)
    sudo = _way_to_root()
    if sudo is None:
        say(f"some tests will be skipped or parts left out; on Debian they want these packages: {names}")
        return
    say(f"installing system packages: {names}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*sudo, "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    try:
        _run([*apt, "update"], environment)
        _run([*apt, "install", "--yes", "--no-install-recommends", *missing], environment)
    except subprocess.CalledProcessError:
        say(f"could not install {names}; the tests and parts that want them will be skipped")


def fetch_axe() -> None:
    """The rules that the dashboard's pages are checked against; for tests only, so never part of the repository."""
    if AXE.is_file():
        return
    with tempfile.TemporaryDirectory() as borrowed:
        npm = shutil.which("npm") or "npm"
        fetch = [npm, "pack", "--silent", f"axe-core@{AXE_VERSION}"]
        try:
            fetched = subprocess.run(fetch, cwd=borrowed, capture_output=True, check=False).returncode == 0
        except OSError:
            fetched = False
        package = Path(borrowed) / f"axe-core-{AXE_VERSION}.tgz"
        if not fetched or hashlib.sha512(package.read_bytes()).hexdigest() != AXE_SHA512:
            say("could not fetch axe-core with npm; the tests that want it will be skipped")
            return
        with tarfile.open(package) as archive, archive.extractfile("package/axe.min.js") or io.BytesIO() as script:
            AXE.parent.mkdir(parents=True, exist_ok=True)
            AXE.write_bytes(script.read())


def say(sentence: str) -> None:
    print(f"set-up: {sentence}", flush=True)


def _make_venv(venv: Path, borrowed: Path) -> list[str | Path]:
    """Create the environment unless a usable one of this Python is there; returns the command that runs its pip."""
    python = _python(venv)
    if not _same_python(python):
        without_pip = importlib.util.find_spec("ensurepip") is None
        _run([sys.executable, "-m", "venv", "--clear", *(["--without-pip"] if without_pip else []), venv])
    if _starts(python, "-m", "pip", "--version"):
        return [python, "-m", "pip", "--disable-pip-version-check"]
    return [python, _pip_of_debian(borrowed) / "pip", "--disable-pip-version-check"]


def _pip_of_debian(folder: Path) -> Path:
    """A pip wheel out of Debian's own package, unpacked but not installed.

    Debian's python3 has no ensurepip, so a fresh machine can make no environment with pip in it; fetching a package
    needs no rights, where installing python3-venv does.
    """
    minor = sys.version_info.minor
    advice = PreparationError(
        f"This Python has no pip and can't make one. On Debian: apt-get install python3.{minor}-venv ca-certificates "
        "and then start again."
    )
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise advice
    say("this Python came without pip; borrowing it from Debian's package python3-pip-whl")
    fetch = ["apt-get", "-qq", "download", "python3-pip-whl"]
    if subprocess.run(fetch, cwd=folder, check=False).returncode != 0:
        sudo = _way_to_root()
        if sudo is None or subprocess.run([*sudo, "apt-get", "-qq", "update"], check=False).returncode != 0:
            raise advice
        if subprocess.run(fetch, cwd=folder, check=False).returncode != 0:
            raise advice
    for package in folder.glob("*.deb"):
        _run(["dpkg-deb", "-x", package, folder])
    wheels = sorted((folder / "usr" / "share" / "python-wheels").glob("pip-*.whl"))
    if not wheels:
        raise advice
    return wheels[-1]


def _stamp(name: str) -> str:
    """What an environment was made from; it can't be moved, so its place belongs to it."""
    digest = hashlib.sha256()
    for source in (ROOT / "requirements" / f"{name}.txt", ROOT / "pyproject.toml"):
        digest.update(source.read_bytes())
    digest.update(f"{ROOT} {sys.version_info.major}.{sys.version_info.minor} {sys.platform}".encode())
    return digest.hexdigest()


def _python(venv: Path) -> Path:
    return venv / BIN / f"python{EXE}"


def _same_python(python: Path) -> bool:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return _starts(python, "-c", f"import sys; sys.exit(sys.version[:4] != {version!r})")


def _starts(*command: str | Path) -> bool:
    try:
        return (
            subprocess.run(
                command if len(command) > 1 else [*command, "-c", ""], capture_output=True, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def _debian_has(package: str) -> bool:
    if not shutil.which("dpkg-query"):
        return False
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def _way_to_root() -> list[str] | None:
    """The prefix that makes apt-get work; None where there is no apt-get or no right to use it unasked."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    return ["sudo", "-n"] if shutil.which("sudo") and _starts("sudo", "-n", "true") else None


def _run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=ROOT, check=True, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else "run"))
