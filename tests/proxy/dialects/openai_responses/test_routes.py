"""The addresses on a running server, asked by the official client over a socket; only the engine is scripted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseCompletedEvent, ResponseErrorEvent, ResponseItemList

from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import Accepted, Failed
from app.proxy.neutral.turn import AssistantMessage, Message, Text, Thinking, ToolResult, ToolUse, UserMessage
from app.proxy.session_store import SessionStore
from tests.fakes import SCRIPTED_MODEL, ScriptedEngine, Step
from tests.proxy.conversations import events_of, said, user
from tests.proxy.dialects.answers import answered
from tests.proxy.dialects.openai_responses.scripts import EVERY_BLOCK, FUNCTION, events_in
from tests.proxy.live import KEY, Live, serving

MODEL = SCRIPTED_MODEL.id
ASKED: dict[str, Any] = {"model": f"anthropic/{MODEL}", "input": "hello"}
WISHES: dict[str, Any] = {"instructions": "Be kind.", "tools": [FUNCTION], "truncation": "auto"}
THINKING = events_of(Thinking("Hm.", "c2ln"), Text("ok"))
CALLING = events_of(Thinking("Hm.", "c2ln"), ToolUse("toolu_1", "weather", {}))
BUSY = Fault(FaultKind.OVERLOADED, "Claude is busy right now.", code="service_busy")
WAIT = Fault(FaultKind.RATE_LIMIT, "Wait a moment.", code="rate_limit", retry_after_seconds=7)


def asked(given: Any, **more: Any) -> dict[str, Any]:
    """A request with this input."""
    return {"model": MODEL, "input": given, **more}


@asynccontextmanager
async def asking(home: Path, *steps: Step) -> AsyncIterator[tuple[Live, openai.AsyncOpenAI]]:
    """A server whose engine says these and that keeps responses in `home`, and the official client pointed at it."""
    async with (
        serving(ScriptedEngine(steps), store=SessionStore(home / "c.db")) as live,
        openai.AsyncOpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{live.port}/v1", max_retries=0) as client,
    ):
        yield live, client


async def test_a_whole_answer_reaches_the_client_and_the_request_the_engine(tmp_path: Path) -> None:
    async with asking(tmp_path, *EVERY_BLOCK) as (live, client):
        response = await client.responses.create(**ASKED, **WISHES)
        assert (response.status, response.output_text, response.model) == (
            "completed",
            'It is\n"warm" \U0001f31e',
            f"anthropic/{MODEL}",
        )
        assert [item.type for item in response.output] == ["reasoning"] * 3 + ["message"] + ["function_call"] * 2
        (turn,) = live.engine.turns
        assert (turn.messages, turn.system, turn.ignored) == ((user("hello"),), (Text("Be kind."),), ("truncation",))


async def test_a_streamed_answer_is_the_whole_answer_in_pieces(tmp_path: Path) -> None:
    async with asking(tmp_path, *EVERY_BLOCK) as (_, client):
        whole = await client.responses.create(**ASKED)
        async with client.responses.stream(**ASKED) as stream:
            kinds = [event.type async for event in stream]
            final = await stream.get_final_response()
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert (final.output_text, final.usage) == (whole.output_text, whole.usage)
    assert [item.type for item in final.output] == [item.type for item in whole.output]


@pytest.mark.parametrize("path", ["/v1/responses", "/responses", "/v1/responses/"])
async def test_every_spelling_of_the_address_answers_and_names_the_response_after_the_request(
    tmp_path: Path, path: str
) -> None:
    async with asking(tmp_path, *answered("Hi")) as (live, _):
        whole = await live.request("POST", path, body=json.dumps({**ASKED, "service_tier": "flex"}).encode())
        assert (whole.status, whole.json["id"]) == (200, f"resp_{whole.header('x-request-id')}")
        assert whole.header("x-tidegate-ignored") == "service_tier"
        stream = await live.request("POST", path, body=json.dumps({**ASKED, "stream": True}).encode())
        assert (stream.header("content-type") or "").startswith("text/event-stream")
        assert {event["response"]["id"] for event in events_in(stream.body) if "response" in event} == {
            f"resp_{stream.header('x-request-id')}"
        }


async def test_a_chain_of_responses_goes_on_by_id_also_after_a_restart(tmp_path: Path) -> None:
    async with asking(tmp_path, *THINKING) as (_, client):
        one = await client.responses.create(**ASKED, instructions="Not carried on.")
        async with client.responses.stream(model=MODEL, input="two", previous_response_id=one.id) as stream:
            two = await stream.get_final_response()
    async with asking(tmp_path, *THINKING) as (live, client):
        three = await client.responses.create(model=MODEL, input="three", previous_response_id=two.id)
        other = await client.responses.create(model=MODEL, input="other", previous_response_id=one.id)
        answer = AssistantMessage((Thinking("Hm.", "c2ln"), Text("ok")))
        start: tuple[Message, ...] = (user("hello"), answer)
        assert [turn.messages for turn in live.engine.turns] == [
            (*start, user("two"), answer, user("three")),
            (*start, user("other")),
        ]
        assert [turn.system for turn in live.engine.turns] == [(), ()]
        assert (three.previous_response_id, other.previous_response_id) == (two.id, one.id)


async def test_a_functions_output_goes_on_from_the_call_by_id_by_items_and_by_references(tmp_path: Path) -> None:
    result = {"type": "function_call_output", "call_id": "toolu_1", "output": "sunny"}
    async with asking(tmp_path, *CALLING) as (live, client):
        first = await client.responses.create(**ASKED, include=["reasoning.encrypted_content"])
        given = [item.to_dict() for item in first.output]
        references = [{"type": "item_reference", "id": item["id"]} for item in given]
        bare = [{name: item[name] for name in item if name != "encrypted_content"} for item in given]
        await client.responses.create(**asked([result], previous_response_id=first.id))
        for items in (given, references, bare):
            await client.responses.create(**asked([{"role": "user", "content": "hello"}, *items, result]))
        expected = (
            user("hello"),
            AssistantMessage((Thinking("Hm.", "c2ln"), ToolUse("toolu_1", "weather", {"kind": "Text", "at": [1]}))),
            UserMessage((ToolResult("toolu_1", (Text("sunny"),)),)),
        )
        assert [turn.messages for turn in live.engine.turns[1:]] == [expected] * 4
        assert [turn.ignored for turn in live.engine.turns] == [()] * 5


async def test_a_response_is_shown_as_it_was_given_and_deleted(tmp_path: Path) -> None:
    async with asking(tmp_path, *EVERY_BLOCK) as (live, client):
        given = await client.responses.create(**ASKED, metadata={"a": "b"})
        assert await client.responses.retrieve(given.id) == given
        await client.responses.delete(given.id)
        for again in (client.responses.retrieve(given.id), client.responses.delete(given.id)):
            with pytest.raises(openai.NotFoundError):
                await again
        with pytest.raises(openai.BadRequestError) as raised:
            await client.responses.create(**ASKED, previous_response_id=given.id)
        assert (raised.value.param, raised.value.code) == ("previous_response_id", "previous_response_not_found")
        assert (await live.request("DELETE", f"/responses/{given.id}")).json["error"]["code"] == "response_not_found"


async def test_what_is_not_to_be_stored_is_not(tmp_path: Path) -> None:
    async with asking(tmp_path, *answered("Hi")) as (_, client):
        given = await client.responses.create(**ASKED, store=False)
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(given.id)


async def test_a_server_without_a_store_answers_and_keeps_nothing() -> None:
    async with serving(ScriptedEngine(answered("Hi"))) as live:
        given = await live.request("POST", "/v1/responses", body=json.dumps(ASKED).encode())
        assert given.status == 200
        assert (await live.request("GET", f"/v1/responses/{given.json['id']}")).status == 404
        assert (await live.request("DELETE", f"/v1/responses/{given.json['id']}")).status == 404


async def test_what_was_sent_is_listed_a_page_at_a_time(tmp_path: Path) -> None:
    items: list[Any] = [{"role": "user", "content": f"{number}"} for number in range(3)]
    async with asking(tmp_path, *answered("Hi")) as (live, client):
        given = await client.responses.create(**asked(items))
        listed: list[Any] = [item async for item in await client.responses.input_items.list(given.id, limit=2)]
        assert [item.to_dict()["content"][0]["text"] for item in listed] == ["2", "1", "0"]
        page = await live.request(target=f"/v1/responses/{given.id}/input_items?order=asc")
        ResponseItemList.model_validate_json(page.body, strict=True)
        assert (page.json["has_more"], [item["id"] for item in page.json["data"]]) == (
            False,
            [f"in_{given.id.removeprefix('resp_')}_{number}" for number in range(3)],
        )
        text = await client.responses.create(**ASKED)
        (only,) = [item.to_dict() async for item in await client.responses.input_items.list(text.id)]
        assert only["content"] == [{"type": "input_text", "text": "hello"}]


async def test_a_session_key_goes_on_in_this_shape_too(tmp_path: Path) -> None:
    key: dict[str, Any] = {"extra_headers": {"X-Session-Id": "chat-1"}}
    async with asking(tmp_path, *answered("Hi")) as (live, client):
        await client.responses.create(**asked("hello", **key))
        two = await client.responses.create(**asked("two", **key))
        await client.responses.create(model=MODEL, input="three", previous_response_id=two.id)
    whole = (user("hello"), said("Hi"), user("two"), said("Hi"), user("three"))
    assert [turn.messages for turn in live.engine.turns] == [whole[:1], whole[:3], whole]


async def test_a_failure_before_the_first_byte_has_its_true_status_and_is_json(tmp_path: Path) -> None:
    async with asking(tmp_path, Accepted(), Failed(WAIT)) as (_, client):
        for streaming in (False, True):
            with pytest.raises(openai.RateLimitError) as raised:
                await client.responses.create(**ASKED, stream=streaming)
            assert raised.value.response.headers["retry-after"] == "7"
            assert raised.value.body == {
                "message": "Wait a moment.",
                "type": "rate_limit_error",
                "param": None,
                "code": "rate_limit",
            }


async def test_a_failure_in_the_middle_of_a_stream_is_an_error_for_the_client_and_stores_nothing(
    tmp_path: Path,
) -> None:
    async with asking(tmp_path, *answered("One")[:4], Failed(BUSY)) as (_, client):
        stream = await client.responses.create(**ASKED, stream=True)
        seen: list[Any] = []
        with pytest.raises(openai.APIError, match="Claude is busy right now"):
            await _read(stream, seen)
        assert seen[-1].type == "response.failed"
        assert not any(isinstance(event, ResponseCompletedEvent | ResponseErrorEvent) for event in seen)
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(seen[0].response.id)


async def _read(stream: AsyncIterator[Any], seen: list[Any]) -> None:
    """Into a list, because what came before an error counts too."""
    async for event in stream:
        seen.append(event)  # noqa: PERF401


async def test_a_bad_request_never_reaches_the_engine(tmp_path: Path) -> None:
    async with asking(tmp_path, *answered("Hi")) as (live, client):
        with pytest.raises(openai.BadRequestError) as raised:
            await client.responses.create(**ASKED, tools=[{"type": "web_search"}])
        assert (raised.value.param, raised.value.code) == ("tools[0].type", "unsupported_value")
        for body in (b'{"previous_response_id": 1}', b"", b"[]", b'{"previous_response_id": "x", "input": [1]}'):
            assert (await live.request("POST", "/v1/responses", body=body)).status == 400
        assert live.engine.turns == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_nobody_sees_a_response_without_the_key(tmp_path: Path, method: str) -> None:
    async with asking(tmp_path, *answered("Hi")) as (live, client):
        given = await client.responses.create(**ASKED)
        assert (await live.request(method, f"/v1/responses/{given.id}", key="other")).status == 401
        assert (await live.request("GET", f"/v1/responses/{given.id}/input_items", key=None)).status == 401
