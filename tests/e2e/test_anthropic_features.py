"""What the official Anthropic client sends, as it reaches the model, and what comes back, on either engine."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pydantic
import pytest

from tests.e2e.conftest import Running
from tests.e2e.test_anthropic_client import ADD, asking
from tests.e2e.test_openai_client import MODEL, PDF, PNG
from tests.e2e.test_openai_features import IMAGE, TAKES_ALL, text
from tests.stand_in import StandIn
from tests.stand_in.answer import Answer, CallTool, Counts, Redact, Say, Think, say

LOOK: Any = {**ADD, "name": "look"}
MARK: Any = {"cache_control": {"type": "ephemeral"}}
SIGNATURE = Think(()).signature


class Weather(pydantic.BaseModel):
    place: str
    degrees: int


def ask(tidegate: Running, content: Any = "Hi", **more: Any) -> Any:
    """The answer as the client gives it, with its headers beside it."""
    messages = [{"role": "user", "content": content}]
    return tidegate.anthropic.messages.with_raw_response.create(
        **{"model": TAKES_ALL, "max_tokens": 9_000, "messages": messages, **more}
    )


@pytest.mark.parametrize(
    ("asked", "reached", "told"),
    [
        ({"max_tokens": 777}, {"max_tokens": 777}, None),
        ({"extra_body": {"temperature": 0.3}}, {"temperature": 0.3}, None),
        ({"extra_body": {"top_k": 5}}, {"top_k": 5}, None),
        ({"stop_sequences": ["END", "###"]}, {"stop_sequences": ["END", "###"]}, None),
        ({"metadata": {"user_id": "u-1"}}, {"metadata": {"user_id": "u-1"}}, None),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2048}, "model": "anthropic/claude-sonnet-4-5"},
            {"type": "enabled", "budget": 2048},
            None,
        ),
        ({"thinking": {"type": "adaptive"}}, {"type": "adaptive"}, None),
        ({"thinking": {"type": "disabled"}}, {"type": "disabled"}, None),
        ({"thinking": {"type": "between_tools"}}, {"type": "disabled"}, None),
        ({"output_config": {"effort": "max"}}, {"output_config": {"effort": "max"}}, None),
        ({"service_tier": "standard_only"}, {}, "service_tier"),
        ({"speed": "fast"}, {}, "speed"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_how_to_answer_reaches_the_model(
    tidegate: Running, service: StandIn, asked: Any, reached: dict[str, Any], told: str | None
):
    answer = ask(tidegate, **asked)

    body = service.asked[-1].body
    thinking = body.get("thinking", {})
    seen = {**body, "type": thinking.get("type"), "budget": thinking.get("budget_tokens")}
    assert {name: seen.get(name) for name in reached} == reached
    assert answer.headers.get("x-tidegate-ignored") == told


@pytest.mark.parametrize(
    ("choice", "reached"),
    [
        ({"type": "auto"}, {"type": "auto"}),
        ({"type": "auto", "disable_parallel_tool_use": True}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"type": "any"}, {"type": "any"}),
        ({"type": "tool", "name": "look"}, {"type": "tool", "name": "look"}),
        ({"type": "none"}, {"type": "none"}),
    ],
)
def test_every_choice_of_tools_reaches_the_model(tidegate: Running, service: StandIn, choice: Any, reached: Any):
    ask(tidegate, tools=[ADD, LOOK], tool_choice=choice)

    assert service.asked[-1].body.get("tool_choice", {"type": "auto"}) == reached


def test_every_kind_of_block_reaches_the_model_in_order(tidegate: Running, service: StandIn):
    pdf = {"type": "base64", "media_type": "application/pdf", "data": PDF.partition(",")[2]}
    notes = {"type": "text", "media_type": "text/plain", "data": "The notes."}
    said: Any = [
        {"type": "thinking", "thinking": "Hm", "signature": SIGNATURE},
        {"type": "redacted_thinking", "data": "b3A="},
        text("Let me see."),
        {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
        {"type": "tool_use", "id": "toolu_2", "name": "look", "input": {}},
    ]
    shown: Any = [
        {"type": "document", "source": pdf, "title": "Report", "context": "Of May."},
        {"type": "document", "source": notes},
        IMAGE,
        text("Look."),
    ]
    results: Any = [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [text("seen"), IMAGE]},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": [text("broken")], "is_error": True},
        text("So?"),
    ]
    history: Any = [
        {"role": "user", "content": [*shown[:-1], {**shown[-1], **MARK}]},
        {"role": "assistant", "content": said},
        {"role": "user", "content": [{**results[0], **MARK}, *results[1:]]},
    ]
    tidegate.anthropic.messages.create(
        model=MODEL,
        max_tokens=9_000,
        system=[{**text("Be brief."), **MARK}, text("Be kind.")],  # type: ignore[typeddict-item, list-item]
        messages=history,
        tools=[{**ADD, **MARK}, LOOK],
    )

    asked = service.asked[-1]
    assert asked.turns == [("user", shown), ("assistant", said), ("user", results)]
    assert "\n\n".join(asked.system).endswith("Be brief.\n\nBe kind.")


def test_a_system_prompt_may_be_a_string_and_messages_of_its_role_join_it(tidegate: Running, service: StandIn):
    messages: Any = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": [text("Be quick.")]},
    ]
    tidegate.anthropic.messages.create(model=MODEL, max_tokens=9_000, system="Be brief.", messages=messages)

    assert "\n\n".join(service.asked[-1].system).endswith("Be brief.\n\nBe kind.\n\nBe quick.")
    assert service.asked[-1].turns == [("user", [text("Hi")])]


def test_the_events_come_in_the_order_of_the_api(tidegate: Running):
    script = Answer((Think(("Hm", ".")), Redact("b3A="), Say(("Yes",)), CallTool("toolu_7", "add", ('{"a"', ":1}"))))
    with tidegate.anthropic.messages.stream(
        model=MODEL, max_tokens=9_000, messages=asking(script), tools=[ADD]
    ) as stream:
        message = stream.get_final_message()

    told = [json.loads(data) for _, data in tidegate.wire.last.events]
    kinds = [event.get("delta", {}).get("type", event["type"]) for event in told]
    assert kinds == [
        "message_start",
        "ping",
        "content_block_start",
        "thinking_delta",
        "thinking_delta",
        "signature_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_stop",
        "content_block_start",
        "text_delta",
        "content_block_stop",
        "content_block_start",
        "input_json_delta",
        "input_json_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert [block.to_dict() for block in message.content] == [
        {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE},
        {"type": "redacted_thinking", "data": "b3A="},
        text("Yes"),
        {"type": "tool_use", "id": "toolu_7", "name": "add", "input": {"a": 1}},
    ]
    assert message.stop_reason == "tool_use"


def test_a_whole_answer_says_the_same_as_the_stream(tidegate: Running):
    script = Answer((Think(("Hm",)), Redact("b3A="), Say(("One", " two")), CallTool("toolu_7", "add", ('{"a":1}',))))
    given: Any = {"model": MODEL, "max_tokens": 9_000, "messages": asking(script), "tools": [ADD]}
    whole = tidegate.anthropic.messages.create(**given)
    with tidegate.anthropic.messages.stream(**given) as stream:
        streamed = stream.get_final_message()

    told = [{**message.to_dict(exclude_none=True), "id": ""} for message in (streamed, whole)]
    assert told[0] == told[1]


def test_sources_that_the_model_names_come_back_and_go_up_again(tidegate: Running, service: StandIn):
    notes: Any = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "The grass is green."},
        "citations": {"enabled": True},
    }
    asked = asking(Answer((Say(("It is", " green."), cites=("The grass is green.", "green")), Say((" Really.",)))))
    question: Any = [notes, {"type": "text", "text": asked[0]["content"]}]
    whole = ask(tidegate, question, model=MODEL).parse()
    with tidegate.anthropic.messages.stream(
        model=MODEL, max_tokens=9_000, messages=[{"role": "user", "content": question}]
    ) as stream:
        streamed = stream.get_final_message()

    assert service.asked[-1].turns[0][1][0] == notes
    assert [citation.cited_text for citation in whole.content[0].citations] == ["The grass is green.", "green"]
    assert [block.to_dict() for block in streamed.content] == [block.to_dict() for block in whole.content]
    history: Any = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": [block.to_dict() for block in whole.content]},
        {"role": "user", "content": "Sure?"},
    ]
    answer = tidegate.anthropic.messages.with_raw_response.create(model=MODEL, max_tokens=9_000, messages=history)
    if tidegate.engine == "direct":
        assert service.asked[-1].turns[1][1] == [block.to_dict() for block in whole.content]
        assert "x-tidegate-ignored" not in answer.headers
    else:  # the words go up without them, and that is said
        assert [block["text"] for block in service.asked[-1].turns[1][1]] == ["It is green.", " Really."]
        assert answer.headers["x-tidegate-ignored"] == "citations"


def test_an_answer_is_parsed_by_the_schema_that_was_asked_for(tidegate: Running, service: StandIn):
    answer = tidegate.anthropic.messages.parse(
        model=MODEL,
        max_tokens=9_000,
        messages=asking(say('{"place": "Oslo",', ' "degrees": 4}')),
        output_format=Weather,
    )

    assert answer.parsed_output == Weather(place="Oslo", degrees=4)
    assert service.asked[-1].body["output_config"]["format"]["type"] == "json_schema"


def test_features_asked_for_through_beta_get_an_answer(tidegate: Running):
    answer = tidegate.anthropic.beta.messages.create(
        model=MODEL,
        max_tokens=9_000,
        messages=[{"role": "user", "content": "Hi"}],
        betas=["interleaved-thinking-2025-05-14", "context-1m-2025-08-07"],
    )

    assert [block.type for block in answer.content] == ["text"]


def test_usage_tells_what_was_cached_and_what_was_thought(tidegate: Running):
    counts = Counts(input_tokens=9, output_tokens=30, cache_creation=3, cache_read=2, thinking=21)
    usage = ask(tidegate, asking(say("Yes", usage=counts))[0]["content"]).parse().usage

    assert (usage.input_tokens, usage.output_tokens) == (9, 30)
    assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (3, 2)
    assert usage.output_tokens_details.thinking_tokens == 21


@pytest.mark.parametrize(
    ("reason", "sequence"),
    [("end_turn", None), ("max_tokens", None), ("stop_sequence", "END"), ("refusal", None), ("pause_turn", None)],
)
def test_why_the_model_stopped_is_told_as_it_was(tidegate: Running, reason: str, sequence: str | None):
    script = say("One", stop_reason=reason, stop_sequence=sequence)
    answer = ask(tidegate, asking(script)[0]["content"], stop_sequences=["END"]).parse()

    assert (answer.stop_reason, answer.stop_sequence) == (reason, sequence)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools[0].type"),
        ({"content": [{"type": "container_upload", "file_id": "f"}]}, "Served are: text, image, document"),
        ({"content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]}, "Send the file itself"),
        ({"content": [{"type": "image", "source": {"type": "url", "url": "http://x.example/a.png"}}]}, "https:"),
        (
            {"content": [{"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": PNG}}]},
            "bytes are something else",
        ),
        ({"content": [{"type": "tool_result", "tool_use_id": "x"}]}, "no tool_use 'x'"),
        ({"extra_body": {"temperature": 1.7}}, "temperature"),
        ({"extra_body": {"mcp_servers": [{"type": "url", "url": "https://x.example", "name": "x"}]}}, "mcp_servers"),
        ({"tool_choice": {"type": "any"}}, "no tools to choose from"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_be_served_is_refused_in_plain_words(tidegate: Running, asked: Any, said: str):
    with pytest.raises(anthropic.BadRequestError) as raised:
        ask(tidegate, **asked)

    assert said in raised.value.message


def test_a_long_conversation_under_a_key_may_be_marked_for_the_cache_in_each_request(
    tidegate: Running, service: StandIn
):
    for number in range(6):  # the service takes four marks in one request
        asked = {"extra_body": MARK, "extra_headers": {"x-session-id": "marked"}}
        assert ask(tidegate, f"question {number}", **asked).parse().stop_reason == "end_turn"
    assert len([message for message in service.asked[-1].body["messages"] if message["role"] == "user"]) >= 6
