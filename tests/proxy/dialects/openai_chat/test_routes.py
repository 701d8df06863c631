"""The addresses on a running server, asked by the official client over a socket; only the engine is scripted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest

from app.proxy.dialects import serve
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import Accepted, Failed
from app.proxy.neutral.turn import Parameters, Text, Turn, UserMessage
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, Step
from tests.proxy.dialects.answers import answered, called
from tests.proxy.dialects.openai_chat.scripts import EVERY_BLOCK, chunks
from tests.proxy.live import KEY, Live, serving

MODEL = SCRIPTED_MODEL.id
ASKED: dict[str, Any] = {"model": f"anthropic/{MODEL}", "messages": [{"role": "user", "content": "hello"}]}
BODY = json.dumps(ASKED).encode()
WAIT = Fault(FaultKind.RATE_LIMIT, "Wait a moment.", code="rate_limit", retry_after_seconds=7)
SPENT = Fault(FaultKind.RATE_LIMIT, "The plan's limit is reached.", code="plan_limit", retryable=False)
BUSY = Fault(FaultKind.OVERLOADED, "Claude is busy right now.", code="service_busy")


@asynccontextmanager
async def asking(*steps: Step) -> AsyncIterator[tuple[Live, openai.AsyncOpenAI]]:
    """A server whose engine says these, and the official client pointed at it."""
    async with (
        serving(ScriptedEngine(steps)) as live,
        openai.AsyncOpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{live.port}/v1", max_retries=0) as client,
    ):
        yield live, client


async def test_a_whole_answer_reaches_the_client_and_the_request_the_engine():
    async with asking(*EVERY_BLOCK) as (live, client):
        completion = await client.chat.completions.create(**ASKED, max_tokens=100, seed=1)
        (choice,) = completion.choices
        assert completion.model == f"anthropic/{MODEL}"
        assert (choice.finish_reason, choice.message.content) == ("tool_calls", 'It is\n"warm" \U0001f31e')
        assert [call.id for call in choice.message.tool_calls or ()] == ["toolu_1", "toolu_2"]
        assert completion.usage
        assert completion.usage.total_tokens == 57
        assert live.engine.turns == [
            Turn(
                MODEL,
                (UserMessage((Text("hello"),)),),
                parameters=Parameters(max_output_tokens=100, limit_counts_thinking=False),
                ignored=("seed",),
            )
        ]


async def test_a_streamed_answer_is_the_whole_answer_in_pieces():
    async with asking(*EVERY_BLOCK) as (_, client):
        whole = await client.chat.completions.create(**ASKED)
        async with client.chat.completions.stream(**ASKED, stream_options={"include_usage": True}) as stream:
            final = await stream.get_final_completion()
    message, expected = final.choices[0].message, whole.choices[0].message
    assert (message.content, final.usage) == (expected.content, whole.usage)
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()] == [
        ("toolu_1", "weather", '{"city":"Paris"}'),
        ("toolu_2", "clock", "{}"),
    ]
    assert message.model_extra["reasoning_content"] == "Let me look…"  # type: ignore[index]


async def test_the_older_functions_get_the_older_answer():
    async with asking(*called(("toolu_1", "look", ('{"a":1}',)))) as (_, client):
        completion = await client.chat.completions.create(**ASKED, functions=[{"name": "look"}])
    (choice,) = completion.choices
    assert choice.finish_reason == "function_call"
    assert choice.message.function_call
    assert (choice.message.function_call.name, choice.message.function_call.arguments) == ("look", '{"a":1}')


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions"])
async def test_both_addresses_answer_and_name_the_chunks_after_the_request(path):
    async with serving(ScriptedEngine(answered("Hi"))) as live:
        answer = await live.request("POST", path, ["X-Session-Id: chat-1"], json.dumps({**ASKED, "n": 1}).encode())
        assert answer.status == 200
        assert answer.json["id"] == f"chatcmpl-{answer.header('x-request-id')}"
        assert answer.header("x-session-id") == "chat-1"
        streamed = await live.request("POST", path, body=json.dumps({**ASKED, "stream": True, "seed": 1}).encode())
        assert streamed.status == 200
        assert (streamed.header("content-type") or "").startswith("text/event-stream")
        assert streamed.header("x-tidegate-ignored") == "seed"
        assert streamed.body.startswith(b":ok\n\ndata: {")
        assert streamed.body.endswith(b"data: [DONE]\n\n")
        assert {chunk["id"] for chunk in chunks(streamed.body)} == {f"chatcmpl-{streamed.header('x-request-id')}"}


async def test_a_failure_before_the_first_byte_has_its_true_status_and_is_json():
    async with asking(Accepted(), Failed(WAIT)) as (_, client):
        for streaming in (False, True):
            with pytest.raises(openai.RateLimitError) as raised:
                await client.chat.completions.create(**ASKED, stream=streaming)
            assert raised.value.response.headers["content-type"] == "application/json"
            assert raised.value.response.headers["retry-after"] == "7"
            assert raised.value.body == {
                "message": "Wait a moment.",
                "type": "rate_limit_error",
                "param": None,
                "code": "rate_limit",
            }


async def test_a_spent_plan_is_not_asked_again():
    async with serving(ScriptedEngine((Accepted(), Failed(SPENT)))) as live:
        address = f"http://127.0.0.1:{live.port}/v1"
        async with openai.AsyncOpenAI(api_key=KEY, base_url=address, max_retries=2) as client:
            with pytest.raises(openai.RateLimitError):
                await client.chat.completions.create(**ASKED)
        assert len(live.engine.turns) == 1


async def test_a_failure_in_the_middle_of_a_stream_is_an_error_for_the_client():
    async with asking(*answered("One")[:4], Failed(BUSY)) as (_, client):
        stream = await client.chat.completions.create(**ASKED, stream=True)
        choices = [(await anext(stream)).choices[0] for _ in range(2)]
        with pytest.raises(openai.APIError, match="Claude is busy right now"):
            await anext(stream)
    assert [(choice.delta.content, choice.finish_reason) for choice in choices] == [("", None), ("One", None)]


async def test_a_bad_request_never_reaches_the_engine():
    async with asking(*answered("Hi")) as (live, client):
        with pytest.raises(openai.BadRequestError) as raised:
            await client.chat.completions.create(**{**ASKED, "n": 2})
        assert (raised.value.param, raised.value.code) == ("n", "unsupported_value")
        assert live.engine.turns == []


async def test_an_unknown_model_is_not_found_and_the_choices_are_named():
    async with asking(*answered("Hi")) as (_, client):
        with pytest.raises(openai.NotFoundError, match=MODEL) as raised:
            await client.chat.completions.create(**{**ASKED, "model": "gpt-unheard-of"})
        assert (raised.value.type, raised.value.code) == ("invalid_request_error", "model_not_found")


async def test_a_silent_engine_is_bridged_with_comments(monkeypatch):
    monkeypatch.setattr(serve, "HEARTBEAT_SECONDS", 0.02)
    go_on = asyncio.Event()
    async with asking(*answered("One")[:4], go_on, *answered("One")[4:]) as (live, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(live.chat(stream=True))
        await reader.readuntil(b": keep-alive\n\n")
        go_on.set()
        assert b"data: [DONE]\n\n" in await reader.read()
        writer.close()


@pytest.mark.parametrize("stream", [True, False])
async def test_a_hung_up_client_stops_the_engine(stream):
    never = asyncio.Event()
    async with asking(*answered("One")[:4], never) as (live, _):
        _, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(live.chat(stream=stream))
        async with asyncio.timeout(5):
            await live.engine.asked.wait()
            writer.transport.abort()
            await live.engine.stopped.wait()
        assert live.engine.answering == 0
