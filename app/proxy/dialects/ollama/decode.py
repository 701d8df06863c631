"""A request of Ollama's interface as a neutral turn."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.proxy.dialects import Asked
from app.proxy.dialects.functions import object_schema, tool_name
from app.proxy.dialects.json_body import decode_json
from app.proxy.dialects.ollama.conversation import conversation, user_blocks
from app.proxy.dialects.ollama.schema import ChatRequest, GenerateRequest, Options, ShowRequest, Tool
from app.proxy.dialects.session_key import session_key
from app.proxy.neutral import turn
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import Parameters, Text, ThinkingAdaptive, ThinkingMode, ThinkingOff, Turn, UserMessage

JSON_ONLY = Text("Write the whole answer as one JSON object, without a code fence and without any words around it.")
"""What `format: json` becomes: no engine can force an object of no particular schema."""

_HONOURED = {"temperature", "top_p", "top_k", "num_predict", "stop"}
_TAG = ":latest"
"""What apps append to a name that has no tag."""


class NothingAsked(Exception):
    """There is no question in the request: an app wants the model loaded or unloaded."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model


def chat(body: bytes, headers: Mapping[str, str]) -> Asked:
    """The turn of POST /api/chat; raises Refused naming the field, NothingAsked when there are no messages."""
    request = decode_json(body, ChatRequest)
    if not request.messages:
        raise NothingAsked(model_name(request.model))
    system, messages = conversation(request.messages)
    thoughts = any(getattr(message, "thinking", None) for message in request.messages)
    ignored = ("messages.thinking",) if thoughts else ()
    return _asked(request, headers, system, messages, tools=_tools(request.tools or ()), ignored=ignored)


def generate(body: bytes, headers: Mapping[str, str]) -> Asked:
    """The turn of POST /api/generate; raises Refused naming the field, NothingAsked without a prompt."""
    request = decode_json(body, GenerateRequest)
    if not request.prompt and not request.images:
        raise NothingAsked(model_name(request.model))
    if request.suffix:
        raise invalid("suffix is not supported: Claude does not fill gaps in a text.", "suffix", "unsupported_value")
    blocks = user_blocks(request.prompt, request.images, "images")
    if not blocks:
        raise invalid("prompt has nothing in it.", "prompt", "invalid_value")
    system = (Text(request.system),) if request.system and request.system.strip() else ()
    wishes = {"template": request.template, "raw": request.raw, "context": request.context}
    ignored = tuple(name for name, wished in wishes.items() if wished)
    return _asked(request, headers, system, (UserMessage(blocks),), ignored=ignored)


def shown_model(body: bytes) -> str:
    """The model that POST /api/show is about; raises Refused."""
    request = decode_json(body, ShowRequest)
    return model_name(request.model or request.name)


def model_name(name: str | None) -> str:
    """The id behind an app's name for it."""
    return (name or "").strip().removesuffix(_TAG) or "default"


def _asked(
    request: ChatRequest | GenerateRequest,
    headers: Mapping[str, str],
    system: tuple[Text, ...],
    messages: tuple[turn.Message, ...],
    *,
    tools: tuple[turn.Tool, ...] = (),
    ignored: tuple[str, ...] = (),
) -> Asked:
    options = request.options or Options()
    any_json = request.format == "json"
    if any_json:
        ignored = (*ignored, "format")
    return Asked(
        Turn(
            model=model_name(request.model),
            messages=messages,
            system=system,
            once=(JSON_ONLY,) if any_json else (),
            tools=tools,
            parameters=_parameters(request, options),
            ignored=(*ignored, *_ignored_names(request, options)),
            session_key=session_key(headers, None),
        ),
        streaming=request.stream is not False,
    )


def _parameters(request: ChatRequest | GenerateRequest, options: Options) -> Parameters:
    stop = [options.stop] if isinstance(options.stop, str) else options.stop or []
    limit = options.num_predict
    return Parameters(
        max_output_tokens=limit if limit and limit > 0 else None,
        limit_counts_thinking=False,
        temperature=None if options.temperature is None else min(options.temperature, 1.0),
        top_p=None if options.top_p == 1 else options.top_p,
        top_k=options.top_k if options.top_k and options.top_k > 0 else None,
        stop=tuple(sequence for sequence in stop if sequence.strip()),
        effort=request.think if isinstance(request.think, str) else None,
        thinking=_thinking(request.think),
        json_schema=_json_schema(request.format),
    )


def _thinking(asked: bool | str | None) -> ThinkingMode | None:  # noqa: FBT001 - as the app sent it
    if asked is None:
        return None
    if isinstance(asked, str) and asked not in ("low", "medium", "high"):
        raise invalid("think must be true, false, low, medium or high.", "think", "invalid_value")
    return ThinkingAdaptive() if asked else ThinkingOff()


def _json_schema(asked: str | dict[str, object] | None) -> turn.JsonObject | None:
    if isinstance(asked, str):
        if asked not in ("", "json"):
            raise invalid("format must be json or a JSON Schema.", "format", "invalid_value")
        return None
    return asked or None  # type: ignore[return-value]  # decoded from JSON, so it holds nothing else


def _tools(given: list[Tool] | tuple[()]) -> tuple[turn.Tool, ...]:
    found: dict[str, turn.Tool] = {}
    for index, tool in enumerate(given):
        param = f"tools[{index}]"
        if tool.type != "function":
            raise invalid(f"{param}.type must be function.", f"{param}.type", "unsupported_value")
        name = tool.function.name
        if name in found:
            raise invalid(f"tools has {name[:80]} more than once.", param, "invalid_value")
        schema = object_schema(tool.function.parameters, f"{param}.function.parameters")
        found[name] = turn.Tool(tool_name(name, f"{param}.function.name"), tool.function.description or None, schema)
    return tuple(found.values())


def _ignored_names(request: ChatRequest | GenerateRequest, options: Options) -> tuple[str, ...]:
    """What the app set and will not get, under the app's own names."""
    wishes = {name: getattr(options, name) for name in msgspec.structs.asdict(options) if name not in _HONOURED}
    named = [f"options.{name}" for name, wished in wishes.items() if wished is not None]
    if options.temperature is not None and options.temperature > 1:
        named.append("options.temperature")
    if request.logprobs:
        named.append("logprobs")
    return tuple(named)
