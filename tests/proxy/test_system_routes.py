"""Health, the front address, and the list of models."""

from __future__ import annotations

import asyncio

import pytest

from app.proxy.neutral.fault import Fault, FaultKind, Refused
from tests.fakes import ScriptedEngine
from tests.proxy.live import PAGE, saying, serving


async def test_health_tells_what_runs_and_nothing_private() -> None:
    async with serving() as live:
        answer = await live.request(key=None)
    assert answer.json == {
        "status": "ok",
        "provider": "tidegate",
        "version": "1.2.3",
        "engine": "scripted",
        "address": f"http://127.0.0.1:{live.port}",
        "started": "2026-01-01T00:00:00Z",
        "uptime_seconds": 61,
        "running": 0,
        "notices": [],
        "timestamp": "2026-01-01T00:01:01Z",
    }


async def test_health_counts_the_answers_under_way() -> None:
    go_on = asyncio.Event()
    async with serving(saying("first", go_on)) as live:
        reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
        writer.write(live.chat(stream=True))
        await reader.readuntil(b"first")
        health = await live.request()
        go_on.set()
        await reader.read()
        writer.close()
    assert health.json["running"] == 1


async def test_the_root_says_where_the_api_is() -> None:
    async with serving() as live:
        answer = await live.request(target="/", key=None)
    assert answer.json["api"] == f"http://127.0.0.1:{live.port}/v1"


MODEL = {
    "id": "claude-scripted-1",
    "object": "model",
    "created": 1_767_225_600,
    "owned_by": "anthropic",
    "name": "Scripted",
    "context_length": 200_000,
    "context_window": 200_000,
    "max_output_tokens": 8_192,
    "max_completion_tokens": 8_192,
    "architecture": {"input_modalities": ["text", "image"]},
}
ANTHROPIC_MODEL = {
    "type": "model",
    "id": "claude-scripted-1",
    "display_name": "Scripted",
    "created_at": "2026-01-01T00:00:00Z",
    "lifecycle": "active",
    "deprecated_at": None,
    "retires_at": None,
    "line": None,
    "max_input_tokens": 200_000,
    "max_tokens": 8_192,
    "capabilities": None,
}
ANTHROPIC = ["anthropic-version: 2023-06-01"]


@pytest.mark.parametrize("target", ["/v1/models", "/models", "/models/"])
async def test_models_are_listed_in_the_shape_of_the_client(target: str) -> None:
    async with serving() as live:
        openai = await live.request(target=target)
        anthropic = await live.request(target=target, headers=ANTHROPIC)
    assert openai.json == {"object": "list", "data": [MODEL]}
    assert anthropic.json == {
        "data": [ANTHROPIC_MODEL],
        "has_more": False,
        "first_id": "claude-scripted-1",
        "last_id": "claude-scripted-1",
    }


@pytest.mark.parametrize("asked", ["claude-scripted-1", "anthropic/claude-scripted-1", "default"])
async def test_one_model_is_found_by_its_id_and_by_what_apps_make_of_it(asked: str) -> None:
    async with serving() as live:
        openai = await live.request(target=f"/v1/models/{asked}")
        anthropic = await live.request(target=f"/models/{asked}", headers=ANTHROPIC)
    assert (openai.json, anthropic.json) == (MODEL, ANTHROPIC_MODEL)


async def test_an_unknown_model_is_404_and_names_the_choices() -> None:
    async with serving() as live:
        openai = await live.request(target="/v1/models/gpt-9")
        anthropic = await live.request(target="/v1/models/gpt-9", headers=ANTHROPIC)
    assert (openai.status, openai.json["error"]["code"], openai.json["error"]["param"]) == (
        404,
        "model_not_found",
        "model",
    )
    assert "claude-scripted-1" in openai.json["error"]["message"]
    assert (anthropic.status, anthropic.json["error"]["type"]) == (404, "not_found_error")


async def test_a_service_that_can_not_be_asked_leaves_an_empty_list() -> None:
    unreachable = Refused(Fault(FaultKind.UPSTREAM, "No connection."))
    async with serving(ScriptedEngine([], refused=unreachable)) as live:
        openai = await live.request(target="/v1/models")
        anthropic = await live.request(target="/v1/models", headers=[*ANTHROPIC, f"Origin: {PAGE}"])
    assert openai.json == {"object": "list", "data": []}
    assert anthropic.json == {"data": [], "has_more": False, "first_id": None, "last_id": None}
