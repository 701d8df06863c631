"""The pictures of the tray icon. What draws them is `assets/generate.py`."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Literal, TypeAlias

from PIL import Image

from app.tray.state import Look

ICONS = Path(__file__).parent / "icons"
Kind: TypeAlias = Literal["colour", "light", "dark", "template"]
"""colour: on a tile of its own, for any panel; light and dark: the bare mark, for dark and for light panels;
template: black, for macOS to tint."""


def name_of(look: Look, kind: Kind) -> str:
    """The picture's file name without its ending."""
    return f"{look.value}-{kind}"


def picture(look: Look, kind: Kind, size: int | None = None) -> Image.Image:
    """The picture in its full size, or scaled to `size` pixels."""
    with Image.open(ICONS / f"{name_of(look, kind)}.png") as found:
        full = found.convert("RGBA")
    return full.resize((size, size), Image.Resampling.LANCZOS) if size else full


def png(look: Look, kind: Kind, size: int) -> bytes:
    """The same as a PNG file's bytes."""
    buffer = BytesIO()
    picture(look, kind, size).save(buffer, "PNG")
    return buffer.getvalue()
