"""A fitted turn as the body of a Messages API request, and the service's model list as ours."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from app.proxy.engines.api_blocks import ApiObject, api_block, api_message
from app.proxy.neutral.capabilities import (
    Capabilities,
    Sampling,
    ThinkingSwitch,
    capabilities_of,
    lineage_of,
)
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.turn import (
    AnyTool,
    AutoTool,
    NamedTool,
    NoTool,
    Parameters,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingMode,
    ThinkingOff,
    Tool,
    ToolChoice,
    Turn,
)

LONG_CONTEXT = "[1m]"
"""The ending of an id that asks for a million tokens of context."""
_DEFAULT_RANK = ("opus", "sonnet", "haiku", "fable", "mythos")
"""Best first for a chat app that takes the first of the list: what the service recommends, dearer ones later."""


def request_body(turn: Turn, model: Capabilities, max_tokens: int) -> ApiObject:
    """The streaming request for a turn that was fitted to the model."""
    asked = turn.parameters
    plain = {
        "temperature": asked.temperature,
        "top_p": asked.top_p,
        "top_k": asked.top_k,
        "stop_sequences": list(asked.stop) or None,
        "metadata": None if asked.user_id is None else {"user_id": asked.user_id},
    }
    given = {name: value for name, value in plain.items() if value is not None}
    return {**counted_body(turn, model), "max_tokens": max_tokens, "stream": True, **given}


def counted_body(turn: Turn, model: Capabilities) -> ApiObject:
    """The part of the request that decides how many input tokens it has."""
    body: ApiObject = {
        "model": turn.model.removesuffix(LONG_CONTEXT),
        "messages": [api_message(message) for message in turn.messages],
    }
    if turn.system:
        body["system"] = [api_block(text) for text in turn.system]
    if turn.tools:
        body["tools"] = [_tool(tool) for tool in turn.tools]
        if choice := _tool_choice(turn.tool_choice, turn.parameters):
            body["tool_choice"] = choice
    if turn.parameters.thinking is not None:
        body["thinking"] = _thinking(turn.parameters.thinking, model)
    if output := _output_config(turn.parameters):
        body["output_config"] = output
    return body


def served_models(listed: Iterable[Mapping[str, Any]]) -> tuple[ServedModel, ...]:
    """The model list of the service as ours, best first: the newest of each family, then the older ones."""
    newest_first = sorted(listed, key=lambda info: str(info.get("created_at") or ""), reverse=True)
    models = [_served_model(info) for info in newest_first if info.get("lifecycle") != "retired"]
    leaders: dict[str, ServedModel] = {}
    for model in models:
        leaders.setdefault(_family(model), model)
    ranked = sorted(leaders.values(), key=lambda model: _rank(_family(model)))
    return (*ranked, *(model for model in models if model not in ranked))


def reported_capabilities(info: Mapping[str, Any]) -> Capabilities:
    """What the service's list says of a model, over the rule for what the list leaves open."""
    rule = capabilities_of(str(info["id"]))
    rule = replace(
        rule,
        context_tokens=info.get("max_input_tokens") or rule.context_tokens,
        max_output_tokens=info.get("max_tokens") or rule.max_output_tokens,
    )
    reported = info.get("capabilities") or {}
    if effort := reported.get("effort"):
        rule = replace(rule, efforts=tuple(name for name in _EFFORTS if _supported(effort.get(name))))
    if types := (reported.get("thinking") or {}).get("types"):
        rule = replace(
            rule,
            adaptive_thinking=_supported(types.get("adaptive")),
            thinking_budget=_supported(types.get("enabled")),
            thinking_off=next((switch for switch in ThinkingSwitch if _supported(types.get(switch.value))), None),
        )
    return rule


_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def _served_model(info: Mapping[str, Any]) -> ServedModel:
    model = reported_capabilities(info)
    images = (info.get("capabilities") or {}).get("image_input")
    return ServedModel(
        id=str(info["id"]),
        display_name=str(info.get("display_name") or info["id"]),
        context_tokens=model.context_tokens,
        max_output_tokens=model.max_output_tokens,
        created=_seconds(str(info.get("created_at") or "")),
        efforts=model.efforts,
        thinking_can_be_off=model.thinking_off is not None,
        accepts_images=images is None or _supported(images),
    )


def _supported(answer: object) -> bool:
    return isinstance(answer, Mapping) and answer.get("supported") is True


def _seconds(created_at: str) -> int:
    try:
        return calendar.timegm(time.strptime(created_at[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0


def _family(model: ServedModel) -> str:
    lineage = lineage_of(model.id)
    return lineage[0] if lineage else model.id


def _rank(family: str) -> int:
    return _DEFAULT_RANK.index(family) if family in _DEFAULT_RANK else len(_DEFAULT_RANK)


def _tool(tool: Tool) -> ApiObject:
    body: ApiObject = {"name": tool.name, "input_schema": dict(tool.input_schema)}
    if tool.description is not None:
        body["description"] = tool.description
    if tool.strict is not None:
        body["strict"] = tool.strict
    if tool.cache:
        body["cache_control"] = {"type": "ephemeral"} | ({"ttl": tool.cache.ttl} if tool.cache.ttl else {})
    return body


def _tool_choice(choice: ToolChoice | None, asked: Parameters) -> ApiObject | None:
    parallel = asked.parallel_tool_calls
    one_at_a_time = {} if parallel is None else {"disable_parallel_tool_use": not parallel}
    match choice:
        case None:
            return {"type": "auto", **one_at_a_time} if one_at_a_time else None
        case AutoTool():
            return {"type": "auto", **one_at_a_time}
        case AnyTool():
            return {"type": "any", **one_at_a_time}
        case NamedTool(name):
            return {"type": "tool", "name": name, **one_at_a_time}
        case NoTool():
            return {"type": "none"}


def _thinking(mode: ThinkingMode, model: Capabilities) -> ApiObject:
    match mode:
        case ThinkingOff():
            return {"type": (model.thinking_off or ThinkingSwitch.DISABLED).value}
        case ThinkingBudget(tokens):
            return {"type": "enabled", "budget_tokens": tokens}
        case ThinkingAdaptive():
            # Who asks for thinking wants to read it; the models that take no sampling leave it out unless told.
            shown = {"display": "summarized"} if model.sampling is Sampling.NONE else {}
            return {"type": "adaptive", **shown}


def _output_config(asked: Parameters) -> ApiObject:
    config: ApiObject = {}
    if asked.effort is not None:
        config["effort"] = asked.effort
    if asked.json_schema is not None:
        config["format"] = {"type": "json_schema", "schema": dict(asked.json_schema)}
    return config
