"""What is set anew for each request on a process that outlives it.

The CLI keeps what it was told, so every request says everything: a parameter of one never reaches the next. Only
the keys below may enter the request body; the same channel could replace its messages, and never does.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.proxy.engines.agent_sdk.tools import Toolbox
from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.neutral.turn import (
    AnyTool,
    AutoTool,
    NamedTool,
    NoTool,
    Parameters,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingOff,
    Turn,
)

THINKING_SHOWN = "summarized"


class Settings(msgspec.Struct, frozen=True):
    """The CLI's settings for one request; equal settings need not be sent twice."""

    model: str
    extra_body: str = "{}"
    max_output_tokens: str = ""
    effort: str | None = None
    thinking_tokens: int | None = None
    """0: no thinking; None: as the model does by itself; else the budget, for models that take one."""
    thinking_shown: bool = False
    """Whoever asks for thinking wants to read it; others get what the CLI shows by itself."""

    @property
    def variables(self) -> dict[str, str]:
        """The part of them that the CLI reads from its environment."""
        return {
            "CLAUDE_CODE_EXTRA_BODY": self.extra_body,
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": self.max_output_tokens,
        }

    def request(self) -> Frame:
        """The control request that sets all but thinking.

        `set_model` would do for the model too, but asks the service first, with a paid request, whether it exists.
        """
        settings = {"model": self.model, "env": self.variables, "effortLevel": self.effort}
        return {"subtype": "apply_flag_settings", "settings": settings}

    def thinking_request(self) -> Frame:
        """The control request that sets thinking."""
        return {
            "subtype": "set_max_thinking_tokens",
            "max_thinking_tokens": self.thinking_tokens,
            "thinking_display": THINKING_SHOWN if self.thinking_shown else None,
        }


def settings_of(turn: Turn, toolbox: Toolbox) -> Settings:
    """The settings for a turn that has already been fitted to its model."""
    given = turn.parameters
    return Settings(
        model=turn.model,
        extra_body=msgspec.json.encode(_extra_body(turn, toolbox)).decode(),  # a schema's order is the answer's order
        max_output_tokens="" if given.max_output_tokens is None else str(given.max_output_tokens),
        effort=given.effort,
        thinking_tokens=_thinking_tokens(given),
        thinking_shown=isinstance(given.thinking, ThinkingAdaptive | ThinkingBudget),
    )


def _extra_body(turn: Turn, toolbox: Toolbox) -> dict[str, Any]:
    given = turn.parameters
    body: dict[str, Any] = {
        "temperature": given.temperature,
        "top_p": given.top_p,
        "top_k": given.top_k,
        "stop_sequences": list(given.stop) or None,
        "tools": toolbox.whole,
        "tool_choice": _tool_choice(turn, toolbox),
        "metadata": {"user_id": given.user_id} if given.user_id else None,
    }
    if given.json_schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": given.json_schema}}
    return {name: value for name, value in body.items() if value is not None}


def _tool_choice(turn: Turn, toolbox: Toolbox) -> dict[str, Any] | None:
    if not turn.tools:
        return None
    match turn.tool_choice:
        case NoTool():
            return {"type": "none"}
        case AnyTool():
            choice: dict[str, Any] = {"type": "any"}
        case NamedTool(name):
            choice = {"type": "tool", "name": toolbox.seen(name)}
        case AutoTool() | None:
            if turn.parameters.parallel_tool_calls is not False:
                return None
            choice = {"type": "auto"}
    if turn.parameters.parallel_tool_calls is False:
        choice["disable_parallel_tool_use"] = True
    return choice


def _thinking_tokens(given: Parameters) -> int | None:
    match given.thinking:
        case ThinkingOff():
            return 0
        case ThinkingBudget(tokens):
            return tokens
        case _:
            return None
