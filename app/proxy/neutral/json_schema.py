"""Fits a JSON Schema to what the service can hold an answer to; what it can't is told the model in the descriptions.

Sources: the service's documentation of structured outputs, and what its own client libraries take out of a schema.
Apps write schemas for other services, which take limits, formats and patterns that this one answers with a 400.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from app.proxy.neutral.turn import JsonObject

_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"},
)
_KEPT = frozenset({"type", "title", "description", "default", "enum", "const", "required"})
_UNDERSTOOD = frozenset(
    {*_KEPT, "$ref", "$defs", "definitions", "anyOf", "oneOf", "allOf", "properties", "additionalProperties", "items"}
)
_LIMITS = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "pattern", "format",
        "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains",
        "minProperties", "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas",
        "not", "if", "then", "else", "nullable",
    }
)  # fmt: skip
"""What narrows the values; any other word that isn't understood says nothing about them and is left out."""
_CHANGES_EVERYTHING = frozenset({"patternProperties", "prefixItems", "$dynamicRef", "$recursiveRef"})
_DEFINITIONS = ("$defs", "definitions")


class Enforceable(msgspec.Struct, frozen=True):
    """A schema that the service takes."""

    schema: JsonObject
    told: tuple[str, ...]
    """The keywords that now only stand in descriptions, in alphabetical order."""


def enforceable(schema: JsonObject) -> Enforceable | None:
    """The schema as the service takes it: itself where nothing is wrong with it.

    None when no such schema allows the same answers: objects of any members, values of any type, recursion.
    """
    fitting = _Fitting()
    try:
        fitted = fitting.node(schema)
    except _UnfitError:
        return None
    if _is_recursive(fitted):
        return None
    return Enforceable(fitted, tuple(sorted(fitting.told)))


class _UnfitError(Exception):
    """Whatever were left of the schema would allow other answers."""


class _Fitting(msgspec.Struct):
    """Walks through one schema and notes what it had to move."""

    told: set[str] = msgspec.field(default_factory=set)

    def node(self, schema: object) -> dict[str, Any]:
        if not isinstance(schema, Mapping) or not _CHANGES_EVERYTHING.isdisjoint(schema):
            raise _UnfitError
        fitted: dict[str, Any] = {
            name: {key: self.node(inner) for key, inner in _members(schema[name]).items()}
            for name in _DEFINITIONS
            if name in schema
        }
        if "$ref" in schema:
            return {"$ref": _local(schema["$ref"]), **fitted}
        fitted |= {name: schema[name] for name in schema if name in _KEPT}
        self._choices(schema, fitted)
        self._inside(schema, fitted)
        return self._with_limits(schema, fitted)

    def _choices(self, schema: Mapping[str, Any], fitted: dict[str, Any]) -> None:
        for name in ("anyOf", "oneOf", "allOf"):
            if name in schema:
                fitted["allOf" if name == "allOf" else "anyOf"] = [self.node(inner) for inner in _listed(schema[name])]
        values = [*_listed(schema.get("enum", [])), *([schema["const"]] if "const" in schema else [])]
        if any(isinstance(value, Mapping | list) for value in values):
            raise _UnfitError
        typed = {"type", "anyOf", "allOf", "enum", "const"} & fitted.keys()
        if not typed and "properties" in schema:
            fitted["type"] = "object"
        elif not typed and "items" in schema:
            fitted["type"] = "array"
        elif not typed:
            raise _UnfitError  # a value of any type

    def _inside(self, schema: Mapping[str, Any], fitted: dict[str, Any]) -> None:
        types = fitted.get("type", [])
        types = [types] if isinstance(types, str) else _listed(types)
        if "object" in types:
            fitted["properties"] = {
                key: self.node(inner) for key, inner in _members(schema.get("properties", {})).items()
            }
            if schema.get("additionalProperties", False) is not False:
                self.told.add("additionalProperties")
            if not fitted["properties"] and schema.get("additionalProperties") is not False:
                raise _UnfitError  # members of any name
            fitted["additionalProperties"] = False
        if "array" in types:
            if "items" not in schema:
                raise _UnfitError
            fitted["items"] = self.node(schema["items"])

    def _with_limits(self, schema: Mapping[str, Any], fitted: dict[str, Any]) -> dict[str, Any]:
        moved: dict[str, Any] = {}
        for name, value in schema.items():
            if name in _UNDERSTOOD:
                continue
            if (name == "format" and str(value) in _FORMATS) or (name == "minItems" and value in (0, 1)):
                fitted[name] = value
            elif name in _LIMITS:
                moved[name] = value
        if moved:
            self.told |= moved.keys()
            limits = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in moved.items())
            fitted["description"] = " ".join(filter(None, [str(fitted.get("description") or ""), f"({limits})"]))
        return fitted


def _members(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _UnfitError
    return value


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _UnfitError
    return value


def _local(ref: object) -> str:
    if not isinstance(ref, str) or not ref.startswith(tuple(f"#/{name}/" for name in _DEFINITIONS)):
        raise _UnfitError
    return ref


def _is_recursive(schema: Mapping[str, Any]) -> bool:
    """Whether a definition refers to itself, however far around; the service refuses that."""
    definitions = {
        f"#/{name}/{key}": set(_refs(inner)) for name in _DEFINITIONS for key, inner in schema.get(name, {}).items()
    }
    settled: set[str] = set()
    while ready := {key for key, refs in definitions.items() if key not in settled and refs <= settled}:
        settled |= ready
    return len(settled) < len(definitions) or not set(_refs(schema)) <= settled


def _refs(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(ref := node.get("$ref"), str):
            yield ref
        for inner in node.values():
            yield from _refs(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _refs(inner)
