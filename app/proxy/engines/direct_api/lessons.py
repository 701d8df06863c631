"""What a refusal teaches about a model: which parameter it doesn't take, to be left out from then on."""

from __future__ import annotations

import re

from app.proxy.engines.api_blocks import ApiObject
from app.proxy.engines.direct_api.faults import Problem

_ABOUT_THE_MODEL = re.compile(
    r"this model|deprecated|not (?:be )?supported|extra inputs|may only be|may not be|cannot both|unexpected",
    re.IGNORECASE,
)
"""A 400 about the value of a parameter (a range, a schema) is the app's to mend and says none of these."""
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


def lesson(problem: Problem, sent: ApiObject) -> frozenset[str]:
    """The neutral names of what was sent and refused; empty when the refusal is about something else."""
    said = problem.message or ""
    if problem.status != 400 or not _ABOUT_THE_MODEL.search(said):
        return frozenset()
    refused = {name for word, name in _WORDS.items() if _names(said, word) and _was_sent(word, sent)}
    if {"temperature", "top_p"} <= refused:
        refused.discard("temperature")  # one of the two may stay: the one that apps mean
    if "tool_choice" in refused:
        refused.discard("thinking")
    return frozenset(refused)


def _names(said: str, word: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(word)}(?![\w])", said, re.IGNORECASE) is not None


def _was_sent(word: str, sent: ApiObject) -> bool:
    match word:
        case "effort":
            return "effort" in sent.get("output_config", {})
        case "output_config.format":
            return "format" in sent.get("output_config", {})
        case "strict":
            return any("strict" in tool for tool in sent.get("tools", ()))
        case "tool_choice":
            return sent.get("tool_choice", {}).get("type") in ("any", "tool")
        case _:
            return word in sent
