"""Makes the distribution's `gi` importable: the library behind the tray icon and the window on Linux.

It can't be installed like other packages (it has to fit the system's own GTK), and the distribution's folder as a whole
must not be seen, because it holds other versions of what Tidegate brings along. So that one package is taken from it.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

_FOLDERS = tuple(
    Path(folder)
    for folder in (
        "/usr/lib/python3/dist-packages",
        f"/usr/lib/python3.{sys.version_info.minor}/site-packages",
        f"/usr/lib64/python3.{sys.version_info.minor}/site-packages",
    )
)
"""Debian's and Ubuntu's; Arch's; Fedora's and openSUSE's."""


def find_gi(folders: Sequence[Path] = _FOLDERS) -> str | None:
    """Make `import gi` work if that is possible; otherwise a sentence says what to do."""
    if "gi" in sys.modules or importlib.util.find_spec("gi"):
        return None
    present = [folder / "gi" for folder in folders if (folder / "gi" / "__init__.py").is_file()]
    for package in present:
        if any((package / f"_gi{suffix}").is_file() for suffix in importlib.machinery.EXTENSION_SUFFIXES):
            _load(package)
            return None
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if present:
        return (
            f"The system's python3-gi is made for another Python than this one ({version}): "
            "set Tidegate up with the system's own, `make clean run PYTHON=/usr/bin/python3`."
        )
    return "It needs python3-gi: on Debian and Ubuntu, `apt install python3-gi` and start Tidegate again."


def _load(package: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "gi", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None  # noqa: S101  the file is there
    assert spec.loader is not None  # noqa: S101  and it is Python
    module = importlib.util.module_from_spec(spec)
    sys.modules["gi"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules["gi"]
        raise
