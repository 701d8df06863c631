"""Fits a turn to the model it goes to: what the model would refuse is left out or replaced, and named."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from msgspec.structs import replace

from app.proxy.neutral.capabilities import Capabilities, Forcing, Sampling
from app.proxy.neutral.conversation import sound_messages, without_prefill
from app.proxy.neutral.json_schema import enforceable
from app.proxy.neutral.turn import (
    AnyTool,
    AutoTool,
    JsonObject,
    NamedTool,
    Parameters,
    Text,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingOff,
    Tool,
    Turn,
)

DEFAULT_BUDGET = 8_192
"""Thinking tokens for a model that wants a number when the app named none."""
SMALLEST_BUDGET = 1_024
"""The service takes no smaller one."""
LEARNABLE = frozenset(
    {"temperature", "top_p", "top_k", "stop", "effort", "thinking", "json_schema", "tool_choice", "user_id", "strict"}
)
"""The names a refusal of the service may teach; `fit` knows how to leave each of them out."""


def fit(turn: Turn, model: Capabilities, learned: Collection[str] = ()) -> tuple[Turn, tuple[str, ...]]:
    """The turn as the model takes it, and the names of what could not be honoured as it was asked.

    `learned`: names that the service refused for this model before. Pure; what the model takes stays untouched.
    """
    turn, ignored = _without(turn, learned)
    for step in (_prefill, _thinking, _forced_tool, _effort, _sampling, _schema, _strict_tools):
        turn, names = step(turn, model)
        ignored += names
    return replace(turn, messages=sound_messages(turn.messages)), tuple(dict.fromkeys(ignored))


def thinks(parameters: Parameters, model: Capabilities) -> bool:
    """Whether the model will think, for a turn that was fitted to it."""
    match parameters.thinking:
        case None:
            return model.thinks_unasked
        case ThinkingOff():
            return False
        case ThinkingAdaptive() | ThinkingBudget():
            return True


def output_limit(parameters: Parameters, model: Capabilities, thinking_allowance: int) -> int:
    """The `max_tokens` for a fitted turn: thinking counts towards it, which old apps' limits don't know."""
    limit = parameters.max_output_tokens
    if limit is None:
        return model.max_output_tokens
    if not parameters.limit_counts_thinking and thinks(parameters, model):
        budget = parameters.thinking.tokens if isinstance(parameters.thinking, ThinkingBudget) else 0
        limit += max(budget, thinking_allowance)
    return min(limit, model.max_output_tokens)


_Step = tuple[Turn, tuple[str, ...]]


def _without(turn: Turn, learned: Collection[str]) -> _Step:
    """Leave out what the service refused for this model before."""
    names: list[str] = []
    for name in sorted(LEARNABLE.intersection(learned)):
        if name == "tool_choice" and isinstance(turn.tool_choice, AnyTool | NamedTool):
            turn = replace(turn, tool_choice=AutoTool())
        elif name == "strict" and any(tool.strict for tool in turn.tools):
            turn = replace(turn, tools=tuple(replace(tool, strict=None) for tool in turn.tools))
        elif name == "json_schema" and turn.parameters.json_schema is not None:
            turn = _asked_in_words(turn, turn.parameters.json_schema)
        elif getattr(turn.parameters, name, None) not in (None, ()):
            turn = _with(turn, **{name: () if name == "stop" else None})
        else:
            continue
        names.append(name)
    return turn, tuple(names)


def _prefill(turn: Turn, model: Capabilities) -> _Step:
    if model.prefill and not thinks(turn.parameters, model):
        return turn, ()
    messages = without_prefill(turn.messages)
    return replace(turn, messages=messages), () if messages == turn.messages else ("prefill",)


def _thinking(turn: Turn, model: Capabilities) -> _Step:
    asked = turn.parameters.thinking
    match asked:
        case None:
            return turn, ()
        case ThinkingOff():
            if not model.can_think:
                return _with(turn, thinking=None), ()
            return (turn, ()) if model.thinking_off else (_with(turn, thinking=None), ("thinking",))
        case ThinkingBudget(tokens) if not model.thinking_budget:
            instead = ThinkingAdaptive() if model.adaptive_thinking and tokens else None
            return _with(turn, thinking=instead), ("thinking",)
        case ThinkingAdaptive() if not model.adaptive_thinking:
            budget = _budget(turn.parameters, model)
            return _with(turn, thinking=budget), () if budget else ("thinking",)
        case ThinkingBudget() | ThinkingAdaptive():
            return turn, ()


def _budget(parameters: Parameters, model: Capabilities) -> ThinkingBudget | None:
    """A budget that leaves half of the app's limit for the answer, or None where there is no room."""
    limit = parameters.max_output_tokens or model.max_output_tokens
    room = limit // 2 if parameters.limit_counts_thinking else DEFAULT_BUDGET
    tokens = min(DEFAULT_BUDGET, room)
    return ThinkingBudget(tokens) if model.thinking_budget and tokens >= SMALLEST_BUDGET else None


