"""Names, arguments and parameters of functions, which the shapes have in common."""

from __future__ import annotations

import re

from app.proxy.dialects.json_body import decode_json
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import JsonObject

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def tool_name(name: str, param: str) -> str:
    """The name as it is; raises Refused for one that the service would refuse."""
    if not _NAME.fullmatch(name):
        raise invalid(f"{param} must be 1 to 128 letters, digits, _ or -", param, "invalid_value")
    return name


def arguments(given: str | dict[str, object] | None, param: str) -> JsonObject:
    """The arguments of a past call; raises Refused for text that is no JSON object."""
    if given is None or (isinstance(given, str) and given.strip() in ("", "null")):
        return {}
    if not isinstance(given, str):
        return given  # type: ignore[return-value]  # decoded from JSON, so it holds nothing else
    return decode_json(given.encode(), dict, param)


def object_schema(parameters: JsonObject | None, param: str) -> JsonObject:
    """A function's parameters as the schema of an object; raises Refused for any other.

    Some apps write null for what they leave out, which JSON Schema doesn't know.
    """
    schema = dict(parameters or {"properties": {}})
    for name in ("type", "properties", "required"):
        if schema.get(name, ...) is None:
            del schema[name]
    if schema.setdefault("type", "object") != "object":
        raise invalid(f"{param} must be a JSON Schema of type object.", param, "invalid_value")
    return schema
