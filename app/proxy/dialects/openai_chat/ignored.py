"""What the app asked for and will not get: told in a header, by the names the app used, never dropped in silence.

A value that changes nothing (a penalty of 0, a tier of "auto") is no wish and is not told.
"""

from __future__ import annotations

from app.proxy.dialects.openai_chat.parameters import HOTTEST, USER_ID_CHARACTERS, stop_sequences, user_id
from app.proxy.dialects.openai_chat.schema import AssistantMessage, ChatRequest, FunctionMessage, ToolMessage


def ignored_names(request: ChatRequest) -> tuple[str, ...]:
    """Members of the request, and of its messages as `messages.name`, in a fixed order."""
    hot = request.temperature is not None and request.temperature > HOTTEST
    wishes = {
        "messages.name": _has_names(request),
        "messages.reasoning_content": _has_reasoning(request),
        "temperature": hot,
        "stop": any(sequence and not sequence.strip() for sequence in stop_sequences(request)),
        "response_format": request.response_format is not None and request.response_format.type == "json_object",
        "reasoning.exclude": request.reasoning is not None and request.reasoning.exclude,
        "logprobs": request.logprobs,
        "top_logprobs": request.top_logprobs,
        "seed": request.seed is not None,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "repetition_penalty": request.repetition_penalty not in (None, 1),
        "min_p": request.min_p,
        "top_a": request.top_a,
        "logit_bias": request.logit_bias,
        "store": request.store,
        "metadata": request.metadata,
        "prediction": request.prediction,
        "audio": request.audio,
        "prompt_cache_key": request.prompt_cache_key,
        "prompt_cache_retention": request.prompt_cache_retention,
        "stream_options.include_obfuscation": request.stream_options and request.stream_options.include_obfuscation,
        "service_tier": request.service_tier not in (None, "auto", "default"),
        "verbosity": request.verbosity not in (None, "medium"),
        "user": len(user_id(request) or "") > USER_ID_CHARACTERS,
    }
    return tuple(name for name, wished in wishes.items() if wished)


def _has_names(request: ChatRequest) -> bool:
    """Claude has no place for who said a message; a name put before the text would become part of it."""
    return any(
        message.name
        for message in request.messages or ()
        if not isinstance(message, ToolMessage | FunctionMessage)  # there it names the function
    )


def _has_reasoning(request: ChatRequest) -> bool:
    """Past reasoning is worthless to the service without its signature, and this shape has no place for that."""
    return any(
        message.reasoning_content or message.reasoning
        for message in request.messages or ()
        if isinstance(message, AssistantMessage)
    )