def _forced_tool(turn: Turn, model: Capabilities) -> _Step:
    """A forced tool and thinking exclude each other: thinking goes where it can, else the forcing does."""
    if not isinstance(turn.tool_choice, AnyTool | NamedTool) or model.forced_tool is Forcing.ALWAYS:
        return turn, ()
    if model.forced_tool is Forcing.WITHOUT_THINKING:
        if not thinks(turn.parameters, model):
            return turn, ()
        return _with(turn, thinking=ThinkingOff() if model.thinks_unasked else None), ("thinking",)
    match turn.tool_choice:
        case NamedTool(name):
            wish = f"Answer by calling the tool {name}."
        case AnyTool():
            wish = "Answer by calling one of the tools."
    return replace(turn, tool_choice=AutoTool(), system=(*turn.system, Text(wish))), ("tool_choice",)


def _effort(turn: Turn, model: Capabilities) -> _Step:
    asked = turn.parameters.effort
    if asked is None:
        return turn, ()
    allowed = model.efforts
    if isinstance(turn.parameters.thinking, ThinkingOff):  # with thinking off the two strongest are refused
        allowed = tuple(effort for effort in allowed if effort not in ("xhigh", "max"))
    if asked in allowed:
        return turn, ()
    return _with(turn, effort=_weaker(asked, allowed)), ("effort",)


def _weaker(asked: str, allowed: tuple[str, ...]) -> str | None:
    """The strongest allowed effort that is not above the one asked for; the weakest when all are above it."""
    order = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    if asked not in order or not allowed:
        return None
    below = [effort for effort in allowed if order.index(effort) <= order.index(asked)]
    return below[-1] if below else allowed[0]


def _sampling(turn: Turn, model: Capabilities) -> _Step:
    parameters = turn.parameters
    dropped = {name for name in _refused_sampling(parameters, model) if getattr(parameters, name) is not None}
    missed = sorted(dropped - {name for name in ("temperature", "top_p") if getattr(parameters, name) == 1})
    return _with(turn, **dict.fromkeys(dropped)), tuple(missed)


def _refused_sampling(parameters: Parameters, model: Capabilities) -> Iterator[str]:
    if model.sampling is Sampling.NONE:
        yield from ("temperature", "top_p", "top_k")
    elif thinks(parameters, model):  # while it thinks, an older model takes hardly any of them
        yield from ("temperature", "top_k")
        if parameters.top_p is not None and parameters.top_p < 0.95:
            yield "top_p"
    elif model.sampling is Sampling.ONE_OF_TWO and parameters.temperature is not None:
        yield "top_p"


def _schema(turn: Turn, model: Capabilities) -> _Step:  # noqa: ARG001 - a step like the others
    asked = turn.parameters.json_schema
    if asked is None:
        return turn, ()
    found = enforceable(asked)
    if found is None:
        return _asked_in_words(turn, asked), ("json_schema",)
    return _with(turn, json_schema=found.schema), tuple(f"json_schema.{name}" for name in found.told)


def _asked_in_words(turn: Turn, schema: JsonObject) -> Turn:
    """An answer of this schema, wished for where it can't be forced."""
    wish = (
        "Answer with a single JSON value and nothing else: no code fence, no words before or after it. "
        f"It must fit this JSON Schema:\n{json.dumps(schema, ensure_ascii=False)}"
    )
    return _with(replace(turn, system=(*turn.system, Text(wish))), json_schema=None)


def _strict_tools(turn: Turn, model: Capabilities) -> _Step:  # noqa: ARG001 - a step like the others
    """A tool whose parameters can't be held to their schema stays, with its schema untouched."""
    tools = tuple(replace(tool, strict=None) if tool.strict and not _is_strict(tool) else tool for tool in turn.tools)
    return replace(turn, tools=tools), () if tools == turn.tools else ("strict",)


def _is_strict(tool: Tool) -> bool:
    found = enforceable(tool.input_schema)
    return found is not None and found.schema == tool.input_schema


def _with(turn: Turn, **changed: Any) -> Turn:  # noqa: ANN401 - the fields of Parameters
    return replace(turn, parameters=replace(turn.parameters, **changed))
