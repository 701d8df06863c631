"""Builds the settings out of what the command line, the environment and the file say: the first that says so wins.

Each value is checked by itself, so that a complaint can name the field, the value, what is allowed and where it stood.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from app.core.errors import UsageError
from app.core.settings import Env, Settings

PREFIX = "TIDEGATE_"
OTHER_VARIABLES = frozenset({"TIDEGATE_HOME", "TIDEGATE_API_KEY"})
"""Variables of ours that are no settings: where the state is, and a secret."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody wrote it."""

    value: object
    origin: str
    """Where it stood, for a complaint: `in config.toml`, `from --port`, …"""
    textual: bool = False
    """True: text that has to be read as whatever the field is (environment, command line)."""


Layer: TypeAlias = Mapping[str, Given]
"""`section.field` → value."""


def settings_from(*layers: Layer) -> Settings:
    """Merge the layers, strongest first, over the defaults; raises UsageError."""
    merged: dict[str, Given] = {}
    for layer in reversed(layers):
        merged.update(layer)
    known = fields()
    tree: dict[str, dict[str, object]] = {}
    for name, given in merged.items():
        if name not in known:
            raise unknown("There is no setting", name, given.origin, known)
        section, key = name.split(".")
        tree.setdefault(section, {})[key] = _checked(name, given, known[name])
    settings = msgspec.convert(tree, Settings)
    if settings.server.hard_exit_seconds < settings.server.drain_seconds:
        raise UsageError(
            "server.hard_exit_seconds may not be less than server.drain_seconds: "
            f"{settings.server.hard_exit_seconds:g} < {settings.server.drain_seconds:g}."
        )
    return settings


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """What `TIDEGATE_*` variables say; an empty one says nothing. Raises UsageError on one that means nothing."""
    variables = {variable_of(name): name for name in fields()}
    layer: dict[str, Given] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_VARIABLES or not value:
            continue
        if variable not in variables:
            raise unknown("There is no variable", variable, "in the environment", [*variables, *OTHER_VARIABLES])
        layer[variables[variable]] = Given(value, f"from {variable}", textual=True)
    return layer


def fields() -> dict[str, object]:
    """`section.field` → the field's annotated type, in the order they are written."""
    found: dict[str, object] = {}
    for section, kind in get_type_hints(Settings).items():
        hints = get_type_hints(kind, include_extras=True)
        found |= {f"{section}.{entry.name}": hints[entry.name] for entry in dataclasses.fields(kind)}
    return found


def variable_of(name: str) -> str:
    """The environment variable of `section.field`."""
    for extra in get_args(fields()[name])[1:]:
        if isinstance(extra, Env):
            return extra.name
    return PREFIX + name.replace(".", "_").upper()


def unknown(complaint: str, name: str, origin: str, known: Iterable[str]) -> UsageError:
    """The error for a name nobody knows; proposes the nearest."""
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    advice = f" Did you mean {nearest[0]}?" if nearest else ""
    return UsageError(f"{complaint} {name} ({origin}).{advice}")


def _checked(name: str, given: Given, kind: object) -> object:
    value = _read(given.value, kind) if given.textual else given.value
    try:
        return msgspec.convert(value, kind, strict=not given.textual)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name} = {given.value!r} ({given.origin}) won't do: expected {allowed(kind)}.") from error


def _read(value: object, kind: object) -> object:
    """Text with commas for a field of several values; `name=id` pairs for a mapping."""
    parts = [part.strip() for part in str(value).split(",") if part.strip()]
    match get_origin(_plain(kind)):
        case origin if origin is tuple:
            return parts
        case origin if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
            pairs = [part.partition("=") for part in parts]
            return {left.strip(): right.strip() or None for left, _, right in pairs}  # None is refused with a sentence
        case _:
            return value


def allowed(kind: object) -> str:
    """What a field takes, in words."""
    meta = next((extra for extra in get_args(kind)[1:] if isinstance(extra, msgspec.Meta)), msgspec.Meta())
    plain = _plain(kind)
    if get_origin(plain) is Literal:
        return "one of " + ", ".join(map(str, get_args(plain)))
    if get_origin(plain) in (Union, types.UnionType):
        return allowed(next(option for option in get_args(plain) if option is not type(None)))
    if get_origin(plain) is tuple:
        inner = get_args(plain)[0]
        return "a list of web origins such as https://chat.example" if _is_origin(inner) else "a list of texts"
    if plain in (int, float):
        bounds = f" from {meta.ge:,g} to {meta.le:,g}" if meta.ge is not None and meta.le is not None else ""
        return ("a whole number" if plain is int else "a number") + bounds
    if plain is bool:
        return "true or false"
    return "a text" if plain is str else "names and what they stand for, such as name=model"


def _plain(kind: object) -> object:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_origin(kind: object) -> bool:
    return any(isinstance(extra, msgspec.Meta) and extra.pattern for extra in get_args(kind)[1:])
