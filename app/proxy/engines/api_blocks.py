"""Neutral messages as the Messages API writes them; both engines end there."""

from __future__ import annotations

from typing import Any, TypeAlias

from app.proxy.neutral.turn import (
    AssistantMessage,
    Block,
    CacheMark,
    Document,
    Image,
    InlineData,
    Message,
    PlainText,
    RedactedThinking,
    RemoteData,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)

ApiObject: TypeAlias = dict[str, Any]


def api_message(message: Message) -> ApiObject:
    """One message with all its blocks, in order."""
    role = "assistant" if isinstance(message, AssistantMessage) else "user"
    return {"role": role, "content": [api_block(block) for block in message.content]}


def api_block(block: Block) -> ApiObject:  # noqa: PLR0911 - one case a kind of block
    """One block; nothing of it is left out."""
    match block:
        case Text(text, cache, citations):
            cited = {"citations": [dict(citation.place) for citation in citations]} if citations else {}
            return _marked({"type": "text", "text": text, **cited}, cache)
        case Image(source, cache):
            return _marked({"type": "image", "source": _source(source)}, cache)
        case Document():
            return _document(block)
        case Thinking(text, signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case RedactedThinking(data):
            return {"type": "redacted_thinking", "data": data}
        case ToolUse(id_, name, input_, cache):
            return _marked({"type": "tool_use", "id": id_, "name": name, "input": dict(input_)}, cache)
        case ToolResult(tool_use_id, content, is_error, cache):
            result: ApiObject = {"type": "tool_result", "tool_use_id": tool_use_id}
            if content:
                result["content"] = [api_block(part) for part in content]
            if is_error:
                result["is_error"] = True
            return _marked(result, cache)


def _document(document: Document) -> ApiObject:
    body: ApiObject = {"type": "document", "source": _source(document.source)}
    if document.title is not None:
        body["title"] = document.title
    if document.context is not None:
        body["context"] = document.context
    if document.citations:
        body["citations"] = {"enabled": True}
    return _marked(body, document.cache)


def _source(source: InlineData | RemoteData | PlainText) -> ApiObject:
    match source:
        case InlineData(media_type, base64):
            return {"type": "base64", "media_type": media_type, "data": base64}
        case RemoteData(url):
            return {"type": "url", "url": url}
        case PlainText(text):
            return {"type": "text", "media_type": "text/plain", "data": text}


def _marked(body: ApiObject, cache: CacheMark | None) -> ApiObject:
    if cache:
        body["cache_control"] = {"type": "ephemeral"} | ({"ttl": cache.ttl} if cache.ttl else {})
    return body
