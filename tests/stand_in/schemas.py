"""What the service refuses in a JSON Schema that it shall hold an answer or a tool's arguments to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ANYWHERE = {
    "type", "title", "description", "default", "enum", "const", "$ref", "$defs", "definitions", "anyOf", "allOf"
}  # fmt: skip
_OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems"},
    "string": {"format"},
}
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}


def problems(place: str, schema: dict[str, Any]) -> Iterator[str]:
    """A sentence for each thing the service doesn't take, in the order they stand."""
    for node in _nodes(schema):
        kinds = [node.get("type")] if not isinstance(node.get("type"), list) else node["type"]
        allowed = _ANYWHERE.union(*(_OF_TYPE.get(str(kind), set()) for kind in kinds))
        if strangers := sorted(node.keys() - allowed):
            yield f"{place}: For {kinds[0]!r} type, properties {', '.join(strangers)} are not supported"
        if "object" in kinds and node.get("additionalProperties") is not False:
            yield f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
        if node.get("minItems", 0) > 1:
            yield f"{place}: For 'array' type, 'minItems' values other than 0 or 1 are not supported"
        if node.get("format", "date") not in _FORMATS:
            yield f"{place}: String format {node['format']!r} is not supported"


def _nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for name in ("properties", "$defs", "definitions"):
        for inner in schema.get(name, {}).values():
            yield from _nodes(inner)
    for name in ("anyOf", "allOf"):
        for inner in schema.get(name, ()):
            yield from _nodes(inner)
    if isinstance(items := schema.get("items"), dict):
        yield from _nodes(items)
