"""Answers as bytes: exact transcripts, the official types, and any cut of a stream against the whole reply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pydantic
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proxy.dialects.anthropic_messages.encode import MessageStream, whole_message
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.reply import Reply
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    CitationAdded,
    Failed,
    Finished,
    RedactedThinkingBlock,
    SignatureDelta,
    Started,
    StopReason,
    StreamEvent,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolInputDelta,
    ToolUseBlock,
    Usage,
    UsageReported,
)
from app.proxy.neutral.turn import Citation
from tests.proxy.dialects.answers import answered
from tests.proxy.dialects.anthropic_messages.scripts import EVERY_BLOCK, MODEL, REQUEST_ID, folded, parsed, streamed
from tests.stand_in.frames import citation

GOLDEN = Path(__file__).parents[3] / "golden" / "anthropic_messages"
BROKEN_OFF = Fault(FaultKind.OVERLOADED, "Claude is busy right now.", code="service_busy")


CITED = (
    Started("claude-served-1"),
    BlockStarted(TextBlock()),
    TextDelta("Green."),
    CitationAdded(Citation(citation("The grass is green."))),
    CitationAdded(Citation(citation("green"))),
    BlockStopped(),
    Finished(StopReason.END_TURN),
)


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("every_block", EVERY_BLOCK),
        ("stop_sequence", answered("One, ", end=Finished(StopReason.STOP_SEQUENCE, "two"))),
        ("cited", CITED),
        ("failed_midway", (*EVERY_BLOCK[:4], Failed(BROKEN_OFF))),
        ("failed_first", (Accepted(), Failed(BROKEN_OFF))),
    ],
)
def test_a_stream_is_the_golden_transcript(name: str, events: tuple[StreamEvent, ...]) -> None:
    assert streamed(events).decode() == (GOLDEN / f"{name}.sse").read_text(encoding="utf-8")


def test_a_whole_reply_is_the_golden_message() -> None:
    reply = folded(EVERY_BLOCK)
    assert isinstance(reply, Reply)
    golden = (GOLDEN / "every_block.json").read_text(encoding="utf-8")
    assert whole_message(MODEL, reply, REQUEST_ID).decode() + "\n" == golden


def test_the_events_of_an_answer_come_in_the_order_of_the_api() -> None:
    assert [name for name, _ in parsed(streamed(answered("a", "b")))] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_a_failed_answer_never_looks_finished() -> None:
    names = [name for name, _ in parsed(streamed((*answered("half")[:4], Failed(BROKEN_OFF))))]
    assert names == ["message_start", "ping", "content_block_start", "content_block_delta", "error"]


def test_only_comments_go_out_before_the_message_has_begun() -> None:
    stream = MessageStream(MODEL, REQUEST_ID)
    silent = [stream.opening(), stream.encode(Accepted(("temperature",))), stream.heartbeat]
    assert silent == [b"", b"", b": keep-alive\n\n"]
    stream.encode(Started("claude-served-1"))
    assert stream.heartbeat == b'event: ping\ndata: {"type":"ping"}\n\n'


def test_an_answer_without_a_start_or_a_closed_block_is_still_well_formed() -> None:
    events = (BlockStarted(TextBlock()), TextDelta("x"), Finished(StopReason.MAX_TOKENS))
    assert [name for name, _ in parsed(streamed(events))] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_usage_reported_before_any_start_is_kept() -> None:
    events = (UsageReported(Usage(input_tokens=7, output_tokens=0)), Finished(StopReason.REFUSAL))
    assert dict(parsed(streamed(events)))["message_delta"]["usage"]["input_tokens"] == 7


def test_half_a_surrogate_pair_ends_neither_a_stream_nor_a_reply() -> None:
    events = answered("\ud83d", "\ude00")
    deltas = [data["delta"]["text"] for name, data in parsed(streamed(events)) if name == "content_block_delta"]
    assert deltas == ["\ud83d", "\ude00"]
    reply = folded(events)
    assert isinstance(reply, Reply)
    assert json.loads(whole_message(MODEL, reply, REQUEST_ID))["content"] == [{"type": "text", "text": "\U0001f600"}]


@pytest.mark.parametrize(("asked", "echoed"), [(MODEL, MODEL), ("", "claude-served-1")])
def test_the_model_asked_for_is_echoed_and_the_real_one_when_none_was(asked: str, echoed: str) -> None:
    reply = folded(answered("x"))
    assert isinstance(reply, Reply)
    assert json.loads(whole_message(asked, reply, REQUEST_ID))["model"] == echoed
    assert parsed(streamed(answered("x"), asked))[0][1]["message"]["model"] == echoed


@pytest.mark.parametrize("reason", StopReason)
def test_every_stop_reason_is_one_the_official_client_knows(reason: StopReason) -> None:
    for event in _official_events(streamed(answered("x", end=Finished(reason)))):
        if event.type == "message_delta":
            assert event.delta.stop_reason == reason.value


def test_every_event_is_of_the_official_types_with_nothing_added() -> None:
    events = _official_events(streamed(EVERY_BLOCK))
    assert len(events) == len(parsed(streamed(EVERY_BLOCK))) - 1  # the ping has no type there


def test_the_sources_of_words_are_the_same_in_a_stream_and_in_a_whole_reply() -> None:
    reply = folded(CITED)
    assert isinstance(reply, Reply)
    whole = _official_message(whole_message(MODEL, reply, REQUEST_ID))
    assert [source["cited_text"] for source in whole["content"][0]["citations"]] == ["The grass is green.", "green"]
    assert _official_fold(streamed(CITED)) == whole
    assert len(_official_events(streamed(CITED))) == 8


def test_the_whole_reply_is_of_the_official_type_with_nothing_added() -> None:
    reply = folded(EVERY_BLOCK)
    assert isinstance(reply, Reply)
    _official_message(whole_message(MODEL, reply, REQUEST_ID))


def pieces(text: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(text, max_size=4)


TEXTS = st.text(max_size=6)
INPUTS = st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans() | st.lists(TEXTS, max_size=2), max_size=3)


@st.composite
def blocks(draw: st.DrawFn) -> list[StreamEvent]:
    kind = draw(st.sampled_from(("text", "thinking", "redacted", "tool")))
    if kind == "text":
        return [BlockStarted(TextBlock()), *map(TextDelta, draw(pieces(TEXTS))), BlockStopped()]
    if kind == "thinking":
        signed = SignatureDelta(draw(TEXTS))
        return [BlockStarted(ThinkingBlock()), *map(ThinkingDelta, draw(pieces(TEXTS))), signed, BlockStopped()]
    if kind == "redacted":
        return [BlockStarted(RedactedThinkingBlock(draw(TEXTS))), BlockStopped()]
    written = json.dumps(draw(INPUTS), ensure_ascii=draw(st.booleans()))
    cuts = sorted(draw(st.lists(st.integers(0, len(written)), max_size=5)))
    parts = [written[start:end] for start, end in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    return [BlockStarted(ToolUseBlock(draw(TEXTS), draw(TEXTS))), *map(ToolInputDelta, parts), BlockStopped()]


@settings(max_examples=60)
@given(st.lists(blocks(), max_size=5), st.sampled_from(StopReason), st.none() | TEXTS)
def test_any_cut_of_a_stream_folds_to_the_whole_reply(
    content: list[list[StreamEvent]], reason: StopReason, stop_sequence: str | None
) -> None:
    events = (
        Started("claude-served-1"),
        *(event for block in content for event in block),
        UsageReported(Usage(input_tokens=1, output_tokens=2)),
        Finished(reason, stop_sequence),
    )
    reply = folded(events)
    assert isinstance(reply, Reply)
    assert _official_fold(streamed(events)) == _official_message(whole_message(MODEL, reply, REQUEST_ID))


def _official_fold(stream: bytes) -> dict[str, Any]:
    """What the official client makes of a stream."""
    answer = httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)
    transport = httpx2.MockTransport(lambda request: answer)
    with (
        httpx2.Client(transport=transport) as http,
        anthropic.Anthropic(api_key="unused", base_url="http://127.0.0.1", http_client=http) as client,
        client.messages.stream(model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "x"}]) as streaming,
    ):
        return _told(streaming.get_final_message())


def _told(message: pydantic.BaseModel) -> dict[str, Any]:
    return message.model_dump(exclude_none=True)


def _official_message(whole: bytes) -> dict[str, Any]:
    message = Message.model_validate_json(whole, strict=True)
    _assert_nothing_added(message)
    return _told(message)


def _official_events(stream: bytes) -> list[Any]:
    official: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(RawMessageStreamEvent)
    events = [official.validate_json(json.dumps(data), strict=True) for name, data in parsed(stream) if name != "ping"]
    for event in events:
        _assert_nothing_added(event)
    return events


def _assert_nothing_added(model: pydantic.BaseModel) -> None:
    assert not model.model_extra, model
    for value in dict(model).values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, pydantic.BaseModel):
                _assert_nothing_added(part)
