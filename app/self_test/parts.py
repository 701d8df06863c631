"""What a package may lack although the program starts: each is looked for where the program itself would look."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

_REFERENCE = re.compile(r"""(?:src|href)="/?(?:static/)?([\w./-]+\.(?:js|css|svg|png))["?]""")
_IMPORT = re.compile(r"""from ["'](\.[\w./-]+\.js)["']|^import ["'](\.[\w./-]+\.js)["']""", re.MULTILINE)
_KEYRINGS = {
    "linux": "keyring.backends.SecretService",
    "darwin": "keyring.backends.macOS",
    "win32": "keyring.backends.Windows",
}


class Absent(Exception):
    """A step that can't be taken on this machine or in this package; the message says why."""


def engine_program() -> str:
    """The CLI is there and is, byte for byte, the published one."""
    from app.proxy.engines.agent_sdk.genuine import Verdict, verdict  # noqa: PLC0415 - the SDK takes 0.8 s

    match verdict():
        case Verdict.GENUINE:
            return "the published one, by its SHA-256"
        case Verdict.MISSING if not _promised():
            raise Absent("built without it")
        case other:
            raise ValueError(other.value)


def pages() -> str:
    """Every file the dashboard's pages ask for, and those that these ask for."""
    root = files("app.ui") / "static"
    if not root.is_dir():
        raise ValueError("the dashboard's files are missing")
    waiting = [f"{page.name}" for page in root.iterdir() if page.name.endswith(".html")]
    if "index.html" not in waiting:
        raise ValueError("index.html is missing")
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += _named_in(name, root.joinpath(*name.split("/")).read_bytes().decode("utf-8", "replace"))
    return f"{len(seen)} files"


def _named_in(name: str, text: str) -> list[str]:
    if name.endswith(".html"):
        return _REFERENCE.findall(text)
    if not name.endswith(".js"):
        return []
    folder = name.split("/")[:-1]
    return ["/".join(_resolved(folder, found[0] or found[1])) for found in _IMPORT.findall(text)]


def _resolved(folder: list[str], relative: str) -> list[str]:
    parts = list(folder)
    for part in relative.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return parts


def keyring() -> str:
    """The back end for this system came along; whether a keyring answers is the system's affair."""
    name = _KEYRINGS[sys.platform]
    backend: Any = importlib.import_module(name).Keyring
    try:
        return f"{name.rpartition('.')[2]}, priority {backend.priority:g}"
    except Exception as error:  # noqa: BLE001 - every back end has its own way to say that it can't work here
        return f"{name.rpartition('.')[2]} came along, but the system offers none ({type(error).__name__})"


def tray() -> str:
    """What draws the icon and the window came along, and what the system has to bring is there."""
    for module in ("pystray", "webview", "PIL.Image"):
        if importlib.util.find_spec(module) is None:
            raise ValueError(f"{module} is missing")
    from app.tray.images import picture  # noqa: F401, PLC0415 - its pictures are read when it is used

    if sys.platform != "linux":
        return "the system's own"
    from app.core.system_gi import find_gi  # noqa: PLC0415 - on Linux only

    if problem := find_gi():
        if getattr(sys, "frozen", False):
            raise ValueError(problem)
        raise Absent(problem)
    return _typelibs()


def autostart(folder: Path) -> str:
    """Switched on and off again in a folder of its own; where there is only the person's own, that is just read."""
    from app.core.own_command import own_command  # noqa: PLC0415 - late, like everything of the tray's
    from app.tray.autostart import autostart_of  # noqa: PLC0415

    command = own_command(os.environ, quiet=True)
    entry = autostart_of(command, {"XDG_CONFIG_HOME": str(folder)})
    if sys.platform != "linux":
        return f"{'on' if entry.is_on() else 'off'}; it would start {command.program}"
    entry.turn_on()
    on = entry.is_on()
    entry.turn_off()
    if not on or entry.is_on():
        raise ValueError("it can't be switched on and off")
    return f"it would start {command.program}"


def updates() -> str:
    """What checks signatures came along, believes a right one and no other."""
    import minisign  # noqa: PLC0415 - brings cryptography, which a start need not wait for

    keys = minisign.KeyPair.generate()
    signature = keys.secret_key.sign(b"true")
    keys.public_key.verify(b"true", signature)
    try:
        keys.public_key.verify(b"false", signature)
    except minisign.Error:
        return "a changed text is refused"
    raise ValueError("a changed text is believed")


def _typelibs() -> str:
    gi: Any = importlib.import_module("gi")
    wanted = {"icon": (("AyatanaAppIndicator3", "0.1"), ("AppIndicator3", "0.1")), "window": (("WebKit2", "4.1"),)}
    gi.require_version("Gtk", "3.0")
    importlib.import_module("gi.repository.GLib")  # with its overrides, which import much of the standard library
    found: list[str] = []
    for use, choices in wanted.items():
        for name, version in choices:
            try:
                gi.require_version(name, version)
                found.append(f"{use}: {name} {version}")
                break
            except ValueError:
                continue
        else:
            found.append(f"{use}: this system has none")
    if all(part.endswith("none") for part in found):
        raise Absent("; ".join(found))
    return "; ".join(found)


def _promised() -> bool:
    """Whether this package is meant to have the CLI. A checkout is; a package says so by its folder."""
    from app.proxy.engines.agent_sdk.command import bundled_cli  # noqa: PLC0415 - takes 0.8 s

    return not getattr(sys, "frozen", False) or bundled_cli().parent.is_dir()


def engine_program_missing() -> bool:
    """True in a package that was built without the CLI."""
    return not _promised()
