"""An answer as lines of JSON, and as one object."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.proxy.dialects import Asked
from app.proxy.dialects.ollama import Ollama
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.reply import Reply, ReplyBuilder
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
from app.proxy.neutral.turn import Text, Turn, UserMessage

ASKED = Asked(Turn("opus", (UserMessage((Text("Hi"),)),)), streaming=True)
HEAD = {"model": "opus", "created_at": "2026-01-01T00:00:00Z"}
TIMES = {"total_duration": 2, "load_duration": 0, "prompt_eval_duration": 1, "eval_duration": 1}
WHOLE: list[StreamEvent] = [
    Accepted(),
    Started("claude-opus-5-5"),
    BlockStarted(ThinkingBlock()),
    ThinkingDelta("Hm"),
    SignatureDelta("x"),
    BlockStopped(),
    BlockStarted(TextBlock()),
    TextDelta("He"),
    TextDelta("llo"),
    BlockStopped(),
    BlockStarted(ToolUseBlock("toolu_1", "add")),
    ToolInputDelta('{"a"'),
    ToolInputDelta(":1}"),
    BlockStopped(),
    UsageReported(Usage(input_tokens=5, output_tokens=3, cache_read_tokens=2)),
    Finished(StopReason.TOOL_USE),
]


def ollama(*, generate: bool = False) -> Ollama:
    ticks = itertools.count()
    return Ollama(generate=generate, clock=lambda: next(ticks), now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def lines(events: list[StreamEvent], *, generate: bool = False) -> list[dict[str, Any]]:
    encoder = ollama(generate=generate).encoder(ASKED, "id")
    said = encoder.opening() + b"".join(map(encoder.encode, events))
    return [json.loads(line) for line in said.splitlines()]


def test_every_event_has_its_line():
    call = {"id": "toolu_1", "function": {"index": 0, "name": "add", "arguments": {"a": 1}}}
    assert lines(WHOLE) == [
        {**HEAD, "message": {"role": "assistant", "content": "", "thinking": "Hm"}, "done": False},
        {**HEAD, "message": {"role": "assistant", "content": "He"}, "done": False},
        {**HEAD, "message": {"role": "assistant", "content": "llo"}, "done": False},
        {**HEAD, "message": {"role": "assistant", "content": "", "tool_calls": [call]}, "done": False},
        {
            **HEAD,
            "message": {"role": "assistant", "content": ""},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 7,
            "eval_count": 3,
            **TIMES,
        },
    ]


def test_what_was_counted_at_the_start_stands_where_nobody_counted_at_the_end():
    *_, last = lines([Started("m", Usage(5)), Finished(StopReason.END_TURN)])
    assert last["prompt_eval_count"] == 5


def test_generate_has_a_response_instead_of_a_message():
    said = lines([*WHOLE[:10], *WHOLE[-2:]], generate=True)
    assert [(line["response"], line.get("thinking")) for line in said] == [
        ("", "Hm"),
        ("He", None),
        ("llo", None),
        ("", None),
    ]


def test_a_failed_stream_ends_with_an_error_and_is_never_done():
    said = lines([*WHOLE[:8], Failed(Fault(FaultKind.UPSTREAM, "It broke."))])
    assert said[-1] == {"error": "It broke."}
    assert not any(line.get("done") for line in said)


def test_a_call_cut_off_by_the_limit_is_left_out_and_the_end_says_length():
    said = lines([*WHOLE[10:12], BlockStopped(), Finished(StopReason.MAX_TOKENS)])
    assert [(line["done"], line.get("done_reason")) for line in said] == [(True, "length")]


def test_a_heartbeat_is_a_line_that_says_nothing():
    beat = json.loads(ollama().encoder(ASKED, "id").heartbeat)
    assert beat == {**HEAD, "message": {"role": "assistant", "content": ""}, "done": False}


def test_a_request_to_load_is_answered_as_done():
    assert json.loads(ollama().loaded("m"))["done_reason"] == "load"


@given(st.lists(st.text(min_size=1)), st.lists(st.text(min_size=1)))
def test_however_the_answer_was_cut_stream_and_whole_say_the_same(thoughts: list[str], pieces: list[str]):
    events: list[StreamEvent] = [
        Started("m"),
        BlockStarted(ThinkingBlock()),
        *map(ThinkingDelta, thoughts),
        BlockStopped(),
        BlockStarted(TextBlock()),
        *map(TextDelta, pieces),
        BlockStopped(),
        *WHOLE[10:],
    ]
    builder = ReplyBuilder()
    for event in events:
        builder.add(event)
    reply = builder.result()
    assert isinstance(reply, Reply)
    whole = json.loads(ollama().reply(ASKED, reply, "id"))["message"]
    streamed = [line["message"] for line in lines(events)]
    assert whole["content"] == "".join(message["content"] for message in streamed)
    assert whole.get("thinking", "") == "".join(message.get("thinking", "") for message in streamed)
    assert whole["tool_calls"] == [call for message in streamed for call in message.get("tool_calls", ())]
