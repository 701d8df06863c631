"""How to answer, what that can't honour, and what can't be asked for at all."""

from __future__ import annotations

from app.proxy.dialects.openai_responses.schema import Format, ResponsesRequest
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import JsonObject, Parameters, ThinkingAdaptive, ThinkingMode, ThinkingOff

HOTTEST = 1.0
"""Claude's scale of temperature ends where OpenAI's has its middle."""
USER_ID_CHARACTERS = 256
ENCRYPTED = "reasoning.encrypted_content"

_EFFORTS = {"minimal": "low", **{word: word for word in ("low", "medium", "high", "xhigh", "max")}}
_UNSAID = {None, "", "auto", "default"}
_REFUSED = {
    "background": "Tidegate answers while the app waits. Leave it out.",
    "conversation": "Tidegate keeps none of these. Send previous_response_id or the whole conversation.",
    "prompt": "Tidegate stores no prompts. Send instructions and input.",
    "moderation": "Tidegate moderates nothing. Leave it out.",
}


def refuse_impossible(request: ResponsesRequest) -> None:
    """Raise Refused for what would change the answer so much that leaving it out would be a lie."""
    if not request.input and not request.previous_response_id:
        raise invalid("input is missing.", "input", "missing_required_parameter")
    for name, reason in _REFUSED.items():
        if getattr(request, name) not in (None, False, {}, []):
            raise invalid(f"{name} is not supported: {reason}", name, "unsupported_parameter")


def parameters(request: ResponsesRequest) -> Parameters:
    """The parameters of the turn; raises Refused for values that make no sense."""
    user = user_id(request)
    return Parameters(
        max_output_tokens=_limit(request.max_output_tokens),
        temperature=None if request.temperature is None else min(request.temperature, HOTTEST),
        top_p=None if request.top_p == 1 else request.top_p,  # 1 leaves everything in, and some models refuse even that
        effort=_effort(request),
        thinking=_thinking(request),
        json_schema=_json_schema(_format(request)),
        parallel_tool_calls=request.parallel_tool_calls if request.tools else None,
        user_id=user if len(user or "") <= USER_ID_CHARACTERS else None,
    )


def wants_any_json(request: ResponsesRequest) -> bool:
    """JSON of no particular schema, which no engine can force."""
    asked = _format(request)
    return asked is not None and asked.type == "json_object"


def wants_sealed_thinking(request: ResponsesRequest) -> bool:
    return ENCRYPTED in (request.include or ())


def user_id(request: ResponsesRequest) -> str | None:
    """Who the app says its user is, in the older and the newer member."""
    return request.user or request.safety_identifier or None


def ignored_names(request: ResponsesRequest, *, lost_reasoning: bool) -> tuple[str, ...]:
    """What was asked for and has no effect; a value that changes nothing is no wish and is not told."""
    wishes = {
        "input.reasoning": lost_reasoning,
        "temperature": request.temperature is not None and request.temperature > HOTTEST,
        "text.format": wants_any_json(request),
        "text.verbosity": request.text is not None and request.text.verbosity not in (None, "medium"),
        "include": any(name != ENCRYPTED for name in request.include or ()),
        "truncation": request.truncation not in (None, "disabled"),
        "service_tier": request.service_tier not in (None, "auto", "default"),
        "max_tool_calls": request.max_tool_calls is not None,
        "top_logprobs": request.top_logprobs,
        "prompt_cache_key": request.prompt_cache_key,
        "prompt_cache_retention": request.prompt_cache_retention,
        "context_management": request.context_management,
        "stream_options.include_obfuscation": request.stream_options and request.stream_options.include_obfuscation,
        "user": len(user_id(request) or "") > USER_ID_CHARACTERS,
    }
    return tuple(name for name, wished in wishes.items() if wished)


def _limit(limit: int | None) -> int | None:
    if limit is None or limit == -1:  # LM Studio's word for no limit
        return None
    if not 1 <= limit < 2**31:
        raise invalid("max_output_tokens must be a number from 1 up.", "max_output_tokens", "invalid_value")
    return limit


def _effort(request: ResponsesRequest) -> str | None:
    word = request.reasoning.effort if request.reasoning else None
    if word in _UNSAID or word == "none":
        return None
    if word not in _EFFORTS:
        choices = ", ".join(["none", *_EFFORTS])
        raise invalid(f"reasoning.effort must be one of {choices}.", "reasoning.effort", "invalid_value")
    return _EFFORTS[word]


def _thinking(request: ResponsesRequest) -> ThinkingMode | None:
    """An effort above none asks for thinking."""
    word = request.reasoning.effort if request.reasoning else None
    if word in _UNSAID:
        return None
    return ThinkingOff() if word == "none" else ThinkingAdaptive()


def _format(request: ResponsesRequest) -> Format | None:
    return request.text.format if request.text else None


def _json_schema(asked: Format | None) -> JsonObject | None:
    if asked is None or asked.type in ("text", "json_object"):
        return None
    if asked.type != "json_schema":
        param = "text.format.type"
        raise invalid(f"{param} must be text, json_object or json_schema.", param, "unsupported_value")
    if asked.schema is None:
        raise invalid("text.format.schema is missing.", "text.format.schema", "missing_required_parameter")
    return asked.schema
