"""Describes every address in OpenAPI: paths from the route table, bodies from the types that decode them.

What is written here is only what neither of the two can say: what an address is for and in which shape it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from app.proxy.dialects.anthropic_messages.schema import MessagesRequest
from app.proxy.dialects.ollama.schema import ChatRequest as OllamaChatRequest
from app.proxy.dialects.ollama.schema import GenerateRequest, ShowRequest
from app.proxy.dialects.openai_chat.schema import ChatRequest
from app.proxy.dialects.openai_responses.schema import ResponsesRequest
from app.proxy.dialects.session_key import PATTERN

Schema = dict[str, Any]

_PARAMETER = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
_LINES, _EVENTS = "application/x-ndjson", "text/event-stream"
_OPENAI, _ANTHROPIC, _OLLAMA = "OpenAIError", "AnthropicError", "OllamaError"


class Route(msgspec.Struct, frozen=True):
    """One line of the route table."""

    rule: str
    method: str
    group: str
    """The part of the program that answers."""


class _Told(msgspec.Struct, frozen=True):
    """What is known of an address beyond the table."""

    summary: str
    body: type | None = None
    shape: str = ""
    """Whose schema the body is; the prefix of its names."""
    needs: tuple[str, ...] = ()
    """Members of the body of which one has to be there and not empty; the types leave that to a friendlier sentence."""
    stream: str | None = None
    """Media type of a streamed answer."""
    error: str = _OPENAI
    query: Mapping[str, Schema] = msgspec.field(default_factory=dict)
    needs_key: bool = True


_TOLD: Mapping[tuple[str, str], _Told] = {
    ("GET", "/"): _Told("Where the interfaces are; for a browser, the dashboard.", needs_key=False),
    ("GET", "/health"): _Told("Whether Tidegate runs, and what runs.", needs_key=False),
    ("GET", "/openapi.json"): _Told("This description."),
    ("GET", "/v1/models"): _Told("The models, in Anthropic's shape for who sends anthropic-version, else in OpenAI's."),
    ("GET", "/v1/models/{model_id}"): _Told("One model, by its id or an alias."),
    ("POST", "/v1/chat/completions"): _Told(
        "An answer in the shape of OpenAI's chat completions.", ChatRequest, "openai_chat", ("messages",), _EVENTS
    ),
    ("POST", "/v1/responses"): _Told(
        "An answer in the shape of OpenAI's responses.",
        ResponsesRequest,
        "openai_responses",
        ("input", "previous_response_id"),
        _EVENTS,
    ),
    ("GET", "/v1/responses/{id_}"): _Told("A stored response."),
    ("DELETE", "/v1/responses/{id_}"): _Told("Forget a stored response."),
    ("GET", "/v1/responses/{id_}/input_items"): _Told(
        "What a stored response answered, page by page.",
        query={
            "order": {"enum": ["asc", "desc"], "default": "desc"},
            "after": {"type": "string"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        },
    ),
    ("POST", "/v1/messages"): _Told(
        "An answer in the shape of Anthropic's messages.",
        MessagesRequest,
        "anthropic_messages",
        ("messages",),
        _EVENTS,
        _ANTHROPIC,
    ),
    ("POST", "/v1/messages/count_tokens"): _Told(
        "The input tokens of a request; with x-tidegate-estimate: true when they are estimated.",
        MessagesRequest,
        "anthropic_messages",
        ("messages",),
        error=_ANTHROPIC,
    ),
    ("GET", "/sessions"): _Told("The conversations that this app continues by a key."),
    ("DELETE", "/sessions"): _Told("Forget all of them."),
    ("GET", "/sessions/{key}"): _Told("One of them."),
    ("DELETE", "/sessions/{key}"): _Told("Forget one of them."),
    ("POST", "/api/chat"): _Told("An answer in Ollama's shape.", OllamaChatRequest, "ollama", (), _LINES, _OLLAMA),
    ("POST", "/api/generate"): _Told("An answer to one prompt.", GenerateRequest, "ollama", (), _LINES, _OLLAMA),
    ("POST", "/api/show"): _Told("One model, in Ollama's shape.", ShowRequest, "ollama", error=_OLLAMA),
    ("GET", "/api/tags"): _Told("The models, in Ollama's shape.", error=_OLLAMA),
    ("GET", "/api/version"): _Told("The version of Ollama whose interface this is.", error=_OLLAMA),
}


def document(routes: Iterable[Route], *, version: str, address: str) -> Schema:
    """The description of all these routes; those of Tidegate's own pages are named, no more."""
    paths: dict[str, Schema] = {}
    schemas: dict[str, Schema] = dict(_ERRORS)
    for route in sorted(routes, key=lambda route: (route.rule, route.method)):
        path = _PARAMETER.sub(r"{\1}", route.rule)
        told = _TOLD.get((route.method, path))
        if told and told.body:
            schemas |= _schemas(told.body, told.shape, told.needs)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, told)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidegate",
            "version": version,
            "description": "Claude, in the shapes that chat apps speak. What stands under /v1 is served without it "
            "too. Members that no schema names are passed over.",
        },
        "servers": [{"url": address}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _KEYS},
    }


