"""Conversations as the service takes them: no empty texts, every tool call answered, no unfinished answer last."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from msgspec.structs import replace

from app.proxy.neutral.turn import (
    AssistantMessage,
    Message,
    RedactedThinking,
    Text,
    Thinking,
    ToolResult,
    ToolResultContent,
    ToolUse,
    UserBlock,
    UserMessage,
)


def sound_messages(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The same conversation without what the service refuses in every model.

    Empty texts and thinking without a signature go; a tool call whose result the app cut off gets an empty, failed
    result, because without one the service refuses the whole conversation. An unfinished answer at the end keeps its
    words alone: a model that is to go on with one doesn't think, and then takes no thinking in it.
    """
    filled = (message for message in map(_filled, messages) if message.content)
    sound: list[Message] = []
    waiting: list[str] = []
    for kind, run in groupby(filled, type):  # the service takes messages of one role in a row as one
        messages_in_a_row = list(run)
        blocks = [block for message in messages_in_a_row for block in message.content]
        given = {block.tool_use_id for block in blocks if isinstance(block, ToolResult)}
        if missing := _failed_results(id_ for id_ in waiting if id_ not in given):
            sound.append(UserMessage(missing))
        sound += messages_in_a_row
        waiting = [block.id for block in blocks if isinstance(block, ToolUse)] if kind is AssistantMessage else []
    if missing := _failed_results(waiting):
        sound.append(UserMessage(missing))
    end = len(sound)
    while end and isinstance(sound[end - 1], AssistantMessage):
        end -= 1
    spoken = [message for message in map(_words, sound[end:]) if message.content]
    return (*sound[:end], *spoken[:-1], *map(_stripped, spoken[-1:]))


def without_prefill(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation up to the user's last message; unchanged when the user never spoke or tools wait."""
    end = len(messages)
    while end and isinstance(messages[end - 1], AssistantMessage):
        end -= 1
    return messages[:end] or messages


def _words(message: Message) -> Message:
    return replace(
        message,
        content=tuple(block for block in message.content if not isinstance(block, Thinking | RedactedThinking)),
    )


def _stripped(last: Message) -> Message:
    """An unfinished answer may not end in white space."""
    match last:
        case AssistantMessage((*blocks, Text(text) as end)):
            return AssistantMessage((*blocks, replace(end, text=text.rstrip())))
        case _:
            return last


def _failed_results(ids: Iterable[str]) -> tuple[ToolResult, ...]:
    return tuple(ToolResult(id_, (), is_error=True) for id_ in ids)


def _filled(message: Message) -> Message:
    if isinstance(message, AssistantMessage):
        kept = (
            block
            for block in message.content
            if not (isinstance(block, Text) and not block.text.strip())
            and not (isinstance(block, Thinking) and not block.signature)
        )
        return AssistantMessage(tuple(kept))
    return UserMessage(tuple(_filled_block(block) for block in message.content if not _is_blank(block)))


def _filled_block(block: UserBlock) -> UserBlock:
    if isinstance(block, ToolResult) and any(_is_blank(part) for part in block.content):
        return replace(block, content=tuple(part for part in block.content if not _is_blank(part)))
    return block


def _is_blank(block: UserBlock | ToolResultContent) -> bool:
    return isinstance(block, Text) and not block.text.strip()
