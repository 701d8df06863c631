"""Ollama's addresses, with Ollama's own client against a running server; and that they are not there unasked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import ollama
import pytest
from msgspec.structs import replace

from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import Failed
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, accepted
from tests.proxy.live import KEY, PAGE, Live, saying, serving

MODEL = SCRIPTED_MODEL.id
HELLO = [{"role": "user", "content": "Hello"}]
ADDRESSES = [
    ("GET", "/api/tags"),
    ("GET", "/api/version"),
    ("POST", "/api/show"),
    ("POST", "/api/chat"),
    ("POST", "/api/generate"),
]


@asynccontextmanager
async def serving_ollama(engine: ScriptedEngine | None = None) -> AsyncIterator[tuple[Live, ollama.AsyncClient]]:
    async with serving(engine, ollama=True) as live:
        client = ollama.AsyncClient(f"http://127.0.0.1:{live.port}", headers={"Authorization": f"Bearer {KEY}"})
        try:
            yield live, client
        finally:
            await client.close()  # type: ignore[no-untyped-call]  # untyped there


@pytest.mark.parametrize(("method", "target"), ADDRESSES)
async def test_off_they_are_as_unknown_as_any_other_address(method: str, target: str):
    body = b"{}" if method == "POST" else None
    async with serving() as live:
        answer = await live.request(method, target, body=body)
        nothing = await live.request(method, "/nothing/here", body=body)
    assert (answer.status, answer.json) == (404, nothing.json)


@pytest.mark.parametrize(("method", "target"), ADDRESSES)
async def test_on_they_ask_for_the_key_and_refuse_pages_in_their_own_shape(method: str, target: str):
    body = b"{}" if method == "POST" else None
    async with serving(ollama=True) as live:
        keyless = await live.request(method, target, body=body, key=None)
        foreign = await live.request(method, target, ["Origin: https://evil.example"], body)
        wrong = await live.request("DELETE", target)
    assert [keyless.status, foreign.status, wrong.status] == [401, 403, 405]
    assert all(isinstance(answer.json["error"], str) for answer in (keyless, foreign, wrong))


@pytest.mark.parametrize("target", ["/api/chat", "/v1/chat/completions"])
async def test_a_body_without_a_type_is_read_as_ollama_reads_it_and_from_no_page(target: str):
    """LiteLLM's provider for Ollama sends none, and with it aider."""
    body = json.dumps({"model": MODEL, "messages": HELLO, "stream": False}).encode()
    async with serving(ollama=True) as live:

        async def status(*headers: str) -> int:
            raw = live.raw("POST", target, headers, body)
            return (await live.send(raw.replace(b"Content-Type: application/json\r\n", b""))).status

        said = [await status(), await status(f"Origin: {PAGE}"), await status("Content-Type: text/plain")]
    assert said == [200 if target == "/api/chat" else 415, 415, 415]


async def test_the_client_lists_and_shows_the_models_with_their_true_length():
    async with serving_ollama() as (live, client):
        listed = await client.list()
        shown = await client.show(f"{MODEL}:latest")
        version = await live.request("GET", "/api/version")
    assert [(model.model, model.details and model.details.family) for model in listed.models] == [(MODEL, "claude")]
    assert shown.modelinfo
    assert shown.modelinfo["claude.context_length"] == SCRIPTED_MODEL.context_tokens
    assert shown.capabilities == ["completion", "tools", "vision"]
    assert version.json["version"].count(".") == 2


async def test_what_a_model_can_not_do_is_not_shown():
    engine = ScriptedEngine([], models=[replace(SCRIPTED_MODEL, accepts_images=False, efforts=("low", "high"))])
    async with serving_ollama(engine) as (_live, client):
        shown = await client.show(MODEL)
    assert shown.capabilities == ["completion", "tools", "thinking"]


async def test_the_client_streams_and_gets_the_same_at_once():
    async with serving_ollama(saying("He", "llo")) as (live, client):
        pieces = [part async for part in await client.chat(MODEL, HELLO, stream=True)]
        whole = await client.chat(MODEL, HELLO, stream=False)
        generated = await client.generate(MODEL, "Hello")
        raw = await live.request("POST", "/api/chat", body=json.dumps({"model": MODEL, "messages": HELLO}).encode())
    assert [part.message.content for part in pieces] == ["He", "llo", ""]
    assert [part.done for part in pieces] == [False, False, True]
    assert (whole.message.content, whole.done_reason, whole.eval_count, whole.model) == ("Hello", "stop", 1, MODEL)
    assert generated.response == "Hello"
    assert raw.header("content-type") == "application/x-ndjson"


async def test_an_empty_question_loads_nothing_and_says_so():
    async with serving_ollama() as (live, client):
        loaded = await client.chat(MODEL, [])
        with pytest.raises(ollama.ResponseError) as raised:
            await client.generate("nobody", "")
    assert (loaded.done, loaded.done_reason, live.engine.turns) == (True, "load", [])
    assert raised.value.status_code == 404


async def heard(client: ollama.AsyncClient, *, streaming: bool) -> list[str | None]:
    if not streaming:
        return [(await client.chat(MODEL, HELLO)).message.content]
    return [part.message.content async for part in await client.chat(MODEL, HELLO, stream=True)]


@pytest.mark.parametrize("streaming", [False, True])
async def test_failures_before_the_first_word_have_their_true_status(streaming: bool):
    engine = ScriptedEngine(accepted(Failed(Fault(FaultKind.RATE_LIMIT, "Wait.", retry_after_seconds=7))))
    async with serving_ollama(engine) as (live, client):
        with pytest.raises(ollama.ResponseError) as raised:
            await heard(client, streaming=streaming)
        body = json.dumps({"model": MODEL, "messages": HELLO}).encode()
        raw = await live.request("POST", "/api/chat", body=body)
    assert (raised.value.status_code, raised.value.error) == (429, "Wait.")
    assert (raw.header("content-type"), raw.header("retry-after")) == ("application/json", "7")


async def test_a_failure_after_the_first_word_raises():
    engine = saying("He", Failed(Fault(FaultKind.UPSTREAM, "It broke.")), end=False)
    async with serving_ollama(engine) as (_live, client):
        with pytest.raises(ollama.ResponseError, match="It broke"):
            await heard(client, streaming=True)


async def test_an_unknown_model_names_the_choices():
    async with serving_ollama() as (_live, client):
        with pytest.raises(ollama.ResponseError) as raised:
            await client.show("nobody")
    assert raised.value.status_code == 404
    assert MODEL in raised.value.error


async def test_an_allowed_page_may_read_the_answers():
    async with serving(ollama=True) as live:
        answer = await live.request("GET", "/api/tags", [f"Origin: {PAGE}"])
    assert (answer.status, answer.header("access-control-allow-origin")) == (200, PAGE)
