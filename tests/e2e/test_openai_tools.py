"""Tools, which the official OpenAI client offers through chat completions and runs itself, on either engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import Running
from tests.e2e.test_openai_client import ADD, MODEL, asking
from tests.e2e.test_openai_features import LOOK, ask, ignored, text
from tests.stand_in import StandIn
from tests.stand_in.answer import Answer, CallTool


@pytest.mark.parametrize(
    ("choice", "reached", "offered"),
    [
        ("auto", "auto", ["add", "look"]),
        ("none", "none", ["add", "look"]),
        ("required", "any", ["add", "look"]),
        ({"type": "function", "function": {"name": "look"}}, "tool", ["add", "look"]),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "look"}}]},
            },
            "auto",
            ["look"],
        ),
    ],
)
def test_every_choice_of_tools_reaches_the_model(
    tidegate: Running, service: StandIn, choice: Any, reached: str, offered: list[str]
):
    answer = ask(tidegate, tools=[ADD, LOOK], tool_choice=choice)

    body = service.asked[-1].body
    assert body.get("tool_choice", {"type": "auto"})["type"] == reached
    assert sorted(tool["name"] for tool in body["tools"]) == offered
    assert ignored(answer) == set()


def test_one_call_at_a_time_may_be_asked_for(tidegate: Running, service: StandIn):
    ask(tidegate, tools=[ADD, LOOK], parallel_tool_calls=False)

    assert service.asked[-1].body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}


def test_deltas_of_calls_have_an_index_and_say_id_and_name_once(tidegate: Running):
    script = Answer((CallTool("toolu_1", "add", ('{"a"', ":1}")), CallTool("toolu_2", "look", ("{}",))))

    ask(tidegate, asking(script), tools=[ADD, LOOK], stream=True).parse().response.read()

    chunks = [json.loads(data) for _, data in tidegate.wire.last.events if data != "[DONE]"]
    deltas = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert deltas == [
        {"index": 0, "id": "toolu_1", "type": "function", "function": {"name": "add", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"a"'}},
        {"index": 0, "function": {"arguments": ":1}"}},
        {"index": 1, "id": "toolu_2", "type": "function", "function": {"name": "look", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]


@pytest.mark.parametrize("streaming", [False, True])
def test_the_older_functions_are_called_and_answered_in_their_own_shape(
    tidegate: Running, service: StandIn, streaming: bool
):
    asked = asking(Answer((CallTool("toolu_7", "add", ('{"a"', ":1}")),)))
    older: Any = {"model": MODEL, "functions": [ADD["function"]]}
    answer = ask(tidegate, asked, function_call="auto", stream=streaming, **older).parse()
    if streaming:
        deltas = [chunk.choices[0].delta.function_call for chunk in answer]
        said = [call for call in deltas if call]
        call = {"name": said[0].name, "arguments": "".join(call.arguments for call in said)}
    else:
        assert answer.choices[0].finish_reason == "function_call"
        call = answer.choices[0].message.function_call.to_dict()
    assert call == {"name": "add", "arguments": '{"a":1}'}

    result = {"role": "function", "name": "add", "content": "three"}
    history = [*asked, {"role": "assistant", "content": None, "function_call": call}, result]
    again = ask(tidegate, history, **older).parse()
    assert again.choices[0].message.content == "Echo: three"
    (_, (use,)), (_, (given,)) = service.asked[-1].turns[1:]
    assert (use["name"], use["input"], given["content"]) == ("add", {"a": 1}, [text("three")])
    assert use["id"] == given["tool_use_id"]
