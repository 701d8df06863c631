"""Functions that the app runs, the choice among them, and the arguments of past calls."""

from __future__ import annotations

from app.proxy.dialects.functions import object_schema, tool_name
from app.proxy.dialects.openai_responses.schema import ChosenTool, ResponsesRequest
from app.proxy.dialects.openai_responses.schema import Tool as SentTool
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import AnyTool, AutoTool, NamedTool, NoTool, Tool, ToolChoice

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
