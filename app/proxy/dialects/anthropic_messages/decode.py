"""A request of the Messages API as a turn; every refusal names the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import get_args

from msgspec.structs import replace

from app.proxy.dialects import Asked
from app.proxy.dialects.anthropic_messages import schema
from app.proxy.dialects.anthropic_messages.content import cache_mark, system_texts
from app.proxy.dialects.anthropic_messages.conversation import conversation
from app.proxy.dialects.anthropic_messages.unserved import ignored_names, refuse_hosted_tool, refuse_unserved
from app.proxy.dialects.functions import object_schema, tool_name
from app.proxy.dialects.json_body import decode_json
from app.proxy.dialects.session_key import session_key
from app.proxy.neutral.fault import Refused, invalid
from app.proxy.neutral.turn import (
    AnyTool,
    AutoTool,
    CacheMark,
    JsonObject,
    Message,
    NamedTool,
    NoTool,
    Parameters,
    RedactedThinking,
    Thinking,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingMode,
    ThinkingOff,
    Tool,
    ToolChoice,
    Turn,
)

_BLOCK_TYPE = re.compile(r"messages\[\d+\]\.content\[\d+\]\.type")


def decode(body: bytes, headers: Mapping[str, str]) -> Asked:
    """The request as a turn; raises Refused. `headers` has lower-case names."""
    request = _read(body)
    refuse_unserved(request)
    key = session_key(headers, request.session_id)
    talk = conversation(request.messages or (), continued=key is not None)
    messages = talk.messages
    if mark := cache_mark(request.cache_control):
        messages = _marked(messages, mark)
    tools = _tools(request.tools or ())
    turn = Turn(
        model=request.model or "",
        messages=messages,
        system=system_texts(request.system, "system") + talk.system,
        tools=tools,
        tool_choice=_tool_choice(request.tool_choice, tools),
        parameters=_parameters(request),
        ignored=ignored_names(request) + _unserved_headers(headers),
        session_key=key,
    )
    return Asked(turn, streaming=bool(request.stream))


def _unserved_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What switches on features that are not served yet: apps send it always, and it changes nothing here."""
    return ("anthropic-beta",) if headers.get("anthropic-beta") else ()


def _read(body: bytes) -> schema.MessagesRequest:
    try:
        return decode_json(body, schema.MessagesRequest)
    except Refused as refused:
        fault = refused.fault
        if not (fault.param and _BLOCK_TYPE.fullmatch(fault.param)):
            raise
        served = ", ".join(str(kind.__struct_config__.tag) for kind in get_args(schema.Block))
        raise Refused(replace(fault, message=f"{fault.message} Served are: {served}.")) from None


def _marked(messages: tuple[Message, ...], mark: CacheMark) -> tuple[Message, ...]:
    """The mark on the last block that takes one, unless the app marked that itself."""
    last = messages[-1]
    for index in reversed(range(len(last.content))):
        block = last.content[index]
        if isinstance(block, Thinking | RedactedThinking):
            continue
        marked = replace(block, cache=block.cache or mark)
        content = (*last.content[:index], marked, *last.content[index + 1 :])
        return (*messages[:-1], replace(last, content=content))
    return messages


def _tools(sent: Sequence[schema.Tool]) -> tuple[Tool, ...]:
    tools: dict[str, Tool] = {}
    for index, tool in enumerate(sent):
        refuse_hosted_tool(tool, index)
        param = f"tools[{index}]"
        if tool.input_schema is None:
            raise invalid(f"{param}.input_schema is missing.", f"{param}.input_schema", "missing_required_parameter")
        if tool.name in tools:
            raise invalid(f"{param}.name: {tool.name[:80]!r} is there twice.", f"{param}.name", "invalid_value")
        name = tool_name(tool.name, f"{param}.name")
        schema_ = object_schema(tool.input_schema, f"{param}.input_schema")
        tools[name] = Tool(name, tool.description, schema_, tool.strict, cache_mark(tool.cache_control))
    return tuple(tools.values())


def _tool_choice(sent: schema.ToolChoice | None, tools: Sequence[Tool]) -> ToolChoice | None:
    if sent is None:
        return None
    match sent.type:
        case "auto":
            return AutoTool() if tools else None
        case "none":
            return NoTool() if tools else None
        case "any":
            if not tools:
                raise invalid("tool_choice: there are no tools to choose from.", "tool_choice", "invalid_value")
            return AnyTool()
        case "tool":
            if sent.name is None:
                raise invalid("tool_choice.name is missing.", "tool_choice.name", "missing_required_parameter")
            if all(tool.name != sent.name for tool in tools):
                message = f"tool_choice.name: {sent.name[:80]!r} is not one of the tools."
                raise invalid(message, "tool_choice.name", "invalid_value")
            return NamedTool(sent.name)


def _parameters(request: schema.MessagesRequest) -> Parameters:
    config = request.output_config or schema.OutputConfig()
    return Parameters(
        max_output_tokens=request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        top_k=request.top_k,
        stop=_stop(request.stop_sequences or ()),
        effort=config.effort,
        thinking=_thinking(request.thinking),
        json_schema=_json_schema(config.format or request.output_format),
        parallel_tool_calls=_parallel(request.tool_choice),
        user_id=request.metadata.user_id if request.metadata else None,
    )


def _stop(sequences: Sequence[str]) -> tuple[str, ...]:
    for index, sequence in enumerate(sequences):
        if not sequence or sequence.isspace():
            param = f"stop_sequences[{index}]"
            raise invalid(f"{param} is blank; it would stop at once.", param, "invalid_value")
    return tuple(sequences)


def _thinking(config: schema.ThinkingConfig | None) -> ThinkingMode | None:
    if config is None:
        return None
    match config.type:
        case "disabled" | "between_tools":  # the model's own word for off is chosen where the model is known
            return ThinkingOff()
        case "adaptive":
            return ThinkingAdaptive()
        case "enabled":
            if config.budget_tokens is None:
                message = "thinking.budget_tokens is missing; without a budget send thinking.type adaptive."
                raise invalid(message, "thinking.budget_tokens", "missing_required_parameter")
            return ThinkingBudget(config.budget_tokens)


def _json_schema(format_: schema.OutputFormat | None) -> JsonObject | None:
    return format_.schema if format_ else None


def _parallel(choice: schema.ToolChoice | None) -> bool | None:
    if choice is None or choice.disable_parallel_tool_use is None:
        return None
    return not choice.disable_parallel_tool_use
