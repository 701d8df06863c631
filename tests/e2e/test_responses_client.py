"""The official OpenAI client through responses against the whole program, on either engine."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from tests.e2e.conftest import Running
from tests.e2e.test_openai_client import MODEL, PDF, PNG
from tests.stand_in import StandIn
from tests.stand_in.answer import (
    Answer,
    Break,
    CallTool,
    Counts,
    Cut,
    Redact,
    Refusal,
    Say,
    Script,
    Think,
    say,
    wanting,
)

ADD: Any = {
    "type": "function",
    "name": "add",
    "description": "Adds up.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "number"}},
        "required": ["a"],
        "additionalProperties": False,
    },
    "strict": True,
}
LOOK: Any = {**ADD, "name": "look"}
CALLING = Answer((Think(("Hm",)), Say(("Let me see.",)), CallTool("toolu_7", "add", ('{"a"', ":1}"))))


def asking(script: Script, text: str = "") -> Any:
    return [{"role": "user", "content": wanting(script, text)}]


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def test_words_stream_in_the_whole_sequence_of_events(tidegate: Running):
    script = say("One", " two", usage=Counts(input_tokens=9, output_tokens=4, cache_read=2))
    with tidegate.openai.responses.stream(model=MODEL, input=wanting(script), instructions="Be brief.") as stream:
        events = list(stream)
        final = stream.get_final_response()

    assert [event.type.removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    assert (final.output_text, final.status, final.model) == ("One two", "completed", MODEL)
    assert final.usage
    assert (final.usage.input_tokens, final.usage.output_tokens, final.usage.total_tokens) == (11, 4, 15)
    assert final.usage.input_tokens_details.cached_tokens == 2


def test_a_whole_answer_says_the_same_as_the_stream(tidegate: Running):
    script = Answer((Think(("Hm",)), Redact("b3A="), Say(("One", " two")), CallTool("toolu_7", "add", ('{"a":1}',))))
    given: Any = {"model": "opus", "input": wanting(script), "tools": [ADD]}
    whole = tidegate.openai.responses.create(**given)
    with tidegate.openai.responses.stream(**given) as stream:
        streamed = stream.get_final_response()

    last = json.loads(tidegate.wire.last.events[-1][1])["response"]["output"]  # the client adds to it what it parsed
    plain, pieced = ([{**item, "id": ""} for item in output] for output in (whole.to_dict()["output"], last))
    assert plain == pieced
    assert [item["type"] for item in plain] == ["reasoning", "reasoning", "message", "function_call"]
    assert (whole.output_text, whole.model, whole.usage) == ("One two", "opus", streamed.usage)


def test_items_of_every_kind_reach_the_model_in_order(tidegate: Running, service: StandIn):
    given: Any = [
        {"type": "message", "role": "developer", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look:"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
                {"type": "input_file", "filename": "report.pdf", "file_data": PDF},
                {"type": "input_file", "filename": "notes.txt", "file_data": "data:text/plain;base64,VGhlIG5vdGVzLg=="},
            ],
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "I see.", "annotations": []}],
        },
        {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": '{"a": 1}'},
        {
            "type": "function_call_output",
            "call_id": "call_1",
            "output": [
                {"type": "input_text", "text": "three"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}", "detail": "auto"},
            ],
        },
        {"role": "user", "content": "So?"},
    ]
    tidegate.openai.responses.create(model=MODEL, instructions="Be brief.", input=given, tools=[ADD])

    asked = service.asked[-1]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": PDF.partition(",")[2]}
    notes = {"type": "text", "media_type": "text/plain", "data": "The notes."}
    assert asked.turns == [
        (
            "user",
            [
                text("Look:"),
                image,
                {"type": "document", "source": pdf, "title": "report.pdf"},
                {"type": "document", "source": notes, "title": "notes.txt"},
            ],
        ),
        ("assistant", [text("I see."), {"type": "tool_use", "id": "call_1", "name": "add", "input": {"a": 1}}]),
        (
            "user",
            [{"type": "tool_result", "tool_use_id": "call_1", "content": [text("three"), image]}, text("So?")],
        ),
    ]
    assert "\n\n".join(asked.system).endswith("Be brief.\n\nBe kind.")


@pytest.mark.parametrize("way", ["by the id of the response", "by the items"])
def test_tools_are_called_and_their_outputs_go_back(tidegate: Running, service: StandIn, way: str):
    asked = asking(CALLING)
    with tidegate.openai.responses.stream(
        model=MODEL, input=asked, tools=[ADD], include=["reasoning.encrypted_content"], parallel_tool_calls=True
    ) as stream:
        kinds = [event.type for event in stream]
        called = stream.get_final_response()

    call = called.output[-1]
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments), call.call_id) == ("add", {"a": 1}, "toolu_7")
    assert kinds.count("response.function_call_arguments.delta") == 2

    output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "three"}
    if way == "by the id of the response":
        more: Any = {"previous_response_id": called.id, "input": [output]}
    else:
        more = {"store": False, "input": [*asked, *(item.to_dict() for item in called.output), output]}
    for item in more["input"]:
        item.pop("parsed_arguments", None)
    answer = tidegate.openai.responses.create(model=MODEL, tools=[ADD], **more)

    assert answer.output_text == "Echo: three"
    assert [role for role, _ in service.asked[-1].turns] == ["user", "assistant", "user"]
    assert service.asked[-1].turns[1][1] == [
        {"type": "thinking", "thinking": "Hm", "signature": Think(()).signature},
        text("Let me see."),
        {"type": "tool_use", "id": "toolu_7", "name": "add", "input": {"a": 1}},
    ]


@pytest.mark.parametrize(
    ("choice", "reached", "offered"),
    [
        ("auto", None, ["add", "look"]),
        ("none", {"type": "none"}, ["add", "look"]),
        ("required", {"type": "any"}, ["add", "look"]),
        ({"type": "function", "name": "look"}, {"type": "tool", "name": "look"}, ["add", "look"]),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]},
            {"type": "any"},
            ["look"],
        ),
    ],
)
def test_every_choice_of_tools_reaches_the_model(
    tidegate: Running, service: StandIn, choice: Any, reached: Any, offered: list[str]
):
    answer = tidegate.openai.responses.create(
        model="claude-opus-4-6", input="Hi", tools=[ADD, LOOK], tool_choice=choice
    )

    body = service.asked[-1].body
    assert (body.get("tool_choice") or None) in (reached, {"type": "auto"} if reached is None else reached)
    assert sorted(tool["name"] for tool in body["tools"]) == offered
    assert answer.tool_choice == choice or answer.tool_choice.to_dict() == choice  # type: ignore[union-attr]


def test_a_chain_of_responses_is_kept_shown_listed_and_deleted(tidegate: Running, service: StandIn):
    responses = tidegate.openai.responses
    one = responses.create(model=MODEL, input=wanting(say("Ada")), metadata={"a": "b"})
    two = responses.create(model=MODEL, input="Who?", previous_response_id=one.id)

    assert service.asked[-1].turns == [
        ("user", [text(wanting(say("Ada")))]),
        ("assistant", [text("Ada")]),
        ("user", [text("Who?")]),
    ]
    assert (two.previous_response_id, responses.retrieve(one.id)) == (one.id, one)
    (item,) = responses.input_items.list(two.id).data
    assert item.to_dict()["content"] == [{"type": "input_text", "text": "Who?"}]

    responses.delete(one.id)
    for gone in (lambda: responses.retrieve(one.id), lambda: responses.delete(one.id)):
        with pytest.raises(openai.NotFoundError):
            gone()
    with pytest.raises(openai.BadRequestError) as raised:
        responses.create(model=MODEL, input="Who?", previous_response_id=one.id)
    assert raised.value.code == "previous_response_not_found"


def test_what_is_not_to_be_stored_is_not(tidegate: Running):
    unkept = tidegate.openai.responses.create(model=MODEL, input="Hi", store=False)

    assert unkept.to_dict()["store"] is False
    with pytest.raises(openai.NotFoundError):
        tidegate.openai.responses.retrieve(unkept.id)


def test_a_stored_response_is_not_played_again_as_a_stream_and_says_so(tidegate: Running):
    kept = tidegate.openai.responses.create(model=MODEL, input="Hi")

    with pytest.raises(openai.BadRequestError) as raised:
        tidegate.openai.responses.retrieve(kept.id, stream=True)
    assert raised.value.param == "stream"


def test_an_answer_cut_by_its_limit_is_incomplete(tidegate: Running):
    answer = tidegate.openai.responses.create(model=MODEL, input=wanting(say("Once", stop_reason="max_tokens")))

    assert (answer.status, answer.output_text) == ("incomplete", "Once")
    assert answer.incomplete_details
    assert answer.incomplete_details.reason == "max_output_tokens"


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, openai.BadRequestError, "request_refused"),
        (401, openai.AuthenticationError, "api_key_invalid"),
        (404, openai.NotFoundError, "model_not_found"),
        (429, openai.RateLimitError, "rate_limit"),
        (529, openai.InternalServerError, "service_busy"),
    ],
)
def test_failures_before_the_first_word_have_their_true_status(
    tidegate: Running, status: int, error: type[openai.APIStatusError], code: str, streaming: bool
):
    with pytest.raises(error) as raised:
        tidegate.openai.responses.create(
            model=MODEL, input=wanting(Refusal(status, "invalid x-api-key")), stream=streaming
        )

    assert raised.value.code == code


@pytest.mark.parametrize("end", [Cut(1), Cut(1, clean=True), Break(1)])
def test_a_failure_after_the_first_word_raises_and_is_not_stored(tidegate: Running, end: Cut | Break):
    script = Answer((Say(("One", " two")),), end=end, pause=0.05)
    stream = tidegate.openai.responses.create(model=MODEL, input=wanting(script), stream=True)
    seen: list[Any] = []

    with pytest.raises(openai.APIError):
        seen += stream

    assert "response.completed" not in {event.type for event in seen}
    with pytest.raises(openai.NotFoundError):
        tidegate.openai.responses.retrieve(seen[0].response.id)
