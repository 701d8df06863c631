"""The requests of Ollama's interface as its apps send them; unknown members are passed over, null means not set."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, field

MESSAGES_LIMIT = 20_000
TOOLS_LIMIT = 1_000
STOPS_LIMIT = 64

Name: TypeAlias = Annotated[str, Meta(max_length=256)]
Pictures: TypeAlias = list[str]
"""Each in base64, without a media type."""


class FunctionCall(Struct):
    name: str
    arguments: dict[str, Any] | None = None


class ToolCall(Struct):
    function: FunctionCall
    id: str | None = None


class SystemMessage(Struct, tag_field="role", tag="system"):
    content: str | None = None


class UserMessage(Struct, tag_field="role", tag="user"):
    content: str | None = None
    images: Pictures | None = None


class AssistantMessage(Struct, tag_field="role", tag="assistant"):
    content: str | None = None
    thinking: str | None = None
    tool_calls: Annotated[list[ToolCall], Meta(max_length=TOOLS_LIMIT)] | None = None


class ToolMessage(Struct, tag_field="role", tag="tool"):
    content: str | None = None
    images: Pictures | None = None
    tool_name: str | None = None
    name: str | None = None
    """What `tool_name` was called before."""
    tool_call_id: str | None = None


ChatMessage: TypeAlias = SystemMessage | UserMessage | AssistantMessage | ToolMessage


class Function(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(Struct):
    function: Function
    type: str = "function"


class Options(Struct):
    """How to answer. What is honoured comes first; the rest is for models that run on one's own machine."""

    temperature: Annotated[float, Meta(ge=0, description="Above 1 it counts as 1.")] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: int | None = None
    num_predict: Annotated[int, Meta(description="Limit of the answer; zero or less for none.")] | None = None
    stop: str | Annotated[list[str], Meta(max_length=STOPS_LIMIT)] | None = None

    num_ctx: Any = None
    seed: Any = None
    min_p: Any = None
    typical_p: Any = None
    tfs_z: Any = None
    repeat_last_n: Any = None
    repeat_penalty: Any = None
    presence_penalty: Any = None
    frequency_penalty: Any = None
    penalize_newline: Any = None
    mirostat: Any = None
    mirostat_tau: Any = None
    mirostat_eta: Any = None
    num_keep: Any = None


class _Common(Struct):
    model: Name | None = None
    stream: Annotated[bool, Meta(description="True when left out.")] | None = None
    format: str | dict[str, Any] | None = None
    options: Options | None = None
    think: bool | str | None = None
    keep_alive: Any = None
    logprobs: Any = None
    top_logprobs: Any = None


class ChatRequest(_Common):
    """POST /api/chat"""

    messages: Annotated[list[ChatMessage], Meta(max_length=MESSAGES_LIMIT)] = field(default_factory=list)
    tools: Annotated[list[Tool], Meta(max_length=TOOLS_LIMIT)] | None = None


class GenerateRequest(_Common):
    """POST /api/generate"""

    prompt: str | None = None
    system: str | None = None
    images: Pictures | None = None
    suffix: str | None = None
    template: str | None = None
    raw: bool | None = None
    context: list[int] | None = None


class ShowRequest(Struct):
    """POST /api/show"""

    model: Name | None = None
    name: Name | None = None
    """What `model` was called before."""
