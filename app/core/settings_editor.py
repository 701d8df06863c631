"""Every setting as a person sees and changes it: its value, where that comes from, what it means, what is allowed."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin

from msgspec import Meta

from app.core.errors import UsageError
from app.core.setting_words import WORDS, Words
from app.core.settings import Settings
from app.core.settings_file import file_layer, write
from app.core.settings_layers import (
    Given,
    Layer,
    allowed,
    environment_layer,
    fields,
    settings_from,
    unknown,
    variable_of,
)

Source: TypeAlias = Literal["default", "file", "environment", "command line"]
LIVE = frozenset(
    {
        "access.allowed_origins",
        "access.any_key",
        "upkeep.auth_refresh_hours",
        "history.days",
        "history.total_days",
        "updates.check",
        "updates.skipped",
        "updates.feed",
        "tray.notifications",
        "tray.icon",
        "log.level",
    }
)
"""Take effect at once. Port and host move the server, which is a restart that Tidegate does by itself."""
MOVES = frozenset({"server.port", "server.host"})
_UNITS = ("seconds", "minutes", "hours", "days", "mb")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as the dashboard shows it."""

    name: str
    value: object
    default: object
    source: Source
    origin: str | None
    """The variable or option that wins over the file, if one does."""
    kind: Literal["int", "number", "str", "bool", "list", "map", "choice"]
    choices: tuple[str, ...] | None
    words: Words
    allowed: str
    least: float | None
    most: float | None
    unit: str | None
    restart: bool
    """True: works from the next start on."""


@dataclass(frozen=True, slots=True)
class Change:
    """What came of a change."""

    before: Settings
    after: Settings
    applied: tuple[str, ...]
    """Names that work now."""
    moves: tuple[str, ...]
    """Names for which the server has to move to another address."""
    needs_restart: bool


class SettingsEditor:
    """Lives as long as the program; belongs to one thread at a time."""

    def __init__(self, file: Path, options: Layer, environ: Mapping[str, str]) -> None:
        """`options`: what the command line said."""
        self._file = file
        self._options = options
        self._environment = environment_layer(environ)

    def current(self) -> Settings:
        """As they would be after a start now; raises UsageError when the file won't do."""
        return settings_from(self._options, self._environment, file_layer(self._file))

    def problem(self) -> str:
        """Why a start now could not use them, as a sentence; empty when it could."""
        try:
            self.current()
        except UsageError as error:
            return str(error)
        return ""

    def listed(self) -> tuple[Setting, ...]:
        """All of them, in the order they are written; raises UsageError."""
        current, written = self.current(), file_layer(self._file)
        return tuple(
            Setting(
                name=name,
                value=_plain_value(_of(current, name)),
                default=_plain_value(_of(Settings(), name)),
                source=self._source(name, written),
                origin=self._origin(name),
                kind=_kind(kind),
                choices=_choices(kind),
                words=WORDS[name],
                allowed=allowed(kind),
                least=_limits(kind).ge,
                most=_limits(kind).le,
                unit=_unit(name),
                restart=name not in LIVE | MOVES,
            )
            for name, kind in fields().items()
        )

    def waiting(self, running: Settings) -> tuple[str, ...]:
        """Names that have another value since the program started with `running`, and work only after a restart."""
        current = self.current()
        return tuple(name for name in fields() if name not in LIVE | MOVES and _of(current, name) != _of(running, name))

    def planned(self, values: Mapping[str, object]) -> Settings:
        """As they would be after the change; raises UsageError when it can't be made."""
        for name in values:
            if name not in fields():
                raise unknown("There is no setting", name, "as asked", fields())
            if origin := self._origin(name):
                raise UsageError(f"{name} is set by {origin}, which wins over the file. Change it there.")
        layer = dict(file_layer(self._file))
        for name, value in values.items():
            layer.pop(name, None)
            if value is not None:
                layer[name] = Given(value, "as asked")
        return settings_from(self._options, self._environment, layer)

    def change(self, values: Mapping[str, object]) -> Change:
        """Write values into the file, None to take one out; raises UsageError and then changes nothing."""
        self.planned(values)
        before = self.current()
        write(self._file, values)
        after = self.current()
        changed = [name for name in fields() if _of(before, name) != _of(after, name)]
        return Change(
            before,
            after,
            applied=tuple(name for name in changed if name in LIVE),
            moves=tuple(name for name in changed if name in MOVES),
            needs_restart=any(name not in LIVE | MOVES for name in changed),
        )

    def _source(self, name: str, written: Layer) -> Source:
        if name in self._options:
            return "command line"
        if name in self._environment:
            return "environment"
        return "file" if name in written else "default"

    def _origin(self, name: str) -> str | None:
        if name in self._options:
            return "the command line"
        return variable_of(name) if name in self._environment else None


def _of(settings: Settings, name: str) -> object:
    section, key = name.split(".")
    return getattr(getattr(settings, section), key)


def _plain_value(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _bare(kind: object) -> object:
    """The type without its limits and without None."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return _bare(next(option for option in get_args(kind) if option is not type(None)))
    return kind


def _limits(kind: object) -> Meta:
    return next((extra for extra in get_args(kind)[1:] if isinstance(extra, Meta)), Meta())


def _kind(kind: object) -> Literal["int", "number", "str", "bool", "list", "map", "choice"]:
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return "choice"
    if get_origin(bare) is tuple:
        return "list"
    if bare is bool:
        return "bool"
    if bare in (int, float):
        return "int" if bare is int else "number"
    return "str" if bare is str else "map"


def _choices(kind: object) -> tuple[str, ...] | None:
    bare = _bare(kind)
    return tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else None


def _unit(name: str) -> str | None:
    last = name.rsplit("_", 1)[-1].rsplit(".", 1)[-1]
    return last if last in _UNITS else None
