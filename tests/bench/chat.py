"""The chats of the benchmark: a text that says how many tokens to answer, and how fast."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MODEL = "claude-haiku-5-5"
_ASKED = re.compile(r"answer (\d+) tokens, (\d+) ms apart")
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One answer to ask for."""

    tokens: int
    pause_ms: int = 0

    def text(self) -> str:
        """A chat text that no other request has."""
        return f"Request {next(_numbers)}: answer {self.tokens} tokens, {self.pause_ms} ms apart."


def wanted_in(text: str) -> Wanted:
    """What the last such sentence in a text asks for."""
    tokens, pause_ms = _ASKED.findall(text)[-1]
    return Wanted(int(tokens), int(pause_ms))


@lru_cache
def answer_tokens(count: int) -> tuple[str, ...]:
    """The deltas of an answer, each one different, so that one lost or doubled shows."""
    return tuple(f" word{number:03d}" for number in range(count))


def openai_body(messages: list[dict[str, str]]) -> dict[str, Any]:
    """A streamed request as most chat apps send it."""
    return {"model": MODEL, "messages": messages, "stream": True}


def anthropic_body(messages: list[dict[str, str]]) -> dict[str, Any]:
    """The same request in the service's own shape."""
    return {"model": MODEL, "messages": messages, "max_tokens": 4096, "stream": True}
