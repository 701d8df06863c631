"""What the official OpenAI client asks for through responses, and how it reaches the model, on either engine."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from tests.e2e.conftest import Running
from tests.e2e.test_openai_client import MODEL, Weather
from tests.e2e.test_responses_client import ADD, asking
from tests.stand_in import StandIn
from tests.stand_in.answer import (
    say,
    wanting,
)


def test_an_answer_is_parsed_by_the_schema_that_was_asked_for(tidegate: Running, service: StandIn):
    answer = tidegate.openai.responses.parse(
        model=MODEL, input=wanting(say('{"place": "Oslo",', ' "degrees": 4}')), text_format=Weather
    )

    assert answer.output_parsed == Weather(place="Oslo", degrees=4)
    assert service.asked[-1].body["output_config"]["format"]["schema"]["required"] == ["place", "degrees"]


def test_any_object_may_be_asked_for_and_that_it_can_not_be_forced_is_said(tidegate: Running, service: StandIn):
    answer = tidegate.openai.responses.with_raw_response.create(
        model=MODEL, input=wanting(say('{"a": 1}')), text={"format": {"type": "json_object"}}
    )

    assert json.loads(answer.parse().output_text) == {"a": 1}
    assert answer.headers["x-tidegate-ignored"] == "text.format"
    assert "JSON object" in service.asked[-1].system[-1]


@pytest.mark.parametrize("effort", ["none", "minimal", "low", "medium", "high", "xhigh"])
def test_every_reasoning_effort_gets_an_answer(tidegate: Running, service: StandIn, effort: Any):
    answer = tidegate.openai.responses.create(
        model="claude-haiku-5-5", input=wanting(say("Yes")), reasoning={"effort": effort, "summary": "auto"}
    )

    assert answer.output_text == "Yes"
    body = service.asked[-1].body
    if effort != "none":
        assert body["output_config"]["effort"] == {"minimal": "low"}.get(effort, effort)
    elif tidegate.engine == "direct":
        assert body["thinking"] == {"type": "disabled"}
    else:  # the CLI can't switch this model's thinking off
        assert tidegate.wire.last.headers["x-tidegate-ignored"] == "thinking"


def test_how_to_answer_reaches_the_model(tidegate: Running, service: StandIn):
    answer = tidegate.openai.responses.with_raw_response.create(
        model="claude-opus-4-6",
        input="Hi",
        temperature=1.7,
        max_output_tokens=777,
        user="u-1",
        tools=[ADD],
        parallel_tool_calls=False,
    )

    body = service.asked[-1].body
    assert (body["temperature"], body["max_tokens"], body["metadata"]) == (1, 777, {"user_id": "u-1"})
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    ignored = answer.headers["x-tidegate-ignored"].split(", ")
    assert set(ignored) - {"strict"} == {"temperature"}  # only one of the engines can be strict


def test_what_nothing_can_honour_is_told(tidegate: Running):
    answer = tidegate.openai.responses.with_raw_response.create(
        model=MODEL,
        input="Hi",
        truncation="auto",
        include=["message.output_text.logprobs", "file_search_call.results"],
        top_logprobs=3,
        service_tier="flex",
        max_tool_calls=4,
        prompt_cache_key="k",
        text={"verbosity": "low"},
    )

    assert answer.headers["x-tidegate-ignored"].split(", ") == [
        "text.verbosity",
        "include",
        "truncation",
        "service_tier",
        "max_tool_calls",
        "top_logprobs",
        "prompt_cache_key",
    ]


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search"},
        {"type": "file_search", "vector_store_ids": ["v"]},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "image_generation"},
        {"type": "mcp", "server_label": "x", "server_url": "https://x.example"},
        {"type": "local_shell"},
        {"type": "custom", "name": "free"},
    ],
    ids=lambda tool: tool["type"],
)
def test_a_tool_that_somebody_else_would_run_is_refused_in_plain_words(tidegate: Running, tool: Any):
    with pytest.raises(openai.BadRequestError) as raised:
        tidegate.openai.responses.create(model=MODEL, input="Hi", tools=[tool])

    assert raised.value.param == "tools[0].type"
    assert "Offer it as a function" in raised.value.message


@pytest.mark.parametrize(
    "item",
    [
        {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": "x"}},
        {"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "", "stderr": "", "outcome": {}}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}},
    ],
    ids=lambda item: item["type"],
)
def test_an_item_of_a_tool_that_is_not_served_is_refused_for_its_type(tidegate: Running, item: Any):
    with pytest.raises(openai.BadRequestError) as raised:
        tidegate.openai.responses.create(model=MODEL, input=[*asking(say("Hi")), item])

    assert raised.value.param == "input[1].type"
    assert "Served are: message" in raised.value.message
