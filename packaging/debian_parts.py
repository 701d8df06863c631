"""What a bundle made on Debian holds of Debian's own packages: Python itself, `gi`, and the libraries under them.

Used by `shipped.py`. Elsewhere, and for a Python that isn't the system's, there is nothing to find.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DOCUMENTS = Path("/usr/share/doc")
COMMON = Path("/usr/share/common-licenses")
_OWNER = re.compile(r"^(?P<packages>[^/\n]+): (?P<file>/.+)$", re.MULTILINE)
_MERGED = ("/lib/", "/lib64/", "/bin/")
"""Debian's lists of files know some below / that are below /usr today."""


@dataclass(frozen=True, slots=True)
class DebianPart:
    """A package of which something is in the bundle."""

    name: str
    version: str
    architecture: str
    copyright: str
    """Debian's file with all its licences."""


def debian_parts(files: Iterable[Path]) -> list[DebianPart]:
    """The packages these files belong to, by name."""
    if not shutil.which("dpkg-query"):
        return []
    asked = sorted({name for file in files for name in _names(file)})
    found = subprocess.run(["dpkg-query", "--search", *asked], capture_output=True, text=True, check=False).stdout
    owners = {
        owner.strip()
        for line in _OWNER.finditer(found)
        if not line["packages"].startswith("diversion by")
        for owner in line["packages"].split(",")
    }
    return [_part(owner) for owner in sorted(owners)]


def common_licences(parts: Iterable[DebianPart]) -> list[tuple[str, str]]:
    """Names and texts of the licences these only refer to, because every Debian has them."""
    named = {name for part in parts for name in re.findall(rf"{COMMON}/([\w.+-]*\w)", part.copyright)}
    return [(name, (COMMON / name).read_text("utf-8")) for name in sorted(named) if (COMMON / name).is_file()]


def _names(file: Path) -> Iterable[str]:
    for name in {str(file), str(file.resolve())}:
        if name.startswith(("/usr/lib", "/usr/bin", *_MERGED)):
            yield name
            yield name.removeprefix("/usr") if name.startswith("/usr") else f"/usr{name}"


def _part(owner: str) -> DebianPart:
    show = ["dpkg-query", "--show", "--showformat=${Package}\n${Version}\n${Architecture}", owner]
    shown = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    name, version, architecture = shown.splitlines()
    text = (DOCUMENTS / name / "copyright").read_text("utf-8", "replace")
    return DebianPart(name, version, architecture, text)
