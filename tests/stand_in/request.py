"""What the stand-in received, kept for the tests to compare."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64decode
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec


class Request:
    """One request as it came in; `ended` is set when its answer is complete or the client has left."""

    def __init__(self, method: str, target: str, headers: dict[str, str], content: bytes) -> None:
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers = headers
        """Names in lower case."""
        self.content = content
        self.ended = asyncio.Event()
        self.hung_up = False
        """True when the client left before the answer was complete."""
        self._body: dict[str, Any] | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body; empty when there is none."""
        if self._body is None:
            self._body = msgspec.json.decode(self.content) if self.content else {}
        return self._body

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation, without what a client adds under the role system."""
        return [message for message in self.body.get("messages", ()) if message["role"] != "system"]

    @property
    def turns(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The conversation as the service reads it: messages of one role in a row are one; without marks of caching."""
        return [
            (role, [_unmarked(block) for message in run for block in _blocks(message["content"])])
            for role, run in groupby(self.messages, itemgetter("role"))
        ]

    @property
    def system(self) -> list[str]:
        """The texts of the system prompt; the CLI puts its own in front."""
        return list(texts_of(self.body.get("system", "")))

    @property
    def last_user_text(self) -> str:
        """All texts of the last user message, those of tool results too, each on its line."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                return "\n".join(texts_of(message["content"]))
        return ""

    def images(self) -> list[str]:
        """One line per image: the message it was in, its media type and the start of its hash."""
        return [
            f"message {number}: {image}"
            for number, message in enumerate(self.messages)
            for image in images_of(message["content"])
        ]


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _unmarked(block: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in block.items() if name != "cache_control"}
    if isinstance(inner := plain.get("content"), list):
        plain["content"] = [_unmarked(part) for part in inner]
    return plain


def texts_of(content: str | list[dict[str, Any]]) -> Iterator[str]:
    """Every text in a content, in order."""
    if isinstance(content, str):
        yield content
        return
    for block in content:
        if block["type"] == "text":
            yield block["text"]
        elif block["type"] == "tool_result":
            yield from texts_of(block.get("content", ""))


def images_of(content: str | list[dict[str, Any]]) -> Iterator[str]:
    """Every image in a content, in order."""
    if isinstance(content, str):
        return
    for block in content:
        if block["type"] == "image":
            yield _image(block["source"])
        elif block["type"] == "tool_result":
            yield from images_of(block.get("content", ""))


def _image(source: dict[str, str]) -> str:
    if source["type"] == "url":
        return f"url {source['url']}"
    digest = hashlib.sha256(b64decode(source["data"])).hexdigest()
    return f"{source['media_type']} {digest[:12]}"
