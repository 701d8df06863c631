"""A turn's messages as frames for the CLI, and the record of which messages a process already holds.

Messages go in as native turns, never flattened into a text. What a process holds is compared by digest, so that a
chat app that edits, regenerates or branches gets exactly the history it sent: the longest common beginning stays,
the rest is rewound and played again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from app.proxy.engines.agent_sdk.transport import Frame
from app.proxy.engines.api_blocks import ApiObject, api_message
from app.proxy.neutral.cache_marks import AnyBlock, unmarked
from app.proxy.neutral.json_text import json_bytes
from app.proxy.neutral.turn import (
    AssistantMessage,
    Document,
    Image,
    InlineData,
    Message,
    Text,
    ToolResult,
    ToolUse,
    UserMessage,
)


class Held(msgspec.Struct, frozen=True):
    """One message that is in a process's own history."""

    digest: bytes
    uuid: str
    from_user: bool
    is_question: bool
    """The history can be cut before it: a message of the user's that brings no results of tools."""


def digest(message: Message) -> bytes:
    """Equal for messages that reach the model as the same bytes."""
    return hashlib.blake2b(json_bytes(_compared(message)), digest_size=16).digest()


def likeness(message: Message) -> bytes:
    """Equal also for messages whose tool calls name their arguments in another order, as some apps send them back."""
    return hashlib.blake2b(json_bytes(_compared(message), in_order=True), digest_size=16).digest()


def held(message: Message, frame: Frame) -> Held:
    """The record of a message that was sent as `frame`."""
    from_user = isinstance(message, UserMessage)
    results = any(isinstance(block, ToolResult) for block in message.content)
    return Held(digest(message), frame["uuid"], from_user, is_question=from_user and not results)


def held_answer(answer: AssistantMessage) -> Held:
    """The record of an answer that the process gave itself."""
    return Held(digest(answer), "", from_user=False, is_question=False)


def user_frame(message: UserMessage, *, to_answer: bool) -> Frame:
    """A message of the user; with `to_answer` the model answers it, else it only joins the history."""
    frame: Frame = {
        "type": "user",
        "uuid": str(uuid.uuid4()),
        "message": _unmarked(message),
        "parent_tool_use_id": None,
        "client_composed": True,  # the text is text: no @file is read, no /command runs
    }
    return frame if to_answer else {**frame, "shouldQuery": False}


def assistant_frame(message: AssistantMessage, model: str) -> Frame:
    """A message the model gave earlier, here or through another program."""
    body = {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "model": model,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
        **_unmarked(message),
    }
    return {"type": "assistant", "uuid": str(uuid.uuid4()), "message": body, "parent_tool_use_id": None}


def session(messages: Sequence[Message], model: str) -> tuple[bytes, list[Held]]:
    """The messages as the file of a session that the CLI can resume, and the record of what it then holds.

    One frame a line, each naming the one before.
    """
    id_, before = str(uuid.uuid4()), None
    lines: list[bytes] = []
    record: list[Held] = []
    for message in messages:
        if isinstance(message, UserMessage):
            frame = user_frame(message, to_answer=True)
        else:
            frame = assistant_frame(message, model)
        lines.append(
            json_bytes(
                {
                    "type": frame["type"],
                    "uuid": frame["uuid"],
                    "parentUuid": before,
                    "message": frame["message"],
                    "sessionId": id_,
                    "isSidechain": False,
                    "userType": "external",
                    "timestamp": "2026-01-01T00:00:00.000Z",
                }
            )
        )
        record.append(held(message, frame))
        before = frame["uuid"]
    return b"\n".join(lines) + b"\n", record


def resumable(messages: Sequence[Message]) -> Sequence[Message]:
    """The first messages, up to the last answer that calls no tool and comes before any picture of the user's.

    A resumed session loses the result of a call. A picture that is told is made smaller where it is large; one that is
    read would reach the model as it is, and from some size on the CLI would refuse it.
    """
    shown = next((index for index, message in enumerate(messages) if _shows_a_picture(message)), len(messages))
    for length in range(shown, 0, -1):
        last = messages[length - 1]
        if isinstance(last, AssistantMessage) and not any(isinstance(block, ToolUse) for block in last.content):
            return messages[:length]
    return ()


def _shows_a_picture(message: Message) -> bool:
    """In the user's own words, that is; what a tool gave back stays as it is either way."""
    return isinstance(message, UserMessage) and any(isinstance(block, Image) for block in message.content)


def reusable_length(has: Sequence[Held], wanted: Sequence[bytes]) -> int | None:
    """How many of the first held messages can stay for a history of these digests.

    Only a question can be rewound to, so a difference in the model's words or in what a tool gave back gives up the
    question too. None when there is no question left to go back to: a history that begins with the model's own words
    can't be emptied.
    """
    length = 0
    for message, digest_ in zip(has, wanted, strict=False):
        if message.digest != digest_:
            break
        length += 1
    while length < len(has) and not has[length].is_question:
        if length == 0:
            return None
        length -= 1
    return length


def alternating(messages: Sequence[Message]) -> list[Message]:
    """The messages with those of one role that follow each other as one, as the service reads them anyway.

    The CLI would join them too, but with line breaks of its own in between.
    """
    result: list[Message] = []
    for message in messages:
        match result[-1] if result else None, message:
            case UserMessage(before), UserMessage(content):
                result[-1] = UserMessage(before + content)
            case AssistantMessage(before), AssistantMessage(content):
                result[-1] = AssistantMessage(before + content)
            case _:
                result.append(message)
    return result


def _unmarked(message: Message) -> ApiObject:
    """The message without the app's cache marks, since the CLI sets its own, and without the sources of the model's
    words, which the CLI forgets."""
    plain = unmarked(message)
    return api_message(replace(plain, content=tuple(map(_without_sources, plain.content))))


def _compared(message: Message) -> ApiObject:
    """The message with a fingerprint in the place of each picture and file, which are sent again with every turn."""
    return _unmarked(replace(message, content=tuple(map(_without_bytes, message.content))))


def _without_sources(block: AnyBlock) -> AnyBlock:
    return replace(block, citations=()) if isinstance(block, Text) and block.citations else block


def _without_bytes(block: AnyBlock) -> AnyBlock:
    if isinstance(block, ToolResult):
        return replace(block, content=tuple(map(_without_bytes, block.content)))
    if isinstance(block, Image | Document) and isinstance(block.source, InlineData):
        source = block.source
        return replace(block, source=InlineData(source.media_type, f"SHA-256: {source.fingerprint}"))  # no base64
    return block


def system_text(parts: Sequence[Text]) -> str:
    """The system prompt as the CLI joins it."""
    return "\n\n".join(part.text for part in parts)
