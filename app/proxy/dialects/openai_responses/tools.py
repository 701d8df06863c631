"""Functions that the app runs, the choice among them, and the arguments of past calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.proxy.dialects.functions import object_schema, tool_name
from app.proxy.dialects.openai_responses.schema import AllowedTool, ChosenTool, ResponsesRequest
from app.proxy.dialects.openai_responses.schema import Tool as SentTool
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import AnyTool, AutoTool, NamedTool, NoTool, Tool, ToolChoice

_CHOICES: dict[str, ToolChoice] = {"auto": AutoTool(), "none": NoTool(), "required": AnyTool()}


def tools(request: ResponsesRequest) -> tuple[Tool, ...]:
    """The tools on offer, only those that the choice allows; raises Refused for one that the service would run."""
    found: dict[str, Tool] = {}
    for index, sent in enumerate(request.tools or ()):
        tool = _tool(sent, f"tools[{index}]")
        if tool.name in found:
            raise invalid(f"tools has {tool.name} more than once.", "tools", "invalid_value")
        found[tool.name] = tool
    chosen = request.tool_choice
    if isinstance(chosen, ChosenTool) and chosen.type == "allowed_tools" and chosen.tools is not None:
        return _allowed(chosen.tools, found)
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
        case ChosenTool(type="allowed_tools", mode="auto" | "required" as mode):
            choice = _CHOICES[mode]
        case _:
            said = "tool_choice must be auto, none, required or one function."
            raise invalid(said, "tool_choice", "unsupported_value")
    if offered:
        return choice
    if isinstance(choice, AnyTool):
        raise invalid("tool_choice asks for a call, but there are no tools.", "tool_choice", "invalid_value")
    return None


def _allowed(allowed: Sequence[AllowedTool], found: Mapping[str, Tool]) -> tuple[Tool, ...]:
    names = {tool.name for tool in allowed if tool.name}
    if strangers := names - found.keys():
        said = f"tool_choice.tools: {min(strangers)[:80]!r} is not one of the tools."
        raise invalid(said, "tool_choice.tools", "invalid_value")
    return tuple(tool for tool in found.values() if tool.name in names)


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
    schema = object_schema(sent.parameters, f"{param}.parameters")
    return Tool(tool_name(sent.name, f"{param}.name"), sent.description or None, schema, sent.strict)
