"""The reader of streamed bytes, without a network."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proxy.engines.direct_api.events import AnswerReader
from app.proxy.neutral.stream import Failed, Finished, StreamEvent, TextDelta
from tests.stand_in import Answer, CallTool, Redact, Say, Think, frames

ANSWER = Answer(
    (
        Think(("Hm — ", "ja."), "c2ln"),
        Redact("b3A="),
        Say(("Grüße, ", "世界", " 🌊", "\nevent: error\ndata: {}\n\n")),
        CallTool("toolu_1", "search", ('{"q": "', '世界"}')),
    )
)
STREAM = frames.start(ANSWER, "msg_1", "claude-opus-5-5") + b"".join(frames.pieces(ANSWER)) + frames.end(ANSWER)


def read(*chunks: bytes) -> list[StreamEvent]:
    reader = AnswerReader()
    events = [event for chunk in chunks for event in reader.read(chunk)]
    return events + reader.close()


WHOLE = read(STREAM)


def test_the_whole_stream_ends_well():
    assert isinstance(WHOLE[-1], Finished)
    assert [event.text for event in WHOLE if isinstance(event, TextDelta)][-1] == "\nevent: error\ndata: {}\n\n"


@given(st.lists(st.integers(0, len(STREAM))).map(sorted))
def test_any_cut_of_the_bytes_gives_the_same_events(cuts: list[int]):
    edges = [0, *cuts, len(STREAM)]
    assert read(*(STREAM[start:end] for start, end in pairwise(edges))) == WHOLE


@given(st.integers(0, len(STREAM) - len(b'"message_stop"}\n\n')))
def test_a_stream_without_its_end_is_a_failure(length: int):
    *before, last = read(STREAM[:length])
    assert isinstance(last, Failed)
    assert before == WHOLE[: len(before)]


def test_line_ends_of_other_systems_are_understood():
    assert read(STREAM.replace(b"\n", b"\r\n")) == WHOLE


def test_unknown_events_blocks_and_comments_are_passed_over():
    news = (
        b': hello\n\nevent: weather\ndata: {"type": "weather", "sun": true}\n\n'
        b'data: {"type": "content_block_start", "index": 9, "content_block": {"type": "hologram"}}\n\n'
        b'data: {"type": "content_block_delta", "index": 9, "delta": {"type": "hologram_delta"}}\n\n'
        b'data: {"type": "content_block_stop", "index": 9}\n\n'
    )
    end = frames.end(ANSWER)
    assert read(STREAM[: -len(end)] + news + end) == WHOLE


@pytest.mark.parametrize("junk", [b"data: {\n", b"data: []\n", b"data: {}\n", b'data: {"type": "message_start"}\n'])
def test_an_event_that_cannot_be_read_is_a_failure(junk: bytes):
    events = read(junk, STREAM)
    assert [type(event) for event in events] == [Failed]


def test_nothing_is_read_after_the_end():
    assert read(STREAM, STREAM) == WHOLE
