"""Answers as bytes: exact transcripts, the official types, and any cut of a stream against the whole reply."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from app.proxy.dialects import Asked
from app.proxy.neutral.fault import Fault, FaultKind
from app.proxy.neutral.stream import (
    Accepted,
    BlockStarted,
    BlockStopped,
    Failed,
    Finished,
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
from tests.proxy.dialects.openai_chat.scripts import (
    COUNTED,
    CREATED,
    DIALECT,
    EVERY_BLOCK,
    LEGACY,
    PLAIN,
    REQUEST_ID,
    TURN,
    chunks,
    folded,
    streamed,
    whole,
)

GOLDEN = Path(__file__).parents[3] / "golden" / "openai_chat"
BROKEN_OFF = Fault(FaultKind.OVERLOADED, "Claude is busy right now.", code="service_busy")
TWO_CALLS = called(("toolu_1", "look", ('{"a":', "1}")), ("toolu_2", "wait", ()))
TRANSCRIPTS: list[tuple[str, Asked, tuple[StreamEvent, ...]]] = [
    ("every_block", PLAIN, EVERY_BLOCK),
    ("every_block_with_usage", COUNTED, EVERY_BLOCK),
    ("text", PLAIN, answered("One, ", "two")),
    ("nothing_said", COUNTED, answered()),
    ("only_calls", PLAIN, TWO_CALLS),
    ("legacy_function", LEGACY, TWO_CALLS),
    ("failed_midway", COUNTED, (*EVERY_BLOCK[:5], Failed(BROKEN_OFF))),
    ("failed_first", PLAIN, (Accepted(), Failed(BROKEN_OFF))),
]


@pytest.mark.parametrize(("name", "asked", "events"), TRANSCRIPTS, ids=[name for name, *_ in TRANSCRIPTS])
def test_a_stream_is_written_byte_for_byte_as_recorded(name, asked, events):
    assert streamed(events, asked).decode() == (GOLDEN / f"{name}.sse").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "asked", "events"), TRANSCRIPTS[:-2], ids=[name for name, *_ in TRANSCRIPTS[:-2]])
def test_a_whole_reply_is_written_byte_for_byte_as_recorded(name, asked, events):
    assert whole(events, asked).decode() + "\n" == (GOLDEN / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "asked", "events"), TRANSCRIPTS[:-2], ids=[name for name, *_ in TRANSCRIPTS[:-2]])
def test_a_stream_says_what_the_whole_reply_says(name, asked, events):
    assert folded(streamed(events, asked)) == json.loads(whole(events, asked))["choices"][0]


@pytest.mark.parametrize("asked", [PLAIN, COUNTED])
def test_every_chunk_has_the_same_head_and_one_finish_reason_ends_them(asked):
    found = chunks(streamed(EVERY_BLOCK, asked))
    heads = {(chunk["id"], chunk["object"], chunk["created"], chunk["model"]) for chunk in found}
    assert heads == {(f"chatcmpl-{REQUEST_ID}", "chat.completion.chunk", CREATED, "anthropic/claude-asked-1")}
    reasons = [choice["finish_reason"] for chunk in found for choice in chunk["choices"]]
    assert reasons == [None] * (len(reasons) - 1) + ["tool_calls"]
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}


def test_usage_is_in_a_chunk_of_its_own_and_only_when_asked_for():
    assert all("usage" not in chunk for chunk in chunks(streamed(EVERY_BLOCK, PLAIN)))
    *others, last = chunks(streamed(EVERY_BLOCK, COUNTED))
    assert {chunk["usage"] for chunk in others} == {None}
    assert (last["choices"], last["usage"]) == (
        [],
        {
            "prompt_tokens": 27,
            "completion_tokens": 30,
            "total_tokens": 57,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
    )


def test_what_was_counted_at_the_start_stands_where_nobody_counted_at_the_end():
    events: list[StreamEvent] = [Accepted(), Started("m", Usage(5)), Finished(StopReason.END_TURN)]
    assert chunks(streamed(events, COUNTED))[-1]["usage"]["prompt_tokens"] == 5
    assert json.loads(whole(events))["usage"]["prompt_tokens"] == 5


def test_reasoning_tokens_that_nobody_counted_are_not_claimed_to_be_none():
    usage = json.loads(whole(answered("a")))["usage"]
    assert usage == {
        "prompt_tokens": 3,
        "completion_tokens": 1,
        "total_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (StopReason.END_TURN, "stop"),
        (StopReason.STOP_SEQUENCE, "stop"),
        (StopReason.PAUSE_TURN, "stop"),
        (StopReason.TOOL_USE, "tool_calls"),
        (StopReason.MAX_TOKENS, "length"),
        (StopReason.CONTEXT_WINDOW_EXCEEDED, "length"),
        (StopReason.REFUSAL, "content_filter"),
    ],
)
def test_every_stop_reason_has_its_finish_reason(reason, said):
    events = answered("a", end=Finished(reason))
    assert json.loads(whole(events))["choices"][0]["finish_reason"] == said
    assert folded(streamed(events))["finish_reason"] == said


def test_a_failed_stream_ends_with_its_error_and_nothing_that_looks_finished():
    stream = streamed((*EVERY_BLOCK[:12], Failed(BROKEN_OFF)), COUNTED)
    assert b"[DONE]" not in stream
    assert b'"finish_reason":"' not in stream
    assert stream.endswith(
        b'data: {"error":{"message":"Claude is busy right now.","type":"server_error",'
        b'"param":null,"code":"service_busy"}}\n\n'
    )


def test_a_stream_without_a_start_still_names_the_role_first():
    for events in ((BlockStarted(TextBlock()), TextDelta("a"), Finished(StopReason.END_TURN)), TWO_CALLS[1:]):
        deltas = [choice["delta"] for chunk in chunks(streamed(events)) for choice in chunk["choices"]]
        assert [delta.get("role") for delta in deltas] == ["assistant"] + [None] * (len(deltas) - 1)


def test_a_heartbeat_is_a_comment():
    assert DIALECT.encoder(PLAIN, REQUEST_ID).heartbeat.startswith(b":")


def test_half_a_character_ends_neither_a_stream_nor_a_reply():
    events = answered("a\ud83d", "\ude00b")
    assert folded(streamed(events))["message"]["content"].encode("utf-16", "surrogatepass").decode("utf-16") == "a😀b"
    assert json.loads(whole(events))["choices"][0]["message"]["content"] == "a😀b"


def test_a_call_that_the_limit_cut_off_leaves_a_reply_without_it():
    events = (
        Started("claude-served-1"),
        BlockStarted(ToolUseBlock("toolu_1", "look")),
        ToolInputDelta('{"a":'),
        Finished(StopReason.MAX_TOKENS),
    )
    choice = json.loads(whole(events))["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")
    assert "tool_calls" not in choice["message"]
    assert folded(streamed(events))["message"]["tool_calls"][0]["function"]["arguments"] == '{"a":'


@pytest.mark.parametrize(("name", "asked", "events"), TRANSCRIPTS[:-2], ids=[name for name, *_ in TRANSCRIPTS[:-2]])
def test_the_official_types_take_every_chunk_and_reply(name, asked, events):
    reply = whole(events, asked)
    ChatCompletion.model_validate_json(reply, strict=True)
    choice = json.loads(reply)["choices"][0]
    assert choice.keys() == {"index", "message", "logprobs", "finish_reason"}
    assert choice["message"].keys() >= {"role", "content", "refusal"}
    for chunk in chunks(streamed(events, asked)):
        ChatCompletionChunk.model_validate_json(json.dumps(chunk), strict=True)
        assert chunk.keys() == {"id", "object", "created", "model", "choices"} | ({"usage"} & chunk.keys())
        assert all(c.keys() == {"index", "delta", "logprobs", "finish_reason"} for c in chunk["choices"])


def test_the_official_client_folds_a_stream_to_the_whole_reply():
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for chunk in chunks(streamed(EVERY_BLOCK, COUNTED)):
        state.handle_chunk(ChatCompletionChunk.model_validate(chunk))
    found = state.get_final_completion().to_dict(exclude_none=True)
    expected = ChatCompletion.model_validate_json(whole(EVERY_BLOCK, COUNTED)).to_dict(exclude_none=True)
    for call in found["choices"][0]["message"]["tool_calls"]:  # type: ignore[index] # a dict of JSON, typed as object
        call.pop("index")  # the client's own additions
        call["function"].pop("parsed_arguments", None)
    assert found == expected


_VALUES = st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.none(), max_size=3)
_BLOCKS = st.lists(
    st.tuples(st.just("text"), st.text(max_size=20))
    | st.tuples(st.just("thinking"), st.text(max_size=20))
    | st.tuples(st.just("tool"), _VALUES),
    max_size=5,
)


@given(_BLOCKS, st.sampled_from(StopReason), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_any_cut_of_a_stream_says_what_the_whole_reply_says(blocks, reason, include_usage, legacy, cuts):
    asked = Asked(TURN, streaming=True, include_usage=include_usage, legacy_functions=legacy)
    events: list[StreamEvent] = [Started("claude-served-1")]
    for number, (kind, value) in enumerate(blocks):
        events += _block(kind, value, number, cuts)
    events += [UsageReported(Usage(input_tokens=1, output_tokens=2)), Finished(reason)]
    found, expected = folded(streamed(events, asked)), json.loads(whole(events, asked))["choices"][0]
    assert _with_parsed_arguments(found) == _with_parsed_arguments(expected)


def _block(kind: str, value: Any, number: int, cuts: random.Random) -> list[StreamEvent]:
    match kind:
        case "text":
            return [BlockStarted(TextBlock()), *map(TextDelta, _cut(value, cuts)), BlockStopped()]
        case "thinking":
            return [BlockStarted(ThinkingBlock()), *map(ThinkingDelta, _cut(value, cuts)), BlockStopped()]
        case _:
            pieces = _cut(json.dumps(value), cuts) if value else []
            return [BlockStarted(ToolUseBlock(f"toolu_{number}", "look")), *map(ToolInputDelta, pieces), BlockStopped()]


def _cut(text: str, cuts: random.Random) -> list[str]:
    """Pieces of any size, empty ones among them."""
    places = sorted(cuts.randrange(len(text) + 1) for _ in range(cuts.randrange(4)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def _with_parsed_arguments(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice["message"]
    for function in [call["function"] for call in message.get("tool_calls", ())] + [message.get("function_call", {})]:
        if function:
            function["arguments"] = json.loads(function["arguments"])
    return choice
