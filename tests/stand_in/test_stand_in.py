"""The stand-in itself: what it says, what it refuses, and that it notes what it was sent."""

from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from hashlib import sha256
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import RawMessageStreamEvent

from tests.stand_in import (
    KEY,
    WRONG_KEY,
    Answer,
    CallTool,
    Counts,
    Cut,
    Redact,
    Refusal,
    Say,
    Silence,
    StandIn,
    Think,
    say,
    unified_limit,
    wanting,
)
from tests.stand_in.answer import wanted
from tests.stand_in.models import MODELS

EVERYTHING = Answer(
    (Think(("Hm", ".")), Redact("b3A="), Say(("a ", "b")), CallTool("toolu_1", "f", ('{"a"', ": 1}"))),
    usage=Counts(1, 2, 3, 4, 5),
)
HI = {"role": "user", "content": "Hi"}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]}
THOUGHT = {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}]}
MARKED = {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}
OLD_VERSION = {"anthropic-version": "2023-06-01"}
CURRENT = [model.id for model in MODELS if model.sampling == "none"]


def client(stand_in: StandIn, key: str = KEY) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key=key, base_url=stand_in.url, max_retries=0)


async def create(stand_in: StandIn, *, model: str = "claude-opus-5-5", **body: Any) -> anthropic.types.Message:
    """Ask without streaming; what the package has no parameter for goes into the body as it is."""
    asked: dict[str, Any] = {"messages": [HI], "max_tokens": 100} | body
    headers = OLD_VERSION | asked.pop("headers", {})
    async with client(stand_in) as service:
        return await service.messages.create(
            model=model,
            messages=asked.pop("messages"),
            max_tokens=1,  # the package refuses a large one; what counts is in the body below
            extra_body=asked,
            extra_headers=headers,
        )


async def test_the_official_client_reads_every_block_the_same_both_ways(stand_in: StandIn):
    messages: Any = [{"role": "user", "content": wanting(EVERYTHING)}]
    async with client(stand_in) as service:
        whole = await service.messages.create(model="claude-opus-5-5", max_tokens=100, messages=messages)
        async with service.messages.stream(model="claude-opus-5-5", max_tokens=100, messages=messages) as stream:
            streamed = await stream.get_final_message()
    assert [block.type for block in whole.content] == ["thinking", "redacted_thinking", "text", "tool_use"]
    left_out: Any = {"id": True, "content": {"__all__": {"parsed_output"}}}
    assert streamed.model_dump(exclude=left_out) == whole.model_dump(exclude={"id": True})


async def test_an_echo_comes_word_by_word_with_every_image(stand_in: StandIn):
    picture = {"type": "base64", "media_type": "image/png", "data": b64encode(b"picture").decode()}
    content: Any = [{"type": "image", "source": picture}, {"type": "text", "text": "What is this?"}]
    async with client(stand_in) as service:
        stream = await service.messages.create(
            model="claude-opus-5-5", max_tokens=100, messages=[{"role": "user", "content": content}], stream=True
        )
        events: list[RawMessageStreamEvent] = [event async for event in stream]
    deltas = [
        event.delta.text for event in events if event.type == "content_block_delta" and event.delta.type == "text_delta"
    ]
    assert deltas == ["Echo:", " What", " is", " this?", f" message 0: image/png {sha256(b'picture').hexdigest()[:12]}"]


async def test_scripts_are_taken_from_the_text_then_the_queue_then_the_rule(stand_in: StandIn):
    stand_in.answer_next(say("queue"))
    stand_in.respond = lambda request: say("rule") if "rule" in request.last_user_text else None
    texts = [wanting(say("text"), "rule"), "rule", "rule", "else"]
    answers = [await create(stand_in, messages=[{"role": "user", "content": text}]) for text in texts]
    assert [answer.content[0].text for answer in answers if answer.content[0].type == "text"] == [
        "text",
        "queue",
        "rule",
        "Echo: else",
    ]
    assert [request.last_user_text for request in stand_in.asked] == texts


@pytest.mark.parametrize("script", [EVERYTHING, Refusal(429, headers=(("retry-after", "1"),)), Silence()])
def test_a_script_survives_its_journey_through_a_chat_text(script: Any):
    assert wanted("before " + wanting(script) + "\nafter") == script


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 429, 500, 529])
async def test_an_error_comes_in_the_services_envelope(stand_in: StandIn, status: int):
    limit = tuple(unified_limit(1_800_000_000).items())
    stand_in.answer_next(Refusal(status, "no", headers=(("retry-after", "9"), *limit)))
    with pytest.raises(anthropic.APIStatusError) as refused:
        await create(stand_in)
    error = refused.value
    assert (error.status_code, error.api_message, error.response.headers["retry-after"]) == (status, "no", "9")
    assert error.response.headers["anthropic-ratelimit-unified-reset"] == "1800000000"


