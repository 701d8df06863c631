"""`tidegate key`: shows, makes, lists and takes back the keys of chat apps. A running Tidegate notices by itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.core.errors import SecretsUnavailable, UsageError
from app.core.paths import paths_from
from app.core.secrets import KeptIn, SecretName, Secrets, fixed_key, keyring_of, new_key

if TYPE_CHECKING:
    from app.core.app_keys import AppKeys

ACTIONS = ("show", "new", "list", "revoke")


def key_command(action: str, name: str, environ: Mapping[str, str]) -> int:
    """Do one of ACTIONS; `name` is the app's, or empty for the default key. Raises TidegateError."""
    match action, name:
        case "new", "":
            return _renew(environ)
        case "new", _:
            return _make(name, environ)
        case "show", "":
            return _show(environ)
        case "show", _:
            raise UsageError(
                f"The key called {name} was shown when it was made and isn't kept. Revoke it and make a new one."
            )
        case "list", _:
            return _list(environ)
        case _, "":
            raise UsageError("Say which key: `tidegate key list` names them.")
        case _:
            return _revoke(name, environ)


def _show(environ: Mapping[str, str]) -> int:
    if fixed := fixed_key(environ):
        print(fixed)
        return 0
    secrets = Secrets(keyring_of(paths_from(environ)))
    kept = secrets.read(SecretName.LOCAL_KEY)
    if kept is None and secrets.problem:
        raise SecretsUnavailable(
            f"{secrets.problem} The key is a new one at each start: read it where Tidegate was started, "
            "or set TIDEGATE_API_KEY to one of yours."
        )
    if kept is None:
        raise UsageError("There is no key yet. Start Tidegate once, or run `tidegate key new`.")
    print(kept)
    return 0


def _renew(environ: Mapping[str, str]) -> int:
    if fixed_key(environ):
        raise UsageError("TIDEGATE_API_KEY fixes the key. Unset it first, then ask for a new one.")
    secrets = Secrets(keyring_of(paths_from(environ)))
    value = new_key()
    if secrets.keep(SecretName.LOCAL_KEY, value) is not KeptIn.KEYRING:
        raise SecretsUnavailable(
            f"{secrets.problem} The default key can't be kept here: make a key for each app, as with "
            "`tidegate key new Chatbox`, or set TIDEGATE_API_KEY to one of yours."
        )
    _app_keys(environ).renewed(value)
    print(value)
    print("Give your chat apps this key; the one before no longer works.", file=sys.stderr)
    return 0


def _make(name: str, environ: Mapping[str, str]) -> int:
    print(_app_keys(environ).add(name))
    print(f"This is the key for {name}. Copy it now: it is not kept, and can't be shown again.", file=sys.stderr)
    return 0


def _revoke(name: str, environ: Mapping[str, str]) -> int:
    if not _app_keys(environ).remove(name):
        raise UsageError(f"There is no key called {name}. `tidegate key list` names them.")
    print(f"The key for {name} no longer works.")
    return 0


def _list(environ: Mapping[str, str]) -> int:
    keys = _app_keys(environ)
    rows = [("NAME", "ENDS IN", "MADE", "LAST USED"), ("default", "", "", _moment(keys.last_used("default")))]
    rows += [(key.name, key.last_four, _moment(key.created), _moment(key.last_used)) for key in keys.listed()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _moment(unix_seconds: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_seconds)) if unix_seconds else "never"


def _app_keys(environ: Mapping[str, str]) -> AppKeys:
    from app.core.app_keys import AppKeys  # noqa: PLC0415  the command line starts without it

    return AppKeys(paths_from(environ).app_keys, default_key="")
