"""Turns fitted to models: what stays, what goes, and what is said about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.proxy.neutral.capabilities import capabilities_of
from app.proxy.neutral.fitting import LEARNABLE, fit, output_limit
from app.proxy.neutral.turn import (
    AnyTool,
    AssistantMessage,
    AutoTool,
    Parameters,
    RedactedThinking,
    Text,
    Thinking,
    ThinkingAdaptive,
    ThinkingBudget,
    ThinkingOff,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    UserMessage,
)

HI = UserMessage((Text("Hi"),))
PLAIN = Turn("m", (HI,))


def fitted(model: str, **asked: Any) -> tuple[Parameters, tuple[str, ...]]:
    turn, ignored = fit(replace(PLAIN, parameters=Parameters(**asked)), capabilities_of(model))
    return turn.parameters, ignored


@pytest.mark.parametrize(
    ("model", "asked", "left", "ignored"),
    [
        ("claude-opus-5-5", {"temperature": 0.0}, {}, ("temperature",)),
        ("claude-opus-5-5", {"temperature": 1.0, "top_p": 1.0}, {}, ()),
        ("claude-opus-5-5", {"top_k": 1, "top_p": 0.1}, {}, ("top_k", "top_p")),
        ("claude-opus-4-6", {"temperature": 0.1, "top_p": 0.2}, {"temperature": 0.1}, ("top_p",)),
        ("claude-opus-4-6", {"top_p": 0.2, "top_k": 9}, {"top_p": 0.2, "top_k": 9}, ()),
        ("claude-3-opus", {"temperature": 0.1, "top_p": 0.2}, {"temperature": 0.1, "top_p": 0.2}, ()),
        ("claude-opus-5-5", {"thinking": ThinkingOff()}, {}, ("thinking",)),
        ("claude-opus-5", {"thinking": ThinkingOff()}, {"thinking": ThinkingOff()}, ()),
        ("claude-opus-5", {"thinking": ThinkingBudget(5000)}, {"thinking": ThinkingAdaptive()}, ("thinking",)),
        ("claude-opus-4-5", {"thinking": ThinkingAdaptive()}, {"thinking": ThinkingBudget(8192)}, ()),
        ("claude-3-5-haiku", {"thinking": ThinkingAdaptive()}, {}, ("thinking",)),
        ("claude-3-5-haiku", {"thinking": ThinkingOff()}, {}, ()),
        ("claude-opus-4-6", {"effort": "xhigh"}, {"effort": "high"}, ("effort",)),
        ("claude-opus-5-5", {"effort": "minimal"}, {"effort": "low"}, ("effort",)),
        ("claude-opus-5-5", {"effort": "heroic"}, {}, ("effort",)),
        ("claude-haiku-4-5", {"effort": "high"}, {}, ("effort",)),
    ],
)
def test_what_a_model_refuses_is_left_out_and_named(
    model: str, asked: dict[str, Any], left: dict[str, Any], ignored: tuple[str, ...]
):
    assert fitted(model, **asked) == (Parameters(**left), ignored)


def test_a_small_limit_leaves_no_room_for_a_budget():
    asked = {"thinking": ThinkingAdaptive(), "max_output_tokens": 1500}
    assert fitted("claude-opus-4-5", **asked) == (Parameters(max_output_tokens=1500), ("thinking",))
    assert fitted("claude-opus-4-5", **asked, limit_counts_thinking=False)[0].thinking == ThinkingBudget(8192)


def test_what_was_learned_is_left_out_whatever_its_value():
    tools = (Tool("f", None, {}, strict=True),)
    asked = Parameters(temperature=0.0, stop=("a",), user_id="u", effort="low", json_schema={})
    turn = replace(PLAIN, tools=tools, tool_choice=AnyTool(), parameters=asked)
    left, ignored = fit(turn, capabilities_of("claude-3-opus"), LEARNABLE)
    assert (left.parameters, left.tools[0].strict, left.tool_choice) == (Parameters(), None, AutoTool())
    assert ignored == ("effort", "json_schema", "stop", "strict", "temperature", "tool_choice", "user_id")


def test_a_prefill_is_dropped_only_where_it_is_refused():
    prefilled = replace(PLAIN, messages=(HI, AssistantMessage((Text("Sure: "),))))
    kept, nothing = fit(prefilled, capabilities_of("claude-sonnet-4-5"))
    assert (kept.messages, nothing) == ((HI, AssistantMessage((Text("Sure:"),))), ())
    assert fit(prefilled, capabilities_of("claude-opus-5-5")) == (PLAIN, ("prefill",))


def test_a_prefill_is_words_alone():
    thought, secret = Thinking("Hm.", "c2ln"), RedactedThinking("xx")
    before = AssistantMessage((thought, Text("one")))
    ends = (AssistantMessage((secret, thought, Text("two "))), AssistantMessage((thought,)))
    turn = replace(PLAIN, messages=(HI, before, HI, *ends))
    left, ignored = fit(turn, capabilities_of("claude-sonnet-4-5"))
    assert ignored == ()
    assert left.messages == (HI, before, HI, AssistantMessage((Text("two"),)))
    assert fit(replace(PLAIN, messages=(HI, ends[1])), capabilities_of("claude-sonnet-4-5"))[0].messages == (HI,)


def test_a_conversation_is_made_sound_without_losing_a_word():
    call = AssistantMessage((Thinking("unsigned", ""), ToolUse("a", "f", {}), ToolUse("b", "f", {})))
    result = UserMessage((ToolResult("a", (Text(""), Text("done"))),))
    turn = replace(PLAIN, messages=(UserMessage((Text(""), Text("Hi"))), call, result, UserMessage((Text(" "),)), HI))
    left, ignored = fit(turn, capabilities_of("claude-opus-5-5"))
    assert ignored == ()
    assert left.messages == (
        HI,
        AssistantMessage(call.content[1:]),
        UserMessage((ToolResult("b", (), is_error=True),)),
        UserMessage((ToolResult("a", (Text("done"),)),)),
        HI,
    )


def test_results_that_come_in_several_messages_are_all_seen():
    call = AssistantMessage((ToolUse("a", "f", {}), ToolUse("b", "f", {})))
    results = tuple(UserMessage((ToolResult(id_, (Text("x"),)),)) for id_ in "ab")
    turn = replace(PLAIN, messages=(HI, call, *results))
    assert fit(turn, capabilities_of("claude-opus-5-5")) == (turn, ())


NUMBERS = st.none() | st.floats(0, 1)
ASKED = st.builds(
    Parameters,
    max_output_tokens=st.none() | st.integers(1, 200_000),
    limit_counts_thinking=st.booleans(),
    temperature=NUMBERS,
    top_p=NUMBERS,
    top_k=st.none() | st.integers(0, 100),
    effort=st.sampled_from([None, "none", "minimal", "low", "high", "xhigh", "max", "odd"]),
    thinking=st.none()
    | st.sampled_from([ThinkingOff(), ThinkingAdaptive()])
    | st.builds(ThinkingBudget, st.integers(1024, 100_000)),
)
IDS = st.sampled_from(["claude-3-opus", "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-5", "claude-sonnet-5-5"])


@given(ASKED, IDS)
def test_a_fitted_turn_fits(asked: Parameters, model: str):
    capabilities = capabilities_of(model)
    once, _ = fit(replace(PLAIN, parameters=asked), capabilities)
    assert fit(once, capabilities) == (once, ())
    assert 1 <= output_limit(once.parameters, capabilities, 8192) <= capabilities.max_output_tokens
