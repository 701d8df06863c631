"""Any conversation that decodes is in order and complete."""

from __future__ import annotations

import base64
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.proxy.neutral.turn import (
    AssistantMessage,
    Document,
    Image,
    InlineData,
    PlainText,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    UserMessage,
)
from tests.proxy.dialects.anthropic_messages.bodies import (
    PICTURE,
    assistant,
    document,
    turn_of,
    user,
)

WORDS = st.text(min_size=1, max_size=8).filter(lambda said: not said.isspace())
SHOWN = st.one_of(
    WORDS.map(lambda said: ({"type": "text", "text": said}, Text(said))),
    st.binary(max_size=6).map(
        lambda tail: (
            PICTURE | {"source": PICTURE["source"] | {"data": _png(tail)}},
            Image(InlineData("image/png", _png(tail))),
        )
    ),
    WORDS.map(lambda said: (document(type="text", data=said), Document(PlainText(said)))),
)
SAID = st.one_of(
    WORDS.map(lambda said: ({"type": "text", "text": said}, Text(said))),
    WORDS.map(lambda said: ({"type": "thinking", "thinking": said, "signature": said}, Thinking(said, said))),
    WORDS.map(lambda said: ({"type": "redacted_thinking", "data": said}, RedactedThinking(said))),
)
ROUND = st.tuples(
    st.lists(SHOWN, min_size=1, max_size=3),
    st.lists(SAID, min_size=1, max_size=3),
    st.lists(st.tuples(WORDS, st.dictionaries(WORDS, WORDS, max_size=2), st.lists(SHOWN, max_size=2)), max_size=3),
)


def _png(tail: bytes) -> str:
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + tail).decode()


@settings(max_examples=60)
@given(st.lists(ROUND, min_size=1, max_size=4))
def test_whatever_decodes_is_in_order_and_complete(rounds: list[Any]) -> None:
    sent: list[dict[str, Any]] = []
    wanted: list[UserMessage | AssistantMessage] = []
    for number, (shown, said, calls) in enumerate(rounds):
        ids = [f"toolu_{number}_{position}" for position in range(len(calls))]
        named = list(zip(ids, calls, strict=True))
        sent.append(user(*(json_ for json_, _ in shown)))
        wanted.append(UserMessage(tuple(block for _, block in shown)))
        uses = [{"type": "tool_use", "id": id_, "name": name, "input": input_} for id_, (name, input_, _) in named]
        sent.append(assistant(*(json_ for json_, _ in said), *uses))
        wanted.append(
            AssistantMessage(
                (*(block for _, block in said), *(ToolUse(id_, name, input_) for id_, (name, input_, _) in named))
            )
        )
        if named:
            sent.append(
                user(
                    *(
                        {"type": "tool_result", "tool_use_id": id_, "content": [json_ for json_, _ in result]}
                        for id_, (_, _, result) in named
                    )
                )
            )
            wanted.append(
                UserMessage(
                    tuple(ToolResult(id_, tuple(block for _, block in result)) for id_, (_, _, result) in named)
                )
            )
    assert turn_of(*sent).messages == tuple(wanted)
