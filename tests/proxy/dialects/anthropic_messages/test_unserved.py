"""What the shape allows and nothing behind Tidegate can honour: refused or reported, never dropped in silence."""

from __future__ import annotations

import pytest

from tests.proxy.dialects.anthropic_messages.bodies import PICTURE, WEATHER, body, decoded, refusal, text, turn_of, user


def test_what_has_no_effect_is_reported_by_name() -> None:
    turn = turn_of(
        user(text("Hi", citations=[{"type": "char_location"}]), PICTURE | {"transformations": {"oversize": "crop"}}),
        service_tier="standard_only",
        speed="fast",
        inference_geo="us",
        context_management={"edits": []},
        diagnostics={},
        fallbacks="default",
        thinking={"type": "adaptive", "display": "omitted"},
        output_config={"task_budget": {"tokens": 9}},
        tools=[
            WEATHER
            | {
                "allowed_callers": ["code_execution_20260120"],
                "defer_loading": True,
                "eager_input_streaming": True,
                "input_examples": [{"city": "Rome"}],
            },
            WEATHER | {"name": "other", "defer_loading": True},
        ],
    )
    assert turn.ignored == (
        "service_tier",
        "speed",
        "inference_geo",
        "context_management",
        "diagnostics",
        "fallbacks",
        "thinking.display",
        "output_config.task_budget",
        "tools.allowed_callers",
        "tools.defer_loading",
        "tools.eager_input_streaming",
        "tools.input_examples",
        "messages.content.citations",
        "messages.content.transformations",
    )


def test_features_that_a_header_switches_on_are_reported() -> None:
    assert decoded(body("Hi"), anthropic_beta="interleaved-thinking-2025-05-14").turn.ignored == ("anthropic-beta",)


def test_defaults_spelled_out_are_not_reported() -> None:
    turn = turn_of(
        user(text("Hi", citations=[])),
        service_tier="auto",
        speed="standard",
        container=None,
        mcp_servers=[],
        tools=[WEATHER | {"allowed_callers": ["direct"], "defer_loading": False, "input_examples": []}],
    )
    assert turn.ignored == ()


@pytest.mark.parametrize("name", ["mcp_servers", "container"])
def test_what_would_change_what_the_model_may_do_is_refused_as_unsupported(name: str) -> None:
    assert refusal(body("Hi", **{name: ["x"]})).code == "unsupported_parameter"
