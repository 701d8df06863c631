"""The official OpenAI client against the whole program, on either engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import openai
import pydantic
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

from tests.e2e.conftest import ENGINES, Running
from tests.stand_in.answer import Answer, Break, CallTool, Counts, Cut, Refusal, Say, Script, Think, say, wanting

MODEL = "claude-opus-5-5"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ADD: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "number"}}}},
}


PDF = "data:application/pdf;base64,JVBERi0xLjQKJSVFT0YK"


class Weather(pydantic.BaseModel):
    place: str
    degrees: int


def asking(script: Script, text: str = "") -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": wanting(script, text)}]


def test_words_stream_piece_by_piece_with_usage_when_asked_for(tidegate: Running):
    script = say("One", " two", " three", usage=Counts(input_tokens=9, output_tokens=4, cache_read=2))
    stream = tidegate.openai.chat.completions.create(
        model=MODEL, messages=asking(script), stream=True, stream_options={"include_usage": True}
    )

    chunks = list(stream)

    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert said == ["", "One", " two", " three", None]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    usage = chunks[-1].usage
    assert usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (11, 4, 15)
    assert usage.prompt_tokens_details
    assert usage.prompt_tokens_details.cached_tokens == 2
    assert {chunk.model for chunk in chunks} == {MODEL}


def test_a_whole_answer_says_the_same_as_the_stream(tidegate: Running):
    answer = tidegate.openai.chat.completions.create(model="opus", messages=asking(say("One", " two")))

    choice = answer.choices[0]
    assert (choice.message.content, choice.message.refusal, choice.finish_reason) == ("One two", None, "stop")
    assert answer.model == "opus"
    assert answer.usage


def test_pictures_of_earlier_turns_are_still_there(tidegate: Running):
    picture: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
    answer = tidegate.openai.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "first"}, picture]},
            {"role": "assistant", "content": "A dot."},
            {"role": "user", "content": "And then?"},
        ],
    )

    assert answer.choices[0].message.content
    assert "message 0: image/png" in answer.choices[0].message.content


def test_tools_are_called_and_their_results_go_back(tidegate: Running):
    script = Answer((Say(("Let me see.",)), CallTool("toolu_7", "add", ('{"a"', ":1}"))))
    asked = asking(script)
    with tidegate.openai.chat.completions.stream(model=MODEL, messages=asked, tools=[ADD]) as stream:
        called = stream.get_final_completion().choices[0]

    assert called.finish_reason == "tool_calls"
    assert called.message.tool_calls
    call = called.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"a": 1})

    history: Any = [*asked, called.message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "three"}]
    answer = tidegate.openai.chat.completions.create(model=MODEL, messages=history, tools=[ADD])
    assert answer.choices[0].message.content == "Echo: three"


def test_two_tools_at_once_are_two_calls_and_two_results(tidegate: Running):
    script = Answer((CallTool("toolu_1", "add", ('{"a"', ":1}")), CallTool("toolu_2", "add", ('{"a":2}',))))
    asked = asking(script)
    with tidegate.openai.chat.completions.stream(
        model=MODEL, messages=asked, tools=[ADD], parallel_tool_calls=True
    ) as stream:
        called = stream.get_final_completion().choices[0].message

    assert called.tool_calls
    assert [json.loads(call.function.arguments) for call in called.tool_calls] == [{"a": 1}, {"a": 2}]

    results: Any = [{"role": "tool", "tool_call_id": call.id, "content": call.id} for call in called.tool_calls]
    history: Any = [*asked, called.to_dict(), *reversed(results)]
    answer = tidegate.openai.chat.completions.create(model=MODEL, messages=history, tools=[ADD])
    said = answer.choices[0].message.content or ""
    assert sorted(said.removeprefix("Echo: ").split()) == ["toolu_1", "toolu_2"]


def test_an_answer_is_parsed_by_the_schema_that_was_asked_for(tidegate: Running):
    answer = tidegate.openai.chat.completions.parse(
        model=MODEL, messages=asking(say('{"place": "Oslo",', ' "degrees": 4}')), response_format=Weather
    )

    assert answer.choices[0].message.parsed == Weather(place="Oslo", degrees=4)


def test_any_object_may_be_asked_for_and_that_it_can_not_be_forced_is_said(tidegate: Running):
    answer = tidegate.openai.chat.completions.with_raw_response.create(
        model=MODEL, messages=asking(say('{"a": 1}')), response_format={"type": "json_object"}
    )

    assert json.loads(answer.parse().choices[0].message.content or "") == {"a": 1}
    assert answer.headers["x-tidegate-ignored"] == "response_format"


@pytest.mark.parametrize("effort", ["minimal", "low", "medium", "high", "none"])
def test_every_reasoning_effort_gets_an_answer(tidegate: Running, effort: Any):
    answer = tidegate.openai.chat.completions.create(
        model="claude-haiku-5-5", messages=asking(say("Yes")), reasoning_effort=effort
    )

    assert answer.choices[0].message.content == "Yes"


def test_a_stop_sequence_that_was_hit_ends_the_answer_as_a_stop(tidegate: Running):
    script = say("One two", stop_reason="stop_sequence", stop_sequence="END")
    answer = tidegate.openai.chat.completions.create(model=MODEL, messages=asking(script), stop=["END", "\n\n"])

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("One two", "stop")


@pytest.mark.parametrize(
    ("name", "data"), [("report.pdf", PDF), ("notes.txt", "data:text/plain;base64,VGhlIG5vdGVzLg==")]
)
def test_documents_are_taken(tidegate: Running, name: str, data: str):
    file: Any = {"type": "file", "file": {"filename": name, "file_data": data}}
    answer = tidegate.openai.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": [file, {"type": "text", "text": "What is it?"}]}]
    )

    assert answer.choices[0].message.content == "Echo: What is it?"


def test_the_model_list_is_of_the_clients_own_strict_type(tidegate: Running):
    for listed in tidegate.openai.models.list():
        one = tidegate.openai.models.retrieve(listed.id)
        assert openai.types.Model.model_validate(one.to_dict()) == one == listed


def test_thinking_comes_apart_from_the_answer(tidegate: Running):
    stream = tidegate.openai.chat.completions.create(
        model=MODEL, messages=asking(Answer((Think(("Let me", " think")), Say(("Yes",))))), stream=True
    )

    deltas = [chunk.choices[0].delta.to_dict() for chunk in stream]

    assert [delta["reasoning_content"] for delta in deltas if "reasoning_content" in delta] == ["Let me", " think"]
    assert "".join(str(delta.get("content") or "") for delta in deltas) == "Yes"


def test_what_the_models_refuse_is_left_out_and_said(tidegate: Running):
    answer = tidegate.openai.chat.completions.with_raw_response.create(
        model=MODEL, messages=asking(say("Yes")), temperature=0.7, max_tokens=1024, seed=7, logprobs=True
    )

    assert answer.parse().choices[0].message.content == "Yes"
    assert {"temperature", "seed", "logprobs"} <= set(answer.headers["x-tidegate-ignored"].split(", "))


def test_an_answer_cut_by_its_limit_says_length(tidegate: Running):
    answer = tidegate.openai.chat.completions.create(
        model=MODEL, messages=asking(say("Once upon", stop_reason="max_tokens")), max_completion_tokens=9_000
    )

    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("Once upon", "length")


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
        tidegate.openai.chat.completions.create(
            model=MODEL, messages=asking(Refusal(status, "invalid x-api-key")), stream=streaming
        )

    body: Any = raised.value.body
    assert set(body) == {"message", "type", "param", "code"}
    assert body["code"] == code
    assert raised.value.response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("end", [Cut(1), Cut(1, clean=True), Break(1)])
def test_a_failure_after_the_first_word_raises_and_never_looks_finished(tidegate: Running, end: Cut | Break):
    script = Answer((Say(("One", " two")),), end=end, pause=0.05)
    stream = tidegate.openai.chat.completions.create(model=MODEL, messages=asking(script), stream=True)
    seen = []

    with pytest.raises(openai.APIError):
        seen += [chunk.choices[0] for chunk in stream]

    assert all(choice.finish_reason is None for choice in seen)


def test_a_stream_may_last_longer_than_a_minute(tidegates: Mapping[str, Running]):
    script = say(*(f" {second}" for second in range(33)), pause=2)
    heard: dict[str, str] = {}

    def listen(running: Running) -> None:
        stream = running.openai.chat.completions.create(model=MODEL, messages=asking(script), stream=True)
        heard[running.engine] = "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    threads = [threading.Thread(target=listen, args=(running,)) for running in tidegates.values()]
    for thread in threads:  # side by side, because a minute is long
        thread.start()
    for thread in threads:
        thread.join()

    assert heard == dict.fromkeys(ENGINES, "".join(f" {second}" for second in range(33)))


def test_many_answers_at_once_do_not_mix(tidegate: Running):
    heard: dict[int, str | None] = {}

    def ask(number: int) -> None:
        script = say(*(f" {number}" for _ in range(10)), pause=0.02)
        answer = tidegate.openai.chat.completions.create(model=MODEL, messages=asking(script))
        heard[number] = answer.choices[0].message.content

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert heard == {number: f" {number}" * 10 for number in range(8)}


def test_the_models_are_listed(tidegate: Running):
    models = tidegate.openai.models.list()

    ids = [model.id for model in models]
    assert ids[0] == MODEL
    assert ids[-1] == "tidegate-demo"
    assert all(model.to_dict()["context_length"] for model in models)
