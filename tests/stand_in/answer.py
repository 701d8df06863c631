"""What the stand-in can be told to answer: values that also travel inside a chat text, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

MARK = "[[stand-in]]"


class Say(msgspec.Struct, frozen=True, tag_field="is", tag="say"):
    """A text block; each piece is one delta, and so is each citation after them."""

    pieces: tuple[str, ...]
    cites: tuple[str, ...] = ()
    """Words of the first document of the conversation."""


class Think(msgspec.Struct, frozen=True, tag_field="is", tag="think"):
    """A thinking block, signed at its end."""

    pieces: tuple[str, ...]
    signature: str = "c2lnbmVkIGJ5IHRoZSBzdGFuZC1pbg=="


class Redact(msgspec.Struct, frozen=True, tag_field="is", tag="redact"):
    data: str


class CallTool(msgspec.Struct, frozen=True, tag_field="is", tag="call_tool"):
    """A tool_use block; the pieces joined are the arguments' JSON."""

    id: str
    name: str
    pieces: tuple[str, ...] = ("{}",)


Block: TypeAlias = Say | Think | Redact | CallTool


class Counts(msgspec.Struct, frozen=True):
    """The usage that is reported."""

    input_tokens: int = 12
    output_tokens: int = 7
    cache_creation: int = 0
    cache_read: int = 0
    thinking: int | None = None


class Cut(msgspec.Struct, frozen=True, tag_field="is", tag="cut"):
    """The connection ends after so many deltas: torn, or (clean) as if all had been said."""

    after: int
    clean: bool = False


class Break(msgspec.Struct, frozen=True, tag_field="is", tag="break"):
    """An error event comes after so many deltas, then the end."""

    after: int
    type: str = "overloaded_error"
    message: str = "Overloaded"


class Stall(msgspec.Struct, frozen=True, tag_field="is", tag="stall"):
    """Nothing more comes after so many deltas, and the connection stays open."""

    after: int


class Answer(msgspec.Struct, frozen=True, tag_field="is", tag="answer"):
    """An answer with status 200, whatever its end."""

    blocks: tuple[Block, ...] = ()
    stop_reason: str | None = None
    """None: tool_use when a tool is called, else end_turn."""
    stop_sequence: str | None = None
    usage: Counts = Counts()
    first_pause: float = 0.0
    """Seconds before the first byte."""
    pause: float = 0.0
    """Seconds before each delta, and before an end that is not the regular one."""
    end: Cut | Break | Stall | None = None
    headers: tuple[tuple[str, str], ...] = ()
    cuts: tuple[int, ...] = ()
    """Places where the bytes of a complete stream are parted, modulo their number; empty: behind each delta."""


class Refusal(msgspec.Struct, frozen=True, tag_field="is", tag="refusal"):
    """An answer with an error status, in the service's envelope."""

    status: int
    message: str = "The stand-in was told to refuse."
    type: str | None = None
    """None: the one the service uses for this status."""
    headers: tuple[tuple[str, str], ...] = ()
    first_pause: float = 0.0


class Silence(msgspec.Struct, frozen=True, tag_field="is", tag="silence"):
    """The request is taken and nothing ever comes back."""


Script: TypeAlias = Answer | Refusal | Silence

_decoder: msgspec.json.Decoder[Script] = msgspec.json.Decoder(Script)


def say(*pieces: str, **rest: Any) -> Answer:
    """An answer of one text block."""
    return Answer((Say(pieces),), **rest)


def wanting(script: Script, text: str = "") -> str:
    """A chat text that carries the script of its own answer, so that tests may run side by side."""
    return f"{text}{MARK}{msgspec.json.encode(script).decode()}"


def wanted(text: str) -> Script | None:
    """The script a chat text carries, if it does."""
    _, mark, rest = text.rpartition(MARK)
    if not mark:
        return None
    script, _ = json.JSONDecoder().raw_decode(rest)
    return parse(json.dumps(script).encode())


def parse(script: bytes) -> Script:
    """A script from its JSON."""
    return _decoder.decode(script)


def unified_limit(reset_at: int, claim: str = "five_hour") -> Mapping[str, str]:
    """The headers of a plan whose limit is reached until `reset_at` (unix seconds)."""
    prefix = "anthropic-ratelimit-unified-"
    return {
        f"{prefix}status": "rejected",
        f"{prefix}reset": str(reset_at),
        f"{prefix}representative-claim": claim,
        f"{prefix}overage-status": "rejected",
    }
