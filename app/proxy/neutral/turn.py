"""A turn: everything a chat app sent that the model is to get.

Content is what Anthropic's Messages API calls blocks, because both engines end there; the other dialects
translate into it. Nothing is flattened: each block stays in the message and the place where the app put it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "Mapping[str, Json]"


@dataclass(frozen=True, slots=True)
class CacheMark:
    """The app asked the service to cache the prompt up to and including this block."""

    ttl: Literal["5m", "1h"] | None = None


@dataclass(frozen=True, slots=True)
class InlineData:
    """Bytes that came with the request, still in base64 as they came (checked, never decoded twice)."""

    media_type: str
    base64: str


@dataclass(frozen=True, slots=True)
class RemoteData:
    """An https address that the service fetches; Tidegate never does."""

    url: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Where in a document the model has its words from, as the service says it."""

    place: JsonObject


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    cache: CacheMark | None = None
    citations: tuple[Citation, ...] = ()
    """Only of the model's own words, about documents that the app wants cited."""


@dataclass(frozen=True, slots=True)
class Image:
    source: InlineData | RemoteData
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class PlainText:
    """The text of a document that needs no decoding."""

    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF (inline or remote) or a plain text with a title."""

    source: InlineData | RemoteData | PlainText
    title: str | None = None
    context: str | None = None
    citations: bool = False
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model's own reasoning from an earlier answer; worthless to the service without its signature."""

    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class RedactedThinking:
    data: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """The model asked the chat app to run a tool."""

    id: str
    name: str
    input: JsonObject
    cache: CacheMark | None = None


ToolResultContent: TypeAlias = Text | Image | Document


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the chat app's tool gave back; `tool_use_id` answers a `ToolUse` of an earlier message."""

    tool_use_id: str
    content: tuple[ToolResultContent, ...]
    is_error: bool = False
    cache: CacheMark | None = None


UserBlock: TypeAlias = Text | Image | Document | ToolResult
AssistantBlock: TypeAlias = Text | Thinking | RedactedThinking | ToolUse
Block: TypeAlias = UserBlock | AssistantBlock


@dataclass(frozen=True, slots=True)
class UserMessage:
    content: tuple[UserBlock, ...]


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    content: tuple[AssistantBlock, ...]


Message: TypeAlias = UserMessage | AssistantMessage


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the chat app: offered to the model, run by the app, never by Tidegate."""

    name: str
    description: str | None
    input_schema: JsonObject
    strict: bool | None = None
    cache: CacheMark | None = None


@dataclass(frozen=True, slots=True)
class AutoTool:
    """The model decides."""


@dataclass(frozen=True, slots=True)
class NoTool:
    """The model may not call a tool."""


@dataclass(frozen=True, slots=True)
class AnyTool:
    """The model must call some tool."""


@dataclass(frozen=True, slots=True)
class NamedTool:
    """The model must call this tool."""

    name: str


ToolChoice: TypeAlias = AutoTool | NoTool | AnyTool | NamedTool


@dataclass(frozen=True, slots=True)
class ThinkingOff:
    pass


@dataclass(frozen=True, slots=True)
class ThinkingAdaptive:
    """The model decides how much to think."""


@dataclass(frozen=True, slots=True)
class ThinkingBudget:
    """Think up to this many tokens (older models; newer ones take it as adaptive)."""

    tokens: int


ThinkingMode: TypeAlias = ThinkingOff | ThinkingAdaptive | ThinkingBudget


@dataclass(frozen=True, slots=True)
class Parameters:
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


@dataclass(frozen=True, slots=True)
class Turn:
    """One request for one answer: the whole conversation so far and how to go on."""

    model: str
    """The id the app asked for until the catalogue resolves it; then the id the engine serves."""
    messages: tuple[Message, ...]
    """At least one; roles alternate freely, the last is usually the user's."""
    system: tuple[Text, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    parameters: Parameters = field(default_factory=Parameters)
    ignored: tuple[str, ...] = ()
    """Parameters the shape allows but nothing behind it can honour; reported, never silently dropped."""
    session_key: str | None = None
