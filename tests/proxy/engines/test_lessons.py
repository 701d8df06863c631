"""What a refusal teaches about a model, and what it doesn't."""

from __future__ import annotations

import pytest

from app.proxy.engines.lessons import lesson
from app.proxy.neutral.turn import Parameters, Text, Turn, UserMessage

ASKED = Turn("m", (UserMessage((Text("Hi"),)),), parameters=Parameters(json_schema={"type": "object"}, temperature=0.5))


@pytest.mark.parametrize(
    ("said", "learned"),
    [
        ("output_config.format: Extra inputs are not permitted", {"json_schema"}),
        ("`output_config.format` is not supported for this model.", {"json_schema"}),
        ("output_config.format.schema: For 'integer' type, properties minimum are not supported", set()),
        ("`temperature` is deprecated for this model.", {"temperature"}),
        ("temperature: range: 0..1", set()),
    ],
)
def test_a_model_is_judged_by_what_is_said_of_it_and_not_by_one_schema(said: str, learned: set[str]):
    assert lesson(said, ASKED) == learned
