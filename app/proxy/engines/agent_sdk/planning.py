"""One turn, worked out before any process is touched: what the CLI can be asked for, and in which form."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import msgspec
from msgspec.structs import replace

from app.core.conditions import Condition
from app.proxy.engines.agent_sdk.captures import Captures
from app.proxy.engines.agent_sdk.history import alternating, system_text
from app.proxy.engines.agent_sdk.parameters import Settings, settings_of
from app.proxy.engines.agent_sdk.tools import Toolbox, toolbox
from app.proxy.engines.faults import fault_of
from app.proxy.neutral.capabilities import Capabilities, Forcing, capabilities_of
from app.proxy.neutral.conversation import without_prefill
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.fitting import fit, output_limit, thinks
from app.proxy.neutral.model import ServedModel
from app.proxy.neutral.turn import (
    AssistantBlock,
    AssistantMessage,
    Message,
    RedactedThinking,
    Text,
    Thinking,
    ThinkingOff,
    ToolUse,
    Turn,
    UserMessage,
)

_NEED_THINKING = ("xhigh", "max")
"""Efforts that the service refuses with thinking off."""
_NOTHING_SAID = re.compile(r"[\s\ufeff]*(?:\(no content\))?[\s\ufeff]*")
"""Texts of the model that count as empty for the CLI, which writes the words in brackets itself."""


class Plan(msgspec.Struct, frozen=True):
    """What a process is given for one turn."""

    system: str
    before: tuple[Message, ...]
    asked: UserMessage
    settings: Settings
    toolbox: Toolbox


def taken_through_the_cli(id_: str, listed: Sequence[ServedModel]) -> Capabilities:
    """What the model takes through the CLI, which can't switch off the thinking of some; `listed`: its live list."""
    known = capabilities_of(id_)
    if known.adaptive_thinking:  # where it can, the CLI lets the model measure out its thinking itself
        known = replace(known, thinking_budget=False)
    entry = next((model for model in listed if model.id == id_), None)
    if entry and not entry.thinking_can_be_off:
        return replace(known, thinking_off=None, forced_tool=Forcing.NEVER)
    return known


def fitted_to_the_cli(
    turn: Turn, model: Capabilities, learned: Collection[str], thinking_allowance: int
) -> tuple[Turn, tuple[str, ...]]:
    """The turn as the model and the CLI take it, and what could not be honoured; parameters as for `fit`."""
    fitted, ignored = fit(turn, model, learned)
    messages = without_prefill(fitted.messages)  # the CLI can't begin an answer for the model
    if messages != fitted.messages:
        ignored = (*ignored, "prefill")
    if any(tool.strict for tool in fitted.tools):
        ignored = (*ignored, "strict")  # the CLI passes on a tool's schema, not its strictness
    if any(isinstance(block, Text) and block.citations for message in messages for block in message.content):
        ignored = (*ignored, "citations")  # it keeps the words of its history and forgets their sources
    asked = fitted.parameters
    limit = None
    if asked.max_output_tokens is not None:
        limit = output_limit(asked, model, thinking_allowance)
    unasked = asked.thinking is None and model.can_think and not thinks(asked, model)
    unasked = unasked and asked.effort not in _NEED_THINKING
    thinking = ThinkingOff() if unasked else asked.thinking  # the CLI thinks unless told not to
    parameters = replace(asked, max_output_tokens=limit, thinking=thinking)
    return replace(fitted, messages=messages, parameters=parameters), ignored


def planned(turn: Turn, captures: Captures) -> Plan:
    """The plan for a fitted turn; raises Refused for one that asks nothing."""
    box = toolbox(turn.tools)
    system = system_text(turn.system)
    messages = captures.restored(system, _with_aliases(alternating(_spoken(turn.messages)), box))
    *before, asked = messages
    if not isinstance(asked, UserMessage):
        raise Refused(fault_of(Condition.REQUEST_REFUSED, detail="the last message must be the user's"))
    return Plan(system, tuple(before), asked, settings_of(turn, box), box)


def aliased(message: AssistantMessage, box: Toolbox) -> AssistantMessage:
    """The message with the names under which the model sees the tools."""
    return AssistantMessage(
        tuple(
            replace(block, name=box.seen(block.name)) if isinstance(block, ToolUse) else block
            for block in message.content
        )
    )


def _spoken(messages: Sequence[Message]) -> list[Message]:
    """The messages without answers in which nothing is said: thinking, and what the CLI itself takes for nothing.

    Told one, the CLI leaves it out but joins what stands around it with a line break of its own; where it reads one, it
    puts words of its own in its place.
    """
    return [
        message for message in messages if isinstance(message, UserMessage) or not all(map(_is_silent, message.content))
    ]


def _is_silent(block: AssistantBlock) -> bool:
    if isinstance(block, Text):
        return _NOTHING_SAID.fullmatch(block.text) is not None
    return isinstance(block, Thinking | RedactedThinking)


def _with_aliases(messages: Sequence[Message], box: Toolbox) -> Sequence[Message]:
    if not box.aliases:
        return messages
    return [aliased(message, box) if isinstance(message, AssistantMessage) else message for message in messages]
