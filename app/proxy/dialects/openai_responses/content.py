"""Content (a string, a list of parts or nothing) as neutral blocks. Text without a visible character is left out:
the service refuses it, and apps send it often."""

from __future__ import annotations

from typing import TypeVar

from app.proxy.dialects.attachments import IMAGES, PDF, data_url, from_url, inline, plain_text
from app.proxy.dialects.openai_responses.schema import Content, Part
from app.proxy.neutral.fault import Refused, invalid
from app.proxy.neutral.turn import Document, Image, Text

_TEXTS = {"input_text", "output_text", "text"}
_TEXT_FILES = frozenset(
    f"application/{name}"
    for name in ("json", "javascript", "typescript", "xml", "yaml", "x-yaml", "toml", "sql", "x-sh")
)

Block = TypeVar("Block", bound=Text | Image | Document)


def user_blocks(content: Content, param: str) -> tuple[Text | Image | Document, ...]:
    """Texts, pictures and documents of a user or a tool; raises Refused naming the part."""
    if content is None or isinstance(content, str):
        return _visible([Text(content or "")])
    return _visible([_block(part, f"{param}[{index}]") for index, part in enumerate(content)])


def system_texts(content: Content, param: str) -> tuple[Text, ...]:
    """The texts of a system or developer message."""
    return _visible(_texts(content, param, "a system message"))


def assistant_texts(content: Content, param: str) -> tuple[Text, ...]:
    """What the model said; a refusal is words like any other."""
    return _visible(_texts(content, param, "an assistant message"))


def _texts(content: Content, param: str, where: str) -> list[Text]:
    if content is None or isinstance(content, str):
        return [Text(content or "")]
    texts: list[Text] = []
    for index, part in enumerate(content):
        at = f"{param}[{index}]"
        if part.type in _TEXTS:
            texts.append(Text(_member(part.text, f"{at}.text")))
        elif part.type == "refusal" and where == "an assistant message":
            texts.append(Text(_member(part.refusal, f"{at}.refusal")))
        else:
            raise _misplaced(part, at, where)
    return texts


def _block(part: Part, param: str) -> Text | Image | Document:
    if part.type in _TEXTS:
        return Text(_member(part.text, f"{param}.text"))
    if part.type == "input_image":
        _refuse_stored_file(part, part.image_url, f"{param}.image_url")
        return Image(from_url(_member(part.image_url, f"{param}.image_url"), f"{param}.image_url", IMAGES))
    if part.type == "input_file":
        return _document(part, param)
    raise _misplaced(part, param, "a message of a user or a tool")


def _document(part: Part, param: str) -> Document:
    title = part.filename or None
    if part.file_url:
        return Document(from_url(part.file_url, f"{param}.file_url", PDF), title)
    at = f"{param}.file_data"
    _refuse_stored_file(part, part.file_data, at)
    data = _member(part.file_data, at)
    if data[:5].lower() != "data:":
        return Document(inline("application/pdf", data, at, PDF), title)
    media_type, base64_text = data_url(data, at)
    if media_type.startswith("text/") or media_type.endswith(("+json", "+xml")) or media_type in _TEXT_FILES:
        return Document(plain_text(base64_text, at), title)
    return Document(inline(media_type, base64_text, at, PDF), title)


def _refuse_stored_file(part: Part, sent: str | None, param: str) -> None:
    if part.file_id and not sent:
        raise invalid(
            f"{param} is missing: Tidegate stores no files, so send the file itself.", param, "unsupported_value"
        )


def _member(value: str | None, param: str) -> str:
    if value is None:
        raise invalid(f"{param} is missing.", param, "missing_required_parameter")
    return value


def _misplaced(part: Part, param: str, where: str) -> Refused:
    if part.type == "input_audio":
        return invalid(
            f"{param} is audio, which Claude can't hear. Send its text.", f"{param}.type", "unsupported_value"
        )
    said = f"{param} is of a type that {where} can't hold: {part.type[:60]!r}."
    return invalid(said, f"{param}.type", "unsupported_value")


def _visible(blocks: list[Block]) -> tuple[Block, ...]:
    return tuple(block for block in blocks if not isinstance(block, Text) or block.text.strip())
