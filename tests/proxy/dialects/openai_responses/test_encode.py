"""Answers as bytes: exact transcripts, the official types, and any cut of a stream against the whole reply."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from app.proxy.dialects.openai_responses.decode import ResponsesAsked
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Failed,
    Finished,
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
from tests.proxy.dialects.answers import answered, called
from tests.proxy.dialects.openai_responses.scripts import (
    CREATED,
    DIALECT,
    EVERY_BLOCK,
    PLAIN,
    REQUEST_ID,
    SEALED,
    events_in,
    streamed,
    whole,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "openai_responses"
BROKEN_OFF = Fault(FaultKind.OVERLOADED, "Claude is busy right now.", code="service_busy")
TWO_CALLS = called(("toolu_1", "look", ('{"a":', "1}")), ("toolu_2", "wait", ()))
Script = tuple[StreamEvent, ...]
TRANSCRIPTS: list[tuple[str, ResponsesAsked, Script]] = [
    ("every_block", PLAIN, EVERY_BLOCK),
    ("every_block_sealed", SEALED, EVERY_BLOCK),
    ("text", PLAIN, answered("One, ", "two")),
    ("nothing_said", PLAIN, (Started("claude-served-1"), Finished(StopReason.END_TURN))),
    ("only_calls", PLAIN, TWO_CALLS),
    ("cut_short", PLAIN, answered("One", end=Finished(StopReason.MAX_TOKENS))),
    ("failed_midway", PLAIN, (*EVERY_BLOCK[:17], Failed(BROKEN_OFF))),
    ("failed_first", PLAIN, (Accepted(), Failed(BROKEN_OFF))),
]
ENDED = TRANSCRIPTS[:-2]
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
REQUIRED = {  # what the official client's types demand, and what clients read without asking
    "id", "object", "created_at", "status", "error", "incomplete_details", "instructions", "metadata", "model",
    "output", "parallel_tool_calls", "temperature", "tool_choice", "tools", "top_p", "previous_response_id",
    "reasoning", "text", "truncation", "usage", "max_output_tokens", "user", "store",
}  # fmt: skip


@pytest.mark.parametrize(("name", "asked", "events"), TRANSCRIPTS, ids=[name for name, *_ in TRANSCRIPTS])
def test_a_stream_is_written_byte_for_byte_as_recorded(name: str, asked: ResponsesAsked, events: Script) -> None:
    assert streamed(events, asked).decode() == (GOLDEN / f"{name}.sse").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "asked", "events"), ENDED, ids=[name for name, *_ in ENDED])
def test_a_whole_reply_is_written_byte_for_byte_as_recorded(name: str, asked: ResponsesAsked, events: Script) -> None:
    assert whole(events, asked).decode() + "\n" == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "asked", "events"), ENDED, ids=[name for name, *_ in ENDED])
def test_a_stream_ends_with_the_whole_reply(name: str, asked: ResponsesAsked, events: Script) -> None:
    last = events_in(streamed(events, asked))[-1]
    assert last["response"] == json.loads(whole(events, asked))
    assert last["type"] == f"response.{last['response']['status']}"


@pytest.mark.parametrize(("name", "asked", "events"), TRANSCRIPTS, ids=[name for name, *_ in TRANSCRIPTS])
def test_the_official_types_take_every_event_and_reply(name: str, asked: ResponsesAsked, events: Script) -> None:
    stream = events_in(streamed(events, asked))
    for event in stream:
        EVENT.validate_json(json.dumps(event), strict=True)
        if "response" in event:
            assert event["response"].keys() >= REQUIRED
    assert [event["sequence_number"] for event in stream] == list(range(len(stream)))
    if not isinstance(events[-1], Failed):
        Response.model_validate_json(whole(events, asked), strict=True)


def test_the_events_of_every_kind_of_block_come_in_their_order() -> None:
    kinds = [event["type"].removeprefix("response.") for event in events_in(streamed(EVERY_BLOCK))]
    assert kinds == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        *["output_item.added", "output_item.done"] * 2,  # redacted, and thinking of which nothing is shown
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_every_event_of_an_item_names_its_id_and_place() -> None:
    stream = events_in(streamed(EVERY_BLOCK))
    output = stream[-1]["response"]["output"]
    for event in stream[2:-1]:
        index = event["output_index"]
        assert event.get("item_id", event.get("item", {}).get("id")) == output[index]["id"]
    assert [item["id"] for item in output] == [
        f"{prefix}_{REQUEST_ID}_{index}" for index, prefix in enumerate(["rs", "rs", "rs", "msg", "fc", "fc"])
    ]


@pytest.mark.parametrize(("name", "asked", "events"), ENDED, ids=[name for name, *_ in ENDED])
def test_the_official_client_folds_the_deltas_to_the_items(name: str, asked: ResponsesAsked, events: Script) -> None:
    state: ResponseStreamState[Any] = ResponseStreamState(input_tools=omit, text_format=omit)
    stream = events_in(streamed(events, asked))
    for event in stream[:-1]:
        state.handle_event(EVENT.validate_python(event))
    texts = {index: "" for index, item in enumerate(stream[-1]["response"]["output"]) if item["type"] == "message"}
    for event in stream:
        if event["type"] == "response.output_text.delta":
            texts[event["output_index"]] += event["delta"]
    output = stream[-1]["response"]["output"]
    assert {index: output[index]["content"][0]["text"] for index in texts} == texts


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        (StopReason.END_TURN, "completed", None),
        (StopReason.STOP_SEQUENCE, "completed", None),
        (StopReason.PAUSE_TURN, "completed", None),
        (StopReason.TOOL_USE, "completed", None),
        (StopReason.MAX_TOKENS, "incomplete", {"reason": "max_output_tokens"}),
        (StopReason.CONTEXT_WINDOW_EXCEEDED, "incomplete", {"reason": "max_output_tokens"}),
        (StopReason.REFUSAL, "incomplete", {"reason": "content_filter"}),
    ],
)
def test_every_stop_reason_has_its_status(reason: StopReason, status: str, why: object) -> None:
    response = json.loads(whole(answered("a", end=Finished(reason))))
    assert (response["status"], response["incomplete_details"]) == (status, why)


def test_a_failed_stream_says_so_twice_and_looks_finished_nowhere() -> None:
    *_, failed, error = events_in(streamed((*EVERY_BLOCK[:17], Failed(BROKEN_OFF))))
    assert (failed["type"], failed["response"]["status"], failed["response"]["usage"]) == (
        "response.failed",
        "failed",
        None,
    )
    assert failed["response"]["error"] == {
        "code": "server_error",
        "message": "Claude is busy right now.",
        "type": "service_busy",
    }
    flat = {"code": "service_busy", "message": "Claude is busy right now.", "param": None}
    nested = {"type": "server_error", **flat}
    assert error == {"type": "error", **flat, "error": nested, "sequence_number": failed["sequence_number"] + 1}


def test_usage_counts_what_was_cached_and_thought() -> None:
    response = json.loads(whole(EVERY_BLOCK))
    assert response["usage"] == {
        "input_tokens": 27,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
        "output_tokens": 30,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 57,
    }
    assert (response["created_at"], response["model"]) == (CREATED, "anthropic/claude-asked-1")


def test_thinking_is_sealed_only_when_asked_for() -> None:
    plain, sealed = (json.loads(whole(EVERY_BLOCK, asked))["output"] for asked in (PLAIN, SEALED))
    assert ["encrypted_content" in item for item in plain] == [False] * 6
    assert ["encrypted_content" in item for item in sealed] == [True] * 3 + [False] * 3


def test_a_call_that_the_limit_cut_off_is_marked_in_the_stream_and_left_out_of_the_reply() -> None:
    events = (
        Started("claude-served-1"),
        BlockStarted(ToolUseBlock("toolu_1", "look")),
        ToolInputDelta('{"a":'),
        Finished(StopReason.MAX_TOKENS),
    )
    assert json.loads(whole(events))["output"] == []
    (item,) = events_in(streamed(events))[-1]["response"]["output"]
    assert (item["status"], item["arguments"]) == ("incomplete", '{"a":')


def test_half_a_character_ends_neither_a_stream_nor_a_reply() -> None:
    events = answered("a\ud83d", "\ude00b")
    assert json.loads(whole(events))["output"][0]["content"][0]["text"] == "a😀b"
    assert events_in(streamed(events))[-1]["response"]["output"][0]["content"][0]["text"] == "a😀b"


def test_a_number_of_any_size_is_written_as_it_is() -> None:
    (call,) = json.loads(whole(called(("toolu_1", "look", (f'{{"a":{2**80}}}',)))))["output"]
    assert json.loads(call["arguments"]) == {"a": 2**80}


def test_a_heartbeat_is_a_comment() -> None:
    assert DIALECT.encoder(PLAIN, REQUEST_ID).heartbeat.startswith(b":")


_VALUES = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none(), max_size=3)
_BLOCKS = st.lists(
    st.tuples(st.just("text"), st.text(max_size=20))
    | st.tuples(st.just("thinking"), st.text(max_size=20))
    | st.tuples(st.just("tool"), _VALUES),
    max_size=5,
)


@given(_BLOCKS, st.sampled_from(StopReason), st.sampled_from([PLAIN, SEALED]), st.randoms(use_true_random=False))
def test_any_cut_of_a_stream_says_what_the_whole_reply_says(
    blocks: list[tuple[str, Any]], reason: StopReason, asked: ResponsesAsked, cuts: random.Random
) -> None:
    events: list[StreamEvent] = [Started("claude-served-1")]
    for number, (kind, value) in enumerate(blocks):
        events += _block(kind, value, number, cuts)
    events += [UsageReported(Usage(input_tokens=1, output_tokens=2)), Finished(reason)]
    stream, expected = events_in(streamed(events, asked)), json.loads(whole(events, asked))
    assert _with_parsed_arguments(stream[-1]["response"]) == _with_parsed_arguments(expected)
    assert _texts_of_deltas(stream) == [
        text for item in expected["output"] for text in _texts(item) if item["type"] != "function_call" and text
    ]


def _texts_of_deltas(stream: list[dict[str, Any]]) -> list[str]:
    joined: dict[int, str] = {}
    for event in stream:
        if event["type"] in ("response.output_text.delta", "response.reasoning_summary_text.delta"):
            joined[event["output_index"]] = joined.get(event["output_index"], "") + event["delta"]
    return [*joined.values()]


def _texts(item: dict[str, Any]) -> list[str]:
    return [part["text"] for part in item.get("content", item.get("summary", ()))]


def _block(kind: str, value: Any, number: int, cuts: random.Random) -> list[StreamEvent]:
    match kind:
        case "text":
            return [BlockStarted(TextBlock()), *map(TextDelta, _cut(value, cuts)), BlockStopped()]
        case "thinking":
            return [
                BlockStarted(ThinkingBlock()),
                *map(ThinkingDelta, _cut(value, cuts)),
                SignatureDelta("c2ln"),
                BlockStopped(),
            ]
        case _:
            pieces = _cut(json.dumps(value), cuts) if value else []
            return [BlockStarted(ToolUseBlock(f"toolu_{number}", "look")), *map(ToolInputDelta, pieces), BlockStopped()]


def _cut(text: str, cuts: random.Random) -> list[str]:
    """Pieces of any size, empty ones among them."""
    places = sorted(cuts.randrange(len(text) + 1) for _ in range(cuts.randrange(4)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def _with_parsed_arguments(response: dict[str, Any]) -> dict[str, Any]:
    for item in response["output"]:
        if item["type"] == "function_call":
            item["arguments"] = json.loads(item["arguments"])
    return response
