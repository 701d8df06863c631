"""An app's cache marks: they belong to one request, and the service takes only four in all."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from app.proxy.neutral.turn import Block, Message, RedactedThinking, Thinking, ToolResult

AnyBlock = TypeVar("AnyBlock", bound=Block)


def unmarked(message: Message) -> Message:
    """The same message without any."""
    return replace(message, content=tuple(map(unmarked_block, message.content)))


def unmarked_block(block: AnyBlock) -> AnyBlock:
    """The same block without one, also in what a tool gave back."""
    if isinstance(block, Thinking | RedactedThinking):  # never has one
        return block
    if isinstance(block, ToolResult):
        return replace(block, cache=None, content=tuple(map(unmarked_block, block.content)))
    return replace(block, cache=None) if block.cache else block
