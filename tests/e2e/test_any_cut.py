"""However the network parts the bytes of an answer, an app gets the same: whole, in pieces, in any shape."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st

from tests.e2e.conftest import Running
from tests.e2e.conversations import WORDS
from tests.stand_in.answer import Answer, Block, CallTool, Redact, Say, Think, wanting

MODEL = "claude-opus-5-5"
PARAMETERS: Any = {"type": "object", "properties": {}}
CHAT_TOOL: Any = {"type": "function", "function": {"name": "look", "parameters": PARAMETERS}}
PIECES = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
CALLED = st.tuples(st.sampled_from([(), ("{}",), ('{"a"', ":1", "}"), ('{"b":"', "ü\\n", '"}')]), st.integers(0, 9))


def _answer(
    thought: tuple[str, ...] | None, said: tuple[str, ...], calls: list[tuple[tuple[str, ...], int]], cuts: list[int]
) -> Answer:
    blocks: list[Block] = [Think(thought), Redact("b3A=")] if thought else []
    blocks.append(Say(said))
    blocks += [CallTool(f"toolu_{place}_{number}", "look", pieces) for place, (pieces, number) in enumerate(calls)]
    return Answer(tuple(blocks), cuts=tuple(cuts))


ANSWERS = st.builds(
    _answer,
    st.none() | PIECES,
    PIECES,
    st.lists(CALLED, max_size=2),
    st.lists(st.integers(0, 9_999), max_size=12),
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("shape", ["chat completions", "responses", "messages"])
@hypothesis.settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@hypothesis.given(answer=ANSWERS)
def test_any_cut_of_the_bytes_gives_the_same_reply(tidegate: Running, shape: str, answer: Answer):
    ask = {"chat completions": _chat, "responses": _responses, "messages": _messages}[shape]

    words, whole, streamed = ask(tidegate, wanting(answer))

    assert streamed == whole
    assert words == "".join(piece for block in answer.blocks if isinstance(block, Say) for piece in block.pieces)


def _chat(tidegate: Running, asked: str) -> tuple[str, Any, Any]:
    given: Any = {"model": MODEL, "messages": [{"role": "user", "content": asked}], "tools": [CHAT_TOOL]}
    whole = tidegate.openai.chat.completions.create(**given).choices[0].message.to_dict(exclude_none=True)
    with tidegate.openai.chat.completions.stream(**given) as stream:
        folded = stream.get_final_completion().choices[0].message.to_dict(exclude_none=True)
    for call in folded.get("tool_calls", ()):  # type: ignore[attr-defined] # a list of calls
        call.pop("index")  # the client's own additions
        call["function"].pop("parsed_arguments", None)
    return str(whole["content"]), whole, folded


def _responses(tidegate: Running, asked: str) -> tuple[str, Any, Any]:
    tool: Any = {"type": "function", "name": "look", "parameters": PARAMETERS}
    given: Any = {"model": MODEL, "input": asked, "tools": [tool]}
    whole: Any = tidegate.openai.responses.create(**given).to_dict()["output"]
    kept = tidegate.openai.responses.create(**given, stream=True)
    last: Any = next(event for event in kept if event.type == "response.completed").response.to_dict()["output"]
    words = "".join(item["content"][0]["text"] for item in whole if item["type"] == "message")
    return words, [{**item, "id": ""} for item in whole], [{**item, "id": ""} for item in last]


def _messages(tidegate: Running, asked: str) -> tuple[str, Any, Any]:
    given: Any = {
        "model": MODEL,
        "max_tokens": 9_000,
        "messages": [{"role": "user", "content": asked}],
        "tools": [{"name": "look", "input_schema": PARAMETERS}],
    }
    whole = tidegate.anthropic.messages.create(**given)
    with tidegate.anthropic.messages.stream(**given) as stream:
        folded = stream.get_final_message()
    blocks, pieced = ([block.to_dict(exclude_none=True) for block in answer.content] for answer in (whole, folded))
    return "".join(str(block["text"]) for block in blocks if block["type"] == "text"), blocks, pieced
