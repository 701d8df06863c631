"""The steps of a release that are not a build; `.github/workflows/release.yml` calls them, and the tests do.

    release.py check TAG          tag, version and the changelog's heading are one; otherwise no release
    release.py mark FOLDER        puts "unsigned" into the name of every file there
    release.py sums FOLDER        writes SHA256SUMS
    release.py notes FOLDER       prints the release's text: what is new, what is unsigned, how to check a download

Standard library only.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMS = "SHA256SUMS"
SUFFIXES = (".tar.gz", ".deb", ".rpm", ".exe", ".dmg")


class ReleaseError(Exception):
    """A sentence that says why there is no release."""


def check(tag: str, root: Path = ROOT) -> str:
    """Returns the version; raises ReleaseError unless everything names the same one."""
    version = version_of(root)
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ReleaseError(f"{version} in app/__init__.py is not the version of a release (1.2.3).")
    if tag != f"v{version}":
        raise ReleaseError(f"The tag is {tag}, but app/__init__.py says {version}: the tag has to be v{version}.")
    headings = re.findall(r"^## (.+)$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    newest = next((heading for heading in headings if not heading.lower().startswith("unreleased")), "nothing")
    if newest.split()[0].strip("[]") != version:
        raise ReleaseError(f"The changelog's newest version is {newest}: give {version} a heading of its own.")
    return version


def version_of(root: Path) -> str:
    """Tidegate's, as its source says it."""
    return (root / "app" / "__init__.py").read_text("utf-8").split('__version__ = "')[1].split('"')[0]


def mark(folder: Path) -> list[Path]:
    """Rename what nobody signed, so that its name says so; returns the new names."""
    renamed: list[Path] = []
    for file in sorted(folder.iterdir()):
        suffix = next((each for each in SUFFIXES if file.name.endswith(each)), None)
        if suffix and "unsigned" not in file.name:
            renamed.append(file.rename(file.with_name(f"{file.name.removesuffix(suffix)}-unsigned{suffix}")))
    return renamed


def sums(folder: Path) -> str:
    """Write and return the list of hashes, in the form `sha256sum --check` reads."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith(SUMS))
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (folder / SUMS).write_text("".join(lines), "utf-8")
    return "".join(lines)


def notes(folder: Path, root: Path = ROOT) -> str:
    """Markdown for people who download it."""
    text = [changelog_section(version_of(root), (root / "CHANGELOG.md").read_text("utf-8"))]
    unsigned = sorted(file.name for file in folder.iterdir() if "unsigned" in file.name)
    if unsigned:
        names = "\n".join(f"- `{name}`" for name in unsigned)
        text.append(
            f"**Not signed:** your system will warn you of these. Check the hash before you open one.\n\n{names}"
        )
    compare = f"`sha256sum --check --ignore-missing {SUMS}`"
    if (folder / f"{SUMS}.minisig").is_file():
        text.append(f"To check a download: `minisign -Vm {SUMS} -P {public_key(root)}`, then {compare}.")
    else:
        text.append(f"To check a download: {compare} (the list itself is not signed).")
    return "\n\n".join(text) + "\n"


def public_key(root: Path) -> str:
    """The project's, as the program has it built in."""
    found = re.search(r'^PUBLIC_KEY.* = "(.+)"$', (root / "app/updates/identity.py").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else "KEY"


def changelog_section(version: str, changelog: str) -> str:
    """What stands under the version's heading."""
    found = re.search(rf"^## \[?{re.escape(version)}\b.*?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def main(arguments: list[str]) -> int:
    doing: dict[str, Callable[[str], object]] = {
        "check": lambda tag: print(f"release {check(tag)}"),
        "mark": lambda folder: [print(file.name) for file in mark(Path(folder))],
        "sums": lambda folder: print(sums(Path(folder)), end=""),
        "notes": lambda folder: print(notes(Path(folder)), end=""),
    }
    if len(arguments) != 2 or arguments[0] not in doing:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        doing[arguments[0]](arguments[1])
    except ReleaseError as problem:
        print(f"No release: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
