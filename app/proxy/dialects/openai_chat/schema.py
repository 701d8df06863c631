"""The request of chat completions as apps really send it; unknown members are passed over.

Types are as wide as what apps send (an address where an object belongs, null for "not set"), and names that other
services added are here beside OpenAI's own. What each one means is decided in the modules that read it.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, field

MESSAGES_LIMIT = 20_000
TOOLS_LIMIT = 1_000
STOPS_LIMIT = 64

Doc: TypeAlias = Meta


class CacheControl(Struct):
    """Anthropic's mark, which some apps add to OpenAI's parts."""

    type: str = "ephemeral"
    ttl: str | None = None


class ImageUrl(Struct):
    url: Annotated[str, Doc(description="A data: URL with a PNG, JPEG, GIF or WebP, or an https: address.")]
    detail: Annotated[str | None, Doc(description="Accepted; the service decides by itself.")] = None


class InputFile(Struct):
    file_data: Annotated[
        str | None,
        Doc(description="A data: URL with a PDF or a text file, a PDF in base64, or the https: address of a PDF."),
    ] = None
    filename: str | None = None
    file_id: str | None = None


class TextPart(Struct, tag_field="type", tag="text"):
    text: str
    cache_control: CacheControl | None = None


class ImagePart(Struct, tag_field="type", tag="image_url"):
    image_url: ImageUrl | str
    cache_control: CacheControl | None = None


class FilePart(Struct, tag_field="type", tag="file"):
    file: InputFile
    cache_control: CacheControl | None = None


class RefusalPart(Struct, tag_field="type", tag="refusal"):
    refusal: str


class AudioPart(Struct, tag_field="type", tag="input_audio"):
    """Known only so that the refusal can say so."""


Part: TypeAlias = TextPart | ImagePart | FilePart | RefusalPart | AudioPart
Content: TypeAlias = str | list[Part] | None


class FunctionCall(Struct):
    name: str
    arguments: Annotated[
        str | dict[str, Any] | None, Doc(description="An object as JSON text; empty for no arguments.")
    ] = None


class ToolCall(Struct):
    function: FunctionCall | None = None
    id: str = ""
    type: str = "function"


class SystemMessage(Struct, tag_field="role", tag="system"):
    content: Content = None
    name: str | None = None


class DeveloperMessage(Struct, tag_field="role", tag="developer"):
    content: Content = None
    name: str | None = None


class UserMessage(Struct, tag_field="role", tag="user"):
    content: Content = None
    name: str | None = None


class AssistantMessage(Struct, tag_field="role", tag="assistant"):
    content: Content = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[ToolCall], Meta(max_length=TOOLS_LIMIT)] | None = None
    function_call: FunctionCall | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    audio: dict[str, Any] | None = None


class ToolMessage(Struct, tag_field="role", tag="tool"):
    tool_call_id: str
    content: Content = None


class FunctionMessage(Struct, tag_field="role", tag="function"):
    name: str
    content: Content = None


ChatMessage: TypeAlias = (
    SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage
)


class Function(Struct):
    name: str
    description: str | None = None
    parameters: Annotated[dict[str, Any] | None, Doc(description="A JSON Schema of type object.")] = None
    strict: bool | None = None


class ToolDefinition(Struct):
    function: Function | None = None
    type: str = "function"
    cache_control: CacheControl | None = None


class ChosenFunction(Struct):
    name: str


class AllowedTool(Struct):
    type: str = "function"
    function: ChosenFunction | None = None


class AllowedTools(Struct):
    tools: Annotated[list[AllowedTool], Meta(max_length=TOOLS_LIMIT)]
    mode: str = "auto"


class ChosenTool(Struct):
    type: str = "function"
    function: ChosenFunction | None = None
    allowed_tools: AllowedTools | None = None


class JsonSchemaFormat(Struct):
    name: str | None = None
    schema: dict[str, Any] | None = None


class ResponseFormat(Struct):
    type: str
    json_schema: JsonSchemaFormat | None = None


class StreamOptions(Struct):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Reasoning(Struct):
    """OpenRouter's spelling."""

    effort: str | None = None
    max_tokens: int | None = None
    enabled: bool | None = None
    exclude: bool | None = None


class Thinking(Struct):
    """Anthropic's spelling, and the looser ones of apps that learned it."""

    type: str | None = None
    budget_tokens: int | None = None
    enabled: bool | None = None


Strings: TypeAlias = str | Annotated[list[str], Meta(max_length=STOPS_LIMIT)]


class ChatRequest(Struct):
    """POST /v1/chat/completions"""

    messages: Annotated[list[ChatMessage], Meta(max_length=MESSAGES_LIMIT)] | None = None
    model: Annotated[str, Meta(max_length=256)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    tools: Annotated[list[ToolDefinition], Meta(max_length=TOOLS_LIMIT)] | None = None
    tool_choice: str | ChosenTool | None = None
    parallel_tool_calls: bool | None = None
    functions: Annotated[list[Function], Meta(max_length=TOOLS_LIMIT)] | None = None
    function_call: str | ChosenFunction | None = None

    max_tokens: Annotated[
        int | None, Doc(description="Limit of the visible answer; room for thinking is added on models that think.")
    ] = None
    max_completion_tokens: Annotated[int | None, Doc(description="Limit of the whole answer, thinking included.")] = (
        None
    )
    temperature: Annotated[float, Meta(ge=0, description="Above 1 it counts as 1.")] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: int | None = None
    stop: Strings | None = None
    response_format: ResponseFormat | None = None

    reasoning_effort: str | None = None
    reasoning: Reasoning | None = None
    thinking: Thinking | bool | None = None
    extended_thinking: Thinking | bool | None = None
    enable_thinking: bool | None = None
    thinking_budget: int | None = None

    user: str | None = None
    safety_identifier: str | None = None
    session_id: str | None = None

    n: int | None = None
    modalities: list[str] | None = None
    audio: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None

    logprobs: bool | int | None = None
    top_logprobs: int | None = None
    seed: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repetition_penalty: float | None = None
    min_p: float | None = None
    top_a: float | None = None
    logit_bias: dict[str, float] | None = None
    store: bool | None = None
    metadata: dict[str, Any] | None = field(default=None)
    prediction: dict[str, Any] | None = None
    moderation: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    service_tier: str | None = None
    verbosity: str | None = None
