"""Reads and writes `config.toml`. A person's own comments and order survive a change made through the dashboard."""

from __future__ import annotations

import os
import tempfile
import threading
import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import cast

from app.core.errors import UsageError
from app.core.settings_layers import Given, Layer, fields, settings_from, unknown

_WRITING = threading.Lock()
"""A change reads the file and writes it anew, so two at once would lose one."""


def file_layer(path: Path) -> Layer:
    """What the file says; nothing when there is none. Raises UsageError on what can't be understood."""
    try:
        text = _text(path)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The settings file {path} can't be read: {error}. Mend or remove it.") from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The settings file {path} is not valid TOML: {error}. Mend or remove it.") from error
    known = fields()
    sections = {name.split(".")[0] for name in known}
    layer: dict[str, Given] = {}
    for section, values in tree.items():
        if section not in sections or not isinstance(values, Mapping):
            raise unknown("There is no section", section, f"in {path}", sections)
        for key, value in values.items():
            name = f"{section}.{key}"
            if name not in known:
                raise unknown("There is no setting", name, f"in {path}", known)
            layer[name] = Given(value, f"in {path}")
    return layer


def write(path: Path, changes: Mapping[str, object]) -> None:
    """Set `section.field` values in the file; None takes a field out again. All or nothing; raises UsageError."""
    import tomlkit  # noqa: PLC0415  only a change needs it, and it costs more to load than all of core

    with _WRITING:
        layer = dict(file_layer(path))
        for name, value in changes.items():
            if value is None:
                layer.pop(name, None)
            else:
                layer[name] = Given(value, "as asked")
        settings_from(layer)
        try:
            document = tomlkit.parse(_text(path) if path.exists() else "")
            for name, value in changes.items():
                section, key = name.split(".")
                if section not in document:
                    document.add(section, tomlkit.table())
                # file_layer has seen that it is one; it may be written as a table, in one line, or in pieces.
                table = cast("MutableMapping[str, object]", document[section])
                if value is not None:
                    table[key] = value
                elif key in table:
                    del table[key]
            replace_file(path.resolve(), tomlkit.dumps(document))  # a link, to where a person keeps such files, stays
        except OSError as error:
            raise UsageError(
                f"The settings file {path} can't be written: {error.strerror}. Mend that first."
            ) from error


def _text(path: Path) -> str:
    """Without the mark that Windows' editors put at the beginning; raises OSError or UnicodeDecodeError."""
    return path.read_text(encoding="utf-8-sig")


def replace_file(path: Path, text: str) -> None:
    """Write beside the file and swap, so that a crash leaves the old or the new one; readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
