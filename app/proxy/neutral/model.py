"""A model as Tidegate serves it."""

from __future__ import annotations

import msgspec


class ServedModel(msgspec.Struct, frozen=True):
    """One entry of the model list; the numbers are what is really served, not what a brochure says."""

    id: str
    display_name: str
    context_tokens: int
    max_output_tokens: int
    created: int
    """Unix seconds; constant per model, so that lists compare equal between calls."""
    efforts: tuple[str, ...] = ()
    """Reasoning efforts the model takes, weakest first; empty when it takes none."""
    thinking_can_be_off: bool = True
    accepts_images: bool = True
