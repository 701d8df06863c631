"""The content of one message as neutral blocks, in the order they came.

Blank texts are left out, because the service refuses them and apps write them; so is reasoning without its
signature, which the service refuses too. Nothing else is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec.structs import replace

from app.proxy.dialects.anthropic_messages import schema
from app.proxy.dialects.attachments import IMAGES, PDF, from_url, inline
from app.proxy.neutral.fault import Refused, invalid
from app.proxy.neutral.turn import (
    AssistantBlock,
    CacheMark,
    Citation,
    Document,
    Image,
    InlineData,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ToolResult,
    ToolResultContent,
    ToolUse,
    UserBlock,
)

Content: TypeAlias = "str | Sequence[schema.Block] | None"


def user_blocks(content: Content, param: str) -> tuple[UserBlock, ...]:
    """What a user said; raises Refused naming the block when it holds what only a model says."""
    if content is None or isinstance(content, str):
        return _texts(content)
    return tuple(_user_block(block, at) for block, at in _placed(content, param))


def assistant_blocks(content: Content, param: str) -> tuple[AssistantBlock, ...]:
    """What the model said; raises Refused naming the block when it holds what only a user says."""
    if content is None or isinstance(content, str):
        return _texts(content)
    return tuple(_assistant_block(block, at) for block, at in _placed(content, param))


def system_texts(content: Content, param: str) -> tuple[Text, ...]:
    """A system prompt, which is text and nothing else."""
    if content is None or isinstance(content, str):
        return _texts(content)
    return tuple(_system_text(block, at) for block, at in _placed(content, param))


def cache_mark(control: schema.CacheControl | None) -> CacheMark | None:
    """The neutral mark for a cache_control."""
    return CacheMark(control.ttl) if control else None


def _texts(content: str | None) -> tuple[Text, ...]:
    return (Text(content),) if content and not content.isspace() else ()


def _placed(content: Sequence[schema.Block], param: str) -> list[tuple[schema.Block, str]]:
    return [(block, f"{param}[{index}]") for index, block in enumerate(content) if not _is_left_out(block)]


def _is_left_out(block: schema.Block) -> bool:
    match block:
        case schema.TextBlock(text=text):
            return not text or text.isspace()
        case schema.ThinkingBlock(signature=signature):
            return not signature
        case _:
            return False


def _user_block(block: schema.Block, param: str) -> UserBlock:
    match block:
        case schema.TextBlock() | schema.ImageBlock() | schema.DocumentBlock():
            return _shown(block, param)
        case schema.ToolResultBlock():
            return _tool_result(block, param)
        case _:
            raise _misplaced(block, param, "user")


def _assistant_block(block: schema.Block, param: str) -> AssistantBlock:
    match block:
        case schema.TextBlock(citations=citations):
            return replace(_text(block), citations=tuple(map(Citation, citations or ())))
        case schema.ThinkingBlock():
            return Thinking(block.thinking, block.signature or "")
        case schema.RedactedThinkingBlock():
            return RedactedThinking(block.data)
        case schema.ToolUseBlock():
            return ToolUse(block.id, block.name, block.input, cache_mark(block.cache_control))
        case _:
            raise _misplaced(block, param, "assistant")


def _system_text(block: schema.Block, param: str) -> Text:
    if isinstance(block, schema.TextBlock):
        return _text(block)
    raise _misplaced(block, param, "system")


def _misplaced(block: schema.Block, param: str, role: str) -> Refused:
    kind = block.__struct_config__.tag
    return invalid(f"{param}: a message of role {role} can't hold a block of type {kind}.", param, "invalid_value")


def _shown(block: schema.TextBlock | schema.ImageBlock | schema.DocumentBlock, param: str) -> ToolResultContent:
    match block:
        case schema.TextBlock():
            return _text(block)
        case schema.ImageBlock():
            return Image(_image_source(block.source, f"{param}.source"), cache_mark(block.cache_control))
        case schema.DocumentBlock():
            return _document(block, param)


def _text(block: schema.TextBlock) -> Text:
    return Text(block.text, cache_mark(block.cache_control))


def _document(block: schema.DocumentBlock, param: str) -> Document:
    return Document(
        _document_source(block.source, f"{param}.source"),
        title=block.title,
        context=block.context,
        citations=bool(block.citations and block.citations.enabled),
        cache=cache_mark(block.cache_control),
    )


def _tool_result(block: schema.ToolResultBlock, param: str) -> ToolResult:
    content: tuple[ToolResultContent, ...]
    if block.content is None or isinstance(block.content, str):
        content = _texts(block.content)
    else:
        at = f"{param}.content"
        content = tuple(
            _shown(part, f"{at}[{index}]") for index, part in enumerate(block.content) if not _is_left_out(part)
        )
    return ToolResult(block.tool_use_id, content, bool(block.is_error), cache_mark(block.cache_control))


def _image_source(source: schema.ImageSource, param: str) -> InlineData | RemoteData:
    match source:
        case schema.Base64Source():
            return inline(source.media_type, source.data, f"{param}.data", IMAGES)
        case schema.UrlSource():
            return from_url(source.url, f"{param}.url", IMAGES)
        case schema.FileSource():
            raise _uploaded(f"{param}.type")


def _document_source(source: schema.DocumentSource, param: str) -> InlineData | RemoteData | PlainText:
    match source:
        case schema.Base64Source():
            return inline(source.media_type, source.data, f"{param}.data", PDF)
        case schema.UrlSource():
            return from_url(source.url, f"{param}.url", PDF)
        case schema.TextSource():
            return _plain_text(source.data, f"{param}.data")
        case schema.ContentSource():
            return _plain_text(_joined(source.content, f"{param}.content"), f"{param}.content")
        case schema.FileSource():
            raise _uploaded(f"{param}.type")


def _joined(content: str | list[schema.TextBlock | schema.ImageBlock], param: str) -> str:
    """A document cut into blocks for citing, as one text: no cited block could be told apart in an answer here."""
    if isinstance(content, str):
        return content
    pieces: list[str] = []
    for index, block in enumerate(content):
        if isinstance(block, schema.ImageBlock):
            at = f"{param}[{index}]"
            raise invalid(
                f"{at}: a picture inside a document is not served. Send it as a block of its own.",
                at,
                "unsupported_parameter",
            )
        pieces.append(block.text)
    return "\n\n".join(pieces)


def _plain_text(text: str, param: str) -> PlainText:
    if not text.strip():
        raise invalid(f"{param} is empty.", param, "invalid_value")
    return PlainText(text)


def _uploaded(param: str) -> Refused:
    return invalid(
        f"{param}: uploaded files are not served by Tidegate. Send the file itself in base64.",
        param,
        "unsupported_parameter",
    )
