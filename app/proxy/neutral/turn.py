"""A turn: everything a chat app sent that the model is to get.

Content is what Anthropic's Messages API calls blocks, because both engines end there; the other dialects
translate into it. Nothing is flattened: each block stays in the message and the place where the app put it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "Mapping[str, Json]"


class CacheMark(msgspec.Struct, frozen=True):
    """The app asked the service to cache the prompt up to and including this block."""

    ttl: Literal["5m", "1h"] | None = None


class InlineData(msgspec.Struct, frozen=True, dict=True):
    """Bytes that came with the request, still in base64 as they came (checked, never decoded twice)."""

    media_type: str
    base64: str

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the base64, in hexadecimal; taken once, however often the megabytes are compared."""
        return hashlib.sha256(self.base64.encode()).hexdigest()


class RemoteData(msgspec.Struct, frozen=True):
    """An https address that the service fetches; Tidegate never does."""

    url: str


class Citation(msgspec.Struct, frozen=True):
    """Where in a document the model has its words from, as the service says it."""

    place: JsonObject


class Text(msgspec.Struct, frozen=True):
    text: str
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()
    """Only of the model's own words, about documents that the app wants cited."""


class Image(msgspec.Struct, frozen=True):
    source: InlineData | RemoteData
    cache: CacheMark | None = None


class PlainText(msgspec.Struct, frozen=True):
    """The text of a document that needs no decoding."""

    text: str


class Document(msgspec.Struct, frozen=True):
    """A PDF (inline or remote) or a plain text with a title."""

    source: InlineData | RemoteData | PlainText
    title: str | None = None
    context: str | None = None
    citations: bool = False
    cache: CacheMark | None = None


class Thinking(msgspec.Struct, frozen=True):
    """The model's own reasoning from an earlier answer; worthless to the service without its signature."""

    text: str
    signature: str


class RedactedThinking(msgspec.Struct, frozen=True):
    data: str


class ToolUse(msgspec.Struct, frozen=True):
    """The model asked the chat app to run a tool."""

    id: str
    name: str
    input: JsonObject
    cache: CacheMark | None = None


ToolResultContent: TypeAlias = Text | Image | Document


class ToolResult(msgspec.Struct, frozen=True):
    """What the chat app's tool gave back; `tool_use_id` answers a `ToolUse` of an earlier message."""

    tool_use_id: str
    content: tuple[ToolResultContent, ...]
    is_error: bool = False
    cache: CacheMark | None = None


UserBlock: TypeAlias = Text | Image | Document | ToolResult
AssistantBlock: TypeAlias = Text | Thinking | RedactedThinking | ToolUse
Block: TypeAlias = UserBlock | AssistantBlock


class UserMessage(msgspec.Struct, frozen=True):
    content: tuple[UserBlock, ...]


class AssistantMessage(msgspec.Struct, frozen=True):
    content: tuple[AssistantBlock, ...]


Message: TypeAlias = UserMessage | AssistantMessage


class Tool(msgspec.Struct, frozen=True):
    """A tool of the chat app: offered to the model, run by the app, never by Tidegate."""

    name: str
    description: str | None
    input_schema: JsonObject
    strict: bool | None = None
    cache: CacheMark | None = None


class AutoTool(msgspec.Struct, frozen=True):
    """The model decides."""


class NoTool(msgspec.Struct, frozen=True):
    """The model may not call a tool."""


class AnyTool(msgspec.Struct, frozen=True):
    """The model must call some tool."""


class NamedTool(msgspec.Struct, frozen=True):
    """The model must call this tool."""

    name: str


ToolChoice: TypeAlias = AutoTool | NoTool | AnyTool | NamedTool


class ThinkingOff(msgspec.Struct, frozen=True):
    pass


class ThinkingAdaptive(msgspec.Struct, frozen=True):
    """The model decides how much to think."""


class ThinkingBudget(msgspec.Struct, frozen=True):
    """Think up to this many tokens (older models; newer ones take it as adaptive)."""

    tokens: int


ThinkingMode: TypeAlias = ThinkingOff | ThinkingAdaptive | ThinkingBudget


class Parameters(msgspec.Struct, frozen=True):
    """How to answer. None means: the app did not say, the engine's own default applies."""

    max_output_tokens: int | None = None
    limit_counts_thinking: bool = True
    """False for OpenAI's old `max_tokens`, written before models thought: an allowance for thinking is added."""
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    effort: str | None = None
    """low, medium, high, or what else the model lists."""
    thinking: ThinkingMode | None = None
    json_schema: JsonObject | None = None
    """The answer's text must be JSON of this schema."""
    parallel_tool_calls: bool | None = None
    user_id: str | None = None
    """Opaque id of the app's user, for the service's abuse detection."""


class Turn(msgspec.Struct, frozen=True):
    """One request for one answer: the whole conversation so far and how to go on."""

    model: str
    """The id the app asked for until the catalogue resolves it; then the id the engine serves."""
    messages: tuple[Message, ...]
    """At least one; roles alternate freely, the last is usually the user's."""
    system: tuple[Text, ...] = ()
    once: tuple[Text, ...] = ()
    """More of the system prompt, for this one answer: no part of the conversation that may go on under a key."""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parameters: Parameters = msgspec.field(default_factory=Parameters)
    ignored: tuple[str, ...] = ()
    """Parameters the shape allows but nothing behind it can honour; reported, never silently dropped."""
    session_key: str | None = None
