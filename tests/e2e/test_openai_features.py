"""What the official OpenAI client sends through chat completions, as it reaches the model, on either engine."""

from __future__ import annotations

import json
from typing import Any

import openai
import pydantic
import pytest

from tests.e2e.conftest import Running
from tests.e2e.test_openai_client import ADD, MODEL, PDF, PNG, asking
from tests.stand_in import StandIn
from tests.stand_in.answer import Answer, Counts, Say, say

TAKES_ALL = "claude-opus-4-6"
"""An older model: it takes temperature, a budget for thinking, and can be forced to call a tool."""
BUDGETED = {"model": "claude-sonnet-4-5"}
"""A still older one that takes nothing but a budget, which the CLI passes on nowhere else."""
LOOK: Any = {"type": "function", "function": {**ADD["function"], "name": "look"}}
PICTURE: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
NOTES = "data:text/markdown;base64,VGhlIG5vdGVzLg=="
HI: Any = [{"role": "user", "content": "Hi"}]


class Pin(pydantic.BaseModel):
    """As apps write them: with limits that the service refuses."""

    digits: str = pydantic.Field(min_length=4, max_length=4)
    tries: int = pydantic.Field(ge=0, le=3, description="How often.")


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def ask(tidegate: Running, messages: Any = HI, **more: Any) -> Any:
    """The answer as the client gives it, with its headers beside it."""
    return tidegate.openai.chat.completions.with_raw_response.create(
        **{"model": TAKES_ALL, "messages": messages, **more}
    )


def test_a_share_of_the_likeliest_words_may_be_asked_for_or_is_told(tidegate: Running, service: StandIn):
    answer = ask(tidegate, top_p=0.4)

    # The CLI adds a temperature of its own, and these models take one of the two.
    assert (service.asked[-1].body.get("top_p"), ignored(answer)) == (
        (0.4, set()) if tidegate.engine == "direct" else (None, {"top_p"})
    )


def test_a_budget_for_thinking_becomes_the_models_own_measure_where_the_cli_wants_it(
    tidegate: Running, service: StandIn
):
    answer = ask(tidegate, extra_body={"thinking": {"type": "enabled", "budget_tokens": 2048}})

    assert (service.asked[-1].body["thinking"]["type"], ignored(answer)) == (
        ("enabled", set()) if tidegate.engine == "direct" else ("adaptive", {"thinking"})
    )


def ignored(answer: Any) -> set[str]:
    return set(filter(None, answer.headers.get("x-tidegate-ignored", "").split(", ")))


