"""What a refusal teaches about a model: which parameter it doesn't take, to be left out from then on."""

from __future__ import annotations

import re

from app.proxy.neutral.turn import AnyTool, NamedTool, Turn

_ABOUT_THE_MODEL = re.compile(
    r"this model|deprecated|not (?:be )?supported|extra inputs|may only be|may not be|cannot both|unexpected",
    re.IGNORECASE,
)
"""A 400 about the value of a parameter (a range, a schema) is the app's to mend and says none of these."""
_ABOUT_ONE_SCHEMA = re.compile(r"output_config\.format\.\w")
"""A 400 about what stands in a schema says nothing of the next one."""
_WORDS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop",
    "thinking": "thinking",
    "tool_choice": "tool_choice",
    "effort": "effort",
    "output_config.format": "json_schema",
    "metadata": "user_id",
    "strict": "strict",
}
"""The service's word for a parameter → the neutral name."""


class Lessons:
    """What each model has refused so far; lives as long as its engine, in memory."""

    def __init__(self) -> None:
        self._refused: dict[str, frozenset[str]] = {}

    def of(self, model: str) -> frozenset[str]:
        """The neutral names of what this model doesn't take."""
        return self._refused.get(model, frozenset())

    def learn(self, sent: Turn, said: str) -> bool:
        """Remember what a 400 said of a turn; False when it taught nothing new, so that asking again is no use."""
        new = lesson(said, sent) - self.of(sent.model)
        if new:
            self._refused[sent.model] = self.of(sent.model) | new
        return bool(new)


def lesson(said: str, sent: Turn) -> frozenset[str]:
    """The neutral names of what was sent and refused; empty when the refusal is about something else."""
    if not _ABOUT_THE_MODEL.search(said):
        return frozenset()
    refused = {name for word, name in _WORDS.items() if _names(said, word) and _was_sent(name, sent)}
    if _ABOUT_ONE_SCHEMA.search(said):
        refused.discard("json_schema")
    if {"temperature", "top_p"} <= refused:
        refused.discard("temperature")  # one of the two may stay: the one that apps mean
    if "tool_choice" in refused:
        refused.discard("thinking")
    return frozenset(refused)


def _names(said: str, word: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", said, re.IGNORECASE) is not None


def _was_sent(name: str, sent: Turn) -> bool:
    match name:
        case "strict":
            return any(tool.strict is not None for tool in sent.tools)
        case "tool_choice":
            return isinstance(sent.tool_choice, AnyTool | NamedTool)
        case _:
            return bool(getattr(sent.parameters, name) not in (None, ()))
