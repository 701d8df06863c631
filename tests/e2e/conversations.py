"""Any conversation, in each shape an app may send it in, beside what the model has to get of it.

A conversation is drawn as rounds: the user shows something, the model answers and perhaps calls tools, whose results
follow. What the model has to get is worked out from the rounds, not from what was sent.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

Body: TypeAlias = dict[str, Any]
Turns: TypeAlias = list[tuple[str, list[Body]]]

SIGNATURE = "c2lnbmVkIGVsc2V3aGVyZQ=="


@dataclass(frozen=True)
class Shown:
    """A text, a picture in base64 or a text file."""

    kind: str
    value: str


@dataclass(frozen=True)
class Call:
    arguments: Body
    result: tuple[Shown, ...]
    failed: bool


@dataclass(frozen=True)
class Round:
    shown: tuple[Shown, ...]
    said: tuple[str, ...]
    thought: str | None
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Conversation:
    system: str
    rounds: tuple[Round, ...]
    last: tuple[Shown, ...]

    @property
    def numbered(self) -> list[tuple[int, Round]]:
        return list(enumerate(self.rounds))


# No NUL: the CLI's own JSON library takes it, but a terminal never shows one, and so no app sends it.
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).map(lambda said: f"<{said}>")
SHOWN = st.lists(
    st.one_of(
        WORDS.map(lambda said: Shown("text", said)),
        st.binary(min_size=3, max_size=3).map(lambda colour: Shown("picture", _png(colour))),
        WORDS.map(lambda said: Shown("file", said)),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
ARGUMENTS = st.dictionaries(WORDS, WORDS | st.integers(-9, 9) | st.none(), max_size=2)
FAILURE = st.lists(WORDS.map(lambda said: Shown("text", said)), min_size=1, max_size=1).map(tuple)
"""The service takes nothing but words of a tool that failed."""
CALLS = st.lists(
    st.builds(Call, ARGUMENTS, SHOWN, st.just(value=False)) | st.builds(Call, ARGUMENTS, FAILURE, st.just(value=True)),
    max_size=2,
).map(tuple)
ROUNDS = st.lists(
    st.builds(Round, SHOWN, st.lists(WORDS, min_size=1, max_size=2).map(tuple), st.none() | WORDS, CALLS), max_size=4
).map(tuple)
CONVERSATIONS = st.builds(Conversation, st.sampled_from(["", "Be brief."]), ROUNDS, SHOWN)


def expected(conversation: Conversation, *, thinking: bool, failures: bool) -> Turns:
    """What the service has to read; `thinking`, `failures`: whether the shape has a place for them."""
    turns: Turns = []
    user: list[Body] = []
    for number, round_ in conversation.numbered:
        user += [_block(shown, number) for shown in round_.shown]
        turns.append(("user", user))
        thought = {"type": "thinking", "thinking": round_.thought, "signature": SIGNATURE}
        said = [_text(words) for words in round_.said]
        uses = [
            {"type": "tool_use", "id": _id(number, place), "name": "look", "input": call.arguments}
            for place, call in enumerate(round_.calls)
        ]
        turns.append(("assistant", [*([thought] if round_.thought and thinking else []), *said, *uses]))
        user = [
            {
                "type": "tool_result",
                "tool_use_id": _id(number, place),
                "content": [_block(part, number) for part in call.result],
            }
            | ({"is_error": True} if call.failed and failures else {})
            for place, call in enumerate(round_.calls)
        ]
    return [*turns, ("user", [*user, *(_block(shown, len(conversation.rounds)) for shown in conversation.last)])]


def as_chat(conversation: Conversation) -> Body:
    """As OpenAI's chat completions."""
    messages: list[Body] = [{"role": "developer", "content": conversation.system}] if conversation.system else []
    for number, round_ in conversation.numbered:
        messages.append({"role": "user", "content": [_chat_part(shown, number) for shown in round_.shown]})
        calls = [
            {
                "id": _id(number, place),
                "type": "function",
                "function": {"name": "look", "arguments": json.dumps(call.arguments)},
            }
            for place, call in enumerate(round_.calls)
        ]
        said = [_text(words) for words in round_.said]
        messages.append({"role": "assistant", "content": said} | ({"tool_calls": calls} if calls else {}))
        messages += [
            {
                "role": "tool",
                "tool_call_id": _id(number, place),
                "content": [_chat_part(part, number) for part in call.result],
            }
            for place, call in enumerate(round_.calls)
        ]
    last = [_chat_part(shown, len(conversation.rounds)) for shown in conversation.last]
    return {"messages": [*messages, {"role": "user", "content": last}]}


def as_responses(conversation: Conversation) -> Body:
    """As OpenAI's responses."""
    items: list[Body] = []
    for number, round_ in conversation.numbered:
        items.append({"role": "user", "content": [_input_part(shown, number) for shown in round_.shown]})
        items += [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": words, "annotations": []}],
            }
            for words in round_.said
        ]
        items += [
            {
                "type": "function_call",
                "call_id": _id(number, place),
                "name": "look",
                "arguments": json.dumps(call.arguments),
            }
            for place, call in enumerate(round_.calls)
        ]
        items += [
            {
                "type": "function_call_output",
                "call_id": _id(number, place),
                "output": [_input_part(part, number) for part in call.result],
            }
            for place, call in enumerate(round_.calls)
        ]
    last = [_input_part(shown, len(conversation.rounds)) for shown in conversation.last]
    return {"input": [*items, {"role": "user", "content": last}], "instructions": conversation.system or None}


def as_messages(conversation: Conversation) -> Body:
    """As Anthropic's messages, in which a conversation is what the service reads."""
    turns = expected(conversation, thinking=True, failures=True)
    return {
        "messages": [{"role": role, "content": content} for role, content in turns],
        "system": conversation.system,
        "max_tokens": 9_000,
    }


def _id(number: int, place: int) -> str:
    return f"call_{number}_{place}"


def _text(words: str) -> Body:
    return {"type": "text", "text": words}


def _png(colour: bytes) -> str:
    """One dot of this colour; a real picture, because the CLI looks into it."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" + colour)), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return base64.b64encode(png).decode()


def _file(words: str) -> str:
    return f"data:text/plain;base64,{base64.b64encode(words.encode()).decode()}"


def _block(shown: Shown, number: int) -> Body:
    match shown.kind:
        case "text":
            return _text(shown.value)
        case "picture":
            return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": shown.value}}
        case _:
            source = {"type": "text", "media_type": "text/plain", "data": shown.value}
            return {"type": "document", "source": source, "title": f"{number}.txt"}


def _chat_part(shown: Shown, number: int) -> Body:
    match shown.kind:
        case "text":
            return _text(shown.value)
        case "picture":
            return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{shown.value}"}}
        case _:
            return {"type": "file", "file": {"filename": f"{number}.txt", "file_data": _file(shown.value)}}


def _input_part(shown: Shown, number: int) -> Body:
    match shown.kind:
        case "text":
            return {"type": "input_text", "text": shown.value}
        case "picture":
            return {"type": "input_image", "image_url": f"data:image/png;base64,{shown.value}"}
        case _:
            return {"type": "input_file", "filename": f"{number}.txt", "file_data": _file(shown.value)}