@pytest.mark.parametrize(
    ("asked", "reached", "told"),
    [
        ({"temperature": 0.3}, {"temperature": 0.3}, set()),
        ({"temperature": 1.7}, {"temperature": 1}, {"temperature"}),
        ({"max_tokens": 777}, {"max_tokens": 777}, set()),
        ({"max_completion_tokens": 778}, {"max_tokens": 778}, set()),
        ({"max_tokens": 777, "max_completion_tokens": 778}, {"max_tokens": 778}, set()),
        ({"stop": "END"}, {"stop_sequences": ["END"]}, set()),
        ({"stop": ["END", "\n\n", "###"]}, {"stop_sequences": ["END", "###"]}, {"stop"}),
        ({"stop": [f"s{number}" for number in range(9)]}, {"stop_sequences": [f"s{n}" for n in range(9)]}, set()),
        ({"user": "u-1"}, {"metadata": {"user_id": "u-1"}}, set()),
        ({"safety_identifier": "u-2"}, {"metadata": {"user_id": "u-2"}}, set()),
        ({"reasoning_effort": "high"}, {"output_config": {"effort": "high"}, "thinking": "adaptive"}, set()),
        ({"reasoning_effort": "xhigh"}, {"output_config": {"effort": "high"}, "thinking": "adaptive"}, {"effort"}),
        ({"reasoning_effort": "minimal"}, {"output_config": {"effort": "low"}}, set()),
        ({"reasoning_effort": "none"}, {"thinking": "disabled"}, set()),
        ({"extra_body": {"reasoning": {"effort": "low"}}}, {"output_config": {"effort": "low"}}, set()),
        ({"extra_body": {"reasoning": {"max_tokens": 2048}}, **BUDGETED}, {"budget": 2048}, set()),
        ({"extra_body": {"reasoning": {"enabled": False}}}, {"thinking": "disabled"}, set()),
        (
            {"extra_body": {"thinking": {"type": "enabled", "budget_tokens": 2048}}, **BUDGETED},
            {"thinking": "enabled", "budget": 2048},
            set(),
        ),
        ({"extra_body": {"thinking": {"type": "disabled"}}}, {"thinking": "disabled"}, set()),
        ({"extra_body": {"enable_thinking": True, "thinking_budget": 2048}, **BUDGETED}, {"budget": 2048}, set()),
        ({"extra_body": {"enable_thinking": False}}, {"thinking": "disabled"}, set()),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_how_to_answer_reaches_the_model(
    tidegate: Running, service: StandIn, asked: Any, reached: dict[str, Any], told: set[str]
):
    answer = ask(tidegate, **asked)

    body = service.asked[-1].body
    thinking = body.get("thinking", {})
    seen = {**body, "thinking": thinking.get("type"), "budget": thinking.get("budget_tokens")}
    assert {name: seen.get(name) for name in reached} == reached
    assert ignored(answer) == told


@pytest.mark.parametrize("streaming", [False, True])
def test_what_nothing_can_honour_is_told_in_a_header(tidegate: Running, streaming: bool):
    asked: dict[str, Any] = {
        "logprobs": True,
        "top_logprobs": 2,
        "seed": 0,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.1,
        "logit_bias": {"50256": -100},
        "store": True,
        "metadata": {"a": "b"},
        "prediction": {"type": "content", "content": "x"},
        "service_tier": "flex",
        "verbosity": "low",
        "prompt_cache_key": "k",
    }
    others = {"repetition_penalty": 1.1, "min_p": 0.05, "top_a": 0.1}

    answer = ask(tidegate, **asked, n=1, stream=streaming, extra_body=others)

    assert ignored(answer) == {*asked, *others}
    if streaming:
        assert [chunk.choices[0].finish_reason for chunk in answer.parse()][-1] == "stop"


def test_messages_of_every_role_and_kind_reach_the_model_in_order(tidegate: Running, service: StandIn):
    call = {"id": "call:1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    answer = ask(
        tidegate,
        [
            {"role": "system", "content": [{"type": "text", "text": "Be brief."}], "name": "house"},
            {
                "role": "user",
                "name": "Ada",
                "content": [
                    {"type": "text", "text": "Look:"},
                    PICTURE,
                    {"type": "file", "file": {"filename": "report.pdf", "file_data": PDF}},
                    {"type": "file", "file": {"filename": "notes.md", "file_data": NOTES}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call:1", "content": [{"type": "text", "text": "three"}, PICTURE]},
            {"role": "developer", "content": "Be kind."},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "Three"}, {"type": "refusal", "refusal": "No."}],
            },
            {"role": "assistant", "content": "", "refusal": "Really."},
            {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "So?"}]},
        ],
        tools=[ADD],
        model=MODEL,
    )

    asked = service.asked[-1]
    pdf = {"type": "base64", "media_type": "application/pdf", "data": PDF.partition(",")[2]}
    notes = {"type": "text", "media_type": "text/plain", "data": "The notes."}
    assert asked.turns == [
        (
            "user",
            [
                text("Look:"),
                IMAGE,
                {"type": "document", "source": pdf, "title": "report.pdf"},
                {"type": "document", "source": notes, "title": "notes.md"},
            ],
        ),
        ("assistant", [{"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}}]),
        ("user", [{"type": "tool_result", "tool_use_id": "call_1", "content": [text("three"), IMAGE]}]),
        ("assistant", [text("Three"), text("No."), text("Really.")]),
        ("user", [text("So?")]),
    ]
    assert "\n\n".join(asked.system).endswith("Be brief.\n\nBe kind.")
    assert ignored(answer) == {"messages.name"}


def test_a_schema_is_held_to_as_far_as_the_service_can_and_the_rest_is_told(tidegate: Running, service: StandIn):
    answer = tidegate.openai.chat.completions.with_raw_response.parse(
        model=MODEL, messages=asking(say('{"digits": "0000", "tries": 1}')), response_format=Pin
    )

    assert answer.parse().choices[0].message.parsed == Pin(digits="0000", tries=1)
    properties = service.asked[-1].body["output_config"]["format"]["schema"]["properties"]
    assert properties["tries"]["description"] == "How often. (maximum: 3, minimum: 0)"
    assert ignored(answer) == {f"json_schema.{name}" for name in ("maxLength", "maximum", "minLength", "minimum")}


@pytest.mark.parametrize("strict", [None, False])
def test_a_loose_schema_is_an_answer_of_that_shape_all_the_same(tidegate: Running, service: StandIn, strict: Any):
    loose: Any = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"a": {"oneOf": [{"type": "integer"}, {"type": "null"}]}},
    }
    answer = ask(
        tidegate,
        asking(say('{"a": 1}')),
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": loose, "strict": strict}},
    )

    assert json.loads(answer.parse().choices[0].message.content) == {"a": 1}
    assert service.asked[-1].body["output_config"]["format"]["schema"] == {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        "additionalProperties": False,
    }
    assert ignored(answer) == set()


def test_a_schema_that_nothing_can_force_is_asked_for_in_words(tidegate: Running, service: StandIn):
    any_names: Any = {"type": "object", "additionalProperties": {"type": "integer"}}
    answer = ask(tidegate, response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": any_names}})

    assert "format" not in service.asked[-1].body.get("output_config", {})
    assert json.dumps(any_names) in service.asked[-1].system[-1]
    assert ignored(answer) == {"json_schema"}


def test_usage_tells_what_was_cached_and_what_was_thought(tidegate: Running):
    script = say("Yes", usage=Counts(input_tokens=9, output_tokens=30, cache_creation=3, cache_read=2, thinking=21))

    usage = ask(tidegate, asking(script)).parse().usage

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (14, 30, 44)
    assert usage.prompt_tokens_details.cached_tokens == 2
    assert usage.completion_tokens_details.reasoning_tokens == 21


def test_an_answer_with_nothing_in_it_is_an_empty_text(tidegate: Running):
    answer = ask(tidegate, asking(Answer((Say(("",)),)))).parse()

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("", "stop")


AUDIO: Any = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}


@pytest.mark.parametrize(
    ("asked", "param", "said"),
    [
        ({"n": 2}, "n", "one answer per request"),
        (
            {"modalities": ["text", "audio"], "audio": {"voice": "ash", "format": "wav"}},
            "modalities[1]",
            "nothing else",
        ),
        ({"web_search_options": {}}, "web_search_options", "searches no web"),
        ({"messages": [{"role": "user", "content": [AUDIO]}]}, "messages[0].content[0].type", "Send its text"),
        (
            {"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {"url": "x"}}]}]},
            "messages[0].content[0].type",
            "Served are: text, image_url, file",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}
                ]
            },
            "messages[0].content[0].image_url.url",
            "not file:",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]},
            "messages[0].content[0].file.file_data",
            "send the file itself",
        ),
        ({"messages": [*HI, {"role": "tool", "tool_call_id": "x", "content": "y"}]}, "messages[1].tool_call_id", "'x'"),
        ({"tools": [{"type": "custom", "custom": {"name": "free"}}]}, "tools[0].type", "must be function"),
        ({"tool_choice": "required"}, "tool_choice", "no tools"),
        ({"reasoning_effort": "heroic"}, "reasoning_effort", "one of none, minimal, low"),
        ({"stop": ["x"] * 65}, "stop", "stop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_served_is_refused_in_plain_words(tidegate: Running, asked: Any, param: str, said: str):
    with pytest.raises(openai.BadRequestError) as raised:
        ask(tidegate, **asked)

    assert raised.value.param == param
    assert said in raised.value.message
