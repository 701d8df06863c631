"""What an engine says while it answers: small events in the order they happened.

    Accepted* Started? (BlockStarted delta* BlockStopped)* UsageReported? (Finished | Failed)

One block is open at a time. Exactly one Finished or Failed ends the stream; Failed may come at any point. Deltas
carry whatever piece the model sent, never merged or split by Tidegate.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import msgspec

from app.proxy.neutral.fault import Fault
from app.proxy.neutral.turn import Citation


class StopReason(Enum):
    """Why the model stopped, in Anthropic's words."""

    END_TURN = "end_turn"
    STOP_SEQUENCE = "stop_sequence"
    TOOL_USE = "tool_use"
    MAX_TOKENS = "max_tokens"
    CONTEXT_WINDOW_EXCEEDED = "model_context_window_exceeded"
    REFUSAL = "refusal"
    PAUSE_TURN = "pause_turn"


class Usage(msgspec.Struct, frozen=True):
    """Token counts as the service reports them; cached input is counted apart, as Anthropic does."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_tokens: int = 0
    cache_read_tokens: int = 0
    thinking_tokens: int | None = None
    """Part of output_tokens; None where the service doesn't say."""
    cost_usd: float | None = None

    @property
    def whole_input_tokens(self) -> int:
        """All tokens the model read, cached or not (what OpenAI calls prompt_tokens)."""
        return self.input_tokens + self.cache_creation_tokens + self.cache_read_tokens


class Accepted(msgspec.Struct, frozen=True):
    """The engine took the turn; said before the service is asked, so that headers can still be written.

    Said again when the service refused a parameter and was asked anew without it, and as a sign of life; the last one
    holds.
    """

    ignored: tuple[str, ...] = ()
    """Parameters this model or engine can't honour, by the names the neutral turn gives them."""


class Started(msgspec.Struct, frozen=True):
    """The model began its answer."""

    model: str
    """The id of the model that really answers."""
    usage: Usage = Usage()
    """What is known of the input at this point."""


class TextBlock(msgspec.Struct, frozen=True):
    pass


class ThinkingBlock(msgspec.Struct, frozen=True):
    pass


class RedactedThinkingBlock(msgspec.Struct, frozen=True):
    data: str


class ToolUseBlock(msgspec.Struct, frozen=True):
    id: str
    name: str


BlockKind: TypeAlias = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock


class BlockStarted(msgspec.Struct, frozen=True):
    block: BlockKind


class TextDelta(msgspec.Struct, frozen=True):
    text: str


class CitationAdded(msgspec.Struct, frozen=True):
    """One more source of the open text block."""

    citation: Citation


class ThinkingDelta(msgspec.Struct, frozen=True):
    text: str


class SignatureDelta(msgspec.Struct, frozen=True):
    """The signature of the open thinking block; comes once, at its end."""

    signature: str


class ToolInputDelta(msgspec.Struct, frozen=True):
    """A piece of the open tool call's arguments, as JSON text; the pieces joined are one object or empty."""

    json: str


class BlockStopped(msgspec.Struct, frozen=True):
    pass


class UsageReported(msgspec.Struct, frozen=True):
    """The final counts of this answer."""

    usage: Usage


class Finished(msgspec.Struct, frozen=True):
    reason: StopReason
    stop_sequence: str | None = None


class Failed(msgspec.Struct, frozen=True):
    fault: Fault


StreamEvent: TypeAlias = (
    Accepted
    | Started
    | BlockStarted
    | TextDelta
    | CitationAdded
    | ThinkingDelta
    | SignatureDelta
    | ToolInputDelta
    | BlockStopped
    | UsageReported
    | Finished
    | Failed
)
