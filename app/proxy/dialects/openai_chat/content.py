"""Content (a string, a list of parts or nothing) as neutral blocks. Text without a visible character is left out:
the service refuses it, and apps send it often."""

from __future__ import annotations

from typing import Literal, TypeVar

from app.proxy.dialects.attachments import IMAGES, PDF, data_url, from_url, inline, plain_text
from app.proxy.dialects.openai_chat.schema import (
    AssistantMessage,
    AudioPart,
    CacheControl,
    Content,
    FilePart,
    ImagePart,
    ImageUrl,
    Part,
    RefusalPart,
    TextPart,
)
from app.proxy.neutral.fault import Refused, invalid
from app.proxy.neutral.turn import CacheMark, Document, Image, Text

_TEXT_FILES = frozenset(
    {
        "application/json",
        "application/javascript",
        "application/typescript",
        "application/xml",
        "application/yaml",
        "application/toml",
        "application/sql",
        "application/x-yaml",
        "application/x-sh",
    }
)
_LIFETIMES: dict[str | None, Literal["5m", "1h"]] = {"5m": "5m", "1h": "1h"}

Block = TypeVar("Block", bound=Text | Image | Document)


def user_blocks(content: Content, param: str) -> tuple[Text | Image | Document, ...]:
    """Texts, pictures and documents of a user."""
    return _visible(_any_blocks(content, param, "a user message"))


def result_blocks(content: Content, param: str) -> tuple[Text | Image | Document, ...]:
    """What a tool gave back: as much as a user may send."""
    return _visible(_any_blocks(content, param, "a tool message"))


def system_texts(content: Content, param: str) -> tuple[Text, ...]:
    """The texts of a system or developer message."""
    return _visible(_texts(content, param, "a system message"))


def assistant_blocks(message: AssistantMessage, param: str) -> tuple[Text, ...]:
    """What the model said; a refusal is words like any other."""
    said = _texts(message.content, param, "an assistant message")
    if message.refusal:
        said.append(Text(message.refusal))
    return _visible(said)


def cache_mark(control: CacheControl | None) -> CacheMark | None:
    """The mark on a part or a tool."""
    return None if control is None else CacheMark(_LIFETIMES.get(control.ttl))


def _texts(content: Content, param: str, where: str) -> list[Text]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    texts: list[Text] = []
    for index, part in enumerate(content):
        match part:
            case TextPart(text=text, cache_control=control):
                texts.append(Text(text, cache_mark(control)))
            case RefusalPart(refusal=refusal) if where == "an assistant message":
                texts.append(Text(refusal))
            case _:
                raise _misplaced(part, f"{param}[{index}]", where)
    return texts


def _any_blocks(content: Content, param: str, where: str) -> list[Text | Image | Document]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    blocks: list[Text | Image | Document] = []
    for index, part in enumerate(content):
        at = f"{param}[{index}]"
        match part:
            case TextPart(text=text, cache_control=control):
                blocks.append(Text(text, cache_mark(control)))
            case ImagePart():
                blocks.append(_image(part, at))
            case FilePart():
                blocks.append(_document(part, at))
            case RefusalPart() | AudioPart():
                raise _misplaced(part, at, where)
    return blocks


def _image(part: ImagePart, param: str) -> Image:
    match part.image_url:
        case ImageUrl(url=url):
            source = from_url(url, f"{param}.image_url.url", IMAGES)
        case str(url):
            source = from_url(url, f"{param}.image_url", IMAGES)
    return Image(source, cache_mark(part.cache_control))


def _document(part: FilePart, param: str) -> Document:
    at = f"{param}.file.file_data"
    mark, title = cache_mark(part.cache_control), part.file.filename or None
    data = part.file.file_data
    if not data:
        raise invalid(f"{at} is missing: Tidegate stores no files, so send the file itself.", at, "unsupported_value")
    if data[:5].lower() != "data:":
        bare = ":" not in data[:10]  # base64 knows no colon, an address has one
        return Document(
            inline("application/pdf", data, at, PDF) if bare else from_url(data, at, PDF), title, cache=mark
        )
    media_type, base64_text = data_url(data, at)
    if media_type.startswith("text/") or media_type.endswith(("+json", "+xml")) or media_type in _TEXT_FILES:
        return Document(plain_text(base64_text, at), title, cache=mark)
    return Document(inline(media_type, base64_text, at, PDF), title, cache=mark)


def _misplaced(part: Part, param: str, where: str) -> Refused:
    match part:
        case AudioPart():
            said = "is audio, which Claude can't hear. Send its text."
        case TextPart() | ImagePart() | FilePart() | RefusalPart():
            said = f"is of a type that {where} can't hold."
    return invalid(f"{param} {said}", f"{param}.type", "unsupported_value")


def _visible(blocks: list[Block]) -> tuple[Block, ...]:
    return tuple(block for block in blocks if not isinstance(block, Text) or block.text.strip())
