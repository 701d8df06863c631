"""The messages of a request as a neutral conversation: system texts apart, blank messages left out, tools paired."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.proxy.dialects.anthropic_messages import schema
from app.proxy.dialects.anthropic_messages.content import assistant_blocks, system_texts, user_blocks
from app.proxy.dialects.anthropic_messages.tool_pairs import check_tool_pairs
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import AssistantMessage, Message, Text, UserMessage


class Conversation(msgspec.Struct, frozen=True):
    system: tuple[Text, ...]
    """What messages of the roles system and developer said, wherever they stood."""
    messages: tuple[Message, ...]


def conversation(sent: Sequence[schema.Message], *, continued: bool) -> Conversation:
    """Translate; raises Refused naming the field.

    A blank message in the history (an answer that failed, an empty prefill) is left out; a blank last word of the
    user's is refused, since something else would be answered instead. `continued`: earlier messages may be known
    here under a session key, so that a tool_result may come first.
    """
    system: list[Text] = []
    messages: list[Message] = []
    kept: list[tuple[int, schema.Message]] = []
    for index, message in enumerate(sent):
        param = f"messages[{index}].content"
        if message.role in ("system", "developer"):
            system += system_texts(message.content, param)
        elif translated := _translated(message, param):
            messages.append(translated)
            kept.append((index, message))
        elif message.role == "user" and _is_last(index, sent):
            raise invalid(f"{param} is empty. Write something.", param, "invalid_messages")
    if not messages:
        raise invalid("messages is required and needs at least one with content.", "messages", "invalid_messages")
    check_tool_pairs(kept, continued=continued)
    return Conversation(tuple(system), tuple(messages))


def _translated(message: schema.Message, param: str) -> Message | None:
    if message.role == "user":
        said = user_blocks(message.content, param)
        return UserMessage(said) if said else None
    answered = assistant_blocks(message.content, param)
    return AssistantMessage(answered) if answered else None


def _is_last(index: int, sent: Sequence[schema.Message]) -> bool:
    return all(later.role in ("system", "developer") for later in sent[index + 1 :])
