"""The rule that says what each model takes."""

from __future__ import annotations

import pytest

from app.proxy.neutral.capabilities import Capabilities, Forcing, Sampling, capabilities_of, lineage_of
from tests.stand_in.models import MODELS


@pytest.mark.parametrize(
    ("model", "lineage"),
    [
        ("claude-opus-4-7", ("opus", (4, 7))),
        ("claude-opus-5-5", ("opus", (5, 5))),
        ("claude-haiku-4-5-20251001", ("haiku", (4, 5))),
        ("claude-sonnet-4-20250514", ("sonnet", (4, 0))),
        ("claude-3-5-sonnet-20241022", ("sonnet", (3, 5))),
        ("claude-3-opus-latest", ("opus", (3, 0))),
        ("claude-fable-5-2[1m]", ("fable", (5, 2))),
        ("anthropic/claude-opus-4.6", ("opus", (4, 6))),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", ("opus", (4, 1))),
        ("claude-sonnet-5", ("sonnet", (5, 0))),
        ("claude-mythos-preview", None),
        ("claude-2.1", None),
        ("gpt-4", None),
    ],
)
def test_family_and_version_are_read_from_an_id(model: str, lineage: object):
    assert lineage_of(model) == lineage


REFUSING = [
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
    "claude-fable-5",
    "claude-mythos-preview",
    "claude-opus-6",
    "claude-haiku-7-1",
    "claude-saga-1",
]


@pytest.mark.parametrize("model", REFUSING)
def test_current_and_unknown_models_count_as_refusing(model: str):
    found = capabilities_of(model)
    assert (found.sampling, found.thinking_budget, found.prefill) == (Sampling.NONE, False, False)


@pytest.mark.parametrize("model", ["claude-opus-4-1", "claude-opus-4-5", "claude-opus-4-6", "claude-sonnet-4-6"])
def test_some_models_take_one_of_two(model: str):
    assert capabilities_of(model).sampling is Sampling.ONE_OF_TWO


def test_the_oldest_models_take_everything_and_do_not_think():
    found = capabilities_of("claude-3-opus-20240229")
    assert (found.sampling, found.can_think, found.forced_tool) == (Sampling.FREE, False, Forcing.ALWAYS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_the_rule_agrees_with_what_the_stand_in_refuses(model):
    found: Capabilities = capabilities_of(model.id)
    off = {found.thinking_off.value} if found.thinking_off else set()
    takes = (
        off | ({"adaptive"} if found.adaptive_thinking else set()) | ({"enabled"} if found.thinking_budget else set())
    )
    assert takes == model.thinking
    assert (found.efforts, found.prefill, found.thinks_unasked) == (model.efforts, model.prefill, model.thinks_unasked)
    assert (found.context_tokens, found.max_output_tokens) == (model.context, model.output)
    assert (found.forced_tool is not Forcing.NEVER) == model.forced_tools
