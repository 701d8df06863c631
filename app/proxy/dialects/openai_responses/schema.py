"""The request of responses as apps really send it; unknown members are passed over.

Items and parts are one wide shape each, because apps leave `type` out of messages, and which members belong together
is decided where they are read, with a better sentence than a decoder has.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, field

ITEMS_LIMIT = 20_000
TOOLS_LIMIT = 1_000

Doc: TypeAlias = Meta


class Part(Struct):
    """A piece of content: input_text, input_image, input_file, output_text, refusal; or of a reasoning item."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: Annotated[
        str | None, Doc(description="A data: URL with a PNG, JPEG, GIF or WebP, or an https: address.")
    ] = None
    file_data: Annotated[str | None, Doc(description="A data: URL with a PDF or a text file; or a PDF in base64.")] = (
        None
    )
    file_url: Annotated[str | None, Doc(description="The https: address of a PDF.")] = None
    filename: str | None = None
    file_id: str | None = None


Content: TypeAlias = str | list[Part] | None


class Item(Struct):
    """One step of the conversation: message, function_call, function_call_output, reasoning or item_reference."""

    type: Annotated[str | None, Doc(description="May be left out of a message.")] = None
    role: str | None = None
    content: Content = None
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: Annotated[
        str | dict[str, Any] | None, Doc(description="An object as JSON text; empty for no arguments.")
    ] = None
    output: Content = None
    encrypted_content: Annotated[
        str | None, Doc(description="Of a reasoning item, as an earlier answer with include had it.")
    ] = None


class Tool(Struct):
    type: str
    name: str | None = None
    description: str | None = None
    parameters: Annotated[dict[str, Any] | None, Doc(description="A JSON Schema of type object.")] = None
    strict: bool | None = None


class AllowedTool(Struct):
    type: str
    name: str | None = None


class ChosenTool(Struct):
    type: str
    name: str | None = None
    mode: str | None = None
    tools: Annotated[list[AllowedTool], Meta(max_length=TOOLS_LIMIT)] | None = None


class Format(Struct):
    type: str
    name: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None
    description: str | None = None


class TextConfig(Struct):
    format: Format | None = None
    verbosity: str | None = None


class Reasoning(Struct):
    effort: str | None = None
    summary: Annotated[
        str | None, Doc(description="Accepted; what the model shows of its thinking is always passed on.")
    ] = None
    generate_summary: str | None = None


class StreamOptions(Struct):
    include_obfuscation: bool | None = None


class ResponsesRequest(Struct):
    """POST /v1/responses"""

    input: str | Annotated[list[Item], Meta(max_length=ITEMS_LIMIT)] | None = None
    model: Annotated[str, Meta(max_length=256)] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    store: Annotated[bool | None, Doc(description="False: the response can't be asked for or continued by id.")] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    tools: Annotated[list[Tool], Meta(max_length=TOOLS_LIMIT)] | None = None
    tool_choice: str | ChosenTool | None = None
    parallel_tool_calls: bool | None = None

    max_output_tokens: Annotated[int | None, Doc(description="Limit of the whole answer, thinking included.")] = None
    temperature: Annotated[float, Meta(ge=0, description="Above 1 it counts as 1.")] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    include: list[str] | None = None

    user: str | None = None
    safety_identifier: str | None = None
    session_id: str | None = None
    metadata: Annotated[dict[str, Any] | None, Doc(description="Given back with the response.")] = field(default=None)

    background: bool | None = None
    conversation: Any = None
    prompt: dict[str, Any] | None = None
    context_management: Any = None
    moderation: Any = None

    truncation: str | None = None
    service_tier: str | None = None
    max_tool_calls: int | None = None
    top_logprobs: int | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
