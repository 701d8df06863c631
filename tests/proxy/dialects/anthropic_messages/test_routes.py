"""The addresses on a running server, asked by the official client over a socket; only the engine is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anthropic
import pytest

from app.core.events import ExchangeEnded, Outcome
from app.proxy.dialects import serve
from app.proxy.engines import TokenCount
from app.proxy.neutral.fault import Fault, FaultKind, Refused
from app.proxy.neutral.stream import Accepted, Failed
from app.proxy.neutral.turn import Parameters, Text, Turn, UserMessage
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine
from tests.proxy.dialects.answers import answered
from tests.proxy.dialects.anthropic_messages.bodies import body
from tests.proxy.dialects.anthropic_messages.scripts import EVERY_BLOCK
from tests.proxy.live import KEY, Live, serving

MODEL = SCRIPTED_MODEL.id
ASKED: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
WAIT = Fault(FaultKind.RATE_LIMIT, "Wait a moment.", code="rate_limit", retry_after_seconds=7)
SPENT = Fault(FaultKind.RATE_LIMIT, "The plan's limit is reached.", code="plan_limit", retryable=False)
BUSY = Fault(FaultKind.OVERLOADED, "Claude is busy right now.", code="service_busy")


@asynccontextmanager
async def asking(engine: ScriptedEngine) -> AsyncIterator[tuple[Live, anthropic.AsyncAnthropic]]:
    """A server with this engine and the official client pointed at it, as its users do: no /v1 in the address."""
    async with (
        serving(engine) as live,
        anthropic.AsyncAnthropic(api_key=KEY, base_url=f"http://127.0.0.1:{live.port}", max_retries=0) as client,
    ):
        yield live, client


async def test_a_whole_answer_has_every_block_and_reaches_the_engine_as_one_turn() -> None:
    engine = ScriptedEngine(EVERY_BLOCK)
    async with asking(engine) as (_, client):
        message = await client.messages.create(**ASKED)
    assert [block.type for block in message.content] == [
        "thinking",
        "redacted_thinking",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert (message.model, message.stop_reason, message.usage.output_tokens) == (MODEL, "tool_use", 30)
    assert engine.turns == [Turn(MODEL, (UserMessage((Text("Hello"),)),), parameters=Parameters(max_output_tokens=100))]


async def test_a_streamed_answer_is_the_whole_answer_in_pieces() -> None:
    async with asking(ScriptedEngine(EVERY_BLOCK)) as (_, client):
        whole = await client.messages.create(**ASKED)
        async with client.messages.stream(**ASKED) as stream:
            kinds = [event.type async for event in stream]
            final = await stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    differing = {"id"}  # each answer has its own
    assert final.model_dump(exclude=differing, exclude_none=True) == whole.model_dump(
        exclude=differing, exclude_none=True
    )


async def test_the_message_is_named_after_its_request() -> None:
    async with asking(ScriptedEngine(answered("Hi"))) as (_, client):
        answer = await client.messages.with_raw_response.create(**ASKED)
        message = await answer.parse()
    assert message.id == f"msg_{answer.headers['x-request-id']}"


async def test_a_failure_before_the_first_byte_has_its_true_status() -> None:
    async with asking(ScriptedEngine((Accepted(), Failed(WAIT)))) as (_, client):
        for streaming in (False, True):
            with pytest.raises(anthropic.RateLimitError) as raised:
                await client.messages.create(**ASKED, stream=streaming)
            error = raised.value
            assert (error.status_code, error.api_message) == (429, "Wait a moment.")
            assert error.response.headers["content-type"] == "application/json"
            assert error.response.headers["retry-after"] == "7"


async def test_a_spent_plan_is_not_asked_again() -> None:
    engine = ScriptedEngine((Accepted(), Failed(SPENT)))
    async with asking(engine) as (_, client):
        with pytest.raises(anthropic.RateLimitError):
            await client.with_options(max_retries=2).messages.create(**ASKED)
    assert len(engine.turns) == 1


async def test_a_failure_in_the_middle_is_an_error_for_the_client_and_for_the_history() -> None:
    async with asking(ScriptedEngine((*answered("half")[:4], Failed(BUSY)))) as (live, client):
        said: list[str] = []
        with pytest.raises(anthropic.APIStatusError) as raised:
            await _hear(client, said)
        ended = [event for event in live.events if isinstance(event, ExchangeEnded)]
    assert said == ["half"]
    assert raised.value.type == "overloaded_error"
    assert [(event.outcome, event.detail) for event in ended] == [(Outcome.FAILED, "service_busy")]


async def test_a_hung_up_client_stops_the_engine() -> None:
    engine = ScriptedEngine((*answered("Hel")[:4], asyncio.Event()))
    async with asking(engine) as (_, client):
        async with client.messages.stream(**ASKED) as stream:
            async for _text in stream.text_stream:
                break
        async with asyncio.timeout(10):
            await engine.stopped.wait()
    assert engine.answering == 0


async def test_a_silent_engine_is_bridged_by_comments_and_then_by_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "HEARTBEAT_SECONDS", 0.02)
    awake, talkative = asyncio.Event(), asyncio.Event()
    script = answered("Hi")
    async with serving(ScriptedEngine((Accepted(), awake, *script[1:3], talkative, *script[3:]))) as live:
        reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(live.raw("POST", "/v1/messages", body=body("Hello", model=MODEL, stream=True)))
        head = await reader.readuntil(b": keep-alive\n\n")
        awake.set()
        begun = await reader.readuntil(b"event: content_block_start")
        begun += await reader.readuntil(b"event: ping")
        talkative.set()
        rest = await reader.read()
        writer.close()
    assert b"200" in head.split(b"\r\n")[0]
    assert b"event:" not in head
    assert b"event: message_start" in begun
    assert b"event: message_stop" in rest


async def test_an_unknown_model_is_not_found_and_the_choices_are_named() -> None:
    async with asking(ScriptedEngine(answered("Hi"))) as (_, client):
        with pytest.raises(anthropic.NotFoundError, match=MODEL):
            await client.messages.create(**ASKED | {"model": "gpt-9"})


async def test_a_refused_request_names_its_field_in_the_caller_s_shape() -> None:
    async with asking(ScriptedEngine(answered("Hi"))) as (_, client):
        with pytest.raises(anthropic.BadRequestError, match=r"tools\[0\].type") as raised:
            await client.messages.create(**ASKED, tools=[{"type": "web_search_20250305", "name": "web_search"}])
    assert (raised.value.type, raised.value.error_code) == ("invalid_request_error", "unsupported_parameter")


async def test_what_is_ignored_is_told_in_a_header_and_the_session_is_echoed() -> None:
    engine = ScriptedEngine((Accepted(("temperature",)), *answered("Hi")[1:]))
    async with asking(engine) as (_, client):
        for streaming in (False, True):
            answer = await client.messages.with_raw_response.create(
                **ASKED, service_tier="standard_only", stream=streaming, extra_headers={"x-session-id": "chat:1"}
            )
            await answer.read()
            assert answer.headers["x-tidegate-ignored"] == "service_tier, temperature"
            assert answer.headers["x-session-id"] == "chat:1"


@pytest.mark.parametrize("path", ["/v1/messages", "/messages"])
async def test_messages_are_served_with_and_without_v1(path: str) -> None:
    async with serving(ScriptedEngine(answered("Hi"))) as live:
        answer = await live.request("POST", path, body=body("Hello", model=MODEL))
    assert (answer.status, answer.json["content"]) == (200, [{"type": "text", "text": "Hi"}])


@pytest.mark.parametrize(("exact", "header"), [(True, None), (False, "true")])
async def test_a_token_count_says_when_it_is_an_estimate(exact: bool, header: str | None) -> None:
    engine = ScriptedEngine((), tokens=TokenCount(42, exact))
    async with serving(engine) as live:
        for path in ("/v1/messages/count_tokens", "/messages/count_tokens"):
            answer = await live.request("POST", path, body=body("Hello", model=MODEL))
            assert (answer.status, answer.json) == (200, {"input_tokens": 42})
            assert answer.header("x-tidegate-estimate") == header


async def test_the_official_client_counts_tokens() -> None:
    async with asking(ScriptedEngine((), tokens=TokenCount(42, exact=True))) as (_, client):
        count = await client.messages.count_tokens(model=MODEL, messages=ASKED["messages"], system="Be kind")
    assert count.input_tokens == 42


async def test_a_token_count_that_fails_says_why() -> None:
    async with asking(ScriptedEngine((), refused=Refused(WAIT))) as (_, client):
        with pytest.raises(anthropic.APIStatusError):
            await client.messages.count_tokens(model=MODEL, messages=ASKED["messages"])
        with pytest.raises(anthropic.BadRequestError, match="messages"):
            await client.messages.count_tokens(model=MODEL, messages=[])


async def _hear(client: anthropic.AsyncAnthropic, said: list[str]) -> None:
    """Put the pieces of an answer into `said` as they come, so that those before an error are known."""
    async with client.messages.stream(**ASKED) as stream:
        async for text in stream.text_stream:
            said.append(text)  # noqa: PERF401 # a comprehension would lose them with the error
