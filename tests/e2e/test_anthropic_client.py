"""The official Anthropic client against the whole program, on either engine."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam, ToolParam

from tests.e2e.conftest import Running
from tests.e2e.test_openai_client import MODEL, PDF, PNG
from tests.stand_in.answer import Answer, Break, CallTool, Counts, Cut, Refusal, Say, Script, Think, say, wanting

ADD: ToolParam = {"name": "add", "input_schema": {"type": "object", "properties": {"a": {"type": "number"}}}}


def asking(script: Script) -> list[MessageParam]:
    return [{"role": "user", "content": wanting(script)}]


def test_words_stream_piece_by_piece_with_the_final_usage(tidegate: Running):
    script = say("One", " two", " three", usage=Counts(input_tokens=9, output_tokens=4, cache_read=2))
    with tidegate.anthropic.messages.stream(model=MODEL, max_tokens=9_000, messages=asking(script)) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()

    assert pieces == ["One", " two", " three"]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 9, 4)
    assert message.usage.cache_read_input_tokens == 2


def test_thinking_tools_and_their_results_go_both_ways(tidegate: Running):
    script = Answer((Think(("Hm",)), Say(("Let me see.",)), CallTool("toolu_7", "add", ('{"a"', ":1}"))))
    called = tidegate.anthropic.messages.create(
        model=MODEL, max_tokens=9_000, system="Be brief.", messages=asking(script), tools=[ADD]
    )

    assert [block.type for block in called.content] == ["thinking", "text", "tool_use"]
    assert called.stop_reason == "tool_use"

    content: Any = [block.to_dict() for block in called.content]
    answer = tidegate.anthropic.messages.create(
        model=MODEL,
        max_tokens=9_000,
        system="Be brief.",
        tools=[ADD],
        messages=[
            *asking(script),
            {"role": "assistant", "content": content},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_7", "content": "three"}]},
        ],
    )
    assert [block.to_dict() for block in answer.content] == [{"type": "text", "text": "Echo: three"}]


def test_two_tools_at_once_stream_as_two_blocks(tidegate: Running):
    script = Answer((CallTool("toolu_1", "add", ('{"a"', ":1}")), CallTool("toolu_2", "add", ('{"a":2}',))))
    with tidegate.anthropic.messages.stream(
        model=MODEL,
        max_tokens=9_000,
        messages=asking(script),
        tools=[ADD],
        tool_choice={"type": "auto", "disable_parallel_tool_use": False},
    ) as stream:
        kinds = [event.type for event in stream if event.type.startswith("content_block_st")]
        message = stream.get_final_message()

    assert [block.to_dict()["input"] for block in message.content] == [{"a": 1}, {"a": 2}]
    assert kinds == ["content_block_start", "content_block_stop"] * 2


@pytest.mark.parametrize("effort", ["low", "high", "max"])
def test_effort_and_schema_go_through(tidegate: Running, effort: Any):
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    answer = tidegate.anthropic.messages.create(
        model=MODEL,
        max_tokens=9_000,
        messages=asking(say('{"a": 1}')),
        output_config={"effort": effort, "format": {"type": "json_schema", "schema": schema}},
    )

    assert [block.to_dict() for block in answer.content] == [{"type": "text", "text": '{"a": 1}'}]


def test_a_stop_sequence_that_was_hit_is_named(tidegate: Running):
    script = say("One two", stop_reason="stop_sequence", stop_sequence="END")
    answer = tidegate.anthropic.messages.create(
        model=MODEL, max_tokens=9_000, messages=asking(script), stop_sequences=["END"]
    )

    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")


def test_documents_pictures_in_results_and_marks_of_caching_are_taken(tidegate: Running):
    mark = {"cache_control": {"type": "ephemeral"}}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": PDF.partition(",")[2]}
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    result = {"type": "tool_result", "tool_use_id": "toolu_7", "content": [picture, {"type": "text", "text": "seen"}]}
    history: Any = [
        {
            "role": "user",
            "content": [
                {"type": "document", "source": pdf, "title": "Report", **mark},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Notes."}},
                {"type": "text", "text": "Look.", **mark},
            ],
        },
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_7", "name": "add", "input": {"a": 1}}]},
        {"role": "user", "content": [result]},
    ]
    answer = tidegate.anthropic.messages.create(
        model=MODEL,
        max_tokens=9_000,
        system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        messages=history,
        tools=[ADD],
        metadata={"user_id": "u-1"},
    )

    said = str(answer.content[0].to_dict()["text"])
    assert said.startswith("Echo: seen")
    assert "image/png" in said


def test_tokens_of_tools_and_documents_are_counted_too(tidegate: Running):
    counted = [
        tidegate.anthropic.messages.count_tokens(
            model=MODEL, system="Be brief.", messages=[{"role": "user", "content": "word " * words}], tools=[ADD]
        ).input_tokens
        for words in (10, 1_000)
    ]

    assert counted[0] < counted[1]


def test_the_models_are_of_the_clients_own_strict_type(tidegate: Running):
    for listed in tidegate.anthropic.models.list():
        one = tidegate.anthropic.models.retrieve(listed.id)
        assert anthropic.types.ModelInfo.model_validate(one.to_dict()) == one == listed


def test_pictures_reach_the_model(tidegate: Running):
    picture: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    answer = tidegate.anthropic.messages.create(
        model=MODEL, max_tokens=9_000, messages=[{"role": "user", "content": [picture, {"type": "text", "text": "x"}]}]
    )

    (text,) = answer.content
    assert "message 0: image/png" in str(text.to_dict()["text"])


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
def test_failures_before_the_first_word_have_their_true_status(
    tidegate: Running, status: int, error: type[anthropic.APIStatusError], kind: str
):
    with pytest.raises(error) as raised:
        tidegate.anthropic.messages.create(model=MODEL, max_tokens=9_000, messages=asking(Refusal(status, "Because.")))

    body: Any = raised.value.body
    assert (body["type"], body["error"]["type"]) == ("error", kind)
    assert body["request_id"]


@pytest.mark.parametrize("end", [Cut(1), Cut(1, clean=True), Break(1)])
def test_a_failure_after_the_first_word_raises_and_never_looks_finished(tidegate: Running, end: Cut | Break):
    script = Answer((Say(("One", " two")),), end=end, pause=0.05)
    kinds = []

    with (
        pytest.raises(anthropic.APIError),
        tidegate.anthropic.messages.stream(model=MODEL, max_tokens=9_000, messages=asking(script)) as stream,
    ):
        kinds += [event.type for event in stream]

    assert "message_stop" not in kinds


def test_tokens_are_counted_exactly_or_said_to_be_estimated(tidegate: Running):
    counted = tidegate.anthropic.messages.with_raw_response.count_tokens(
        model=MODEL, messages=[{"role": "user", "content": "one two three"}]
    )

    assert counted.parse().input_tokens > 0
    assert counted.headers.get("x-tidegate-estimate") == ("true" if tidegate.engine == "agent" else None)


def test_the_models_are_listed(tidegate: Running):
    models = tidegate.anthropic.models.list()

    assert next(iter(models)).id == MODEL
