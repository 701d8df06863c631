"""What the Messages API allows and nothing behind Tidegate can honour: refused, or reported as ignored.

Refused is what would change what the model may do, what comes back or who pays; the rest only tunes an answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.proxy.dialects.anthropic_messages.schema import (
    Block,
    ImageBlock,
    MessagesRequest,
    TextBlock,
    ThinkingBlock,
    Tool,
)
from app.proxy.neutral.fault import invalid

_CODE = "unsupported_parameter"
_REFUSED = ("mcp_servers", "container", "thread", "compaction", "billing_policy")
_DEFAULTS: dict[str, object] = {
    "service_tier": "auto",
    "speed": "standard",
    "inference_geo": None,
    "context_management": None,
    "diagnostics": None,
    "fallbacks": None,
    "fallback_credit_token": None,
    "user_profile_id": None,
    "workspace_id": None,
}


def refuse_unserved(request: MessagesRequest) -> None:
    """Raise Refused for the first member that can't be left out without answering another question."""
    for name in _REFUSED:
        if getattr(request, name) not in (None, [], {}):
            raise invalid(f"{name} is not served by Tidegate. Send the request without it.", name, _CODE)


def refuse_hosted_tool(tool: Tool, index: int) -> None:
    """Raise Refused for a tool that the service defines or runs; Tidegate takes those the app describes and runs."""
    if tool.type is None or tool.type == "custom":
        return
    param = f"tools[{index}].type"
    said = f"{param}: {tool.type[:60]!r} is not served by Tidegate."
    raise invalid(f"{said} Send tools of type 'custom', which the app runs itself.", param, _CODE)


def ignored_names(request: MessagesRequest) -> tuple[str, ...]:
    """Names of what was sent and has no effect, each once."""
    return tuple(dict.fromkeys(_ignored(request)))


def _ignored(request: MessagesRequest) -> Iterator[str]:
    for name, default in _DEFAULTS.items():
        if getattr(request, name) not in (None, default):
            yield name
    if request.thinking and request.thinking.display:
        yield "thinking.display"
    if request.output_config and request.output_config.task_budget is not None:
        yield "output_config.task_budget"
    for tool in request.tools or ():
        yield from _ignored_of_tool(tool)
    for message in request.messages or ():
        if isinstance(message.content, list):
            for block in message.content:
                yield from _ignored_of_block(block, message.role)


def _ignored_of_tool(tool: Tool) -> Iterator[str]:
    if tool.allowed_callers not in (None, ["direct"]):
        yield "tools.allowed_callers"
    if tool.defer_loading:
        yield "tools.defer_loading"
    if tool.eager_input_streaming is not None:
        yield "tools.eager_input_streaming"
    if tool.input_examples:
        yield "tools.input_examples"


def _ignored_of_block(block: Block, role: str) -> Iterator[str]:
    match block:
        case TextBlock(citations=[_, *_]) if role != "assistant":  # only the model cites
            yield "messages.content.citations"
        case ImageBlock(transformations=changes) if changes:
            yield "messages.content.transformations"
        case ThinkingBlock(signature=signature) if not signature:
            yield "messages.content.thinking"
        case _:
            pass
