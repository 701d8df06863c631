"""How to answer, from the many names for it."""

from __future__ import annotations

from app.proxy.dialects.openai_chat import thinking
from app.proxy.dialects.openai_chat.schema import ChatRequest, ResponseFormat
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import JsonObject, Parameters

HOTTEST = 1.0
"""Claude's scale of temperature ends where OpenAI's has its middle."""
USER_ID_CHARACTERS = 256


def parameters(request: ChatRequest) -> Parameters:
    """The parameters of the turn; raises Refused for values that make no sense."""
    limit, counts_thinking = _limit(request)
    single_call = request.functions and not request.tools  # the older shape can't tell of two calls
    return Parameters(
        max_output_tokens=limit,
        limit_counts_thinking=counts_thinking,
        temperature=None if request.temperature is None else min(request.temperature, HOTTEST),
        top_p=None if request.top_p == 1 else request.top_p,  # 1 leaves everything in, and some models refuse even that
        top_k=request.top_k if request.top_k and request.top_k > 0 else None,
        stop=tuple(sequence for sequence in stop_sequences(request) if sequence.strip()),
        effort=thinking.effort(request),
        thinking=thinking.mode(request),
        json_schema=_json_schema(request.response_format),
        parallel_tool_calls=False if single_call else request.parallel_tool_calls,
        user_id=user_id(request) if len(user_id(request) or "") <= USER_ID_CHARACTERS else None,
    )


def stop_sequences(request: ChatRequest) -> list[str]:
    """All that the app sent; the service takes none that is only white space."""
    return [request.stop] if isinstance(request.stop, str) else request.stop or []


def user_id(request: ChatRequest) -> str | None:
    """Who the app says its user is, in the older and the newer member."""
    return request.user or request.safety_identifier or None


def _limit(request: ChatRequest) -> tuple[int | None, bool]:
    """The limit and whether thinking counts towards it; -1 is LM Studio's word for no limit."""
    name, limit = "max_completion_tokens", request.max_completion_tokens
    if limit is None:
        name, limit = "max_tokens", request.max_tokens
    if limit is None or limit == -1:
        return None, True
    if not 1 <= limit < 2**31:
        raise invalid(f"{name} must be a number from 1 up.", name, "invalid_value")
    return limit, name == "max_completion_tokens"


def _json_schema(asked: ResponseFormat | None) -> JsonObject | None:
    if asked is None or asked.type in ("text", "json_object"):
        return None
    if asked.type != "json_schema":
        raise invalid(
            "response_format.type must be text, json_object or json_schema.",
            "response_format.type",
            "unsupported_value",
        )
    if asked.json_schema is None or asked.json_schema.schema is None:
        param = "response_format.json_schema.schema"
        raise invalid(f"{param} is missing.", param, "missing_required_parameter")
    return asked.json_schema.schema
