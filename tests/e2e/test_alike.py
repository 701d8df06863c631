"""What fails, fails alike on both engines: no app and no dialect can tell which one runs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.e2e.apps import ANTHROPIC, BEARER, MODEL, App, says
from tests.e2e.conftest import ENGINES, Running
from tests.stand_in.answer import Refusal, Script, say
from tests.stand_in.models import MODELS

REFUSALS = [
    (Refusal(400, "messages.0: something is wrong"), 400, "request_refused"),
    (Refusal(400, "prompt is too long: 1200000 tokens > 1000000 maximum"), 400, "context_length_exceeded"),
    (Refusal(400, "messages.0.content.0.image: image exceeds 5 MB maximum"), 400, "image_refused"),
    (Refusal(400, "Your credit balance is too low to access the Anthropic API."), 402, "no_credit"),
    (Refusal(401, "invalid x-api-key"), 401, "api_key_invalid"),
    (Refusal(402, "billing"), 402, "no_credit"),
    (Refusal(403, "not allowed"), 403, "not_permitted"),
    (Refusal(404, "model: claude-opus-5-5"), 404, "model_not_found"),
    (Refusal(413, "Request exceeds the maximum size"), 413, "request_too_large"),
    (Refusal(429, "slow down"), 429, "rate_limit"),
    (Refusal(429, "Extra usage is required for long context requests."), 402, "long_context_costs_extra"),
    (Refusal(500, "Internal server error"), 502, "service_error"),
    (Refusal(503, "unavailable", type="api_error"), 529, "service_busy"),
    (Refusal(504, "timeout"), 504, "timed_out"),
    (Refusal(529, "Overloaded"), 529, "service_busy"),
]


@pytest.fixture(scope="module", autouse=True)
def warm(tidegates: Mapping[str, Running]) -> None:
    """Each has answered before: while an engine still starts, a stream may begin before it is known how it ends."""
    for running in tidegates.values():
        assert App(running, BEARER).chat(model=MODEL, messages=[says()]).text == "Echo: Hello"


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "whole"])
@pytest.mark.parametrize(("refusal", "status", "code"), REFUSALS, ids=[refusal.message for refusal, *_ in REFUSALS])
def test_a_refusal_of_the_service_reads_the_same_whichever_engine_met_it(
    tidegates: Mapping[str, Running], refusal: Refusal, status: int, code: str, *, streaming: bool
):
    for running in tidegates.values():
        answer = App(running, BEARER).chat(model=MODEL, messages=[says(script=refusal)], stream=streaming)
        assert (answer.status, answer.error["code"]) == (status, code), (running.engine, answer.body)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers.get("x-should-retry") == (None if status in (429, 502, 504, 529) else "false")

        native = App(running, ANTHROPIC).send(
            "POST",
            "/v1/messages",
            {"model": MODEL, "max_tokens": 9_000, "messages": [says(script=refusal)], "stream": streaming},
        )
        assert native.status == status, (running.engine, native.body)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("model", [model.id for model in MODELS])
def test_what_every_chat_app_sends_works_on_every_model(tidegates: Mapping[str, Running], engine: str, model: str):
    script: Script = say("Yes")
    habits = {"temperature": 0.7, "top_p": 0.9, "max_tokens": 1024, "presence_penalty": 0, "frequency_penalty": 0}

    answer = App(tidegates[engine], BEARER).chat(model=model, messages=[says(script=script)], **habits)

    assert answer.text == "Yes"
    left_out = set(answer.headers["x-tidegate-ignored"].split(", "))
    assert left_out == ({"top_p"} if model in ("claude-opus-4-6", "claude-sonnet-4-5") else {"temperature", "top_p"})
