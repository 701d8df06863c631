"""What the service refuses before it answers: the 400s that every chat app's habits run into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec

from tests.stand_in import models, schemas
from tests.stand_in.answer import Refusal
from tests.stand_in.models import Model
from tests.stand_in.request import Request

WRONG_KEY = "sk-ant-wrong"
NO_SAMPLING_VERSION = "2026-10-21"
"""From this version of the API on, no model takes sampling parameters, not even their defaults."""
Body = dict[str, Any]


def refusal_of(request: Request) -> Refusal | None:
    """The error the service would answer with, or None when it would serve the request."""
    if refused := _unreadable(request) or _caller(request):
        return refused
    body = request.body
    model = models.find(str(body.get("model", "")))
    if model is None:
        return Refusal(404, f"model: {body.get('model')}")
    if request.headers.get("anthropic-version", "") >= NO_SAMPLING_VERSION:
        for name in ("temperature", "top_p", "top_k"):
            if name in body:
                return Refusal(400, f"{name}: Extra inputs are not permitted")
    for rule in _COUNTED if request.path.endswith("count_tokens") else _ANSWERED:
        for sentence in rule(body, model):
            return Refusal(400, sentence)
    if any(message["role"] == "system" for message in body["messages"]) and "anthropic-beta" not in request.headers:
        return Refusal(400, 'messages: Unexpected role "system". The Messages API accepts a top-level `system`.')
    return None


def _unreadable(request: Request) -> Refusal | None:
    try:
        request.body  # noqa: B018 - reading it is the test
    except msgspec.DecodeError:
        return Refusal(400, "The request body is not valid JSON: no low surrogate in string")
    return None


def _caller(request: Request) -> Refusal | None:
    key = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
    if not key:
        return Refusal(401, "x-api-key header is required")
    if key == WRONG_KEY:
        return Refusal(401, "invalid x-api-key")
    return None


def _sampling(body: Body, model: Model) -> Iterator[str]:
    temperature, top_p, top_k = (body.get(name) for name in ("temperature", "top_p", "top_k"))
    for name, given, default in (("temperature", temperature, 1), ("top_p", top_p, 1), ("top_k", top_k, None)):
        if model.sampling == "none" and given is not None and given != default:
            yield f"`{name}` is deprecated for this model."
    if model.sampling == "one" and temperature is not None and top_p is not None:
        yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    if temperature is not None and not 0 <= temperature <= 1:
        yield "temperature: range: 0..1"
    if _thinks(body, model) and temperature not in (None, 1):
        yield "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."
    if _thinks(body, model) and top_k is not None:
        yield "`top_k` must be unset when thinking is enabled."


def _thinking(body: Body, model: Model) -> Iterator[str]:
    kind = body.get("thinking", {}).get("type")
    if kind is not None and kind not in model.thinking:
        yield f'"thinking.type.{kind}" is not supported for this model.'
    if kind == "enabled":
        budget = body["thinking"]["budget_tokens"]
        if budget < 1024:
            yield "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"
        if budget >= body.get("max_tokens", budget + 1):
            yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    forced = body.get("tool_choice", {}).get("type") in ("any", "tool")
    if forced and not model.forced_tools:
        yield "`tool_choice` may not force tool use on this model."
    elif forced and _thinks(body, model):
        yield "Thinking may not be enabled when tool_choice forces tool use."
    effort = (body.get("output_config") or {}).get("effort")
    if effort is not None and effort not in model.efforts:
        yield f"output_config.effort: This model does not support the effort level {effort!r}."
    if effort in ("xhigh", "max") and kind in ("disabled", "between_tools"):
        yield f"output_config.effort: {effort!r} needs thinking."


def _tokens(body: Body, model: Model) -> Iterator[str]:
    wanted = body.get("max_tokens")
    if wanted is None:
        yield "max_tokens: Field required"
    elif wanted < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    elif wanted > model.output:
        yield f"max_tokens: {wanted} > {model.output}, the maximum allowed number of output tokens for {model.id}"


def _conversation(body: Body, model: Model) -> Iterator[str]:
    messages = [message for message in body.get("messages", ()) if message["role"] != "system"]
    if not messages:
        yield "messages: at least one message is required"
        return
    if messages[-1]["role"] == "assistant":
        if not model.prefill or _thinks(body, model):
            yield "This model does not support assistant message prefill. The last message must be the user's."
        for index, block in enumerate(_blocks(messages[-1])):
            if block["type"].endswith("thinking") and not _thinks(body, model):
                place = f"messages.{len(messages) - 1}.content.{index}"
                said = "an `assistant` message in the final position cannot contain `thinking`."
                yield f"{place}: When thinking is disabled, {said}"
        texts = [block.get("text", "") for block in _blocks(messages[-1])]
        if texts and texts[-1] != texts[-1].rstrip():
            yield "messages: final assistant content cannot end with trailing whitespace"
    for number, message in enumerate(messages):
        if not message["content"] and number < len(messages) - 1:
            yield f"messages.{number}: all but a final assistant message must have non-empty content"
        yield from _empty_texts(f"messages.{number}", _blocks(message))
        yield from _unsigned(number, message)
    yield from _tool_pairs(messages)
    system = body.get("system", ())
    if not isinstance(system, str):
        yield from _empty_texts("system", system)


def _marks(body: Body, model: Model) -> Iterator[str]:
    contents = [body.get("system", ()), *(message["content"] for message in body["messages"])]
    blocks = [block for content in contents if not isinstance(content, str) for block in content]
    inner = [part for block in blocks if isinstance(block.get("content"), list) for part in block["content"]]
    marked = sum("cache_control" in block for block in (*blocks, *inner, *body.get("tools", ())))
    if marked > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {marked}."


def _schemas(body: Body, model: Model) -> Iterator[str]:
    if format_ := (body.get("output_config") or {}).get("format"):
        yield from schemas.problems("output_config.format.schema", format_["schema"])
    for number, tool in enumerate(body.get("tools", ())):
        if tool.get("strict"):
            yield from schemas.problems(f"tools.{number}.custom", tool["input_schema"])


def _empty_texts(place: str, blocks: list[Body]) -> Iterator[str]:
    for index, block in enumerate(blocks):
        if block["type"] == "text" and not block["text"]:
            yield f"{place}.content.{index}: text content blocks must be non-empty"
        elif block["type"] == "text" and not block["text"].strip():
            yield f"{place}.content.{index}: text content blocks must contain non-whitespace text"


def _unsigned(number: int, message: Body) -> Iterator[str]:
    for index, block in enumerate(_blocks(message)):
        if block["type"] == "thinking" and not block.get("signature"):
            yield f"messages.{number}.content.{index}: Invalid `signature` in `thinking` block"


def _tool_pairs(messages: list[Body]) -> Iterator[str]:
    asked: list[str] = []
    used: set[str] = set()
    count = 0
    turns = [
        [block for message in run for block in _blocks(message)] for _, run in groupby(messages, itemgetter("role"))
    ]
    for number, blocks in enumerate(turns):
        answered = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if missing := [id_ for id_ in asked if id_ not in answered]:
            yield (
                f"messages.{number - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}."
            )
        if strangers := [id_ for id_ in answered if id_ not in asked]:
            yield (
                f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {', '.join(strangers)}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if len(used := {*used, *asked}) < (count := count + len(asked)):
            yield f"messages.{number}: `tool_use` ids must be unique"
    if asked:
        yield f"messages: `tool_use` ids were found without `tool_result` blocks: {', '.join(asked)}."


def _thinks(body: Body, model: Model) -> bool:
    kind = body.get("thinking", {}).get("type")
    return kind in ("adaptive", "enabled") or (model.thinks_unasked and kind is None)


def _blocks(message: Body) -> list[Body]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else list(content or ())


_COUNTED: tuple[Callable[[Body, Model], Iterator[str]], ...] = (_thinking, _conversation)
_ANSWERED = (_sampling, _tokens, _schemas, _marks, *_COUNTED)
