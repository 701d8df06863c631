"""The environment for programs that are not ours: a packaged Tidegate runs with its own libraries."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def for_others(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as it was before Tidegate's package changed it."""
    found = dict(environ)
    original = found.pop("LD_LIBRARY_PATH_ORIG", None)
    if original is not None:
        found["LD_LIBRARY_PATH"] = original
    elif getattr(sys, "frozen", False):
        found.pop("LD_LIBRARY_PATH", None)
    return found
