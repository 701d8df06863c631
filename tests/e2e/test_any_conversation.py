"""Whatever conversation decodes reaches the model in order and complete, whichever shape and whichever engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck

from tests.e2e.apps import ANTHROPIC, BEARER, App
from tests.e2e.conftest import Running
from tests.e2e.conversations import (
    CONVERSATIONS,
    Body,
    Conversation,
    as_chat,
    as_messages,
    as_responses,
    expected,
)
from tests.stand_in import StandIn

MODEL = "claude-opus-5-5"


@dataclass(frozen=True)
class Shape:
    path: str
    headers: dict[str, str]
    body: Callable[[Conversation], Body]
    tool: Body
    thinking: bool = False
    failures: bool = False
    """Whether it can say that a tool failed."""


PARAMETERS: Any = {"type": "object", "properties": {}}
SHAPES = {
    "chat completions": Shape(
        "/v1/chat/completions",
        BEARER,
        as_chat,
        {"type": "function", "function": {"name": "look", "parameters": PARAMETERS}},
    ),
    "responses": Shape(
        "/v1/responses", BEARER, as_responses, {"type": "function", "name": "look", "parameters": PARAMETERS}
    ),
    "messages": Shape(
        "/v1/messages",
        ANTHROPIC,
        as_messages,
        {"name": "look", "input_schema": PARAMETERS},
        thinking=True,
        failures=True,
    ),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SHAPES)
@hypothesis.settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@hypothesis.given(conversation=CONVERSATIONS)
def test_any_conversation_reaches_the_model_in_order_and_complete(
    tidegate: Running, service: StandIn, name: str, conversation: Conversation
):
    shape = SHAPES[name]
    asked = len(service.asked)

    body = {"model": MODEL, "tools": [shape.tool], **shape.body(conversation)}
    answer = App(tidegate, shape.headers).send("POST", shape.path, body)

    assert answer.status == 200, answer.body
    assert len(service.asked) == asked + 1
    reached = service.asked[-1]
    assert reached.turns == expected(conversation, thinking=shape.thinking, failures=shape.failures)
    assert not conversation.system or "\n\n".join(reached.system).endswith(conversation.system)
