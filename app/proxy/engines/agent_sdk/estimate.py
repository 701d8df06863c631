"""How many tokens a turn has, roughly: the CLI has no way to ask."""

from __future__ import annotations

from collections.abc import Sequence

from app.proxy.engines.agent_sdk.history import system_text
from app.proxy.engines.api_blocks import api_block
from app.proxy.neutral.turn import Block, Document, Image, InlineData, PlainText, RemoteData, ToolResult, Turn

_CHARACTERS_PER_TOKEN = 4
_PICTURE = 1_600
"""What the service makes of a large picture; smaller ones cost less."""
_PAGE = 2_000
"""A page of a PDF, read as text and as a picture."""
_BYTES_PER_PAGE = 100_000
_REMOTE_PAGES = 10
"""Nobody here opens a file that the service fetches."""


def estimated_tokens(turn: Turn) -> int:
    """An estimate of the input: texts by their length, pictures and files by what they usually cost."""
    characters = len(system_text(turn.system)) + sum(len(str(tool)) for tool in turn.tools)
    blocks = [block for message in turn.messages for block in message.content]
    return (characters // _CHARACTERS_PER_TOKEN) + _tokens(blocks) + 1


def _tokens(blocks: Sequence[Block]) -> int:
    return sum(map(_block_tokens, blocks))


def _block_tokens(block: Block) -> int:
    match block:
        case Image():
            return _PICTURE
        case Document(InlineData() as source):
            return _PAGE * (1 + len(source.base64) * 3 // 4 // _BYTES_PER_PAGE)
        case Document(RemoteData()):
            return _PAGE * _REMOTE_PAGES
        case Document(PlainText(text)):
            return len(text) // _CHARACTERS_PER_TOKEN
        case ToolResult():
            return _tokens(block.content)
        case _:
            return len(str(api_block(block))) // _CHARACTERS_PER_TOKEN
