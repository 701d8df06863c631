"""Functions that the app runs, the choice among them, and the arguments of past calls."""

from __future__ import annotations

import re

from app.proxy.dialects.json_body import decode_json
from app.proxy.dialects.openai_responses.schema import ChosenTool, ResponsesRequest
from app.proxy.dialects.openai_responses.schema import Tool as SentTool
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import AnyTool, AutoTool, JsonObject, NamedTool, NoTool, Tool, ToolChoice

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CHOICES: dict[str, ToolChoice] = {"auto": AutoTool(), "none": NoTool(), "required": AnyTool()}


def tools(request: ResponsesRequest) -> tuple[Tool, ...]:
    """The tools on offer; raises Refused for one that the service itself would have to run."""
    found: dict[str, Tool] = {}
    for index, sent in enumerate(request.tools or ()):
        tool = _tool(sent, f"tools[{index}]")
        if tool.name in found:
            raise invalid(f"tools has {tool.name} more than once.", "tools", "invalid_value")
        found[tool.name] = tool
    return tuple(found.values())


def tool_choice(request: ResponsesRequest, offered: tuple[Tool, ...]) -> ToolChoice | None:
    """How the model may choose; None when the app didn't say, or there is nothing to choose."""
    match request.tool_choice:
        case None:
            return None
        case str(word) if word in _CHOICES:
            choice = _CHOICES[word]
        case ChosenTool(type="function", name=str(name)):
            if name not in {tool.name for tool in offered}:
                said = f"tool_choice.name: {name[:80]!r} is not one of the tools."
                raise invalid(said, "tool_choice.name", "invalid_value")
            return NamedTool(name)
        case _:
            said = "tool_choice must be auto, none, required or one function."
            raise invalid(said, "tool_choice", "unsupported_value")
    if offered:
        return choice
    if isinstance(choice, AnyTool):
        raise invalid("tool_choice asks for a call, but there are no tools.", "tool_choice", "invalid_value")
    return None


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


def _tool(sent: SentTool, param: str) -> Tool:
    if sent.type != "function":
        raise invalid(
            f"{param}.type: {sent.type[:60]!r} is not served by Tidegate, which runs no tools. Offer it as a function "
            "that the app runs.",
            f"{param}.type",
            "unsupported_value",
        )
    if sent.name is None:
        raise invalid(f"{param}.name is missing.", f"{param}.name", "missing_required_parameter")
    schema = {"type": "object", **(sent.parameters or {"properties": {}})}
    if schema["type"] != "object":
        at = f"{param}.parameters"
        raise invalid(f"{at} must be a JSON Schema of type object.", at, "invalid_value")
    return Tool(tool_name(sent.name, f"{param}.name"), sent.description or None, schema, sent.strict)
