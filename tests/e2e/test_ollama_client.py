"""Ollama's own client against the whole program with Ollama's interface switched on, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ollama
import pytest

from tests.e2e.apps import MODEL, PNG, WEATHER, says
from tests.e2e.conftest import ENGINES, Running, running
from tests.stand_in.answer import Answer, CallTool, Counts, Refusal, Say, Think, say
from tests.tidegate_process import KEY

OTHERS = "claude-haiku-5-5"


@pytest.fixture(scope="module", params=ENGINES)
def tidegate(
    request: pytest.FixtureRequest, model_api: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    home = tmp_path_factory.mktemp(f"ollama-{request.param}")
    settings = {
        "TIDEGATE_SERVER_OLLAMA": "true",
        "TIDEGATE_MODEL_ALIASES": "llama3=claude-haiku-5-5",
        "TIDEGATE_MODEL_LIST_ALIASES": "true",
        "TIDEGATE_MODEL_HIDDEN": "claude-opus-4-6,tidegate-demo",
        "TIDEGATE_DEFAULT_MODEL": OTHERS,
    }
    with running(request.param, model_api, home, **settings) as started:
        yield started


@pytest.fixture
def client(tidegate: Running) -> Iterator[ollama.Client]:
    made = ollama.Client(tidegate.address, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
    try:
        yield made
    finally:
        made.close()  # type: ignore[no-untyped-call]  # untyped there


def test_models_are_listed_and_shown_as_the_settings_say(client: ollama.Client):
    names = [model.model for model in client.list().models]
    shown = client.show("llama3")

    assert {MODEL, OTHERS, "llama3", "opus", "gpt-4o"} <= set(names)
    assert not {"claude-opus-4-6", "tidegate-demo"} & set(names)
    assert shown.modelinfo
    assert shown.modelinfo["claude.context_length"] == 1_000_000
    assert {"vision", "tools", "thinking"} <= set(shown.capabilities or ())


def test_words_stream_and_are_counted(client: ollama.Client):
    script = say("One", " two", usage=Counts(input_tokens=9, output_tokens=4))
    parts = list(client.chat(f"{MODEL}:latest", [says(script=script)], stream=True))

    assert [part.message.content for part in parts] == ["One", " two", ""]
    last = parts[-1]
    assert (last.done, last.done_reason, last.prompt_eval_count, last.eval_count) == (True, "stop", 9, 4)
    assert last.total_duration
    assert last.eval_duration


def test_pictures_thoughts_and_a_limit(client: ollama.Client):
    seen = client.chat(MODEL, [{**says("What is it?"), "images": [PNG]}])
    thought = client.chat(MODEL, [says(script=Answer((Think(("Hm",)), Say(("Yes",)))))], think=True)
    cut = client.chat(MODEL, [says(script=say("Once", stop_reason="max_tokens"))], options={"num_predict": 9_000})

    assert "message 0: image/png" in (seen.message.content or "")
    assert (thought.message.thinking, thought.message.content) == ("Hm", "Yes")
    assert cut.done_reason == "length"


def test_a_tool_is_called_and_its_result_goes_back(client: ollama.Client):
    asked = says(script=Answer((CallTool("toolu_1", "get_weather", ('{"place"', ':"Oslo"}')),)))
    tools: Any = [WEATHER]
    called = client.chat(MODEL, [asked], tools=tools)
    (call,) = called.message.tool_calls or ()
    assert (call.function.name, call.function.arguments) == ("get_weather", {"place": "Oslo"})

    result = {"role": "tool", "tool_name": "get_weather", "content": "rain"}
    answer = client.chat(MODEL, [asked, called.message, result], tools=tools)
    assert answer.message.content == "Echo: rain"


def test_a_schema_is_asked_for_and_options_apps_always_send_do_no_harm(client: ollama.Client):
    schema: Any = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    options = {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "num_ctx": 4096, "seed": 1, "stop": ["END"]}
    answer = client.chat(MODEL, [says(script=say('{"a":1}'))], format=schema, options=options, keep_alive="5m")

    assert answer.message.content == '{"a":1}'


def test_one_prompt_and_a_picture(client: ollama.Client):
    answer = client.generate("default", "What is it?", system="Be brief.", images=[PNG])

    assert (answer.response or "").startswith("Echo: What is it?")
    assert answer.model == "default"


def test_a_refusal_of_the_service_has_its_true_status(client: ollama.Client):
    with pytest.raises(ollama.ResponseError) as raised:
        client.chat(MODEL, [says(script=Refusal(529, "Overloaded"))])

    assert (raised.value.status_code, "busy" in raised.value.error) == (529, True)
