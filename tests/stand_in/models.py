"""The models the stand-in serves, and what each of them takes, written down apart from the product's own rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

_DATED = re.compile(r"-\d{8}$")


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    name: str
    created: str
    context: int
    output: int
    sampling: Literal["none", "one"]
    """none: no temperature, top_p or top_k but the defaults; one: temperature or top_p, not both."""
    thinking: frozenset[str]
    """The thinking types it takes."""
    thinks_unasked: bool
    forced_tools: bool
    """It can be forced to call a tool, with thinking off."""
    efforts: tuple[str, ...]
    prefill: bool


_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def _current(id_: str, name: str, created: str) -> Model:
    return Model(
        id=id_,
        name=name,
        created=created,
        context=1_000_000,
        output=128_000,
        sampling="none",
        thinking=frozenset({"adaptive"}),
        thinks_unasked=True,
        forced_tools=False,
        efforts=_EFFORTS,
        prefill=False,
    )


MODELS = (
    _current("claude-opus-5-5", "Claude Opus 5.5", "2026-09-22"),
    _current("claude-fable-5-2", "Claude Fable 5.2", "2026-10-01"),
    replace(
        _current("claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-28"),
        thinking=frozenset({"adaptive", "between_tools"}),
    ),
    replace(
        _current("claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-15"),
        thinking=frozenset({"adaptive", "disabled"}),
        forced_tools=True,
    ),
    Model(
        id="claude-opus-4-6",
        name="Claude Opus 4.6",
        created="2026-02-04",
        context=1_000_000,
        output=128_000,
        sampling="one",
        thinking=frozenset({"adaptive", "enabled", "disabled"}),
        thinks_unasked=False,
        forced_tools=True,
        efforts=("low", "medium", "high", "max"),
        prefill=False,
    ),
    Model(
        id="claude-sonnet-4-5",
        name="Claude Sonnet 4.5",
        created="2025-09-29",
        context=200_000,
        output=64_000,
        sampling="one",
        thinking=frozenset({"enabled", "disabled"}),
        thinks_unasked=False,
        forced_tools=True,
        efforts=(),
        prefill=True,
    ),
)


def find(model_id: str) -> Model | None:
    """The model of an id, with or without the date of a snapshot."""
    plain = _DATED.sub("", model_id)
    return next((model for model in MODELS if model.id == plain), None)


def page() -> dict[str, Any]:
    """The answer to GET /v1/models: one page holds them all."""
    data = [entry(model) for model in MODELS]
    return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}


def entry(model: Model) -> dict[str, Any]:
    """One model as the service describes it."""
    types = {kind: _support(kind in model.thinking) for kind in ("adaptive", "between_tools", "disabled", "enabled")}
    efforts = {level: _support(level in model.efforts) for level in _EFFORTS}
    yes = ("batch", "citations", "code_execution", "image_input", "pdf_input", "structured_outputs")
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.name,
        "created_at": f"{model.created}T00:00:00Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": model.id.split("-")[1],
        "max_input_tokens": model.context,
        "max_tokens": model.output,
        "capabilities": {
            **{name: _support(yes=True) for name in yes},
            "context_management": {"supported": True},
            "effort": {"supported": bool(model.efforts), **efforts},
            "server_tools": {"supported": True, "code_execution": _support(yes=True), "web_search": _support(yes=True)},
            "thinking": {"supported": True, "types": types},
        },
    }


def _support(yes: bool) -> dict[str, bool]:
    return {"supported": yes}
