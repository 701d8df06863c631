"""How an answer fails: each refusal, each broken end, and never a failure that looks finished."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from app.core.account_state import ABOUT_THE_ACCOUNT
from app.proxy.engines import Engine
from app.proxy.engines.direct_api import DirectEngine
from app.proxy.engines.direct_api.access import Access
from app.proxy.neutral.fault import Refused
from app.proxy.neutral.stream import Accepted, Failed, Finished, Started
from app.proxy.neutral.turn import AssistantMessage, Text, ToolResult, ToolUse, UserMessage
from tests.proxy.engines.direct_api.turns import answered, fault, said, turn
from tests.stand_in import KEY, WRONG_KEY, Break, Cut, Refusal, Script, Silence, Stall, StandIn, say, wanting


@pytest.mark.parametrize(
    ("refusal", "status", "code", "retryable"),
    [
        (Refusal(400, "messages.0.content: nonsense"), 400, "request_refused", False),
        (Refusal(400, "prompt is too long: 1200000 tokens > 1000000 maximum"), 400, "context_length_exceeded", False),
        (Refusal(400, "messages.0.content.0.image: image exceeds 5 MB maximum"), 400, "image_refused", False),
        (Refusal(400, "Your credit balance is too low to access the Anthropic API."), 402, "no_credit", False),
        (Refusal(401, "invalid x-api-key"), 401, "api_key_invalid", False),
        (Refusal(402, "billing"), 402, "no_credit", False),
        (Refusal(403, "not allowed"), 403, "not_permitted", False),
        (Refusal(404, "model: claude-nothing"), 404, "model_not_found", False),
        (Refusal(413, "Request exceeds the maximum size"), 413, "request_too_large", False),
        (Refusal(429, "slow down"), 429, "rate_limit", True),
        (Refusal(500, "Internal server error"), 502, "service_error", True),
        (Refusal(503, "unavailable", type="api_error"), 529, "service_busy", True),
        (Refusal(529, "Overloaded"), 529, "service_busy", True),
    ],
    ids=lambda value: value.message if isinstance(value, Refusal) else None,
)
async def test_each_refusal_has_its_entry_in_the_catalogue(
    engine: DirectEngine, stand_in: StandIn, *, refusal: Refusal, status: int, code: str, retryable: bool
):
    stand_in.answer_next(refusal)
    found = await fault(engine, turn())
    assert (found.kind.status, found.code, found.retryable) == (status, code, retryable)
    about_the_account = code in {condition.code for condition in ABOUT_THE_ACCOUNT}
    assert (refusal.message in found.message) is not about_the_account  # that is told in the catalogue's words alone
    assert len(stand_in.asked) == 1


async def test_a_limit_says_when_it_ends(engine: DirectEngine, stand_in: StandIn):
    stand_in.answer_next(Refusal(429, "slow down", headers=(("retry-after", "17"),)))
    assert (await fault(engine, turn())).retry_after_seconds == 17


async def test_a_wrong_key_is_said_and_not_shown(stand_in: StandIn):
    engine = DirectEngine(Access(WRONG_KEY, stand_in.url))
    found = await fault(engine, turn())
    await engine.close()
    assert found.code == "api_key_invalid"
    assert WRONG_KEY not in repr(found)


async def test_a_key_no_header_can_carry_is_a_wrong_key(stand_in: StandIn):
    engine = DirectEngine(Access("sk-ant-one\nsk-ant-two", stand_in.url))
    assert (await fault(engine, turn())).code == "api_key_invalid"
    await engine.close()


async def test_an_engine_without_its_files_says_so(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "app.proxy.engines.direct_api.service", None)
    engine: Engine = DirectEngine(Access(KEY, stand_in.url))
    await engine.start()
    with pytest.raises(Refused) as refused:
        await engine.models()
    await engine.close()
    assert refused.value.fault.code == "engine_missing"


async def test_half_of_a_surrogate_pair_in_a_kept_conversation_is_the_services_to_refuse(engine: DirectEngine):
    call = AssistantMessage((ToolUse("toolu_1", "add", {"a": "\ud83d"}),))
    kept = (UserMessage((Text("Hi"),)), call, UserMessage((ToolResult("toolu_1", (Text("3"),)),)))
    assert (await fault(engine, turn(messages=kept))).code == "request_refused"


async def test_a_service_that_repeats_the_key_is_not_quoted_with_it(engine: DirectEngine, stand_in: StandIn):
    stand_in.answer_next(Refusal(400, f"who is {KEY}?\n" + "x" * 1000))
    message = (await fault(engine, turn())).message
    assert KEY not in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (say("one ", "two ", "three", end=Cut(2)), "answer_cut_off"),
        (say("one ", "two ", "three", end=Cut(2, clean=True)), "answer_cut_off"),
        (say("one ", "two ", "three", end=Break(2)), "service_busy"),
        (say("one ", "two ", "three", end=Break(2, "api_error", "Internal server error")), "service_error"),
    ],
    ids=["torn", "ended early", "overloaded", "internal error"],
)
async def test_an_answer_that_breaks_off_keeps_its_words_and_fails(engine: DirectEngine, script: Script, code: str):
    events = await answered(engine, turn(wanting(script)))
    assert said(events) == "one two "
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.fault.code == code
    assert not any(isinstance(event, Finished) for event in events)


async def test_nobody_there_is_no_connection(stand_in: StandIn):
    url = stand_in.url
    await stand_in.close()
    engine = DirectEngine(Access(KEY, url))
    events = await answered(engine, turn())
    await engine.close()
    assert events[0] == Accepted()
    assert isinstance(events[1], Failed)
    assert events[1].fault.code == "no_connection"


async def test_a_service_that_stays_silent_runs_into_the_limit(stand_in: StandIn):
    engine = DirectEngine(Access(KEY, stand_in.url, silence_seconds=0.05))
    assert (await fault(engine, turn(wanting(Silence())))).code == "timed_out"
    assert (await fault(engine, turn(wanting(say("a", "b", end=Stall(1)))))).code == "answer_cut_off"
    await engine.close()


async def test_a_page_that_is_no_answer_is_no_connection():
    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 7\r\n\r\nSign in")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(portal, "127.0.0.1", 0) as server:
        engine = DirectEngine(Access(KEY, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
        assert (await fault(engine, turn())).code == "no_connection"
        await engine.close()


@pytest.fixture
async def moved() -> AsyncIterator[str]:
    """A service that sends its clients elsewhere."""
    arrived: list[bytes] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 307 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(redirect, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert [line for line in arrived if b"/elsewhere" in line] == []


async def test_a_chat_is_not_sent_where_it_is_redirected(moved: str):
    engine = DirectEngine(Access(KEY, moved))
    assert (await fault(engine, turn())).code == "service_error"
    await engine.close()


async def test_closing_the_engine_ends_running_answers(stand_in: StandIn):
    engine = DirectEngine(Access(KEY, stand_in.url))
    events = engine.answer(turn(wanting(say("a", "b", end=Stall(1)))))
    async for event in events:
        if isinstance(event, Started):
            break
    await engine.close()
    await engine.close()
    rest = [event async for event in events]
    assert isinstance(rest[-1], Failed)
    assert (await fault(engine, turn())).code == "shutting_down"
