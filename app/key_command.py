"""`tidegate key`: shows, makes, lists and takes back the keys of chat apps. A running Tidegate notices by itself."""

from __future__ import annotations

import json
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


def key_command(action: str, name: str, environ: Mapping[str, str], *, as_json: bool) -> int:
    """Do one of ACTIONS; `name` is the app's, or empty for the default key. Raises TidegateError."""
    match action, name:
        case "new", "":
            _tell_key(
                "default", _renew(environ), "Give your chat apps this key; the one before no longer works.", as_json
            )
        case "new", _:
            kept = f"This is the key for {name}. Copy it now: it is not kept, and can't be shown again."
            _tell_key(name, _app_keys(environ).add(name), kept, as_json)
        case "show", "":
            _tell_key("default", _shown(environ), "", as_json)
        case "show", _:
            raise UsageError(
                f"The key called {name} was shown when it was made and isn't kept. Revoke it and make a new one."
            )
        case "list", _:
            _list(environ, as_json=as_json)
        case _, "":
            raise UsageError("Say which key: `tidegate key list` names them.")
        case _:
            _revoke(name, environ, as_json=as_json)
    return 0


def _tell_key(name: str, key: str, sentence: str, as_json: bool) -> None:  # noqa: FBT001  private
    """The key alone on standard output, so that it can be piped; what a person must know beside it."""
    if as_json:
        print(json.dumps({"ok": True, "name": name, "key": key, "sentence": sentence}))
        return
    print(key)
    if sentence:
        print(sentence, file=sys.stderr)


def _shown(environ: Mapping[str, str]) -> str:
    if fixed := fixed_key(environ):
        return fixed
    secrets = Secrets(keyring_of(paths_from(environ)))
    kept = secrets.read(SecretName.LOCAL_KEY)
    if kept is None and secrets.problem:
        raise SecretsUnavailable(
            f"{secrets.problem} The key is a new one at each start: read it where Tidegate was started, "
            "or set TIDEGATE_API_KEY to one of yours."
        )
    if kept is None:
        raise UsageError("There is no key yet. Start Tidegate once, or run `tidegate key new`.")
    return kept


def _renew(environ: Mapping[str, str]) -> str:
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
    return value


def _revoke(name: str, environ: Mapping[str, str], *, as_json: bool) -> None:
    if not _app_keys(environ).remove(name):
        raise UsageError(f"There is no key called {name}. `tidegate key list` names them.")
    sentence = f"The key for {name} no longer works."
    print(json.dumps({"ok": True, "name": name, "sentence": sentence}) if as_json else sentence)


def _list(environ: Mapping[str, str], *, as_json: bool) -> None:
    keys = _app_keys(environ)
    if as_json:
        default = {"name": "default", "ends_in": None, "created": None, "last_used": keys.last_used("default")}
        each = [
            {"name": key.name, "ends_in": key.last_four, "created": key.created, "last_used": key.last_used}
            for key in keys.listed()
        ]
        print(json.dumps([default, *each], indent=2))
        return
    rows = [("NAME", "ENDS IN", "MADE", "LAST USED"), ("default", "", "", _moment(keys.last_used("default")))]
    rows += [(key.name, key.last_four, _moment(key.created), _moment(key.last_used)) for key in keys.listed()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _moment(unix_seconds: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(unix_seconds)) if unix_seconds else "never"


def _app_keys(environ: Mapping[str, str]) -> AppKeys:
    from app.core.app_keys import AppKeys  # noqa: PLC0415  the command line starts without it

    return AppKeys(paths_from(environ).app_keys, default_key="")
