"""How another program of this person finds the running Tidegate: its port and a secret, in a file nobody else reads."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.core.settings_file import replace_file


@dataclass(frozen=True, slots=True)
class Control:
    """Where commands go, and what lets them in as `Authorization: Bearer …`."""

    port: int
    secret: str = field(repr=False)


def new_control(port: int) -> Control:
    """For one run of the server."""
    return Control(port, secrets.token_urlsafe(32))


def write_control(path: Path, control: Control) -> None:
    """Only its owner can read it; raises OSError."""
    replace_file(path, msgspec.json.encode(control).decode())


def read_control(path: Path) -> Control | None:
    """That of the running program, or of one that was killed; None when there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Control)
    except (OSError, msgspec.MsgspecError):
        return None


def remove_control(path: Path, control: Control) -> None:
    """Unless another program has written its own since."""
    if read_control(path) == control:
        with contextlib.suppress(OSError):
            path.unlink()


def remove_left_control(path: Path) -> None:
    """That of a Tidegate that was killed: its port may be another program's by now. For whoever is the one now."""
    with contextlib.suppress(OSError):
        path.unlink()
