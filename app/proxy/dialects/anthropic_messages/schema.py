"""The JSON of the Messages API as Tidegate takes it; `msgspec` checks it and names the field that is wrong.

Members that are not listed here are accepted and have no effect: apps send fields of betas and of other proxies.
Everything optional may also be null, because some apps write each member they know.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

Effort: TypeAlias = Annotated[str, Meta(min_length=1, max_length=20)]
Tokens: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
AnyObject: TypeAlias = dict[str, Any]


class CacheControl(Struct, frozen=True, kw_only=True):
    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class Base64Source(Struct, frozen=True, kw_only=True, tag="base64"):
    media_type: str
    data: str


class UrlSource(Struct, frozen=True, kw_only=True, tag="url"):
    url: str


class TextSource(Struct, frozen=True, kw_only=True, tag="text"):
    data: str
    media_type: Literal["text/plain"] = "text/plain"


class FileSource(Struct, frozen=True, kw_only=True, tag="file"):
    """A file uploaded to the service before; known here only to be refused in plain words."""

    file_id: str


class ContentSource(Struct, frozen=True, kw_only=True, tag="content"):
    content: str | list[TextBlock | ImageBlock]


ImageSource: TypeAlias = Base64Source | UrlSource | FileSource
DocumentSource: TypeAlias = Base64Source | UrlSource | TextSource | ContentSource | FileSource


class TextBlock(Struct, frozen=True, kw_only=True, tag="text"):
    text: str
    citations: list[AnyObject] | None = None
    cache_control: CacheControl | None = None


class ImageBlock(Struct, frozen=True, kw_only=True, tag="image"):
    source: ImageSource
    transformations: AnyObject | None = None
    cache_control: CacheControl | None = None


class Citations(Struct, frozen=True, kw_only=True):
    enabled: bool | None = None


class DocumentBlock(Struct, frozen=True, kw_only=True, tag="document"):
    source: DocumentSource
    title: str | None = None
    context: str | None = None
    citations: Citations | None = None
    cache_control: CacheControl | None = None


class ThinkingBlock(Struct, frozen=True, kw_only=True, tag="thinking"):
    thinking: str
    signature: str | None = None


class RedactedThinkingBlock(Struct, frozen=True, kw_only=True, tag="redacted_thinking"):
    data: str


class ToolUseBlock(Struct, frozen=True, kw_only=True, tag="tool_use"):
    id: Annotated[str, Meta(min_length=1)]
    name: Annotated[str, Meta(min_length=1)]
    input: AnyObject
    cache_control: CacheControl | None = None


class ToolResultBlock(Struct, frozen=True, kw_only=True, tag="tool_result"):
    tool_use_id: str
    content: str | list[TextBlock | ImageBlock | DocumentBlock] | None = None
    is_error: bool | None = None
    cache_control: CacheControl | None = None


Block: TypeAlias = (
    TextBlock | ImageBlock | DocumentBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock | ToolResultBlock
)


class Message(Struct, frozen=True, kw_only=True):
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Block] | None


class Tool(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    type: str | None = None
    """`custom` or none; everything else is a tool that the service itself defines."""
    description: str | None = None
    input_schema: AnyObject | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None
    allowed_callers: list[str] | None = None
    defer_loading: bool | None = None
    eager_input_streaming: bool | None = None
    input_examples: list[Any] | None = None


class ToolChoice(Struct, frozen=True, kw_only=True):
    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class ThinkingConfig(Struct, frozen=True, kw_only=True):
    type: Literal["enabled", "adaptive", "disabled", "between_tools"]
    budget_tokens: Tokens | None = None
    display: str | None = None


class OutputFormat(Struct, frozen=True, kw_only=True):
    type: Literal["json_schema"]
    schema: AnyObject


class OutputConfig(Struct, frozen=True, kw_only=True):
    effort: Effort | None = None
    format: OutputFormat | None = None
    task_budget: Any = None


class Metadata(Struct, frozen=True, kw_only=True):
    user_id: str | None = None


class MessagesRequest(Struct, frozen=True, kw_only=True):
    """The body of POST /v1/messages; count_tokens takes the same and needs less of it."""

    model: str | None = None
    """Without it the default model answers."""
    messages: Annotated[list[Message], Meta(max_length=100_000)] | None = None
    system: str | list[TextBlock] | None = None
    tools: Annotated[list[Tool], Meta(max_length=2_000)] | None = None
    tool_choice: ToolChoice | None = None
    max_tokens: Tokens | None = None
    """Required by the service; without it here, the engine's own default holds."""
    stop_sequences: list[str] | None = None
    temperature: Share | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    """The name `output_config.format` had in the beta."""
    metadata: Metadata | None = None
    cache_control: CacheControl | None = None
    """Marks the last block that can be marked."""
    stream: bool | None = None
    session_id: str | None = None
    """Tidegate's own; the header x-session-id comes before it."""

    # Parts of the API that nothing here serves; `unserved` says which of them refuse a request.
    service_tier: Any = None
    speed: Any = None
    inference_geo: Any = None
    context_management: Any = None
    compaction: Any = None
    diagnostics: Any = None
    fallbacks: Any = None
    fallback_credit_token: Any = None
    billing_policy: Any = None
    user_profile_id: Any = None
    workspace_id: Any = None
    container: Any = None
    mcp_servers: Any = None
    thread: Any = None