def _operation(route: Route, path: str, told: _Told | None) -> Schema:
    operation: Schema = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{path}").strip("_"),
        "tags": [route.group],
        "summary": told.summary if told else "For Tidegate's own pages.",
        "responses": _answers(told) if told else {"default": {"description": "For those pages."}},
    }
    if told and told.body:
        content = {"application/json": {"schema": {"$ref": _reference(told.shape, told.body.__name__)}}}
        operation["requestBody"] = {"required": True, "content": content}
    if parameters := _parameters(route, told):
        operation["parameters"] = parameters
    if told and told.needs_key:
        operation["security"] = [{name: []} for name in _KEYS]
    return operation


def _parameters(route: Route, told: _Told | None) -> list[Schema]:
    names = _PARAMETER.findall(route.rule)
    found = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    if told:
        found += [{"name": name, "in": "query", "schema": schema} for name, schema in told.query.items()]
        found += [_SESSION] if told.body else []
    return found


def _answers(told: _Told) -> Schema:
    content: Schema = {"application/json": {"schema": {"type": "object"}}}
    if told.stream:
        content[told.stream] = {"schema": {"type": "string"}}
    error = {"application/json": {"schema": {"$ref": f"#/components/schemas/{told.error}"}}}
    return {
        "200": {"description": "The answer.", "headers": _HEADERS, "content": content},
        "default": {"description": "Why there is none, in a sentence for a person.", "content": error},
    }


def _schemas(body: type, shape: str, needs: tuple[str, ...]) -> dict[str, Schema]:
    _, components = msgspec.json.schema_components([body], ref_template=_reference(shape, "{name}"))
    if needs:
        components[body.__name__] = _needing(components[body.__name__], needs)
    return {f"{shape}.{name}": component for name, component in components.items()}


def _needing(component: Schema, needs: tuple[str, ...]) -> Schema:
    filled = {name: _filled(component["properties"][name]) for name in needs}
    wanted = {"required": [*needs]} if len(needs) == 1 else {"anyOf": [{"required": [name]} for name in needs]}
    return {**component, "properties": {**component["properties"], **filled}, **wanted}


def _filled(member: Schema) -> Schema:
    """The member without null and without what is empty."""
    choices = [choice | _NOT_EMPTY[choice["type"]] for choice in member["anyOf"] if choice["type"] != "null"]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _reference(shape: str, name: str) -> str:
    return f"#/components/schemas/{shape}.{name}"


def _texts(*names: str) -> Schema:
    return {name: {"type": "string"} for name in names}


_NOT_EMPTY = {"array": {"minItems": 1}, "string": {"minLength": 1}}
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
_SESSION = {
    "name": "x-session-id",
    "in": "header",
    "description": "Continue the conversation kept under this key.",
    "schema": {"type": "string", "pattern": PATTERN},
}
_HEADERS = {
    "x-request-id": {"description": "The id under which the log knows this request.", "schema": {"type": "string"}},
    "x-tidegate-ignored": {"description": "What was asked for and not honoured.", "schema": {"type": "string"}},
    "x-session-id": {"description": "The key under which the conversation is kept.", "schema": {"type": "string"}},
}
_ERRORS: Mapping[str, Schema] = {
    _OPENAI: {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    **_texts("message", "type"),
                    "param": {"type": ["string", "null"]},
                    "code": {"type": ["string", "null"]},
                },
            }
        },
    },
    _ANTHROPIC: {
        "type": "object",
        "required": ["type", "error", "request_id"],
        "properties": {
            "type": {"const": "error"},
            "error": {"type": "object", "required": ["type", "message"], "properties": _texts("type", "message")},
            **_texts("request_id"),
        },
    },
    _OLLAMA: {"type": "object", "required": ["error"], "properties": _texts("error")},
}
