"""How much to think, in all the spellings chat apps use; the most telling one counts when there are several.

thinking, extended_thinking          Anthropic's, and what apps made of it
reasoning                            OpenRouter's
enable_thinking, thinking_budget     Qwen's
reasoning_effort                     OpenAI's
"""

from __future__ import annotations

from app.proxy.dialects.openai_chat.schema import ChatRequest, Reasoning, Thinking
from app.proxy.neutral.fault import invalid
from app.proxy.neutral.turn import ThinkingAdaptive, ThinkingBudget, ThinkingMode, ThinkingOff

SMALLEST_BUDGET = 1_024
"""The service takes no smaller one; a smaller wish counts as this."""

_EFFORTS = {"minimal": "low", **{word: word for word in ("low", "medium", "high", "xhigh", "max")}}
_UNSAID = {None, "", "auto", "default"}
_KINDS = {"enabled", "disabled", "adaptive", "auto", None}


def effort(request: ChatRequest) -> str | None:
    """The effort in Claude's words; `minimal` is its `low`, `none` is a matter of `mode`."""
    param, word = _effort_word(request)
    if word in _UNSAID or word == "none":
        return None
    if word not in _EFFORTS:
        choices = ", ".join(["none", *_EFFORTS])
        raise invalid(f"{param} must be one of {choices}.", param, "invalid_value")
    return _EFFORTS[word]


def mode(request: ChatRequest) -> ThinkingMode | None:
    """Whether to think and how far; None when the app didn't say. An effort above none asks for thinking."""
    spellings = (
        _anthropic(request.thinking, "thinking.type"),
        _anthropic(request.extended_thinking, "extended_thinking.type"),
        _openrouter(request.reasoning),
        _qwen(request),
        _openai(request),
    )
    return next((found for found in spellings if found is not None), None)


def _effort_word(request: ChatRequest) -> tuple[str, str | None]:
    if request.reasoning_effort is not None:
        return "reasoning_effort", request.reasoning_effort
    return "reasoning.effort", request.reasoning.effort if request.reasoning else None


def _anthropic(asked: Thinking | bool | None, param: str) -> ThinkingMode | None:  # noqa: FBT001 - as the app sent it
    if asked is None:
        return None
    if isinstance(asked, bool):
        return ThinkingAdaptive() if asked else ThinkingOff()
    if asked.type not in _KINDS:
        raise invalid(f"{param} must be enabled, disabled or adaptive.", param, "invalid_value")
    if asked.type == "disabled" or asked.enabled is False:
        return ThinkingOff()
    return ThinkingAdaptive() if asked.type in ("adaptive", "auto") else _budget(asked.budget_tokens)


def _openrouter(asked: Reasoning | None) -> ThinkingMode | None:
    if asked is None or (asked.enabled is None and asked.max_tokens is None):
        return None  # only an effort, if anything
    return ThinkingOff() if asked.enabled is False else _budget(asked.max_tokens)


def _qwen(request: ChatRequest) -> ThinkingMode | None:
    if request.enable_thinking is None and request.thinking_budget is None:
        return None
    return ThinkingOff() if request.enable_thinking is False else _budget(request.thinking_budget)


def _openai(request: ChatRequest) -> ThinkingMode | None:
    _, word = _effort_word(request)
    if word in _UNSAID:
        return None
    return ThinkingOff() if word == "none" else ThinkingAdaptive()


def _budget(tokens: int | None) -> ThinkingMode:
    """0 is off and anything below is "as you like", as in the services that brought these numbers up."""
    if tokens == 0:
        return ThinkingOff()
    return ThinkingAdaptive() if tokens is None or tokens < 0 else ThinkingBudget(max(tokens, SMALLEST_BUDGET))
