"""What each model takes: a rule by family and version, because every chat app sends what current models refuse.

Sources: the service's model pages and migration guides (autumn 2026). A model that is newer than this rule counts
as refusing all that its newest relatives refuse: leaving a parameter out costs little, a 400 costs the answer.
"""

from __future__ import annotations

import re
from enum import Enum

import msgspec
from msgspec.structs import replace


class Sampling(Enum):
    """What a model does with temperature, top_p and top_k."""

    FREE = "any of them"
    ONE_OF_TWO = "temperature or top_p, not both"
    NONE = "only the defaults"


class Forcing(Enum):
    """When a model lets itself be forced to call a tool."""

    ALWAYS = "also while it thinks"
    WITHOUT_THINKING = "only with thinking off"
    NEVER = "never"


class ThinkingSwitch(Enum):
    """The word that turns thinking off; the value is the Messages API's `thinking.type`."""

    DISABLED = "disabled"
    BETWEEN_TOOLS = "between_tools"


class Capabilities(msgspec.Struct, frozen=True):
    """What one model takes."""

    sampling: Sampling
    adaptive_thinking: bool
    """It takes thinking that it measures out itself."""
    thinking_budget: bool
    """It takes thinking with a number of tokens."""
    thinking_off: ThinkingSwitch | None
    """How to switch thinking off; None: it always thinks."""
    thinks_unasked: bool
    """It thinks when the request says nothing about thinking."""
    forced_tool: Forcing
    prefill: bool
    """The conversation may end with the beginning of the model's own answer."""
    efforts: tuple[str, ...]
    """Weakest first; empty when it takes none."""
    context_tokens: int
    max_output_tokens: int
    long_context_beta: bool = False
    """A million tokens of context exist, but have to be asked for."""

    @property
    def can_think(self) -> bool:
        return self.adaptive_thinking or self.thinking_budget


def capabilities_of(model: str) -> Capabilities:
    """What the model of this id takes, whatever prefix, date or size suffix the id carries."""
    lineage = lineage_of(model)
    if lineage is None:
        return _NEWEST
    family, version = lineage
    return next((known for families, oldest, known in _RULES if family in families and version >= oldest), _OLDEST)


def lineage_of(model: str) -> tuple[str, tuple[int, int]] | None:
    """Family and version of an id: claude-opus-4-7 → opus, (4, 7); None for what it can't read."""
    if found := _FAMILY_FIRST.search(model):
        return found[1], (int(found[2]), int(found[3] or 0))
    if found := _VERSION_FIRST.search(model):
        return found[3], (int(found[1]), int(found[2] or 0))
    return None


_FAMILIES = "opus|sonnet|haiku|fable|mythos"
_NUMBER = r"\d{1,2}(?!\d)"  # not the eight digits of a date
_FAMILY_FIRST = re.compile(rf"claude-({_FAMILIES})-({_NUMBER})(?:[.-]({_NUMBER}))?")
_VERSION_FIRST = re.compile(rf"claude-({_NUMBER})(?:[.-]({_NUMBER}))?-({_FAMILIES})")

_ALL_EFFORTS = ("low", "medium", "high", "xhigh", "max")

_NEWEST = Capabilities(
    sampling=Sampling.NONE,
    adaptive_thinking=True,
    thinking_budget=False,
    thinking_off=None,
    thinks_unasked=True,
    forced_tool=Forcing.NEVER,
    prefill=False,
    efforts=_ALL_EFFORTS,
    context_tokens=1_000_000,
    max_output_tokens=128_000,
)
_HAIKU_5_5 = replace(_NEWEST, thinking_off=ThinkingSwitch.DISABLED, forced_tool=Forcing.WITHOUT_THINKING)
_SONNET_5_5 = replace(_NEWEST, thinking_off=ThinkingSwitch.BETWEEN_TOOLS)
_FIVE = _HAIKU_5_5
_FOUR_SEVEN = replace(_FIVE, thinks_unasked=False)
_OPUS_4_6 = replace(
    _FOUR_SEVEN, sampling=Sampling.ONE_OF_TWO, thinking_budget=True, efforts=("low", "medium", "high", "max")
)
_SONNET_4_6 = replace(_OPUS_4_6, max_output_tokens=64_000)
_FOUR_FIVE = replace(
    _SONNET_4_6, adaptive_thinking=False, prefill=True, efforts=(), context_tokens=200_000, max_output_tokens=64_000
)
_OPUS_4_5 = replace(_FOUR_FIVE, efforts=("low", "medium", "high"))
_SONNET_4_5 = replace(_FOUR_FIVE, long_context_beta=True)
_OPUS_4_1 = replace(_FOUR_FIVE, max_output_tokens=32_000)
_OPUS_4 = replace(_OPUS_4_1, sampling=Sampling.FREE)
_SONNET_4 = replace(_SONNET_4_5, sampling=Sampling.FREE)
_SONNET_3_7 = replace(_SONNET_4, long_context_beta=False)
_THREE_FIVE = replace(
    _SONNET_3_7,
    thinking_budget=False,
    forced_tool=Forcing.ALWAYS,
    max_output_tokens=8_192,
)
_OLDEST = replace(_THREE_FIVE, max_output_tokens=4_096)

_RULES: tuple[tuple[tuple[str, ...], tuple[int, int], Capabilities], ...] = (
    (("fable", "mythos"), (0, 0), _NEWEST),
    (("opus", "sonnet", "haiku"), (5, 6), _NEWEST),
    (("opus",), (5, 5), _NEWEST),
    (("sonnet",), (5, 5), _SONNET_5_5),
    (("haiku",), (5, 5), _HAIKU_5_5),
    (("opus", "sonnet", "haiku"), (5, 0), _FIVE),
    (("opus", "sonnet", "haiku"), (4, 7), _FOUR_SEVEN),
    (("opus",), (4, 6), _OPUS_4_6),
    (("sonnet", "haiku"), (4, 6), _SONNET_4_6),
    (("opus",), (4, 5), _OPUS_4_5),
    (("sonnet",), (4, 5), _SONNET_4_5),
    (("haiku",), (4, 0), _FOUR_FIVE),
    (("opus",), (4, 1), _OPUS_4_1),
    (("opus",), (4, 0), _OPUS_4),
    (("sonnet",), (4, 0), _SONNET_4),
    (("sonnet",), (3, 7), _SONNET_3_7),
    (("sonnet", "haiku"), (3, 5), _THREE_FIVE),
)
