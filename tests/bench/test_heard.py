"""What the benchmark hears of an answer: however it is cut, and whatever is missing."""

from __future__ import annotations

import pytest

from tests.bench.chat import Wanted, answer_tokens, anthropic_body, wanted_in
from tests.bench.heard import Heard, problem_of
from tests.bench.model_api import answer_to
from tests.bench.wire import Line, heard
from tests.stand_in import StandIn

EVENTS = (
    b":ok\n\n",
    b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n',
    b'data: {"choices":[{"delta":{"content":"One"}}]}\n\ndata: {"choices":[{"delta":{"content":" two"}}]}\n\n',
    b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":" three"}}\n\n',
    b"data: [DONE]\n\n",
)


def chunked(*events: bytes) -> bytes:
    """An answer with a chunk for each of these."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events)
    return b"HTTP/1.1 200 \r\ncontent-type: text/event-stream\r\n\r\n" + chunks + b"0\r\n\r\n"


ANSWER = chunked(*EVENTS)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_any_cut_of_an_answer_gives_the_same_deltas(size: int):
    pieces = [(0.0, ANSWER[start : start + size]) for start in range(0, len(ANSWER), size)]
    assert heard(pieces, 0.0) == Heard(((0.0, "One"), (0.0, " two"), (0.0, " three")), 0.0)


def test_a_delta_is_heard_when_its_last_byte_came():
    pieces = [(float(place), bytes([byte])) for place, byte in enumerate(ANSWER)]
    ends = [at for at, _ in heard(pieces, 0.0).deltas]
    two, three = (ANSWER.index(word) for word in (b"two", b"three"))
    assert ends[0] == ends[1]
    assert two < ends[0] < three < ends[2] < len(ANSWER)


def test_an_answer_without_its_end_has_failed():
    answer = heard([(0.0, ANSWER[:-5])], 0.0)
    assert answer.failed
    assert problem_of([answer], 3) == answer.failed


def test_an_error_in_the_stream_is_a_failure():
    answer = heard([(0.0, chunked(*EVENTS[:3], b'data: {"error":{"code":"x"}}\n\n'))], 0.0)
    assert answer.failed == "{'code': 'x'}"
    assert answer.text == "One two"


def test_a_lost_and_a_merged_token_are_counted():
    first, second, third, fourth = answer_tokens(4)
    answer = Heard(((0.1, first), (0.4, third + fourth)), 0.5)
    assert (answer.lost(4), answer.unmerged(4)) == (1, 1)
    assert answer.worst_gap == pytest.approx(0.3)
    assert answer.text == first + third + fourth
    assert second not in answer.text
    assert problem_of([answer], 4)


def test_a_chat_text_says_what_to_answer():
    assert wanted_in(Wanted(200, 5).text()) == Wanted(200, 5)
    assert Wanted(200, 5).text() != Wanted(200, 5).text()


async def test_the_model_api_answers_what_the_text_asks_for():
    async with StandIn(lenient=True) as stand_in:
        stand_in.respond = answer_to
        line = Line(stand_in.url, "/v1/messages", {"x-api-key": "any"})
        answers = [await line.ask(anthropic_body([{"role": "user", "content": Wanted(n).text()}])) for n in (3, 5)]
        line.close()
    assert [[text for _, text in answer.deltas] for answer in answers] == [[*answer_tokens(n)] for n in (3, 5)]
    assert all(problem_of([answer], n) is None for answer, n in zip(answers, (3, 5), strict=True))