@pytest.mark.filterwarnings("ignore:The model 'claude-sonnet-4-5' is deprecated")  # which is why it is in the list
@pytest.mark.parametrize(
    ("model", "body", "words"),
    [
        *((model, {"temperature": 0.7}, "`temperature` is deprecated for this model") for model in CURRENT),
        *((model, {"thinking": {"type": "enabled", "budget_tokens": 2000}}, "not supported") for model in CURRENT),
        *((model, {"messages": [HI, {"role": "assistant", "content": "Sure"}]}, "prefill") for model in CURRENT),
        ("claude-sonnet-4-5", {"messages": [HI, THOUGHT]}, "final position cannot contain `thinking`"),
        ("claude-opus-5-5", {"top_k": 5}, "`top_k` is deprecated"),
        ("claude-opus-5-5", {"thinking": {"type": "disabled"}}, "not supported"),
        ("claude-opus-5-5", {"tool_choice": {"type": "any"}}, "force tool use"),
        ("claude-haiku-5-5", {"tool_choice": {"type": "any"}}, "forces tool use"),
        ("claude-opus-4-6", {"temperature": 0.5, "top_p": 0.5}, "cannot both"),
        ("claude-sonnet-4-5", {"temperature": 0.5, "headers": {"anthropic-version": "2026-10-21"}}, "Extra inputs"),
        ("claude-sonnet-4-5", {"max_tokens": 64_001}, "64001 > 64000"),
        ("claude-sonnet-4-5", {"output_config": {"effort": "low"}}, "effort"),
        ("claude-opus-5-5", {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "non-empty"),
        ("claude-opus-5-5", {"messages": [HI, CALL, HI]}, "without `tool_result`"),
        ("claude-opus-5-5", {"messages": [MARKED] * 5}, "Found 5"),
        ("claude-opus-5-5", {"messages": []}, "at least one message"),
        ("claude-opus-5-5", {"messages": [HI, {"role": "system", "content": "x"}]}, "system"),
    ],
)
async def test_what_the_service_refuses_is_refused(stand_in: StandIn, model: str, body: dict[str, Any], words: str):
    with pytest.raises(anthropic.BadRequestError) as refused:
        await create(stand_in, model=model, **body)
    assert words in str(refused.value.api_message)


async def test_a_system_message_at_the_end_is_taken_from_clients_that_ask_for_it(stand_in: StandIn):
    messages = [HI, {"role": "system", "content": "Today is Monday."}]
    answer = await create(stand_in, messages=messages, headers={"anthropic-beta": "some-beta"})
    assert answer.content[0].type == "text"
    assert answer.content[0].text == "Echo: Hi"


async def test_an_unknown_model_and_a_wrong_key_are_refused(stand_in: StandIn):
    with pytest.raises(anthropic.NotFoundError):
        await create(stand_in, model="claude-nothing-9")
    async with client(stand_in, WRONG_KEY) as service:
        with pytest.raises(anthropic.AuthenticationError):
            await service.messages.create(model="claude-opus-5-5", max_tokens=1, messages=[HI])  # type: ignore[list-item] # a plain dict


async def test_models_and_counts_have_the_services_shape(stand_in: StandIn):
    async with client(stand_in) as service:
        listed = [model async for model in service.models.list()]
        counted = await service.messages.count_tokens(
            model="claude-opus-5-5", messages=[{"role": "user", "content": "a b c"}]
        )
    assert [model.id for model in listed] == [model.id for model in MODELS]
    assert listed[0].capabilities is not None
    assert not listed[0].capabilities.thinking.types.disabled.supported
    assert counted.input_tokens == 3


async def test_a_torn_answer_is_an_error_to_the_official_client(stand_in: StandIn):
    messages: Any = [{"role": "user", "content": wanting(say("a", "b", end=Cut(1)))}]
    async with client(stand_in) as service:
        stream = await service.messages.create(model="claude-opus-5-5", max_tokens=9, messages=messages, stream=True)
        with pytest.raises(httpx2.RemoteProtocolError):
            [event async for event in stream]


async def test_other_paths_and_head_are_answered_on_a_kept_connection(stand_in: StandIn):
    host, port = stand_in.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n")
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b'"not_found_error"' in await reader.readuntil(b'"req_stand_in"}')
    writer.close()
    await writer.wait_closed()


async def test_a_body_in_chunks_is_understood(stand_in: StandIn):
    host, port = stand_in.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"model": "claude-opus-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}'
    writer.write(b"POST /v1/messages HTTP/1.1\r\nx-api-key: k\r\ntransfer-encoding: chunked\r\n\r\n")
    writer.write(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
    assert b"Echo: Hi" in await reader.readuntil(b'"end_turn"')
    writer.close()
    await writer.wait_closed()


async def test_the_stand_in_runs_on_its_own_until_its_input_ends():
    pipe = asyncio.subprocess.PIPE
    command = ("-m", "tests.stand_in", "--answer", '{"is": "answer", "blocks": [{"is": "say", "pieces": ["alone"]}]}')
    process = await asyncio.create_subprocess_exec(sys.executable, *command, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout
    url = (await process.stdout.readline()).decode().strip()
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as service:
        answer = await service.messages.create(
            model="claude-opus-5-5", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        )
    process.stdin.close()
    assert await process.wait() == 0
    assert answer.content[0].type == "text"
    assert answer.content[0].text == "alone"
