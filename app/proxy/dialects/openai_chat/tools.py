"""Tools, the choice among them, and the arguments of past calls, in today's spelling and the older `functions`."""

from __future__ import annotations

from app.proxy.dialects.functions import object_schema, tool_name
from app.proxy.dialects.openai_chat.content import cache_mark
from app.proxy.dialects.openai_chat.schema import AllowedTools, ChatRequest, ChosenFunction, ChosenTool, Function
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import AnyTool, AutoTool, CacheMark, NamedTool, NoTool, Tool, ToolChoice

_CHOICES: dict[str, ToolChoice] = {"auto": AutoTool(), "none": NoTool(), "required": AnyTool(), "any": AnyTool()}


def tools(request: ChatRequest) -> tuple[Tool, ...]:
    """The tools on offer, of those only the ones the choice allows; raises Refused for one that is no function."""
    found: list[Tool] = []
    for index, given in enumerate(request.tools or ()):
        param = f"tools[{index}]"
        if given.type != "function":
            raise invalid(
                f"{param}.type must be function; {given.type[:60]!r} is not supported.",
                f"{param}.type",
                "unsupported_value",
            )
        if given.function is None:
            raise invalid(f"{param}.function is missing.", f"{param}.function", "missing_required_parameter")
        found.append(_tool(given.function, f"{param}.function", cache_mark(given.cache_control)))
    found += [_tool(function, f"functions[{index}]") for index, function in enumerate(request.functions or ())]
    names = [tool.name for tool in found]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"tools has {name} more than once.", "tools", "invalid_value")
    chosen = request.tool_choice
    if isinstance(chosen, ChosenTool) and chosen.type == "allowed_tools" and chosen.allowed_tools:
        return _allowed(chosen.allowed_tools, found)
    return tuple(found)


def tool_choice(request: ChatRequest, offered: tuple[Tool, ...]) -> ToolChoice | None:
    """How the model may choose; None when the app didn't say, or there is nothing to choose."""
    param = "tool_choice" if request.tool_choice is not None else "function_call"
    choice: ToolChoice | None
    match request.tool_choice if request.tool_choice is not None else request.function_call:
        case None:
            return None
        case str(word) if word in _CHOICES:
            choice = _CHOICES[word]
        case ChosenTool(type="function", function=ChosenFunction(name=name)) | ChosenFunction(name=name):
            choice = NamedTool(name)
        case ChosenTool(type="allowed_tools", allowed_tools=AllowedTools(mode="auto" | "required" as mode)):
            choice = _CHOICES[mode]
        case _:
            raise invalid(f"{param} must be auto, none, required or one function.", param, "unsupported_value")
    if isinstance(choice, NamedTool) and choice.name not in {tool.name for tool in offered}:
        raise invalid(f"{param} names {choice.name[:80]!r}, which is not among the tools.", param, "invalid_value")
    if offered:
        return choice
    if isinstance(choice, AnyTool):
        raise invalid(f"{param} asks for a call, but there are no tools.", param, "invalid_value")
    return None


def _allowed(allowed: AllowedTools, found: list[Tool]) -> tuple[Tool, ...]:
    names = {tool.function.name for tool in allowed.tools if tool.function}
    if strangers := names - {tool.name for tool in found}:
        param = "tool_choice.allowed_tools.tools"
        raise invalid(f"{param} names {min(strangers)[:80]!r}, which is not among the tools.", param, "invalid_value")
    return tuple(tool for tool in found if tool.name in names)


def _tool(function: Function, param: str, mark: CacheMark | None = None) -> Tool:
    schema = object_schema(function.parameters, f"{param}.parameters")
    name = tool_name(function.name, f"{param}.name")
    return Tool(name, function.description or None, schema, function.strict, mark)
