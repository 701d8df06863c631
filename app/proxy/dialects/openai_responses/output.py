"""What a response consists of: its head, which says the request again, and one item for each block of the answer."""

from __future__ import annotations

from typing import Any

from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.dialects.openai_responses.parameters import wants_sealed_thinking
from app.proxy.dialects.openai_responses.reasoning import item_id, sealed
from app.proxy.dialects.openai_responses.schema import ChosenTool, Format, ResponsesRequest
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import StopReason, Usage
from app.proxy.neutral.turn import AssistantBlock, RedactedThinking, Text, Thinking, ToolUse

_INCOMPLETE = {
    StopReason.MAX_TOKENS: "max_output_tokens",
    StopReason.CONTEXT_WINDOW_EXCEEDED: "max_output_tokens",
    StopReason.REFUSAL: "content_filter",
}


def response_id(request_id: str) -> str:
    return f"resp_{request_id}"


def whole_response(asked: ResponsesAsked, reply: Reply, request_id: str) -> bytes:
    """The body of an answer that is not streamed; also what is stored."""
    output = [item(asked, block, request_id, index) for index, block in enumerate(reply.content)]
    return json_bytes({**head(asked, request_id), **ending(reply.reason, reply.usage), "output": output})


def head(asked: ResponsesAsked, request_id: str) -> dict[str, Any]:
    """A response that has only begun."""
    request = asked.request
    reasoning = request.reasoning
    return {
        "id": response_id(request_id),
        "object": "response",
        "created_at": asked.created,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": request.instructions,
        "max_output_tokens": asked.turn.parameters.max_output_tokens,
        "max_tool_calls": None,
        "model": asked.turn.model,
        "output": [],
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": request.previous_response_id or None,
        "reasoning": {
            "effort": reasoning.effort if reasoning else None,
            "summary": reasoning.summary if reasoning else None,
        },
        "safety_identifier": request.safety_identifier,
        "service_tier": "default",
        "store": asked.stores,
        "temperature": request.temperature,
        "text": {"format": _format(request.text.format if request.text else None)},
        "tool_choice": _tool_choice(request),
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.input_schema),
                "strict": tool.strict,
            }
            for tool in asked.turn.tools
        ],
        "top_p": request.top_p,
        "truncation": "disabled",
        "usage": None,
        "user": request.user,
        "metadata": request.metadata or {},
    }


def ending(reason: StopReason, usage: Usage) -> dict[str, Any]:
    """The members that an ended response has in place of those of one that has only begun."""
    incomplete = _INCOMPLETE.get(reason)
    return {
        "status": "incomplete" if incomplete else "completed",
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "usage": _usage(usage),
    }


def item(
    asked: ResponsesAsked, block: AssistantBlock, request_id: str, index: int, status: str = "completed"
) -> dict[str, Any]:
    """The output item of a block; `index`: its place in the answer, and so in the output."""
    match block:
        case Text(text):
            part = [text_part(text)] if status != "in_progress" else []
            id_ = item_id("msg", request_id, index)
            return {"id": id_, "type": "message", "status": status, "role": "assistant", "content": part}
        case ToolUse(call_id, name, given):
            arguments = json_bytes(given).decode() if status != "in_progress" else ""
            return call_item(item_id("fc", request_id, index), call_id, name, arguments, status)
        case Thinking() | RedactedThinking():
            return _reasoning(asked, block, item_id("rs", request_id, index), status)


def call_item(id_: str, call_id: str, name: str, arguments: str, status: str) -> dict[str, Any]:
    """`arguments` is JSON text, unless the answer was cut off in the middle of it."""
    return {
        "id": id_, "type": "function_call", "status": status, "call_id": call_id, "name": name, "arguments": arguments
    }  # fmt: skip


def text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def summary_part(text: str) -> dict[str, str]:
    return {"type": "summary_text", "text": text}


def _reasoning(asked: ResponsesAsked, block: Thinking | RedactedThinking, id_: str, status: str) -> dict[str, Any]:
    text = block.text if isinstance(block, Thinking) else ""
    found: dict[str, Any] = {"id": id_, "type": "reasoning", "summary": [summary_part(text)] if text else []}
    if status != "in_progress" and wants_sealed_thinking(asked.request):
        found["encrypted_content"] = sealed(block)
    return found


def _format(asked: Format | None) -> dict[str, Any]:
    if asked is None or asked.type != "json_schema":
        return {"type": asked.type if asked else "text"}
    return {
        "type": "json_schema",
        "name": asked.name or "answer",
        "schema": asked.schema,
        "strict": asked.strict,
        "description": asked.description,
    }


def _tool_choice(request: ResponsesRequest) -> str | dict[str, Any]:
    match request.tool_choice:
        case None:
            return "auto"
        case str(word):
            return word
        case ChosenTool(type="allowed_tools", mode=mode, tools=allowed):
            tools = [{"type": tool.type, "name": tool.name} for tool in allowed or ()]
            return {"type": "allowed_tools", "mode": mode, "tools": tools}
        case chosen:
            return {"type": "function", "name": chosen.name}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.whole_input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_creation_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.thinking_tokens or 0},  # clients insist on a number
        "total_tokens": usage.whole_input_tokens + usage.output_tokens,
    }
